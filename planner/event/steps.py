"""Prices of what all share moved towards balance, round by round, while evenings ripen.

Each price has a step of its own, longer while its limit stays exceeded or unfilled and shorter where that turns
(M. Riedmiller and H. Braun: RPROP, 1993), at most as large as the excess is.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from planner.event.night import Night
from planner.problem import Floats

FIRST: Final = 0.15
LARGEST: Final = 0.4
SMALLEST: Final = 0.005
"""Steps, as parts of a price or of what a unit of the limit typically brings, whichever is more."""
LONGER: Final = 1.3
SHORTER: Final = 0.5
FULL: Final = 0.3
"""Excess, relative to the limit, from which on a step is not shortened."""


class Steps:
    """The steps of one night's shared prices."""

    def __init__(self, night: Night) -> None:
        self._shared = night.shared
        self._unit = _units(night)
        self._step = np.full(len(night.shared), FIRST)
        self._slope = np.zeros(len(night.shared))

    def next(self, prices: Floats, use: Floats) -> Floats:
        """Prices float64[I] after ``prices``, at which ``use`` float64[I] was asked; they may be out of bounds."""
        shared = self._shared
        over = np.where(shared.at_least, shared.limit - use, use - shared.limit)
        idle = ((prices <= 0.0) & (over < 0.0)) | (shared.at_least & (prices >= shared.penalty) & (over > 0.0))
        over = np.where(idle, 0.0, over)
        turned = self._slope * over < 0.0
        self._step = np.clip(np.where(turned, self._step * SHORTER, self._step * LONGER), SMALLEST, LARGEST)
        self._slope = over
        relative = over / np.maximum(np.maximum(np.abs(shared.limit), np.abs(use)), 1e-9)
        moved: Floats = self._step * np.maximum(self._unit, prices) * np.clip(relative / FULL, -1.0, 1.0)
        return prices + moved


def _units(night: Night) -> Floats:
    """float64[I]: what a unit of each limit typically brings."""
    worth, heard = np.zeros(len(night.ads)), np.zeros(len(night.ads))
    for scene in night.scenes:
        allowed = scene.rows.allowed & (scene.viewers > 0.0)[:, None]
        worth[scene.ads] += np.where(allowed, scene.rows.values, 0).sum(axis=0, dtype=np.float64)
        heard[scene.ads] += allowed.sum(axis=0)
    typical = np.abs(worth) / np.maximum(heard, 1.0)
    found = np.zeros(len(night.shared))
    for row, use in enumerate(night.shared.use):
        ads = np.flatnonzero((use > 0.0) & (heard > 0.0))
        if len(ads):
            found[row] = float((typical[ads] / use[ads]).mean())
    return found
