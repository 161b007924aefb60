"""A rough answer within its limits: nothing too much, nothing left that its own columns could take, promises first."""

import numpy as np
import pytest

from planner.event.kept import lacking, used, within
from planner.solvers.lp import Linear


def program(matrix, most, least=None, elastic=()):
    """Columns worth 1 each, then one for each elastic row, by how much it is broken."""
    matrix = np.array(matrix, dtype=np.float64)
    rows, columns = np.nonzero(matrix)
    count, elastic = matrix.shape[1], np.array(elastic, dtype=np.int64)
    least = np.full(len(matrix), -np.inf) if least is None else np.array(least, dtype=np.float64)
    signs = np.where(np.isfinite(least[elastic]), 1.0, -1.0)
    linear = Linear(
        np.concatenate([np.ones(count), -np.ones(len(elastic))]),
        np.full(count + len(elastic), 9.0),
        least,
        np.array(most, dtype=np.float64),
        np.concatenate([rows, elastic]),
        np.concatenate([columns, count + np.arange(len(elastic))]),
        np.concatenate([matrix[rows, columns], signs]),
    )
    return linear, elastic


def test_what_is_too_much_is_taken_off_and_what_is_free_is_filled():
    linear, elastic = program([[1, 1, 0], [0, 1, 1]], [1.0, 1.0])
    found = within(linear, elastic, np.array([0.2, 0.9, 0.3]))
    assert (used(linear, found) <= 1.0 + 1e-9).all()
    # The first row's own column grows by what the common one, which the second row holds, leaves to it.
    assert used(linear, found) == pytest.approx([0.966, 1.0], abs=1e-3)
    assert found[0] > 0.2


def test_columns_that_nobody_sees_stay_so():
    linear, elastic = program([[1, 1]], [1.0])
    assert within(linear, elastic, np.array([0.5, 0.0])).tolist() == [1.0, 0.0]


def test_promises_are_filled_first():
    """Both columns could take what is free; the second keeps a promise."""
    linear, elastic = program([[1, 1], [0, 1]], [1.0, np.inf], [-np.inf, 0.6], [1])
    found = within(linear, elastic, np.array([0.4, 0.4]))
    assert found == pytest.approx([0.4, 0.6, 0.0])


def test_a_promise_is_not_broken_for_the_sake_of_others():
    """A part of all impressions: the more others have, the more is asked for."""
    linear, elastic = program([[1, 1], [-0.5, 0.5]], [1.0, np.inf], [-np.inf, 0.0], [1])
    found = within(linear, elastic, np.array([0.3, 0.3]))
    assert found[2] == pytest.approx(0.0, abs=1e-9)
    assert found[:2].sum() > 0.6


def test_what_may_be_broken_is_told_and_not_broken_further():
    linear, elastic = program([[1, 0], [1, 1]], [9.0, 0.5], elastic=[1])
    found = within(linear, elastic, np.array([0.5, 0.3]))
    assert found == pytest.approx([0.5, 0.3, 0.3])
    assert lacking(linear, elastic, used(linear, np.array([0.5, 0.3, 0.0]))) == pytest.approx([0.3])


def test_what_brings_nothing_does_not_grow():
    linear, elastic = program([[1, 1]], [1.0])
    poor = Linear(np.array([1.0, -1.0]), *(getattr(linear, name) for name in Linear.__slots__[1:]))
    assert within(poor, elastic, np.array([0.3, 0.3])) == pytest.approx([0.7, 0.3])
