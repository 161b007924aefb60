"""Pricing for a night: quick where order hardly matters, in order where it is what is left in doubt.

Where caps are dear, costs take nearly all that ads are worth, and what the relaxed order over-estimates is much of the
rest; where many ads exclude each other, the program in order must branch without end. Which of the two an act is shows
on a few of its rows.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from planner.price.ordered import Ordered
from planner.price.port import Priced, Pricing
from planner.price.pricing import ROWS, SEARCHED, Dynamic, Exact
from planner.price.sequence import Sequence
from planner.problem import NOTHING, Floats, Integers, PodRules, Rows, Worth
from planner.worth import pod_values

DOUBT: Final = 1e-3
"""Of a pod's value: a row whose bound is nearer is not asked again."""
TRIED: Final = 16
"""Rows on which the program in order is tried."""
WORTHWHILE: Final = 0.5
"""Of the doubt that it must take from them."""
AGAIN: Final = 3
"""Pricings after which it is tried again: prices move, and with them what is in doubt."""


class Either:
    """The dynamic program, and the program in order for rows in doubt where that helps."""

    def __init__(self, rules: PodRules, worth: Worth) -> None:
        self._rules = rules
        self._worth = worth
        self._quick = Dynamic(rules, worth, dtype=np.float32, rounds=3, tolerance=2e-4)
        self._ordered = Ordered(rules, worth, self._quick, dtype=np.float32, rounds=2, tolerance=2e-4)
        self._asked = 0
        self._helps = False
        self.careful = False
        """Whether the program in order is thought of at all."""

    def __call__(self, rows: Rows, costs: Floats, weights: Floats | None = None) -> Priced:
        """Price every row; see ``planner.price.port``."""
        priced = self._quick(rows, costs, weights)
        if not self.careful:
            return priced
        doubt = self._doubtful(rows, priced, weights)
        if not len(doubt):
            return priced
        if self._asked % AGAIN == 0:
            left = (priced.bound - priced.reduced)[doubt]
            some = doubt[np.argsort(-left, kind="stable")[:TRIED]]
            before = float((priced.bound - priced.reduced)[some].sum())
            priced = self._closer(rows, costs, weights, priced, some)
            self._helps = float((priced.bound - priced.reduced)[some].sum()) < WORTHWHILE * before
        self._asked += 1
        return self._closer(rows, costs, weights, priced, doubt) if self._helps else priced

    def _doubtful(self, rows: Rows, priced: Priced, weights: Floats | None) -> Integers:
        values = rows.values if weights is None else rows.values * weights.astype(np.float32)
        worth = pod_values(self._rules, self._worth, values, priced.pods)
        return np.flatnonzero(priced.bound - priced.reduced > DOUBT * np.maximum(np.abs(worth), 1.0))

    def _closer(self, rows: Rows, costs: Floats, weights: Floats | None, priced: Priced, which: Integers) -> Priced:
        found = self._ordered(rows.take(which), costs, weights)
        width = max(priced.pods.shape[1], found.pods.shape[1])
        pods = np.full((len(rows), width), NOTHING, dtype=np.int16)
        pods[:, : priced.pods.shape[1]] = priced.pods
        better = found.reduced > priced.reduced[which]
        pods[which[better]] = NOTHING
        pods[which[better], : found.pods.shape[1]] = found.pods[better]
        reduced, bound = priced.reduced.copy(), priced.bound.copy()
        reduced[which] = np.maximum(reduced[which], found.reduced)
        bound[which] = np.maximum(np.minimum(bound[which], found.bound), reduced[which])
        return Priced(bound, reduced, pods)


def closely(rules: PodRules, worth: Worth) -> Pricing:
    """Pricing where nothing new is found otherwise: in double precision, exact search for a few rows in doubt."""
    dynamic = Dynamic(rules, worth)
    return Exact(
        Exact(dynamic, Ordered(rules, worth, dynamic), most=CLOSELY), Sequence(rules, worth, limit=SEARCHED), most=ROWS
    )


CLOSELY: Final = 4_096
"""Rows asked in order where nothing new is found otherwise."""
