"""What campaigns reserve and pay. Integer micros of one impression, rounded half to even.

    price kind           reserved         paid
    cpm, first price     amount / 1000    the same
    second price         the bid          the critical bid at the published prices, see ``planner.seats.payment``
    completed view       amount           amount times the creative's completion rate

Every placed ad is counted in full, whether or not its viewer stays.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Sequence
from fractions import Fraction

import numpy as np

from planner.book.model import Break, Campaign, Creative, PriceKind
from planner.book.read import Booked
from planner.build.prices import reserve
from planner.decide.outcome import Outcome, PricingOf
from planner.plan import Portion
from planner.problem import NOTHING, Integers
from planner.seats.payment import by_pricing
from planner.seats.tariff import Tariff


def payments(booked: Booked, brk: Break, outcome: Outcome, pricing_of: PricingOf) -> dict[str, int]:
    """Micros that each campaign of the plan is expected to pay for all its impressions.

    Second prices are those of whole cohorts: every seat of a cohort that sees a pod pays the same.
    """
    creatives = {creative.id: creative for creative in booked.book.creatives}
    campaigns = {campaign.id: campaign for campaign in booked.book.campaigns}
    built = outcome.built
    ads = [(creatives[ad], campaigns[of]) for ad, of in zip(built.ads, built.campaigns, strict=True)]
    second = np.array([of.price.kind is PriceKind.SECOND_PRICE for _, of in ads], dtype=np.bool_)
    paid: dict[str, Fraction] = defaultdict(Fraction)
    portions = [portion for portion in outcome.solution.portions if portion.seats]
    auctions = [portion for portion in portions if any(second[ad] for ad in portion.pod)]
    for portion in portions:
        for ad in portion.pod:
            if not second[ad]:
                paid[ads[ad][1].id] += portion.seats * _fixed(*ads[ad])
    if auctions:
        tariff = Tariff(
            np.array([reserve(of) for _, of in ads], dtype=np.int64),
            np.array([max(math.ceil(of.price.floor * 1_000), _least(brk, ad)) for ad, of in ads], dtype=np.int64),
            second,
        )
        for portion, prices in zip(auctions, _auctioned(booked, outcome, auctions, tariff, pricing_of), strict=True):
            for slot, ad in enumerate(portion.pod):
                if second[ad]:
                    paid[ads[ad][1].id] += portion.seats * int(prices[slot])
    return {campaign: round(micros) for campaign, micros in paid.items()}


def _auctioned(
    booked: Booked, outcome: Outcome, portions: Sequence[Portion], tariff: Tariff, pricing_of: PricingOf
) -> Integers:
    """int64[n, P]: what each slot's ad pays, by portion."""
    problem, built = outcome.built.problem, outcome.built
    cohorts = {cohort.id: cohort for cohort in booked.book.audience.cohorts}
    pods = np.full((len(portions), max(len(portion.pod) for portion in portions)), NOTHING, dtype=np.int16)
    scores = np.ones((len(portions), len(built.ads)))
    for number, portion in enumerate(portions):
        pods[number, : len(portion.pod)] = portion.pod
        known = cohorts[built.cohorts[portion.row]].scores
        scores[number] = [known.get(ad, 1.0) for ad in built.ads]
    return by_pricing(
        pricing_of(problem.rules, problem.worth),
        problem.rules,
        problem.worth,
        problem.rows.take(np.array([portion.row for portion in portions], dtype=np.int64)),
        pods,
        problem.shared.costs(outcome.solution.prices),
        tariff,
        scores,
    )


def _fixed(creative: Creative, campaign: Campaign) -> Fraction:
    """Micros that one impression is expected to bring at a fixed price."""
    completed = campaign.price.kind is PriceKind.COMPLETED_VIEW
    return reserve(campaign) * (Fraction(creative.completion) if completed else Fraction(1))


def _least(brk: Break, creative: Creative) -> int:
    """Micros of the least bid with which the break's floor lets the creative stand."""
    return math.ceil(brk.floor * creative.duration * 1_000)
