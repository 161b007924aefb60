"""Every legal ordered pod of a small break, by trying them all: what exact pricing is judged by."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from planner.problem import NOTHING, Ads, Floats, PodRules, Position, Required, Rows, Worth
from planner.worth import pod_values


def place(slot: int, length: int) -> Position:
    """Which positions the ad in ``slot`` has in a pod of ``length`` ads."""
    found = Position(0)
    if slot == 0:
        found |= Position.FIRST
    if slot == length - 1:
        found |= Position.LAST
    return found or Position.MIDDLE


def meets(pod: tuple[int, ...], required: tuple[Required, ...]) -> bool:
    """Whether a pod has what the row demands."""
    return not pod or all(
        any(ad in wanted.members and place(slot, len(pod)) & wanted.position for slot, ad in enumerate(pod))
        for wanted in required
    )


def _fits(rules: PodRules, pod: tuple[int, ...]) -> bool:
    """Whether a pod's length, count and families are legal: if not, no longer pod's are."""
    return (
        len(pod) <= rules.maximum_ads
        and sum(int(rules.durations[ad]) for ad in pod) <= rules.duration
        and all(sum(ad in family.members for ad in pod) <= family.limit for family in rules.families)
    )


def _grow(rules: PodRules, pod: tuple[int, ...]) -> Iterator[tuple[int, ...]]:
    yield pod
    for ad in range(rules.ads):
        longer = (*pod, ad)
        if ad not in pod and _fits(rules, longer):
            yield from _grow(rules, longer)


def legal(rules: PodRules, pod: tuple[int, ...]) -> bool:
    """Whether a pod is legal, whoever sees it."""
    if not pod:
        return True
    return (
        len(set(pod)) == len(pod)
        and _fits(rules, pod)
        and sum(int(rules.durations[ad]) for ad in pod) >= rules.minimum_fill
        and all(int(rules.positions[ad]) & place(slot, len(pod)) for slot, ad in enumerate(pod))
    )


def every_pod(rules: PodRules) -> list[tuple[int, ...]]:
    """All legal pods, the empty one among them."""
    return [pod for pod in _grow(rules, ()) if legal(rules, pod)]


def legal_for(rules: PodRules, rows: Rows, row: int, pod: tuple[int, ...]) -> bool:
    """Whether a pod is legal for one row."""
    return (
        legal(rules, pod)
        and all(rows.allowed[row, ad] for ad in pod)
        and sum(int(rules.durations[ad]) for ad in pod) <= rows.ad_time[row]
        and meets(pod, rules.required[rows.required[row]])
    )


def matrix(pods: list[tuple[int, ...]]) -> Ads:
    """Pods as int16[P, N], filled up."""
    found = np.full((len(pods), max(map(len, pods), default=0)), NOTHING, dtype=np.int16)
    for number, pod in enumerate(pods):
        found[number, : len(pod)] = pod
    return found


class Exhaustive:
    """All pods of a break, for every row the legal ones."""

    def __init__(self, rules: PodRules, worth: Worth, rows: Rows) -> None:
        self.rules, self.worth, self.rows = rules, worth, rows
        self.pods = every_pod(rules)
        self.matrix = matrix(self.pods)
        self.present = self.matrix != NOTHING
        chosen = np.where(self.present, self.matrix, 0)
        total = np.where(self.present, rules.durations[chosen], 0).sum(axis=1)
        self.legal = np.zeros((len(rows), len(self.pods)), dtype=np.bool_)
        for row in range(len(rows)):
            seen = (rows.allowed[row][chosen] | ~self.present).all(axis=1) & (total <= rows.ad_time[row])
            wanted = rules.required[rows.required[row]]
            self.legal[row] = seen & [not wanted or meets(pod, wanted) for pod in self.pods]

    def reduced(self, row: int, costs: Floats, weights: Floats | None = None) -> Floats:
        """float64[P]: what each pod brings to ``row``, minus infinity where it is not legal."""
        value = self.rows.values[row].astype(np.float64) * (1.0 if weights is None else weights)
        values = np.repeat(value[None, :], len(self.pods), axis=0)
        worth = pod_values(self.rules, self.worth, values, self.matrix)
        paid = np.where(self.present, costs[self.matrix], 0.0).sum(axis=1)
        return np.where(self.legal[row], worth - paid, -np.inf)

    def best(self, costs: Floats, weights: Floats | None = None) -> Floats:
        """float64[R]: the most that a legal pod brings to each row."""
        return np.array([self.reduced(row, costs, weights).max() for row in range(len(self.rows))])
