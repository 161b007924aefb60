"""Whether an ordered pod is legal, by the arrays alone: the last gate before a plan leaves the planner.

``legal`` states the rules plainly, one pod at a time; ``Gate`` answers the same for millions. Neither knows a solver.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from planner.problem import NOTHING, Ads, Family, Flags, Integers, PodRules, Position, Required, Rows, Rule, blocks

CHUNK: Final = 1 << 16
"""Pods looked at together: a few megabytes of work arrays, whatever the audience."""

_FREE: Final = -1


def legal(rules: PodRules, rows: Rows, row: int, pod: Sequence[int]) -> Rule | None:
    """The first rule that ``pod`` breaks for a viewer of ``row``, or None.

    Whatever the row's mask refuses is ``Rule.TARGETING`` here: the arrays no longer know why. Raises ``ValueError`` for
    a number that is no ad's.
    """
    if not len(pod):
        return None
    if min(pod) < 0 or max(pod) >= rules.ads:
        raise ValueError(f"a pod of ads 0 to {rules.ads - 1} is expected, found {list(pod)}")
    if len(set(pod)) < len(pod):
        return Rule.REPEAT
    if len(pod) > rules.maximum_ads:
        return Rule.MAXIMUM_ADS
    total = sum(int(rules.durations[ad]) for ad in pod)
    if total > rules.duration:
        return Rule.DURATION
    if total < rules.minimum_fill:
        return Rule.MINIMUM_FILL
    if not all(rules.positions[ad] & stands(slot, len(pod)) for slot, ad in enumerate(pod)):
        return Rule.POSITION
    inside = set(pod)
    for family in rules.families:
        if len(inside.intersection(family.members)) > family.limit:
            return family.rule
    if not all(rows.allowed[row, ad] for ad in pod):
        return Rule.TARGETING
    if total > rows.ad_time[row]:
        return Rule.AD_LOAD
    if not all(has(wanted, pod) for wanted in rules.required[int(rows.required[row])]):
        return Rule.GUARANTEED_POSITION
    return None


def stands(slot: int, length: int) -> Position:
    """Where slot number ``slot`` of a pod of ``length`` ads is."""
    where = Position(0)
    if slot == 0:
        where |= Position.FIRST
    if slot == length - 1:
        where |= Position.LAST
    return where or Position.MIDDLE


def has(wanted: Required, pod: Sequence[int]) -> bool:
    """Whether ``pod`` has one of the wanted ads where it is wanted."""
    return any(ad in wanted.members and stands(slot, len(pod)) & wanted.position for slot, ad in enumerate(pod))


def all_legal(rules: PodRules, rows: Rows, pods: Ads) -> Flags:
    """bool[R]: whether row r's pod ``pods[r]`` (int16[R, P], filled up with NOTHING) is legal; see ``Gate``."""
    return Gate(rules)(rows, pods)


class Gate:
    """The rules of one break, made ready to judge many pods."""

    def __init__(self, rules: PodRules) -> None:
        binding = [family for family in rules.families if family.limit < min(len(family.members), rules.maximum_ads)]
        self._rules = rules
        self._apart = _apart(rules.ads, [family.members for family in binding if family.limit == 1])
        self._layers = _layers(rules.ads, [family for family in binding if family.limit != 1])

    def __call__(self, rows: Rows, pods: Ads) -> Flags:
        """bool[R]: whether row r's pod ``pods[r]`` is legal; a gap before an ad is not.

        ``pods`` int16[R, P] are filled up with NOTHING. Raises ``ValueError`` for a number that is no ad's.
        """
        if pods.size and (pods.min() < NOTHING or pods.max() >= self._rules.ads):
            raise ValueError(f"ads -1 to {self._rules.ads - 1} are expected, found {pods.min()} to {pods.max()}")
        found = np.ones(len(pods), dtype=np.bool_)
        if pods.shape[1]:
            for start, stop in blocks(len(pods), CHUNK):
                found[start:stop] = self._judge(rows.take(slice(start, stop)), pods[start:stop])
        return found

    def _judge(self, rows: Rows, pods: Ads) -> Flags:
        rules = self._rules
        present = pods != NOTHING
        lengths = present.sum(axis=1)
        chosen = np.where(present, pods, 0).astype(np.int64)
        total = np.where(present, rules.durations[chosen], 0).sum(axis=1) if rules.ads else np.zeros_like(lengths)
        found: Flags = (present[:, 1:] <= present[:, :-1]).all(axis=1)
        found &= lengths <= rules.maximum_ads
        found &= total <= np.minimum(rows.ad_time, rules.duration)
        found &= (total >= rules.minimum_fill) | (lengths == 0)
        if rules.ads:
            where = _where(lengths, pods.shape[1])
            fits = (rules.positions[chosen] & where) != 0
            fits &= np.take_along_axis(rows.allowed, chosen, axis=1)
            found &= (fits | ~present).all(axis=1)
            # Many rows have the same pod, and this is the dear part.
            names = np.ascontiguousarray(pods).view(np.dtype((np.void, pods.shape[1] * pods.itemsize))).ravel()
            _, first, back = np.unique(names, return_index=True, return_inverse=True)
            found &= ~self._crowded(chosen[first], present[first])[back]
            found &= self._complete(rows.required, chosen, present, where)
        return found

    def _crowded(self, chosen: Integers, present: Flags) -> Flags:
        """bool[n]: pods with two ads of a family of one, or more than its limit of a larger one."""
        broken = np.zeros(len(chosen), dtype=np.bool_)
        width = chosen.shape[1]
        for late in range(1, width):
            byte, bit = chosen[:, late] >> 3, (1 << (7 - (chosen[:, late] & 7))).astype(np.uint8)
            for early in range(late):
                hit = (self._apart[chosen[:, early], byte] & bit) != 0
                broken |= hit & present[:, late]
        for labels, limits in self._layers:
            label = np.where(present, labels[chosen], _FREE)
            for late in range(width):
                ahead = (label[:, :late] == label[:, late : late + 1]).sum(axis=1)
                broken |= (label[:, late] != _FREE) & (ahead >= limits[label[:, late]])
        return broken

    def _complete(self, required: Integers, chosen: Integers, present: Flags, where: NDArray[np.uint8]) -> Flags:
        """bool[n]: pods that are empty or have what their row requires."""
        found = np.ones(len(chosen), dtype=np.bool_)
        for index in np.unique(required):
            for wanted in self._rules.required[int(index)]:
                member = np.zeros(self._rules.ads, dtype=np.bool_)
                member[list(wanted.members)] = True
                there = present & member[chosen] & ((where & wanted.position) != 0)
                found &= (required != index) | ~present[:, 0] | there.any(axis=1)
        return found


def _where(lengths: Integers, width: int) -> NDArray[np.uint8]:
    """uint8[n, width] of ``Position``: where each slot stands in pods of these lengths."""
    slots = np.arange(width)
    first = np.where(slots == 0, int(Position.FIRST), 0)
    last = np.where(slots == lengths[:, None] - 1, int(Position.LAST), 0)
    where = first | last
    return np.where(where == 0, int(Position.MIDDLE), where).astype(np.uint8)


def _apart(ads: int, cliques: Iterable[Sequence[int]]) -> NDArray[np.uint8]:
    """uint8[J, ceil(J / 8)]: a bit for each two ads that may not share a pod, an ad and itself included.

    Bits, since twenty thousand ads would take 400 MB of bytes.
    """
    packed = np.zeros((ads, (ads + 7) // 8), dtype=np.uint8)
    own = np.arange(ads)
    packed[own, own >> 3] = 1 << (7 - (own & 7))
    pairs: list[Sequence[int]] = []
    for members in cliques:
        if len(members) == 2:
            pairs.append(members)
            continue
        row = np.zeros(ads, dtype=np.bool_)
        row[list(members)] = True
        packed[list(members)] |= np.packbits(row)
    if pairs:
        one, other = np.array(pairs, dtype=np.int64).T
        for left, right in ((one, other), (other, one)):
            np.bitwise_or.at(packed, (left, right >> 3), (1 << (7 - (right & 7))).astype(np.uint8))
    return packed


def _layers(ads: int, families: Iterable[Family]) -> list[tuple[Integers, Integers]]:
    """Families of limits other than one, laid in layers of disjoint ones: int64[J] labels, int64[labels] limits.

    In a layer each ad has at most one family, so that one comparison of labels counts all families of the layer.
    """
    layers: list[tuple[Integers, list[int]]] = []
    for family in families:
        members = list(family.members)
        free = (layer for layer in layers if (layer[0][members] == _FREE).all())
        layer = next(free, None)
        if layer is None:
            layer = (np.full(ads, _FREE, dtype=np.int64), [])
            layers.append(layer)
        labels, limits = layer
        labels[members] = len(limits)
        limits.append(family.limit)
    return [(labels, np.array(limits, dtype=np.int64)) for labels, limits in layers]
