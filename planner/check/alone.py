"""Rules of one ad in a break, whatever else stands in the pod. Each gives the reason against it, or None."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from datetime import timedelta
from fractions import Fraction
from typing import Final

from planner.book.model import Break, Campaign, CapOf, CapPer, Exclusivity, MetadataPolicy
from planner.check.facts import Ad, Facts, duration_of, in_seconds
from planner.check.pairs import PAIR_RULES
from planner.check.value import declared_per_thousand
from planner.problem import Rule


class Scene:
    """A break as its rules see it: what stands before, what is forbidden, what counts already."""

    def __init__(self, facts: Facts, brk: Break) -> None:
        self.facts = facts
        self.brk = brk
        self.ahead = facts.ahead(brk)
        self.forbidden = facts.nodes(brk.forbidden)
        self.counted: Counter[tuple[CapOf, str]] = Counter(family for ad in self.ahead for family in ad.families())
        self.contracts = [each for each in facts.book.campaigns if each.exclusivity is Exclusivity.EVENT]


AloneRule = Callable[[Scene, Ad], str | None]


def forbidden(scene: Scene, ad: Ad) -> str | None:
    """It stands under a category that the break forbids."""
    for node, name in scene.forbidden:
        if ad.identity.categories is not None and node in ad.identity.categories:
            return f"{ad.name} stands under {name}, which is forbidden in this break"
    return None


def metadata(scene: Scene, ad: Ad) -> str | None:
    """The break forbids categories and nobody knows the ad's."""
    if scene.forbidden and ad.identity.categories is None and ad.identity.doubtful:
        return f"nobody knows the categories of {ad.name}, and this break forbids {scene.forbidden[0][1]}"
    return None


def before(scene: Scene, ad: Ad) -> str | None:
    """It breaks a rule with what stands ahead in the break, stands there itself, or its cap is used up there."""
    for ahead in scene.ahead:
        if ahead.spot is not None and ahead.spot == ad.spot:
            other = "" if ahead.name == ad.name else f" as {ahead.name}, the same ad"
            return f"{ad.name} stands before{other}, in the same break"
        for rule in PAIR_RULES.values():
            reason = rule(scene.facts, ahead, ad)
            if reason is not None:
                return f"{ahead.name} stands before: {reason}"
    for family in ad.families():
        limit = scene.facts.limit(family, CapPer.BREAK)
        if limit is not None and scene.counted[family] >= limit:
            return f"what stands before has all {limit} impressions of {family[0]} {family[1]} in the break"
    return None


def floor(scene: Scene, ad: Ad) -> str | None:
    """It declares less for a second than the break asks."""
    if ad.campaign is None or ad.creative is None:
        return None
    least = Fraction(scene.brk.floor) * Fraction(ad.creative.duration)
    declared = declared_per_thousand(ad.campaign, ad.creative)
    if declared >= least:
        return None
    return f"{ad.name} declares {float(declared):g} per thousand, the floor for its length is {float(least):g}"


def codecs(scene: Scene, ad: Ad) -> str | None:
    """The channel does not play it."""
    if not scene.brk.codecs or ad.creative is None:
        return None
    missing = [each for each in ad.creative.codecs if each not in scene.brk.codecs]
    return f"{ad.name} needs {missing[0]}, which this break does not play" if missing else None


def deal(scene: Scene, ad: Ad) -> str | None:
    """The break is for certain deals, and it has none of them."""
    if not scene.brk.deals or ad.campaign is None or ad.campaign.deal in scene.brk.deals:
        return None
    has = "no deal" if ad.campaign.deal is None else f"deal {ad.campaign.deal}"
    return f"{ad.name} has {has}, this break is for {' and '.join(scene.brk.deals)}"


def flight(scene: Scene, ad: Ad) -> str | None:
    """The break begins outside its campaign's flight, or nobody knows whether it does."""
    if ad.campaign is None or (ad.campaign.flight.start is None and ad.campaign.flight.end is None):
        return None
    start = scene.facts.book.start
    if start is None:
        if scene.facts.book.metadata is MetadataPolicy.LENIENT:
            return None
        return f"{ad.campaign.id} has a flight, and the book does not say when the event starts"
    elapsed = timedelta(microseconds=duration_of(scene.brk.at))
    opens, ends = ad.campaign.flight.start, ad.campaign.flight.end
    if opens is not None and opens - start > elapsed:
        return f"the flight of {ad.campaign.id} starts {opens - start - elapsed} after the break"
    if ends is not None and ends - start <= elapsed:
        return f"the flight of {ad.campaign.id} ended {elapsed - (ends - start)} before the break"
    return None


def break_kind(scene: Scene, ad: Ad) -> str | None:
    """Its campaign is for other kinds of breaks."""
    if ad.campaign is None:
        return None
    kinds = ad.campaign.targeting.break_kinds
    if not kinds or scene.brk.kind in kinds:
        return None
    return f"{ad.campaign.id} is for breaks of kind {' or '.join(kinds)}, this is {scene.brk.kind}"


def event_exclusivity(scene: Scene, ad: Ad) -> str | None:
    """Another advertiser has the category for the whole event."""
    for campaign in scene.contracts:
        if campaign is ad.campaign or not ad.under(scene.facts.exclusive[campaign.id]):
            continue
        if _of_another(scene.facts, campaign, ad):
            return f"{ad.name} stands under {campaign.exclusive_category}, which {campaign.id} has for the event"
    return None


ALONE_RULES: Final[Mapping[Rule, AloneRule]] = {
    Rule.FORBIDDEN: forbidden,
    Rule.BEFORE: before,
    Rule.FLOOR: floor,
    Rule.CODECS: codecs,
    Rule.DEAL: deal,
    Rule.FLIGHT: flight,
    Rule.BREAK_KIND: break_kind,
    Rule.METADATA: metadata,
    Rule.EVENT_EXCLUSIVITY: event_exclusivity,
}


def too_long(ad: Ad, duration: int) -> str | None:
    """It is longer than the whole break: not even alone in it."""
    if ad.duration <= duration:
        return None
    return f"{ad.name} lasts {in_seconds(ad.duration)} s, the break {in_seconds(duration)} s"


def _of_another(facts: Facts, campaign: Campaign, ad: Ad) -> bool:
    """Whether the ad is, or in doubt may be, of none of the campaign's advertisers."""
    if ad.identity.advertiser is None:
        return ad.identity.doubtful
    holders = {campaign.advertiser, *(each.identity.advertiser for each in facts.by_campaign[campaign.id])} - {"", None}
    return ad.identity.advertiser not in holders if holders else facts.book.metadata is not MetadataPolicy.LENIENT
