"""The planner of events against the best there is: one program over all scenes and all pods of small events."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest

from planner.event.night import Night
from planner.event.plan import NightPlan, plan_night
from planner.port import Iterations
from planner.problem import Flags
from tests.planner.event.nights import Fines, night
from tests.planner.event.oracle import integer_optimum, linear_lacking, linear_optimum

STOP = Iterations(300, gap=1e-4)
NEAR = 0.01
"""The planner is this close to the best plan in whole seats, relative to its value."""
ROUNDING = 1e-6
BATCH = 25


def planned(event: Night) -> NightPlan:
    return plan_night(event, stop=STOP)


def check(seed: int, event: Night, plan: NightPlan, best: float) -> None:
    """The plan is near ``best`` and not above what there is, and says so; its bound is one of all plans."""
    most = linear_optimum(event)
    slack = ROUNDING * max(abs(most), plan.gross) + 1.0
    assert plan.upper_bound >= most - slack, (seed, plan.upper_bound, most)
    assert plan.value <= most + slack, (seed, plan.value, most)
    assert plan.value >= best - NEAR * abs(best) - 1.0, (seed, plan.value, best)
    assert plan.gross >= plan.value - slack, seed
    assert plan.short.shape == (len(event.shared),)
    assert (plan.short >= 0).all(), seed
    assert not plan.short[~event.shared.at_least].any(), seed
    assert plan.gross - plan.value >= float(plan.short @ event.shared.penalty) - slack, seed


def kept(event: Night, plan: NightPlan) -> Flags:
    """bool[I]: what is promised is there; a minimum share has no limit, so its unit is a seat."""
    limit = np.where(event.shared.limit > 0, event.shared.limit, float(event.seats.sum()))
    return np.asarray(plan.short <= ROUNDING * limit)


@pytest.mark.parametrize("start", range(5_000, 5_150, BATCH))
def test_it_is_near_the_best_plan_in_whole_seats(start: int) -> None:
    """And what can be kept is kept, if breaking it costs enough."""
    promises = Counter[bool]()
    for seed in range(start, start + BATCH):
        high = seed % 2 == 1
        event = night(seed, fines=Fines.HIGH if high else Fines.MILD)
        best, keepable = integer_optimum(event)
        plan = planned(event)
        check(seed, event, plan, best)
        if high and event.shared.at_least.any():
            promises[keepable] += 1
            assert kept(event, plan).all() or not keepable, (seed, plan.short, event.shared.limit)
    assert min(promises.values()) >= 1, promises


@pytest.mark.parametrize("start", range(6_000, 6_050, BATCH))
def test_it_is_near_the_best_plan_in_fractions_of_seats(start: int) -> None:
    promises = Counter[bool]()
    for seed in range(start, start + BATCH):
        high = seed % 2 == 1
        event = night(seed, whole=False, fines=Fines.HIGH if high else Fines.MILD)
        plan = planned(event)
        check(seed, event, plan, linear_optimum(event))
        if high and event.shared.at_least.any():
            keepable = linear_lacking(event) < ROUNDING
            promises[keepable] += 1
            assert kept(event, plan).all() or not keepable, (seed, plan.short, event.shared.limit)
    assert min(promises.values()) >= 1, promises
