"""``edge.cue_to_playlist_ms``: from an origin's cue to the first stitched playlist that shows an ad for it.

The clock starts when the origin's playlist is replaced by one whose last segment is the first of a break (its CUE-OUT
stands before it), and stops when a viewer who asks the edge over HTTP every 10 ms has a playlist in which an ad stands
at the break's start. In between lie: the rest of the poll interval, the fetch, the version, its recording in the store,
the settling time in which other workers get it, the pods' decision, and the stitching. Target duration 2 s, so that the
edge polls every half second, give or take a fifth.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from time import perf_counter
from typing import Final

import aiohttp
import uvloop
from aiohttp import web

from domain.units import MILLISECOND, SECOND, Microseconds, date
from replay.bench.event import CHANNEL, EPOCH, SLATE, Rotation, SyntheticMedia
from replay.bench.figures import Figure, against
from replay.origin.server import wall_clock
from ssai.breaks.book import BreakRules
from ssai.channel.origin import HttpOrigin
from ssai.channel.poller import Poller
from ssai.edge.channel import EdgeChannel
from ssai.edge.http import EdgeDoor
from ssai.edge.limits import Limits
from ssai.edge.listen import listen
from ssai.edge.metrics import RequestMetrics, registry
from ssai.edge.parts import ChannelParts, Supply
from ssai.edge.worker import ChannelWorker
from ssai.sessions.token import Tokens
from ssai.sessions.traits import QueryRules
from ssai.store.memory import MemoryStore

SEGMENT: Final = 2 * SECOND
WINDOW: Final = 20
PERIOD: Final = 8
"""Segments from one break's start to the next one's; a break is two of them."""
INTERVAL_MS: Final = 500.0
"""How long the edge waits between polls at this target duration, on average (``Poller``)."""
ASK: Final = 0.01
PATIENCE: Final = 10.0


class _SwappedOrigin:
    """A playlist on a real server, replaced at an instant. ``after`` is the number after its last segment."""

    def __init__(self) -> None:
        self.after = 2 * PERIOD

    def text(self) -> str:
        first = max(0, self.after - WINDOW)
        lines = ["#EXTM3U", "#EXT-X-VERSION:6", "#EXT-X-TARGETDURATION:2", f"#EXT-X-MEDIA-SEQUENCE:{first}"]
        for index in range(first, self.after):
            if index % PERIOD == 0 and index:
                lines.append("#EXT-X-CUE-OUT:4.000")
            if index % PERIOD == 2 and index > PERIOD:
                lines.append("#EXT-X-CUE-IN")
            lines += [f"#EXT-X-PROGRAM-DATE-TIME:{date(_start(index))}", "#EXTINF:2.000,", f"{index}.ts"]
        return "\n".join(lines) + "\n"

    @asynccontextmanager
    async def serve(self) -> AsyncIterator[str]:
        async def live(_: web.BaseRequest) -> web.Response:
            return web.Response(text=self.text(), content_type="application/vnd.apple.mpegurl")

        runner = web.ServerRunner(web.Server(live, access_log=None))
        await runner.setup()
        try:
            await web.TCPSite(runner, "127.0.0.1", 0).start()
            yield f"http://127.0.0.1:{runner.addresses[0][1]}/live.m3u8"
        finally:
            await runner.cleanup()


def _start(index: int) -> int:
    return EPOCH + index * SEGMENT


def cue_to_playlist(cues: int = 12) -> Figure:
    """Milliseconds; a run is a cue. The baseline is the poll interval alone."""
    runs = uvloop.run(_measure(cues))
    note = "baseline is the mean poll interval: a cue waits for half of it on average"
    return against("edge.cue_to_playlist_ms", "ms", runs, [INTERVAL_MS] * len(runs), note)


async def _measure(cues: int) -> list[float]:
    phase = random.Random(1)  # noqa: S311 - where in a poll interval a cue comes, not a secret
    origin = _SwappedOrigin()
    runs: list[float] = []
    async with AsyncExitStack() as stack:
        address = await stack.enter_async_context(origin.serve())
        edge = await stack.enter_async_context(_edge(address))
        viewer = await stack.enter_async_context(aiohttp.ClientSession())
        async with viewer.get(f"{edge}/live/{CHANNEL}/index.m3u8") as response:
            media = (await response.text()).split()[-1]
        playlist = f"{edge}/live/{CHANNEL}/{media}"
        for _ in range(cues):
            await asyncio.sleep(1.3 + phase.random())  # what was listed before is polled and in force by then
            start = _start(origin.after)
            origin.after += 1
            runs.append(await _until_shown(viewer, playlist, start))
            origin.after += PERIOD - 1
    return runs


async def _until_shown(viewer: aiohttp.ClientSession, playlist: str, start: int) -> float:
    """Milliseconds from now until an ad stands at ``start``. ``TimeoutError`` when none ever does."""
    began = perf_counter()
    wanted = f"#EXT-X-PROGRAM-DATE-TIME:{date(start)}\n"
    async with asyncio.timeout(PATIENCE):
        while True:
            async with viewer.get(playlist) as response:
                _, _, after = (await response.text()).partition(wanted)
            if after.split("\n")[1:2] and after.split("\n")[1].startswith("/ads/"):
                return (perf_counter() - began) * SECOND / MILLISECOND
            await asyncio.sleep(ASK)


@asynccontextmanager
async def _edge(address: str) -> AsyncIterator[str]:
    """A whole edge with one channel, as ``halftime serve`` puts it together; yields its address."""
    configured = BreakRules(Microseconds(SEGMENT), Microseconds(SEGMENT), Microseconds(60 * SECOND))
    store, media = MemoryStore(), SyntheticMedia()
    worker = ChannelWorker(
        ChannelParts(
            name=CHANNEL,
            event=CHANNEL,
            store=store,
            supply=lambda _: Supply(Rotation(), media, SLATE),
            address=lambda url: url,
            rules=lambda: poller.rules,
            clock=wall_clock,
        )
    )
    origin = HttpOrigin(address)
    poller = Poller(CHANNEL, "bench", origin, store, configured, worker.adopt, clock=wall_clock, seed=1)
    tokens = Tokens(CHANNEL, [b"a key of the benchmarks' own"])
    channel = EdgeChannel(CHANNEL, worker, poller, origin, store, tokens, QueryRules())
    metrics, limits = RequestMetrics(), Limits()
    door = EdgeDoor({CHANNEL: channel}, {}, registry(metrics), metrics, limits)
    tasks = [asyncio.create_task(run()) for run in (poller.run, channel.follow)]
    try:
        async with listen(door, "127.0.0.1", 0, limits) as port:
            yield f"http://127.0.0.1:{port}"
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await origin.close()
