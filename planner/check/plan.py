"""A whole plan against its book: every pod, every viewer it is shown to, every limit, every number stated."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from planner.book.read import Booked
from planner.check import stated
from planner.check.facts import Facts, duration_of
from planner.check.history import HistoryCheck
from planner.check.left_out import left_out
from planner.check.menu import menu
from planner.check.pod import PodCheck
from planner.check.shared import LIMIT_RULES, tally
from planner.check.violation import Violation
from planner.planfile import BreakFile, PlanFile
from planner.problem import Rule

MAX_VIOLATIONS: Final = 1_000
"""More are counted: nobody reads on."""


def check_plan(booked: Booked, plan: PlanFile) -> list[Violation]:
    """Everything that is wrong with a plan, in its order; of more than ``MAX_VIOLATIONS`` the last says how many."""
    return _bounded(_violations(Facts(booked), plan))


def _violations(facts: Facts, plan: PlanFile) -> Iterator[Violation]:
    if plan.currency != facts.book.currency:
        yield Violation(Rule.STATED, "plan", f"currency {plan.currency}, the book's is {facts.book.currency}")
    breaks = {brk.id: brk for brk in facts.book.breaks}
    checks: dict[str, PodCheck] = {}
    entries: dict[str, list[BreakFile]] = {}
    for entry in plan.breaks:
        where = f"break {entry.id} at {entry.duration} s"
        if entry.id not in breaks:
            yield Violation(Rule.STATED, where, "is no break of the book")
            continue
        yield from _stated(stated.header(breaks[entry.id], entry), where)
        if not any(each.seconds == entry.duration for each in breaks[entry.id].durations):
            continue
        check = checks.setdefault(entry.id, PodCheck(facts, breaks[entry.id]))
        planned = entries.setdefault(entry.id, [])
        if any(each.duration == entry.duration for each in planned):
            yield Violation(Rule.STATED, where, "is planned twice")
        planned.append(entry)
        yield from _entry(check, entry, where)
    for brk, reason in left_out(facts, plan.left_out, entries, checks):
        yield Violation(Rule.STATED, f"break {brk}", reason)


def _entry(check: PodCheck, entry: BreakFile, where: str) -> Iterator[Violation]:
    facts = check.facts
    duration = duration_of(entry.duration)
    cohorts = {cohort.id: cohort for cohort in facts.book.audience.cohorts}
    histories: dict[str, HistoryCheck] = {}
    for number, pod in enumerate(entry.pods):
        place = f"{where}, pod {number}"
        yield from check(duration, pod.creatives, place)
        if any(name not in facts.ads for name in pod.creatives):
            continue
        for name in pod.cohorts:
            if name in cohorts:
                if name not in histories:
                    histories[name] = HistoryCheck(check, cohorts[name], duration)
                yield from histories[name](pod.creatives, f"{place}, cohort {name}")
    yield from (Violation(Rule.SEATS, where, reason) for reason in stated.seats(facts, entry))
    if all(name in facts.ads for pod in entry.pods for name in pod.creatives):
        found = tally(facts, [(pod.creatives, pod.seats) for pod in entry.pods])
        for code, rule in LIMIT_RULES.items():
            for campaign in facts.book.campaigns:
                yield from (Violation(code, where, reason) for reason in rule(campaign, found))
        yield from _stated(stated.fill(facts, entry), where)
        yield from _stated(stated.value(facts, check.brk, entry, found), where)
        yield from _stated(stated.delivery(facts, entry, found), where)
    yield from _stated(stated.certificate(entry), where)
    yield from menu(check, entry, where)


def _stated(reasons: Iterable[str], where: str) -> Iterator[Violation]:
    return (Violation(Rule.STATED, where, reason) for reason in reasons)


def _bounded(violations: Iterable[Violation]) -> list[Violation]:
    found: list[Violation] = []
    more = 0
    for violation in violations:
        if len(found) < MAX_VIOLATIONS:
            found.append(violation)
        else:
            more += 1
    if more:
        found.append(Violation(Rule.STATED, "plan", f"{more} more violations"))
    return found
