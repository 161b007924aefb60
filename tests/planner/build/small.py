"""A small legal book, of which a test changes one thing."""

from __future__ import annotations

from typing import Any

from domain.units import SECOND, Microseconds
from planner.book.model import Book
from planner.book.read import Booked, booked
from planner.build.build import Built, build


def campaign(name: str, **fields: Any) -> dict[str, Any]:
    return {"id": name, "advertiser": name.upper(), "price": {"amount": 20}, **fields}


def creative(name: str, owner: str, **fields: Any) -> dict[str, Any]:
    return {"id": name, "campaign": owner, "duration": 20, "categories": ["Beer"], **fields}


def cohort(name: str, **fields: Any) -> dict[str, Any]:
    return {"id": name, "seats": 100, **fields}


def book(
    campaigns: list[dict[str, Any]], creatives: list[dict[str, Any]], cohorts: list[dict[str, Any]], **fields: Any
) -> Booked:
    """``brk`` are fields of its only break, of 60 s; the others are the book's."""
    brk = {"id": "b", "at": 600, "durations": [{"seconds": 60}], **fields.pop("brk", {})}
    parts = {"campaigns": campaigns, "creatives": creatives, "breaks": [brk], "audience": {"cohorts": cohorts}}
    return booked(Book.model_validate({"start": "2026-07-19T19:00:00Z", **parts, **fields}))


def built(*parts: Any, duration: float = 60, **fields: Any) -> Built:
    made = book(*parts, **fields)
    return build(made, made.book.breaks[0], Microseconds(int(duration * SECOND)))
