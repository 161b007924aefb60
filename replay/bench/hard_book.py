"""The hard book: a break for a million seats with their own scores, histories that bite, and budgets that run out.

Cohorts have mean values from a factor model; each seat's values are these times noise of its own with mean 1 and a
coefficient of variation of ``SPREAD``. Viewers come in any order, so that the first seats are a fair sample of all.
Nothing is stored by seat but its cohort: values and histories come from a counter-based generator (Philox), keyed by
blocks of ``BLOCK`` seats, so that any range gives the same rows in any order, on any worker.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from statistics import NormalDist
from typing import Final

import numpy as np
from numpy.random import Generator, Philox
from numpy.typing import NDArray

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
    Values,
    Worth,
)

ADS: Final = 150
CAMPAIGNS: Final = 100
ADVERTISERS: Final = 70
GUARANTEED: Final = 12
"""Campaigns with a guarantee."""
BREAK: Final = Microseconds(180_000_000)
SPREAD: Final = 0.3
"""Standard deviation over mean of the seats' values of one ad in one cohort."""
BLOCK: Final = 4_096
"""Seats of one key; ranges that begin and end at its multiples are generated without waste."""
PARTING: Final = 0.04
"""Part of the viewers who are gone by the end of the break."""
WITH_HISTORY: Final = 0.7
"""Part of the seats that have reached caps; each of their cohort's likeliest advertisers with probability 1/4."""
LIKELIEST: Final = 16
"""Advertisers whose caps a cohort's seats may have reached: those that are worth most a second to it."""
WITH_LOAD: Final = 0.03
"""Part of the seats that may see only some more seconds of ads."""
LOADS: Final = (60_000_000, 90_000_000, 120_000_000)

_QUANTILES: Final = 4_096
_FACTORS: Final = 6


class Form(StrEnum):
    """What is short."""

    SCARCE = "scarce"
    """Budgets: nearly all run out, so that what decides is who gets which ad."""
    AMPLE = "ample"
    """Time: half of the campaigns could take all they reach, the other half still run out."""
    SEPARATED = "separated"
    """Room in the pod: few large groups, many ads in a second one, many pairs that avoid each other."""


@dataclass(frozen=True, slots=True)
class Shape:
    """What tells one form from another."""

    groups: int
    """Categories that are kept apart."""
    seconds: int
    """Categories that some ads are in besides."""
    in_second: float
    """Part of the ads that are."""
    pairs: int
    lengths: tuple[int, ...]
    """Seconds, drawn with equal probability."""
    load: float
    """All campaigns' limits together, in viewer seconds, over the break's."""
    tight: float
    """What multiplies the limits of every second campaign."""
    loose: float
    """What multiplies the others'."""


SHAPES: Final = {
    Form.SCARCE: Shape(40, 0, 0.0, 12, (15, 15, 15, 15, 15, 30, 30, 30, 30, 60), 1.1, 1.0, 1.0),
    Form.AMPLE: Shape(40, 0, 0.0, 12, (15, 15, 15, 15, 20, 30, 30, 30, 45, 60), 1.0, 0.35, 4.0),
    Form.SEPARATED: Shape(8, 6, 0.3, 40, (15, 15, 15, 15, 15, 30, 30, 30, 30, 60), 1.0, 1.0, 1.0),
}


@dataclass(frozen=True, slots=True)
class SeatCrowd:
    """Seats with values and histories of their own; ``planner.problem.Crowd``.

    ``cohort_of`` int32[S]; ``means`` float32[K, J] and ``targeted`` bool[K, J] of the cohorts; ``ranks`` uint16[K, J]:
    which of the cohort's likeliest advertisers has the ad, ``LIKELIEST`` for none. Four bytes a seat.
    """

    seed: int
    cohort_of: NDArray[np.int32]
    means: Values
    targeted: Flags
    ranks: NDArray[np.uint16]
    noise: Values

    def __len__(self) -> int:
        return len(self.cohort_of)

    def block(self, start: int, stop: int) -> Rows:
        """Rows ``start`` to ``stop``, each seat its own."""
        count, ads = stop - start, self.means.shape[1]
        values = np.empty((count, ads), dtype=np.float32)
        allowed = np.empty((count, ads), dtype=np.bool_)
        ad_time = np.empty(count, dtype=np.int64)
        for number in range(start // BLOCK, -(-stop // BLOCK)):
            first, last = max(start, number * BLOCK), min(stop, (number + 1) * BLOCK)
            here = slice(first - start, last - start)
            self._fill(number, slice(first - number * BLOCK, last - number * BLOCK), values[here], allowed[here])
            ad_time[here] = self._loads(number)[first - number * BLOCK : last - number * BLOCK]
        ones = np.ones(count, dtype=np.int64)
        return Rows(values, allowed, ones, ad_time, np.zeros(count, dtype=np.int64))

    def without_histories(self, start: int, stop: int) -> Rows:
        """The same rows with every cap lifted."""
        rows = self.block(start, stop)
        targeted = self.targeted[self.cohort_of[start:stop]]
        return Rows(rows.values, targeted, rows.seats, rows.ad_time, rows.required)

    def _fill(self, number: int, part: slice, values: Values, allowed: Flags) -> None:
        ads = self.means.shape[1]
        cohorts = self.cohort_of[number * BLOCK :][part]
        words = self._words(number, 0, BLOCK * ads).reshape(BLOCK, ads)[part]
        np.take(self.noise, words >> np.uint16(4), out=values)
        values *= self.means[cohorts]
        reached = self._histories(number)[part]
        capped = (reached[:, None] >> self.ranks[cohorts]) & np.uint32(1)
        np.logical_and(self.targeted[cohorts], capped == 0, out=allowed)

    def _histories(self, number: int) -> NDArray[np.uint32]:
        """uint32[BLOCK]: a bit for each of the likeliest advertisers whose cap the seat has reached."""
        whether, once, again = self._words(number, 1, 3 * BLOCK).reshape(3, BLOCK)
        bits = np.where(whether < WITH_HISTORY * 2**16, once & again, np.uint16(0))
        return bits.astype(np.uint32)

    def _loads(self, number: int) -> Integers:
        """int64[BLOCK]: microseconds of ads that each seat may still see."""
        whether, which = self._words(number, 2, 2 * BLOCK).reshape(2, BLOCK)
        some = np.array(LOADS, dtype=np.int64)[which % len(LOADS)]
        return np.where(whether < WITH_LOAD * 2**16, some, int(BREAK))

    def _words(self, number: int, purpose: int, count: int) -> NDArray[np.uint16]:
        """uint16[count] of the block's stream for one purpose: a draw of one does not move those of another."""
        stream = Philox(key=self.seed << 64 | number << 2 | purpose)
        return stream.random_raw(-(-count // 4)).view(np.uint16)[:count]


@dataclass(frozen=True, slots=True)
class HardBook:
    """The break for cohorts' means (``problem``) and for seats (``crowd``); ``campaigns`` int64[J] of the ads."""

    problem: Problem
    crowd: SeatCrowd
    campaigns: Integers

    @property
    def cohort_of(self) -> NDArray[np.int32]:
        """int32[S]."""
        return self.crowd.cohort_of


def hard(seed: int, seats: int = 1_000_000, cohorts: int = 2_000, form: Form = Form.SCARCE) -> HardBook:
    """The same book for the same arguments."""
    random = np.random.default_rng([seed, list(Form).index(form)])
    shape = SHAPES[form]
    campaigns = np.concatenate([np.arange(CAMPAIGNS), random.integers(0, CAMPAIGNS, ADS - CAMPAIGNS)])
    advertisers = random.integers(0, ADVERTISERS, CAMPAIGNS)[campaigns]
    home = random.integers(0, shape.groups, ADVERTISERS)[advertisers]
    categories = np.where(random.random(ADS) < 0.8, home, random.integers(0, shape.groups, ADS))
    rules = _rules(random, shape, advertisers, categories)
    cohort_of = _audience(random, seats, cohorts)
    sizes = np.bincount(cohort_of, minlength=cohorts)
    length = rules.durations / 30e6
    drawn = random.permutation(CAMPAIGNS)
    guaranteed = drawn[:GUARANTEED]
    prices = random.lognormal(0.0, 0.45, CAMPAIGNS)
    # What is guaranteed was sold cheaply, so that nobody would serve it without the penalty.
    prices[guaranteed] *= 0.35
    bids = np.rint(18_000 * length**0.8 * prices[campaigns]).astype(np.int64)
    means = (_scores(random, cohorts, categories) * bids).astype(np.float32)
    share = np.where(random.random(CAMPAIGNS) < 0.5, 1.0, random.uniform(0.15, 0.7, CAMPAIGNS))
    targeted = (random.random((cohorts, CAMPAIGNS)) < share)[:, campaigns]
    problem = Problem(
        rules=rules,
        worth=Worth(
            instants=np.array([0, int(BREAK)]),
            survival=np.array([1.0, 1.0 - PARTING]),
            first=1.05,
            last=1.02,
            per_second=10.0,
            load=15.0,
            load_free=150_000_000,
        ),
        rows=Rows(
            means,
            targeted,
            sizes.astype(np.int64),
            np.full(cohorts, int(BREAK), dtype=np.int64),
            np.zeros(cohorts, dtype=np.int64),
        ),
        shared=_shared(random, shape, rules, campaigns, bids, sizes @ targeted, drawn),
        tiers=np.ones(ADS, dtype=np.int64),
    )
    ranks = _ranks(means / rules.durations, targeted, advertisers)
    return HardBook(problem, SeatCrowd(seed, cohort_of, means, targeted, ranks, _noise()), campaigns)


def _rules(random: Generator, shape: Shape, advertisers: Integers, categories: Integers) -> PodRules:
    found: list[Family] = []
    for group in range(shape.groups):
        found += _family(np.flatnonzero(categories == group), Rule.SEPARATION, f"category {group}")
    second = np.where(random.random(ADS) < shape.in_second, random.integers(0, max(1, shape.seconds), ADS), -1)
    for group in range(shape.seconds):
        found += _family(np.flatnonzero(second == group), Rule.SEPARATION, f"second category {group}")
    for advertiser in range(ADVERTISERS):
        found += _family(np.flatnonzero(advertisers == advertiser), Rule.ADVERTISER, f"advertiser {advertiser}")
    for number in range(shape.pairs):
        found += _family(random.choice(ADS, 2, replace=False), Rule.AVOID, f"pair {number}")
    positions = np.full(ADS, int(Position.ANY), dtype=np.uint8)
    asking = random.choice(ADS, 5, replace=False)
    positions[asking[:3]], positions[asking[3:]] = int(Position.FIRST), int(Position.LAST)
    return PodRules(
        durations=random.choice(shape.lengths, ADS).astype(np.int64) * 1_000_000,
        positions=positions,
        families=tuple(found),
        duration=BREAK,
        minimum_fill=Microseconds(30_000_000),
        maximum_ads=12,
    )


def _family(members: Integers, rule: Rule, name: str) -> list[Family]:
    return [Family(tuple(sorted(members.tolist())), 1, rule, name)] if len(members) > 1 else []


def _audience(random: Generator, seats: int, cohorts: int) -> NDArray[np.int32]:
    """int32[S]: cohorts of unequal size, every one with a seat where there are enough, in random order."""
    likely = random.lognormal(0.0, 0.8, cohorts)
    every = np.arange(min(seats, cohorts))
    rest = random.choice(cohorts, seats - len(every), p=likely / likely.sum())
    return random.permutation(np.concatenate([every, rest]).astype(np.int32))


def _scores(random: Generator, cohorts: int, categories: Integers) -> Floats:
    """float64[K, J] with mean 1 over the cohorts: what they like by category, and some noise by ad."""
    tastes = random.standard_normal((cohorts, _FACTORS)) / np.sqrt(_FACTORS)
    traits = random.standard_normal((int(categories.max()) + 1, _FACTORS))[categories]
    # einsum and not a matrix product: the same sum in the same order with any number of threads.
    liking = 0.45 * np.einsum("kf,jf->kj", tastes, traits) + 0.25 * random.standard_normal((cohorts, ADS))
    scores = np.exp(liking)
    return np.asarray(scores / scores.mean(axis=0), dtype=np.float64)


def _ranks(density: Floats, targeted: Flags, advertisers: Integers) -> NDArray[np.uint16]:
    """uint16[K, J]: the place of each ad's advertiser among the cohort's likeliest, ``LIKELIEST`` beyond them."""
    worth = np.where(targeted, density, 0.0)
    best = np.zeros((len(density), ADVERTISERS))
    for advertiser in np.unique(advertisers):
        best[:, advertiser] = worth[:, advertisers == advertiser].max(axis=1)
    places = (-best).argsort(axis=1, kind="stable").argsort(axis=1, kind="stable")
    return np.asarray(np.minimum(places, LIKELIEST)[:, advertisers], dtype=np.uint16)


def _noise() -> Values:
    """float32[4096]: equally likely values of a lognormal with mean 1 and coefficient of variation ``SPREAD``."""
    deviation = float(np.sqrt(np.log1p(SPREAD**2)))
    middles = (np.arange(_QUANTILES) + 0.5) / _QUANTILES
    found = np.exp(deviation * np.array([NormalDist().inv_cdf(middle) for middle in middles.tolist()]))
    return np.asarray(found / found.mean(), dtype=np.float32)


def _shared(
    random: Generator,
    shape: Shape,
    rules: PodRules,
    campaigns: Integers,
    bids: Integers,
    reach: Integers,
    drawn: Integers,
) -> Shared:
    """Budgets, goals, guarantees and shares.

    ``reach`` int64[J]: seats that are in each ad's targeting; ``drawn`` int64[C]: the campaigns in random order, those
    with guarantees first.
    """
    owns = campaigns[None, :] == np.arange(CAMPAIGNS)[:, None]
    seats = int(reach.max())
    parts = random.lognormal(0.0, 0.7, CAMPAIGNS)
    parts *= shape.load * seats * int(BREAK) / parts.sum()
    of_one = np.array([rules.durations[own].mean() for own in owns])
    least = np.array([bids[own].min() for own in owns])
    most = np.array([reach[own].max() for own in owns])
    factor = np.where(np.arange(CAMPAIGNS) % 2 == 0, shape.tight, shape.loose)
    fair = np.minimum(parts / of_one, 0.5 * most)
    impressions = np.maximum(1, np.floor(fair * factor)).astype(np.int64)
    kinds: list[Kind] = []
    names: list[str] = []
    use: list[Floats] = []
    bounds: list[tuple[float, float]] = []

    def add(kind: Kind, campaign: int, coefficients: Floats, limit: float, penalty: float = 0.0) -> None:
        kinds.append(kind)
        names.append(f"campaign {campaign}")
        use.append(coefficients)
        bounds.append((limit, penalty))

    guaranteed, goals = drawn[:GUARANTEED].tolist(), drawn[GUARANTEED // 2 :][:25].tolist()
    capped, promised = drawn[40:43].tolist(), drawn[50:52].tolist()
    for campaign in range(CAMPAIGNS):
        own = owns[campaign].astype(np.float64)
        if campaign in goals:
            add(Kind.GOAL, campaign, own, int(impressions[campaign]))
        else:
            add(Kind.BUDGET, campaign, own * bids, int(impressions[campaign] * least[campaign]))
        if campaign in guaranteed:
            add(Kind.GUARANTEE, campaign, own, int(0.6 * fair[campaign]), 3.0 * float(least[campaign]))
    placed = float(fair.sum())
    for campaign in capped:
        add(Kind.SHARE_MAXIMUM, campaign, owns[campaign] - 0.5 * float(fair[campaign]) / placed, 0.0)
    for campaign in promised:
        fine = float(least[campaign])
        add(Kind.SHARE_MINIMUM, campaign, owns[campaign] - 0.8 * float(fair[campaign]) / placed, 0.0, fine)
    limits, penalties = np.array(bounds, dtype=np.float64).T.copy()
    return Shared(tuple(kinds), tuple(names), np.array(use), limits, penalties)
