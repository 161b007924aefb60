"""Families of a pod: of which ads it has at most one, or at most so many."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from planner.book.model import CapOf, CapPer, PositionRequest
from planner.build.caps import Counted
from planner.build.cliques import Cliques
from planner.build.lineup import Bits, Lineup, bits, members
from planner.build.pairs import PAIR_RULES, Apart
from planner.problem import Position, Rule

POSITIONS: Final = {
    PositionRequest.ANY: Position.ANY,
    PositionRequest.FIRST: Position.FIRST,
    PositionRequest.LAST: Position.LAST,
    PositionRequest.FIRST_OR_LAST: Position.FIRST | Position.LAST,
}

LONGER: Final = (CapPer.HOUR, CapPer.DAY, CapPer.EVENT, CapPer.LIFETIME)
"""Periods that go on over breaks."""


def repeat(apart: Apart, cliques: Cliques) -> None:
    """One ad of those that are the same, under several ids."""
    for spot, ads in apart.lineup.showing.items():
        if len(ads) > 1:
            cliques.one_of(bits(ads), Rule.REPEAT, f"the same ad as {spot}")


def separation(apart: Apart, cliques: Cliques) -> None:
    """One ad under each node of the book; those of campaigns bind their own ads with all others there."""
    for node, name in apart.separated.items():
        cliques.one_of(apart.lineup.under(node), Rule.SEPARATION, f"separation under {name}")
    for node, separating in apart.separating.items():
        name = f"separation under {apart.names[node]} by campaigns"
        cliques.one_of(separating, Rule.SEPARATION, name)
        under = apart.lineup.under(node)
        cliques.cover(((ad, under) for ad in members(separating)), Rule.SEPARATION, name)


def advertiser(apart: Apart, cliques: Cliques) -> None:
    """One ad of each advertiser, unless a cap per break says how many; one in doubt may be anyone's."""
    lineup = apart.lineup
    if not lineup.catalogue.book.separation.advertisers:
        return
    cliques.one_of(lineup.whose_unknown, Rule.ADVERTISER, "advertiser not known")
    for name in lineup.advertisers:
        if apart.one_of(name):
            both = lineup.of_advertiser(name) | lineup.whose_unknown
            cliques.one_of(both, Rule.ADVERTISER, f"advertiser {name}")
    in_doubt = ((ad, lineup.everyone) for ad in members(lineup.whose_unknown))
    cliques.cover(in_doubt, Rule.ADVERTISER, "advertiser not known")


def avoid(apart: Apart, cliques: Cliques) -> None:
    """A campaign's ads, and ads with a tag that it avoids."""
    for campaign in apart.avoiding:
        _cover(Rule.AVOID, apart, cliques, campaign.id)


def exclusivity(apart: Apart, cliques: Cliques) -> None:
    """A campaign's ads, and those that it keeps out of its pod."""
    for campaign in apart.exclusive:
        _cover(Rule.EXCLUSIVITY, apart, cliques, campaign.id)


def _cover(rule: Rule, apart: Apart, cliques: Cliques, campaign: str) -> None:
    standings = apart.lineup.standings
    own = members(apart.lineup.of_campaign(campaign))
    cliques.cover(((ad, PAIR_RULES[rule](apart, standings[ad])) for ad in own), rule, f"{rule} of {campaign}")


def cap_break(apart: Apart, cliques: Cliques, used: dict[Counted, int]) -> None:
    """Caps per break, less what stands before. A creative stands once in a pod anyway, under whatever id."""
    for (of, name), limit in apart.caps.limits(CapPer.BREAK).items():
        if of is not CapOf.CREATIVE:
            left = limit - used.get((of, name), 0)
            cliques.at_most(counted(apart.lineup, of, name), left, Rule.CAP_BREAK, f"cap of {of} {name}")


def cap(apart: Apart, cliques: Cliques) -> None:
    """No pod alone may break a cap of a longer period."""
    for per in LONGER:
        for (of, name), limit in apart.caps.limits(per).items():
            if of is not CapOf.CREATIVE:
                cliques.at_most(counted(apart.lineup, of, name), limit, Rule.CAP, f"cap of {of} {name} per {per}")


def position(apart: Apart, cliques: Cliques) -> None:
    """One ad stands first and one last; the positions themselves are not families, but this much of them is."""
    edges = {Position.FIRST: 1, Position.LAST: 1, Position.FIRST | Position.LAST: 2}
    where = positions(apart.lineup)
    for allowed, limit in edges.items():
        chosen = bits(int(ad) for ad in np.flatnonzero((where & ~np.uint8(allowed)) == 0))
        cliques.at_most(chosen, limit, Rule.POSITION, f"position {' or '.join(_names(allowed))}")


def positions(lineup: Lineup) -> NDArray[np.uint8]:
    """uint8[J] of ``Position``: where each ad may stand."""
    return np.array([int(POSITIONS[each.position]) for each in lineup.campaigns], dtype=np.uint8)


def counted(lineup: Lineup, of: CapOf, name: str) -> Bits:
    """Ads that a cap of a campaign or an advertiser counts."""
    return lineup.of_campaign(name) if of is CapOf.CAMPAIGN else lineup.of_advertiser(name)


def families(apart: Apart, used: dict[Counted, int], where: str) -> Cliques:
    """All families of a break; ``used`` is what stands before.

    Raises ``InputError`` beginning with ``where`` if too many pairs of ads exclude each other.
    """
    cliques = Cliques(len(apart.lineup), where)
    repeat(apart, cliques)
    separation(apart, cliques)
    advertiser(apart, cliques)
    avoid(apart, cliques)
    exclusivity(apart, cliques)
    position(apart, cliques)
    cap_break(apart, cliques, used)
    cap(apart, cliques)
    return cliques


def _names(allowed: Position) -> list[str]:
    return [each.name.lower() for each in (Position.FIRST, Position.LAST) if each & allowed and each.name]
