"""Exhaustive search, branch and bound over ordered pods, and CP-SAT agree on small random breaks."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import numpy as np
import pytest

from domain.errors import InputError
from planner.price import conflict as conflict_room
from planner.price import ground as ground_room
from planner.price.conflict import Conflict
from planner.price.port import Priced
from planner.price.sequence import Sequence
from planner.price.viewer import viewer
from planner.problem import NOTHING, Floats, PodRules, Position, Rows, Worth
from planner.worth import pod_value
from tests.planner.instances import instance, prices, problem
from tests.planner.price.exhaustive import Exhaustive, legal_for

CHUNK = 250


def pods(priced: Priced) -> list[tuple[int, ...]]:
    return [tuple(int(ad) for ad in pod if ad != NOTHING) for pod in priced.pods]


def close(value: float) -> float:
    return 1e-3 + 1e-6 * abs(value)


def check(
    seed: int,
    rules: PodRules,
    worth: Worth,
    rows: Rows,
    priced: Priced,
    *,
    exact: bool = True,
    costs: Floats | None = None,
) -> None:
    """The pods are legal and worth what is said, and the bounds are bounds, equal to the optimum where ``exact``."""
    given, weights = prices(seed, rows)
    costs = given if costs is None else costs
    best = Exhaustive(rules, worth, rows).best(costs, weights)
    for row, pod in enumerate(pods(priced)):
        where = f"seed {seed} row {row}: {pod}"
        assert legal_for(rules, rows, row, pod), where
        values = rows.values[row].astype(np.float64) * (1.0 if weights is None else weights)
        worthy = pod_value(rules, worth, values, pod) - sum(costs[ad] for ad in pod)
        assert priced.reduced[row] == pytest.approx(worthy, rel=1e-9, abs=1e-6), where
        assert 0.0 <= priced.reduced[row] <= best[row] + close(best[row]), where
        assert priced.bound[row] >= best[row] - 1e-6 * close(best[row]), where
        if exact:
            assert priced.reduced[row] >= best[row] - close(best[row]), where
            assert priced.bound[row] <= best[row] + close(best[row]), where


@pytest.mark.parametrize("start", range(0, 2_000, CHUNK))
def test_sequence_is_exhaustive_search(start: int) -> None:
    for seed in range(start, start + CHUNK):
        rules, worth, rows = instance(seed)
        costs, weights = prices(seed, rows)
        check(seed, rules, worth, rows, Sequence(rules, worth)(rows, costs, weights))


@pytest.mark.parametrize("start", range(10_000, 10_300, 100))
def test_conflict_is_exhaustive_search(start: int) -> None:
    for seed in range(start, start + 100):
        rules, worth, rows = instance(seed, rows=2)
        costs, weights = prices(seed, rows)
        check(seed, rules, worth, rows, Conflict(rules, worth)(rows, costs, weights))


@pytest.mark.parametrize(("name", "few"), [("BUCKETS", 1), ("BUCKETS", 3), ("SUMS", 3)])
def test_starts_taken_together_leave_the_search_exact(name: str, few: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ground_room, name, few)
    for seed in range(24_000, 24_300):
        rules, worth, rows = instance(seed)
        if seed % 2:
            # An ad of negative value is best late, when few are left; only its bonus makes it worth while.
            rows = replace(rows, values=-np.abs(rows.values))
        costs, weights = prices(seed, rows)
        if seed % 2:
            costs = costs - 1.2 * np.abs(rows.values).mean()
        check(seed, rules, worth, rows, Sequence(rules, worth)(rows, costs, weights), costs=costs)


@pytest.mark.parametrize("limit", [0, 1, 3, 20])
def test_a_search_cut_short_still_has_a_bound(limit: int) -> None:
    short = 0
    for seed in range(20_000, 20_150):
        rules, worth, rows = instance(seed)
        costs, weights = prices(seed, rows)
        priced = Sequence(rules, worth, limit=limit)(rows, costs, weights)
        check(seed, rules, worth, rows, priced, exact=False)
        short += int((priced.bound > priced.reduced + 1.0).sum())
    assert short > 10, "the limit never bound"


def test_a_gap_is_kept() -> None:
    for seed in range(21_000, 21_150):
        rules, worth, rows = instance(seed)
        costs, weights = prices(seed, rows)
        priced = Sequence(rules, worth, gap=0.1)(rows, costs, weights)
        check(seed, rules, worth, rows, priced, exact=False)
        assert (priced.bound <= 1.1 * priced.reduced + 1e-3).all()


def test_little_effort_still_has_a_bound() -> None:
    for seed in range(22_000, 22_030):
        rules, worth, rows = instance(seed, rows=1)
        costs, weights = prices(seed, rows)
        check(seed, rules, worth, rows, Conflict(rules, worth, effort=1e-4)(rows, costs, weights), exact=False)


def test_an_incumbent_is_kept_or_bettered() -> None:
    kept = 0
    for seed in range(23_000, 23_100):
        rules, worth, rows = instance(seed, rows=1)
        costs, _ = prices(seed, rows)
        every = Exhaustive(rules, worth, rows)
        reduced = every.reduced(0, costs)
        best = every.pods[int(reduced.argmax())]
        search = Sequence(rules, worth, limit=0)
        found = search.search(viewer(search.ground, rows, 0, rows.values[0].astype(np.float64), costs), best)
        assert found.reduced >= reduced.max() - 1e-6
        kept += bool(best)
    assert kept > 30


def test_every_feasible_break_is_found_feasible() -> None:
    """Any ad is paid so much that a pod of whatever legal ads is better than none."""
    feasible = Counter[bool]()
    for seed in range(30_000, 30_400):
        rules, worth, rows = instance(seed, rows=2)
        costs = np.full(rules.ads, -1e7)
        every = Exhaustive(rules, worth, rows)
        wanted = (every.legal.sum(axis=1) > 1).tolist()
        feasible.update(wanted)
        assert [bool(pod) for pod in pods(Sequence(rules, worth)(rows, costs))] == wanted, seed
        if seed < 30_100:
            assert [bool(pod) for pod in pods(Conflict(rules, worth)(rows, costs))] == wanted, seed
    assert min(feasible.values()) > 100, feasible


def test_every_feature_appears_often() -> None:
    seen = Counter[str]()
    for seed in range(1_000):
        rules, worth, rows = instance(seed)
        sizes = [set(family.members) for family in rules.families]
        seen["limit of two"] += any(1 < family.limit < len(family.members) for family in rules.families)
        seen["pairs"] += any(len(each) == 2 for each in sizes)
        seen["nested"] += any(one < other for one in sizes for other in sizes)
        seen["overlapping"] += any(one & other and one - other and other - one for one in sizes for other in sizes)
        seen["no families"] += not sizes
        seen["positions"] += bool((rules.positions != int(Position.ANY)).any())
        seen["minimum fill"] += rules.minimum_fill > 0
        seen["required"] += bool((rows.required > 0).any())
        seen["ad time"] += bool((rows.ad_time < rules.duration).any())
        seen["masks"] += not rows.allowed.all()
        seen["negative values"] += bool((rows.values < 0).any())
        seen["falling survival"] += worth.survival[-1] < worth.survival[0]
        seen["first"] += worth.first != 1.0
        seen["last"] += worth.last != 1.0
        seen["per second"] += worth.per_second > 0
        seen["load"] += worth.load > 0
        costs, weights = prices(seed, rows)
        seen["bonuses"] += bool((costs < 0).any())
        seen["weights"] += weights is not None
        shared = problem(seed).shared
        seen["lower bounds"] += bool(shared.at_least.any())
        seen["upper bounds"] += bool((~shared.at_least).any())
    print(dict(seen))
    assert min(seen.values()) >= 100, seen


def test_the_same_again() -> None:
    for make in (Sequence, Conflict):
        for seed in range(20):
            rules, worth, rows = instance(seed)
            costs, weights = prices(seed, rows)
            one, other = (make(rules, worth)(rows, costs, weights) for _ in range(2))
            assert one.pods.tobytes() == other.pods.tobytes()
            assert one.bound.tobytes() == other.bound.tobytes()


def test_too_many_ways_to_place_an_ad_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    rules, worth, rows = instance(3)
    rules = replace(rules, minimum_fill=rules.minimum_fill * 0)
    rows = replace(rows, allowed=np.ones_like(rows.allowed), ad_time=np.full(len(rows), 10**12))
    monkeypatch.setattr(conflict_room, "ARCS", 3)
    with pytest.raises(InputError, match="at most 3 ways"):
        Conflict(rules, worth)(rows, np.zeros(rules.ads))
