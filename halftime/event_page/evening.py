"""The evening on a time axis: a bar for each break, as wide as it lasts and as high as viewers watch."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from halftime.event_page.chart import Scale, box, drawing, hint, label, legend, marks, ticks
from halftime.event_page.markup import Html, joined, tag
from halftime.event_page.view import View
from halftime.event_page.words import extent, finite, instant, length, percent, several, short, tick
from planner.eventfile import EventBreakFile

_WIDTH: Final = 1200
_HEIGHT: Final = 250
_LEFT: Final = 56.0
_TOP: Final = 26.0
_FLOOR: Final = 184.0
_NARROW: Final = 4.0
"""Units: a break of half a minute in a long evening is still to be seen."""
_DIGIT: Final = 8.0
_CHANCE: Final = 40.0
"""Units around a probability in which the same is not said again."""
_LETTER: Final = 7.0
_CHANCE_ROWS: Final = 2
_ROWS: Final = 3
"""Rows of break numbers under the axis, so that those of close breaks do not cover each other."""


def timeline(view: View) -> Html:
    """The drawing with its key."""
    breaks = view.breaks
    starts = [finite(each.at) for each in breaks]
    stops = [finite(each.at) + finite(each.duration) for each in breaks]
    first, last = min(0.0, *starts, 0.0), max(*stops, 1.0)
    across = Scale(first, last, _LEFT, _WIDTH - 34.0)
    rounds = ticks(max(max(finite(each.viewers.point), finite(each.viewers.surge)) for each in breaks), 3)
    up = Scale(0.0, rounds[-1], _FLOOR, _TOP)
    bars = [_bar(number, each, across, up) for number, each in enumerate(breaks, 1)]
    loose = sum(1 for each in breaks if each.probability < 1)
    told = (
        f"Time axis with {several(len(breaks), 'break', 'breaks')} from {instant(starts[0])} to {instant(max(stops))}, "
        f"{loose} of them unplanned, at most {short(max(finite(each.viewers.point) for each in breaks))} viewers. "
        "The list below has each break."
    )
    marked = (*_chances(breaks, across, up), *_numbers(breaks, across))
    axes = (*_ground(up, rounds), *_clock(across, first, last))
    chart = drawing(_WIDTH, _HEIGHT, told, *axes, *bars, *marked, class_="timeline")
    key = legend(
        ("bar", "planned: width is length, height is viewers"),
        ("bar loose", "unplanned, with its probability"),
        ("bar past", "over"),
        ("whisker-key", "low to surge audience"),
    )
    return joined((tag("div", chart, class_="scroll wide", role="region", tabindex=0, aria_label="The evening"), key))


def _bar(number: int, each: EventBreakFile, across: Scale, up: Scale) -> Html:
    begin = across(finite(each.at))
    width = max(across(finite(each.at) + finite(each.duration)) - begin, _NARROW)
    top = up(finite(each.viewers.point))
    middle = begin + width / 2
    low, surge = up(finite(each.viewers.low)), up(finite(each.viewers.surge))
    parts = [hint(_told(number, each)), box(begin, top, width, _FLOOR - top, f"bar{state(each)}")]
    if abs(low - surge) > 1:
        parts.append(tag("path", d=f"M{middle:.1f} {low:.1f}V{surge:.1f}", class_="whisker"))
    return tag("g", *parts)


def _chances(breaks: tuple[EventBreakFile, ...], across: Scale, up: Scale) -> Iterator[Html]:
    """Probabilities over the bars, in two rows where they are close; where close ones have the same, it stands once."""
    end, last = -1.0, ""
    ends = [-1.0] * _CHANCE_ROWS
    for each in breaks:
        words = percent(each.probability, 0)
        x = across(finite(each.at) + finite(each.duration) / 2)
        if each.probability < 1 and (x > end or words != last):
            end, last = x + _CHANCE, words
            half = _LETTER * len(words) / 2
            row = next((row for row, taken in enumerate(ends) if x - half > taken), None)
            if row is not None:
                ends[row] = x + half
                y = up(max(finite(each.viewers.point), finite(each.viewers.surge), finite(each.viewers.low)))
                yield label(x, y - 6 - 12 * row, words, "chance", "middle")


def state(each: EventBreakFile) -> str:
    """Classes of a break's bar, each after a space."""
    return f"{' loose' if each.probability < 1 else ''}{' past' if each.over else ''}"


def _told(number: int, each: EventBreakFile) -> str:
    chance = f", comes with {percent(each.probability, 0)}" if each.probability < 1 else ""
    over = ", over" if each.over else ""
    viewers = extent(each.viewers, short)
    return f"{number} {each.id}: {instant(each.at)}, {length(each.duration)}, {viewers} viewers{chance}{over}"


def _ground(up: Scale, rounds: tuple[float, ...]) -> Iterator[Html]:
    for value in rounds:
        y = up(value)
        yield tag("path", d=f"M{_LEFT:.0f} {y:.1f}H{_WIDTH}", class_="grid" if value else "axis")
        yield label(_LEFT - 8, y + 4, tick(value), "", "end")
    yield label(0, 12, "viewers", "unit")


def _clock(across: Scale, first: float, last: float) -> Iterator[Html]:
    for at in marks(first, last, 12):
        x = across(at)
        yield tag("path", d=f"M{x:.1f} {_FLOOR:.0f}v5", class_="axis")
        yield label(x, _HEIGHT - 6, instant(at), "", "middle")


def _numbers(breaks: tuple[EventBreakFile, ...], across: Scale) -> Iterator[Html]:
    """Each in the first row where it has room, or not at all."""
    ends = [-1.0] * _ROWS
    for number, each in enumerate(breaks, 1):
        x = across(finite(each.at) + finite(each.duration) / 2)
        half = _DIGIT * len(str(number)) / 2
        row = next((row for row, end in enumerate(ends) if x - half > end), None)
        if row is not None:
            ends[row] = x + half
            yield label(x, _FLOOR + 17 + 13 * row, str(number), "no", "middle")
