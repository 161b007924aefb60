"""The door to PDLP: near the optimum of a linear program soon, where rows are a hundred thousand.

D. Applegate and others: Practical large-scale linear programming using primal-dual hybrid gradient, 2021. It runs in
``THREADS`` threads with a fixed division of work, so that the same program has the same answer.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from ortools.pdlp.python import pdlp
from ortools.pdlp.solve_log_pb2 import (
    TERMINATION_REASON_ITERATION_LIMIT,
    TERMINATION_REASON_OPTIMAL,
    TERMINATION_REASON_TIME_LIMIT,
    TerminationReason,
)
from ortools.pdlp.solvers_pb2 import PrimalDualHybridGradientParams
from scipy.sparse import coo_matrix

from planner.problem import Floats
from planner.solvers.lp import Linear

THREADS: Final = 2
ABSOLUTE: Final = 1e-6
"""Tolerance beside the relative one."""
_ENDS: Final = (TERMINATION_REASON_OPTIMAL, TERMINATION_REASON_ITERATION_LIMIT, TERMINATION_REASON_TIME_LIMIT)


@dataclass(frozen=True, slots=True)
class Point:
    """``values`` float64[C] of columns and ``duals`` float64[M], the objective's gain by one more of a row's right
    side.
    """

    values: Floats
    duals: Floats


@dataclass(frozen=True, slots=True)
class Approached:
    """Where PDLP ended; ``near`` if within the tolerance."""

    point: Point
    near: bool


def approach(linear: Linear, start: Point, tolerance: float, iterations: int, seconds: float) -> Approached:
    """Come near the optimum of ``linear`` from ``start``: until residuals and gap are ``tolerance``, relative, or for
    ``iterations``, or for ``seconds`` of wall time. Values keep rows only so nearly.

    Raises RuntimeError when PDLP gives up, as it does on a program without a solution.
    """
    parameters = PrimalDualHybridGradientParams(num_threads=THREADS)
    criteria = parameters.termination_criteria
    criteria.iteration_limit = iterations
    criteria.time_sec_limit = seconds
    criteria.simple_optimality_criteria.eps_optimal_relative = tolerance
    criteria.simple_optimality_criteria.eps_optimal_absolute = ABSOLUTE
    begin = pdlp.PrimalAndDualSolution()
    # It minimises.
    begin.primal_solution, begin.dual_solution = start.values, -start.duals
    found = pdlp.primal_dual_hybrid_gradient(_program(linear), parameters, begin)
    reason = found.solve_log.termination_reason
    if reason not in _ENDS:
        raise RuntimeError(f"PDLP ended without a solution: {TerminationReason.Name(reason)}")
    point = Point(np.array(found.primal_solution), -np.array(found.dual_solution))
    return Approached(point, reason == TERMINATION_REASON_OPTIMAL)


def _program(linear: Linear) -> pdlp.QuadraticProgram:
    count, rows = len(linear.objective), len(linear.most)
    program = pdlp.QuadraticProgram()
    program.resize_and_initialize(count, rows)
    program.objective_vector = -linear.objective
    program.variable_lower_bounds, program.variable_upper_bounds = np.zeros(count), linear.upper
    program.constraint_lower_bounds, program.constraint_upper_bounds = linear.least, linear.most
    matrix = coo_matrix((linear.entries, (linear.rows, linear.columns)), shape=(rows, count)).tocsc()
    matrix.sort_indices()
    program.constraint_matrix = matrix
    return program
