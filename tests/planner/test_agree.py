"""The rules of ``planner.check`` and the arrays of ``planner.build`` say the same of every small pod."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import permutations, product

import numpy as np

from domain.errors import InputError
from domain.units import Microseconds
from planner.book.model import CapOf
from planner.book.read import Booked
from planner.build.build import Built, build
from planner.build.exclusives import TOGETHER
from planner.check.facts import Facts
from planner.check.history import PERIODS, History, HistoryCheck
from planner.check.pod import PodCheck
from planner.legal import all_legal, legal
from planner.problem import NOTHING, Rule
from tests.planner.build.books import random_book

OF_A_PLAN = {Rule.SEATS, Rule.BUDGET, Rule.GOAL, Rule.SHARE, Rule.STATED}
ENOUGH = 100
"""Books in which a rule alone refuses a pod."""
SEEDS = (7, 8, 9, 10)
BOOKS = 900
"""For each seed."""

Names = tuple[str, ...]


def pods(creatives: Names) -> Iterator[Names]:
    """All ordered pods of up to four different creatives, and those of two that are one."""
    for length in range(5):
        yield from permutations(creatives, length)
    yield from ((name, name) for name in creatives)


def capped_short(booked: Booked, built: Built, row: int) -> set[str]:
    """Creatives of campaigns and advertisers of which a longer cap leaves this cohort some, but fewer than there are.

    For these the arrays may allow less than the rules do (see ``planner.build.narrowing``), never more.
    """
    facts = Facts(booked)
    seen = History(facts, booked.book.breaks[0], booked.book.audience.cohorts[row])
    families = [family for ad in facts.ads.values() for family in ad.families() if family[0] is not CapOf.CREATIVE]
    found: set[str] = set()
    for family in families:
        members = {name for name in built.ads if family in facts.ads[name].families()}
        for per in PERIODS:
            limit, times = facts.limit(family, per), seen.times[per][family]
            if limit is not None and times and 0 < limit - times < len(members):
                found |= members
    return found


@dataclass
class Count:
    """``alone``: books in which a rule alone refuses a pod; ``given_up``: pods that narrowing gives up."""

    alone: Counter[Rule] = field(default_factory=Counter)
    pods: int = 0
    legal: int = 0
    given_up: int = 0
    conflicts: int = 0


def compare(booked: Booked, count: Count) -> None:
    """Hold both forms of the rules together over one book."""
    brk = booked.book.breaks[0]
    duration = Microseconds(int(brk.durations[0].seconds * 1_000_000))
    built = build(booked, brk, duration)
    problem = built.problem
    number = {name: ad for ad, name in enumerate(built.ads)}
    chosen = list(pods(tuple(creative.id for creative in booked.book.creatives)))
    of_break = PodCheck(Facts(booked), brk)
    broken = [{each.rule for each in of_break(duration, pod)} for pod in chosen]
    alone: set[Rule] = set()
    for row, cohort in enumerate(booked.book.audience.cohorts):
        of_cohort = HistoryCheck(of_break, cohort, duration)
        given_up = capped_short(booked, built, row)
        known = []
        for pod, rules in zip(chosen, broken, strict=True):
            against = rules | {each.rule for each in of_cohort(pod)}
            alone |= against if len(against) == 1 else set()
            if any(name not in number for name in pod):
                assert against, (pod, "is refused by the arrays and by no rule")
                continue
            ads = [number[name] for name in pod]
            found = legal(problem.rules, problem.rows, row, ads)
            known.append((ads, found is None))
            if against:
                assert found is not None, (pod, cohort.id, against)
            elif found is not None:
                assert given_up.intersection(pod), (pod, cohort.id, found)
                count.given_up += 1
            count.pods += 1
            count.legal += found is None
        matrix = np.full((len(known), 4), NOTHING, dtype=np.int16)
        for index, (ads, _) in enumerate(known):
            matrix[index, : len(ads)] = ads
        rows = problem.rows.take(np.full(len(known), row, dtype=np.int64))
        assert all_legal(problem.rules, rows, matrix).tolist() == [each for _, each in known]
    count.alone.update(alone)


def test_rules_and_arrays_agree(capsys):
    count = Count()
    for seed, book in product(SEEDS, range(BOOKS)):
        booked = random_book(seed * 1_000 + book, ads=(4, 4) if book % 20 else (6, 7))
        try:
            compare(booked, count)
        except InputError as error:
            if error.expected != TOGETHER:
                raise
            count.conflicts += 1
        except AssertionError as error:
            raise AssertionError(f"book {seed * 1_000 + book}: {error}") from error
    books = len(SEEDS) * BOOKS
    rules = [rule for rule in Rule if rule not in OF_A_PLAN]
    with capsys.disabled():
        print(
            f"\n{books} books, {count.conflicts} of them with contracts that cannot hold together; {count.pods} pods,"
        )
        print(f"{count.legal} of them legal, {count.given_up} given up; books in which a rule alone refuses a pod:")
        print(", ".join(f"{rule} {count.alone[rule]}" for rule in rules))
    assert {rule: count.alone[rule] for rule in rules if count.alone[rule] < ENOUGH} == {}
    assert count.conflicts < books // 5
    assert count.legal > count.pods // 20
    assert 0 < count.given_up < count.legal // 50
