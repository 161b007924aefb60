"""What an ordered pod is worth.

    r = sum_j v_j m_j q(end_j) + per_second * T - load * max(0, T - load_free)

with v_j the ad's value to a viewer who is present, m_j the multiplier of its position, q(t) the probability that the
viewer is present and the break still runs at t, end_j the instant at which slot j ends and T the seconds of ads. Value
is counted against a break that is all slate, so that the empty pod is worth 0.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from planner.problem import NOTHING, Ads, Floats, Integers, PodRules, Values, Worth


def survival(worth: Worth, instants: Integers) -> Floats:
    """The probabilities q at ``instants`` microseconds from the start of the pod."""
    return np.interp(instants, worth.instants, worth.survival)


def time_value(worth: Worth, total: Integers) -> Floats:
    """What ``total`` microseconds of ads earn and cost by their length alone."""
    excess = np.maximum(total - worth.load_free, 0)
    return (worth.per_second * total - worth.load * excess) / 1e6


def multipliers(worth: Worth, length: int) -> Floats:
    """float64[length]: m of each slot of a pod of so many ads."""
    found = np.ones(length)
    if length:
        found[0], found[-1] = worth.first, worth.last
    if length == 1:
        found[0] = max(worth.first, worth.last)
    return found


def pod_value(rules: PodRules, worth: Worth, values: Values | Floats, pod: Sequence[int]) -> float:
    """Micros of one pod shown to one viewer; ``values`` [J]."""
    chosen = np.asarray(pod, dtype=np.int64)
    ends = np.cumsum(rules.durations[chosen])
    total = ends[-1:] if len(chosen) else np.zeros(1, dtype=np.int64)
    slots = values[chosen].astype(np.float64) * multipliers(worth, len(chosen)) * survival(worth, ends)
    return float(slots.sum() + time_value(worth, total)[0])


def pod_values(rules: PodRules, worth: Worth, values: Values, pods: Ads) -> Floats:
    """float64[R] micros of row r's pod ``pods[r]`` (int16[R, P], filled up with NOTHING); ``values`` float32[R, J]."""
    if not rules.ads:
        return np.repeat(time_value(worth, np.zeros(1, dtype=np.int64)), len(pods))
    present = pods != NOTHING
    chosen = np.where(present, pods, 0).astype(np.int64)
    ends = np.cumsum(np.where(present, rules.durations[chosen], 0), axis=1)
    lengths = present.sum(axis=1)
    weight = survival(worth, ends)
    rows = np.arange(len(pods))
    single = lengths == 1
    if worth.first != 1.0 or worth.last != 1.0:
        factor = np.ones(pods.shape)
        factor[:, :1] = worth.first
        factor[rows[lengths > 1], lengths[lengths > 1] - 1] = worth.last
        factor[single, :1] = max(worth.first, worth.last)
        weight = weight * factor
    value = np.take_along_axis(values, chosen, axis=1).astype(np.float64)
    total = ends[:, -1] if pods.shape[1] else np.zeros(len(pods), dtype=np.int64)
    slots: Floats = np.where(present, value * weight, 0.0)
    return np.asarray(slots.sum(axis=1) + time_value(worth, total))
