"""Who is there at which break: a forecast's levels, curves and revisions, or what really turned up.

Viewers are counted at the instant at which a break begins. Who leaves while its ads run is in the worth of the pods
already (``planner.build.viewing``): a mean over the break would take them off twice. And a pod that is placed counts
in full for whoever is there when it begins.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

import numpy as np

from domain.errors import InputError
from domain.units import Microseconds
from planner.book.document import shown
from planner.book.forecast import CurvePoint, Forecast
from planner.book.model import Book, Targeting
from planner.book.read import Booked
from planner.build.prices import microseconds_of
from planner.build.targeting import Population
from planner.eventfile import Level
from planner.problem import Floats, Integers


@dataclass(frozen=True, slots=True)
class Expected:
    """K cohorts over the book's B breaks: ``seats`` float64[K] viewers who come at all, ``viewers`` float64[B, K] of
    them who are there when a break begins, should it come. Never more viewers than seats.
    """

    seats: Floats
    viewers: Floats

    @property
    def present(self) -> Floats:
        """float64[B, K]: the part of the seats that is there; 0 where nobody comes."""
        return np.divide(self.viewers, self.seats, out=np.zeros_like(self.viewers), where=self.seats > 0)


def expected(booked: Booked, level: Level, now: Microseconds | None = None) -> Expected:
    """What is expected of the audience at ``level``.

    With the forecast's ``viewers`` the cohorts' seats only say which part of them each cohort is; without, they are
    the concurrent viewers at a share of 1. Of the revisions the latest that is known ``now`` (microseconds from the
    event's start; none without it) stands in for ``viewers``, and ``low`` and ``surge`` scale with it. Without a
    forecast all attend everything.

    Raises ``InputError`` for a break outside a curve that somebody follows, and for a curve that goes back in time.
    """
    book = booked.book
    forecast = book.forecast or Forecast()
    cohorts = _seats(book)
    scales = _scales(forecast, float(cohorts.sum()), now)
    breaks = [(brk.id, microseconds_of(brk.at)) for brk in book.breaks]
    viewers = np.zeros((len(breaks), len(cohorts)))
    followed = _followed(book, forecast)
    for number in np.unique(followed).tolist():
        points = forecast.curve if number < 0 else forecast.cohorts[number].curve
        shares = np.full(len(breaks), scales[level])
        if points:
            where = "forecast.curve" if number < 0 else f"forecast.cohorts[{number}].curve"
            shares = _along(points, [_height(point, level, scales) for point in points], breaks, where)
        own = followed == number
        viewers[:, own] = shares[:, None] * cohorts[own]
    seats = cohorts * (scales[level] * forecast.turnover)
    return Expected(np.maximum(seats, viewers.max(axis=0)), viewers)


def turned_up(booked: Booked) -> Expected:
    """What really happened, as the book tells it: breaks that did not come have no viewers.

    All cohorts follow the turnout's curve. Twice as many at the peak means that twice as many came at all: ``seats``
    are the peak of that curve times the forecast's turnover.

    Raises ``InputError`` where the book tells no turnout, for a break outside its curve, and for a curve that goes back
    in time.
    """
    book = booked.book
    if book.turnout is None:
        raise InputError("turnout", "what turned up", "nothing")
    forecast = book.forecast or Forecast()
    cohorts = _seats(book)
    scale = _scales(forecast, float(cohorts.sum()), None)[Level.POINT]
    came: dict[str, Decimal | None] = {brk.id: None for brk in book.breaks if brk.probability >= 1.0}
    if book.turnout.breaks is not None:
        came = {each.id: each.at for each in book.turnout.breaks}
    numbers = [number for number, brk in enumerate(book.breaks) if brk.id in came]
    breaks = []
    for brk in (book.breaks[number] for number in numbers):
        moved = came[brk.id]
        breaks.append((brk.id, microseconds_of(brk.at if moved is None else moved)))
    heights = [point.share * scale for point in book.turnout.curve]
    viewers = np.zeros((len(book.breaks), len(cohorts)))
    viewers[numbers] = _along(book.turnout.curve, heights, breaks, "turnout.curve")[:, None] * cohorts
    return Expected(cohorts * (max(heights) * forecast.turnover), viewers)


def _seats(book: Book) -> Floats:
    return np.array([cohort.seats for cohort in book.audience.cohorts], dtype=np.float64)


def _scales(forecast: Forecast, seats: float, now: Microseconds | None) -> dict[Level, float]:
    """By level: concurrent viewers at a share of 1, over the cohorts' seats together."""
    point = seats if forecast.viewers is None else float(forecast.viewers)
    low = point if forecast.low is None else float(forecast.low)
    surge = point if forecast.surge is None else float(forecast.surge)
    known = [each for each in forecast.revisions if now is not None and microseconds_of(each.at) <= now]
    if known:
        # Of two for one instant the later in the book counts; a forecast of nobody has no band to scale.
        revised = float(max(enumerate(known), key=lambda each: (each[1].at, each[0]))[1].viewers)
        low, surge = (revised * (each / point if point > 0 else 1.0) for each in (low, surge))
        point = revised
    viewers = {Level.POINT: point, Level.LOW: low, Level.SURGE: surge}
    return {level: count / seats if seats > 0 else 0.0 for level, count in viewers.items()}


def _followed(book: Book, forecast: Forecast) -> Integers:
    """int64[K]: the first cohort curve that each cohort matches; -1 is the general one."""
    wanted = [Targeting(traits=each.traits, regions=each.regions, devices=each.devices) for each in forecast.cohorts]
    population = Population(book.audience.cohorts, wanted)
    found = np.full(len(book.audience.cohorts), -1, dtype=np.int64)
    for number in reversed(range(len(wanted))):
        found[population.admitted(wanted[number])] = number
    return found


def _height(point: CurvePoint, level: Level, scales: dict[Level, float]) -> float:
    """Viewers over the cohorts' seats; a point's own share for the level is one of the point forecast's viewers."""
    own = {Level.POINT: None, Level.LOW: point.low, Level.SURGE: point.surge}[level]
    return point.share * scales[level] if own is None else own * scales[Level.POINT]


def _along(
    points: Sequence[CurvePoint], heights: list[float], breaks: Sequence[tuple[str, Microseconds]], where: str
) -> Floats:
    """float64[B]: the height at each break, linear between points."""
    at = np.array([microseconds_of(point.at) for point in points], dtype=np.int64)
    back = np.flatnonzero(np.diff(at) <= 0)
    if len(back):
        number = int(back[0]) + 1
        expectation = f"later than {_text(at[number - 1])}, the one before"
        raise InputError(f"{where}[{number}].at", expectation, _text(at[number]))
    for name, instant in breaks:
        if instant < at[0]:
            expectation = f"a point at {_text(instant)} or before, when break {shown(name)} begins"
            raise InputError(f"{where}[0].at", expectation, f"the first at {_text(at[0])}")
        if instant > at[-1]:
            expectation = f"a point at {_text(instant)} or later, when break {shown(name)} begins"
            raise InputError(f"{where}[{len(at) - 1}].at", expectation, f"the last at {_text(at[-1])}")
    return np.interp(np.array([instant for _, instant in breaks], dtype=np.float64), at, heights)


def _text(instant: int) -> str:
    return f"{instant / 1_000_000:g} s"
