"""Rules between two ads of one pod, or of one break. Each gives the reason against the pair, or None.

The order of the two does not matter, and an ad can be compared with itself: seen before, and shown again.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from planner.book.model import CapOf, CapPer, Exclusivity
from planner.check.facts import Ad, Facts, different_advertisers
from planner.problem import Rule

PairRule = Callable[[Facts, Ad, Ad], str | None]


def separation(facts: Facts, one: Ad, other: Ad) -> str | None:
    """Both stand under a node that the book, or the campaign of one of them, keeps apart."""
    for node, name in facts.separated:
        if one.under(node) and other.under(node):
            return f"{_both_under(one, other, name)}, which the book keeps apart"
    for campaign in dict.fromkeys(ad.campaign.id for ad in (one, other) if ad.campaign is not None):
        for node, name in facts.separated_by[campaign]:
            if one.under(node) and other.under(node):
                return f"{_both_under(one, other, name)}, which {campaign} keeps apart"
    return None


def advertiser(facts: Facts, one: Ad, other: Ad) -> str | None:
    """Both are of one advertiser, or may be; a cap of the advertiser per break stands in for the rule."""
    if not facts.book.separation.advertisers:
        return None
    for ad in (one, other):
        if ad.identity.advertiser is None and ad.identity.doubtful:
            return f"nobody knows the advertiser of {ad.name}, it may be that of {_other(ad, one, other).name}"
    name = one.identity.advertiser
    if name is None or name != other.identity.advertiser:
        return None
    if facts.limit((CapOf.ADVERTISER, name), CapPer.BREAK) is not None:
        return None
    return f"{one.name} and {other.name} are both of {name}"


def avoid(facts: Facts, one: Ad, other: Ad) -> str | None:
    """The campaign of one avoids a tag of the other, which another advertiser has booked."""
    del facts
    if not different_advertisers(one, other):
        return None
    for ad in (one, other):
        second = _other(ad, one, other)
        for tag in ad.campaign.avoid if ad.campaign is not None else ():
            if tag in second.tags:
                return f"{second.name} shows {tag}, which {ad.name} avoids"
    return None


def exclusivity(facts: Facts, one: Ad, other: Ad) -> str | None:
    """The campaign of one wants the pod, or a category of it, for itself."""
    for ad in (one, other):
        if ad.campaign is None:
            continue
        second = _other(ad, one, other)
        if ad.campaign.exclusivity is Exclusivity.POD and second.campaign is not ad.campaign:
            return f"{second.name} stands in a pod that {ad.campaign.id} has for itself"
        if (
            ad.campaign.exclusivity is Exclusivity.CATEGORY
            and different_advertisers(ad, second)
            and second.under(facts.exclusive[ad.campaign.id])
        ):
            return f"{second.name} stands under {ad.campaign.exclusive_category}, which {ad.campaign.id} has for itself"
    return None


PAIR_RULES: Final[Mapping[Rule, PairRule]] = {
    Rule.SEPARATION: separation,
    Rule.ADVERTISER: advertiser,
    Rule.AVOID: avoid,
    Rule.EXCLUSIVITY: exclusivity,
}


def _other(ad: Ad, one: Ad, other: Ad) -> Ad:
    return other if ad is one else one


def _both_under(one: Ad, other: Ad, name: str) -> str:
    unknown = [ad.name for ad in (one, other) if ad.identity.categories is None]
    doubt = f" (nobody knows the categories of {' and '.join(unknown)})" if unknown else ""
    return f"{one.name} and {other.name} both stand under {name}{doubt}"
