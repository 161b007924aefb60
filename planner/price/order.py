"""A set of ads as an ordered pod.

Ads go by falling value per second, which is best where the chance of being seen falls linearly (Smith's rule for the
weighted sum of completion times: W. E. Smith, 1956). Ads that must stand at an edge go there; then the ad that promises
most is tried in the first and in the last position, which may multiply its value, the greater multiplier first.
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
    edges = [(worth.first, Position.FIRST), (worth.last, Position.LAST)]
    for factor, edge in sorted(edges, reverse=True):
        if factor == 1.0:
            continue
        slot, rows = _candidate(worth, edge, (values, lasting, masks), lengths)
        order = _moved(lengths[rows], slot, edge, chosen.shape[1])
        tried = [np.take_along_axis(each[rows], order, axis=1) for each in (values, lasting)]
        worths = _slots(worth, tried[0], tried[1], lengths[rows])
        better = worths > best[rows]
        rows, order = rows[better], order[better]
        best[rows] = worths[better]
        for each in (chosen, values, lasting, masks):
            each[rows] = np.take_along_axis(each[rows], order, axis=1)
    return chosen, best


def _candidate(
    worth: Worth, edge: Position, pods: tuple[Floats, Integers, Integers], lengths: Integers
) -> tuple[Integers, Integers]:
    """The slot that promises most at an edge, and in which rows; survival is taken as linear for the promise alone."""
    values, lasting, masks = pods
    rows = np.flatnonzero(lengths > 1)
    values, lasting, masks, lengths = values[rows], lasting[rows], masks[rows], lengths[rows]
    last = lengths - 1
    there = last if edge == Position.LAST else np.zeros_like(last)
    ends = np.cumsum(lasting, axis=1)
    seen = survival(worth, np.stack([np.zeros_like(last), ends[:, -1]]))
    fall = ((seen[0] - seen[1]) / np.maximum(ends[:, -1], 1))[:, None]
    sums = np.cumsum(values, axis=1)
    if edge == Position.LAST:
        shift = values * (worth.last - 1.0 - fall * (ends[:, -1:] - ends)) + fall * lasting * (sums[:, -1:] - sums)
    else:
        shift = values * (worth.first - 1.0 + fall * (ends - lasting)) - fall * lasting * (sums - values)
    movable = (masks == Position.ANY) & (np.arange(masks.shape[1]) <= last[:, None])
    if edge == Position.LAST and worth.first >= worth.last:
        movable[:, 0] = False
    elif edge == Position.FIRST and worth.last > worth.first:
        movable[np.arange(len(rows)), last] = False
    shift = np.where(movable, shift, -np.inf)
    slot = shift.argmax(axis=1)
    holder = np.take_along_axis(masks, there[:, None], axis=1)[:, 0]
    found = (holder == Position.ANY) & (slot != there) & np.take_along_axis(movable, slot[:, None], axis=1)[:, 0]
    return slot[found], rows[found]


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


def _moved(lengths: Integers, slots: Integers, edge: Position, width: int) -> Integers:
    """The order that takes each row's slot to the edge of its pod."""
    slot = slots[:, None]
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
