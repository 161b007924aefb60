"""What a planner is, and when it stops."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from planner.plan import Solution
from planner.problem import Floats, Problem


class Stop(Protocol):
    """Asked after every iteration; the clock, where there is one, is the caller's."""

    def __call__(self, iteration: int, gap: float) -> bool:
        """Whether to stop after ``iteration`` (from 1) with this relative gap (infinite while unknown)."""
        ...


@dataclass(frozen=True, slots=True)
class Iterations:
    """Stop after so many iterations, or when the gap is as small as wanted: the same plan on every machine."""

    limit: int
    gap: float = 0.0

    def __call__(self, iteration: int, gap: float) -> bool:
        """Stop at the limit or at the gap."""
        return iteration >= self.limit or gap <= self.gap


@dataclass(frozen=True, slots=True)
class Deadline:
    """Stop when ``clock`` (monotonic seconds) passes ``instant``, or when the gap is as small as wanted."""

    clock: Callable[[], float]
    instant: float
    gap: float = 0.0

    def __call__(self, iteration: int, gap: float) -> bool:
        """Stop at the deadline or at the gap."""
        del iteration
        return self.clock() >= self.instant or gap <= self.gap


class Planner(Protocol):
    """Decides which pods go to which seats of each cohort."""

    def __call__(self, problem: Problem, *, stop: Stop, warm: Floats | None = None) -> Solution:
        """A whole plan in seats, every pod legal, every hard limit kept; ``warm`` float64[I] are prices to begin at."""
        ...
