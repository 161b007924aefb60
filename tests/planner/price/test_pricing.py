"""Pricing as planners use it, against exhaustive search: a bound without search, exact with it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from planner.price.pricing import Dynamic, Exact
from planner.price.sequence import Sequence
from planner.problem import NOTHING
from tests.planner.instances import instance, prices
from tests.planner.price.test_oracles import check

CHUNK = 100


@pytest.mark.parametrize("start", range(40_000, 40_400, CHUNK))
@pytest.mark.parametrize("rounds", [0, 20])
def test_the_dynamic_program_bounds_every_pod(start: int, rounds: int) -> None:
    for seed in range(start, start + CHUNK):
        rules, worth, rows = instance(seed)
        costs, weights = prices(seed, rows)
        check(seed, rules, worth, rows, Dynamic(rules, worth, rounds=rounds)(rows, costs, weights), exact=False)


@pytest.mark.parametrize("start", range(41_000, 41_400, CHUNK))
def test_with_search_it_is_exact(start: int) -> None:
    for seed in range(start, start + CHUNK):
        rules, worth, rows = instance(seed)
        costs, weights = prices(seed, rows)
        priced = Exact(Dynamic(rules, worth), Sequence(rules, worth))(rows, costs, weights)
        check(seed, rules, worth, rows, priced)


def test_of_many_rows_in_doubt_those_that_matter_are_searched() -> None:
    searched = 0
    for seed in range(41_400, 41_500):
        rules, worth, rows = instance(seed)
        costs, weights = prices(seed, rows)
        dynamic = Dynamic(rules, worth, rounds=0)
        before = dynamic(rows, costs, weights)
        after = Exact(dynamic, Sequence(rules, worth), most=1)(rows, costs, weights)
        check(seed, rules, worth, rows, after, exact=False)
        changed = np.flatnonzero((after.bound != before.bound) | (after.reduced != before.reduced))
        assert len(changed) <= 1, seed
        if len(changed):
            searched += 1
            open_ = (before.bound - before.reduced) * rows.seats
            assert open_[changed[0]] == open_.max(), seed
    assert searched > 20


def test_what_nobody_may_see_is_slate() -> None:
    rules, worth, rows = instance(41_500)
    unseen = replace(rows, allowed=np.zeros_like(rows.allowed))
    priced = Dynamic(rules, worth)(unseen, np.zeros(rules.ads))
    assert (priced.pods == NOTHING).all()
    assert not priced.bound.any()


def test_single_precision_still_bounds_every_pod() -> None:
    for seed in range(42_000, 42_100):
        rules, worth, rows = instance(seed)
        costs, weights = prices(seed, rows)
        check(seed, rules, worth, rows, Dynamic(rules, worth, dtype=np.float32)(rows, costs, weights), exact=False)
