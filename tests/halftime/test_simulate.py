"""``halftime origin simulate``: what it plays, and what it refuses."""

import signal
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest

from halftime.cli import run
from tests.replay.origin.tiny import EVERY_FORMAT, write_catalogue

PROGRAM = "from halftime.cli import main; main()"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_catalogue(tmp_path_factory.mktemp("catalogue"), more=EVERY_FORMAT)


def fetched(url: str) -> str:
    with urllib.request.urlopen(url, timeout=5) as reply:
        return reply.read().decode()


def test_it_plays_in_the_formats_asked_for_and_so_does_its_backup(folder: Path) -> None:
    options = ["--container", "fmp4", "--language", "en", "--language", "de", "--subtitles", "--bitrate"]
    options += ["--encryption", "aes-128-implicit", "--key-segments", "2", "--low-latency"]
    command = [sys.executable, "-c", PROGRAM, "origin", "simulate", str(folder), "--port", "0", "--backup-port", "0"]
    with subprocess.Popen([*command, *options], stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            urls = [line.split()[-4] for line in (process.stdout.readline(), process.stdout.readline())]
            assert urls[0].endswith("/live/index.m3u8")
            assert urls[1].endswith("/backup/live/index.m3u8")
            indexes = [fetched(url) for url in urls]
            assert indexes[0] == indexes[1]
            for expected in ('LANGUAGE="de"', "TYPE=SUBTITLES", "360p-mp4.m3u8"):
                assert expected in indexes[0]
            assert "\n360p.m3u8" not in indexes[0]
            media = [fetched(url.replace("index", "dolby-de")) for url in urls]
            for expected in ("#EXT-X-MAP", "#EXT-X-BITRATE", "#EXT-X-KEY:METHOD=AES-128", "#EXT-X-PART:"):
                assert all(expected in text for text in media)
            assert "#EXT-X-MEDIA-SEQUENCE:0\n" in media[0]
            assert "#EXT-X-MEDIA-SEQUENCE:100000\n" in media[1]
            dates = [[line for line in text.splitlines() if "DATE-TIME" in line] for text in media]
            assert dates[0][0] == dates[1][0]
        finally:
            process.send_signal(signal.SIGINT)
        assert process.wait(10) in {0, 130}


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--container", "mkv"], "container"),
        (["--container", "packed"], "expected video in packed"),
        (["--language", "e n"], "languages: tags such as en"),
        (["--key-segments", "2"], "0 without encryption"),
        (["--encryption", "sample-aes"], "encryption"),
        (["--byte-ranges", "--low-latency"], "byte_ranges: not"),
        (["--first", "90000"], "first"),
        (["--window", "0"], "window"),
    ],
)
def test_what_cannot_be_is_refused_in_one_line(
    folder: Path, arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["origin", "simulate", str(folder), "--port", "0", *arguments]) == 2
    lines = capsys.readouterr().err.strip().splitlines()
    assert len(lines) == 1
    assert said in lines[0]
