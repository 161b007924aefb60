"""Signals of one refresh applied to the breaks known so far (the HLS guide's rules on repeats, nesting and ends)."""

from __future__ import annotations

from bisect import insort
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Final

from domain.units import Microseconds
from ssai.breaks.record import Break, BreakReason
from ssai.cues.signal import Signal, SignalKind

TOLERANCE: Final = Microseconds(100_000)
"""Boundaries this near are common to renditions: date-times are exact to a millisecond, AAC frames to 21 ms."""

MAX_INNER: Final = 32
"""Nested breaks whose ids, and ends whose instants, are remembered: an hour of spots."""


@dataclass(frozen=True, slots=True)
class Timed:
    """A signal with the instant it speaks of, channel time."""

    at: Microseconds
    signal: Signal


@dataclass(frozen=True, slots=True)
class BreakRules:
    """What a channel's configuration says of breaks; microseconds.

    ``grace``: how long past its duration a break without auto return waits for its IN. ``longest``: where a break of
    unknown duration ends without one.
    """

    target_duration: Microseconds
    grace: Microseconds
    longest: Microseconds
    insertion: bool = True


def apply(
    breaks: Sequence[Break],
    signals: Iterable[Timed],
    rules: BreakRules,
    served: Microseconds | None,
    head: Microseconds,
) -> tuple[Break, ...]:
    """All breaks after the signals, by start.

    ``served`` is P, the greatest edge that the version before this one exposed (None before the first); ``head`` the
    start of the kept window: what ended before it is history.
    """
    book = list(breaks)
    for timed in sorted(signals, key=lambda timed: (timed.at, _order(timed.signal))):
        if timed.signal.cancelled:
            _cancel(book, timed, served)
        elif timed.signal.kind is SignalKind.IN:
            _end(book, timed, served)
        elif timed.signal.kind is SignalKind.OUT or timed.signal.elapsed is not None:
            _begin(book, timed, rules, served, head)
    return tuple(book)


def _order(signal: Signal) -> int:
    """At one instant the break before ends, then the next begins, then what was withdrawn goes."""
    return 3 if signal.cancelled else (SignalKind.IN, SignalKind.OUT, SignalKind.CONTINUE).index(signal.kind)


def _same(record: Break, timed: Timed, rules: BreakRules) -> bool:
    near = abs(timed.at - record.signalled) * 2 <= rules.target_duration
    named = record.live and record.id is not None and record.id == timed.signal.id and not record.marks
    return near or named


def _begin(book: list[Break], timed: Timed, rules: BreakRules, served: Microseconds | None, head: Microseconds) -> None:
    signal, start, duration = timed.signal, timed.at, timed.signal.duration
    for place, record in enumerate(book):
        if _same(record, timed, rules):
            if record.live and duration:
                named = record.id is None or signal.id is None or record.id == signal.id
                # Of two breaks that begin together the longer one is the outer.
                longer = duration if named else Microseconds(max(duration, record.duration or 0))
                book[place] = replace(record, duration=longer, inner=_with_inner(record, signal.id))
            return
    running = [place for place, record in enumerate(book) if not record.dropped and record.signalled <= start]
    if running and start < _expected_end(book[running[-1]], rules) - TOLERANCE:
        book[running[-1]] = replace(book[running[-1]], inner=_with_inner(book[running[-1]], signal.id))
        return
    if duration is not None and start + duration <= head:
        return
    # A break that began before all that is known (a CONT tag, a worker without history) starts where knowledge does.
    floor = max(start, head if served is None else served)
    planned = None if duration is None else Microseconds(start + duration)
    reason = None
    if signal.insertion:
        reason = BreakReason.INSERTION_POINT
    elif not rules.insertion:
        reason = BreakReason.SWITCHED_OFF
    insort(
        book,
        Break(
            key=str(start),
            id=signal.id,
            dialect=signal.dialect,
            signalled=start,
            duration=duration,
            auto_return=signal.auto_return is not False,
            floor=floor,
            ads_until=planned,
            segmentation=signal.segmentation,
            event=signal.event,
            reason=reason,
            dropped=reason is not None,
        ),
        key=lambda record: record.signalled,
    )


def _with_inner(record: Break, other: str | None) -> tuple[str, ...]:
    if other is None or other == record.id or other in record.inner or len(record.inner) >= MAX_INNER:
        return record.inner
    return (*record.inner, other)


def _expected_end(record: Break, rules: BreakRules) -> int:
    """Until when another out is a part of this break."""
    if record.in_at is not None:
        return record.in_at
    planned = record.planned_end
    if planned is None:
        return (record.floor if record.start is None else record.start) + rules.longest
    return planned if record.auto_return else planned + rules.grace


def _end(book: list[Break], timed: Timed, served: Microseconds | None) -> None:
    running = [
        place for place, record in enumerate(book) if not record.dropped and record.signalled + TOLERANCE < timed.at
    ]
    named = [place for place in running if timed.signal.id is not None and book[place].id == timed.signal.id]
    for place in (named or running)[-1:]:
        if not book[place].live or not _ends(timed.signal, book[place]):
            return
        book[place] = _with_in(book[place], timed.at, served)


def _with_in(record: Break, at: Microseconds, served: Microseconds | None) -> Break:
    """The break with this end read; one that was read before changes nothing."""
    if any(abs(known - at) <= TOLERANCE for known in record.ins):
        return record
    target = at if served is None else max(at, served)
    ins = (*record.ins[-MAX_INNER:], at)
    return replace(record, in_at=at, target=target, reason=BreakReason.ENDED_BY_IN, ins=ins)


def _ends(signal: Signal, record: Break) -> bool:
    """Whether this IN speaks of the break itself: not of one nested in it, and of its own segmentation type."""
    if signal.id is not None and signal.id in record.inner:
        return False
    typed = signal.segmentation is not None and record.segmentation is not None
    return not typed or signal.segmentation == (record.segmentation or 0) + 1


def _cancel(book: list[Break], timed: Timed, served: Microseconds | None) -> None:
    """Withdraw what is announced; after publication a cancellation is an IN."""
    for place, record in enumerate(book):
        by_id = record.id is not None and record.id == timed.signal.id
        by_event = record.event is not None and record.event == timed.signal.event
        if record.live and (by_id or by_event):
            if record.marks:
                book[place] = _with_in(record, timed.at, served)
            else:
                del book[place]
            return
