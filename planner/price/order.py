"""A set of ads as an ordered pod.

Ads go by falling value per second, which is best where the chance of being seen falls linearly (Smith's rule for the
weighted sum of completion times: W. E. Smith, 1956). Ads that must stand at an edge go there; then each other ad is
tried in the last and in the first position, which may multiply its value.
"""

from __future__ import annotations

import numpy as np

from planner.problem import NOTHING, Ads, Floats, Integers, PodRules, Position, Worth
from planner.worth import survival

EDGE_KEY = 1e30
"""Above any value per microsecond."""


def in_order(rules: PodRules, worth: Worth, values: Floats, chosen: Ads) -> tuple[Ads, Floats]:
    """Put each row's ``chosen`` int16[R, P] in order; ``values`` float64[R, P] are theirs, weights counted.

    Returns the ordered ads, ``NOTHING`` behind them, and float64[R]: what the slots are worth, time value left out.
    """
    present = chosen != NOTHING
    places = np.where(present, chosen, 0).astype(np.int64)
    lasting = np.where(present, rules.durations[places], 0)
    masks = np.where(present, rules.positions[places], 0)
    order = _by_density(values / np.maximum(lasting, 1), masks, present)
    chosen, values, lasting, masks = (
        np.take_along_axis(each, order, axis=1) for each in (chosen, values, lasting, masks)
    )
    lengths = present.sum(axis=1)
    best = _slots(worth, values, lasting, lengths)
    for edge, factor in ((Position.LAST, worth.last), (Position.FIRST, worth.first)):
        if factor == 1.0:
            continue
        for slot in range(chosen.shape[1]):
            there = np.maximum(lengths - 1, 0) if edge == Position.LAST else np.zeros_like(lengths)
            holder = np.take_along_axis(masks, there[:, None], axis=1)[:, 0]
            movable = (slot < lengths) & (slot != there) & (masks[:, slot] == Position.ANY) & (holder == Position.ANY)
            rows = np.flatnonzero(movable)
            if not len(rows):
                continue
            order = _moved(lengths[rows], slot, edge, chosen.shape[1])
            tried = [np.take_along_axis(each[rows], order, axis=1) for each in (values, lasting)]
            worths = _slots(worth, tried[0], tried[1], lengths[rows])
            better = worths > best[rows]
            rows, order = rows[better], order[better]
            best[rows] = worths[better]
            for each in (chosen, values, lasting, masks):
                each[rows] = np.take_along_axis(each[rows], order, axis=1)
    return chosen, best


def _by_density(density: Floats, masks: Integers, present: np.ndarray[tuple[int, ...], np.dtype[np.bool_]]) -> Integers:
    """The order of each row: first-only ads, others by falling density, last-only ads, then nothing."""
    firsts = (masks == Position.FIRST).any(axis=1)
    either = masks == (Position.FIRST | Position.LAST)
    key = np.where(masks == Position.FIRST, EDGE_KEY, np.where(masks == Position.LAST, -EDGE_KEY, density))
    if either.any():
        best = np.where(either, density, -np.inf).argmax(axis=1)
        ahead = either & (np.arange(masks.shape[1]) == best[:, None]) & ~firsts[:, None]
        key = np.where(ahead, EDGE_KEY, np.where(either, -EDGE_KEY, key))
    return np.argsort(np.where(present, -key, np.inf), axis=1, kind="stable")


def _moved(lengths: Integers, slot: int, edge: Position, width: int) -> Integers:
    """The order that takes ``slot`` to the edge of a pod of each of ``lengths``."""
    places = np.broadcast_to(np.arange(width), (len(lengths), width))
    if edge == Position.FIRST:
        return np.where(places == 0, slot, np.where(places <= slot, places - 1, places))
    last = lengths[:, None] - 1
    return np.where(places == last, slot, np.where((places >= slot) & (places < last), places + 1, places))


def _slots(worth: Worth, values: Floats, lasting: Integers, lengths: Integers) -> Floats:
    """float64[R]: value times survival times position of all slots."""
    weighed = values * survival(worth, np.cumsum(lasting, axis=1))
    total: Floats = weighed.sum(axis=1)
    if worth.first == 1.0 and worth.last == 1.0:
        return total
    rows = np.flatnonzero(lengths)
    head = weighed[rows, 0]
    tail = weighed[rows, lengths[rows] - 1]
    several = (worth.first - 1.0) * head + (worth.last - 1.0) * tail
    alone = (max(worth.first, worth.last) - 1.0) * head
    total[rows] += np.where(lengths[rows] > 1, several, alone)
    return total
