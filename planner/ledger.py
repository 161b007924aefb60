"""What the rows that all viewers share still allow, for planners that serve one row of the audience after the other."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np

from planner.problem import Flags, Floats, Integers, Shared

SLACK: Final = 1e-6
"""Units that a row with fractional coefficients (a share) keeps free: a thousand times its largest rounding error."""


class Ledger:
    """``left`` float64[I] is limit less use of every row: what may still be spent, or what is still to be delivered."""

    def __init__(self, shared: Shared, left: Floats | None = None) -> None:
        self._shared = shared
        self.left: Floats = (shared.limit if left is None else left).astype(np.float64)
        hard = ~shared.at_least if len(shared) else np.zeros(0, dtype=np.bool_)
        self._spend = np.where(hard[:, None], np.maximum(shared.use, 0.0), 0.0)
        self._slack = np.where((shared.use == np.floor(shared.use)).all(axis=1), 0.0, SLACK)

    def bonus(self) -> Floats:
        """float64[J] micros: what one more of each ad saves in penalties of rows that are short, or adds to them."""
        short = self._shared.at_least & (self.left > 0.0) if len(self._shared) else np.zeros(0, dtype=np.bool_)
        return np.asarray((self._shared.penalty * short) @ self._shared.use, dtype=np.float64)

    def desk(self) -> Floats:
        """float64[I]: a copy of what is left to hand out; what other ads give to a share counts once it is charged."""
        return self.left - self._slack

    def closed(self, desk: Floats) -> Flags:
        """bool[J]: ads of which ``desk`` does not allow one more."""
        return np.asarray((self._spend > np.maximum(desk, 0.0)[:, None]).any(axis=0))

    def admit(self, desk: Floats, ads: Integers, seats: Integers) -> Integers:
        """int64[n]: to how many of ``seats`` the ads may go, first come first served; ``desk`` is charged for them.

        Whoever asks behind the first that does not fit whole gets nothing, and may ask again.
        """
        admitted = seats.copy()
        placed = np.bincount(ads, weights=admitted, minlength=self._spend.shape[1])
        for row in np.flatnonzero(self._spend @ placed > desk):
            rate = self._spend[row, ads]
            total = np.cumsum(rate * admitted)
            over = np.flatnonzero((total > desk[row]) & (rate > 0.0))
            if not len(over):
                continue
            first = over[0]
            before = total[first] - rate[first] * admitted[first]
            admitted[first] = int(max(0.0, desk[row] - before) // rate[first])
            behind = np.arange(len(ads)) > first
            admitted[behind & (rate > 0.0)] = 0
        desk -= self._spend @ np.bincount(ads, weights=admitted, minlength=self._spend.shape[1])
        return admitted

    def fits(self, pod: Sequence[int], seats: int) -> int:
        """How many of ``seats`` may see ``pod``, other ads' part in its shares counted."""
        use = self._shared.use[:, list(pod)].sum(axis=1)
        for row in np.flatnonzero(~self._shared.at_least & (use > 0.0)) if len(self._shared) else ():
            seats = min(seats, int(max(0.0, self.left[row] - self._slack[row]) // use[row]))
        return seats

    def binding(self, pod: Sequence[int]) -> Flags:
        """bool[J]: ads that use a row of which there is not enough for one more ``pod``."""
        use = self._shared.use[:, list(pod)].sum(axis=1)
        rows = (use > np.maximum(self.left - self._slack, 0.0)) & (self._spend > 0.0).any(axis=1)
        return np.asarray((self._spend[rows] > 0.0).any(axis=0))

    def charge(self, placed: Floats) -> None:
        """Take ``placed`` float64[J] impressions off all rows."""
        self.left = self.left - self._shared.use @ placed
