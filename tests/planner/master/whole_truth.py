"""Small problems solved by looking at every pod: what the master is judged by."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import numpy as np
from ortools.sat.python import cp_model

from domain.units import Microseconds
from planner.plan import Solution
from planner.price.port import Priced
from planner.problem import NOTHING, Ads, Floats, Integers, Kind, PodRules, Position, Problem, Rows, Shared, Worth
from planner.solvers.lp import Linear, Optimum, maximise
from planner.worth import pod_value
from tests.planner.instances import problem as random_problem
from tests.planner.price.exhaustive import Exhaustive, legal_for


class EveryPod:
    """A ``planner.price.port.Pricing`` that tries all pods."""

    def __init__(self, rules: PodRules, worth: Worth) -> None:
        self._rules, self._worth = rules, worth
        self._known: tuple[Rows, Exhaustive] | None = None
        self.calls = 0

    def __call__(self, rows: Rows, costs: Floats, weights: Floats | None = None) -> Priced:
        if self._known is None or self._known[0] is not rows:
            self._known = (rows, Exhaustive(self._rules, self._worth, rows))
        truth = self._known[1]
        self.calls += 1
        reduced = np.array([truth.reduced(row, costs, weights) for row in range(len(rows))])
        best = reduced.argmax(axis=1)
        value = reduced.max(axis=1)
        return Priced(value, value, truth.matrix[best])


class Columns:
    """All columns of a problem: ``rows`` int64[C], ``pods`` int16[C, N], values and uses of one seat."""

    def __init__(self, problem: Problem) -> None:
        truth = Exhaustive(problem.rules, problem.worth, problem.rows)
        nothing = np.zeros(problem.rules.ads)
        self.rows: Integers
        self.rows, which = np.nonzero(truth.legal)
        self.pods: Ads = truth.matrix[which]
        self.values = np.array([truth.reduced(row, nothing) for row in range(len(problem.rows))])[self.rows, which]
        present = self.pods != NOTHING
        counts = np.zeros((len(self.pods), problem.rules.ads))
        np.add.at(counts, (np.nonzero(present)[0], self.pods[present]), 1.0)
        self.counts = counts
        self.use = counts @ problem.shared.use.T


def whole_program(problem: Problem, columns: Columns) -> Optimum:
    """The linear program over all columns, in seats, shortfalls behind the columns."""
    shared = problem.shared
    soft = np.flatnonzero(shared.at_least)
    count, rows = len(columns.rows), len(problem.rows)
    matrix = np.zeros((rows + len(shared), count + len(soft)))
    matrix[columns.rows, np.arange(count)] = 1.0
    matrix[rows:, :count] = columns.use.T
    matrix[rows + soft, count + np.arange(len(soft))] = 1.0
    row, column = np.nonzero(matrix)
    return maximise(
        Linear(
            objective=np.concatenate([columns.values, -shared.penalty[soft]]),
            upper=np.full(count + len(soft), np.inf),
            least=np.concatenate([np.full(rows, -np.inf), np.where(shared.at_least, shared.limit, -np.inf)]),
            most=np.concatenate([problem.rows.seats, np.where(shared.at_least, np.inf, shared.limit)]),
            rows=row,
            columns=column,
            entries=matrix[row, column],
        )
    )


def dual_bound(problem: Problem, prices: Floats) -> float:
    """The bound of the design at any prices, from every pod."""
    shared = problem.shared
    signed = np.where(shared.at_least, -shared.limit, shared.limit)
    best = Exhaustive(problem.rules, problem.worth, problem.rows).best(shared.costs(prices))
    return float(prices @ signed) + float(problem.rows.seats @ best)


def verify(problem: Problem, solution: Solution) -> float:
    """Assert that the plan is legal and within the hard limits; its value, counted plainly."""
    shared, rules = problem.shared, problem.rules
    seats, placed, value = np.zeros(len(problem.rows), dtype=np.int64), np.zeros(rules.ads), 0.0
    for portion in solution.portions:
        assert portion.seats > 0
        assert legal_for(rules, problem.rows, portion.row, portion.pod)
        seats[portion.row] += portion.seats
        value += portion.seats * pod_value(rules, problem.worth, problem.rows.values[portion.row], portion.pod)
        placed[list(portion.pod)] += portion.seats
    assert seats.tolist() == problem.rows.seats.tolist()
    use = shared.use @ placed
    for row, kind in enumerate(shared.kinds):
        if kind in {Kind.BUDGET, Kind.GOAL}:
            assert use[row] <= shared.limit[row], (kind, use[row], shared.limit[row])
        if kind is Kind.SHARE_MAXIMUM:
            assert use[row] <= shared.limit[row] + 1e-6
    short = np.where(shared.at_least, np.maximum(shared.limit - use, 0.0), 0.0)
    return value - float(shared.penalty @ short)


@cache
def example(seed: int, tiers: int = 1) -> tuple[Problem, Columns]:
    """A random problem and all its columns."""
    problem = random_problem(seed, tiers=tiers, ads=4 + seed % 3)
    return problem, Columns(problem)


def single(values: list[float], tiers: list[int], seats: int, shared: Shared | None = None) -> Problem:
    """One row and one slot of 30 seconds."""
    count = len(values)
    rules = PodRules(
        np.full(count, 30_000_000, dtype=np.int64),
        np.full(count, int(Position.ANY), dtype=np.uint8),
        (),
        Microseconds(30_000_000),
        Microseconds(0),
        1,
    )
    rows = Rows(
        np.array([values], dtype=np.float32),
        np.ones((1, count), dtype=np.bool_),
        np.array([seats], dtype=np.int64),
        np.array([30_000_000], dtype=np.int64),
        np.zeros(1, dtype=np.int64),
    )
    free = Shared((), (), np.zeros((0, count)), np.zeros(0), np.zeros(0))
    worth = Worth(np.array([0], dtype=np.int64), np.ones(1))
    return Problem(rules, worth, rows, shared or free, np.array(tiers, dtype=np.int64))


def best_whole_plan(problem: Problem, columns: Columns) -> float:
    """The value of the best plan in whole seats, by CP-SAT; shares are tenths, values thousandths of micros."""
    shared, model = problem.shared, cp_model.CpModel()
    seats = [model.new_int_var(0, int(problem.rows.seats[row]), "") for row in columns.rows]
    for row, most in enumerate(problem.rows.seats.tolist()):
        model.add(sum(seats[column] for column in np.flatnonzero(columns.rows == row)) <= most)
    earned = [round(1_000 * value) * count for value, count in zip(columns.values, seats, strict=True)]
    for row, kind in enumerate(shared.kinds):
        scale = 10 if kind in {Kind.SHARE_MAXIMUM, Kind.SHARE_MINIMUM} else 1
        use = sum(round(scale * columns.use[column, row]) * count for column, count in enumerate(seats))
        limit = round(scale * shared.limit[row])
        if kind.at_least:
            short = model.new_int_var(0, 10**9, "")
            model.add(use + short >= limit)
            earned.append(-round(1_000 * shared.penalty[row] / scale) * short)
        else:
            model.add(use <= limit)
    model.maximize(sum(earned))
    solver = cp_model.CpSolver()
    solver.parameters.num_workers = 1
    solver.parameters.relative_gap_limit = 1e-7
    assert solver.solve(model) == cp_model.OPTIMAL
    return solver.objective_value / 1_000


def in_order(problem: Problem, columns: Columns) -> float:
    """What all tiers earn together, each keeping what it had when it was the last to be looked at, less 1e-4 of it."""
    shared, rows, count = problem.shared, len(problem.rows), len(columns.rows)
    levels = np.unique(problem.tiers)
    soft = np.flatnonzero(shared.at_least)
    owner = np.array([problem.tiers[use > 0].min(initial=levels[-1]) for use in shared.use], dtype=np.int64)
    each = []
    for level in levels:
        own = replace(problem.rows, values=np.where(problem.tiers == level, problem.rows.values, np.float32(0)))
        worth = problem.worth if level == levels[-1] else replace(problem.worth, per_second=0.0, load=0.0)
        values = np.array(
            [
                pod_value(problem.rules, worth, own.values[row], [ad for ad in pod.tolist() if ad != NOTHING])
                for row, pod in zip(columns.rows, columns.pods, strict=True)
            ]
        )
        each.append(np.concatenate([values, -np.where(owner == level, shared.penalty, 0.0)[soft]]))
    matrix = np.zeros((rows + len(shared), count + len(soft)))
    matrix[columns.rows, np.arange(count)] = 1.0
    matrix[rows:, :count] = columns.use.T
    matrix[rows + soft, count + np.arange(len(soft))] = 1.0
    least = np.concatenate([np.full(rows, -np.inf), np.where(shared.at_least, shared.limit, -np.inf)])
    most = np.concatenate([problem.rows.seats, np.where(shared.at_least, np.inf, shared.limit)])
    for turn in range(len(levels)):
        row, column = np.nonzero(matrix)
        goal = np.sum(each[: turn + 1], axis=0)
        found = maximise(Linear(goal, np.full(len(goal), np.inf), least, most, row, column, matrix[row, column]))
        had = float(each[turn] @ found.values)
        matrix = np.vstack([matrix, each[turn]])
        least, most = np.append(least, had - 1e-4 * abs(had)), np.append(most, np.inf)
    return found.objective
