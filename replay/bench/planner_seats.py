"""``planner.seats_vs_bnb``: pods for seats, against branch and bound in plain Python and CP-SAT, seat by seat.

All answer the same question about seats of the scarce hard book, each with its own values and histories: at the prices
that a plan would use, the best legal pod and a bound on what any pod could bring. Branch and bound prunes what cannot
improve on its best pod by more than our own gap, and gives up on a seat after so many nodes, so that it never has to
prove more than we do. Rates are seats a second on one core, in one process, in turn; making the seats' values is no
part of them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from statistics import median
from time import perf_counter
from typing import Final

import numpy as np

from planner.legal import all_legal
from planner.price.conflict import Conflict
from planner.price.port import Priced, Pricing
from planner.price.pricing import SEARCHED
from planner.price.sequence import Sequence
from planner.price.threads import Threads
from planner.problem import NOTHING, Floats, Problem, Rows
from planner.seats.plan import close, find_prices, quick
from planner.worth import pod_values
from replay.bench.figures import Figure, against
from replay.bench.hard_book import Form, hard

CORES: Final = 2
EXACT: Final = 1e-9
"""Relative to a seat's value: what sums in another order may differ by."""


@dataclass(frozen=True, slots=True)
class Asked:
    """Seats that each side is asked about: all have the first ones in common. ``cohorts`` that they are of."""

    seats: int = 65_536
    searched: int = 300
    solved: int = 10
    cohorts: int = 2_000
    runs: int = 3


def seats_vs_bnb(asked: Asked | None = None, seed: int = 1) -> list[Figure]:
    """Ours against branch and bound at equal gap, and against CP-SAT for context.

    Raises ``AssertionError`` if a pod breaks a rule or is worth more than the other side's bound.
    """
    asked = asked or Asked()
    book = hard(seed, asked.seats, asked.cohorts, Form.SCARCE)
    problem, crowd, shared = book.problem, book.crowd, book.problem.shared
    with Threads(quick(problem), CORES) as rough:
        costs = shared.costs(find_prices(rough, crowd, shared))
    rows = crowd.block(0, asked.seats)
    searched, solved = rows.take(slice(0, asked.searched)), rows.take(slice(0, asked.solved))
    solver = Conflict(problem.rules, problem.worth)
    one_core, both_cores, branching, medians, solving = [], [], [], [], []
    with Threads(close(problem), 1) as alone, Threads(close(problem), CORES) as together:
        ours = alone(rows, costs)
        few = first(ours, asked.searched)
        # Of all seats and of the common ones: the wider gap is easier for the other side.
        gap = max(gap_of(problem, rows, costs, ours), gap_of(problem, searched, costs, few))
        search = Sequence(problem.rules, problem.worth, limit=SEARCHED, gap=gap)
        for _ in range(asked.runs):
            one_core.append(rate(alone, rows, costs))
            theirs, seconds = each_apart(search, searched, costs)
            branching.append(len(seconds) / sum(seconds))
            medians.append(median(seconds))
            proven, seconds = each_apart(solver, solved, costs)
            solving.append(len(seconds) / sum(seconds))
            both_cores.append(rate(together, rows, costs))
    agree(problem, searched, costs, {"ours": few, "branch and bound": theirs})
    agree(problem, solved, costs, {"ours": first(ours, asked.solved), "CP-SAT": proven})
    their_gap = gap_of(problem, searched, costs, theirs)
    if their_gap < gap * (1 - EXACT):
        raise AssertionError(f"branch and bound proves a gap of {their_gap}, which is closer than {gap}")
    worths = [worth(problem, searched, costs, priced).mean() for priced in (few, theirs)]
    best = worth(problem, solved, costs, proven).mean()
    lost = 1 - worth(problem, solved, costs, first(ours, asked.solved)).mean() / best
    note = (
        f"baseline: branch and bound, plain Python, {asked.searched} seats, {median(medians) * 1e3:.1f} ms for its "
        f"median one; gaps {gap:.3%} (ours, {asked.seats:,} seats) and {their_gap:.3%}; on the seats in common a pod "
        f"brings {worths[0]:,.0f} micros, theirs {worths[1]:,.0f}; ours on {CORES} threads {median(both_cores):,.0f}/s"
    )
    context = (
        f"the same runs; baseline: CP-SAT, {asked.solved} seats, gap "
        f"{gap_of(problem, solved, costs, proven):.2g}; our pods of these bring {lost:.3%} less"
    )
    return [
        against("planner.seats_vs_bnb", "seats/s a core", one_core, branching, note),
        against("planner.seats_vs_cp_sat", "seats/s a core", one_core, solving, context),
    ]


def rate(pricing: Pricing, rows: Rows, costs: Floats) -> float:
    """Rows a second."""
    began = perf_counter()
    pricing(rows, costs)
    return len(rows) / (perf_counter() - began)


def each_apart(pricing: Pricing, rows: Rows, costs: Floats) -> tuple[Priced, list[float]]:
    """The answer for rows asked about one by one, and the seconds that each took."""
    answers, seconds = [], []
    for row in range(len(rows)):
        single = rows.take(slice(row, row + 1))
        began = perf_counter()
        answers.append(pricing(single, costs))
        seconds.append(perf_counter() - began)
    pods = np.full((len(rows), max(answer.pods.shape[1] for answer in answers)), NOTHING, dtype=np.int16)
    for row, answer in enumerate(answers):
        pods[row, : answer.pods.shape[1]] = answer.pods[0]
    bound = np.concatenate([answer.bound for answer in answers])
    return Priced(bound, np.concatenate([answer.reduced for answer in answers]), pods), seconds


def first(priced: Priced, count: int) -> Priced:
    """The answer for the first rows."""
    return Priced(priced.bound[:count], priced.reduced[:count], priced.pods[:count])


def worth(problem: Problem, rows: Rows, costs: Floats, priced: Priced) -> Floats:
    """float64[R] micros: what the pods bring by the definition, whatever the answer says they do."""
    present = priced.pods != NOTHING
    paid = np.where(present, costs[np.where(present, priced.pods, 0)], 0.0).sum(axis=1)
    return np.asarray(pod_values(problem.rules, problem.worth, rows.values, priced.pods) - paid)


def gap_of(problem: Problem, rows: Rows, costs: Floats, priced: Priced) -> float:
    """Bounds less what the pods bring, over what they bring."""
    brought = float(worth(problem, rows, costs, priced).sum())
    return (float(priced.bound.sum()) - brought) / brought


def agree(problem: Problem, rows: Rows, costs: Floats, answers: Mapping[str, Priced]) -> None:
    """Hold answers about the same rows together; raises ``AssertionError`` if they cannot all be right."""
    for name, priced in answers.items():
        if not all_legal(problem.rules, rows, priced.pods).all():
            raise AssertionError(f"{name}: a pod breaks a rule")
        brought = worth(problem, rows, costs, priced)
        for other, known in answers.items():
            over = np.flatnonzero(brought > known.bound + EXACT * np.abs(rows.values).sum(axis=1))
            if len(over):
                raise AssertionError(f"{name}: the pod of seat {over[0]} brings more than the bound of {other}")
