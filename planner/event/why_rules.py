"""Rules that keep a creative out of a break, whoever bids what, and the field of the book that is behind each."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Final

import numpy as np

from domain.units import Microseconds
from planner.book.model import Break, Campaign, CapOf, Cohort, Creative, PriceKind
from planner.book.read import Booked
from planner.build.caps import Caps
from planner.build.eligibility import ALONE_RULES, Scene, before
from planner.build.exclusives import EventExclusive, event_exclusives
from planner.build.families import LONGER
from planner.build.lineup import Catalogue, Lineup
from planner.build.pairs import Apart
from planner.build.targeting import Population
from planner.event.why_cause import Cause, Hold, amount_of, assign, caps_of, list_of, number_of
from planner.problem import Flags, Rule

_TARGETED: Final = ("traits", "every_trait", "not_traits", "regions", "devices")
_CONTRACTS: Final = ("roadblock", "position_guaranteed")
_HISTORY: Final = (Rule.CAP, Rule.REPEATS, Rule.SEPARATION_GAP, Rule.AD_LOAD)
AD_LOADS: Final = ("maximum_ad_seconds_per_hour", "maximum_ad_seconds")
"""Fields of ``viewing`` that limit what one viewer sees."""


class Rulebook:
    """The rules of a book, asked about one creative at a time."""

    def __init__(self, booked: Booked) -> None:
        self.book = booked.book
        self.catalogue = Catalogue(booked)
        self.apart = Apart(Lineup(self.catalogue, booked.book.creatives), Caps(self.catalogue))
        self._number = {creative.id: ad for ad, creative in enumerate(booked.book.creatives)}
        self._exclusives: tuple[EventExclusive, ...] = event_exclusives(self.catalogue)
        self._population = Population(
            booked.book.audience.cohorts, [campaign.targeting for campaign in booked.book.campaigns]
        )

    def alone(self, creative: Creative, brk: Break, duration: Microseconds) -> list[Cause]:
        """Every rule that refuses the creative in a break of ``duration``, whoever watches."""
        scene, ad = Scene(self.apart, brk, duration, self._exclusives), self._number[creative.id]
        found = []
        for rule, against in ALONE_RULES.items():
            detail = against(scene, ad)
            if detail is not None:
                found.append(Cause(rule, f"{brk.id}: {detail}", _REMEDIES[rule](scene, ad)))
        return found

    def untargeted(self, creative: Creative, brk: Break, present: Flags) -> Cause | None:
        """Whether none of the cohorts that watch, ``present`` bool[K], is in the targeting."""
        campaign = self.catalogue.campaign_of(creative)
        if (self._population.admitted(campaign.targeting) & present).any():
            return None
        fields = [field for field in _TARGETED if getattr(campaign.targeting, field)]
        remedy = tuple(assign("campaigns", campaign.id, "targeting", field, to="[]") for field in fields)
        return Cause(Rule.TARGETING, f"{brk.id}: nobody who watches is in its targeting", remedy)

    def nobody(self, creative: Creative, brk: Break, present: Flags, said: Rule | None) -> Cause:
        """Why none of those who watch and are in its targeting may see the creative; ``said`` is the build's rule."""
        campaign = self.catalogue.campaign_of(creative)
        wanted = self._population.admitted(campaign.targeting) & present
        rivals = [
            each.id
            for each in self.book.campaigns
            if each.roadblock
            and each.id != campaign.id
            and bool((self._population.admitted(each.targeting) & wanted).any())
        ]
        if said not in _HISTORY and rivals:
            remedy = tuple(assign("campaigns", each, "roadblock", to="false") for each in rivals)
            names = ", ".join(rivals)
            return Cause(Rule.ROADBLOCK, f"{brk.id}: all of its viewers who watch see {names} alone", remedy)
        return self._history(creative, brk, said if said in _HISTORY else Rule.CAP)

    def uncontracted(self, creative: Creative, causes: Sequence[Cause]) -> tuple[Cause, ...]:
        """The causes; the first also takes away the campaign's own contracts where others' may not hold beside them.

        A contract whose ads may not run conflicts with none. Let in, it would, and there would be no plan.
        """
        campaign = self.catalogue.campaign_of(creative)
        if not causes or not (campaign.roadblock or campaign.position_guaranteed):
            return tuple(causes)
        reached = self._population.admitted(campaign.targeting)
        if any(cause.code is Rule.TARGETING for cause in causes):
            reached = np.ones_like(reached)
        rivals = [
            each.id
            for each in self.book.campaigns
            if each.id != campaign.id
            and (each.roadblock or each.position_guaranteed)
            and bool((self._population.admitted(each.targeting) & reached).any())
        ]
        if not rivals:
            return tuple(causes)
        fields = [field for field in _CONTRACTS if getattr(campaign, field)]
        freed = tuple(assign("campaigns", campaign.id, field, to="false") for field in fields)
        told = f"{causes[0].detail}; let in, its own contract may not hold beside that of {', '.join(rivals)}"
        return replace(causes[0], detail=told, remedy=(*causes[0].remedy, *freed)), *causes[1:]

    def caps(self, creative: Creative) -> list[tuple[CapOf, str]]:
        """What counts the creative: itself, its campaign, its advertiser."""
        found = [(CapOf.CREATIVE, self.catalogue.spots[creative.id]), (CapOf.CAMPAIGN, creative.campaign)]
        whose = self.catalogue.booked.identities[creative.id].advertiser
        return [*found, (CapOf.ADVERTISER, whose)] if whose is not None else found

    def without_caps(self, of: CapOf, name: str, per: str) -> tuple[str, ...]:
        """Assignments that take away every cap of this period that counts this."""
        found = []
        book = self.book
        if any(cap.of is of and cap.per == per for cap in book.caps):
            found.append(assign("caps", to=caps_of(c for c in book.caps if not (c.of is of and c.per == per))))
        owners = {creative.campaign for creative in book.creatives if (of, name) in self.caps(creative)}
        for campaign in book.campaigns:
            if campaign.id in owners and any(cap.of is of and cap.per == per for cap in campaign.caps):
                rest = caps_of(cap for cap in campaign.caps if not (cap.of is of and cap.per == per))
                found.append(assign("campaigns", campaign.id, "caps", to=rest))
        return tuple(found)

    def without_limit(self, rule: Rule, name: str, creative: Creative) -> tuple[str, ...]:
        """Assignments that take away what a reach row of this rule and name counts."""
        if rule is Rule.CAP:
            for of, what in self.caps(creative):
                for per in LONGER:
                    if name == f"cap of {of} {what} per {per}":
                        return self.without_caps(of, what, per)
        if rule is Rule.REPEATS:
            return (assign("viewing", "maximum_repeats"),)
        if rule is Rule.SEPARATION_GAP:
            return (assign("viewing", "separation_gap", to="0"),)
        return (assign("viewing", AD_LOADS[0] if name.endswith("hour") else AD_LOADS[1]),)

    def _history(self, creative: Creative, brk: Break, rule: Rule) -> Cause:
        """What everyone has seen before keeps it out: take away the limits that it meets."""
        if rule is Rule.CAP:
            remedy = {
                each: None
                for of, name in self.caps(creative)
                for per in LONGER
                for each in self.without_caps(of, name, per)
            }
            merged = _merged(remedy)
        elif rule is Rule.AD_LOAD:
            merged = tuple(
                assign("viewing", field) for field in AD_LOADS if getattr(self.book.viewing, field) is not None
            )
        else:
            merged = self.without_limit(rule, "", creative)
        return Cause(rule, f"{brk.id}: all of its viewers who watch have seen too much by the rule {rule}", merged)


def price_of(campaign: Campaign, amount: Decimal) -> str:
    """The assignment that sets a campaign's price."""
    return assign("campaigns", campaign.id, "price", "amount", to=number_of(amount))


def _merged(remedy: Mapping[str, None]) -> tuple[str, ...]:
    """Of assignments that each take some caps away, such that take all of them away."""
    keys = dict.fromkeys(each.partition("=")[0] for each in remedy)
    return tuple(f"{key}=[]" for key in keys)


def watched(booked: Booked, brk: Break) -> Cause:
    """Nobody watches the break."""
    book = booked.book
    cohorts = book.audience.cohorts
    if any(cohort.seats for cohort in cohorts) and book.forecast is not None and book.forecast.viewers != 0:
        fields = [name for name in ("curve", "cohorts") if getattr(book.forecast, name)]
        remedy = tuple(assign("forecast", name, to="[]") for name in fields) or (
            assign("breaks", brk.id, "probability", to="1"),
        )
        return Cause(Hold.NO_VIEWERS, f"{brk.id}: nobody is expected to watch", remedy)
    if book.forecast is not None and book.forecast.viewers == 0:
        return Cause(
            Hold.NO_VIEWERS, f"{brk.id}: nobody is expected to watch", (assign("forecast", "viewers", to="100000"),)
        )
    if not cohorts or split(cohorts):
        return Cause(Hold.NO_VIEWERS, f"{brk.id}: nobody watches", (assign("audience", "viewers", to="100000"),))
    remedy = (assign("audience", "cohorts", cohorts[0].id, "seats", to="100000"),)
    return Cause(Hold.NO_VIEWERS, f"{brk.id}: nobody watches", remedy)


def split(cohorts: tuple[Cohort, ...]) -> bool:
    """Whether cohorts look as splits make them: called by their traits, region and device, with nothing seen."""
    return all(
        not cohort.seen
        and sorted(name for name in cohort.id.split("/") if name != "other")
        == sorted(filter(None, (*cohort.traits, cohort.region, cohort.device)))
        for cohort in cohorts
    )


def _duration(scene: Scene, ad: int) -> tuple[str, ...]:
    longest = max(each.seconds for each in scene.brk.durations)
    return (assign("creatives", scene.lineup.creatives[ad].id, "duration", to=number_of(longest)),)


def _break_kind(scene: Scene, ad: int) -> tuple[str, ...]:
    campaign = scene.lineup.campaigns[ad]
    kinds = list_of((*campaign.targeting.break_kinds, scene.brk.kind))
    return (assign("campaigns", campaign.id, "targeting", "break_kinds", to=kinds),)


def _flight(scene: Scene, ad: int) -> tuple[str, ...]:
    return (assign("campaigns", scene.lineup.campaigns[ad].id, "flight"),)


def _deal(scene: Scene, ad: int) -> tuple[str, ...]:
    campaign = scene.lineup.campaigns[ad]
    if campaign.deal is None:
        return (assign("campaigns", campaign.id, "deal", to=list_of(scene.brk.deals[:1])[1:-1]),)
    return (assign("breaks", scene.brk.id, "deals", to=list_of((*scene.brk.deals, campaign.deal))),)


def _codecs(scene: Scene, ad: int) -> tuple[str, ...]:
    creative = scene.lineup.creatives[ad]
    played = [each for each in creative.codecs if each in scene.brk.codecs]
    return (assign("creatives", creative.id, "codecs", to=list_of(played)),)


def _forbidden(scene: Scene, ad: int) -> tuple[str, ...]:
    own = scene.lineup.standings[ad].identity.categories or frozenset()
    rest = [name for name in scene.brk.forbidden if scene.catalogue.node(name) not in own]
    return (assign("breaks", scene.brk.id, "forbidden", to=list_of(rest)),)


def _metadata(scene: Scene, ad: int) -> tuple[str, ...]:
    del ad  # whatever it is of
    return (assign("breaks", scene.brk.id, "forbidden", to="[]"),)


def _before(scene: Scene, ad: int) -> tuple[str, ...]:
    """Numbers of the entries to take out, the last first so that the others keep theirs."""
    kept: list[int] = []
    out: list[int] = []
    apart = Apart(scene.lineup, scene.caps)
    for number in range(len(scene.brk.before)):
        entries = tuple(scene.brk.before[each] for each in (*kept, number))
        standing = scene.brk.model_copy(update={"before": entries})
        trial = Scene(apart, standing, scene.duration, scene.exclusives)
        (out if before(trial, ad) is not None else kept).append(number)
    return tuple(assign("breaks", scene.brk.id, "before", str(number)) for number in reversed(out))


def _floor(scene: Scene, ad: int) -> tuple[str, ...]:
    creative, campaign = scene.lineup.creatives[ad], scene.lineup.campaigns[ad]
    least = float(scene.brk.floor * creative.duration)
    if campaign.price.kind is not PriceKind.COMPLETED_VIEW:
        return (price_of(campaign, amount_of(least)),)
    if creative.completion > 0.0:
        return (price_of(campaign, amount_of(least / 1_000 / creative.completion, whole=False)),)
    return (assign("breaks", scene.brk.id, "floor", to="0"),)


def _event_exclusivity(scene: Scene, ad: int) -> tuple[str, ...]:
    standing = scene.lineup.standings[ad]
    holders = [each.campaign for each in scene.exclusives if each.keeps_out(standing)]
    return tuple(assign("campaigns", each, "exclusivity", to="none") for each in holders)


_REMEDIES: Final[Mapping[Rule, Callable[[Scene, int], tuple[str, ...]]]] = {
    Rule.DURATION: _duration,
    Rule.BREAK_KIND: _break_kind,
    Rule.FLIGHT: _flight,
    Rule.DEAL: _deal,
    Rule.CODECS: _codecs,
    Rule.FORBIDDEN: _forbidden,
    Rule.METADATA: _metadata,
    Rule.BEFORE: _before,
    Rule.FLOOR: _floor,
    Rule.EVENT_EXCLUSIVITY: _event_exclusivity,
}
