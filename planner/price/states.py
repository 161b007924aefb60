"""The lengths that ads can add up to: the states of the dynamic program.

Real creatives last 15.015 s or 30.03 s and do not lie on a round grid, but there are few different lengths, so their
sums are few: these are the states, exactly. Where sums would be too many, lengths are rounded down to a grid; then pods
that are too long by the rounding pass, the bound stays a bound, and the pod is mended afterwards.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

import numpy as np

from planner.problem import Integers, PodRules

MOST: Final = 400
"""States beyond which lengths are rounded: time and memory of pricing grow with them."""


@dataclass(frozen=True, slots=True)
class States:
    """T states, ascending by total; state 0 is the empty pod.

    ``totals`` int64[T] microseconds, which real pods exceed by at most ``slack``; ``lengths`` int64[L] are the distinct
    durations, ``of`` int64[J] says which of them an ad has. ``moves[l]`` are the states (from, to) between which an ad
    of length l leads, ``back[l]`` int64[T] the state from which it leads to each, or -1.
    """

    totals: Integers
    lengths: Integers
    of: Integers
    moves: tuple[tuple[Integers, Integers], ...]
    back: tuple[Integers, ...]
    slack: int

    def __len__(self) -> int:
        return len(self.totals)


def states(rules: PodRules) -> States:
    """All totals that pods can reach, with the count of ads beside them where ``maximum_ads`` can bind."""
    usable = rules.durations[rules.durations <= rules.duration]
    most = int(rules.duration // usable.min()) if len(usable) else 0
    limit = min(rules.maximum_ads, most)
    counted = limit < most
    durations, slack = rules.durations, 0
    reached = _reach(np.unique(usable).tolist(), rules.duration, limit, counted=counted)
    if len(reached) > MOST:
        step = -(-rules.duration * (limit + 1 if counted else 1) // MOST) + 1
        durations, slack = durations // step * step, limit * step
        usable = durations[rules.durations <= rules.duration]
        reached = _reach(np.unique(usable).tolist(), rules.duration, limit, counted=counted)
    return _numbered(reached, durations, slack, rules.duration, limit if counted else 0)


def _reach(lengths: Iterable[int], duration: int, limit: int, *, counted: bool) -> set[tuple[int, int]]:
    """(total, count) reachable from (0, 0), breadth first; stops early once they are too many."""
    lengths = list(lengths)
    reached = {(0, 0)}
    edge = reached
    for count in range(1, limit + 1):
        edge = {
            (total + length, count if counted else 0)
            for total, _ in edge
            for length in lengths
            if total + length <= duration
        } - reached
        reached = reached | edge
        if not edge or len(reached) > 4 * MOST:
            break
    return reached


def _numbered(reached: set[tuple[int, int]], durations: Integers, slack: int, duration: int, limit: int) -> States:
    ordered = sorted(reached)
    number = {state: place for place, state in enumerate(ordered)}
    lengths, of = np.unique(durations, return_inverse=True)
    moves, back = [], []
    for length in lengths.tolist():
        pairs = [
            (place, number[total + length, count + 1 if limit else 0])
            for place, (total, count) in enumerate(ordered)
            if total + length <= duration and (total + length, count + 1 if limit else 0) in number
        ]
        found = np.array(pairs, dtype=np.int64).reshape(-1, 2)
        moves.append((found[:, 0].copy(), found[:, 1].copy()))
        origins = np.full(len(ordered), -1, dtype=np.int64)
        origins[found[:, 1]] = found[:, 0]
        back.append(origins)
    totals = np.array([total for total, _ in ordered], dtype=np.int64)
    return States(totals, lengths.astype(np.int64), of.astype(np.int64).reshape(-1), tuple(moves), tuple(back), slack)
