"""Pricing as planners use it, against exhaustive search: a bound without search, exact with it."""

from __future__ import annotations

import numpy as np
import pytest

from planner.price.pricing import Dynamic, Exact
from planner.price.sequence import Sequence
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


def test_single_precision_still_bounds_every_pod() -> None:
    for seed in range(42_000, 42_100):
        rules, worth, rows = instance(seed)
        costs, weights = prices(seed, rows)
        check(seed, rules, worth, rows, Dynamic(rules, worth, dtype=np.float32)(rows, costs, weights), exact=False)
