"""How much viewers can see who do not attend every break: the expected lesser of a cap and what attendance allows.

A viewer who attends N breaks sees at most min(cap, each N) impressions of something of which a pod holds ``each``. N is
a sum over breaks. Each break comes with its own ``chance``, and a viewer of the cohort is there with probability
``present``. A part ``stay`` of the viewers is loyal: whoever is there in a thin hour is there in every fuller one, so
that presence has the largest spread that its probabilities admit (it is comonotone). The others come and go at random:
breaks attended are independent (N is Poisson binomial). The lesser of a cap and a number is concave in the number, so
loyal viewers see the least: every audience with these probabilities sees at least what ``stay`` of 1 says where all
breaks come for certain (Müller and Stoyan, Comparison Methods for Stochastic Models and Risks, 2002, chapter 3).

Both are one recursion over breaks on the probabilities of at least m: P'(m) = P(m) + p (P(m - amount) - P(m)). It adds
only what is not negative, so nothing cancels.
"""

from __future__ import annotations

import math
from typing import Final

import numpy as np

from domain.units import Microseconds
from planner.problem import Floats, Integers, blocks

MAX_CELLS: Final = 1_024
"""Steps from nothing to a limit: as fine as rounding up costs nothing that a plan would notice."""
_BLOCK: Final = 1_024
"""Cohorts at a time: their steps are 8 MB."""


def count_reach(
    present: Floats, each: int | Integers, most: int | Integers, stay: float, chance: Floats | None = None
) -> Floats:
    """float64[K]: E[min(most, impressions that the breaks attended allow)] of one viewer of each cohort.

    ``present`` float64[B, K] probabilities of being there should the break come; ``chance`` float64[B] that it comes,
    breaks independently (certain if nothing is said). ``each`` is how many of what is counted one pod holds at most,
    for all breaks or int64[B]; ``most`` is what the cap leaves, for all cohorts or int64[K], at least 0. Exact up to
    ``MAX_CELLS`` steps, and an upper bound beyond.
    """
    amounts = np.broadcast_to(np.asarray(each, dtype=np.int64), present.shape[:1])
    limits = np.broadcast_to(np.asarray(most, dtype=np.int64), present.shape[1:])
    return _lesser(present, amounts, limits, stay, chance)


def seconds_reach(
    present: Floats,
    lengths: Integers,
    limit: Microseconds | Integers,
    stay: float,
    chance: Floats | None = None,
) -> Floats:
    """float64[K] microseconds: at least E[min(limit, length of the breaks attended)] of one viewer of each cohort.

    ``lengths`` int64[B] microseconds of each break, ``limit`` for all cohorts or int64[K]; the others as above. Exact
    where the lengths are multiples of a step that goes at most ``MAX_CELLS`` times into the limit, as whole seconds
    mostly do. Elsewhere lengths are rounded up to such a step, and the lesser of limit and mean length stands if that
    is less (Jensen): both are upper bounds.
    """
    limits = np.broadcast_to(np.asarray(limit, dtype=np.int64), present.shape[1:])
    return _lesser(present, np.asarray(lengths, dtype=np.int64), limits, stay, chance)


def _lesser(present: Floats, amounts: Integers, limits: Integers, stay: float, chance: Floats | None) -> Floats:
    """E[min(limit, sum of the amounts of the breaks attended)], or a bound above it."""
    found = np.zeros(present.shape[1])
    some = amounts > 0
    present, amounts = present[some], amounts[some]
    coming = np.ones(len(amounts)) if chance is None else chance[some]
    top = int(min(limits.max(initial=0), amounts.sum()))
    if top <= 0:
        return found
    exact = math.gcd(*amounts.tolist())
    step = exact * -(-top // (exact * MAX_CELLS))
    counts, cells = -(-amounts // step), -(-top // step)
    for start, stop in blocks(len(found), _BLOCK):
        tails = _at_least(present[:, start:stop], coming, counts, cells, stay)
        for cell, tail in enumerate(tails):
            found[start:stop] += tail * np.clip(limits[start:stop] - step * cell, 0, step)
    if step > exact:
        mean = np.einsum("b,b,bk->k", amounts.astype(np.float64), coming, present)
        found = np.minimum(found, np.minimum(limits, mean))
    return found


def _at_least(present: Floats, chance: Floats, counts: Integers, cells: int, stay: float) -> Floats:
    """float64[cells, K]: the probabilities that breaks attended have 1, 2, ... ``cells`` counts or more together."""
    found = np.zeros((cells, present.shape[1]))
    if stay > 0.0:
        found += stay * _loyal(present, chance, counts, cells)
    if stay < 1.0:
        tails = _nothing_yet(cells, present.shape[1])
        for part, count in zip(present * chance[:, None], counts.tolist(), strict=True):
            _attend(tails, part, count)
        found += (1.0 - stay) * tails[1:]
    return found


def _loyal(present: Floats, chance: Floats, counts: Integers, cells: int) -> Floats:
    """Viewers by loyalty: a part p(1) - p(2) attends only the fullest break, p(2) - p(3) the two fullest, and so on."""
    order = np.argsort(-present, axis=0, kind="stable")
    parts = np.take_along_axis(present, order, axis=0)
    parts[:-1] -= parts[1:].copy()
    tails = _nothing_yet(cells, present.shape[1])
    found = np.zeros((cells, present.shape[1]))
    alike = int(counts[0]) if np.all(counts == counts[0]) else None
    for rank, part in zip(order, parts, strict=True):
        _attend(tails, chance[rank], counts[rank] if alike is None else alike)
        found += part * tails[1:]
    return found


def _nothing_yet(cells: int, cohorts: int) -> Floats:
    """float64[cells + 1, cohorts]: at least 0 is certain before any break, and more is impossible."""
    tails = np.zeros((cells + 1, cohorts))
    tails[0] = 1.0
    return tails


def _attend(tails: Floats, part: Floats, count: int | Integers) -> None:
    """One more break, attended with probability ``part`` float64[K], of ``count`` for all cohorts or int64[K]."""
    rows = np.arange(1, len(tails))
    if isinstance(count, int):
        attended = tails[np.maximum(rows - count, 0)]
    else:
        attended = np.take_along_axis(tails, np.maximum(rows[:, None] - count, 0), axis=0)
    tails[1:] += part * (attended - tails[1:])
