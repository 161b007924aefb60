"""``halftime check``: a live origin, a recording, and what a stitched or a single playlist breaks."""

import asyncio
import json
import sys
from pathlib import Path

import pytest
from aiohttp import web

from halftime.check import brought
from halftime.cli import run
from tests.halftime.test_cli import playlist
from tests.replay.conformance.live import EPOCH, SECOND, Event, Seg, content, with_break
from tests.ssai.edge.edge_kit import write_supply

PROGRAM = "from halftime.cli import main; main()"
INDEX = """#EXTM3U
#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="a",NAME="a",URI="sound.m3u8"
#EXT-X-STREAM-INF:BANDWIDTH=1,CODECS="a",AUDIO="a"
video.m3u8
"""
FAST = Event(tuple(Seg(f"s{place}.ts", 1.0, pdt=EPOCH + place * SECOND) for place in range(60)), target=1)


def recording(folder: Path, video: list[str], sound: list[str] | None = None) -> Path:
    folder.mkdir()
    (folder / "index.m3u8").write_text(INDEX)
    for name, texts in (("video", video), ("sound", video if sound is None else sound)):
        (folder / name).mkdir()
        for number, text in enumerate(texts, 1):
            (folder / name / f"{number:06d}.m3u8").write_text(text)
    return folder


LIVE = with_break()
WINDOWS = [LIVE.window(at, at + 6) for at in range(13)]


def test_a_recording_without_a_fault(tmp_path, capsys):
    folder = recording(tmp_path / "r", WINDOWS)
    assert run(["check", str(folder)]) == 0
    assert "26 reloads of 2 playlists, 0 findings" in " ".join(capsys.readouterr().out.split())


def test_a_recording_with_faults(tmp_path, capsys):
    texts = [*WINDOWS[:5], LIVE.window(5, 11, msn=9), *[LIVE.window(at, at + 6, msn=at + 4) for at in range(6, 13)]]
    folder = recording(tmp_path / "r", texts, WINDOWS)
    assert run(["check", str(folder)]) == 1
    out = capsys.readouterr().out
    assert out.splitlines()[0].startswith("4 video.m3u8:5: ")
    assert "26 reloads of 2 playlists, 1 findings" in " ".join(out.split())
    assert run(["check", str(folder), "--json"]) == 1
    told = json.loads(capsys.readouterr().out)
    assert told["playlists"] == {
        "video.m3u8": {"reloads": 13, "failed": 0, "findings": 1},
        "sound.m3u8": {"reloads": 13, "failed": 0, "findings": 0},
    }
    (finding,) = told["findings"]
    assert (finding["rule"], finding["playlist"], finding["line"], finding["at"]) == ("4", "video.m3u8", 5, 20.0)


def test_snapshots_lie_as_far_apart_as_said(tmp_path, capsys):
    folder = recording(tmp_path / "r", [WINDOWS[0]] * 3 + WINDOWS[1:4])
    assert run(["check", str(folder), "--interval", "2"]) == 0
    assert run(["check", str(folder), "--interval", "4"]) == 1
    assert "origin_stall video.m3u8:" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("index", "named"),
    [
        (None, "index.m3u8"),
        ("<html>", "index.m3u8"),
        (INDEX.replace("sound", "gone"), "gone"),
        (INDEX.replace("sound", "../other"), "other"),
        (INDEX.replace("sound", "http://elsewhere/sound"), "elsewhere"),
        (INDEX.replace("sound", "a\0b"), "a\\x00b"),
        ("#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1\n", "index.m3u8"),
    ],
)
def test_a_folder_that_is_no_recording(index, named, tmp_path, capsys):
    recording(tmp_path / "other", WINDOWS)
    folder = recording(tmp_path / "r", WINDOWS)
    if index is None:
        (folder / "index.m3u8").unlink()
    else:
        (folder / "index.m3u8").write_text(index)
    assert run(["check", str(folder)]) == 2
    err = capsys.readouterr().err
    assert named in err
    assert err.count("\n") == 1


def test_a_lone_playlist_is_a_recording_of_one(tmp_path, capsys):
    (tmp_path / "index.m3u8").write_text(LIVE.window(0, 6).replace("#EXTINF:4.000", "#EXTINF:5.000", 1))
    assert run(["check", str(tmp_path)]) == 1
    assert capsys.readouterr().out.splitlines()[0].startswith("3 index.m3u8:")


def test_a_name_cannot_command_the_terminal(tmp_path, capsys):
    folder = tmp_path / "r"
    (folder / "a\x1b[2J").mkdir(parents=True)
    (folder / "index.m3u8").write_text("#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1\na\x1b[2J.m3u8\n")
    (folder / "a\x1b[2J" / "1.m3u8").write_text("\x1b[2J")
    assert run(["check", str(folder)]) == 1
    out = capsys.readouterr().out
    assert "\x1b[2J" not in out
    assert out.startswith("syntax a?[2J.m3u8:1: ")


class Origin:
    """A stream of one-second segments; ``wrong`` numbers its windows too high from the fourth reload on."""

    def __init__(self, *, wrong: bool = False, status: int = 200) -> None:
        self.requests: list[str] = []
        self._wrong = wrong
        self._status = status
        self._started = asyncio.get_running_loop().time()

    async def answer(self, request: web.Request) -> web.Response:
        self.requests.append(request.path)
        if request.path == "/index.m3u8":
            return web.Response(text=INDEX)
        if self._status != 200:
            return web.Response(status=self._status)
        at = int(asyncio.get_running_loop().time() - self._started)
        count = sum(path == request.path for path in self.requests)
        return web.Response(text=FAST.window(at, at + 8, msn=at + 9 * (self._wrong and count > 3)))


async def halftime(*arguments: str) -> tuple[int, str, str]:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", PROGRAM, *arguments, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
    )
    out, err = await process.communicate()
    return process.returncode or 0, out.decode(), err.decode()


async def served(origin: Origin, *arguments: str, path: str = "index.m3u8") -> tuple[int, str, str]:
    app = web.Application()
    app.router.add_get("/{name}", origin.answer)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    try:
        port = runner.addresses[0][1]
        return await halftime("check", f"http://127.0.0.1:{port}/{path}", *arguments)
    finally:
        await runner.cleanup()


async def test_a_live_stream_without_a_fault():
    origin = Origin()
    status, out, err = await served(origin, "--duration", "3", "--json")
    told = json.loads(out)
    assert told["findings"] == []
    assert status == 0
    reloads = {name: one["reloads"] for name, one in told["playlists"].items()}
    assert reloads.keys() == {"video.m3u8", "sound.m3u8"}
    # One a second where each reload brings something, two where it does not.
    assert all(2 <= count <= 7 for count in reloads.values())
    assert "reloads of 2 playlists" in err


async def test_a_live_stream_with_a_fault():
    status, out, _ = await served(Origin(wrong=True), "--duration", "4.5")
    assert status == 1
    assert {line.split(":")[0] for line in out.splitlines() if line.startswith("4 ")} == {
        "4 video.m3u8",
        "4 sound.m3u8",
    }


async def test_a_lone_live_playlist():
    status, out, _ = await served(Origin(), "--duration", "1.2", "--json", path="video.m3u8")
    assert (status, list(json.loads(out)["playlists"])) == (0, [""])


@pytest.mark.parametrize("path", ["index.m3u8", "other/none"])
async def test_no_playlist_there(path):
    status, out, err = await served(Origin(status=404), "--duration", "1", path=path)
    assert (status, out) == (2, "")
    assert err.splitlines()[-1].startswith("halftime: http://127.0.0.1")


def test_inspect_tells_violations(tmp_path, capsys):
    file = tmp_path / "v.m3u8"
    file.write_text("#EXTM3U\n#EXT-X-TARGETDURATION:4\n#EXTINF:9.5,\na.ts\n")
    assert run(["inspect", str(file), "--json"]) == 0
    violations = json.loads(capsys.readouterr().out)["violations"]
    assert [(each["rule"], each["line"]) for each in violations] == [("3", 3), ("17", 3)]
    assert run(["inspect", str(file)]) == 0
    assert "2 violations" in capsys.readouterr().out


def test_stitch_is_not_blamed_for_the_origin():
    undated = Event(content(6, dated=False)).window(0, 6)
    before = undated.replace("#EXTINF:4.000", "#EXTINF:5.000", 1)
    assert brought(before, before) == []
    assert [finding.rule for finding in brought(before, before.replace("4.000", "5.000", 1))] == ["3"]


def test_stitch_checks_what_it_made(tmp_path, capsys):
    supply = write_supply(tmp_path / "muxed", audio="muxed")
    file = tmp_path / "live.m3u8"
    file.write_text(playlist(back=3))
    assert run(["stitch", str(file), "--creatives", str(supply), "--check"]) == 0
    out, err = capsys.readouterr()
    assert "ads/" in out
    assert err == ""
    # Files that say they are something else than the channel's.
    for path in supply.rglob("*.ts"):
        path.rename(path.with_suffix(".mp4"))
    catalogue = supply / "catalogue.json"
    catalogue.write_text(catalogue.read_text().replace('.ts"', '.mp4"'))
    assert run(["stitch", str(file), "--creatives", str(supply), "--check"]) == 1
    assert capsys.readouterr().err.startswith("14 stitched:")
