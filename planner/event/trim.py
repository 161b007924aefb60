"""Evenings cut down to what all share: where cohorts together ask for too much of an ad, a part of each forgoes it.

Evenings made at good prices ask for a per cent too much here and too little there. Trimmed they are a plan that can be
carried out, and the event's program begins with it.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from planner.event.evenings import Evenings
from planner.event.master import Evening
from planner.legal import all_legal
from planner.problem import NOTHING, Ads, Floats, Integers

FITS: Final = 1e-9
"""Of a limit: less in excess is rounding."""


def trimmed(evenings: Evenings, evening: Evening) -> Evening | None:
    """The evening of every cohort without what hard limits have no room for; None if all fits.

    Of the viewers of a pod as many see it without an ad as the ad's limit is exceeded by; slate, if no such pod is
    legal.
    """
    cut = _cuts(evenings, evening)
    if not cut.any():
        return None
    cohorts = np.repeat(np.arange(len(evening.start) - 1), np.diff(evening.start))
    pieces: list[tuple[Integers, Integers, Integers, Floats]] = []
    for number, act in enumerate(evenings.acts):
        here = np.flatnonzero(evening.acts == number)
        if not len(here):
            continue
        who, seats = cohorts[here], evening.seats[here]
        pods = evenings.pools[number].pods[evening.pods[here]]
        # NOTHING is -1, so it finds the zero behind the last ad.
        parts = np.append(cut[act.scene.ads], 0.0)[pods]
        levels = np.sort(parts, axis=1)
        kept = seats * (1.0 - levels[:, -1])
        pieces.append((np.full(len(here), number), who, evening.pods[here], kept))
        before = np.zeros(len(here))
        for level in levels.T:
            some = np.flatnonzero(level > before)
            left = np.where(parts[some] >= level[some, None], NOTHING, pods[some])
            left = np.take_along_axis(left, np.argsort(left == NOTHING, axis=1, kind="stable"), axis=1)
            left = left.astype(np.int16)
            legal = all_legal(act.scene.rules, act.scene.rows.take(who[some]), left) & (left[:, 0] != NOTHING)
            moved = (seats * (level - before))[some]
            some, left, moved = some[legal], left[legal], moved[legal]
            evenings.add(number, who[some], left)
            pieces.append((np.full(len(some), number), who[some], evenings.pools[number].find(who[some], left), moved))
            before = np.maximum(before, level)
    joined = [np.concatenate(each) for each in zip(*pieces, strict=True)]
    return _evening(evenings, evening, joined[0], joined[1], joined[2], joined[3])


def _cuts(evenings: Evenings, evening: Evening) -> Floats:
    """float64[J]: the part of each ad's impressions that is too much."""
    shared = evenings.night.shared
    use = evening.use.sum(axis=0)
    placed = np.zeros(len(evenings.night.ads))
    for number, act in enumerate(evenings.acts):
        here = evening.acts == number
        pods: Ads = evenings.pools[number].pods[evening.pods[here]]
        there = pods != NOTHING
        seats = np.broadcast_to(evening.seats[here][:, None], pods.shape)[there]
        placed[act.scene.ads] += np.bincount(pods[there], weights=seats, minlength=len(act.scene.ads))
    found = np.zeros(len(placed))
    for row in np.flatnonzero(~shared.at_least & (use > shared.limit + FITS * np.abs(shared.limit))):
        own = np.flatnonzero(shared.use[row] > 0.0)
        earned = float((placed[own] * shared.use[row, own]).sum())
        if earned > 0.0:
            found[own] = np.maximum(found[own], min(1.0, float(use[row] - shared.limit[row]) / earned))
    return found


def _evening(
    evenings: Evenings, before: Evening, acts: Integers, cohorts: Integers, pods: Integers, seats: Floats
) -> Evening:
    order = np.argsort(cohorts, kind="stable")
    order = order[seats[order] > 0.0]
    acts, cohorts, pods, seats = acts[order], cohorts[order], pods[order], seats[order]
    start = np.searchsorted(cohorts, np.arange(len(before.start)))
    parts = _parts(evenings, acts, cohorts, pods, seats, before.parts.shape)
    was = np.repeat(np.arange(len(before.start) - 1), np.diff(before.start))
    # What soft reach rows cost can only have become less.
    fined = _parts(evenings, before.acts, was, before.pods, before.seats, before.parts.shape) - before.parts
    use = np.zeros(before.use.shape)
    for number, act in enumerate(evenings.acts):
        here = acts == number
        shown = evenings.pools[number].pods[pods[here]]
        placed = np.zeros((len(use), len(act.scene.ads)))
        there = shown != NOTHING
        who = np.broadcast_to(cohorts[here][:, None], shown.shape)[there]
        how = np.broadcast_to(seats[here][:, None], shown.shape)[there]
        np.add.at(placed, (who, shown[there].astype(np.int64)), how)
        use += np.einsum("kj,ij->ki", placed, act.scene.use)
    return Evening(acts, pods, seats, start, parts - fined, use)


def _parts(
    evenings: Evenings, acts: Integers, cohorts: Integers, pods: Integers, seats: Floats, shape: tuple[int, ...]
) -> Floats:
    """float64[K, T] micros by tier."""
    found = np.zeros(shape)
    for number, pool in enumerate(evenings.pools):
        here = acts == number
        np.add.at(found, cohorts[here], pool.parts[pods[here]] * seats[here][:, None])
    return found
