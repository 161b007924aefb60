"""The planner: columns from pricing, prices from the linear program, until the stop.

Dantzig-Wolfe decomposition with the rows of the audience as blocks (Desrosiers and Luebbecke, A primer in column
generation, 2005). Prices are asked between the linear program's and those of the best bound so far (Wentges, Weighted
Dantzig-Wolfe decomposition for linear mixed-integer programming, 1997): at the program's own they swing.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from planner.master.ascent import Ascent
from planner.master.plans import Plan, better, rounded, taken_over
from planner.master.pool import Pool
from planner.master.restricted import Restricted, Shares
from planner.master.turn import PROMISED, Prices, Turn
from planner.plan import Certificate, Portion, Solution
from planner.port import Planner, Stop
from planner.price.port import Priced, Pricing
from planner.problem import Floats, PodRules, Problem, Worth

FIRST_COLUMNS: Final = 2
"""Columns of each row in the first linear program: the best at the prices of the best bound."""
MORE_COLUMNS: Final = 2
"""Columns of each row that come in between two solves, if they are better than what is in."""
ROUNDS: Final = 4
"""Solves over the pool before pricing is asked again."""
NEAR: Final = 0.4
"""How far from the best bound's prices towards the linear program's pricing is asked."""
STALLED: Final = 0.1
"""Of the distance to the bound: a program that gains less by its new columns is asked for its own prices."""
CLOSE: Final = 1e-7
"""Of the shares' value: the last turn ends where its bound is this near, what is left is rounding."""
ENOUGH: Final = 1e-5
"""The same for the other turns, well within what later tiers may move."""
BETTER: Final = 1e-10
"""Of the shares' value: a column that would bring less stays out."""
SOFT: Final = (4.0, 16.0)
"""Prices of a promise, in what it is worth, that the bound is tried at after the program's own."""
SOFT_ROUNDS: Final = 12
LAST_ROUNDS: Final = 4
"""Pricings at the program's own prices after that."""
FIRST_PROMISE: Final = 10.0
"""Price of a promise to begin with: an earlier tier's ad goes before all but far dearer ones."""


@dataclass(frozen=True, slots=True)
class ColumnGeneration:
    """A ``planner.port.Planner`` for cohorts.

    ``price`` makes the pricing of a break, ``candidates`` are planners whose plans give the first columns, and are the
    answer where they are the better plans. ``ascents`` are the price steps before the first linear program, at most.
    ``exact``, if there is one, takes over in the last turn where the first pricing finds no better pod.
    """

    price: Callable[[PodRules, Worth], Pricing]
    candidates: Sequence[Planner] = ()
    ascents: int = 40
    exact: Callable[[PodRules, Worth], Pricing] | None = None

    def __call__(self, problem: Problem, *, stop: Stop, warm: Floats | None = None) -> Solution:
        """The plan when ``stop`` says so, or when no pod can make the shares better.

        An iteration is one pricing of all rows. Where there are tiers the gap is unknown until the last one's turn, and
        ``warm`` are the prices of the first one's.
        """
        seated = np.flatnonzero(problem.rows.seats > 0)
        if not len(seated) or not problem.rules.ads:
            return _nothing(problem)
        search = _Search(self, replace(problem, rows=problem.rows.take(seated)), stop)
        for planner in self.candidates:
            search.consider(planner(search.problem, stop=stop, warm=warm))
        plan = search.run(warm)
        portions = tuple(replace(portion, row=int(seated[portion.row])) for portion in plan.portions())
        # A plan that breaks a promise by its rounding may earn more than one that cannot.
        upper = max(search.bound, plan.value)
        return Solution(portions, search.centre.shared, Certificate(plan.value, plan.gross, upper), search.iterations)


class _Search:
    """One call's state: the turn, its best bound and where that stands, and the best plan."""

    def __init__(self, options: ColumnGeneration, problem: Problem, stop: Stop) -> None:
        self.problem = problem
        self.turn = Turn(problem, 0, np.zeros(0))
        self.pool = Pool(problem, self.turn.place, len(self.turn.levels))
        self.bound = float("inf")
        self.centre = self.turn.start()
        self.iterations = 0
        self._options = options
        self._closer = False
        self._stop = stop
        self._stopped = False
        # What the tier before had: with it the promises can be kept.
        self._held = np.zeros(0, dtype=np.int64)
        self._plan: Plan | None = None
        self._everyone = np.arange(len(problem.rows), dtype=np.int64)
        self._pricing = options.price(problem.rules, self.turn.worth)

    def consider(self, solution: Solution) -> None:
        """Another planner's plan: its pods are columns, and it may be the best plan."""
        plan = taken_over(self.turn, self.pool, solution)
        self.pool.add(plan.rows, plan.pods)
        self._keep(plan)

    def run(self, warm: Floats | None) -> Plan:
        """All turns, one after another."""
        prices = self.turn.start()
        if warm is not None:
            prices = self.turn.legal(Prices(warm, prices.promised))
        while True:
            self._ascend(prices, warm=warm is not None)
            shares = self._generate()
            if self.turn.last:
                break
            prices = self._pass_on(shares)
        self._keep(rounded(self.turn, self.pool, shares, improve=True))
        assert self._plan is not None, "a plan was kept just now"
        return self._plan

    def _price(self, prices: Prices) -> tuple[float, Priced, int]:
        """One iteration: the bound at ``prices``, the answers, and how many columns they brought."""
        turn = self.turn
        priced = self._pricing(self.problem.rows, self.problem.shared.costs(prices.shared), turn.weights(prices))
        bound = turn.bound(prices, priced)
        if bound < self.bound:
            self.bound, self.centre = bound, prices
        self.iterations += 1
        return bound, priced, self.pool.add(self._everyone, priced.pods)

    def _asked_to_stop(self) -> bool:
        gap = float("inf")
        if self.turn.last and self._plan is not None:
            gap = Certificate(self._plan.value, self._plan.gross, self.bound).gap
        self._stopped = self._stopped or self._stop(self.iterations, gap)
        return self._stopped

    def _ascend(self, prices: Prices, *, warm: bool) -> None:
        ascent = Ascent(self.turn, warm=warm)
        for _ in range(max(1, self._options.ascents // 4 if warm else self._options.ascents)):
            bound, priced, _ = self._price(prices)
            if self._asked_to_stop():
                return
            prices = ascent.step(prices, bound, priced)
            if ascent.done:
                return

    def _generate(self) -> Shares:
        restricted = Restricted(self.turn, self.pool)
        costs = self.problem.shared.costs(self.centre.shared)
        best = self.pool.best(self.pool.reduced(self.turn.parts(self.centre), costs), FIRST_COLUMNS)
        restricted.take(np.union1d(best, self._held))
        part, last = NEAR, -float("inf")
        while True:
            shares = self._settle(restricted)
            if self.turn.last:
                self._keep(rounded(self.turn, self.pool, shares, improve=False))
            left = self.bound - shares.value
            close = left <= (CLOSE if self.turn.last else ENOUGH) * abs(shares.value)
            if self._stopped or close or self._asked_to_stop():
                break
            # Where the program gains little by new columns, its own prices are good.
            if part < 1.0 and shares.value - last < STALLED * left:
                part = 1.0
            last = shares.value
            _, _, new = self._price(self.turn.legal(self.centre.towards(shares.prices, part)))
            if not new and part == 1.0 and not self._look_closer():
                break
            part = NEAR if new else 1.0
        if self.turn.last and self.turn.turn:
            self._soften(restricted)
            shares = self._settle(restricted)
            for _ in range(LAST_ROUNDS):
                _, _, new = self._price(shares.prices)
                shares = self._settle(restricted)
                if not new or self._asked_to_stop() or self._stop(0, float("inf")):
                    break
        return shares

    def _look_closer(self) -> bool:
        """With a single tier, price exactly from now on, if that is wanted and not yet done; whether it is news."""
        exact = self._options.exact
        if exact is None or self._closer or self.turn.turn:
            return False
        self._closer = True
        self._pricing = exact(self.problem.rules, self.turn.worth)
        return True

    def _soften(self, restricted: Restricted) -> None:
        """Look for a better bound, and exact pods, at lower prices of the promises.

        At its optimum a promise may cost hundreds of what it is worth, and all that pricing over-estimates is
        multiplied by that. A lower price gives away little of the bound, and asks pricing for less.
        """
        if self._options.exact is not None:
            self._pricing = self._options.exact(self.problem.rules, self.turn.worth)
        for most in SOFT:
            for _ in range(SOFT_ROUNDS):
                before = self.bound
                _, _, new = self._price(restricted.soft(most))
                restricted.take(np.arange(len(self.pool), dtype=np.int64)[len(self.pool) - new :])
                # These rounds are bounded by themselves: asked as at the beginning, only a deadline ends them.
                if self._stop(0, float("inf")):
                    return
                if not new or self.bound > before * (1.0 - ENOUGH):
                    break

    def _settle(self, restricted: Restricted) -> Shares:
        """The optimum over the pool, or near it: columns of the pool come in where they are better."""
        for _ in range(ROUNDS):
            shares = restricted.solve()
            costs = self.problem.shared.costs(shares.prices.shared)
            gains = self.pool.reduced(self.turn.parts(shares.prices), costs) - shares.row_worth[self.pool.rows]
            gains *= self.problem.rows.seats[self.pool.rows]
            chosen = self.pool.best(gains, MORE_COLUMNS)
            if not restricted.take(chosen[gains[chosen] > BETTER * abs(shares.value)]):
                break
        return shares

    def _pass_on(self, shares: Shares) -> Prices:
        """The next tier's turn, with this one's promise; and the prices that it begins at."""
        turn, held = self.turn, self.centre
        seats = shares.shares * self.problem.rows.seats[self.pool.rows[shares.columns]]
        value = float((seats * self.pool.parts[shares.columns, turn.turn]).sum())
        use = (seats[:, np.newaxis] * self.pool.sums(self.problem.shared.use.T, shares.columns)).sum(axis=0)
        own = turn.at_least & (turn.row_place == turn.turn)
        short = np.where(own, np.maximum(self.problem.shared.limit - use, 0.0), 0.0)
        had = value - float(self.problem.shared.penalty @ short)
        promise = had - PROMISED * abs(had)
        self.turn = Turn(self.problem, turn.turn + 1, np.append(turn.promises, promise))
        self._pricing = self._options.price(self.problem.rules, self.turn.worth)
        self._held = shares.columns[shares.shares > 0]
        self.bound = float("inf")
        return self.turn.legal(
            Prices(held.shared * (1.0 + FIRST_PROMISE), np.append(held.promised * (1.0 + FIRST_PROMISE), FIRST_PROMISE))
        )

    def _keep(self, plan: Plan) -> None:
        if self._plan is None or better(plan, self._plan):
            self._plan = plan


def _nothing(problem: Problem) -> Solution:
    """What there is where nobody watches, or nothing can be shown: slate, and every guarantee short."""
    short = float(problem.shared.penalty @ np.maximum(problem.shared.limit, 0.0))
    portions = tuple(Portion(row, (), seats) for row, seats in enumerate(problem.rows.seats.tolist()) if seats)
    return Solution(portions, np.zeros(len(problem.shared)), Certificate(-short, 0.0, -short), 0)
