"""What is planned for a night, and how good it certainly is."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from planner.event.night import Night, NightPrices
from planner.plan import Certificate
from planner.problem import NOTHING, Ads, Floats, Integers


@dataclass(frozen=True, slots=True)
class Shown:
    """N portions: ``seats`` float64[N] expected viewers of a cohort see a pod in a scene.

    ``cohorts`` and ``scenes`` are int64[N], ``pods`` int16[N, P]. Pods hold ads of the event, in order, filled up with
    ``NOTHING``; who is in no portion sees slate. Seats count with the probability that the scene comes.
    """

    scenes: Integers
    cohorts: Integers
    pods: Ads
    seats: Floats

    def __len__(self) -> int:
        return len(self.seats)

    def placed(self, night: Night) -> Floats:
        """float64[S, J]: expected impressions of each ad in each scene."""
        found = np.zeros((len(night.scenes), len(night.ads)))
        slots = self.pods != NOTHING
        where = np.broadcast_to(self.scenes[:, None], self.pods.shape)[slots]
        seats = np.broadcast_to(self.seats[:, None], self.pods.shape)[slots]
        np.add.at(found, (where, self.pods[slots].astype(np.int64)), seats)
        return found

    def placed_by_cohort(self, night: Night) -> Floats:
        """float64[K, J]: expected impressions of each ad in each cohort, over all scenes."""
        found = np.zeros((len(night.cohorts), len(night.ads)))
        slots = self.pods != NOTHING
        who = np.broadcast_to(self.cohorts[:, None], self.pods.shape)[slots]
        seats = np.broadcast_to(self.seats[:, None], self.pods.shape)[slots]
        np.add.at(found, (who, self.pods[slots].astype(np.int64)), seats)
        return found


@dataclass(frozen=True, slots=True)
class NightPlan:
    """``certificate`` has the value of the portions less penalties, and the bound; ``short`` float64[I] is what lower
    bounds lack. ``prices`` are those of the bound.
    """

    shown: Shown
    prices: NightPrices
    certificate: Certificate
    short: Floats
    iterations: int
