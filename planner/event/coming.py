"""The breaks that still come, and how much of something the viewers of each cohort can see over some of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from domain.units import Microseconds
from planner.book.model import Break
from planner.build.prices import microseconds_of
from planner.event.attendance import count_reach, seconds_reach
from planner.problem import Floats, Integers

_SLACK = 1e-9
"""What rounding may take off a limit that attendance alone sets."""


def longest_of(brk: Break) -> Microseconds:
    """The longest of its plausible durations."""
    return max(microseconds_of(each.seconds) for each in brk.durations)


@dataclass(frozen=True, slots=True)
class Span:
    """Breaks ``start`` to ``stop`` of those that come."""

    start: int
    stop: int


class Coming:
    """B breaks in order of time, which viewers of K cohorts attend.

    ``scene_breaks`` int64[S] is the break of each scene, not falling. ``seats`` float64[K], ``present`` float64[B, K]
    the part of them there should the break come, ``chance`` float64[B] that it does; ``stay`` as in
    ``planner.event.attendance``. Of the breaks ``instants`` and ``lengths`` (the longest plausible), in microseconds,
    and ``maximum_ads`` are int64[B].
    """

    def __init__(
        self,
        breaks: Sequence[Break],
        scene_breaks: Sequence[int],
        seats: Floats,
        present: Floats,
        chance: Floats,
        stay: float,
    ) -> None:
        self.breaks = breaks
        self.seats = seats
        self.instants = np.array([microseconds_of(brk.at) for brk in breaks], dtype=np.int64)
        self.lengths = np.array([longest_of(brk) for brk in breaks], dtype=np.int64)
        self.maximum_ads = np.array([brk.maximum_ads for brk in breaks], dtype=np.int64)
        self._scene_breaks = np.array(scene_breaks, dtype=np.int64)
        self._present = present
        self._chance = chance
        self._stay = stay
        self._limits: dict[tuple[Span, bytes, bytes, bool], Floats | None] = {}

    @property
    def whole(self) -> Span:
        """All breaks."""
        return Span(0, len(self.breaks))

    def windows(self, period: int) -> Iterator[Span]:
        """For each break in order, it and those that began less than ``period`` microseconds before it, if any."""
        starts = np.searchsorted(self.instants, self.instants - period, side="right")
        for stop, start in enumerate(starts.tolist(), start=1):
            if stop - start > 1:
                yield Span(start, stop)

    def scenes(self, span: Span) -> tuple[int, int]:
        """The first scene of the span's breaks, and the first behind them."""
        first, stop = np.searchsorted(self._scene_breaks, [span.start, span.stop])
        return int(first), int(stop)

    def limit(self, span: Span, amounts: Integers, most: Integers, *, seconds: bool = False) -> Floats | None:
        """float64[K]: what all viewers of each cohort can see, each at most ``most`` int64[K].

        A pod of break b holds at most ``amounts[b]`` (int64[B] over all breaks): a number of ads, or with ``seconds``
        microseconds. None where the pods allow no more than that anyway, in any cohort. Equal limits are one array.
        """
        here = slice(span.start, span.stop)
        present, chance, held = self._present[here], self._chance[here], amounts[here]
        if np.count_nonzero(held) < 2:
            return None  # what one pod holds, the pod's own rules say
        key = (span, held.tobytes(), most.tobytes(), seconds)
        if key not in self._limits:
            reach = seconds_reach if seconds else count_reach
            limit = self.seats * reach(present, held, most, self._stay, chance)
            allowed = self.seats * np.einsum("b,b,bk->k", chance, held.astype(np.float64), present)
            limit.setflags(write=False)
            self._limits[key] = limit if np.any(limit < allowed * (1.0 - _SLACK)) else None
        return self._limits[key]
