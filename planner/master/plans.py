"""Plans in whole seats, and which of two is the better one."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from planner.master.pool import Pool
from planner.master.restricted import Shares
from planner.master.turn import PROMISED, Turn
from planner.master.whole import Whole
from planner.plan import Portion, Solution
from planner.problem import NOTHING, Ads, Floats, Integers


@dataclass(frozen=True, slots=True)
class Plan:
    """``seats`` int64[N] > 0 of ``rows`` int64[N] see ``pods`` int16[N, W]; ``free`` int64[R] see slate.

    ``tiers`` float64[T] micros: what each tier's ads are worth, less the penalties of its rows; the last one's holds
    the time value. ``gross`` is all value before penalties.
    """

    rows: Integers
    pods: Ads
    seats: Integers
    free: Integers
    tiers: Floats
    gross: float

    @property
    def value(self) -> float:
        """Micros of the whole plan."""
        return float(self.tiers.sum())

    def portions(self) -> tuple[Portion, ...]:
        """By row, the slate last."""
        found = [
            Portion(int(row), tuple(ad for ad in pod if ad != NOTHING), int(seats))
            for row, pod, seats in zip(self.rows, self.pods.tolist(), self.seats, strict=True)
        ]
        found += [Portion(row, (), seats) for row, seats in enumerate(self.free.tolist()) if seats]
        return tuple(sorted(found, key=lambda portion: (portion.row, not portion.pod)))


def better(plan: Plan, other: Plan) -> bool:
    """Whether ``plan`` is the better one: an earlier tier decides, unless they differ by no more than may be moved."""
    for own, its in zip(plan.tiers[:-1], other.tiers[:-1], strict=True):
        if abs(own - its) > PROMISED * max(abs(own), abs(its)):
            return bool(own > its)
    return plan.value > other.value


def rounded(turn: Turn, pool: Pool, shares: Shares, *, improve: bool) -> Plan:
    """Whole seats for ``shares`` of the last turn; ``improve``: seats change to better pods too."""
    positive = np.flatnonzero(shares.shares > 0)
    whole = Whole(turn, pool, shares.prices, shares.columns[positive])
    whole.share(shares.columns[positive], shares.shares[positive])
    whole.fill()
    if improve:
        whole.improve()
    whole.repair()
    held = np.flatnonzero(whole.seats)
    columns = whole.columns[held]
    return _plan(turn, pool, pool.rows[columns], pool.pods[columns], whole.seats[held])


def taken_over(turn: Turn, pool: Pool, solution: Solution) -> Plan:
    """Another planner's plan."""
    shown = [portion for portion in solution.portions if portion.pod and portion.seats]
    pods = np.full((len(shown), max((len(portion.pod) for portion in shown), default=0)), NOTHING, dtype=np.int16)
    for number, portion in enumerate(shown):
        pods[number, : len(portion.pod)] = portion.pod
    rows = np.array([portion.row for portion in shown], dtype=np.int64)
    return _plan(turn, pool, rows, pods, np.array([portion.seats for portion in shown], dtype=np.int64))


def _plan(turn: Turn, pool: Pool, rows: Integers, pods: Ads, seats: Integers) -> Plan:
    problem = turn.problem
    parts = (seats[:, np.newaxis] * pool.valued(rows, pods)).sum(axis=0)
    present = pods != NOTHING
    each = np.broadcast_to(seats[:, np.newaxis], pods.shape)
    counts = np.bincount(pods[present], weights=each[present], minlength=problem.rules.ads)
    short = np.where(turn.at_least, np.maximum(problem.shared.limit - problem.shared.use @ counts, 0.0), 0.0)
    lost = np.bincount(turn.row_place, weights=problem.shared.penalty * short, minlength=len(turn.levels))
    free = problem.rows.seats - np.bincount(rows, weights=seats, minlength=len(problem.rows)).astype(np.int64)
    return Plan(rows, pods, seats, free, parts - lost, float(parts.sum()))
