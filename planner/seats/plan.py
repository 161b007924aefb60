"""A crowd planned: prices, the bound at them, a pod for each seat, and what is proved by that.

Pricing is asked twice over all seats: once for the bound, at fixed prices, and once to serve them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from planner.plan import Certificate
from planner.port import Iterations, Stop
from planner.price.port import Pricing
from planner.price.pricing import Dynamic
from planner.problem import Ads, Crowd, Floats, Problem, Shared, blocks
from planner.seats.assign import Assigned, Choose, assign
from planner.seats.prices import charged, crowd_prices, demand
from planner.worth import pod_values

AT_ONCE: Final = 65_536
"""Seats whose values are in memory at a time."""
STOPS: Final = (Iterations(60, 0.002), Iterations(25, 0.001), Iterations(10, 0.001))
"""For the three samples of the search for prices."""


def quick(problem: Problem) -> Dynamic:
    """Pricing for the search for prices: one round of branching, so that demand is that of legal pods, nearly."""
    return Dynamic(problem.rules, problem.worth, dtype=np.float32, rounds=1, tolerance=1e-3)


def close(problem: Problem) -> Dynamic:
    """Pricing for the bound and for serving."""
    return Dynamic(problem.rules, problem.worth, dtype=np.float32, rounds=3, tolerance=2e-4)


@dataclass(frozen=True, slots=True)
class CrowdPlan:
    """What each seat sees, the prices behind it, and how good it certainly is."""

    assigned: Assigned
    prices: Floats
    certificate: Certificate


def find_prices(
    pricing: Pricing, crowd: Crowd, shared: Shared, stop: Sequence[Stop] = STOPS, warm: Floats | None = None
) -> Floats:
    """Prices float64[I] for all seats, found on samples of them."""
    return crowd_prices(pricing, crowd, shared, stop=stop, warm=warm)


def upper_bound(pricing: Pricing, crowd: Crowd, shared: Shared, prices: Floats) -> float:
    """What no assignment of legal pods to these seats can exceed; see ``planner.plan.CERTIFICATE``.

    Raises ``ValueError`` at prices that prove nothing: below 0, or above the penalty of a lower bound.
    """
    if (prices < 0).any() or (shared.at_least & (prices > shared.penalty)).any():
        raise ValueError("prices: expected at least 0 and, of lower bounds, at most their penalties")
    parts = (
        demand(pricing, crowd.block(start, stop), shared, prices).bound for start, stop in blocks(len(crowd), AT_ONCE)
    )
    return charged(shared, prices) + sum(parts)


def gross_value(problem: Problem, crowd: Crowd, pods: Ads) -> float:
    """Micros that the seats' own pods int16[S, P] are worth."""
    found = 0.0
    if not problem.rules.ads:
        return found
    for start, stop in blocks(len(crowd), AT_ONCE):
        rows = crowd.block(start, stop)
        found += float(pod_values(problem.rules, problem.worth, rows.values, pods[start:stop]).sum())
    return found


def certified(problem: Problem, crowd: Crowd, assigned: Assigned, bound: float) -> Certificate:
    """The certificate of an assignment, shortfalls' penalties taken off."""
    shared = problem.shared
    gross = gross_value(problem, crowd, assigned.pods)
    short = np.where(shared.at_least, np.maximum(shared.limit - assigned.use, 0.0), 0.0)
    return Certificate(gross - float(short @ shared.penalty), gross, bound)


def plan_crowd(
    problem: Problem,
    crowd: Crowd,
    pricing: tuple[Pricing, Pricing],
    choose: Choose,
    *,
    warm: Floats | None = None,
    chances: bool = False,
) -> CrowdPlan:
    """Plan for seats with scores of their own; the rows of ``problem``, cohorts' means, are not looked at.

    ``pricing`` are those for prices and for the bound (``quick`` and ``close``), ``choose`` serves the seats;
    ``chances``: keep the propensities.
    """
    prices = find_prices(pricing[0], crowd, problem.shared, warm=warm)
    bound = upper_bound(pricing[1], crowd, problem.shared, prices)
    shortest = int(problem.rules.durations.min()) if problem.rules.ads else problem.rules.duration
    slots = max(1, min(problem.rules.maximum_ads, problem.rules.duration // max(shortest, 1)))
    assigned = assign(choose, crowd, problem.shared, prices, slots, chances=chances)
    return CrowdPlan(assigned, prices, certified(problem, crowd, assigned, bound))
