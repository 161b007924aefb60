"""ffmpeg as a second client, with nothing in common with hls.js: what it takes out of the stream is counted.

Its clock is not trusted (it steps at every discontinuity): frames and samples are counted and compared with what the
playlists promised for the very segments that it fetched. It reads through a proxy that notes each playlist it got, and
that ends the stream for it (EXT-X-ENDLIST), so that it gives out its last frames too.
"""

import asyncio
import re
import time
from contextlib import asynccontextmanager
from itertools import groupby
from urllib.parse import urljoin

import aiohttp
import imageio_ffmpeg
import pytest
from aiohttp import web

from halftime.demo.stage import Ports, stage
from replay.origin.schedule import Schedule

SECOND = 1_000_000
SCHEDULE = Schedule(first=8 * SECOND, period=28 * SECOND, shortest=8 * SECOND, longest=12 * SECOND, seed=1)
"""Two breaks pass in about a minute; the second returns early."""
BREAKS = 2
LIMIT = 110.0
FPS = 25
RATE = 48_000
AAC_FRAME = 1024
OPENING = re.compile(r"Opening '([^']+)' for reading")


class Proxy:
    """Hands on what the edge says; ``listed`` is by a media playlist's name, then by number: address, duration."""

    def __init__(self, edge):
        self.edge = edge
        self.listed = {}
        self.ending = False
        self.url = ""

    async def live(self, request):
        path = request.path_qs
        async with aiohttp.ClientSession() as client, client.get(self.edge + path) as reply:
            assert reply.status == 200, (path, reply.status)
            text = await reply.text()
        if "#EXTINF" in text:
            self.note(request.path, text)
            if self.ending:
                text += "#EXT-X-ENDLIST\n"
        return web.Response(text=text, content_type="application/vnd.apple.mpegurl")

    async def ads(self, request):
        raise web.HTTPFound(self.edge + request.path_qs)

    def note(self, path, text):
        number = int(re.search(r"#EXT-X-MEDIA-SEQUENCE:(\d+)", text)[1])
        known = self.listed.setdefault(path.rpartition("/")[2], {})
        length = None
        for line in text.splitlines():
            if line.startswith("#EXTINF:"):
                whole, _, part = line.removeprefix("#EXTINF:").partition(",")[0].partition(".")
                length = int(whole) * SECOND + int(f"{part:0<6}")
            elif line and not line.startswith("#"):
                entry = (urljoin(self.url + path, line), length)
                assert known.setdefault(number, entry) == entry, "what is published never changes"
                number += 1


@asynccontextmanager
async def proxied(edge):
    proxy = Proxy(edge)
    app = web.Application()
    app.router.add_get("/live/{tail:.*}", proxy.live)
    app.router.add_get("/ads/{tail:.*}", proxy.ads)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    proxy.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    try:
        yield proxy
    finally:
        await runner.cleanup()


async def play(proxy, until, packets):
    """Run ffmpeg until ``until`` (seconds since the Unix epoch), then end the stream; the addresses that it opened."""
    command = [
        *(imageio_ffmpeg.get_ffmpeg_exe(), "-hide_banner", "-nostdin", "-nostats", "-loglevel", "verbose"),
        *("-i", f"{proxy.url}/live/demo/index.m3u8?viewer=ffmpeg", "-map", "0:v:0", "-map", "0:a:0"),
        *("-c", "copy", "-f", "framecrc", str(packets)),
    ]
    process = await asyncio.create_subprocess_exec(
        *command, stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.PIPE
    )
    reading = asyncio.create_task(process.stderr.read())
    try:
        async with asyncio.timeout(LIMIT):
            while time.time() < until and process.returncode is None:
                await asyncio.sleep(0.2)
            proxy.ending = True
            log = (await reading).decode(errors="replace")
            assert await process.wait() == 0, log[-2000:]
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    # With -loglevel verbose each address is said once, when it is opened.
    return [urljoin(proxy.url, address) for address in OPENING.findall(log)]


def count(packets):
    """Packets by stream: one is a frame of picture, or 1024 samples of sound."""
    lines = [line for line in packets.read_text().splitlines() if not line.startswith("#")]
    return {stream: sum(line.startswith(f"{stream},") for line in lines) for stream in (0, 1)}


def fetched(proxy, rendition, opened):
    """The segments of a rendition that ffmpeg opened, in the playlist's order, none left out between first and last."""
    listed = proxy.listed[rendition]
    taken = set(opened)
    numbers = [number for number, (address, _) in sorted(listed.items()) if address in taken]
    assert numbers == list(range(numbers[0], max(listed) + 1)), "one after the other, up to the end"
    return [listed[number] for number in numbers]


@pytest.mark.alone
@pytest.mark.parametrize("audio", ["muxed", "separate"])
async def test_ffmpeg_gets_every_frame(small_media, tmp_path, audio):
    packets = tmp_path / "packets.txt"
    async with (
        stage(small_media(audio), SCHEDULE, Ports(), redis="memory", state=tmp_path) as demo,
        proxied(demo.edge.url) as proxy,
    ):
        last = SCHEDULE.avail(demo.origin.clip, BREAKS - 1)
        end = (demo.origin.start_us + demo.origin.clip.boundary(last.back)) / SECOND
        opened = await play(proxy, end + 9, packets)
    got = count(packets)
    picture = fetched(proxy, "r0.m3u8", opened)
    sound = fetched(proxy, "r2.m3u8", opened) if audio == "separate" else picture
    frames = sum(length for _, length in picture) * FPS / SECOND
    samples = sum(length for _, length in sound) * RATE / SECOND
    kinds = ["ads" if "/ads/" in address else "content" for address, _ in picture]
    runs = [kind for kind, _ in groupby(kinds)]
    said = f"{len(picture)} + {len(sound)} segments, promised {frames} frames, {samples / AAC_FRAME:.2f} of sound"
    print(f"{audio}: {runs}, {said}, got {got}")
    assert runs[-5:] == ["content", "ads", "content", "ads", "content"]
    assert got[0] == round(frames)
    # Muxed, the playlist's durations are the picture's, and each creative's sound ends within a frame of it.
    assert abs(got[1] - samples / AAC_FRAME) <= (0.5 if audio == "separate" else len(runs) + 1)
