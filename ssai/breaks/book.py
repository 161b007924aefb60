"""Signals of one refresh applied to the breaks known so far (the HLS guide's rules on repeats, nesting and ends)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Final

from domain.units import Microseconds
from ssai.breaks.record import Break, BreakReason
from ssai.cues.signal import Signal, SignalKind

TOLERANCE: Final = Microseconds(100_000)
"""Boundaries this near are common to renditions: date-times are exact to a millisecond, AAC frames to 21 ms."""


@dataclass(frozen=True, slots=True)
class Timed:
    """A signal with the instant it speaks of, channel time."""

    at: Microseconds
    signal: Signal


@dataclass(frozen=True, slots=True)
class BreakRules:
    """What a channel's configuration says of breaks; microseconds.

    ``grace``: how long past its duration a break without auto return waits for its IN. ``longest``: where a break of
    unknown duration ends without one; no planned duration is believed beyond it either.
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
    order = {SignalKind.IN: 0, SignalKind.OUT: 1, SignalKind.CONTINUE: 2}
    for timed in sorted(signals, key=lambda timed: (timed.at, order[timed.signal.kind])):
        if timed.signal.kind is SignalKind.IN:
            _end(book, timed, served)
        elif timed.signal.cancelled:
            _cancel(book, timed, served)
        else:
            _begin(book, timed, rules, served, head)
    return tuple(sorted(book, key=lambda record: record.signalled))


def _same(record: Break, timed: Timed, rules: BreakRules) -> bool:
    near = abs(timed.at - record.signalled) * 2 <= rules.target_duration
    named = record.live and record.id is not None and record.id == timed.signal.id and not record.marks
    return near or named


def _begin(
    book: list[Break], timed: Timed, rules: BreakRules, served: Microseconds | None, head: Microseconds
) -> None:
    signal, start = timed.signal, timed.at
    duration = signal.duration if signal.duration is None else Microseconds(min(signal.duration, rules.longest))
    for place, record in enumerate(book):
        if _same(record, timed, rules):
            if record.live and duration:
                book[place] = replace(record, duration=duration)
            return
    if any(record.live and record.signalled <= start < _expected_end(record, rules) - TOLERANCE for record in book):
        return
    if duration is not None and start + duration <= head:
        return
    floor = start if served is None else max(start, served)
    planned = None if duration is None else Microseconds(start + duration)
    reason = None
    if signal.insertion:
        reason = BreakReason.INSERTION_POINT
    elif not rules.insertion:
        reason = BreakReason.SWITCHED_OFF
    elif planned is not None and planned <= floor + TOLERANCE:
        reason = BreakReason.LATE
    book.append(
        Break(
            key=str(start),
            id=signal.id,
            dialect=signal.dialect,
            signalled=start,
            duration=duration,
            auto_return=signal.auto_return is not False,
            floor=floor,
            ads_until=planned,
            reason=reason,
            dropped=reason is not None,
        )
    )


def _expected_end(record: Break, rules: BreakRules) -> int:
    if record.target is not None:
        return record.target
    planned = record.planned_end
    if planned is None:
        return record.signalled + rules.longest
    return planned if record.auto_return else planned + rules.grace


def _end(book: list[Break], timed: Timed, served: Microseconds | None) -> None:
    running = [
        place for place, record in enumerate(book) if record.live and record.signalled + TOLERANCE < timed.at
    ]
    named = [place for place in running if timed.signal.id is not None and book[place].id == timed.signal.id]
    for place in (named or running)[:1]:
        target = timed.at if served is None else max(timed.at, served)
        if book[place].in_at != timed.at:
            book[place] = replace(book[place], in_at=timed.at, target=target, reason=BreakReason.ENDED_BY_IN)


def _cancel(book: list[Break], timed: Timed, served: Microseconds | None) -> None:
    """Withdraw what is announced; after publication a cancellation is an IN."""
    for place, record in enumerate(book):
        if record.live and record.id is not None and record.id == timed.signal.id:
            if record.marks:
                edge = timed.at if served is None else max(timed.at, served)
                book[place] = replace(record, in_at=edge, target=edge, reason=BreakReason.ENDED_BY_IN)
            else:
                del book[place]
            return
