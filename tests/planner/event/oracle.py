"""Small events solved by looking at every pod of every scene at once: what the planner of events is judged by.

    y_ksp        seats of cohort k in scene s that see pod p, at most those that there are
    shared rows  use of all y, at most the limit, or at least the limit less a shortfall that costs its penalty
    reach rows   use by one cohort's y in a window of scenes, at most the limit, or more at a penalty

Nothing here knows prices, pricing or generation of columns.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from ortools.sat.python import cp_model

from planner.event.night import HARD, Night, NightPrices
from planner.problem import Floats, Integers
from planner.solvers.lp import Linear, maximise
from planner.worth import pod_value
from tests.planner.price.exhaustive import every_pod, legal_for

SCALES: Final = (1, 2, 5, 10)
"""What makes the numbers of a row whole, if anything does."""
UNITS: Final = 100
"""Value is counted in parts of a micro."""
ROUNDING: Final = 1e-9
"""What floating point may do to a whole number."""
EXACT: Final = 1e-6
"""The relative gap at which a plan counts as the best one."""
EFFORT: Final = 30.0
"""Deterministic time for one program; most take a hundredth of one."""


class Columns:
    """Every set of ads that is a legal pod of a cohort and a scene, in the order that is worth most.

    ``cohort``, ``scene`` int64[C], ``values`` float64[C] micros of one seat, ``use`` float64[C, I] of shared rows and
    ``reach`` float64[C, G] of the reach rows of the column's own cohort. ``pods`` have the scene's ad numbers. What a
    pod uses does not depend on its order, so no other order is ever better.
    """

    def __init__(self, night: Night) -> None:
        best: dict[tuple[int, int, frozenset[int]], tuple[float, tuple[int, ...]]] = {}
        for number, scene in enumerate(night.scenes):
            for pod in filter(None, every_pod(scene.rules)):
                for cohort in range(len(night.cohorts)):
                    if not legal_for(scene.rules, scene.rows, cohort, pod):
                        continue
                    value = pod_value(scene.rules, scene.worth, scene.rows.values[cohort], pod)
                    key = (cohort, number, frozenset(pod))
                    best[key] = max(best.get(key, (value, pod)), (value, pod))
        self.cohort: Integers = np.array([cohort for cohort, _, _ in best], dtype=np.int64)
        self.scene: Integers = np.array([scene for _, scene, _ in best], dtype=np.int64)
        self.values: Floats = np.array([value for value, _ in best.values()], dtype=np.float64)
        self.pods = [pod for _, pod in best.values()]
        self.use = np.zeros((len(best), len(night.shared)))
        self.reach = np.zeros((len(best), len(night.reach)))
        for column, (number, pod) in enumerate(zip(self.scene.tolist(), self.pods, strict=True)):
            scene = night.scenes[number]
            self.use[column] = scene.use[:, list(pod)].sum(axis=1)
            for row, cap in enumerate(night.reach):
                if cap.first <= number < cap.stop:
                    counted = dict(zip(cap.ads.tolist(), cap.use.tolist(), strict=True))
                    self.reach[column, row] = sum(counted.get(int(scene.ads[ad]), 0.0) for ad in pod)

    def __len__(self) -> int:
        return len(self.pods)


@dataclass(frozen=True, slots=True)
class Program:
    """Maximise ``gains`` @ x, x >= 0, ``least`` <= ``matrix`` @ x <= ``most``; a row has one finite end.

    x is the seats of ``columns``, at most ``upper`` float64[C] of each, then ``short`` numbers of what lower bounds
    lack, then what soft reach rows have beyond their limits. A row has at most one of these.
    """

    gains: Floats
    matrix: Floats
    least: Floats
    most: Floats
    upper: Floats
    columns: int
    short: int

    def lacking(self) -> Program:
        """The same program, in which nothing counts but what lower bounds lack, all in the same units."""
        gains = np.zeros_like(self.gains)
        gains[self.columns : self.columns + self.short] = -1.0
        return replace(self, gains=gains)


def program(night: Night, columns: Columns) -> Program:
    """The whole event as one program."""
    shared, cohorts = night.shared, len(night.cohorts)
    below = np.flatnonzero(shared.at_least)
    soft = [
        (cap, cohort) for cap, reach in enumerate(night.reach) for cohort in range(cohorts) if reach.penalty != HARD
    ]
    seats = np.zeros((night.seats.size, len(columns)))
    seats[columns.scene * cohorts + columns.cohort, np.arange(len(columns))] = 1.0
    reach = np.zeros((len(night.reach) * cohorts, len(columns)))
    for cap in range(len(night.reach)):
        reach[cap * cohorts + columns.cohort, np.arange(len(columns))] = columns.reach[:, cap]
    rows = np.concatenate([seats, columns.use.T, reach])
    slack = np.zeros((len(rows), len(below) + len(soft)))
    slack[len(seats) + below, np.arange(len(below))] = 1.0
    for number, (cap, cohort) in enumerate(soft, start=len(below)):
        slack[len(seats) + len(shared) + cap * cohorts + cohort, number] = -1.0
    caps = np.array([cap.limit for cap in night.reach]).reshape(-1)
    fines = np.array([night.reach[cap].penalty for cap, _ in soft])
    least = np.full(len(rows), -np.inf)
    least[len(seats) + below] = shared.limit[below]
    limits = np.where(shared.at_least, np.inf, shared.limit)
    return Program(
        gains=np.concatenate([columns.values, -shared.penalty[below], -fines]),
        matrix=np.concatenate([rows, slack], axis=1),
        least=least,
        most=np.concatenate([night.seats.reshape(-1), limits, caps]),
        upper=night.seats[columns.scene, columns.cohort],
        columns=len(columns),
        short=len(below),
    )


def integer_optimum(night: Night) -> tuple[float, bool]:
    """Micros of the best plan in whole seats, and whether some plan in whole seats lacks nothing that was promised.

    Raises ``ValueError`` for a night whose numbers are not whole (see ``nights``), and ``RuntimeError`` if CP-SAT does
    not get to the end.
    """
    whole = program(night, Columns(night))
    return float(whole.gains @ in_whole_seats(whole)), least_lacking(whole) == 0.0


def least_lacking(whole: Program) -> float:
    """What lower bounds lack at least, all together, whatever the rest is worth."""
    return lacks(whole, in_whole_seats(whole.lacking()))


def lacks(whole: Program, found: Floats) -> float:
    """What a plan lacks of all lower bounds together."""
    return float(found[whole.columns : whole.columns + whole.short].sum())


def linear_optimum(night: Night) -> float:
    """Micros of the best plan in fractions of seats: no plan is worth more."""
    whole = program(night, Columns(night))
    return float(whole.gains @ in_fractions(whole))


def linear_lacking(night: Night) -> float:
    """What lower bounds lack at least in fractions of seats, all together."""
    whole = program(night, Columns(night))
    return lacks(whole, in_fractions(whole.lacking()))


def dual_bound(night: Night, prices: NightPrices) -> float:
    """Micros that no plan exceeds, by weak duality at any valid prices: what a planner's bound has to be there."""
    columns, shared = Columns(night), night.shared
    signed = np.where(shared.at_least, -prices.shared, prices.shared)
    by_cohort = prices.reach[:, columns.cohort].T
    reduced = columns.values - columns.use @ signed - (columns.reach * by_cohort).sum(axis=1)
    best = np.zeros_like(night.seats)
    np.maximum.at(best, (columns.scene, columns.cohort), reduced)
    caps = np.array([cap.limit for cap in night.reach]).reshape(prices.reach.shape)
    return float(signed @ shared.limit + (prices.reach * caps).sum() + (night.seats * best).sum())


def in_fractions(whole: Program) -> Floats:
    """The best x of a program by GLOP; every row and the gains are divided by their largest number."""
    scale = np.abs(whole.matrix).max(axis=1, initial=0.0)
    scale[scale == 0.0] = 1.0
    matrix = whole.matrix / scale[:, None]
    row, column = np.nonzero(matrix)
    return maximise(
        Linear(
            objective=whole.gains / max(1.0, float(np.abs(whole.gains).max(initial=0.0))),
            upper=np.full(len(whole.gains), np.inf),
            least=whole.least / scale,
            most=whole.most / scale,
            rows=row,
            columns=column,
            entries=matrix[row, column],
        )
    ).values


def in_whole_seats(whole: Program) -> Floats:
    """The best x of a program by CP-SAT, seats whole, rows and gains in whole numbers, proven within ``EXACT``."""
    model = cp_model.CpModel()
    upper = whole.upper.astype(np.int64)
    seats = [model.new_int_var(0, most, "") for most in upper.tolist()]
    values = [round(UNITS * gain) for gain in whole.gains[: whole.columns]]
    slack: dict[int, tuple[cp_model.IntVar, int]] = {}
    for row, least, limit in zip(whole.matrix, whole.least, whole.most, strict=True):
        hard = not row[whole.columns :].any()
        scale, factors, bound = _whole(row, least if np.isfinite(least) else limit, down=hard)
        used = np.flatnonzero(factors[: whole.columns])
        total = cp_model.LinearExpr.weighted_sum([seats[each] for each in used], factors[used].tolist())
        for each in (whole.columns + np.flatnonzero(row[whole.columns :])).tolist():
            slack[each] = model.new_int_var(0, int(np.abs(factors[used]) @ upper[used]) + abs(bound), ""), scale
            total += int(row[each]) * slack[each][0]
        model.add(total >= bound if np.isfinite(least) else total <= bound)
    fines = [round(UNITS * whole.gains[each] / scale) for each, (_, scale) in slack.items()]
    lacking = [variable for variable, _ in slack.values()]
    model.maximize(cp_model.LinearExpr.weighted_sum([*seats, *lacking], [*values, *fines]))
    solver = cp_model.CpSolver()
    solver.parameters.num_workers = 1
    solver.parameters.random_seed = 1
    solver.parameters.linearization_level = 2
    solver.parameters.relative_gap_limit = EXACT
    solver.parameters.max_deterministic_time = EFFORT
    status = solver.solve(model)
    if status != cp_model.OPTIMAL:
        raise RuntimeError(f"a proven optimum is expected, CP-SAT says {solver.status_name(status)}")
    found = np.zeros(len(whole.gains))
    found[: whole.columns] = [solver.value(variable) for variable in seats]
    for each, (variable, scale) in slack.items():
        found[each] = solver.value(variable) / scale
    return found


def _whole(row: Floats, bound: float, *, down: bool) -> tuple[int, Integers, int]:
    """A scale, and the row's factors and bound times it, all whole; ``down`` divides them by what the factors have in
    common and rounds the bound down, which loses nothing where all that stands against it is whole.
    """
    for scale in SCALES:
        factors, scaled = row * scale, float(bound * scale)
        rounded = np.round(factors).astype(np.int64)
        if np.abs(factors - rounded).max(initial=0.0) >= ROUNDING:
            continue
        if down:
            common = max(int(np.gcd.reduce(rounded)), 1)
            return scale, rounded // common, int((scaled + ROUNDING) // common)
        if abs(scaled - round(scaled)) < ROUNDING:
            return scale, rounded, round(scaled)
    raise ValueError(f"whole numbers times one of {SCALES} are expected, found {row} and {bound}")
