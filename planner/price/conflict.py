"""The best pod of one row by CP-SAT: for wide conflict graphs, and as oracle for the other ways.

A pod is a path over instants: an arc is an ad that starts at one and ends at another, and says whether it is the pod's
only ad, its first, in the middle, or its last. So order, survival and positions are in the arcs' gains, and what is
left to the solver are the rows: one way out of each instant that is reached, each ad once, families, demands.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import Final

from domain.errors import InputError
from planner.price.ground import FIRST, LAST, MIDDLE, Demand, Ground, bits
from planner.price.port import Priced
from planner.price.viewer import Found, Viewer, reduced_value, row_by_row
from planner.problem import Floats, PodRules, Rows, Worth
from planner.solvers.cp import LARGEST, Choices, Row, choose

ARCS: Final = 200_000
"""A model above this takes minutes to load: such breaks are for the search over ordered pods."""
UNITS: Final = 10_000
"""Gains are counted in parts of a micro, where they fit: rounding then is far below what anyone is paid."""
EDGES: Final = FIRST | LAST


@dataclass(frozen=True, slots=True)
class _Arc:
    """One ad from ``start`` to ``end`` at ``place``; the last of a pod also brings what the pod's length is worth."""

    ad: int
    start: int
    end: int
    place: int
    gain: float

    @property
    def closes(self) -> bool:
        return bool(self.place & LAST)


class Conflict:
    """Prices row by row; see ``planner.price.port.Pricing``.

    ``effort`` is deterministic time for each row; a row that takes more keeps the best pod found and a bound above it.
    """

    def __init__(self, rules: PodRules, worth: Worth, *, effort: float = 60.0, presolve: bool = False) -> None:
        self.ground = Ground(rules, worth)
        self._effort = effort
        self._presolve = presolve

    def __call__(self, rows: Rows, costs: Floats, weights: Floats | None = None) -> Priced:
        """The best pod of each row; raises ``InputError`` for a break with more than ``ARCS`` arcs."""
        return row_by_row(self.ground, self.search, rows, costs, weights)

    def search(self, row: Viewer) -> Found:
        """The best pod of one row; ``nodes`` are the arcs of its model."""
        arcs = _arcs(self.ground, row)
        if not arcs:
            return Found((), 0.0, 0.0, 0)
        units = min(UNITS, LARGEST / (2.0 * sum(abs(arc.gain) for arc in arcs) + len(arcs)))
        choices = Choices([round(arc.gain * units) for arc in arcs])
        _flow(choices, arcs)
        _rules(choices, arcs, self.ground)
        _demands(choices, arcs, row.demands)
        answer = choose(choices, effort=self._effort, presolve=self._presolve)
        pod = tuple(arc.ad for arc in sorted((arcs[each] for each in answer.chosen), key=lambda arc: arc.start))
        reduced = reduced_value(self.ground, row, pod) if pod else 0.0
        if reduced < 0.0:
            pod, reduced = (), 0.0
        slots = min(
            self.ground.rules.maximum_ads, max(arc.end for arc in arcs) // min(arc.end - arc.start for arc in arcs)
        )
        rounding = 0.5 * slots / units
        return Found(pod, reduced, max(answer.bound / units + rounding, reduced), len(arcs))


def _arcs(ground: Ground, row: Viewer) -> list[_Arc]:
    """Every ad wherever it may stand. Raises ``InputError`` if that is too many."""
    length = min(int(ground.rules.duration), row.ad_time)
    ads = [ad for ad in bits(row.allowed & ~ground.banned) if ground.durations[ad] <= length]
    found = []
    pending, known = [0], {0}
    while pending:
        start = pending.pop()
        for ad in ads:
            end = start + ground.durations[ad]
            if end > length:
                continue
            for place, multiplier in _places(ground, ground.positions[ad], start):
                if place & LAST:
                    if end < ground.rules.minimum_fill:
                        continue
                elif end not in known:
                    known.add(end)
                    pending.append(end)
                gain = row.values[ad] * multiplier * ground.survival(end) - row.costs[ad]
                if place & LAST:
                    gain += ground.time_value(end)
                found.append(_Arc(ad, start, end, place, gain))
        if len(found) > ARCS:
            raise InputError("break", f"at most {ARCS} ways to place an ad for CP-SAT", f"more than {ARCS}")
    return found


def _places(ground: Ground, positions: int, start: int) -> list[tuple[int, float]]:
    """Where an ad that starts at ``start`` may stand, and what multiplies its value there."""
    found: list[tuple[int, float]] = []
    if start == 0:
        if positions & EDGES:
            found.append((EDGES, max(ground.first, ground.last)))
        if positions & FIRST:
            found.append((FIRST, ground.first))
        return found
    if positions & MIDDLE:
        found.append((MIDDLE, 1.0))
    if positions & LAST:
        found.append((LAST, ground.last))
    return found


def _flow(choices: Choices, arcs: list[_Arc]) -> None:
    """One ad at most starts the pod, and where one that does not close it ends, the next one starts."""
    leaving: dict[int, list[int]] = defaultdict(list)
    entering: dict[int, list[int]] = defaultdict(list)
    for number, arc in enumerate(arcs):
        leaving[arc.start].append(number)
        if not arc.closes:
            entering[arc.end].append(number)
    choices.one_of.append(leaving.pop(0))
    for instant in sorted(entering.keys() | leaving.keys()):
        into, out = entering[instant], leaving[instant]
        choices.rows.append(Row([*into, *out], [1] * len(into) + [-1] * len(out), 0, 0))


def _rules(choices: Choices, arcs: list[_Arc], ground: Ground) -> None:
    """Each ad once, at most so many of a family, at most so many ads."""
    rules = ground.rules
    by_ad: dict[int, list[int]] = defaultdict(list)
    for number, arc in enumerate(arcs):
        by_ad[arc.ad].append(number)
    alone = set(by_ad)
    for family in rules.families:
        members = [number for ad in sorted(set(family.members)) for number in by_ad[ad]]
        if family.limit == 1 and members:
            choices.one_of.append(members)
            alone.difference_update(family.members)
        elif 1 < family.limit < len(set(family.members)):
            choices.rows.append(Row(members, [1] * len(members), None, family.limit))
    choices.one_of.extend(by_ad[ad] for ad in sorted(alone))
    choices.rows.append(Row(range(len(arcs)), [1] * len(arcs), None, rules.maximum_ads))


def _demands(choices: Choices, arcs: list[_Arc], demands: tuple[Demand, ...]) -> None:
    """If an ad starts the pod, each demand is met."""
    starting = [number for number, arc in enumerate(arcs) if arc.start == 0]
    for demand in demands:
        meeting = [
            number for number, arc in enumerate(arcs) if demand.mask >> arc.ad & 1 and arc.place & demand.position
        ]
        choices.rows.append(Row([*meeting, *starting], [1] * len(meeting) + [-1] * len(starting), 0, None))
