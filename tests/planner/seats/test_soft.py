"""Soft choice while seats are served: as likely as is stated, whatever has closed by then."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from planner.port import Iterations
from planner.price.port import Pricing
from planner.price.pricing import Dynamic
from planner.problem import NOTHING, Ads, Floats, Integers, Kind, Problem, Shared
from planner.seats.assign import LEAST_TURN, assign, best_pods
from planner.seats.plan import certified, quick, upper_bound
from planner.seats.policy import Policy
from planner.seats.prices import crowd_prices
from planner.seats.soft import SoftChoice
from planner.worth import pod_values
from replay.bench.hard_book import Form, hard
from tests.planner.seats.crowds import Listed, OneSlot, limits, no_limits, spots

MENU = np.array([[0, 1], [1, 2], [2, 3], [3, NOTHING], [NOTHING, NOTHING]], dtype=np.int16)
SEATS = LEAST_TURN + 40
SEEDS = 250


def closing() -> Problem:
    """Seats alike, who like one ad best: a goal, a budget with two bids and a share close on the way."""
    shared = limits(
        4,
        (Kind.GOAL, {0: 1}, 21),
        (Kind.BUDGET, {1: 5, 3: 2}, 166),
        (Kind.SHARE_MAXIMUM, {0: -0.25, 1: -0.25, 2: 0.75, 3: -0.25}, 0),
    )
    return spots(np.tile([9.0, 8.0, 8.5, 4.0], (SEATS, 1)), slots=2, shared=shared, apart=(1, 3))


def soft(problem: Problem, menu: Ads, policy: Policy, pricing: Pricing | None = None) -> SoftChoice:
    return SoftChoice(pricing or Dynamic(problem.rules, problem.worth), problem.rules, problem.worth, menu, policy)


def room(shared: Shared, pods: Ads) -> Floats:
    """float64[S, I]: what each seat finds left of the upper bounds; a share's is what it was when the turn began."""
    of_ads = np.vstack([shared.use.T, np.zeros(len(shared))])
    each = of_ads[pods].sum(axis=1)
    before = np.cumsum(each, axis=0) - each
    spent = np.maximum(of_ads, 0.0)[pods].sum(axis=1)
    taken = np.cumsum(spent, axis=0) - spent
    start = np.arange(len(pods)) // LEAST_TURN * LEAST_TURN
    return np.asarray(shared.limit - before[start] - (taken - taken[start]))


def test_pods_come_as_often_as_stated_even_after_limits_have_closed() -> None:
    problem = closing()
    shared, prices = problem.shared, np.array([1.0, 0.1, 1.0])
    pods = [(0, 1), (1, 2), (2, 3), (3,), ()]
    drawn, expected, spread = np.zeros((3, len(pods), SEATS))
    gone = np.zeros(4)
    for seed in range(SEEDS):
        choose = soft(problem, MENU, Policy(seed, temperature=4.0, exploration=0.1))
        found = assign(choose, Listed(problem.rows), shared, prices, 2, chances=True)
        assert found.propensity is not None
        assert found.slots is not None
        closed = (np.maximum(shared.use, 0.0)[None] > room(shared, found.pods)[:, :, None] + 1e-9).any(axis=1)
        gone += closed.any(axis=0)
        for number, pod in enumerate(pods):
            mine = (found.pods == MENU[number]).all(axis=1)
            chance = np.where(mine, found.propensity, 1.0).astype(np.float64)
            # The inverse of its probability, where the pod is drawn, is on average 1 wherever it may be drawn.
            drawn[number] += mine / chance
            expected[number] += ~closed[:, list(pod)].any(axis=1)
            spread[number] += mine / chance * (1 / chance - 1)
        slotted = np.where(found.pods == NOTHING, 1.0, found.slots)
        assert (slotted >= found.propensity[:, None] * (1 - 1e-6)).all()
        assert (found.slots[found.pods == NOTHING] == 0.0).all()
    assert (gone > SEEDS / 2).all(), gone
    for number, pod in enumerate(pods):
        turns = (slice(0, 20), slice(20, LEAST_TURN), slice(LEAST_TURN, SEATS))
        for turn in turns:
            off = (drawn - expected)[number, turn].sum() / np.sqrt(max(spread[number, turn].sum(), 1.0))
            assert abs(off) < 4.0, (pod, turn, off)


def test_ads_stand_in_their_slots_as_often_as_stated() -> None:
    count = 40_000
    problem = spots(np.tile([9.0, 8.0, 8.5, 4.0], (count, 1)), slots=2, apart=(1, 3))
    policy = Policy(seed=6, temperature=4.0, exploration=0.1)
    served = soft(problem, MENU, policy)(problem.rows, 0, np.zeros(4))
    assert (served.pods == [0, 2]).all(axis=1).any()
    for slot in range(2):
        for ad in range(4):
            mine = served.pods[:, slot] == ad
            stated = served.slots[mine, slot]
            if mine.any():
                assert stated.min() == pytest.approx(stated.max())
                assert mine.mean() == pytest.approx(stated[0], abs=4 * np.sqrt(stated[0] / count))


def test_without_chance_each_seat_has_its_best_pod() -> None:
    book = hard(5, 300, 10, Form.SEPARATED)
    problem, pricing = book.problem, Dynamic(book.problem.rules, book.problem.worth)
    rows, free = book.crowd.block(0, 300), np.zeros(len(problem.shared))
    costs = problem.shared.costs(free)
    priced = pricing(rows, costs)
    menu = np.unique(priced.pods[:40], axis=0)
    served = soft(problem, menu, Policy(seed=1), pricing)(rows, 0, costs)
    value = pod_values(problem.rules, problem.worth, rows.values, served.pods)
    best = pod_values(problem.rules, problem.worth, rows.values, priced.pods)
    assert value == pytest.approx(best, rel=1e-3)
    assert (value >= best - 1e-6 * best).all()
    assert (served.propensity == 1.0).all()
    assert (served.slots == (served.pods != NOTHING)).all()


def test_the_own_pod_on_the_menu_is_not_counted_twice() -> None:
    problem = spots(np.tile([9.0, 8.0, 7.0], (30_000, 1)))
    with_own = np.array([[0], [1], [2]], dtype=np.int16)
    policy = Policy(seed=2, temperature=2.0)
    served = soft(problem, with_own, policy, OneSlot())(problem.rows, 0, np.zeros(3))
    chance = np.exp(np.array([9.0, 8.0, 7.0]) / 2.0)
    chance /= chance.sum()
    assert served.propensity == pytest.approx(chance[served.pods[:, 0]])
    assert np.bincount(served.pods[:, 0]) / 30_000 == pytest.approx(chance, abs=0.015)
    without = soft(problem, with_own[1:], policy, OneSlot())(problem.rows, 0, np.zeros(3))
    assert without.propensity == pytest.approx(chance[without.pods[:, 0]])
    assert set(np.unique(without.pods).tolist()) == {0, 1, 2}


def test_costs_and_what_time_earns_count_on_the_menu_as_in_pricing() -> None:
    problem = spots(np.tile([9.0, 8.0, 7.0], (500, 1)), slots=2)
    worth = replace(problem.worth, instants=np.array([0, 60_000_000]), survival=np.array([1.0, 0.5]), first=1.5)
    problem = replace(problem, worth=replace(worth, per_second=0.1, load=0.3, load_free=30_000_000))
    costs = np.array([1.0, 0.5, 4.0])
    menu = np.array([[1, 0], [2, NOTHING]], dtype=np.int16)
    policy = Policy(seed=3, temperature=3.0)
    served = soft(problem, menu, policy)(problem.rows, 0, costs)
    own = Dynamic(problem.rules, problem.worth)(problem.rows, costs)
    pods = np.vstack([menu, own.pods[:1]])
    reduced = pod_values(problem.rules, problem.worth, problem.rows.values[:3], pods)
    reduced -= np.where(pods != NOTHING, costs[pods], 0.0).sum(axis=1)
    chance = np.exp(reduced / 3.0) / np.exp(reduced / 3.0).sum()
    which = (served.pods[:, None, :] == pods[None]).all(axis=2).argmax(axis=1)
    assert served.propensity == pytest.approx(chance[which])
    assert set(which.tolist()) == {0, 1, 2}


def test_a_configured_share_explores_whatever_it_is_worth() -> None:
    problem = spots(np.tile([9.0, 8.0, 7.0, 6.0], (30_000, 1)))
    menu = np.array([[1], [2], [3]], dtype=np.int16)
    served = soft(problem, menu, Policy(seed=4, exploration=0.2), OneSlot())(problem.rows, 0, np.zeros(4))
    often = np.bincount(served.pods[:, 0]) / 30_000
    assert often == pytest.approx([0.85, 0.05, 0.05, 0.05], abs=0.006)
    assert served.propensity == pytest.approx(np.array([0.85, 0.05, 0.05, 0.05])[served.pods[:, 0]])


def test_only_legal_pods_are_on_a_rows_menu() -> None:
    problem = spots(np.tile([9.0, 8.0, 7.0], (400, 1)), slots=2)
    third: Integers = np.arange(400) % 4
    rows = replace(
        problem.rows,
        allowed=np.array([[True, True, True], [False, True, True], [True, True, True], [True] * 3])[third],
        ad_time=np.array([60, 60, 30, 60])[third] * 1_000_000,
        required=(third == 3).astype(np.int64),
    )
    menu = np.array([[0, 1], [1, 2], [1, NOTHING]], dtype=np.int16)
    # Rows of the last kind have a requirement, which the menu knows nothing of.
    pricing = Dynamic(replace(problem.rules, required=((), ())), problem.worth)
    served = SoftChoice(pricing, problem.rules, problem.worth, menu, Policy(seed=5, temperature=1e6))(
        rows, 0, np.zeros(3)
    )
    seen = [{tuple(pod) for pod in served.pods[third == kind].tolist()} for kind in range(4)]
    assert {(0, 1), (1, 2), (1, NOTHING)} <= seen[0]
    assert (0, 1) not in seen[1]
    assert {(1, 2), (1, NOTHING)} <= seen[1]
    assert all(pod[1] == NOTHING for pod in seen[2])
    assert len(seen[3]) == 1
    assert (served.propensity[third == 3] == 1.0).all()


def test_more_chance_costs_more_and_the_gap_says_so() -> None:
    book = hard(7, 400, 10, Form.SCARCE)
    problem, crowd, shared = book.problem, book.crowd, book.problem.shared
    pricing = quick(problem)
    prices = crowd_prices(pricing, crowd, shared, stop=[Iterations(25, 0.01)], samples=[400])
    bound = upper_bound(pricing, crowd, shared, prices)
    menu = np.unique(pricing(crowd.block(0, 60), shared.costs(prices)).pods, axis=0)
    typical = bound / 400
    gaps = []
    for part in (0.0, 0.05, 1.0):
        policy = Policy(seed=8, temperature=part * typical)
        found = assign(soft(problem, menu, policy, pricing), crowd, shared, prices, 12)
        gaps.append(certified(problem, crowd, found, bound).gap)
        assert (found.use <= shared.limit)[~shared.at_least].all()
    sure = certified(problem, crowd, assign(best_pods(pricing), crowd, shared, prices, 12), bound).gap
    assert gaps[0] == pytest.approx(sure, abs=0.002)
    assert gaps == sorted(gaps)
    assert gaps[2] > gaps[1] + 0.1


def test_menus_of_nothing_and_of_doubles() -> None:
    problem = spots(np.tile([9.0, 8.0], (50, 1)))
    empty = np.zeros((0, 1), dtype=np.int16)
    served = soft(problem, empty, Policy(seed=1, temperature=5.0, exploration=0.5), OneSlot())(
        problem.rows, 0, np.zeros(2)
    )
    assert (served.pods == 0).all()
    assert (served.propensity == 1.0).all()
    with pytest.raises(ValueError, match="menu: expected 2 different pods"):
        soft(problem, np.array([[0], [0]], dtype=np.int16), Policy(seed=1))
    nobody = soft(problem, empty, Policy(seed=1), OneSlot())(problem.rows.take(slice(0, 0)), 0, np.zeros(2))
    assert nobody.pods.shape == (0, 1)
    without = spots(np.zeros((3, 0)))
    found = assign(soft(without, empty, Policy(seed=1)), Listed(without.rows), no_limits(0), np.zeros(0), 1)
    assert (found.pods == NOTHING).all()
