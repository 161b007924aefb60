"""The columns seen so far: a row of the audience and a pod that it may see."""

from __future__ import annotations

from typing import cast

import numpy as np

from planner.master.turn import timeless
from planner.problem import NOTHING, Ads, Flags, Floats, Integers, Problem
from planner.worth import pod_values


class Pool:
    """C columns; none twice, none of the empty pod.

    ``rows`` int64[C], ``pods`` int16[C, W], ``parts`` float64[C, T] micros of one viewer by tier; the last tier's holds
    the time value too. Columns stay where they are: numbers handed out hold on.
    """

    def __init__(self, problem: Problem, place: Integers, tiers: int) -> None:
        self._problem = problem
        self._place = place
        self._tiers = tiers
        self._width = min(problem.rules.maximum_ads, problem.rules.ads)
        self._known: dict[bytes, int] = {}
        self.rows: Integers = np.zeros(0, dtype=np.int64)
        self.pods: Ads = np.zeros((0, self._width), dtype=np.int16)
        self.parts: Floats = np.zeros((0, tiers))

    def __len__(self) -> int:
        return len(self.rows)

    def add(self, rows: Integers, pods: Ads) -> int:
        """Take in columns (``rows`` int64[N], ``pods`` int16[N, any]); how many were new and not empty."""
        pods = self._fitted(pods)
        chosen = np.flatnonzero(self._fresh(rows, pods))
        if len(chosen):
            rows, pods = rows[chosen], pods[chosen]
            self.rows = np.concatenate([self.rows, rows])
            self.pods = np.concatenate([self.pods, pods])
            self.parts = np.concatenate([self.parts, self.valued(rows, pods)])
        return len(chosen)

    def find(self, rows: Integers, pods: Ads) -> Integers:
        """int64[N]: the numbers of columns that are known."""
        return np.array([self._known[name] for name in _names(rows, self._fitted(pods))], dtype=np.int64)

    def reduced(self, weights: Floats, costs: Floats) -> Floats:
        """float64[C]: values at ``weights`` float64[T], less ``costs`` float64[J] of the pod's ads."""
        found: Floats = self.parts @ weights - self.sums(costs)
        return found

    def sums(self, by_ad: Floats, which: Integers | None = None) -> Floats:
        """The sum of ``by_ad`` [J, ...] over each pod's ads; ``which``: of these columns only."""
        padded = np.concatenate([by_ad, np.zeros((1, *by_ad.shape[1:]))])
        pods = self.pods if which is None else self.pods[which]
        # NOTHING is -1, so it finds the zero behind the last ad.
        found = np.zeros((len(pods), *by_ad.shape[1:]))
        for slot in range(self._width):
            found += padded[pods[:, slot]]
        return found

    def best(self, scores: Floats, most: int) -> Integers:
        """The columns with the ``most`` greatest ``scores`` float64[C] of each row, in the order of their numbers."""
        order = np.lexsort((-scores, self.rows))
        ordered = self.rows[order]
        first = np.searchsorted(ordered, ordered)
        chosen = order[np.arange(len(order)) - first < most]
        return np.sort(chosen)

    def _fitted(self, pods: Ads) -> Ads:
        if pods.shape[1] >= self._width:
            return np.ascontiguousarray(pods[:, : self._width])
        fitted = np.full((len(pods), self._width), NOTHING, dtype=np.int16)
        fitted[:, : pods.shape[1]] = pods
        return fitted

    def _fresh(self, rows: Integers, pods: Ads) -> Flags:
        if not self._width:
            return np.zeros(len(rows), dtype=np.bool_)
        names = _names(rows, pods)
        fresh = np.zeros(len(rows), dtype=np.bool_)
        for number in np.flatnonzero(pods[:, 0] != NOTHING).tolist():
            if names[number] not in self._known:
                self._known[names[number]] = len(self._known)
                fresh[number] = True
        return fresh

    def valued(self, rows: Integers, pods: Ads) -> Floats:
        """float64[N, T]: the parts of any pods."""
        rules, worth = self._problem.rules, self._problem.worth
        values = self._problem.rows.values[rows]
        parts = np.empty((len(rows), self._tiers))
        for tier in range(self._tiers):
            own = values if self._tiers == 1 else np.where(self._place == tier, values, np.float32(0.0))
            counted = worth if tier == self._tiers - 1 else timeless(worth)
            parts[:, tier] = pod_values(rules, counted, own, pods)
        return parts


def _names(rows: Integers, pods: Ads) -> list[bytes]:
    """What tells columns apart."""
    together = np.concatenate([rows[:, np.newaxis], pods], axis=1).astype(np.int32)
    return cast("list[bytes]", together.view(np.dtype((np.void, together.strides[0]))).ravel().tolist())
