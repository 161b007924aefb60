"""The top of the page: what was planned and how that ended, the figures, what to look at first."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final

from halftime.event_page.markup import NOTHING, Html, joined, name, tag
from halftime.event_page.tables import Cell, Column, table
from halftime.event_page.view import View, section
from halftime.event_page.words import (
    ENDED,
    ENDS,
    TAGS,
    ceiling,
    count,
    finite,
    instant,
    length,
    nearness,
    percent,
    several,
    short,
)
from planner.eventfile import CampaignFile, Ended, EventBreakFile, Level, LevelFile

NAMED: Final = 3
"""Campaigns that are named where a line counts them."""
_AUDIENCES: Final = {Level.POINT: "point forecast", Level.LOW: "low audience", Level.SURGE: "surge audience"}
_POOR: Final = 0.75
"""A break filled less than this, compared to all breaks together, is worth a look."""


def masthead(view: View) -> Html:
    """The page's title and how planning ended; an interrupted plan says so before anything else."""
    plan, point = view.plan, view.levels.get(Level.POINT)
    told = ENDED[point.ended] if point else "Nothing was planned."
    facts = f"{told} Amounts in {plan.currency}, times from the event's start."
    if view.before:
        facts += " Held against the plan before the change."
    return tag(
        "header",
        tag("p", "Plan of the event", class_="kicker"),
        tag("h1", name(plan.event)),
        *_interrupted(view),
        tag("p", facts, class_="lead"),
    )


def _interrupted(view: View) -> Iterator[Html]:
    cut = [_AUDIENCES[each.level] for each in view.plan.levels if each.ended == Ended.INTERRUPTED]
    if cut:
        words = f" for the {', the '.join(cut)}: the best plan so far. Its gap holds; longer planning may find more."
        yield tag("p", tag("strong", "Interrupted"), words, class_="banner", role="note")


def headline(view: View) -> Html:
    """Tiles, what to look at first, and the three audiences in a table."""
    return section("figures", "At a glance", _tiles(view), _attention(view), _levels(view))


def _tiles(view: View) -> Html:
    point = view.levels.get(Level.POINT)
    if point is None:
        return NOTHING
    tiles = [
        _tile("Value", view.whole_money(point.value), _between(view, lambda each: view.short_money(each.value))),
        _tile("Certain bound", view.whole_money(point.upper_bound), nearness(point.gap)),
        _tile("Fill", percent(point.fill), _between(view, lambda each: percent(each.fill))),
        _tile("Impressions", short(point.impressions), _between(view, lambda each: short(each.impressions))),
        _shortfalls(view),
    ]
    return tag("dl", *tiles, class_="tiles")


def _tile(title: str, figure: str, under: str, class_: str = "") -> Html:
    return tag("div", tag("dt", title), tag("dd", tag("b", figure), tag("span", under)), class_=class_ or None)


def _between(view: View, form: Callable[[LevelFile], str]) -> str:
    low, surge = view.levels.get(Level.LOW), view.levels.get(Level.SURGE)
    if low is None or surge is None:
        return "no other audience planned"
    ends = form(low), form(surge)
    return "whoever comes" if len({*ends, form(view.levels[Level.POINT])}) == 1 else f"{ends[0]} to {ends[1]}"


def _shortfalls(view: View) -> Html:
    late = [each for each in view.plan.campaigns if each.short.point > 0]
    if not late:
        low = sum(1 for each in view.plan.campaigns if each.short.low > 0)
        return _tile("Short of promises", "none", f"{low} if few come" if low else "also if few come")
    lost = sum(finite(each.short.point) for each in late)
    under = f"{several(len(late), 'campaign', 'campaigns')}, impressions missing"
    return _tile("Short of promises", short(lost), under, "alarm")


def _attention(view: View) -> Html:
    """What someone on duty looks at first, in sentences."""
    items = [
        tag("li", line) for line in (*_missed(view), *_at_risk(view), *_next(view), *_poor(view), *_uncertain(view))
    ]
    if not items:
        return NOTHING
    return tag("div", tag("h3", "Look at this first"), tag("ul", *items), class_="attention")


def _missed(view: View) -> Iterator[Html]:
    late = [each for each in view.ranked if each.short.point > 0]
    if late:
        told = several(len(late), "promise falls short", "promises fall short")
        yield joined((tag("strong", told), ": ", _named(late, _missing)))
    elif any(each.guarantee for each in view.plan.campaigns):
        yield joined((tag("strong", "Every promise is kept"), " for the point forecast."))


def _missing(each: CampaignFile) -> str:
    why = TAGS[each.reason]
    return f" by {short(each.short.point)}{f' ({why})' if why else ''}"


def _at_risk(view: View) -> Iterator[Html]:
    risky = [each for each in view.ranked if each.short.point <= 0 < each.short.low]
    if risky:
        told = several(len(risky), "more falls short", "more fall short")
        yield joined(
            (tag("strong", told), " if few come: ", _named(risky, lambda each: f" by {short(each.short.low)}"))
        )


def _named(campaigns: list[CampaignFile], fact: Callable[[CampaignFile], str]) -> Html:
    shown = [joined((name(each.campaign), fact(each))) for each in campaigns[:NAMED]]
    rest = f" and {len(campaigns) - NAMED} more." if len(campaigns) > NAMED else "."
    return joined((joined(shown, ", "), rest))


def _next(view: View) -> Iterator[Html]:
    if not view.coming:
        return
    number, each = view.coming[0]
    over = len(view.breaks) - len(view.coming)
    begin = f"Next of {several(len(view.coming), 'break', 'breaks')} to come" if over else "First break"
    facts = f", number {number}, at {instant(each.at)}: {_facts(view, each)}."
    yield joined((tag("strong", begin), ": ", name(each.id), facts))


def _facts(view: View, each: EventBreakFile) -> str:
    viewers = f"{short(each.viewers.point)} viewers"
    return f"{length(each.duration)}, {viewers}, {percent(each.fill, 0)} filled, {view.short_money(each.value.point)}"


def _poor(view: View) -> Iterator[Html]:
    point = view.levels.get(Level.POINT)
    if point is None:
        return
    poor = [each for each in view.coming if each[1].viewers.point > 0 and each[1].fill < _POOR * point.fill]
    if poor:
        poor.sort(key=lambda each: (each[1].fill, each[0]))
        shown = [joined((f"{number} ", name(each.id), f" ({percent(each.fill, 0)})")) for number, each in poor[:NAMED]]
        rest = f" and {len(poor) - NAMED} more." if len(poor) > NAMED else "."
        told = several(len(poor), "break is filled far less", "breaks are filled far less")
        yield joined((tag("strong", told), " than the rest: ", joined(shown, ", "), rest))


def _uncertain(view: View) -> Iterator[Html]:
    loose = [each for _, each in view.coming if each.probability < 1]
    if loose:
        worth = sum(finite(each.value.point) * each.probability for each in loose)
        told = several(len(loose), "unplanned break", "unplanned breaks")
        words = f" may come, together expected to bring {view.short_money(worth)}; no guarantee counts on them."
        yield joined((tag("strong", told), words))


def _levels(view: View) -> Html:
    columns = [Column("Audience", figures=False)]
    columns += [Column(title) for title in ("Viewers of all breaks", "Value", "Certain bound", "Gap, at most")]
    columns += [Column(title) for title in ("Before penalties", "Fill", "Impressions")]
    columns += [Column("Ended", figures=False)]
    rows = [
        [
            Cell(_AUDIENCES[each.level]),
            Cell(count(each.viewers)),
            Cell(view.money(each.value)),
            Cell(view.money(each.upper_bound)),
            Cell("none" if each.gap is None else ceiling(each.gap)),
            Cell(view.money(each.gross)),
            Cell(percent(each.fill)),
            Cell(count(each.impressions)),
            Cell(ENDS[each.ended]),
        ]
        for each in view.plan.levels
    ]
    certificate = tag("p", view.plan.certificate, class_="note") if view.plan.certificate else None
    return joined((table("The event for each audience", columns, rows, class_="quiet"), certificate))
