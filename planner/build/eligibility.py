"""Rules of one ad in a break, whoever watches. Each gives the reason against it, or None."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from fractions import Fraction
from functools import reduce
from operator import or_
from typing import Final

from domain.units import Microseconds, seconds
from planner.book.model import Break, CapOf, CapPer, Creative, MetadataPolicy
from planner.build.caps import Caps, Counted, used_ahead
from planner.build.exclusives import EventExclusive
from planner.build.lineup import NOBODY, Bits, Catalogue, Lineup
from planner.build.pairs import PAIR_RULES, Apart
from planner.build.prices import declared_per_thousand, microseconds_of
from planner.problem import Rule


@dataclass(frozen=True, slots=True)
class Refused:
    """A creative that can stand in no pod of the break: the rule's code, and the facts in words."""

    creative: str
    rule: Rule
    detail: str


class Scene:
    """A break at one duration, and what of it the rules look up more than once."""

    def __init__(
        self, apart: Apart, brk: Break, duration: Microseconds, exclusives: tuple[EventExclusive, ...]
    ) -> None:
        self.catalogue: Catalogue = apart.lineup.catalogue
        self.caps: Caps = apart.caps
        self.lineup: Lineup = apart.lineup
        self.brk = brk
        self.duration = duration
        self.exclusives = exclusives
        self.forbidden = {self.catalogue.node(name): name for name in brk.forbidden}
        self.used: dict[Counted, int] = used_ahead(self.catalogue, brk.before)
        ahead = [self.catalogue.ahead(each) for each in brk.before]
        self.kept_out: dict[Rule, Bits] = {
            rule: reduce(or_, (apart_from(apart, standing) for standing in ahead), NOBODY)
            for rule, apart_from in PAIR_RULES.items()
        }


AloneRule = Callable[[Scene, int], str | None]


def duration(scene: Scene, ad: int) -> str | None:
    """It is longer than the break."""
    length = microseconds_of(scene.lineup.creatives[ad].duration)
    if length <= scene.duration:
        return None
    return f"lasts {seconds(length):g} s, the break {seconds(scene.duration):g} s"


def forbidden(scene: Scene, ad: int) -> str | None:
    """It stands under a category that may not run."""
    categories = scene.lineup.standings[ad].identity.categories or frozenset()
    name = next((name for node, name in scene.forbidden.items() if node in categories), None)
    return None if name is None else f"stands under {name}, which may not run in this break"


def metadata(scene: Scene, ad: int) -> str | None:
    """Some categories may not run, and nobody knows whether it is of them."""
    identity = scene.lineup.standings[ad].identity
    if not scene.forbidden or identity.categories is not None or not identity.doubtful:
        return None
    return "its categories are not known, and some may not run in this break"


def before(scene: Scene, ad: int) -> str | None:
    """It may not stand with what stands before, stands there itself, or a cap per break is used up there."""
    creative = scene.lineup.creatives[ad]
    spot = (CapOf.CREATIVE, scene.catalogue.spots[creative.id])
    counted = {spot, (CapOf.CAMPAIGN, creative.campaign)}
    advertiser = scene.lineup.standings[ad].identity.advertiser
    if advertiser is not None:
        counted.add((CapOf.ADVERTISER, advertiser))
    if spot in scene.used:
        return "stands before in the same break"
    for rule, kept_out in scene.kept_out.items():
        if kept_out >> ad & 1:
            return f"may not stand in one break with what stands before, by the rule {rule}"
    for of, name in sorted(counted):
        limit = scene.caps.limit(CapPer.BREAK, of, name)
        if limit is not None and scene.used.get((of, name), 0) >= limit:
            return f"what stands before has used the cap of {limit} per break of {of} {name}"
    return None


def floor(scene: Scene, ad: int) -> str | None:
    """It declares less than the break asks for its length."""
    creative = scene.lineup.creatives[ad]
    least = Fraction(scene.brk.floor) * Fraction(creative.duration)
    offered = declared_per_thousand(scene.lineup.campaigns[ad], creative)
    if offered >= least:
        return None
    return f"declares {float(offered):g} per thousand impressions, the break asks {float(least):g} for its length"


def codecs(scene: Scene, ad: int) -> str | None:
    """The channel does not play it."""
    if not scene.brk.codecs:
        return None
    missing = [each for each in scene.lineup.creatives[ad].codecs if each not in scene.brk.codecs]
    return f"needs {', '.join(missing)}, the break plays {', '.join(scene.brk.codecs)}" if missing else None


def deal(scene: Scene, ad: int) -> str | None:
    """Only certain deals may buy here."""
    own = scene.lineup.campaigns[ad].deal
    if not scene.brk.deals or own in scene.brk.deals:
        return None
    return f"has {'no deal' if own is None else 'deal ' + own}, the break is for {', '.join(scene.brk.deals)}"


def flight(scene: Scene, ad: int) -> str | None:
    """Its campaign does not run when the break begins, or nobody knows whether it does."""
    own = scene.lineup.campaigns[ad].flight
    if own.start is None and own.end is None:
        return None
    event = scene.catalogue.book.start
    if event is None:
        if scene.catalogue.book.metadata is MetadataPolicy.LENIENT:
            return None
        return "has a flight, and the book does not say when the event begins"
    since = timedelta(microseconds=microseconds_of(scene.brk.at))
    if own.start is not None and since < own.start - event:
        return f"its flight starts at {own.start.isoformat()}, after the break"
    if own.end is not None and since >= own.end - event:
        return f"its flight ended at {own.end.isoformat()}, before the break"
    return None


def break_kind(scene: Scene, ad: int) -> str | None:
    """Its campaign is for other kinds of break."""
    kinds = scene.lineup.campaigns[ad].targeting.break_kinds
    if not kinds or scene.brk.kind in kinds:
        return None
    return f"is for breaks of kind {', '.join(kinds)}, this is {scene.brk.kind}"


def event_exclusivity(scene: Scene, ad: int) -> str | None:
    """Another advertiser has its category for the whole event."""
    holder = next((each for each in scene.exclusives if each.keeps_out(scene.lineup.standings[ad])), None)
    return None if holder is None else f"{holder.campaign} has {holder.category} for the whole event"


ALONE_RULES: Final[Mapping[Rule, AloneRule]] = {
    Rule.DURATION: duration,
    Rule.BREAK_KIND: break_kind,
    Rule.FLIGHT: flight,
    Rule.DEAL: deal,
    Rule.CODECS: codecs,
    Rule.FORBIDDEN: forbidden,
    Rule.METADATA: metadata,
    Rule.BEFORE: before,
    Rule.FLOOR: floor,
    Rule.EVENT_EXCLUSIVITY: event_exclusivity,
}
"""In the order in which they are asked: the first that refuses an ad is its reason.

Event exclusivity is last: an ad refused for it could stand in the break but for this contract.
"""


def eligible(scene: Scene) -> tuple[list[Creative], list[Refused]]:
    """Creatives that may stand in some pod of the break, and the others with their reason, both in the book's order."""
    chosen: list[Creative] = []
    refused: list[Refused] = []
    for ad, creative in enumerate(scene.lineup.creatives):
        reason = _reason(scene, ad)
        if reason is None:
            chosen.append(creative)
        else:
            refused.append(Refused(creative.id, *reason))
    return chosen, refused


def _reason(scene: Scene, ad: int) -> tuple[Rule, str] | None:
    for rule, against in ALONE_RULES.items():
        detail = against(scene, ad)
        if detail is not None:
            return rule, detail
    return None
