"""The greedy planner: always legal, never over a hard limit, and a bound that is one."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from domain.units import Microseconds
from planner.greedy import greedy, greedy_crowd, greedy_rows
from planner.legal import legal
from planner.plan import Solution
from planner.port import Iterations
from planner.problem import (
    NOTHING,
    Family,
    Kind,
    PodRules,
    Position,
    Problem,
    Required,
    Rows,
    Rule,
    Shared,
    Worth,
)
from planner.worth import pod_value
from tests.planner.instances import problem as random_problem
from tests.planner.price.exhaustive import every_pod

ONCE = Iterations(1)
SECOND = 1_000_000
FLAT = Worth(instants=np.array([0], dtype=np.int64), survival=np.array([1.0]))
NO_ROWS: tuple[tuple[Kind, Sequence[float], float, float], ...] = ()


def made(
    values: Sequence[Sequence[float]],
    lasting: Sequence[int],
    seconds: int,
    *,
    seats: Sequence[int] = (10,),
    shared: Sequence[tuple[Kind, Sequence[float], float, float]] = NO_ROWS,
    families: Sequence[tuple[int, ...]] = (),
    positions: Sequence[int] | None = None,
    required: tuple[tuple[Required, ...], ...] = ((),),
    asks: int = 0,
    minimum: int = 0,
    maximum: int = 10,
    tiers: Sequence[int] | None = None,
    worth: Worth = FLAT,
) -> Problem:
    ads = len(lasting)
    return Problem(
        rules=PodRules(
            durations=np.array(lasting, dtype=np.int64) * SECOND,
            positions=np.array(positions or [int(Position.ANY)] * ads, dtype=np.uint8),
            families=tuple(Family(members, 1, Rule.SEPARATION, "family") for members in families),
            duration=Microseconds(seconds * SECOND),
            minimum_fill=Microseconds(minimum * SECOND),
            maximum_ads=maximum,
            required=required,
        ),
        worth=worth,
        rows=Rows(
            values=np.array(values, dtype=np.float32),
            allowed=np.ones((len(seats), ads), dtype=np.bool_),
            seats=np.array(seats, dtype=np.int64),
            ad_time=np.full(len(seats), 3_600 * SECOND, dtype=np.int64),
            required=np.full(len(seats), asks, dtype=np.int64),
        ),
        shared=Shared(
            kinds=tuple(row[0] for row in shared),
            names=tuple(f"row {number}" for number in range(len(shared))),
            use=np.array([row[1] for row in shared], dtype=np.float64).reshape(len(shared), ads),
            limit=np.array([row[2] for row in shared], dtype=np.float64),
            penalty=np.array([row[3] for row in shared], dtype=np.float64),
        ),
        tiers=np.array(tiers or [1] * ads, dtype=np.int64),
    )


class Everyone:
    """The rows of a problem, a seat each, as a crowd."""

    def __init__(self, rows: Rows) -> None:
        self._rows = rows.take(np.repeat(np.arange(len(rows)), rows.seats))
        self._rows = Rows(
            self._rows.values,
            self._rows.allowed,
            np.ones(len(self._rows), dtype=np.int64),
            self._rows.ad_time,
            self._rows.required,
        )

    def __len__(self) -> int:
        return len(self._rows)

    def block(self, start: int, stop: int) -> Rows:
        return self._rows.take(slice(start, stop))


def use_of(problem: Problem, solution: Solution) -> np.ndarray:
    use = np.zeros(len(problem.shared))
    for portion in solution.portions:
        for ad in portion.pod:
            use += problem.shared.use[:, ad] * portion.seats
    return use


def hold(problem: Problem, use: np.ndarray) -> bool:
    kept = [
        kind.at_least or used <= limit
        for kind, used, limit in zip(problem.shared.kinds, use, problem.shared.limit, strict=True)
    ]
    return all(kept)


def served(solution: Solution, row: int = 0) -> dict[tuple[int, ...], int]:
    return {portion.pod: portion.seats for portion in solution.portions if portion.row == row}


@pytest.mark.parametrize("start", [0, 100, 200])
def test_every_plan_is_legal_whole_and_within_its_limits(start: int) -> None:
    filled = 0
    for seed in range(start, start + 100):
        problem = random_problem(seed, tiers=1 + seed % 2)
        solution = greedy(problem, stop=ONCE)
        seats = np.zeros(len(problem.rows), dtype=np.int64)
        gross = 0.0
        for portion in solution.portions:
            assert legal(problem.rules, problem.rows, portion.row, portion.pod) is None
            assert portion.seats > 0
            seats[portion.row] += portion.seats
            value = pod_value(problem.rules, problem.worth, problem.rows.values[portion.row], portion.pod)
            gross += value * portion.seats
            filled += bool(portion.pod)
        assert (seats == problem.rows.seats).all()
        assert len({(portion.row, portion.pod) for portion in solution.portions}) == len(solution.portions)
        use = use_of(problem, solution)
        assert hold(problem, use), seed
        short = np.where(problem.shared.at_least, np.maximum(0.0, problem.shared.limit - use), 0.0)
        assert solution.certificate.gross == pytest.approx(gross, rel=1e-9, abs=1e-3)
        assert solution.certificate.value == pytest.approx(
            gross - float(short @ problem.shared.penalty), rel=1e-9, abs=1e-3
        )
    assert filled > 200


def test_the_bound_is_above_the_best_of_all_pods() -> None:
    for seed in range(60):
        problem = random_problem(seed)
        best = 0.0
        pods = every_pod(problem.rules)
        for row, seats in enumerate(problem.rows.seats.tolist()):
            worths = [
                pod_value(problem.rules, problem.worth, problem.rows.values[row], pod)
                for pod in pods
                if legal(problem.rules, problem.rows, row, pod) is None
            ]
            best += seats * max(worths)
        bound = greedy(problem, stop=ONCE).certificate.upper_bound
        assert best <= bound * (1 + 1e-9) + 1e-6


def test_the_same_problem_gives_the_same_plan() -> None:
    for seed in range(20):
        assert repr(greedy(random_problem(seed), stop=ONCE)) == repr(greedy(random_problem(seed), stop=ONCE))


def test_value_per_second_goes_before_value() -> None:
    problem = made([[30.0, 20.0, 15.0]], [30, 15, 15], 30)
    assert served(greedy(problem, stop=ONCE)) == {(1, 2): 10}


def test_a_budget_is_spent_to_the_last_impression_and_not_beyond() -> None:
    problem = made([[30.0, 10.0]], [30, 30], 30, seats=(1_000,), shared=[(Kind.BUDGET, [7.0, 0.0], 7.0 * 137 + 6, 0)])
    assert served(greedy(problem, stop=ONCE)) == {(0,): 137, (1,): 863}


def test_no_cohort_takes_all_of_a_budget() -> None:
    problem = made([[30.0], [30.0]], [30], 30, seats=(800, 800), shared=[(Kind.GOAL, [1.0], 800.0, 0)])
    plan = greedy(problem, stop=ONCE)
    assert served(plan, 0)[0,] == served(plan, 1)[0,] == 400


def test_a_short_guarantee_goes_before_a_dearer_ad_until_it_is_met() -> None:
    problem = made([[30.0, 10.0]], [30, 30], 30, seats=(160,), shared=[(Kind.GUARANTEE, [0.0, 1.0], 40.0, 25.0)])
    plan = greedy(problem, stop=ONCE)
    assert served(plan) == {(0,): 120, (1,): 40}
    assert plan.certificate.value == 120 * 30 + 40 * 10


def test_an_earlier_tier_goes_before_a_dearer_ad() -> None:
    problem = made([[30.0, 10.0]], [30, 30], 30, tiers=[2, 1])
    assert served(greedy(problem, stop=ONCE)) == {(1,): 10}


def test_a_maximum_share_leaves_its_campaign_a_part() -> None:
    problem = made([[30.0, 10.0]], [30, 30], 30, seats=(1_600,), shared=[(Kind.SHARE_MAXIMUM, [0.75, -0.25], 0.0, 0)])
    plan = served(greedy(problem, stop=ONCE))
    assert 300 <= plan[0,] <= 400
    assert plan[0,] + plan[1,] == 1_600


def test_a_pod_that_is_too_short_is_filled_with_longer_ads() -> None:
    problem = made([[30.0, 31.0, 20.0]], [10, 30, 30], 60, minimum=60, families=[(0, 1)])
    assert served(greedy(problem, stop=ONCE)) == {(1, 2): 10}


def test_slate_is_better_than_ads_that_cost_more_than_they_earn() -> None:
    problem = made([[-1.0, -2.0]], [30, 30], 60, minimum=30)
    assert served(greedy(problem, stop=ONCE)) == {(): 10}


def test_what_a_row_requires_comes_first_or_nothing_does() -> None:
    wanted = (Required((1,), Position.FIRST, "first"), Required((0,), Position.LAST, "last"))
    problem = made([[30.0, 1.0, 20.0]], [30, 30, 30], 90, required=((), wanted), asks=1)
    assert served(greedy(problem, stop=ONCE)) == {(1, 2, 0): 10}
    sold_out = made(
        [[30.0, 1.0, 20.0]], [30, 30, 30], 90, required=((), wanted), asks=1, shared=[(Kind.GOAL, [0, 1, 0], 4.0, 0)]
    )
    assert served(greedy(sold_out, stop=ONCE)) == {(1, 2, 0): 4, (): 6}


def test_ads_stand_at_the_edges_that_they_ask_for() -> None:
    either = int(Position.FIRST | Position.LAST)
    positions = [int(Position.LAST), either, int(Position.ANY), int(Position.FIRST)]
    problem = made([[10.0, 20.0, 30.0, 15.0]], [30] * 4, 120, positions=positions)
    assert served(greedy(problem, stop=ONCE)) == {(3, 2, 1): 10}


def test_the_best_ad_takes_the_position_that_multiplies_most() -> None:
    worth = Worth(FLAT.instants, FLAT.survival, first=1.0, last=1.5)
    problem = made([[10.0, 20.0, 30.0]], [30] * 3, 90, worth=worth)
    (pod,) = served(greedy(problem, stop=ONCE))
    assert pod[-1] == 2


@pytest.mark.parametrize("block", [1, 7, 4_096])
def test_a_crowd_is_legal_and_within_its_limits(block: int) -> None:
    filled = 0
    for seed in range(40):
        problem = random_problem(seed)
        crowd = Everyone(problem.rows.take(slice(0, 2)))
        if len(crowd) > 300:
            continue
        pods, value, use = greedy_crowd(problem, crowd, block=block)
        rows = crowd.block(0, len(crowd))
        placed = np.zeros(problem.rules.ads)
        gross = 0.0
        for row, numbers in enumerate(pods.tolist()):
            pod = [ad for ad in numbers if ad != NOTHING]
            assert legal(problem.rules, rows, row, pod) is None
            gross += pod_value(problem.rules, problem.worth, rows.values[row], pod)
            placed += np.bincount(pod, minlength=problem.rules.ads)
            filled += bool(pod)
        assert use == pytest.approx(problem.shared.use @ placed)
        assert hold(problem, use)
        short = np.where(problem.shared.at_least, np.maximum(0.0, problem.shared.limit - use), 0.0)
        assert value == pytest.approx(gross - float(short @ problem.shared.penalty), rel=1e-9, abs=1e-3)
    assert filled > 500


@pytest.mark.parametrize("block", [1, 3, 100])
def test_a_crowd_is_served_in_its_order(block: int) -> None:
    problem = made([[30.0, 10.0]], [30, 30], 30, shared=[(Kind.BUDGET, [3.0, 0.0], 23.0, 0)])
    pods, value, use = greedy_crowd(problem, Everyone(problem.rows), block=block)
    assert pods[:, 0].tolist() == [0] * 7 + [1] * 3
    assert (value, use.tolist()) == (240.0, [21.0])


def test_a_crowd_is_of_single_seats() -> None:
    problem = made([[30.0]], [30], 30)

    class Cohorts(Everyone):
        def block(self, start: int, stop: int) -> Rows:
            return problem.rows

    with pytest.raises(ValueError, match="one seat each, found 10"):
        greedy_crowd(problem, Cohorts(problem.rows))


def test_rows_take_no_more_than_remains() -> None:
    problem = made([[30.0, 10.0]], [30, 30], 30, shared=[(Kind.GOAL, [1.0, 0.0], 1_000.0, 0)])
    filled = greedy_rows(problem, problem.rows, np.array([4.0]))
    assert {int(pod[0]): int(seats) for pod, seats in zip(filled.pods, filled.seats, strict=True)} == {0: 4, 1: 6}


def test_nothing_to_show_is_a_plan_of_slate() -> None:
    problem = made([[]], [], 30)
    assert served(greedy(problem, stop=ONCE)) == {(): 10}
    assert greedy(problem, stop=ONCE).certificate.gap == 0.0
