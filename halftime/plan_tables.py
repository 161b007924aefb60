"""A plan for people."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Final

from rich.console import Console, RenderableType
from rich.table import Table
from rich.text import Text

from halftime.printable import printable
from planner.book.read import Booked
from planner.decide.money import amount
from planner.planfile import BreakFile, PlanFile, PodFile

SHOWN: Final = 15
"""Pods in a table; the rest is one line."""


def show(plan: PlanFile, booked: Booked) -> None:
    """Print every duration, then what is left out and why."""
    console = Console()
    lengths = {creative.id: creative.duration for creative in booked.book.creatives}
    for entry in plan.breaks:
        console.print(*_entry(entry, plan.currency, lengths), sep="\n")
    if plan.left_out:
        console.print(_left_out(plan))
    console.print(Text("gap: proven distance from the best possible plan, see docs/planning.md", style="dim"))


def _entry(entry: BreakFile, currency: str, lengths: dict[str, Decimal]) -> Iterator[RenderableType]:
    likely = f" (probability {entry.probability:.0%})" if entry.probability < 1.0 else ""
    yield Text(
        printable(f"break {entry.id}, {entry.duration.normalize():f} s{likely}, {entry.seats:,} viewers"), "bold"
    )
    table = Table("pod")
    for column in ("seats", "share", "fill", "value"):
        table.add_column(column, justify="right")
    for pod in entry.pods[:SHOWN]:
        _row(table, _names(pod), [pod], entry, currency, lengths)
    rest = entry.pods[SHOWN:]
    if rest:
        _row(table, f"{len(rest)} more (--json lists all)", list(rest), entry, currency, lengths)
    yield table
    gap = "-" if entry.gap is None else f"{entry.gap:.3%}"
    facts = {
        "value": amount(entry.value, currency),
        "upper bound": amount(entry.upper_bound, currency),
        "gap": gap,
        "fill": f"{entry.fill:.1%}",
        "revenue": amount(entry.revenue, currency),
    }
    yield Text(", ".join(f"{name} {fact}" for name, fact in facts.items()))
    for each in entry.delivery:
        if each.short:
            yield Text(printable(f"{each.campaign}: {each.short:,} impressions short, {each.reason}"))
    yield ""


def _row(
    table: Table, name: str, pods: list[PodFile], entry: BreakFile, currency: str, lengths: dict[str, Decimal]
) -> None:
    seats = sum(pod.seats for pod in pods)
    filled = sum(pod.seats * sum(lengths[creative] for creative in pod.creatives) for pod in pods)
    fill = float(filled / (seats * entry.duration)) if seats else 0.0
    share = sum(pod.share for pod in pods)
    value = amount(sum(pod.value for pod in pods), currency)
    table.add_row(Text(printable(name)), f"{seats:,}", f"{share:.1%}", f"{fill:.1%}", value)


def _names(pod: PodFile) -> str:
    return " + ".join(pod.creatives) or "slate"


def _left_out(plan: PlanFile) -> Table:
    table = Table("left out", "reason", "", title="Ads in no pod", title_justify="left")
    for each in plan.left_out:
        table.add_row(Text(printable(each.creative)), Text(each.reason), Text(printable(each.detail)))
    return table
