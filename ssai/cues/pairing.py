"""Signals of one snapshot paired into breaks, for people who look at a playlist.

The rules are those of the HLS guide on breaks. What differs from a live channel: one playlist is all there is, so a
break whose start has left the window is known by a continuation or a date only.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from domain.units import SECOND, Microseconds
from ssai.cues.merge import richer
from ssai.cues.signal import Dialect, Signal, SignalKind
from ssai.cues.timeline import TOLERANCE, Timeline

_ROUNDED: Final = SECOND
"""Elapsed and total of a continuation are often rounded: only a difference beyond this means something."""
_MAX_NESTED: Final = 64
"""Slots remembered inside one break, so that their ends are not taken for its own."""
_ORDER: Final = {SignalKind.IN: 0, SignalKind.OUT: 1, SignalKind.CONTINUE: 2}
"""At one boundary the break before ends before the next one starts."""


@dataclass(slots=True)
class SnapshotBreak:
    """A break as one playlist shows it; channel time in microseconds.

    ``end`` is where it ended and ``ended_by`` what ended it, ``"in"`` or ``"duration"``; both None while it runs.
    """

    start: Microseconds
    best: Signal
    duration: Microseconds | None
    auto_return: bool | None
    insertion: bool
    end: Microseconds | None = None
    ended_by: str | None = None
    nested: list[Signal] = field(default_factory=list)

    @property
    def id(self) -> str | None:
        """The identifier that the dialect gives, if it does."""
        return self.best.id

    @property
    def dialect(self) -> Dialect:
        """The richest dialect that spoke of its start."""
        return self.best.dialect

    @property
    def planned_end(self) -> Microseconds | None:
        """Where the duration ends it; None when unknown, or when only an IN may (auto_return 0)."""
        if self.duration is None or self.auto_return is False:
            return None
        return Microseconds(self.start + self.duration)


@dataclass(frozen=True, slots=True)
class _Placed:
    """A signal at its instant; ``boundary`` is the index of the segment that starts nearest to it, if one is near."""

    at: Microseconds
    snapped: Microseconds
    signal: Signal


def pair(signals: Sequence[Signal], timeline: Timeline, target_duration: Microseconds) -> list[SnapshotBreak]:
    """Breaks by start. Left out: those that ended before the playlist starts or start beyond its end.

    ``target_duration`` says how far apart two starts may be and still be one (half of it).
    """
    pairing = _Pairing(timeline, target_duration // 2)
    come = [placed for placed in _placed(signals, timeline) if placed.snapped <= timeline.end]
    for placed in sorted(come, key=lambda each: (each.snapped, _ORDER[each.signal.kind])):
        pairing.take(placed)
    pairing.close_by_duration(timeline.end)
    return [each for each in pairing.breaks if _shown(each, timeline)]


def _shown(found: SnapshotBreak, timeline: Timeline) -> bool:
    return found.end is None or found.end > timeline.start + TOLERANCE or found.start >= timeline.start - TOLERANCE


def _placed(signals: Sequence[Signal], timeline: Timeline) -> list[_Placed]:
    """Give each signal its instant: its date where the playlist has dates, else its place."""
    anchors: dict[str | None, Signal] = {}
    placed: list[_Placed] = []
    withdrawn = _withdrawn(signals, timeline)
    for signal in signals:
        place = timeline.starts[signal.index]
        if signal.at is None:
            at = place
        elif timeline.dated:
            at = signal.at
        elif signal.kind is SignalKind.OUT:
            # Without EXT-X-PROGRAM-DATE-TIME a date has no place: the tag's own is the best there is.
            anchor = anchors.setdefault(signal.id, signal)
            at = timeline.starts[anchor.index]
        else:
            opened = anchors.get(signal.id)
            if opened is None or opened.at is None:
                at = place
            else:
                at = Microseconds(timeline.starts[opened.index] + signal.at - opened.at)
        if signal.kind is SignalKind.OUT and signal.event in withdrawn and at >= withdrawn[signal.event]:
            continue
        placed.append(_Placed(at, timeline.snapped(at), signal))
    return placed


def _withdrawn(signals: Sequence[Signal], timeline: Timeline) -> dict[int | None, int]:
    """Where each cancelled event was cancelled: an out that starts there or later never comes."""
    found: dict[int | None, int] = {}
    for signal in signals:
        if signal.cancelled and signal.event is not None:
            place = timeline.starts[signal.index]
            found[signal.event] = signal.at if signal.at is not None and timeline.dated else place
    return found


class _Pairing:
    """The breaks so far; the last of them may be open."""

    def __init__(self, timeline: Timeline, near: int) -> None:
        self.timeline = timeline
        self.near = near
        self.breaks: list[SnapshotBreak] = []

    @property
    def open(self) -> SnapshotBreak | None:
        """The outermost break that runs, if one does."""
        return self.breaks[-1] if self.breaks and self.breaks[-1].ended_by is None else None

    def take(self, placed: _Placed) -> None:
        """Apply the next signal in time."""
        match placed.signal.kind:
            case SignalKind.OUT:
                if self.open is None or placed.snapped - self.open.start > TOLERANCE:
                    self.close_by_duration(placed.snapped, exactly=True)
                self._out(placed)
            case SignalKind.CONTINUE:
                self.close_by_duration(placed.snapped)
                self._continue(placed)
            case SignalKind.IN:
                # An IN at the boundary where the duration runs out is what ended the break.
                self.close_by_duration(placed.snapped - 1)
                self._in(placed)

    def close_by_duration(self, until: int, *, exactly: bool = False) -> None:
        """End the open break if a segment boundary up to ``until`` reaches its planned end.

        ``exactly``: the planned end itself is enough, for what follows by date where no boundary is.
        """
        running = self.open
        if running is None or running.planned_end is None:
            return
        planned = running.planned_end
        reached = self.timeline.reached(planned)
        if (reached is not None and reached <= until) or (exactly and planned <= until + TOLERANCE):
            running.end, running.ended_by = planned, "duration"

    def _out(self, placed: _Placed) -> None:
        signal, running = placed.signal, self.open
        if running is None:
            self.breaks.append(SnapshotBreak(placed.at, signal, signal.duration, signal.auto_return, signal.insertion))
        elif self._same(running, placed):
            rich, poor = richer(running.best, signal)
            length = rich.duration if rich.duration is not None else poor.duration
            running.best = rich
            running.duration = running.duration if length is None else length
            running.insertion = running.duration == 0
            running.auto_return = rich.auto_return if rich.auto_return is not None else running.auto_return
        elif placed.at - running.start <= self.near and _longer(signal, running):
            running.nested.append(running.best)
            running.best, running.duration = signal, signal.duration
        elif len(running.nested) < _MAX_NESTED:
            running.nested.append(signal)

    def _same(self, running: SnapshotBreak, placed: _Placed) -> bool:
        signal = placed.signal
        if signal.id is not None and signal.id == running.id:
            return True
        if abs(placed.at - running.start) > self.near:
            return False
        # Two identifiers in one dialect at one instant are two events, the shorter inside the longer.
        mine, other = (running.best.id, running.best.event), (signal.id, signal.event)
        return signal.dialect is not running.dialect or mine == other

    def _continue(self, placed: _Placed) -> None:
        signal, running = placed.signal, self.open
        if running is not None:
            if signal.duration is not None and (
                running.duration is None or abs(signal.duration - running.duration) > _ROUNDED
            ):
                running.duration = signal.duration
            return
        over = signal.duration is not None and signal.elapsed is not None and signal.elapsed >= signal.duration
        if signal.elapsed is None or over:
            return
        start = Microseconds(placed.at - signal.elapsed)
        if self.breaks:
            last = self.breaks[-1]
            of_last = last.end is not None and start < last.end - _ROUNDED
            if of_last or abs(start - last.start) <= self.near:
                return
        self.breaks.append(SnapshotBreak(start, signal, signal.duration, signal.auto_return, insertion=False))

    def _in(self, placed: _Placed) -> None:
        signal, running = placed.signal, self.open
        if running is None:
            return
        inner = [each for each in running.nested if _ends(each, signal)]
        if inner and not _named(running.best, signal):
            running.nested.remove(inner[0])
            return
        types = (running.best.segmentation, signal.segmentation)
        if None not in types and types[1] != (types[0] or 0) + 1:
            return
        running.end, running.ended_by = max(placed.at, running.start), "in"


def _longer(signal: Signal, running: SnapshotBreak) -> bool:
    return running.duration is not None and signal.duration is not None and signal.duration > running.duration


def _named(opening: Signal, closing: Signal) -> bool:
    by_id = closing.id is not None and closing.id == opening.id
    return by_id or (closing.event is not None and closing.event == opening.event)


def _ends(opening: Signal, closing: Signal) -> bool:
    """Whether ``closing`` is the end of a nested event: by its name, or by its segmentation type."""
    if _named(opening, closing):
        return True
    return opening.segmentation is not None and closing.segmentation == opening.segmentation + 1
