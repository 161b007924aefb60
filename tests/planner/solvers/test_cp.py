"""The door to CP-SAT."""

from __future__ import annotations

import pytest

from planner.solvers.cp import LARGEST, Choices, Row, choose


def test_a_knapsack() -> None:
    answer = choose(Choices([6, 5, 4], rows=[Row([0, 1, 2], [3, 2, 2], None, 4)]), effort=1.0)
    assert answer.chosen == (1, 2)
    assert (answer.total, answer.bound, answer.proven) == (9, 9.0, True)


def test_rows_of_every_kind() -> None:
    choices = Choices([-1, -2, 4], rows=[Row([0, 1], [1, -1], 0, 0), Row([1, 2], [1, -1], 0, None)])
    assert choose(choices, effort=1.0).chosen == (0, 1, 2)


def test_rows_that_nothing_meets_are_refused() -> None:
    with pytest.raises(ValueError, match="INFEASIBLE"):
        choose(Choices([1], rows=[Row([0], [1], 2, None)]), effort=1.0)


def test_one_of_a_group() -> None:
    assert choose(Choices([3, 4, 5], one_of=[[1, 2]]), effort=1.0).chosen == (0, 2)


def test_a_hint_and_presolve_change_nothing() -> None:
    choices = Choices([6, 5, 4], rows=[Row([0, 1, 2], [3, 2, 2], None, 4)])
    assert choose(choices, effort=1.0, presolve=True, hint=[0]).total == 9


def test_gains_that_would_lose_units_are_refused() -> None:
    with pytest.raises(ValueError, match="add up to at most"):
        choose(Choices([LARGEST, 1]), effort=1.0)
