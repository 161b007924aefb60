"""One break of an event by itself: its viewers are those expected there."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from planner.book.model import Break
from planner.book.read import Booked
from planner.event.delivered import begins
from planner.event.forecast import expected
from planner.event.stage import aged
from planner.eventfile import Level


def at_break(booked: Booked, brk: Break) -> Booked:
    """The book as it is at one of its breaks: whole viewers, what they have seen as long ago as it then is.

    A book without a forecast tells of its break already.
    """
    if booked.book.forecast is None:
        return booked
    first = min(booked.book.breaks, key=lambda each: each.at)
    later = aged(booked, begins(brk) - begins(first))
    viewers = np.rint(expected(booked, Level.POINT).viewers[booked.book.breaks.index(brk)])
    audience = later.book.audience
    cohorts = tuple(
        cohort.model_copy(update={"seats": int(seats)}) for cohort, seats in zip(audience.cohorts, viewers, strict=True)
    )
    book = later.book.model_copy(update={"audience": audience.model_copy(update={"cohorts": cohorts})})
    return replace(later, book=book)
