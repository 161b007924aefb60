"""The door to CP-SAT: choices of yes and no under linear rows, their best total, and a bound on it.

One worker, a fixed seed and a limit in deterministic time, which counts work and not seconds: the same choices give the
same answer on every machine.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from ortools.sat.python import cp_model

LARGEST: Final = 1 << 52
"""Totals above this would lose units in the solver's floating point."""


@dataclass(frozen=True, slots=True)
class Row:
    """``least`` <= sum of ``factors`` times ``choices`` <= ``most``; an open end is None."""

    choices: Sequence[int]
    factors: Sequence[int]
    least: int | None
    most: int | None


@dataclass(frozen=True, slots=True)
class Choices:
    """Maximise the sum of ``gains`` over what is chosen, within ``rows``; of ``one_of`` at most one each."""

    gains: Sequence[int]
    rows: list[Row] = field(default_factory=list)
    one_of: list[Sequence[int]] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Answer:
    """What is chosen, its ``total``, and a ``bound`` that no choice exceeds; ``proven`` if they are the same."""

    chosen: tuple[int, ...]
    total: int
    bound: float
    proven: bool


def choose(choices: Choices, *, effort: float, presolve: bool = False, hint: Sequence[int] = ()) -> Answer:
    """The best choice found within ``effort`` units of deterministic time (about seconds). Choosing nothing has to be
    legal: it is the answer where the solver finds none in time.

    ``hint`` is a choice to begin at. Raises ``ValueError`` if gains may add up to more than ``LARGEST`` or no
    choice is legal.
    """
    most = sum(abs(gain) for gain in choices.gains)
    if most > LARGEST:
        raise ValueError(f"gains that add up to at most {LARGEST} are expected, found {most}")
    model = cp_model.CpModel()
    chosen = [model.new_bool_var("") for _ in choices.gains]
    for row in choices.rows:
        total = cp_model.LinearExpr.weighted_sum([chosen[each] for each in row.choices], list(row.factors))
        if row.least is not None and row.least == row.most:
            model.add(total == row.least)
        else:
            if row.least is not None:
                model.add(total >= row.least)
            if row.most is not None:
                model.add(total <= row.most)
    for group in choices.one_of:
        model.add_at_most_one([chosen[each] for each in group])
    model.maximize(cp_model.LinearExpr.weighted_sum(chosen, list(choices.gains)))
    for each in hint:
        model.add_hint(chosen[each], 1)
    solver = cp_model.CpSolver()
    solver.parameters.num_workers = 1
    solver.parameters.random_seed = 1
    # Ctrl-C belongs to the command that asks; the solver would take it and hand back the default handler.
    solver.parameters.catch_sigint_signal = False
    solver.parameters.cp_model_presolve = presolve
    solver.parameters.linearization_level = 2
    solver.parameters.max_deterministic_time = effort
    status = solver.solve(model)
    if status == cp_model.UNKNOWN:
        return Answer((), 0, min(float(most), max(0.0, solver.best_objective_bound)), proven=False)
    if status not in {cp_model.OPTIMAL, cp_model.FEASIBLE}:
        raise ValueError(f"rows that choosing nothing meets are expected, CP-SAT says {solver.status_name(status)}")
    found = tuple(each for each, variable in enumerate(chosen) if solver.boolean_value(variable))
    return Answer(
        found,
        sum(choices.gains[each] for each in found),
        solver.best_objective_bound,
        proven=status == cp_model.OPTIMAL,
    )
