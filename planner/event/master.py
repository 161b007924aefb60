"""The event's linear program: which part of each cohort has which evening, within what all share.

Dantzig-Wolfe decomposition with cohorts as blocks: an evening keeps its cohort's reach rows by itself, so the program
has a row for each cohort and for each shared limit, and its optimum is a plan that can be carried out.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from planner.event.evenings import Mixes
from planner.event.night import Night
from planner.event.scaling import solve
from planner.master.turn import Turn
from planner.problem import Floats, Integers
from planner.solvers.lp import Basis, Linear

TROUPES: Final = 500
"""At most: several times as many as there are limits leave enough to choose from, and the program is solved soon."""
KEPT: Final = 16
"""Latest evenings of each troupe that stay in the program beside those in its basis."""
BROKEN: Final = 1e3
"""Price of what a promise to an earlier tier lacks: more than any promise is worth, so that it is rounding."""
SMALL: Final = 1e-9
"""Part of a cohort: less of an evening is rounding."""


@dataclass(frozen=True, slots=True)
class Evening:
    """One mix of every cohort: of ``columns`` int64[n] numbers in the acts' pools as (act, pod) float64[n] ``seats``.

    ``start`` int64[K + 1] says where a cohort's begin; ``parts`` float64[K, T] and ``use`` float64[K, I] are theirs.
    """

    acts: Integers
    pods: Integers
    seats: Floats
    start: Integers
    parts: Floats
    use: Floats

    @classmethod
    def of(cls, mixes: Mixes) -> Evening:
        """What of the mixes has viewers."""
        there = mixes.seats > 0.0
        start = np.concatenate([[0], np.cumsum(there)])[mixes.columns.start]
        columns = mixes.columns
        return cls(columns.acts[there], columns.pods[there], mixes.seats[there], start, mixes.parts, mixes.use)


@dataclass(frozen=True, slots=True)
class Optimum:
    """``value`` micros of the turn's objective; ``shared`` float64[I] and ``promised`` float64[S] its prices;
    ``shares`` float64[E, K] of each cohort that has each evening.
    """

    value: float
    shared: Floats
    promised: Floats
    shares: Floats


class Master:
    """The program of one event, solved again and again as evenings come in, each time from where it ended.

    Where cohorts are many some of them share their shares, as a troupe: a part of each has each evening. Columns are
    what promises lack, then evenings of troupes; those long of no use leave.
    """

    def __init__(self, night: Night) -> None:
        self._night = night
        self._troupes = min(len(night.cohorts), TROUPES)
        self._troupe = np.arange(len(night.cohorts)) % self._troupes
        self._short = np.flatnonzero(night.shared.at_least)
        self._who: Integers = np.zeros(0, dtype=np.int64)
        self._of: Integers = np.zeros(0, dtype=np.int64)
        self._basis: Basis | None = None
        self.evenings: list[Evening] = []
        self._sums: list[tuple[Floats, Floats]] = []

    def add(self, evening: Evening) -> None:
        """Take in an evening of every cohort."""
        who = np.arange(self._troupes)
        self._who = np.concatenate([self._who, who])
        self._of = np.concatenate([self._of, np.full(len(who), len(self.evenings))])
        self.evenings.append(evening)
        self._sums.append((self._summed(evening.parts), self._summed(evening.use)))

    def _summed(self, figures: Floats) -> Floats:
        """Of all cohorts of each troupe."""
        found = np.zeros((self._troupes, figures.shape[1]))
        np.add.at(found, self._troupe, figures)
        return found

    def solve(self, turn: Turn) -> Optimum:
        """The best plan of the evenings taken in."""
        self._forget(turn)
        shared, troupes, short = self._night.shared, self._troupes, self._short
        parts, use = self._gathered()
        weights = np.zeros(parts.shape[1])
        weights[: turn.turn + 1] = 1.0
        fines = shared.penalty[short] * (turn.row_place[short] <= turn.turn)
        columns, rows = np.nonzero(use)
        # A promise of an earlier tier: its parts, less the penalties of its rows.
        tiers = range(turn.turn)
        earning = [np.flatnonzero(parts[:, tier]) for tier in tiers]
        fined = [np.flatnonzero(turn.row_place[short] == tier) for tier in tiers]
        promised = [np.full(1 + len(earning[tier]) + len(fined[tier]), len(shared) + tier) for tier in tiers]
        all_rows = np.concatenate([troupes + np.concatenate([short, rows, *promised]), self._who])
        # What a promise lacks by the tolerance of the solver that made it comes behind what limits lack.
        first = len(short) + turn.turn
        in_promises = [np.concatenate([[len(short) + tier], first + earning[tier], fined[tier]]) for tier in tiers]
        every = first + np.arange(len(self._who))
        all_columns = np.concatenate([np.arange(len(short)), first + columns, *in_promises, every])
        fine = [-shared.penalty[short[fined[tier]]] for tier in tiers]
        worth = [np.concatenate([[1.0], parts[earning[tier], tier], fine[tier]]) for tier in tiers]
        entries = np.concatenate([np.ones(len(short)), use[columns, rows], *worth, np.ones(len(every))])
        # What shares lack may exceed their limit of nothing: by what all others' impressions count against them.
        against = np.maximum(-use, 0.0).sum(axis=0)
        found = solve(
            Linear(
                np.concatenate([-fines, np.full(turn.turn, -BROKEN), parts @ weights]),
                np.concatenate(
                    [
                        (np.maximum(shared.limit, 0.0) + against)[short],
                        np.abs(turn.promises) + 1.0,
                        np.ones(len(every)),
                    ]
                ),
                np.concatenate(
                    [np.full(troupes, -np.inf), np.where(shared.at_least, shared.limit, -np.inf), turn.promises]
                ),
                np.concatenate(
                    [np.ones(troupes), np.where(shared.at_least, np.inf, shared.limit), np.full(turn.turn, np.inf)]
                ),
                all_rows,
                all_columns,
                entries,
            ),
            None if self._basis is None else self._basis.grown(first + len(every)),
        )
        self._basis = found.basis
        shares = np.zeros((len(self.evenings), troupes))
        shares[self._of, self._who] = np.where(found.values[first:] > SMALL, found.values[first:], 0.0)
        own = found.duals[troupes : troupes + len(shared)]
        prices = np.maximum(np.where(shared.at_least, -own, own), 0.0)
        return Optimum(
            found.value, prices, np.maximum(-found.duals[troupes + len(shared) :], 0.0), shares[:, self._troupe]
        )

    def turned(self) -> None:
        """Another tier has its turn: its program has one row more."""
        self._basis = None

    def _gathered(self) -> tuple[Floats, Floats]:
        """Parts float64[C, T] and use float64[C, I] of the evenings in the program."""
        parts = np.zeros((len(self._who), self.evenings[0].parts.shape[1]))
        use = np.zeros((len(self._who), len(self._night.shared)))
        for number in np.unique(self._of).tolist():
            here = self._of == number
            parts[here] = self._sums[number][0][self._who[here]]
            use[here] = self._sums[number][1][self._who[here]]
        return parts, use

    def _forget(self, turn: Turn) -> None:
        """Let go of evenings that are neither late nor in the basis."""
        if self._basis is None or len(self._who) <= 2 * KEPT * self._troupes:
            return
        first = len(self._short) + turn.turn
        basis = self._basis.grown(first + len(self._who))
        kept = basis.held[first:] | (self._of >= len(self.evenings) - KEPT)
        self._basis = basis.of(np.concatenate([np.ones(first, dtype=np.bool_), kept]))
        self._who, self._of = self._who[kept], self._of[kept]
