"""Contracts with whom a campaign reaches hold before anything is planned: roadblocks and guaranteed positions.

They take ads away, or demand them; which of two that cannot both hold gives way is not the planner's to say.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

import numpy as np

from domain.errors import InputError
from planner.book.model import Campaign, Targeting
from planner.build.cliques import Cliques
from planner.build.eligibility import Refused
from planner.build.exclusives import TOGETHER, EventExclusive
from planner.build.families import POSITIONS
from planner.build.lineup import Lineup, members
from planner.problem import Flags, Integers, Position, Required, Rule


@dataclass(frozen=True, slots=True)
class Contracts:
    """What contracts make of the rows: ``allowed`` bool[R, J] by roadblocks, ``required`` int64[R] as an index into
    ``sets``.
    """

    allowed: Flags
    required: Integers
    sets: tuple[tuple[Required, ...], ...]


class Scope:
    """Where contracts meet: the ads of a break, and the rows of the audience that may see them.

    ``allowed`` bool[R, J]: by targeting and by what viewers have seen; ``rows`` names the rows, ``where`` the break.
    """

    def __init__(
        self,
        lineup: Lineup,
        cliques: Cliques,
        durations: Integers,
        limits: tuple[int, int],
        allowed: Flags,
        rows: tuple[str, ...],
        where: str,
    ) -> None:
        self.lineup = lineup
        self.cliques = cliques
        self.durations = durations
        self.duration, self.maximum_ads = limits
        self.allowed = allowed
        self.rows = rows
        self.where = where

    def ads(self, campaign: Campaign) -> list[int]:
        """The campaign's ads."""
        return list(members(self.lineup.of_campaign(campaign.id)))

    def reached(self, campaign: Campaign) -> Flags:
        """bool[R]: rows that may see at least one of the campaign's ads."""
        return np.asarray(self.allowed[:, self.ads(campaign)].any(axis=1), dtype=np.bool_)

    def conflict(self, row: int, one: str, other: str) -> InputError:
        """The error that names a cohort and two contracts."""
        return InputError(f"{self.where}, cohort {self.rows[row]}", TOGETHER, f"{one} and {other}")


def contracts(scope: Scope) -> Contracts:
    """Apply roadblocks and guaranteed positions.

    Raises ``InputError`` naming cohort and both campaigns where two contracts cannot both hold.
    """
    allowed = np.ones_like(scope.allowed)
    holder = roadblock(scope, allowed)
    required, sets = guaranteed_position(scope, holder)
    return Contracts(allowed, required, sets)


def sold_out(
    scope: Scope,
    exclusives: Iterable[EventExclusive],
    refused: Iterable[Refused],
    admitted: Callable[[Targeting], Flags],
) -> None:
    """Refuse a roadblock or guaranteed position all of whose ads another's event exclusivity keeps from the event.

    ``admitted`` gives the rows, bool[R], of a targeting: a contract with nobody conflicts with none.

    Raises ``InputError`` naming both campaigns.
    """
    catalogue = scope.lineup.catalogue
    kept_out = [catalogue.creatives[each.creative] for each in refused if each.rule is Rule.EVENT_EXCLUSIVITY]
    for creative in kept_out:
        campaign = catalogue.campaign_of(creative)
        if not (campaign.roadblock or campaign.position_guaranteed) or scope.ads(campaign):
            continue
        rows = np.flatnonzero(admitted(campaign.targeting))
        if len(rows):
            standing = catalogue.standing(creative)
            holder = next(each for each in exclusives if each.keeps_out(standing))
            own = f"the roadblock of {campaign.id}" if campaign.roadblock else _guarantee(campaign)
            raise scope.conflict(int(rows[0]), f"the event exclusivity of {holder.campaign}", own)


def roadblock(scope: Scope, allowed: Flags) -> list[Campaign | None]:
    """Take others' ads away from whom a roadblock reaches; gives each row's holder."""
    found: list[Campaign | None] = [None] * len(scope.rows)
    for campaign in _of(scope, (each for each in scope.lineup.catalogue.book.campaigns if each.roadblock)):
        reached = scope.reached(campaign)
        for row in np.flatnonzero(reached):
            rival = found[row]
            if rival is not None:
                raise scope.conflict(int(row), f"the roadblock of {rival.id}", f"the roadblock of {campaign.id}")
            found[row] = campaign
        own = np.zeros(len(scope.lineup), dtype=np.bool_)
        own[scope.ads(campaign)] = True
        allowed[reached] &= own
    return found


def guaranteed_position(
    scope: Scope, roadblocks: list[Campaign | None]
) -> tuple[Integers, tuple[tuple[Required, ...], ...]]:
    """Demand an ad of the campaign in its position from every pod of whom it reaches."""
    held: list[dict[Position, Campaign]] = [{} for _ in scope.rows]
    for campaign in _of(scope, (each for each in scope.lineup.catalogue.book.campaigns if each.position_guaranteed)):
        position = POSITIONS[campaign.position]
        for row in map(int, np.flatnonzero(scope.reached(campaign))):
            rival = roadblocks[row]
            if rival is not None and rival.id != campaign.id:
                raise scope.conflict(row, f"the roadblock of {rival.id}", _guarantee(campaign))
            if position in held[row]:
                raise scope.conflict(row, _guarantee(held[row][position]), _guarantee(campaign))
            held[row][position] = campaign
    _refuse_impossible(scope, held)
    sets: dict[tuple[tuple[Position, str], ...], int] = {(): 0}
    keys = [tuple((position, each.id) for position, each in sorted(row.items())) for row in held]
    required = np.array([sets.setdefault(key, len(sets)) for key in keys], dtype=np.int64)
    return required, tuple(tuple(_required(scope, *each) for each in key) for key in sets)


def _refuse_impossible(scope: Scope, held: list[dict[Position, Campaign]]) -> None:
    """First and last are both guaranteed, and no two ads of theirs fit into one pod."""
    known: dict[tuple[str, str, bytes], bool] = {}
    for row, contracts_of_row in enumerate(held):
        if len(contracts_of_row) < 2:
            continue
        first, last = contracts_of_row[Position.FIRST], contracts_of_row[Position.LAST]
        firsts = [ad for ad in scope.ads(first) if scope.allowed[row, ad]]
        lasts = [ad for ad in scope.ads(last) if scope.allowed[row, ad]]
        key = (first.id, last.id, scope.allowed[row, scope.ads(first) + scope.ads(last)].tobytes())
        if key not in known:
            known[key] = any(_fit(scope, one, other) for one in firsts for other in lasts)
        if not known[key]:
            raise scope.conflict(row, _guarantee(first), _guarantee(last))


def _fit(scope: Scope, one: int, other: int) -> bool:
    together = int(scope.durations[one] + scope.durations[other])
    return scope.maximum_ads > 1 and together <= scope.duration and not scope.cliques.apart(one, other)


def _of(scope: Scope, campaigns: Iterable[Campaign]) -> Iterator[Campaign]:
    """Those that have an ad in the break."""
    return (campaign for campaign in campaigns if scope.lineup.of_campaign(campaign.id))


def _required(scope: Scope, position: Position, campaign: str) -> Required:
    ads = tuple(members(scope.lineup.of_campaign(campaign)))
    return Required(ads, position, f"guaranteed position of {campaign}")


def _guarantee(campaign: Campaign) -> str:
    return f'the guaranteed position "{campaign.position}" of {campaign.id}'
