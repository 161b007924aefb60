"""What each campaign gets from one break at one duration, and why it is short of what it was promised."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping
from enum import StrEnum
from fractions import Fraction
from typing import Final

import numpy as np

from planner.book.model import Campaign
from planner.book.read import Booked
from planner.build.prices import reserve
from planner.decide.outcome import TOLERANCE, Outcome, left
from planner.planfile import DeliveryFile
from planner.problem import Flags, Kind, PodRules


class Short(StrEnum):
    """Why a campaign has fewer impressions than its guarantee or minimum share says."""

    NO_CREATIVE = "no_creative"
    """None of its creatives may run in this break; the plan's list of what is left out has each one's reason."""
    NO_SEATS = "no_seats"
    """Nobody watches."""
    VIEWERS = "viewers"
    """Fewer viewers than impressions are missing may see one of its creatives (targeting, caps, history)."""
    BUDGET = "budget"
    GOAL = "goal"
    SHARE_MAXIMUM = "share_maximum"
    """An upper bound of its own ends it sooner."""
    PENALTY = "penalty"
    """More of it would cost other campaigns more than the penalty."""


OWN_BOUNDS: Final = {
    Kind.BUDGET: Short.BUDGET,
    Kind.GOAL: Short.GOAL,
    Kind.SHARE_MAXIMUM: Short.SHARE_MAXIMUM,
}


def delivery(booked: Booked, outcome: Outcome, payments: Mapping[str, int]) -> tuple[DeliveryFile, ...]:
    """Every campaign that is in the plan or has a promise, in the book's order; ``payments`` micros by campaign."""
    placed = outcome.placed()
    impressions: Counter[str] = Counter()
    for of, count in zip(outcome.built.campaigns, placed.tolist(), strict=True):
        impressions[of] += count
    everything = sum(impressions.values())
    found = []
    for campaign in booked.book.campaigns:
        served = impressions[campaign.id]
        short = shortfall(campaign, served, everything)
        if not served and not short and not _promised(campaign):
            continue
        found.append(
            DeliveryFile(
                campaign=campaign.id,
                impressions=served,
                reserved=served * reserve(campaign),
                payment=payments.get(campaign.id, 0),
                short=short,
                reason=_reason(booked, outcome, campaign, short) if short else "",
            )
        )
    return tuple(found)


def shortfall(campaign: Campaign, served: int, everything: int) -> int:
    """Impressions missing of the guarantee or of the minimum share, whichever is more."""
    guarantee = campaign.guarantee.impressions if campaign.guarantee is not None else 0
    voice = campaign.share_of_voice
    minimum = math.ceil(Fraction(str(voice.minimum)) * everything) if voice is not None else 0
    return max(0, guarantee - served, minimum - served)


def _promised(campaign: Campaign) -> bool:
    voice = campaign.share_of_voice
    return campaign.guarantee is not None or (voice is not None and voice.minimum > 0.0)


def _reason(booked: Booked, outcome: Outcome, campaign: Campaign, short: int) -> str:
    problem = outcome.built.problem
    own = np.array([each == campaign.id for each in outcome.built.campaigns], dtype=np.bool_)
    if not own.any():
        creatives = {creative.id for creative in booked.book.creatives if creative.campaign == campaign.id}
        rules = sorted({str(each.rule) for each in outcome.built.refused if each.creative in creatives})
        return f"{Short.NO_CREATIVE}: {', '.join(rules) or 'it has none'}"
    if not outcome.seats:
        return f"{Short.NO_SEATS}: nobody watches"
    placed = outcome.placed()
    reach = int(problem.rows.seats[problem.rows.allowed[:, own].any(axis=1)].sum())
    if reach * _most(problem.rules, own) < int(placed[own].sum()) + short:
        return f"{Short.VIEWERS}: {reach} viewers may see it"
    slack = left(problem.shared, placed)
    for row, kind in enumerate(problem.shared.kinds):
        use = problem.shared.use[row, own]
        # Another campaign's maximum share holds this one's ads with a negative use: only its own rows use all of them.
        if kind in OWN_BOUNDS and (use > 0.0).all() and slack[row] + TOLERANCE < float(use.min()):
            return f"{OWN_BOUNDS[kind]}: {problem.shared.names[row]} is used up"
    return f"{Short.PENALTY}: one more would cost more elsewhere than its penalty"


def _most(rules: PodRules, own: Flags) -> int:
    """Ads of a campaign that one pod can hold at most."""
    members = set(np.flatnonzero(own).tolist())
    limits = [family.limit for family in rules.families if members <= set(family.members)]
    return min(rules.maximum_ads, len(members), *limits)
