"""LEAP Forecast documents: how many will watch an event, and how much of it is for ads.

A document is a whole response or one event of it. Its tables and its published examples contradict each other; what the
examples do is read too: quoted numbers, seconds of ten digits for milliseconds, ``upcomingevent`` for ``events``,
``adinventoryconfig`` for ``inventoryconfig``, fields of their own.

Source: IAB Tech Lab, Live Event Ad Protocols, "Forecast API" (CC BY 3.0).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import IntEnum
from pathlib import Path
from typing import Annotated, Any, Final

from pydantic import AliasChoices, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from domain.errors import InputError
from planner.book.disagreement import counted
from planner.book.document import path_of, read_document, shown
from planner.book.fields import MAX_BREAKS, MAX_SEATS
from planner.book.validation import first_fault

MAX_EVENTS: Final = 10_000
MAX_LENGTH: Final = timedelta(seconds=10**6)
"""Of an event: what a break's ``at`` can say."""


class Status(IntEnum):
    """Whether the event will be."""

    SCHEDULED = 1
    TENTATIVE = 2
    CANCELLED = 3


@dataclass(frozen=True, slots=True)
class Stream:
    """Viewers at the same time in one country (ISO 3166-1 alpha-3; empty: not said)."""

    country: str
    peak: int
    low: int | None


@dataclass(frozen=True, slots=True)
class LeapEvent:
    """One event to come; what is None or empty is not said. ``ad_seconds`` are those of all ``pods`` together."""

    id: str
    title: str
    start: datetime
    end: datetime
    flexible_end: bool
    status: Status
    streams: tuple[Stream, ...]
    pods: int | None
    ad_seconds: int | None
    unplanned: bool

    @property
    def viewers(self) -> int | None:
        """Expected at the peak, all countries together."""
        return sum(each.peak for each in self.streams) if self.streams else None

    @property
    def low(self) -> int | None:
        """At the peak if it turns out badly; countries that say nothing of that count with what they expect."""
        if all(each.low is None for each in self.streams):
            return None
        return sum(each.peak if each.low is None else each.low for each in self.streams)


def read_event(file: Path, name: str | None = None) -> LeapEvent:
    """The event that is called ``name``, or the only one.

    Raises ``InputError`` naming file and field: see ``read_events``; no such event, several, a cancelled one.
    """
    events = read_events(file)
    found = events if name is None else [each for each in events if each.id == name]
    if len(found) != 1:
        ids = ", ".join(shown(each.id) for each in events[:8]) + (", ..." if len(events) > 8 else "")
        expected = "one event, or the id of one of them" if name is None else f"one event with the id {shown(name)}"
        raise InputError(str(file), expected, f"{len(found)} of {len(events)}: {ids}" if events else "none")
    if found[0].status is Status.CANCELLED:
        raise InputError(str(file), "an event that will be", f"{shown(found[0].id)}, which is cancelled")
    return found[0]


def read_events(file: Path) -> tuple[LeapEvent, ...]:
    """All events of a document, in its order.

    Raises ``InputError`` naming file and field: what ``read_document`` refuses, a required value that is missing, a
    wrong one, an end before the start, ads that do not fit into the event, a lower bound above what is expected.
    """
    document = read_document(file)
    name = next((each for each in ("events", "upcomingevent") if each in document), None)
    try:
        if name is None:
            return (_event(_Event.model_validate(document), file),)
        response = _Response.model_validate({"events": document[name]})
    except ValidationError as error:
        fault, others = first_fault(error)
        place = path_of((name, *fault.place[1:]) if name is not None else fault.place)
        where = f"{file}: {place}" if place else str(file)
        raise InputError(where, fault.expected, fault.found + counted(others)) from error
    return tuple(_event(each, file, name, index) for index, each in enumerate(response.events))


def _number(value: Any) -> Any:
    """A number that stands in quotes, as in the published examples."""
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) <= 18:
        return int(value)
    return value


def _instant(value: Any) -> Any:
    """Unix milliseconds; of ten digits they are seconds."""
    number = _number(value)
    if isinstance(number, int) and 10**9 <= number < 10**10:
        return number * 1_000
    return number


def _text(value: Any) -> Any:
    """Ids and codes are texts; the published examples also have them as numbers."""
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


Instant = Annotated[int, Field(strict=True, ge=10**11, lt=10**14), BeforeValidator(_instant)]
"""Unix milliseconds of the years 1973 to 5138."""
Flag = Annotated[int, Field(strict=True, ge=0, le=1), BeforeValidator(_number)]
Viewers = Annotated[int, Field(strict=True, ge=0, le=MAX_SEATS), BeforeValidator(_number)]
Id = Annotated[str, Field(max_length=200), BeforeValidator(_text)]


class _Part(BaseModel):
    """Fields that are not named are extensions."""

    model_config = ConfigDict(frozen=True, extra="ignore")


class _Content(_Part):
    id: Id | None = None
    title: Annotated[str, Field(max_length=1_000)] | None = None


class _Streams(_Part):
    country: Annotated[str, Field(max_length=3)] | None = None
    expectedpeak: Viewers
    lowerbound: Viewers | None = None


class _Inventory(_Part):
    totaladdurationsec: Annotated[int, Field(strict=True, ge=0, le=10**6), BeforeValidator(_number)] | None = None
    expectedpodcount: Annotated[int, Field(strict=True, ge=0, le=MAX_BREAKS), BeforeValidator(_number)] | None = None
    unplanned: Flag | None = None


class _Event(_Part):
    id: Id | None = None
    scheduledstart: Instant
    scheduledend: Instant
    flexibleend: Flag | None = None
    eventstatus: Annotated[int, Field(strict=True, ge=1, le=3), BeforeValidator(_number)] | None = None
    content: _Content | None = None
    streamsdata: Annotated[tuple[_Streams, ...], Field(max_length=1_000)] | None = None
    inventoryconfig: Annotated[
        _Inventory | None, Field(validation_alias=AliasChoices("inventoryconfig", "adinventoryconfig"))
    ] = None


class _Response(_Part):
    events: Annotated[tuple[_Event, ...], Field(max_length=MAX_EVENTS)]


def _event(read: _Event, file: Path, *place: str | int) -> LeapEvent:
    """What two of its fields must agree on, and what stands for those that say nothing."""

    def where(*field: str | int) -> str:
        return f"{file}: {path_of((*place, *field))}"

    content, inventory = read.content or _Content(), read.inventoryconfig or _Inventory()
    start, end = (
        datetime.fromtimestamp(each // 1_000, UTC) + timedelta(milliseconds=each % 1_000)
        for each in (read.scheduledstart, read.scheduledend)
    )
    if end <= start:
        found = f"{end.isoformat()}, and a start at {start.isoformat()}"
        raise InputError(where("scheduledend"), "an end after the start", found)
    if end - start > MAX_LENGTH:
        raise InputError(where("scheduledend"), f"at most {MAX_LENGTH} of event", str(end - start))
    seconds = inventory.totaladdurationsec or 0
    if seconds > (end - start).total_seconds():
        expected = f"at most the event's length, {(end - start).total_seconds():.15g} s"
        raise InputError(where("inventoryconfig", "totaladdurationsec"), expected, f"{seconds}")
    if (inventory.expectedpodcount or 0) > (end - start).total_seconds():
        found = f"{inventory.expectedpodcount}"
        raise InputError(where("inventoryconfig", "expectedpodcount"), "at most one for each second", found)
    streams = tuple(Stream(each.country or "", each.expectedpeak, each.lowerbound) for each in read.streamsdata or ())
    for index, each in enumerate(streams):
        if each.low is not None and each.low > each.peak:
            here = where("streamsdata", index, "lowerbound")
            raise InputError(here, f"at most what is expected, {each.peak}", f"{each.low}")
    if sum(each.peak for each in streams) > MAX_SEATS:
        raise InputError(where("streamsdata"), f"at most {MAX_SEATS} viewers", "more")
    return LeapEvent(
        id=read.id or content.id or "",
        title=content.title or "",
        start=start,
        end=end,
        flexible_end=bool(read.flexibleend),
        status=Status(read.eventstatus or Status.SCHEDULED),
        streams=streams,
        pods=inventory.expectedpodcount,
        ad_seconds=inventory.totaladdurationsec,
        unplanned=bool(inventory.unplanned),
    )
