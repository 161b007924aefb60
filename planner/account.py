"""Portions of seats as a ``Solution``: what they are worth, and a bound that costs next to nothing."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import numpy as np

from planner.plan import Certificate, Portion, Solution
from planner.problem import NOTHING, Floats, PodRules, Problem, Rows, Shared, Worth, blocks
from planner.worth import pod_values, survival

BLOCK: Final = 1 << 14
"""Rows looked at together: their values are copied."""


def accounted(problem: Problem, seats: Mapping[tuple[int, tuple[int, ...]], int], iterations: int) -> Solution:
    """The solution of ``seats`` by row and pod, its bound taken at prices 0.

    Seats that no pod is stated for see slate.
    """
    stated = dict(seats)
    missing = problem.rows.seats.copy()
    for (row, _), told in seats.items():
        missing[row] -= told
    for row in np.flatnonzero(missing).tolist():
        stated[row, ()] = stated.get((row, ()), 0) + int(missing[row])
    portions = tuple(Portion(row, pod, stated[row, pod]) for row, pod in sorted(stated) if stated[row, pod])
    gross, placed = _worths(problem, portions)
    value = gross - penalties(problem.shared, placed)
    certificate = Certificate(value, gross, knapsack_bound(problem))
    return Solution(portions, np.zeros(len(problem.shared)), certificate, iterations)


def penalties(shared: Shared, placed: Floats) -> float:
    """Micros that the shortfalls of ``placed`` float64[J] impressions cost."""
    if not len(shared):
        return 0.0
    short = np.where(shared.at_least, np.maximum(shared.limit - shared.use @ placed, 0.0), 0.0)
    return float(short @ shared.penalty)


def knapsack_bound(problem: Problem) -> float:
    """Micros that no plan exceeds: each seat takes ads by value per second, the last in part, until its time is up.

    Each ad earns at most its value in the best position and as the first ad of the pod, and what its seconds save.
    """
    return sum(
        float(
            row_bounds(problem.rules, problem.worth, problem.rows.take(slice(start, stop)))
            @ problem.rows.seats[start:stop]
        )
        for start, stop in blocks(len(problem.rows), BLOCK)
    )


def row_bounds(rules: PodRules, worth: Worth, rows: Rows) -> Floats:
    """float64[R]: micros that no pod of a row exceeds (the fractional knapsack, G. B. Dantzig, 1957)."""
    if not rules.ads:
        return np.zeros(len(rows))
    best = max(1.0, worth.first, worth.last) * survival(worth, rules.durations)
    most = np.maximum(rows.values, 0.0) * best + np.maximum(worth.per_second, 0.0) * rules.durations / 1e6
    most = np.where(rows.allowed, most, 0.0)
    order = np.argsort(-most / rules.durations, axis=1, kind="stable")
    lasting = rules.durations[order]
    room = np.minimum(rows.ad_time, rules.duration)[:, None] - (np.cumsum(lasting, axis=1) - lasting)
    part = np.clip(room / lasting, 0.0, 1.0)
    return np.asarray((np.take_along_axis(most, order, axis=1) * part).sum(axis=1))


def _worths(problem: Problem, portions: tuple[Portion, ...]) -> tuple[float, Floats]:
    """Micros of all portions, and float64[J]: impressions of each ad."""
    width = max((len(portion.pod) for portion in portions), default=0)
    placed = np.zeros(problem.rules.ads)
    gross = 0.0
    for start, stop in blocks(len(portions), BLOCK):
        some = portions[start:stop]
        pods = np.full((len(some), width), NOTHING, dtype=np.int16)
        for number, portion in enumerate(some):
            pods[number, : len(portion.pod)] = portion.pod
        count = np.array([portion.seats for portion in some], dtype=np.float64)
        rows = np.array([portion.row for portion in some], dtype=np.int64)
        if width:
            gross += float(pod_values(problem.rules, problem.worth, problem.rows.values[rows], pods) @ count)
            placed += impressions(pods, count, problem.rules.ads)
    return gross, placed


def impressions(pods: np.ndarray[tuple[int, ...], np.dtype[np.int16]], seats: Floats, ads: int) -> Floats:
    """float64[J]: how often each of J ``ads`` is in ``pods`` int16[n, P] of which ``seats`` float64[n] are shown."""
    present = pods != NOTHING
    weights = np.broadcast_to(seats[:, None], pods.shape)[present]
    return np.bincount(pods[present], weights=weights, minlength=ads).astype(np.float64)
