"""Prices of what all share while cohort after cohort gets its evening.

At the best prices a cohort wants an ad all evening or not at all, and together they want a tenth too much of one budget
and too little of another. Led prices rise for what is ahead of its share of the cohorts served and fall for what is
behind, so that the evenings of one round together ask for nearly what there is.
"""

from __future__ import annotations

from typing import Final, Protocol

import numpy as np

from planner.problem import Floats, Integers, Shared

BLOCKS: Final = 64
"""Into how many blocks cohorts are put: so often prices are led."""
RESPONSE: Final = 6.0
"""How much faster demand falls than a price rises."""
ABOVE: Final = 0.01
"""Of a promise: what is aimed at beyond it."""
LARGEST: Final = 0.5
"""Part by which a price is led at most."""


class Lead(Protocol):
    """Prices for cohorts, a block after another."""

    @property
    def blocks(self) -> list[Integers]:
        """Every cohort once, in the order in which they are served."""
        ...

    def prices(self) -> Floats:
        """float64[I] for the next block."""
        ...

    def served(self, block: Integers, use: Floats) -> None:
        """The block uses float64[I]."""
        ...


class Steady:
    """The same prices for all."""

    def __init__(self, cohorts: int, prices: Floats, blocks: int = 1) -> None:
        self._prices = prices
        self.blocks = np.array_split(np.arange(cohorts, dtype=np.int64), blocks)

    def prices(self) -> Floats:
        """float64[I]."""
        return self._prices

    def served(self, block: Integers, use: Floats) -> None:
        """Nothing changes."""
        del block, use


class Led:
    """Prices led from ``base`` float64[I] towards what the limits allow; ``seats`` float64[K] weigh the cohorts.

    Let e be how far use is above what it should be by now, relative to all that will be used, and t the part served:
    the price times 1 + e / ((1 - t) RESPONSE) burns e off by the end.
    """

    def __init__(
        self,
        shared: Shared,
        base: Floats,
        ceiling: Floats,
        seats: Floats,
        random: np.random.Generator,
        blocks: int = BLOCKS,
    ) -> None:
        # A promise is aimed at a little high: it is dear to miss.
        self._aim = np.where(shared.at_least & (shared.limit > 0.0), shared.limit * (1.0 + ABOVE), shared.limit)
        self._base = base
        self._ceiling = ceiling
        self._seats = seats
        self._served = 0.0
        self._use = np.zeros(len(shared))
        self._sign = np.where(shared.at_least, -1.0, 1.0)
        self._sum = np.zeros(len(shared))
        order = random.permutation(len(seats))
        self.blocks = [block for block in np.array_split(order, blocks) if len(block)]

    def prices(self) -> Floats:
        """float64[I] for what is served next."""
        part = self._served / max(float(self._seats.sum()), 1e-300)
        if part <= 0.0:
            return self._base
        size = np.maximum(np.maximum(np.abs(self._use) / part, np.abs(self._aim)), 1e-12)
        ahead = self._sign * (self._use - self._aim * part) / size
        lead = ahead / (max(1.0 - part, 2.0 / len(self.blocks)) * RESPONSE)
        return np.minimum(self._base * (1.0 + np.clip(lead, -LARGEST, LARGEST)), self._ceiling)

    def served(self, block: Integers, use: Floats) -> None:
        """Count what the block uses."""
        part = float(self._seats[block].sum())
        self._sum += part * self.prices()
        self._served += part
        self._use = self._use + use

    @property
    def mean(self) -> Floats:
        """float64[I]: the prices that were asked, on average: nearer than the base to those that balance."""
        return self._sum / max(self._served, 1e-300)
