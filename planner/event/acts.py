"""Scenes that are alike, planned as one.

Two breaks of the same length, rules and worth, in which the same caps count, are one block of the linear program with
the viewers of both: whoever sees a pod in one of them might as well see it in the other. Most breaks of an evening are
like some others, so that there are a few acts where there are dozens of scenes.
"""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass, replace
from hashlib import blake2b

import numpy as np
from numpy.typing import NDArray

from planner.event.answer import Shown
from planner.event.night import Night, Scene
from planner.problem import NOTHING, Floats, Integers, Rows, Values


@dataclass(frozen=True, slots=True)
class Charge:
    """What a reach row counts in an act: of ``ads`` int64[n], numbers within the scene, ``use`` float64[n] each."""

    row: int
    ads: Integers
    use: Floats


@dataclass(frozen=True, slots=True)
class Act:
    """The scenes ``members`` int64[n] of the night, ``scene`` one of them, ``seats`` float64[K] of all together.

    ``charges`` are those of the reach rows that count all of them.
    """

    scene: Scene
    members: Integers
    seats: Floats
    charges: tuple[Charge, ...]

    def costs(self, reach: Floats) -> Values:
        """float32[K, Js]: what a placed ad costs each cohort at ``reach`` float64[G, K]."""
        found = np.zeros((len(self.seats), len(self.scene.ads)), dtype=np.float32)
        for charge in self.charges:
            price = reach[charge.row]
            if price.any():
                found[:, charge.ads] += (price[:, None] * charge.use).astype(np.float32)
        return found

    def rows(self, reach: Floats) -> Rows:
        """The scene's rows with what they cost at these prices."""
        return replace(self.scene.rows, costs=self.costs(reach))


def acts(night: Night) -> tuple[Act, ...]:
    """The night's scenes put together, in the order in which their first ones come."""
    alike: dict[Hashable, list[int]] = {}
    for number, scene in enumerate(night.scenes):
        alike.setdefault(_likeness(night, number, scene), []).append(number)
    found = []
    for members in alike.values():
        scene = night.scenes[members[0]]
        seats = np.sum([night.scenes[each].seats for each in members], axis=0)
        found.append(Act(scene, np.array(members, dtype=np.int64), seats, _charges(night, members[0])))
    return tuple(found)


def by_scene(night: Night, parts: tuple[Act, ...], shown: Shown) -> Shown:
    """What acts show, told of their scenes: each scene's viewers see the same mix."""
    seats = night.seats
    pieces: list[tuple[Integers, Integers, NDArray[np.int16], Floats]] = []
    for number, act in enumerate(parts):
        which = np.flatnonzero(shown.scenes == number)
        cohorts = shown.cohorts[which]
        pods = np.where(shown.pods[which] == NOTHING, NOTHING, act.scene.ads[shown.pods[which]]).astype(np.int16)
        for member in act.members.tolist():
            share = seats[member, cohorts] / np.maximum(act.seats[cohorts], 1e-300)
            there = share > 0.0
            scene = np.full(int(there.sum()), member, dtype=np.int64)
            pieces.append((scene, cohorts[there], pods[there], (shown.seats[which] * share)[there]))
    if not pieces:
        return shown
    joined = [np.concatenate(each) for each in zip(*pieces, strict=True)]
    return Shown(joined[0], joined[1], joined[2], joined[3])


def _charges(night: Night, scene: int) -> tuple[Charge, ...]:
    local = np.full(len(night.ads), -1, dtype=np.int64)
    local[night.scenes[scene].ads] = np.arange(len(night.scenes[scene].ads))
    found = []
    for row, reach in enumerate(night.reach):
        if reach.first <= scene < reach.stop:
            here = local[reach.ads] >= 0
            if here.any():
                found.append(Charge(row, local[reach.ads[here]], reach.use[here]))
    return tuple(found)


def _likeness(night: Night, number: int, scene: Scene) -> Hashable:
    rules, worth, rows = scene.rules, scene.worth, scene.rows
    arrays = (
        rules.durations,
        rules.positions,
        worth.instants,
        worth.survival,
        rows.values,
        rows.allowed,
        rows.ad_time,
        rows.required,
        scene.ads,
        scene.use,
    )
    digest = blake2b(digest_size=16)
    for array in arrays:
        digest.update(str(array.shape).encode())
        digest.update(np.ascontiguousarray(array).data)
    counting = tuple(row for row, reach in enumerate(night.reach) if reach.first <= number < reach.stop)
    return (
        digest.digest(),
        rules.families,
        rules.duration,
        rules.minimum_fill,
        rules.maximum_ads,
        rules.required,
        (worth.first, worth.last, worth.per_second, worth.load, worth.load_free),
        counting,
    )
