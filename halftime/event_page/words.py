"""Figures as people read them, and codes as sentences."""

from __future__ import annotations

import math
from collections.abc import Callable
from decimal import Decimal
from typing import Final

from planner.decide.money import amount
from planner.eventfile import Band, Ended, Gap, ShortReason

_MOST: Final = 10.0**18
"""No figure of an event is greater: what is, is drawn and told as this."""
_LEAST: Final = 1e-12
"""Far below a micro: so small a figure does not survive a division."""
_UNITS: Final = ((10**9, "bn"), (10**6, "M"), (10**3, "k"))

ENDED: Final = {
    Ended.CLOSE: "Planning ended by itself: it is as close to the best possible as was asked.",
    Ended.ITERATIONS: "Planning ended after the rounds that it was given.",
    Ended.TIME_LIMIT: "Planning ended at its time limit.",
    Ended.INTERRUPTED: "Planning was interrupted.",
}

ENDS: Final = {
    Ended.CLOSE: "close enough",
    Ended.ITERATIONS: "rounds used up",
    Ended.TIME_LIMIT: "time limit",
    Ended.INTERRUPTED: "interrupted",
}
"""The same in a table."""

REASONS: Final = {
    ShortReason.NONE: "",
    ShortReason.NO_CREATIVE: "None of its creatives may run in any break that counts",
    ShortReason.NO_VIEWERS: "Nobody of its targeting watches",
    ShortReason.VIEWERS: "Its viewers in all breaks are too few",
    ShortReason.CAP: "Its caps let no more through",
    ShortReason.BUDGET: "Its budget is used up",
    ShortReason.GOAL: "Its goal is reached",
    ShortReason.SHARE: "Its own maximum share is reached",
    ShortReason.PRICE: "More of it would cost others more than it brings",
    ShortReason.GAP: "A better plan might have more of it",
}

TAGS: Final = {
    ShortReason.NONE: "",
    ShortReason.NO_CREATIVE: "no creative",
    ShortReason.NO_VIEWERS: "no viewers",
    ShortReason.VIEWERS: "too few viewers",
    ShortReason.CAP: "caps",
    ShortReason.BUDGET: "budget",
    ShortReason.GOAL: "goal",
    ShortReason.SHARE: "share",
    ShortReason.PRICE: "price",
    ShortReason.GAP: "near the best",
}
"""The same where there is room for two words."""


def finite(value: Decimal | float) -> float:
    """``value`` as a float that can be drawn: what is no number or next to nothing is 0, what is endless has an end."""
    if isinstance(value, float) and (math.isnan(value) or abs(value) < _LEAST):
        return 0.0
    return float(max(-_MOST, min(_MOST, value)))


def count(value: float) -> str:
    """Such as "1,250,000"."""
    return f"{round(finite(value)):,}"


def short(value: float) -> str:
    """Three digits: "1.25 M", "12.5 k", "812"."""
    value = finite(value)
    for unit, letter in _UNITS:
        # From 999,500 on three digits round to a million.
        if abs(value) >= unit * 0.9995:
            return f"{_three(value / unit)} {letter}"
    return f"{value:.0f}" if abs(value) >= 100 or value == round(value) else _three(value)


def tick(value: float) -> str:
    """``short`` of a round value, without zeros that say nothing: "1.5 M", "50 k"."""
    figure, _, unit = short(value).partition(" ")
    figure = figure.rstrip("0").rstrip(".") if "." in figure else figure
    return f"{figure} {unit}".rstrip()


def _three(value: float) -> str:
    places = 2 if abs(value) < 9.995 else 1 if abs(value) < 99.95 else 0
    return f"{value:,.{places}f}"


def money(micros: float, currency: str) -> str:
    """Such as "12,345.67 USD"."""
    return amount(finite(micros), currency)


def short_money(micros: float, currency: str) -> str:
    """Such as "1.25 M USD"; below a thousand with hundredths."""
    micros = finite(micros)
    return f"{short(micros / 1e6)} {currency}" if abs(micros) >= 1e9 else amount(micros, currency)


def whole_money(micros: float, currency: str) -> str:
    """Such as "1,511,834 USD": without hundredths from a thousand on, shortened from a billion on."""
    units = finite(micros) / 1e6
    if abs(units) < 1_000:
        return amount(finite(micros), currency)
    return f"{count(units) if abs(units) < 1e9 else short(units)} {currency}"


def percent(part: float, places: int = 1) -> str:
    """``part`` of one, such as "94.2 %"."""
    return f"{finite(part) * 100:.{places}f} %"


def nearness(gap: Gap) -> str:
    """How far a value is from the best possible, rounded up: what is certain stays certain."""
    if gap is None:
        return "nothing to compare with the best possible"
    return f"at most {ceiling(gap)} from the best possible" if gap else "the best possible"


def ceiling(gap: float) -> str:
    """In hundredths of a per cent, rounded up."""
    return f"{math.ceil(round(finite(gap) * 10_000, 6)) / 100:,.2f} %"


def instant(at: Decimal | float) -> str:
    """Seconds from the event's start as "1:02:30"."""
    seconds = round(finite(at))
    minutes, rest = divmod(abs(seconds), 60)
    return f"{'-' if seconds < 0 else ''}{minutes // 60}:{minutes % 60:02}:{rest:02}"


def length(seconds: Decimal | float) -> str:
    """Such as "90 s"."""
    return f"{finite(seconds):.6g} s"


def extent(band: Band, form: Callable[[float], str]) -> str:
    """From the low to the surge audience, in one word if that is the same."""
    low, surge = form(band.low), form(band.surge)
    return low if low == surge else f"{low} to {surge}"


def clipped(words: str, most: int) -> str:
    """At most ``most`` characters, for drawings, where nothing wraps."""
    return words if len(words) <= most else words[: most - 1] + "…"


def several(number: int, one: str, more: str) -> str:
    """Such as "1 break", "2 breaks"."""
    return f"{number:,} {one if number == 1 else more}"
