"""The port: what the edge asks of a store.

All writes are first writer wins or append only, so that workers may race: each adopts what the store answers.
Times are microseconds. A store that is away raises ``domain.errors.StoreError`` from every method, within its own
time limit; a write may then have been done or not, and all but ``publish`` may simply be repeated. Names and texts
that do not fit raise ``domain.errors.InputError``, numbers and sizes that do not fit ``ValueError`` (``limits``).
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Protocol

BLOCK: Final = 1024
"""Seats in one block: an assignment of 2 KB, small enough to publish with one command."""
MAX_SEAT: Final = (1 << 31) - 1


@dataclass(frozen=True, slots=True)
class SeatRow:
    """A viewer's row in the event, and the instant of its first join (channel time, microseconds)."""

    seat: int
    join: int


class Store(Protocol):
    """Everything the edge keeps. Channels, events, break keys and secrets are named by 1 to 64 characters of
    ``[A-Za-z0-9_.-]``, workers by 1 to 128 printable ASCII characters, viewers by any text of at most 1024 bytes.
    """

    async def ping(self) -> None:
        """Answer, or raise ``StoreError``."""
        ...

    async def close(self) -> None:
        """Let go of connections; idempotent."""
        ...

    async def lead(self, channel: str, worker: str, ttl_ms: int) -> int | None:
        """Become or stay the channel's leader for ``ttl_ms``; the fencing number, or None if another leads.

        A new term has a greater number than every term before; a renewal (same ``worker``) keeps its number.
        """
        ...

    async def resign(self, channel: str, worker: str) -> None:
        """Give up leading; nothing happens if ``worker`` does not lead."""
        ...

    async def publish(
        self, channel: str, fence: int, number: int, snapshot: bytes, closed: Mapping[str, bytes]
    ) -> None:
        """Store version ``number`` and the breaks that closed with it, then tell the followers; all or nothing.

        Raises ``FencedError`` when ``fence`` is not the last term's number (a later one has begun, or the store lost
        its data: lead again), or the stored number is not below ``number`` (read ``snapshot``).
        """
        ...

    async def snapshot(self, channel: str) -> bytes | None:
        """The last published version."""
        ...

    def versions(self, channel: str) -> AsyncIterator[bytes]:
        """The last published version, then each one as it is published (some may be skipped, none comes twice in a
        row). Ends only by being closed; raises ``StoreError`` when the store goes away.
        """
        ...

    async def breaks(self, channel: str) -> dict[str, bytes]:
        """All breaks published as closed, by key."""
        ...

    async def seat(self, event: str, viewer: str, join: int) -> SeatRow:
        """The viewer's row; a new one with this join if the viewer has none. Seats count from 0 without reuse."""
        ...

    async def joins(self, event: str, block: int) -> bytes:
        """Join instants of a block: ``BLOCK`` little-endian int64, 0 where no seat is taken (or its join is 0)."""
        ...

    async def seats(self, event: str) -> int:
        """How many seats are taken (an upper bound while viewers join)."""
        ...

    async def set_traits(self, event: str, seat: int, traits: bytes) -> None:
        """Keep what is known of a seat's viewer (at most 4096 bytes); the last writer wins."""
        ...

    async def traits(self, event: str, seat: int) -> bytes:
        """What was kept of a seat's viewer, empty where nothing was."""
        ...

    async def add_pods(self, event: str, break_key: str, pods: Sequence[bytes]) -> list[int]:
        """Numbers (from 1) of these pods in the break's table; unknown ones are appended, equal bytes share one."""
        ...

    async def pods(self, event: str, break_key: str) -> list[bytes]:
        """The break's table of pods; number k is at index k - 1."""
        ...

    async def pin(self, event: str, break_key: str, block: int, rows: Mapping[int, int]) -> bytes:
        """Give rows (0 to ``BLOCK`` - 1) of a block their pod number; a row that has one keeps it.

        Returns the block's assignment: ``BLOCK`` little-endian uint16, 0 where none.
        """
        ...

    async def assignment(self, event: str, break_key: str, block: int) -> bytes:
        """The block's assignment as ``pin`` returns it, all 0 if there is none."""
        ...

    async def secret(self, name: str, fresh: bytes) -> bytes:
        """The secret of that name; ``fresh`` becomes it if there is none."""
        ...

    async def insertion(self, channel: str) -> bool:
        """Whether ads may be inserted (True until switched off)."""
        ...

    async def set_insertion(self, channel: str, on: bool) -> None:
        """Switch insertion; the leader acts on it at the next boundary."""
        ...
