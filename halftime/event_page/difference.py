"""What a what-if changes: the event's figures, and the campaigns that gain or lose most."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from halftime.event_page.markup import NOTHING, Html, joined, name
from halftime.event_page.tables import Cell, Column, note, table
from halftime.event_page.view import View, section
from halftime.event_page.words import count, finite, percent, several
from planner.eventfile import CampaignFile, EventFile, Level, LevelFile

LISTED: Final = 15
_LEAST: Final = 0.5
"""Impressions: less than this is no change."""


def difference(view: View) -> Html:
    """The section, empty where nothing is compared."""
    if view.before is None:
        return NOTHING
    parts = joined((_figures(view, view.before), _moved(view)))
    return section("difference", "What the change does", parts)


def _figures(view: View, before: EventFile) -> Html | None:
    now, then = _point(view.plan), _point(before)
    if now is None or then is None:
        return None
    late, earlier = (sum(finite(each.short.point) for each in plan.campaigns) for plan in (view.plan, before))
    rows = [
        _row("Value", view.money(then.value), view.money(now.value), _signed_money(view, now.value - then.value)),
        _row(
            "Certain bound",
            view.money(then.upper_bound),
            view.money(now.upper_bound),
            _signed_money(view, now.upper_bound - then.upper_bound),
        ),
        _row("Fill", percent(then.fill), percent(now.fill), f"{(now.fill - then.fill) * 100:+.1f} points"),
        _row(
            "Impressions", count(then.impressions), count(now.impressions), _signed(now.impressions - then.impressions)
        ),
        _row("Short of promises", count(earlier), count(late), _signed(late - earlier)),
    ]
    columns = [Column("Point forecast", figures=False), Column("Before"), Column("After"), Column("Change")]
    told = "The change in value is within what the two plans may be from their best: without them it might be another."
    return joined(
        (
            table("The event before and after the change", columns, rows, class_="quiet"),
            note(told) if now.value != then.value and not now.apart(then) else None,
        )
    )


def _row(title: str, *cells: str) -> list[Cell]:
    return [Cell(title), *(Cell(cell) for cell in cells)]


def _point(plan: EventFile) -> LevelFile | None:
    return next((each for each in plan.levels if each.level == Level.POINT), None)


def _signed(value: float) -> str:
    value = finite(value)
    return f"{'+' if value > 0 else ''}{count(value)}"


def _signed_money(view: View, micros: float) -> str:
    return f"{'+' if micros > 0 else ''}{view.money(micros)}"


def _moved(view: View) -> Html:
    moves = sorted(_moves(view), key=lambda each: (-abs(each[1]), each[0].campaign))
    gone = sorted(view.earlier.keys() - {each.campaign for each in view.plan.campaigns})
    columns = [Column("Campaign", figures=False), Column("Before"), Column("After"), Column("Change")]
    columns += [Column("Short before"), Column("Short after")]
    rows = [
        [
            Cell(name(each.campaign)),
            Cell(count(then.expected.point) if then else "not booked"),
            Cell(count(each.expected.point)),
            Cell(_signed(change), change),
            Cell(count(then.short.point) if then else ""),
            Cell(count(each.short.point)),
        ]
        for each, change, then in moves[:LISTED]
    ]
    left = len(moves) - len(rows)
    return joined(
        (
            table("Campaigns that gain or lose most, impressions", columns, rows) if rows else None,
            note("No campaign gains or loses impressions.") if not rows else None,
            note(f"{several(left, 'campaign changes', 'campaigns change')} less.") if left else None,
            note(f"{several(len(gone), 'campaign is', 'campaigns are')} no longer booked.") if gone else None,
        )
    )


def _moves(view: View) -> Iterator[tuple[CampaignFile, float, CampaignFile | None]]:
    for each in view.plan.campaigns:
        then = view.earlier.get(each.campaign)
        change = finite(each.expected.point) - (finite(then.expected.point) if then else 0.0)
        if abs(change) >= _LEAST or then is None or abs(finite(each.short.point) - finite(then.short.point)) >= _LEAST:
            yield each, change, then
