"""Signals of one refresh applied to the breaks known so far (the HLS guide's rules on repeats, nesting and ends)."""

from __future__ import annotations

from bisect import insort
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Final

from domain.units import Microseconds
from ssai.breaks.record import Break, BreakReason
from ssai.cues.signal import Signal, SignalKind
from ssai.cues.splice import AVAIL_STARTS

TOLERANCE: Final = Microseconds(100_000)
"""Boundaries this near are common to renditions: date-times are exact to a millisecond, AAC frames to 21 ms."""

ROUNDING: Final = Microseconds(1_000_000)
"""Continuations round the total of a break to whole seconds."""

MAX_BREAKS: Final = 512
"""Breaks of one channel that are in some window: one every three minutes of a day. More are no breaks."""

MAX_INNER: Final = 32
"""Nested breaks whose ids, ends whose instants and lengths that were told, are remembered: an hour of spots."""


@dataclass(frozen=True, slots=True)
class Timed:
    """A signal with the instant it speaks of, channel time."""

    at: Microseconds
    signal: Signal


@dataclass(frozen=True, slots=True)
class BreakRules:
    """What a channel's configuration says of breaks; microseconds.

    ``grace``: how long past its duration a break without auto return waits for its IN. ``longest``: where a break of
    unknown duration ends without one. ``content_back``: what ads leave unfilled goes back to the content at the next
    common boundary; otherwise slate fills it.
    """

    target_duration: Microseconds
    grace: Microseconds
    longest: Microseconds
    insertion: bool = True
    content_back: bool = False


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


def _start(record: Break) -> Microseconds:
    return record.signalled


def _near(record: Break, at: int, rules: BreakRules) -> bool:
    return abs(at - record.signalled) * 2 <= rules.target_duration


def _begin(book: list[Break], timed: Timed, rules: BreakRules, served: Microseconds | None, head: Microseconds) -> None:
    signal, start, duration = timed.signal, timed.at, timed.signal.duration
    # A break that began before all that is known (a CONT tag, a worker without history) starts where knowledge does.
    passed = head if served is None else served
    for place, record in enumerate(book):
        named = record.id is not None and record.id == signal.id
        if _near(record, start, rules) or (_announced(record) and named):
            if _announced(record):
                book[place] = _announced_anew(record, timed, rules, passed)
                book.sort(key=_start)
            elif record.marks:
                _stretch(book, place, timed, _plus(record.signalled, _longer(record, signal)), rules, passed)
            return
    opened = [place for place, record in enumerate(book) if record.marks and record.signalled > start]
    if opened:
        # Nothing opens before a break that has opened: one that began earlier can only go on longer.
        _stretch(book, opened[-1], timed, _plus(start, duration), rules, passed)
        return
    running = [place for place, record in enumerate(book) if not record.dropped and record.signalled <= start]
    if running and start < _expected_end(book[running[-1]], rules) - TOLERANCE:
        book[running[-1]] = replace(book[running[-1]], inner=_with_inner(book[running[-1]], signal.id))
    elif len(book) < MAX_BREAKS and (duration is None or start + duration > head):
        insort(book, _new(book, timed, start, duration, rules, passed), key=_start)


def _new(
    book: Sequence[Break],
    timed: Timed,
    start: Microseconds,
    duration: Microseconds | None,
    rules: BreakRules,
    passed: Microseconds,
) -> Break:
    signal, reason, key = timed.signal, None, str(start)
    if signal.insertion:
        reason = BreakReason.INSERTION_POINT
    elif not rules.insertion:
        reason = BreakReason.SWITCHED_OFF
    while any(record.key == key for record in book):
        key += "+"  # of a break that was moved from here
    return Break(
        key=key,
        id=signal.id,
        dialect=signal.dialect,
        signalled=start,
        duration=duration,
        auto_return=signal.auto_return is not False,
        floor=max(start, passed),
        ads_until=_plus(start, duration),
        told=() if signal.duration is None else (signal.duration,),
        segmentation=signal.segmentation,
        event=signal.event,
        content_back=rules.content_back,
        reason=reason,
        dropped=reason is not None,
    )


def _announced_anew(record: Break, timed: Timed, rules: BreakRules, passed: Microseconds) -> Break:
    """A break that has not opened, told again: it may move and change its length; its key stays the first start."""
    signal, start, floor = timed.signal, record.signalled, record.floor
    if signal.kind is SignalKind.OUT and not _near(record, timed.at, rules):
        if any(abs(timed.at - old) <= TOLERANCE for old in record.moved_from):
            return record  # a tag that still stands
        start, floor = timed.at, max(timed.at, passed)
        record = replace(record, moved_from=(*record.moved_from[-MAX_INNER:], record.signalled))
    if _outer(signal, record):
        record = replace(
            record,
            id=signal.id,
            dialect=signal.dialect,
            segmentation=signal.segmentation,
            event=signal.event,
            inner=tuple(name for name in (*record.inner, record.id) if name not in {None, signal.id}),
        )
    duration = _longer(record, signal)
    return replace(
        record,
        signalled=start,
        duration=duration,
        floor=floor,
        ads_until=_plus(start, duration),
        inner=_with_inner(record, signal.id),
        told=_with_told(record, signal),
    )


def _outer(signal: Signal, record: Break) -> bool:
    """Whether what is told is a break around the record, which begins with it: by type, else by its length."""
    if signal.id is None or record.id is None or signal.id == record.id:
        return False
    if signal.segmentation != record.segmentation and {signal.segmentation, record.segmentation} <= set(AVAIL_STARTS):
        return AVAIL_STARTS.index(signal.segmentation or 0) < AVAIL_STARTS.index(record.segmentation or 0)
    return (signal.duration or 0) > (record.duration or 0)


def _longer(record: Break, signal: Signal) -> Microseconds | None:
    """The duration that holds after a signal; of two breaks that begin together the longer one is the outer."""
    told, known = signal.duration, record.duration
    if not told or known is None:
        return told or known
    if signal.kind is SignalKind.CONTINUE and abs(told - known) <= ROUNDING:
        return known
    if not _own(signal, record):
        return max(told, known)
    return known if told in record.told else told


def _own(signal: Signal, record: Break) -> bool:
    return record.id is None or signal.id is None or record.id == signal.id


def _plus(start: Microseconds, duration: Microseconds | None) -> Microseconds | None:
    return None if duration is None else Microseconds(start + duration)


def _stretch(
    book: list[Break], place: int, timed: Timed, end: Microseconds | None, rules: BreakRules, passed: Microseconds
) -> None:
    """A break that has opened is told that it lasts until ``end``.

    One that is longer by more than half a target duration goes on as a break of its own from where this one was planned
    to end: what was decided stays, and the rest is decided when it begins. Less is a matter of rounding: slate. A
    length that was told before is no news: another rendition, or a tag that still stands, says it again.
    """
    record, signal = book[place], timed.signal
    if record.live:
        record = book[place] = replace(record, inner=_with_inner(record, signal.id))
    own = _near(record, timed.at, rules) and _own(signal, record)
    if own and signal.duration in record.told:
        return
    if own:
        book[place] = replace(record, told=_with_told(record, signal))
    last = max(k for k, other in enumerate(book) if record.key in {other.key, other.extends})
    tail, planned = book[last], book[last].planned_end
    if tail.dropped or tail.in_at is not None or end is None:
        return
    if planned is None:
        if tail.live and own:
            book[last] = replace(tail, duration=Microseconds(end - tail.signalled))
    elif 2 * (end - planned) > rules.target_duration and tail.marks:
        if end > passed:
            # From now on its duration ends it, whatever was said of an IN: its extension begins there.
            book[last] = replace(tail, auto_return=True)
            more = _new(book, timed, planned, Microseconds(end - planned), rules, passed)
            more = replace(more, id=signal.id or record.id, extends=record.key, inner=record.inner)
            insort(book, replace(more, segmentation=record.segmentation, event=record.event), key=_start)
    elif tail.live and (end > planned or (own and signal.kind is SignalKind.OUT)):
        until = tail.ads_until if tail.marks else end
        book[last] = replace(tail, duration=Microseconds(max(0, end - tail.signalled)), ads_until=until)


def _with_inner(record: Break, other: str | None) -> tuple[str, ...]:
    if other is None or other == record.id or other in record.inner or len(record.inner) >= MAX_INNER:
        return record.inner
    return (*record.inner, other)


def _with_told(record: Break, signal: Signal) -> tuple[Microseconds, ...]:
    duration = signal.duration
    if not duration or duration in record.told or len(record.told) >= MAX_INNER or not _own(signal, record):
        return record.told
    return (*record.told, duration)


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
        record = book[place]
        if not _ends(timed.signal, record):
            return
        if record.live:
            book[place] = _with_in(record, timed.at, served)
        # What was to go on from it does not come.
        book[:] = [other for other in book if not (other.extends and _announced(other) and _goes_on(other, record))]


def _announced(record: Break) -> bool:
    """Whether it may still be moved or withdrawn: nothing of it is published."""
    return record.live and not record.marks


def _goes_on(other: Break, record: Break) -> bool:
    return other.signalled > record.signalled and other.extends in {record.key, record.extends}


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
