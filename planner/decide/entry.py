"""One break at one duration, as the plan file has it."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Mapping
from decimal import Decimal

from planner.book.model import Break
from planner.book.read import Booked
from planner.decide.delivery import delivery
from planner.decide.outcome import Outcome
from planner.planfile import BreakFile, MenuFile, PodFile
from planner.worth import pod_value


def entry(
    booked: Booked,
    brk: Break,
    outcome: Outcome,
    planner: str,
    payments: Mapping[str, int],
    menu: tuple[MenuFile, ...],
) -> BreakFile:
    """The outcome with names instead of numbers; ``payments`` are micros by campaign."""
    certificate = outcome.solution.certificate
    return BreakFile(
        id=brk.id,
        duration=decimal_seconds(outcome.duration),
        probability=outcome.probability,
        seats=outcome.seats,
        value=math.floor(certificate.value),
        upper_bound=math.ceil(certificate.upper_bound),
        gap=certificate.gap if math.isfinite(certificate.gap) else None,
        fill=_fill(outcome),
        revenue=sum(payments.values()),
        planner=planner,
        pods=pods(outcome),
        delivery=delivery(booked, outcome, payments),
        prices=outcome.prices(),
        menu=menu,
    )


def pods(outcome: Outcome) -> tuple[PodFile, ...]:
    """Each pod once, with who sees it, the most seen first; slate is the pod of no creatives."""
    built, problem = outcome.built, outcome.built.problem
    seats: dict[tuple[int, ...], dict[int, int]] = defaultdict(lambda: defaultdict(int))
    for portion in outcome.solution.portions:
        if portion.seats:
            seats[portion.pod][portion.row] += portion.seats
    found = []
    for pod, rows in seats.items():
        value = math.fsum(
            count * pod_value(problem.rules, problem.worth, problem.rows.values[row], pod)
            for row, count in rows.items()
        )
        total = sum(rows.values())
        found.append(
            PodFile(
                creatives=tuple(built.ads[ad] for ad in pod),
                share=total / outcome.seats,
                seats=total,
                value=round(value),
                cohorts={built.cohorts[row]: rows[row] for row in sorted(rows)},
            )
        )
    return tuple(sorted(found, key=lambda each: (-each.seats, each.creatives)))


def decimal_seconds(microseconds: int) -> Decimal:
    """Exact, without trailing zeros."""
    return Decimal(microseconds) / 1_000_000


def _fill(outcome: Outcome) -> float:
    """Part of the viewer seconds that ads fill."""
    durations = outcome.built.problem.rules.durations
    filled = int((outcome.placed() * durations).sum())
    whole = outcome.seats * outcome.duration
    return filled / whole if whole else 0.0
