"""How much chance a choice has."""

from __future__ import annotations

from dataclasses import dataclass
from math import isfinite


@dataclass(frozen=True, slots=True)
class Policy:
    """A pod is taken in proportion to exp(reduced value / ``temperature``); at 0 the best is taken.

    ``temperature`` is micros of one viewer. With probability ``exploration`` a seat takes any of the pods that may be
    explored, each as likely. ``seed`` fixes all draws.
    """

    seed: int
    temperature: float = 0.0
    exploration: float = 0.0

    def __post_init__(self) -> None:
        if not (isfinite(self.temperature) and self.temperature >= 0.0):
            raise ValueError(f"temperature: expected micros, at least 0, found {self.temperature}")
        if not 0.0 <= self.exploration <= 1.0:
            raise ValueError(f"exploration: expected a probability, found {self.exploration}")

    @property
    def deterministic(self) -> bool:
        """Whether nothing is left to chance, so that a log says so in place of propensities."""
        return self.temperature == 0.0 and self.exploration == 0.0
