"""What a what-if changes: two plans of one event side by side."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from rich.console import RenderableType
from rich.text import Text

from halftime.event_figures import LEAST, point, table
from halftime.printable import printable
from planner.decide.money import amount
from planner.eventfile import CampaignFile, EventFile, LevelFile


@dataclass(frozen=True, slots=True)
class Move:
    """A campaign in both plans; None where a plan does not have it."""

    campaign: str
    before: CampaignFile | None
    after: CampaignFile | None

    @property
    def expected(self) -> tuple[float, float]:
        """Impressions before and after."""
        return _expected(self.before), _expected(self.after)

    @property
    def short(self) -> tuple[float, float]:
        """Impressions below what is promised, before and after."""
        return _short(self.before), _short(self.after)

    @property
    def size(self) -> float:
        """Impressions: the larger of what its delivery and its shortfall moved by."""
        return max(abs(after - before) for before, after in (self.expected, self.short))


def moves(plan: EventFile, before: EventFile) -> list[Move]:
    """Campaigns that moved, for the point forecast, or that only one plan has; the largest move first."""
    old = {each.campaign: each for each in before.campaigns}
    new = {each.campaign: each for each in plan.campaigns}
    every = (Move(name, old.get(name), new.get(name)) for name in old | new)
    moved = [move for move in every if move.size >= LEAST or (move.before is None) != (move.after is None)]
    return sorted(moved, key=lambda move: (-move.size, move.campaign))


def changes(plan: EventFile, before: EventFile, most: int | None, *, roomy: bool) -> Iterator[RenderableType]:
    """The value's change, whether the gaps could explain it, and at most so many campaigns that moved (None: all).

    On a terminal that is not ``roomy`` what holds a campaign back is left out.
    """
    yield ""
    old, new = point(before), point(plan)
    if old is not None and new is not None:
        yield Text(printable(_value(new, old, plan.currency, before.currency)), "bold")
    moved = moves(plan, before)
    if not moved:
        yield Text("No campaign's delivery or shortfall moves.")
        return
    yield ""
    made = table("campaign", "was", "expected", "change", "was short", "short", title="What moves")
    if roomy:
        made.add_column("held by")
    for move in moved[:most]:
        row = _row(move)
        made.add_row(*row if roomy else row[:-1])
    yield made
    if most is not None and len(moved) > most:
        yield Text(f"{len(moved) - most} more move less (--json lists all campaigns)")


def _value(new: LevelFile, old: LevelFile, currency: str, before: str) -> str:
    if currency != before:
        return f"value {amount(new.value, currency)}, before {amount(old.value, before)}: not to be compared"
    change = new.value - old.value
    part = f" ({change / old.value:+.2%})" if old.value > 0 else ""
    told = f"value {amount(new.value, currency)}, before {amount(old.value, currency)}"
    told += f": {amount(abs(change), currency)} {'more' if change > 0 else 'less'}{part}" if change else ": the same"
    if change and not new.apart(old):
        told += "; within what the two plans may be from their best"
    return told


def _row(move: Move) -> tuple[Text, ...]:
    (was, now), (missed, misses) = move.expected, move.short
    present = move.after
    held = "gone" if present is None else "new" if move.before is None else present.reason.value
    figures = (f"{was:,.0f}", f"{now:,.0f}", f"{now - was:+,.0f}", _or_none(missed), _or_none(misses))
    return tuple(map(Text, (printable(move.campaign), *figures, held)))


def _or_none(short: float) -> str:
    return f"{short:,.0f}" if short >= LEAST else "-"


def _expected(campaign: CampaignFile | None) -> float:
    return 0.0 if campaign is None else campaign.expected.point


def _short(campaign: CampaignFile | None) -> float:
    return 0.0 if campaign is None else campaign.short.point
