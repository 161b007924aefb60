"""What one more of a limit would be worth, and what a thousand impressions cost the event in each break."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from halftime.event_page.chart import box
from halftime.event_page.markup import NOTHING, Html, joined, name, tag
from halftime.event_page.tables import Cell, Column, note, table
from halftime.event_page.view import View, section
from halftime.event_page.words import count, finite, several
from planner.eventfile import CampaignFile, EventBreakFile

LISTED: Final = 12
"""Limits of a kind."""
CAMPAIGNS: Final = 20
BREAKS: Final = 44
"""Of the heat table: as many as a laptop shows side by side."""
_SHADES: Final = 6
_IMPRESSIONS: Final = {
    "goal": "a thousand more in the goal",
    "guarantee": "a thousand fewer in the promise",
    "share maximum": "room for a thousand more under the maximum share",
    "share minimum": "a thousand fewer asked by the minimum share",
}
"""What a limit's price is told of, by the words that its name begins with."""


def prices(view: View) -> Html:
    """The section, empty where no limit has a price and no break an allotment."""
    parts = [part for part in (*_limits(view), _heat(view)) if part is not None]
    return section("prices", "Prices", *parts) if parts else NOTHING


def _limits(view: View) -> Iterator[Html]:
    worth = {limit: finite(price) for limit, price in view.plan.prices.items() if finite(price) > 0}
    currency = view.plan.currency
    budgets = {limit: price for limit, price in worth.items() if limit.startswith("budget ")}
    others = {limit: price * 1_000 / 1e6 for limit, price in worth.items() if limit not in budgets}
    lists = [
        _bars(caption, group, currency)
        for caption, group in (
            (f"What one more {currency} of a budget would be worth", budgets),
            ("What a thousand impressions more of a limit would be worth", others),
        )
        if group
    ]
    if lists:
        yield tag("div", *lists, class_="beside")
    idle = len(view.plan.prices) - len(worth)
    if idle:
        yield note(f"{several(idle, 'limit does', 'limits do')} not bind: more would be worth nothing.")


def _bars(caption: str, worth: dict[str, float], currency: str) -> Html:
    ranked = sorted(worth.items(), key=lambda each: (-each[1], each[0]))
    most = ranked[0][1]
    columns = [Column("Limit", figures=False), Column("Worth"), Column("", figures=False)]
    rows = [[_limit(limit), Cell(f"{price:,.2f} {currency}", price), _bar(price / most)] for limit, price in ranked]
    left = len(rows) - LISTED
    more = note(f"{several(left, 'limit has', 'limits have')} lower prices.") if left > 0 else None
    return tag("div", table(caption, columns, rows[:LISTED], class_="bars"), more)


def _limit(limit: str) -> Cell:
    if limit.startswith("budget "):
        return Cell(name(limit.removeprefix("budget ")))
    for begin, words in _IMPRESSIONS.items():
        if limit.startswith(f"{begin} "):
            return Cell(joined((name(limit.removeprefix(f"{begin} ")), tag("small", f" {words}"))))
    return Cell(name(limit))


def _bar(part: float) -> Cell:
    shape = tag("svg", box(0, 0, 120 * part, 12, "bar"), class_="bar-cell", viewBox="0 0 120 12", aria_hidden="true")
    return Cell(shape, part)


def _heat(view: View) -> Html | None:
    breaks = view.coming[:BREAKS]
    asked = {(number, each.campaign): finite(each.price) / 1e3 for number, brk in breaks for each in brk.allotments}
    bought = {campaign for _, campaign in asked}
    ranked = sorted(view.plan.campaigns, key=lambda each: (-finite(each.expected.point), each.campaign))
    shown = [each for each in ranked if each.campaign in bought][:CAMPAIGNS]
    if not shown:
        return None
    most = max(abs(price) for (_, campaign), price in asked.items() if any(campaign == each.campaign for each in shown))
    columns = [Column("Campaign", figures=False), *(Column(str(number)) for number, _ in breaks)]
    rows = [_row(each, breaks, asked, most) for each in shown]
    caption = f"Price of a thousand impressions in {view.plan.currency}, the most seen campaigns by break number"
    return joined((table(caption, columns, rows, class_="heat"), note(_key(view, shown))))


def _row(
    each: CampaignFile,
    breaks: Sequence[tuple[int, EventBreakFile]],
    asked: dict[tuple[int, str], float],
    most: float,
) -> list[Cell]:
    cells = [Cell(name(each.campaign))]
    for number, _ in breaks:
        price = asked.get((number, each.campaign))
        cells.append(Cell("") if price is None else Cell(_figure(price), price, _shade(price, most)))
    return cells


def _figure(price: float) -> str:
    """At most four characters as long as that says it."""
    if abs(price) < 0.05:
        return "0"
    if abs(price) < 9.95:
        return f"{price:.1f}"
    return f"{price:.0f}" if abs(price) < 9_999 else f"{price / 1_000:.0f}k"


def _shade(price: float, most: float) -> str:
    if price < 0:
        return "promised"
    return f"shade-{min(int(price / most * _SHADES), _SHADES - 1) if most else 0}"


def _key(view: View, shown: Sequence[CampaignFile]) -> str:
    words = (
        "A stronger colour is dearer; in an empty field it gets nothing. Below 0: promised, and paid for being shown."
    )
    if len(view.coming) > BREAKS:
        words += f" The first {BREAKS} of {count(len(view.coming))} breaks to come."
    if len(view.plan.campaigns) > len(shown):
        words += f" {len(shown)} of {count(len(view.plan.campaigns))} campaigns; --json has all."
    return words
