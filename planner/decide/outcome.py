"""What the planning of one break at one duration gave."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np

from domain.units import Microseconds
from planner.build.build import Built
from planner.plan import Solution
from planner.price.port import Pricing
from planner.problem import Flags, Floats, Integers, PodRules, Shared, Worth

PricingOf: TypeAlias = Callable[[PodRules, Worth], Pricing]
"""Makes the pricing of one break's pods."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """A break of ``duration`` as arrays, and its plan. ``probability`` is that of this duration."""

    built: Built
    solution: Solution
    duration: Microseconds
    probability: float

    @property
    def seats(self) -> int:
        """Viewers of the break."""
        return int(self.built.problem.rows.seats.sum())

    def placed(self) -> Integers:
        """int64[J]: impressions of each ad."""
        placed = np.zeros(len(self.built.ads), dtype=np.int64)
        for portion in self.solution.portions:
            for ad in portion.pod:
                placed[ad] += portion.seats
        return placed

    def prices(self) -> dict[str, float]:
        """Micros of one unit of each shared limit that has a price."""
        shared = self.built.problem.shared
        return {
            name: float(price) for name, price in zip(shared.names, self.solution.prices, strict=True) if price > 0.0
        }


def left(shared: Shared, placed: Integers) -> Floats:
    """float64[I]: what ``placed`` int64[J] impressions leave of each upper bound; infinite elsewhere."""
    return np.where(shared.at_least, np.inf, shared.limit - shared.use @ placed)


def affordable(shared: Shared, placed: Integers, seats: int) -> Flags:
    """bool[J]: ads of which ``seats`` more impressions fit into every upper bound beside ``placed`` int64[J]."""
    if not len(shared):
        return np.ones(len(placed), dtype=np.bool_)
    need = np.maximum(shared.use, 0.0) * seats
    return np.asarray((need <= left(shared, placed)[:, None] + TOLERANCE).all(axis=0), dtype=np.bool_)


def costs_at(shared: Shared, prices: Mapping[str, float]) -> Floats:
    """float64[J]: what one placed ad costs at prices by name; a limit without a price costs nothing."""
    return shared.costs(np.array([prices.get(name, 0.0) for name in shared.names]))


TOLERANCE = 1e-6
"""Units of a shared limit: float sums of integers below 2**53 are exact, shares are fractions."""
