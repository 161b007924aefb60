"""Prices moved towards what is asked and what there is, before any linear program.

Subgradient steps on the bound: the price of what is asked too much rises, that of what is left over falls. Every row
moves by its own unit of price times how far demand is off, relative to the limit, so that rows of money and rows of
impressions keep pace. A step's length is Polyak's (Minimization of unsmooth functionals, 1969) for a target some part
below the best bound: that part grows while the target is nearly reached and shrinks where it is not. Former steps carry
on for a while, against zigzag. Cheap, blind to the optimum, and enough to bring the first linear program close to it.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from planner.master.turn import Prices, Turn
from planner.price.port import Priced
from planner.problem import NOTHING, Floats, Integers

BELOW: Final = 0.3
"""The first target, as part of the bound below it; and with warm prices, which are right but for what has changed:"""
BELOW_WARM: Final = 0.01
MOST_BELOW: Final = 0.5
GROWS: Final = 1.2
SHRINKS: Final = 0.7
REACHED: Final = 0.25
"""Of the way to the target: a step that comes so far was not too long."""
FINE: Final = 2e-3
"""A target this near is the linear program's to reach."""
CARRIED: Final = 0.7
"""Part of the last direction that the next one holds. These figures were tried on books of the benchmark."""


class Ascent:
    """The steps of one turn; ``warm``: the first prices are known to be good."""

    def __init__(self, turn: Turn, *, warm: bool) -> None:
        self._turn = turn
        self._warm = warm
        self._unit = _units(turn)
        self._below = BELOW_WARM if warm else BELOW
        self._best = float("inf")
        self._direction = np.zeros(len(self._unit))

    @property
    def done(self) -> bool:
        """Whether further steps would bring little; never with warm prices, of which there are few."""
        return not self._warm and self._below < FINE

    def step(self, prices: Prices, bound: float, priced: Priced) -> Prices:
        """The next prices; at ``prices`` there are ``bound`` and the answers ``priced``."""
        turn, limit = self._turn, self._turn.problem.shared.limit
        if not len(limit):
            return prices
        enough = self._best - bound >= REACHED * self._below * abs(self._best) if np.isfinite(self._best) else True
        self._below = min(MOST_BELOW, self._below * GROWS) if enough else self._below * SHRINKS
        self._best = min(self._best, bound)
        use = turn.problem.shared.use @ placed(turn, priced)
        size = np.maximum(np.maximum(np.abs(use), np.abs(limit)), 1.0)
        over = np.where(turn.at_least, limit - use, use - limit) / size
        ceiling = np.where(turn.at_least, turn.penalties(prices), np.inf)
        stuck = ((prices.shared <= 0) & (over < 0)) | ((prices.shared >= ceiling) & (over > 0))
        over[stuck] = 0.0
        steepness = float((self._unit * size) @ over**2)
        if steepness <= 0:
            return prices
        self._direction = over + CARRIED * self._direction
        length = (bound - self._best + self._below * abs(self._best)) / steepness
        return turn.legal(Prices(prices.shared + length * self._unit * self._direction, prices.promised))


def placed(turn: Turn, priced: Priced) -> Integers:
    """int64[J]: how often each ad is placed if every seat takes its row's pod."""
    pods = priced.pods
    seats = np.broadcast_to(turn.problem.rows.seats[:, np.newaxis], pods.shape)
    present = pods != NOTHING
    counts = np.bincount(pods[present], weights=seats[present], minlength=turn.problem.rules.ads)
    return np.asarray(counts, dtype=np.int64)


def _units(turn: Turn) -> Floats:
    """float64[I]: what a unit of each shared row typically brings, the scale of its price."""
    rows, use = turn.problem.rows, turn.problem.shared.use
    allowed = rows.allowed & (rows.values > 0)
    seats = rows.seats.astype(np.float64)
    viewers = seats @ allowed
    value = seats @ np.where(allowed, rows.values, np.float32(0.0))
    found = np.zeros(len(use))
    for row, users in enumerate(np.maximum(use, 0.0)):
        asked = float(users @ viewers)
        found[row] = float((users > 0) @ value) / asked if asked > 0 else 0.0
    return found
