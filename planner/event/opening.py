"""The prices that a night's planning begins at: from a sample of cohorts, then from all of them, poured."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import numpy as np

from planner.event.fluid import Fluid
from planner.master.turn import Prices, Turn
from planner.problem import Floats

SAMPLE: Final = 150
"""Cohorts from which the first prices of what is shared are made."""
POURED: Final = 20
"""Cohorts of one program of the first prices of reach."""


def opening(
    fluid: Fluid, turn: Turn, prices: Prices, stop: Callable[[], bool], *, fresh: bool
) -> tuple[Prices, Floats]:
    """First prices, and those of reach by cohort, float64[G, K].

    ``fresh``: nothing is known of shared prices, else ``prices`` are the beginning. ``stop`` is asked now and then, and
    ends it with what there is.
    """
    everyone = np.arange(fluid.cohorts, dtype=np.int64)
    if fresh:
        found, _ = fluid.pour(everyone[:: -(-len(everyone) // SAMPLE)])
        prices = turn.legal(Prices(found.shared, prices.promised))
        if len(everyone) <= SAMPLE:
            return prices, found.reach
    reach = fluid.nothing()
    for block in np.array_split(everyone, -(-len(everyone) // POURED)):
        poured, _ = fluid.pour(block, prices.shared)
        reach[:, block] = poured.reach[:, block]
        if stop():
            break
    return prices, reach
