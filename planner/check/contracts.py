"""Contracts that bind every pod of the cohorts that a campaign reaches. Each gives the reasons against a pod."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from planner.book.model import Campaign, PositionRequest
from planner.check.facts import Ad


@dataclass(frozen=True, slots=True)
class Reach:
    """The campaigns with such a contract of which the cohort may see at least one ad in this break."""

    roadblocks: tuple[Campaign, ...]
    guaranteed: tuple[Campaign, ...]


def roadblock(reach: Reach, pod: Sequence[Ad]) -> Iterator[str]:
    """Whoever is in the targeting sees this campaign's ads alone."""
    for campaign in reach.roadblocks:
        for ad in pod:
            if ad.campaign is not campaign:
                yield f"{ad.name} stands in it, and these viewers see ads of {campaign.id} alone"


def guaranteed_position(reach: Reach, pod: Sequence[Ad]) -> Iterator[str]:
    """If sold, guaranteed: a pod that has any ad has one of the campaign's there."""
    for campaign in reach.guaranteed:
        there = pod[0] if campaign.position is PositionRequest.FIRST else pod[-1]
        if there.campaign is not campaign:
            yield f"{there.name} stands {campaign.position}, which is guaranteed to {campaign.id} for these viewers"
