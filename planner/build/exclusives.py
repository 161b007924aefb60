"""Event exclusivity: a campaign has a category for itself in all breaks of the event."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations
from typing import Final

from domain.errors import InputError
from planner.book.model import Exclusivity, MetadataPolicy
from planner.build.lineup import Catalogue, Standing

TOGETHER: Final = "contracts that can hold together"
"""What is expected of two contracts."""


@dataclass(frozen=True, slots=True)
class EventExclusive:
    """A campaign's category for the whole event.

    ``advertisers`` are those of the campaign and of its creatives; where none is known, ``doubtful`` says whether
    everyone may be another.
    """

    campaign: str
    category: str
    node: str
    advertisers: frozenset[str]
    doubtful: bool

    def keeps_out(self, standing: Standing) -> bool:
        """Whether an ad is another advertiser's under the category; in doubt it is."""
        if standing.campaign is not None and standing.campaign.id == self.campaign:
            return False
        if not standing.under(self.node):
            return False
        if standing.identity.advertiser is None:
            return standing.identity.doubtful
        return standing.identity.advertiser not in self.advertisers and (bool(self.advertisers) or self.doubtful)

    def rivals(self, other: EventExclusive) -> bool:
        """Whether the two are, or in doubt may be, of different advertisers."""
        if self.advertisers and other.advertisers:
            return self.advertisers.isdisjoint(other.advertisers)
        return self.doubtful


def event_exclusives(catalogue: Catalogue) -> tuple[EventExclusive, ...]:
    """All of a book. They hold in every break, whether or not the campaign has ads there.

    Raises ``InputError`` naming both campaigns where two of different advertisers overlap.
    """
    book = catalogue.book
    found = []
    for campaign in book.campaigns:
        if campaign.exclusivity is Exclusivity.EVENT:
            assert campaign.exclusive_category is not None
            own = (each for each in book.creatives if each.campaign == campaign.id)
            names = {campaign.advertiser, *(catalogue.booked.identities[each.id].advertiser for each in own)}
            category = campaign.exclusive_category
            found.append(
                EventExclusive(
                    campaign.id,
                    category,
                    catalogue.node(category),
                    frozenset(name for name in names if name),
                    book.metadata is not MetadataPolicy.LENIENT,
                )
            )
    closure = catalogue.booked.tree.closure
    for one, other in combinations(found, 2):
        overlap = other.node in closure([one.node]) or one.node in closure([other.node])
        if overlap and one.rivals(other):
            raise InputError(
                "campaigns",
                TOGETHER,
                f"event exclusivity of {one.campaign} for {one.category} and of {other.campaign} for {other.category}",
            )
    return tuple(found)
