"""Items of (pod, break): ad segments, then slate, laid from the start of the break."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from domain.pod import Pod, Slate
from domain.units import Microseconds

TAU: Final = Microseconds(125_000)
"""How far ads plus slate may miss the time they replace: half the smallest slate piece."""


@dataclass(frozen=True, slots=True)
class Item:
    """One segment that a viewer gets in place of content; ``end`` is nominal channel time, exclusive."""

    creative: str
    index: int
    start: Microseconds
    end: Microseconds
    tagged: bool


def ads_end(pod: Pod, start: int, ads_until: int | None, end: int | None) -> int:
    """Where the ads of ``lay_out`` end, whatever the edges have reached; ``start`` where none fits."""
    bound, clock = _ads_bound(ads_until, end), start
    for creative in pod.creatives:
        for duration in creative.durations:
            if bound is not None and clock + duration > bound:
                return clock
            clock += duration
    return clock


def _ads_bound(ads_until: int | None, end: int | None) -> int | None:
    bounds = [bound for bound in (ads_until, end) if bound is not None]
    return min(bounds) + TAU if bounds else None


def lay_out(
    pod: Pod, slate: Slate, start: Microseconds, ads_until: int | None, end: int | None, reach: int
) -> tuple[Item, ...]:
    """All items up to ``end``, the cut C; while C is not known (None), those that end at or before ``reach`` + tau.

    ``ads_until`` is the planned end E (None: unknown). Before C is known only large pieces of slate are laid, since a
    smaller one could turn out to stand in a larger one's place.
    """
    items: list[Item] = []
    clock = start
    ads_bound = _ads_bound(ads_until, end)
    for creative in pod.creatives:
        for index, duration in enumerate(creative.durations):
            after = Microseconds(clock + duration)
            if ads_bound is not None and after > ads_bound:
                break
            if end is None and after > reach + TAU:
                return tuple(items)
            items.append(Item(creative.id, index, clock, after, index == 0))
            clock = after
        else:
            continue
        break
    stop = (reach if end is None else end) + TAU
    piece, count = 0, len(slate.run.durations)
    while count and (after := Microseconds(clock + slate.run.durations[piece % count])) <= stop:
        items.append(Item(slate.run.id, piece % count, clock, after, piece % count == 0))
        piece, clock = piece + 1, after
    if end is not None:
        for small in slate.small:
            if (after := Microseconds(clock + small.duration)) <= stop:
                items.append(Item(small.id, 0, clock, after, tagged=True))
                clock = after
    return tuple(items)
