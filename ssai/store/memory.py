"""The store in memory: a shipped double. Workers of one process share one instance."""

from __future__ import annotations

import asyncio
import time
from collections import defaultdict
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from dataclasses import dataclass, field

from domain.errors import FencedError, StoreError
from ssai.store import blobs, limits
from ssai.store.port import BLOCK, MAX_SEAT, SeatRow


@dataclass(slots=True)
class _Channel:
    term: int = 0
    holder: str = ""
    until: int = 0
    number: int | None = None
    snapshot: bytes | None = None
    breaks: dict[str, bytes] = field(default_factory=dict)
    insertion: bool = True
    followers: set[asyncio.Event] = field(default_factory=set)


@dataclass(slots=True)
class _Table:
    pods: list[bytes] = field(default_factory=list)
    numbers: dict[bytes, int] = field(default_factory=dict)


@dataclass(slots=True)
class _Event:
    rows: dict[bytes, SeatRow] = field(default_factory=dict)
    joins: dict[int, bytearray] = field(default_factory=dict)
    traits: dict[int, bytes] = field(default_factory=dict)
    tables: defaultdict[str, _Table] = field(default_factory=lambda: defaultdict(_Table))
    assignments: dict[tuple[str, int], dict[int, int]] = field(default_factory=dict)


def _now() -> int:
    return time.monotonic_ns() // 1000


class MemoryStore:
    """``ssai.store.port.Store`` without a server: for tests and for one process that may forget.

    It is bounded only by what callers write, and forgets with the process. ``close`` changes nothing, as other workers
    of the process may still use the instance. ``now`` gives microseconds of a clock that never goes back; leases run by
    it. One event loop only.
    """

    def __init__(self, *, now: Callable[[], int] = _now) -> None:
        self._now = now
        self._away = False
        self._channels: defaultdict[str, _Channel] = defaultdict(_Channel)
        self._events: defaultdict[str, _Event] = defaultdict(_Event)
        self._secrets: dict[str, bytes] = {}

    def set_away(self, away: bool) -> None:
        """Play a store that is away: until it is back every method raises ``StoreError``, followers at once."""
        self._away = away
        for channel in self._channels.values():
            _wake(channel)

    async def ping(self) -> None:
        """See ``Store.ping``."""
        self._answer()

    async def close(self) -> None:
        """See ``Store.close``."""

    async def lead(self, channel: str, worker: str, ttl_ms: int) -> int | None:
        """See ``Store.lead``."""
        state = self._channel(channel)
        holder, ttl = limits.worker(worker), limits.lease(ttl_ms)
        now = self._now()
        if now >= state.until:
            state.term += 1
        elif state.holder != holder:
            return None
        state.holder, state.until = holder, now + ttl * 1000
        return state.term

    async def resign(self, channel: str, worker: str) -> None:
        """See ``Store.resign``."""
        state = self._channel(channel)
        if state.holder == limits.worker(worker):
            state.until = 0

    async def publish(
        self, channel: str, fence: int, number: int, snapshot: bytes, closed: Mapping[str, bytes]
    ) -> None:
        """See ``Store.publish``."""
        state = self._channel(channel)
        limits.version(fence, number, snapshot, closed)
        if fence != state.term:
            raise FencedError(f"publish: term {fence} of channel {channel} is over")
        if state.number is not None and state.number >= number:
            raise FencedError(f"publish: channel {channel} has version {number} or a later one")
        state.number, state.snapshot = number, bytes(snapshot)
        for key, record in closed.items():
            state.breaks.setdefault(key, bytes(record))
        _wake(state)

    async def snapshot(self, channel: str) -> bytes | None:
        """See ``Store.snapshot``."""
        return self._channel(channel).snapshot

    def versions(self, channel: str) -> AsyncGenerator[bytes, None]:
        """See ``Store.versions``."""
        return self._follow(limits.name("channel", channel))

    async def breaks(self, channel: str) -> dict[str, bytes]:
        """See ``Store.breaks``."""
        return dict(self._channel(channel).breaks)

    async def seat(self, event: str, viewer: str, join: int) -> SeatRow:
        """See ``Store.seat``."""
        state = self._event(event)
        raw = limits.viewer(viewer)
        cell = blobs.join_cell(limits.join(join))
        known = state.rows.get(raw)
        if known is not None:
            return known
        row = SeatRow(len(state.rows), join)
        if row.seat > MAX_SEAT:
            raise StoreError("seat: the event has no seat left")
        state.rows[raw] = row
        number, offset = divmod(row.seat, BLOCK)
        column = state.joins.setdefault(number, bytearray(blobs.NO_JOINS))
        column[offset * blobs.JOIN_BYTES : (offset + 1) * blobs.JOIN_BYTES] = cell
        return row

    async def joins(self, event: str, block: int) -> bytes:
        """See ``Store.joins``."""
        return bytes(self._event(event).joins.get(limits.block(block), blobs.NO_JOINS))

    async def seats(self, event: str) -> int:
        """See ``Store.seats``."""
        return len(self._event(event).rows)

    async def set_traits(self, event: str, seat: int, traits: bytes) -> None:
        """See ``Store.set_traits``."""
        self._event(event).traits[limits.seat(seat)] = limits.traits(traits)

    async def traits(self, event: str, seat: int) -> bytes:
        """See ``Store.traits``."""
        return self._event(event).traits.get(limits.seat(seat), b"")

    async def add_pods(self, event: str, break_key: str, pods: Sequence[bytes]) -> list[int]:
        """See ``Store.add_pods``."""
        table = self._table(event, break_key)
        limits.pods(pods)
        fresh = [pod for pod in dict.fromkeys(bytes(pod) for pod in pods) if pod not in table.numbers]
        if len(table.pods) + len(fresh) > limits.MAX_PODS:
            raise StoreError("add_pods: the break has no pod number left")
        for pod in fresh:
            table.pods.append(pod)
            table.numbers[pod] = len(table.pods)
        return [table.numbers[pod] for pod in pods]

    async def pods(self, event: str, break_key: str) -> list[bytes]:
        """See ``Store.pods``."""
        return list(self._table(event, break_key).pods)

    async def pin(self, event: str, break_key: str, block: int, rows: Mapping[int, int]) -> bytes:
        """See ``Store.pin``."""
        state = self._event(event)
        limits.name("break", break_key)
        limits.block(block)
        pinned = state.assignments.setdefault((break_key, block), {})
        for row, number in limits.rows(rows):
            pinned.setdefault(row, number)
        return blobs.assignment(pinned.items())

    async def assignment(self, event: str, break_key: str, block: int) -> bytes:
        """See ``Store.assignment``."""
        state = self._event(event)
        pinned = state.assignments.get((limits.name("break", break_key), limits.block(block)), {})
        return blobs.assignment(pinned.items())

    async def secret(self, name: str, fresh: bytes) -> bytes:
        """See ``Store.secret``."""
        self._answer()
        limits.sized("secret", fresh, limits.MAX_SECRET)
        return self._secrets.setdefault(limits.name("secret", name), bytes(fresh))

    async def insertion(self, channel: str) -> bool:
        """See ``Store.insertion``."""
        return self._channel(channel).insertion

    async def set_insertion(self, channel: str, on: bool) -> None:
        """See ``Store.set_insertion``."""
        self._channel(channel).insertion = on

    async def _follow(self, channel: str) -> AsyncGenerator[bytes, None]:
        state = self._channel(channel)
        woken = asyncio.Event()
        state.followers.add(woken)
        seen: int | None = None
        try:
            while True:
                self._answer()
                woken.clear()
                if state.snapshot is not None and state.number != seen:
                    seen = state.number
                    yield state.snapshot
                else:
                    await woken.wait()
        finally:
            state.followers.discard(woken)

    def _answer(self) -> None:
        if self._away:
            raise StoreError("the store is away")

    def _channel(self, name: str) -> _Channel:
        self._answer()
        return self._channels[limits.name("channel", name)]

    def _event(self, name: str) -> _Event:
        self._answer()
        return self._events[limits.name("event", name)]

    def _table(self, event: str, break_key: str) -> _Table:
        return self._event(event).tables[limits.name("break", break_key)]


def _wake(channel: _Channel) -> None:
    for follower in channel.followers:
        follower.set()
