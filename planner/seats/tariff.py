"""What the J ads of a break bid and pay at least, and what a micro of their bid is worth to each row."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from planner.problem import NOTHING, Ads, Flags, Floats, Integers, PodRules, Worth
from planner.worth import multipliers, survival


@dataclass(frozen=True, slots=True)
class Tariff:
    """Micros of one impression of each ad, and how it pays.

    ``bids`` int64[J]: what it declares, which is what it pays at most; of a completed view the amount times the
    creative's completion rate. ``floors`` int64[J]: the least that it pays, and the least bid with which it may stand
    in the break at all, whichever is more. ``second`` bool[J]: second price; the others pay their bid.
    """

    bids: Integers
    floors: Integers
    second: Flags


def slot_weights(rules: PodRules, worth: Worth, pods: Ads) -> Floats:
    """float64[R, P]: what each slot's ad's value is multiplied by, position times survival; 0 in empty slots."""
    present = pods != NOTHING
    chosen = np.where(present, pods, 0)
    ends = np.cumsum(np.where(present, rules.durations[chosen], 0), axis=1)
    lengths = present.sum(axis=1)
    factors = np.ones(pods.shape)
    for length in np.unique(lengths):
        factors[lengths == length, :length] = multipliers(worth, int(length))
    return np.where(present, factors * survival(worth, ends), 0.0)


def ad_weights(rules: PodRules, worth: Worth, pods: Ads) -> Floats:
    """float64[R, J]: the same by ad; 0 for those that the pod does not have."""
    weights = slot_weights(rules, worth, pods)
    found = np.zeros((len(pods), rules.ads))
    rows, slots = np.nonzero(pods != NOTHING)
    found[rows, pods[rows, slots]] = weights[rows, slots]
    return found
