"""A channel's origin with backups: real origins on loopback, a clock that the test moves."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import pytest
from aiohttp import web

from domain.units import SECOND
from replay.origin.clip import Clip
from replay.origin.dress import Dress
from replay.origin.faults import Faults, Scope
from replay.origin.schedule import Schedule
from replay.origin.server import OriginServer
from ssai.channel.failover import FailoverOrigin
from ssai.channel.origin import Fetched, HttpOrigin, Origin, OriginError
from ssai.hls.multivariant import parse
from tests.replay.origin.tiny import write_catalogue

START = 1_767_225_600_000_000
STALE = 12.0
ALL_FAIL = Faults(status_share=1, scope=Scope.LIVE)


class Clock:
    """One time for the origins (microseconds) and for who polls them (seconds)."""

    def __init__(self) -> None:
        self.now = 100.0

    def wall(self) -> int:
        return START + round(self.now * SECOND)

    def monotonic(self) -> float:
        return self.now


@pytest.fixture(scope="module")
def catalogue(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_catalogue(tmp_path_factory.mktemp("catalogue"))


@pytest.fixture
def clock() -> Clock:
    return Clock()


@dataclass
class Stage:
    """Two origins of one stream, and who polls them."""

    primary: OriginServer
    backup: OriginServer
    origin: FailoverOrigin
    clock: Clock
    addresses: tuple[str, ...]

    async def poll(self) -> list[Fetched | OriginError | None]:
        """All renditions at once, as the poller does, a second after the last time."""
        self.clock.now += 1.0
        asked = (self.origin.media(address) for address in self.addresses)
        found = await asyncio.gather(*asked, return_exceptions=True)
        assert all(each is None or isinstance(each, Fetched | OriginError) for each in found)
        return found

    async def sources(self) -> set[int]:
        """The source of everything in a poll in which everything answers with something new."""
        self.clock.now += 2.0
        found = await self.poll()
        assert all(isinstance(each, Fetched) for each in found), found
        return {each.source for each in found}


@asynccontextmanager
async def staged(clip: Clip, clock: Clock, other: Clip | None = None) -> AsyncIterator[Stage]:
    def server(clip, **options):
        return OriginServer(clip, Schedule(seed=3), clock=clock.wall, start_us=START, **options)

    async with server(clip) as primary, server(other or clip, prefix="/backup", numbered_from=700) as backup:
        origin = failing_over(clock, primary.index_url, backup.index_url)
        try:
            index = await origin.multivariant()
            assert (index.url, index.source) == (primary.index_url, 0)
            yield Stage(primary, backup, origin, clock, parse(index.text, index.url).playlists)
        finally:
            await origin.close()
            await origin.close()


def failing_over(clock: Clock, *urls: str, known=lambda: None) -> FailoverOrigin:
    sources = [HttpOrigin(url) for url in urls]
    return FailoverOrigin(sources, stale=lambda: STALE, known=known, failures=3, clock=clock.monotonic)


@pytest.fixture
async def stage(catalogue: Path, clock: Clock) -> AsyncIterator[Stage]:
    async with staged(Clip.load(catalogue), clock) as stage:
        yield stage


def test_it_is_an_origin(clock: Clock) -> None:
    origin: Origin = failing_over(clock, "http://a/index.m3u8", "http://b/index.m3u8")
    assert origin


async def test_the_primary_answers_while_it_can(stage: Stage) -> None:
    for _ in range(20):
        assert await stage.sources() == {0}
    assert (await stage.origin.media(stage.addresses[0], fresh=True)).url == stage.addresses[0]


@pytest.mark.parametrize("faults", [ALL_FAIL, Faults(drop_share=1)])
async def test_the_backup_answers_after_three_failed_polls(stage: Stage, faults: Faults) -> None:
    assert await stage.sources() == {0}
    stage.primary.faults = faults
    for _ in range(3):
        assert all(isinstance(each, OriginError) for each in await stage.poll())
    found = await stage.poll()
    names = [address.rpartition("/")[2] for address in stage.addresses]
    assert [each.url for each in found] == [f"{stage.backup.url}/backup/live/{name}" for name in names]
    assert [each.text for each in found] == [
        stage.backup.playlist(name.removesuffix(".m3u8"), stage.clock.wall())[0] for name in names
    ]
    assert {each.source for each in found} == {1}


async def test_a_primary_that_refuses_connections_is_left_too(stage: Stage) -> None:
    await stage.primary.stop()
    for _ in range(3):
        assert all(isinstance(each, OriginError) for each in await stage.poll())
    assert await stage.sources() == {1}


async def test_fewer_failures_and_failures_of_some_are_no_outage(stage: Stage) -> None:
    for faults in (ALL_FAIL, Faults(status_share=1, renditions=("audio",))):
        for _ in range(4):
            stage.primary.faults = faults
            await stage.poll()
            await stage.poll()
            stage.primary.faults = Faults()
            assert await stage.sources() == {0}
    stage.primary.faults = Faults(status_share=1, renditions=("audio",))
    for _ in range(9):
        found = await stage.poll()
        assert isinstance(found[-1], OriginError)
        assert {each.source for each in found[:-1] if each is not None} <= {0}


async def test_only_a_failure_of_the_backup_brings_the_primary_back(stage: Stage) -> None:
    stage.primary.faults = ALL_FAIL
    for _ in range(3):
        await stage.poll()
    stage.primary.faults = Faults()
    for _ in range(10):
        assert await stage.sources() == {1}
    assert (await stage.origin.multivariant()).source == 1
    stage.backup.faults = ALL_FAIL
    for _ in range(3):
        await stage.poll()
    assert await stage.sources() == {0}


async def test_a_primary_that_stands_still_is_left_after_the_time_set_for_it(stage: Stage) -> None:
    for _ in range(2):
        assert await stage.sources() == {0}
    stage.primary.faults = Faults(stall=True)
    for _ in range(int(STALE)):
        assert await stage.poll() == [None] * len(stage.addresses)
    assert {each.source for each in await stage.poll()} == {1}
    assert await stage.sources() == {1}


async def test_one_playlist_that_goes_on_is_no_standstill(stage: Stage) -> None:
    stage.primary.faults = Faults(stall=True, renditions=("360p", "audio"))
    for _ in range(20):
        stage.clock.now += 1.0
        assert {each.source for each in await stage.poll() if each is not None} <= {0}


async def test_a_worker_that_did_not_poll_for_an_hour_saw_no_standstill(stage: Stage) -> None:
    for _ in range(2):
        assert await stage.sources() == {0}
    stage.primary.faults = Faults(stall=True)
    stage.clock.now += 3600.0
    assert await stage.poll() == [None] * len(stage.addresses)
    stage.primary.faults = Faults()
    assert await stage.sources() == {0}


async def test_who_comes_back_tells_the_whole_playlist_though_it_is_the_old_one(stage: Stage) -> None:
    for _ in range(2):
        assert await stage.sources() == {0}
    stage.primary.faults = stage.backup.faults = Faults(stall=True)
    told: list[tuple[int, list[str]]] = []
    for _ in range(40):
        found = [each for each in await stage.poll() if each is not None]
        if found and (not told or told[-1][0] != found[0].source):
            told.append((found[0].source, [each.text for each in found]))
    assert [source for source, _ in told] == [1, 0, 1]
    assert [len(texts) for _, texts in told] == [len(stage.addresses)] * 3
    assert told[0] == told[2]


async def test_the_first_that_answers_gives_the_multivariant_playlist(catalogue: Path, clock: Clock) -> None:
    async with staged(Clip.load(catalogue), clock) as stage:
        await stage.primary.stop()
        origin = failing_over(clock, stage.primary.index_url, stage.backup.index_url)
        index = await origin.multivariant()
        assert (index.url, index.source) == (stage.backup.index_url, 1)
        # Its addresses are asked with from now on, and mean the primary's too.
        stage.addresses, stage.origin = parse(index.text, index.url).playlists, origin
        assert await stage.sources() == {1}
        await stage.primary.start()
        stage.backup.faults = ALL_FAIL
        for _ in range(3):
            await stage.poll()
        assert await stage.sources() == {0}
        await stage.primary.stop()
        with pytest.raises(OriginError, match="503"):
            await origin.multivariant()
        await origin.close()


async def test_a_worker_that_starts_again_knows_the_addresses_of_a_dead_primary(stage: Stage) -> None:
    index = await stage.origin.multivariant()
    await stage.primary.stop()
    again = failing_over(
        stage.clock, stage.primary.index_url, stage.backup.index_url, known=lambda: Fetched(index.url, index.text)
    )
    stage.origin, before = again, stage.origin
    for _ in range(3):
        assert all(isinstance(each, OriginError) for each in await stage.poll())
    assert await stage.sources() == {1}
    await before.close()
    await again.close()


async def test_who_begins_to_poll_goes_on_where_the_channel_is_read_from(stage: Stage) -> None:
    index, before = await stage.origin.multivariant(), stage.origin
    source = 1
    stage.origin = failing_over(
        stage.clock,
        stage.primary.index_url,
        stage.backup.index_url,
        known=lambda: Fetched(index.url, index.text, source),
    )
    for _ in range(3):
        assert await stage.sources() == {1}
    # While it polls the channel follows it; when another worker has led meanwhile, it follows the channel.
    source = 0
    assert await stage.sources() == {1}
    stage.clock.now += 2 * STALE
    assert await stage.sources() == {0}
    # A backup that the settings have no more.
    source = 2
    stage.clock.now += 2 * STALE
    assert await stage.sources() == {0}
    await stage.origin.close()
    await before.close()


async def test_a_rendition_that_the_backup_lacks_fails_and_the_others_go_on(catalogue: Path, clock: Clock) -> None:
    clip = Clip.load(catalogue, None, Dress(languages=("en", "de")))
    other = Clip.load(catalogue, None, Dress(languages=("en",)))
    async with staged(clip, clock, other) as stage:
        stage.primary.faults = ALL_FAIL
        for _ in range(3):
            await stage.poll()
        for _ in range(8):
            clock.now += 2.0
            found = await stage.poll()
            lacking = dict(zip(stage.addresses, found, strict=True)).pop(f"{stage.primary.url}/live/audio-de.m3u8")
            assert "origin 1 has no such playlist" in str(lacking)
            found.remove(lacking)
            assert {each.source for each in found} == {1}


async def test_what_is_no_media_playlist_is_the_primarys(stage: Stage) -> None:
    stage.primary.faults = Faults(status_share=1, renditions=("360p", "720p", "audio"))
    for _ in range(3):
        await stage.poll()
    assert await stage.sources() == {1}
    found = await stage.origin.media(f"{stage.primary.index_url}?region=x", fresh=True)
    assert (found.source, found.url) == (0, f"{stage.primary.index_url}?region=x")
    stage.primary.faults = ALL_FAIL
    with pytest.raises(OriginError, match="503"):
        await stage.origin.media(f"{stage.primary.index_url}?region=x", fresh=True)
    assert await stage.sources() == {1}


class Script:
    """An origin whose media playlist is answered as a test says; every time it offers it at a new address."""

    def __init__(self, *answers: str | int) -> None:
        self._answers = iter(answers)
        self.asked: list[str] = []
        self.go = asyncio.Event()
        """What is answered with a status waits for it."""
        self.go.set()

    async def __call__(self, request: web.BaseRequest) -> web.Response:
        self.asked.append(request.path)
        await asyncio.sleep(0.01)
        if request.path == "/index.m3u8":
            return web.Response(text=f"#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1\nv{self.indexes}.m3u8\n")
        answer = next(self._answers)
        if isinstance(answer, int):
            await self.go.wait()
            return web.Response(status=answer)
        return web.Response(text=answer)

    @property
    def indexes(self) -> int:
        """How often it was asked what it offers."""
        return self.asked.count("/index.m3u8")

    async def __aenter__(self) -> Self:
        self._server = web.Server(self)
        self._listener = await asyncio.get_running_loop().create_server(self._server, "127.0.0.1", 0)
        self.url = f"http://127.0.0.1:{self._listener.sockets[0].getsockname()[1]}/index.m3u8"
        return self

    async def __aexit__(self, *_: object) -> None:
        self._listener.close()
        await self._server.shutdown(0.1)


async def offered(origin: FailoverOrigin) -> str:
    index = await origin.multivariant()
    return parse(index.text, index.url).playlists[0]


ENDED = "#EXTM3U\n#EXT-X-TARGETDURATION:4\n#EXTINF:4,\n0.ts\n#EXT-X-ENDLIST\n"


async def test_an_event_that_has_ended_stands_still_for_ever(clock: Clock) -> None:
    async with Script(*[ENDED] * 30) as one, Script() as two:
        origin = failing_over(clock, one.url, two.url)
        address = await offered(origin)
        for _ in range(30):
            clock.now += 1.0
            assert (await origin.media(address)).source == 0
        assert not two.asked
        await origin.close()


async def test_an_origin_that_says_other_things_than_playlists_stands_still(clock: Clock) -> None:
    errors = (f"<html>{n}</html>" for n in range(30))
    async with Script(*errors) as one, Script(ENDED) as two:
        origin = failing_over(clock, one.url, two.url)
        address = await offered(origin)
        assert (await origin.media(address)).source == 0
        for _ in range(int(STALE)):
            clock.now += 1.0
            assert (await origin.media(address)).source == 0
        clock.now += 1.0
        assert (await origin.media(address)).source == 1
        await origin.close()


async def test_who_comes_back_is_asked_again_what_it_offers(clock: Clock) -> None:
    async with Script(503, 503, 503, ENDED) as one, Script(503, 503, 503) as two:
        origin = failing_over(clock, one.url, two.url)
        address = await offered(origin)
        for _ in range(6):
            with pytest.raises(OriginError, match="503"):
                await origin.media(address)
        assert (await origin.media(address)).source == 0
        assert one.asked == ["/index.m3u8", *["/v1.m3u8"] * 3, "/index.m3u8", "/v2.m3u8"]
        await origin.close()


async def test_late_replies_of_a_source_that_was_left_say_nothing_of_the_next(clock: Clock) -> None:
    async with Script(*[503] * 6) as one, Script(ENDED, ENDED) as two:
        origin = failing_over(clock, one.url, two.url)
        address = await offered(origin)
        one.go.clear()
        asked = [asyncio.create_task(origin.media(address)) for _ in range(6)]
        while len(one.asked) < 7:
            await asyncio.sleep(0.01)
        one.go.set()
        assert all(isinstance(each, OriginError) for each in await asyncio.gather(*asked, return_exceptions=True))
        assert (await origin.media(address)).source == 1
        await origin.close()


async def test_a_backup_that_could_not_say_what_it_offers_is_asked_again_in_the_next_poll(stage: Stage) -> None:
    stage.primary.faults = stage.backup.faults = ALL_FAIL
    for _ in range(4):
        await stage.poll()
    stage.backup.faults = Faults()
    assert await stage.sources() == {1}


async def test_those_who_ask_together_ask_a_source_once_for_what_it_offers(stage: Stage) -> None:
    index = await stage.origin.multivariant()
    async with Script() as other:
        origin = failing_over(stage.clock, other.url, known=lambda: Fetched(index.url, index.text))
        found = await asyncio.gather(*map(origin.media, stage.addresses), return_exceptions=True)
        assert len(found) == 3
        assert all("no such playlist" in str(each) for each in found)
        assert other.indexes == 1
        await origin.close()


async def test_a_backup_that_is_gone_too_is_asked_once_a_poll(stage: Stage) -> None:
    await stage.primary.stop()
    await stage.backup.stop()
    for _ in range(12):
        assert all(isinstance(each, OriginError) for each in await stage.poll())
    await stage.backup.start()
    for _ in range(3):
        await stage.poll()
    assert await stage.sources() == {1}
