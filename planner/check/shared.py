"""What all viewers share: budgets, goals and shares of voice are kept, shortfalls are counted. Exact, no floats."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import ceil
from typing import Final

from planner.book.model import Campaign
from planner.check.facts import Facts
from planner.check.value import reserved
from planner.problem import Rule


@dataclass(frozen=True, slots=True)
class Tally:
    """Impressions of one break by campaign and altogether; every placed ad of every seat counts in full."""

    impressions: Counter[str]
    total: int


def tally(facts: Facts, pods: Sequence[tuple[Sequence[str], int]]) -> Tally:
    """Count pods with their seats; every creative is in the book."""
    impressions: Counter[str] = Counter()
    for creatives, seats in pods:
        for name in creatives:
            campaign = facts.ads[name].campaign
            if campaign is not None:
                impressions[campaign.id] += seats
    return Tally(impressions, impressions.total())


LimitRule = Callable[[Campaign, Tally], Iterator[str]]


def budget(campaign: Campaign, found: Tally) -> Iterator[str]:
    """What its impressions reserve is at most its budget."""
    if campaign.budget is None:
        return
    limit = int(campaign.budget * 1_000_000)
    spent = found.impressions[campaign.id] * reserved(campaign)
    if spent > limit:
        yield f"{campaign.id} reserves {spent} micros, its budget is {limit}"


def goal(campaign: Campaign, found: Tally) -> Iterator[str]:
    """It has at most its goal."""
    if campaign.goal is not None and found.impressions[campaign.id] > campaign.goal:
        yield f"{campaign.id} has {found.impressions[campaign.id]} impressions, its goal is {campaign.goal}"


def share(campaign: Campaign, found: Tally) -> Iterator[str]:
    """It has at most its maximum share of the break's impressions."""
    if campaign.share_of_voice is None:
        return
    most = Fraction(str(campaign.share_of_voice.maximum)) * found.total
    if found.impressions[campaign.id] > most:
        yield (
            f"{campaign.id} has {found.impressions[campaign.id]} of {found.total} impressions, "
            f"its maximum share is {campaign.share_of_voice.maximum}"
        )


LIMIT_RULES: Final[Mapping[Rule, LimitRule]] = {Rule.BUDGET: budget, Rule.GOAL: goal, Rule.SHARE: share}


@dataclass(frozen=True, slots=True)
class Shortfall:
    """Impressions below the guarantee, and below the minimum share."""

    guarantee: int
    share: Fraction
    penalty: Fraction
    """Micros of both together."""

    @property
    def impressions(self) -> int:
        """The larger of the two, in whole impressions."""
        return max(self.guarantee, ceil(self.share))


def shortfall(campaign: Campaign, found: Tally) -> Shortfall:
    """What a campaign lacks, and what that costs."""
    has = found.impressions[campaign.id]
    below, below_share, penalty = 0, Fraction(0), Fraction(0)
    if campaign.guarantee is not None:
        below = max(0, campaign.guarantee.impressions - has)
        penalty += below * Fraction(campaign.guarantee.penalty) * 1_000
    if campaign.share_of_voice is not None:
        wanted = Fraction(str(campaign.share_of_voice.minimum)) * found.total
        below_share = max(Fraction(0), wanted - has)
        penalty += below_share * Fraction(campaign.share_of_voice.penalty) * 1_000
    return Shortfall(below, below_share, penalty)
