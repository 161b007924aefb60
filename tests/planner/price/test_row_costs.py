"""Costs of rows are the definition: a row prices as it would alone, its own costs added to those that all rows pay."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from planner.price.conflict import Conflict
from planner.price.port import Priced, Pricing
from planner.price.pricing import BLOCK, Dynamic, Exact
from planner.price.sequence import Sequence
from planner.price.threads import BLOCK as TASK
from planner.price.threads import Threads
from planner.problem import Floats, PodRules, Rows, Values, Worth
from planner.worth import pod_value
from tests.planner.instances import instance, prices
from tests.planner.price.exhaustive import Exhaustive, legal_for
from tests.planner.price.test_oracles import close, pods

MANY = 2 * max(BLOCK, TASK) + 300
"""Rows of three blocks and three tasks."""


def own(seed: int, rows: Rows) -> Values:
    """Costs of rows: none, on some ads of some rows, on all of them, and bonuses."""
    random = np.random.default_rng([seed, 4])
    typical = float(np.abs(rows.values).mean())
    found = typical * random.choice([0.2, 0.6, 2.0]) * random.random(rows.values.shape)
    found *= random.random(rows.values.shape) < random.choice([0.3, 1.0])
    found[random.random(len(rows)) < 0.2] = 0.0
    if random.random() < 0.3:
        found = np.where(random.random(found.shape) < 0.3, -found, found)
    return np.asarray(found, dtype=np.float32)


def night(seed: int, rows: int = 4) -> tuple[PodRules, Worth, Rows, Floats, Floats | None]:
    """A break whose rows have costs, and costs and weights for all of them."""
    rules, worth, audience = instance(seed, rows=rows)
    costs, weights = prices(seed, audience)
    return rules, worth, replace(audience, costs=own(seed, audience)), costs, weights


def alone(rows: Rows, row: int, costs: Floats) -> tuple[Rows, Floats]:
    """One row without costs of its own, and the costs that say the same."""
    assert rows.costs is not None
    return replace(rows.take(slice(row, row + 1)), costs=None), costs + rows.costs[row].astype(np.float64)


def check(seed: int, pricing: Pricing, *, rows: int = 4, exact: bool = True) -> int:
    """Each row's pod is legal and worth what is said, its bound not below the best; how many pods its costs change."""
    rules, worth, audience, costs, weights = night(seed, rows)
    assert audience.costs is not None
    truth = Exhaustive(rules, worth, audience)
    priced = pricing(audience, costs, weights)
    changed = 0
    for row, pod in enumerate(pods(priced)):
        where = f"seed {seed} row {row}: {pod}"
        charge = costs + audience.costs[row].astype(np.float64)
        reduced = truth.reduced(row, charge, weights)
        best = float(reduced.max())
        changed += truth.reduced(row, costs, weights).argmax() != reduced.argmax()
        assert legal_for(rules, audience, row, pod), where
        values = audience.values[row].astype(np.float64) * (1.0 if weights is None else weights)
        worthy = pod_value(rules, worth, values, pod) - sum(charge[ad] for ad in pod)
        assert priced.reduced[row] == pytest.approx(worthy, rel=1e-9, abs=1e-6), where
        assert 0.0 <= priced.reduced[row] <= best + close(best), where
        assert priced.bound[row] >= best - 1e-6 * close(best), where
        if exact:
            assert priced.reduced[row] >= best - close(best), where
            assert priced.bound[row] <= best + close(best), where
    return changed


def test_sequence_is_exhaustive_search() -> None:
    changed = 0
    for seed in range(59_700, 60_300):
        rules, worth, _ = instance(seed)
        changed += check(seed, Sequence(rules, worth))
    assert changed > 200, "costs of rows hardly ever matter"


def test_conflict_is_exhaustive_search() -> None:
    for seed in range(60_300, 60_360):
        rules, worth, _ = instance(seed, rows=2)
        check(seed, Conflict(rules, worth), rows=2)


@pytest.mark.parametrize(("rounds", "dtype"), [(0, np.float64), (20, np.float64), (20, np.float32)])
def test_the_dynamic_program_bounds_every_pod(rounds: int, dtype: type[np.floating]) -> None:
    for seed in range(60_400, 60_550):
        rules, worth, _ = instance(seed)
        check(seed, Dynamic(rules, worth, rounds=rounds, dtype=dtype), exact=False)


def test_with_search_it_is_exact() -> None:
    searched = 0
    for seed in range(60_600, 60_800):
        rules, worth, rows, costs, weights = night(seed)
        dynamic = Dynamic(rules, worth, rounds=0)
        check(seed, Exact(dynamic, Sequence(rules, worth)))
        before = dynamic(rows, costs, weights)
        searched += int((before.bound > before.reduced * (1.0 + 1e-9) + 1e-9).sum())
    assert searched > 100, "no row was left to the search"


MAKERS: tuple[Callable[[PodRules, Worth], Pricing], ...] = (
    Dynamic,
    Sequence,
    lambda rules, worth: Exact(Dynamic(rules, worth, rounds=0), Sequence(rules, worth)),
)


@pytest.mark.parametrize("make", MAKERS)
def test_each_row_prices_as_it_would_alone(make: Callable[[PodRules, Worth], Pricing]) -> None:
    for seed in range(60_800, 60_900):
        rules, worth, rows, costs, weights = night(seed)
        pricing = make(rules, worth)
        together = pricing(rows, costs, weights)
        for row in range(len(rows)):
            by_itself = pricing(*alone(rows, row, costs), weights)
            assert together.bound[row] == pytest.approx(by_itself.bound[0], rel=1e-9, abs=1e-6), (seed, row)
            assert together.reduced[row] == pytest.approx(by_itself.reduced[0], rel=1e-9, abs=1e-6), (seed, row)


def same(one: Priced, other: Priced) -> None:
    for mine, theirs in ((one.bound, other.bound), (one.reduced, other.reduced), (one.pods, other.pods)):
        assert mine.dtype == theirs.dtype
        assert mine.tobytes() == theirs.tobytes()


@pytest.mark.parametrize("make", [Dynamic, Sequence])
def test_costs_of_nothing_change_nothing(make: Callable[[PodRules, Worth], Pricing]) -> None:
    for seed in range(60_900, 60_950):
        rules, worth, rows, costs, weights = night(seed)
        pricing = make(rules, worth)
        free = replace(rows, costs=np.zeros_like(rows.values))
        same(pricing(free, costs, weights), pricing(replace(rows, costs=None), costs, weights))


def test_costs_that_all_rows_have_are_shared_costs() -> None:
    for seed in range(60_950, 61_000):
        rules, worth, rows, costs, weights = night(seed)
        assert rows.costs is not None
        pricing = Dynamic(rules, worth)
        alike = replace(rows, costs=np.broadcast_to(rows.costs[0], rows.values.shape))
        shared = costs + rows.costs[0].astype(np.float64)
        same(pricing(alike, costs, weights), pricing(replace(rows, costs=None), shared, weights))


def test_some_of_the_rows_keep_their_costs() -> None:
    _, _, rows, _, _ = night(61_000, rows=9)
    assert rows.costs is not None
    odd = np.arange(9) % 2 == 1
    for which in (slice(2, 7), odd, np.array([8, 0, 3, 3], dtype=np.int64)):
        part = rows.take(which)
        assert part.costs is not None
        assert part.costs.dtype == np.float32
        assert part.costs.tolist() == rows.costs[which].tolist()
    assert replace(rows, costs=None).take(odd).costs is None


@pytest.mark.parametrize("seed", range(61_001, 61_005))
@pytest.mark.parametrize("rounds", [0, 2])
def test_blocks_and_threads_keep_them(seed: int, rounds: int) -> None:
    rules, worth, rows, costs, weights = night(seed, rows=MANY)
    pricing = Dynamic(rules, worth, rounds=rounds)
    together = pricing(rows, costs, weights)
    with Threads(pricing, 2) as shared_out:
        divided = shared_out(rows, costs, weights)
    if not rounds:
        same(together, divided)
    random = np.random.default_rng(seed)
    for row in (0, BLOCK - 1, BLOCK, TASK, MANY - 1, *random.integers(0, MANY, 20).tolist()):
        one, charge = alone(rows, row, costs)
        best = Exhaustive(rules, worth, one).best(charge, weights)[0]
        by_itself = pricing(one, charge, weights)
        for found in (together, divided):
            assert found.bound[row] >= best - 1e-6 * close(best), row
            # A block shares its open nodes out among its rows: alone, a row may get further, never less far.
            assert found.reduced[row] <= by_itself.reduced[0] + close(best), row
            assert found.bound[row] >= by_itself.bound[0] - close(best), row
            if not rounds:
                assert found.bound[row] == pytest.approx(by_itself.bound[0], rel=1e-9, abs=1e-6), row
                assert found.reduced[row] == pytest.approx(by_itself.reduced[0], rel=1e-9, abs=1e-6), row
