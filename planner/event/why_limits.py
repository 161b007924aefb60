"""Limits that are used up: a campaign's own budget, goal and share, and how far caps reach."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import Final

import numpy as np

from planner.book.model import Campaign
from planner.build.prices import reserve
from planner.event.why_cause import Cause, Hold, amount_of, assign, number_of
from planner.event.why_market import LEAST, SPARE, Cell, Market
from planner.event.why_rules import Rulebook
from planner.problem import NOTHING, Floats, Kind

NEARLY: Final = 0.02
"""Part of a limit with a price that a plan may leave and still count as having used it up: what its gap leaves."""
_HOLDS: Final = {Kind.BUDGET: Hold.BUDGET, Kind.GOAL: Hold.GOAL, Kind.SHARE_MAXIMUM: Hold.SHARE}
_PROMISES: Final = {Kind.GUARANTEE: "guarantee", Kind.SHARE_MINIMUM: "share_of_voice"}


def spent(market: Market, ad: int) -> list[int]:
    """Shared rows that have no room for one impression more of an ad."""
    night = market.night
    shared = night.shared
    found = []
    placed = market.shown.placed(night).sum(axis=0)
    for row in np.flatnonzero(~shared.at_least & (shared.use[:, ad] > 0.0)).tolist():
        left = float(shared.limit[row] - (shared.use[row] * placed).sum())
        room = float(shared.use[row, ad]) * LEAST
        if market.prices.shared[row] > 0.0:
            room = max(room, NEARLY * float(shared.limit[row]))
        if left < room:
            found.append(row)
    return found


def own_limit(market: Market, row: int, cell: Cell, ad: int, campaign: str) -> Cause:
    """A shared row of the campaign that is used up, and how large it must be for the ad to win in the cell."""
    shared = market.night.shared
    kind = shared.kinds[row]
    own = market.catalogue.campaigns[campaign]
    if kind is Kind.SHARE_MAXIMUM:
        detail = (
            f"its maximum share is used up: {own.share_of_voice.maximum:g} of all impressions"
            if own.share_of_voice
            else ""
        )
        return Cause(Hold.SHARE, detail, (assign("campaigns", campaign, "share_of_voice", "maximum", to="1"),))
    limits = market.prices.shared.copy()
    limits[row] = _price_where_it_wins(market, row, cell, ad)
    more = _wanted(market, row, limits, campaign) - float(shared.limit[row])
    each = float(reserve(own))
    if kind is Kind.BUDGET:
        detail = f"its budget of {number_of(own.budget or Decimal(0))} is used up"
        remedy = (_budget(own, more), *_goal_in_step(market, ad, own, more / max(each, 1.0)))
        return Cause(Hold.BUDGET, detail, remedy)
    detail = f"its goal of {own.goal} is used up"
    return Cause(Hold.GOAL, detail, (_goal(own, more), *_budget_in_step(market, ad, own, more * each)))


def _budget(own: Campaign, more: float) -> str:
    """A budget of so many micros more."""
    return assign("campaigns", own.id, "budget", to=number_of(amount_of(float(own.budget or 0) + more / 1e6)))


def _goal(own: Campaign, more: float) -> str:
    """A goal of so many impressions more."""
    return assign("campaigns", own.id, "goal", to=str((own.goal or 0) + max(1, int(np.ceil(more)))))


def _goal_in_step(market: Market, ad: int, own: Campaign, impressions: float) -> Iterator[str]:
    """A goal raised so that so many impressions more fit, if they do not."""
    left = _left(market, ad, Kind.GOAL)
    if left is not None and left < impressions:
        yield _goal(own, impressions - left)


def _budget_in_step(market: Market, ad: int, own: Campaign, micros: float) -> Iterator[str]:
    """A budget raised so that it pays so much more, if it does not."""
    left = _left(market, ad, Kind.BUDGET)
    if left is not None and left < micros:
        yield _budget(own, micros - left)


def _left(market: Market, ad: int, kind: Kind) -> float | None:
    """What is left of a limit of an ad's campaign; None if there is none of this kind."""
    shared = market.night.shared
    placed = market.shown.placed(market.night).sum(axis=0)
    for row in np.flatnonzero(shared.use[:, ad] > 0.0).tolist():
        if shared.kinds[row] is kind:
            return float(shared.limit[row] - (shared.use[row] * placed).sum())
    return None


def _price_where_it_wins(market: Market, row: int, cell: Cell, ad: int) -> float:
    """The row's price at which the ad wins its cell with a little to spare; 0 if there is none."""
    low, high = 0.0, float(market.prices.shared[row])
    local = int(np.flatnonzero(market.parts[cell.act].scene.ads == ad)[0])
    value = max(1.0, SPARE * float(market.parts[cell.act].scene.rows.values[cell.cohort, local]))

    def wins(price: float) -> bool:
        shared = market.prices.shared.copy()
        shared[row] = price
        found = market.compared(cell.act, cell.scene, cell.cohort, local, shared=shared)
        return found is not None and found.margin <= -value

    if high <= 0.0 or not wins(0.0):
        return 0.0
    for _ in range(10):
        middle = (low + high) / 2.0
        low, high = (middle, high) if wins(middle) else (low, middle)
    return low


def _wanted(market: Market, row: int, shared: Floats, campaign: str) -> float:
    """Units of a row that the campaign takes at prices ``shared`` float64[I], wherever it is at least as good there.

    Other prices being equal; never less than all of the limit and a tenth.
    """
    night = market.night
    total = 0.0
    for number, act in enumerate(market.parts):
        own = market.own(number, campaign)
        if not own.any():
            continue
        rows = act.rows(market.prices.reach)
        bribe = SPARE * float(np.abs(rows.values[:, own]).mean())
        costs = market.costs(number, shared)
        costs[own] -= bribe
        pods = market.pricing(number)(rows, costs).pods
        use = np.append(np.where(own, act.scene.use[row], 0.0), 0.0)
        total += float((use[np.where(pods == NOTHING, len(use) - 1, pods)].sum(axis=1) * act.seats).sum())
    least = float(night.shared.use[row].max())
    return max(total, 1.1 * float(night.shared.limit[row]) + 2.0 * least)


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


def promised(market: Market, cell: Cell, ad: int) -> Cause | None:
    """Promises to others but for which their pod would not be worth more in the cell; None if it would all the same."""
    shared, prices = market.night.shared, market.prices.shared
    part = market.parts[cell.act]
    lacking, having = list(cell.lacking), list(cell.having)
    rows, paid = [], 0.0
    for row in np.flatnonzero(shared.at_least & (prices > 0.0) & (shared.use[:, ad] <= 0.0)).tolist():
        use = part.scene.use[row]
        gained = float(prices[row]) * float(use[lacking].sum() - use[having].sum())
        if gained > 0.0:
            rows.append(row)
            paid += gained
    if not rows or paid < cell.margin:
        return None
    rivals = [each for each in cell.lacking if each not in cell.having]
    remedy = []
    for row in rows:
        whose = _whose(market, row)
        if shared.kinds[row] is Kind.GUARANTEE:
            remedy.append(assign("campaigns", whose, "guarantee"))
        else:
            remedy.append(assign("campaigns", whose, "share_of_voice", "minimum", to="0"))
    names = ", ".join(shared.names[row] for row in rows)
    instead = tuple(market.night.ads[int(part.scene.ads[each])] for each in rivals)
    return Cause(Hold.PROMISE, f"kept out by what others were promised: {names}", tuple(remedy), cell.margin, instead)


def _whose(market: Market, row: int) -> str:
    """The campaign of a shared row."""
    own = int(np.argmax(market.night.shared.use[row] > 0.0))
    return market.night.campaigns[own]
