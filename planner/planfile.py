"""A plan as it is written to a file and read again: names and decimals, one schema for people, machines and checks.

Money is integer micros of the book's currency, durations are decimal seconds.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

Name = Annotated[str, Field(min_length=1, max_length=200)]
Seats = Annotated[int, Field(ge=0, le=10**12)]


class Model(BaseModel):
    """Readers of a later release's plan get an error, not half a plan."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class PodFile(Model):
    """One pod and who sees it. ``share`` is its part of the break's seats, ``value`` micros of all of them together."""

    creatives: Annotated[tuple[Name, ...], Field(max_length=100)]
    share: Annotated[float, Field(ge=0, le=1)]
    seats: Seats = 0
    value: int = 0
    cohorts: dict[str, Seats] = Field(default_factory=dict)
    """Seats by cohort."""


class DeliveryFile(Model):
    """What one campaign gets in one break at one duration. Money in micros, the rest in impressions."""

    campaign: Name
    impressions: Seats
    reserved: int
    """Micros that its impressions cost it at most."""
    payment: int
    """Micros that it is expected to pay: the same for fixed prices, less for second prices."""
    short: Seats = 0
    """Impressions below its guarantee or minimum share."""
    reason: str = ""
    """Why it is short."""


class MenuFile(Model):
    """Pods kept ready for what is not planned: ``kind`` "contingency" for viewers of whom nothing is known, "extension"
    to be appended ``after`` a pod when the break grows by ``seconds``.
    """

    kind: Name
    seconds: Decimal
    after: tuple[Name, ...] = ()
    creatives: tuple[Name, ...]
    value: int
    """Micros of one viewer."""


class BreakFile(Model):
    """One break at one of its plausible durations."""

    id: Name
    duration: Decimal
    """Seconds."""
    probability: Annotated[float, Field(ge=0, le=1)] = 1.0
    seats: Seats = 0
    value: int
    """Micros: pods less penalties."""
    upper_bound: int
    gap: Annotated[float, Field(ge=0)] | None
    """None: nothing to divide by."""
    fill: Annotated[float, Field(ge=0, le=1)]
    """Part of the break's viewer seconds that ads fill."""
    revenue: int = 0
    """Micros that campaigns are expected to pay."""
    planner: str = ""
    """Which planner's plan it is."""
    pods: tuple[PodFile, ...]
    delivery: tuple[DeliveryFile, ...] = ()
    prices: dict[str, float] = Field(default_factory=dict)
    """By shared limit: what one unit more of it would be worth, in micros."""
    menu: tuple[MenuFile, ...] = ()


class LeftOutFile(Model):
    """Why an ad is in no pod of a break: a code, and the facts in words."""

    creative: Name
    break_: Annotated[Name, Field(alias="break")]
    reason: Name
    detail: str = ""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)


class PlanFile(Model):
    """Everything that ``halftime plan --json`` prints."""

    book: str = ""
    currency: str = "USD"
    certificate: str = ""
    """What upper_bound and gap mean."""
    breaks: tuple[BreakFile, ...]
    left_out: tuple[LeftOutFile, ...] = ()
