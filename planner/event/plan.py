"""A night planned: prices that all cohorts share, evenings for each of them, and how far from the best that can be.

Two decompositions inside one another. The event's program chooses evenings by prices of what all share; a cohort's
program chooses pods by prices of how far its caps reach; pods come from exact pricing at both. By weak duality

    UB = sum lambda_i B_i - sum nu_i G_i + sum_k ( sum_g mu_kg R_kg + sum_a n_ka bound_ka )

with bound_ka the most that a legal pod of act a is worth to cohort k at these prices, is what no plan exceeds. At given
prices of what is shared it falls apart by cohorts, so that each keeps the best prices of its own that were seen.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from planner.event.acts import Act, acts, by_scene
from planner.event.answer import NightPlan
from planner.event.asking import Either, closely
from planner.event.evenings import Evenings, Mixes
from planner.event.fluid import Fluid
from planner.event.lead import Lead, Led, Steady
from planner.event.master import Evening, Master, Optimum
from planner.event.night import Night, NightPrices
from planner.event.opening import opening
from planner.event.outcome import excess, nothing, portions
from planner.event.steps import Steps
from planner.event.trim import trimmed
from planner.master.turn import PROMISED, Prices, Turn, timeless
from planner.plan import Certificate
from planner.port import Stop
from planner.price.port import Priced, Pricing
from planner.problem import Floats, Problem

JITTER: Final = 0.05
"""Of an ad's value: what costs are moved by to see other good pods."""
JITTERED: Final = 6
"""Pricings with moved costs before the first evenings."""
NEAR: Final = 0.3
"""How far from a cohort's best prices of reach towards its program's pricing is asked."""
TOWARDS: Final = 0.5
"""The first step from the best bound's prices towards the event's program's."""
PATIENCE: Final = 2
"""Rounds at the same shared prices before others are tried."""
CLOSE: Final = 1e-7
"""Relative gain of a plan below which nothing has been gained."""
RIPE: Final = 0.03
"""Of the evenings' worth: what their bounds may be off before other evenings than those at the prices are made."""
REHEARSALS: Final = 24
"""Rounds in which shared prices move with what evenings ask for, before they stay and evenings are put together."""
SETTLED: Final = 8
"""Last of these rounds, the mean of whose prices stays: each alone asks now for too much, now for too little."""
SLOW: Final = 0.95
"""Of what they were off a round before: then it is no longer new pods that they lack."""
INNER: Final = 2
"""Solves of the event's program in a round, each with evenings at what it makes of the prices, before pods are asked
again."""
WITHIN: Final = 0.3
"""How far from the round's prices towards the event's program's every second of these evenings is made."""
ENOUGH: Final = 5e-4
"""Relative gain of a solve below which the round ends."""
FIRST_PROMISE: Final = 10.0
"""Price of a promise to an earlier tier, to begin with."""
THREADS: Final = 2


@dataclass(frozen=True, slots=True)
class Heard:
    """How far planning is: ``stage`` in words, ``value`` of the best plan and ``bound``, micros, where known."""

    stage: str
    iteration: int
    value: float | None
    bound: float | None


def plan_night(
    night: Night,
    *,
    stop: Stop,
    heard: Callable[[Heard], None] | None = None,
    warm: NightPlan | None = None,
    seed: int = 0,
) -> NightPlan:
    """The plan when ``stop`` says so, or when no pod can make it better; an iteration is one pricing of all scenes.

    ``warm`` is a plan of a night with the same scenes, cohorts and rows, whose figures may have changed. The same
    arguments give the same plan, if ``stop`` counts iterations.
    """
    parts = acts(night)
    if not night.ads or not any(act.seats.any() for act in parts):
        return nothing(night)
    with ThreadPoolExecutor(THREADS, thread_name_prefix="scenes") as pool:
        return _Search(night, parts, stop, heard or _unheard, seed, pool).run(warm)


class _Search:
    """One planning: the turn, prices, pods and evenings so far."""

    def __init__(
        self,
        night: Night,
        parts: tuple[Act, ...],
        stop: Stop,
        heard: Callable[[Heard], None],
        seed: int,
        pool: ThreadPoolExecutor,
    ) -> None:
        self._night = night
        self._acts = parts
        self._stop = stop
        self._heard = heard
        self._random = np.random.default_rng(seed)
        self._pool = pool
        first = parts[0].scene
        self._turn = Turn(Problem(first.rules, first.worth, first.rows, night.shared, night.tiers), 0, np.zeros(0))
        self._evenings = Evenings(night, parts, self._turn.place, len(self._turn.levels), pool)
        self._limit = np.array([reach.limit for reach in night.reach]).reshape(len(night.reach), len(night.cohorts))
        self._ceiling = np.array([reach.penalty for reach in night.reach])[:, None]
        self._seats = np.array([act.seats for act in parts])
        self._everyone = np.arange(len(night.cohorts), dtype=np.int64)
        self._pricing: list[Pricing] = []
        self._master = Master(night)
        self._optimum: Optimum | None = None
        self._mixed = np.zeros_like(self._limit)
        self._left = np.inf
        self._latest: Evening | None = None
        self._iterations = 0
        self._inner = 0
        self._stopped = False
        self._bound = np.inf
        self._best = (self._turn.start(), np.zeros_like(self._limit))

    def run(self, warm: NightPlan | None) -> NightPlan:
        """All turns of the tiers, one after another."""
        prices = self._turn.start()
        reach = None
        if warm is not None:
            prices = self._turn.legal(Prices(warm.prices.shared, prices.promised))
            reach = warm.prices.reach
            self._evenings.learn(warm.shown)
        while True:
            self._begin_turn()
            if reach is None:
                fluid = Fluid(self._night, self._acts, self._weights(prices))
                prices, reach = opening(fluid, self._turn, prices, self._random, lambda: self._asked(None))
                self._look_around(prices, reach)
            self._generate(prices, reach, patient=warm is None)
            self._settle()
            if self._turn.last or self._optimum is None:
                break
            prices = self._pass_on()
            reach = None
        return self._answer()

    def _begin_turn(self) -> None:
        self._bound = self._left = np.inf
        self._optimum = self._latest = None
        last = self._turn.last
        self._pricing = [
            Either(act.scene.rules, act.scene.worth if last else timeless(act.scene.worth)) for act in self._acts
        ]

    def _weights(self, prices: Prices) -> Floats:
        found = self._turn.weights(prices)
        return np.ones(len(self._night.ads)) if found is None else found

    def _look_around(self, prices: Prices, reach: Floats) -> None:
        for _ in range(JITTERED):
            if self._stopped:
                return
            self._price(prices, reach, jitter=JITTER)
            self._asked(None)

    def _price(self, prices: Prices, reach: Floats, *, jitter: float = 0.0) -> tuple[Floats, int]:
        """One iteration: float64[K], what no evening of each cohort exceeds at these prices, and how many new pods.

        With ``jitter`` the costs are moved, and the figures bound nothing.
        """
        weights = self._turn.weights(prices)
        signed = np.where(self._turn.at_least, -prices.shared, prices.shared)
        asked = []
        for act in self._acts:
            rows = act.rows(reach)
            if jitter:
                assert rows.costs is not None, "an act's rows have costs"
                moved = jitter * rows.values * self._random.standard_normal(rows.values.shape, dtype=np.float32)
                rows = replace(rows, costs=rows.costs + moved)
            asked.append((rows, signed @ act.scene.use, None if weights is None else weights[act.scene.ads]))

        def ask(number: int) -> Priced:
            return self._pricing[number](*asked[number])

        bound = (reach * self._limit).sum(axis=0)
        new = 0
        for number, priced in enumerate(self._pool.map(ask, range(len(self._acts)))):
            bound = bound + self._seats[number] * priced.bound
            new += self._evenings.add(number, self._everyone, priced.pods)
        self._iterations += 1
        return bound, new

    def _shared_part(self, prices: Prices) -> float:
        """What limits cost and promises bring at ``prices``: the part of the bound that is no cohort's."""
        shared = self._night.shared
        signed = np.where(shared.at_least, -prices.shared, prices.shared)
        return float((signed * shared.limit).sum()) - float((prices.promised * self._turn.promises).sum())

    def _generate(self, prices: Prices, reach: Floats, *, patient: bool) -> None:
        """Rounds of evenings, pods and prices, until the stop or until nothing new is found."""
        centre, step, since, closer, by_steps = prices, TOWARDS, 0, False, False
        own = reach
        steps, rehearsals = Steps(self._night), REHEARSALS if patient else 0
        rehearsed: list[Floats] = []
        bounds, _ = self._price(centre, own)
        while True:
            self._note(centre, bounds, own)
            mixes = self._perform(centre, INNER if patient else 1, bounds, rehearsing=rehearsals > 0)
            mixed = mixes.reach
            if self._asked(self._gap()):
                return
            # Each cohort goes on from the best prices of its own at these shared prices.
            tried = np.minimum(own + NEAR * (mixed - own), self._soft_ceiling())
            if rehearsals:
                # While evenings ripen, prices move to where these balance; bounds are those of the new prices then.
                rehearsals -= 1
                asked = steps.next(centre.shared, mixes.use.sum(axis=0))
                rehearsed.append(asked)
                if not rehearsals:
                    asked = np.mean(rehearsed[-SETTLED:], axis=0)
                centre, own = self._turn.legal(Prices(asked, centre.promised)), tried
                bounds, new = self._price(centre, own)
                continue
            found, new = self._price(centre, tried)
            better = found < bounds
            bounds, own = np.where(better, found, bounds), np.where(better, tried, own)
            since += 1
            if since >= PATIENCE or not new:
                since = 0
                assert self._optimum is not None, "not rehearsing"
                wanted = self._turn.legal(Prices(self._optimum.shared, self._optimum.promised))
                by_steps = not by_steps
                asked = steps.next(centre.shared, mixes.use.sum(axis=0))
                balanced = self._turn.legal(Prices(asked, centre.promised))
                moved = balanced if by_steps else self._turn.legal(centre.towards(wanted, step))
                found, more = self._price(moved, own)
                new += more
                ahead = self._shared_part(moved) + float(found.sum())
                if ahead < self._shared_part(centre) + float(bounds.sum()):
                    centre, bounds = moved, found
                elif not by_steps:
                    step = step / 2.0 if step > 1.0 / 64.0 else TOWARDS
            if not new and not self._brings_more(centre):
                if closer:
                    self._note(centre, bounds, own)
                    return
                closer = True
                self._look_closer()

    def _brings_more(self, centre: Prices) -> bool:
        """Ask at the programs' own prices; whether that brings new pods, or a better plan."""
        assert self._optimum is not None
        news = 0
        for prices in (centre, self._turn.legal(Prices(self._optimum.shared, self._optimum.promised))):
            mixes = self._mixed_at(prices, Steady(len(self._everyone), prices.shared))
            bounds, new = self._price(prices, np.minimum(mixes.reach, self._soft_ceiling()))
            self._note(prices, bounds, mixes.reach)
            self._master.add(Evening.of(mixes))
            news += new
        before = self._optimum.value
        self._optimum = self._master.solve(self._turn)
        return news > 0 or self._optimum.value > before + CLOSE * abs(before)

    def _note(self, prices: Prices, bounds: Floats, reach: Floats) -> None:
        bound = self._shared_part(prices) + float(bounds.sum())
        if bound < self._bound:
            self._bound, self._best = bound, (prices, reach)

    def _perform(self, prices: Prices, inner: int, bounds: Floats, *, rehearsing: bool) -> Mixes:
        """Evenings at ``prices``; where these are near their ``bounds`` float64[K], others led from there, and at what
        the event's program makes of the prices, ``inner`` times.

        Returns the first ones.
        """
        mixes = self._mixed_at(prices, Steady(len(self._everyone), prices.shared))
        self._mixed = mixes.reach
        self._latest = Evening.of(mixes)
        if rehearsing:
            return mixes
        self._master.add(self._latest)
        left = float((bounds - mixes.reduced).sum())
        ripe = left <= RIPE * float(np.abs(mixes.parts).sum()) or left > self._left * SLOW
        self._left = left
        for pricing in self._pricing:
            if isinstance(pricing, Either):
                pricing.careful = pricing.careful or ripe
        if ripe:
            ceiling = np.where(self._turn.at_least, self._turn.penalties(prices), np.inf)
            led = Led(self._night.shared, prices.shared, ceiling, self._seats.sum(axis=0), self._random)
            evening = Evening.of(self._mixed_at(prices, led))
            self._master.add(evening)
            cut = trimmed(self._evenings, evening)
            if cut is not None:
                self._master.add(cut)
        self._optimum = self._master.solve(self._turn)
        for _ in range(inner if ripe else 0):
            before = self._optimum.value
            wanted = self._turn.legal(Prices(self._optimum.shared, self._optimum.promised))
            self._inner += 1
            asked = wanted if self._inner % 2 else prices.towards(wanted, WITHIN)
            self._master.add(Evening.of(self._mixed_at(asked, Steady(len(self._everyone), asked.shared))))
            self._optimum = self._master.solve(self._turn)
            if self._asked(self._gap()) or self._optimum.value - before < ENOUGH * abs(self._optimum.value):
                break
        return mixes

    def _mixed_at(self, prices: Prices, lead: Lead) -> Mixes:
        weights = self._turn.parts(prices)
        columns = self._evenings.columns(weights, prices.shared, self._mixed)
        return self._evenings.mixes(columns, weights, lead, soft=self._turn.last)

    def _look_closer(self) -> None:
        """From now on price exactly, where the program in order leaves doubt."""
        last = self._turn.last
        self._pricing = [
            closely(act.scene.rules, act.scene.worth if last else timeless(act.scene.worth)) for act in self._acts
        ]

    def _soft_ceiling(self) -> Floats:
        return self._ceiling if self._turn.last else np.where(np.isfinite(self._ceiling), 0.0, np.inf)

    def _gap(self) -> float:
        if self._optimum is None or not self._turn.last:
            return np.inf
        gross = max(abs(self._optimum.value), 1e-9)
        return max(0.0, self._bound - self._optimum.value) / gross

    def _asked(self, gap: float | None) -> bool:
        """Tell and ask whether to stop."""
        value = None if self._optimum is None else self._optimum.value
        bound = self._bound if np.isfinite(self._bound) else None
        tiers = len(self._turn.levels)
        stage = "planning" if tiers == 1 else f"planning tier {self._turn.turn + 1} of {tiers}"
        self._heard(Heard("preparing" if gap is None else stage, self._iterations, value, bound))
        self._stopped = self._stopped or self._stop(self._iterations, np.inf if gap is None else gap)
        return self._stopped

    def _pass_on(self) -> Prices:
        """The next tier's turn, with this one's promise, and the prices that it begins at."""
        turn, held = self._turn, self._best[0]
        assert self._optimum is not None, "a turn ends with a program solved"
        parts = np.einsum("ek,ekt->t", self._optimum.shares, np.array([each.parts for each in self._master.evenings]))
        use = np.einsum("ek,eki->i", self._optimum.shares, np.array([each.use for each in self._master.evenings]))
        own = turn.at_least & (turn.row_place == turn.turn)
        short = np.where(own, np.maximum(self._night.shared.limit - use, 0.0), 0.0)
        had = float(parts[turn.turn]) - float((self._night.shared.penalty * short).sum())
        self._turn = Turn(turn.problem, turn.turn + 1, np.append(turn.promises, had - PROMISED * abs(had)))
        self._master.turned()
        promised = np.append(held.promised * (1.0 + FIRST_PROMISE), FIRST_PROMISE)
        return self._turn.legal(Prices(held.shared * (1.0 + FIRST_PROMISE), promised))

    def _settle(self) -> None:
        """A turn that was stopped before its evenings were put together has a plan too."""
        if self._optimum is None and self._latest is not None:
            self._master.add(self._latest)
            cut = trimmed(self._evenings, self._latest)
            if cut is not None:
                self._master.add(cut)
            self._optimum = self._master.solve(self._turn)

    def _answer(self) -> NightPlan:
        night = self._night
        if self._optimum is None:
            return nothing(night, self._iterations, self._bound)
        shown, gross = portions(self._evenings, self._master.evenings, self._optimum.shares)
        shown = by_scene(night, self._acts, shown)
        use = np.einsum("ij,j->i", np.zeros((len(night.shared), 0)), np.zeros(0))
        placed = shown.placed(night)
        use = np.sum([scene.use @ placed[number, scene.ads] for number, scene in enumerate(night.scenes)], axis=0)
        short = np.where(night.shared.at_least, np.maximum(night.shared.limit - use, 0.0), 0.0)
        value = gross - float((night.shared.penalty * short).sum()) - excess(night, shown)
        prices, reach = self._best
        if not self._turn.last:
            prices, reach, bound = self._turn.start(), np.zeros_like(reach), np.inf
        else:
            bound = self._bound
        certificate = Certificate(value, gross, max(bound, value))
        return NightPlan(shown, NightPrices(prices.shared, reach), certificate, short, self._iterations)


def _unheard(heard: Heard) -> None:
    """Nobody listens."""
