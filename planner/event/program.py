"""The event's linear program solved: how many viewers of each cohort see each known pod, within what all share.

A small program is solved to its end. One of a hundred thousand rows is solved roughly, which is enough for its prices;
its answer is then brought within all limits, so that it can always be carried out.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from planner.event.formulation import Formulated, Formulation
from planner.event.kept import lacking, used, within
from planner.event.night import NightPrices
from planner.event.pods import Columns, Pods
from planner.event.scaling import solve
from planner.master.turn import Prices, Turn
from planner.problem import Floats
from planner.solvers.pdlp import Point, approach

EXACT: Final = 6_000
"""Columns up to which the simplex algorithm is soon at the end."""
ITERATIONS: Final = 600
HASTY: Final = 128
TOLERANCE: Final = 2e-4
"""Relative, of residuals and gap of the rough solution."""
THIN: Final = 3e-3
"""Share of a cohort's viewers in an act below which nobody sees a pod of a rough solution."""
ABOVE: Final = 1e-3
"""Of a promise: what a rough solution, which lacks a little of everything, aims at beyond it."""
TOTAL: Final = 1e3
"""What all gains of a rough program together come to: its tolerances are meant for numbers of that order."""


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


class Program:
    """Solves the program of the ``pods`` known."""

    def __init__(self, pods: Pods) -> None:
        self._pods = pods
        self._formulation = Formulation(pods)
        night = pods.night
        self._cohorts = len(night.cohorts)
        self._seats = np.array([act.seats for act in pods.acts])
        self._penalty = np.array([row.penalty for row in night.reach])

    def solve(
        self,
        turn: Turn,
        prices: Prices,
        reach: Floats,
        *,
        seconds: float,
        roughly: bool = False,
        steady: bool = False,
    ) -> Optimum:
        """The best plan of the pods known that have a chance at ``prices`` and ``reach`` float64[G, K].

        ``roughly``: a large program is left early; after ``seconds`` it is anyway. ``steady``: what all share costs
        ``prices`` and is not limited, so that cohorts are planned each by itself; the plan then need not be one, but
        prices of reach are.
        """
        columns = self._pods.columns(turn.parts(prices), NightPrices(prices.shared, reach))
        whole = self._formulation.of(columns, turn)
        asked = whole.freed(prices, turn.at_least) if steady else whole
        if whole.count <= EXACT:
            solved = solve(asked.linear)
            shares, duals = np.maximum(solved.values[: whole.count], 0.0), solved.duals
        else:
            asked = asked.beyond(ABOVE)
            start = self._start(asked, columns, turn, prices, reach)
            shares, duals = _approached(asked, start, HASTY if roughly else ITERATIONS, seconds)
            shares = self._thinned(columns, shares)
        self._pods.performed(columns, shares)
        seats, value, own = self._kept(whole, columns, shares, turn)
        found, its = self._prices(duals, whole, turn)
        return Optimum(columns, seats, value, own, prices if steady else found, its)

    def _thinned(self, columns: Columns, shares: Floats) -> Floats:
        """Without small shares, which a rough solution has many of: the cohort's other pods in the act get them."""
        place = columns.acts * self._cohorts + columns.cohorts
        kept = np.where(shares >= THIN, shares, 0.0)
        before = np.bincount(place, weights=shares)
        after = np.bincount(place, weights=kept)
        found: Floats = kept * (before / np.where(after > 0.0, after, 1.0))[place]
        return found

    def _start(self, asked: Formulated, columns: Columns, turn: Turn, prices: Prices, reach: Floats) -> Point:
        """Where the last program ended, at the prices it is now thought of."""
        linear, count = asked.linear, asked.count
        shared = np.where(turn.at_least, -prices.shared, prices.shared)
        own = np.concatenate([reach.ravel()[asked.reach], shared, -prices.promised])
        first = self._seats.size
        duals = np.concatenate([np.zeros(first), own * asked.scale[first:]])
        mine = linear.columns < count
        paid = np.bincount(linear.columns[mine], weights=(linear.entries * duals[linear.rows])[mine], minlength=count)
        np.maximum.at(duals, columns.acts * self._cohorts + columns.cohorts, linear.objective[:count] - paid)
        values = np.concatenate([self._pods.shares(columns), np.zeros(len(asked.elastic))])
        values[count:] = lacking(linear, asked.elastic, used(linear, values))
        return Point(values, duals)

    def _kept(self, whole: Formulated, columns: Columns, shares: Floats, turn: Turn) -> tuple[Floats, float, float]:
        """Seats within all limits, what the turn's objective is there, and what is its own tier's."""
        values = within(whole.linear, whole.elastic, shares)
        seats = values[: whole.count] * self._seats[columns.acts, columns.cohorts]
        fined = values[whole.count :] * whole.scale[whole.elastic] * whole.fines
        now = whole.elastic < whole.shared.stop
        value = float(turn.counted(columns.parts) @ seats) - float(fined[now].sum())
        own = now & (whole.elastic >= whole.shared.start)
        own[own] = turn.row_place[whole.elastic[own] - whole.shared.start] == turn.turn
        return seats, value, float(columns.parts[:, turn.turn] @ seats) - float(fined[own].sum())

    def _prices(self, duals: Floats, whole: Formulated, turn: Turn) -> tuple[Prices, Floats]:
        own = duals / whole.scale
        promised = np.maximum(-own[whole.shared.stop :], 0.0)
        limits = own[whole.shared]
        shared = np.maximum(np.where(turn.at_least, -limits, limits), 0.0)
        reach = np.zeros((len(self._penalty), self._cohorts))
        reach.ravel()[whole.reach] = np.maximum(own[self._seats.size : whole.shared.start], 0.0)
        return turn.legal(Prices(shared, promised)), np.minimum(reach, self._penalty[:, None])


def _approached(asked: Formulated, start: Point, iterations: int, seconds: float) -> tuple[Floats, Floats]:
    """Shares of the columns and what rows are worth, roughly."""
    places = asked.shared.start - len(asked.reach)
    total = max(float(np.abs(asked.linear.objective[: asked.count]).mean()) * places, 1e-300) / TOTAL
    begin = Point(start.values, start.duals / total)
    found = approach(asked.gaining(total), begin, TOLERANCE, iterations, seconds).point
    return np.maximum(found.values[: asked.count], 0.0), found.duals * total
