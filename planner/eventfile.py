"""A whole event's plan as it is written to a file and read again.

Money is integer micros of the book's currency, instants and durations are decimal seconds from the event's start.
What stands for a forecast is told three times: for the point forecast, for the low and for the surge audience.
"""

from __future__ import annotations

from decimal import Decimal
from enum import StrEnum
from typing import Annotated

from pydantic import Field

from planner.planfile import Model, Name, PodFile

Gap = Annotated[float, Field(ge=0)] | None
"""None: nothing to divide by."""


class Level(StrEnum):
    """Which audience a plan is made for."""

    POINT = "point"
    LOW = "low"
    SURGE = "surge"


class Ended(StrEnum):
    """Why planning ended."""

    CLOSE = "close"
    """The gap is as small as was asked."""
    ITERATIONS = "iterations"
    TIME_LIMIT = "time_limit"
    INTERRUPTED = "interrupted"
    """By Ctrl-C: the best plan so far, with its true gap."""


class Band(Model):
    """One figure under the three audiences."""

    point: float
    low: float
    surge: float


class LevelFile(Model):
    """The whole event for one audience."""

    level: Level
    viewers: float
    """Expected viewers of a break, all breaks together."""
    value: int
    """Micros: pods less penalties."""
    upper_bound: int
    gap: Gap
    gross: int
    """Micros before penalties."""
    fill: Annotated[float, Field(ge=0, le=1)]
    """Part of the viewer seconds that ads fill."""
    impressions: float
    ended: Ended

    def apart(self, other: LevelFile) -> bool:
        """Whether one event is certainly worth more than the other: the best possible values lie between each plan's
        value and its bound, and these ranges do not meet.
        """
        return self.value > other.upper_bound or other.value > self.upper_bound


class ShortReason(StrEnum):
    """Why a campaign gets less than it was promised, or, without a promise, than it may have."""

    NONE = ""
    NO_CREATIVE = "no_creative"
    """None of its creatives may run in any break that counts."""
    NO_VIEWERS = "no_viewers"
    """Nobody of its targeting watches."""
    VIEWERS = "viewers"
    """All its viewers in all breaks are too few, caps apart."""
    CAP = "cap"
    """Caps let through less: so often may the viewers who come see it."""
    BUDGET = "budget"
    GOAL = "goal"
    SHARE = "share"
    """Its own maximum share."""
    PRICE = "price"
    """More of it would cost others more than it brings, or than its penalty."""
    GAP = "gap"
    """Less than the plan may be from the best possible, or the plan is too far from it to say more."""


class CampaignFile(Model):
    """What one campaign gets from the event."""

    campaign: Name
    advertiser: str = ""
    tier: int = 1
    goal: int | None = None
    budget: int | None = None
    """Micros."""
    guarantee: int | None = None
    expected: Band
    """Impressions."""
    reserved: Band
    """Micros that they cost it at most."""
    short: Band
    """Impressions below its guarantee or minimum share."""
    reason: ShortReason = ShortReason.NONE
    """What binds, for the point forecast: of a shortfall, or of what is left of its goal or budget."""
    detail: str = ""
    price: float = 0.0
    """Micros: what one impression costs the event beyond what it brings, at the limits' prices. Below 0: promised."""
    delivered: int = 0
    """Impressions of breaks that are over, if planning began later; counted in ``expected``."""


class AllotmentFile(Model):
    """One campaign's part of one break, should the break come."""

    campaign: Name
    expected: Band
    """Impressions."""
    price: float
    """Micros of one impression: its limits' prices and what the caps' prices are on average."""


class EventBreakFile(Model):
    """One break, should it come. ``pods`` are for the point forecast at the most probable duration."""

    id: Name
    kind: str
    at: Decimal
    duration: Decimal
    """The most probable one."""
    probability: Annotated[float, Field(gt=0, le=1)]
    """Below 1: a contingency, which no guarantee counts on."""
    over: bool = False
    """It was when planning began; what it brought is in ``delivered`` of the campaigns."""
    viewers: Band
    value: Band
    """Micros."""
    fill: Annotated[float, Field(ge=0, le=1)]
    pods: Annotated[tuple[PodFile, ...], Field(max_length=200)] = ()
    """The most seen; cohorts are not named here."""
    others: Annotated[float, Field(ge=0, le=1)] = 0.0
    """Part of the seats that see pods which are not listed."""
    allotments: tuple[AllotmentFile, ...] = ()


class CapFile(Model):
    """A cap that binds: in how many cohorts, and what one impression more of it would bring there on average."""

    name: str
    cohorts: int
    price: float


class BaselineFile(Model):
    """What another policy makes of the same event, point forecast."""

    policy: Name
    value: int
    fill: Annotated[float, Field(ge=0, le=1)]
    impressions: float
    short: float
    """Impressions below guarantees, all campaigns together."""


class EventFile(Model):
    """Everything that ``halftime plan EVENT --json`` prints."""

    event: str
    currency: str
    seed: int = 0
    certificate: str = ""
    """What upper_bound and gap mean."""
    levels: tuple[LevelFile, ...]
    """Point first."""
    breaks: tuple[EventBreakFile, ...]
    campaigns: tuple[CampaignFile, ...]
    prices: dict[str, float] = Field(default_factory=dict)
    """By shared limit of the event: what one unit more of it would be worth, in micros."""
    caps: tuple[CapFile, ...] = ()
    baselines: tuple[BaselineFile, ...] = ()
