"""A night of some of its cohorts, with their part of what all share."""

from __future__ import annotations

from dataclasses import replace

from planner.event.night import Night
from planner.problem import Integers


def of_cohorts(night: Night, which: Integers) -> Night:
    """The night as cohorts ``which`` int64[n] have it; limits in proportion to their viewers."""
    scenes = tuple(replace(scene, rows=scene.rows.take(which), viewers=scene.viewers[which]) for scene in night.scenes)
    every = sum(float(scene.seats.sum()) * scene.duration for scene in night.scenes)
    part = sum(float(scene.seats.sum()) * scene.duration for scene in scenes) / max(every, 1e-300)
    return replace(
        night,
        cohorts=tuple(night.cohorts[cohort] for cohort in which.tolist()),
        scenes=scenes,
        shared=replace(night.shared, limit=night.shared.limit * part),
        reach=tuple(replace(row, limit=row.limit[which]) for row in night.reach),
    )
