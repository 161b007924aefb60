"""From the program's answer to who sees what, and what that is worth."""

from __future__ import annotations

import numpy as np

from planner.event.acts import by_scene
from planner.event.answer import NightPlan, Shown
from planner.event.night import Night, NightPrices
from planner.event.pods import LEAST, Pods
from planner.event.program import Optimum
from planner.plan import Certificate
from planner.problem import NOTHING


def portions(known: Pods, optimum: Optimum) -> tuple[Shown, float]:
    """Who sees what, by scene, and what it is worth before penalties."""
    columns = optimum.columns
    width = max(pool.pods.shape[1] for pool in known.pools)
    all_seats = np.array([act.seats for act in known.acts])
    there = np.flatnonzero(optimum.seats > LEAST * all_seats[columns.acts, columns.cohorts])
    pods = np.full((len(there), width), NOTHING, dtype=np.int16)
    for act, pool in enumerate(known.pools):
        here = columns.acts[there] == act
        pods[here, : pool.pods.shape[1]] = pool.pods[columns.pods[there[here]]]
    gross = float((columns.parts[there].sum(axis=1) * optimum.seats[there]).sum())
    shown = Shown(columns.acts[there], columns.cohorts[there], pods, optimum.seats[there])
    return by_scene(known.night, known.acts, shown), gross


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
