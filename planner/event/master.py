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
from planner.master.turn import Turn
from planner.problem import Floats, Integers
from planner.event.scaling import solve
from planner.solvers.lp import Linear

KEPT: Final = 8
"""Latest evenings of each cohort that stay in the program beside those in use."""
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
    """The program of one event. Evenings are only added; those of no use for long stay outside."""

    def __init__(self, night: Night) -> None:
        self._night = night
        self.evenings: list[Evening] = []
        self._used: list[Integers] = []

    def add(self, evening: Evening) -> None:
        """Take in an evening of every cohort."""
        self.evenings.append(evening)
        self._used.append(np.zeros(len(evening.parts), dtype=np.int64))

    def solve(self, turn: Turn) -> Optimum:
        """The best plan of the evenings taken in."""
        night, shared = self._night, self._night.shared
        cohorts, count = len(night.cohorts), len(self.evenings)
        which = [
            np.flatnonzero((used > 0) | (number >= count - KEPT))
            for number, used in enumerate(self._used)
        ]
        of = np.concatenate([np.full(len(each), number) for number, each in enumerate(which)])
        who = np.concatenate(which)
        parts = np.concatenate([self.evenings[number].parts[each] for number, each in enumerate(which)])
        use = np.concatenate([self.evenings[number].use[each] for number, each in enumerate(which)])
        weights = np.zeros(parts.shape[1])
        weights[: turn.turn + 1] = 1.0
        short = np.flatnonzero(shared.at_least)
        fines = shared.penalty[short] * (turn.row_place[short] <= turn.turn)
        gains = parts @ weights
        objective = np.concatenate([gains, -fines])
        rows, columns, entries = _entries(use, short, len(gains))
        # A promise of an earlier tier: its parts less the penalties of its rows.
        kept = [rows + cohorts], [columns], [entries]
        for tier in range(turn.turn):
            row = cohorts + len(shared) + tier
            earning = np.flatnonzero(parts[:, tier])
            fined = np.flatnonzero(turn.row_place[short] == tier)
            kept[0].append(np.full(len(earning) + len(fined), row))
            kept[1].append(np.concatenate([earning, len(gains) + fined]))
            kept[2].append(np.concatenate([parts[earning, tier], -shared.penalty[short[fined]]]))
        all_rows = np.concatenate([who, *kept[0]])
        all_columns = np.concatenate([np.arange(len(who)), *kept[1]])
        all_entries = np.concatenate([np.ones(len(who)), *kept[2]])
        least = np.concatenate(
            [np.full(cohorts, -np.inf), np.where(shared.at_least, shared.limit, -np.inf), turn.promises[: turn.turn]]
        )
        most = np.concatenate(
            [np.ones(cohorts), np.where(shared.at_least, np.inf, shared.limit), np.full(turn.turn, np.inf)]
        )
        # What shares lack may exceed their limit of nothing: by what all others' impressions count against them.
        against = np.bincount(rows, weights=np.maximum(-entries, 0.0), minlength=len(shared))
        upper = np.concatenate([np.ones(len(who)), np.maximum(shared.limit[short], 0.0) + against[short]])
        found = solve(Linear(objective, upper, least, most, all_rows, all_columns, all_entries))
        values, duals = found.values, found.duals
        shares = np.zeros((count, cohorts))
        shares[of, who] = np.where(values[: len(who)] > SMALL, values[: len(who)], 0.0)
        for number, used in enumerate(self._used):
            held = shares[number] > 0.0
            used[held] = KEPT
            used[~held] = np.maximum(used[~held] - 1, 0)
        own = duals[cohorts : cohorts + len(shared)]
        prices = np.maximum(np.where(shared.at_least, -own, own), 0.0)
        return Optimum(found.value, prices, np.maximum(-duals[cohorts + len(shared) :], 0.0), shares)


def _entries(use: Floats, short: Integers, count: int) -> tuple[Integers, Integers, Floats]:
    """Entries of the shared rows: what evenings use, and the shortfalls behind them."""
    columns, rows = np.nonzero(use)
    return (
        np.concatenate([rows, short]),
        np.concatenate([columns, count + np.arange(len(short))]),
        np.concatenate([use[columns, rows], np.ones(len(short))]),
    )

