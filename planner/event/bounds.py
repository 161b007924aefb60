"""What no evening of each cohort exceeds at given prices, and the pods that are the best there."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Final

import numpy as np

from planner.event.acts import Act
from planner.event.asking import Either, closely
from planner.event.night import Night
from planner.event.pods import Pods
from planner.master.turn import Prices, Turn, timeless
from planner.price.port import Priced, Pricing
from planner.problem import Floats, Worth

JITTER: Final = 0.3
"""Of an ad's value: what costs are moved by to see other good pods."""


class Bounds:
    """Prices all acts, side by side, and makes the pods found known; ``asked`` counts how often."""

    def __init__(
        self,
        night: Night,
        acts: tuple[Act, ...],
        pods: Pods,
        pool: ThreadPoolExecutor,
        random: np.random.Generator,
    ) -> None:
        self.limit: Floats = np.array([row.limit for row in night.reach]).reshape(len(night.reach), len(night.cohorts))
        self.seats: Floats = np.array([act.seats for act in acts])
        self.asked = 0
        self._night = night
        self._acts = acts
        self._pods = pods
        self._pool = pool
        self._random = random
        self._everyone = np.arange(len(night.cohorts), dtype=np.int64)
        self._pricing: list[Pricing] = []

    def begin(self, turn: Turn) -> None:
        """Another tier has its turn."""
        self._turn = turn
        self._pricing = [Either(act.scene.rules, self._worth(act)) for act in self._acts]

    def careful(self, *, on: bool) -> None:
        """Whether from now on the program in order is thought of."""
        for pricing in self._pricing:
            if isinstance(pricing, Either):
                pricing.careful = on

    def closer(self) -> None:
        """From now on price exactly, where the program in order leaves doubt."""
        self._pricing = [closely(act.scene.rules, self._worth(act)) for act in self._acts]

    def ask(self, prices: Prices, reach: Floats, *, jitter: bool = False) -> tuple[Floats, int]:
        """float64[K] micros that no evening of each cohort exceeds, less what it pays; and how many pods are new.

        With ``jitter`` costs are moved, and the figures bound nothing.
        """
        weights = self._turn.weights(prices)
        signed = np.where(self._turn.at_least, -prices.shared, prices.shared)
        asked = []
        for act in self._acts:
            rows = act.rows(reach)
            if jitter:
                assert rows.costs is not None, "an act's rows have costs"
                moved = JITTER * rows.values * self._random.standard_normal(rows.values.shape, dtype=np.float32)
                rows = replace(rows, costs=rows.costs + moved)
            asked.append((rows, signed @ act.scene.use, None if weights is None else weights[act.scene.ads]))

        def price(number: int) -> Priced:
            return self._pricing[number](*asked[number])

        bound = (reach * self.limit).sum(axis=0)
        new = 0
        for number, priced in enumerate(self._pool.map(price, range(len(self._acts)))):
            bound = bound + self.seats[number] * priced.bound
            new += self._pods.add(number, self._everyone, priced.pods)
        self.asked += 1
        return bound, new

    def whole(self, prices: Prices, bounds: Floats) -> float:
        """UB, micros: cohorts' ``bounds`` float64[K] and what limits cost and promises bring at ``prices``."""
        shared = self._night.shared
        signed = np.where(shared.at_least, -prices.shared, prices.shared)
        promised = float((prices.promised * self._turn.promises).sum())
        return float((signed * shared.limit).sum()) - promised + float(bounds.sum())

    def _worth(self, act: Act) -> Worth:
        return act.scene.worth if self._turn.last else timeless(act.scene.worth)
