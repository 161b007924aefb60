"""A channel worker with an event behind it: versions through ``advance``, breaks folded, thousands of seats taken."""

from __future__ import annotations

from dataclasses import dataclass, field
from time import monotonic
from typing import Final

from domain.units import SECOND, Microseconds
from replay.bench.event import BASE, CHANNEL, INDEX, RENDITIONS, SEGMENT, SLATE, Rotation, SyntheticMedia, playlist
from replay.origin.server import wall_clock
from ssai.breaks.book import TOLERANCE, BreakRules
from ssai.channel.advance import Reload, advance, first_version
from ssai.channel.codec import encode_break, encode_version
from ssai.channel.version import ChannelVersion, join_instant
from ssai.edge.parts import ChannelParts, Supply
from ssai.edge.worker import ChannelWorker
from ssai.hls.media import MediaReader
from ssai.sessions.seats import BLOCK
from ssai.sessions.token import Session
from ssai.store.memory import MemoryStore

WORKER: Final = "bench"
RULES: Final = BreakRules(
    target_duration=Microseconds(SEGMENT), grace=Microseconds(10 * SECOND), longest=Microseconds(300 * SECOND)
)


@dataclass(frozen=True, slots=True)
class Size:
    """How large the event is: as many seats as ``sessions`` taken at ``joins`` successive versions, then ``settle``
    versions more, so that every window's breaks are seen whole.
    """

    sessions: int = 20_000
    joins: int = 200
    settle: int = 60

    def join_step(self, seat: int) -> int:
        """The version (from 0) at which a seat was taken."""
        return seat * self.joins // self.sessions

    @property
    def steps(self) -> int:
        """The last version of the history, from 0."""
        return self.joins + self.settle - 1


class LoggingWorker(ChannelWorker):
    """A worker that notes when (monotonic seconds) which version came into force."""

    def __init__(self, parts: ChannelParts) -> None:
        super().__init__(parts)
        self.adopted: list[tuple[float, int]] = []

    async def adopt(self, version: ChannelVersion) -> None:
        """See ``ChannelWorker.adopt``. Nothing else runs between the change and the note of it."""
        await super().adopt(version)
        now = self.version.number if self.version is not None else 0
        if not self.adopted or self.adopted[-1][1] != now:
            self.adopted.append((monotonic(), now))


@dataclass(slots=True)
class Filled:
    """The worker, its store, and its sessions in the order of their seats."""

    worker: LoggingWorker
    store: MemoryStore
    version: ChannelVersion
    sessions: list[Session] = field(default_factory=list)


async def filled(size: Size) -> Filled:
    """Run the event's history. Version number k + 1 is the origin's step k."""
    store = MemoryStore()
    media = SyntheticMedia()
    worker = LoggingWorker(
        ChannelParts(
            name=CHANNEL,
            event=CHANNEL,
            store=store,
            supply=lambda _: Supply(Rotation(), media, SLATE),
            address=lambda url: url,
            rules=lambda: RULES,
            clock=wall_clock,
        )
    )
    readers = {rendition: MediaReader() for rendition in RENDITIONS}
    version: ChannelVersion | None = None
    made: Filled | None = None
    for step in range(size.steps + 1):
        reloads = {
            name: Reload(f"{BASE}{name}.m3u8", reader.read(playlist(name, step))) for name, reader in readers.items()
        }
        before = version
        if version is None:
            version = first_version(INDEX, BASE + "index.m3u8", reloads, RULES)
            made = Filled(worker, store, version)
        else:
            version = advance(version, reloads, RULES)
        assert made is not None
        await _record(store, before, version)
        await worker.adopt(version)
        made.version = version
        if step < size.joins:
            await _take_seats(made, size, step)
    assert made is not None
    return made


async def _record(store: MemoryStore, before: ChannelVersion | None, version: ChannelVersion) -> None:
    """What the leader writes: the version, and the breaks that it closed."""
    fence = await store.lead(CHANNEL, WORKER, 60_000)
    assert fence is not None
    known = {} if before is None else {record.key: record for record in before.breaks}
    closed = {
        record.key: encode_break(record)
        for record in version.breaks
        if (record.end is not None or record.dropped) and known.get(record.key) != record
    }
    await store.publish(CHANNEL, fence, version.number, encode_version(version), closed)


async def _take_seats(made: Filled, size: Size, step: int) -> None:
    """Take the seats of this version in the store, as another worker would, then meet them block by block."""
    join = join_instant(made.version, made.version.hold_back, TOLERANCE)
    fresh: dict[int, list[Session]] = {}
    while len(made.sessions) < size.sessions and size.join_step(len(made.sessions)) == step:
        row = await made.store.seat(CHANNEL, f"viewer-{len(made.sessions)}", join)
        session = Session(row.seat, row.join)
        made.sessions.append(session)
        fresh.setdefault(row.seat // BLOCK, []).append(session)
    made.worker.seats = len(made.sessions)
    for number, sessions in fresh.items():
        block = made.worker.blocks.get(number)
        if block is not None:
            for session in sessions:
                block.joins[session.seat % BLOCK] = session.join
        await made.worker.prepare(sessions[0])
