"""What each placed ad pays, integer micros of one impression.

Second price: the payment is the greater of the floor and the smallest bid at which this seat's choice still includes
the ad, at the published prices, with others' bids and the seat's draws fixed; never above the bid. It is the critical
value of a monotone choice rule (Myerson: Optimal auction design, 1981): bidding more than it wins the same ad at the
same payment. Prices are costs of a placed ad that were published before, so they do not move with the bid.

What a pod is worth to a seat is linear in the bid of each of its ads: the slope is the viewer's score times the
multiplier of the position times the survival at the slot's end. So the best pod with the ad is a convex function of the
bid, the best without it a constant, and the smallest bid is where they meet. It is rounded up to a whole micro at which
the ad is still chosen.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from planner.price.port import Pricing
from planner.problem import NOTHING, Ads, Flags, Floats, Integers, PodRules, Rows, Values, Worth
from planner.seats.choice import Picks
from planner.seats.tariff import Tariff, ad_weights, slot_weights
from planner.worth import time_value

NOISE: Final = 1e-3
"""Micros: what single precision leaves open in a value of some thousand micros, far below a payment's unit."""

_CELLS: Final = 1 << 20
"""Rows times pods in one step: some tens of megabytes."""


@dataclass(frozen=True, slots=True)
class Menu:
    """Pods int16[M, P], which ads they have bool[M, J], and what part of an ad's value counts in them float64[M, J]."""

    pods: Ads
    has: Flags
    weights: Floats


def menu(rules: PodRules, worth: Worth, pods: Ads) -> Menu:
    """The menu of ``pods``, with what payments need to know of it."""
    has = np.zeros((len(pods), rules.ads), dtype=np.bool_)
    rows, slots = np.nonzero(pods != NOTHING)
    has[rows, pods[rows, slots]] = True
    return Menu(pods, has, ad_weights(rules, worth, pods))


def in_menu(
    tariff: Tariff, scores: Floats, slopes: Values | Floats, offered: Menu, picks: Picks, explored: Flags
) -> Integers:
    """int64[R, P]: payments where the choice was from a menu; 0 in empty slots.

    ``scores`` float64[R, M] are what the seats chose by (``choice.scored``), noise included; ``slopes`` [R, J] micros
    of value of one impression for a micro of bid; ``picks`` int32[R] and ``explored`` bool[R] as chosen. Who explored
    would have taken the pod at any bid, so its ads pay their floors. An ad that the row's best pod does not have, since
    repair or a split gave it, pays its bid.
    """
    found = np.zeros((len(picks), offered.pods.shape[1]), dtype=np.int64)
    least = np.minimum(tariff.floors, tariff.bids)
    step = max(1, _CELLS // max(1, len(offered.pods)))
    served = np.flatnonzero(picks != NOTHING)
    for start in range(0, len(served), step):
        some = served[start : start + step]
        for slot in range(offered.pods.shape[1]):
            ads = offered.pods[picks[some], slot].astype(np.int64)
            rows, ads = some[ads != NOTHING], ads[ads != NOTHING]
            found[rows, slot] = np.where(tariff.second[ads] & explored[rows], least[ads], tariff.bids[ads])
            open_ = tariff.second[ads] & ~explored[rows]
            rows, ads = rows[open_], ads[open_]
            lines = slopes[rows, ads].astype(np.float64)[:, None] * offered.weights[:, ads].T
            smallest = _smallest(scores[rows], lines, offered.has[:, ads].T, tariff.bids[ads])
            found[rows, slot] = np.maximum(smallest, least[ads])
    return found


def by_pricing(
    pricing: Pricing,
    rules: PodRules,
    worth: Worth,
    rows: Rows,
    pods: Ads,
    costs: Floats,
    tariff: Tariff,
    slopes: Values | Floats,
    weights: Floats | None = None,
) -> Integers:
    """int64[R, P]: payments where the choice was among all legal pods; 0 in empty slots.

    ``pods`` int16[R, P] are the rows' pods, ``costs`` float64[J] the published costs of a placed ad, ``slopes`` [R, J]
    micros of value for a micro of bid, ``weights`` float64[J] those of ``Pricing``. ``pricing`` has to be exact: it
    answers what the row would have without the ad, and then, from the bid downwards, with it. Each answer is a tangent
    of a convex function, so every step (Newton's) stays at or above the smallest bid and ends there. Where a pod with
    the ad is as good as the best without, the ad counts as chosen. An ad that ``pricing`` does not choose at its full
    bid, since repair or a split placed it, pays its bid.
    """
    found = np.zeros(pods.shape, dtype=np.int64)
    line = _Line(rules, worth, rows, costs, np.ones(rules.ads) if weights is None else weights, slopes, tariff)
    chosen = pricing(rows, costs, weights).pods
    for slot in range(pods.shape[1]):
        which = np.flatnonzero(pods[:, slot] != NOTHING)
        ads = pods[which, slot].astype(np.int64)
        found[which, slot] = tariff.bids[ads]
        which, ads = which[tariff.second[ads]], ads[tariff.second[ads]]
        if not len(which):
            continue
        banned = rows.take(which)
        allowed = banned.allowed.copy()
        allowed[np.arange(len(ads)), ads] = False
        without = pricing(
            Rows(banned.values, allowed, banned.seats, banned.ad_time, banned.required), costs, weights
        ).pods
        smallest = _descend(pricing, weights, line, which, ads, chosen[which], line.at_bid(which, ads, without).value)
        found[which, slot] = np.ceil(smallest - NOISE).astype(np.int64)
    return found


@dataclass(frozen=True, slots=True)
class _Tangent:
    """Of one pod a row: ``has`` its ad, the reduced ``value`` at the full bid, and what a micro of bid adds."""

    has: Flags
    value: Floats
    slope: Floats


@dataclass(frozen=True, slots=True)
class _Line:
    """Reduced values as functions of one ad's bid; ``rows`` hold the values at the full bids."""

    rules: PodRules
    worth: Worth
    rows: Rows
    costs: Floats
    scale: Floats
    slopes: Values | Floats
    tariff: Tariff

    def at_bid(self, which: Integers, ads: Integers, pods: Ads) -> _Tangent:
        """Of ``pods`` int16[n, P] of the rows ``which``, one of ``ads`` int64[n] in question in each."""
        present = pods != NOTHING
        chosen = np.where(present, pods, 0).astype(np.int64)
        parts = slot_weights(self.rules, self.worth, pods)
        values = self.rows.values[which[:, None], chosen] * self.scale[chosen] * parts
        length = np.where(present, self.rules.durations[chosen], 0).sum(axis=1)
        reduced = (values - np.where(present, self.costs[chosen], 0.0)).sum(axis=1) + time_value(self.worth, length)
        mine = present & (chosen == ads[:, None])
        counted = np.where(mine, parts, 0.0).sum(axis=1)
        return _Tangent(mine.any(axis=1), reduced, self.slopes[which, ads] * self.scale[ads] * counted)

    def lowered(self, which: Integers, ads: Integers, bids: Floats) -> Rows:
        """The rows ``which`` with the value of their ad as it would be at ``bids`` float64[n]."""
        rows = self.rows.take(which)
        values = rows.values.copy()
        values[np.arange(len(which)), ads] += (bids - self.tariff.bids[ads]) * self.slopes[which, ads]
        return Rows(values, rows.allowed, rows.seats, rows.ad_time, rows.required)


def _descend(
    pricing: Pricing, weights: Floats | None, line: _Line, which: Integers, ads: Integers, pods: Ads, rest: Floats
) -> Floats:
    """float64[n]: where the best pod with the ad comes down to ``rest``; not below the floor, not above the bid."""
    full = line.tariff.bids[ads].astype(np.float64)
    least = np.minimum(line.tariff.floors[ads], full)
    smallest = full.copy()
    open_ = np.arange(len(ads))
    while len(open_):
        tangent = line.at_bid(which[open_], ads[open_], pods)
        excess = tangent.value - rest[open_] + tangent.slope * (smallest[open_] - full[open_])
        flat = tangent.slope <= 0.0
        step = np.where(flat, np.where(excess > -NOISE, np.inf, 0.0), excess / np.where(flat, 1.0, tangent.slope))
        down = tangent.has & (step > NOISE)
        open_ = open_[down]
        smallest[open_] = np.maximum(smallest[open_] - step[down], least[open_])
        open_ = open_[smallest[open_] > least[open_]]
        if len(open_):
            lowered = line.lowered(which[open_], ads[open_], smallest[open_])
            pods = pricing(lowered, line.costs, weights).pods
    return smallest


def _smallest(scores: Floats, lines: Floats, has: Flags, bids: Integers) -> Integers:
    """int64[n]: the smallest whole bid with which the argmax of the row has the ad; the bid where none has.

    ``scores`` float64[n, M] at the full bid; ``lines`` float64[n, M] what a micro of bid adds; ``has`` bool[n, M].
    """
    if not len(bids):
        return bids
    rest = np.where(has, -np.inf, scores).max(axis=1)
    alone = rest == -np.inf
    above = scores - np.where(alone, 0.0, rest)[:, None]
    drop = np.where(has & (above >= 0.0), np.inf, -np.inf)
    np.divide(above, lines, out=drop, where=has & (lines > 0.0))
    furthest = np.where(alone, np.inf, drop.max(axis=1))
    low = np.ceil(bids - np.clip(furthest, 0, bids)).astype(np.int64) - 1
    # Rounding of the division is undone by asking the choice itself, below, at and above what it gave.
    for _ in range(2):
        at = scores + lines * (low - bids)[:, None]
        kept = np.take_along_axis(has, at.argmax(axis=1)[:, None], axis=1)[:, 0]
        low = np.where(kept, low, low + 1)
    return np.asarray(np.clip(low, 0, bids), dtype=np.int64)
