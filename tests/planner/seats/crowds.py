"""Small crowds: seats of random breaks, and breaks of one or two slots of which one can say what must come out."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from domain.units import Microseconds
from planner.price.port import Priced
from planner.problem import NOTHING, Family, Floats, Kind, PodRules, Position, Problem, Rows, Rule, Shared, Worth
from tests.planner.instances import problem as random_problem

SPOT = 30_000_000


@dataclass(frozen=True)
class Listed:
    """A crowd that is in memory."""

    rows: Rows

    def __len__(self) -> int:
        return len(self.rows)

    def block(self, start: int, stop: int) -> Rows:
        return self.rows.take(slice(start, stop))


class OneSlot:
    """Pricing of a break with room for one ad, whose value is what it is worth."""

    def __call__(self, rows: Rows, costs: Floats, weights: Floats | None = None) -> Priced:
        assert weights is None
        reduced = np.where(rows.allowed, rows.values - costs, -np.inf)
        best = reduced.argmax(axis=1)
        value = np.maximum(reduced.max(axis=1), 0.0)
        return Priced(value, value, np.where(value > 0.0, best, NOTHING).astype(np.int16)[:, None])


def single_seats(seed: int, seats: int, ads: int | None = None) -> tuple[Problem, Listed]:
    """A random break whose rows are single seats, its limits for so many."""
    problem = random_problem(seed, rows=seats, ads=ads)
    part = seats / max(1, int(problem.rows.seats.sum()))
    shared = replace(problem.shared, limit=np.floor(problem.shared.limit * part))
    rows = replace(problem.rows, seats=np.ones(seats, dtype=np.int64))
    return replace(problem, rows=rows, shared=shared), Listed(rows)


def no_limits(ads: int) -> Shared:
    """Nothing is shared."""
    return Shared((), (), np.zeros((0, ads)), np.zeros(0), np.zeros(0))


def spots(values: Floats, slots: int = 1, shared: Shared | None = None, apart: tuple[int, ...] = ()) -> Problem:
    """A break of ``slots`` spots and a seat for each row of ``values`` [S, J]; of ``apart`` one may be in a pod."""
    seats, ads = values.shape
    length = slots * SPOT
    rules = PodRules(
        np.full(ads, SPOT, dtype=np.int64),
        np.full(ads, int(Position.ANY), dtype=np.uint8),
        (Family(apart, 1, Rule.SEPARATION, "apart"),) if apart else (),
        Microseconds(length),
        Microseconds(0),
        slots,
    )
    rows = Rows(
        values.astype(np.float32),
        np.ones((seats, ads), dtype=np.bool_),
        np.ones(seats, dtype=np.int64),
        np.full(seats, length, dtype=np.int64),
        np.zeros(seats, dtype=np.int64),
    )
    worth = Worth(np.array([0], dtype=np.int64), np.ones(1))
    return Problem(rules, worth, rows, shared or no_limits(ads), np.ones(ads, dtype=np.int64))


def limits(ads: int, *rows: tuple[Kind, dict[int, float], float]) -> Shared:
    """Rows of a kind, each with its use by ad (others use nothing) and its limit; lower bounds cost 100 a unit."""
    use = np.zeros((len(rows), ads))
    for number, (_, of_ads, _) in enumerate(rows):
        for ad, units in of_ads.items():
            use[number, ad] = units
    kinds = tuple(kind for kind, _, _ in rows)
    penalty = np.array([100.0 if kind.at_least else 0.0 for kind in kinds])
    return Shared(kinds, tuple(map(str, kinds)), use, np.array([limit for _, _, limit in rows], dtype=float), penalty)
