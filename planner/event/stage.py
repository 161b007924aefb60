"""From a book and a forecast to a night: every break that still comes, at each of its durations, is a scene.

What a break alone decides is built as for a plan of one break (``planner.build``): rules, values, masks. What runs over
breaks is of the event: budgets, goals, guarantees and shares over all ads, and how far caps reach. What was delivered
before planning began is taken off.

What cohorts have ``seen`` lies so long before the event's first break as the book says; before later breaks it lies
longer ago by as much as they come later.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from itertools import groupby, pairwise
from typing import Final, TypeVar, cast

import numpy as np
from numpy.typing import NDArray

from domain.errors import InputError
from domain.units import Microseconds
from planner.book.document import shown
from planner.book.model import Break, Cohort, Seen
from planner.book.read import Booked
from planner.build.build import Built, build
from planner.build.eligibility import Refused
from planner.build.lineup import Catalogue, Lineup
from planner.build.prices import microseconds_of
from planner.build.sharing import sharing
from planner.event.coming import longest_of
from planner.event.delivered import NOTHING_YET, Delivered, begins, parted
from planner.event.forecast import Expected, expected
from planner.event.night import Night, Reach, Scene
from planner.event.reach import reach_rows
from planner.event.remaining import Aired, reach_left, shared_left
from planner.eventfile import Level
from planner.problem import Floats, Integers, Shared

MAX_CELLS: Final = 500_000_000
"""Scenes times cohorts times creatives: 2.5 GB of values and flags, if no two scenes were alike."""
MAX_SHARED: Final = 100_000_000
"""Shared limits times creatives: 800 MB."""

_Array = TypeVar("_Array", bound=NDArray[np.generic])


@dataclass(frozen=True, slots=True)
class Staged:
    """A night, and what its numbers mean.

    ``breaks`` are those that still come, in order of time: ``Scene.brk`` counts them, and so do the rows of
    ``expected``. ``over`` are those before, of which ``past`` float64[P, K] viewers were expected. ``refused`` has, by
    creative and scene number, why no pod of the scene may have it for anybody. ``delivered`` is counted in the night's
    limits; ``warnings`` say what was assumed, a line each.
    """

    night: Night
    breaks: tuple[Break, ...]
    expected: Expected
    refused: Mapping[str, Mapping[int, Refused]]
    over: tuple[Break, ...]
    past: Floats
    delivered: Delivered = NOTHING_YET
    warnings: tuple[str, ...] = ()


def stage(
    booked: Booked, level: Level, *, now: Microseconds | None = None, delivered: Delivered | None = None
) -> Staged:
    """Make the night of an event for the audience at ``level``.

    Breaks before ``now`` are over (microseconds from the event's start; all still come if nothing is said, but for
    those up to the last in which something was ``delivered``). One of which nothing is known is taken to have delivered
    nothing.

    Raises ``InputError`` for breaks that overlap, none that still comes, a forecast with gaps, deliveries in breaks
    that are not over, contracts that cannot hold together, and more of anything than arrays should hold.
    """
    reported = NOTHING_YET if delivered is None else delivered
    over, coming = parted(booked.book.breaks, now, reported)
    _refuse_overlaps((*over, *coming))
    cues = _cues(coming)
    _refuse_cells(booked, len(cues))
    audience = expected(booked, level, now)
    order = {brk.id: number for number, brk in enumerate(booked.book.breaks)}
    whole = Expected(audience.seats, audience.viewers[[order[brk.id] for brk in (*over, *coming)]])

    pool = _Pool()
    built = _built(booked, (*over, *coming)[0], cues, pool)
    placeable = {name for each in built for name in each.ads}
    chosen = [creative for creative in booked.book.creatives if creative.id in placeable]
    lineup = Lineup(Catalogue(booked), chosen)
    ads = tuple(creative.id for creative in chosen)
    shared = sharing(lineup, "campaigns", MAX_SHARED)
    scenes = _scenes(cues, built, ads, shared, whole.viewers[len(over) :], pool)
    aired = Aired(booked, ads, over, whole.viewers[: len(over)], reported)
    night = Night(
        ads,
        tuple(creative.campaign for creative in chosen),
        tuple(cohort.id for cohort in booked.book.audience.cohorts),
        np.array([campaign.tier for campaign in lineup.campaigns], dtype=np.int64),
        scenes,
        shared_left(booked, shared, aired),
        _reach(booked, ads, (*over, *coming), scenes, whole, aired),
    )
    attended = Expected(whole.seats, whole.viewers[len(over) :])
    return Staged(
        night, coming, attended, _refused(built), over, whole.viewers[: len(over)], reported, _assumed(over, aired)
    )


@dataclass(frozen=True, slots=True)
class _Cue:
    """A break, by its number among those that come, at one of its durations; ``weight`` is that it comes so."""

    number: int
    brk: Break
    duration: Microseconds
    weight: float


def _cues(breaks: Sequence[Break]) -> list[_Cue]:
    """In order of time, a break's durations from the shortest."""
    return [
        _Cue(number, brk, microseconds_of(each.seconds), brk.probability * each.probability)
        for number, brk in enumerate(breaks)
        for each in sorted(brk.durations, key=lambda each: each.seconds)
    ]


def _built(booked: Booked, first: Break, cues: Sequence[_Cue], pool: _Pool) -> list[Built]:
    found: list[Built] = []
    for _, own in groupby(cues, key=lambda cue: cue.number):
        lengths = list(own)
        brk = lengths[0].brk
        later = aged(booked, begins(brk) - begins(first))
        found.extend(pool.kept(build(later, brk, cue.duration)) for cue in lengths)
    return found


def _scenes(
    cues: Sequence[_Cue], built: Sequence[Built], ads: Sequence[str], shared: Shared, viewers: Floats, pool: _Pool
) -> tuple[Scene, ...]:
    """``viewers`` float64[B, K] of the breaks that come."""
    numbers = {name: number for number, name in enumerate(ads)}
    found = []
    for cue, each in zip(cues, built, strict=True):
        problem = each.problem
        own = pool.one(np.array([numbers[name] for name in each.ads], dtype=np.int64))
        use = pool.one(_use(shared, own, counts=cue.brk.probability >= 1.0))
        arrays = (problem.rules, problem.worth, problem.rows, own, use, viewers[cue.number])
        found.append(Scene(cue.number, begins(cue.brk), cue.duration, cue.weight, *arrays))
    return tuple(found)


def _refuse_overlaps(breaks: Sequence[Break]) -> None:
    """A book with a forecast has none; one without may."""
    for before, after in pairwise(breaks):
        if begins(before) + longest_of(before) > begins(after):
            expectation = f"breaks one after the other, {shown(before.id)} over first"
            raise InputError(f"break {after.id}", expectation, "breaks that overlap")


def _refuse_cells(booked: Booked, scenes: int) -> None:
    cohorts, creatives = len(booked.book.audience.cohorts), len(booked.book.creatives)
    if scenes * cohorts * creatives > MAX_CELLS:
        found = f"{scenes} lengths, {cohorts} cohorts and {creatives} creatives"
        raise InputError("breaks", f"at most {MAX_CELLS} lengths of breaks times cohorts times creatives", found)


def aged(booked: Booked, later: int) -> Booked:
    """The book at a break that comes so many microseconds ``later`` than the first: what was seen lies longer ago."""
    audience = booked.book.audience
    if not later or not any(cohort.seen for cohort in audience.cohorts):
        return booked
    known: dict[Seen, Seen] = {}

    def older(cohort: Cohort) -> Cohort:
        for each in cohort.seen:
            if each not in known:
                known[each] = each.model_copy(update={"ago": each.ago + Decimal(later) / 1_000_000})
        return cohort.model_copy(update={"seen": tuple(known[each] for each in cohort.seen)})

    cohorts = tuple(older(cohort) if cohort.seen else cohort for cohort in audience.cohorts)
    return replace(
        booked, book=booked.book.model_copy(update={"audience": audience.model_copy(update={"cohorts": cohorts})})
    )


def _use(shared: Shared, ads: Integers, *, counts: bool) -> Floats:
    """float64[I, Js]: promises do not count on breaks that may not come."""
    use = shared.use[:, ads]
    if not counts:
        use[shared.at_least] = 0.0
    return use


def _reach(
    booked: Booked,
    ads: tuple[str, ...],
    breaks: Sequence[Break],
    scenes: Sequence[Scene],
    whole: Expected,
    aired: Aired,
) -> tuple[Reach, ...]:
    """Rows of the breaks that still come, and of all with what was delivered taken off.

    ``breaks`` and ``whole`` have those that are over first. In a break that is over only what was delivered could be
    seen: the others' limits do not count on it.
    """
    past = len(aired.breaks)
    numbers = [scene.brk for scene in scenes]
    admitted = np.zeros((len(breaks), len(ads)), dtype=np.bool_)
    for scene in scenes:
        admitted[past + scene.brk, scene.ads] |= scene.rows.allowed.any(axis=0)
    chance = np.array([brk.probability for brk in breaks])
    present = whole.present

    def rows(first: int, scene_breaks: list[int]) -> tuple[Reach, ...]:
        here = slice(first, None)
        return reach_rows(
            booked,
            ads,
            breaks[here],
            scene_breaks,
            whole.seats,
            present[here],
            chance[here],
            admitted=admitted[here],
            seen_before=breaks[0],
        )

    coming = rows(past, numbers)
    if not past:
        return coming
    admitted[:past] = aired.shown(len(ads))
    chance[:past] = aired.known
    return reach_left(rows(0, [*range(past), *(past + number for number in numbers)]), coming, aired)


def _refused(built: Sequence[Built]) -> Mapping[str, Mapping[int, Refused]]:
    found: dict[str, dict[int, Refused]] = {}
    for number, each in enumerate(built):
        for refused in each.refused:
            found.setdefault(refused.creative, {})[number] = refused
    return found


def _assumed(over: Sequence[Break], aired: Aired) -> tuple[str, ...]:
    """Planned breaks that are over without a word of what they delivered."""
    return tuple(
        f"break {brk.id} is over and nothing is said of it: it counts as having delivered nothing"
        for brk, known in zip(over, aired.known, strict=True)
        if not known and brk.probability >= 1.0
    )


class _Pool:
    """Arrays that are equal become one: scenes differ little, and an event has many."""

    def __init__(self) -> None:
        self._known: dict[tuple[tuple[int, ...], str, bytes], NDArray[np.generic]] = {}

    def one(self, array: _Array) -> _Array:
        """The first array with these numbers, which nobody may change."""
        body = np.ascontiguousarray(array)
        key = (body.shape, body.dtype.str, hashlib.sha256(body.data).digest())
        found = self._known.setdefault(key, array)
        found.setflags(write=False)
        return cast("_Array", found)

    def kept(self, built: Built) -> Built:
        """The same with the pool's arrays of cohorts times ads, which are nearly all of it."""
        rows = built.problem.rows
        rows = replace(rows, values=self.one(rows.values), allowed=self.one(rows.allowed))
        return replace(built, problem=replace(built.problem, rows=rows))
