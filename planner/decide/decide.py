"""A book and one of its breaks become a plan for every plausible duration, held against the rules before it is used."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from domain.errors import HalftimeError
from domain.units import Microseconds
from planner.book.model import Break
from planner.book.read import Booked
from planner.build.build import build
from planner.build.prices import microseconds_of
from planner.check.plan import check_plan
from planner.decide.entry import entry
from planner.decide.left_out import left_out
from planner.decide.menu import LONGER, contingency, extensions
from planner.decide.outcome import Outcome, PricingOf
from planner.decide.payments import payments
from planner.plan import CERTIFICATE
from planner.planfile import PlanFile
from planner.port import Planner, Stop


class IllegalPlanError(HalftimeError):
    """A plan broke a rule that it was built to keep: a fault of the planner, never of the book."""


@dataclass(frozen=True, slots=True)
class Named:
    """A planner and the name that the plan file gives it."""

    name: str
    planner: Planner


def decide(
    booked: Booked, brk: Break, planner: Named, pricing_of: PricingOf, stop: Callable[[Microseconds], Stop]
) -> PlanFile:
    """The plan of one break.

    ``stop`` is asked once for each plausible duration, when its planning begins; with stops that count iterations the
    same book gives the same plan on every machine. A duration's prices are those at which the next one begins, where
    both have the same limits.

    Raises ``InputError`` for contracts that cannot both hold, ``IllegalPlanError`` for a plan that breaks a rule.
    """
    outcomes: list[Outcome] = []
    for length, probability in sorted((microseconds_of(each.seconds), each.probability) for each in brk.durations):
        built = build(booked, brk, length)
        warm = None
        if outcomes and outcomes[-1].built.problem.shared.names == built.problem.shared.names:
            warm = outcomes[-1].solution.prices
        solution = planner.planner(built.problem, stop=stop(length), warm=warm)
        outcomes.append(Outcome(built, solution, length, probability))
    grown = Microseconds(outcomes[-1].duration + LONGER)
    lengths = [*((outcome.duration, outcome.built) for outcome in outcomes), (grown, build(booked, brk, grown))]
    entries = []
    for number, outcome in enumerate(outcomes):
        menu = contingency(booked, brk, outcome, pricing_of)
        # A break may grow to every longer length that is plausible, and only the longest beyond that.
        longer = lengths[number + 1 : -1] or lengths[-1:]
        menu += extensions(outcome, longer, pricing_of)
        paid = payments(booked, brk, outcome, pricing_of)
        entries.append(entry(booked, brk, outcome, planner.name, paid, menu))
    plan = PlanFile(
        book=booked.book.name,
        currency=booked.book.currency,
        certificate=CERTIFICATE,
        breaks=tuple(entries),
        left_out=left_out(booked, brk, outcomes, pricing_of),
    )
    violations = check_plan(booked, plan)
    if violations:
        raise IllegalPlanError(f"the plan of break {brk.id} breaks {len(violations)} rules, first: {violations[0]}")
    return plan
