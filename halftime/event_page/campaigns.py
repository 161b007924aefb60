"""Every campaign in one table."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from halftime.event_page.markup import NOTHING, Html, tag
from halftime.event_page.shortfalls import binds
from halftime.event_page.tables import Cell, Column, note, table
from halftime.event_page.view import View, booking, section
from halftime.event_page.words import count, extent, finite, several, short
from planner.eventfile import CampaignFile

ROWS: Final = 1_000


def campaigns(view: View) -> Html:
    """The section, empty where nobody books. Columns that say nothing are left out."""
    shown = view.ranked[:ROWS]
    if not shown:
        return NOTHING
    tiers, delivered = any(each.tier != 1 for each in shown), any(each.delivered for each in shown)
    columns = [Column("Campaign", figures=False)]
    columns += [Column("Tier")] * tiers
    columns += [Column(title) for title in ("Budget", "Goal", "Promised")]
    columns += [Column("Delivered")] * delivered
    columns += [Column(title) for title in ("Expected", "Low to surge", "Reserved", "Price per thousand", "Short")]
    columns += [Column("What binds", figures=False)]
    left = len(view.ranked) - len(shown)
    return section(
        "campaigns",
        "All campaigns",
        table(
            f"{several(len(shown), 'campaign', 'campaigns')}, impressions and amounts in {view.plan.currency}",
            columns,
            [list(_row(each, tiers=tiers, delivered=delivered)) for each in shown],
            class_="campaigns",
            sortable=True,
        ),
        note(f"{several(left, 'campaign has', 'campaigns have')} no row here; --json has all.") if left else None,
        note("Price: what a thousand impressions more cost the event beyond what they bring. Below 0: promised."),
        class_="leaf",
    )


def _row(each: CampaignFile, *, tiers: bool, delivered: bool) -> Iterator[Cell]:
    yield Cell(booking(each))
    if tiers:
        yield Cell(str(each.tier), each.tier)
    yield Cell("" if each.budget is None else _amount(each.budget), finite(each.budget or 0))
    for limit in (each.goal, each.guarantee):
        yield Cell("" if limit is None else count(limit), finite(limit or 0))
    if delivered:
        yield Cell(count(each.delivered), finite(each.delivered))
    yield Cell(count(each.expected.point), finite(each.expected.point))
    yield Cell(extent(each.expected, short), finite(each.expected.low))
    yield Cell(_amount(each.reserved.point), finite(each.reserved.point))
    yield Cell(_amount(each.price * 1_000), finite(each.price) * 1_000)
    yield Cell(tag("strong", count(each.short.point)) if each.short.point > 0 else "", finite(each.short.point))
    yield Cell(binds(each), class_="why")


def _amount(micros: float) -> str:
    return f"{finite(micros) / 1e6:,.2f}"
