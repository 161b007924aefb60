"""Threads do not change what pricing answers."""

from __future__ import annotations

import numpy as np
import pytest

from planner.price.port import Priced
from planner.price.threads import BLOCK, Threads
from planner.problem import Floats, Rows
from planner.seats.plan import quick
from replay.bench.hard_book import Form, hard
from tests.planner.seats.crowds import OneSlot, spots

SEATS = 2 * BLOCK + 500


def same(one: Priced, other: Priced) -> None:
    for mine, theirs in ((one.bound, other.bound), (one.reduced, other.reduced), (one.pods, other.pods)):
        assert mine.dtype == theirs.dtype
        assert mine.tobytes() == theirs.tobytes()


@pytest.mark.parametrize("form", [Form.SCARCE, Form.SEPARATED])
def test_the_answer_is_that_of_the_pricing_alone(form: Form) -> None:
    book = hard(5, SEATS, 50, form)
    rows, pricing = book.crowd.block(0, SEATS), quick(book.problem)
    costs = book.problem.shared.costs(np.full(len(book.problem.shared), 0.2))
    weights = np.random.default_rng(1).random(len(costs))
    for weighted in (None, weights):
        alone = pricing(rows, costs, weighted)
        for threads in (1, 2, 5):
            with Threads(pricing, threads) as shared_out:
                same(shared_out(rows, costs, weighted), alone)


@pytest.mark.parametrize("seats", [0, 1, BLOCK, BLOCK + 1, 5 * BLOCK])
def test_rows_come_back_in_their_order(seats: int) -> None:
    problem = spots(np.random.default_rng(2).random((seats, 3)))
    with Threads(OneSlot(), 3) as pricing:
        same(pricing(problem.rows, np.array([0.1, 0.4, 0.2])), OneSlot()(problem.rows, np.array([0.1, 0.4, 0.2])))


def test_an_error_in_a_thread_comes_out() -> None:
    def failing(rows: Rows, costs: Floats, weights: Floats | None = None) -> Priced:
        raise RuntimeError(f"{len(rows)} rows")

    with Threads(failing, 2) as pricing, pytest.raises(RuntimeError, match=f"{BLOCK} rows"):
        pricing(spots(np.ones((3 * BLOCK, 2))).rows, np.zeros(2))
