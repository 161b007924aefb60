"""A plan made: the planners by name, and when they stop."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Literal

from domain.errors import InputError
from domain.units import Microseconds
from halftime.alone import at_break
from planner.book.model import Break
from planner.book.read import Booked
from planner.decide.decide import Named, decide
from planner.greedy import greedy
from planner.master.generation import ColumnGeneration
from planner.planfile import PlanFile
from planner.port import Deadline, Iterations, Planner, Stop
from planner.price.pricing import exact, pricing

Choice = Literal["best", "columns", "greedy"]
Report = Callable[[float], None]

CLOSE: Final = 1e-5
"""A relative gap at which planning stops: far below what any forecast of an audience knows."""


@dataclass(frozen=True, slots=True)
class Wish:
    """What is asked for: ``break_`` an id or None for the first, ``time_limit`` seconds instead of iterations."""

    break_: str | None
    planner: Choice
    iterations: int
    time_limit: float | None


def make(booked: Booked, where: str, wish: Wish, report: Report) -> PlanFile:
    """Plan one break of a book; ``report`` hears how much is done, from 0 to 1. ``InputError`` for an unknown break."""
    brk = _break(booked, where, wish.break_)
    watched = _Watched(wish, len(brk.durations), report)
    return decide(at_break(booked, brk), brk, Named(wish.planner, _planner(wish.planner)), pricing, watched.begin)


def _break(booked: Booked, where: str, wanted: str | None) -> Break:
    breaks = booked.book.breaks
    for each in breaks:
        if wanted in {None, each.id}:
            return each
    known = ", ".join(each.id for each in breaks[:5]) + (", ..." if len(breaks) > 5 else "")
    raise InputError(f"{where}: break", f"one of {known}", repr(wanted))


def _planner(choice: Choice) -> Planner:
    if choice == "greedy":
        return greedy
    return ColumnGeneration(pricing, candidates=(greedy,) if choice == "best" else (), exact=exact)


class _Watched:
    """Hands out a stop for each duration, and tells how far they are."""

    def __init__(self, wish: Wish, durations: int, report: Report) -> None:
        self._wish = wish
        self._durations = durations
        self._report = report
        self._begun = 0

    def begin(self, duration: Microseconds) -> Stop:
        del duration
        before, self._begun = self._begun, self._begun + 1
        limit, started = self._wish.time_limit, time.monotonic()
        part = None if limit is None else limit / self._durations
        stop = Iterations(self._wish.iterations, CLOSE)
        timed = None if part is None else Deadline(time.monotonic, started + part, CLOSE)

        def told(iteration: int, gap: float) -> bool:
            done = iteration / self._wish.iterations if part is None else (time.monotonic() - started) / part
            self._report((before + min(1.0, done)) / self._durations)
            return stop(iteration, gap) if timed is None else timed(iteration, gap)

        return told
