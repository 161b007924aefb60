"""What an ad may be worth at best, wherever in the pod it stands: order relaxed, the bound kept.

A pod's ads stand one after another, and a late one is seen by fewer viewers. Let P(a, b) be any price of the time
from a to b that adds up, and f, g prices of the first and of the last position. For every ordered pod of total T

    sum_j (A_j m_j q(end_j) - c_j)  <=  sum_j h_j + P(0, T) + f + g(T),
    h_j = max over where ad j may stand of (A_j m_j q(end) - P(start, end) - [first] f - [last] g(end)) - c_j

since the intervals' prices add up to P(0, T), each edge position is taken once, and the last ad ends at T. So any
prices give a bound that is a plain sum over ads, which is what the dynamic program wants: Lagrange multipliers of
time. They are good where they are those of the pod that will be chosen, ads by falling value per second: a second at t
costs what all that stands later loses by standing a second later, the integral from t on of value per second times
-dq/dt; and f and g are what the pod's ads would gain at the edges.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from planner.price.states import States
from planner.problem import Floats, Integers, PodRules, Position, Worth
from planner.worth import survival

MOST_PLACES: Final = 16
"""Starts, and ends of pods, are put together, over-estimated, beyond this many."""

Numbers = NDArray[Any]
"""Floats of the program's precision."""


@dataclass(frozen=True, slots=True)
class Places:
    """Where ads of one length may stand: gain = slope A - P(start, end).

    Place i takes the moves ``starts[i]`` to ``starts[i + 1]`` from state ``origins`` to state ``ends`` together, at the
    greatest of their slopes, ``slopes`` float64[n], and the least of their prices. Place 0 is the start of the pod.
    """

    slopes: Floats
    origins: Integers
    ends: Integers
    starts: Integers

    def prices(self, paid: Numbers, ending: Numbers | None = None) -> Numbers:
        """[n, B]: P of each place at ``paid`` [T, B], with what is charged for the pod's end, ``ending`` [T, B]."""
        prices = paid[self.ends] - paid[self.origins]
        if ending is not None:
            prices += ending[self.ends]
        return np.asarray(np.minimum.reduceat(prices, self.starts, axis=0))


@dataclass(frozen=True, slots=True)
class Class:
    """Ads of one length and one request, and where they stand: ``inner`` places, and whether ``first`` and ``last``.

    The edges are set apart only where they multiply values.
    """

    ads: Integers
    length: int
    inner: slice
    first: bool
    last: bool


class Edges(NamedTuple):
    """Prices of the first position, f [B], and of the last by where the pod ends, g [buckets, B]; none below 0."""

    first: Numbers
    last: Numbers


@dataclass(frozen=True, slots=True)
class TimePrices:
    """``flat``: order does not matter, h = A flat - c for all.

    Else ``places`` are those of each length. Between totals there are T - 1 intervals: ``mids`` int64 microseconds,
    their ``seconds``, and by how much survival ``falls`` in each. ``bucket`` int64[T]: totals of one bucket have one
    price of the last position. ``coarse``: places are put together or rounded, by which a negative value would be
    under-estimated; it counts as 0. ``edges`` are the multipliers of the first and of the last position.
    """

    flat: float | None
    coarse: bool
    places: dict[int, Places]
    classes: tuple[Class, ...]
    mids: Integers
    seconds: Floats
    falls: Floats
    bucket: Integers
    edges: tuple[float, float]


def time_prices(rules: PodRules, worth: Worth, states: States) -> TimePrices:
    """Make the places for every class of ads; ``rules`` and ``states`` are those of the same ads."""
    totals = states.totals
    whole = survival(worth, np.array([0, rules.duration]))
    charged = worth.first != 1.0 or worth.last != 1.0
    bucket = np.arange(len(totals)) * min(MOST_PLACES, len(totals)) // len(totals)
    places: dict[int, Places] = {}
    classes = []
    for length, lasting in enumerate(states.lengths.tolist()):
        origins, ends = states.moves[length]
        if not len(origins):
            continue
        # A place has ends of one bucket, so that it has one price of the last position; the start of the pod is apart.
        turns = np.flatnonzero(np.diff(bucket[ends])) + 1
        starts = np.unique(np.concatenate([[0], np.arange(1, len(ends))[:1], turns]))
        slopes = np.maximum.reduceat(survival(worth, totals[origins] + lasting), starts)
        places[length] = Places(slopes, origins, ends, starts)
        for mask in np.unique(rules.positions[states.of == length]).tolist():
            ads = np.flatnonzero((states.of == length) & (rules.positions == mask))
            if charged:
                inner = slice(1, None) if mask & Position.MIDDLE else slice(0, 0)
            else:
                # Any ad may be the only one of its pod, which is the first.
                inner = slice(0, 1) if mask == Position.FIRST else slice(0, None)
            first, last = charged and bool(mask & Position.FIRST), charged and bool(mask & Position.LAST)
            classes.append(Class(ads, length, inner, first, last))
    return TimePrices(
        flat=float(whole[0]) if whole[0] == whole[1] and not charged else None,
        coarse=states.slack > 0 or len(totals) > MOST_PLACES,
        places=places,
        classes=tuple(classes),
        mids=(totals[1:] + totals[:-1]) // 2,
        seconds=np.diff(totals) / 1e6,
        falls=-np.diff(survival(worth, totals)),
        bucket=bucket,
        edges=(worth.first, worth.last),
    )


def time_paid(times: TimePrices, density: Numbers, ends: Integers) -> Numbers:
    """P(0, T) [T, B] for likely pods: ``density`` [n, B] values per second of their slots, which end at ``ends``.

    A second in an interval costs what survival's fall in all later ones takes of the value per second there.
    """
    slot = np.zeros((len(times.mids), density.shape[1]), dtype=np.int64)
    for end in ends:
        slot += end <= times.mids[:, None]
    there = np.concatenate([density, np.zeros_like(density[:1])])
    lost = np.take_along_axis(there, slot, axis=0) * times.falls.astype(density.dtype)[:, None]
    later = np.cumsum(lost[::-1], axis=0)[::-1] - lost
    paid = np.zeros((len(times.mids) + 1, density.shape[1]), dtype=density.dtype)
    np.cumsum(later * times.seconds.astype(density.dtype)[:, None], axis=0, out=paid[1:])
    return paid


def inner_gains(times: TimePrices, values: Numbers, prices: dict[int, Numbers]) -> Numbers:
    """[E, B]: the best that ads of ``values`` [E, B] bring away from priced edges, at ``prices`` [n, B] of places."""
    best = np.full_like(values, -np.inf)
    for each in times.classes:
        slopes = times.places[each.length].slopes[each.inner]
        if len(slopes):
            best[each.ads] = _upper(_taken(times, values, each), slopes, prices[each.length][each.inner])
    return best


def with_edges(
    times: TimePrices, values: Numbers, inner: Numbers, paid: Numbers, prices: dict[int, Numbers], edges: Edges
) -> Numbers:
    """[E, B]: h + c, with the edges at their prices."""
    best = inner.copy()
    ending = edges.last[times.bucket]
    with_last = {length: places.prices(paid, ending) for length, places in times.places.items()}
    for each in times.classes:
        mine, slopes = _taken(times, values, each), times.places[each.length].slopes
        if each.first:
            start = _upper(mine, times.edges[0] * slopes[:1], prices[each.length][:1] + edges.first)
            best[each.ads] = np.maximum(best[each.ads], start)
        if each.last:
            end = _upper(mine, times.edges[1] * slopes, with_last[each.length])
            best[each.ads] = np.maximum(best[each.ads], end)
    return best


def edge_prices(
    times: TimePrices, likely: tuple[Integers, Numbers, Numbers], prices: dict[int, Numbers], state: Integers
) -> Edges:
    """Prices of the edges from what some ads of each row would gain there.

    ``likely`` are int64[n, B] ads, their values and their inner gains, ``state`` int64[B] the total that they may be
    expected to reach.
    """
    of, values, inner = likely
    buckets = int(times.bucket[-1]) + 1
    first = np.zeros_like(values)
    last = np.zeros((buckets, *values.shape), dtype=values.dtype)
    number = values.dtype.type
    for each in times.classes:
        member = np.isin(of, each.ads) & np.isfinite(inner)
        if not member.any():
            continue
        places, price = times.places[each.length], prices[each.length]
        if each.first:
            gain = values * number(times.edges[0] * places.slopes[0]) - price[0] - inner
            np.maximum(first, np.where(member, gain, 0), out=first)
        if each.last:
            for place, bucket in enumerate(times.bucket[places.ends[places.starts]].tolist()):
                gain = values * number(times.edges[1] * places.slopes[place]) - price[place] - inner
                np.maximum(last[bucket], np.where(member, gain, 0), out=last[bucket])
    # The prices of an assignment of two places: who gains most goes first, the best of the others prices the last
    # place, and the first one's price leaves its holder no better off there than it would be in the last. Where the pod
    # is not expected to end, nobody shall gain by being last.
    end = times.bucket[state]
    holder = np.arange(len(values))[:, None] == first.argmax(axis=0)
    beside = np.where(holder, 0, last).max(axis=1)
    early = np.arange(buckets)[:, None] < end
    last_prices = np.where(early, last.max(axis=1), beside)
    rows = np.arange(values.shape[1])
    surplus = np.maximum(np.where(holder, last[end, :, rows].T, 0).max(axis=0) - last_prices[end, rows], 0)
    first_price = np.maximum(first.max(axis=0) - surplus, np.where(holder, 0, first).max(axis=0))
    return Edges(first_price, last_prices)


def _taken(times: TimePrices, values: Numbers, each: Class) -> Numbers:
    mine: Numbers = values[each.ads]
    return np.maximum(mine, 0) if times.coarse else mine


def _upper(mine: Numbers, slopes: Floats, prices: Numbers) -> Numbers:
    """[n, B]: the upper envelope of the lines slope A - price."""
    found = np.full_like(mine, -np.inf)
    tried = np.empty_like(mine)
    for slope, price in zip(slopes, prices, strict=True):
        np.multiply(mine, mine.dtype.type(slope), out=tried)
        tried -= price
        np.maximum(found, tried, out=found)
    return found
