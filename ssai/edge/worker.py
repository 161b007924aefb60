"""One channel in one worker: the version in force, the seats it has met, and their playlists.

On the playlist path everything is a look-up. What is missing (a seat block that another worker filled, a pod not yet
pinned) is fetched by ``prepare`` while the request waits.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np

from domain.errors import StoreError
from domain.pod import Creative, Pod, Slate
from domain.units import SECOND, Microseconds
from ssai.breaks.book import TOLERANCE
from ssai.breaks.record import Break
from ssai.channel.codec import decode_break
from ssai.channel.version import ChannelVersion, join_instant
from ssai.decide.codec import PinnedPod
from ssai.decide.port import Opening
from ssai.edge.folding import fold
from ssai.edge.parts import ChannelParts, Supply
from ssai.edge.pins import Pins
from ssai.sessions.seats import BLOCK, SeatBlock, column64
from ssai.sessions.token import Session
from ssai.stitch.plan import Plan, plan, start_mark
from ssai.stitch.view import ContentCache, Layout, View

MAX_WAIT: Final = Microseconds(500_000)
"""Microseconds until a version's instant at most: clocks that differ by more must not hold a channel back."""
_START_BITS: Final = 20
"""A pod's number and its start mark in one integer; no break has a million marks."""


@dataclass(slots=True)
class _Active:
    """A break that is open for decisions or still in some window."""

    record: Break
    key: str
    first: int
    """S plus the tolerance, less than C: who joined until then starts at the first mark."""
    plans: dict[tuple[int, int], Plan | None] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _State:
    version: ChannelVersion
    views: Mapping[str, View]
    layouts: Mapping[str, dict[tuple[int, ...], Layout]]
    """By rendition and what the seat has in each active break."""
    active: tuple[_Active, ...]
    edges: tuple[int, int]


class ChannelWorker:
    """Serves one channel's viewers from the versions it is given."""

    def __init__(self, parts: ChannelParts) -> None:
        self.parts: Final = parts
        self.reasons: dict[str, int] = {}
        """Counts of what went otherwise than wished, by reason."""
        self._state: _State | None = None
        self._blocks: dict[int, SeatBlock] = {}
        self._loading: dict[int, asyncio.Lock] = {}
        self._archive: dict[str, Break] = {}
        self._contents: dict[str, ContentCache] = {}
        self._pins = Pins(parts.store, parts.event, self._count)
        self._adopting = asyncio.Lock()
        self._changed = asyncio.Event()
        self._supply: Supply | None = None
        self._reformatted = False
        """Whether the newest content is in another container than what can be inserted."""
        self.seats = 0
        """Seats taken in the event as far as this worker knows."""

    @property
    def version(self) -> ChannelVersion | None:
        """The version in force."""
        return None if self._state is None else self._state.version

    @property
    def blocks(self) -> Mapping[int, SeatBlock]:
        """The seat blocks in memory."""
        return self._blocks

    async def wait_ready(self, seconds: float) -> bool:
        """Whether a version is in force, after at most ``seconds``."""
        if self._state is None:
            try:
                async with asyncio.timeout(seconds):
                    await self._changed.wait()
            except TimeoutError:
                return False
        return True

    def renditions(self) -> Sequence[str]:
        """Names of the media playlists."""
        return () if self._state is None else tuple(self._state.views)

    # -- the playlist path -------------------------------------------------------------------------------------------

    def playlist(self, seat: int, join: int, rendition: str) -> bytes | None:
        """The seat's playlist; None when something must be prepared first.

        Raises ``KeyError`` for a rendition that the channel does not have.
        """
        pieces = self.pieces(seat, join, rendition)
        return None if pieces is None else b"".join(pieces)

    def pieces(self, seat: int, join: int, rendition: str) -> tuple[bytes, ...] | None:
        """As ``playlist``, still to be joined: with what goes before it, so that it is copied once."""
        state = self._state
        if state is None:
            return None
        view = state.views[rendition]
        block = self._blocks.get(seat // BLOCK)
        if block is None:
            return None
        row = seat % BLOCK
        chosen = []
        for active in state.active:
            # item() gives a Python number in half the time of indexing and int().
            number = block.pods[active.key].item(row)
            start = 0 if join <= active.first else start_mark(active.record, join)
            if start is None:
                chosen.append(0)
            elif number:
                chosen.append(number << _START_BITS | start)
            else:
                return None
        # Which parts follow on one another is the same for all seats with these pods and starts: 1.4 microseconds in
        # place of 4. There are at most as many layouts as seats that ask, 300 bytes each; they go with the version.
        layouts = state.layouts[rendition]
        key = tuple(chosen)
        layout = layouts.get(key)
        if layout is None:
            layout = layouts[key] = view.layout(self._planned(state, key))
        return view.pieces(layout, block.numbers[rendition].item(row), block.sequences[rendition].item(row))

    def _planned(self, state: _State, chosen: Sequence[int]) -> list[Plan]:
        """The plans for a pod number and start in each active break, 0 where a break shows content."""
        plans: list[Plan] = []
        for active, choice in zip(state.active, chosen, strict=True):
            number, start = divmod(choice, 1 << _START_BITS)
            key = (number, start)
            if number:
                found = active.plans[key] if key in active.plans else self._plan(state, active, number, start)
                if found is not None:
                    plans.append(found)
        return plans

    def plain(self, rendition: str) -> bytes:
        """The channel without ads, for who has no seat. ``KeyError`` for an unknown rendition."""
        if self._state is None:
            raise KeyError(rendition)
        return self._state.views[rendition].playlist((), 0, 0)

    def _plan(self, state: _State, active: _Active, number: int, start: int) -> Plan | None:
        pinned = self._pins.pod(active.key, number)
        made = None
        if pinned.pod.creatives:
            made = plan(active.record, pinned.pod, pinned.slate, start, self.parts.rules(), state.edges)
        active.plans[(number, start)] = made
        return made

    def plans(self, session: Session) -> list[Plan]:
        """What this seat is shown in the breaks that are still in some window, for people to look at."""
        state, block = self._state, self._blocks.get(session.seat // BLOCK)
        if state is None or block is None:
            return []
        shown: list[Plan] = []
        for active in state.active:
            number = int(block.pods[active.record.key][session.seat % BLOCK])
            start = start_mark(active.record, session.join)
            if number and start is not None:
                made = self._plan(state, active, number, start)
                if made is not None:
                    shown.append(made)
        return shown

    # -- joining and preparing ---------------------------------------------------------------------------------------

    async def join(self, viewer: str, traits: Mapping[str, str]) -> Session:
        """The viewer's seat and first join instant. ``StoreError`` when there is no seat to be had."""
        state = self._state
        if state is None:
            raise StoreError("no channel version yet")
        join = join_instant(state.version, state.version.hold_back, TOLERANCE)
        row = await self.parts.store.seat(self.parts.event, viewer, join)
        self.seats = max(self.seats, row.seat + 1)
        if traits:
            await self.parts.store.set_traits(self.parts.event, row.seat, json.dumps(traits, sort_keys=True).encode())
        block = self._blocks.get(row.seat // BLOCK)
        if block is not None:
            block.joins[row.seat % BLOCK] = row.join
        return Session(row.seat, row.join)

    async def prepare(self, session: Session) -> None:
        """Fetch or decide what ``playlist`` lacks for this seat.

        Without the store it decides by itself, but only for seats whose block it has: ``StoreError`` for others, since
        numbers that are made up would go back when the true ones are known.
        """
        number = session.seat // BLOCK
        async with self._loading.setdefault(number, asyncio.Lock()):
            while number not in self._blocks:
                await self._open(number, session)
            block = self._blocks[number]
            block.joins[session.seat % BLOCK] = session.join
            await self._decide_active(number, block)

    async def _decide_active(self, number: int, block: SeatBlock) -> None:
        if self._state is not None:
            for active in self._state.active:
                await self._decide(active.record, number, block)

    async def _open(self, number: int, session: Session) -> None:
        """Read a block that other workers, or an earlier process, filled; leave it out if that is out of date by then.

        Without the store its numbers cannot be known. Pods are decided before breaks are folded: whether a later break
        has items says how many discontinuities the one before it has (rho).
        """
        block = SeatBlock(column64(await self.parts.store.joins(self.parts.event, number)), self.renditions())
        block.joins[session.seat % BLOCK] = session.join
        await self._load_archive()
        active = () if self._state is None else self._state.active
        for key in dict.fromkeys([*self._archive, *(one.key for one in active)]):
            block.pods[key] = await self._pins.fetch(key, number)
        await self._decide_active(number, block)
        # Another version may have come into force meanwhile. The leader may be a version ahead of this worker: what is
        # still shown here is folded when that version is.
        records = [] if self._state is None else [one.record for one in self._state.active]
        shown = {record.key for record in records}
        folded = [record for record in self._archive.values() if record.folded and record.key not in shown]
        if all(record.key in block.pods for record in (*folded, *records)):
            self._fold(block, sorted(folded, key=lambda record: record.signalled), records)
            self._blocks[number] = block

    async def _load_archive(self) -> None:
        for key, body in (await self.parts.store.breaks(self.parts.name)).items():
            record = decode_break(body)
            if not self._is_history(key) and not record.dropped:
                self._archive[key] = record

    # -- decisions ---------------------------------------------------------------------------------------------------

    async def _decide(self, record: Break, number: int, block: SeatBlock) -> None:
        """Pin a pod for every taken seat of the block that has none in this break and takes part in it."""
        column = block.pods.setdefault(record.key, np.zeros(BLOCK, np.uint16))
        rows = np.flatnonzero((column == 0) & (block.joins > 0))
        if not rows.size:
            return
        groups: dict[int, list[int]] = {}
        for row, join in zip(rows.tolist(), block.joins[rows].tolist(), strict=True):
            start = start_mark(record, join)
            if start is not None:
                groups.setdefault(start, []).append(row)
        for start, members in groups.items():
            pods = self._ask(record, start, [number * BLOCK + row for row in members])
            slate = (self._supply.slate if self._supply is not None else None) or _NO_SLATE
            pinned = {id(pod): PinnedPod(pod, slate) for pod in pods}
            chosen = {row: pinned[id(pod)] for row, pod in zip(members, pods, strict=True)}
            await self._pins.pin(record.key, number, block, chosen)

    def _ask(self, record: Break, start: int, seats: Sequence[int]) -> list[Pod]:
        at = record.marks[start].at
        end = record.end or record.target or record.planned_end
        left = None if end is None else Microseconds(max(0, end - at))
        if self._supply is None or self._supply.slate is None:
            self._count("no_slate")
            return [Pod(()) for _ in seats]
        if self._reformatted:
            self._count("format_changed")
            return [Pod(()) for _ in seats]
        return self._supply.decisions.decide(Opening(self.parts.name, record.key, at, left), seats)

    # -- versions ----------------------------------------------------------------------------------------------------

    async def adopt(self, version: ChannelVersion) -> None:
        """Put a version in force: decide its new breaks for all seats, fold the departed, render anew.

        All workers do so at the version's stated instant, so that a viewer who hops between them never goes back.
        """
        async with self._adopting:
            # A leader hears its own version from the store too: what is in force keeps what was rendered of it.
            if self._state is None or version.number > self._state.version.number:
                await self._adopt(version)

    async def _adopt(self, version: ChannelVersion) -> None:
        if self._supply is None:
            self._supply = self.parts.supply(version)
        supply = self._supply
        self._reformatted = version.reformatted
        await self._pins.deliver(self._blocks)
        records = [record for record in version.breaks if record.marks and not record.dropped and not record.folded]
        for number, block in list(self._blocks.items()):
            for record in records:
                await self._decide(record, number, block)
        folded = _folded(version)
        departed = [record for record in folded if not self._is_history(record.key)]
        for record in departed:
            for number, block in list(self._blocks.items()):
                await self._refetch(record.key, number, block)
        wait = min(version.effective - self.parts.clock(), MAX_WAIT)
        if wait > 0:
            await asyncio.sleep(wait / SECOND)
        for record in folded:
            self._archive[record.key] = record
        self._enforce(version, supply, records, folded)

    def _is_history(self, key: str) -> bool:
        known = self._archive.get(key)
        return known is not None and known.folded

    async def _refetch(self, key: str, number: int, block: SeatBlock) -> None:
        """The last word on a break before it is folded: another worker may have pinned seats of this block."""
        if self._pins.owes(key) or key in block.folded:
            return
        try:
            block.pods[key] = await self._pins.fetch(key, number)
        except StoreError:
            self._count("store_away")

    def _enforce(
        self, version: ChannelVersion, supply: Supply, records: Sequence[Break], folded: Sequence[Break]
    ) -> None:
        for number, block in list(self._blocks.items()):
            if not _can_fold(block, folded):
                # Loaded while this version was prepared, from an older history: read again when next asked for.
                del self._blocks[number]
                continue
            self._fold(block, folded, records)
            for record in records:
                block.pods.setdefault(record.key, np.zeros(BLOCK, np.uint16))
        least, greatest = version.reached, version.shown_edge
        views: dict[str, View] = {}
        for name in version.windows:
            content = self._contents.setdefault(
                name, ContentCache(self.parts.address, strip_cues=self.parts.strip_cues)
            )
            views[name] = View(version, name, content, supply.media, supply.minimum_version)
        before = {} if self._state is None else {active.record.key: active for active in self._state.active}
        active = tuple(self._activate(record, before.get(record.key)) for record in records)
        self._state = _State(version, views, {name: {} for name in views}, active, (least, greatest))
        self._changed.set()

    @staticmethod
    def _activate(record: Break, before: _Active | None) -> _Active:
        """Plans of a closed break are final: they are kept while its record stays the same."""
        kept = before.plans if before is not None and before.record == record and record.end is not None else {}
        first = record.marks[0].at + TOLERANCE
        if record.end is not None:
            first = min(first, record.end - 1)
        return _Active(record, record.key, first, kept)

    def _fold(self, block: SeatBlock, folded: Iterable[Break], later: Sequence[Break]) -> None:
        fold(block, folded, later, self._settled)

    def _settled(self, record: Break, number: int, start: int) -> Plan | None:
        pinned = self._pins.pod(record.key, number)
        if not pinned.pod.creatives:
            return None
        made = plan(record, pinned.pod, pinned.slate, start, self.parts.rules(), (0, 0))
        return made if made.items or not made.settled else None

    def _count(self, reason: str) -> None:
        self.reasons[reason] = self.reasons.get(reason, 0) + 1


def _folded(version: ChannelVersion) -> list[Break]:
    return [record for record in version.breaks if record.folded and not record.dropped]


def _can_fold(block: SeatBlock, folded: Sequence[Break]) -> bool:
    """Whether the block has what every folded break adds to it, or has added it."""
    return all(record.key in block.folded or record.key in block.pods for record in folded)


_NO_SLATE: Final = Slate(run=Creative("", ()), small=())
