"""How figures of an event plan read: instants, large numbers, the distance from the best; and tables of them."""

from __future__ import annotations

import math
from decimal import Decimal
from typing import Final

from rich import box
from rich.table import Table

from planner.eventfile import EventFile, Level, LevelFile

LEAST: Final = 0.5
"""Impressions: what is less is none in whole impressions."""
_SIZES: Final = ((1e9, "G"), (1e6, "M"), (1e3, "k"))


def clock(at: Decimal) -> str:
    """Seconds from the event's start as hours, minutes and seconds: "0:47:30"; a fraction stays, as in "0:47:30.5"."""
    whole, fraction = divmod(abs(at), 1)
    minutes, seconds = divmod(int(whole), 60)
    hours, minutes = divmod(minutes, 60)
    part = f"{fraction.normalize():f}".removeprefix("0") if fraction else ""
    return f"{'-' if at < 0 else ''}{hours}:{minutes:02}:{seconds:02}{part}"


def brief(number: float) -> str:
    """Such as "1.25M": three places or so, where a table has no room for more."""
    for size, letter in _SIZES:
        if abs(number) >= size * 0.9995:
            return f"{number / size:.2f}{letter}"
    return f"{number:.0f}"


def percent_up(gap: float | None) -> str:
    """A gap in hundredths of a percent, "-" if it is unknown: None or infinite.

    It is rounded up, since what is said to be certain must be; what floating point adds does not count.
    """
    if gap is None or not math.isfinite(gap):
        return "-"
    return f"{math.ceil(gap * 1e4 - 1e-9) / 100:.2f}%"


def proven(gap: float | None) -> str:
    """A gap in words."""
    part = percent_up(gap)
    return "distance from the best not known" if part == "-" else f"at most {part} from the best possible"


def point(plan: EventFile) -> LevelFile | None:
    """The event for the point forecast; None if a file has it not."""
    return next((level for level in plan.levels if level.level is Level.POINT), None)


def table(names: str, *figures: str, title: str | None = None) -> Table:
    """A table with a column of ``names``, which may break over lines, and columns of ``figures``, which may not."""
    made = Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False, collapse_padding=True)
    made.title, made.title_justify, made.title_style = title, "left", "bold"
    made.add_column(names, overflow="fold", min_width=10)
    for figure in figures:
        made.add_column(figure, justify="right", no_wrap=True)
    return made
