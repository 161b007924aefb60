"""The prices that a night's planning begins at: from a sample of cohorts, then from all of them, poured."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import numpy as np

from planner.event.fluid import Fluid
from planner.event.lead import Lead, Led, Steady
from planner.master.turn import Prices, Turn
from planner.problem import Floats

SAMPLE: Final = 150
"""Cohorts from which the first prices of what is shared are made."""
POURED: Final = 20
"""Cohorts of one program of the first prices of reach."""


def opening(
    fluid: Fluid, turn: Turn, prices: Prices, random: np.random.Generator, stop: Callable[[], bool]
) -> tuple[Prices, Floats]:
    """First prices, and those of reach by cohort, float64[G, K].

    In the first turn nothing is known of shared prices; in others ``prices`` are the beginning. ``stop`` is asked now
    and then, and ends it with what there is.
    """
    fresh = not turn.turn
    everyone = np.arange(fluid.cohorts, dtype=np.int64)
    if fresh:
        found, _ = fluid.pour(np.sort(random.permutation(everyone)[:SAMPLE]))
        prices = turn.legal(Prices(found.shared, prices.promised))
        if len(everyone) <= SAMPLE:
            return prices, found.reach
    reach = fluid.nothing()
    ceiling = np.where(turn.at_least, turn.penalties(prices), np.inf)
    blocks = -(-len(everyone) // POURED)
    leads: list[Lead] = [Steady(len(everyone), prices.shared, blocks)]
    if fresh:
        leads.insert(0, Led(turn.problem.shared, prices.shared, ceiling, fluid.viewers, random, blocks))
    for lead in leads:
        for block in lead.blocks:
            poured, use = fluid.pour(block, lead.prices())
            reach[:, block] = poured.reach[:, block]
            lead.served(block, use)
            if stop():
                return prices, reach
        if isinstance(lead, Led):
            prices = turn.legal(Prices(lead.mean, prices.promised))
            leads[-1] = Steady(len(everyone), prices.shared, blocks)
    return prices, reach
