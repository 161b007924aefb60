"""What fields that speak of time must agree on: curves and the breaks that need them, breaks one after the other, what
is forecast and what turned up.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal
from itertools import pairwise
from typing import NamedTuple

from planner.book.disagreement import Disagreement
from planner.book.document import path_of, shown
from planner.book.forecast import CurvePoint, Forecast, Turnout
from planner.book.model import Book, Break


class _Span(NamedTuple):
    """When a break runs, at its latest; ``field`` is its place in the book."""

    at: Decimal
    end: Decimal
    name: str
    field: tuple[str | int, ...]


def unfit_times(book: Book) -> Iterator[Disagreement]:
    """All that does not fit in time.

    Breaks may overlap in a book without a forecast: there they are alternatives, each planned alone.
    """
    if book.forecast is not None:
        spans = [
            _Span(brk.at, brk.at + max(each.seconds for each in brk.durations), brk.id, ("breaks", index))
            for index, brk in enumerate(book.breaks)
        ]
        yield from _overlaps(spans)
        yield from _forecast(book, book.forecast, spans)
    if book.turnout is not None:
        yield from _turnout(book, book.turnout)


def most_probable(brk: Break) -> Decimal:
    """Seconds of the duration that is most probable, of equals the first."""
    return max(brk.durations, key=lambda each: each.probability).seconds


def _overlaps(spans: Iterable[_Span]) -> Iterator[Disagreement]:
    """Breaks that may still run when the next one begins."""
    for before, after in pairwise(sorted(spans)):
        if before.end > after.at:
            expected = f"a break that begins when {shown(before.name)} is over, at {_plain(before.end)} s"
            yield Disagreement(path_of([*after.field, "at"]), expected, f"{shown(after.name)} at {_plain(after.at)} s")


def _forecast(book: Book, forecast: Forecast, spans: Sequence[_Span]) -> Iterator[Disagreement]:
    viewers = forecast.viewers
    whose = "viewers"
    if viewers is None:
        viewers = sum(cohort.seats for cohort in book.audience.cohorts)
        whose = "the cohorts' seats"
    if forecast.low is not None and forecast.low > viewers:
        yield Disagreement("forecast.low", f"at most {whose}, {viewers}", f"{forecast.low}")
    if forecast.surge is not None and forecast.surge < viewers:
        yield Disagreement("forecast.surge", f"at least {whose}, {viewers}", f"{forecast.surge}")
    yield from _curve(forecast.curve, spans, "forecast", "curve")
    yield from _band(forecast.curve, "forecast", "curve")
    for index, each in enumerate(forecast.cohorts):
        yield from _curve(each.curve, spans, "forecast", "cohorts", index, "curve")
        yield from _band(each.curve, "forecast", "cohorts", index, "curve")
    yield from _rising([each.at for each in forecast.revisions], "forecast", "revisions")


def _turnout(book: Book, turnout: Turnout) -> Iterator[Disagreement]:
    breaks = {brk.id: brk for brk in book.breaks}
    spans: dict[str, _Span] = {}
    if turnout.breaks is None:
        for index, brk in enumerate(book.breaks):
            if brk.probability == 1:
                spans[brk.id] = _Span(brk.at, brk.at + most_probable(brk), brk.id, ("breaks", index))
    for index, each in enumerate(turnout.breaks or ()):
        here = ("turnout", "breaks", index)
        if each.id not in breaks:
            yield Disagreement(path_of([*here, "id"]), "the id of a break", shown(each.id))
        elif each.id in spans:
            found = f"{shown(each.id)}, as {path_of(spans[each.id].field)}"
            yield Disagreement(path_of([*here, "id"]), "a break that did not come yet", found)
        else:
            brk = breaks[each.id]
            at = brk.at if each.at is None else each.at
            end = at + (most_probable(brk) if each.seconds is None else each.seconds)
            spans[each.id] = _Span(at, end, each.id, here)
    yield from _overlaps(spans.values())
    yield from _curve(turnout.curve, list(spans.values()), "turnout", "curve")


def _curve(curve: Sequence[CurvePoint], spans: Sequence[_Span], *place: str | int) -> Iterator[Disagreement]:
    """Points rise, and reach from the first break to the last; no curve at all is one without end."""
    yield from _rising([point.at for point in curve], *place)
    if not curve or not spans:
        return
    first, last = min(spans), max(spans)
    if curve[0].at > first.at:
        expected = f"a point at {_plain(first.at)} s or before, when break {shown(first.name)} begins"
        yield Disagreement(path_of([*place, 0, "at"]), expected, f"the first at {_plain(curve[0].at)} s")
    if curve[-1].at < last.at:
        expected = f"a point at {_plain(last.at)} s or later, when break {shown(last.name)} begins"
        found = f"the last at {_plain(curve[-1].at)} s"
        yield Disagreement(path_of([*place, len(curve) - 1, "at"]), expected, found)


def _rising(instants: Sequence[Decimal], *place: str | int) -> Iterator[Disagreement]:
    for index, (before, after) in enumerate(pairwise(instants), start=1):
        if after <= before:
            expected = f"later than {_plain(before)} s, the one before"
            yield Disagreement(path_of([*place, index, "at"]), expected, f"{_plain(after)} s")


def _band(curve: Iterable[CurvePoint], *place: str | int) -> Iterator[Disagreement]:
    """A bad outcome is no better than what is expected, a surge no worse."""
    for index, point in enumerate(curve):
        low, share, surge = point.low, point.share, point.surge
        if low is not None and low > share:
            yield Disagreement(path_of([*place, index, "low"]), f"at most the share, {share}", f"{low}")
        if surge is not None and surge < share:
            yield Disagreement(path_of([*place, index, "surge"]), f"at least the share, {share}", f"{surge}")


def _plain(seconds: Decimal) -> str:
    """Without an exponent and without noughts at the end."""
    return f"{seconds.normalize():f}"
