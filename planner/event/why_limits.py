"""Limits that are used up: a campaign's own budget, goal and share, and how far caps reach."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Final

import numpy as np

from planner.build.prices import reserve
from planner.event.why_cause import Cause, Hold, amount_of, assign, number_of
from planner.event.why_market import LEAST, Cell, Market
from planner.event.why_rules import Rulebook
from planner.problem import NOTHING, Floats, Kind, Rule

NEARLY: Final = 0.02
"""Part of a limit with a price that a plan may leave and still count as having used it up: what its gap leaves."""
MORE: Final = 2.0
"""By how much a limit that is used up is multiplied at least."""


def spent(market: Market, ad: int) -> list[int]:
    """Shared rows that have no room for one impression more of an ad."""
    night = market.night
    shared = night.shared
    found = []
    placed = market.shown.placed(night).sum(axis=0)
    for row in _own(market, ad):
        left = float(shared.limit[row] - (shared.use[row] * placed).sum())
        room = float(shared.use[row, ad]) * LEAST
        if market.prices.shared[row] > 0.0:
            room = max(room, NEARLY * float(shared.limit[row]))
        if left < room:
            found.append(row)
    return found


def own_limit(market: Market, row: int, ad: int) -> Cause:
    """A shared row of the ad's campaign that is used up, and as much as the campaign would take without it."""
    kind = market.night.shared.kinds[row]
    own = market.catalogue.campaigns[market.night.campaigns[ad]]
    if kind is Kind.SHARE_MAXIMUM:
        part = own.share_of_voice.maximum if own.share_of_voice is not None else 1.0
        remedy = (assign("campaigns", own.id, "share_of_voice", "maximum", to="1"),)
        return Cause(Hold.SHARE, f"its maximum share of {part:g} is used up", remedy)
    raised = in_step(market, ad, own.price.amount)
    if kind is Kind.BUDGET:
        return Cause(Hold.BUDGET, f"its budget of {number_of(own.budget or Decimal(0))} is used up", raised)
    return Cause(Hold.GOAL, f"its goal of {own.goal} is used up", raised)


def in_step(market: Market, ad: int, amount: Decimal) -> tuple[str, ...]:
    """Assignments of a budget and a goal with which the ad's campaign gets what it takes at the price ``amount``.

    None for a limit that leaves enough. One that is used up now is doubled at least: what a
    campaign takes was priced as if nobody else gave way.
    """
    own = market.catalogue.campaigns[market.night.campaigns[ad]]
    limits = {market.night.shared.kinds[row]: row for row in _own(market, ad)}
    if Kind.BUDGET not in limits and Kind.GOAL not in limits:
        return ()
    used = spent(market, ad)
    impressions = market.wanted(ad, amount)
    found: list[str] = []
    if Kind.BUDGET in limits:
        booked, row = own.budget or Decimal(0), limits[Kind.BUDGET]
        each = float(reserve(own.model_copy(update={"price": own.price.model_copy(update={"amount": amount})})))
        before = max(float(reserve(own)), 1.0)
        # What was delivered counts at the new price as well.
        delivered = (float(booked) * 1e6 - float(market.night.shared.limit[row])) / before * each
        least = MORE * float(booked) * each / before if row in used else 0.0
        wanted = amount_of(max((impressions * each + delivered) / 1e6, least))
        if wanted > booked:
            found.append(assign("campaigns", own.id, "budget", to=number_of(wanted)))
    if Kind.GOAL in limits:
        booked_, row = own.goal or 0, limits[Kind.GOAL]
        count = impressions + booked_ - float(market.night.shared.limit[row])
        goal = int(np.ceil(max(count, MORE * booked_ + 2.0 if row in used else 0.0)))
        if goal > booked_:
            found.append(assign("campaigns", own.id, "goal", to=str(goal)))
    return tuple(found)


def _own(market: Market, ad: int) -> list[int]:
    """Shared rows that limit an ad's campaign."""
    shared = market.night.shared
    return np.flatnonzero(~shared.at_least & (shared.use[:, ad] > 0.0)).tolist()


def capped(market: Market, cell: Cell, ad: int) -> list[int]:
    """Hard reach rows that leave the cohort no room for one impression more of an ad in the cell's scene."""
    night, found = market.night, []
    for number, reach in enumerate(night.reach):
        if np.isfinite(reach.penalty) or not reach.first <= cell.scene < reach.stop or ad not in reach.ads:
            continue
        each = float(reach.use[reach.ads == ad][0])
        limit = float(reach.limit[cell.cohort])
        room = each * LEAST
        if market.prices.reach[number, cell.cohort] > 0.0:
            room = max(room, NEARLY * limit)
        if limit - _used(market, number, cell.cohort) < room:
            found.append(number)
    return found


def _used(market: Market, number: int, cohort: int) -> float:
    """Units of a reach row that a cohort's pods use."""
    reach, shown = market.night.reach[number], market.shown
    here = (shown.cohorts == cohort) & (shown.scenes >= reach.first) & (shown.scenes < reach.stop)
    use = np.zeros(len(market.night.ads) + 1)
    use[reach.ads] = reach.use
    pods = shown.pods[here].astype(np.int64)
    return float((use[np.where(pods == NOTHING, len(use) - 1, pods)].sum(axis=1) * shown.seats[here]).sum())


def cap(market: Market, rules: Rulebook, numbers: Sequence[int], cell: Cell, ad: int) -> Cause:
    """Caps that are used up."""
    night = market.night
    creative = market.catalogue.creatives[night.ads[ad]]
    names = list(dict.fromkeys(night.reach[number].name for number in numbers))
    remedy = [
        each
        for number in numbers
        for each in rules.without_limit(night.reach[number].rule, night.reach[number].name, creative)
    ]
    price = max(float(market.prices.reach[number, cell.cohort]) for number in numbers)
    where = night.cohorts[cell.cohort]
    return Cause(Hold.CAP, f"{where} sees it as often as it may: {', '.join(names)}", joined(remedy), margin=price)


def joined(remedy: Sequence[str]) -> tuple[str, ...]:
    """Each assignment once; of several to one list of caps what none of them leaves is gone."""
    keys: dict[str, list[str]] = {}
    for each in remedy:
        key, _, value = each.partition("=")
        keys.setdefault(key, []).append(value)
    return tuple(f"{key}={values[0] if len(set(values)) == 1 else '[]'}" for key, values in keys.items())


def companions(market: Market, cell: Cell, ad: int, shared: Floats, reach: Floats) -> Cause | None:
    """Ads that are guaranteed a position beside it, and have no more of their own limits; None if these do not hold it.

    A pod with the ad takes one of theirs too, and pays for what is scarce of it.
    """
    night, part = market.night, market.parts[cell.act].scene
    local = int(np.flatnonzero(part.ads == ad)[0])
    wanted = part.rules.required[int(part.rows.required[cell.cohort])]
    members = {member for each in wanted for member in each.members}
    beside = [each for each in cell.having if each != local and each in members and each not in cell.lacking]
    used = part.use[:, beside].max(axis=1, initial=0.0) > 0.0
    rows = np.flatnonzero(~night.shared.at_least & (shared > 0.0) & used & (night.shared.use[:, ad] <= 0.0))
    freed = shared.copy()
    freed[rows] = 0.0
    found = market.compared(cell.act, cell.scene, cell.cohort, local, shared=freed, reach=reach) if len(rows) else None
    # Where slate was better it was so for what stands beside; another ad may be better still, and is then named next.
    if found is None or (found.margin > 0.0 and (cell.lacking or not found.lacking)):
        return None
    ads = [int(part.ads[each]) for each in beside]
    names, limits = ", ".join(night.ads[each] for each in ads), ", ".join(night.shared.names[row] for row in rows)
    remedy = [
        assign("campaigns", each, "position_guaranteed", to="false")
        for each in dict.fromkeys(night.campaigns[one] for one in ads)
    ]
    told = f"{names} must stand beside it and is held itself: {limits}"
    return Cause(Rule.GUARANTEED_POSITION, told, tuple(remedy), cell.margin)


def promised(market: Market, cell: Cell, ad: int, shared: Floats, reach: Floats) -> Cause | None:
    """Promises to others but for which the ad would win in the cell, at these prices; None if it would not."""
    part = market.parts[cell.act]
    local = int(np.flatnonzero(part.scene.ads == ad)[0])
    kinds, names = market.night.shared.kinds, market.night.shared.names
    rivals = [each for each in cell.lacking if each not in cell.having]
    rows = [
        row
        for row in np.flatnonzero(market.night.shared.at_least & (shared > 0.0)).tolist()
        if market.night.shared.use[row, ad] <= 0.0
        and ((part.scene.use[row, rivals] > 0.0).any() or part.scene.use[row, local] < 0.0)
    ]
    freed = shared.copy()
    freed[rows] = 0.0
    found = market.compared(cell.act, cell.scene, cell.cohort, local, shared=freed, reach=reach) if rows else None
    if found is None or found.margin > 0.0:
        return None
    remedy = []
    for row in rows:
        whose = market.night.campaigns[int(np.argmax(market.night.shared.use[row] > 0.0))]
        if kinds[row] is Kind.GUARANTEE:
            remedy.append(assign("campaigns", whose, "guarantee"))
        else:
            remedy.append(assign("campaigns", whose, "share_of_voice", "minimum", to="0"))
    told = ", ".join(names[row] for row in rows)
    return Cause(Hold.PROMISE, f"kept out by what others were promised: {told}", tuple(remedy), cell.margin, ())
