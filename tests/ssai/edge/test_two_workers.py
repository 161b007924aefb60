"""Two edges on one store: one leads, viewers hop between both, leaders come and go."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import aiohttp

from domain.units import SECOND, Microseconds
from halftime.serve import RunningEdge, edge
from replay.origin.clip import Clip
from replay.origin.faults import Faults
from replay.origin.schedule import Schedule
from replay.origin.server import OriginServer
from ssai.channel.poller import LEASE
from tests.ssai.edge.edge_kit import EPOCH, Hands, History, Seen, addresses, reached, settings_of, until

OFTEN = Schedule(
    first=Microseconds(14 * SECOND),
    period=Microseconds(8 * SECOND),
    shortest=Microseconds(3 * SECOND),
    longest=Microseconds(5 * SECOND),
    early_every=2,
    preroll=Microseconds(4 * SECOND),
)


@dataclass
class Pair:
    """Edges on one embedded Redis, and an origin whose clock stands until the test moves it."""

    supply: Path
    folder: Path
    clock: Hands
    origin: OriginServer
    stack: AsyncExitStack
    http: aiohttp.ClientSession
    edges: dict[str, RunningEdge] = field(default_factory=dict)

    async def start(self, name: str) -> RunningEdge:
        store = {"redis": "embedded", "folder": str(self.folder)}
        settings = settings_of(self.origin.index_url, self.supply, store, server={"worker": name})
        running = await self.stack.enter_async_context(edge(settings))
        self.edges[name] = running
        await until(lambda: running.channels["demo"].worker.version is not None)
        return running

    def leads(self, name: str) -> bool:
        return self.edges[name].channels["demo"].poller.leading

    def reached(self, *names: str) -> bool:
        return all(reached(self.edges[name].channels["demo"], self.clock.now) for name in names)

    async def move(self, seconds: int, *names: str, limit: float = 5.0) -> None:
        self.clock.now += seconds * SECOND
        await until(lambda: self.reached(*names), limit)

    async def get(self, name: str, path: str) -> str:
        async with self.http.get(f"{self.edges[name].url}/live/demo/{path}") as response:
            assert response.status == 200, (name, path, response.status)
            return await response.text()

    async def die(self, name: str) -> None:
        """End an edge's tasks as a crash would: nothing is given back, nobody is told."""
        poller = self.edges[name].channels["demo"].poller

        async def nothing() -> None:
            """A process that was killed gives nothing back."""

        poller._resign = nothing  # type: ignore[method-assign]  # a crash
        for task in asyncio.all_tasks():
            if task.get_name() in {"poller demo", "follower demo"} and _belongs(task, self.edges[name]):
                task.cancel()


def _belongs(task: asyncio.Task[object], running: RunningEdge) -> bool:
    frame = getattr(task.get_coro(), "cr_frame", None)
    channel = running.channels["demo"]
    return frame is not None and frame.f_locals.get("self") in (channel, channel.poller)


@asynccontextmanager
async def pair(supply: Path, folder: Path, *, at: int = 12, schedule: Schedule = OFTEN) -> AsyncIterator[Pair]:
    async with AsyncExitStack() as stack:
        clock = Hands(EPOCH + at * SECOND)
        origin = OriginServer(Clip.load(supply), schedule, clock=clock, start_us=Microseconds(EPOCH))
        await stack.enter_async_context(origin)
        http = await stack.enter_async_context(aiohttp.ClientSession())
        made = Pair(supply, folder, clock, origin, stack, http)
        await made.start("a")
        await made.start("b")
        yield made


async def test_one_leads_and_the_other_follows(supply: Path, tmp_path: Path) -> None:
    async with pair(supply, tmp_path) as both:
        assert both.leads("a")
        assert not both.leads("b")
        await both.move(3, "a", "b")
        ours, theirs = (both.edges[name].channels["demo"].worker.version for name in "ab")
        assert ours == theirs
        address = addresses(await both.get("a", "index.m3u8?viewer=ann"))[0]
        assert addresses(await both.get("b", "index.m3u8?viewer=ann"))[0] == address
        assert await both.get("a", address) == await both.get("b", address)


async def test_a_viewer_who_hops_on_every_request_never_goes_back(supply: Path, tmp_path: Path) -> None:
    async with pair(supply, tmp_path) as both:
        viewers = [addresses(await both.get("ab"[k % 2], f"index.m3u8?viewer={k}")) for k in range(6)]
        histories = {path: History() for paths in viewers for path in paths}
        wrong: list[str] = []
        done = asyncio.Event()

        async def hop(paths: list[str], turn: int) -> None:
            while not done.is_set():
                for path in paths:
                    turn += 1
                    wrong.extend(histories[path].see(Seen.of(await both.get("ab"[turn % 2], path))))
                await asyncio.sleep(0.01)

        hoppers = [asyncio.create_task(hop(paths, place)) for place, paths in enumerate(viewers)]
        for _ in range(24):
            await both.move(1, "a", "b")
        done.set()
        await asyncio.gather(*hoppers)
        reloads = sum(history.reloads for history in histories.values())
        print(f"{reloads} reloads, {len(wrong)} wrong")
        assert not wrong, wrong[:5]
        assert reloads > 1000
        for paths in viewers:
            pods = [pods_of(histories[path]) for path in paths]
            # The last break may still run, a segment further in one rendition than in another.
            assert len(pods[0]) >= 2
            assert pods[0][:-1] == pods[1][:-1] == pods[2][:-1], "one pod per break in all renditions"


def pods_of(history: History) -> list[tuple[str, ...]]:
    """The ads of each break, by creative and segment, in order."""
    found: list[tuple[str, ...]] = []
    last = None
    for number in sorted(history.uris):
        uri = history.uris[number]
        if "/ads/" in uri:
            creative, _, place = uri.removeprefix("/ads/demo/").split("/")
            what = f"{creative}/{place}"
            found = [*found[:-1], (*found[-1], what)] if last == number - 1 and found else [*found, (what,)]
            last = number
    return found


async def test_the_other_takes_over_from_a_leader_that_dies(supply: Path, tmp_path: Path) -> None:
    async with pair(supply, tmp_path) as both:
        paths = addresses(await both.get("a", "index.m3u8?viewer=ann"))
        histories = {path: History() for path in paths}
        wrong: list[str] = []

        async def look(name: str) -> None:
            for path in paths:
                wrong.extend(histories[path].see(Seen.of(await both.get(name, path))))

        for _ in range(4):
            await both.move(1, "a", "b")
            await look("a")
        assert Seen.of(await both.get("a", paths[0])).ads, "it dies inside a break"
        number = both.edges["b"].channels["demo"].worker.version.number  # type: ignore[union-attr]  # it follows
        await both.die("a")
        started = time.monotonic()
        await both.move(1, "b", limit=LEASE + 2)
        took = time.monotonic() - started
        print(f"taken over after {took:.2f} s")
        assert both.leads("b")
        assert took < LEASE + 1.2
        assert both.edges["b"].channels["demo"].worker.version.number == number + 1  # type: ignore[union-attr]  # as above
        for _ in range(8):
            await look("b")
            await both.move(1, "b")
        assert not wrong, wrong
        pods = [pods_of(histories[path]) for path in paths]
        assert len(pods[0]) == 2
        assert pods[0] == pods[1] == pods[2]


async def test_a_worker_that_starts_late_in_the_event_shows_what_the_others_show(supply: Path, tmp_path: Path) -> None:
    """More breaks than a version keeps (16) have left the window: the newcomer adds them up from the store."""
    short = Schedule(
        first=Microseconds(14 * SECOND),
        period=Microseconds(4 * SECOND),
        shortest=Microseconds(2 * SECOND),
        longest=Microseconds(2 * SECOND),
        early_every=0,
        preroll=Microseconds(9 * SECOND),
    )
    async with pair(supply, tmp_path, schedule=short) as both:
        viewers = [addresses(await both.get("a", f"index.m3u8?viewer={k}")) for k in range(3)]
        for _ in range(26):
            await both.move(4, "a")
            for paths in viewers:
                await both.get("a", paths[0])
        closed = await both.edges["a"].channels["demo"].store.breaks("demo")
        assert len(closed) > 18
        late = addresses(await both.get("a", "index.m3u8?viewer=late"))
        await both.start("c")
        await both.move(4, "a", "b", "c")
        for paths in [*viewers, late]:
            for path in paths:
                ours = await both.get("a", path)
                assert await both.get("b", path) == ours
                assert await both.get("c", path) == ours


async def test_one_rendition_that_drips_stops_neither_worker(supply: Path, tmp_path: Path) -> None:
    async with pair(supply, tmp_path) as both:
        both.origin.faults = Faults(renditions=("720p",), drip=10)
        numbers = []
        for _ in range(3):
            await both.move(3, "a", "b", limit=8)
            numbers.append(both.edges["b"].channels["demo"].worker.version.number)  # type: ignore[union-attr]  # it has one
        assert numbers == sorted(set(numbers))
