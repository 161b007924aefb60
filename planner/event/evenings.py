"""What a cohort sees over the whole event: the pods known for it, and the best mix of them at given prices.

An evening is the optimum of a small linear program of one cohort: shares of its viewers in each act who see each pod,
so that no more is seen of capped ads than its viewers can. Budgets and goals are in it only by their prices. Evenings
are the columns of the event's program.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Final

import numpy as np

from planner.event.acts import Act
from planner.event.answer import Shown
from planner.event.lead import Lead
from planner.event.night import Night
from planner.master.pool import Pool
from planner.problem import NOTHING, Ads, Floats, Integers, Problem
from planner.solvers.lp import Linear, maximise

BEST: Final = 12
"""Pods of a cohort in an act that its program is given, beside those in use: others have no chance at the prices."""
KEPT: Final = 8
"""A pod in use stays for as many more mixes as this can be halved."""
LEAST: Final = 1e-9
"""Of a cohort's viewers in an act: a smaller share of an optimum is rounding."""


@dataclass(frozen=True, slots=True)
class Columns:
    """All pods known for all cohorts, those of a cohort together: ``start`` int64[K + 1] says where.

    ``acts`` and ``pods`` int64[N] are numbers in the acts' pools, ``parts`` float64[N, T] micros of one viewer by tier.
    Of reach rows the columns use ``uses`` float64[M] of ``rows`` int64[M], by columns ``of`` int64[M], which rise;
    ``first`` int64[K + 1] says where a cohort's begin.
    """

    start: Integers
    acts: Integers
    pods: Integers
    parts: Floats
    of: Integers
    rows: Integers
    uses: Floats
    first: Integers


@dataclass(frozen=True, slots=True)
class Mixes:
    """The best mix of every cohort.

    ``reduced`` float64[K] micros at the prices; ``reach`` float64[G, K] the prices of reach rows that go with them;
    ``seats`` float64[N] of each column. ``parts`` float64[K, T] micros by tier, penalties of soft reach rows taken off
    the last; ``use`` float64[K, I] of the shared rows.
    """

    reduced: Floats
    reach: Floats
    columns: Columns
    seats: Floats
    parts: Floats
    use: Floats


@dataclass(frozen=True, slots=True)
class _Mix:
    """One cohort's: reduced value, seats of its columns, what soft rows cost, and prices of ``rows`` that may bind."""

    reduced: float
    seats: Floats
    fined: float
    rows: Integers
    prices: Floats


class Evenings:
    """The pods of all cohorts in all acts; ``place`` int64[J] is each ad's tier, of ``tiers``.

    Programs of cohorts are solved side by side in ``pool``.
    """

    def __init__(
        self, night: Night, acts: tuple[Act, ...], place: Integers, tiers: int, pool: ThreadPoolExecutor
    ) -> None:
        self._pool = pool
        self.night = night
        self.acts = acts
        self.tiers = tiers
        self.pools = [
            Pool(
                Problem(act.scene.rules, act.scene.worth, act.scene.rows, night.shared, place[act.scene.ads]),
                place[act.scene.ads],
                tiers,
            )
            for act in acts
        ]
        self._limit = np.array([reach.limit for reach in night.reach]).reshape(len(night.reach), len(night.cohorts))
        self._penalty = np.array([reach.penalty for reach in night.reach])
        self._seats = np.array([act.seats for act in acts])
        self._charged = [_entries(act) for act in acts]
        self._used = [np.zeros(0, dtype=np.int64) for _ in acts]
        self._known: list[tuple[Integers, Integers, Floats]] = [
            (np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64), np.zeros(0)) for _ in acts
        ]

    def add(self, act: int, cohorts: Integers, pods: Ads) -> int:
        """Take in pods int16[n, P] for ``cohorts`` int64[n] of an act; how many were new."""
        pool = self.pools[act]
        before = len(pool)
        here = self.acts[act].seats[cohorts] > 0.0
        new = pool.add(cohorts[here], pods[here])
        if new:
            self._used[act] = np.concatenate([self._used[act], np.zeros(new, dtype=np.int64)])
            entries = self._uses(act, pool.pods[before:])
            known = self._known[act]
            self._known[act] = (
                np.concatenate([known[0], entries[0] + before]),
                np.concatenate([known[1], entries[1]]),
                np.concatenate([known[2], entries[2]]),
            )
        return new

    def learn(self, shown: Shown) -> None:
        """Take in the pods of another plan of the night."""
        of = np.zeros(len(self.night.scenes), dtype=np.int64)
        for number, act in enumerate(self.acts):
            of[act.members] = number
        for number, act in enumerate(self.acts):
            local = np.full(len(self.night.ads) + 1, NOTHING, dtype=np.int16)
            local[act.scene.ads] = np.arange(len(act.scene.ads))
            here = of[shown.scenes] == number
            # NOTHING is -1, so it finds the last entry, which stays NOTHING.
            self.add(number, shown.cohorts[here], local[shown.pods[here]])

    def columns(self, weights: Floats, shared: Floats, reach: Floats) -> Columns:
        """The pods known now that are the best of their cohort and act at prices float64[I] and float64[G, K], at
        ``weights`` float64[T] of the tiers, and those that were in use last; cohort by cohort.
        """
        every = self._columns()
        cohorts = np.repeat(np.arange(len(every.start) - 1), np.diff(every.start))
        worth = every.parts @ weights - self._paid(every, np.arange(len(cohorts)), shared)
        worth -= np.bincount(every.of, weights=every.uses * reach[every.rows, cohorts[every.of]], minlength=len(worth))
        place = cohorts * len(self.acts) + every.acts
        order = np.lexsort((-worth, place))
        ranks = np.empty(len(order), dtype=np.int64)
        ranks[order] = np.arange(len(order)) - np.searchsorted(place[order], place[order])
        used = [self._used[act] for act in range(len(self.acts))]
        kept = ranks < BEST
        for act, which in enumerate(used):
            here = np.flatnonzero(every.acts == act)
            kept[here] |= which[every.pods[here]] > 0
        renumbered = np.cumsum(kept) - 1
        entries = kept[every.of]
        of = renumbered[every.of[entries]]
        start = np.searchsorted(cohorts[kept], np.arange(len(every.start)))
        return Columns(
            start,
            every.acts[kept],
            every.pods[kept],
            every.parts[kept],
            of,
            every.rows[entries],
            every.uses[entries],
            np.searchsorted(of, start),
        )

    def _columns(self) -> Columns:
        """All pods known now, cohort by cohort."""
        cohorts = np.concatenate([pool.rows for pool in self.pools])
        which = np.concatenate([np.full(len(pool), act, dtype=np.int64) for act, pool in enumerate(self.pools)])
        pods = np.concatenate([np.arange(len(pool), dtype=np.int64) for pool in self.pools])
        parts = np.concatenate([pool.parts for pool in self.pools])
        order = np.argsort(cohorts, kind="stable")
        place = np.empty(len(order), dtype=np.int64)
        place[order] = np.arange(len(order))
        offsets = np.cumsum([0, *(len(pool) for pool in self.pools)])
        of = np.concatenate([place[known[0] + offsets[act]] for act, known in enumerate(self._known)])
        rows = np.concatenate([known[1] for known in self._known])
        uses = np.concatenate([known[2] for known in self._known])
        sorted_ = np.argsort(of, kind="stable")
        of, rows, uses = of[sorted_], rows[sorted_], uses[sorted_]
        every = np.arange(len(self.night.cohorts) + 1)
        start = np.searchsorted(cohorts[order], every)
        return Columns(start, which[order], pods[order], parts[order], of, rows, uses, np.searchsorted(of, start))

    def mixes(self, columns: Columns, weights: Floats, lead: Lead, *, soft: bool) -> Mixes:
        """The best mix of every cohort at ``weights`` float64[T] of the tiers and the prices that ``lead`` has for it.

        ``soft``: the penalties of soft reach rows count.
        """
        cohorts = len(self.night.cohorts)
        reduced = np.zeros(cohorts)
        reach = np.zeros((len(self.night.reach), cohorts))
        seats = np.zeros(len(columns.acts))
        fined = np.zeros(cohorts)
        use = np.zeros((cohorts, len(self.night.shared)))
        whose = np.repeat(np.arange(cohorts), np.diff(columns.start))
        valued = columns.parts @ weights
        for block in lead.blocks:
            own = np.concatenate([np.arange(columns.start[each], columns.start[each + 1]) for each in block])
            worth = np.zeros(len(columns.acts))
            worth[own] = valued[own] - self._paid(columns, own, lead.prices())
            known = [each for each in block.tolist() if columns.start[each] < columns.start[each + 1]]

            def mix(cohort: int, worth: Floats = worth) -> _Mix:
                return self._mix(cohort, columns, worth, soft=soft)

            for cohort, found in zip(known, self._pool.map(mix, known), strict=True):
                mine = slice(int(columns.start[cohort]), int(columns.start[cohort + 1]))
                reduced[cohort], seats[mine], fined[cohort] = found.reduced, found.seats, found.fined
                reach[found.rows, cohort] = found.prices
            use[block] = self._shared_use(columns, own, whose, seats)[block]
            lead.served(block, use[block].sum(axis=0))
        parts = np.zeros((cohorts, self.tiers))
        np.add.at(parts, whose, columns.parts * seats[:, None])
        parts[:, -1] -= fined
        for number, used in enumerate(self._used):
            here = (columns.acts == number) & (seats > 0.0)
            # What was in use once is kept a while: prices come back.
            np.floor_divide(used, 2, out=used)
            used[columns.pods[here]] = KEPT
        return Mixes(reduced, reach, columns, seats, parts, use)

    def _mix(self, cohort: int, columns: Columns, worth: Floats, *, soft: bool) -> _Mix:
        own = slice(int(columns.start[cohort]), int(columns.start[cohort + 1]))
        used = slice(int(columns.first[cohort]), int(columns.first[cohort + 1]))
        act, seats = columns.acts[own], self._seats[columns.acts[own], cohort]
        of, rows, uses = columns.of[used] - own.start, columns.rows[used], columns.uses[used]
        binding = self._may_bind(cohort, act, of, rows, uses)
        if not soft:
            binding = binding[~np.isfinite(self._penalty[binding])]
        number = np.full(len(self._limit), -1, dtype=np.int64)
        number[binding] = np.arange(len(binding))
        there = number[rows] >= 0
        of, rows, uses = of[there], rows[there], uses[there]
        limit = self._limit[binding, cohort]
        scale = np.where(limit > 0.0, limit, 1.0)
        softly = np.flatnonzero(np.isfinite(self._penalty[binding]))
        gains = worth[own] * seats
        size = max(float(np.abs(gains).max(initial=0.0)), 1e-9)
        count, blocks = len(act), len(self.acts)
        objective = np.concatenate([gains, -self._penalty[binding[softly]] * scale[softly]]) / size
        # Of a soft row no more can be in excess than all columns together use.
        upper = np.concatenate([np.ones(count), np.full(len(softly), 1e6)])
        most = np.concatenate([np.ones(blocks), np.where(limit > 0.0, 1.0, 0.0)])
        linear = Linear(
            objective,
            upper,
            np.full(len(most), -np.inf),
            most,
            np.concatenate([act, blocks + number[rows], blocks + softly]),
            np.concatenate([np.arange(count), of, count + np.arange(len(softly))]),
            np.concatenate([np.ones(count), uses * seats[of] / scale[number[rows]], np.full(len(softly), -1.0)]),
        )
        found = maximise(linear)
        shares = np.where(found.values[:count] > LEAST, found.values[:count], 0.0)
        fined = float(np.maximum(found.values[count:], 0.0) @ (self._penalty[binding[softly]] * scale[softly]))
        prices = np.maximum(found.duals[blocks:], 0.0) * size / scale
        prices = np.minimum(prices, self._penalty[binding])
        return _Mix(found.objective * size, shares * seats, fined, binding, prices)

    def _may_bind(self, cohort: int, acts: Integers, of: Integers, rows: Integers, uses: Floats) -> Integers:
        """Reach rows that could be exceeded if every viewer saw the pod that uses most: others are not made."""
        if not len(rows):
            return np.zeros(0, dtype=np.int64)
        key = rows * len(self.acts) + acts[of]
        order = np.argsort(key, kind="stable")
        key, sizes = key[order], uses[order]
        first = np.flatnonzero(np.r_[True, key[1:] != key[:-1]])
        most = np.maximum.reduceat(sizes, first) * self._seats[key[first] % len(self.acts), cohort]
        row = key[first] // len(self.acts)
        total = np.bincount(row, weights=most, minlength=len(self._limit))
        return np.flatnonzero(total > self._limit[:, cohort])

    def _paid(self, columns: Columns, which: Integers, shared: Floats) -> Floats:
        """What the ads of some columns cost at prices float64[I]."""
        found = np.zeros(len(which))
        signed = np.where(self.night.shared.at_least, -shared, shared)
        for number, act in enumerate(self.acts):
            here = np.flatnonzero(columns.acts[which] == number)
            pods = self.pools[number].pods[columns.pods[which[here]]]
            # NOTHING is -1, so it finds the zero behind the last ad.
            costs = np.append(np.einsum("i,ij->j", signed, act.scene.use), 0.0)
            found[here] = costs[pods].sum(axis=1)
        return found

    def _shared_use(self, columns: Columns, which: Integers, whose: Integers, seats: Floats) -> Floats:
        """float64[K, I]: what some columns with ``seats`` use of what all share."""
        found = np.zeros((len(self.night.cohorts), len(self.night.shared)))
        which = which[seats[which] > 0.0]
        for number, act in enumerate(self.acts):
            here = which[columns.acts[which] == number]
            pods = self.pools[number].pods[columns.pods[here]]
            there = pods != NOTHING
            who = np.broadcast_to(whose[here][:, None], pods.shape)[there]
            how = np.broadcast_to(seats[here][:, None], pods.shape)[there]
            cohorts, rows = np.unique(who, return_inverse=True)
            placed = np.zeros((len(cohorts), len(act.scene.ads)))
            np.add.at(placed, (rows, pods[there].astype(np.int64)), how)
            found[cohorts] += np.einsum("kj,ij->ki", placed, act.scene.use)
        return found

    def _uses(self, act: int, pods: Ads) -> tuple[Integers, Integers, Floats]:
        """What pods use of reach rows: column, row and use, each pair once, columns rising."""
        starts, rows, uses = self._charged[act]
        columns, slots = np.nonzero(pods != NOTHING)
        ads = pods[columns, slots].astype(np.int64)
        counts = starts[ads + 1] - starts[ads]
        of = np.repeat(columns, counts)
        where = (
            np.repeat(starts[ads], counts)
            + np.arange(int(counts.sum()))
            - np.repeat(np.cumsum(counts) - counts, counts)
        )
        key = of * max(1, len(self.night.reach)) + rows[where]
        order = np.argsort(key, kind="stable")
        key, sizes = key[order], uses[where][order]
        if not len(key):
            return key, key, sizes
        first = np.flatnonzero(np.r_[True, key[1:] != key[:-1]])
        width = max(1, len(self.night.reach))
        return key[first] // width, key[first] % width, np.add.reduceat(sizes, first)


def _entries(act: Act) -> tuple[Integers, Integers, Floats]:
    """Reach rows by ad: ``start`` int64[Js + 1], then rows and uses."""
    ads = np.concatenate([charge.ads for charge in act.charges] or [np.zeros(0, dtype=np.int64)])
    rows = np.concatenate([np.full(len(charge.ads), charge.row) for charge in act.charges] or [np.zeros(0)])
    uses = np.concatenate([charge.use for charge in act.charges] or [np.zeros(0)])
    order = np.argsort(ads, kind="stable")
    start = np.searchsorted(ads[order], np.arange(len(act.scene.ads) + 1))
    return start, rows[order].astype(np.int64), uses[order]
