"""Promises that are not kept, with what stands in their way, and the caps that bind."""

from __future__ import annotations

from typing import Final

from halftime.event_page.markup import NOTHING, Html, joined, name, tag
from halftime.event_page.tables import Cell, Column, note, table
from halftime.event_page.view import View, booking, section
from halftime.event_page.words import REASONS, TAGS, count, finite, percent, several
from planner.eventfile import CampaignFile

LISTED: Final = 200
CAPS: Final = 30


def shortfalls(view: View) -> Html:
    """The section: also told when there are none."""
    late = [each for each in view.ranked if max(each.short.point, each.short.low, each.short.surge) > 0]
    if not late:
        return section(
            "shortfalls", "Shortfalls", note("No promise falls short, whichever of the three audiences comes.")
        )
    columns = [Column("Campaign", figures=False), Column("Promised"), Column("Expected"), Column("Short")]
    columns += [Column("Of the promise"), Column("If few come"), Column("If many come"), Column("Why", figures=False)]
    left = len(late) - LISTED
    return section(
        "shortfalls",
        "Shortfalls",
        table(
            "Impressions below guarantees and minimum shares",
            columns,
            [_row(each) for each in late[:LISTED]],
            sortable=True,
        ),
        note(f"{several(left, 'campaign has', 'campaigns have')} no row here; --json has all.") if left > 0 else None,
    )


def _row(each: CampaignFile) -> list[Cell]:
    part = percent(each.short.point / each.guarantee) if each.guarantee and each.short.point > 0 else ""
    return [
        Cell(booking(each)),
        Cell(count(each.guarantee) if each.guarantee else "a share", each.guarantee or 0),
        *(Cell(count(value), finite(value)) for value in (each.expected.point, each.short.point)),
        Cell(part, finite(each.short.point) / each.guarantee if each.guarantee else 0.0),
        *(Cell(count(value), finite(value)) for value in (each.short.low, each.short.surge)),
        Cell(why(each) if each.short.point > 0 else "Kept for the point forecast", class_="why"),
    ]


def why(each: CampaignFile) -> Html:
    """The reason in words, and the facts as the planner tells them."""
    return _reasoned(REASONS[each.reason], each)


def binds(each: CampaignFile) -> Html:
    """The same in a word or two."""
    return _reasoned(TAGS[each.reason], each)


def _reasoned(words: str, each: CampaignFile) -> Html:
    return joined((words, tag("small", " ", name(each.detail)) if each.detail else None))


def caps(view: View) -> Html:
    """The section, empty where no cap binds."""
    if not view.plan.caps:
        return NOTHING
    ranked = sorted(view.plan.caps, key=lambda each: (-finite(each.price) * each.cohorts, each.name))
    columns = [Column("Cap", figures=False), Column("Cohorts where it binds"), Column("A thousand more would be worth")]
    rows = [
        [
            Cell(name(each.name)),
            Cell(count(each.cohorts), each.cohorts),
            Cell(view.money(each.price * 1_000), each.price),
        ]
        for each in ranked[:CAPS]
    ]
    left = len(ranked) - len(rows)
    return section(
        "caps",
        "Caps that bind",
        table("Caps that keep impressions from viewers who would be worth them", columns, rows, sortable=True),
        note(f"{several(left, 'cap binds', 'caps bind')} less.") if left else None,
    )
