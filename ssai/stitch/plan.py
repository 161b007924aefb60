"""A plan: one pod in one break from one start on, joined to the break's cuts. Shared by all seats that have it."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate

from domain.pod import Pod, Slate
from ssai.breaks.book import TOLERANCE, BreakRules
from ssai.breaks.record import Boundary, Break
from ssai.channel.resolve import end_target
from ssai.stitch.layout import TAU, Item, lay_out


@dataclass(frozen=True, slots=True)
class Plan:
    """Items of (pod, break, start) as far as this version decides them.

    ``shown`` is how many may show as far as the break's end is decided; the rendition's own edge limits further.
    ``tags`` counts the tagged items up to and with each item.
    """

    record: Break
    start: int
    """Which mark of the break the items start at."""
    items: tuple[Item, ...]
    ends: tuple[int, ...]
    tags: tuple[int, ...]

    @property
    def settled(self) -> bool:
        """Whether A and G are final."""
        return self.record.end is not None

    def first(self, rendition: str) -> Boundary | None:
        """f, and what holds before it; None while a stalled rendition has not come so far."""
        return self.record.marks[self.start].cuts.get(rendition)

    def visible(self, head: int, edge: int) -> tuple[int, int]:
        """Items k (from, to) with head < e_k <= edge + tau."""
        low = bisect_right(self.ends, head)
        return low, max(low, bisect_right(self.ends, edge + TAU))

    def growth(self, rendition: str, *, adjacent: bool) -> tuple[int, int]:
        """A - N and G + rho - X of a settled plan: what it adds to later media and discontinuity numbers.

        ``adjacent``: the next break with items starts at R, so that rho is 0.
        """
        first = self.record.marks[self.start].cuts[rendition]
        back = self.record.returns[rendition]
        resumed = 1 if self.record.resumed.get(rendition) else 0
        rho = 0 if adjacent else 1
        passed = back.sequence - first.sequence + rho * resumed
        return len(self.items) - (back.index - first.index), (self.tags[-1] if self.tags else 0) + rho - passed


def start_mark(record: Break, join: int) -> int | None:
    """The mark at which a seat with this join instant starts the break; None if none is left for it (yet).

    A break that ended at or before the join shows its content.
    """
    if not record.marks or (record.end is not None and record.end <= join):
        return None
    if join <= record.marks[0].at + TOLERANCE:
        return 0
    place = bisect_left([mark.at for mark in record.marks], join - TOLERANCE)
    return place if place < len(record.marks) else None


def plan(record: Break, pod: Pod, slate: Slate, start: int, rules: BreakRules, edges: Sequence[int]) -> Plan:
    """Lay out the break for a start; ``edges`` is (the greatest L so far, the greatest exposed edge)."""
    least, greatest = edges
    reach = min(max(end_target(record, rules), least), greatest)
    items = lay_out(pod, slate, record.marks[start].at, record.ads_until, record.end, reach)
    return Plan(
        record,
        start,
        items,
        tuple(item.end for item in items),
        tuple(accumulate(int(item.tagged) for item in items)),
    )
