"""What keeps an ad out of an event's plan, and what to set so that it no longer does."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import ROUND_CEILING, Decimal
from enum import StrEnum
from typing import Final

from planner.book.model import Cap
from planner.problem import Rule

LARGEST: Final = Decimal(10**12)
"""The greatest amount that a book may name."""
_CENT: Final = Decimal("0.01")
_MICRO: Final = Decimal("0.000001")
_WIDE: Final = 10**8


class Hold(StrEnum):
    """What keeps out an ad that no rule keeps out."""

    NO_VIEWERS = "no_viewers"
    """Nobody watches."""
    NO_POD = "no_pod"
    """It breaks no rule by itself, and no legal pod has it."""
    BUDGET = "budget"
    GOAL = "goal"
    SHARE = "share"
    """Its campaign's own budget, goal or maximum share is used up."""
    CAP = "cap"
    """Its viewers see it as often as a cap allows, or as many ads, where it would be wanted."""
    SIBLING = "own_ad"
    """Another ad of its own campaign stands instead."""
    TIER = "tier"
    """Ads of an earlier tier have the place."""
    PROMISE = "promise"
    """What another campaign was promised costs it the place."""
    SCORE = "score"
    """It is worth nothing to whoever may see it."""
    PRICE = "price"
    """The best pod with it is worth less than the best without."""
    GAP = "gap"
    """It would be worth as much or more: the plan is not proven nearer to the best than its gap."""


@dataclass(frozen=True, slots=True)
class Cause:
    """One cause: its code, the facts in words, and the assignments (``planner.book.override``) that remove it.

    ``margin`` micros of one viewer: what a pod with the ad is worth less than the pod that stands. ``instead`` are the
    ads of that pod which a pod with it lacks. Both for what was lost by worth.
    """

    code: Hold | Rule
    detail: str
    remedy: tuple[str, ...]
    margin: float | None = None
    instead: tuple[str, ...] = ()


def assign(*steps: str, to: str = "") -> str:
    """``KEY=VALUE`` of ``planner.book.override``; steps that are not plain words are quoted; no value removes."""
    return ".".join(map(_step, steps)) + f"={to}"


def text_of(value: str) -> str:
    """A text as TOML writes it."""
    escaped = "".join(
        f"\\u{ord(each):04x}" if ord(each) < 32 or ord(each) == 127 else {"\\": "\\\\", '"': '\\"'}.get(each, each)
        for each in value
    )
    return f'"{escaped}"'


def list_of(values: Iterable[str]) -> str:
    """A list of texts."""
    return f"[{', '.join(map(text_of, values))}]"


def caps_of(caps: Iterable[Cap]) -> str:
    """A list of caps."""
    found = (f'{{ of = "{cap.of}", per = "{cap.per}", limit = {cap.limit} }}' for cap in caps)
    return f"[{', '.join(found)}]"


def amount_of(least: float, *, whole: bool = True) -> Decimal:
    """At least so much, in hundredths; in millionths where amounts are those of one view, ``whole`` False."""
    step = _CENT if whole else _MICRO
    if not math.isfinite(least) or least >= _WIDE * 10_000:
        return LARGEST
    return min(LARGEST, (Decimal(repr(least)) / step).to_integral_value(ROUND_CEILING) * step)


def number_of(amount: Decimal) -> str:
    """Without an exponent, or noughts that say nothing."""
    text = f"{amount:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _step(name: str) -> str:
    if name and name == name.strip() and not set(name) & set(".=\"'"):
        return name
    return f"'{name}'" if '"' in name else f'"{name}"'
