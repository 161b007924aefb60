"""Micros as amounts of the book's currency, for people."""

from __future__ import annotations


def amount(micros: float, currency: str) -> str:
    """Such as "1,250.00 USD"; less than a hundredth keeps what there is."""
    value = micros / 1e6
    if value and abs(value) < 0.01:
        return f"{value:.6f}".rstrip("0").rstrip(".") + f" {currency}"
    return f"{value:,.2f} {currency}"


def per_thousand(micros: float, currency: str) -> str:
    """``micros`` of one viewer as an amount for a thousand of them."""
    return f"{amount(micros * 1000.0, currency)} per thousand"
