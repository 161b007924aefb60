"""What is done only where cohorts are many: some find prices first, and the program is solved roughly."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from planner.event import opening, plan, program
from planner.event.night import Night
from planner.event.plan import plan_night
from planner.event.sample import of_cohorts
from planner.port import Iterations
from planner.problem import Rows, Values
from tests.planner.event.nights import night
from tests.planner.event.oracle import dual_bound, linear_optimum
from tests.planner.event.test_agree import recounted

TIMES = 6
"""Copies of each cohort, with values of their own."""


def crowded(seed: int) -> Night:
    """A small night, each of its cohorts several times, with values that differ by some per cent."""
    small = night(seed, whole=False)
    random = np.random.default_rng([seed, 6])
    which = np.repeat(np.arange(len(small.cohorts)), TIMES)
    factors = random.uniform(0.9, 1.1, len(which))[:, None].astype(np.float32)

    def values(rows: Rows) -> Values:
        return rows.values[which] * factors

    return replace(
        small,
        cohorts=tuple(f"{small.cohorts[cohort]} {number}" for number, cohort in enumerate(which.tolist())),
        scenes=tuple(
            replace(
                scene, rows=replace(scene.rows.take(which), values=values(scene.rows)), viewers=scene.viewers[which]
            )
            for scene in small.scenes
        ),
        shared=replace(small.shared, limit=small.shared.limit * TIMES),
        reach=tuple(replace(row, limit=row.limit[which]) for row in small.reach),
    )


@pytest.fixture
def few_are_many(monkeypatch: pytest.MonkeyPatch) -> None:
    """A dozen cohorts are treated as thousands."""
    monkeypatch.setattr(plan, "MANY", 8)
    monkeypatch.setattr(plan, "SAMPLE", 6)
    monkeypatch.setattr(opening, "SAMPLE", 5)
    monkeypatch.setattr(opening, "POURED", 4)
    monkeypatch.setattr(program, "EXACT", 20)


@pytest.mark.usefixtures("few_are_many")
def test_plans_are_kept_to_and_bounds_hold() -> None:
    gaps = []
    for seed in range(7000, 7016):
        event = crowded(seed)
        found = plan_night(event, stop=Iterations(120, gap=1e-3))
        value, gross, short = recounted(seed, event, found)
        best = linear_optimum(event)
        size = max(abs(best), gross, 1.0)
        assert found.certificate.value == pytest.approx(value, abs=1e-6 * size), seed
        assert found.certificate.gross == pytest.approx(gross, abs=1e-6 * size), seed
        assert found.short == pytest.approx(short, abs=1e-6 * float(np.abs(event.shared.limit).max(initial=1.0))), seed
        assert found.certificate.upper_bound >= best - 1e-5 * size, seed
        assert found.certificate.upper_bound >= dual_bound(event, found.prices) - 1e-4 * size, seed
        gaps.append((best - value) / size)
    assert np.median(gaps) < 0.005
    assert np.quantile(gaps, 0.8) < 0.05


def test_some_of_the_cohorts_have_their_part() -> None:
    event = crowded(7000)
    some = of_cohorts(event, np.arange(0, len(event.cohorts), TIMES))
    assert some.cohorts == event.cohorts[::TIMES]
    assert some.shared.limit == pytest.approx(event.shared.limit / TIMES)
    assert [len(scene.rows) for scene in some.scenes] == [len(some.cohorts)] * len(event.scenes)
    assert all(np.array_equal(a.limit, b.limit[::TIMES]) for a, b in zip(some.reach, event.reach, strict=True))
