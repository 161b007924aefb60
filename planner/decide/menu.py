"""Pods kept ready for what the plan does not know: viewers without a past, and a break that grows.

They take only what the plan leaves of budgets, goals and maximum shares, each of them as if it alone were needed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from domain.units import SECOND, Microseconds
from planner.book.model import Audience, Break, Cohort
from planner.book.read import Booked
from planner.build.build import Built, build
from planner.decide.entry import decimal_seconds
from planner.decide.outcome import Outcome, PricingOf, affordable, costs_at
from planner.planfile import MenuFile
from planner.problem import NOTHING, Flags, Position, Problem, Rows, Worth
from planner.worth import pod_value, survival

CONTINGENCY: Final = 4
"""Pods for viewers of whom nothing is known, none with an ad of another: enough to go on when an ad fails."""
UNKNOWN: Final = 100
"""One in so many viewers may be unknown: what a contingency pod has to be able to pay for."""
EXTENDED: Final = 3
"""The most shown pods of a duration, for which a tail is kept for each longer duration."""
LONGER: Final = Microseconds(30 * SECOND)
"""What a break is prepared to grow by beyond its longest plausible duration."""


def contingency(booked: Booked, brk: Break, outcome: Outcome, pricing_of: PricingOf) -> tuple[MenuFile, ...]:
    """The best pods for a viewer without traits, region, device and history, from ads that ask for none of these."""
    anyone = Audience(cohorts=(Cohort(id="anyone", seats=1),))
    alone = replace(booked, book=booked.book.model_copy(update={"audience": anyone}))
    built = build(alone, brk, outcome.duration)
    problem = built.problem
    spare = max(1, outcome.seats // UNKNOWN)
    open_ = _open(booked, built) & _carried(outcome, built, spare)
    rows = replace(problem.rows, allowed=problem.rows.allowed & open_)
    costs = costs_at(problem.shared, outcome.prices())
    pricing = pricing_of(problem.rules, problem.worth)
    found: list[MenuFile] = []
    while len(found) < CONTINGENCY:
        pod = [int(ad) for ad in pricing(rows, costs).pods[0] if ad != NOTHING]
        if not pod:
            break
        value = pod_value(problem.rules, problem.worth, rows.values[0], pod)
        found.append(
            MenuFile(
                kind="contingency",
                seconds=decimal_seconds(outcome.duration),
                creatives=tuple(built.ads[ad] for ad in pod),
                value=round(value),
            )
        )
        allowed = rows.allowed.copy()
        allowed[:, pod] = False
        rows = replace(rows, allowed=allowed)
    return tuple(found)


def extensions(
    outcome: Outcome, longer: Sequence[tuple[Microseconds, Built]], pricing_of: PricingOf
) -> tuple[MenuFile, ...]:
    """Tails for the most shown pods; ``longer`` are the durations to which the break may grow, built."""
    shown: dict[tuple[int, ...], dict[int, int]] = {}
    for portion in outcome.solution.portions:
        if portion.pod and portion.seats:
            rows = shown.setdefault(portion.pod, {})
            rows[portion.row] = rows.get(portion.row, 0) + portion.seats
    most = sorted(shown.items(), key=lambda each: (-sum(each[1].values()), each[0]))[:EXTENDED]
    found: list[MenuFile] = []
    for pod, rows in most:
        for duration, built in longer:
            tail = _Tail(outcome, built, pod, rows, duration)
            if tail.possible():
                found += tail.best(pricing_of)
    return tuple(found)


@dataclass(frozen=True, slots=True)
class _Tail:
    """What may follow ``pod`` (ads of ``outcome``), seen by ``viewers`` (seats by row), when the break grows.

    The pod and its tail are one pod of the longer break: its families count both, nothing in the tail is first, and
    what asked to be last in the pod cannot have a tail.
    """

    outcome: Outcome
    built: Built
    pod: tuple[int, ...]
    viewers: Mapping[int, int]
    duration: Microseconds

    def possible(self) -> bool:
        """Whether the pod's last ad may stand elsewhere, and nothing but a first position is guaranteed."""
        rules = self.outcome.built.problem.rules
        place = Position.FIRST if len(self.pod) == 1 else Position.MIDDLE
        required = [
            each for row in self.viewers for each in rules.required[int(self.outcome.built.problem.rows.required[row])]
        ]
        return bool(rules.positions[self.pod[-1]] & place) and all(each.position is Position.FIRST for each in required)

    def best(self, pricing_of: PricingOf) -> list[MenuFile]:
        """The best tail at the plan's prices, if there is one."""
        before, grown = self.outcome.built, self.built.problem
        numbers = {ad: number for number, ad in enumerate(self.built.ads)}
        stands = [numbers[before.ads[ad]] for ad in self.pod]
        length = int(before.problem.rules.durations[list(self.pod)].sum())
        problem, banned = self._problem(grown, stands, length)
        if problem.rules.maximum_ads < 1:
            return []
        rows = self._rows(grown, ~banned, length)
        costs = costs_at(grown.shared, self.outcome.prices())
        tail = [int(ad) for ad in pricing_of(problem.rules, problem.worth)(rows, costs).pods[0] if ad != NOTHING]
        if not tail:
            return []
        return [
            MenuFile(
                kind="extension",
                seconds=decimal_seconds(problem.rules.duration),
                after=tuple(before.ads[ad] for ad in self.pod),
                creatives=tuple(self.built.ads[ad] for ad in tail),
                value=round(pod_value(problem.rules, problem.worth, rows.values[0], tail)),
            )
        ]

    def _problem(self, grown: Problem, stands: Sequence[int], length: int) -> tuple[Problem, Flags]:
        """The tail's own rules and worth, and bool[J] of the ads that the pod keeps out."""
        rules = grown.rules
        banned = np.zeros(rules.ads, dtype=np.bool_)
        banned[stands] = True
        families = []
        for family in rules.families:
            room = family.limit - len(set(family.members).intersection(stands))
            if room <= 0:
                banned[list(family.members)] = True
            else:
                families.append(replace(family, limit=room))
        # The tail's first place is in the middle of the whole: only what may stand there takes it.
        middle = (rules.positions & np.uint8(Position.MIDDLE)) != 0
        banned |= ~middle & ((rules.positions & np.uint8(Position.LAST)) == 0)
        own = replace(
            rules,
            positions=np.where(middle, np.uint8(Position.ANY), np.uint8(Position.LAST)),
            families=tuple(families),
            duration=Microseconds(self.duration - self.outcome.duration),
            minimum_fill=Microseconds(0),
            maximum_ads=rules.maximum_ads - len(stands),
            required=((),),
        )
        return replace(grown, rules=own, worth=_later(grown.worth, self.outcome.duration, length)), banned

    def _rows(self, grown: Problem, free: Flags, length: int) -> Rows:
        """One row for all who see the pod: what all of them may see, at the mean of their values."""
        which = np.array(sorted(self.viewers), dtype=np.int64)
        weights = np.array([self.viewers[row] for row in which.tolist()], dtype=np.float64)
        rows = grown.rows.take(which)
        seats = int(weights.sum())
        allowed = rows.allowed.all(axis=0) & free & _carried(self.outcome, self.built, seats)
        values = (weights @ rows.values) / seats
        return Rows(
            values=values[None, :].astype(np.float32),
            allowed=allowed[None, :],
            seats=np.array([seats], dtype=np.int64),
            ad_time=np.array([max(0, int(rows.ad_time.min()) - length)], dtype=np.int64),
            required=np.zeros(1, dtype=np.int64),
        )


def _later(worth: Worth, start: int, length: int) -> Worth:
    """Worth of what begins ``start`` microseconds into the break after ``length`` microseconds of ads."""
    instants = np.unique(np.concatenate([[start], worth.instants[worth.instants > start]])).astype(np.int64)
    return replace(
        worth,
        instants=instants - start,
        survival=survival(worth, instants),
        first=1.0,
        load_free=max(0, worth.load_free - length),
    )


def _carried(outcome: Outcome, built: Built, seats: int) -> Flags:
    """bool[J] of ``built``: ads of which the plan's limits carry ``seats`` more impressions than the plan has."""
    already = dict(zip(outcome.built.ads, outcome.placed().tolist(), strict=True))
    placed = np.array([already.get(ad, 0) for ad in built.ads], dtype=np.int64)
    return affordable(built.problem.shared, placed, seats)


def _open(booked: Booked, built: Built) -> Flags:
    """bool[J]: ads of campaigns that ask for no trait, region or device."""
    asking = {
        campaign.id
        for campaign in booked.book.campaigns
        if any(
            (
                campaign.targeting.traits,
                campaign.targeting.every_trait,
                campaign.targeting.not_traits,
                campaign.targeting.regions,
                campaign.targeting.devices,
            )
        )
    }
    return np.array([campaign not in asking for campaign in built.campaigns], dtype=np.bool_)
