"""A small legal book as nested tables, and cases that change one unit of its data."""

from __future__ import annotations

from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any

from planner.book.model import Book
from planner.book.read import Booked, booked
from planner.problem import Rule

START = "2026-07-01T20:00:00Z"

LEGAL: dict[str, Any] = {
    "start": START,
    "separation": {"advertisers": True},
    "viewing": {},
    "campaigns": {
        "acme": {"advertiser": "Acme", "price": {"amount": "12"}},
        "bolt": {"advertiser": "Bolt", "price": {"amount": "8"}},
        "cold": {"advertiser": "Cold", "price": {"amount": "9"}},
    },
    "creatives": {
        "acme-30": {"campaign": "acme", "duration": "30", "categories": ["Electric cars"]},
        "acme-15": {"campaign": "acme", "duration": "15", "categories": ["Used cars"]},
        "bolt-15": {"campaign": "bolt", "duration": "15", "categories": ["Snacks and sweets"]},
        "cold-15": {"campaign": "cold", "duration": "15", "categories": ["Beer"]},
    },
    "breaks": {"half": {"durations": [{"seconds": "60"}], "at": "2700"}},
    "cohorts": {"home": {"seats": 100, "traits": ["sport"], "region": "north", "device": "tv"}},
}
"""Acme, Bolt and Cold, with an hour's half-time break of 60 s; lists of named things are tables by name."""

POD = ("acme-30", "bolt-15", "cold-15")
"""Exactly as long as the break."""


@dataclass(frozen=True)
class Case:
    """``good`` at the place ``at`` breaks no rule, and ``bad`` there breaks ``rule`` and no other.

    ``at`` and the places of ``given`` are names joined by slashes; "pod" is the pod.
    """

    rule: Rule
    name: str
    at: str
    good: Any
    bad: Any
    pod: tuple[str, ...] = POD
    given: dict[str, Any] = field(default_factory=dict)
    says: str = ""
    """What the message must hold."""

    def set_up(self, value: Any) -> tuple[Booked, tuple[str, ...]]:
        document = deepcopy(LEGAL)
        pod = self.pod
        for place, content in {**self.given, self.at: value}.items():
            if place == "pod":
                pod = tuple(content)
            else:
                put(document, place, content)
        return book_of(document), pod


def put(document: Any, place: str, content: Any) -> None:
    """Set what stands at a place; numbers count in lists, and what is not there yet becomes a table."""
    *path, last = [int(step) if step.isdigit() else step for step in place.split("/")]
    for step in path:
        document = document[step] if isinstance(document, list) else document.setdefault(step, {})
    document[last] = content


def book_of(document: dict[str, Any]) -> Booked:
    """Tables by name become lists; cohorts are the audience's."""
    written = {
        key: [{"id": name, **content} for name, content in value.items()]
        if key in {"campaigns", "creatives", "breaks", "cohorts"}
        else value
        for key, value in document.items()
    }
    written["audience"] = {"cohorts": written.pop("cohorts", [])}
    return booked(Book.model_validate(written))


def ids(case: Case) -> str:
    return f"{case.rule}: {case.name}".replace(" ", "_")
