"""The probability of what was chosen: of the pod, and of each creative in its slot.

Probabilities are over seeds, with the menu, its reduced values and what was denied taken as given; they hold for the
final action where they are computed from the menu that was left after caps and denials.
"""

from __future__ import annotations

import numpy as np

from planner.problem import NOTHING, Ads, Flags, Floats
from planner.seats.choice import Picks, best, explorable, legal
from planner.seats.policy import Policy


def probabilities(reduced: Floats, policy: Policy, capped: Flags | None = None) -> Floats:
    """float64[R, M]: how likely ``choice.choose`` is to pick each pod; rows without a legal pod are all 0."""
    soft = _soft(reduced, policy.temperature)
    if policy.exploration == 0.0:
        return soft
    open_ = explorable(reduced, capped)
    count = open_.sum(axis=1, keepdims=True)
    even = open_ / np.maximum(count, 1)
    share = np.where(count > 0, policy.exploration, 0.0)
    return np.asarray((1.0 - share) * soft + share * even, dtype=np.float64)


def of_pods(chances: Floats, picks: Picks) -> Floats:
    """float64[R]: the probability of each row's pick; 1 where it is NOTHING, since there was nothing to choose."""
    found = picks != NOTHING
    if not chances.shape[1]:
        return np.ones(len(picks))
    taken = np.take_along_axis(chances, np.where(found, picks, 0)[:, None].astype(np.int64), axis=1)[:, 0]
    return np.where(found, taken, 1.0)


def of_slots(menu: Ads, chances: Floats, picks: Picks) -> Floats:
    """float64[R, P]: how likely the creative in each slot of the picked pod is to stand in that slot, over the menu.

    0 in slots that are empty. ``chances`` float64[R, M].
    """
    found = np.zeros((len(picks), menu.shape[1]))
    rows = np.flatnonzero(picks != NOTHING)
    for slot in range(menu.shape[1]):
        creative = menu[picks[rows], slot]
        same = creative[:, None] == menu[None, :, slot]
        total = np.where(same, chances[rows], 0.0).sum(axis=1)
        found[rows, slot] = np.where(creative == NOTHING, 0.0, total)
    return found


def _soft(reduced: Floats, temperature: float) -> Floats:
    values = np.where(legal(reduced), reduced, -np.inf)
    picks = best(values)
    rows = np.flatnonzero(picks != NOTHING)
    found = np.zeros(values.shape)
    if temperature == 0.0:
        found[rows, picks[rows]] = 1.0
        return found
    top = values[rows, picks[rows]][:, None]
    with np.errstate(over="ignore"):
        # A temperature next to nothing makes every lesser pod infinitely worse: its probability is 0.
        weights = np.exp((values[rows] - top) / temperature)
    found[rows] = weights / weights.sum(axis=1, keepdims=True)
    return found
