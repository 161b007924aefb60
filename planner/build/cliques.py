"""Pairs of ads that exclude each other become families of one: few and large, for solvers count families.

Any two ads of a clique exclude each other, so "at most one of the clique" says as much as all its pairs. An airline
that avoids thirty ads, of which any two exclude each other anyway, is one family and not thirty.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from domain.errors import InputError
from planner.build.lineup import NOBODY, Bits, members
from planner.problem import Family, Rule

MAX_PAIRS: Final = 2_000_000
"""Pairs that no family of the book's own covers; beyond it a plan would spend its time on them alone."""
MAX_MEMBERS: Final = 5_000_000
"""Ads in all families together: 40 MB."""


class Cliques:
    """Families of a pod, collected rule by rule.

    A family is left out where those before it say as much already; so the first family that a pod breaks names a rule
    that it breaks. ``where`` stands in errors.
    """

    def __init__(self, ads: int, where: str) -> None:
        self._where = where
        self._apart: list[Bits] = [NOBODY] * ads
        self._found: list[tuple[Bits, int, Rule, str]] = []
        self._wide: list[tuple[Bits, int]] = []
        self._pairs = 0
        self._members = 0

    def one_of(self, chosen: Bits, rule: Rule, name: str) -> None:
        """At most one of the ads may stand in a pod."""
        fresh = False
        for ad in members(chosen):
            others = chosen & ~(1 << ad)
            fresh = fresh or bool(others & ~self._apart[ad])
            self._apart[ad] |= others
        if fresh:
            self._add(chosen, 1, rule, name)

    def at_most(self, chosen: Bits, limit: int, rule: Rule, name: str) -> None:
        """At most ``limit`` of the ads may stand in a pod."""
        if limit == 1:
            self.one_of(chosen, rule, name)
        elif chosen and limit < self.most_of(chosen):
            self._add(chosen, limit, rule, name)

    def cover(self, conflicts: Iterable[tuple[int, Bits]], rule: Rule, name: str) -> None:
        """Each of the ads may not stand with any of the set beside it.

        Cliques are grown greedily from the pairs that nothing covers yet, through pairs that are covered or are to be.

        Raises ``InputError`` beyond ``MAX_PAIRS`` and ``MAX_MEMBERS``.
        """
        open_pairs = self._uncovered(conflicts, name)
        for ad in sorted(open_pairs):
            while open_pairs[ad]:
                clique = 1 << ad
                reach = self._apart[ad] | open_pairs[ad]
                gain = open_pairs[ad]
                while gain & reach:
                    lowest = gain & reach & -(gain & reach)
                    clique |= lowest
                    other = lowest.bit_length() - 1
                    reach &= self._apart[other] | open_pairs.get(other, NOBODY)
                    gain |= open_pairs.get(other, NOBODY)
                self.one_of(clique, rule, name)
                for other in members(clique):
                    if other in open_pairs:
                        open_pairs[other] &= ~clique

    def apart(self, one: int, other: int) -> bool:
        """Whether two ads exclude each other."""
        return bool(self._apart[one] >> other & 1)

    def most_of(self, chosen: Bits) -> int:
        """No pod has more of these ads than this; it may be less."""
        count, left = 0, chosen
        while left:
            lowest = left & -left
            left ^= lowest
            reach = self._apart[lowest.bit_length() - 1] & left
            while reach:
                lowest = reach & -reach
                left ^= lowest
                reach &= self._apart[lowest.bit_length() - 1]
            count += 1
        return min([count, *(limit for wide, limit in self._wide if limit < count and not chosen & ~wide)])

    def families(self) -> tuple[Family, ...]:
        """All of them in the order of the rules; one that lies within a later one of one ad is left out."""
        containing: dict[int, list[int]] = {}
        for index, (chosen, limit, _, _) in enumerate(self._found):
            if limit == 1:
                for ad in members(chosen):
                    containing.setdefault(ad, []).append(index)
        found = []
        for index, (chosen, limit, rule, name) in enumerate(self._found):
            ads = tuple(members(chosen))
            rivals = min((containing.get(ad, []) for ad in ads), key=len)
            if not any(other != index and not chosen & ~self._found[other][0] for other in rivals):
                found.append(Family(ads, limit, rule, name))
        return tuple(found)

    def _uncovered(self, conflicts: Iterable[tuple[int, Bits]], name: str) -> dict[int, Bits]:
        found: dict[int, Bits] = {}
        for ad, conflicting in conflicts:
            others = conflicting & ~self._apart[ad] & ~(1 << ad)
            self._pairs += others.bit_count()
            if self._pairs > MAX_PAIRS:
                expected = f"at most {MAX_PAIRS} pairs of ads that exclude each other"
                raise InputError(self._where, expected, f"more, by {name}")
            if others:
                found[ad] = found.get(ad, NOBODY) | others
            for other in members(others):
                found[other] = found.get(other, NOBODY) | (1 << ad)
        return found

    def _add(self, chosen: Bits, limit: int, rule: Rule, name: str) -> None:
        self._members += chosen.bit_count()
        if self._members > MAX_MEMBERS:
            raise InputError(self._where, f"families of at most {MAX_MEMBERS} ads together", f"more, by {name}")
        self._found.append((chosen, limit, rule, name))
        if limit > 1:
            self._wide.append((chosen, limit))
