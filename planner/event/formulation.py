"""The event's linear program written down: who sees which of the pods known, within what all share.

A row for each cohort's viewers in an act, one for each cohort and cap that could bind, one for each limit that all
share, one for each earlier tier's promise. Columns are shares of a cohort's viewers; behind them are those that say by
how much rows that have a price are broken.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from planner.event.pods import Columns, Pods
from planner.master.turn import Prices, Turn
from planner.problem import Flags, Floats, Integers
from planner.solvers.lp import Linear

BROKEN: Final = 1e3
"""Price of what a promise to an earlier tier lacks: more than any promise is worth, so that it is rounding."""


@dataclass(frozen=True, slots=True)
class Formulated:
    """``linear`` has ``count`` columns of pods, then one for each of the rows ``elastic`` int64[E]: these may be
    broken, each at a price, ``fines`` float64[E].

    Rows are seats of each act and cohort, then ``reach`` int64[n], those reach rows that could bind, as row and cohort
    in one number, then what all ``shared`` limit, then promises to the tiers that had their turn. ``scale`` float64[M]
    is what a row was divided by.
    """

    linear: Linear
    count: int
    reach: Integers
    shared: slice
    scale: Floats
    elastic: Integers
    fines: Floats

    def freed(self, prices: Prices, at_least: Flags) -> Formulated:
        """The program with what pods use of what all share at its price instead of its limit."""
        linear, first, last = self.linear, self.shared.start, self.shared.stop
        signed = np.where(at_least, -prices.shared, prices.shared) * self.scale[self.shared]
        there = (linear.rows >= first) & (linear.rows < last)
        paid = np.bincount(
            linear.columns[there],
            weights=linear.entries[there] * signed[linear.rows[there] - first],
            minlength=len(linear.objective),
        )
        paid[self.count :] = 0.0
        low, high = linear.least.copy(), linear.most.copy()
        low[self.shared], high[self.shared] = -np.inf, np.inf
        kept = ~there
        freed = Linear(
            linear.objective - paid,
            linear.upper,
            low,
            high,
            linear.rows[kept],
            linear.columns[kept],
            linear.entries[kept],
        )
        return replace(self, linear=freed)

    def beyond(self, part: float) -> Formulated:
        """The program that aims at more than what is promised by ``part`` of it."""
        least = self.linear.least.copy()
        least[self.shared] = np.maximum(least[self.shared], least[self.shared] * (1.0 + part))
        return replace(self, linear=replace(self.linear, least=least))

    def gaining(self, unit: float) -> Linear:
        """The linear program with gains counted in ``unit``."""
        return replace(self.linear, objective=self.linear.objective / unit)


class Formulation:
    """Writes programs of the ``pods`` known."""

    def __init__(self, pods: Pods) -> None:
        night = pods.night
        self._shared = night.shared
        self._cohorts = len(night.cohorts)
        self._seats = np.array([act.seats for act in pods.acts])
        self._limit = np.array([row.limit for row in night.reach]).reshape(len(night.reach), self._cohorts)
        self._penalty = np.array([row.penalty for row in night.reach])
        most = [np.abs(act.scene.use).max(axis=1, initial=0.0) for act in pods.acts]
        size = np.max(most, axis=0) * max(float(self._seats.sum()), 1.0)
        limit = np.abs(night.shared.limit)
        self._scale = np.where(limit > 0.0, limit, np.maximum(size, 1e-9))

    def of(self, columns: Columns, turn: Turn) -> Formulated:
        """The program of these ``columns`` in a tier's ``turn``."""
        shared, count = self._shared, len(columns.acts)
        seats = self._seats[columns.acts, columns.cohorts]
        binding = self._may_bind(columns, seats)
        if not turn.last:
            binding = binding[~np.isfinite(self._penalty[binding // self._cohorts])]
        penalties, limits = self._penalty[binding // self._cohorts], self._limit.ravel()[binding]
        number = np.full(self._limit.size, -1, dtype=np.int64)
        number[binding] = np.arange(len(binding))
        at = number[columns.reach.rows * self._cohorts + columns.cohorts[columns.reach.columns]]
        there = at >= 0
        first = self._seats.size
        after = first + len(binding)
        last = after + len(shared)
        scale = np.concatenate(
            [
                np.ones(first),
                np.where(limits > 0.0, limits, 1.0),
                self._scale,
                np.maximum(np.abs(turn.promises), 1.0),
            ]
        )
        soft, short = np.flatnonzero(np.isfinite(penalties)), np.flatnonzero(shared.at_least)
        elastic = np.concatenate([first + soft, after + short, last + np.arange(turn.turn)])
        fines = np.concatenate(
            [
                penalties[soft],
                shared.penalty[short] * (turn.row_place[short] <= turn.turn),
                np.full(turn.turn, BROKEN),
            ]
        )
        # Columns of rows that may be broken, by row.
        lacking = np.zeros(last, dtype=np.int64)
        lacking[elastic[elastic < last]] = count + np.arange(int((elastic < last).sum()))
        pieces = [
            (columns.acts * self._cohorts + columns.cohorts, np.arange(count), np.ones(count)),
            (
                first + at[there],
                columns.reach.columns[there],
                (columns.reach.uses * seats[columns.reach.columns])[there],
            ),
            (after + columns.shared.rows, columns.shared.columns, columns.shared.uses * seats[columns.shared.columns]),
        ]
        for tier in turn.passed:
            # A promise to an earlier tier: what its ads bring, less the penalties of its rows.
            gains = columns.parts[:, tier] * seats
            own, fined = np.flatnonzero(gains), after + short[turn.row_place[short] == tier]
            pieces.append((np.full(len(own), last + tier), own, gains[own]))
            losses = shared.penalty[fined - after] * scale[fined]
            pieces.append((np.full(len(fined), last + tier), lacking[fined], -losses))
        rows, places, entries = (np.concatenate(each) for each in zip(*pieces, strict=True))
        entries = entries / scale[rows]
        # No row can be broken by more than all that is in it.
        most = np.bincount(rows, weights=np.abs(entries), minlength=len(scale)) + 1.0
        low = [np.full(after, -np.inf), np.where(shared.at_least, shared.limit, -np.inf), turn.promises]
        high = [np.ones(first), limits, np.where(shared.at_least, np.inf, shared.limit), np.full(turn.turn, np.inf)]
        linear = Linear(
            np.concatenate([turn.counted(columns.parts) * seats, -fines * scale[elastic]]),
            np.concatenate([np.ones(count), most[elastic]]),
            np.concatenate(low) / scale,
            np.concatenate(high) / scale,
            np.concatenate([rows, elastic]),
            np.concatenate([places, count + np.arange(len(elastic))]),
            np.concatenate([entries, np.where(elastic < after, -1.0, 1.0)]),
        )
        return Formulated(linear, count, binding, slice(after, last), scale, elastic, fines)

    def _may_bind(self, columns: Columns, seats: Floats) -> Integers:
        """Reach rows, as row and cohort in one number, that could be exceeded if every viewer saw the pod that uses
        most: others are not made.
        """
        entries, acts = columns.reach, len(self._seats)
        if not len(entries.rows):
            return np.zeros(0, dtype=np.int64)
        row = entries.rows * self._cohorts + columns.cohorts[entries.columns]
        key = row * acts + columns.acts[entries.columns]
        order = np.argsort(key, kind="stable")
        key, sizes = key[order], (entries.uses * seats[entries.columns])[order]
        first = np.flatnonzero(np.r_[True, key[1:] != key[:-1]])
        most = np.bincount(key[first] // acts, weights=np.maximum.reduceat(sizes, first), minlength=self._limit.size)
        return np.flatnonzero(most > self._limit.ravel())
