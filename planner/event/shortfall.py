"""Why a campaign gets less of an event than it was promised, or, without a promise, than it may have."""

from __future__ import annotations

import math
from typing import Final

import numpy as np

from planner.book.model import Campaign
from planner.book.read import Booked
from planner.build.prices import reserve
from planner.decide.money import amount, per_thousand
from planner.event.figures import LEAST_PRICE, Figures
from planner.event.night import HARD, Night, Reach, Scene
from planner.event.remaining import owner
from planner.event.stage import Staged
from planner.eventfile import ShortReason
from planner.problem import Flags, Floats, Kind, Rule

LEAST: Final = 0.5
"""Impressions: what is less is none in whole impressions."""
ROUNDED: Final = 1e-5
"""Of a promise: less is what a program's tolerance leaves."""
USED_UP: Final = 1e-3
"""Of a limit: less of it left is nothing left, as a plan near the best leaves crumbs."""
CRUMBS: Final = 0.01
"""The most that counts as such."""
MOSTLY: Final = 0.5
"""Part of a campaign's viewers whose caps have a price, from which caps are what holds it."""
DECIDED: Final = 0.1
"""Relative distance from the best, up to which a plan says what more of a campaign would cost others."""
_OWN: Final = {
    Kind.BUDGET: ShortReason.BUDGET,
    Kind.GOAL: ShortReason.GOAL,
    Kind.SHARE_MAXIMUM: ShortReason.SHARE,
}


class Shortfalls:
    """Explains the campaigns of one plan; what several questions need is worked out once."""

    def __init__(self, booked: Booked, staged: Staged, figures: Figures) -> None:
        self._booked = booked
        self._staged = staged
        self._figures = figures
        self._night = staged.night
        shared = self._night.shared
        self._rows: dict[str, list[int]] = {}
        for row in range(len(shared)):
            self._rows.setdefault(owner(shared, row), []).append(row)
        placed = figures.placed
        self._left = np.array(shared.limit)
        for scene, seats in zip(self._night.scenes, placed, strict=True):
            self._left -= np.einsum("ij,j->i", scene.use, seats[scene.ads])

    def short(self, campaign: Campaign) -> float:
        """Impressions below its guarantee or minimum share, whichever is more; what rounding may miss is none."""
        kinds, short = self._night.shared.kinds, self._figures.plan.short
        rows = [row for row in self._rows.get(campaign.id, ()) if kinds[row].at_least]
        missing = max((float(short[row]) for row in rows), default=0.0)
        promised = max((float(self._night.shared.limit[row]) for row in rows), default=0.0)
        return missing if missing >= max(LEAST, ROUNDED * promised) else 0.0

    def why(self, campaign: Campaign, expected: float) -> tuple[ShortReason, str]:
        """What binds, and the facts in words. ``expected`` impressions still come."""
        short = self.short(campaign)
        if short >= LEAST:
            return self._why(campaign, expected + short, expected, promised=True)
        wanted = self._wanted(campaign)
        # What a plan leaves of a limit because it is near the best, and not there, needs no other reason.
        crumbs = min(max(USED_UP, self._figures.plan.certificate.gap), CRUMBS)
        if not math.isfinite(wanted) or expected >= wanted * (1.0 - crumbs) - LEAST:
            return ShortReason.NONE, ""
        return self._why(campaign, wanted, expected, promised=False)

    def _wanted(self, campaign: Campaign) -> float:
        """Impressions that its budget and goal still have room for; infinite without either."""
        shared = self._night.shared
        found = math.inf
        for row in self._rows.get(campaign.id, ()):
            if shared.kinds[row] is Kind.GOAL:
                found = min(found, float(shared.limit[row]))
            elif shared.kinds[row] is Kind.BUDGET:
                found = min(found, float(shared.limit[row]) / max(1, reserve(campaign)))
        if not any(name == campaign.id for name in self._night.campaigns):
            # Without ads there are no rows of upper bounds.
            goal = math.inf if campaign.goal is None else float(campaign.goal)
            budget = math.inf if campaign.budget is None else float(campaign.budget) * 1e6 / max(1, reserve(campaign))
            found = min(goal, budget)
        return found

    def missing(self, campaign: Campaign, wanted: float) -> tuple[ShortReason, str]:
        """What keeps a campaign from ``wanted`` impressions in planned breaks."""
        return self._why(campaign, wanted, 0.0, promised=True)

    def _why(self, campaign: Campaign, wanted: float, expected: float, *, promised: bool) -> tuple[ShortReason, str]:
        def keeps_back(most: float) -> bool:
            """Without a promise a ceiling that the plan is far from is not what holds a campaign."""
            return most < wanted * (1.0 - USED_UP) and (promised or wanted - most >= most - expected)

        own = np.array([name == campaign.id for name in self._night.campaigns], dtype=np.bool_)
        scenes = _counting(self._staged, promised=promised)
        if not any(own[self._night.scenes[number].ads].any() for number in scenes):
            return ShortReason.NO_CREATIVE, self._refusals(campaign, scenes)
        room = _rooms(self._night, own, scenes)
        most = float(room.sum())
        if most <= 0.0:
            return ShortReason.NO_VIEWERS, "nobody of its targeting watches when it may run"
        if keeps_back(most):
            where = "breaks that are sure to come" if promised else "all breaks"
            return ShortReason.VIEWERS, f"its viewers could see it {most:,.0f} times at most in {where}"
        rows = [row for row in self._night.reach if row.penalty == HARD]
        through = _through(self._night, own, room)
        if keeps_back(through):
            names = self._names(rows, own)
            return ShortReason.CAP, f"{names} lets {through:,.0f} of {wanted:,.0f} through"
        shared = self._night.shared
        for row in self._rows.get(campaign.id, ()):
            if promised and shared.kinds[row] is Kind.GOAL and float(shared.limit[row]) >= wanted:
                continue  # it leaves room for all that is promised
            kind, size = shared.kinds[row], float(np.abs(shared.use[row, own]).max(initial=0.0))
            if kind in _OWN and self._left[row] <= max(LEAST * size, USED_UP * abs(float(shared.limit[row]))):
                return _OWN[kind], f"its {kind.replace('_', ' ')} is used up{self._of(kind, campaign)}"
        held = self._held(own, room)
        if held is not None:
            return ShortReason.CAP, held
        if promised and expected >= wanted * (1.0 - USED_UP):
            return ShortReason.GAP, "what is missing is less than this plan may be from the best possible"
        if not self._figures.plan.certificate.gap <= DECIDED:
            told = "planning ended too far from the best possible to say that it could not have more"
            return ShortReason.GAP, told
        return ShortReason.PRICE, self._price(campaign, own, promised=promised)

    def _refusals(self, campaign: Campaign, scenes: list[int]) -> str:
        creatives = [each.id for each in self._booked.book.creatives if each.campaign == campaign.id]
        if not creatives:
            return "it has no creative"
        refused = self._staged.refused
        rules = {
            refused[name][number].rule
            for name in creatives
            if name in refused
            for number in scenes & refused[name].keys()
        }
        return f"none of its creatives may run: {', '.join(sorted(rules)) or 'no break counts'}"

    def _names(self, rows: list[Reach], own: Flags) -> str:
        """The limits over several breaks that count its ads alone, or else all that do."""
        ads = set(np.flatnonzero(own).tolist())
        mine = [row.name for row in rows if set(row.ads.tolist()) <= ads]
        return _some(mine or [row.name for row in rows if ads & set(row.ads.tolist())])

    def _of(self, kind: Kind, campaign: Campaign) -> str:
        if kind is Kind.BUDGET and campaign.budget is not None:
            return f": {amount(float(campaign.budget) * 1e6, self._booked.book.currency)}"
        if kind is Kind.GOAL and campaign.goal is not None:
            return f": {campaign.goal:,}"
        voice = campaign.share_of_voice
        return f": {voice.maximum:.1%} of all impressions" if voice is not None else ""

    def _held(self, own: Flags, room: Floats) -> str | None:
        """Whether its caps are used up for most of its viewers: there they have a price."""
        ads = set(np.flatnonzero(own).tolist())
        viewers = room.sum(axis=0)
        paid = np.zeros(room.shape[1])
        names = []
        for row, prices in zip(self._night.reach, self._figures.plan.prices.reach, strict=True):
            if row.penalty == HARD and row.rule is not Rule.AD_LOAD and ads & set(row.ads.tolist()):
                here = np.where(viewers > 0.0, prices, 0.0)
                if here.max(initial=0.0) >= LEAST_PRICE:
                    paid += here
                    names.append(row.name)
        capped = float(viewers[paid >= LEAST_PRICE].sum()) / float(viewers.sum())
        if capped < MOSTLY:
            return None
        price = float((paid * viewers).sum() / viewers.sum())
        worth = per_thousand(price, self._booked.book.currency)
        return f"used up for {capped:.0%} of its viewers: {_some(names)}; one more would be worth {worth}"

    def _price(self, campaign: Campaign, own: Flags, *, promised: bool) -> str:
        currency = self._booked.book.currency
        if promised and campaign.guarantee is not None:
            penalty = per_thousand(float(campaign.guarantee.penalty) * 1e3, currency)
            return f"more of it would cost others more than its value and its penalty of {penalty}"
        values, seats = 0.0, 0.0
        for scene in self._night.scenes:
            mine = np.flatnonzero(own[scene.ads])
            if len(mine):
                viewers = scene.seats * scene.rows.allowed[:, mine].any(axis=1)
                best = np.where(scene.rows.allowed[:, mine], scene.rows.values[:, mine], 0.0).max(axis=1)
                values += float((best * viewers).sum())
                seats += float(viewers.sum())
        worth = per_thousand(values / seats if seats > 0.0 else 0.0, currency)
        return f"worth {worth} on average: where it might stand, others bring more for the time"


def most_of(staged: Staged, campaign: str, *, promised: bool) -> float:
    """Impressions that a campaign could have if all else gave way; ``promised`` counts planned breaks alone."""
    own = np.array([name == campaign for name in staged.night.campaigns], dtype=np.bool_)
    if not own.any():
        return 0.0
    return _through(staged.night, own, _rooms(staged.night, own, _counting(staged, promised=promised)))


def _counting(staged: Staged, *, promised: bool) -> list[int]:
    """Scenes that count."""
    return [
        number
        for number, scene in enumerate(staged.night.scenes)
        if not promised or staged.breaks[scene.brk].probability >= 1.0
    ]


def _rooms(night: Night, own: Flags, scenes: list[int]) -> Floats:
    """float64[S, K]: what ``_room`` says of the ``scenes``, nothing elsewhere."""
    found = np.zeros((len(night.scenes), len(night.cohorts)))
    for number in scenes:
        found[number] = _room(night.scenes[number], own)
    return found


def _through(night: Night, own: Flags, room: Floats) -> float:
    """The most that hard limits over several breaks let through of ``own`` bool[J], cohort by cohort."""
    rows = [row for row in night.reach if row.penalty == HARD]
    ads = np.flatnonzero(own).tolist()
    together = _path([row for row in rows if set(ads) <= set(row.ads.tolist())], own, room)
    singly = np.zeros(room.shape[1])
    for ad in ads:
        alone = np.zeros_like(own)
        alone[ad] = True
        possible = np.minimum(_rooms(night, alone, list(range(len(night.scenes)))), room)
        singly += _path([row for row in rows if ad in row.ads], alone, possible)
    return float(np.minimum(together, singly).sum())


def _room(scene: Scene, own: Flags) -> Floats:
    """float64[K]: how often its viewers could see ads of ``own`` bool[J] in a scene, caps over breaks apart."""
    local = np.flatnonzero(own[scene.ads])
    allowed = scene.rows.allowed[:, local]
    lengths = np.where(allowed, scene.rules.durations[local], np.iinfo(np.int64).max // (len(local) + 1))
    ends = np.cumsum(np.sort(lengths, axis=1), axis=1)
    fitting = (ends <= scene.duration).sum(axis=1)
    members = set(local.tolist())
    limits = [family.limit for family in scene.rules.families if members <= set(family.members)]
    most = np.minimum(fitting, min([scene.rules.maximum_ads, *limits]))
    return np.asarray(scene.seats * most, dtype=np.float64)


def _path(rows: list[Reach], own: Flags, room: Floats) -> Floats:
    """float64[K]: the least that windows one after another, and scenes between them, let through of ``own``.

    Each row lets its limit through over its scenes; a scene in no window lets ``room`` float64[S, K] through.
    """
    least = [np.zeros(room.shape[1])]
    ending: dict[int, list[Reach]] = {}
    for row in rows:
        ending.setdefault(row.stop, []).append(row)
    for stop in range(1, len(room) + 1):
        found = least[stop - 1] + room[stop - 1]
        for row in ending.get(stop, ()):
            use = min(row.use[own[row.ads]])
            found = np.minimum(found, least[row.first] + row.limit / use)
        least.append(found)
    return np.asarray(least[-1], dtype=np.float64)


def _some(names: list[str]) -> str:
    """Names once each, the first few."""
    found = list(dict.fromkeys(names))
    more = f" and {len(found) - 3} more" if len(found) > 3 else ""
    return ", ".join(found[:3]) + more
