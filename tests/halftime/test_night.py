"""A night of live television: a crowd watches while the origin stalls, restarts and fails, and the edge is killed."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import aiohttp
import pytest

from domain.units import MILLISECOND, SECOND, Microseconds, seconds
from replay.conformance import Finding
from replay.origin.clip import Clip
from replay.origin.faults import Faults
from replay.origin.schedule import Avail, Schedule
from replay.origin.server import OriginServer, wall_clock
from replay.viewers import Crowd, MonotonicClock, Summary, Tally
from tests.halftime.test_kill import Edge, free_port, servers_in
from tests.ssai.edge.edge_kit import write_supply

TD = 4
STALL = 10.0
"""Seconds for which the origin stands still."""
STALE = 20.0
"""Seconds after which the edge leaves an origin: longer than the stalls, which are to be sat out."""
BEAT = 100_000
"""Microseconds between two looks at the clock."""
LATE = 250_000
"""Microseconds by which they may be late: of 1.5 target durations, segment and poll leave 700 ms to spare."""
BACKUP_DELAY = 700_000
"""Microseconds by which the backup's packager publishes later."""
LEAVE = 2.0 * TD
"""Seconds from a fault's end until viewers can tell nothing of it any more: a poll, and a reload after the last."""
BEFORE = 0.3
"""Seconds before the end of a segment at which the packager restarts: until then it has none to list, and an origin
that answers 404 three times is left."""


@dataclass(frozen=True)
class Scale:
    """How large the night is. Times are seconds."""

    viewers: int = 500
    breaks: int = 8
    period: int = 40
    joins: int = 60

    @property
    def schedule(self) -> Schedule:
        """Breaks of 16 to 20 s, every other one returning early."""
        return Schedule(
            seed=11,
            first=Microseconds(16 * SECOND),
            period=Microseconds(self.period * SECOND),
            shortest=Microseconds(16 * SECOND),
            longest=Microseconds(20 * SECOND),
            early_every=2,
            preroll=Microseconds(4 * SECOND),
        )

    @property
    def length(self) -> Microseconds:
        """Until the last break has left every window."""
        return Microseconds((16 + self.breaks * self.period) * SECOND)


@dataclass
class Night:
    """What runs, and when (monotonic microseconds) its origin published nothing: viewers may tell that."""

    scale: Scale
    clip: Clip
    origin: OriginServer
    backup: OriginServer
    edge: Edge
    http: aiohttp.ClientSession
    silent: list[tuple[int, int]] = field(default_factory=list)
    starts: list[float] = field(default_factory=list)
    held_up: list[int] = field(default_factory=list)
    """Microseconds by which the event loop of origins and viewers came late, each time that it did."""

    def avail(self, number: int) -> Avail:
        return self.scale.schedule.avail(self.clip, number)

    async def inside(self, number: int, after: float) -> None:
        """Wait until that many seconds after a break has begun."""
        await self._until(self.clip.boundary(self.avail(number).start), after)

    async def behind(self, number: int, after: float) -> None:
        """Wait until that many seconds after a break has ended."""
        await self._until(self.clip.boundary(self.avail(number).back), after)

    async def _until(self, boundary: int, after: float) -> None:
        left = seconds(self.origin.start_us + boundary - wall_clock()) + after
        assert left > 0, "the night is too short for its faults"
        await asyncio.sleep(left)

    @asynccontextmanager
    async def silence(self) -> AsyncIterator[None]:
        began = now()
        yield
        self.silent.append((began, now() + round(LEAVE * SECOND)))

    async def stall(self) -> None:
        async with self.silence():
            self.origin.faults = Faults(stall=True)
            await asyncio.sleep(STALL)
            self.origin.faults = Faults()

    async def kill(self) -> None:
        """Refused requests explain the gap that it makes."""
        self.edge.kill()
        self.starts.append(await self.edge.start(self.http))

    async def restart(self) -> None:
        self.origin.restart()

    async def fail(self) -> None:
        async with self.silence():
            await self.origin.stop()
            await asyncio.sleep(3 * TD)

    async def keep_time(self) -> None:
        """Note when the machine stands still: the origin lives in this event loop, and publishes nothing then."""
        while True:
            due = now() + BEAT
            await asyncio.sleep(BEAT / SECOND)
            late = now() - due
            if late > LATE:
                self.held_up.append(late)
                self.silent.append((due, due + late + round(LEAVE * SECOND)))

    def explained(self, finding: Finding) -> bool:
        """Whether it tells a gap in publishing that the origin made: over ads the checker cannot know whose it is."""
        if finding.rule not in {"9", "origin_stall"}:
            return False
        return any(began <= finding.snapshot.at <= ended for began, ended in self.silent)

    def breaks(self, tally: Tally) -> list[int]:
        """The number of the break that each pod of a viewer stands in."""
        schedule, start = self.scale.schedule, self.origin.start_us
        # Dates in a playlist are rounded to the millisecond.
        return [(pod.start + MILLISECOND - start - schedule.first) // schedule.period for pod in tally.pods]

    async def script(self) -> None:
        """Everything that goes wrong, once or twice a break, in this order."""
        steps: list[tuple[Callable[[int, float], Awaitable[None]], int, float, Callable[[], Awaitable[None]]]] = [
            (self.behind, 0, 1.5 * TD, self.stall),
            (self.inside, 1, 2.5, self.kill),
            (self.inside, 2, 3.0, self.stall),
            (self.behind, 3, 2 * TD, self.kill),
            (self.behind, 4, 2 * TD - BEFORE, self.restart),
            (self.behind, 5, TD / 2, self.fail),
        ]
        for wait, number, after, act in steps:
            if number < self.scale.breaks - 1:
                await wait(number, after)
                await act()


def now() -> int:
    return MonotonicClock().now()


async def pass_night(folder: Path, scale: Scale) -> tuple[Night, Summary]:
    """Let the crowd watch while ``Night.script`` goes through."""
    supply = write_supply(folder / "ads", td=TD)
    clip = Clip.load(supply)
    origin = OriginServer(clip, scale.schedule)
    backup = OriginServer(
        clip,
        scale.schedule,
        start_us=origin.start_us,
        clock=lambda: Microseconds(wall_clock() - BACKUP_DELAY),
        prefix="/backup",
        numbered_from=100_000,
    )
    async with origin, backup, aiohttp.ClientSession() as http:
        config = folder / "halftime.toml"
        config.write_text(
            f'[store]\nfolder = "state"\n[channels.demo]\norigin = "{origin.index_url}"\ncreatives = "{supply}"\n'
            f'backups = ["{backup.index_url}"]\nstale = {STALE}\n'
        )
        edge = Edge(config, free_port(), folder / "edge.log")
        night = Night(scale, clip, origin, backup, edge, http)
        night.starts.append(await edge.start(http))
        try:
            crowd = Crowd(
                lambda number: f"{edge.url}/live/demo/index.m3u8?viewer={number}",
                scale.viewers,
                seed=2026,
                joins=Microseconds(scale.joins * SECOND),
            )
            async with asyncio.TaskGroup() as group:
                script = group.create_task(night.script())
                beat = group.create_task(night.keep_time())
                summary = await crowd.watch(scale.length)
                beat.cancel()
                assert script.done(), "the crowd left before all had gone wrong"
        finally:
            status = edge.end()
        assert status == 0
    return night, summary


def told(summary: Summary, night: Night) -> list[str]:
    """Findings that nothing explains."""
    return [
        f"viewer {number}, {finding.playlist}, rule {finding.rule}: {finding.message}"
        for number, finding in summary.findings
        if not night.explained(finding)
    ]


@pytest.mark.alone
async def test_a_crowd_watches_through_a_night_of_faults(tmp_path: Path) -> None:
    scale = Scale()
    began = time.process_time()
    night, summary = await pass_night(tmp_path, scale)
    data = summary.data()
    busy = (time.process_time() - began) / seconds(scale.length)
    explained = Counter(finding.rule for _, finding in summary.findings if night.explained(finding))
    print(
        f"{data['viewers']} viewers, {data['reloads']} reloads, {data['statuses']}; {data['pods']} pods; "
        f"{data['stalls']} stalls, the longest {data['longest_stall']:.1f} s; explained {dict(explained)}, "
        f"excused {data['excused']}; slowest start {max(night.starts):.2f} s, slowest answer {data['slowest']:.2f} s; "
        f"{busy:.2f} of a core for viewers and origins, held up {len(night.held_up)} times"
    )
    assert len(night.held_up) <= scale.breaks, f"the machine stands still too often to be judged: {night.held_up}"
    wrong = told(summary, night)
    assert not wrong, "\n".join(wrong[:20])
    assert data["opened"] == scale.viewers
    assert not data["statuses"].keys() & {"4xx", "5xx", "timeout", "other"}
    assert data["statuses"]["refused"] > 0
    assert explained["origin_stall"] > 0, "the stalls were to be seen"
    assert len(summary.findings) == sum(data["findings"].values()), "none was left out"
    for tally in summary.tallies:
        breaks = night.breaks(tally)
        assert len(set(breaks)) == len(breaks), "one pod a break; what it is, the finding 'pod' would tell"
        # Whoever joined in the first minute has seen all but the first two.
        assert set(range(2, scale.breaks)) <= set(breaks)
    log = (tmp_path / "edge.log").read_text()
    assert log.count("is left for") == 1, "stalls and the restart were to be sat out, the failure not"
    assert "Traceback" not in log
    assert not servers_in(tmp_path)
