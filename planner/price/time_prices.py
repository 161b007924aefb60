"""What an ad may be worth at best, wherever in the pod it stands: order relaxed, the bound kept.

A pod's ads stand one after another, and a late one is seen by fewer viewers. Let P(a, b) be any price of the time
from a to b that adds up, and f, g prices of the first and of the last position. For every ordered pod of total T

    sum_j (A_j m_j q(end_j) - c_j)  <=  sum_j h_j + P(0, T) + f + g,
    h_j = max over where ad j may stand of (A_j m q(end) - P(start, end) - [first] f - [last] g) - c_j

since the intervals' prices add up to P(0, T) and each edge position is taken once. So any prices give a bound that is a
plain sum over ads, which is what the dynamic program wants: Lagrange multipliers of time. They are good if each ad is
as well off in any place: P(a, b) = rho * integral of q, with rho the row's value per second. How far off the bound is
falls with the square of the error, because the best start of an ad moves with its own value per second.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from planner.price.states import States
from planner.problem import Floats, Integers, PodRules, Position, Worth
from planner.worth import survival

MOST_LINES: Final = 16
"""Starts are put together, over-estimated, beyond this many."""

Numbers = NDArray[Any]
"""Floats of the program's precision."""


@dataclass(frozen=True, slots=True)
class Lines:
    """For ads of one length and one request: h = max over lines of (slope A - intercept rho - first f - last g)."""

    slope: Floats
    intercept: Floats
    first: Floats
    last: Floats


@dataclass(frozen=True, slots=True)
class TimePrices:
    """``flat``: order does not matter, h = slope A for all. ``paid`` float64[T]: P(0, T) for rho = 1.

    ``coarse``: starts are put together or rounded, by which a negative value would be under-estimated; it counts as 0.
    ``first`` and ``last`` are the edges' multipliers less 1.
    """

    flat: float | None
    coarse: bool
    classes: tuple[tuple[Integers, Lines], ...]
    paid: Floats
    first: float
    last: float


def time_prices(rules: PodRules, worth: Worth, states: States) -> TimePrices:
    """Make the lines for every class of ads; ``rules`` and ``states`` are those of the same ads."""
    totals = states.totals
    seen = survival(worth, np.append(totals, rules.duration))
    if worth.first == worth.last == 1.0 and seen.min() == seen.max():
        return TimePrices(float(seen[0]), False, (), np.zeros(len(totals)), 0.0, 0.0)
    grid = np.unique(np.concatenate([np.linspace(0, rules.duration, 257).astype(np.int64), totals]))
    shares = survival(worth, grid)
    integral = np.concatenate([[0.0], np.cumsum(np.diff(grid) * (shares[1:] + shares[:-1]) / 2e6)])
    paid = np.interp(totals, grid, integral)
    classes = []
    masks = rules.positions.astype(np.int64)
    for length in range(len(states.lengths)):
        for mask in np.unique(masks[states.of == length]):
            ads = np.flatnonzero((states.of == length) & (masks == mask))
            lasting = int(states.lengths[length])
            starts = totals[totals + lasting <= rules.duration]
            if not len(starts):
                starts = totals[:1]
            ends = starts + lasting
            slopes = survival(worth, ends)
            prices = np.interp(ends, grid, integral) - np.interp(starts, grid, integral)
            classes.append((ads, _lines(int(mask), worth, starts, slopes, prices)))
    coarse = states.slack > 0 or len(totals) > MOST_LINES
    return TimePrices(None, coarse, tuple(classes), paid, worth.first - 1.0, worth.last - 1.0)


def _lines(mask: int, worth: Worth, starts: Integers, slopes: Floats, prices: Floats) -> Lines:
    options: list[tuple[float, float, float, float]] = []
    slopes, prices, leading = _clustered(starts, slopes, prices)
    if mask & Position.FIRST:
        options.append((worth.first * slopes[0], prices[0], float(worth.first != 1.0), 0.0))
    if mask & Position.LAST and (worth.last != 1.0 or not mask & Position.MIDDLE):
        charged = float(worth.last != 1.0)
        options += [(worth.last * slope, price, 0.0, charged) for slope, price in zip(slopes, prices, strict=True)]
    if mask & Position.MIDDLE:
        inner = zip(slopes[leading:], prices[leading:], strict=True)
        options += [(slope, price, 0.0, 0.0) for slope, price in inner]
    table = np.array(options, dtype=np.float64).reshape(-1, 4)
    return Lines(table[:, 0], table[:, 1], table[:, 2], table[:, 3])


def _clustered(starts: Integers, slopes: Floats, prices: Floats) -> tuple[Floats, Floats, int]:
    """Slopes and prices of at most ``MOST_LINES`` clusters of starts, best of each, and how many lead the pod.

    The start at 0 stays alone: it is the first position.
    """
    later = np.array_split(np.arange(1, len(starts)), min(MOST_LINES - 1, max(len(starts) - 1, 1)))
    parts = [np.array([0]), *(part for part in later if len(part))]
    return (
        np.array([slopes[part].max() for part in parts]),
        np.array([prices[part].min() for part in parts]),
        1 if len(parts) > 1 else 0,
    )


def at_best(times: TimePrices, values: Numbers, rho: Numbers, edges: tuple[Numbers, Numbers]) -> Numbers:
    """Answer h + c, [E, B], of ``values`` [E, B] at ``rho`` [B] micros a second and edge prices (f, g), each [B]."""
    if times.flat is not None:
        return values if times.flat == 1.0 else values * values.dtype.type(times.flat)
    best = np.full_like(values, -np.inf)
    number = values.dtype.type
    for ads, lines in times.classes:
        mine = np.maximum(values[ads], 0) if times.coarse else values[ads]
        found = np.empty_like(mine)
        tried = np.empty_like(mine)
        for place in range(len(lines.slope)):
            charge = rho * number(lines.intercept[place])
            if lines.first[place]:
                charge = charge + edges[0]
            if lines.last[place]:
                charge = charge + edges[1]
            target = tried if place else found
            np.multiply(mine, number(lines.slope[place]), out=target)
            target -= charge
            if place:
                np.maximum(found, tried, out=found)
        best[ads] = found
    return best
