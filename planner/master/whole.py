"""Shares become whole seats; hard limits are kept exactly, what is left over is sold.

Shares are rounded down, seats are taken out again where a hard limit is broken all the same (a tolerance of the linear
program, or a share that grew because others' ads went), then the seats left over take the pods that earn the most and
still fit: first those whose share was rounded down the furthest. Last, seats change to better pods wherever that fits.

Use is counted in whole ads, so limits in micros and impressions are kept to the unit. A maximum share is a fraction of
what is placed; it is kept to ``TOLERANCE`` of an impression, which is only the noise of its sum.
"""

from __future__ import annotations

from math import ceil
from typing import Final

import numpy as np

from planner.master.pool import Pool
from planner.master.turn import Prices, Turn
from planner.problem import NOTHING, Floats, Integers, Kind

TOLERANCE: Final = 1e-7
"""Of an impression."""
NEARLY: Final = 1e-6
"""Of a seat: below what the linear program can tell."""
SMALL: Final = 1e-3
"""Micros of one viewer that no change is worth, so that ties never go round in a ring."""
MAX_SEATS: Final = 1 << 53
CHOICES: Final = 8
"""Pods of each row that seats may change to: the best at the last prices, and those that the shares have."""
MOVES: Final = 30
"""Changes of one row's seats in one pass: enough for every choice to be taken up and left again, and a bound."""


class Whole:
    """Seats of columns. ``columns`` int64[N] numbers in the pool, sorted by row; ``seats`` int64[N] of each."""

    def __init__(self, turn: Turn, pool: Pool, prices: Prices, columns: Integers) -> None:
        problem = turn.problem
        weights = turn.parts(prices)
        reduced = pool.reduced(weights, problem.shared.costs(prices.shared))
        chosen = np.union1d(columns, pool.best(reduced, CHOICES))
        self.columns: Integers = chosen[np.argsort(pool.rows[chosen], kind="stable")]
        self.seats: Integers = np.zeros(len(self.columns), dtype=np.int64)
        self._problem = problem
        self._pool = pool
        self._rows = pool.rows[self.columns]
        self._worth = pool.parts[self.columns] @ weights
        self._by_ad = np.ascontiguousarray(problem.shared.use.T)
        self._limit = problem.shared.limit
        self._penalty = turn.penalties(prices)
        self._hard = np.flatnonzero(~turn.at_least)
        self._soft = np.flatnonzero(turn.at_least & (self._penalty > 0))
        noisy = np.array([kind is Kind.SHARE_MAXIMUM for kind in problem.shared.kinds], dtype=np.bool_)
        self._most = self._limit + np.where(noisy, TOLERANCE, 0.0)
        self._first = np.searchsorted(self._rows, np.arange(len(problem.rows) + 1)).tolist()
        self._count()

    def share(self, columns: Integers, shares: Floats) -> None:
        """Seats by ``shares`` float64[n] of ``columns``: rounded down, repaired, the greatest fractions rounded up."""
        given = np.zeros(len(self._pool))
        given[columns] = shares
        asked = np.maximum(given[self.columns], 0.0) * self._problem.rows.seats[self._rows]
        # What lacks a whole seat by the solver's tolerance only is one.
        self.seats = np.floor(asked + NEARLY).astype(np.int64)
        self.repair()
        fraction = asked - self.seats
        for number in np.argsort(-fraction, kind="stable")[: int((fraction > NEARLY).sum())].tolist():
            if self._free[self._rows[number]]:
                use = self._uses(number, number + 1)
                if self._room(use)[0] and self._gains(self._worth[number : number + 1], use)[0] > 0:
                    self._move(None, number, 1, use[0])

    def repair(self) -> None:
        """Take seats out until every hard limit holds, those first that earn least for what they use."""
        self._count()
        while True:
            over = self._use[self._hard] - self._most[self._hard]
            if not len(over) or over.max() <= 0:
                return
            limit = int(self._hard[np.argmax(over / np.maximum(self._most[self._hard], 1.0))])
            self._relieve(limit, float(self._use[limit] - self._most[limit]))
            self._count()

    def fill(self) -> None:
        """Seats that see nothing take what earns the most and fits."""
        for row in np.flatnonzero(self._free).tolist():
            self._improve(row, change=False)

    def improve(self) -> None:
        """Seats of every row change to better pods that fit."""
        for row in range(len(self._free)):
            self._improve(row, change=True)

    def _count(self) -> None:
        """Use and free seats from the seats alone, without the noise of many small steps."""
        pods = self._pool.pods[self.columns]
        present = pods != NOTHING
        seats = np.broadcast_to(self.seats[:, np.newaxis], pods.shape)
        counts = np.bincount(pods[present], weights=seats[present], minlength=len(self._by_ad))
        self._use = np.asarray(counts @ self._by_ad, dtype=np.float64)
        taken = np.bincount(self._rows, weights=self.seats, minlength=len(self._problem.rows))
        self._free = self._problem.rows.seats - taken.astype(np.int64)
        over = np.flatnonzero(self._free < 0).tolist()
        for row in over:
            # Shares of a row may add up to a hair above one, and that to a seat too many.
            start, stop = self._first[row], self._first[row + 1]
            self.seats[start + int(np.argmax(self.seats[start:stop]))] += self._free[row]
        if over:
            self._count()

    def _relieve(self, limit: int, excess: float) -> None:
        use = self._pool.sums(self._by_ad[:, limit], self.columns)
        held = np.flatnonzero((self.seats > 0) & (use > 0))
        for number in held[np.argsort(self._worth[held] / use[held], kind="stable")].tolist():
            out = min(int(self.seats[number]), ceil(excess / use[number]))
            self.seats[number] -= out
            excess -= out * float(use[number])
            if excess <= 0:
                return

    def _improve(self, row: int, *, change: bool) -> None:
        start, stop = self._first[row], self._first[row + 1]
        if start == stop:
            return
        use, worth = self._uses(start, stop), self._worth[start:stop]
        for _ in range(MOVES):
            best: tuple[float, int | None, int, int] | None = None
            sources: list[int | None] = [None] if self._free[row] else []
            if change:
                sources += (np.flatnonzero(self.seats[start:stop]) + start).tolist()
            for source in sources:
                more = use if source is None else use - use[source - start]
                gains = self._gains(worth if source is None else worth - worth[source - start], more)
                wanted = np.flatnonzero(gains > SMALL)
                if len(wanted):
                    room = self._room(more[wanted])
                    wanted, room = wanted[room > 0], room[room > 0]
                if len(wanted):
                    target = int(np.argmax(gains[wanted]))
                    gain = float(gains[wanted[target]])
                    if best is None or gain > best[0]:
                        held = int(self._free[row] if source is None else self.seats[source])
                        best = (gain, source, start + int(wanted[target]), min(held, int(room[target])))
            if best is None:
                return
            _, source, number, seats = best
            self._move(source, number, seats, use[number - start] - (0 if source is None else use[source - start]))

    def _uses(self, start: int, stop: int) -> Floats:
        """float64[n, I] of one seat each."""
        return self._pool.sums(self._by_ad, self.columns[start:stop])

    def _room(self, use: Floats) -> Floats:
        """float64[n]: whole seats that fit, and for which the gain of the first is the gain of each."""
        found = np.full(len(use), float(MAX_SEATS))
        if len(self._hard):
            more, left = use[:, self._hard], self._most[self._hard] - self._use[self._hard]
            fits = np.full(more.shape, float(MAX_SEATS))
            np.divide(left, more, out=fits, where=more > 0)
            found = np.minimum(found, np.floor(fits).min(axis=1))
        if len(self._soft):
            more, short = use[:, self._soft], self._limit[self._soft] - self._use[self._soft]
            turns = np.full(more.shape, float(MAX_SEATS))
            np.divide(short, more, out=turns, where=short * more > 0)
            found = np.minimum(found, np.maximum(np.floor(turns), 1.0).min(axis=1))
        return np.asarray(np.maximum(found, 0.0))

    def _gains(self, worth: Floats, use: Floats) -> Floats:
        """float64[n]: micros by which one seat more makes the plan better, penalties included."""
        if not len(self._soft):
            return worth
        short = self._limit[self._soft] - self._use[self._soft]
        relief = np.maximum(short, 0.0) - np.maximum(short - use[:, self._soft], 0.0)
        found: Floats = worth + relief @ self._penalty[self._soft]
        return found

    def _move(self, source: int | None, number: int, seats: int, use: Floats) -> None:
        row = int(self._rows[number])
        if source is None:
            self._free[row] -= seats
        else:
            self.seats[source] -= seats
        self.seats[number] += seats
        self._use = self._use + seats * use
