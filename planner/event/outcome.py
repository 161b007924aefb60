"""From shares of evenings to who sees what, and what that is worth."""

from __future__ import annotations

import numpy as np

from planner.event.answer import NightPlan, Shown
from planner.event.evenings import Evenings
from planner.event.master import Evening
from planner.event.night import Night, NightPrices
from planner.plan import Certificate
from planner.problem import NOTHING, Floats, Integers


def portions(evenings: Evenings, performed: list[Evening], shares: Floats) -> tuple[Shown, float]:
    """Who sees what, by act, and what it is worth before penalties."""
    seats = [np.zeros(len(pool)) for pool in evenings.pools]
    for evening, share in zip(performed, shares, strict=True):
        if share.any():
            weights = np.repeat(share, np.diff(evening.start)) * evening.seats
            for act in range(len(seats)):
                here = evening.acts == act
                np.add.at(seats[act], evening.pods[here], weights[here])
    gross = sum(float((pool.parts.sum(axis=1) * own).sum()) for pool, own in zip(evenings.pools, seats, strict=True))
    width = max(pool.pods.shape[1] for pool in evenings.pools)
    found: list[tuple[Integers, Integers, Floats]] = []
    pods = []
    for act, (pool, own) in enumerate(zip(evenings.pools, seats, strict=True)):
        there = np.flatnonzero(own > 0.0)
        found.append((np.full(len(there), act, dtype=np.int64), pool.rows[there], own[there]))
        wide = np.full((len(there), width), NOTHING, dtype=np.int16)
        wide[:, : pool.pods.shape[1]] = pool.pods[there]
        pods.append(wide)
    scenes, cohorts, viewers = (np.concatenate(each) for each in zip(*found, strict=True))
    return Shown(scenes, cohorts, np.concatenate(pods), viewers), gross


def excess(night: Night, shown: Shown) -> float:
    """Micros that soft reach rows cost."""
    found = 0.0
    soft = [row for row in night.reach if np.isfinite(row.penalty)]
    if not soft:
        return found
    placed = np.zeros((len(night.scenes), len(night.cohorts), len(night.ads)))
    slots = shown.pods != NOTHING
    where, who, how = (
        np.broadcast_to(each[:, None], shown.pods.shape)[slots] for each in (shown.scenes, shown.cohorts, shown.seats)
    )
    np.add.at(placed, (where, who, shown.pods[slots].astype(np.int64)), how)
    for row in soft:
        use = (placed[row.first : row.stop][:, :, row.ads].sum(axis=0) * row.use).sum(axis=1)
        found += row.penalty * float(np.maximum(use - row.limit, 0.0).sum())
    return found


def nothing(night: Night, iterations: int = 0, bound: float = np.inf) -> NightPlan:
    """Slate for everyone, and every promise short."""
    shared = night.shared
    short = np.where(shared.at_least, np.maximum(shared.limit, 0.0), 0.0)
    value = -float((shared.penalty * short).sum())
    empty = np.zeros(0, dtype=np.int64)
    shown = Shown(empty, empty, np.zeros((0, 1), dtype=np.int16), np.zeros(0))
    prices = NightPrices(np.zeros(len(shared)), np.zeros((len(night.reach), len(night.cohorts))))
    watched = bool(night.ads) and any(scene.viewers.any() for scene in night.scenes)
    upper = max(bound, value) if watched else value
    return NightPlan(shown, prices, Certificate(value, 0.0, upper), short, iterations)
