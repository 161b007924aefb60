"""Small random breaks in which every structural feature of the rules and of the worth of a pod appears often."""

from __future__ import annotations

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
    Required,
    Rows,
    Rule,
    Shared,
    Worth,
)

SECONDS = 1_000_000
LENGTHS = (6_000_000, 10_000_000, 15_000_000, 15_015_000, 20_000_000, 30_000_000, 30_030_000, 45_000_000, 60_000_000)
LIKELY = (0.12, 0.12, 0.2, 0.12, 0.12, 0.14, 0.08, 0.06, 0.04)
BREAKS = (30, 45, 60, 90, 120, 120, 180)
POSITIONS = (Position.FIRST, Position.LAST, Position.FIRST | Position.LAST)


def _members(random: np.random.Generator, ads: int, least: int, most: int) -> tuple[int, ...]:
    size = min(int(random.integers(least, most + 1)), ads)
    return tuple(sorted(int(ad) for ad in random.choice(ads, size=size, replace=False)))


def families(random: np.random.Generator, ads: int, shape: str) -> tuple[Family, ...]:
    """Some families: "none", "disjoint", "nested", "overlapping", "pairs" or "mixed"."""
    found: list[Family] = []

    def add(members: tuple[int, ...], limit: int, rule: Rule) -> None:
        found.append(Family(members, limit, rule, f"{rule} {len(found)}"))

    if shape in {"disjoint", "nested", "mixed"}:
        order = [int(ad) for ad in random.permutation(ads)]
        while order:
            size = int(random.integers(1, 4))
            group, order = tuple(sorted(order[:size])), order[size:]
            if shape == "nested" and len(group) > 2:
                add(group, 2, Rule.CAP_BREAK)
                add(group[:2], 1, Rule.ADVERTISER)
            elif len(group) > 1:
                add(group, 1 + int(random.random() < 0.25), Rule.ADVERTISER)
        if shape == "nested" and ads > 3:
            wide = tuple(sorted({ad for family in found[:3] for ad in family.members}))
            if len(wide) > 1:
                add(wide, int(random.integers(1, 3)), Rule.SEPARATION)
    if shape in {"overlapping", "mixed"}:
        for _ in range(int(random.integers(1, 5))):
            add(_members(random, ads, 2, 5), 1 + int(random.random() < 0.3), Rule.SEPARATION)
    if shape in {"pairs", "mixed"}:
        for _ in range(int(random.integers(1, 2 * ads))):
            add(_members(random, ads, 2, 2), 1, Rule.AVOID)
    return tuple(found)


def curve(random: np.random.Generator, duration: int) -> tuple[Integers, Floats]:
    """A survival curve: flat, falling evenly, or falling in steps with flat and steep parts."""
    shape = int(random.integers(3))
    if shape == 0:
        return np.array([0], dtype=np.int64), np.array([random.choice([1.0, 0.9])])
    if shape == 1:
        instants = np.linspace(0, duration, 13).astype(np.int64)
        return instants, np.exp(-random.uniform(0.02, 0.5) * instants / 60e6)
    instants = np.unique(np.append(random.integers(0, duration, 4), [0, duration])).astype(np.int64)
    drops = random.choice([0.0, 0.02, 0.2], len(instants)) * random.random(len(instants))
    return instants, np.maximum(0.0, 1.0 - np.cumsum(drops) + drops[0])


def instance(seed: int, *, ads: int | None = None, rows: int = 4) -> tuple[PodRules, Worth, Rows]:
    """A break of 4 to 9 ads, unless ``ads`` says how many, what a pod is worth, and some rows of audience."""
    random = np.random.default_rng([seed, 1])
    count = ads or int(random.integers(4, 10))
    duration = int(random.choice(BREAKS)) * SECONDS
    lengths = random.choice(LENGTHS, size=int(random.integers(1, 6)), p=LIKELY)
    durations = random.choice(lengths, count).astype(np.int64)
    positions = np.full(count, int(Position.ANY), dtype=np.uint8)
    if random.random() < 0.5:
        for ad in range(count):
            if random.random() < 0.25:
                positions[ad] = int(POSITIONS[int(random.integers(3))])
    shape = str(random.choice(["none", "disjoint", "nested", "overlapping", "pairs", "mixed"]))
    rules = PodRules(
        durations=durations,
        positions=positions,
        families=families(random, count, shape),
        duration=Microseconds(duration),
        minimum_fill=Microseconds(int(random.choice([0, 0, 0, duration // 4, duration // 2, duration * 4 // 5]))),
        maximum_ads=int(random.choice([1, 2, 3, 4, 4, 5, 6] if count < 7 else [1, 2, 3, 4, 4, 4])),
        required=_required(random, count),
    )
    instants, survival = curve(random, duration)
    value = random.uniform(2_000, 40_000)
    worth = Worth(
        instants=instants,
        survival=survival,
        first=float(random.choice([1.0, 1.0, 1.3, 0.8])),
        last=float(random.choice([1.0, 1.0, 1.15, 0.7])),
        per_second=float(random.choice([0.0, value / 40])),
        load=float(random.choice([0.0, value / 60, value / 15])),
        load_free=int(random.choice([0, duration // 4, duration // 2])),
    )
    return rules, worth, _audience(random, rules, rows, value)


def _required(random: np.random.Generator, ads: int) -> tuple[tuple[Required, ...], ...]:
    """The empty set, and up to two others: a guaranteed position, two of them, a campaign that must be there."""
    sets: list[tuple[Required, ...]] = [()]
    for number in range(int(random.integers(0, 3))):
        wanted = [Required(_members(random, ads, 1, 3), Position.FIRST, f"first {number}")]
        if random.random() < 0.5:
            wanted = [Required(_members(random, ads, 1, 3), Position.LAST, f"last {number}")]
        if random.random() < 0.3:
            other = Position(int(random.choice([int(Position.FIRST), int(Position.LAST), int(Position.ANY)])))
            wanted.append(Required(_members(random, ads, 1, 3), other, f"other {number}"))
        sets.append(tuple(wanted))
    return tuple(sets)


def _audience(random: np.random.Generator, rules: PodRules, rows: int, value: float) -> Rows:
    ads = rules.ads
    values = random.lognormal(0.0, 0.5, (rows, ads)) * value
    if random.random() < 0.3:
        values *= rules.durations / 30e6
    if random.random() < 0.3:
        values = np.where(random.random((rows, ads)) < 0.2, -values / 4, values)
    if random.random() < 0.1:
        values[:, :] = np.round(value)
    allowed: Flags = random.random((rows, ads)) < random.choice([1.0, 0.9, 0.7])
    whole = int(rules.duration)
    ad_time = random.choice([whole, whole, whole, 2 * whole, whole * 2 // 3, 20 * SECONDS, 0], rows).astype(np.int64)
    return Rows(
        values=values.astype(np.float32),
        allowed=allowed,
        seats=random.choice([0, 1, 7, 100, 1_000], rows, p=[0.05, 0.2, 0.25, 0.25, 0.25]).astype(np.int64),
        ad_time=ad_time,
        required=random.integers(0, len(rules.required), rows).astype(np.int64),
    )


def prices(seed: int, rows: Rows) -> tuple[Floats, Floats | None]:
    """``costs`` and ``weights`` for the ads of ``rows``: nothing, costs, and bonuses that guarantees pay."""
    random = np.random.default_rng([seed, 2])
    ads = rows.values.shape[1]
    typical = float(np.abs(rows.values).mean())
    costs = typical * random.choice([0.0, 0.3, 0.8]) * random.random(ads)
    if random.random() < 0.4:
        costs = np.where(random.random(ads) < 0.4, -typical * random.random(ads), costs)
    weights: Floats | None = None
    if random.random() < 0.5:
        weights = random.choice([0.0, 1.0, 1.0, 0.5], ads)
    return np.asarray(costs), weights


def problem(seed: int, *, ads: int | None = None, rows: int = 4, tiers: int = 1) -> Problem:
    """An instance with 1 to 4 campaigns: budgets, goals, guarantees and shares, some of which bind."""
    rules, worth, audience = instance(seed, ads=ads, rows=rows)
    random = np.random.default_rng([seed, 3])
    count = rules.ads
    campaigns = int(random.integers(1, 5))
    owner = random.integers(0, campaigns, count)
    seats = float(audience.seats.sum())
    typical = float(np.abs(audience.values).mean())
    kinds: list[Kind] = []
    names: list[str] = []
    use: list[Floats] = []
    limit: list[float] = []
    penalty: list[float] = []

    def add(kind: Kind, campaign: int, coefficients: Floats, bound: float, price: float = 0.0) -> None:
        kinds.append(kind)
        names.append(f"campaign {campaign}")
        use.append(np.asarray(coefficients, dtype=np.float64))
        limit.append(bound)
        penalty.append(price)

    for campaign in range(campaigns):
        own = (owner == campaign).astype(np.float64)
        if random.random() < 0.6:
            reserve = np.round(audience.values.max(axis=0).clip(1.0)).astype(np.float64)
            add(Kind.BUDGET, campaign, own * reserve, float(round(typical * seats * random.uniform(0.0, 1.0))))
        if random.random() < 0.4:
            add(Kind.GOAL, campaign, own, float(round(seats * random.uniform(0.0, 1.0))))
        if random.random() < 0.4:
            fine = float(random.choice([0.1, 1.0, 3.0])) * typical
            add(Kind.GUARANTEE, campaign, own, float(round(seats * random.uniform(0.0, 1.2))), fine)
        if random.random() < 0.3:
            add(Kind.SHARE_MAXIMUM, campaign, own - float(random.choice([0.2, 0.5])), 0.0)
        elif random.random() < 0.3:
            add(Kind.SHARE_MINIMUM, campaign, own - float(random.choice([0.2, 0.5])), 0.0, typical / 2)
    return Problem(
        rules=rules,
        worth=worth,
        rows=audience,
        shared=Shared(
            kinds=tuple(kinds),
            names=tuple(names),
            use=np.array(use).reshape(len(kinds), count),
            limit=np.array(limit, dtype=np.float64),
            penalty=np.array(penalty, dtype=np.float64),
        ),
        tiers=random.integers(1, tiers + 1, campaigns)[owner].astype(np.int64),
    )
