"""Progress of an event's planning, on a terminal and in a log."""

import io
import os
import pty
import subprocess
import sys
from itertools import count

import pytest
from rich.console import Console

from halftime.event_progress import EVERY, watching

SPOKEN = """
from halftime.event_progress import watching
with watching("USD", json={json}) as watched:
    for step in range(5):
        watched.heard("point forecast", step / 5, 1_234_567_890.0, 0.0312)
"""


def told(console: Console, seconds: float, json: bool = False) -> None:
    """Fifty reports, so many seconds apart."""
    ticks = count()
    with watching("USD", json=json, console=console, clock=lambda: next(ticks) * seconds) as watched:
        for step in range(50):
            value = None if step < 25 else 1e9 + step * 1e6
            watched.heard("point forecast", step / 50, value, None if step < 25 else 1.0 / step)


def log() -> tuple[io.StringIO, Console]:
    written = io.StringIO()
    return written, Console(file=written, width=80, force_terminal=False)


def test_a_log_gets_a_line_every_ten_seconds():
    written, console = log()
    told(console, 4.0)
    lines = written.getvalue().splitlines()
    assert EVERY == 10.0
    assert len(lines) == 16
    assert lines[0] == "point forecast: 4%"
    assert lines[-1] == "point forecast: 94%, value 1,047.00 USD, at most 2.13% from the best possible"
    assert "\x1b" not in written.getvalue()


def test_what_is_done_at_once_leaves_no_line():
    written, console = log()
    told(console, 0.1)
    assert written.getvalue() == ""


def test_nobody_reads_along_with_json():
    written, console = log()
    told(console, 100.0, json=True)
    assert written.getvalue() == ""


def test_what_is_not_known_is_not_said():
    written, console = log()
    ticks = count()
    with watching("USD", console=console, clock=lambda: next(ticks) * 60.0) as watched:
        watched.heard("low audience", 0.5, 5e6, float("inf"))
        watched.heard("a\x1b[31m", 7.0, None, None)
        watched.heard("low audience", -1.0, None, 0.5)
    assert written.getvalue().splitlines() == [
        "low audience: 50%, value 5.00 USD, distance from the best not known",
        "a?[31m: 100%",
        "low audience: 0%",
    ]


@pytest.mark.parametrize("json", [False, True])
def test_a_terminal_gets_one_line_that_is_gone_at_the_end(json):
    written = io.StringIO()
    console = Console(file=written, width=80, force_terminal=True, color_system=None)
    with watching("USD", json=json, console=console) as watched:
        watched.heard("[b]surge audience", 0.426, 1_234_567_890_000.0, 0.00441)
    text = written.getvalue()
    assert "[b]surge audience" in text
    assert " 43%" in text
    assert "1,234,567.89 USD, gap 0.45%" in text
    shown = [line for line in text.replace("\r", "\n").splitlines() if "gap" in line]
    assert all("--:--" in line or "0:" in line for line in shown)
    assert text.endswith("\x1b[2K")


@pytest.mark.parametrize("json", [False, True])
def test_standard_error_that_is_a_pipe_gets_no_bar_even_where_colour_is_forced(json):
    made = subprocess.run(
        [sys.executable, "-c", SPOKEN.format(json=json)],
        capture_output=True,
        check=True,
        env=os.environ | {"FORCE_COLOR": "1"},
        timeout=60,
    )
    assert (made.stdout, made.stderr) == (b"", b"")


@pytest.mark.parametrize("json", [False, True])
def test_standard_error_that_is_a_terminal_gets_the_bar(json):
    ours, theirs = pty.openpty()
    child = subprocess.Popen(
        [sys.executable, "-c", SPOKEN.format(json=json)],
        stdout=subprocess.PIPE,
        stderr=theirs,
        env=os.environ | {"TERM": "xterm", "COLUMNS": "90"},
    )
    os.close(theirs)
    heard = b""
    try:
        while chunk := os.read(ours, 4096):
            heard += chunk
    except OSError:
        pass  # a terminal whose other end is closed answers with an error instead of an end
    finally:
        os.close(ours)
    output, _ = child.communicate(timeout=60)
    assert (child.returncode, output) == (0, b"")
    assert b"point forecast" in heard
    assert b"1,234.57 USD, gap 3.12%" in heard
