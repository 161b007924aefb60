"""What is maximised while one priority tier has its turn, and the bound that prices give.

Tiers have their turns in order. In turn t of T

    max  sum_{s<=t} O_s                  O_s = value of tier s's ads - penalties of tier s's rows
    s.t. all hard limits
         O_s >= P_s   for s < t          price mu_s >= 0

where the promise P_s is what tier s had at the end of its own turn, less 1e-4 of it. So a later tier may move an
earlier one within that tolerance only, and within it only where it earns more than the earlier one loses. The time
value (slate saved, load cost) counts in the last turn alone, as part of the last tier's value; there the objective is
all that the plan earns. The penalty of a row belongs to the first tier that has an ad with a positive use of it.

With prices lambda, nu, mu the ads' values weigh 1 (0 for later tiers) + mu_s and

    UB = sum lambda_i B_i - sum nu_i G_i - sum mu_s P_s + sum_k n_k bound_k,   0 <= nu_i <= pi_i ([s(i) <= t] + mu_s(i))

is what no plan can exceed that keeps the promises (weak duality), where bound_k is the most that a legal pod of row k
is worth at these weights and costs.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Final

import numpy as np

from planner.price.port import Priced
from planner.problem import Flags, Floats, Integers, Problem, Worth

PROMISED: Final = 1e-4
"""Part of an earlier tier's value that a later one may move."""


@dataclass(frozen=True, slots=True)
class Prices:
    """``shared`` float64[I] of the shared rows and ``promised`` float64[S] of earlier tiers' promises, all >= 0."""

    shared: Floats
    promised: Floats

    def towards(self, other: Prices, part: float) -> Prices:
        """The point that lies ``part`` (0..1) of the way from here to ``other``."""
        return Prices(
            self.shared + part * (other.shared - self.shared), self.promised + part * (other.promised - self.promised)
        )


@dataclass(frozen=True)
class Turn:
    """Turn number ``turn`` (from 0); ``promises`` float64[turn] micros. ``problem.rows`` all have seats."""

    problem: Problem
    turn: int
    promises: Floats

    @cached_property
    def levels(self) -> Integers:
        """int64[T]: the tiers there are, in order; one at least."""
        found = np.unique(self.problem.tiers)
        return found if len(found) else np.ones(1, dtype=np.int64)

    @cached_property
    def place(self) -> Integers:
        """int64[J]: the turn of each ad."""
        return np.searchsorted(self.levels, self.problem.tiers).astype(np.int64)

    @cached_property
    def row_place(self) -> Integers:
        """int64[I]: the turn of each shared row's penalty; the last where nothing uses the row."""
        found = np.full(len(self.problem.shared), len(self.levels) - 1, dtype=np.int64)
        for row, use in enumerate(self.problem.shared.use):
            users = use > 0
            if users.any():
                found[row] = self.place[users].min()
        return found

    @property
    def last(self) -> bool:
        """Whether no tier comes after."""
        return self.turn == len(self.levels) - 1

    @property
    def passed(self) -> range:
        """The turns before."""
        return range(self.turn)

    def counted(self, parts: Floats) -> Floats:
        """float64[N]: what counts of values ``parts`` float64[N, T] by tier: that of tiers whose turn has come."""
        return np.asarray(parts[:, : self.turn + 1].sum(axis=1))

    @cached_property
    def worth(self) -> Worth:
        """What pods are priced with in this turn."""
        return self.problem.worth if self.last else timeless(self.problem.worth)

    @cached_property
    def at_least(self) -> Flags:
        """bool[I]: the shared rows that are lower bounds."""
        return self.problem.shared.at_least

    def start(self) -> Prices:
        """Nothing costs anything."""
        return Prices(np.zeros(len(self.problem.shared)), np.zeros(self.turn))

    def parts(self, prices: Prices) -> Floats:
        """float64[T]: the weight of each tier's value at ``prices``."""
        weights = np.zeros(len(self.levels))
        weights[: self.turn + 1] = 1.0
        weights[: self.turn] += prices.promised
        return weights

    def penalties(self, prices: Prices) -> Floats:
        """float64[I]: what a unit short costs at ``prices``; no price of a lower bound may be above it."""
        return np.asarray(self.problem.shared.penalty * self.parts(prices)[self.row_place])

    def legal(self, prices: Prices) -> Prices:
        """The nearest prices for which the bound holds."""
        promised = np.maximum(prices.promised, 0.0)
        ceiling = np.where(self.at_least, self.penalties(Prices(prices.shared, promised)), np.inf)
        return Prices(np.minimum(np.maximum(prices.shared, 0.0), ceiling), promised)

    def weights(self, prices: Prices) -> Floats | None:
        """float64[J] for pricing; None: all 1."""
        return None if len(self.levels) == 1 else self.parts(prices)[self.place]

    def bound(self, prices: Prices, priced: Priced) -> float:
        """UB of this turn, micros; ``priced`` are all rows at ``prices``."""
        limit = np.where(self.at_least, -self.problem.shared.limit, self.problem.shared.limit)
        limits = float(prices.shared @ limit) - float(prices.promised @ self.promises)
        # A sum of products: BLAS would add in an order that depends on its threads.
        return limits + float((self.problem.rows.seats * priced.bound).sum())


def timeless(worth: Worth) -> Worth:
    """The same without what seconds of ads earn and cost."""
    return replace(worth, per_second=0.0, load=0.0)
