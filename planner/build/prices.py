"""Decimals of a book become micros and microseconds, once and here."""

from __future__ import annotations

from decimal import ROUND_HALF_EVEN, Decimal
from fractions import Fraction
from typing import Final

from domain.units import Micros, Microseconds
from planner.book.model import Campaign, Creative, PriceKind

_MICROS: Final = Decimal(1_000_000)
_PER_THOUSAND: Final = Decimal(1_000)
"""Micros of one impression in an amount for a thousand."""


def microseconds_of(seconds: Decimal) -> Microseconds:
    """Exact: a book's seconds have six places at most."""
    return Microseconds(int(seconds * _MICROS))


def micros_of(amount: Decimal) -> Micros:
    """Exact: a book's amounts have six places at most."""
    return Micros(int(amount * _MICROS))


def micros_of_one(per_thousand: Decimal) -> Micros:
    """One of a thousand, rounded half to even."""
    return Micros(int((per_thousand * _PER_THOUSAND).to_integral_value(ROUND_HALF_EVEN)))


def reserve(campaign: Campaign) -> Micros:
    """The most that one impression may cost its campaign: its price, its bid, or the amount of a completed view."""
    if campaign.price.kind is PriceKind.COMPLETED_VIEW:
        return micros_of(campaign.price.amount)
    return micros_of_one(campaign.price.amount)


def declared(campaign: Campaign, creative: Creative) -> float:
    """Micros that one impression is worth by what its campaign declares; completed views at their expectation."""
    if campaign.price.kind is PriceKind.COMPLETED_VIEW:
        return reserve(campaign) * creative.completion
    return float(reserve(campaign))


def declared_per_thousand(campaign: Campaign, creative: Creative) -> Fraction:
    """What a thousand impressions are worth, in the book's currency, without rounding: for floors."""
    amount = Fraction(campaign.price.amount)
    if campaign.price.kind is PriceKind.COMPLETED_VIEW:
        return amount * 1_000 * Fraction(creative.completion)
    return amount
