"""What pricing answers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from planner.problem import Ads, Floats, Rows


@dataclass(frozen=True, slots=True)
class Priced:
    """For each of R rows, micros of one viewer.

    The reduced value of a pod is its value with each ad's value multiplied by the ad's weight, less the costs of its
    ads. ``pods`` int16[R, P] are legal, in order, filled up with ``NOTHING``; ``reduced`` float64[R] >= 0 is theirs; no
    legal pod of the row has a reduced value above ``bound`` float64[R].
    """

    bound: Floats
    reduced: Floats
    pods: Ads


class Pricing(Protocol):
    """Prices the pods of one break; made once from its ``PodRules`` and ``Worth``."""

    def __call__(self, rows: Rows, costs: Floats, weights: Floats | None = None) -> Priced:
        """The best pod of each row at ``costs`` float64[J] micros of a placed ad; ``weights`` float64[J], else 1."""
        ...
