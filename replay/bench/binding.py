"""What bites in the hard book: histories, budgets and separations that a plan would earn more without."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from planner.price.port import Pricing
from planner.problem import NOTHING, Ads, Floats, Kind, PodRules, Problem, Rule, Worth, blocks
from replay.bench.hard_book import BLOCK, HardBook


@dataclass(frozen=True, slots=True)
class Binding:
    """What bites at given prices and pods.

    ``caps``: part of the sampled seats that would have a better pod without their histories. ``budgets``: part of the
    budgets and goals that are used to 99 % or more. ``separations``: part of the separated categories without which
    some sampled seat would have a better pod.
    """

    caps: float
    budgets: float
    separations: float


def usage(problem: Problem, pods: Ads) -> Floats:
    """float64[I]: what ``pods`` int16[S, P] use of the shared rows."""
    counts = np.zeros(problem.rules.ads, dtype=np.int64)
    for start, stop in blocks(len(pods), 16 * BLOCK):
        some = pods[start:stop]
        counts += np.bincount(some[some != NOTHING], minlength=problem.rules.ads)
    return np.asarray(problem.shared.use @ counts, dtype=np.float64)


def binding(
    book: HardBook,
    pods: Ads,
    prices: Floats,
    pricing: Callable[[PodRules, Worth], Pricing],
    sample: int = BLOCK,
) -> Binding:
    """What bites where all seats have ``pods`` int16[S, P], at ``prices`` float64[I]; the first seats are asked.

    ``pricing`` makes an exact pricing; a better pod is one that is worth at least a micro more.
    """
    problem = book.problem
    costs = problem.shared.costs(prices)
    stop = min(sample, len(book.crowd))
    rows = book.crowd.block(0, stop)
    had = pricing(problem.rules, problem.worth)(rows, costs).bound
    free = pricing(problem.rules, problem.worth)(book.crowd.without_histories(0, stop), costs).reduced
    few = slice(0, max(1, stop // 2))
    bites: list[bool] = []
    for family in problem.rules.families:
        if family.rule is Rule.SEPARATION:
            others = tuple(other for other in problem.rules.families if other is not family)
            lifted = pricing(replace(problem.rules, families=others), problem.worth)(rows.take(few), costs).reduced
            bites.append(bool((lifted >= had[few] + 1.0).any()))
    spent = usage(problem, pods)
    hard_rows = [row for row, kind in enumerate(problem.shared.kinds) if kind in {Kind.BUDGET, Kind.GOAL}]
    full = spent[hard_rows] >= 0.99 * problem.shared.limit[hard_rows]
    return Binding(float((free >= had + 1.0).mean()), float(full.mean()), float(np.mean(bites)))
