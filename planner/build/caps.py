"""Caps as limits of what they count: a creative, a campaign, an advertiser."""

from __future__ import annotations

from collections.abc import Iterator

from planner.book.model import Before, Cap, CapOf, CapPer
from planner.build.lineup import Catalogue

Counted = tuple[CapOf, str]
"""What a cap counts: of what kind, and its id or name; creatives are counted by their spot."""


class Caps:
    """The smallest limit of each period for each thing counted.

    A cap of the book holds for every creative, campaign and advertiser; a campaign's for its creatives, itself, and the
    advertisers of its creatives, whichever campaign's ads these show. An ad whose advertiser is not known counts in no
    advertiser's cap.
    """

    def __init__(self, catalogue: Catalogue) -> None:
        self._limits: dict[CapPer, dict[Counted, int]] = {per: {} for per in CapPer}
        for creative in catalogue.book.creatives:
            standing = catalogue.standing(creative)
            campaign = catalogue.campaign_of(creative)
            counted = dict(_counted(catalogue.spots[creative.id], campaign.id, standing.identity.advertiser))
            for cap in (*catalogue.book.caps, *campaign.caps):
                if cap.of in counted:
                    self._lower((cap.of, counted[cap.of]), cap)

    def limits(self, per: CapPer) -> dict[Counted, int]:
        """By what is counted."""
        return self._limits[per]

    def limit(self, per: CapPer, of: CapOf, name: str) -> int | None:
        """One of them, if there is a cap."""
        return self._limits[per].get((of, name))

    def _lower(self, counted: Counted, cap: Cap) -> None:
        known = self._limits[cap.per]
        known[counted] = min(known.get(counted, cap.limit), cap.limit)


def used_ahead(catalogue: Catalogue, before: tuple[Before, ...]) -> dict[Counted, int]:
    """How often each thing stands before in the break."""
    used: dict[Counted, int] = {}
    for each in before:
        creative = catalogue.creatives[each.creative] if each.creative is not None else None
        campaign = creative.campaign if creative is not None else None
        spot = catalogue.spots[each.creative] if each.creative is not None else None
        for counted in _counted(spot, campaign, catalogue.booked.ahead(each).advertiser):
            used[counted] = used.get(counted, 0) + 1
    return used


def _counted(spot: str | None, campaign: str | None, advertiser: str | None) -> Iterator[Counted]:
    for of, name in ((CapOf.CREATIVE, spot), (CapOf.CAMPAIGN, campaign), (CapOf.ADVERTISER, advertiser)):
        if name is not None:
            yield of, name
