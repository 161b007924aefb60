"""The plan beside what other policies make of the same event."""

from __future__ import annotations

from halftime.event_page.chart import box
from halftime.event_page.markup import NOTHING, Html, joined, name, tag
from halftime.event_page.tables import Cell, Column, note, table
from halftime.event_page.view import View, section
from halftime.event_page.words import count, finite, percent
from planner.eventfile import BaselineFile, Level


def rivals(view: View) -> Html:
    """The section, empty where nothing is compared."""
    point = view.levels.get(Level.POINT)
    if point is None or not view.plan.baselines:
        return NOTHING
    late = sum(finite(each.short.point) for each in view.plan.campaigns)
    own = BaselineFile(
        policy="this plan", value=point.value, fill=point.fill, impressions=point.impressions, short=late
    )
    ranked = sorted(view.plan.baselines, key=lambda each: (-each.value, each.policy))
    most = max(finite(each.value) for each in (own, *ranked))
    columns = [Column("Policy", figures=False), Column("Value", figures=False), Column("Beside the plan")]
    columns += [Column("Fill", figures=False), Column("Impressions"), Column("Short")]
    rows = [_row(view, each, own, most) for each in (own, *ranked)]
    return section(
        "rivals",
        "Against other policies",
        table("The same event, point forecast", columns, rows, class_="rivals"),
        note("Value is after penalties. Short: impressions below guarantees, all campaigns together."),
        class_="leaf",
    )


def _row(view: View, each: BaselineFile, own: BaselineFile, most: float) -> list[Cell]:
    ours = each is own
    title = tag("strong", "This plan") if ours else name(each.policy.replace("_", " "))
    apart = "" if ours or not own.value else f"{(finite(each.value) - own.value) / abs(finite(own.value)) * 100:+.1f} %"
    value = finite(each.value)
    return [
        Cell(title),
        Cell(_bar(value / most if most > 0 else 0.0, view.short_money(each.value), ours=ours), value),
        Cell(apart),
        Cell(_bar(each.fill, percent(each.fill), ours=ours), each.fill),
        Cell(count(each.impressions)),
        Cell(count(each.short)),
    ]


def _bar(part: float, words: str, *, ours: bool) -> Html:
    shape = box(0, 0, 160 * max(part, 0.0), 12, "bar" if ours else "bar other")
    return joined((tag("svg", shape, class_="bar-cell", viewBox="0 0 160 12", aria_hidden="true"), tag("span", words)))
