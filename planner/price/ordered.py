"""The dynamic program over ads in the order in which they stand, vectorised over rows.

Where survival falls linearly or exponentially, the best order of a set of ads is by one key of each ad, whatever else
is in the set: value per second (W. E. Smith, 1956), or v q(d) / (1 - q(d)) where the chance q decays exponentially
(M. H. Rothkopf, 1966). So each row's ads are sorted, taken or left one after another, and the state says when an ad
ends: order is exact. What is relaxed instead is left to branching: which ads may not stand together. The multipliers of
the first and of the last position are relaxed to a gain that one ad each may take, wherever it stands.

``planner.price.relaxed`` knows groups and relaxes order. This program is the closer one where costs take nearly all
that ads are worth, so that what order changes is much of what is left.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import DTypeLike, NDArray

from planner.price.branch import Block, branched
from planner.price.groups import Parting, part
from planner.price.port import Priced, Pricing
from planner.price.pricing import BLOCK, charge
from planner.price.relaxed import ROUNDING
from planner.price.states import States, states
from planner.price.time_prices import Numbers
from planner.problem import NOTHING, Ads, Flags, Floats, Integers, PodRules, Position, Rows, Worth, blocks
from planner.worth import survival, time_value

LAW: Final = 1e-6
"""How far, relatively, survival may be off its law; bounds are raised by as much."""
_FIRST: Final = 1
_LAST: Final = 2
_LEFT, _PLAIN = 0, 4
"""An ad left out, and one that stands without the gain of an edge; else the edge whose gain it takes."""


@dataclass(frozen=True, slots=True)
class InOrder:
    """The program for the ads of one break; ``decay`` says which key orders them, ``slots`` is P."""

    parting: Parting
    worth: Worth
    states: States
    dtype: Any
    slots: int
    decay: bool

    @property
    def settled(self) -> bool:
        """Nothing is taken from likely ads."""
        return True

    @classmethod
    def of(cls, rules: PodRules, worth: Worth, dtype: DTypeLike) -> InOrder | None:
        """Prepare a break; None where survival keeps neither law."""
        decay = law(worth, rules.duration)
        if decay is None:
            return None
        parting = part(rules, (), grouped=False)
        made = states(parting.rules)
        usable = rules.durations[rules.durations <= rules.duration]
        most = int(rules.duration // usable.min()) if len(usable) else 0
        slots = max(1, min(most, rules.maximum_ads) + (1 if made.slack else 0))
        return cls(parting, worth, made, np.dtype(dtype), slots, decay)

    def solve(
        self, values: Numbers, allowed: Flags, costs: Numbers, ad_time: Integers, likely: Ads | None = None
    ) -> tuple[Floats, Ads]:
        """Relaxed best of B rows; see ``planner.price.branch.Relaxation``."""
        del likely
        count, dtype = values.shape[1], self.dtype
        order, steps = self._sorted(values, allowed, costs)
        lengths = self.states.of[order[:steps]]
        values = np.take_along_axis(values, order[:steps], axis=0).astype(dtype)
        paid = np.take_along_axis(costs, order[:steps], axis=0).astype(dtype)
        there = np.take_along_axis(allowed, order[:steps], axis=0)
        places = self.parting.rules.positions[order[:steps]]
        edges = [(_FIRST, Position.FIRST, self.worth.first), (_LAST, Position.LAST, self.worth.last)]
        edges = [each for each in edges if each[2] > 1.0]
        flags = 1 + sum(bit for bit, _, _ in edges) if edges else 1
        table = np.full((flags, len(self.states) + 1, count), -np.inf, dtype=dtype)
        table[0, 0] = 0.0
        back = np.array([np.where(each < 0, len(self.states), each) for each in self.states.back], dtype=np.int64)
        seen = survival(self.worth, self.states.totals).astype(dtype)[:, None]
        taken = np.zeros((steps, flags, len(self.states), count), dtype=np.uint8)
        scale = np.zeros(count)
        for step in range(steps):
            origins = back[lengths[step]].T
            before = np.take_along_axis(table, np.broadcast_to(origins, (flags, *origins.shape)), axis=1)
            gain = values[step] * seen - paid[step]
            gain[:, ~there[step]] = -np.inf
            scale = np.maximum(scale, np.abs(values[step]) + np.abs(paid[step]))
            own = table[:, :-1].copy()
            # An ad that may stand at an edge alone is let stand anywhere: families hold it to the edges there are.
            self._offer(own, taken[step], before + gain, slice(0, flags), _PLAIN)
            for bit, edge, factor in edges:
                extra = values[step] * dtype.type(factor - 1.0)
                extra = extra * (seen[self._ends(lengths[step]), 0] if bit == _FIRST else seen)
                extra = np.where(places[step] & edge, extra, -np.inf).astype(dtype)
                for without in (flag for flag in range(flags) if not flag & bit and flag | bit < flags):
                    reached = before[without] + gain + extra
                    self._offer(own, taken[step], reached[None], slice(without | bit, (without | bit) + 1), bit)
            table[:, :-1] = own
        ends = table[:, :-1].max(axis=0) + self._by_time().astype(dtype)[:, None]
        ends[self._closed(ad_time)] = -np.inf
        ends[0] = np.maximum(ends[0], 0.0)
        state = ends.argmax(axis=0)
        bound = np.take_along_axis(ends, state[None], axis=0)[0].astype(np.float64)
        bound += np.where(bound > 0.0, (ROUNDING[dtype] + LAW) * self.slots * scale, 0.0)
        flag = np.take_along_axis(table[:, :-1], state[None, None], axis=1)[:, 0].argmax(axis=0)
        return bound, self._recover(taken, order, lengths, back, (flag, state))

    def _sorted(self, values: Numbers, allowed: Flags, costs: Numbers) -> tuple[Integers, int]:
        """Ads int64[E, B] by falling key, those that can bring nothing last; and how many the others are at most."""
        rules, worth = self.parting.rules, self.worth
        seconds = np.maximum(rules.durations, 1)[:, None] / 1e6
        seen = survival(worth, rules.durations)[:, None]
        most = max(1.0, worth.first, worth.last)
        brings = allowed & (values * (most * seen) + max(0.0, worth.per_second) * seconds > costs)
        if rules.minimum_fill:
            # A pod may hold an ad for its length alone.
            brings = allowed
        key = values * seen / np.maximum(1.0 - seen, 1e-12) if self.decay else values / seconds
        key = np.where(brings, key, -np.inf)
        return np.argsort(-key, axis=0, kind="stable"), int(brings.sum(axis=0).max(initial=0))

    def _ends(self, lengths: Integers) -> Integers:
        """Where ads of these lengths end if they stand first: the state each leads to from the empty pod."""
        first = np.array([ends[origins == 0][0] if (origins == 0).any() else 0 for origins, ends in self.states.moves])
        return np.asarray(first[lengths])

    @staticmethod
    def _offer(own: Numbers, taken: NDArray[np.uint8], reached: Numbers, flags: slice, how: int) -> None:
        better = reached > own[flags]
        own[flags][better] = reached[better]
        taken[flags][better] = how

    def _by_time(self) -> Floats:
        totals, slack = self.states.totals, self.states.slack
        kink = np.clip(self.worth.load_free, totals, totals + slack)
        found: Floats = np.max([time_value(self.worth, end) for end in (totals, totals + slack, kink)], axis=0)
        return found

    def _closed(self, ad_time: Integers) -> Flags:
        """bool[T, B]: totals at which a row's pod may not end."""
        totals = self.states.totals[:, None]
        return (totals > ad_time) | (totals + self.states.slack < self.parting.rules.minimum_fill)

    def _recover(
        self,
        taken: NDArray[np.uint8],
        order: Integers,
        lengths: Integers,
        back: Integers,
        ends: tuple[Integers, Integers],
    ) -> Ads:
        """Walk back from each row's last state; the empty state 0 has nothing before it."""
        flag, state = ends[0].copy(), ends[1].copy()
        count = order.shape[1]
        chosen = np.full((count, self.slots), NOTHING, dtype=np.int16)
        filled = np.zeros(count, dtype=np.int64)
        for step in range(len(taken) - 1, -1, -1):
            rows = np.flatnonzero((state > 0) & (taken[step, flag, state, np.arange(count)] != _LEFT))
            how = taken[step, flag[rows], state[rows], rows]
            chosen[rows, filled[rows]] = order[step, rows]
            filled[rows] += 1
            state[rows] = back[lengths[step, rows], state[rows]]
            flag[rows] -= np.where(how == _PLAIN, 0, how)
        return chosen


def law(worth: Worth, duration: int) -> bool | None:
    """Whether survival up to ``duration`` decays exponentially (True) or falls linearly (False); None: neither."""
    if worth.first < 1.0 or worth.last < 1.0:
        return None
    instants = np.unique(np.append(np.linspace(0, duration, 64).astype(np.int64), worth.instants))
    instants = instants[instants <= duration]
    seen = survival(worth, instants)
    part_ = instants / max(duration, 1)
    if np.allclose(seen, seen[0] + (seen[-1] - seen[0]) * part_, rtol=LAW, atol=0.0) and seen[0] > 0.0:
        return False
    if seen[-1] > 0.0 and np.allclose(seen, seen[0] * (seen[-1] / seen[0]) ** part_, rtol=LAW, atol=0.0):
        return True
    return None


class Ordered:
    """Pricing by the program in order; ``otherwise`` prices breaks and rows that it does not know.

    These are breaks whose survival keeps no law, and rows that require an ad.
    """

    def __init__(
        self,
        rules: PodRules,
        worth: Worth,
        otherwise: Pricing,
        *,
        dtype: DTypeLike = np.float64,
        rounds: int = 20,
        tolerance: float = 1e-9,
    ) -> None:
        self._program = InOrder.of(rules, worth, dtype)
        self._otherwise = otherwise
        self._rounds = rounds
        self._tolerance = tolerance

    def __call__(self, rows: Rows, costs: Floats, weights: Floats | None = None) -> Priced:
        """Price every row; see ``planner.price.port``."""
        if not rows.allowed.any():
            return Priced(np.zeros(len(rows)), np.zeros(len(rows)), np.full((len(rows), 1), NOTHING, dtype=np.int16))
        plain = rows.required == 0
        if self._program is None or not plain.all():
            priced = self._otherwise(rows, costs, weights)
            if self._program is None or not plain.any():
                return priced
        else:
            priced = Priced(np.zeros(len(rows)), np.zeros(len(rows)), np.zeros((len(rows), 0), dtype=np.int16))
        program = self._program
        width = max(program.slots, priced.pods.shape[1])
        pods = np.full((len(rows), width), NOTHING, dtype=np.int16)
        pods[:, : priced.pods.shape[1]] = priced.pods
        which = np.flatnonzero(plain)
        for start, stop in blocks(len(which), BLOCK):
            part_ = which[start:stop]
            values = rows.values[part_].T.astype(program.dtype, order="C")
            if weights is not None:
                values *= weights[:, None].astype(program.dtype)
            allowed = np.ascontiguousarray(rows.allowed[part_].T)
            block = Block(values, allowed, charge(rows.costs, part_, costs, len(part_)), rows.ad_time[part_])
            bound, reduced, found = branched(program, block, rounds=self._rounds, tolerance=self._tolerance)
            priced.bound[part_], priced.reduced[part_] = bound, reduced
            pods[part_] = NOTHING
            pods[part_, : found.shape[1]] = found
        return Priced(priced.bound, priced.reduced, pods)
