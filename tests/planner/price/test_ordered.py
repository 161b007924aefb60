"""The program in order: never below the best pod, legal pods, and exact where only order was in doubt."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from planner.event.asking import Either, closely
from planner.price.ordered import Ordered, law
from planner.price.port import Pricing
from planner.price.pricing import Dynamic
from planner.problem import Microseconds, PodRules, Rows, Worth
from planner.worth import pod_value
from tests.planner.instances import instance, prices
from tests.planner.price.exhaustive import Exhaustive, legal_for
from tests.planner.price.test_oracles import close, pods
from tests.planner.price.test_row_costs import own

SEEDS = range(300)


def lawful(seed: int) -> tuple[PodRules, Worth, Rows]:
    """A random break whose survival falls by a law, exponentially in two of three; its rows have costs."""
    rules, worth, rows = instance(seed)
    random = np.random.default_rng([seed, 9])
    instants = np.append(np.arange(0, rules.duration, rules.duration / 2_000), rules.duration).astype(np.int64)
    part = instants / max(int(instants[-1]), 1)
    fall = random.uniform(0.0, 0.4)
    seen = (1.0 - fall) ** part if seed % 3 else 1.0 - fall * part
    edges = (1.0 + random.choice([0.0, 0.05, 0.3]), 1.0 + random.choice([0.0, 0.02, 0.4]))
    worth = replace(worth, instants=instants, survival=seen, first=edges[0], last=edges[1])
    return rules, worth, replace(rows, costs=own(seed, rows))


def judged(seed: int, make: str) -> tuple[float, float]:
    """What bounds and pods are off the best, relative to it, all rows together."""
    rules, worth, rows = lawful(seed)
    costs, weights = prices(seed, rows)
    assert rows.costs is not None
    dynamic = Dynamic(rules, worth)
    either = Either(rules, worth)
    either.careful = True
    made: dict[str, Pricing] = {
        "ordered": Ordered(rules, worth, dynamic),
        "either": either,
        "closely": closely(rules, worth),
    }
    truth = Exhaustive(rules, worth, rows)
    priced = made[make](rows, costs, weights)
    over = under = whole = 0.0
    for row, pod in enumerate(pods(priced)):
        charge = costs + rows.costs[row].astype(np.float64)
        best = float(truth.reduced(row, charge, weights).max())
        assert legal_for(rules, rows, row, pod), (seed, row, pod)
        values = rows.values[row].astype(np.float64) * (1.0 if weights is None else weights)
        worthy = pod_value(rules, worth, values, pod) - sum(charge[ad] for ad in pod)
        slack = 1e-5 * (float(np.abs(values).max()) + float(np.abs(charge).max()))
        assert priced.reduced[row] == pytest.approx(worthy, abs=slack + 1e-6), (seed, row)
        assert priced.reduced[row] <= best + close(best) + slack, (seed, row)
        assert priced.bound[row] >= best - close(best) - slack, (seed, row)
        over += max(0.0, float(priced.bound[row]) - best)
        under += max(0.0, best - float(priced.reduced[row]))
        whole += best
    return over / max(whole, 1.0), under / max(whole, 1.0)


@pytest.mark.parametrize("make", ["ordered", "either", "closely"])
def test_no_pod_is_above_the_bound_and_pods_are_near_it(make: str) -> None:
    off = np.array([judged(seed, make) for seed in SEEDS])
    assert np.median(off[:, 0]) < 0.002
    assert np.quantile(off[:, 1], 0.9) < 0.005


def test_exact_search_closes_what_is_left() -> None:
    off = np.array([judged(seed, "closely") for seed in SEEDS[:100]])
    assert np.quantile(off, 0.99) < 1e-6


def test_order_alone_is_exact() -> None:
    """Without edges and without ads that exclude each other there is nothing to relax."""
    for seed in SEEDS[:100]:
        rules, worth, rows = lawful(seed)
        free = replace(rules, families=(), positions=np.full(rules.ads, 7, dtype=np.uint8), required=((),))
        plain = replace(worth, first=1.0, last=1.0)
        rows = replace(rows, required=np.zeros(len(rows), dtype=np.int64))
        costs, _ = prices(seed, rows)
        priced = Ordered(free, plain, Dynamic(free, plain))(rows, costs)
        truth = Exhaustive(free, plain, rows)
        assert rows.costs is not None
        for row in range(len(rows)):
            best = float(truth.reduced(row, costs + rows.costs[row].astype(np.float64), None).max())
            assert law(plain, free.duration) is not None, seed
            size = 1e-5 * (float(rows.values[row].max()) + float(np.abs(costs).max()) + 1.0)
            assert priced.bound[row] == pytest.approx(best, rel=1e-5, abs=size), (seed, row)


def test_laws_are_told_apart() -> None:
    def worth(seen: list[float], first: float = 1.0) -> Worth:
        return Worth(np.array([0, 30, 60], dtype=np.int64), np.array(seen), first=first)

    length = Microseconds(60)
    assert law(worth([1.0, 0.9, 0.8]), length) is False
    assert law(replace(worth([1.0, 0.5, 0.25]), instants=np.array([0, 30, 60])), length) is None  # linear in between
    fine = np.arange(61)
    assert law(Worth(fine, 0.99 ** (fine / 60)), length) is True
    assert law(worth([1.0, 0.9, 0.5]), length) is None
    assert law(worth([1.0, 0.9, 0.8], first=0.5), length) is None
