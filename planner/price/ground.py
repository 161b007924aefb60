"""A break as the search over ordered pods sees it: plain numbers and bitmasks, made once and used for every row.

Bit j of a mask is ad j. Everything here is a plain Python number, since the search takes them one at a time.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import Final

from planner.problem import PodRules, Position, Required, Worth

BUCKETS: Final = 40
"""Starts of slots beyond which neighbours are treated together: only the bound gets weaker."""

FIRST: Final = int(Position.FIRST)
"""Flags cost a call for each test, numbers do not."""
MIDDLE: Final = int(Position.MIDDLE)
LAST: Final = int(Position.LAST)

SUMS: Final = 2_000
"""Different starts beyond which they are not told apart at all."""


@dataclass(frozen=True, slots=True)
class Group:
    """At most ``limit`` of ``members`` in a pod; groups do not overlap and hold every ad."""

    members: tuple[int, ...]
    limit: int


@dataclass(frozen=True, slots=True)
class Demand:
    """A pod with any ad has one of the ``mask`` at ``position``."""

    mask: int
    position: int


class Ground:
    """The rules and the worth of one break.

    ``conflict[j]`` are the ads that may not stand with j, j itself included; ``crowds[j]`` the families of limit 2 or
    more that j is in, as (mask, limit); ``banned`` the ads that no pod may have.
    """

    def __init__(self, rules: PodRules, worth: Worth) -> None:
        self.rules = rules
        self.worth = worth
        self.durations: list[int] = rules.durations.tolist()
        self.positions: list[int] = rules.positions.tolist()
        self.conflict = [1 << ad for ad in range(rules.ads)]
        self.crowds: list[list[tuple[int, int]]] = [[] for _ in range(rules.ads)]
        self.banned = 0
        for family in rules.families:
            mask = mask_of(family.members)
            if family.limit < 1:
                self.banned |= mask
            elif family.limit < len(set(family.members)):
                for ad in set(family.members):
                    if family.limit == 1:
                        self.conflict[ad] |= mask
                    else:
                        self.crowds[ad].append((mask, family.limit))
        self.demands = [tuple(_demand(each) for each in required) for required in rules.required]
        self.first, self.last = worth.first, worth.last
        self._instants: list[int] = worth.instants.tolist()
        self._survival: list[float] = worth.survival.tolist()
        self._seen: dict[int, float] = {}

    def survival(self, instant: int) -> float:
        """The probability that a slot that ends at ``instant`` is seen."""
        found = self._seen.get(instant)
        if found is None:
            after = bisect_right(self._instants, instant)
            if after in {0, len(self._instants)}:
                found = self._survival[max(after - 1, 0)]
            else:
                left, right = self._instants[after - 1], self._instants[after]
                slope = (self._survival[after] - self._survival[after - 1]) / (right - left)
                found = self._survival[after - 1] + slope * (instant - left)
            self._seen[instant] = found
        return found

    def time_value(self, total: int) -> float:
        """What ``total`` microseconds of ads earn and cost by their length alone."""
        worth = self.worth
        return (worth.per_second * total - worth.load * max(total - worth.load_free, 0)) / 1e6

    @cached_property
    def groups(self) -> tuple[Group, ...]:
        """The ads parted: the family that saves most is a group, then the next of what is left, then single ads."""
        free = set(range(len(self.durations)))
        found = []
        families = [(set(family.members), family.limit) for family in self.rules.families if family.limit >= 1]
        while families:
            inside, limit = max(
                ((members & free, limit) for members, limit in families),
                key=lambda each: (len(each[0]) - each[1], sorted(each[0])),
            )
            if len(inside) <= limit:
                break
            found.append(Group(tuple(sorted(inside)), limit))
            free -= inside
        return (*found, *(Group((ad,), 1) for ad in sorted(free)))

    @cached_property
    def group_of(self) -> tuple[int, ...]:
        """The group of each ad."""
        found = [0] * len(self.durations)
        for number, group in enumerate(self.groups):
            for ad in group.members:
                found[ad] = number
        return tuple(found)

    @cached_property
    def better(self) -> tuple[tuple[int, ...], ...]:
        """For each ad those that can stand wherever it can and never beside it: if they earn more, it is not needed."""
        crowds = [set(each) for each in self.crowds]
        wanted = [
            {
                (row, place)
                for row, each in enumerate(self.demands)
                for place, one in enumerate(each)
                if one.mask >> ad & 1
            }
            for ad in range(len(self.durations))
        ]
        return tuple(
            tuple(
                other
                for other in bits(self.conflict[ad] & ~(1 << ad))
                if self.durations[other] == self.durations[ad]
                and not self.conflict[other] & ~self.conflict[ad]
                and crowds[other] <= crowds[ad]
                and not self.positions[ad] & ~self.positions[other]
                and wanted[other] >= wanted[ad]
            )
            for ad in range(len(self.durations))
        )

    @cached_property
    def starts(self) -> tuple[tuple[int, int], ...]:
        """Where slots after the first can start, as (earliest, latest) of neighbours taken together."""
        duration = int(self.rules.duration)
        lengths = sorted({each for each in self.durations if each <= duration})
        reached: set[int] = set()
        edge = {0}
        while edge and len(reached) <= SUMS:
            edge = {start + length for start in edge for length in lengths if start + length <= duration} - reached
            reached |= edge
        if edge:
            cuts = [duration * cut // BUCKETS for cut in range(BUCKETS + 1)]
            return tuple(pairwise(cuts))
        ordered = sorted(reached)
        size = -(-len(ordered) // BUCKETS) or 1
        chunks = [ordered[place : place + size] for place in range(0, len(ordered), size)]
        return tuple((chunk[0], chunk[-1]) for chunk in chunks)


def _demand(required: Required) -> Demand:
    return Demand(mask_of(required.members), int(required.position))


def mask_of(ads: Sequence[int]) -> int:
    """A bit for each of ``ads``."""
    found = 0
    for ad in ads:
        found |= 1 << ad
    return found


def bits(mask: int) -> list[int]:
    """The ads of a mask, ascending."""
    found = []
    while mask:
        low = mask & -mask
        found.append(low.bit_length() - 1)
        mask ^= low
    return found


def stands(slot: int, length: int) -> int:
    """Where slot number ``slot`` of a pod of ``length`` ads is."""
    where = (FIRST if slot == 0 else 0) | (LAST if slot == length - 1 else 0)
    return where or MIDDLE
