"""Where a break's cuts fall: its start, the marks inside it, its end, on every rendition's grid."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import replace
from enum import Enum

from domain.units import Microseconds
from ssai.breaks.book import TOLERANCE, BreakRules
from ssai.breaks.record import Boundary, Break, BreakReason, Mark
from ssai.channel.version import common_boundaries, moving
from ssai.channel.window import Window

Windows = Mapping[str, Window]


class _Open(Enum):
    """Why there is no instant."""

    UNKNOWN = "edges have not come so far"
    NOWHERE = "no common boundary within the limit"


def resolve(
    breaks: Sequence[Break], windows: Windows, rules: BreakRules, served: Microseconds | None
) -> tuple[Break, ...]:
    """The breaks with everything filled in that these windows decide.

    A break's start waits for the end of the break before it. ``served`` is P: no cut falls before it, since which
    renditions are stalled may change while a boundary is looked for, and what was passed over is published by then.
    """
    passed = -1 if served is None else served
    judges = moving(windows, rules.target_duration)
    over = min(window.edge for window in judges) if all(window.ended for window in judges) else None
    settled: list[Break] = []
    before: Break | None = None
    for known in breaks:
        record = known
        if not record.dropped and not record.folded:
            if not record.marks:
                record = _started(record, before, windows, rules, passed)
            if record.marks:
                record = _placed(_ended(record, windows, rules, passed, over), windows, before)
        settled.append(record)
        if not record.dropped:
            before = record
    return tuple(settled)


def _common_from(target: int, windows: Windows, rules: BreakRules, passed: int) -> Microseconds | _Open:
    """``target`` if every moving rendition has a boundary there, else the next common one within 2 TD beyond it."""
    judges = moving(windows, rules.target_duration)
    reach = min(window.edge for window in judges) + TOLERANCE
    limit = target + 2 * rules.target_duration
    if reach < target:
        return _Open.UNKNOWN
    if target >= passed and all(window.has_boundary(target, TOLERANCE) for window in judges):
        return Microseconds(target)
    starts = judges[0].starts
    for start in starts[bisect_right(starts, max(target, passed - 1)) :]:
        if start > limit or start > reach:
            break
        if all(window.has_boundary(start, TOLERANCE) for window in judges):
            return start
    return _Open.UNKNOWN if reach < limit else _Open.NOWHERE


def _started(record: Break, before: Break | None, windows: Windows, rules: BreakRules, passed: int) -> Break:
    if before is not None and before.end is None:
        return record
    floor = record.floor if before is None or before.end is None else max(record.floor, before.end)
    found = _common_from(floor, windows, rules, passed)
    if found is _Open.NOWHERE:
        return replace(record, floor=floor, dropped=True, reason=BreakReason.UNCONDITIONED)
    if isinstance(found, _Open):
        return record
    return replace(record, floor=floor, marks=(Mark(found, _cuts(found, windows, before)),))


def _cuts(instant: Microseconds, windows: Windows, before: Break | None) -> dict[str, Boundary]:
    cuts: dict[str, Boundary] = {}
    for name, window in windows.items():
        if window.edge >= instant - TOLERANCE:
            cut = window.boundary(instant)
            earlier = before.returns.get(name) if before is not None else None
            cuts[name] = earlier if earlier is not None and earlier.index > cut.index else cut
    return cuts


def _ended(record: Break, windows: Windows, rules: BreakRules, passed: int, over: int | None) -> Break:
    """The break with its end, if that is known now, and its marks up to there.

    ``over``: where the stream has ended (6.2.1), None while it goes on.
    """
    if record.end is not None:
        return record
    target, reason = _target(record, rules)
    end = _common_from(target, windows, rules, passed)
    if end is _Open.NOWHERE:
        # Items were shown up to P while a boundary was looked for: an end before it would withdraw them.
        end = Microseconds(max(target, passed))
    elif end is _Open.UNKNOWN and over is not None:
        end, reason = Microseconds(max(over, passed)), BreakReason.ENDED_BY_STREAM
    if isinstance(end, _Open):
        marks = _marks(record, windows, rules, passed, None)
        return record if len(marks) == len(record.marks) else replace(record, marks=marks)
    marks = tuple(mark for mark in _marks(record, windows, rules, passed, end) if mark.at < end - TOLERANCE)
    if end <= record.marks[0].at and record.in_at is None:
        reason = BreakReason.LATE
    return replace(record, end=end, reason=record.reason or reason, marks=marks or record.marks[:1])


def _marks(record: Break, windows: Windows, rules: BreakRules, passed: int, end: int | None) -> tuple[Mark, ...]:
    """With the common boundaries inside the break that edges have reached: whoever joins inside starts at one of them.

    None before P: who joined without a mark has been shown the content up to there.
    """
    after = max(record.marks[-1].at + TOLERANCE, passed - 1)
    new = common_boundaries(windows, rules.target_duration, TOLERANCE, after=after, until=end)
    return record.marks + tuple(Mark(start, _cuts(start, windows, None)) for start in new)


def _target(record: Break, rules: BreakRules) -> tuple[int, BreakReason]:
    """What the end aims at (x), and what brings it about."""
    start = record.marks[0].at
    if record.target is not None:
        return max(record.target, start), BreakReason.ENDED_BY_IN
    planned = record.planned_end
    if planned is None:
        return start + rules.longest, BreakReason.ENDED_BY_LIMIT
    return max(start, planned if record.auto_return else planned + rules.grace), BreakReason.ENDED_BY_DURATION


def end_target(record: Break, rules: BreakRules) -> int:
    """What the end of a break aims at (x), microseconds; its start is known."""
    return _target(record, rules)[0]


def _placed(record: Break, windows: Windows, before: Break | None) -> Break:
    """Give stalled renditions their cuts once their grids have come so far, and boundaries their T."""
    marks = tuple(
        mark if _complete(mark.cuts, windows) else replace(mark, cuts=_seen(mark.cuts, mark.at, windows, before))
        for mark in record.marks
    )
    returns = record.returns
    if record.end is not None and not _complete(returns, windows):
        found = dict(returns)
        for name, window in windows.items():
            if name not in found and window.edge >= record.end - TOLERANCE and name in marks[0].cuts:
                back, first = window.boundary(record.end), marks[0].cuts[name]
                found[name] = back if back.index >= first.index else first
        returns = {name: _tagged(cut, windows[name]) for name, cut in found.items()}
    if marks == record.marks and returns == record.returns:
        return record
    return replace(record, marks=marks, returns=returns)


def _complete(cuts: Mapping[str, Boundary], windows: Windows) -> bool:
    return len(cuts) == len(windows) and all(cut.tagged is not None for cut in cuts.values())


def _seen(
    cuts: Mapping[str, Boundary], at: Microseconds, windows: Windows, before: Break | None
) -> dict[str, Boundary]:
    return {name: _tagged(cut, windows[name]) for name, cut in {**_cuts(at, windows, before), **cuts}.items()}


def _tagged(cut: Boundary, window: Window) -> Boundary:
    """The boundary with what is known of the segment that starts there; one that was never seen counts as plain."""
    place = cut.index - window.first
    if cut.tagged is not None or place >= len(window.segments):
        return cut
    return replace(cut, tagged=place >= 0 and window.segments[place].discontinuity)
