"""The fields of a book, as people write them: decimals of seconds and of currency, names instead of numbers.

A model holds what one field can say about itself. What needs two of them (a creative's campaign exists, ids are
unique, categories are in the tree) is for ``planner.book.read``.
"""

from __future__ import annotations

from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Literal

from pydantic import AwareDatetime, Field, model_validator

from planner.book.fields import (
    MAX_BREAKS,
    MAX_CAMPAIGNS,
    MAX_COHORTS,
    MAX_CREATIVES,
    MAX_PATH,
    MAX_SEATS,
    Count,
    Model,
    Money,
    Name,
    Names,
    Seconds,
    Share,
)
from planner.book.forecast import Forecast, Turnout


class PriceKind(StrEnum):
    """How a campaign pays."""

    CPM = "cpm"
    """Fixed amount per thousand impressions."""
    FIRST_PRICE = "first_price"
    """Pays what it bids per thousand impressions."""
    SECOND_PRICE = "second_price"
    """Bids per thousand impressions; pays the smallest bid that still has the ad in the pod, at least the floor."""
    COMPLETED_VIEW = "completed_view"
    """Pays an amount for each view that completes; the creative's completion rate makes it a value per impression."""


class Price(Model):
    """What a campaign declares: ``amount`` per thousand impressions, or per completed view."""

    kind: PriceKind = PriceKind.CPM
    amount: Money
    floor: Money = Decimal(0)
    """Least payment per thousand impressions of a second-price campaign."""


class Guarantee(Model):
    """Impressions promised, and what a thousand of them short costs."""

    impressions: Annotated[int, Field(gt=0, le=10**12)]
    penalty: Money
    """Amount per thousand impressions short."""


class Flight(Model):
    """When a campaign may run; an open end is no bound."""

    start: AwareDatetime | None = None
    end: AwareDatetime | None = None


class Targeting(Model):
    """Whom and where; an empty list admits everyone. A cohort needs one of ``traits``, and all of ``every_trait``."""

    traits: Names = ()
    every_trait: Names = ()
    not_traits: Names = ()
    regions: Names = ()
    devices: Names = ()
    break_kinds: Names = ()


class CapOf(StrEnum):
    """What a cap counts."""

    CREATIVE = "creative"
    CAMPAIGN = "campaign"
    ADVERTISER = "advertiser"


class CapPer(StrEnum):
    """Over what a cap counts, per viewer."""

    BREAK = "break"
    HOUR = "hour"
    DAY = "day"
    EVENT = "event"
    LIFETIME = "lifetime"


class Cap(Model):
    """At most ``limit`` impressions of one creative, campaign or advertiser per viewer and period."""

    of: CapOf = CapOf.CAMPAIGN
    per: CapPer
    limit: Annotated[int, Field(ge=1, le=1_000_000)]


class PositionRequest(StrEnum):
    """Where in the pod an ad must stand, if it stands in it (OpenRTB 2.6, ``slotinpod``)."""

    ANY = "any"
    FIRST = "first"
    LAST = "last"
    FIRST_OR_LAST = "first_or_last"


class Exclusivity(StrEnum):
    """What a campaign keeps others out of."""

    NONE = "none"
    CATEGORY = "category"
    """No other advertiser's ad of its ``exclusive_category`` in a pod that has it."""
    POD = "pod"
    """No other campaign's ad in a pod that has it."""
    EVENT = "event"
    """No other advertiser's ad of its ``exclusive_category`` in the whole event."""


class ShareOfVoice(Model):
    """Bounds on the campaign's part of the break's impressions."""

    minimum: Share = 0.0
    maximum: Share = 1.0
    penalty: Money = Decimal(0)
    """Amount per thousand impressions that the minimum is short."""

    @model_validator(mode="after")
    def _ordered(self) -> ShareOfVoice:
        if self.minimum > self.maximum:
            raise ValueError(f"minimum share {self.minimum} is above maximum share {self.maximum}")
        return self


class Campaign(Model):
    """One booking of one advertiser."""

    id: Name
    advertiser: Annotated[str, Field(max_length=200)] = ""
    """Empty: not known, see ``MetadataPolicy``."""
    price: Price
    budget: Money | None = None
    goal: Count | None = None
    """Impressions at most."""
    guarantee: Guarantee | None = None
    tier: Annotated[int, Field(ge=1, le=20)] = 1
    """Tier 1 is served before all that tier 2 could earn is looked at."""
    flight: Flight = Flight()
    targeting: Targeting = Targeting()
    caps: Annotated[tuple[Cap, ...], Field(max_length=50)] = ()
    separation: Names = ()
    """Categories, at any height of the tree, of which no second ad may stand in a pod that has this campaign's."""
    avoid: Names = ()
    """Content tags that no other advertiser's ad in the same pod may carry."""
    position: PositionRequest = PositionRequest.ANY
    position_guaranteed: bool = False
    """If sold, guaranteed: every pod of whoever is in the targeting has this campaign's ad in that position."""
    exclusivity: Exclusivity = Exclusivity.NONE
    exclusive_category: Name | None = None
    roadblock: bool = False
    """Whoever is in the targeting sees this campaign's ads alone."""
    share_of_voice: ShareOfVoice | None = None
    deal: Name | None = None
    scores: dict[Name, Annotated[float, Field(ge=0, le=1_000)]] = Field(default_factory=dict, max_length=1_000)
    """By trait, region or device: what multiplies the declared value for viewers who have it; factors multiply."""

    @model_validator(mode="after")
    def _whole(self) -> Campaign:
        if self.exclusivity in {Exclusivity.CATEGORY, Exclusivity.EVENT} and self.exclusive_category is None:
            raise ValueError(f'exclusivity "{self.exclusivity}" needs exclusive_category')
        if self.position_guaranteed and self.position not in {PositionRequest.FIRST, PositionRequest.LAST}:
            raise ValueError('position_guaranteed needs position "first" or "last"')
        return self


class Creative(Model):
    """One video of a campaign."""

    id: Name
    campaign: Name
    duration: Seconds
    advertiser: Annotated[str, Field(max_length=200)] = ""
    """Empty: the campaign's."""
    domains: Names = ()
    universal_ad_id: Annotated[str, Field(max_length=200)] = ""
    categories: Names = ()
    """Ids or names of the taxonomy."""
    tags: Names = ()
    """What its pictures show: "airliner", "alcohol"."""
    codecs: Names = ()
    """Empty: all that the channel has."""
    completion: Share = 1.0
    """Part of its impressions that are watched to the end."""


class PlausibleDuration(Model):
    """A length that the break may turn out to have."""

    seconds: Seconds
    probability: Annotated[float, Field(gt=0, le=1)] = 1.0


class Before(Model):
    """What stands in the same break ahead of what is planned: a sponsor's billboard, or a pod that is extended."""

    creative: Name | None = None
    advertiser: Annotated[str, Field(max_length=200)] = ""
    categories: Names = ()


class Break(Model):
    """One ad break, or one avail."""

    id: Name
    kind: Name = "planned"
    at: Annotated[Decimal, Field(ge=0, le=10**6)] = Decimal(0)
    """Seconds from the event's start."""
    probability: Annotated[float, Field(gt=0, le=1)] = 1.0
    """That the break comes at all; below 1 it is unplanned, and no guarantee counts on it."""
    durations: Annotated[tuple[PlausibleDuration, ...], Field(min_length=1, max_length=20)]
    minimum_fill: Annotated[Decimal, Field(ge=0, le=3_600)] = Decimal(0)
    """Seconds of ads that a pod has at least, unless it is empty."""
    maximum_ads: Annotated[int, Field(ge=1, le=100)] = 30
    slate_cost: Money = Decimal(0)
    """Amount per thousand viewers for each second that ads leave to the slate."""
    floor: Money = Decimal(0)
    """Least declared value per thousand impressions for each second of an ad."""
    forbidden: Names = ()
    """Categories that may not run."""
    before: Annotated[tuple[Before, ...], Field(max_length=100)] = ()
    codecs: Names = ()
    """What the channel plays; empty: all."""
    deals: Names = ()
    """Deals that may buy here; empty: all."""


class Seen(Model):
    """Impressions that everyone of a cohort has had."""

    creative: Name
    times: Annotated[int, Field(ge=1, le=100_000)] = 1
    ago: Annotated[Decimal, Field(ge=0, le=10**9)]
    """Seconds before the break."""


class Cohort(Model):
    """Viewers of like traits and like history."""

    id: Name
    seats: Annotated[int, Field(ge=0, le=MAX_SEATS)]
    traits: Names = ()
    region: Annotated[str, Field(max_length=200)] = ""
    device: Annotated[str, Field(max_length=200)] = ""
    seen: Annotated[tuple[Seen, ...], Field(max_length=10_000)] = ()
    scores: dict[Name, Annotated[float, Field(ge=0, le=1_000)]] = Field(default_factory=dict, max_length=MAX_CREATIVES)
    """By creative: what multiplies its declared value for these viewers; 1 where nothing is said."""


class MetadataPolicy(StrEnum):
    """What holds for a creative that does not state its categories or its advertiser."""

    STRICT = "strict"
    """It conflicts with everything that it may conflict with."""
    LENIENT = "lenient"
    """It conflicts with nothing."""
    INFERRED = "inferred"
    """As a creative of the same domain that states them; strict where there is none."""


class Viewing(Model):
    """What viewers do, and what ads cost them."""

    leave_per_minute: Share = 0.0
    """Part of the viewers who leave in a minute of ads."""
    early_return_per_minute: Share = 0.0
    """Probability that the break is cut short in a minute."""
    first: Annotated[float, Field(ge=0.1, le=10)] = 1.0
    """What multiplies the value of the ad in the first position."""
    last: Annotated[float, Field(ge=0.1, le=10)] = 1.0
    repeat_cost: Money = Decimal(0)
    """Amount per thousand impressions for each time that the viewer has seen the creative in this event."""
    load_cost: Money = Decimal(0)
    """Amount per thousand viewers for each second of ads beyond ``load_free``."""
    load_free: Annotated[Decimal, Field(ge=0, le=3_600)] = Decimal(0)
    maximum_ad_seconds_per_hour: Annotated[Decimal, Field(ge=0, le=3_600)] | None = None
    maximum_ad_seconds: Annotated[Decimal, Field(ge=0, le=10**6)] | None = None
    """Seconds of ads that one viewer sees in the event, at most."""
    maximum_repeats: Annotated[int, Field(ge=1, le=100_000)] | None = None
    """Times that one viewer sees one creative in the event, at most."""
    separation_gap: Annotated[Decimal, Field(ge=0, le=10**6)] = Decimal(0)
    """Seconds for which ads that must be separated in a pod are also kept apart over pods."""


class Separation(Model):
    """What is kept apart in every pod, whoever books."""

    categories: Names = ()
    """Nodes of the tree: at most one ad under each in a pod."""
    advertisers: bool = True
    """At most one ad of an advertiser in a pod, unless a cap per break says more."""


class Dimension(StrEnum):
    """What a split tells viewers apart by."""

    TRAIT = "trait"
    REGION = "region"
    DEVICE = "device"


class Split(Model):
    """One way in which viewers differ: each value and the part of the viewers who have it; "" is none of the named."""

    by: Dimension
    parts: Annotated[
        dict[Annotated[str, Field(max_length=200)], Annotated[float, Field(gt=0, le=1)]],
        Field(min_length=1, max_length=1_000),
    ]


class Audience(Model):
    """Who watches: cohorts one by one, or ``viewers`` split independently in several ways."""

    cohorts: Annotated[tuple[Cohort, ...], Field(max_length=MAX_COHORTS)] = ()
    viewers: Annotated[int, Field(ge=0, le=MAX_SEATS)] | None = None
    """Of all splits together; only with ``split``. The forecast's ``viewers`` if nothing is said."""
    split: Annotated[tuple[Split, ...], Field(max_length=20)] = ()


class Book(Model):
    """Everything that a plan is made from, of one break or of a whole event; a replay reads the same."""

    name: Name = "book"
    currency: Annotated[str, Field(min_length=3, max_length=3)] = "USD"
    start: AwareDatetime | None = None
    """When the event begins; flights need it."""
    taxonomy: Literal["own"] | Name = "own"
    """A file in IAB's TSV layout, relative to the book; "own" is the small tree that Halftime ships."""
    metadata: MetadataPolicy = MetadataPolicy.STRICT
    separation: Separation = Separation()
    caps: Annotated[tuple[Cap, ...], Field(max_length=50)] = ()
    """Caps of every campaign."""
    viewing: Viewing = Viewing()
    campaigns: Annotated[tuple[Campaign, ...], Field(max_length=MAX_CAMPAIGNS)] = ()
    creatives: Annotated[tuple[Creative, ...], Field(max_length=MAX_CREATIVES)] = ()
    campaigns_from: Annotated[str, Field(max_length=MAX_PATH)] | None = None
    """A CSV of campaigns from a spreadsheet, relative to the book, behind those of the book."""
    breaks: Annotated[tuple[Break, ...], Field(min_length=1, max_length=MAX_BREAKS)]
    audience: Audience = Audience()
    forecast: Forecast | None = None
    turnout: Turnout | None = None
