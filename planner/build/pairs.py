"""Rules between two ads, as sets: all ads of a lineup that may not stand in one pod with this one.

What stands may be of the lineup itself, ahead in the break, or seen in an earlier pod.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from planner.book.model import CapOf, CapPer, Exclusivity
from planner.build.caps import Caps
from planner.build.lineup import NOBODY, Bits, Lineup, Standing
from planner.problem import Rule


class Apart:
    """Who keeps whom out of a pod.

    ``separated`` are nodes of the book, ``separated_by`` of each campaign, ``separating`` the ads under a node whose
    campaigns keep others away there; ``names`` is what the book calls the nodes.
    """

    def __init__(self, lineup: Lineup, caps: Caps) -> None:
        catalogue = lineup.catalogue
        self.lineup = lineup
        self.caps = caps
        self.separated = {catalogue.node(name): name for name in catalogue.book.separation.categories}
        self.separated_by: dict[str, tuple[str, ...]] = {}
        self.separating: dict[str, Bits] = {}
        self.names = dict(self.separated)
        for campaign in catalogue.book.campaigns:
            nodes = {catalogue.node(name): name for name in campaign.separation}
            self.separated_by[campaign.id] = tuple(nodes)
            self.names |= nodes
            for node in nodes:
                own = lineup.of_campaign(campaign.id) & lineup.under(node)
                self.separating[node] = self.separating.get(node, NOBODY) | own
        campaigns = catalogue.book.campaigns
        self.avoiding = [each for each in campaigns if each.avoid]
        self.exclusive = [each for each in campaigns if each.exclusivity in {Exclusivity.CATEGORY, Exclusivity.POD}]

    def one_of(self, advertiser: str) -> bool:
        """Whether a pod has one ad of the advertiser: so it is unless a cap per break says how many."""
        wanted = self.lineup.catalogue.book.separation.advertisers
        return wanted and self.caps.limit(CapPer.BREAK, CapOf.ADVERTISER, advertiser) is None


PairRule = Callable[[Apart, Standing], Bits]


def separation(apart: Apart, standing: Standing) -> Bits:
    """Ads under a node with ``standing`` that the book, or the campaign of either, keeps apart."""
    found = NOBODY
    lineup = apart.lineup
    for node in apart.separated:
        if standing.under(node):
            found |= lineup.under(node)
    if standing.campaign is not None:
        for node in apart.separated_by[standing.campaign.id]:
            if standing.under(node):
                found |= lineup.under(node)
    for node, separating in apart.separating.items():
        if standing.under(node):
            found |= separating
    return found


def advertiser(apart: Apart, standing: Standing) -> Bits:
    """Ads of the advertiser of ``standing``, or that in doubt may be."""
    if not apart.lineup.catalogue.book.separation.advertisers:
        return NOBODY
    if standing.nobody_knows_whose:
        return apart.lineup.everyone
    found = apart.lineup.whose_unknown
    name = standing.identity.advertiser
    if name is not None and apart.one_of(name):
        found |= apart.lineup.of_advertiser(name)
    return found


def avoid(apart: Apart, standing: Standing) -> Bits:
    """Ads of other advertisers with a tag that the campaign of ``standing`` avoids, or that avoid one of its tags."""
    lineup = apart.lineup
    found = NOBODY
    if standing.campaign is not None:
        for tag in standing.campaign.avoid:
            found |= lineup.tagged(tag)
    if standing.tags:
        for campaign in apart.avoiding:
            if not standing.tags.isdisjoint(campaign.avoid):
                found |= lineup.of_campaign(campaign.id)
    return found & lineup.of_others(standing)


def exclusivity(apart: Apart, standing: Standing) -> Bits:
    """Ads that the campaign of ``standing`` keeps out of its pod, or that keep ``standing`` out of theirs."""
    lineup = apart.lineup
    found = NOBODY
    own = standing.campaign
    if own is not None and own.exclusivity is Exclusivity.POD:
        found |= lineup.everyone & ~lineup.of_campaign(own.id)
    if own is not None and own.exclusivity is Exclusivity.CATEGORY:
        assert own.exclusive_category is not None
        found |= lineup.under(lineup.catalogue.node(own.exclusive_category)) & lineup.of_others(standing)
    for campaign in apart.exclusive:
        if campaign.exclusivity is Exclusivity.POD:
            if own is None or own.id != campaign.id:
                found |= lineup.of_campaign(campaign.id)
        else:
            assert campaign.exclusive_category is not None
            if standing.under(lineup.catalogue.node(campaign.exclusive_category)):
                found |= lineup.of_campaign(campaign.id) & lineup.of_others(standing)
    return found


PAIR_RULES: Final[Mapping[Rule, PairRule]] = {
    Rule.SEPARATION: separation,
    Rule.ADVERTISER: advertiser,
    Rule.AVOID: avoid,
    Rule.EXCLUSIVITY: exclusivity,
}
