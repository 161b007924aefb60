"""Whole seats from any shares, those of no linear program included."""

from __future__ import annotations

import numpy as np
import pytest

from planner.master.plans import Plan, better, rounded
from planner.master.pool import Pool
from planner.master.restricted import Shares
from planner.master.turn import Prices, Turn
from planner.plan import Certificate, Solution
from planner.problem import Kind, Shared
from tests.planner.master.whole_truth import example, single, verify


def drawn(random: np.random.Generator, pool: Pool, rows: int) -> Shares:
    """Random shares that add up to one for each row, whatever they use."""
    weight = random.random(len(pool)) ** 4
    total = np.bincount(pool.rows, weights=weight, minlength=rows)
    columns = np.arange(len(pool), dtype=np.int64)
    return Shares(0.0, columns, weight / total[pool.rows], Prices(np.zeros(0), np.zeros(0)), np.zeros(rows))


@pytest.mark.parametrize("improve", [False, True])
def test_hard_limits_hold_whatever_the_shares(improve):
    random = np.random.default_rng(2)
    broken = 0
    for seed in range(150):
        problem, columns = example(seed)
        turn = Turn(problem, 0, np.zeros(0))
        pool = Pool(problem, turn.place, 1)
        pool.add(columns.rows, columns.pods)
        if not len(pool):
            continue
        shares = drawn(random, pool, len(problem.rows))
        shares = Shares(0.0, shares.columns, shares.shares, turn.start(), shares.row_worth)
        asked = problem.rows.seats[pool.rows] * shares.shares
        use = asked @ pool.sums(problem.shared.use.T)
        broken += bool(((use > problem.shared.limit + 1.0) & ~turn.at_least).any())
        plan = rounded(turn, pool, shares, improve=improve)
        free = tuple(portion for portion in plan.portions())
        solution = Solution(free, np.zeros(0), Certificate(plan.value, plan.gross, np.inf), 0)
        assert verify(problem, solution) == pytest.approx(plan.value), seed
    assert broken > 50


def test_a_limit_is_used_to_its_last_unit():
    shared = Shared(
        (Kind.BUDGET,), ("budget",), np.array([[7_000.0, 0.0]]), np.array([7_000.0 * 41 + 6_999]), np.zeros(1)
    )
    problem = single(values=[7_000.0, 100.0], tiers=[1, 1], seats=100, shared=shared)
    turn = Turn(problem, 0, np.zeros(0))
    pool = Pool(problem, turn.place, 1)
    pool.add(np.array([0, 0]), np.array([[0], [1]], dtype=np.int16))
    everyone = Shares(0.0, np.array([0]), np.array([1.0]), turn.start(), np.zeros(1))
    plan = rounded(turn, pool, everyone, improve=False)
    assert {portion.pod: portion.seats for portion in plan.portions()} == {(0,): 41, (1,): 59}


def test_seats_change_to_what_earns_more_and_fits():
    problem = single(values=[500.0, 900.0], tiers=[1, 1], seats=10)
    turn = Turn(problem, 0, np.zeros(0))
    pool = Pool(problem, turn.place, 1)
    pool.add(np.array([0, 0]), np.array([[0], [1]], dtype=np.int16))
    poor = Shares(0.0, np.array([0]), np.array([1.0]), turn.start(), np.zeros(1))
    assert rounded(turn, pool, poor, improve=False).value == 5_000.0
    assert rounded(turn, pool, poor, improve=True).value == 9_000.0


def test_the_first_tier_that_differs_by_more_than_may_be_moved_decides():
    def plan(*tiers: float) -> Plan:
        none = np.zeros(0, dtype=np.int64)
        return Plan(none, np.zeros((0, 1), dtype=np.int16), none, none, np.array(tiers), sum(tiers))

    assert better(plan(10.0), plan(9.0))
    assert not better(plan(9.0), plan(9.0))
    assert better(plan(10_000.0, 1.0), plan(9_998.0, 900_000.0))
    assert better(plan(9_999.5, 100.0), plan(10_000.0, 1.0))
    assert not better(plan(9_999.5, 1.2), plan(10_000.0, 1.0))


def test_pools_hold_each_column_once_and_no_empty_pod():
    problem = single(values=[500.0, 900.0], tiers=[1, 1], seats=10)
    pool = Pool(problem, Turn(problem, 0, np.zeros(0)).place, 1)
    assert pool.add(np.array([0, 0, 0]), np.array([[0], [-1], [0]], dtype=np.int16)) == 1
    assert pool.add(np.array([0, 0]), np.array([[0, -1, -1], [1, -1, -1]], dtype=np.int16)) == 1
    assert pool.pods.tolist() == [[0], [1]]
    assert pool.parts.tolist() == [[500.0], [900.0]]
