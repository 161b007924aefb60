"""The greedy planner: each seat takes ads by value per second, first come first served.

What the product falls back on when a plan is late, a candidate that a better planner must not lose to, and the
reference against which it is measured. An ad's value counts the penalty that a guarantee still short would cost, and
ads of an earlier tier come first. Later viewers find the budgets that earlier ones left: that is what it does not see.
"""

from __future__ import annotations

from collections import Counter
from typing import Final, NamedTuple

import numpy as np

from planner.account import accounted, impressions, penalties
from planner.filling import Filled, Filler, Places, Ranking, seated
from planner.ledger import Ledger
from planner.plan import Solution
from planner.port import Stop
from planner.price.order import in_order
from planner.problem import NOTHING, Ads, Crowd, Floats, Integers, PodRules, Problem, Rows, Values, Worth, blocks
from planner.worth import pod_values

ROUNDS: Final = 16
"""Parts into which every cohort's seats are cut, so that none takes all of a budget before the next is asked."""
BLOCK: Final = 1 << 13
"""Rows filled together: small enough that scores stay in the cache, large enough that numpy works and not Python."""


class Served(NamedTuple):
    """What a crowd gets: ``pods`` int16[S, P], ``value`` micros less penalties, ``use`` float64[I] of shared rows."""

    pods: Ads
    value: float
    use: Floats


class ByDensity:
    """Value per second; in order of falling value per second, edges as requested or as they are worth most."""

    def rank(self, offers: Values, durations: Integers) -> Values:
        """Micros per second."""
        seconds: Values = (durations / 1e6).astype(np.float32)
        return np.asarray(offers / seconds, dtype=np.float32)

    def arrange(self, rules: PodRules, worth: Worth, offers: Floats, pods: Ads, places: Places) -> Ads:
        """The better of two orders: by density, and with the ads moved to the edges that are worth more there."""
        present = pods != NOTHING
        lasting = np.where(present, rules.durations[np.where(present, pods, 0)], 1)
        plain = seated(offers / lasting, pods, places)
        asked = rules.positions[np.where(present, pods, 0)]
        pinned = (present & (places != 0) & (places != asked)).any(axis=1)
        moved, _ = in_order(rules, worth, offers, pods)
        return np.where(pinned[:, None], plain, moved)


def greedy(problem: Problem, *, stop: Stop, warm: Floats | None = None) -> Solution:
    """A ``Planner`` that needs neither time nor prices; its bound is the knapsack's at prices 0."""
    del stop, warm
    return served_in_rounds(problem, ByDensity())


def greedy_rows(problem: Problem, rows: Rows, remaining: Floats) -> Filled:
    """Pods for some rows, in their order, where ``remaining`` float64[I] is limit less use of each shared row."""
    filler = Filler(problem.rules, problem.worth, problem.tiers, ByDensity())
    return filler(rows, Ledger(problem.shared, remaining))


def greedy_crowd(problem: Problem, crowd: Crowd, *, block: int = BLOCK) -> Served:
    """A pod for each of S single seats, in their order, ``block`` at a time; rows of ``problem`` are not looked at.

    Inside a block ads are appended to all pods in turn, so that the first ad of the last seat comes before the second
    of the first. Raises ``ValueError`` for a row of more than one seat.
    """
    filler = Filler(problem.rules, problem.worth, problem.tiers, ByDensity())
    ledger = Ledger(problem.shared)
    pods = np.full((len(crowd), filler.width), NOTHING, dtype=np.int16)
    gross = 0.0
    placed = np.zeros(problem.rules.ads)
    for start, stop in blocks(len(crowd), block):
        rows = crowd.block(start, stop)
        if rows.seats.max(initial=0) > 1:
            raise ValueError(f"a crowd's rows are one seat each, found {int(rows.seats.max())}")
        filled = filler(rows, ledger)
        pods[start + filled.row] = filled.pods
        gross += float(pod_values(problem.rules, problem.worth, rows.values, pods[start:stop]) @ rows.seats)
        placed += impressions(pods[start:stop], rows.seats.astype(np.float64), problem.rules.ads)
    return Served(pods, gross - penalties(problem.shared, placed), problem.shared.use @ placed)


def served_in_rounds(problem: Problem, ranking: Ranking, rules: PodRules | None = None) -> Solution:
    """Every cohort in turn, a part of its seats in each round; ``rules``, if given, are stricter than the problem's."""
    filler = Filler(rules or problem.rules, problem.worth, problem.tiers, ranking)
    ledger = Ledger(problem.shared)
    seats: Counter[tuple[int, tuple[int, ...]]] = Counter()
    for number in range(ROUNDS):
        for start, stop in blocks(len(problem.rows), BLOCK):
            rows = problem.rows.take(slice(start, stop))
            part = rows.seats * (number + 1) // ROUNDS - rows.seats * number // ROUNDS
            some = Rows(rows.values, rows.allowed, part, rows.ad_time, rows.required)
            filled = filler(some, ledger)
            for row, count, pod in zip(filled.row, filled.seats, filled.pods, strict=True):
                if count:
                    seats[start + int(row), tuple(int(ad) for ad in pod if ad != NOTHING)] += int(count)
    return accounted(problem, seats, iterations=1)
