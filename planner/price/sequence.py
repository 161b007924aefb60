"""Branch and bound over ordered pods of one row: exact whatever the rules.

Pods grow from the first slot to the last, depth first, the least regret first. A node's bound is what its pod has
brought plus what the rest can bring at a price of time (see ``potential``); against that bound each further ad costs a
regret, so that the ads of a slot, sorted by regret, are cut off at the first that cannot improve on the best pod known.
Two cuts lose no optimum: an ad for which a better one can always stand in, and a pod in which changing the places of
the last two ads brings more.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import islice
from typing import Final

from planner.price.ground import FIRST, LAST, MIDDLE, Ground, bits, mask_of, stands
from planner.price.port import Priced
from planner.price.potential import Gains, Potential
from planner.price.viewer import Found, Viewer, reduced_value, row_by_row
from planner.problem import Floats, PodRules, Position, Rows, Worth

PRECISION: Final = 1e-9
"""Relative to a row's values: what rounding may do to sums of them."""
PATIENCE: Final = 300
"""Pods after which a search that still goes on looks around for a better one to beat."""
WIDTH: Final = 24
"""Beginnings kept, and ads tried behind each, while it looks around."""
NODES: Final = 1_000_000
"""Pods grown on for one row, unless told otherwise: some seconds."""


@dataclass(frozen=True, slots=True)
class _Table:
    """What may come at one instant. ``closers`` by falling gain: (gain, ad). ``growers`` by rising regret:
    (least regret, ad, gain, end, value in this slot, survival and price of all time at the end).
    """

    closers: list[tuple[float, int]]
    growers: list[tuple[float, int, float, int, float, float, float]]


_Beginning = tuple[float, float, int, int, int, tuple[int, ...]]
"""Bound, value, end, ads used and blocked before the last one, and the ads."""


class Sequence:
    """Prices row by row; see ``planner.price.port.Pricing``.

    A row whose search takes more than ``limit`` nodes keeps the best pod found and a bound above it. Nodes that cannot
    improve by more than the fraction ``gap`` are not looked at.
    """

    def __init__(self, rules: PodRules, worth: Worth, *, limit: int = NODES, gap: float = 0.0) -> None:
        self.ground = Ground(rules, worth)
        self._limit = limit
        self._gap = gap

    def __call__(self, rows: Rows, costs: Floats, weights: Floats | None = None) -> Priced:
        """The best pod of each row; see ``planner.price.port.Pricing``."""
        return row_by_row(self.ground, self.search, rows, costs, weights)

    def search(self, row: Viewer, incumbent: tuple[int, ...] = ()) -> Found:
        """The best pod of one row; a legal ``incumbent`` is what others have to be better than."""
        candidates = useful(self.ground, row)
        if not candidates:
            return Found((), 0.0, 0.0, 0)
        search = _Search(self.ground, row, candidates, self._limit, self._gap)
        if incumbent:
            search.keep(incumbent, reduced_value(self.ground, row, incumbent))
        search.run()
        pod = search.kept
        reduced = reduced_value(self.ground, row, pod) if pod else 0.0
        return Found(pod, reduced, max(search.bound, reduced), search.nodes)


def useful(ground: Ground, row: Viewer) -> list[int]:
    """The ads that the row may see and that end in time, without those that a better one can always replace."""
    length = min(int(ground.rules.duration), row.ad_time)
    fitting = [ad for ad in bits(row.allowed & ~ground.banned) if ground.durations[ad] <= length]
    inside = set(fitting)
    multipliers = (1.0, ground.first, ground.last)
    least = ground.survival(length) * min(multipliers)
    most = ground.survival(0) * max(multipliers)

    def replaces(other: int, ad: int) -> bool:
        value, cost = row.values[other] - row.values[ad], row.costs[other] - row.costs[ad]
        low, high = least * value - cost, most * value - cost
        if low < 0.0 or high < 0.0:
            return False
        return low > 0.0 or high > 0.0 or other < ad or ad not in ground.better[other]

    return [ad for ad in fitting if not any(other in inside and replaces(other, ad) for other in ground.better[ad])]


class _Search:
    """One search: ``kept`` is the best pod so far, ``bound`` what no legal pod exceeds once ``run`` is done."""

    def __init__(self, ground: Ground, row: Viewer, candidates: list[int], limit: int, gap: float) -> None:
        self._ground, self._row, self._limit, self._gap = ground, row, limit, gap
        self._length = min(int(ground.rules.duration), row.ad_time)
        self._maximum = ground.rules.maximum_ads
        self._fill = int(ground.rules.minimum_fill)
        self._candidates = candidates
        self._slack = PRECISION * max(abs(row.values[ad]) + abs(row.costs[ad]) for ad in candidates)
        gains = Gains(ground, row.values, row.costs, candidates, self._length)
        self._pod: list[int] = []
        self._placed = [0] * len(ground.groups)
        self._tables: dict[int, _Table] = {}
        self._roots: list[tuple[float, int, float, float, int]] = []
        self._emptied: dict[int, list[int]] = {}
        self._masks = [(group, mask_of(members)) for group, members in gains.groups.items()]
        self._open = 0.0
        self.nodes = 0
        self.kept: tuple[int, ...] = ()
        self._best = 0.0
        self._lowest = self._slack
        self._potential = Potential(gains, self._maximum)
        self._whole = self._potential.price.until(self._length)
        # Changing the first two ads may break a demand for an edge.
        self._free_first = all(demand.position == Position.ANY for demand in row.demands)

    @property
    def bound(self) -> float:
        """What no legal pod exceeds."""
        return max(self._open, self._lowest)

    def keep(self, pod: tuple[int, ...], reduced: float) -> None:
        """Take a legal pod as the best known, if it is."""
        if reduced > self._best:
            self._best, self.kept = reduced, pod
            self._lowest = reduced + max(self._gap * reduced, self._slack)

    def run(self) -> None:
        """Search through all pods."""
        ground, row, potential = self._ground, self._row, self._potential
        children = []
        for ad in self._candidates:
            end = ground.durations[ad]
            seen = row.values[ad] * ground.survival(end)
            base = ground.time_value(end) - row.costs[ad]
            if ground.positions[ad] & (FIRST | LAST) and end >= self._fill and self._complete(ad):
                self.keep((ad,), max(ground.first, ground.last) * seen + base)
            if ground.positions[ad] & FIRST and all(
                demand.mask >> ad & 1 for demand in row.demands if demand.position == FIRST
            ):
                gain = ground.first * seen + base
                left = self._whole - potential.price.until(end) + potential.each * (self._maximum - 1)
                rest, dead = self._rest(ad, potential.total, 0)
                children.append((-(gain + left + rest + potential.end), ad, gain, rest, dead))
        if self._maximum < 2:
            return
        self._roots = sorted(children)
        for least, ad, gain, rest, dead in self._roots:
            if -least <= self._lowest:
                return
            if self.nodes >= self._limit:
                self._open = max(self._open, -least)
                return
            self._step(ad, ground.durations[ad], gain, 0, 0, rest, dead)

    def _rest(self, ad: int, rest: float, dead: int) -> tuple[float, int]:
        """The potential left once ``ad`` is placed, and the groups of which nothing can come any more."""
        ground, tops = self._ground, self._potential.tops
        own = ground.group_of[ad]
        rest -= tops[own][len(tops[own]) - 1 - self._placed[own]]
        emptied = self._emptied.get(ad)
        if emptied is None:
            conflict = ground.conflict[ad]
            emptied = [group for group, mask in self._masks if not mask & ~conflict and group != own]
            self._emptied[ad] = emptied
        for group in emptied:
            if not dead >> group & 1:
                dead |= 1 << group
                rest -= sum(tops[group][: len(tops[group]) - self._placed[group]])
        return rest, dead

    def _step(self, ad: int, end: int, value: float, used: int, blocked: int, rest: float, dead: int) -> None:
        """Place ``ad`` and go on from there."""
        ground = self._ground
        own = ground.group_of[ad]
        used |= 1 << ad
        blocked |= ground.conflict[ad]
        for mask, limit in ground.crowds[ad]:
            if (used & mask).bit_count() >= limit:
                blocked |= mask
        self._pod.append(ad)
        self._placed[own] += 1
        self._grow(end, value, used, blocked, rest, dead)
        self._placed[own] -= 1
        self._pod.pop()

    def _grow(self, total: int, value: float, used: int, blocked: int, rest: float, dead: int) -> None:
        """Look at all pods that begin with the present one and are longer."""
        self.nodes += 1
        if self.nodes == PATIENCE:
            self._beam()
        ground, row, potential, pod = self._ground, self._row, self._potential, self._pod
        table = self._at(total)
        self._close(table, value, blocked)
        ahead = self._maximum - len(pod)
        if ahead < 2:
            return
        upper = value + self._whole - potential.price.until(total) + potential.each * ahead + rest + potential.end
        last = pod[-1]
        start = total - ground.durations[last]
        swappable = len(pod) > 1 or (self._free_first and ground.positions[last] & MIDDLE)
        multiplier = ground.first if len(pod) == 1 else 1.0
        last_value = row.values[last]
        last_seen = multiplier * last_value * ground.survival(total)
        for regret, ad, gain, end, seen, survival, until in table.growers:
            if upper - regret <= self._lowest:
                return
            if self.nodes >= self._limit:
                self._open = max(self._open, upper - regret)
                return
            if blocked >> ad & 1 or end + (ahead - 1) * potential.gains.longest < self._fill:
                continue
            if swappable and (len(pod) > 1 or ground.positions[ad] & FIRST):
                here = last_seen + seen
                changed = multiplier * row.values[ad] * ground.survival(start + ground.durations[ad])
                changed += last_value * survival
                if changed > here + self._slack or (changed == here and ad < last):
                    continue
            left, gone = self._rest(ad, rest, dead)
            bound = value + gain + self._whole - until + potential.each * (ahead - 1)
            if bound + left + potential.end > self._lowest:
                self._step(ad, end, value + gain, used, blocked, left, gone)

    def _beam(self) -> None:
        """Look for a good pod slot by slot, keeping the most promising beginnings of each number of ads.

        The search itself goes deep first: where its first choice is wrong it would look long for something better.
        """
        ground, held = self._ground, self._pod
        level: list[_Beginning] = [
            (-bound, gain, ground.durations[ad], 0, 0, (ad,)) for bound, ad, gain, _, _ in self._roots[:WIDTH]
        ]
        for _ in range(self._maximum - 1):
            wider: dict[tuple[int, int], _Beginning] = {}
            for upper, value, total, used, blocked, pod in level:
                seen, taken = used | 1 << pod[-1], blocked | ground.conflict[pod[-1]]
                for mask, limit in ground.crowds[pod[-1]]:
                    if (seen & mask).bit_count() >= limit:
                        taken |= mask
                self._pod = list(pod)
                table = self._at(total)
                self._close(table, value, taken)
                free = (each for each in table.growers if not taken >> each[1] & 1)
                for regret, ad, gain, end, *_ in islice(free, WIDTH):
                    state = (upper - regret, value + gain, end, seen, taken, (*pod, ad))
                    same = seen | 1 << ad, end
                    if same not in wider or wider[same][1] < state[1]:
                        wider[same] = state
            level = sorted(wider.values(), key=lambda state: (-state[0], state[5]))[:WIDTH]
        self._pod = held

    def _close(self, table: _Table, value: float, blocked: int) -> None:
        """End the present pod, which has brought ``value``, in the best way."""
        for gain, ad in table.closers:
            if value + gain <= self._best:
                return
            if not blocked >> ad & 1 and self._complete(ad):
                self.keep((*self._pod, ad), value + gain)
                return

    def _at(self, total: int) -> _Table:
        """The table of an instant, made when first asked for."""
        table = self._tables.get(total)
        if table is None:
            table = self._tables[total] = self._table(total)
        return table

    def _table(self, total: int) -> _Table:
        """What may come at ``total``."""
        ground, row, potential = self._ground, self._row, self._potential
        spent = potential.price.until(total)
        so_far = ground.time_value(total)
        by_length = {}
        for length in potential.gains.lengths:
            end = total + length
            if end <= self._length:
                time = ground.time_value(end) - so_far
                by_length[length] = (end, ground.survival(end), time, potential.price.until(end))
        closers, growers = [], []
        for ad in self._candidates:
            known = by_length.get(ground.durations[ad])
            if known is None:
                continue
            end, survival, time, until = known
            seen = row.values[ad] * survival
            base = time - row.costs[ad]
            if ground.positions[ad] & LAST and end >= self._fill:
                closers.append((ground.last * seen + base, ad))
            if ground.positions[ad] & MIDDLE:
                least = potential.tops[ground.group_of[ad]][-1]
                regret = least - (seen + base - (until - spent) - potential.each)
                growers.append((regret, ad, seen + base, end, seen, survival, until))
        closers.sort(key=lambda each: (-each[0], each[1]))
        growers.sort()
        return _Table(closers, growers)

    def _complete(self, ad: int) -> bool:
        """Whether the present pod, ended by ``ad``, has what the row demands."""
        if not self._row.demands:
            return True
        pod = (*self._pod, ad)
        return all(
            any(demand.mask >> each & 1 and stands(slot, len(pod)) & demand.position for slot, each in enumerate(pod))
            for demand in self._row.demands
        )
