"""Linear programs brought to the order of one before they are solved, and their answers brought back."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from planner.problem import Floats
from planner.solvers.lp import Basis, Linear, maximise


@dataclass(frozen=True, slots=True)
class Solved:
    """``value`` of the objective, ``values`` float64[C] and ``duals`` float64[M], in the program's own units; and the
    basis where the solver ended.
    """

    value: float
    values: Floats
    duals: Floats
    basis: Basis | None


def solve(linear: Linear, basis: Basis | None = None) -> Solved:
    """The optimum, from ``basis`` if there is one.

    Variables are scaled by what they are at most, rows by their largest entry, gains by their mean.
    """
    span = np.maximum(linear.upper, 1e-9)
    entries, gains = linear.entries * span[linear.columns], linear.objective * span
    largest = np.zeros(len(linear.most))
    np.maximum.at(largest, linear.rows, np.abs(entries))
    scale = np.where(largest > 0.0, largest, 1.0)
    size = max(float(np.abs(gains).mean()), 1e-300) if len(gains) else 1.0
    found = maximise(
        Linear(
            gains / size,
            linear.upper / span,
            linear.least / scale,
            linear.most / scale,
            linear.rows,
            linear.columns,
            entries / scale[linear.rows],
        ),
        basis,
    )
    return Solved(found.objective * size, found.values * span, found.duals * size / scale, found.basis)
