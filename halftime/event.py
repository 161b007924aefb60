"""A whole event planned: the audiences one after another, when planning stops, and what is asked of the plan."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from domain.units import Microseconds
from halftime.event_progress import Watching
from halftime.interrupt import Interruption
from planner.book.read import Booked
from planner.event.answer import NightPlan
from planner.event.handover import handed_over
from planner.event.plan import Heard, plan_night
from planner.event.report import read_delivered
from planner.event.stage import Staged, stage
from planner.event.tell import event_file
from planner.eventfile import Ended, EventFile, Level

GAP: Final = 0.01
"""Relative distance from the best at which planning stops if nothing is said."""
ITERATIONS: Final = 200
"""Rounds of pricing for one audience, at most, if nothing is said."""
SHARES: Final[Mapping[Level, float]] = {Level.POINT: 2.0, Level.LOW: 1.0, Level.SURGE: 1.0}
"""Of a time limit: the point forecast is planned from nothing, the others go on from its plan."""
TELLING: Final = 0.05
"""Part of a time limit that is kept for what is said of the plan."""


@dataclass(frozen=True, slots=True)
class EventWish:
    """What is asked for. ``time_limit`` seconds for all of it; ``now`` microseconds from the event's start."""

    seed: int = 0
    gap: float = GAP
    iterations: int = ITERATIONS
    time_limit: float | None = None
    now: Microseconds | None = None
    delivered: Path | None = None


@dataclass(frozen=True, slots=True)
class Planned:
    """The plan for one audience."""

    staged: Staged
    plan: NightPlan
    ended: Ended


@dataclass(frozen=True, slots=True)
class Made:
    """An event planned. ``levels`` has the point forecast, and of the others what there was time for."""

    booked: Booked
    seed: int
    levels: Mapping[Level, Planned]

    @property
    def point(self) -> Planned:
        """The plan for the audience that is forecast."""
        return self.levels[Level.POINT]

    def file(self) -> EventFile:
        """As it is written."""
        return event_file(
            self.booked,
            {level: each.staged for level, each in self.levels.items()},
            {level: each.plan for level, each in self.levels.items()},
            {level: each.ended for level, each in self.levels.items()},
            self.seed,
        )


class EventPlanner:
    """Plans books of one event within one time limit, each beginning with the plan before.

    ``parts`` says how many shares of the time limit all of its plans need together, see ``SHARES``.
    """

    def __init__(
        self,
        wish: EventWish,
        watching: Watching,
        interruption: Interruption,
        *,
        parts: float,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._wish = wish
        self._watching = watching
        self._interruption = interruption
        self._clock = clock
        self._begun = clock()
        self._parts = parts
        self._before = 0.0
        self._last: Planned | None = None

    def make(self, booked: Booked, levels: Sequence[Level], what: str = "") -> Made:
        """The plans of ``booked``, the point forecast's first; after an interruption no other is begun.

        ``what`` is said of them while they are made. Raises ``InputError`` as ``planner.event.stage`` does.
        """
        delivered = None if self._wish.delivered is None else read_delivered(self._wish.delivered, booked.book)
        found: dict[Level, Planned] = {}
        for level in levels:
            if found and self._interruption.interrupted:
                break
            staged = stage(booked, level, now=self._wish.now, delivered=delivered)
            warm = None
            if self._last is not None:
                warm = handed_over(self._last.plan, self._last.staged.night, staged.night)
            audience = "" if level is Level.POINT else f"{level} audience"
            stop = self._stop(SHARES[level], ", ".join(filter(None, (what, audience))))
            plan = plan_night(
                staged.night, stop=stop, heard=stop.heard, warm=warm, seed=self._wish.seed, left=stop.left
            )
            found[level] = Planned(staged, plan, stop.ended(plan.certificate.gap))
            # What was broken off after a moment is no better beginning than the plan before it.
            if self._last is None or len(plan.shown):
                self._last = found[level]
        return Made(booked, self._wish.seed, found)

    def _stop(self, share: float, what: str) -> _Stop:
        before, self._before = self._before, self._before + share
        deadline = None
        if self._wish.time_limit is not None:
            part = self._before / self._parts * (1.0 - TELLING)
            deadline = _Deadline(self._clock, self._begun, self._begun + self._wish.time_limit * part)
        span = (before / self._parts, share / self._parts)
        return _Stop(self._wish, self._interruption, self._watching, deadline, span, what)


@dataclass(frozen=True, slots=True)
class _Deadline:
    clock: Callable[[], float]
    begun: float
    instant: float

    @property
    def passed(self) -> float:
        """Part of the time until it that is gone."""
        return (self.clock() - self.begun) / max(self.instant - self.begun, 1e-9)

    @property
    def left(self) -> float:
        """Seconds until it."""
        return max(0.0, self.instant - self.clock())


class _Stop:
    """When the rounds of one plan end. ``span`` is where it begins on the way of all, from 0 to 1, and its length."""

    def __init__(
        self,
        wish: EventWish,
        interruption: Interruption,
        watching: Watching,
        deadline: _Deadline | None,
        span: tuple[float, float],
        what: str,
    ) -> None:
        self._wish = wish
        self._interruption = interruption
        self._watching = watching
        self._deadline = deadline
        self._span = span
        self._what = what
        self._reason: Ended | None = None
        self._widest = 0.0
        self._done = 0.0

    def __call__(self, iteration: int, gap: float) -> bool:
        """Whether to stop, and why."""
        if self._reason is None:
            if gap <= self._wish.gap:
                self._reason = Ended.CLOSE
            elif self._interruption.interrupted:
                self._reason = Ended.INTERRUPTED
            elif self._deadline is not None and self._deadline.passed >= 1.0:
                self._reason = Ended.TIME_LIMIT
            elif iteration >= self._wish.iterations:
                self._reason = Ended.ITERATIONS
        return self._reason is not None

    def left(self) -> float:
        """Seconds until the deadline, if there is one."""
        return math.inf if self._deadline is None else self._deadline.left

    def ended(self, gap: float) -> Ended:
        """Why it ended. Where no pod was left that could make the plan better, that counts as rounds used up."""
        if gap <= self._wish.gap:
            return Ended.CLOSE
        return self._reason or Ended.ITERATIONS

    def heard(self, heard: Heard) -> None:
        """Pass on how far the planning is."""
        gap = None
        if heard.value is not None and heard.bound is not None and heard.value > 0.0:
            gap = max(0.0, heard.bound - heard.value) / heard.value
        self._done = max(self._done, self._part(heard.iteration, gap))
        start, length = self._span
        told = ", ".join(filter(None, (heard.stage, self._what)))
        self._watching.heard(told.capitalize(), start + length * self._done, heard.value, gap)

    def _part(self, iteration: int, gap: float | None) -> float:
        """How much is done: by rounds, by time, or by how far the gap has closed on a scale of factors."""
        done = iteration / self._wish.iterations
        if self._deadline is not None:
            done = max(done, self._deadline.passed)
        if gap is not None and self._wish.gap > 0.0:
            self._widest = max(self._widest, gap)
            if gap <= self._wish.gap:
                done = 1.0
            elif self._widest > gap:
                done = max(done, math.log(self._widest / gap) / math.log(self._widest / self._wish.gap))
        return min(1.0, done)
