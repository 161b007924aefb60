"""Why a campaign's ads run where they do, and no more: for each creative the first cause that keeps it out now.

Causes are asked for in this order: rules, viewers, what else must stand in the pod, other ads of the campaign, its own
limits, caps, earlier tiers, promises to others, price. What depends on worth is measured at the plan's prices, in
the cohort and scene where the ad comes nearest. Each cause names the assignments that remove it; another one may stand
behind it, so after a new plan the question can be asked again.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Final

import numpy as np

from domain.errors import InputError
from domain.units import SECOND, Microseconds
from planner.book.document import shown
from planner.book.model import Creative
from planner.book.read import Booked
from planner.decide.forced import having
from planner.event.answer import NightPlan
from planner.event.stage import Staged
from planner.event.why_answer import Answer, Told
from planner.event.why_cause import Cause, Hold, amount_of, assign, number_of
from planner.event.why_limits import cap, capped, companions, in_step, own_limit, promised, spent
from planner.event.why_market import LEAST, SPARE, Cell, Market
from planner.event.why_rules import AD_LOADS, Rulebook, price_of, split, watched
from planner.problem import Flags, Floats, Problem, Rule

TOLERANCE: Final = 1e-3
"""Micros of one viewer: less is rounding."""


def why(booked: Booked, staged: Staged, plan: NightPlan, campaign: str, brk: str | None) -> Answer:
    """What became of a campaign's creatives in break ``brk``, or in the event.

    Raises ``InputError`` for a campaign that the book has not, and for a break that is not planned.
    """
    if all(each.id != campaign for each in booked.book.campaigns):
        raise InputError("--why", "the id of a campaign of the book", shown(campaign))
    names = [each.id for each in staged.breaks]
    if brk is not None and brk not in names:
        raise InputError("--break", "the id of a break that is planned", shown(brk))
    asked = range(len(names)) if brk is None else [names.index(brk)]
    inquiry = _Inquiry(booked, staged, plan, list(asked))
    own = [creative for creative in booked.book.creatives if creative.campaign == campaign]
    return Answer(campaign, brk, tuple(inquiry.told(each) for each in own), booked.book.currency)


class _Inquiry:
    """One question, about the breaks numbered ``asked``."""

    def __init__(self, booked: Booked, staged: Staged, plan: NightPlan, asked: Sequence[int]) -> None:
        self._booked = booked
        self._staged = staged
        self._rules = Rulebook(booked)
        self._market = Market(self._rules.catalogue, staged.night, plan)
        self._number = {name: ad for ad, name in enumerate(staged.night.ads)}
        self._asked = asked
        self._seats = staged.night.seats
        self._scenes = [number for number, scene in enumerate(staged.night.scenes) if scene.brk in set(asked)]

    def told(self, creative: Creative) -> Told:
        """What became of one creative."""
        night = self._staged.night
        ad = self._number.get(creative.id)
        placed = np.zeros_like(self._seats) if ad is None else self._market.placed(ad)
        impressions: dict[str, float] = {}
        for scene in self._scenes:
            count = float(placed[scene].sum())
            if count > 0.0:
                name = self._staged.breaks[night.scenes[scene].brk].id
                impressions[name] = impressions.get(name, 0.0) + count
        runs = sum(impressions.values()) >= LEAST
        room = np.zeros_like(self._seats)
        if ad is not None:
            for scene in self._scenes:
                local = np.flatnonzero(night.scenes[scene].ads == ad)
                if len(local):
                    may = night.scenes[scene].rows.allowed[:, int(local[0])]
                    room[scene] = np.where(may, self._seats[scene] - placed[scene], 0.0)
        room[room < min(LEAST, float(room.max(initial=0.0))) * 0.999] = 0.0
        if room.sum() < LEAST:
            causes, where = ((), None) if runs else self._barred(creative)
        else:
            assert ad is not None
            causes, where = self._lost(creative, ad, room, runs=runs)
            # Of an ad that weighs more, so much less money decides.
            weight = float(self._market.weights[ad])
            causes = tuple(
                each if each.margin is None else replace(each, margin=each.margin / weight) for each in causes
            )
        return Told(creative.id, impressions, causes, where)

    def _barred(self, creative: Creative) -> tuple[tuple[Cause, ...], str | None]:
        """Rules or nobody's watching: of the break with the fewest causes, and of these the one most watched."""
        best: tuple[tuple[int, float], tuple[Cause, ...], str] | None = None
        for number in self._asked:
            brk = self._staged.breaks[number]
            scenes = [each for each in self._scenes if self._staged.night.scenes[each].brk == number]
            longest = max(scenes, key=lambda each: self._staged.night.scenes[each].duration)
            causes = self._rules.alone(creative, brk, self._staged.night.scenes[longest].duration)
            viewers = float(self._seats[scenes].sum())
            if viewers < LEAST:
                causes.append(watched(self._booked, brk))
            else:
                present: Flags = self._seats[scenes].sum(axis=0) > 0.0
                missed = self._rules.untargeted(creative, brk, present)
                if missed is not None:
                    causes.append(missed)
                elif not causes:
                    said = self._staged.refused.get(creative.id, {}).get(longest)
                    causes.append(self._rules.nobody(creative, brk, present, said.rule if said is not None else None))
            rank = (len(causes) + len(self._asked) * (viewers < LEAST), -viewers)
            if best is None or rank < best[0]:
                best = rank, tuple(causes), brk.id
        assert best is not None, "a break is asked about"
        return self._rules.uncontracted(creative, best[1]), best[2]

    def _lost(self, creative: Creative, ad: int, room: Floats, *, runs: bool) -> tuple[tuple[Cause, ...], str | None]:
        """It may stand where there is room, and does not."""
        scores = np.array([self._market.score(cohort, ad) for cohort in range(room.shape[1])])
        worth = np.where(scores[None, :] > 0.0, room, 0.0)
        if not worth.any() and not runs:
            scene = int(np.argmax(room.sum(axis=1)))
            cohort = int(np.argmax(room[scene]))
            return (self._worthless(creative, cohort),), self._name(scene)
        cell = self._market.nearest(ad, worth if worth.any() else room)
        if cell is None:
            scene = int(np.argmax(room.sum(axis=1)))
            return (self._impossible(ad, scene, room),), self._name(scene)
        return tuple(self._causes(creative, ad, cell)), self._name(cell.scene)

    def _causes(self, creative: Creative, ad: int, cell: Cell) -> Iterator[Cause]:
        """What keeps it out of a cell, and what stands behind that at the plan's prices."""
        market, night = self._market, self._staged.night
        part = market.parts[cell.act].scene
        local = int(np.flatnonzero(part.ads == ad)[0])
        where = f"for {night.cohorts[cell.cohort]} in {self._name(cell.scene)}"
        siblings = [
            each for each in self._instead(cell) if market.catalogue.creatives[each].campaign == creative.campaign
        ]
        first = True
        besides: list[int] = []
        shared, reach = market.prices.shared, market.prices.reach[:, cell.cohort].copy()
        if siblings and cell.margin > -TOLERANCE:
            told = f"{where}, {', '.join(siblings)} of its own campaign stands instead"
            yield Cause(Hold.SIBLING, told, self._without(siblings), cell.margin, self._instead(cell))
            besides, first = [each for each in cell.lacking if self._ad(cell, each) in siblings], False
            shared = market.unlimited(ad)
        for row in spent(market, ad) if first else ():
            yield own_limit(market, row, ad)
            shared, first = market.unlimited(ad), False
        rows = self._own_caps(cell, ad, creative.campaign)
        if rows:
            yield cap(market, self._rules, rows, cell, ad)
            reach[rows] = 0.0
            first = False
        if not first:
            behind = market.compared(
                cell.act,
                cell.scene,
                cell.cohort,
                local,
                shared=shared,
                reach=reach,
                besides=np.array(besides, dtype=np.int64),
            )
            if behind is None or behind.margin <= TOLERANCE:
                return
            cell = behind
        earlier = self._earlier(cell, ad)
        instead = self._instead(cell)
        if earlier is not None and (cell.margin <= TOLERANCE or set(earlier[1]) & set(instead)):
            tier, holders = earlier
            told = f"{where}, {', '.join(holders)} of tier {tier} come before its tier {int(night.tiers[ad])}"
            remedy = (assign("campaigns", creative.campaign, "tier", to=str(tier)),)
            yield Cause(Hold.TIER, told, remedy, cell.margin, instead)
            return
        beside = companions(market, cell, ad, shared, reach)
        if beside is not None:
            yield replace(beside, detail=f"{where}, {beside.detail}", instead=instead)
            return
        kept = promised(market, cell, ad, shared, reach)
        if kept is not None:
            yield replace(kept, detail=f"{where}, {kept.detail}", instead=instead)
            return
        yield self._priced(creative, ad, cell, reach, where)

    def _priced(self, creative: Creative, ad: int, cell: Cell, reach: Floats, where: str) -> Cause:
        """It loses by its price."""
        market, instead = self._market, self._instead(cell)
        wanted = market.catalogue.campaigns[creative.campaign]
        amount = market.price_needed(cell, ad, creative.campaign, reach)
        if amount is None:
            return Cause(Hold.PRICE, f"{where}, at no price", (), cell.margin, instead)
        remedy = (price_of(wanted, amount), *in_step(market, ad, amount))
        if cell.margin > TOLERANCE:
            told = f"{number_of(wanted.price.amount)} is too little, {number_of(amount)} would do"
            return Cause(Hold.PRICE, f"{where}, {told}", remedy, cell.margin, instead)
        detail = f"{where}, it is worth its place as much as what stands there; {number_of(amount)} would decide it"
        return Cause(Hold.GAP, detail, (*remedy, *self._decided(cell, ad)), cell.margin, instead)

    def _ad(self, cell: Cell, local: int) -> str:
        night = self._staged.night
        return night.ads[int(self._market.parts[cell.act].scene.ads[local])]

    def _instead(self, cell: Cell) -> tuple[str, ...]:
        """Ads of the better pod that the pod with the ad lacks."""
        return tuple(self._ad(cell, each) for each in cell.lacking if each not in cell.having)

    def _decided(self, cell: Cell, ad: int) -> Iterator[str]:
        """If the ad runs in another break just as well this one's slate becomes dearer: no price tells them apart."""
        night, market = self._staged.night, self._market
        if market.placed(ad).sum() < LEAST:
            return
        brk = self._staged.breaks[night.scenes[cell.scene].brk]
        part = market.parts[cell.act].scene
        local = int(np.flatnonzero(part.ads == ad)[0])
        value = SPARE * float(part.rows.values[cell.cohort, local]) / 1_000
        more = amount_of(value / max(1.0, float(part.rules.durations[local]) / SECOND))
        yield assign("breaks", brk.id, "slate_cost", to=number_of(brk.slate_cost + more))

    def _own_caps(self, cell: Cell, ad: int, campaign: str) -> list[int]:
        """Reach rows that are used up by the campaign itself, or but for which it would win."""
        market, night = self._market, self._staged.night
        local = int(np.flatnonzero(market.parts[cell.act].scene.ads == ad)[0])
        used = capped(market, cell, ad)
        own = [
            number
            for number in used
            if all(night.campaigns[int(each)] == campaign for each in night.reach[number].ads)
            or night.reach[number].limit[cell.cohort] < LEAST
        ]
        others = [number for number in used if number not in own]
        if others:
            reach = market.prices.reach[:, cell.cohort].copy()
            reach[used] = 0.0
            freed = market.compared(cell.act, cell.scene, cell.cohort, local, reach=reach)
            if own or (freed is not None and freed.margin <= 0.0):
                return used
        return own

    def _earlier(self, cell: Cell, ad: int) -> tuple[int, tuple[str, ...]] | None:
        """The first tier that has ads in the cell before this ad's, and these ads."""
        night = self._staged.night
        tiers = night.tiers
        holders = [each for each in self._market.stands(cell.scene, cell.cohort).tolist() if tiers[each] < tiers[ad]]
        if not holders:
            return None
        return int(tiers[holders].min()), tuple(night.ads[each] for each in holders)

    def _without(self, siblings: Sequence[str]) -> tuple[str, ...]:
        """The campaign's other ads taken out: removed, or too long for any break where the book speaks of them."""
        book = self._booked.book
        named = {each.creative for brk in book.breaks for each in brk.before}
        for cohort in book.audience.cohorts:
            named.update(each.creative for each in cohort.seen)
            named.update(cohort.scores)
        return tuple(
            assign("creatives", each, "duration", to="3600") if each in named else assign("creatives", each)
            for each in siblings
        )

    def _worthless(self, creative: Creative, cohort: int) -> Cause:
        """All scores of whoever may see it are 0."""
        name = self._staged.night.cohorts[cohort]
        remedy = [assign("campaigns", creative.campaign, "scores", to="{}")]
        if not split(self._booked.book.audience.cohorts):
            remedy.append(assign("audience", "cohorts", name, "scores", creative.id, to="1"))
        return Cause(Hold.SCORE, f"its score is 0 for everyone who may see it, such as {name}", tuple(remedy))

    def _impossible(self, ad: int, scene: int, room: Floats) -> Cause:
        """No legal pod has it, though it breaks no rule by itself: which rule, lifted, would let one be."""
        market, night = self._market, self._staged.night
        act = int(market.act_of[scene])
        part, name = market.parts[act].scene, self._name(scene)
        which = np.flatnonzero(room[scene] > 0.0)
        local = int(np.flatnonzero(part.ads == ad)[0])
        rows = part.rows.take(which)
        endless = replace(rows, ad_time=np.full_like(rows.ad_time, part.rules.duration))
        free = replace(rows, required=np.zeros_like(rows.required))
        short = replace(part.rules, minimum_fill=Microseconds(0))
        unfilled = (assign("breaks", name, "minimum_fill", to="0"),)
        unloaded = tuple(
            assign("viewing", field) for field in AD_LOADS if getattr(self._booked.book.viewing, field) is not None
        )
        holders = dict.fromkeys(
            campaign
            for index in np.unique(rows.required).tolist()
            for wanted in part.rules.required[index]
            for campaign in [night.campaigns[int(part.ads[wanted.members[0]])]]
            if campaign != night.campaigns[ad]
        )
        freed = tuple(assign("campaigns", each, "position_guaranteed", to="false") for each in holders)
        base = market.problem(act)
        lifted: tuple[tuple[Rule, str, tuple[str, ...], Problem], ...] = (
            (
                Rule.MINIMUM_FILL,
                "no pod with it reaches the minimum fill",
                unfilled,
                replace(base, rules=short, rows=rows),
            ),
            (
                Rule.AD_LOAD,
                "with what must stand beside it, it is more than its viewers may still see",
                unloaded,
                replace(base, rows=endless),
            ),
            (
                Rule.GUARANTEED_POSITION,
                "no pod with it has room for what is guaranteed a position",
                freed,
                replace(base, rows=free),
            ),
        )
        nothing = np.zeros(len(part.ads))
        for rule, detail, remedy, easier in lifted:
            pricing = market.pricing_of(easier.rules, easier.worth)
            if remedy and np.isfinite(having(pricing, easier, easier.rows, nothing, local)[0]).any():
                return Cause(rule, f"{name}: {detail}", remedy)
        campaign = night.campaigns[ad]
        anywhere = (
            assign("campaigns", campaign, "position", to="any"),
            assign("campaigns", campaign, "position_guaranteed", to="false"),
        )
        return Cause(
            Hold.NO_POD,
            f"{name}: no legal pod has it beside what else must stand there",
            (*unfilled, *unloaded, *freed, *anywhere),
        )

    def _name(self, scene: int) -> str:
        return self._staged.breaks[self._staged.night.scenes[scene].brk].id
