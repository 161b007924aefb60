"""Progress of an event's planning: how far it is, with value and gap as they close."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final, Protocol

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

from halftime.event_figures import percent_up, proven
from halftime.printable import printable
from planner.decide.money import amount

EVERY: Final = 10.0
"""Seconds between two lines of a log."""
_BAR: Final = 16
"""Columns of the bar: with stage, value, gap and time it fits 80."""


class Watching(Protocol):
    """Hears how far the planning is."""

    def heard(self, stage: str, done: float, value: float | None, gap: float | None) -> None:
        """What is being done, how much of all from 0 to 1, micros that the plan so far is worth and its relative gap.

        None, or an infinite gap, while unknown.
        """
        ...


@contextmanager
def watching(
    currency: str,
    *,
    json: bool = False,
    console: Console | None = None,
    clock: Callable[[], float] = time.monotonic,
) -> Iterator[Watching]:
    """What is heard goes to standard error, or to ``console``: on a terminal as a bar that is gone at the end.

    Elsewhere it is a line at most every ``EVERY`` seconds of ``clock``, the first one after so many; for ``json``
    nothing, since nobody reads along.
    """
    # rich takes FORCE_COLOR for a terminal; a log with a bar in it is none the better for its colours.
    console = Console(stderr=True, force_terminal=sys.stderr.isatty()) if console is None else console
    if console.is_terminal:
        with _bar(console, currency) as bar:
            yield bar
    elif json:
        yield _Silent()
    else:
        yield _Lines(console, currency, clock)


@contextmanager
def _bar(console: Console, currency: str) -> Iterator[_Bar]:
    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(bar_width=_BAR),
        TaskProgressColumn(),
        TextColumn("{task.fields[figures]}", markup=False),
        TimeRemainingColumn(compact=True),
    )
    with Progress(*columns, console=console, transient=True) as progress:
        yield _Bar(progress, currency)


class _Bar:
    def __init__(self, progress: Progress, currency: str) -> None:
        self._progress = progress
        self._currency = currency
        self._task = progress.add_task("Planning", total=1.0, figures="")

    def heard(self, stage: str, done: float, value: float | None, gap: float | None) -> None:
        figures = [] if value is None else [amount(value, self._currency)]
        part = percent_up(gap)
        if part != "-":
            figures.append(f"gap {part}")
        self._progress.update(
            self._task, description=printable(stage), completed=_share(done), figures=printable(", ".join(figures))
        )


class _Lines:
    def __init__(self, console: Console, currency: str, clock: Callable[[], float]) -> None:
        self._console = console
        self._currency = currency
        self._clock = clock
        self._next = clock() + EVERY

    def heard(self, stage: str, done: float, value: float | None, gap: float | None) -> None:
        now = self._clock()
        if now < self._next:
            return
        self._next = now + EVERY
        told = f"{stage}: {_share(done):.0%}"
        if value is not None:
            told += f", value {amount(value, self._currency)}, {proven(gap)}"
        self._console.out(printable(told), highlight=False)


class _Silent:
    def heard(self, stage: str, done: float, value: float | None, gap: float | None) -> None:
        """Nobody reads along."""


def _share(done: float) -> float:
    """Rounds of planning are counted before they are over: a little more than all is all."""
    return min(1.0, max(0.0, done))
