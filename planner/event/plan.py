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
from dataclasses import dataclass
from typing import Final

import numpy as np

from planner.event.acts import Act, acts, by_scene
from planner.event.answer import NightPlan
from planner.event.bounds import Bounds
from planner.event.evenings import Evenings, Mixes
from planner.event.fluid import Fluid
from planner.event.lead import Lead, Led, Steady
from planner.event.master import Evening, Master, Optimum
from planner.event.night import Night, NightPrices
from planner.event.opening import opening
from planner.event.outcome import excess, nothing, portions
from planner.event.sample import of_cohorts
from planner.event.steps import Steps
from planner.event.trim import trimmed
from planner.master.turn import PROMISED, Prices, Turn
from planner.plan import Certificate
from planner.port import Stop
from planner.problem import Floats, Problem

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
LOOKS: Final = 6
"""Pricings with moved costs before the first evenings, to see other good pods."""
MANY: Final = 600
SAMPLE: Final = 200
"""More cohorts than that let so many of them rehearse first."""
REHEARSALS: Final = 24
"""Rounds in which shared prices move with what evenings ask for, before they stay and evenings are put together."""
AFTER: Final = 24
"""The same for all cohorts after some of them."""
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
        self._ceiling = np.array([reach.penalty for reach in night.reach])[:, None]
        self._everyone = np.arange(len(night.cohorts), dtype=np.int64)
        self._bounds = Bounds(night, parts, self._evenings, pool, self._random)
        self._master = Master(night)
        self._optimum: Optimum | None = None
        self._mixed = np.zeros_like(self._bounds.limit)
        self._left = np.inf
        self._latest: Evening | None = None
        self._inner = 0
        self._stopped = False
        self._bound = np.inf
        self._best = (self._turn.start(), np.zeros_like(self._bounds.limit))

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
                prices, reach = self._first(prices)
            self._generate(prices, reach, patient=warm is None)
            self._settle()
            if self._turn.last or self._optimum is None:
                break
            prices = self._pass_on()
            reach = None
        return self._answer()

    def _first(self, prices: Prices) -> tuple[Prices, Floats]:
        """Prices, and those of reach, at which evenings are put together."""
        sampled = len(self._everyone) > MANY and not self._turn.turn
        if sampled:
            which = np.sort(self._random.permutation(self._everyone)[:SAMPLE])
            some = of_cohorts(self._night, which)
            search = _Search(some, acts(some), self._stop, self._heard, int(self._random.integers(2**32)), self._pool)
            search._begin_turn()
            found, _ = search._first(search._turn.start())
            prices = self._turn.legal(Prices(found.shared, prices.promised))
            self._stopped = search._stopped
        fluid = Fluid(self._night, self._acts, self._weights(prices))
        fresh = not sampled and not self._turn.turn
        prices, reach = opening(fluid, self._turn, prices, self._stopping, fresh=fresh)
        for _ in range(LOOKS):
            if self._stopping():
                break
            self._bounds.ask(prices, reach, jitter=True)
        return self._rehearse(prices, reach, AFTER if sampled else REHEARSALS)

    def _stopping(self) -> bool:
        return self._asked(None)

    def _begin_turn(self) -> None:
        self._bound = self._left = np.inf
        self._optimum = self._latest = None
        self._bounds.begin(self._turn)

    def _weights(self, prices: Prices) -> Floats:
        found = self._turn.weights(prices)
        return np.ones(len(self._night.ads)) if found is None else found

    def _rehearse(self, prices: Prices, reach: Floats, rounds: int) -> tuple[Prices, Floats]:
        """Rounds in which shared prices move to where evenings balance; the prices and those of reach that they end at.

        Every round is asked at the prices of the one before, and all of them bound what can be.
        """
        steps, asked = Steps(self._night), []
        for _ in range(rounds):
            bounds, _ = self._bounds.ask(prices, reach)
            self._note(prices, bounds, reach)
            mixes = self._mixed_at(prices, Steady(len(self._everyone), prices.shared))
            self._mixed, self._latest = mixes.reach, Evening.of(mixes)
            if self._asked(None):
                break
            reach = np.minimum(reach + NEAR * (mixes.reach - reach), self._soft_ceiling())
            asked.append(steps.next(prices.shared, mixes.use.sum(axis=0)))
            prices = self._turn.legal(Prices(asked[-1], prices.promised))
        if asked:
            prices = self._turn.legal(Prices(np.mean(asked[-SETTLED:], axis=0), prices.promised))
        return prices, reach

    def _generate(self, prices: Prices, reach: Floats, *, patient: bool) -> None:
        """Rounds of evenings, pods and prices, until the stop or until nothing new is found."""
        centre, step, since, closer, by_steps = prices, TOWARDS, 0, False, False
        own, steps = reach, Steps(self._night)
        bounds, _ = self._bounds.ask(centre, own)
        while True:
            self._note(centre, bounds, own)
            mixes = self._perform(centre, INNER if patient else 1, bounds)
            if self._asked(self._gap()):
                return
            assert self._optimum is not None, "solved just now"
            # Each cohort goes on from the best prices of its own at these shared prices.
            tried = np.minimum(own + NEAR * (mixes.reach - own), self._soft_ceiling())
            found, new = self._bounds.ask(centre, tried)
            better = found < bounds
            bounds, own = np.where(better, found, bounds), np.where(better, tried, own)
            since += 1
            if since >= PATIENCE or not new:
                since = 0
                wanted = self._turn.legal(Prices(self._optimum.shared, self._optimum.promised))
                by_steps = not by_steps
                asked = steps.next(centre.shared, mixes.use.sum(axis=0))
                balanced = self._turn.legal(Prices(asked, centre.promised))
                moved = balanced if by_steps else self._turn.legal(centre.towards(wanted, step))
                found, more = self._bounds.ask(moved, own)
                new += more
                ahead = self._bounds.whole(moved, found)
                if ahead < self._bounds.whole(centre, bounds):
                    centre, bounds = moved, found
                elif not by_steps:
                    step = step / 2.0 if step > 1.0 / 64.0 else TOWARDS
            if not new and not self._brings_more(centre):
                if closer:
                    self._note(centre, bounds, own)
                    return
                closer = True
                self._bounds.closer()

    def _brings_more(self, centre: Prices) -> bool:
        """Ask at the programs' own prices; whether that brings new pods, or a better plan."""
        assert self._optimum is not None
        news = 0
        for prices in (centre, self._turn.legal(Prices(self._optimum.shared, self._optimum.promised))):
            mixes = self._mixed_at(prices, Steady(len(self._everyone), prices.shared))
            bounds, new = self._bounds.ask(prices, np.minimum(mixes.reach, self._soft_ceiling()))
            self._note(prices, bounds, mixes.reach)
            self._master.add(Evening.of(mixes))
            news += new
        before = self._optimum.value
        self._optimum = self._master.solve(self._turn)
        return news > 0 or self._optimum.value > before + CLOSE * abs(before)

    def _note(self, prices: Prices, bounds: Floats, reach: Floats) -> None:
        bound = self._bounds.whole(prices, bounds)
        if bound < self._bound:
            self._bound, self._best = bound, (prices, reach)

    def _perform(self, prices: Prices, inner: int, bounds: Floats) -> Mixes:
        """Evenings at ``prices``; where these are near their ``bounds`` float64[K], others led from there, and at what
        the event's program makes of the prices, ``inner`` times.

        Returns the first ones.
        """
        mixes = self._mixed_at(prices, Steady(len(self._everyone), prices.shared))
        self._mixed = mixes.reach
        self._master.add(Evening.of(mixes))
        left = float((bounds - mixes.reduced).sum())
        ripe = left <= RIPE * float(np.abs(mixes.parts).sum()) or left > self._left * SLOW
        self._left = left
        if ripe:
            self._bounds.careful()
            ceiling = np.where(self._turn.at_least, self._turn.penalties(prices), np.inf)
            led = Led(self._night.shared, prices.shared, ceiling, self._bounds.seats.sum(axis=0), self._random)
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
        self._heard(Heard("preparing" if gap is None else stage, self._bounds.asked, value, bound))
        self._stopped = self._stopped or self._stop(self._bounds.asked, np.inf if gap is None else gap)
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
            return nothing(night, self._bounds.asked, self._bound)
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
        return NightPlan(shown, NightPrices(prices.shared, reach), certificate, short, self._bounds.asked)


def _unheard(heard: Heard) -> None:
    """Nobody listens."""
