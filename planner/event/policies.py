"""What others do with an event, to measure a plan against.

Each serves break after break, as ``planner.event.play`` asks for them, and none exceeds a hard limit.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Final, NamedTuple

import numpy as np

from domain.errors import InputError
from planner.book.document import shown
from planner.event.night import Night, NightPrices, Scene
from planner.event.plan import plan_night
from planner.event.play import Asked, Offered, Policy, play
from planner.event.scaling import solve
from planner.eventfile import BaselineFile
from planner.filling import Filled, Filler, Places, Ranking, seated
from planner.greedy import ROUNDS, ByDensity
from planner.ledger import Ledger
from planner.port import Iterations
from planner.price.port import Pricing
from planner.price.pricing import Dynamic
from planner.problem import Ads, Floats, Integers, Kind, PodRules, Rows, Shared, Values, Worth
from planner.seats.prices import crowd_prices
from planner.solvers.lp import Linear
from planner.worth import pod_values

UNITS: Final = 1_000
"""Of a viewer: those who fill pods an ad at a time count whole ones."""
SAMPLE: Final = 400
"""Viewers whose wishes a break's own prices are found by."""
SEARCH: Final = Iterations(25, 0.01)
"""For these prices."""
MOVED: Final = 0.2
"""Standard deviation of the logarithm by which they are moved, to see other good pods."""
LOOKS: Final = 1
PROGRAMS: Final = 1
"""Times that pods are asked for at moved prices, and at those of a linear program."""
EARLIER: Final = 10.0
"""What an ad weighs against one of the next tier, where no plan says it and prices are all that decides."""
PLANNING: Final = Iterations(20, 0.01)
"""For the event's prices, where none are given."""


class ByPrice:
    """The dearest first, and in this order on the screen."""

    def rank(self, offers: Values, durations: Integers) -> Values:
        """Micros."""
        del durations
        return offers.copy()

    def arrange(self, rules: PodRules, worth: Worth, offers: Floats, pods: Ads, places: Places) -> Ads:
        """By falling price, but for ads that must stand at an edge."""
        del rules, worth
        return seated(offers, pods, places)


class FirstCome:
    """Pods filled an ad at a time as ``planner.greedy`` does it, from what is left: later breaks are not thought of."""

    def __init__(self, night: Night, ranking: Ranking, *, units: int = UNITS) -> None:
        self._night = night
        self._ranking = ranking
        self._units = units
        self._fillers: dict[int, Filler] = {}

    def __call__(self, asked: Asked) -> Offered:
        """Every cohort in turn, a part of its viewers in each round, so that none takes all before others are asked."""
        scene = self._night.scenes[asked.scene]
        if asked.scene not in self._fillers:
            tiers = self._night.tiers[scene.ads]
            self._fillers[asked.scene] = Filler(scene.rules, scene.worth, tiers, self._ranking)
        filler = self._fillers[asked.scene]
        shared = replace(self._night.shared, use=scene.use)
        values = asked.rows.values if asked.rows.costs is None else asked.rows.values - asked.rows.costs
        seats = np.floor(asked.seats * self._units).astype(np.int64)
        rows = replace(asked.rows, values=values, costs=None)
        ledger = Ledger(shared, asked.left * self._units)
        parts = [filler(replace(rows, seats=seats), ledger)]
        if not _alike(ledger, Ledger(shared, asked.left * self._units)):
            # Something ran out on the way: whoever is asked last would find the least.
            ledger = Ledger(shared, asked.left * self._units)
            cuts = [seats * number // ROUNDS for number in range(ROUNDS + 1)]
            parts = [filler(replace(rows, seats=more - less), ledger) for less, more in pairwise(cuts)]
        return _joined(parts, self._units)


class Even:
    """First come first served, from a part of each budget and goal alone.

    Every break has its part by the viewer seconds expected in it; what earlier breaks left of theirs comes on top.
    """

    def __init__(self, night: Night) -> None:
        self._policy = FirstCome(night, ByDensity())
        paced = np.array([kind in {Kind.BUDGET, Kind.GOAL} for kind in night.shared.kinds], dtype=np.bool_)
        seconds = [
            np.where((scene.use > 0.0).any(axis=1), float(scene.seats.sum()) * scene.duration / 1e6, 0.0)
            for scene in night.scenes
        ]
        weights = np.array(seconds).reshape(len(night.scenes), len(night.shared))
        later = weights[::-1].cumsum(axis=0)[::-1] - weights
        part = later / np.maximum(weights.sum(axis=0), 1e-300)
        self._kept = np.where(paced, night.shared.limit * part, 0.0)

    def __call__(self, asked: Asked) -> Offered:
        """As ``FirstCome``, what later breaks shall have taken off."""
        kept = self._kept[asked.scene]
        left = np.where(kept > 0.0, np.maximum(asked.left - kept, 0.0), asked.left)
        return self._policy(replace(asked, left=left))


class Myopic:
    """Each break planned by itself: the best that there is in what earlier breaks left, as if none came after.

    Pods come from pricing near prices that some viewers' wishes are in balance at, and at those of two linear programs
    over them; caps are looked after as for all policies.
    """

    def __init__(self, night: Night, seed: int) -> None:
        self._night = night
        self._seed = seed
        self._prices = np.zeros(len(night.shared))

    def __call__(self, asked: Asked) -> Offered:
        """The break's own plan; whoever that leaves out has the best pod at its prices."""
        scene = self._night.scenes[asked.scene]
        # What is left is at least nothing; of lower bounds that are kept less is left.
        left = np.where(self._night.shared.at_least, asked.left, np.maximum(asked.left, 0.0))
        shared = replace(self._night.shared, use=scene.use, limit=left)
        pricing = quick(scene.rules, scene.worth)
        rows = _weighed(self._night, asked)
        if asked.again:
            return _best(rows, asked.seats, pricing, shared.costs(self._prices))
        random = np.random.default_rng([self._seed, asked.scene])
        self._prices = _balanced(rows, asked.seats, pricing, shared, self._prices, random)
        moves = np.exp(MOVED * random.standard_normal((LOOKS, len(shared))))
        parts = [_best(rows, asked.seats, pricing, shared.costs(self._prices * move)) for move in (1.0, *moves)]
        found = _mixed(scene, rows, asked.seats, parts, shared)
        for _ in range(PROGRAMS):
            self._prices = found.prices
            parts.append(_best(rows, asked.seats, pricing, shared.costs(self._prices)))
            found = _mixed(scene, rows, asked.seats, parts, shared)
        self._prices = found.prices
        # Who sees slate in the mix may have a pod that the program does not know of.
        rest = np.maximum(asked.seats - np.bincount(found.offered.rows, found.offered.seats, len(rows)), 0.0)
        parts = [found.offered, _best(rows, rest, pricing, shared.costs(self._prices))]
        return _stacked(parts)


class _Mixed(NamedTuple):
    """The best that some pods can be mixed to, and the shared rows' ``prices`` float64[I] there."""

    offered: Offered
    prices: Floats


def _balanced(
    rows: Rows, seats: Floats, pricing: Pricing, shared: Shared, warm: Floats, random: np.random.Generator
) -> Floats:
    """float64[I]: prices at which some viewers, drawn by ``seats``, ask for their part of what there is."""
    total = float(seats.sum())
    crowd = _Viewers(rows.take(random.choice(len(rows), SAMPLE, p=seats / total)))
    part = replace(shared, limit=shared.limit * (SAMPLE / total))
    return crowd_prices(pricing, crowd, part, stop=(SEARCH,), warm=warm, samples=(SAMPLE,))


def _mixed(scene: Scene, rows: Rows, seats: Floats, parts: Sequence[Offered], shared: Shared) -> _Mixed:
    """The linear program of one scene over the pods of ``parts``: viewers, shared rows and what is short of them."""
    every = _stacked(parts)
    first, _ = _distinct(every.rows, every.pods)
    who, pods = every.rows[first], every.pods[first]
    padded = np.append(shared.use, np.zeros((len(shared), 1)), axis=1)
    use = padded[:, pods].sum(axis=2)
    costs = np.zeros(len(who))
    if rows.costs is not None:
        costs = np.append(rows.costs, np.zeros((len(rows), 1)), axis=1)[who[:, None], pods].sum(axis=1)
    short = np.flatnonzero(shared.at_least)
    which, columns = np.nonzero(use)
    lacking = np.maximum(shared.limit[short], 0.0) + (np.maximum(-use[short], 0.0) * seats[who]).sum(axis=1)
    solved = solve(
        Linear(
            np.append(pod_values(scene.rules, scene.worth, rows.values[who], pods) - costs, -shared.penalty[short]),
            np.append(seats[who], lacking),
            np.append(np.full(len(seats), -np.inf), np.where(shared.at_least, shared.limit, -np.inf)),
            np.append(seats, np.where(shared.at_least, np.inf, shared.limit)),
            np.concatenate([who, len(seats) + which, len(seats) + short]),
            np.concatenate([np.arange(len(who)), columns, len(who) + np.arange(len(short))]),
            np.concatenate([np.ones(len(who)), use[which, columns], np.ones(len(short))]),
        )
    )
    own = np.where(shared.at_least, -1.0, 1.0) * solved.duals[len(seats) :]
    prices = np.clip(own, 0.0, np.where(shared.at_least, shared.penalty, np.inf))
    return _Mixed(Offered(who, pods, np.maximum(solved.values[: len(who)], 0.0)), prices)


class AtPrices:
    """Pods by the event plan's prices, which stay as they are: the plan without anybody who looks after it."""

    def __init__(self, night: Night, prices: NightPrices) -> None:
        self._night = night
        self._prices = prices

    def __call__(self, asked: Asked) -> Offered:
        """The best pods at the event's prices of what is shared and of reach."""
        scene = self._night.scenes[asked.scene]
        local = np.full(len(self._night.ads), -1, dtype=np.int64)
        local[scene.ads] = np.arange(len(scene.ads))
        costs = np.zeros(asked.rows.values.shape, dtype=np.float32)
        for row, prices in zip(self._night.reach, self._prices.reach, strict=True):
            own = prices[asked.cohorts]
            here = local[row.ads] >= 0
            if row.first <= asked.scene < row.stop and own.any() and here.any():
                costs[:, local[row.ads[here]]] += (own[:, None] * row.use[here]).astype(np.float32)
        weights = self._prices.weights
        rows = _weighed(self._night, asked)
        if weights is not None:
            rows = replace(asked.rows, values=asked.rows.values * weights[scene.ads].astype(np.float32))
        rows = replace(rows, costs=costs)
        shared = replace(self._night.shared, use=scene.use)
        return _best(rows, asked.seats, quick(scene.rules, scene.worth), shared.costs(self._prices.shared))


@dataclass(frozen=True, slots=True)
class Rival:
    """A policy by what it does; ``made`` of a night, a seed and the event plan's prices, if there are any."""

    description: str
    made: Callable[[Night, int, NightPrices | None], Policy]


POLICIES: Final[Mapping[str, Rival]] = {
    "greedy": Rival(
        "the most value per second first, first come first served, without a thought for later breaks",
        lambda night, _seed, _prices: FirstCome(night, ByDensity()),
    ),
    "rank": Rival(
        "the dearest ad first, then the next that fits, as open auctions rank",
        lambda night, _seed, _prices: FirstCome(night, ByPrice()),
    ),
    "even": Rival(
        "budgets and goals spread over breaks by expected viewer seconds, greedy within them",
        lambda night, _seed, _prices: Even(night),
    ),
    "myopic": Rival(
        "each break planned best by itself, with what earlier ones left",
        lambda night, seed, _prices: Myopic(night, seed),
    ),
    "prices": Rival(
        "the event plan's prices kept all night, without a plan made anew after each break",
        lambda night, seed, prices: AtPrices(night, prices or plan_night(night, stop=PLANNING, seed=seed).prices),
    ),
}


def compare(
    night: Night, names: Sequence[str], seed: int = 0, *, prices: NightPrices | None = None
) -> tuple[BaselineFile, ...]:
    """What the policies ``names`` make of a night; ``prices`` are those of the event plan, found here if not given.

    Raises ``InputError`` for a name that no policy has.
    """
    unknown = sorted(set(names) - set(POLICIES))
    if unknown:
        raise InputError("policy", f"one of {', '.join(POLICIES)}", shown(unknown[0]))
    promised = np.array([kind is Kind.GUARANTEE for kind in night.shared.kinds], dtype=np.bool_)
    found = []
    for name in names:
        played = play(night, POLICIES[name].made(night, seed, prices))
        found.append(
            BaselineFile(
                policy=name,
                value=round(played.value),
                fill=played.fill,
                impressions=played.impressions,
                short=float(played.short[promised].sum()),
            )
        )
    return tuple(found)


def quick(rules: PodRules, worth: Worth) -> Pricing:
    """Pricing whose pods are good, and whose bounds nobody asks for."""
    return Dynamic(rules, worth, dtype=np.float32, rounds=1, tolerance=1e-3)


@dataclass(frozen=True, slots=True)
class _Viewers:
    """Some viewers, as a ``planner.problem.Crowd``."""

    rows: Rows

    def __len__(self) -> int:
        return len(self.rows)

    def block(self, start: int, stop: int) -> Rows:
        return self.rows.take(slice(start, stop))


def _alike(one: Ledger, other: Ledger) -> bool:
    """Whether both have the same ads open, and as much to pay for each."""
    same_bonus = bool((one.bonus() == other.bonus()).all())
    return same_bonus and bool((one.closed(one.desk()) == other.closed(other.desk())).all())


def _joined(parts: Sequence[Filled], units: int) -> Offered:
    """Equal pods of a row are one portion."""
    rows = np.concatenate([part.row for part in parts])
    pods = np.concatenate([part.pods for part in parts])
    first, which = _distinct(rows, pods)
    seats = np.bincount(which, weights=np.concatenate([part.seats for part in parts]), minlength=len(first))
    return Offered(rows[first], pods[first], seats / units)


def _stacked(parts: Sequence[Offered]) -> Offered:
    return Offered(*(np.concatenate(each) for each in zip(*parts, strict=True)))


def _distinct(rows: Integers, pods: Ads) -> tuple[Integers, Integers]:
    """Where each pair of a row and its pod stands first, and the number of each one's pair among these."""
    keys = np.ascontiguousarray(np.column_stack([rows, pods.astype(np.int64)]))
    whole = keys.view(f"V{keys.shape[1] * keys.itemsize}").ravel()
    _, first, which = np.unique(whole, return_index=True, return_inverse=True)
    return first, which


def _weighed(night: Night, asked: Asked) -> Rows:
    """The rows with values that put earlier tiers before later ones."""
    tiers = night.tiers[night.scenes[asked.scene].ads]
    later = len(np.unique(night.tiers)) - 1 - np.searchsorted(np.unique(night.tiers), tiers)
    weights = (EARLIER**later).astype(np.float32)
    return replace(asked.rows, values=asked.rows.values * weights)


def _best(rows: Rows, seats: Floats, pricing: Pricing, costs: Floats) -> Offered:
    return Offered(np.arange(len(rows)), pricing(rows, costs).pods, seats)
