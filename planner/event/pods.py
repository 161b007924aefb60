"""The pods known for every cohort, and those of them that the event's program is given."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from planner.event.acts import Act
from planner.event.answer import Shown
from planner.event.night import Night, NightPrices
from planner.master.pool import Pool
from planner.problem import NOTHING, Ads, Floats, Integers, Problem

BEST: Final = 3
"""Pods of a cohort in an act that the program is given, beside those in use: others have no chance at the prices."""
KEPT: Final = 4
"""A pod in use stays for as many more programs as this can be halved."""
LEAST: Final = 1e-6
"""Of a cohort's viewers in an act: a smaller share is rounding."""


@dataclass(frozen=True, slots=True)
class Entries:
    """What columns use of some rows: ``columns`` and ``rows`` int64[M], ``uses`` float64[M], each pair once."""

    columns: Integers
    rows: Integers
    uses: Floats


@dataclass(frozen=True, slots=True)
class Columns:
    """Pods of cohorts, act by act: ``acts``, ``pods`` (numbers in the acts' pools) and ``cohorts`` int64[N].

    ``parts`` float64[N, T] micros of one viewer by tier; ``reach`` and ``shared`` are what one viewer uses of the
    night's rows.
    """

    acts: Integers
    pods: Integers
    cohorts: Integers
    parts: Floats
    reach: Entries
    shared: Entries


class Pods:
    """The pods of all cohorts in all acts; ``place`` int64[J] is each ad's tier, of ``tiers``."""

    def __init__(self, night: Night, acts: tuple[Act, ...], place: Integers, tiers: int) -> None:
        self.night = night
        self.acts = acts
        self.pools = [
            Pool(
                Problem(act.scene.rules, act.scene.worth, act.scene.rows, night.shared, place[act.scene.ads]),
                place[act.scene.ads],
                tiers,
            )
            for act in acts
        ]
        self._charged = [_Charges.of_reach(act) for act in acts]
        self._shared = [_Charges.of_shared(act) for act in acts]
        self._used = [np.zeros(0, dtype=np.int64) for _ in acts]
        self._shares = [np.zeros(0) for _ in acts]
        self._reach = [_nothing() for _ in acts]

    def add(self, act: int, cohorts: Integers, pods: Ads) -> int:
        """Take in pods int16[n, P] for ``cohorts`` int64[n] of an act; how many were new."""
        pool = self.pools[act]
        before = len(pool)
        here = self.acts[act].seats[cohorts] > 0.0
        new = pool.add(cohorts[here], pods[here])
        if new:
            self._used[act] = np.concatenate([self._used[act], np.zeros(new, dtype=np.int64)])
            self._shares[act] = np.concatenate([self._shares[act], np.zeros(new)])
            added = self._charged[act].of(pool.pods[before:])
            self._reach[act] = _joined([self._reach[act], added], [0, before])
        return new

    def learn(self, shown: Shown) -> None:
        """Take in the pods of another plan of the night, with their shares."""
        of = np.zeros(len(self.night.scenes), dtype=np.int64)
        for number, act in enumerate(self.acts):
            of[act.members] = number
        for number, act in enumerate(self.acts):
            local = np.full(len(self.night.ads) + 1, NOTHING, dtype=np.int16)
            local[act.scene.ads] = np.arange(len(act.scene.ads))
            here = (of[shown.scenes] == number) & (act.seats[shown.cohorts] > 0.0)
            # NOTHING is -1, so it finds the last entry, which stays NOTHING.
            cohorts, pods = shown.cohorts[here], local[shown.pods[here]]
            self.add(number, cohorts, pods)
            told = (pods != NOTHING).any(axis=1)
            which = self.pools[number].find(cohorts[told], pods[told])
            np.add.at(self._shares[number], which, (shown.seats[here] / act.seats[cohorts])[told])
            self._used[number][which] = KEPT

    def columns(self, weights: Floats, prices: NightPrices) -> Columns:
        """The pods that are the best of their cohort and act at ``prices``, at ``weights`` float64[T] of the tiers, and
        those that were in use last.
        """
        signed = np.where(self.night.shared.at_least, -prices.shared, prices.shared)
        chosen, reach, shared = [], [], []
        for number, (act, pool, uses) in enumerate(zip(self.acts, self.pools, self._reach, strict=True)):
            paid = uses.uses * prices.reach[uses.rows, pool.rows[uses.columns]]
            scores = pool.reduced(weights, np.einsum("i,ij->j", signed, act.scene.use))
            scores -= np.bincount(uses.columns, weights=paid, minlength=len(pool))
            best = np.zeros(len(pool), dtype=np.bool_)
            best[pool.best(scores, BEST)] = True
            which = np.flatnonzero(best | (self._used[number] > 0))
            chosen.append(which)
            renumbered = np.full(len(pool), NOTHING, dtype=np.int64)
            renumbered[which] = np.arange(len(which))
            there = renumbered[uses.columns] != NOTHING
            reach.append(Entries(renumbered[uses.columns[there]], uses.rows[there], uses.uses[there]))
            shared.append(self._shared[number].of(pool.pods[which]))
        offsets = np.cumsum([0, *(len(which) for which in chosen)]).tolist()[:-1]
        return Columns(
            np.repeat(np.arange(len(chosen)), [len(which) for which in chosen]),
            np.concatenate(chosen),
            np.concatenate([pool.rows[which] for pool, which in zip(self.pools, chosen, strict=True)]),
            np.concatenate([pool.parts[which] for pool, which in zip(self.pools, chosen, strict=True)]),
            _joined(reach, offsets),
            _joined(shared, offsets),
        )

    def performed(self, columns: Columns, shares: Floats) -> None:
        """A program gave the columns ``shares`` float64[N] of their cohorts' viewers: the next begins there."""
        for number, used in enumerate(self._used):
            here = columns.acts == number
            # What was in use once is kept a while: prices come back.
            np.floor_divide(used, 2, out=used)
            used[columns.pods[here & (shares > LEAST)]] = KEPT
            self._shares[number][:] = 0.0
            self._shares[number][columns.pods[here]] = shares[here]

    def shares(self, columns: Columns) -> Floats:
        """float64[N]: what the last program gave these columns."""
        pieces = [self._shares[number][columns.pods[columns.acts == number]] for number in range(len(self.acts))]
        return np.concatenate(pieces)


def _nothing() -> Entries:
    return Entries(np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64), np.zeros(0))


def _joined(pieces: list[Entries], offsets: list[int]) -> Entries:
    """One after the other, columns counted from ``offsets``."""
    return Entries(
        np.concatenate([piece.columns + offset for piece, offset in zip(pieces, offsets, strict=True)]),
        np.concatenate([piece.rows for piece in pieces]),
        np.concatenate([piece.uses for piece in pieces]),
    )


@dataclass(frozen=True, slots=True)
class _Charges:
    """What ads use of some rows: ad j's are ``rows`` and ``uses`` from ``start[j]`` to ``start[j + 1]``."""

    start: Integers
    rows: Integers
    uses: Floats

    @classmethod
    def of_reach(cls, act: Act) -> _Charges:
        """Of reach rows."""
        ads = np.concatenate([charge.ads for charge in act.charges] or [np.zeros(0, dtype=np.int64)])
        rows = np.concatenate([np.full(len(charge.ads), charge.row) for charge in act.charges] or [np.zeros(0)])
        uses = np.concatenate([charge.use for charge in act.charges] or [np.zeros(0)])
        return cls._by_ad(ads, rows.astype(np.int64), uses, len(act.scene.ads))

    @classmethod
    def of_shared(cls, act: Act) -> _Charges:
        """Of rows that all share."""
        ads, rows = np.nonzero(act.scene.use.T)
        return cls._by_ad(ads, rows, act.scene.use[rows, ads], len(act.scene.ads))

    @classmethod
    def _by_ad(cls, ads: Integers, rows: Integers, uses: Floats, count: int) -> _Charges:
        order = np.argsort(ads, kind="stable")
        return cls(np.searchsorted(ads[order], np.arange(count + 1)), rows[order], uses[order])

    def of(self, pods: Ads) -> Entries:
        """What each of ``pods`` int16[n, P] uses."""
        columns, slots = np.nonzero(pods != NOTHING)
        ads = pods[columns, slots].astype(np.int64)
        counts = self.start[ads + 1] - self.start[ads]
        place = np.repeat(self.start[ads] - (np.cumsum(counts) - counts), counts) + np.arange(int(counts.sum()))
        width = int(self.rows.max(initial=0)) + 1
        key = np.repeat(columns, counts) * width + self.rows[place]
        key, back = np.unique(key, return_inverse=True)
        return Entries(key // width, key % width, np.bincount(back, self.uses[place], len(key)).astype(np.float64))
