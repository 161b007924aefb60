"""Linear programs brought to the order of one before they are solved, and their answers brought back."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from planner.problem import Floats
from planner.solvers.lp import Linear, maximise


@dataclass(frozen=True, slots=True)
class Solved:
    """``value`` of the objective, ``values`` float64[C] and ``duals`` float64[M], in the program's own units."""

    value: float
    values: Floats
    duals: Floats


def solve(linear: Linear) -> Solved:
    """The optimum.

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
        )
    )
    return Solved(found.objective * size, found.values * span, found.duals * size / scale)
