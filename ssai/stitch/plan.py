"""A plan: one pod in one break from one start on, joined to the break's cuts. Shared by all seats that have it."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate

from domain.pod import Pod, Slate
from domain.units import Microseconds
from ssai.breaks.book import TOLERANCE, BreakRules
from ssai.breaks.record import Boundary, Break
from ssai.channel.resolve import end_target
from ssai.stitch.layout import TAU, Item, ads_end, lay_out


@dataclass(frozen=True, slots=True)
class Plan:
    """Items of (pod, break, start) as far as this version decides them.

    ``end`` is where this pod's break ends: C, or with content back the first common boundary after its last ad; None
    while it is not known. ``returns`` holds R by rendition then. ``ends`` are the items' ends, ``tags`` counts the
    tagged items up to and with each item.
    """

    record: Break
    start: int
    """Which mark of the break the items start at."""
    end: Microseconds | None
    returns: Mapping[str, Boundary]
    items: tuple[Item, ...]
    ends: tuple[int, ...]
    tags: tuple[int, ...]

    @property
    def settled(self) -> bool:
        """Whether A and G are final."""
        return self.end is not None

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
        back = self.returns[rendition]
        rho = 0 if adjacent else 1
        passed = back.sequence - first.sequence + (rho if back.tagged else 0)
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
    begins, target = record.marks[start].at, end_target(record, rules)
    end, returns = record.end, record.returns
    if record.content_back:
        filled = ads_end(pod, begins, record.ads_until, record.end)
        back = next((mark for mark in record.marks[start:] if mark.at >= filled - TAU), None)
        if back is not None and (end is None or back.at < end - TOLERANCE):
            end, returns = back.at, back.cuts
        target = min(target, filled)
    reach = min(max(target, least), greatest)
    items = lay_out(pod, slate, begins, record.ads_until, end, reach)
    return Plan(
        record,
        start,
        end,
        returns,
        items,
        tuple(item.end for item in items),
        tuple(accumulate(int(item.tagged) for item in items)),
    )
