"""A whole event planned: ``planner.event_gap``, what others make of the same night, and planning it anew.

The football final, for the point forecast, as ``halftime plan`` does it: staged, and planned until the gap or the
number of rounds that it stops at if nothing is said. In a fresh process, so that its peak memory is its own. After the
first break what the plan meant to deliver there is told as delivered, up to a tenth more or less of it, and the rest of
the night is planned again from what is known. Then every policy of ``planner.event.policies`` plays the night.
"""

from __future__ import annotations

import resource
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from time import perf_counter
from typing import Final

import numpy as np

from planner.book.read import read_book
from planner.event.answer import NightPlan
from planner.event.delivered import Delivered, Delivery
from planner.event.handover import handed_over
from planner.event.night import Night
from planner.event.plan import plan_night
from planner.event.play import play
from planner.event.policies import POLICIES
from planner.event.stage import Staged, stage
from planner.eventfile import Level
from planner.port import Iterations
from replay.bench.figures import Figure

FINAL: Final = Path("fixtures/events/football-final.toml")
SMALL: Final = Path("fixtures/events/brief-bout.toml")
STOP: Final = Iterations(200, gap=0.01)
"""As ``halftime plan`` stops."""
RIVALS: Final = ("greedy", "rank", "even", "myopic", "prices")
WANTED_GAP: Final = 1.0
"""Percent."""
WANTED_AGAIN: Final = 0.1
"""Of the first plan's time."""
NOISE: Final = 0.1
"""By how much deliveries differ from the plan at most, ad by ad."""


@dataclass(frozen=True, slots=True)
class Rival:
    """What a policy makes of the night: micros, part of the time filled, impressions short, seconds it took."""

    value: float
    fill: float
    short: float
    seconds: float


@dataclass(frozen=True, slots=True)
class Run:
    """One event. Money in micros, times in seconds; ``again`` are those of the plan after the first break.

    ``moved`` is the part of the impressions of later breaks that this one gives to other ads or breaks.
    """

    scenes: int
    cohorts: int
    ads: int
    value: float
    bound: float
    gap: float
    rounds: int
    staging: float
    planning: float
    peak_mb: float
    gap_again: float
    rounds_again: int
    staging_again: float
    planning_again: float
    moved: float
    rivals: Mapping[str, Rival]

    @property
    def again(self) -> float:
        """Time of planning anew over that of the first plan, staging counted in both."""
        return (self.staging_again + self.planning_again) / (self.staging + self.planning)

    def ratio(self, rival: str) -> float:
        """Our value over theirs. Raises ``ValueError`` where theirs is worth nothing: the event says nothing then."""
        theirs = self.rivals[rival].value
        if theirs <= 0.0:
            raise ValueError(f"{rival} earns {theirs}, expected more than 0")
        return self.value / theirs


def run(book: Path, rivals: Sequence[str] = RIVALS, *, seed: int = 1) -> Run:
    """Plan the event in ``book``, plan it again after the first break, and let others play it."""
    booked = read_book(book)
    began = perf_counter()
    staged = stage(booked, Level.POINT)
    there = perf_counter()
    plan = plan_night(staged.night, stop=STOP, seed=seed)
    planned = perf_counter()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    delivered = first_break(staged, plan, seed)
    broke = perf_counter()
    later = stage(booked, Level.POINT, delivered=delivered)
    staged_again = perf_counter()
    again = plan_night(later.night, stop=STOP, warm=handed_over(plan, staged.night, later.night), seed=seed)
    ended = perf_counter()
    found = {}
    for name in rivals:
        started = perf_counter()
        played = play(staged.night, POLICIES[name].made(staged.night, seed, plan.prices))
        seconds = perf_counter() - started
        found[name] = Rival(played.value, played.fill, float(played.short.sum()), seconds)
    return Run(
        scenes=len(staged.night.scenes),
        cohorts=len(staged.night.cohorts),
        ads=len(staged.night.ads),
        value=plan.certificate.value,
        bound=plan.certificate.upper_bound,
        gap=plan.certificate.gap,
        rounds=plan.iterations,
        staging=there - began,
        planning=planned - there,
        peak_mb=peak,
        gap_again=again.certificate.gap,
        rounds_again=again.iterations,
        staging_again=staged_again - broke,
        planning_again=ended - staged_again,
        moved=moved(staged.night, plan, later.night, again),
        rivals=found,
    )


def first_break(staged: Staged, plan: NightPlan, seed: int) -> Delivered:
    """What the plan means to show in the first break, each ad's impressions moved by up to ``NOISE``."""
    night = staged.night
    first = [number for number, scene in enumerate(night.scenes) if scene.brk == 0]
    placed = plan.shown.placed(night)[first].sum(axis=0)
    moved = placed * np.random.default_rng(seed).uniform(1.0 - NOISE, 1.0 + NOISE, len(placed))
    name = staged.breaks[0].id
    return Delivered(
        (name,),
        tuple(
            Delivery(night.campaigns[ad], name, round(float(moved[ad])), night.ads[ad])
            for ad in np.flatnonzero(placed > 0.0).tolist()
        ),
    )


def moved(before: Night, plan: NightPlan, after: Night, again: NightPlan) -> float:
    """Part of the impressions of ``plan``, in scenes of both nights, that ``again`` gives to other ads or scenes."""
    scenes = {(int(scene.at), int(scene.duration)): number for number, scene in enumerate(after.scenes)}
    kept = [
        (number, scenes[int(scene.at), int(scene.duration)])
        for number, scene in enumerate(before.scenes)
        if (int(scene.at), int(scene.duration)) in scenes
    ]
    old = plan.shown.placed(before)[[one for one, _ in kept]]
    new = again.shown.placed(after)[[two for _, two in kept]]
    # Ads are the same, but those that can stand in no later break are not there any more.
    ads = [after.ads.index(name) if name in after.ads else -1 for name in before.ads]
    padded = np.append(new, np.zeros((len(new), 1)), axis=1)[:, ads]
    return float(np.abs(padded - old).sum() / (2.0 * max(old.sum(), 1.0)))


def apart(book: Path, rivals: Sequence[str] = RIVALS) -> Run:
    """The same in a fresh process."""
    with get_context("spawn").Pool(1) as pool:
        return pool.apply(run, (book, tuple(rivals)))


def event_figures(one: Run) -> list[Figure]:
    """The gap, the time of planning anew, and our value over that of each policy."""
    percent = one.gap * 100
    first, again = one.staging + one.planning, one.staging_again + one.planning_again
    note = (
        f"{one.scenes} scenes, {one.cohorts} cohorts, {one.ads} ads; value {one.value / 1e6:,.0f} of at most "
        f"{one.bound / 1e6:,.0f}; seconds: staged {one.staging:.1f}, planned {one.planning:.1f} in {one.rounds} rounds"
    )
    anew = (
        f"after the first break: staged {one.staging_again:.1f} s, planned {one.planning_again:.1f} s in "
        f"{one.rounds_again} rounds, gap {one.gap_again:.2%}, {one.moved:.1%} of later impressions moved; the first "
        f"plan {first:.1f} s; wanted at most {WANTED_AGAIN:g}"
    )
    ratio = one.again / WANTED_AGAIN
    figures = [
        Figure("planner.event_gap", percent, "% of value", WANTED_GAP, percent / WANTED_GAP, (percent,), note),
        Figure("planner.event_seconds", first, "s", None, None, (one.staging, one.planning)),
        Figure("planner.event_peak_mb", one.peak_mb, "MB", None, None, (one.peak_mb,)),
        Figure("planner.replan_vs_plan", one.again, "of the first", WANTED_AGAIN, ratio, (again, first), anew),
    ]
    for name, rival in one.rivals.items():
        told = (
            f"{rival.value / 1e6:,.0f}, {rival.fill:.1%} filled, {rival.short:,.0f} short; "
            f"played in {rival.seconds:.0f} s"
        )
        better = one.ratio(name)
        figures.append(Figure(f"planner.event_vs_{name}", better, "of its value", 1.0, better, (better,), told))
    return figures


def whole_event(book: Path = FINAL, rivals: Sequence[str] = RIVALS) -> list[Figure]:
    """The benchmark: some minutes for the final."""
    return event_figures(apart(book, rivals))
