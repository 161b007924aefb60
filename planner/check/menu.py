"""Pods kept ready for what is not planned: as legal as the planned ones."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from domain.units import Microseconds
from planner.book.model import Cohort
from planner.check.facts import duration_of
from planner.check.history import HistoryCheck
from planner.check.pod import PodCheck
from planner.check.violation import Violation
from planner.planfile import BreakFile, MenuFile
from planner.problem import Rule

CONTINGENCY: Final = "contingency"
EXTENSION: Final = "extension"
LONGEST: Final = 3_600
"""Seconds: what a book allows a break."""

UNKNOWN: Final = Cohort(id="unknown", seats=0)
"""Viewers of whom nothing is known: no traits, no region, no device, nothing seen."""


def menu(check: PodCheck, entry: BreakFile, where: str) -> Iterator[Violation]:
    """Contingency pods are legal for viewers of whom nothing is known, extensions together with what they follow.

    What a viewer's history says of an extension is for the moment at which it is used.
    """
    for number, each in enumerate(entry.menu):
        place = f"{where}, menu {number}"
        if not 0 < each.seconds <= LONGEST:
            yield Violation(Rule.STATED, place, f"{each.seconds} s, more than 0 and at most {LONGEST} are expected")
        elif each.kind == CONTINGENCY:
            yield from _contingency(check, each, place)
        elif each.kind == EXTENSION:
            yield from _extension(check, each, place)
        else:
            yield Violation(Rule.STATED, place, f"kind {each.kind}, {CONTINGENCY} or {EXTENSION} is expected")


def _contingency(check: PodCheck, each: MenuFile, where: str) -> Iterator[Violation]:
    duration = duration_of(each.seconds)
    found = check(duration, each.creatives, where)
    yield from found
    if not any(violation.rule is Rule.STATED for violation in found):
        yield from HistoryCheck(check, UNKNOWN, duration)(each.creatives, where)


def _extension(check: PodCheck, each: MenuFile, where: str) -> Iterator[Violation]:
    before = sum(check.facts.ads[name].duration for name in each.after if name in check.facts.ads)
    duration = Microseconds(before + duration_of(each.seconds))
    yield from check(duration, (*each.after, *each.creatives), where)
