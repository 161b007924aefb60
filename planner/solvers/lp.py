"""The door to GLOP: a linear program as arrays, its optimum, its prices, and the basis to begin the next one at.

GLOP is reached through MathOpt, which hands bases out and in. It runs in one thread and draws nothing that is not
seeded, so the same program and basis give the same answer.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from ortools.math_opt.callback_pb2 import CallbackRegistrationProto
from ortools.math_opt.core.python import solver
from ortools.math_opt.model_parameters_pb2 import ModelSolveParametersProto
from ortools.math_opt.model_pb2 import ModelProto
from ortools.math_opt.parameters_pb2 import (
    EMPHASIS_OFF,
    LP_ALGORITHM_DUAL_SIMPLEX,
    LP_ALGORITHM_UNSPECIFIED,
    SOLVER_TYPE_GLOP,
    SolveParametersProto,
    SolverInitializerProto,
)
from ortools.math_opt.result_pb2 import TERMINATION_REASON_OPTIMAL, SolveResultProto
from ortools.math_opt.solution_pb2 import (
    BASIS_STATUS_AT_LOWER_BOUND,
    BASIS_STATUS_BASIC,
    SOLUTION_STATUS_FEASIBLE,
    BasisProto,
)

from planner.problem import Floats, Integers


@dataclass(frozen=True, slots=True)
class Linear:
    """Maximise ``objective`` @ x over 0 <= x <= ``upper`` with ``least`` <= A x <= ``most``.

    ``objective`` and ``upper`` float64[C], ``least`` and ``most`` float64[M] (infinite where open). A is given by its
    entries: ``rows`` and ``columns`` int64[N], each pair at most once and in any order, ``entries`` float64[N].
    """

    objective: Floats
    upper: Floats
    least: Floats
    most: Floats
    rows: Integers
    columns: Integers
    entries: Floats


@dataclass(frozen=True, slots=True)
class Basis:
    """Where a solve ended: status by column int64[C] and by row int64[M], in the solver's codes."""

    columns: Integers
    rows: Integers

    def grown(self, columns: int) -> Basis:
        """The same with new columns, at zero, behind the old ones."""
        added = np.full(columns - len(self.columns), BASIS_STATUS_AT_LOWER_BOUND, dtype=np.int64)
        return Basis(np.concatenate([self.columns, added]), self.rows)


@dataclass(frozen=True, slots=True)
class Optimum:
    """``values`` float64[C] and ``duals`` float64[M], the objective's gain by one more of a row's right side.

    Maximising, a dual is at least 0 where ``most`` binds and at most 0 where ``least`` does. ``optimal`` is False when
    the time was up first: then the values are feasible, or all 0 where none were found. ``seconds`` is what the solver
    says it took.
    """

    optimal: bool
    objective: float
    values: Floats
    duals: Floats
    basis: Basis | None
    seconds: float


def maximise(linear: Linear, basis: Basis | None = None, seconds: float | None = None) -> Optimum:
    """Solve ``linear``, from ``basis`` if there is one, for at most ``seconds`` of wall time.

    Raises RuntimeError when the program has no solution or no bound, which those made here always have.
    """
    model = _model(linear)
    # GLOP may lose its footing on a basis that has grown by nearly equal columns; from nothing, or by the other
    # algorithm, it finds one.
    plain, dual = LP_ALGORITHM_UNSPECIFIED, LP_ALGORITHM_DUAL_SIMPLEX
    for start, algorithm in ((basis, plain), (None, plain), (None, dual)):
        found = _solve(model, start, algorithm, seconds)
        optimal = found.termination.reason == TERMINATION_REASON_OPTIMAL
        if optimal or seconds is not None:
            return _read(found, linear, optimal=optimal)
    raise RuntimeError(f"GLOP ended without an optimum: {found.termination}")


def _solve(model: ModelProto, basis: Basis | None, algorithm: int, seconds: float | None) -> SolveResultProto:
    parameters = SolveParametersProto(threads=1, lp_algorithm=algorithm)
    if basis is not None:
        # Presolve would throw the basis away.
        parameters.presolve = EMPHASIS_OFF
    if seconds is not None:
        parameters.time_limit.FromNanoseconds(round(seconds * 1e9))
    hints = ModelSolveParametersProto()
    if basis is not None:
        hints.initial_basis.CopyFrom(_basis_message(basis))
    return solver.solve(
        model,
        SOLVER_TYPE_GLOP,
        SolverInitializerProto(),
        parameters,
        hints,
        None,
        CallbackRegistrationProto(),
        None,
        None,
    )


def _model(linear: Linear) -> ModelProto:
    model = ModelProto()
    count, rows = len(linear.objective), len(linear.most)
    model.variables.ids.extend(range(count))
    model.variables.lower_bounds.extend([0.0] * count)
    model.variables.upper_bounds.extend(linear.upper.tolist())
    model.variables.integers.extend([False] * count)
    model.objective.maximize = True
    earning = np.flatnonzero(linear.objective)
    model.objective.linear_coefficients.ids.extend(earning.tolist())
    model.objective.linear_coefficients.values.extend(linear.objective[earning].tolist())
    model.linear_constraints.ids.extend(range(rows))
    model.linear_constraints.lower_bounds.extend(linear.least.tolist())
    model.linear_constraints.upper_bounds.extend(linear.most.tolist())
    # The message wants its entries by row and then by column.
    order = np.argsort(linear.rows * max(count, 1) + linear.columns, kind="stable")
    model.linear_constraint_matrix.row_ids.extend(linear.rows[order].tolist())
    model.linear_constraint_matrix.column_ids.extend(linear.columns[order].tolist())
    model.linear_constraint_matrix.coefficients.extend(linear.entries[order].tolist())
    return model


def _basis_message(basis: Basis) -> BasisProto:
    message = BasisProto()
    message.variable_status.ids.extend(range(len(basis.columns)))
    message.variable_status.values.extend(basis.columns.tolist())
    message.constraint_status.ids.extend(range(len(basis.rows)))
    message.constraint_status.values.extend(basis.rows.tolist())
    return message


def _read(found: SolveResultProto, linear: Linear, *, optimal: bool) -> Optimum:
    values, duals = np.zeros(len(linear.objective)), np.zeros(len(linear.most))
    basis, objective = None, 0.0
    if found.solutions:
        best = found.solutions[0]
        if best.primal_solution.feasibility_status == SOLUTION_STATUS_FEASIBLE:
            values[np.array(best.primal_solution.variable_values.ids, dtype=np.int64)] = (
                best.primal_solution.variable_values.values
            )
            objective = best.primal_solution.objective_value
        if best.HasField("dual_solution"):
            duals[np.array(best.dual_solution.dual_values.ids, dtype=np.int64)] = best.dual_solution.dual_values.values
        if best.HasField("basis"):
            basis = _read_basis(best.basis, len(values), len(duals))
    seconds = found.solve_stats.solve_time.ToNanoseconds() / 1e9
    return Optimum(optimal, objective, values, duals, basis, seconds)


def _read_basis(message: BasisProto, columns: int, rows: int) -> Basis:
    by_column = np.full(columns, BASIS_STATUS_AT_LOWER_BOUND, dtype=np.int64)
    by_column[np.array(message.variable_status.ids, dtype=np.int64)] = message.variable_status.values
    by_row = np.full(rows, BASIS_STATUS_BASIC, dtype=np.int64)
    by_row[np.array(message.constraint_status.ids, dtype=np.int64)] = message.constraint_status.values
    return Basis(by_column, by_row)
