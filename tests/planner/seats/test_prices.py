"""Prices over a crowd: close to the best there are, within their penalties, and found sooner from good ones."""

from __future__ import annotations

import numpy as np
import pytest

from planner.port import Iterations
from planner.price.pricing import Dynamic
from planner.problem import Kind
from planner.seats.plan import quick, upper_bound
from planner.seats.prices import charged, crowd_prices, demand, placed, used
from replay.bench.hard_book import Form, hard
from tests.planner.master.whole_truth import Columns, whole_program
from tests.planner.seats.crowds import Listed, OneSlot, limits, no_limits, single_seats, spots


class Until:
    """Stops at a gap, and counts."""

    def __init__(self, gap: float, limit: int = 200) -> None:
        self.gap, self.limit, self.asked = gap, limit, 0

    def __call__(self, iteration: int, gap: float) -> bool:
        self.asked += 1
        return gap <= self.gap or iteration >= self.limit


@pytest.mark.parametrize("seed", range(8))
def test_the_bound_is_within_half_a_percent_of_the_best_there_is(seed: int) -> None:
    random = np.random.default_rng(seed)
    seats, bids = 200, random.integers(3, 30, 5).astype(float)
    part = random.uniform(0.1, 0.9, 4)
    shared = limits(
        5,
        (Kind.BUDGET, {0: bids[0], 1: bids[1]}, np.floor(part[0] * seats * bids[0])),
        (Kind.GOAL, {2: 1}, np.floor(part[1] * seats)),
        (Kind.GUARANTEE, {3: 1}, np.floor(part[2] * seats)),
        (Kind.SHARE_MAXIMUM, {0: -0.1, 1: -0.1, 2: -0.1, 3: -0.1, 4: 0.9}, 0.0),
        (Kind.SHARE_MINIMUM, {0: -0.3, 1: 0.7, 2: -0.3, 3: -0.3, 4: -0.3}, 0.0),
    )
    problem = spots(bids * random.lognormal(0.0, 0.4, (seats, 5)), slots=2, shared=shared, apart=(0, 2))
    best = whole_program(problem, Columns(problem)).objective
    pricing = Dynamic(problem.rules, problem.worth)
    prices = crowd_prices(pricing, Listed(problem.rows), shared, stop=[Iterations(150)], samples=[seats])
    bound = upper_bound(pricing, Listed(problem.rows), shared, prices)
    free = demand(pricing, problem.rows, shared, np.zeros(len(shared))).bound
    assert free > 1.02 * best
    assert best <= bound + 1e-6 * abs(best)
    assert bound - best < 0.005 * demand(pricing, problem.rows, shared, prices).gross


def test_prices_of_guarantees_stay_within_the_penalty() -> None:
    at_penalty = 0
    for seed in range(16):
        problem, crowd = single_seats(seed, 60, ads=4)
        shared = problem.shared
        if Kind.GUARANTEE not in shared.kinds:
            continue
        pricing = Dynamic(problem.rules, problem.worth)
        for warm in (None, np.full(len(shared), 1e9), np.full(len(shared), -1.0)):
            prices = crowd_prices(pricing, crowd, shared, stop=[Iterations(20)], warm=warm, samples=[60])
            assert (prices >= 0).all()
            assert (prices <= np.where(shared.at_least, shared.penalty, np.inf)).all()
            at_penalty += bool((prices == shared.penalty)[shared.at_least].any())
    assert at_penalty > 8


def test_good_prices_are_found_sooner_from_good_prices() -> None:
    book = hard(6, 2_000, 40, Form.AMPLE)
    pricing, shared = quick(book.problem), book.problem.shared
    cold, warm, same = Until(0.02), Until(0.02), Until(0.02)
    found = crowd_prices(pricing, book.crowd, shared, stop=[cold], samples=[2_000])
    crowd_prices(pricing, book.crowd, shared, stop=[warm], warm=found * 1.05, samples=[2_000])
    crowd_prices(pricing, book.crowd, shared, stop=[same], warm=found, samples=[2_000])
    assert cold.asked < cold.limit
    assert same.asked <= warm.asked < cold.asked / 2


def test_larger_samples_follow_until_one_holds_all_seats() -> None:
    random = np.random.default_rng(3)
    shared = limits(3, (Kind.GOAL, {0: 1}, 3_000), (Kind.BUDGET, {1: 10}, 20_000))
    problem = spots(random.lognormal(0.0, 0.5, (20_000, 3)), shared=shared)
    crowd = Listed(problem.rows)
    stops = [Until(0.005), Until(0.005), Until(0.005)]
    prices = crowd_prices(OneSlot(), crowd, shared, stop=stops, samples=[500, 4_000, 50_000])
    use = demand(OneSlot(), crowd.rows, shared, prices).use
    assert use == pytest.approx(shared.limit, rel=0.05)
    # The second sample held all seats: there is nothing left for a third.
    stops = [Until(0.005), Until(0.005), Until(0.005)]
    crowd_prices(OneSlot(), Listed(crowd.block(0, 3_000)), shared, stop=stops, samples=[500, 4_000, 50_000])
    assert stops[2].asked == 0


def test_what_is_never_short_costs_nothing() -> None:
    shared = limits(2, (Kind.GOAL, {0: 1}, 600), (Kind.GOAL, {1: 1}, 50))
    problem = spots(np.random.default_rng(4).random((500, 2)) + 1.0, shared=shared)
    prices = crowd_prices(OneSlot(), Listed(problem.rows), shared, stop=[Iterations(80)], samples=[500])
    assert prices[0] == 0.0
    assert prices[1] > 0.1


def test_a_penalty_far_above_what_ads_bring_is_reached() -> None:
    shared = limits(2, (Kind.GUARANTEE, {0: 1}, 400))
    problem = spots(np.full((200, 2), 0.05), shared=shared)
    prices = crowd_prices(OneSlot(), Listed(problem.rows), shared, stop=[Iterations(60)], samples=[200])
    assert prices.tolist() == [100.0]


def test_nobody_nothing_and_no_limits() -> None:
    shared = limits(2, (Kind.BUDGET, {0: 7}, 7), (Kind.GUARANTEE, {1: 1}, 3))
    nobody = Listed(spots(np.zeros((0, 2))).rows)
    prices = crowd_prices(OneSlot(), nobody, shared, stop=[Iterations(5)], samples=[10])
    # All of the guarantee falls short, and the bound says so.
    assert prices.tolist() == [0.0, 100.0]
    assert upper_bound(OneSlot(), nobody, shared, prices) == -300.0
    someone = spots(np.ones((30, 2)))
    stop = Until(0.0)
    assert crowd_prices(OneSlot(), Listed(someone.rows), no_limits(2), stop=[stop], samples=[10]).shape == (0,)
    assert stop.asked == 1
    without = spots(np.zeros((30, 0)))
    pricing = Dynamic(without.rules, without.worth)
    assert len(crowd_prices(pricing, Listed(without.rows), no_limits(0), stop=[stop], samples=[10])) == 0


def test_use_and_charges_are_counted_plainly() -> None:
    shared = limits(3, (Kind.BUDGET, {0: 7, 2: 5}, 100), (Kind.GUARANTEE, {1: 1}, 3))
    pods = np.array([[0, 2], [2, -1], [-1, -1], [1, 0]], dtype=np.int16)
    counts = placed(pods, 3)
    assert counts.tolist() == [2, 1, 2]
    assert used(shared.use, counts).tolist() == [24.0, 1.0]
    assert charged(shared, np.array([2.0, 10.0])) == 2 * 100 - 10 * 3
