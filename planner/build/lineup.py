"""Ads as sets of bits: bit j of an ``int`` is ad j, so that "everyone under this category" is one number.

Sets of twenty thousand ads are joined in a microsecond; lists of pairs of them would not fit.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from planner.book.metadata import Identity
from planner.book.model import Before, Campaign, Creative
from planner.book.read import Booked
from planner.book.spots import spots
from planner.problem import Flags

Bits = int
"""A set of ads."""

NOBODY: Final[Bits] = 0


def bits(ads: Iterable[int]) -> Bits:
    """The set of these ads."""
    found = 0
    for ad in ads:
        found |= 1 << ad
    return found


def members(chosen: Bits) -> Iterator[int]:
    """The ads of a set, in rising order."""
    while chosen:
        lowest = chosen & -chosen
        yield lowest.bit_length() - 1
        chosen ^= lowest


def flags(chosen: Bits, ads: int) -> Flags:
    """bool[ads]: the set as a row of a mask."""
    packed = np.frombuffer(chosen.to_bytes((ads + 7) // 8, "little"), dtype=np.uint8)
    return np.unpackbits(packed, bitorder="little")[:ads].astype(np.bool_)


@dataclass(frozen=True, slots=True)
class Standing:
    """What the rules between two ads see of one: of the book, or ahead in the break and known in part."""

    campaign: Campaign | None
    identity: Identity
    tags: frozenset[str]

    @property
    def nobody_knows_whose(self) -> bool:
        """Whether its advertiser is in doubt."""
        return self.identity.advertiser is None and self.identity.doubtful

    def under(self, node: str) -> bool:
        """Whether it stands under the category, or in doubt may."""
        if self.identity.categories is None:
            return self.identity.doubtful
        return node in self.identity.categories


class Catalogue:
    """A book's parts by their ids; ``spots`` has the ad that each creative shows, see ``planner.book.spots``."""

    def __init__(self, booked: Booked) -> None:
        self.booked = booked
        self.book = booked.book
        self.campaigns = {campaign.id: campaign for campaign in booked.book.campaigns}
        self.creatives = {creative.id: creative for creative in booked.book.creatives}
        self.spots = spots(booked.book)

    def campaign_of(self, creative: Creative) -> Campaign:
        """Who booked it."""
        return self.campaigns[creative.campaign]

    def standing(self, creative: Creative) -> Standing:
        """A creative of the book."""
        identity = self.booked.identities[creative.id]
        return Standing(self.campaign_of(creative), identity, frozenset(creative.tags))

    def ahead(self, before: Before) -> Standing:
        """Something that stands before in the break."""
        creative = self.creatives[before.creative] if before.creative is not None else None
        if creative is None:
            return Standing(None, self.booked.ahead(before), frozenset())
        return Standing(self.campaign_of(creative), self.booked.ahead(before), frozenset(creative.tags))

    def node(self, category: str) -> str:
        """Id of a category that the book names; ``planner.book.read`` has seen that there is one."""
        found = self.booked.tree.resolve(category)
        assert found is not None, category
        return found


class Lineup:
    """J creatives of a book, numbered, and the sets that the rules ask for.

    ``creatives``, ``campaigns`` and ``standings`` are by ad; ``showing`` has the ads of each spot, mostly one.
    ``everyone`` is the set of all; ``whose_unknown`` of those whose advertiser is in doubt.
    """

    def __init__(self, catalogue: Catalogue, creatives: Sequence[Creative]) -> None:
        self.catalogue = catalogue
        self.creatives = tuple(creatives)
        self.campaigns = tuple(catalogue.campaign_of(creative) for creative in creatives)
        self.standings = tuple(catalogue.standing(creative) for creative in creatives)
        self.everyone: Bits = (1 << len(self.creatives)) - 1
        self.whose_unknown = bits(ad for ad, each in enumerate(self.standings) if each.nobody_knows_whose)
        self.showing: dict[str, list[int]] = {}
        self._nobodys = bits(ad for ad, each in enumerate(self.standings) if each.identity.advertiser is None)
        self._what_unknown = NOBODY
        self._under: dict[str, list[int]] = {}
        self._tagged: dict[str, list[int]] = {}
        self._booked: dict[str, list[int]] = {campaign: [] for campaign in catalogue.campaigns}
        self._advertised: dict[str, list[int]] = {}
        self._sets: dict[tuple[str, str], Bits] = {}
        for ad, standing in enumerate(self.standings):
            self._enter(ad, standing)

    def __len__(self) -> int:
        return len(self.creatives)

    @property
    def advertisers(self) -> Iterable[str]:
        """All that are known, in the order of the ads."""
        return self._advertised

    def under(self, node: str) -> Bits:
        """Ads that stand under the category, or in doubt may."""
        return self._set("under", node, self._under) | self._what_unknown

    def tagged(self, tag: str) -> Bits:
        """Ads whose pictures show it."""
        return self._set("tagged", tag, self._tagged)

    def of_campaign(self, campaign: str) -> Bits:
        """Ads of a campaign."""
        return self._set("campaign", campaign, self._booked)

    def of_advertiser(self, advertiser: str) -> Bits:
        """Ads that are known to be the advertiser's."""
        return self._set("advertiser", advertiser, self._advertised)

    def of_others(self, standing: Standing) -> Bits:
        """Ads that are of a different advertiser than ``standing``, or in doubt may be."""
        if standing.nobody_knows_whose:
            return self.everyone
        if standing.identity.advertiser is None:
            return self.whose_unknown
        known = self.everyone & ~self._nobodys & ~self.of_advertiser(standing.identity.advertiser)
        return known | self.whose_unknown

    def _enter(self, ad: int, standing: Standing) -> None:
        self.showing.setdefault(self.catalogue.spots[self.creatives[ad].id], []).append(ad)
        if standing.identity.categories is not None:
            for node in sorted(standing.identity.categories):
                self._under.setdefault(node, []).append(ad)
        elif standing.identity.doubtful:
            self._what_unknown |= 1 << ad
        for tag in sorted(standing.tags):
            self._tagged.setdefault(tag, []).append(ad)
        self._booked[self.creatives[ad].campaign].append(ad)
        if standing.identity.advertiser is not None:
            self._advertised.setdefault(standing.identity.advertiser, []).append(ad)

    def _set(self, kind: str, name: str, lists: dict[str, list[int]]) -> Bits:
        key = (kind, name)
        if key not in self._sets:
            self._sets[key] = bits(lists.get(name, ()))
        return self._sets[key]
