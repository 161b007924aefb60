"""The linear program over some of the columns: shares of each row's seats, and the prices that go with them.

Variables are shares of a row's seats and parts of a limit that are short, rows are divided by their limits and the
objective by what all seats together could be worth, so that whatever GLOP sees is of the order of one.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from planner.master.pool import Pool
from planner.master.turn import Prices, Turn
from planner.problem import Floats, Integers
from planner.solvers.lp import Basis, Linear, Optimum, maximise

NOTHING_USED: Final = 1e-12
"""Of a shared row's scale, by all seats of a row: less is no entry of the program."""


@dataclass(frozen=True, slots=True)
class Shares:
    """The optimum over the columns taken in so far.

    ``value`` micros of the turn's objective; ``columns`` int64[N] numbers in the pool and ``shares`` float64[N] of
    their row's seats; ``row_worth`` float64[R] micros, what one more viewer of the row would bring.
    """

    value: float
    columns: Integers
    shares: Floats
    prices: Prices
    row_worth: Floats


class Restricted:
    """The program of one turn. Columns are only ever added, so each solve begins where the last one ended."""

    def __init__(self, turn: Turn, pool: Pool) -> None:
        problem = turn.problem
        self._turn = turn
        self._pool = pool
        self._seats = problem.rows.seats.astype(np.float64)
        use, limit = problem.shared.use, problem.shared.limit
        reach = float(self._seats.sum()) * np.abs(use).max(axis=1, initial=0.0)
        self._row_scale = np.where(limit > 0, limit, np.maximum(reach, 1.0))
        self._scale = 1.0
        self._short = np.flatnonzero(turn.at_least)
        self._taken: Integers = np.zeros(0, dtype=np.int64)
        self._member = np.zeros(0, dtype=np.bool_)
        self._basis: Basis | None = None
        self._rows: list[Integers] = []
        self._columns: list[Integers] = []
        self._entries: list[Floats] = []
        self._objective: list[Floats] = []
        self._earned = self._pool.parts[:, : turn.turn] if turn.turn else None

    def __len__(self) -> int:
        return len(self._taken)

    def take(self, columns: Integers) -> int:
        """Add columns of the pool; how many were not in yet."""
        member = np.zeros(len(self._pool), dtype=np.bool_)
        member[: len(self._member)] = self._member
        self._member = member
        fresh = np.unique(columns[~member[columns]])
        member[fresh] = True
        if not len(self._objective):
            self._begin(fresh)
        if len(fresh):
            self._append(fresh)
        return len(fresh)

    def solve(self) -> Shares:
        """The optimum, from the last basis."""
        found = maximise(self._linear(), None if self._basis is None else self._basis.grown(self._width))
        self._basis = found.basis
        return Shares(
            value=found.objective * self._scale,
            columns=self._taken,
            shares=found.values[len(self._short) :],
            prices=self._prices(found),
            row_worth=found.duals[: len(self._seats)] * self._scale / self._seats,
        )

    def soft(self, most: float) -> Prices:
        """Prices of the same program with promises that may be broken at ``most`` for a micro: none is dearer."""
        linear, rows, count = self._linear(), len(self._seats) + len(self._row_scale), self._turn.turn
        numbers = np.arange(count, dtype=np.int64)
        broken = Linear(
            objective=np.concatenate([linear.objective, -most * self._promise_scale / self._scale]),
            upper=np.concatenate([linear.upper, np.full(count, np.inf)]),
            least=linear.least,
            most=linear.most,
            rows=np.concatenate([linear.rows, rows + numbers]),
            columns=np.concatenate([linear.columns, self._width + numbers]),
            entries=np.concatenate([linear.entries, np.ones(count)]),
        )
        return self._prices(maximise(broken))

    @property
    def _width(self) -> int:
        return len(self._short) + len(self._taken)

    def _linear(self) -> Linear:
        turn, rows = self._turn, len(self._seats)
        shared = turn.problem.shared.limit / self._row_scale
        return Linear(
            objective=np.concatenate(self._objective),
            upper=np.full(self._width, np.inf),
            least=np.concatenate(
                [np.full(rows, -np.inf), np.where(turn.at_least, shared, -np.inf), turn.promises / self._promise_scale]
            ),
            most=np.concatenate([np.ones(rows), np.where(turn.at_least, np.inf, shared), np.full(turn.turn, np.inf)]),
            rows=np.concatenate(self._rows),
            columns=np.concatenate(self._columns),
            entries=np.concatenate(self._entries),
        )

    def _prices(self, found: Optimum) -> Prices:
        turn, rows, limits = self._turn, len(self._seats), len(self._row_scale)
        signed = np.where(turn.at_least, -1.0, 1.0) * found.duals[rows : rows + limits]
        return turn.legal(
            Prices(
                signed * self._scale / self._row_scale,
                -found.duals[rows + limits :] * self._scale / self._promise_scale,
            )
        )

    def _begin(self, fresh: Integers) -> None:
        """Scales, and the columns of what is short."""
        turn, problem = self._turn, self._turn.problem
        counted = self._pool.parts[fresh][:, : turn.turn + 1].sum(axis=1)
        best = np.zeros(len(self._seats))
        np.maximum.at(best, self._pool.rows[fresh], counted)
        self._scale = max(1.0, float(best @ self._seats))
        self._promise_scale = np.maximum(np.abs(turn.promises), 1e-3 * self._scale)
        start = turn.start()
        penalty = problem.shared.penalty[self._short] * self._row_scale[self._short]
        self._objective.append(-turn.penalties(start)[self._short] * self._row_scale[self._short] / self._scale)
        numbers = np.arange(len(self._short), dtype=np.int64)
        rows = len(self._seats)
        self._extend(rows + self._short, numbers, np.ones(len(numbers)))
        for promise in range(turn.turn):
            own = np.flatnonzero((turn.row_place[self._short] == promise) & (penalty > 0))
            row = np.full(len(own), rows + len(problem.shared) + promise, dtype=np.int64)
            self._extend(row, own, -penalty[own] / self._promise_scale[promise])

    def _append(self, fresh: Integers) -> None:
        turn, problem, pool = self._turn, self._turn.problem, self._pool
        first = len(self._short) + len(self._taken)
        self._taken = np.concatenate([self._taken, fresh])
        seats = self._seats[pool.rows[fresh]]
        numbers = np.arange(first, first + len(fresh), dtype=np.int64)
        self._extend(pool.rows[fresh], numbers, np.ones(len(fresh)))
        use = pool.sums((problem.shared.use / self._row_scale[:, np.newaxis]).T, fresh) * seats[:, np.newaxis]
        # A pod that meets a share exactly leaves a rest of rounding, which the simplex method must not divide by.
        column, row = np.nonzero(np.abs(use) > NOTHING_USED)
        self._extend(len(self._seats) + row, numbers[column], use[column, row])
        for promise in range(turn.turn):
            part = pool.parts[fresh, promise] * seats / self._promise_scale[promise]
            kept = np.flatnonzero(part)
            row = np.full(len(kept), len(self._seats) + len(problem.shared) + promise, dtype=np.int64)
            self._extend(row, numbers[kept], part[kept])
        counted = pool.parts[fresh][:, : turn.turn + 1].sum(axis=1)
        self._objective.append(counted * seats / self._scale)

    def _extend(self, rows: Integers, columns: Integers, entries: Floats) -> None:
        self._rows.append(rows.astype(np.int64))
        self._columns.append(columns.astype(np.int64))
        self._entries.append(entries)
