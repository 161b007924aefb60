"""Pricing as planners use it: the dynamic program with branching, and exact search for what it leaves in doubt."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import DTypeLike

from planner.price.branch import Block, branched
from planner.price.conflict import ARCS, Conflict
from planner.price.groups import part
from planner.price.port import Priced, Pricing
from planner.price.relaxed import Knapsack
from planner.price.sequence import Sequence
from planner.price.time_prices import Numbers
from planner.problem import NOTHING, Floats, Integers, PodRules, Rows, Values, Worth, blocks

BLOCK: Final = 2048
"""Rows at a time: their tables stay in a core's cache."""
SEARCHED: Final = 20_000
"""Nodes that the search may take for one row: some tenths of a second."""
ROWS: Final = 64
"""Rows searched at a time, at most: a minute at worst, whatever the audience."""
WIDE: Final = 4.0
"""Conflicts for each ad that no group knows, on average: beyond, CP-SAT propagates better than the search branches."""


def pricing(rules: PodRules, worth: Worth) -> Pricing:
    """For cohorts: the dynamic program in double precision, branching until no rule is in doubt."""
    return Dynamic(rules, worth)


def exact(rules: PodRules, worth: Worth) -> Pricing:
    """The same, and a search for ``ROWS`` whose bound is not reached: by CP-SAT where conflicts are many."""
    dynamic = Dynamic(rules, worth)
    wide = dynamic.doubt > WIDE and dynamic.ways <= ARCS
    search: Pricing = Conflict(rules, worth) if wide else Sequence(rules, worth, limit=SEARCHED)
    return Exact(dynamic, search, most=ROWS)


class Dynamic:
    """The dynamic program with ``rounds`` of branching.

    Rows of float32 (``dtype``) take half the memory and time; their bounds are raised by what rounding may lose. A node
    is followed while it promises more than ``tolerance`` of a row's value.
    """

    def __init__(
        self, rules: PodRules, worth: Worth, *, dtype: DTypeLike = np.float64, rounds: int = 20, tolerance: float = 1e-9
    ) -> None:
        self._knapsacks = tuple(Knapsack.of(part(rules, required), worth, dtype) for required in rules.required)
        self._rounds = rounds
        self._tolerance = tolerance

    @property
    def doubt(self) -> float:
        """Conflicts for each ad that are left to branching, where they are most."""
        return max(float(knapsack.parting.open_pairs.sum(axis=1).mean()) for knapsack in self._knapsacks)

    @property
    def ways(self) -> float:
        """To place an ad in a pod, at most: two at every start; infinite where starts are rounded."""
        if any(each.states.slack for each in self._knapsacks):
            return np.inf
        return max(2.0 * len(each.states) * each.parting.rules.ads for each in self._knapsacks)

    def __call__(self, rows: Rows, costs: Floats, weights: Floats | None = None) -> Priced:
        """Price every row; see ``planner.price.port``."""
        count = len(rows)
        width = max(knapsack.slots for knapsack in self._knapsacks)
        priced = Priced(np.zeros(count), np.zeros(count), np.full((count, width), NOTHING, dtype=np.int16))
        if not rows.allowed.any():
            return priced
        for number, knapsack in enumerate(self._knapsacks):
            which = np.flatnonzero(rows.required == number)
            origin = knapsack.parting.origin
            for start, stop in blocks(len(which), BLOCK):
                part_ = which[start:stop]
                values = rows.values[part_].T.astype(knapsack.dtype, order="C")
                if weights is not None:
                    values *= weights[:, None].astype(knapsack.dtype)
                allowed = np.ascontiguousarray(rows.allowed[part_].T)
                if len(origin) > len(values):
                    values, allowed = values[origin], allowed[origin]
                charges = charge(rows.costs, part_, costs, len(part_))[origin]
                block = Block(values, allowed, charges, rows.ad_time[part_])
                bound, reduced, pods = branched(knapsack, block, rounds=self._rounds, tolerance=self._tolerance)
                priced.bound[part_] = bound
                priced.reduced[part_] = reduced
                priced.pods[part_, : pods.shape[1]] = np.where(pods == NOTHING, NOTHING, origin[pods])
        return priced


def charge(own: Values | None, which: Integers, costs: Floats, count: int) -> Numbers:
    """[J, B]: what each ad costs each of some rows; without costs of their own it is one column, seen B times."""
    if own is None:
        return np.broadcast_to(costs[:, None], (len(costs), count))
    return np.asarray(own[which].T + costs[:, None])


class Exact:
    """The dynamic program, and ``search`` for the rows whose bound it does not reach within ``tolerance``.

    Of more than ``most`` such rows those are searched that leave most in doubt, their seats counted; the others keep
    their bound.
    """

    def __init__(self, dynamic: Pricing, search: Pricing, *, tolerance: float = 1e-9, most: int | None = None) -> None:
        self._dynamic = dynamic
        self._search = search
        self._tolerance = tolerance
        self._most = most

    def __call__(self, rows: Rows, costs: Floats, weights: Floats | None = None) -> Priced:
        """Price every row; see ``planner.price.port``."""
        priced = self._dynamic(rows, costs, weights)
        doubt = np.flatnonzero(priced.bound > priced.reduced * (1.0 + self._tolerance) + self._tolerance)
        if not len(doubt):
            return priced
        if self._most is not None and len(doubt) > self._most:
            open_ = (priced.bound - priced.reduced)[doubt] * rows.seats[doubt]
            doubt = np.sort(doubt[np.argsort(-open_, kind="stable")[: self._most]])
        found = self._search(rows.take(doubt), costs, weights)
        better = found.reduced > priced.reduced[doubt]
        width = max(priced.pods.shape[1], found.pods.shape[1])
        pods = np.full((len(rows), width), NOTHING, dtype=np.int16)
        pods[:, : priced.pods.shape[1]] = priced.pods
        pods[doubt[better]] = NOTHING
        pods[doubt[better], : found.pods.shape[1]] = found.pods[better]
        priced.reduced[doubt] = np.maximum(priced.reduced[doubt], found.reduced)
        priced.bound[doubt] = np.maximum(np.minimum(priced.bound[doubt], found.bound), priced.reduced[doubt])
        return Priced(priced.bound, priced.reduced, pods)
