"""What an ad's place costs: in every cohort and scene the best legal pod with it against the best without, at a plan's
prices; and at which price of its own it would win.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import cached_property
from typing import Final

import numpy as np

from planner.book.model import PriceKind
from planner.build.lineup import Catalogue
from planner.build.prices import declared, reserve
from planner.decide.forced import having, pod, reduced
from planner.event.acts import Act, acts
from planner.event.answer import NightPlan
from planner.event.night import Night, NightPrices
from planner.event.why_cause import amount_of
from planner.price.port import Pricing
from planner.price.pricing import exact
from planner.problem import NOTHING, Flags, Floats, Integers, Kind, PodRules, Problem, Rows, Worth

LOOKED_AT: Final = 256
"""Cohorts of an act in which an ad is compared, those where it brings most by itself: what bounds the time."""
LEAST: Final = 1.0
"""Expected impressions: an ad with fewer is left out."""
SPARE: Final = 0.03
"""Of an ad's declared value: by how much a pod with it is to be worth more before its price is said to be enough."""
DEAREST: Final = Decimal(1_000_000)
"""Amount above which no price is looked for: a thousand impressions for a million."""
HALVINGS: Final = 12
"""Steps of a search between two amounts: a four-thousandth of what lies between them."""


@dataclass(frozen=True, slots=True)
class Cell:
    """A cohort in a scene, where a pod with the ad comes so near to the best without it.

    ``margin`` micros of one viewer, negative if the ad is worth its place; ``having`` and ``lacking`` are pods of the
    act's ads.
    """

    act: int
    scene: int
    cohort: int
    margin: float
    having: tuple[int, ...]
    lacking: tuple[int, ...]


class Market:
    """A night at a plan's prices. ``placed`` float64[S, K, J] is told by ``shown``, ad by ad."""

    def __init__(self, catalogue: Catalogue, night: Night, plan: NightPlan) -> None:
        self.catalogue = catalogue
        self.night = night
        self.prices: NightPrices = plan.prices
        self.shown = plan.shown
        self.parts: tuple[Act, ...] = acts(night)
        self._pricing: dict[int, Pricing] = {}

    @cached_property
    def act_of(self) -> Integers:
        """int64[S]: each scene's act."""
        found = np.zeros(len(self.night.scenes), dtype=np.int64)
        for number, act in enumerate(self.parts):
            found[act.members] = number
        return found

    def placed(self, ad: int) -> Floats:
        """float64[S, K]: expected impressions of an ad."""
        found = np.zeros((len(self.night.scenes), len(self.night.cohorts)))
        has = (self.shown.pods == ad).any(axis=1)
        np.add.at(found, (self.shown.scenes[has], self.shown.cohorts[has]), self.shown.seats[has])
        return found

    def stands(self, scene: int, cohort: int) -> Integers:
        """int64[n]: ads of the event that the plan shows a cohort in a scene."""
        here = (self.shown.scenes == scene) & (self.shown.cohorts == cohort)
        pods = self.shown.pods[here]
        return np.unique(pods[pods != NOTHING]).astype(np.int64)

    def nearest(self, ad: int, room: Floats) -> Cell | None:
        """Where the ad comes nearest, among scenes and cohorts with ``room`` float64[S, K] for more of it.

        None where no legal pod has it.
        """
        found: Cell | None = None
        for number, act in enumerate(self.parts):
            column = np.flatnonzero(act.scene.ads == ad)
            own = room[act.members]
            free = act.scene.rows.allowed[:, column].any(axis=1) & (own > 0.0).any(axis=0) if len(column) else None
            if free is None or not free.any():
                continue
            local = int(column[0])
            rows = act.rows(self.prices.reach)
            which = np.flatnonzero(free)
            if len(which) > LOOKED_AT:
                alone = rows.values[which, local] - (rows.costs[which, local] if rows.costs is not None else 0.0)
                which = np.sort(which[np.argsort(-alone, kind="stable")[:LOOKED_AT]])
            some = rows.take(which)
            costs = self.costs(number, self.prices.shared)
            pricing, problem = self.pricing(number), self.problem(number)
            with_it, _ = having(pricing, problem, some, costs, local)
            if not np.isfinite(with_it).any():
                continue
            best = int(np.argmin(pricing(some, costs).reduced - with_it))
            cohort = int(which[best])
            scene = int(act.members[int(np.argmax(own[:, cohort]))])
            cell = self.compared(number, scene, cohort, local)
            if cell is not None and (found is None or cell.margin < found.margin):
                found = cell
        return found

    def compared(
        self,
        act: int,
        scene: int,
        cohort: int,
        local: int,
        *,
        shared: Floats | None = None,
        free: Sequence[int] = (),
        change: Callable[[Rows], Rows] | None = None,
        besides: Integers | None = None,
    ) -> Cell | None:
        """A cohort's best pods with an ad (number ``local`` of the act) and without it; None if no legal pod has it.

        At ``shared`` float64[I] instead of the plan's prices, where those of the reach rows ``free`` are nothing, with
        the row changed, and without the ads ``besides`` int64[n] of the act as well, if that is said.
        """
        part = self.parts[act]
        rows = part.scene.rows.take(np.array([cohort], dtype=np.int64))
        charges = np.zeros((1, len(part.scene.ads)), dtype=np.float32)
        for charge in part.charges:
            if charge.row not in free:
                charges[0, charge.ads] += (self.prices.reach[charge.row, cohort] * charge.use).astype(np.float32)
        rows = replace(rows, costs=charges)
        if change is not None:
            rows = change(rows)
        costs = self.costs(act, self.prices.shared if shared is None else shared)
        pricing, problem = self.pricing(act), self.problem(act)
        with_it, pods = having(pricing, problem, rows, costs, local)
        if not np.isfinite(with_it[0]):
            return None
        allowed = rows.allowed.copy()
        allowed[:, local] = False
        if besides is not None:
            allowed[:, besides] = False
        without = replace(rows, allowed=allowed)
        best = pricing(without, costs)
        margin = float(reduced(problem, without, best, costs)[0] - with_it[0])
        return Cell(act, scene, cohort, margin, pod(pods, 0), pod(best, 0))

    def costs(self, act: int, shared: Floats) -> Floats:
        """float64[Js]: what a placed ad of an act costs all rows alike."""
        signed = np.where(self.night.shared.at_least, -shared, shared)
        return np.asarray(np.einsum("i,ij->j", signed, self.parts[act].scene.use), dtype=np.float64)

    def problem(self, act: int) -> Problem:
        """The act as a break of its own."""
        scene = self.parts[act].scene
        return Problem(scene.rules, scene.worth, scene.rows, self.night.shared, self.night.tiers[scene.ads])

    def pricing(self, act: int) -> Pricing:
        """Of the act's pods; made when it is first needed."""
        if act not in self._pricing:
            scene = self.parts[act].scene
            self._pricing[act] = exact(scene.rules, scene.worth)
        return self._pricing[act]

    def own(self, act: int, campaign: str) -> Flags:
        """bool[Js]: the campaign's ads."""
        return np.array([self.night.campaigns[ad] == campaign for ad in self.parts[act].scene.ads], dtype=np.bool_)

    def score(self, cohort: int, ad: int) -> float:
        """What multiplies an ad's declared value for a cohort."""
        return self.catalogue.book.audience.cohorts[cohort].scores.get(self.night.ads[ad], 1.0)

    def price_needed(self, cell: Cell, ad: int, campaign: str) -> Decimal | None:
        """The amount at which a pod with the ad wins there over others' ads, with a little to spare.

        Other prices being equal; what a budget reserves rises along. None if no amount up to ``DEAREST`` is enough.
        """
        wanted = self.catalogue.campaigns[campaign]
        whole = wanted.price.kind is not PriceKind.COMPLETED_VIEW
        part = self.parts[cell.act]
        own = np.flatnonzero(self.own(cell.act, campaign))
        creatives = [self.catalogue.creatives[self.night.ads[int(part.scene.ads[each])]] for each in own]
        scores = np.array([self.score(cell.cohort, int(part.scene.ads[each])) for each in own])
        local = int(np.flatnonzero(part.scene.ads == ad)[0])
        self_ = int(np.flatnonzero(own == local)[0])
        budget = self._budget_price(ad)

        def declared_at(amount: Decimal) -> tuple[Floats, float]:
            booked = wanted.model_copy(update={"price": wanted.price.model_copy(update={"amount": amount})})
            return np.array([declared(booked, each) for each in creatives]), float(reserve(booked))

        before, reserved = declared_at(wanted.price.amount)

        def wins(amount: Decimal) -> bool:
            after, reserves = declared_at(amount)

            def dearer(rows: Rows) -> Rows:
                values = rows.values.copy()
                values[:, own] += ((after - before) * scores).astype(np.float32)
                costs = np.zeros_like(values) if rows.costs is None else rows.costs.copy()
                costs[:, own] += np.float32(budget * (reserves - reserved))
                return replace(rows, values=values, costs=costs)

            found = self.compared(cell.act, cell.scene, cell.cohort, local, change=dearer, besides=own)
            return found is not None and found.margin <= -max(SPARE * float(after[self_] * scores[self_]), 1.0)

        smallest = amount_of(1e-9, whole=whole)
        low = wanted.price.amount
        step = max(low * Decimal("0.02"), smallest)
        high = amount_of(float(low + step), whole=whole)
        while not wins(high):
            low, step = high, step * 2
            high = amount_of(float(low + step), whole=whole)
            if high > DEAREST:
                return None
        for _ in range(HALVINGS):
            middle = amount_of(float(low + high) / 2, whole=whole)
            if not low < middle < high:
                break
            low, high = (low, middle) if wins(middle) else (middle, high)
        return high

    def _budget_price(self, ad: int) -> float:
        """Of a micro of the ad's campaign's budget."""
        return sum(
            float(price)
            for kind, use, price in zip(self.night.shared.kinds, self.night.shared.use, self.prices.shared, strict=True)
            if kind is Kind.BUDGET and use[ad] > 0.0
        )

    @staticmethod
    def pricing_of(rules: PodRules, worth: Worth) -> Pricing:
        """Of pods by other rules."""
        return exact(rules, worth)
