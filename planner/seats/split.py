"""Which seats of a homogeneous cohort take which pod of its plan.

An argmax at prices would give every seat of the cohort the same pod and break budgets; the split gives each pod exactly
the seats that the plan counted, and chance says which.
"""

from __future__ import annotations

import numpy as np

from planner.problem import Floats, Integers
from planner.seats.choice import Picks
from planner.seats.draws import Purpose, orders


def split(counts: Integers, seats: Integers, seed: int) -> Picks:
    """int32[R]: pod m goes to exactly ``counts[m]`` of the ``seats`` int64[R], in the order of their hashes.

    Raises ``ValueError`` where the counts do not add up to the seats.
    """
    if counts.sum() != len(seats) or (counts < 0).any():
        raise ValueError(f"counts: expected whole seats that add up to {len(seats)}, found {counts.sum()}")
    dealt = np.repeat(np.arange(len(counts), dtype=np.int32), counts)
    picks = np.empty(len(seats), dtype=np.int32)
    picks[np.argsort(orders(seed, Purpose.ORDER, seats))] = dealt
    return picks


def chances(counts: Integers) -> Floats:
    """float64[M]: the probability over seeds that a seat of the cohort takes pod m."""
    return np.asarray(counts / max(1, int(counts.sum())), dtype=np.float64)
