"""What origins do to a running edge: bodies that never end or say anything, silence, lies about time. The last good
window is served on, other renditions go on, the log and the metrics say why."""

import asyncio
import contextlib
import gzip
import tracemalloc
import zlib
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from time import monotonic

import aiohttp
import pytest
from aiohttp import web

from halftime.serve import RunningEdge, edge
from ssai.channel.origin import MAX_BODY, HttpOrigin, OriginError
from tests.ssai.edge.edge_kit import History, ScriptedOrigin, Seen, settings_of, until

Trick = Callable[[web.BaseRequest], Awaitable[web.StreamResponse]]


@dataclass
class Liar(ScriptedOrigin):
    """An origin that plays a trick where one is set, and answers otherwise."""

    tricks: dict[str, Trick] = field(default_factory=dict)

    async def answer(self, request: web.BaseRequest) -> web.StreamResponse:
        trick = self.tricks.get(request.path)
        if trick is None:
            return await super().answer(request)
        self.asked.append(request.path_qs)
        return await trick(request)


@dataclass
class Stage:
    """One channel of two renditions of this liar, or of one playlist."""

    origin: Liar
    running: RunningEdge
    http: aiohttp.ClientSession

    async def see(self, rendition: str = "r0") -> Seen:
        async with self.http.get(f"{self.running.url}/live/demo/-/{rendition}.m3u8") as response:
            assert response.status == 200
            return Seen.of(await response.text())

    @property
    def version(self) -> int:
        version = self.running.channels["demo"].worker.version
        return 0 if version is None else version.number

    @property
    def failures(self) -> dict[str, int]:
        return self.running.channels["demo"].poller.health.failures


def live(first: int, count: int, more: str = "", dates: datetime | None = None) -> str:
    """A media playlist of 1 s segments, ``dates`` that of the first."""
    lines = ["#EXTM3U", "#EXT-X-VERSION:3", "#EXT-X-TARGETDURATION:1", f"#EXT-X-MEDIA-SEQUENCE:{first}"]
    for number in range(first, first + count):
        if dates is not None:
            at = dates + timedelta(seconds=number - first)
            lines.append(f"#EXT-X-PROGRAM-DATE-TIME:{at.isoformat(timespec='milliseconds')}")
        lines += ["#EXTINF:1.0,", f"s{number}.ts"]
    return "\n".join([*lines, more])


INDEX = "#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=800000\nlow.m3u8\n#EXT-X-STREAM-INF:BANDWIDTH=2000000\nhigh.m3u8\n"
NEXT = "#EXTINF:1.0,\ns15.ts\n"


@asynccontextmanager
async def stage(*, index: str | None = None, seconds: float = 0.5) -> AsyncIterator[Stage]:
    """A channel with eight segments from 7 on, heard once; ``seconds`` that a poll may take."""
    texts = {"/low.m3u8": live(7, 8), "/high.m3u8": live(7, 8)} | ({} if index is None else {"/i.m3u8": index})
    async with AsyncExitStack() as stack:
        origin = Liar(texts)
        await stack.enter_async_context(origin.serving())
        http = await stack.enter_async_context(aiohttp.ClientSession())
        address = f"{origin.url}/{'low' if index is None else 'i'}.m3u8"
        running = await stack.enter_async_context(edge(settings_of(address, None)))
        channel = running.channels["demo"]
        assert isinstance(channel.origin, HttpOrigin)
        channel.origin._seconds = seconds
        await until(lambda: channel.worker.version is not None)
        yield Stage(origin, running, http)


REFUSED = {
    "20 MB": (live(7, 8) + ("#" + "y" * 999 + "\n") * 20_000 + NEXT, "origin"),
    "an endless line": (live(7, 8) + "#" + "y" * 2_000_000 + "\n" + NEXT, "playlist"),
    "200,001 segments": (live(7, 200_001), "playlist"),
    "a segment of 1e9 s": (live(7, 8, "#EXTINF:1000000000,\ns15.ts\n"), "playlist"),
    "a negative duration": (live(7, 8, "#EXTINF:-1.0,\ns15.ts\n"), "playlist"),
    "a negative number": (live(-7, 9), "playlist"),
    "a negative target": (live(7, 9).replace("DURATION:1", "DURATION:-1"), "playlist"),
    "the year 9999": (live(7, 8, "#EXT-X-PROGRAM-DATE-TIME:9999-12-31T23:59:59Z\n" + NEXT), "playlist"),
}


@pytest.mark.parametrize("case", REFUSED)
async def test_a_playlist_beyond_bounds_leaves_the_last_good_window(case: str) -> None:
    text, reason = REFUSED[case]
    async with stage(seconds=2.0) as here:
        before = await here.see()
        here.origin.texts["/low.m3u8"] = text
        await until(lambda: here.failures.get(reason, 0) >= 2)
        assert await here.see() == before
        async with here.http.get(f"{here.running.url}/metrics") as response:
            assert f'halftime_origin_failures_total{{channel="demo",reason="{reason}"}}' in await response.text()
        here.origin.texts["/low.m3u8"] = live(7, 9)
        await until(
            lambda: (version := here.running.channels["demo"].worker.version) is not None and version.number > 1
        )
        assert (await here.see()).uris[-1].endswith("s15.ts")


SERVED = {
    "15 MB": live(7, 8) + ("#" + "y" * 999 + "\n") * 15_000 + NEXT,
    "100,000 segments": live(7, 100_000),
    "300 cues": live(7, 9) + "".join(f"#EXT-X-CUE-OUT:2\n#EXTINF:2.0,\nc{n}.ts\n#EXT-X-CUE-IN\n" for n in range(300)),
    "SCTE-35 of 1 MB": live(7, 8, "#EXT-OATCLS-SCTE35:" + "A" * 1_000_000 + "\n" + NEXT),
    "a cue of 1 MB in hexadecimal": live(7, 8)
    + '#EXT-X-PROGRAM-DATE-TIME:2026-01-01T00:00:00Z\n#EXT-X-DATERANGE:ID="x",START-DATE="2026-01-01T00:00:00Z",'
    + "SCTE35-OUT=0xFC"
    + "00" * 500_000
    + "\n"
    + NEXT,
    "10,000 date ranges": live(7, 8)
    + "".join(f'#EXT-X-DATERANGE:ID="{n}",START-DATE="2026-01-01T00:00:00Z",DURATION=1\n' for n in range(10_000))
    + NEXT,
    "letters of another set": live(7, 9).replace("s15", "\xff\xfe\x9d"),
}


@pytest.mark.parametrize("case", SERVED)
async def test_a_playlist_within_bounds_is_served_in_bounded_time(case: str) -> None:
    async with stage(seconds=2.0) as here:
        before = await here.see()
        started = monotonic()
        here.origin.texts["/low.m3u8"] = SERVED[case]
        await until(lambda: here.version > 1, 20)
        seen = await here.see()
        print(f"{case}: {monotonic() - started:.2f} s until it was served, {len(seen.text) / 1e6:.1f} MB")
        assert seen.first >= before.first
        assert len(seen.uris) > len(before.uris)


async def page(_: web.BaseRequest) -> web.StreamResponse:
    return web.Response(text="<html>sign in</html>", content_type="text/html")


async def empty(_: web.BaseRequest) -> web.StreamResponse:
    return web.Response(body=b"")


async def noise(_: web.BaseRequest) -> web.StreamResponse:
    return web.Response(body=bytes(range(256)) * 400, content_type="video/mp2t")


async def falsely_packed(_: web.BaseRequest) -> web.StreamResponse:
    return web.Response(body=b"#EXTM3U\n", headers={"Content-Encoding": "gzip"})


async def twice_packed(_: web.BaseRequest) -> web.StreamResponse:
    return web.Response(body=gzip.compress(gzip.compress(live(7, 9).encode())), headers={"Content-Encoding": "gzip"})


async def broken(request: web.BaseRequest) -> web.StreamResponse:
    response = web.StreamResponse()
    response.content_length = 1_000
    await response.prepare(request)
    await response.write(b"#EXTM3U\n")
    assert request.transport is not None
    request.transport.abort()
    return response


async def silent(_: web.BaseRequest) -> web.StreamResponse:
    await asyncio.sleep(1.5)
    return web.Response()


async def drip(request: web.BaseRequest) -> web.StreamResponse:
    response = web.StreamResponse()
    response.content_length = 1_000
    await response.prepare(request)
    with contextlib.suppress(ConnectionError):
        for letter in live(7, 9)[:20]:
            await response.write(letter.encode())
            await asyncio.sleep(0.1)
    return response


async def round_and_round(request: web.BaseRequest) -> web.StreamResponse:
    return web.Response(status=302, headers={"Location": request.path})


async def many_fields(_: web.BaseRequest) -> web.StreamResponse:
    return web.Response(text=live(7, 9), headers={f"X-{place}": "y" * 100 for place in range(2_000)})


def status(number: int) -> Trick:
    async def answer(_: web.BaseRequest) -> web.StreamResponse:
        return web.Response(status=number, text=live(7, 9))

    return answer


TRICKS: dict[str, tuple[Trick, ...]] = {
    "refusals": (status(500), status(404), status(410), status(401), round_and_round),
    "bodies": (page, empty, noise, falsely_packed, twice_packed, many_fields),
    "connections": (broken, silent, drip),
}


@pytest.mark.parametrize("kind", TRICKS)
async def test_one_trick_after_another_leaves_the_last_good_window_until_the_origin_is_back(kind: str) -> None:
    async with stage(seconds=0.25) as here:
        before = await here.see()
        for trick in TRICKS[kind]:
            here.origin.tricks["/low.m3u8"] = trick
            failed = sum(here.failures.values())
            await until(lambda: sum(here.failures.values()) > failed + 1)  # noqa: B023 - asked within this turn
            assert await here.see() == before, trick
        here.origin.tricks.clear()
        here.origin.texts["/low.m3u8"] = live(8, 9)
        await until(lambda: here.version > 1)
        assert (await here.see()).uris[-1].endswith("s16.ts")


@pytest.mark.parametrize("trick", [drip, silent, page], ids=lambda trick: str(trick.__name__))
async def test_one_bad_rendition_does_not_hold_up_the_others(trick: Trick) -> None:
    async with stage(index=INDEX, seconds=0.25) as here:
        before = await here.see("r1")
        here.origin.tricks["/low.m3u8"] = trick
        here.origin.texts["/high.m3u8"] = live(7, 14)
        await until(lambda: here.version > 1)
        good, bad = await here.see("r1"), await here.see("r0")
        assert bad.uris == before.uris
        assert len(good.uris) == 14, "what is more than two target durations behind is not waited for"
        assert here.failures


async def test_a_rendition_inside_the_network_is_never_asked() -> None:
    async with ScriptedOrigin({"/inside.m3u8": live(7, 8)}).serving() as inside, AsyncExitStack() as stack:
        origin = Liar({"/i.m3u8": INDEX.replace("high.m3u8", f"{inside.url}/inside.m3u8"), "/low.m3u8": live(7, 8)})
        await stack.enter_async_context(origin.serving())
        running = await stack.enter_async_context(edge(settings_of(f"{origin.url}/i.m3u8", None)))
        channel = running.channels["demo"]
        await until(lambda: channel.poller.health.failures.get("origin", 0) >= 2)
        assert inside.asked == []
        assert channel.worker.version is None
        host = inside.url.removeprefix("http://")
        listed = settings_of(f"{origin.url}/i.m3u8", None, redirect_hosts=[host])
        trusting = await stack.enter_async_context(edge(listed))
        await until(lambda: trusting.channels["demo"].worker.version is not None)
        assert inside.asked


BOMBS = {
    "gzip": gzip.compress(bytes(10_000_000)) * 200,
    "one member": b"\x1f\x8b\x08" + bytes(7),
    "deflate": b"\x78\x01",
}
_PACKER = zlib.compressobj(9, zlib.DEFLATED, -15)
BLOCK = _PACKER.compress(bytes(10_000_000)) + _PACKER.flush(zlib.Z_FULL_FLUSH)


@pytest.mark.parametrize("case", BOMBS)
async def test_two_gigabytes_in_two_megabytes_are_cut_off_while_they_unfold(case: str) -> None:
    body = BOMBS[case] if case == "gzip" else BOMBS[case] + BLOCK * 200

    async def bomb(_: web.BaseRequest) -> web.StreamResponse:
        return web.Response(body=body, headers={"Content-Encoding": "deflate" if case == "deflate" else "gzip"})

    async with Liar(tricks={"/b.m3u8": bomb}).serving() as origin:
        asked = HttpOrigin(f"{origin.url}/b.m3u8")
        tracemalloc.start()
        try:
            with pytest.raises(OriginError, match=f"more than {MAX_BODY} bytes"):
                await asked.multivariant()
            peak = tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()
            await asked.close()
    print(f"greatest memory: {peak / 1e6:.1f} MB")
    assert peak < 3 * MAX_BODY


@pytest.mark.parametrize("hours", [-3, 3, 24 * 365])
async def test_a_clock_that_is_set_goes_on_from_the_edge(hours: int) -> None:
    noon = datetime(2026, 9, 21, 12, tzinfo=UTC)
    async with stage() as here:
        history = History()
        for turn in range(1, 6):
            at = noon + timedelta(seconds=turn, hours=hours if turn > 2 else 0)
            here.origin.texts["/low.m3u8"] = live(7 + turn, 8, dates=at)
            number = here.version
            await until(lambda: here.version > number)  # noqa: B023 - asked within this turn
            assert history.see(await here.see()) == []
        assert not here.failures
        assert (await here.see()).uris[-1].endswith("s19.ts")
