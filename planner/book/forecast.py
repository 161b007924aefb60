"""Fields of a book that say how many watch, when: as foreseen, and as it really came."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated

from pydantic import Field

from planner.book.fields import MAX_BREAKS, MAX_PATH, MAX_SEATS, Model, Name, Names, Seconds, Share


class CurvePoint(Model):
    """Viewers present at an instant, relative to the forecast's ``viewers``; straight lines in between."""

    at: Annotated[Decimal, Field(ge=-(10**6), le=10**6)]
    """Seconds from the event's start."""
    share: Annotated[float, Field(ge=0, le=10)]
    low: Annotated[float, Field(ge=0, le=10)] | None = None
    """If it turns out badly; ``share`` scaled by the forecast's ``low`` if nothing is said."""
    surge: Annotated[float, Field(ge=0, le=10)] | None = None
    """If many come; ``share`` scaled by the forecast's ``surge`` if nothing is said."""


Points = Annotated[tuple[CurvePoint, ...], Field(min_length=1, max_length=10_000)]


class CohortCurve(Model):
    """The curve of those viewers who match all that is said; of several the first counts."""

    traits: Names = ()
    """One of them."""
    regions: Names = ()
    devices: Names = ()
    curve: Points


class Revision(Model):
    """A later forecast of the same event."""

    at: Annotated[Decimal, Field(ge=-(10**8), le=10**6)]
    """Seconds from the event's start at which it is known."""
    viewers: Annotated[int, Field(ge=0, le=MAX_SEATS)]


class Forecast(Model):
    """How many will watch, when."""

    viewers: Annotated[int, Field(ge=0, le=MAX_SEATS)] | None = None
    """Concurrent viewers at the peak; the cohorts' seats together if nothing is said."""
    low: Annotated[int, Field(ge=0, le=MAX_SEATS)] | None = None
    """The same if it turns out badly; ``viewers`` if nothing is said."""
    surge: Annotated[int, Field(ge=0, le=MAX_SEATS)] | None = None
    """The same if many come; ``viewers`` if nothing is said."""
    turnover: Annotated[float, Field(ge=1, le=100)] = 1.0
    """Viewers who come at all, over concurrent viewers at a share of 1."""
    stay: Share = 1.0
    """Part of the viewers who come in order of loyalty, the same ones in every thin hour; the others come and go at
    random. It decides how many breaks a viewer attends, and with that how much caps let through."""
    curve: Annotated[tuple[CurvePoint, ...], Field(max_length=10_000)] = ()
    """All present all the time if nothing is said."""
    cohorts: Annotated[tuple[CohortCurve, ...], Field(max_length=1_000)] = ()
    revisions: Annotated[tuple[Revision, ...], Field(max_length=1_000)] = ()
    document: Annotated[str, Field(max_length=MAX_PATH)] | None = None
    """A LEAP Forecast document, relative to the book: its expected peak and lower bound stand where ``viewers`` and
    ``low`` say nothing."""
    document_event: Annotated[str, Field(max_length=200)] | None = None
    """The id of the event in the document; its only one if nothing is said."""


class TurnedUp(Model):
    """A break as it really came."""

    id: Name
    """A break of the book."""
    at: Annotated[Decimal, Field(ge=0, le=10**6)] | None = None
    """Seconds from the event's start; as booked if nothing is said."""
    seconds: Seconds | None = None
    """As long as is most probable if nothing is said."""


class Turnout(Model):
    """What really happened, or is to be replayed: viewers, and which breaks came."""

    curve: Points
    """Shares are of the forecast's ``viewers``; ``low`` and ``surge`` mean nothing here."""
    breaks: Annotated[tuple[TurnedUp, ...], Field(max_length=MAX_BREAKS)] | None = None
    """Those that came; all planned ones if nothing is said."""
    seed: Annotated[int, Field(ge=0, le=2**32 - 1)] = 0
    """Of all that a replay draws."""
