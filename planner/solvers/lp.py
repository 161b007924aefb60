"""The door to GLOP and PDLP: a linear program as arrays, its optimum, its prices, and where to begin the next one.

GLOP goes from corner to corner and ends at the optimum. PDLP comes near it soon where rows are a hundred thousand
(D. Applegate and others: Practical large-scale linear programming using primal-dual hybrid gradient, 2021).

Both are reached through MathOpt: its model is plain arrays, where a constraint matrix of the model builder would ask
for scipy, and it hands bases out and in. GLOP runs in one thread and draws nothing that is not seeded, so the same
program and basis give the same answer.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

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
    SOLVER_TYPE_PDLP,
    SolveParametersProto,
    SolverInitializerProto,
)
from ortools.math_opt.result_pb2 import TERMINATION_REASON_OPTIMAL, SolveResultProto
from ortools.math_opt.solution_pb2 import (
    BASIS_STATUS_AT_LOWER_BOUND,
    BASIS_STATUS_BASIC,
    SOLUTION_STATUS_FEASIBLE,
    SOLUTION_STATUS_UNDETERMINED,
    BasisProto,
)
from ortools.math_opt.sparse_containers_pb2 import SparseDoubleMatrixProto

from planner.problem import Floats, Integers

THREADS: Final = 2
LENGTH_DELIMITED: Final = 2
"""The wire type of packed fields, https://protobuf.dev/programming-guides/encoding/."""
ABSOLUTE: Final = 1e-6
"""Tolerance of PDLP beside the relative one."""


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


@dataclass(frozen=True, slots=True)
class Start:
    """Where to begin: ``values`` float64[C] and ``duals`` float64[M]."""

    values: Floats
    duals: Floats


def approach(linear: Linear, start: Start, tolerance: float, iterations: int) -> Optimum:
    """Come near the optimum of ``linear`` from ``start``: until residuals and gap are ``tolerance``, relative, or for
    ``iterations``. Values keep rows only so nearly.

    PDLP runs in ``THREADS`` threads with a fixed division of work, so that the same program has the same answer.
    """
    parameters = SolveParametersProto(threads=THREADS)
    criteria = parameters.pdlp.termination_criteria
    criteria.iteration_limit = iterations
    criteria.simple_optimality_criteria.eps_optimal_relative = tolerance
    criteria.simple_optimality_criteria.eps_optimal_absolute = ABSOLUTE
    hints = ModelSolveParametersProto()
    hint = hints.solution_hints.add()
    hint.variable_values.ids.extend(range(len(start.values)))
    hint.variable_values.values.extend(start.values.tolist())
    hint.dual_values.ids.extend(range(len(start.duals)))
    hint.dual_values.values.extend(start.duals.tolist())
    found = _asked(_model(linear), SOLVER_TYPE_PDLP, parameters, hints)
    if not found.solutions:
        raise RuntimeError(f"PDLP ended without a solution: {found.termination}")
    optimal = found.termination.reason == TERMINATION_REASON_OPTIMAL
    return _read(found, linear, (SOLUTION_STATUS_FEASIBLE, SOLUTION_STATUS_UNDETERMINED), optimal=optimal)


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
            return _read(found, linear, (SOLUTION_STATUS_FEASIBLE,), optimal=optimal)
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
    return _asked(model, SOLVER_TYPE_GLOP, parameters, hints)


def _asked(
    model: ModelProto, kind: int, parameters: SolveParametersProto, hints: ModelSolveParametersProto
) -> SolveResultProto:
    initial, nothing = SolverInitializerProto(), CallbackRegistrationProto()
    return solver.solve(model, kind, initial, parameters, hints, None, nothing, None, None)


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
    model.linear_constraint_matrix.MergeFromString(
        matrix_message(linear.rows[order], linear.columns[order], linear.entries[order])
    )
    return model


def matrix_message(rows: Integers, columns: Integers, entries: Floats) -> bytes:
    """A ``SparseDoubleMatrixProto`` as it is written; numbers are >= 0.

    Lists of Python numbers take most of the time, and gigabytes, where entries are ten million.
    """
    fields = SparseDoubleMatrixProto.DESCRIPTOR.fields_by_name
    pieces = []
    for name, packed in (
        ("row_ids", _varints(rows)),
        ("column_ids", _varints(columns)),
        ("coefficients", entries.astype("<f8").tobytes()),
    ):
        pieces += [bytes([fields[name].number << 3 | LENGTH_DELIMITED]), _varints(np.array([len(packed)])), packed]
    return b"".join(pieces)


def _varints(numbers: Integers) -> bytes:
    """Seven bits a byte, the least first, a high bit while more come; all as long as the longest, which readers
    accept.
    """
    width = max(1, -(-int(numbers.max(initial=0)).bit_length() // 7))
    found = np.empty((len(numbers), width), dtype=np.uint8)
    for place in range(width):
        found[:, place] = (numbers >> 7 * place) & 0x7F
    found[:, :-1] |= 0x80
    return found.tobytes()


def _basis_message(basis: Basis) -> BasisProto:
    message = BasisProto()
    message.variable_status.ids.extend(range(len(basis.columns)))
    message.variable_status.values.extend(basis.columns.tolist())
    message.constraint_status.ids.extend(range(len(basis.rows)))
    message.constraint_status.values.extend(basis.rows.tolist())
    return message


def _read(found: SolveResultProto, linear: Linear, believed: tuple[int, ...], *, optimal: bool) -> Optimum:
    """Values of a solution whose status is ``believed``."""
    values, duals = np.zeros(len(linear.objective)), np.zeros(len(linear.most))
    basis, objective = None, 0.0
    if found.solutions:
        best = found.solutions[0]
        if best.primal_solution.feasibility_status in believed:
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
