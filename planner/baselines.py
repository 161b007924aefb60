"""What others do, to measure against: three planners labelled with where their behaviour is known from.

Each keeps every rule and every hard limit, counts the penalty of an open guarantee with an ad's price, and serves
cohorts in turn as a server would that decides viewer by viewer: none knows who comes later.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from planner.account import accounted
from planner.filling import Places, seated
from planner.greedy import ROUNDS, served_in_rounds
from planner.ledger import Ledger
from planner.legal import legal
from planner.plan import Solution
from planner.port import Stop
from planner.problem import (
    NOTHING,
    Ads,
    Family,
    Flags,
    Floats,
    Integers,
    PodRules,
    Position,
    Problem,
    Rule,
    Values,
    Worth,
)
from planner.worth import pod_value

ADS_OF_A_CATEGORY: Final = 2
COMBINATIONS: Final = 512
STEPS: Final = 32
"""Combinations of durations, and ads tried in each: the original stops by a clock of 10 ms."""
PARTIAL: Final = 4_096
"""Unfinished combinations kept, so that a book of twenty different durations does not have millions."""

FIRST, LAST, ANY = int(Position.FIRST), int(Position.LAST), int(Position.ANY)


def rank_order(problem: Problem, *, stop: Stop, warm: Floats | None = None) -> Solution:
    """Rank order: the dearest ad first, then the next dearest that fits, whatever its length.

    What an ad server does that ranks by price per thousand and fills the slots of a pod one after the other.
    """
    del stop, warm
    return served_in_rounds(problem, _ByPrice())


@dataclass(frozen=True, slots=True)
class DensityPremium:
    """Greedy by CPM per second with position premiums, one ad per advertiser and two per category.

    A pod filler in the terms of OpenRTB 2.6's dynamic pods (``mincpmpersec``, ``slotinpod``) with rules of thumb for
    separation, on top of which the book's rules hold. ``advertisers`` and ``categories`` int64[J] number each ad's; of
    what is not given the book's own rules alone are kept.
    """

    advertisers: Integers | None = None
    categories: Integers | None = None

    def __call__(self, problem: Problem, *, stop: Stop, warm: Floats | None = None) -> Solution:
        """A ``Planner``."""
        del stop, warm
        extra = [
            *_limited(self.advertisers, 1, Rule.ADVERTISER),
            *_limited(self.categories, ADS_OF_A_CATEGORY, Rule.SEPARATION),
        ]
        rules = replace(problem.rules, families=(*problem.rules.families, *extra))
        return served_in_rounds(problem, _ByPremium(), rules)


def lazy_combinations(problem: Problem, *, stop: Stop, warm: Floats | None = None) -> Solution:
    """Duration buckets with lazy combinations, depth first by falling price.

    The ad pod generator of PubMatic's Prebid Server (``endpoints/openrtb2/ctv/response/adpod_generator.go``): bids are
    put in buckets by duration; for each combination of durations that fits the break, sets of bids are tried in falling
    order of price, the last place changing first; the search of a combination ends at the first valid set that is no
    better than its best so far. The dearest set of all combinations wins. A pod is kept for its cohort until one of its
    ads runs out. Better than the original here: combinations that fill the break most come first, and sets that break
    a rule early are not completed.
    """
    del stop, warm
    ledger = Ledger(problem.shared)
    search = _Search(problem)
    seats: Counter[tuple[int, tuple[int, ...]]] = Counter()
    kept: dict[int, tuple[bytes, tuple[int, ...]]] = {}
    for number in range(ROUNDS):
        for row, whole in enumerate(problem.rows.seats.tolist()):
            wanted = whole * (number + 1) // ROUNDS - whole * number // ROUNDS
            refused = np.zeros(problem.rules.ads, dtype=np.bool_)
            while wanted:
                bonus = ledger.bonus()
                closed = ledger.closed(ledger.desk()) | refused
                known = kept.get(row)
                if known is None or known[0] != bonus.tobytes() or closed[list(known[1])].any():
                    known = kept[row] = (bonus.tobytes(), search(row, bonus, closed))
                pod = known[1]
                if not pod:
                    break
                served = ledger.fits(pod, wanted)
                if not served:
                    refused |= _last_of(pod, ledger.binding(pod))
                    continue
                seats[row, pod] += served
                wanted -= served
                ledger.charge(served * np.bincount(pod, minlength=problem.rules.ads).astype(np.float64))
    return accounted(problem, seats, iterations=1)


class _ByPrice:
    """The dearest first, and in this order on the screen."""

    def rank(self, offers: Values, durations: Integers) -> Values:
        del durations
        return offers.copy()

    def arrange(self, rules: PodRules, worth: Worth, offers: Floats, pods: Ads, places: Places) -> Ads:
        del rules, worth
        return seated(offers, pods, places)


class _ByPremium:
    """By price per second; the best ads get the positions that multiply most, the others follow by price per second."""

    def rank(self, offers: Values, durations: Integers) -> Values:
        seconds: Values = (durations / 1e6).astype(np.float32)
        return np.asarray(offers / seconds, dtype=np.float32)

    def arrange(self, rules: PodRules, worth: Worth, offers: Floats, pods: Ads, places: Places) -> Ads:
        present = pods != NOTHING
        density = offers / np.where(present, rules.durations[np.where(present, pods, 0)], 1)
        free = present & (places == 0)
        standing = (-np.where(free, density, -np.inf)).argsort(axis=1, kind="stable").argsort(axis=1, kind="stable")
        key = -standing.astype(np.float64)
        edges = sorted(((worth.first, 1.0), (worth.last, -1.0)), key=lambda edge: -edge[0])
        for number, (premium, side) in enumerate(edges):
            if premium > 1.0:
                key[standing == number] = side * pods.shape[1]
        return seated(key, pods, places)


class _Search:
    """Pods of one break by lazy combinations."""

    def __init__(self, problem: Problem) -> None:
        self._problem = problem
        rules = problem.rules
        self._positions: list[int] = rules.positions.tolist()
        self._apart = [1 << ad for ad in range(rules.ads)]
        self._counted: list[tuple[int, int]] = []
        for family in rules.families:
            inside = sum(1 << ad for ad in family.members)
            if family.limit == 1:
                for ad in family.members:
                    self._apart[ad] |= inside
            elif family.limit < len(family.members):
                self._counted.append((inside, family.limit))

    def __call__(self, row: int, bonus: Floats, closed: Flags) -> tuple[int, ...]:
        """The pod for ``row``, empty if nothing better than slate is found; ``closed`` bool[J] ads may not be taken."""
        rules, rows = self._problem.rules, self._problem.rows
        offers = rows.values[row] + bonus
        room = min(int(rules.duration), int(rows.ad_time[row]))
        buckets: dict[int, list[int]] = {}
        for ad in np.argsort(-offers, kind="stable").tolist():
            if rows.allowed[row, ad] and not closed[ad] and offers[ad] > 0.0:
                buckets.setdefault(int(rules.durations[ad]), []).append(ad)
        best: tuple[int, ...] = ()
        price = 0.0
        for lengths in self._combinations(buckets, room):
            taken = [(buckets[length], count) for length, count in lengths]
            if sum(float(offers[bucket[:count]].sum()) for bucket, count in taken) <= price:
                continue
            pod, worth = self._dearest(row, offers, taken)
            if worth > price:
                best, price = pod, worth
        earned = pod_value(rules, self._problem.worth, rows.values[row], best) + float(bonus[list(best)].sum())
        return best if earned > 0.0 else ()

    def _combinations(self, buckets: dict[int, list[int]], room: int) -> list[list[tuple[int, int]]]:
        """How many ads of each duration, longest first; those that leave least of the break empty come first."""
        rules = self._problem.rules
        partial: list[tuple[int, int, list[tuple[int, int]]]] = [(0, 0, [])]
        for length in sorted(buckets, reverse=True):
            partial = [
                (total + count * length, ads + count, [*taken, (length, count)] if count else taken)
                for total, ads, taken in partial
                for count in range(len(buckets[length]) + 1)
                if total + count * length <= room and ads + count <= rules.maximum_ads
            ]
            partial.sort(key=lambda each: (-each[0], each[1]))
            del partial[PARTIAL:]
        whole = [taken for total, ads, taken in partial if ads and total >= rules.minimum_fill]
        return whole[:COMBINATIONS]

    def _dearest(
        self, row: int, offers: Floats, buckets: Sequence[tuple[list[int], int]]
    ) -> tuple[tuple[int, ...], float]:
        """The best set of one combination until a valid one is no better: the mistake that is measured."""
        best: tuple[int, ...] = ()
        price = 0.0
        for chosen in self._sets(buckets):
            pod = self._ordered(row, chosen, offers)
            if legal(self._problem.rules, self._problem.rows, row, pod) is not None:
                continue
            worth = float(offers[list(pod)].sum())
            if worth <= price:
                break
            best, price = pod, worth
        return best, price

    def _sets(self, buckets: Sequence[tuple[list[int], int]]) -> Iterator[list[int]]:
        """Sets without conflicts, the last place changing first; ends after ``STEPS`` ads were tried."""
        slots = [(bucket, place) for bucket, count in buckets for place in range(count)]
        following = [0]
        barred = [0]
        chosen: list[int] = []
        for _ in range(STEPS):
            while following and following[-1] >= len(slots[len(following) - 1][0]):
                following.pop()
                barred.pop()
                del chosen[len(following) - 1 :]
            if not following:
                return
            depth = len(following) - 1
            ad = slots[depth][0][following[-1]]
            following[-1] += 1
            if barred[-1] >> ad & 1 or (self._counted and self._crowded([*chosen, ad])):
                continue
            if depth + 1 == len(slots):
                yield [*chosen, ad]
                continue
            chosen.append(ad)
            barred.append(barred[-1] | self._apart[ad])
            following.append(following[-1] if slots[depth + 1][1] else 0)

    def _crowded(self, ads: Sequence[int]) -> bool:
        """Whether there are more of a family than its limit."""
        inside = sum(1 << ad for ad in ads)
        return any((members & inside).bit_count() > limit for members, limit in self._counted)

    def _ordered(self, row: int, chosen: Sequence[int], offers: Floats) -> tuple[int, ...]:
        """By falling price, except for ads that are wanted at an edge."""
        wanted = self._problem.rules.required[int(self._problem.rows.required[row])]
        middle = sorted(chosen, key=lambda ad: (-offers[ad], ad))
        if not wanted and all(self._positions[ad] == ANY for ad in chosen):
            return tuple(middle)
        edges: dict[int, list[int]] = {}
        for edge in (FIRST, LAST):
            asking = [ad for ad in middle for each in wanted if each.position == edge and ad in each.members]
            asking += [ad for ad in middle if self._positions[ad] == edge]
            edges[edge] = asking[:1]
            middle = [ad for ad in middle if ad not in edges[edge]]
        for edge in (FIRST, LAST):
            asking = [ad for ad in middle if self._positions[ad] == FIRST | LAST]
            if not edges[edge] and asking:
                edges[edge] = asking[:1]
                middle.remove(asking[0])
        return (*edges[FIRST], *middle, *edges[LAST])


def _limited(labels: Integers | None, limit: int, rule: Rule) -> Iterator[Family]:
    """A family for each label with more ads than ``limit``."""
    for label in np.unique(labels) if labels is not None else ():
        members = tuple(np.flatnonzero(labels == label).tolist())
        if len(members) > limit:
            yield Family(members, limit, rule, f"{rule} {label}")


def _last_of(pod: Sequence[int], among: Flags) -> Flags:
    """bool[J]: the last ad of ``pod`` that is one of ``among``."""
    found = np.zeros(len(among), dtype=np.bool_)
    found[[ad for ad in pod if among[ad]][-1]] = True
    return found
