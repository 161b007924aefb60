"""What an ad's place costs: in every cohort and scene the best legal pod with it against the best without, at a plan's
prices; and at which price of its own it would win.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import cached_property
from typing import Final

import numpy as np

from planner.book.model import PriceKind
from planner.build.lineup import Catalogue
from planner.build.prices import declared
from planner.decide.forced import having, pod, reduced
from planner.event.acts import Act, acts
from planner.event.answer import NightPlan
from planner.event.night import Night, NightPrices
from planner.event.why_cause import amount_of
from planner.price.port import Pricing
from planner.price.pricing import Dynamic, exact
from planner.problem import NOTHING, Flags, Floats, Integers, PodRules, Problem, Rows, Worth

LOOKED_AT: Final = 256
"""Cohorts of an act in which an ad is compared, those where it brings most by itself: what bounds the time."""
EXACTLY: Final = 16
"""Cohorts of an act up to which each one's best pod is searched for to the end."""
NEAREST: Final = 6
"""Acts in which the nearest cohort is compared exactly."""
LEAST: Final = 1.0
"""Expected impressions: an ad with fewer is left out."""
SPARE: Final = 0.05
"""Of an ad's declared value: by how much a pod with it is to be worth more before its price is said to be enough."""
CLOSE: Final = 0.1
"""Of an ad's declared value: a margin below this is one that other prices decide."""
AT_ONCE: Final = 1.5
"""By how much a price is multiplied at most where the margin is small."""
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
    """A night at a plan's prices, what ads are worth weighed as the plan weighs it.

    ``placed`` float64[S, K, J] is told by ``shown``, ad by ad.
    """

    def __init__(self, catalogue: Catalogue, night: Night, plan: NightPlan) -> None:
        self.catalogue = catalogue
        self.night = night
        self.prices: NightPrices = plan.prices
        self.shown = plan.shown
        weights = plan.prices.weights
        self.weights: Floats = np.ones(len(night.ads)) if weights is None else weights
        self.parts: tuple[Act, ...] = tuple(_weighed(act, self.weights) for act in acts(night))
        self._kept: Flags = night.shared.at_least & (plan.short < LEAST)
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
        near: list[tuple[float, int, int, int, int]] = []
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
            # Where rows are many, nearly the best pod of each says which to look at.
            pricing = self.pricing(number) if len(which) <= EXACTLY else Dynamic(act.scene.rules, act.scene.worth)
            with_it, _ = having(pricing, self.problem(number), some, costs, local)
            if not np.isfinite(with_it).any():
                continue
            margins = pricing(some, costs).reduced - with_it
            best = int(np.argmin(margins))
            cohort = int(which[best])
            scene = int(act.members[int(np.argmax(own[:, cohort]))])
            near.append((float(margins[best]), number, scene, cohort, local))
        found: Cell | None = None
        for _, number, scene, cohort, local in sorted(near)[:NEAREST]:
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
        reach: Floats | None = None,
        change: Callable[[Rows], Rows] | None = None,
        besides: Integers | None = None,
    ) -> Cell | None:
        """A cohort's best pods with an ad (number ``local`` of the act) and without it; None if no legal pod has it.

        At ``shared`` float64[I] and ``reach`` float64[G] instead of the plan's prices, with the row changed, and
        without the ads ``besides`` int64[n] of the act as well, if that is said.
        """
        part = self.parts[act]
        rows = part.scene.rows.take(np.array([cohort], dtype=np.int64))
        charges = np.zeros((1, len(part.scene.ads)), dtype=np.float32)
        asked = self.prices.reach[:, cohort] if reach is None else reach
        for charge in part.charges:
            charges[0, charge.ads] += (asked[charge.row] * charge.use).astype(np.float32)
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

    def price_needed(self, cell: Cell, ad: int, campaign: str, reach: Floats) -> Decimal | None:
        """The amount at which a pod with the ad wins there over others' ads, with a little to spare.

        At ``reach`` float64[G] and other prices being equal, as if its own limits rose along; a promise to it that is
        kept is worth the less the more it pays itself, and counts nothing. Where the margin is small already prices
        will not be equal: others' limits give way, and they are taken as they may be at worst; the price then rises by
        ``AT_ONCE`` at most. None if no amount up to ``DEAREST`` is enough.
        """
        wanted = self.catalogue.campaigns[campaign]
        whole = wanted.price.kind is not PriceKind.COMPLETED_VIEW
        part = self.parts[cell.act]
        own = np.flatnonzero(self.own(cell.act, campaign))
        scores = np.array([self.score(cell.cohort, int(part.scene.ads[each])) for each in own])
        local = int(np.flatnonzero(part.scene.ads == ad)[0])
        self_ = int(np.flatnonzero(own == local)[0])
        before = self.declared(campaign, own, cell.act, wanted.price.amount)
        shared: Floats = np.where(self._kept & (self.night.shared.use[:, ad] > 0.0), 0.0, self.unlimited(ad))
        close = cell.margin < CLOSE * float(before[self_] * scores[self_])
        if close:
            shared, reach = self._against(ad)

        def wins(amount: Decimal) -> bool:
            after = self.declared(campaign, own, cell.act, amount)

            def dearer(rows: Rows) -> Rows:
                values = rows.values.copy()
                values[:, own] += ((after - before) * scores).astype(np.float32)
                return replace(rows, values=values)

            found = self.compared(
                cell.act, cell.scene, cell.cohort, local, shared=shared, reach=reach, change=dearer, besides=own
            )
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
        if close and wanted.price.amount > 0:
            booked = float(wanted.price.amount)
            least, most = booked * (1.0 + 2.0 * SPARE), booked * AT_ONCE
            high = max(min(high, amount_of(most, whole=whole)), amount_of(least, whole=whole))
        return high

    def declared(self, campaign: str, own: Integers, act: int, amount: Decimal) -> Floats:
        """float64[n]: micros of one impression of ads ``own`` int64[n] of an act at a price of their campaign, weighed
        as all values here are.
        """
        wanted = self.catalogue.campaigns[campaign]
        booked = wanted.model_copy(update={"price": wanted.price.model_copy(update={"amount": amount})})
        ads = self.parts[act].scene.ads[own]
        worth = [declared(booked, self.catalogue.creatives[self.night.ads[ad]]) for ad in ads.tolist()]
        return np.array(worth, dtype=np.float64) * self.weights[ads]

    def unlimited(self, ad: int) -> Floats:
        """float64[I]: prices of the shared rows, with none for the limits of the ad's own campaign."""
        shared = self.night.shared
        return np.where(~shared.at_least & (shared.use[:, ad] > 0.0), 0.0, self.prices.shared)

    def _against(self, ad: int) -> tuple[Floats, Floats]:
        """Prices of shared rows float64[I] and of reach rows float64[G] as they may turn against an ad at worst.

        Where it takes others' places their limits are used less, and cost them nothing, and their promises are short;
        its own repeats cost in full.
        """
        rows = self.night.shared
        most = np.where(rows.use > 0.0, self.weights, 1.0).max(axis=1, initial=1.0)
        shared = np.where(rows.at_least & (rows.use[:, ad] <= 0.0), rows.penalty * most, 0.0)
        reach = np.array(
            [row.penalty if np.isfinite(row.penalty) and ad in row.ads else 0.0 for row in self.night.reach]
        )
        return shared, reach

    def wanted(self, ad: int, amount: Decimal) -> float:
        """Impressions that the ad's campaign takes at a price, other prices being equal, without limits of its own.

        Where its ads are nearly as good as others they are taken, so that it is not too few.
        """
        campaign = self.night.campaigns[ad]
        total = 0.0
        for number, act in enumerate(self.parts):
            own = np.flatnonzero(self.own(number, campaign))
            if not len(own):
                continue
            rows = act.rows(self.prices.reach)
            booked = self.catalogue.campaigns[campaign].price.amount
            change = self.declared(campaign, own, number, amount) - self.declared(campaign, own, number, booked)
            scores = np.array(
                [[self.score(cohort, int(act.scene.ads[each])) for each in own] for cohort in range(len(rows))]
            )
            values = rows.values.copy()
            values[:, own] += (change * scores).astype(np.float32)
            costs = self.costs(number, self.unlimited(ad))
            costs[own] -= SPARE * float(np.abs(values[:, own]).mean())
            pods = self.pricing(number)(replace(rows, values=values), costs).pods
            counted = np.isin(pods, own).sum(axis=1)
            total += float((counted * act.seats).sum())
        return total

    @staticmethod
    def pricing_of(rules: PodRules, worth: Worth) -> Pricing:
        """Of pods by other rules."""
        return exact(rules, worth)


def _weighed(act: Act, weights: Floats) -> Act:
    """The act with values as a plan weighs them, ``weights`` float64[J]."""
    own = weights[act.scene.ads].astype(np.float32)
    if (own == 1.0).all():
        return act
    rows = replace(act.scene.rows, values=act.scene.rows.values * own)
    return replace(act, scene=replace(act.scene, rows=rows))
