"""The best legal pod that has a given ad, and the best that has not: what an ad's absence is measured by."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from planner.price.port import Priced, Pricing
from planner.problem import NOTHING, Floats, Integers, Problem, Rows
from planner.worth import pod_values


@dataclass(frozen=True, slots=True)
class Compared:
    """Row ``row``'s best pods with an ad and without it; ``margin`` micros of one viewer that the former is worth less
    at the given costs, negative if it is worth more.
    """

    row: int
    having: tuple[int, ...]
    lacking: tuple[int, ...]
    margin: float


def having(pricing: Pricing, problem: Problem, rows: Rows, costs: Floats, ad: int) -> tuple[Floats, Priced]:
    """float64[R]: what each row's best pod with ``ad`` is worth at ``costs`` float64[J], -inf where no legal pod has
    it; and these pods.

    The ad is paid more than all else could bring together: the best pod has it if any legal pod has.
    """
    prize = 4.0 * (1.0 + _most(problem, rows) + float(np.abs(costs).max()) * problem.rules.maximum_ads)
    bribed = costs.copy()
    bribed[ad] -= prize
    priced = pricing(rows, bribed)
    return np.where((priced.pods == ad).any(axis=1), reduced(problem, rows, priced, costs), -np.inf), priced


def compare(pricing: Pricing, problem: Problem, which: Integers, costs: Floats, ad: int) -> Compared | None:
    """The row among ``which`` where the best pod with ``ad`` comes nearest to the best without; None if none has it."""
    rows = problem.rows.take(which)
    with_it, pods = having(pricing, problem, rows, costs, ad)
    if not np.isfinite(with_it).any():
        return None
    nearest = int(np.argmin(pricing(rows, costs).reduced - with_it))
    one = rows.take(np.array([nearest], dtype=np.int64))
    allowed = one.allowed.copy()
    allowed[:, ad] = False
    without = replace(one, allowed=allowed)
    best = pricing(without, costs)
    margin = float(reduced(problem, without, best, costs)[0] - with_it[nearest])
    return Compared(int(which[nearest]), pod(pods, nearest), pod(best, 0), margin)


def reduced(problem: Problem, rows: Rows, priced: Priced, costs: Floats) -> Floats:
    """float64[R]: what the pods found are worth at ``costs`` and the rows' own, whatever they were priced at."""
    present = priced.pods != NOTHING
    chosen = np.where(present, priced.pods, 0).astype(np.int64)
    charged = costs[chosen]
    if rows.costs is not None:
        charged = charged + np.take_along_axis(rows.costs, chosen, axis=1)
    paid: Floats = np.where(present, charged, 0.0).sum(axis=1)
    return pod_values(problem.rules, problem.worth, rows.values, priced.pods) - paid


def pod(priced: Priced, row: int) -> tuple[int, ...]:
    """Row ``row``'s pod."""
    return tuple(int(ad) for ad in priced.pods[row] if ad != NOTHING)


def _most(problem: Problem, rows: Rows) -> float:
    """More than any pod can be worth or cost by its ads' values, the rows' own costs and its length."""
    worth, rules = problem.worth, problem.rules
    value = float(np.abs(rows.values).max(initial=0.0)) * rules.maximum_ads * max(1.0, worth.first, worth.last)
    if rows.costs is not None:
        value += float(np.abs(rows.costs).max(initial=0.0)) * rules.maximum_ads
    return value + (abs(worth.per_second) + abs(worth.load)) * rules.duration / 1e6
