"""What was decided about one break at one duration, and how good it certainly is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from planner.problem import Floats

CERTIFICATE: Final = (
    "upper_bound is what no assignment of legal pods to these seats within these limits can exceed: the sum of prices "
    "times limits and, for each seat, the most that a legal pod is worth at these prices (weak duality). value is what "
    "the stated pods are worth for whole seats, less the penalties of shortfalls. gap = (upper_bound - value) / value "
    "before penalties."
)


@dataclass(frozen=True, slots=True)
class Certificate:
    """Micros: ``value`` <= the best possible <= ``upper_bound``; see ``CERTIFICATE``.

    ``gross`` is the value of the pods before the penalties of shortfalls. With priority tiers the bound is what no plan
    can exceed that gives the earlier tiers what they were promised.
    """

    value: float
    gross: float
    upper_bound: float

    @property
    def gap(self) -> float:
        """Relative to the gross value; 0 for a plan of nothing that could be nothing else, else infinite."""
        distance = max(0.0, self.upper_bound - self.value)
        if self.gross <= 0.0:
            return 0.0 if distance < 1.0 else float("inf")
        return distance / self.gross


@dataclass(frozen=True, slots=True)
class Portion:
    """``seats`` viewers of row ``row`` see ``pod`` (ad numbers in order; empty: slate)."""

    row: int
    pod: tuple[int, ...]
    seats: int


@dataclass(frozen=True, slots=True)
class Solution:
    """Whole seats for every row that has any: the seats of a row's portions add up to its seats.

    ``prices`` float64[I] >= 0 are those the bound was computed at.
    """

    portions: tuple[Portion, ...]
    prices: Floats
    certificate: Certificate
    iterations: int
