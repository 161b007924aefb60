"""A night planned: pods from exact pricing, prices from the program of all that are known, and how far from the best
that can be.

Pods are made at prices of what all share and of how far each cohort's caps reach; the program chooses among them and
says better prices. By weak duality

    UB = sum lambda_i B_i - sum nu_i G_i + sum_k ( sum_g mu_kg R_kg + sum_a n_ka bound_ka )

with bound_ka the most that a legal pod of act a is worth to cohort k at these prices, is what no plan exceeds.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from math import inf
from typing import Final

import numpy as np

from planner.event.acts import Act, acts
from planner.event.answer import NightPlan
from planner.event.bounds import Bounds
from planner.event.fluid import Fluid
from planner.event.night import Night, NightPrices
from planner.event.opening import opening
from planner.event.outcome import excess, nothing, portions
from planner.event.pods import Pods
from planner.event.program import Optimum, Program
from planner.event.sample import of_cohorts
from planner.master.turn import PROMISED, Prices, Turn
from planner.plan import Certificate
from planner.port import Stop
from planner.problem import Floats, Problem

TOWARDS: Final = (0.35, 0.7)
"""How far from the program's prices towards the best bound's pods are asked for again in a round."""
LOOKS: Final = 12
"""Pricings with moved costs before the first program, to see other good pods."""
MANY: Final = 600
SAMPLE: Final = 200
"""More cohorts than that begin at prices that so many of them have found."""
REHEARSALS: Final = 10
"""Rounds of these cohorts, at most."""
REHEARSED: Final = 0.012
"""Gap at which they have found them."""
STEADY: Final = 4
"""Rounds at prices that some cohorts found, in which all learn what reach is worth there."""
ROUGH: Final = 0.1
"""Gap above which a program need not be solved well."""
RIPE: Final = 0.04
"""Gap below which pricing is careful with the order of ads."""
STALLED: Final = 0.97
"""Of the gap: if more of it is left after a round, pricing is careful from then on."""
CLOSE: Final = 1e-7
"""Relative gain of a plan below which nothing has been gained."""
FIRST_PROMISE: Final = 1.0
"""Price of a promise to an earlier tier, to begin with."""
PASSED: Final = 2e-3
"""Gap at which the turn of an earlier tier is over."""
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
    left: Callable[[], float] = lambda: inf,
) -> NightPlan:
    """The plan when ``stop`` says so, or when no pod can make it better; an iteration is one pricing of all scenes.

    ``warm`` is a plan of a night with the same scenes, cohorts and rows, whose figures may have changed. ``left`` is
    how many seconds there are: no large program takes more. The same arguments give the same plan, if ``stop`` counts
    iterations and there is no end of time.
    """
    parts = acts(night)
    if not night.ads or not any(act.seats.any() for act in parts):
        return nothing(night)
    with ThreadPoolExecutor(THREADS, thread_name_prefix="scenes") as pool:
        return _Search(night, parts, stop, heard or _unheard, seed, left, pool).run(warm)


class _Search:
    """One planning: the turn, pods, prices and the best plan so far."""

    def __init__(
        self,
        night: Night,
        parts: tuple[Act, ...],
        stop: Stop,
        heard: Callable[[Heard], None],
        seed: int,
        left: Callable[[], float],
        pool: ThreadPoolExecutor,
    ) -> None:
        self._night = night
        self._acts = parts
        self._stop = stop
        self._heard = heard
        self._random = np.random.default_rng(seed)
        self._left = left
        self._pool = pool
        first = parts[0].scene
        self._turn = Turn(Problem(first.rules, first.worth, first.rows, night.shared, night.tiers), 0, np.zeros(0))
        self._pods = Pods(night, parts, self._turn.place, len(self._turn.levels))
        self._program = Program(self._pods)
        self._bounds = Bounds(night, parts, self._pods, pool, self._random)
        self._stopped = False
        self._optimum: Optimum | None = None
        self._bound = inf
        self._best = (self._turn.start(), np.zeros_like(self._bounds.limit))

    def run(self, warm: NightPlan | None) -> NightPlan:
        """All turns of the tiers, one after another."""
        self._bounds.begin(self._turn)
        if warm is not None:
            self._pods.learn(warm.shown)
            prices = self._turn.legal(Prices(warm.prices.shared, np.zeros(0)))
            found = self._generate(prices, warm.prices.reach, ripe=True)
        if warm is None or not found:
            # Of another audience, say: its pods are worth knowing, its prices lead nowhere.
            prices, reach = self._first()
            self._generate(prices, reach)
        while True:
            if self._turn.last or self._optimum is None:
                return self._answer()
            prices, reach = self._pass_on(self._optimum)
            self._generate(prices, reach)

    def _first(self) -> tuple[Prices, Floats]:
        """Prices, and those of reach, to begin at, and some pods."""
        rehearsed = len(self._night.cohorts) > MANY
        prices = self._rehearsed() if rehearsed else self._turn.start()
        fluid = Fluid(self._night, self._acts, self._weights())
        prices, reach = opening(fluid, self._turn, prices, self._stopping, fresh=not rehearsed)
        self._look(prices, reach)
        for _ in range(STEADY if rehearsed else 0):
            if self._stopping():
                break
            self._ask(prices, reach)
            reach = self._solve(prices, reach, roughly=True, steady=True).reach
        return prices, reach

    def _rehearsed(self) -> Prices:
        """Prices of what all share that some cohorts find."""
        which = np.sort(self._random.permutation(len(self._night.cohorts))[:SAMPLE])
        some = of_cohorts(self._night, which)
        seed = int(self._random.integers(2**32))
        search = _Search(some, acts(some), self._stop, self._heard, seed, self._left, self._pool)
        search._bounds.begin(search._turn)
        search._generate(*search._first(), rehearsal=True)
        self._stopped = search._stopped
        return search._best[0]

    def _solve(self, prices: Prices, reach: Floats, *, roughly: bool, steady: bool = False) -> Optimum:
        return self._program.solve(self._turn, prices, reach, seconds=self._left(), roughly=roughly, steady=steady)

    def _look(self, prices: Prices, reach: Floats) -> None:
        """See other pods than those that are the best at these prices."""
        for _ in range(LOOKS):
            if self._stopping():
                return
            self._bounds.ask(prices, reach, jitter=True)

    def _stopping(self) -> bool:
        return self._asked(None)

    def _weights(self) -> Floats:
        found = self._turn.weights(self._turn.start())
        return np.ones(len(self._night.ads)) if found is None else found

    def _generate(self, prices: Prices, reach: Floats, *, rehearsal: bool = False, ripe: bool = False) -> bool:
        """Rounds of pods and programs, until the stop or until nothing new is found; a ``rehearsal`` ends before.

        ``ripe``: the prices are thought to be near the best already; False after one round if they are not.
        """
        careful, closer, stalled, before = ripe, False, False, inf
        if careful:
            self._bounds.careful(on=True)
        self._ask(prices, reach)
        rounds = 0
        while True:
            gap = self._gap()
            found = self._solve(prices, reach, roughly=gap > ROUGH)
            gained = self._optimum is None or found.value > self._optimum.value + CLOSE * abs(self._optimum.value)
            if gained:
                self._optimum = found
            rounds += 1
            if rehearsal and (self._gap() <= REHEARSED or rounds >= REHEARSALS):
                return True
            if self._asked(None if rehearsal else self._gap()):
                return True
            prices, reach = found.prices, found.reach
            # What quick pricing over-estimates may be all that is left of the gap.
            stalled = stalled or self._gap() > STALLED * before
            before = self._gap()
            if careful != (stalled or before <= RIPE):
                careful = not careful
                self._bounds.careful(on=careful)
            if ripe and not careful:
                return False
            ripe = False
            new = self._ask(prices, reach)
            if self._asked(None if rehearsal else self._gap()):
                return True
            for part in TOWARDS:
                best, its = self._best
                new += self._ask(self._turn.legal(prices.towards(best, part)), reach + part * (its - reach))
            if not new and not gained:
                if closer:
                    return True
                careful = closer = True
                self._bounds.closer()

    def _ask(self, prices: Prices, reach: Floats) -> int:
        """Ask for pods; how many are new. The bound is kept if it is better."""
        bounds, new = self._bounds.ask(prices, self._soft(reach))
        bound = self._bounds.whole(prices, bounds)
        if bound < self._bound:
            self._bound, self._best = bound, (prices, reach)
        return new

    def _soft(self, reach: Floats) -> Floats:
        """Prices of reach at which the bound holds: what may be exceeded counts in the last turn alone."""
        ceiling = np.array([row.penalty for row in self._night.reach])[:, None]
        found: Floats = np.minimum(reach, ceiling if self._turn.last else np.where(np.isfinite(ceiling), 0.0, inf))
        return found

    def _gap(self) -> float:
        if self._optimum is None:
            return inf
        return max(0.0, self._bound - self._optimum.value) / max(abs(self._optimum.value), 1e-9)

    def _asked(self, gap: float | None) -> bool:
        """Tell and ask whether to stop; the gap of an earlier tier's turn ends nothing but this turn."""
        value = None if self._optimum is None else self._optimum.value
        bound = self._bound if np.isfinite(self._bound) else None
        tiers = len(self._turn.levels)
        stage = "planning" if tiers == 1 else f"planning tier {self._turn.turn + 1} of {tiers}"
        if gap is None:
            self._heard(Heard("preparing", self._bounds.asked, None, None))
        else:
            self._heard(Heard(stage, self._bounds.asked, value, bound))
        last = self._turn.last and gap is not None
        self._stopped = self._stopped or self._stop(self._bounds.asked, gap if last and gap is not None else inf)
        return self._stopped or (gap is not None and not last and gap <= PASSED)

    def _pass_on(self, optimum: Optimum) -> tuple[Prices, Floats]:
        """The next tier's turn, with this one's promise, and the prices that it begins at."""
        turn, had = self._turn, optimum.tier
        self._turn = Turn(turn.problem, turn.turn + 1, np.append(turn.promises, had - PROMISED * abs(had)))
        self._bound, self._optimum = inf, None
        self._bounds.begin(self._turn)
        prices = self._turn.legal(Prices(optimum.prices.shared, np.append(optimum.prices.promised, FIRST_PROMISE)))
        self._best = (prices, optimum.reach)
        self._look(prices, optimum.reach)
        return self._best

    def _answer(self) -> NightPlan:
        night = self._night
        if self._optimum is None:
            return nothing(night, self._bounds.asked, self._bound)
        shown, gross = portions(self._pods, self._optimum)
        placed = shown.placed(night)
        use = np.sum([scene.use @ placed[number, scene.ads] for number, scene in enumerate(night.scenes)], axis=0)
        short = np.where(night.shared.at_least, np.maximum(night.shared.limit - use, 0.0), 0.0)
        value = gross - float((night.shared.penalty * short).sum()) - excess(night, shown)
        prices, reach = self._best
        found, bound = NightPrices(prices.shared, reach, self._turn.weights(prices)), self._bound
        if not self._turn.last:
            found, bound = NightPrices(np.zeros_like(prices.shared), np.zeros_like(reach)), inf
        return NightPlan(shown, found, Certificate(value, gross, max(bound, value)), short, self._bounds.asked)


def _unheard(heard: Heard) -> None:
    """Nobody listens."""
