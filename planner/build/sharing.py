"""What all viewers share: budgets, goals and guarantees of campaigns, and their shares of the break's impressions."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from domain.errors import InputError
from planner.book.model import Campaign
from planner.build.lineup import Lineup, flags
from planner.build.prices import micros_of, reserve
from planner.problem import Floats, Kind, Shared


@dataclass(frozen=True, slots=True)
class _Row:
    """One row of ``Shared``."""

    kind: Kind
    campaign: str
    use: Floats
    limit: float
    penalty: float = 0.0


def sharing(lineup: Lineup, where: str, cells: int) -> Shared:
    """All shared rows of a break, campaign by campaign.

    A lower bound stands even where the campaign has no ad in the break: its shortfall costs what it costs.

    Raises ``InputError`` beginning with ``where`` if rows times ads are more than ``cells``.
    """
    rows: list[_Row] = []
    for campaign in lineup.catalogue.book.campaigns:
        rows.extend(_rows(lineup, campaign))
        if len(rows) * len(lineup) > cells:
            found = f"{len(rows)} limits or more and {len(lineup)} creatives"
            raise InputError(where, f"at most {cells} limits of campaigns times creatives", found)
    return Shared(
        tuple(row.kind for row in rows),
        tuple(f"{row.kind.replace('_', ' ')} {row.campaign}" for row in rows),
        np.array([row.use for row in rows], dtype=np.float64).reshape(len(rows), len(lineup)),
        np.array([row.limit for row in rows], dtype=np.float64),
        np.array([row.penalty for row in rows], dtype=np.float64),
    )


def _rows(lineup: Lineup, campaign: Campaign) -> Iterator[_Row]:
    own = flags(lineup.of_campaign(campaign.id), len(lineup)).astype(np.float64)
    if own.any():
        yield from budget(campaign, own)
        yield from goal(campaign, own)
        yield from share_maximum(campaign, own)
    yield from guarantee(campaign, own)
    yield from share_minimum(campaign, own)


def budget(campaign: Campaign, own: Floats) -> Iterator[_Row]:
    """Each placed ad reserves the most that it may cost."""
    if campaign.budget is not None:
        yield _Row(Kind.BUDGET, campaign.id, own * reserve(campaign), float(micros_of(campaign.budget)))


def goal(campaign: Campaign, own: Floats) -> Iterator[_Row]:
    """Impressions at most."""
    if campaign.goal is not None:
        yield _Row(Kind.GOAL, campaign.id, own, float(campaign.goal))


def share_maximum(campaign: Campaign, own: Floats) -> Iterator[_Row]:
    """Own impressions - maximum x all impressions <= 0."""
    voice = campaign.share_of_voice
    if voice is not None and voice.maximum < 1.0:
        yield _Row(Kind.SHARE_MAXIMUM, campaign.id, own - voice.maximum, 0.0)


def guarantee(campaign: Campaign, own: Floats) -> Iterator[_Row]:
    """Impressions promised; each one short costs a thousandth of the penalty."""
    promised = campaign.guarantee
    if promised is not None:
        penalty = float(promised.penalty * 1_000)
        yield _Row(Kind.GUARANTEE, campaign.id, own, float(promised.impressions), penalty)


def share_minimum(campaign: Campaign, own: Floats) -> Iterator[_Row]:
    """Own impressions - minimum x all impressions >= 0; each one short costs a thousandth of the penalty."""
    voice = campaign.share_of_voice
    if voice is not None and voice.minimum > 0.0:
        penalty = float(voice.penalty * 1_000)
        yield _Row(Kind.SHARE_MINIMUM, campaign.id, own - voice.minimum, 0.0, penalty)
