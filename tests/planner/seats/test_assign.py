"""Seats served in order: no hard limit is exceeded by one unit, and nothing looks ahead."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest

from planner.legal import all_legal
from planner.port import Iterations
from planner.price.pricing import Dynamic
from planner.problem import NOTHING, Ads, Flags, Floats, Kind, Problem, Rows, Shared
from planner.seats.assign import LEAST_TURN, Choose, Served, assign, best_pods
from planner.seats.plan import quick
from planner.seats.prices import crowd_prices
from replay.bench.hard_book import Form, HardBook, hard
from tests.planner.seats.crowds import Listed, OneSlot, limits, no_limits, single_seats, spots

HARD = {Kind.BUDGET, Kind.GOAL, Kind.SHARE_MAXIMUM}
SLOTS = 12


@pytest.fixture(scope="module")
def book() -> HardBook:
    return hard(3, 15_000, 60, Form.SCARCE)


@pytest.fixture(scope="module")
def prices(book: HardBook) -> Floats:
    shared = book.problem.shared
    return crowd_prices(quick(book.problem), book.crowd, shared, stop=[Iterations(45, 0.003)], samples=[3_000])


def running(shared: Shared, pods: Ads) -> Floats:
    """float64[S, I]: use after each seat."""
    of_ads = np.vstack([shared.use.T, np.zeros(len(shared))])
    return np.cumsum(of_ads[pods].sum(axis=1), axis=0)


def keeps(problem: Problem, crowd: Listed, pods: Ads) -> int:
    """Assert that every pod is legal and every limit kept after every seat; how many limits have no room for more."""
    shared = problem.shared
    assert all_legal(problem.rules, crowd.rows, pods).all()
    after = running(shared, pods)
    binding = 0
    for row, kind in enumerate(shared.kinds):
        if kind in HARD:
            assert (after[:, row] <= shared.limit[row]).all(), (kind, after[:, row].max(), shared.limit[row])
            spend = shared.use[row][shared.use[row] > 0]
            binding += bool(len(spend) and after[-1, row] + spend.max() > shared.limit[row])
    return binding


@pytest.mark.parametrize("kind", ["nothing", "some", "absurd"])
def test_no_limit_is_exceeded_by_a_unit_at_any_prices(kind: str) -> None:
    binding = placed = 0
    for seed in range(40):
        problem, crowd = single_seats(seed, 150)
        shared = problem.shared
        typical = np.abs(problem.rows.values).mean() / np.maximum(shared.use.max(axis=1, initial=0.0), 1e-9)
        prices = {"nothing": 0.0, "some": 0.3, "absurd": 1e12}[kind] * typical
        found = assign(best_pods(Dynamic(problem.rules, problem.worth)), crowd, shared, prices, SLOTS)
        binding += keeps(problem, crowd, found.pods)
        placed += int(found.counts.sum())
        ads = found.pods[found.pods != NOTHING]
        assert (np.bincount(ads, minlength=problem.rules.ads) == found.counts).all()
        if len(shared):
            assert found.use == pytest.approx(running(shared, found.pods)[-1], abs=1e-6)
    assert placed > 1_000
    assert binding > (5 if kind == "absurd" else 40)


def test_hard_books_limits_hold_even_if_everything_is_wanted(book: HardBook) -> None:
    crowd, shared = Listed(book.crowd.block(0, 2_000)), book.problem.shared
    part = replace(shared, limit=np.floor(shared.limit * (2_000 / len(book.crowd))))
    found = assign(best_pods(quick(book.problem)), crowd, part, np.zeros(len(shared)), SLOTS)
    assert keeps(replace(book.problem, shared=part), crowd, found.pods) > 20


@pytest.mark.parametrize("spare", [0, 6_999])
@pytest.mark.parametrize("seats", [40, 400])
def test_a_budget_for_some_ads_gets_exactly_these(seats: int, spare: int) -> None:
    shared = limits(2, (Kind.BUDGET, {0: 7_000}, 7_000 * 37 + spare))
    problem = spots(np.tile([9_000.0, 1_000.0], (seats, 1)), shared=shared)
    found = assign(best_pods(OneSlot()), Listed(problem.rows), shared, np.zeros(1), 1)
    assert found.counts.tolist() == [37, seats - 37]
    assert found.use.tolist() == [7_000 * 37]
    assert (found.pods[:37, 0] == 0).all()


def test_what_is_left_of_a_budget_goes_to_the_cheaper_ad() -> None:
    shared = limits(2, (Kind.BUDGET, {0: 10, 1: 3}, 10 * 7 + 3 * 2 + 2))
    problem = spots(np.tile([90.0, 80.0], (300, 1)), shared=shared)
    found = assign(best_pods(OneSlot()), Listed(problem.rows), shared, np.zeros(1), 1)
    assert found.counts.tolist() == [7, 2]


def test_a_pod_with_two_ads_of_a_limit_that_has_room_for_one_is_chosen_again() -> None:
    shared = limits(3, (Kind.GOAL, {0: 1, 1: 1}, 5))
    problem = spots(np.tile([9.0, 8.0, 1.0], (20, 1)), slots=2, shared=shared)
    found = assign(best_pods(Dynamic(problem.rules, problem.worth)), Listed(problem.rows), shared, np.zeros(1), 2)
    # One unit is left, for which the limit stays closed.
    assert found.counts.tolist() == [2, 2, 18]
    keeps(problem, Listed(problem.rows), found.pods)


def test_a_share_is_kept_after_every_seat_and_nearly_used() -> None:
    seats = 4_000
    shared = limits(2, (Kind.SHARE_MAXIMUM, {0: 0.7, 1: -0.3}, 0.0))
    problem = spots(np.tile([9.0, 1.0], (seats, 1)), shared=shared)
    found = assign(best_pods(OneSlot()), Listed(problem.rows), shared, np.zeros(1), 1)
    keeps(problem, Listed(problem.rows), found.pods)
    share = found.counts[0] / seats
    # A turn behind: what the last turn's other ads make room for is not used.
    assert 0.3 - 2 * LEAST_TURN / seats < share <= 0.3


@pytest.mark.parametrize("part", [0.1, 0.3, 1 / 3, 0.7])
def test_a_share_is_kept_in_spite_of_rounding(part: float) -> None:
    shared = limits(2, (Kind.SHARE_MAXIMUM, {0: 1 - part, 1: -part}, 0.0))
    for seats in range(100, 3_000, 190):
        problem = spots(np.tile([9.0, 1.0], (seats, 1)), shared=shared)
        found = assign(best_pods(OneSlot()), Listed(problem.rows), shared, np.zeros(1), 1)
        assert found.use[0] <= 0.0
        assert found.counts[0] > 0


def test_a_share_that_closed_for_a_pod_of_two_opens_with_the_next_turn() -> None:
    shared = limits(3, (Kind.SHARE_MAXIMUM, {0: 0.6, 1: 0.6, 2: -0.4}, 0.0))
    problem = spots(np.tile([9.0, 8.0, 1.0], (2_000, 1)), slots=2, shared=shared)
    found = assign(best_pods(Dynamic(problem.rules, problem.worth)), Listed(problem.rows), shared, np.zeros(1), 2)
    assert 0.3 < found.counts[:2].sum() / found.counts.sum() <= 0.4


def test_a_limit_that_closes_sooner_does_not_close_one_that_would_close_later() -> None:
    shared = limits(3, (Kind.GOAL, {0: 1, 1: 1}, 21), (Kind.GOAL, {2: 1}, 3))
    values = np.tile([9.0, 8.0, 0.0], (40, 1))
    values[:5] = [0.0, 0.0, 9.0]
    problem = spots(values, slots=2, shared=shared)
    found = assign(best_pods(Dynamic(problem.rules, problem.worth)), Listed(problem.rows), shared, np.zeros(2), 2)
    assert found.counts.tolist() == [10, 10, 3]


def test_seats_keep_their_numbers_when_they_are_served_again() -> None:
    def choose(rows: Rows, first: int, costs: Floats) -> Served:
        assert rows.values[0, 0] == first
        return best_pods(OneSlot())(rows, first, costs)

    shared = limits(2, (Kind.GOAL, {0: 1}, 11), (Kind.GOAL, {1: 1}, 150))
    problem = spots(np.stack([np.arange(300), np.full(300, 0.5)], axis=1), shared=shared)
    assert assign(choose, Listed(problem.rows), shared, np.zeros(2), 1).counts.tolist() == [11, 150]


def test_what_is_closed_stays_closed() -> None:
    banned: list[Flags] = []

    def recorded(choose: Choose) -> Choose:
        def asked(rows: Rows, first: int, costs: Floats) -> Served:
            banned.append(~rows.allowed.any(axis=0))
            return choose(rows, first, costs)

        return asked

    shared = limits(4, (Kind.BUDGET, {0: 10, 1: 3}, 401), (Kind.GOAL, {2: 1}, 77), (Kind.BUDGET, {3: 5}, 1_000))
    problem = spots(np.random.default_rng(8).random((900, 4)), shared=shared)
    assign(recorded(best_pods(OneSlot())), Listed(problem.rows), shared, np.zeros(3), 1)
    assert not banned[0].any()
    assert banned[-1].all()
    for before, after in pairwise(banned):
        assert not (before & ~after).any()


def test_later_seats_do_not_move_earlier_ones() -> None:
    moved = 0
    for seed in range(12):
        problem, crowd = single_seats(seed, 300)
        cut = 40 + seed
        rows = crowd.rows
        values = rows.values.copy()
        values[cut:] = values[cut:][:, ::-1] * 3
        other = Listed(
            replace(rows, values=values, allowed=np.where(np.arange(300)[:, None] < cut, rows.allowed, True))
        )
        choose = best_pods(Dynamic(problem.rules, problem.worth))
        prices = np.full(len(problem.shared), 0.2)
        one, two = (assign(choose, seats, problem.shared, prices, SLOTS).pods for seats in (crowd, other))
        assert (one[:cut] == two[:cut]).all(), seed
        moved += bool((one[cut:] != two[cut:]).any())
    assert moved > 6


@pytest.mark.parametrize("off", [0.9, 1.1])
def test_prices_that_are_off_by_a_tenth_are_led_to_the_limits(book: HardBook, prices: Floats, off: float) -> None:
    shared = book.problem.shared
    found = assign(best_pods(quick(book.problem)), book.crowd, shared, prices * off, SLOTS)
    hard_rows = (~shared.at_least) & (shared.limit > 0) & (prices > 0)
    worth = (prices * shared.limit)[hard_rows]
    part = found.use[hard_rows] / shared.limit[hard_rows]
    assert (part * worth).sum() / worth.sum() > 0.98
    assert part.max() <= 1.0
    # Where prices are too low, limits are met near the end and not long before it.
    late = running(shared, found.pods[: len(found.pods) * 9 // 10])[-1][hard_rows] / shared.limit[hard_rows]
    assert 0.85 < (late * worth).sum() / worth.sum() < 0.98


def test_more_ads_in_a_pod_than_slots_are_refused() -> None:
    problem = spots(np.ones((5, 3)), slots=2)
    choose = best_pods(Dynamic(problem.rules, problem.worth))
    with pytest.raises(ValueError, match="slots: expected at most 1"):
        assign(choose, Listed(problem.rows), problem.shared, np.zeros(0), 1)


def test_ads_of_closed_limits_are_refused() -> None:
    shared = limits(1, (Kind.GOAL, {0: 1}, 3))
    problem = spots(np.ones((5, 1)), shared=shared)

    def deaf(rows: Rows, first: int, costs: Floats) -> Served:
        return best_pods(OneSlot())(replace(rows, allowed=np.ones_like(rows.allowed)), first, costs)

    with pytest.raises(ValueError, match=r"choose: .* in seat 3"):
        assign(deaf, Listed(problem.rows), shared, np.zeros(1), 1)


@pytest.mark.parametrize("seats", [0, 1])
def test_hardly_anybody(seats: int) -> None:
    shared = limits(2, (Kind.BUDGET, {0: 7}, 7), (Kind.GUARANTEE, {1: 1}, 3))
    problem = spots(np.tile([3.0, 2.0], (seats, 1)), shared=shared)
    found = assign(best_pods(OneSlot()), Listed(problem.rows), shared, np.zeros(2), 1, chances=True)
    assert found.pods.shape == (seats, 1)
    assert found.use.tolist() == [7.0 * seats, 0.0]
    assert found.propensity is not None
    assert found.propensity.tolist() == [1.0] * seats


def test_no_ads_and_no_room() -> None:
    problem = spots(np.zeros((70, 0)))
    none = assign(best_pods(Dynamic(problem.rules, problem.worth)), Listed(problem.rows), no_limits(0), np.zeros(0), 1)
    assert (none.pods == NOTHING).all()
    shared = limits(2, (Kind.BUDGET, {0: 7}, 0), (Kind.GOAL, {1: 1}, 0))
    problem = spots(np.ones((70, 2)), shared=shared)
    none = assign(best_pods(OneSlot()), Listed(problem.rows), shared, np.zeros(2), 1)
    assert (none.pods == NOTHING).all()
    assert none.use.tolist() == [0.0, 0.0]
