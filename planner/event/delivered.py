"""What really happened so far: impressions that were delivered in breaks that are over."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from domain.errors import InputError
from domain.units import Microseconds, seconds
from planner.book.document import shown
from planner.book.model import Break
from planner.build.prices import microseconds_of


@dataclass(frozen=True, slots=True)
class Delivery:
    """``impressions`` of a campaign in a break; of one creative and to one cohort, where that is known."""

    campaign: str
    brk: str
    impressions: int
    creative: str | None = None
    cohort: str | None = None


@dataclass(frozen=True, slots=True)
class Delivered:
    """``breaks`` are the ids of those of which something is known, ``deliveries`` what was delivered in them."""

    breaks: tuple[str, ...] = ()
    deliveries: tuple[Delivery, ...] = ()

    def of_campaign(self, campaign: str) -> int:
        """Impressions of a campaign in all breaks together."""
        return sum(each.impressions for each in self.deliveries if each.campaign == campaign)


NOTHING_YET: Final = Delivered()


def parted(
    breaks: Sequence[Break], now: Microseconds | None, delivered: Delivered
) -> tuple[tuple[Break, ...], tuple[Break, ...]]:
    """Breaks that are over, and those that still come, both in order of time.

    Over is what began before ``now``; where that is not said, before the last break of which something is known, and
    that one. Raises ``InputError`` for what was delivered in a break that is not over, and where none still comes.
    """
    known = {*delivered.breaks, *(each.brk for each in delivered.deliveries)}
    unknown = sorted(known - {brk.id for brk in breaks})
    if unknown:
        raise InputError("delivered", "the id of a break", shown(unknown[0]))
    order = sorted(breaks, key=lambda brk: brk.at)
    if now is None:
        last = max((number for number, brk in enumerate(order, start=1) if brk.id in known), default=0)
    else:
        last = sum(begins(brk) < now for brk in order)
    early = next((brk for brk in order[last:] if brk.id in known), None)
    if early is not None:
        expected = f"a break that is over at {seconds(now or 0):g} s"
        raise InputError("delivered", expected, f"{shown(early.id)}, which begins at {seconds(begins(early)):g} s")
    if last == len(order):
        found = f"the last, {shown(order[-1].id)}, at {seconds(begins(order[-1])):g} s"
        raise InputError("now" if now is not None else "delivered", "a break still to come", found)
    return tuple(order[:last]), tuple(order[last:])


def begins(brk: Break) -> Microseconds:
    """From the event's start."""
    return microseconds_of(brk.at)
