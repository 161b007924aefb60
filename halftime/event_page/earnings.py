"""What each break is worth, should it come, with the band of the three audiences."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from halftime.event_page.chart import Scale, box, drawing, hint, label, legend, ticks
from halftime.event_page.evening import state
from halftime.event_page.markup import NOTHING, Html, tag
from halftime.event_page.tables import note
from halftime.event_page.view import View, section
from halftime.event_page.words import extent, finite, instant, percent, several, tick
from planner.eventfile import EventBreakFile

_WIDTH: Final = 1200
_HEIGHT: Final = 240
_LEFT: Final = 64.0
_TOP: Final = 24.0
_FLOOR: Final = 208.0
_WIDEST: Final = 180.0
_APART: Final = 22.0
"""Units that a break's number takes."""


def earnings(view: View) -> Html:
    """The section, empty without breaks to come."""
    if not view.coming:
        return NOTHING
    values = [finite(value) / 1e6 for _, each in view.coming for value in (each.value.point, each.value.surge)]
    rounds = ticks(max(values), 4)
    up = Scale(0.0, rounds[-1], _FLOOR, _TOP)
    step = min((_WIDTH - _LEFT) / len(view.coming), _WIDEST)
    axis = [part for value in rounds for part in _round(value, up)]
    bars = [_bar(view, index, up, step) for index in range(len(view.coming))]
    best = max(view.coming, key=lambda each: finite(each[1].value.point))
    told = (
        f"Value of {several(len(view.coming), 'break', 'breaks')} to come; the most, "
        f"{view.short_money(best[1].value.point)}, in break {best[0]}, {best[1].id}"
    )
    unit = label(0, 12, view.plan.currency, "unit")
    chart = drawing(_WIDTH, _HEIGHT, told, *axis, unit, *bars, class_="timeline")
    key = legend(
        ("bar", "planned"),
        ("bar loose", "unplanned: its value should it come"),
        ("whisker-key", "low to surge audience"),
    )
    return section(
        "earnings",
        "Value by break",
        tag("div", chart, class_="scroll wide", role="region", tabindex=0, aria_label="Value by break"),
        key,
        note("Numbers are those of the breaks above. A break that is over has no bar."),
        class_="leaf",
    )


def _round(value: float, up: Scale) -> Iterator[Html]:
    yield tag("path", d=f"M{_LEFT:.0f} {up(value):.1f}H{_WIDTH}", class_="grid" if value else "axis")
    yield label(_LEFT - 8, up(value) + 4, tick(value), "", "end")


def _bar(view: View, index: int, up: Scale, step: float) -> Html:
    number, each = view.coming[index]
    begin, width = _LEFT + step * index + step * 0.15, step * 0.7
    middle = begin + width / 2
    point, low, surge = (
        up(max(finite(value) / 1e6, 0.0)) for value in (each.value.point, each.value.low, each.value.surge)
    )
    parts = [hint(_told(view, number, each)), box(begin, point, width, _FLOOR - point, f"bar{state(each)}")]
    if abs(low - surge) > 1:
        parts.append(tag("path", d=f"M{middle:.1f} {low:.1f}V{surge:.1f}", class_="whisker"))
    # Where bars stand closer than numbers are wide, every second, third ... has its number.
    if index % max(1, round(_APART / step + 0.49)) == 0:
        parts.append(label(middle, _FLOOR + 18, str(number), "no", "middle"))
    return tag("g", *parts)


def _told(view: View, number: int, each: EventBreakFile) -> str:
    chance = f", comes with {percent(each.probability, 0)}" if each.probability < 1 else ""
    return f"{number} {each.id}, {instant(each.at)}: {extent(each.value, view.short_money)}{chance}"
