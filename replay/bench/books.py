"""Random breaks of three kinds, as large as a regional broadcaster's: what planners are compared on.

All kinds: 30 to 60 ads of 20 to 40 campaigns, most of 15 and 30 s; prices spread as a log-normal about 20 a thousand;
20 to 60 cohorts of very unequal size; a break of 90 to 180 s. What an ad is worth to a cohort is its price times a
score of relevance from a few latent tastes and noise, a third up or down. Viewers leave at 1 to 6 % a minute, the first
and the last position may be worth more, a third of the campaigns is targeted, some ask for a position, some cohorts
have reached a cap or may see few ads more. A tenth of the campaigns has a guarantee. Separation is by advertiser and by
category.

scarce     all budgets together pay for 40 to 70 % of the seconds of the break: who gets what matters
ample      budgets are twice to four times what the break can take, and few bind: which pod is best matters
separated  budgets about what the break can take, and wide, nested and overlapping separation with many pairs
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np

from domain.units import Microseconds
from planner.problem import (
    Family,
    Flags,
    Floats,
    Integers,
    Kind,
    PodRules,
    Position,
    Problem,
    Rows,
    Rule,
    Shared,
    Worth,
)

Kindred = Literal["scarce", "ample", "separated"]
KINDS: Final[tuple[Kindred, ...]] = ("scarce", "ample", "separated")
SECONDS: Final = 1_000_000
LENGTHS: Final = (6, 10, 15, 20, 30, 45, 60)
LIKELY: Final = (0.04, 0.06, 0.38, 0.1, 0.34, 0.05, 0.03)
BREAKS: Final = (90, 120, 150, 180)
TASTES: Final = 3
DEMAND: Final[Mapping[Kindred, tuple[float, float]]] = {
    "scarce": (0.4, 0.7),
    "ample": (2.0, 4.0),
    "separated": (0.8, 1.2),
}
"""Seconds of ads that all budgets pay for, per second that the audience has."""


@dataclass(frozen=True, slots=True)
class RandomBook:
    """A break, and each ad's advertiser and category, int64[J]."""

    problem: Problem
    advertisers: Integers
    categories: Integers


def random_problem(seed: int, kind: Kindred) -> Problem:
    """The break of ``random_book``."""
    return random_book(seed, kind).problem


def random_book(seed: int, kind: Kindred) -> RandomBook:
    """The same book for the same seed and kind."""
    random = np.random.default_rng([seed, KINDS.index(kind)])
    campaigns = int(random.integers(20, 41))
    ads = int(random.integers(max(30, campaigns), 61))
    owner = np.concatenate([np.arange(campaigns), random.integers(0, campaigns, ads - campaigns)])
    booker = random.integers(0, max(2, campaigns * 3 // 4), campaigns)
    sector = random.integers(0, 12, campaigns)
    durations = random.choice(LENGTHS, ads, p=LIKELY).astype(np.int64) * SECONDS
    duration = int(random.choice(BREAKS)) * SECONDS
    price = np.round(random.lognormal(3.0, 0.45, campaigns) * 1_000)
    price = price[owner] * np.maximum(0.5, durations / (30.0 * SECONDS)) ** 0.8
    rules = PodRules(
        durations=durations,
        positions=_positions(random, campaigns)[owner],
        families=_families(random, kind, owner, booker[owner], sector[owner]),
        duration=Microseconds(duration),
        minimum_fill=Microseconds(int(random.choice([0, 0, 30 * SECONDS]))),
        maximum_ads=int(random.choice([6, 8, 10, 30])),
    )
    rows = _audience(random, price, owner, duration)
    shared = _shared(random, kind, rules, rows, np.round(price), owner)
    tiers = np.ones(ads, dtype=np.int64)
    return RandomBook(Problem(rules, _worth(random, duration), rows, shared, tiers), booker[owner], sector[owner])


def _positions(random: np.random.Generator, campaigns: int) -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
    """uint8[campaigns]: nine in ten stand anywhere."""
    wanted = [int(Position.ANY), int(Position.FIRST), int(Position.LAST), int(Position.FIRST | Position.LAST)]
    return random.choice(np.array(wanted, dtype=np.uint8), campaigns, p=[0.9, 0.04, 0.03, 0.03])


def _families(
    random: np.random.Generator, kind: Kindred, owner: Integers, advertiser: Integers, category: Integers
) -> tuple[Family, ...]:
    """One ad an advertiser, one or two a category; separated books add sectors above the categories, and pairs."""
    found: list[Family] = []

    def add(flags: Flags, limit: int, rule: Rule, name: str) -> None:
        members = tuple(np.flatnonzero(flags).tolist())
        if len(members) > limit:
            found.append(Family(members, limit, rule, name))

    for number in np.unique(advertiser).tolist():
        add(advertiser == number, 1, Rule.ADVERTISER, f"advertiser {number}")
    separated = kind == "separated"
    for number in np.unique(category).tolist():
        if random.random() < (0.9 if separated else 0.4):
            add(category == number, 1, Rule.SEPARATION, f"category {number}")
    for parent in range(4):
        if separated:
            add(category // 3 == parent, 2, Rule.SEPARATION, f"sector {parent}")
    ads = len(owner)
    for _ in range(ads if separated else ads // 10):
        pair = random.choice(ads, 2, replace=False)
        add(np.isin(np.arange(ads), pair), 1, Rule.AVOID, f"pair {pair.min()} {pair.max()}")
    if separated:
        for number in range(4):
            add(random.random(ads) < 0.15, 1, Rule.SEPARATION, f"label {number}")
    return tuple(found)


def _worth(random: np.random.Generator, duration: int) -> Worth:
    instants = np.arange(0, duration + SECONDS, SECONDS, dtype=np.int64)
    stay = (1.0 - random.uniform(0.01, 0.06)) ** (instants / (60 * SECONDS))
    return Worth(
        instants=instants,
        survival=stay,
        first=float(random.choice([1.0, 1.15])),
        last=float(random.choice([1.0, 1.05])),
        per_second=float(random.choice([0.0, 20.0])),
    )


def _audience(random: np.random.Generator, price: Floats, owner: Integers, duration: int) -> Rows:
    cohorts = int(random.integers(20, 61))
    campaigns = int(owner.max()) + 1
    tastes = random.normal(0.0, 1.0, (cohorts, TASTES)) @ random.normal(0.0, 1.0, (TASTES, campaigns))
    score = np.exp(0.25 * tastes / np.sqrt(TASTES) + random.normal(0.0, 0.15, (cohorts, campaigns)))
    reach = np.where(random.random(campaigns) < 1 / 3, random.uniform(0.3, 0.8, campaigns), 1.0)
    allowed = (random.random((cohorts, campaigns)) < reach) & (random.random((cohorts, campaigns)) < 0.95)
    seats = np.maximum(20, np.round(random.pareto(1.3, cohorts) * 500 + 100)).astype(np.int64)
    return Rows(
        values=(price * score[:, owner]).astype(np.float32),
        allowed=allowed[:, owner],
        seats=np.minimum(seats, 50_000),
        ad_time=np.where(random.random(cohorts) < 0.1, duration * 2 // 3, 10 * duration).astype(np.int64),
        required=np.zeros(cohorts, dtype=np.int64),
    )


def _shared(
    random: np.random.Generator, kind: Kindred, rules: PodRules, rows: Rows, reserve: Floats, owner: Integers
) -> Shared:
    """A budget or a goal for each campaign, in unequal parts of what the kind says; guarantees within reach."""
    campaigns = int(owner.max()) + 1
    seconds = float(rows.seats @ np.minimum(rows.ad_time, rules.duration))
    parts = random.lognormal(0.0, 0.7, campaigns)
    low, high = DEMAND[kind]
    told = random.uniform(low, high) * seconds * parts / parts.sum()
    kinds: list[Kind] = []
    names: list[str] = []
    use: list[Floats] = []
    limit: list[float] = []
    penalty: list[float] = []
    for campaign in range(campaigns):
        own = (owner == campaign).astype(np.float64)
        typical = float(rules.durations[owner == campaign].mean())
        reached = float(rows.seats @ rows.allowed[:, owner == campaign].any(axis=1))
        impressions = told[campaign] / typical
        if random.random() < 0.8:
            kinds.append(Kind.BUDGET)
            use.append(own * reserve)
            limit.append(float(np.round(impressions * reserve[owner == campaign].mean())))
        else:
            kinds.append(Kind.GOAL)
            use.append(own)
            limit.append(float(np.round(impressions)))
        names.append(f"{kinds[-1]} {campaign}")
        penalty.append(0.0)
        if random.random() < 0.1:
            kinds.append(Kind.GUARANTEE)
            names.append(f"guarantee {campaign}")
            use.append(own)
            limit.append(float(np.floor(min(impressions, reached) * random.uniform(0.3, 0.7))))
            penalty.append(float(reserve[owner == campaign].mean()))
    return Shared(tuple(kinds), tuple(names), np.array(use), np.array(limit), np.array(penalty))
