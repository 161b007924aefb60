"""What the rest of a pod can bring at most, at a price of time: the bound of the search over ordered pods.

Let time cost pi(t) >= 0 micros a microsecond at instant t, non-increasing, and each ad mu >= 0. Then a pod that starts
at T brings at most what all time to the end of the break costs, the price of the ads that may still come, and for each
group of ads that exclude each other what the best of them brings above its own price, wherever it starts:

    integral of pi over T..L + mu * (ads still to come) + sum over groups of max(0, max_j,s gain_j(s) - price_j(s))

This is Lagrangian relaxation of the time-indexed formulation (J. P. Sousa and L. A. Wolsey, 1992). It is a bound for
any prices; at good ones the right ads cost no regret and the wrong ones much. As in an assignment at its dual prices,
pi falls as fast as survival does times the value per microsecond of who plays then.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from planner.price.ground import LAST, MIDDLE, Ground

CELLS: Final = 16
"""Pieces of the break in which time has one price."""
HALVINGS: Final = 7
"""Steps of the search for a price: it need not be exact."""
ROUNDS: Final = 3
"""Times that the fall of the price is fitted to what is chosen at it."""


class TimePrice:
    """The price of time: pi in each of ``CELLS`` equal pieces of ``length`` microseconds."""

    def __init__(self, length: int, rates: Sequence[float]) -> None:
        self.length = length
        self.rates = rates
        self._width = length / CELLS
        self._ends = [0.0]
        for rate in rates:
            self._ends.append(self._ends[-1] + rate * self._width)

    def until(self, instant: int) -> float:
        """The price of all time from 0 to ``instant``."""
        place = min(int(instant / self._width), CELLS - 1)
        return self._ends[place] + self.rates[place] * (instant - place * self._width)


class Gains:
    """What the candidate ads of one row bring by where they start.

    ``values`` and ``costs`` are by ad; only ``candidates`` are looked at; ads end by ``length`` microseconds.
    """

    def __init__(
        self, ground: Ground, values: Sequence[float], costs: Sequence[float], candidates: Sequence[int], length: int
    ) -> None:
        self.ground = ground
        self.values = values
        self.costs = costs
        self.length = length
        self.groups: dict[int, list[int]] = {}
        for ad in candidates:
            self.groups.setdefault(ground.group_of[ad], []).append(ad)
        longest = max((ground.durations[ad] for ad in candidates), default=0)
        shortest = min((ground.durations[ad] for ad in candidates), default=0)
        self.starts = [(max(low, shortest), high) for low, high in ground.starts if shortest <= high and low < length]
        self.flat = ground.survival(0) == ground.survival(length)
        if self.flat:
            self.starts = self.starts[:1] and [(self.starts[0][0], self.starts[-1][1])]
        self.lengths = sorted({ground.durations[ad] for ad in candidates})
        self.longest = longest

    def windows(self, starts: Sequence[tuple[int, int]]) -> dict[int, list[tuple[int, int]]]:
        """By length of an ad, the (earliest, latest) starts from which it ends in time."""
        return {
            length: [(low, min(high, self.length - length)) for low, high in starts if low + length <= self.length]
            for length in self.lengths
        }

    def best(
        self, price: TimePrice, each: float, starts: Sequence[tuple[int, int]], *, ends: bool = False
    ) -> dict[int, float]:
        """For each ad that can stand after the first slot, the most it brings above its price, never too low.

        With ``ends`` for ads that can end the pod, when they do: what time is left over is paid too.
        """
        ground = self.ground
        places = LAST if ends else MIDDLE | LAST
        multiplier = ground.last if ends else 1.0
        whole = price.until(self.length)
        factors = {
            length: [
                (
                    ground.survival(low + length),
                    ground.survival(high + length),
                    ground.time_value(low + length)
                    - ground.time_value(low)
                    - ((whole if ends else price.until(high + length)) - price.until(high))
                    - each,
                )
                for low, high in windows
            ]
            for length, windows in self.windows(starts).items()
        }
        found = {}
        for members in self.groups.values():
            for ad in members:
                known = factors[ground.durations[ad]]
                if known and ground.positions[ad] & places:
                    value = self.values[ad] * multiplier
                    place = 0 if value >= 0.0 else 1
                    found[ad] = max([value * factor[place] + factor[2] for factor in known]) - self.costs[ad]
        return found


class Potential:
    """Prices for one row, and at these prices the most that each group of its ads can bring.

    ``price`` is pi and ``each`` mu. ``own[ad]`` is what an ad after the first slot brings above its price at most;
    ``tops[g]`` are the greatest of group g, at least 0 and descending, as many as its limit; ``total`` is the sum of
    all. ``end`` is what the last ad's position and the time behind it add at most.
    """

    def __init__(self, gains: Gains, maximum_ads: int) -> None:
        self.gains = gains
        self._maximum = maximum_ads
        self._few = gains.starts[:: max(1, len(gains.starts) // 4)]
        self._highest = self._highest_rate()
        profile = [0.0] * CELLS
        best = float("inf")
        for _ in range(1 if gains.flat else ROUNDS):
            level, each = self._levels(profile)
            price = TimePrice(gains.length, [level + more for more in profile])
            own = gains.best(price, each, gains.starts)
            tops = self._tops(own)
            total = sum(sum(group) for group in tops.values())
            bound = price.until(gains.length) + each * maximum_ads + total
            if bound < best:
                best = bound
                self.price, self.each, self.own, self.tops, self.total = price, each, own, tops, total
            wanted = self._profile(self._chosen(own))
            profile = [(old + new) / 2 for old, new in zip(profile, wanted, strict=True)] if any(profile) else wanted
        last = gains.best(self.price, self.each, gains.starts, ends=True)
        self.end = max((gain - max(self.own[ad], 0.0) for ad, gain in last.items()), default=float("-inf"))

    def _tops(self, own: dict[int, float]) -> dict[int, list[float]]:
        found = {}
        for group, members in self.gains.groups.items():
            limit = self.gains.ground.groups[group].limit
            ranked = sorted((max(own.get(ad, 0.0), 0.0) for ad in members), reverse=True)[:limit]
            found[group] = ranked + [0.0] * (limit - len(ranked))
        return found

    def _chosen(self, own: dict[int, float]) -> list[int]:
        """The ads that are worth their price: the best of each group."""
        chosen = []
        for group, members in self.gains.groups.items():
            good = sorted((-own[ad], ad) for ad in members if own.get(ad, 0.0) > 0.0)
            chosen += [ad for _, ad in good[: self.gains.ground.groups[group].limit]]
        return chosen

    def _highest_rate(self) -> float:
        """Micros a microsecond above which nothing is worth its time."""
        gains, ground = self.gains, self.gains.ground
        return max(
            max(0.0, (max(gains.values[ad], 0.0) - gains.costs[ad] + max(0.0, ground.time_value(length))) / length)
            for members in gains.groups.values()
            for ad in members
            for length in (ground.durations[ad],)
        )

    def _levels(self, profile: Sequence[float]) -> tuple[float, float]:
        """Where what is chosen just fills the break, in time and in number: what is added to ``profile``, and mu."""
        level, count = self._level(profile, 0.0)
        if count <= self._maximum:
            return level, 0.0
        low, high = 0.0, self._highest * self.gains.longest
        level = 0.0
        for _ in range(HALVINGS):
            each = (low + high) / 2
            found, count = self._level(profile, each)
            if count > self._maximum:
                low = each
            else:
                level, high = found, each
        return level, high

    def _level(self, profile: Sequence[float], each: float) -> tuple[float, int]:
        """The least price of time at which what is chosen fits into the break, and how many ads that are."""
        length, ground = self.gains.length, self.gains.ground
        low, high, level, kept = 0.0, self._highest, 0.0, 0
        for step in range(HALVINGS):
            price = TimePrice(length, [level + more for more in profile])
            chosen = self._chosen(self.gains.best(price, each, self._few))
            fits = sum(ground.durations[ad] for ad in chosen) <= length
            if fits:
                high, kept = level, len(chosen)
                if step == 0:
                    break
            else:
                low = level
            level = (low + high) / 2
        return high, kept

    def _profile(self, chosen: Sequence[int]) -> list[float]:
        """How much dearer each cell is than the last: fall of survival times value per microsecond of who plays."""
        gains, ground = self.gains, self.gains.ground
        width = gains.length / CELLS
        found = [0.0] * CELLS
        ends, filled = [], 0
        for density, length in sorted(
            ((max(gains.values[ad], 0.0) / ground.durations[ad], ground.durations[ad]) for ad in chosen), reverse=True
        ):
            filled += length
            ends.append((filled, density))
        for cell in range(CELLS - 2, -1, -1):
            middle = (cell + 1) * width
            playing = next((density for end, density in ends if end > middle), 0.0)
            fall = ground.survival(round(middle - width / 2)) - ground.survival(round(middle + width / 2))
            found[cell] = found[cell + 1] + playing * fall
        return found
