"""Why an ad is in no pod of a break, whatever it turns out to last.

A rule that keeps it out is told by the rule's code. An ad that might stand and does not has lost by its worth: at the
plan's prices, in the cohort where it comes nearest, against the pod that stands instead.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from enum import StrEnum
from typing import Final

import numpy as np

from domain.units import Microseconds
from planner.book.model import Break, Creative
from planner.book.read import Booked
from planner.decide.forced import compare
from planner.decide.money import per_thousand
from planner.decide.outcome import TOLERANCE, Outcome, PricingOf, left
from planner.planfile import LeftOutFile
from planner.price.port import Pricing
from planner.problem import Floats, Integers, Problem, Rule
from planner.worth import survival, time_value

LOOKED_AT: Final = 256
"""Cohorts in which an ad is compared, those where its value is greatest: what bounds the time for a book of thousands
of cohorts with thousands of ads left out.
"""


class Loss(StrEnum):
    """Why an ad that may stand in a pod does not."""

    NO_SEATS = "no_seats"
    """Nobody watches."""
    BUDGET = "budget"
    """Its campaign's budget, goal or maximum share is used up by the campaign's other ads, or is less than one
    impression.
    """
    NO_POD = "no_pod"
    """It breaks no rule by itself, and no legal pod has it."""
    PRICE = "price"
    """What it brings is less than what one more unit of its campaign's limits is worth, or than its time costs."""
    LOST = "lost"
    """A pod with it is worth less than the pod that stands instead."""
    TIER = "tier"
    """A pod with it would be worth more, but takes from an earlier tier."""
    GAP = "gap"
    """A pod with it would be worth as much or more: the plan is not proven nearer to the best than its gap."""


def left_out(booked: Booked, brk: Break, outcomes: Sequence[Outcome], pricing_of: PricingOf) -> tuple[LeftOutFile, ...]:
    """Every creative of the book that is in no pod of any of the ``outcomes``, in the book's order, with its reason.

    Where it could have stood at several durations, the likeliest of them is told about.
    """
    stands = {
        outcome.built.ads[ad]
        for outcome in outcomes
        for portion in outcome.solution.portions
        if portion.seats
        for ad in portion.pod
    }
    likeliest = sorted(outcomes, key=lambda outcome: (-outcome.probability, -outcome.duration))
    accounts = [_Account(booked, outcome, pricing_of) for outcome in likeliest]
    longest = {each.creative: each for each in max(outcomes, key=lambda outcome: outcome.duration).built.refused}
    found = []
    for creative in booked.book.creatives:
        if creative.id in stands:
            continue
        account = next((each for each in accounts if creative.id in each.numbers), None)
        if account is not None:
            reason, detail = account.why(creative)
        elif longest[creative.id].rule is Rule.TARGETING and not likeliest[0].seats:
            reason, detail = Loss.NO_SEATS, "nobody watches"
        else:
            reason, detail = longest[creative.id].rule, longest[creative.id].detail
        found.append(LeftOutFile(creative=creative.id, break_=brk.id, reason=reason, detail=detail))
    return tuple(found)


class _Account:
    """Explains one outcome; its pricing is made when it is first needed."""

    def __init__(self, booked: Booked, outcome: Outcome, pricing_of: PricingOf) -> None:
        refused = {each.creative for each in outcome.built.refused}
        self.numbers: Final[Mapping[str, int]] = {
            ad: number for number, ad in enumerate(outcome.built.ads) if ad not in refused
        }
        """Of ads that some cohort may see."""
        self._booked = booked
        self._outcome = outcome
        self._pricing_of = pricing_of
        self._pricing: Pricing | None = None
        problem = outcome.built.problem
        self._costs = problem.shared.costs(outcome.solution.prices)
        self._placed = outcome.placed()
        self._first_tier = int(problem.tiers.min(initial=1))

    def why(self, creative: Creative) -> tuple[Loss | Rule, str]:
        """The reason, and the facts in words."""
        outcome, problem, ad = self._outcome, self._outcome.built.problem, self.numbers[creative.id]
        if not outcome.seats:
            return Loss.NO_SEATS, "nobody watches"
        spent = self._spent(ad)
        if spent is not None:
            return Loss.BUDGET, spent
        which = np.flatnonzero(problem.rows.allowed[:, ad] & (problem.rows.seats > 0))
        if not len(which):
            return Rule.TARGETING, "no cohort that watches may see it"
        alone = self._alone(ad, which)
        best = int(np.argmax(alone))
        if alone[best] <= 0.0:
            return Loss.PRICE, self._price(ad, int(which[best]))
        if len(which) > LOOKED_AT:
            which = np.sort(which[np.argsort(-alone, kind="stable")[:LOOKED_AT]])
        if self._pricing is None:
            self._pricing = self._pricing_of(problem.rules, problem.worth)
        compared = compare(self._pricing, problem, which, self._costs, ad)
        if compared is None:
            return self._impossible(ad, which)
        where = outcome.built.cohorts[compared.row]
        margin = per_thousand(abs(compared.margin), self._booked.book.currency)
        if compared.margin > TOLERANCE:
            instead = [ad for ad in compared.lacking if ad not in compared.having]
            names = f"{self._names(instead)} instead of it" if instead else "nothing instead of it"
            return Loss.LOST, f"for {where}, the best pod with it is worth {margin} less than the best, with {names}"
        facts = f"for {where}, {self._names(compared.having)} is worth {margin} more than any pod without it"
        if int(problem.tiers[ad]) > self._first_tier:
            return Loss.TIER, f"{facts}, but takes from an earlier tier"
        return Loss.GAP, f"{facts}: within the plan's gap"

    def _spent(self, ad: int) -> str | None:
        """Which of its upper bounds has no room for one more impression."""
        problem, built = self._outcome.built.problem, self._outcome.built
        shared, slack = problem.shared, left(problem.shared, self._placed)
        for row in np.flatnonzero(~shared.at_least & (shared.use[:, ad] > 0.0) if len(shared) else []):
            if slack[row] + TOLERANCE >= shared.use[row, ad]:
                continue
            others = [built.ads[each] for each in np.flatnonzero((self._placed > 0) & (shared.use[row] > 0.0)).tolist()]
            spent = f"used up by {', '.join(others)}" if others else "less than one impression"
            return f"{shared.names[row]} is {spent}"
        return None

    def _alone(self, ad: int, which: Integers) -> Floats:
        """float64[K]: the most that the ad itself can bring, in the best position of the pod, less its costs."""
        problem = self._outcome.built.problem
        length = problem.rules.durations[ad : ad + 1]
        factor = float(survival(problem.worth, length)[0])
        values = problem.rows.values[which, ad].astype(np.float64) * factor
        highest = values * np.where(values > 0.0, max(1.0, problem.worth.first, problem.worth.last), 0.0)
        return np.asarray(highest + time_value(problem.worth, length)[0] - self._costs[ad])

    def _price(self, ad: int, row: int) -> str:
        problem, currency = self._outcome.built.problem, self._booked.book.currency
        value = per_thousand(float(problem.rows.values[row, ad]), currency)
        limits = per_thousand(float(self._costs[ad]), currency)
        time = per_thousand(-float(time_value(problem.worth, problem.rules.durations[ad : ad + 1])[0]), currency)
        where = self._outcome.built.cohorts[row]
        return f"worth {value} to {where} at most; its shared limits ask {limits}, its time {time}"

    def _impossible(self, ad: int, which: Integers) -> tuple[Loss | Rule, str]:
        """No legal pod has it, though it breaks no rule by itself: which rule, lifted, would let one be."""
        problem = self._outcome.built.problem
        rows = problem.rows.take(which)
        endless = replace(rows, ad_time=np.full_like(rows.ad_time, problem.rules.duration))
        free = replace(rows, required=np.zeros_like(rows.required))
        lifted: tuple[tuple[Rule, str, Problem], ...] = (
            (
                Rule.MINIMUM_FILL,
                "no pod with it reaches the minimum fill",
                replace(problem, rules=replace(problem.rules, minimum_fill=Microseconds(0)), rows=rows),
            ),
            (
                Rule.AD_LOAD,
                "with what must stand beside it, it is more than its viewers may still see",
                replace(problem, rows=endless),
            ),
            (
                Rule.GUARANTEED_POSITION,
                "no pod with it has room for what is guaranteed a position",
                replace(problem, rows=free),
            ),
        )
        everyone = np.arange(len(rows))
        for rule, detail, easier in lifted:
            pricing = self._pricing_of(easier.rules, easier.worth)
            if compare(pricing, easier, everyone, self._costs, ad) is not None:
                return rule, detail
        return Loss.NO_POD, "no legal pod has it beside what else must stand there"

    def _names(self, pod: Sequence[int]) -> str:
        return " + ".join(self._outcome.built.ads[ad] for ad in pod)
