"""Whether a campaign can still be booked, for people."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from rich.console import Console, RenderableType
from rich.text import Text

from halftime.event_figures import table
from halftime.printable import printable
from planner.decide.money import amount, per_thousand
from planner.event.avails import AvailsFile

LOSERS: Final = 10
"""Campaigns that get less; the rest is one line."""
_FULL: Final = 1e-3
"""Part of what is wanted that may be missing from all of it."""


def show_avails(found: AvailsFile, *, interrupted: bool, console: Console | None = None) -> None:
    """Print the answer, then at whose cost."""
    console = Console() if console is None else console
    console.print(*_answer(found, interrupted=interrupted), *_losses(found), sep="\n")


def _answer(found: AvailsFile, *, interrupted: bool) -> Iterator[RenderableType]:
    yield Text(printable(f"{found.campaign} in {found.event}: {_verdict(found)}"), "bold")
    if interrupted:
        yield Text("Interrupted: from the best plans so far.", "bold yellow")
    wanted = "as many as there are" if found.wanted is None else f"{found.wanted:,}"
    yield Text(
        f"impressions: {wanted} wanted, {found.expected:,.0f} can be had, {found.most:,.0f} if all else gave way"
    )
    if found.reason:
        yield Text(printable(f"less than wanted: {found.reason.value}, {found.detail}"))
    if found.expected >= 1.0:
        brings = per_thousand(found.brings / found.expected, found.currency)
        costs = per_thousand(max(0, found.costs) / found.expected, found.currency)
        yield Text(printable(f"it brings {amount(found.brings, found.currency)}, {brings}"))
        yield Text(printable(f"others lose {amount(max(0, found.costs), found.currency)}, {costs}"))
        yield Text(printable(_worth(found)))


def _verdict(found: AvailsFile) -> str:
    if found.expected < 1.0:
        return "nothing of it can be booked"
    if found.wanted is None or found.expected >= found.wanted * (1.0 - _FULL):
        return "it can be booked"
    return f"{found.expected / found.wanted:.0%} of it can be booked"


def _worth(found: AvailsFile) -> str:
    gain = found.brings - found.costs
    about = f"within {amount(found.uncertain, found.currency)}, by which the two plans may be from their best"
    if abs(gain) <= found.uncertain:
        return f"whether it is worth it is too close to say: {about}"
    change = amount(abs(gain), found.currency)
    return f"with it the event is worth {change} {'more' if gain > 0 else 'less'}, {about}"


def _losses(found: AvailsFile) -> Iterator[RenderableType]:
    if not found.losses:
        yield Text("No other campaign gets less.")
        return
    yield ""
    made = table("campaign", "without it", "with it", "change", "was short", "short", title="Who gets less")
    for each in found.losses[:LOSERS]:
        figures = (each.before, each.after)
        change = f"{each.after - each.before:+,.0f}"
        short = (f"{each.short_before:,.0f}", f"{each.short_after:,.0f}")
        made.add_row(Text(printable(each.campaign)), *(f"{figure:,.0f}" for figure in figures), change, *short)
    yield made
    if len(found.losses) > LOSERS:
        yield Text(f"{len(found.losses) - LOSERS} more lose less (--json lists all)")
