"""The command line as people and scripts meet it: help, exit codes, one line for every bad input."""

import asyncio
import json
import logging
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import aiohttp
import pytest
from cyclopts import App

from domain.units import SECOND, Microseconds
from halftime.cli import app, run
from halftime.serve import edge
from halftime.settings import Settings
from replay.origin.clip import Clip
from replay.origin.server import OriginServer
from tests.ssai.edge.edge_kit import BREAKS, EPOCH, Hands, addresses, reached, until, write_supply

PROGRAM = "from halftime.cli import main; main()"
MEMORY = '[store]\nredis = "memory"\n'
MESSAGE = "/DAlAAAAAAAAAP/wFAUAAAABf+/+LRQrAP4BI9MIAAEBAQAAfxV6SQ=="


@pytest.fixture(scope="module")
def muxed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_supply(tmp_path_factory.mktemp("muxed"), audio="muxed")


@pytest.fixture(autouse=True)
def own_logs() -> Iterator[None]:
    """``serve`` sends the process's logs to standard error: not those of the tests after it."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)


def commands(group: App, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    for name in group:
        if not name.startswith("-"):
            here = (*path, name)
            yield from commands(group[name], here)
            if group[name].default_command is not None:
                yield here


@pytest.mark.parametrize("command", list(commands(app)), ids=" ".join)
def test_every_command_explains_itself_with_an_example(
    command: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    assert run([*command, "--help"]) == 0
    text = capsys.readouterr().out
    example = f"Example: halftime {' '.join(command)}"
    assert example in " ".join(text.split())


def test_the_commands_are_those_that_the_readme_names() -> None:
    assert {("serve",), ("inspect",), ("stitch",), ("explain",), ("switch",), ("demo",), ("scte35", "decode")} <= set(
        commands(app)
    )


@pytest.fixture
def files(tmp_path: Path, muxed: Path) -> Path:
    """Files of every sort, right and wrong."""
    texts = {
        "good.toml": MEMORY + f'[channels.demo]\norigin = "http://127.0.0.1:9/live.m3u8"\ncreatives = "{muxed}"\n',
        "bad.toml": "[channels.demo\norigin = 3",
        "unknown.toml": '[channels.demo]\norigin = "http://o/x.m3u8"\ncolour = "red"\n',
        "type.toml": '[server]\nport = "many"\n[channels.demo]\norigin = "http://o/x.m3u8"\n',
        "empty.toml": "",
        "origin.toml": '[store]\nredis = "memory"\n[channels.demo]\norigin = "ftp://o/x.m3u8"\n',
        "supply.toml": MEMORY + '[channels.demo]\norigin = "http://o/x.m3u8"\ncreatives = "nowhere"\n',
        "name.toml": '[channels."a b"]\norigin = "http://o/x.m3u8"\n',
        "page.m3u8": "<html>\n<body>not here</body>\n</html>\n",
        "empty.m3u8": "",
        "live.m3u8": playlist(),
        "index.m3u8": "#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1\nv.m3u8\n",
        "broken.m3u8": "#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:long,\na.ts\n",
    }
    for name, text in texts.items():
        (tmp_path / name).write_text(text)
    (tmp_path / "latin.toml").write_bytes(b'[channels.demo]\norigin = "\xff"\n')
    (tmp_path / "folder").mkdir()
    return tmp_path


def playlist(break_at: int | None = 4, length: int = 4, back: int | None = None, after: int = 12) -> str:
    """Segments of one second; a CUE-OUT before ``break_at``, a CUE-IN after ``back`` of its segments."""
    lines = ["#EXTM3U", "#EXT-X-VERSION:3", "#EXT-X-TARGETDURATION:1", "#EXT-X-MEDIA-SEQUENCE:100"]
    for place in range(after):
        if place == break_at:
            lines.append(f"#EXT-X-CUE-OUT:{length}")
        if break_at is not None and back is not None and place == break_at + back:
            lines.append("#EXT-X-CUE-IN")
        lines += ["#EXTINF:1.000,", f"s{place}.ts"]
    return "\n".join(lines) + "\n"


BAD = {
    "no file": (["inspect", "nowhere.m3u8"], "nowhere.m3u8"),
    "a folder": (["inspect", "folder"], "folder"),
    "a page": (["inspect", "page.m3u8"], "page.m3u8"),
    "empty": (["inspect", "empty.m3u8"], "empty.m3u8"),
    "broken": (["inspect", "broken.m3u8"], "broken.m3u8"),
    "no config": (["serve", "--config", "nowhere.toml"], "nowhere.toml"),
    "bad TOML": (["serve", "--config", "bad.toml"], "bad.toml"),
    "not UTF-8": (["serve", "--config", "latin.toml"], "latin.toml"),
    "unknown field": (["serve", "--config", "unknown.toml"], "channels.demo.colour"),
    "wrong type": (["serve", "--config", "type.toml"], "server.port"),
    "no channel": (["serve", "--config", "empty.toml"], "channels"),
    "bad name": (["serve", "--config", "name.toml"], "channels.a b"),
    "bad origin": (["serve", "--config", "origin.toml"], "channels.demo.origin"),
    "no catalogue": (["serve", "--config", "supply.toml"], "catalogue.json"),
    "bad port": (["serve", "--config", "good.toml", "--port", "x"], "port"),
    "port out of range": (["serve", "--config", "good.toml", "--port", "70000"], "port"),
    "bad level": (["serve", "--config", "good.toml", "--log-level", "LOUD"], "LOUD"),
    "bad store": (["serve", "--config", "good.toml", "--redis", "ftp://x"], "redis"),
    "unknown channel": (["switch", "other", "off", "--config", "good.toml"], "demo"),
    "neither on nor off": (["switch", "demo", "maybe", "--config", "good.toml"], "maybe"),
    "foreign token": (["explain", "abc", "--config", "good.toml"], "session"),
    "no media playlist": (["stitch", "index.m3u8", "--creatives", "{muxed}"], "index.m3u8"),
    "stitch a page": (["stitch", "page.m3u8", "--creatives", "{muxed}"], "page.m3u8"),
    "stitch without catalogue": (["stitch", "live.m3u8", "--creatives", "folder"], "catalogue.json"),
    "unknown rendition": (["stitch", "live.m3u8", "--creatives", "{muxed}", "--rendition", "8k"], "8k"),
    "bad message": (["scte35", "decode", "hello"], "expected"),
    "truncated message": (["scte35", "decode", MESSAGE[:20]], "expected"),
    "no argument": (["inspect"], "file"),
    "no option": (["serve"], "config"),
    "unknown command": (["dance"], "dance"),
    "unknown option": (["inspect", "live.m3u8", "--colour"], "colour"),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_input_ends_with_one_line_and_status_2(
    case: str, files: Path, muxed: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    arguments, named = BAD[case]
    monkeypatch.chdir(files)
    status = run([argument.format(muxed=muxed) for argument in arguments])
    out, err = capsys.readouterr()
    assert (status, out) == (2, "")
    assert err.count("\n") == 1
    assert err.startswith("halftime: ")
    assert named.lower() in err.lower()


def test_inspect_tells_machines_what_its_documentation_says(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "live.m3u8"
    file.write_text(playlist(back=3))
    assert run(["inspect", str(file), "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == {
        "type": "media",
        "version": 3,
        "target_duration": 1,
        "segments": 12,
        "breaks": [
            {
                "id": None,
                "dialect": "cue",
                "start_msn": 104,
                "duration": 4.0,
                "elapsed": 3.0,
                "ended_by": "in",
                "insertion": False,
            }
        ],
        "violations": [],
    }
    assert run(["inspect", str(file)]) == 0
    text = capsys.readouterr().out
    assert "media playlist, version 3" in text
    assert "segment 104" in text
    file.write_text("#EXTM3U\n#EXT-X-VERSION:6\n#EXT-X-STREAM-INF:BANDWIDTH=1\nv.m3u8\n")
    assert run(["inspect", str(file), "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told == {
        "type": "multivariant",
        "version": 6,
        "target_duration": None,
        "segments": 0,
        "breaks": [],
        "violations": [],
    }


def test_a_file_may_come_on_standard_input(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, "inspect", "-", "--json"],
        input=playlist().encode(),
        capture_output=True,
        check=True,
    )
    assert json.loads(done.stdout)["segments"] == 12


@pytest.mark.parametrize(("back", "ads"), [(None, 8), (2, 4)])
def test_stitch_replaces_exactly_the_break(
    back: int | None, ads: int, tmp_path: Path, muxed: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "live.m3u8"
    file.write_text(playlist(back=back))
    assert run(["stitch", str(file), "--creatives", str(muxed)]) == 0
    lines = capsys.readouterr().out.splitlines()
    uris = [line for line in lines if line and not line.startswith("#")]
    shown = [uri for uri in uris if uri.startswith("ads/")]
    length = back or 4
    assert uris[:4] == [f"s{place}.ts" for place in range(4)]
    assert uris[4 : 4 + ads] == shown
    assert uris[4 + ads :] == [f"s{place}.ts" for place in range(4 + length, 12)]
    assert lines.count("#EXT-X-DISCONTINUITY") == (3 if back is None else 2)
    assert "#EXT-X-MEDIA-SEQUENCE:100" in lines
    assert run(["stitch", str(file), "--creatives", str(muxed), "--rendition", "720p", "--diff"]) == 0
    diff = capsys.readouterr().out.splitlines()
    assert diff[:2] == ["--- origin", "+++ stitched"]
    assert {line[1:] for line in diff if line.startswith("-s")} == {f"s{place}.ts" for place in range(4, 4 + length)}
    assert sum(line.startswith("+ads/") and "/720p/" in line for line in diff) == ads


def test_stitch_leaves_what_has_no_break(tmp_path: Path, muxed: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "live.m3u8"
    file.write_text(playlist(None) + "#EXT-X-ENDLIST\n")
    assert run(["stitch", str(file), "--creatives", str(muxed)]) == 0
    out = capsys.readouterr().out
    uris = [line for line in out.splitlines() if line and not line.startswith("#")]
    assert uris == [f"s{place}.ts" for place in range(12)]
    assert "#EXT-X-DISCONTINUITY\n" not in out
    assert "#EXT-X-MEDIA-SEQUENCE:100\n" in out
    assert out.endswith("#EXT-X-ENDLIST\n")


def test_decode_tells_people_and_machines(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["scte35", "decode", MESSAGE, "--json"]) == 0
    assert isinstance(json.loads(capsys.readouterr().out), dict)
    assert run(["scte35", "decode", MESSAGE]) == 0
    assert capsys.readouterr().out.strip()


async def halftime(*arguments: str) -> tuple[int, str, str]:
    """Run the command as a process."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", PROGRAM, *arguments, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
    )
    out, err = await process.communicate()
    return process.returncode or 0, out.decode(), err.decode()


async def test_explain_and_switch_beside_a_running_edge(tmp_path: Path) -> None:
    supply = write_supply(tmp_path / "ads")
    clock = Hands(EPOCH + 18 * SECOND)
    async with OriginServer(Clip.load(supply), BREAKS, clock=clock, start_us=Microseconds(EPOCH)) as origin:
        config = tmp_path / "halftime.toml"
        config.write_text(
            '[server]\nport = 0\n[store]\nfolder = "state"\n[channels.demo]\ncreatives = "ads"\n'
            f'origin = "{origin.index_url}"\n'
        )
        async with edge(Settings.load(config)) as running, aiohttp.ClientSession() as http:
            channel = running.channels["demo"]
            await until(lambda: channel.worker.version is not None)
            async with http.get(f"{running.url}/live/demo/index.m3u8?viewer=ann") as response:
                path = addresses(await response.text())[0]
            for _ in range(10):
                clock.now += SECOND
                await until(lambda: reached(channel, clock.now))
            async with http.get(f"{running.url}/live/demo/{path}") as response:
                shown = [
                    line.split("/")[3] for line in (await response.text()).splitlines() if line.startswith("/ads/")
                ]
            token = path.split("/")[0]
            status, out, err = await halftime("explain", token, "--config", str(config), "--json")
            assert (status, err) == (0, "")
            told = json.loads(out)
            (only,) = told["breaks"]
            assert told["channel"] == "demo"
            assert told["seat"] == 0
            assert only["creatives"] == list(dict.fromkeys(shown))
            assert (only["planned"], only["lasted"]) == (6.0, 6.0)
            assert only["ended"] in {"in", "duration"}, "the IN comes at the planned end"
            status, out, err = await halftime("explain", token, "--config", str(config))
            assert (status, err) == (0, "")
            assert ", ".join(only["creatives"]) in out
            for state in ("off", "on"):
                status, out, err = await halftime("switch", "demo", state, "--config", str(config))
                assert (status, out, err) == (0, f"insertion of demo is {state}\n", "")
                assert await channel.store.insertion("demo") is (state == "on")
        # The edge has ended: its state is still there to be told.
        status, out, _ = await halftime("explain", token, "--config", str(config), "--json")
        assert (status, json.loads(out)) == (0, told)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_serve_ends_soon_and_quietly(number: signal.Signals, tmp_path: Path) -> None:
    config = tmp_path / "halftime.toml"
    config.write_text(
        '[server]\nport = 0\n[store]\nfolder = "s"\n[channels.demo]\norigin = "http://127.0.0.1:9/x.m3u8"\n'
    )
    process = subprocess.Popen(
        [sys.executable, "-c", PROGRAM, "serve", "--config", str(config)], stderr=subprocess.PIPE, text=True
    )
    assert process.stderr is not None
    lines = []
    for line in process.stderr:
        lines.append(line)
        if '"serving"' in line:
            break
    started = time.monotonic()
    process.send_signal(number)
    rest = process.stderr.read()
    status = process.wait(10)
    process.stderr.close()
    assert status == 0
    assert time.monotonic() - started < 3
    assert "Traceback" not in rest
    assert all(json.loads(line)["level"] in {"info", "warning"} for line in [*lines, *rest.splitlines()])


def test_the_command_starts_soon() -> None:
    """Help must not wait for what it does not need."""
    script = (
        "import sys\nfrom halftime.cli import run\nrun(['--help'])\n"
        "heavy = {'numpy', 'aiohttp', 'redis', 'onnxruntime', 'ortools', 'm3u8'} & set(sys.modules)\n"
        "print(sorted(heavy), file=sys.stderr)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True, env=dict(os.environ)
    )
    assert done.stderr.strip() == "[]"


def test_a_reader_that_leaves_early_is_no_error(tmp_path: Path) -> None:
    segments = "".join(f"#EXT-X-CUE-OUT:1\n#EXTINF:1.0,\n{place}.ts\n#EXT-X-CUE-IN\n" for place in range(20_000))
    file = tmp_path / "long.m3u8"
    file.write_text("#EXTM3U\n#EXT-X-TARGETDURATION:1\n" + segments)
    with subprocess.Popen(
        [sys.executable, "-c", PROGRAM, "inspect", str(file), "--json"], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        assert process.stdout.readline() == b"{\n"
        process.stdout.close()
        assert process.stderr.read() == b""
        assert process.wait(20) == 0
