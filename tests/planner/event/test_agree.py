"""The planner of events against the best there is: one program over all scenes and all pods of small events."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest

from planner.event.answer import NightPlan
from planner.event.night import HARD, Night
from planner.event.plan import plan_night
from planner.legal import legal
from planner.port import Iterations
from planner.problem import NOTHING, Flags, Floats
from planner.worth import pod_value
from tests.planner.event.nights import Fines, night
from tests.planner.event.oracle import dual_bound, integer_optimum, linear_lacking, linear_optimum

STOP = Iterations(300, gap=1e-4)
NEAR = 0.01
"""The planner is this close to the best plan in whole seats, relative to its value."""
ROUNDING = 1e-6
BATCH = 25


def planned(event: Night) -> NightPlan:
    return plan_night(event, stop=STOP)


def recounted(seed: int, event: Night, plan: NightPlan) -> tuple[float, float, Floats]:
    """Value, gross value and what is short, counted from the portions alone; all that is hard is kept."""
    shared, shown, gross = event.shared, plan.shown, 0.0
    seats, used = np.zeros_like(event.seats), np.zeros(len(shared))
    reach = np.zeros((len(event.reach), len(event.cohorts)))
    for number, cohort, padded, many in zip(
        shown.scenes.tolist(), shown.cohorts.tolist(), shown.pods.tolist(), shown.seats.tolist(), strict=True
    ):
        scene = event.scenes[number]
        pod = [scene.ads.tolist().index(ad) for ad in padded if ad != NOTHING]
        assert many >= 0, seed
        assert legal(scene.rules, scene.rows, cohort, pod) is None, (seed, number, cohort, padded)
        seats[number, cohort] += many
        gross += many * pod_value(scene.rules, scene.worth, scene.rows.values[cohort], pod)
        used += many * scene.use[:, pod].sum(axis=1)
        for row, cap in enumerate(event.reach):
            if cap.first <= number < cap.stop:
                reach[row, cohort] += many * sum(
                    use for ad, use in zip(cap.ads.tolist(), cap.use.tolist(), strict=True) if ad in padded
                )
    assert (seats <= event.seats * (1.0 + ROUNDING)).all(), seed
    size = ROUNDING * np.maximum(np.abs(shared.limit), np.abs(shared.use).max(axis=1, initial=0.0) * event.seats.sum())
    assert (shared.at_least | (used <= shared.limit + size)).all(), (seed, used, shared.limit)
    short = np.where(shared.at_least, np.maximum(shared.limit - used, 0.0), 0.0)
    value = gross - float(short @ shared.penalty)
    for row, cap in enumerate(event.reach):
        beyond = np.maximum(reach[row] - cap.limit, 0.0)
        if cap.penalty == HARD:
            assert (beyond <= ROUNDING * cap.use.max(initial=1.0) * (1.0 + event.seats.sum(axis=0))).all(), (seed, row)
        else:
            value -= cap.penalty * float(beyond.sum())
    return value, gross, short


def check(seed: int, event: Night, plan: NightPlan, best: float) -> None:
    """The plan is what it says, near ``best`` and not above what there is; its bound is one of all plans."""
    most, stated, shared = linear_optimum(event), plan.certificate, event.shared
    slack = ROUNDING * max(abs(most), stated.gross) + 1.0
    assert stated.upper_bound >= most - slack, (seed, stated.upper_bound, most)
    assert stated.value <= most + slack, (seed, stated.value, most)
    assert stated.value >= best - NEAR * abs(best) - 1.0, (seed, stated.value, best)
    value, gross, short = recounted(seed, event, plan)
    assert plan.short.shape == (len(shared),)
    assert plan.short == pytest.approx(short, rel=1e-6, abs=ROUNDING * (1.0 + event.seats.sum())), seed
    assert stated.gross == pytest.approx(gross, rel=1e-6, abs=1.0), seed
    # What floating point leaves short of a promise costs its penalty, which may be a hundred pods.
    assert abs(stated.value - value) <= slack + ROUNDING * event.seats.sum() * shared.penalty.sum(), seed
    assert (plan.prices.shared >= 0).all(), seed
    assert (plan.prices.shared <= np.where(shared.at_least, shared.penalty * (1 + 1e-9), np.inf)).all(), seed
    assert (plan.prices.reach >= 0).all(), seed
    for prices, cap in zip(plan.prices.reach, event.reach, strict=True):
        assert (prices <= cap.penalty * (1 + 1e-9)).all(), seed
    assert stated.upper_bound >= dual_bound(event, plan.prices) - slack, seed


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
