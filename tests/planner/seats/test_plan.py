"""Crowds planned: the bound is one, the gap is small on hard books, and the same plan comes out again."""

from __future__ import annotations

from hashlib import sha256

import numpy as np
import pytest

from planner.legal import all_legal
from planner.plan import Certificate
from planner.port import Iterations
from planner.price.pricing import Dynamic
from planner.price.threads import Threads
from planner.problem import NOTHING, Kind
from planner.seats.assign import assign, best_pods
from planner.seats.plan import certified, close, gross_value, plan_crowd, quick, upper_bound
from planner.seats.prices import crowd_prices
from planner.worth import pod_value
from replay.bench.hard_book import Form, HardBook, hard
from tests.planner.master.whole_truth import Columns, best_whole_plan
from tests.planner.seats.crowds import Listed, OneSlot, limits, single_seats, spots

SLOTS = 12


def check(plan_: Certificate, best: float) -> None:
    rounding = 1e-5 * max(abs(best), 1.0) + 1.0
    assert plan_.value <= best + rounding
    assert best <= plan_.upper_bound + rounding


def test_value_is_at_most_the_best_whole_plan_and_that_at_most_the_bound() -> None:
    reached = tight = 0
    random = np.random.default_rng(9)
    for seed in range(16):
        problem, crowd = single_seats(seed, 9, ads=4)
        best = best_whole_plan(problem, Columns(problem))
        pricing = Dynamic(problem.rules, problem.worth)
        found = plan_crowd(problem, crowd, (pricing, pricing), best_pods(pricing))
        check(found.certificate, best)
        reached += found.certificate.value > best - 1.0
        tight += found.certificate.upper_bound < best + 0.05 * abs(best)
        shared = problem.shared
        ceiling = np.where(shared.at_least, shared.penalty, 2 * np.abs(problem.rows.values).mean())
        for _ in range(3):
            bound = upper_bound(pricing, crowd, shared, random.random(len(shared)) * ceiling)
            assert bound >= best - 1e-5 * abs(best) - 1.0, seed
    assert reached > 3
    assert tight > 5


def test_prices_that_prove_nothing_are_refused() -> None:
    shared = limits(2, (Kind.BUDGET, {0: 7}, 70), (Kind.GUARANTEE, {1: 1}, 3))
    crowd = Listed(spots(np.ones((5, 2)), shared=shared).rows)
    for prices in ([-0.1, 0.0], [0.0, 100.1]):
        with pytest.raises(ValueError, match="prices: expected at least 0"):
            upper_bound(OneSlot(), crowd, shared, np.array(prices))
    assert upper_bound(OneSlot(), crowd, shared, np.array([0.0, 100.0])) == 5 * 101 - 300


@pytest.mark.parametrize("form", list(Form))
def test_hard_books_are_planned_within_two_percent(form: Form) -> None:
    book = hard(2, 20_000, 100, form)
    problem, shared = book.problem, book.problem.shared
    with Threads(quick(problem), 2) as rough, Threads(close(problem), 2) as fine:
        prices = crowd_prices(rough, book.crowd, shared, stop=[Iterations(25, 0.01)], samples=[4_096])
        bound = upper_bound(fine, book.crowd, shared, prices)
        found = assign(best_pods(rough), book.crowd, shared, prices, SLOTS)
    certificate = certified(problem, book.crowd, found, bound)
    assert 0.0 < certificate.gap < 0.02
    assert (found.use <= shared.limit)[~shared.at_least].all()
    assert all_legal(problem.rules, book.crowd.block(0, 20_000), found.pods).all()


def digest(book: HardBook, threads: int) -> str:
    problem = book.problem
    with Threads(quick(problem), threads) as rough, Threads(close(problem), threads) as fine:
        prices = crowd_prices(rough, book.crowd, problem.shared, stop=[Iterations(6)], samples=[len(book.crowd)])
        bound = upper_bound(fine, book.crowd, problem.shared, prices)
        found = assign(best_pods(fine), book.crowd, problem.shared, prices, SLOTS)
    stated = np.array([bound, certified(problem, book.crowd, found, bound).value])
    return sha256(b"".join(part.tobytes() for part in (found.pods, found.use, prices, stated))).hexdigest()


def test_the_same_bytes_again_and_with_two_threads() -> None:
    book = hard(4, 4_500, 30, Form.SEPARATED)
    once = digest(book, 1)
    assert digest(book, 2) == once
    assert digest(hard(4, 4_500, 30, Form.SEPARATED), 1) == once


def test_value_is_that_of_the_seats_own_pods_less_the_penalties() -> None:
    shared = limits(3, (Kind.BUDGET, {0: 7}, 21), (Kind.GUARANTEE, {2: 1}, 5))
    problem = spots(np.random.default_rng(5).random((30, 3)), slots=2, shared=shared)
    crowd = Listed(problem.rows)
    found = assign(best_pods(Dynamic(problem.rules, problem.worth)), crowd, shared, np.array([0.0, 0.0]), 2)
    pods = [[ad for ad in pod if ad != NOTHING] for pod in found.pods.tolist()]
    gross = sum(
        pod_value(problem.rules, problem.worth, values, pod)
        for values, pod in zip(problem.rows.values, pods, strict=True)
    )
    assert gross_value(problem, crowd, found.pods) == pytest.approx(gross)
    few = assign(best_pods(OneSlot()), crowd, shared, np.array([0.0, 0.0]), 1)
    short = max(0, 5 - int((few.pods == 2).sum()))
    stated = certified(problem, crowd, few, 1e6)
    assert stated.gross - stated.value == 100.0 * short
    nothing = certified(problem, crowd, assign(best_pods(OneSlot()), crowd, shared, np.array([1e9, 0.0]), 1), 1e6)
    assert nothing.gross > 0.0


@pytest.mark.parametrize(("seats", "ads"), [(0, 2), (1, 2), (3, 0), (0, 0)])
def test_hardly_anybody_and_nothing_to_show(seats: int, ads: int) -> None:
    shared = limits(ads, (Kind.GUARANTEE, dict.fromkeys(range(ads), 1.0), 2))
    problem = spots(np.ones((seats, ads)), shared=shared)
    pricing = Dynamic(problem.rules, problem.worth)
    found = plan_crowd(problem, Listed(problem.rows), (pricing, pricing), best_pods(pricing), chances=True)
    placed = seats if ads else 0
    assert found.certificate.value == pytest.approx(placed - 100.0 * (2 - placed))
    assert found.certificate.upper_bound == pytest.approx(found.certificate.value)
    assert found.assigned.propensity is not None
    assert found.assigned.propensity.shape == (seats,)
