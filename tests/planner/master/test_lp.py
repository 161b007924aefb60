"""The doors to GLOP and PDLP: signs of duals, bases, limits of time."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from planner.solvers.lp import Linear, maximise
from planner.solvers.pdlp import Point, approach


def small(least: float = 1.0) -> Linear:
    """Maximise x + 2y with x + y <= 4, y <= 3, y <= 9 and x >= ``least``; entries in no order."""
    return Linear(
        objective=np.array([1.0, 2.0]),
        upper=np.array([np.inf, 3.0]),
        least=np.array([-np.inf, least]),
        most=np.array([4.0, np.inf]),
        rows=np.array([1, 0, 0]),
        columns=np.array([0, 1, 0]),
        entries=np.array([1.0, 1.0, 1.0]),
    )


def test_values_and_the_signs_of_duals():
    found = maximise(small(2.0))
    assert found.optimal
    assert found.objective == pytest.approx(6.0)
    assert found.values.tolist() == pytest.approx([2.0, 2.0])
    # One more of the sum is one more y; one more of x is one y less.
    assert found.duals.tolist() == pytest.approx([2.0, -1.0])


def test_a_basis_is_taken_up_again_with_new_columns():
    random = np.random.default_rng(1)
    rows, columns = 40, 400
    entries = random.uniform(0.5, 2.0, (rows, columns)) * (random.random((rows, columns)) < 0.2)
    worth = random.uniform(1.0, 3.0, columns)

    def program(count: int) -> Linear:
        row, column = np.nonzero(entries[:, :count])
        return Linear(
            worth[:count],
            np.full(count, 5.0),
            np.full(rows, -np.inf),
            np.full(rows, 10.0),
            row,
            column,
            entries[row, column],
        )

    first = maximise(program(300))
    assert first.basis is not None
    again = maximise(program(columns), first.basis.grown(columns))
    assert again.objective == pytest.approx(maximise(program(columns)).objective)
    assert again.objective >= first.objective
    same = maximise(program(300), first.basis)
    assert same.values.tolist() == pytest.approx(first.values.tolist())


def test_no_columns_and_no_rows():
    nothing = np.zeros(0)
    none = np.zeros(0, dtype=np.int64)
    found = maximise(Linear(nothing, nothing, np.full(3, -np.inf), np.ones(3), none, none, nothing))
    assert found.objective == 0.0
    assert found.duals.tolist() == [0.0, 0.0, 0.0]
    free = maximise(Linear(np.array([1.0]), np.array([2.0]), nothing, nothing, none, none, nothing))
    assert free.values.tolist() == [2.0]


def test_a_program_without_solution_is_an_error():
    with pytest.raises(RuntimeError, match="GLOP ended without an optimum"):
        maximise(small(5.0))


def test_time_that_is_up_is_said():
    found = maximise(small(), seconds=0.0)
    assert not found.optimal
    assert found.values.tolist() == [0.0, 0.0]


def crowd(seed: int) -> Linear:
    """Columns in blocks of which one is chosen, and limits on what all use, upper and lower."""
    random = np.random.default_rng(seed)
    blocks, each, limits = 60, 5, 6
    count = blocks * each
    use = random.uniform(0.0, 1.0, (limits, count)) * (random.random((limits, count)) < 0.5)
    row, column = np.nonzero(use)
    low, high = np.full(limits, -np.inf), np.full(limits, 4.0)
    low[0], high[0] = 6.0, np.inf
    return Linear(
        random.uniform(1.0, 3.0, count),
        np.full(count, 9.0),
        np.concatenate([np.full(blocks, -np.inf), low]),
        np.concatenate([np.ones(blocks), high]),
        np.concatenate([np.arange(count) // each, blocks + row]),
        np.concatenate([np.arange(count), column]),
        np.concatenate([np.ones(count), use[row, column]]),
    )


def nothing(linear: Linear) -> Point:
    return Point(np.zeros(len(linear.upper)), np.zeros(len(linear.most)))


@pytest.mark.parametrize("seed", range(5))
def test_the_rough_way_comes_near_and_has_the_same_signs(seed: int):
    linear = crowd(seed)
    exact = maximise(linear)
    found = approach(linear, nothing(linear), 1e-7, 100_000, math.inf)
    assert found.near
    assert linear.objective @ found.point.values == pytest.approx(exact.objective, rel=1e-5)
    assert found.point.duals == pytest.approx(exact.duals, abs=1e-3)
    again = approach(linear, found.point, 1e-5, 1, math.inf)
    assert linear.objective @ again.point.values == pytest.approx(exact.objective, rel=1e-3)


def test_the_rough_way_ends_after_its_rounds_with_what_it_has():
    linear = crowd(7)
    found = approach(linear, nothing(linear), 1e-9, 40, math.inf)
    assert not found.near
    assert found.point.values.any()


def test_the_rough_way_ends_when_time_is_up():
    linear = crowd(7)
    assert not approach(linear, nothing(linear), 1e-12, 10**9, 0.0).near


def test_the_rough_way_refuses_a_program_of_nonsense():
    linear = replace(crowd(7), least=np.full(66, 2.0), most=np.full(66, 1.0))
    with pytest.raises(RuntimeError, match="PDLP ended without a solution"):
        approach(linear, nothing(linear), 1e-9, 40, math.inf)
