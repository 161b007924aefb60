"""What an ad declares and reserves, and what a pod is worth to one viewer, from the book in plain arithmetic.

    r = sum_j v_j m_j q(end_j) + slate * T - load * max(0, T - load_free)
    v = declared * score - repeat_cost * times seen in the event
    q(t) = ((1 - leave_per_minute) * (1 - early_return_per_minute)) ** (t / 60)

with T the seconds of ads, end_j the second at which slot j ends and m_j the multiplier of its position (the only ad of
a pod takes the greater). Source: ``planner.worth``, whose formula this writes again so that one can find the other's
errors. Solvers sample q each second and draw lines in between, ``sampling`` is what that may differ by.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Decimal
from fractions import Fraction
from typing import Final

from planner.book.model import Break, Campaign, Cohort, Creative, PriceKind, Viewing
from planner.check.facts import Ad

TOLERANCE: Final = 1e-6
"""Relative: values are float32 in solvers. Sampled survival adds to it, see ``sampling``."""


def per_viewer(amount: Decimal) -> float:
    """Micros of one viewer, of an amount per thousand."""
    return float(amount * 1_000)


def reserved(campaign: Campaign) -> int:
    """Micros that one impression may cost the campaign: what its budget sets aside, survival and completion apart."""
    if campaign.price.kind is PriceKind.COMPLETED_VIEW:
        return int(campaign.price.amount * 1_000_000)
    return int((campaign.price.amount * 1_000).to_integral_value(ROUND_HALF_EVEN))


def declared(campaign: Campaign, creative: Creative) -> float:
    """Micros that one impression is worth to the campaign; a bid is taken at its word."""
    if campaign.price.kind is PriceKind.COMPLETED_VIEW:
        return reserved(campaign) * creative.completion
    return float(reserved(campaign))


def declared_per_thousand(campaign: Campaign, creative: Creative) -> Fraction:
    """The amount per thousand impressions, exact, for comparing with a floor."""
    amount = Fraction(campaign.price.amount)
    if campaign.price.kind is PriceKind.COMPLETED_VIEW:
        return amount * 1_000 * Fraction(str(creative.completion))
    return amount


def sampling(viewing: Viewing) -> float:
    """The most by which lines between the seconds of q exceed it, as a part of it.

    At a hazard of h a second the line is exp(s - 1) / s times exp(-h t) at most, with s = h / (1 - exp(-h)).
    """
    base = _staying(viewing)
    if base in {0.0, 1.0}:
        return 0.0
    hazard = -math.log(base) / 60
    steepness = hazard / -math.expm1(-hazard)
    return math.exp(steepness - 1) / steepness - 1


@dataclass(frozen=True, slots=True)
class Worth:
    """Micros of one viewer. ``size`` adds up what it is made of without signs: errors are relative to that."""

    value: float
    size: float


def pod_worth(
    viewing: Viewing, brk: Break, cohort: Cohort, seen_in_event: Mapping[str, int], pod: Sequence[Ad]
) -> Worth:
    """What the pod is worth to one viewer of the cohort; ``seen_in_event`` counts impressions by spot."""
    value = size = 0.0
    elapsed = 0
    base = _staying(viewing)
    for slot, ad in enumerate(pod):
        if ad.campaign is None or ad.creative is None or ad.spot is None:
            continue
        elapsed += ad.duration
        present = base ** (elapsed / 60_000_000)
        weight = _multiplier(viewing, slot, len(pod)) * present
        full = declared(ad.campaign, ad.creative) * cohort.scores.get(ad.creative.id, 1.0)
        repeats = per_viewer(viewing.repeat_cost) * seen_in_event.get(ad.spot, 0)
        value += (full - repeats) * weight
        size += (full + repeats) * weight
    seconds = elapsed / 1_000_000
    slate = per_viewer(brk.slate_cost) * seconds
    load = per_viewer(viewing.load_cost) * max(0.0, seconds - float(viewing.load_free))
    return Worth(value + slate - load, size + slate + load)


def _staying(viewing: Viewing) -> float:
    """Probability that a minute ends neither the visit nor the break."""
    return (1 - viewing.leave_per_minute) * (1 - viewing.early_return_per_minute)


def _multiplier(viewing: Viewing, slot: int, length: int) -> float:
    if length == 1:
        return max(viewing.first, viewing.last)
    if slot == 0:
        return viewing.first
    return viewing.last if slot == length - 1 else 1.0
