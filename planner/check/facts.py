"""What the rules ask of a book, looked up once."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from domain.errors import InputError
from domain.units import Microseconds
from planner.book.metadata import Identity
from planner.book.model import Before, Break, Campaign, Cap, CapOf, CapPer, Creative
from planner.book.read import Booked
from planner.book.spots import spots

_MICRO: Final = Decimal(1_000_000)


def duration_of(seconds: Decimal) -> Microseconds:
    """Decimal seconds of a book as microseconds; they have six places at most."""
    return Microseconds(int(seconds * _MICRO))


def in_seconds(duration: int) -> Decimal:
    """Microseconds as exact decimal seconds."""
    return Decimal(duration).scaleb(-6)


@dataclass(frozen=True, slots=True, eq=False)
class Ad:
    """A creative with its campaign, or something of which less is known that stands ahead in a break.

    ``name`` is for messages; ``creative``, ``campaign`` and ``spot`` are None where a sponsor's billboard is none of
    the book's. Ads of one ``spot`` are one ad under several ids, see ``planner.book.spots``.
    """

    name: str
    creative: Creative | None
    campaign: Campaign | None
    spot: str | None
    identity: Identity
    tags: frozenset[str]
    duration: Microseconds

    def under(self, node: str) -> bool:
        """Whether it stands under the category, or in doubt may."""
        if self.identity.categories is None:
            return self.identity.doubtful
        return node in self.identity.categories

    def families(self) -> list[tuple[CapOf, str]]:
        """What caps count it as."""
        found: list[tuple[CapOf, str]] = []
        if self.spot is not None:
            found.append((CapOf.CREATIVE, self.spot))
        if self.campaign is not None:
            found.append((CapOf.CAMPAIGN, self.campaign.id))
        if self.identity.advertiser is not None:
            found.append((CapOf.ADVERTISER, self.identity.advertiser))
        return found


def different_advertisers(one: Ad, other: Ad) -> bool:
    """Whether two ads are, or in doubt may be, of different advertisers."""
    if one.identity.advertiser is not None and other.identity.advertiser is not None:
        return one.identity.advertiser != other.identity.advertiser
    return any(ad.identity.advertiser is None and ad.identity.doubtful for ad in (one, other))


class Facts:
    """The ads of a book, its categories as nodes of its tree, its caps by what they count.

    ``ads`` are by creative; ``limits`` has the smallest cap of each period by what it counts; ``separated`` and
    ``forbidden_nodes`` pair a node with the name that the book gives it.
    """

    def __init__(self, booked: Booked) -> None:
        self.booked = booked
        self.book = booked.book
        self.campaigns = {campaign.id: campaign for campaign in self.book.campaigns}
        self._spots = spots(self.book)
        self.ads = {creative.id: self._ad(creative) for creative in self.book.creatives}
        self.by_campaign: dict[str, list[Ad]] = {campaign: [] for campaign in self.campaigns}
        for ad in self.ads.values():
            if ad.campaign is not None:
                self.by_campaign[ad.campaign.id].append(ad)
        self.separated = self.nodes(self.book.separation.categories)
        self.separated_by = {each.id: self.nodes(each.separation) for each in self.book.campaigns}
        self.exclusive = {
            campaign.id: self.node(campaign.exclusive_category)
            for campaign in self.book.campaigns
            if campaign.exclusive_category is not None
        }
        self.limits: dict[tuple[CapOf, str], dict[CapPer, int]] = {}
        self._limit()

    def node(self, name: str) -> str:
        """The tree's node that a category means; ``InputError`` where there is none."""
        found = self.booked.tree.resolve(name)
        if found is None:
            raise InputError("category", "a category of the tree", repr(name))
        return found

    def nodes(self, names: tuple[str, ...]) -> tuple[tuple[str, str], ...]:
        """Pairs of node and name."""
        return tuple((self.node(name), name) for name in names)

    def ahead(self, brk: Break) -> list[Ad]:
        """What stands in the break before what is planned."""
        return [self._ahead(number, before) for number, before in enumerate(brk.before)]

    def limit(self, family: tuple[CapOf, str], per: CapPer) -> int | None:
        """The smallest cap, if there is any."""
        return self.limits.get(family, {}).get(per)

    def _ad(self, creative: Creative) -> Ad:
        return Ad(
            creative.id,
            creative,
            self.campaigns[creative.campaign],
            self._spots[creative.id],
            self.booked.identities[creative.id],
            frozenset(creative.tags),
            duration_of(creative.duration),
        )

    def _ahead(self, number: int, before: Before) -> Ad:
        ad = self.ads[before.creative] if before.creative is not None else None
        return Ad(
            before.creative or before.advertiser or f"number {number} of what stands before",
            ad.creative if ad else None,
            ad.campaign if ad else None,
            ad.spot if ad else None,
            self.booked.ahead(before),
            ad.tags if ad else frozenset(),
            ad.duration if ad else Microseconds(0),
        )

    def _limit(self) -> None:
        """Caps of the book hold for every ad; a campaign's for its ads and their advertisers."""
        for ad in self.ads.values():
            caps = self.book.caps + (ad.campaign.caps if ad.campaign else ())
            for family in ad.families():
                known = self.limits.setdefault(family, {})
                for cap in caps:
                    _keep_smallest(known, cap, family[0])


def _keep_smallest(known: dict[CapPer, int], cap: Cap, of: CapOf) -> None:
    if cap.of is of:
        known[cap.per] = min(known.get(cap.per, cap.limit), cap.limit)
