"""Which pod of a menu each seat takes.

The soft choice adds Gumbel noise times the temperature to the reduced values and takes the greatest: the probability of
pod m is then exactly softmax(reduced / temperature)_m (Gumbel-max; Maddison, Tarlow, Minka: A* sampling, 2014,
section 2). Noise belongs to seed, seat and the pod's number on the menu. So a seat whose pod is denied takes its next
best as if the denied pod had never been on its menu, and its probability follows from what is left.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from planner.problem import NOTHING, Flags, Floats, Integers
from planner.seats.draws import Purpose, gumbels, uniforms
from planner.seats.policy import Policy

Picks = NDArray[np.int32]
"""Numbers of pods on the menu; NOTHING: the row has no legal pod there, so it keeps the empty one."""


@dataclass(frozen=True, slots=True)
class Chosen:
    """``picks`` int32[R]; ``explored`` bool[R]: the pod was drawn whatever it is worth."""

    picks: Picks
    explored: Flags


def legal(reduced: Floats) -> Flags:
    """bool[R, M]: which pods of the menu a row may have."""
    return np.asarray(reduced > -np.inf)


def explorable(reduced: Floats, capped: Flags | None) -> Flags:
    """bool[R, M]: legal pods that no shared limit closes; ``capped`` bool[M] or bool[R, M]."""
    return legal(reduced) if capped is None else legal(reduced) & ~capped


def scored(reduced: Floats, policy: Policy, seats: Integers) -> Floats:
    """float64[R, M]: what the seats choose by, micros; minus infinity where a pod is not legal.

    ``reduced`` float64[R, M] micros, NaN or minus infinity where the row may not have the pod; ``seats`` int64[R].
    """
    scores = np.where(legal(reduced), reduced, -np.inf)
    if policy.temperature > 0.0:
        scores += policy.temperature * gumbels(policy.seed, seats, reduced.shape[1])
    return scores


def best(scores: Floats) -> Picks:
    """int32[R]: the greatest of each row, the lowest number among equals."""
    if not scores.shape[1]:
        return np.full(len(scores), NOTHING, dtype=np.int32)
    picks = scores.argmax(axis=1)
    found = np.take_along_axis(scores, picks[:, None], axis=1)[:, 0] > -np.inf
    return np.where(found, picks, NOTHING).astype(np.int32)


def choose(reduced: Floats, policy: Policy, seats: Integers, capped: Flags | None = None) -> Chosen:
    """Each seat's pod; arguments as in ``scored`` and ``explorable``.

    A seat that would explore and has nothing to explore chooses as the others do.
    """
    picks = best(scored(reduced, policy, seats))
    explored = np.zeros(len(picks), dtype=np.bool_)
    if policy.exploration > 0.0:
        open_ = explorable(reduced, capped)
        whether = uniforms(policy.seed, Purpose.WHETHER, seats, 1)[:, 0] < policy.exploration
        explored = whether & open_.any(axis=1)
        which = np.flatnonzero(explored)
        liking = uniforms(policy.seed, Purpose.WHICH, seats[which], reduced.shape[1])
        picks[which] = best(np.where(open_[which], liking, -np.inf))
    return Chosen(picks, explored)
