"""Prices of the shared limits for a crowd of seats with scores of their own.

Weak duality: at any prices, limits at their prices plus the best reduced value of each seat is a bound on every plan,
and its slope in a price is the limit less what seats would use. With many seats it is as good as smooth, so prices are
moved until nothing is asked too much and nothing that has a price is left over: first on a small sample of seats, then
on larger ones, which start where the smaller ones ended. Means of cohorts would not do: seats pick what they like above
their cohort's mean.

A price's step is its own, longer while the slope keeps its sign and shorter where it turns (M. Riedmiller and H. Braun:
RPROP, 1993), at most as large as the excess is.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from planner.port import Stop
from planner.price.port import Pricing
from planner.problem import NOTHING, Ads, Crowd, Floats, Integers, Rows, Shared

SAMPLES: Final = (4_096, 16_384, 65_536)
"""Seats: demand for an ad that one in ten takes is known to 5, 2.4 and 1.2 %."""
FIRST_STEP: Final = 0.15
WARM_STEP: Final = 0.02
"""From prices that are nearly right."""
LARGEST_STEP: Final = 0.4
SMALLEST_STEP: Final = 0.001
"""Of a row's unit of price."""
LONGER: Final = 1.3
SHORTER: Final = 0.5
FULL: Final = 0.5
"""Excess, relative to the limit, from which on a step is not shortened."""


@dataclass(frozen=True, slots=True)
class Demand:
    """What seats want at given prices.

    ``bound``: micros that no pods of theirs bring beyond what they cost; of the pods they want, the ``use`` float64[I]
    and the worth ``gross``, micros.
    """

    bound: float
    use: Floats
    gross: float


def placed(pods: Ads, ads: int) -> Integers:
    """int64[J]: how often each ad stands in ``pods``."""
    return np.bincount(pods[pods != NOTHING], minlength=ads)


def used(use: Floats, counts: Integers) -> Floats:
    """float64[I]: what ``counts`` int64[J] of placed ads use, at ``use`` float64[I, J] of each."""
    # einsum and not a matrix product: the same sum in the same order with any number of threads.
    return np.asarray(np.einsum("ij,j->i", use, counts), dtype=np.float64)


def demand(pricing: Pricing, rows: Rows, shared: Shared, prices: Floats) -> Demand:
    """Price some seats."""
    costs = shared.costs(prices)
    priced = pricing(rows, costs)
    counts = placed(priced.pods, len(costs))
    gross = float(priced.reduced.sum() + (costs * counts).sum())
    return Demand(float(priced.bound.sum()), used(shared.use, counts), gross)


def charged(shared: Shared, prices: Floats) -> float:
    """What limits cost at ``prices``: upper bounds at theirs, less what lower bounds are promised."""
    return float((np.where(shared.at_least, -prices, prices) * shared.limit).sum())


def crowd_prices(
    pricing: Pricing,
    crowd: Crowd,
    shared: Shared,
    *,
    stop: Sequence[Stop],
    warm: Floats | None = None,
    samples: Sequence[int] = SAMPLES,
) -> Floats:
    """Prices float64[I] at which the crowd's bound is close to its least; ``stop`` ends the search on each sample.

    Seats are taken from the crowd's start: the caller numbers them in no order that means anything. The gap that
    ``stop`` is told is what limits with a price are missed by, at their prices, relative to the value of the pods.
    """
    ceiling = np.where(shared.at_least, shared.penalty, np.inf)
    if not len(crowd):
        # All that is promised falls short, so that its penalty is its price.
        return np.where(shared.at_least, shared.penalty, 0.0)
    prices = np.zeros(len(shared)) if warm is None else np.clip(warm, 0.0, ceiling)
    for size, enough in zip(samples, stop, strict=True):
        count = min(size, len(crowd))
        rows = crowd.block(0, count)
        part = replace(shared, limit=shared.limit * (count / len(crowd)))
        prices = _search(pricing, rows, part, prices, enough)
        if count == len(crowd):
            break
    return prices


def _search(pricing: Pricing, rows: Rows, shared: Shared, prices: Floats, stop: Stop) -> Floats:
    unit = _units(rows, shared)
    step = np.full(len(shared), WARM_STEP if prices.any() else FIRST_STEP)
    slope = np.zeros(len(shared))
    least, kept = np.inf, prices
    ceiling = np.where(shared.at_least, shared.penalty, np.inf)
    iteration = 0
    while True:
        iteration += 1
        found = demand(pricing, rows, shared, prices)
        bound = charged(shared, prices) + found.bound
        if bound < least:
            least, kept = bound, prices
        over = np.where(shared.at_least, shared.limit - found.use, found.use - shared.limit)
        idle = ((prices <= 0) & (over < 0)) | ((prices >= ceiling) & (over > 0))
        over = np.where(idle, 0.0, over)
        # What is asked too much has a price to come, even if it has none yet.
        missed = float((np.abs(over) * np.where(over > 0, np.maximum(prices, unit * FIRST_STEP), prices)).sum())
        if stop(iteration, missed / max(found.gross, 1.0)):
            return kept
        step = np.clip(np.where(slope * over < 0, step * SHORTER, step * LONGER), SMALLEST_STEP, LARGEST_STEP)
        slope = over
        relative = over / np.maximum(np.maximum(np.abs(shared.limit), np.abs(found.use)), 1e-9)
        # A penalty may be many times what an ad brings: a price that must go far goes by parts of itself.
        move = step * np.maximum(unit, prices) * np.clip(relative / FULL, -1.0, 1.0)
        prices = np.clip(prices + move, 0.0, ceiling)


def _units(rows: Rows, shared: Shared) -> Floats:
    """float64[I]: what a unit of each limit typically brings; what it costs where nothing brings it."""
    worth = np.where(rows.allowed, rows.values, 0).mean(axis=0, dtype=np.float64)
    often = np.maximum(rows.allowed.mean(axis=0), 1e-12)
    found = np.zeros(len(shared))
    for row, use in enumerate(shared.use):
        ads = np.flatnonzero(use > 0)
        if len(ads):
            found[row] = float(np.mean(np.abs(worth[ads]) / often[ads] / use[ads]))
    return np.where(found > 0.0, found, shared.penalty)
