"""A plan of one night as the beginning of the plan of another: of other audiences, or of the same with a change."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final, TypeVar

import numpy as np

from planner.event.acts import acts
from planner.event.answer import NightPlan, Shown
from planner.event.night import Night, NightPrices
from planner.legal import all_legal
from planner.plan import Certificate
from planner.problem import NOTHING, Ads, Flags, Floats, Integers

_NONE: Final = -1

_Name = TypeVar("_Name", str, tuple[int, int])


def handed_over(plan: NightPlan, before: Night, after: Night) -> NightPlan | None:
    """Prices and pods of ``plan``, a plan of ``before``, as far as ``after`` has the same rows, and they are legal.

    Scenes are the same by instant and length, ads and cohorts by their ids, limits by their names. It is a beginning
    and no plan: seats, value and bound are those of ``before``. None if nothing can be handed over.
    """
    scenes = _numbers([(int(scene.at), int(scene.duration)) for scene in before.scenes], _places(after))
    cohorts = _numbers(before.cohorts, {name: number for number, name in enumerate(after.cohorts)})
    if not np.any(scenes != _NONE) or not np.any(cohorts != _NONE):
        return None
    shared = np.zeros(len(after.shared))
    rows = {name: number for number, name in enumerate(before.shared.names)}
    for number, name in enumerate(after.shared.names):
        if name in rows:
            shared[number] = plan.prices.shared[rows[name]]
    # A promise that became cheaper is worth no more than what it costs to break.
    shared = np.where(after.shared.at_least, np.minimum(shared, after.shared.penalty), shared)
    prices = NightPrices(shared, _reach(plan, before, after, scenes, cohorts))
    return NightPlan(
        _shown(plan.shown, before, after, scenes, cohorts),
        prices,
        Certificate(0.0, 0.0, float("inf")),
        np.zeros(len(after.shared)),
        0,
    )


def _places(night: Night) -> dict[tuple[int, int], int]:
    return {(int(scene.at), int(scene.duration)): number for number, scene in enumerate(night.scenes)}


def _numbers(names: Sequence[_Name], known: Mapping[_Name, int]) -> Integers:
    return np.array([known.get(name, _NONE) for name in names], dtype=np.int64)


def _reach(plan: NightPlan, before: Night, after: Night, scenes: Integers, cohorts: Integers) -> Floats:
    """float64[G, K]: prices of rows of the same name whose last scene is the same."""
    found = np.zeros((len(after.reach), len(after.cohorts)))
    known = {(row.name, int(scenes[row.stop - 1])): number for number, row in enumerate(before.reach)}
    own = cohorts != _NONE
    for number, row in enumerate(after.reach):
        at = known.get((row.name, row.stop - 1))
        if at is not None:
            found[number, cohorts[own]] = np.minimum(plan.prices.reach[at, own], row.penalty)
    return found


def _shown(shown: Shown, before: Night, after: Night, scenes: Integers, cohorts: Integers) -> Shown:
    """Portions whose pods are legal in the other night."""
    ads = np.append(_numbers(before.ads, {name: number for number, name in enumerate(after.ads)}), NOTHING)
    present = shown.pods != NOTHING
    pods = ads[shown.pods].astype(np.int16)
    scene, cohort = scenes[shown.scenes], cohorts[shown.cohorts]
    kept = (scene != _NONE) & (cohort != _NONE) & ((pods != NOTHING) == present).all(axis=1)
    alike = {int(member): number for number, act in enumerate(acts(after)) for member in act.members}
    judged: dict[int, tuple[Integers, Ads, Flags]] = {}
    ruled = {int(new): old for old, new in enumerate(scenes) if _ruled_alike(before, old, after, int(new))}
    for number in np.unique(scene[kept]).tolist():
        if number in ruled:
            continue
        here = np.flatnonzero(kept & (scene == number))
        known = judged.get(alike[number])
        # Scenes that are alike mostly show the same.
        same = known is not None and np.array_equal(known[0], cohort[here]) and np.array_equal(known[1], pods[here])
        if known is None or not same:
            known = (cohort[here], pods[here], _legal(after, number, cohort[here], pods[here]))
            judged[alike[number]] = known
        kept[here] = known[2]
    return Shown(scene[kept], cohort[kept], pods[kept], shown.seats[kept])


def _ruled_alike(before: Night, old: int, after: Night, new: int) -> bool:
    """Whether the same is legal in a scene of each night: then what was shown may be."""
    if new == _NONE or before.cohorts != after.cohorts:
        return False
    one, two = before.scenes[old], after.scenes[new]
    if [before.ads[ad] for ad in one.ads.tolist()] != [after.ads[ad] for ad in two.ads.tolist()]:
        return False
    words = (
        (each.rules.families, each.rules.duration, each.rules.minimum_fill, each.rules.maximum_ads, each.rules.required)
        for each in (one, two)
    )
    return next(words) == next(words) and all(
        np.array_equal(was, now)
        for was, now in (
            (one.rules.durations, two.rules.durations),
            (one.rules.positions, two.rules.positions),
            (one.rows.allowed, two.rows.allowed),
            (one.rows.ad_time, two.rows.ad_time),
            (one.rows.required, two.rows.required),
        )
    )


def _legal(night: Night, number: int, cohorts: Integers, pods: Ads) -> Flags:
    """bool[n]: each cohort may see its pod in the scene."""
    scene = night.scenes[number]
    local = np.full(len(night.ads) + 1, NOTHING, dtype=np.int16)
    local[scene.ads] = np.arange(len(scene.ads), dtype=np.int16)
    own = local[pods]
    whole = ((own != NOTHING) == (pods != NOTHING)).all(axis=1)
    found = np.zeros(len(pods), dtype=np.bool_)
    found[whole] = all_legal(scene.rules, scene.rows.take(cohorts[whole]), own[whole])
    return found
