"""The event's linear program: how many viewers of each cohort see each known pod, within what all share.

A row for each cohort's viewers in an act, one for each cohort and cap that could bind, one for each limit that all
share. A small program is solved to its end. One of a hundred thousand rows is solved roughly, which is enough for its
prices; what it plans too much of is taken off, so that its answer can always be carried out.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from planner.event.night import NightPrices
from planner.event.pods import Columns, Pods
from planner.event.scaling import solve
from planner.master.turn import Prices, Turn
from planner.problem import Floats, Integers
from planner.solvers.lp import Linear, Start, approach

EXACT: Final = 6_000
"""Columns up to which the simplex algorithm is soon at the end."""
ITERATIONS: Final = 600
HASTY: Final = 128
TOLERANCE: Final = 2e-4
"""Relative, of residuals and gap of the rough solution."""
THIN: Final = 3e-3
"""Share of a cohort's viewers in an act below which nobody sees a pod of a rough solution."""
ABOVE: Final = 1e-3
"""Of a promise: what a rough solution aims at beyond it."""
TOTAL: Final = 1e3
"""What all gains of a rough program together come to: its tolerances are meant for numbers of that order."""
BROKEN: Final = 1e3
"""Price of what a promise to an earlier tier lacks: more than any promise is worth, so that it is rounding."""
PASSES: Final = 60
"""At most, in which what is too much is taken off; two or three are usual."""


@dataclass(frozen=True, slots=True)
class Optimum:
    """``seats`` float64[N] of ``columns``, within all limits; ``value`` micros of the turn's objective at them.

    ``tier`` is what the turn's own tier has of it, less its penalties. ``prices`` and ``reach`` float64[G, K] are the
    program's.
    """

    columns: Columns
    seats: Floats
    value: float
    tier: float
    prices: Prices
    reach: Floats


@dataclass(frozen=True, slots=True)
class _Rows:
    """Rows of the program: seats of each act and cohort, then reach, limits that all share, promises to tiers.

    ``reach`` int64[n] are the reach rows that could bind, as row and cohort in one number; ``scale`` float64[M] is what
    a row was divided by. ``elastic`` int64[E] are rows that may be broken, each at a price float64[E].
    """

    reach: Integers
    scale: Floats
    elastic: Integers
    fines: Floats


class Program:
    """Makes and solves the program of the pods known."""

    def __init__(self, pods: Pods) -> None:
        self._pods = pods
        night = pods.night
        self._cohorts = len(night.cohorts)
        self._seats = np.array([act.seats for act in pods.acts])
        self._limit = np.array([row.limit for row in night.reach]).reshape(len(night.reach), self._cohorts)
        self._penalty = np.array([row.penalty for row in night.reach])
        most = [np.abs(act.scene.use).max(axis=1, initial=0.0) for act in pods.acts]
        size = np.max(most, axis=0) * max(float(self._seats.sum()), 1.0)
        limit = np.abs(night.shared.limit)
        self._scale = np.where(limit > 0.0, limit, np.maximum(size, 1e-9))

    def solve(
        self, turn: Turn, prices: Prices, reach: Floats, *, roughly: bool = False, steady: bool = False
    ) -> Optimum:
        """The best plan of the pods known that have a chance at ``prices`` and ``reach`` float64[G, K].

        ``roughly``: a large program is left early. ``steady``: what all share costs ``prices`` and is not limited, so
        that cohorts are planned each by itself; the plan then need not be one, but prices of reach are.
        """
        weights = turn.parts(prices)
        columns = self._pods.columns(weights, NightPrices(prices.shared, reach))
        linear, rows = self._linear(columns, turn)
        whole = linear
        if steady:
            linear = self._freed(linear, len(columns.acts), prices, turn)
        count = len(columns.acts)
        if count <= EXACT:
            solved = solve(linear)
            values, duals = solved.values, solved.duals
        else:
            gains = linear.objective[:count]
            total = max(float(np.abs(gains).sum()) * len(self._seats) * self._cohorts / count, 1e-300) / TOTAL
            start = self._start(columns, turn, prices, reach, linear, rows)
            begin = Start(start.values, start.duals / total)
            rough = approach(_gaining(linear, total), begin, TOLERANCE, HASTY if roughly else ITERATIONS)
            values, duals = rough.values, rough.duals * total
        shares = np.maximum(values[:count], 0.0)
        if count > EXACT:
            shares = self._thinned(columns, shares)
        self._pods.performed(columns, shares)
        seats, value, own = self._kept(whole, rows, columns, shares, turn)
        found, its = self._prices(duals, rows, turn)
        return Optimum(columns, seats, value, own, prices if steady else found, its)

    def _freed(self, linear: Linear, count: int, prices: Prices, turn: Turn) -> Linear:
        """The program with what ``count`` columns use of what all share at its price instead of its limit."""
        last = len(linear.most) - turn.turn
        first = last - len(turn.at_least)
        signed = np.where(turn.at_least, -prices.shared, prices.shared) * self._scale
        there = (linear.rows >= first) & (linear.rows < last)
        paid = np.bincount(
            linear.columns[there],
            weights=linear.entries[there] * signed[linear.rows[there] - first],
            minlength=len(linear.objective),
        )
        low, high = linear.least.copy(), linear.most.copy()
        low[first:last], high[first:last] = -np.inf, np.inf
        kept = ~there
        return Linear(
            linear.objective - np.where(np.arange(len(paid)) < count, paid, 0.0),
            linear.upper,
            low,
            high,
            linear.rows[kept],
            linear.columns[kept],
            linear.entries[kept],
        )

    def _thinned(self, columns: Columns, shares: Floats) -> Floats:
        """Without small shares, which a rough solution has many of: the cohort's other pods in the act get them."""
        place = columns.acts * self._cohorts + columns.cohorts
        kept = np.where(shares >= THIN, shares, 0.0)
        before = np.bincount(place, weights=shares)
        after = np.bincount(place, weights=kept)
        found: Floats = kept * (before / np.where(after > 0.0, after, 1.0))[place]
        return found

    def _linear(self, columns: Columns, turn: Turn) -> tuple[Linear, _Rows]:
        shared, acts, count = self._pods.night.shared, len(self._seats), len(columns.acts)
        seats = self._seats[columns.acts, columns.cohorts]
        binding = self._may_bind(columns, seats)
        if not turn.last:
            binding = binding[~np.isfinite(self._penalty[binding // self._cohorts])]
        own = self._limit.ravel()[binding]
        number = np.full(self._limit.size, -1, dtype=np.int64)
        number[binding] = np.arange(len(binding))
        at = number[columns.reach.rows * self._cohorts + columns.cohorts[columns.reach.columns]]
        there = at >= 0
        first = acts * self._cohorts
        scale = np.concatenate(
            [
                np.ones(first),
                np.where(own > 0.0, own, 1.0),
                self._scale,
                np.maximum(np.abs(turn.promises), 1.0),
            ]
        )
        after = first + len(binding)
        last = after + len(shared)
        soft = np.flatnonzero(np.isfinite(self._penalty[binding // self._cohorts]))
        short = np.flatnonzero(shared.at_least)
        tiers = range(turn.turn)
        fined = [short[turn.row_place[short] == tier] for tier in tiers]
        elastic = np.concatenate([first + soft, after + short, last + np.arange(turn.turn)])
        fines = np.concatenate(
            [
                self._penalty[binding[soft] // self._cohorts],
                shared.penalty[short] * (turn.row_place[short] <= turn.turn),
                np.full(turn.turn, BROKEN),
            ]
        )
        # A promise of an earlier tier: its parts, less the penalties of its rows.
        earning = [np.flatnonzero(columns.parts[:, tier]) for tier in tiers]
        place = np.full(len(shared), -1, dtype=np.int64)
        place[short] = np.arange(len(short))
        all_rows = [
            columns.acts * self._cohorts + columns.cohorts,
            first + at[there],
            after + columns.shared.rows,
            *(np.full(len(earning[tier]) + len(fined[tier]), last + tier) for tier in tiers),
        ]
        all_columns = [
            np.arange(count),
            columns.reach.columns[there],
            columns.shared.columns,
            *(np.concatenate([earning[tier], count + len(soft) + place[fined[tier]]]) for tier in tiers),
        ]
        entries = [
            np.ones(count),
            (columns.reach.uses * seats[columns.reach.columns])[there],
            columns.shared.uses * seats[columns.shared.columns],
            *(
                np.concatenate(
                    [
                        (columns.parts[:, tier] * seats)[earning[tier]],
                        -shared.penalty[fined[tier]] * scale[after + fined[tier]],
                    ]
                )
                for tier in tiers
            ),
        ]
        rows, entered = np.concatenate(all_rows), np.concatenate(entries)
        entered = entered / scale[rows]
        # A rough solution lacks a little of everything, and a promise is dear to miss.
        aim = shared.limit * (1.0 + ABOVE) if count > EXACT else shared.limit
        least = np.where(shared.at_least, np.maximum(shared.limit, aim), -np.inf)
        low = np.concatenate([np.full(after, -np.inf), least, turn.promises])
        high = np.concatenate([np.ones(first), own, np.where(shared.at_least, np.inf, shared.limit)])
        # No row can be broken by more than all that is in it.
        broken = np.bincount(rows, weights=np.abs(entered), minlength=len(scale)) + 1.0
        linear = Linear(
            np.concatenate([(columns.parts * self._objective(turn)).sum(axis=1) * seats, -fines * scale[elastic]]),
            np.concatenate([np.ones(count), broken[elastic]]),
            low / scale,
            np.concatenate([high, np.full(turn.turn, np.inf)]) / scale,
            np.concatenate([rows, elastic]),
            np.concatenate([*all_columns, count + np.arange(len(elastic))]),
            np.concatenate([entered, np.where(elastic < after, -1.0, 1.0)]),
        )
        return linear, _Rows(binding, scale, elastic, fines)

    def _objective(self, turn: Turn) -> Floats:
        """float64[T]: tiers whose turn has come count."""
        found = np.zeros(len(turn.levels))
        found[: turn.turn + 1] = 1.0
        return found

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

    def _start(self, columns: Columns, turn: Turn, prices: Prices, reach: Floats, linear: Linear, rows: _Rows) -> Start:
        """Where the last program ended, at the prices it is now thought of."""
        count = len(columns.acts)
        shared = np.where(turn.at_least, -prices.shared, prices.shared)
        own = np.concatenate([reach.ravel()[rows.reach], shared, -prices.promised])
        first = len(linear.most) - len(own)
        duals = np.concatenate([np.zeros(first), own * rows.scale[first:]])
        mine = linear.columns < count
        paid = np.bincount(linear.columns[mine], weights=(linear.entries * duals[linear.rows])[mine], minlength=count)
        seats_rows = columns.acts * self._cohorts + columns.cohorts
        np.maximum.at(duals, seats_rows, linear.objective[:count] - paid)
        values = np.concatenate([self._pods.shares(columns), np.zeros(len(rows.elastic))])
        values[count:] = _lacking(linear, rows, _use(linear, values))
        return Start(values, duals)

    def _kept(
        self, linear: Linear, rows: _Rows, columns: Columns, shares: Floats, turn: Turn
    ) -> tuple[Floats, float, float]:
        """Seats within all limits, what the turn's objective is there, and what is its own tier's."""
        count = len(columns.acts)
        hard = np.isfinite(linear.most)
        hard[rows.elastic] = False
        values = np.concatenate([shares, np.zeros(len(rows.elastic))])
        plus, minus = np.maximum(linear.entries, 0.0), np.minimum(linear.entries, 0.0)
        for _ in range(PASSES):
            more = np.bincount(linear.rows, weights=plus * values[linear.columns], minlength=len(linear.most))
            less = np.bincount(linear.rows, weights=minus * values[linear.columns], minlength=len(linear.most))
            over = hard & (more + less > linear.most + 1e-9)
            if not over.any():
                break
            room = np.maximum(np.where(hard, linear.most, 0.0) - less, 0.0)
            factor = np.where(over, room / np.where(over, more, 1.0), 1.0)
            part = np.ones(len(values))
            taking = (linear.entries > 0.0) & over[linear.rows]
            np.minimum.at(part, linear.columns[taking], factor[linear.rows[taking]])
            values = values * part
        use = _use(linear, values)
        values[count:] = _lacking(linear, rows, use)
        seats = values[:count] * self._seats[columns.acts, columns.cohorts]
        fined = values[count:] * rows.scale[rows.elastic] * rows.fines
        promises = len(linear.most) - turn.turn
        kept = rows.elastic < promises
        value = float((columns.parts * self._objective(turn)).sum(axis=1) @ seats) - float(fined[kept].sum())
        shared = rows.elastic - (len(linear.most) - turn.turn - len(turn.at_least))
        mine = kept & (shared >= 0)
        mine[mine] = turn.row_place[shared[mine]] == turn.turn
        return seats, value, float(columns.parts[:, turn.turn] @ seats) - float(fined[mine].sum())

    def _prices(self, duals: Floats, rows: _Rows, turn: Turn) -> tuple[Prices, Floats]:
        own = duals / rows.scale
        promised = np.maximum(-own[len(own) - turn.turn :], 0.0)
        limits = own[len(own) - turn.turn - len(turn.at_least) : len(own) - turn.turn]
        shared = np.maximum(np.where(turn.at_least, -limits, limits), 0.0)
        reach = np.zeros(self._limit.size)
        first = len(self._seats) * self._cohorts
        reach[rows.reach] = np.maximum(own[first : first + len(rows.reach)], 0.0)
        ceiling = self._penalty[:, None]
        return turn.legal(Prices(shared, promised)), np.minimum(reach.reshape(self._limit.shape), ceiling)


def _use(linear: Linear, values: Floats) -> Floats:
    found: Floats = np.bincount(
        linear.rows, weights=linear.entries * values[linear.columns], minlength=len(linear.most)
    ).astype(np.float64)
    return found


def _lacking(linear: Linear, rows: _Rows, use: Floats) -> Floats:
    """float64[E]: by how much elastic rows are broken by what columns ``use`` float64[M]."""
    low, high = linear.least[rows.elastic], linear.most[rows.elastic]
    found: Floats = np.maximum(np.maximum(low - use[rows.elastic], use[rows.elastic] - high), 0.0)
    return found


def _gaining(linear: Linear, unit: float) -> Linear:
    """The same with gains counted in ``unit``."""
    return Linear(
        linear.objective / unit,
        linear.upper,
        linear.least,
        linear.most,
        linear.rows,
        linear.columns,
        linear.entries,
    )
