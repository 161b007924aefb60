"""Small random events in which every feature of a night appears often, and whose pods can all be tried.

A ``whole`` night has numbers that an integer program can hold: every scene's viewers times its weight are whole,
reserves are whole micros, shares are fifths or halves, limits are whole, and a cap counts an ad as 1, 2 or a half, or
its microseconds.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final

import numpy as np

from domain.units import Microseconds
from planner.event.night import HARD, Night, Reach, Scene
from planner.problem import Flags, Floats, Integers, Kind, PodRules, Position, Required, Rows, Rule, Shared, Worth
from tests.planner.instances import POSITIONS, SECONDS, curve, families

LENGTHS: Final = (10, 15, 15, 20, 30)
BREAKS: Final = (45, 60, 90)
SHAPES: Final = ("none", "none", "disjoint", "nested", "overlapping", "pairs", "mixed")
WEIGHTS: Final = (0.25, 0.5, 0.75)
PARTS: Final = 4
"""Viewers in multiples of this are whole times any of ``WEIGHTS``."""
DEAR: Final = 100.0
"""A high penalty, in values of the dearest pod there could be: more than keeping a promise ever costs others."""


class Fines(StrEnum):
    """What it costs to break a promise."""

    MILD = "mild"
    """From a tenth of an impression's value to three times that."""
    HIGH = "high"
    """More than anything that keeping it could cost."""


@dataclass(frozen=True, slots=True)
class Size:
    """How large a night may be: each number is drawn between its two ends, which count."""

    cohorts: tuple[int, int] = (2, 4)
    viewers: tuple[int, int] = (50, 400)
    scenes: tuple[int, int] = (2, 4)
    ads: tuple[int, int] = (4, 8)
    pod: tuple[int, int] = (2, 4)


SMALL: Final = Size()
TINY: Final = Size(cohorts=(1, 2), viewers=(1, 3), scenes=(1, 2), ads=(2, 3), pod=(1, 2))
"""So small that all its plans can be tried."""


@dataclass(frozen=True, slots=True)
class Ads:
    """``owner`` int64[J]: each ad's campaign; ``durations`` and ``positions`` int64[J]; ``values`` float64[K, J]."""

    owner: Integers
    durations: Integers
    positions: Integers
    values: Floats

    @property
    def typical(self) -> float:
        """Micros of one impression."""
        return float(self.values.mean())


@dataclass(frozen=True, slots=True)
class Moment:
    """A scene's place in the event; its break comes for certain if it is ``planned``."""

    brk: int
    duration: int
    weight: float
    planned: bool


def night(seed: int, *, size: Size = SMALL, whole: bool = True, fines: Fines = Fines.MILD) -> Night:
    """A random event, of ``whole`` seats in every scene or of fractions; the same for the same arguments."""
    random = np.random.default_rng([seed, 11])
    cohorts, ads = _between(random, size.cohorts), _between(random, size.ads)
    moments = _moments(random, _between(random, size.scenes))
    made = _ads(random, cohorts, ads)
    base = random.integers(size.viewers[0], size.viewers[1] + 1, cohorts)
    scenes = [_scene(random, made, moment, size, _viewers(random, base, moment, whole=whole)) for moment in moments]
    planned = np.array([moment.planned for moment in moments])
    shared = _shared(random, made, scenes, planned, fines)
    counted = [shared.use * (moment.planned | ~shared.at_least)[:, None] for moment in moments]
    return Night(
        ads=tuple(f"ad {ad}" for ad in range(ads)),
        campaigns=tuple(f"campaign {campaign}" for campaign in made.owner),
        cohorts=tuple(f"cohort {cohort}" for cohort in range(cohorts)),
        tiers=np.ones(ads, dtype=np.int64),
        scenes=tuple(replace(scene, use=use[:, scene.ads]) for scene, use in zip(scenes, counted, strict=True)),
        shared=shared,
        reach=_reach(random, made, scenes, whole=whole),
    )


def _between(random: np.random.Generator, ends: tuple[int, int]) -> int:
    return int(random.integers(ends[0], ends[1] + 1))


def _ads(random: np.random.Generator, cohorts: int, ads: int) -> Ads:
    campaigns = int(random.integers(1, min(ads, 5) + 1))
    positions = np.full(ads, int(Position.ANY), dtype=np.int64)
    bound = random.random(ads) < 0.12
    positions[bound] = random.choice([int(each) for each in POSITIONS], int(bound.sum()))
    return Ads(
        owner=np.sort(np.concatenate([np.arange(campaigns), random.integers(0, campaigns, ads - campaigns)])),
        durations=random.choice(LENGTHS, ads).astype(np.int64) * SECONDS,
        positions=positions,
        values=random.uniform(2_000, 40_000) * random.lognormal(0.0, 0.5, (cohorts, ads)),
    )


def _moments(random: np.random.Generator, scenes: int) -> list[Moment]:
    """Breaks one after the other: some have two durations, some may not come."""
    found: list[Moment] = []
    while len(found) < scenes:
        brk = found[-1].brk + 1 if found else 0
        weight, way = float(random.choice(WEIGHTS)), random.random()
        if way < 0.35 and scenes - len(found) > 1:
            short, long = sorted(random.choice(BREAKS, 2, replace=False).tolist())
            found.append(Moment(brk, short * SECONDS, weight, planned=True))
            found.append(Moment(brk, long * SECONDS, 1.0 - weight, planned=True))
        elif way > 0.75:
            found.append(Moment(brk, int(random.choice(BREAKS)) * SECONDS, weight, planned=False))
        else:
            found.append(Moment(brk, int(random.choice(BREAKS)) * SECONDS, 1.0, planned=True))
    return found


def _viewers(random: np.random.Generator, base: Integers, moment: Moment, *, whole: bool) -> Floats:
    """Viewers come and go, and now and then a cohort is not there."""
    viewers = np.maximum(base * random.uniform(0.5, 1.0, len(base)), 1.0)
    viewers[random.random(len(base)) < 0.04] = 0.0
    if not whole:
        return viewers
    parts = 1 if moment.weight == 1.0 else PARTS
    return parts * np.ceil(viewers / parts)


def _scene(random: np.random.Generator, made: Ads, moment: Moment, size: Size, viewers: Floats) -> Scene:
    """A scene that admits some ads; what they use of shared rows comes later."""
    admitted: Flags = random.random(len(made.owner)) < random.choice([1.0, 0.85, 0.6])
    admitted[int(random.integers(len(admitted)))] = True
    ads = np.flatnonzero(admitted).astype(np.int64)
    rules = PodRules(
        durations=made.durations[ads],
        positions=made.positions[ads].astype(np.uint8),
        families=families(random, len(ads), str(random.choice(SHAPES))),
        duration=Microseconds(moment.duration),
        minimum_fill=Microseconds(int(random.choice([0, 0, 0, moment.duration // 3]))),
        maximum_ads=_between(random, size.pod),
        required=_required(random, len(ads)),
    )
    return Scene(
        brk=moment.brk,
        at=Microseconds(600 * SECONDS * (moment.brk + 1)),
        duration=Microseconds(moment.duration),
        weight=moment.weight,
        rules=rules,
        worth=_worth(random, moment.duration, made.typical),
        rows=_rows(random, made.values[:, ads] * random.uniform(0.6, 1.6), rules),
        ads=ads,
        use=np.zeros((0, len(ads))),
        viewers=viewers,
    )


def _required(random: np.random.Generator, ads: int) -> tuple[tuple[Required, ...], ...]:
    """The empty set, and sometimes a guaranteed position or a campaign that must be there."""
    if random.random() < 0.8:
        return ((),)
    members = tuple(np.flatnonzero(random.random(ads) < 0.5).tolist()) or (0,)
    where = Position(int(random.choice([int(Position.FIRST), int(Position.LAST), int(Position.ANY)])))
    return (), (Required(members, where, "guaranteed"),)


def _worth(random: np.random.Generator, duration: int, typical: float) -> Worth:
    instants, survival = curve(random, duration)
    return Worth(
        instants=instants,
        survival=survival,
        first=float(random.choice([1.0, 1.0, 1.3, 0.8])),
        last=float(random.choice([1.0, 1.0, 1.15, 0.7])),
        per_second=float(random.choice([0.0, typical / 60])),
        load=float(random.choice([0.0, 0.0, typical / 25])),
        load_free=duration // 2,
    )


def _rows(random: np.random.Generator, values: Floats, rules: PodRules) -> Rows:
    noisy = values * random.lognormal(0.0, 0.15, values.shape)
    if random.random() < 0.15:
        noisy = np.where(random.random(values.shape) < 0.2, -noisy / 4, noisy)
    whole, cohorts = int(rules.duration), len(values)
    return Rows(
        values=noisy.astype(np.float32),
        allowed=random.random(values.shape) < random.choice([1.0, 0.9, 0.7]),
        # A night's rows say nothing of seats: whoever looks at these counts nobody.
        seats=np.zeros(cohorts, dtype=np.int64),
        ad_time=random.choice([whole, whole, whole, 2 * whole, 20 * SECONDS], cohorts).astype(np.int64),
        required=random.integers(0, len(rules.required), cohorts).astype(np.int64),
    )


def supply(scenes: list[Scene], members: Flags) -> float:
    """Seats that one of the ads ``members`` bool[J] may be shown to, each once a scene."""
    found = 0.0
    for scene in scenes:
        may = scene.rows.allowed & (scene.rules.durations <= scene.rules.duration) & members[scene.ads]
        found += float(scene.seats[may.any(axis=1)].sum())
    return found


def _shared(random: np.random.Generator, made: Ads, scenes: list[Scene], planned: Flags, fines: Fines) -> Shared:
    """Rows of each campaign: a budget, a goal, a guarantee, a share at most or at least, some of which bind."""
    kinds: list[Kind] = []
    names: list[str] = []
    use: list[Floats] = []
    limit: list[float] = []
    penalty: list[float] = []
    promised = float(random.choice([0.3, 0.6, 1.1]))
    dearest = 4.0 * 1.6 * float(made.values.max())
    certain = [scene for scene, sure in zip(scenes, planned, strict=True) if sure]

    def add(kind: Kind, coefficients: Floats, bound: float) -> None:
        mild = float(random.choice([0.1, 1.0, 3.0])) * made.typical
        kinds.append(kind)
        names.append(f"campaign {campaign}")
        use.append(np.asarray(coefficients, dtype=np.float64))
        limit.append(bound)
        penalty.append((DEAR * dearest if fines is Fines.HIGH else mild) if kind.at_least else 0.0)

    for campaign in range(int(made.owner.max()) + 1):
        members: Flags = made.owner == campaign
        own = members.astype(np.float64)
        seen = supply(scenes, members)
        if random.random() < 0.4:
            reserve = np.round(made.values.max(axis=0))
            add(Kind.BUDGET, own * reserve, float(round(made.typical * seen * random.uniform(0.0, 1.0))))
        if random.random() < 0.3:
            add(Kind.GOAL, own, float(round(seen * random.uniform(0.0, 1.0))))
        if random.random() < 0.5:
            add(Kind.GUARANTEE, own, float(round(supply(certain, members) * random.uniform(0.0, promised))))
        if random.random() < 0.2:
            add(Kind.SHARE_MAXIMUM, own - float(random.choice([0.2, 0.5])), 0.0)
        elif random.random() < 0.2:
            add(Kind.SHARE_MINIMUM, own - float(random.choice([0.2, 0.5])), 0.0)
    return Shared(
        kinds=tuple(kinds),
        names=tuple(names),
        use=np.array(use).reshape(len(kinds), len(made.owner)),
        limit=np.array(limit, dtype=np.float64),
        penalty=np.array(penalty, dtype=np.float64),
    )


def _reach(random: np.random.Generator, made: Ads, scenes: list[Scene], *, whole: bool) -> tuple[Reach, ...]:
    """Caps of a campaign or of any ads, over all scenes or some, hard or soft, from tight to loose."""
    found = []
    for number in range(int(random.integers(0, 4))):
        members: Flags = made.owner == random.integers(int(made.owner.max()) + 1)
        if random.random() < 0.3:
            members = random.random(len(made.owner)) < 0.5
        ads = np.flatnonzero(members).astype(np.int64)
        first, stop = 0, len(scenes)
        if random.random() < 0.4:
            first, stop = sorted(random.choice(len(scenes) + 1, 2, replace=False).tolist())
        seats = np.sum([scene.seats for scene in scenes[first:stop]], axis=0)
        limit = seats * random.uniform(0.0, 0.9, len(seats))
        use, hard = random.choice([1.0, 1.0, 1.0, 2.0, 0.5], len(ads)), random.random() < 0.6
        if random.random() < 0.2:
            # What a viewer may see in all, counted in microseconds: a row of other size than the rest.
            use, limit, hard = made.durations[ads].astype(np.float64), limit * 20 * SECONDS, True
        found.append(
            Reach(
                rule=Rule.CAP,
                name=f"cap {number}",
                ads=ads,
                use=use,
                first=first,
                stop=stop,
                limit=np.floor(limit) if whole else limit,
                penalty=HARD if hard else made.typical * float(random.choice([0.2, 1.0, 3.0])),
            )
        )
    return tuple(found)
