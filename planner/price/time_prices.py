"""What an ad may be worth at best, wherever in the pod it stands: order relaxed, the bound kept.

A pod's ads stand one after another, and a late one is seen by fewer viewers. Let P(a, b) be any price of the time
from a to b that adds up, and f, g prices of the first and of the last position. For every ordered pod of total T

    sum_j (A_j m_j q(end_j) - c_j)  <=  sum_j h_j + P(0, T) + f + g(T),
    h_j = max over where ad j may stand of (A_j m_j q(end) - P(start, end) - [first] f - [last] g(end)) - c_j

since the intervals' prices add up to P(0, T), each edge position is taken once, and the last ad ends at T. So any
prices give a bound that is a plain sum over ads, which is what the dynamic program wants: Lagrange multipliers of
time. They are good if each ad is as well off in any place: P(a, b) = rho * integral of q, with rho the row's value per
second, and f and g what its ads would gain at the edges. How far off the bound is falls with the square of the error,
because the best start of an ad moves with its own value per second.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from planner.price.states import States
from planner.problem import Floats, Integers, PodRules, Position, Worth
from planner.worth import survival

MOST_LINES: Final = 16
"""Starts, and ends of pods, are put together, over-estimated, beyond this many."""

Numbers = NDArray[Any]
"""Floats of the program's precision."""


@dataclass(frozen=True, slots=True)
class Lines:
    """The places of ads of one length and one request, as gains A slope - rho price.

    ``inner`` are (slope, price) of places that no edge price is charged for; ``first`` is one such pair, or None;
    ``last`` are (slope, price, bucket), with the bucket of the pod's end, whose price of the last position it pays.
    """

    ads: Integers
    inner: tuple[tuple[float, float], ...]
    first: tuple[float, float] | None
    last: tuple[tuple[float, float, int], ...]


@dataclass(frozen=True, slots=True)
class TimePrices:
    """``flat``: order does not matter, h = A flat - c for all; else see ``Lines``.

    ``paid`` float64[T] is P(0, T) for rho = 1, ``bucket`` int64[T] the bucket of each total. ``coarse``: places are put
    together or rounded, by which a negative value would be under-estimated; it counts as 0.
    """

    flat: float | None
    coarse: bool
    classes: tuple[Lines, ...]
    paid: Floats
    bucket: Integers


def time_prices(rules: PodRules, worth: Worth, states: States) -> TimePrices:
    """Make the lines for every class of ads; ``rules`` and ``states`` are those of the same ads."""
    totals = states.totals
    seen = survival(worth, np.append(totals, rules.duration))
    bucket = np.arange(len(totals)) * min(MOST_LINES, len(totals)) // len(totals)
    if worth.first == worth.last == 1.0 and seen.min() == seen.max():
        return TimePrices(float(seen[0]), False, (), np.zeros(len(totals)), bucket)
    grid = np.unique(np.concatenate([np.linspace(0, rules.duration, 257).astype(np.int64), totals]))
    shares = survival(worth, grid)
    integral = np.concatenate([[0.0], np.cumsum(np.diff(grid) * (shares[1:] + shares[:-1]) / 2e6)])
    paid = np.interp(totals, grid, integral)
    classes = []
    for length, lasting in enumerate(states.lengths.tolist()):
        origins, ends = states.moves[length]
        if not len(origins):
            continue
        slopes = survival(worth, totals[origins] + lasting)
        prices = paid[ends] - paid[origins]
        for mask in np.unique(rules.positions[states.of == length]):
            ads = np.flatnonzero((states.of == length) & (rules.positions == mask))
            classes.append(_lines(ads, int(mask), worth, (slopes, prices, bucket[ends])))
    return TimePrices(None, states.slack > 0 or len(totals) > MOST_LINES, tuple(classes), paid, bucket)


def _lines(ads: Integers, mask: int, worth: Worth, places: tuple[Floats, Floats, Integers]) -> Lines:
    """Lines of one class; the first place is the start of the pod."""
    slopes, prices, buckets = places
    start = (float(slopes[0]), float(prices[0]))
    inner: list[tuple[float, float]] = []
    if mask & Position.MIDDLE:
        parts = np.array_split(np.arange(1, len(slopes)), min(MOST_LINES, max(len(slopes) - 1, 1)))
        inner += [(float(slopes[part].max()), float(prices[part].min())) for part in parts if len(part)]
    charged = worth.first != 1.0 or worth.last != 1.0
    if not charged:
        # Any ad may be the only one of its pod, first and last at once.
        inner.append(start)
    last: list[tuple[float, float, int]] = []
    if mask & Position.LAST and (charged or not mask & Position.MIDDLE):
        for number in np.unique(buckets).tolist():
            part = buckets == number
            last.append((worth.last * float(slopes[part].max()), float(prices[part].min()), number))
    first = (worth.first * start[0], start[1]) if mask & Position.FIRST and charged else None
    return Lines(ads, tuple(inner), first, tuple(last))


def inner_gains(times: TimePrices, values: Numbers, rho: Numbers) -> Numbers:
    """[E, B]: the best that ads bring away from priced edges; ``values`` [E, B], ``rho`` [B] micros a second."""
    best = np.full_like(values, -np.inf)
    for lines in times.classes:
        if lines.inner:
            best[lines.ads] = _upper(_taken(times, values, lines), rho, [(*line, None) for line in lines.inner])
    return best


def with_edges(
    times: TimePrices, values: Numbers, inner: Numbers, rho: Numbers, edges: tuple[Numbers, Numbers]
) -> Numbers:
    """[E, B]: h + c, with the edges at their prices f [B] and g [buckets, B]."""
    first, last = edges
    best = inner.copy()
    for lines in times.classes:
        options = [(slope, price, last[bucket]) for slope, price, bucket in lines.last]
        if lines.first is not None:
            options.append((*lines.first, first))
        if options:
            mine = _upper(_taken(times, values, lines), rho, options)
            best[lines.ads] = np.maximum(best[lines.ads], mine)
    return best


def edge_prices(
    times: TimePrices, values: Numbers, inner: Numbers, of: Integers, rho: Numbers, state: Integers
) -> tuple[Numbers, Numbers]:
    """Prices of the edges from what some ads of each row would gain there: f [B] and g [buckets, B], at least 0.

    ``values`` and ``inner`` [n, B] are those ads' values and inner gains, ``of`` int64[n, B] which ads they are, and
    ``state`` int64[B] is the total that they may be expected to reach.
    """
    buckets = int(times.bucket[-1]) + 1
    first = np.zeros_like(values)
    last = np.zeros((buckets, *values.shape), dtype=values.dtype)
    for lines in times.classes:
        member = np.isin(of, lines.ads) & np.isfinite(inner)
        if not member.any():
            continue
        if lines.first is not None:
            gain = values * values.dtype.type(lines.first[0]) - rho * values.dtype.type(lines.first[1]) - inner
            np.maximum(first, np.where(member, gain, 0), out=first)
        for slope, price, bucket in lines.last:
            gain = values * values.dtype.type(slope) - rho * values.dtype.type(price) - inner
            np.maximum(last[bucket], np.where(member, gain, 0), out=last[bucket])
    # The prices of an assignment of two places: who gains most goes first, the best of the others prices the last
    # place, and the first one's price leaves its holder no better off there than it would be in the last. Where the pod
    # is not expected to end, nobody shall gain by being last.
    end = times.bucket[state]
    holder = np.arange(len(values))[:, None] == first.argmax(axis=0)
    beside = np.where(holder, 0, last).max(axis=1)
    early = np.arange(buckets)[:, None] < end
    prices = np.where(early, last.max(axis=1), beside)
    rows = np.arange(values.shape[1])
    surplus = np.maximum(np.where(holder, last[end, :, rows].T, 0).max(axis=0) - prices[end, rows], 0)
    return np.maximum(first.max(axis=0) - surplus, np.where(holder, 0, first).max(axis=0)), prices


def _taken(times: TimePrices, values: Numbers, lines: Lines) -> Numbers:
    mine: Numbers = values[lines.ads]
    return np.maximum(mine, 0) if times.coarse else mine


def _upper(mine: Numbers, rho: Numbers, options: Sequence[tuple[float, float, Numbers | None]]) -> Numbers:
    """[n, B]: the upper envelope of the lines slope A - (rho price + edge price)."""
    number = mine.dtype.type
    found = np.full_like(mine, -np.inf)
    tried = np.empty_like(mine)
    for slope, price, edge in options:
        charge = rho * number(price) if edge is None else rho * number(price) + edge
        np.multiply(mine, number(slope), out=tried)
        tried -= charge
        np.maximum(found, tried, out=found)
    return found
