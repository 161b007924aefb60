"""Cumulative impressions of campaigns over the breaks of an event."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from halftime.event_page.words import finite
from planner.eventfile import Band, EventFile


@dataclass(frozen=True, slots=True)
class Curve:
    """Expected impressions after each break: first what was delivered, then a figure for each break to come."""

    point: tuple[float, ...]
    low: tuple[float, ...]
    surge: tuple[float, ...]

    @property
    def most(self) -> float:
        """The highest that any audience makes of it."""
        return max(self.point[-1], self.low[-1], self.surge[-1])

    def after(self, part: float) -> float:
        """The point forecast when ``part`` of the breaks to come are over."""
        return self.point[round(part * (len(self.point) - 1))]


def curves(plan: EventFile) -> Mapping[str, Curve]:
    """By campaign. A break counts with its probability; what is over is in ``delivered``."""
    coming = sorted((each for each in plan.breaks if not each.over), key=lambda each: (each.at, each.id))
    gained: list[dict[str, tuple[float, float, float]]] = []
    for each in coming:
        gained.append({})
        for allotment in each.allotments:
            gained[-1][allotment.campaign] = _weighted(allotment.expected, each.probability)
    made = {}
    for campaign in plan.campaigns:
        start = finite(campaign.delivered)
        steps = [(start, start, start)]
        for gain in gained:
            more = gain.get(campaign.campaign, (0.0, 0.0, 0.0))
            point, low, surge = (before + part for before, part in zip(steps[-1], more, strict=True))
            steps.append((point, low, surge))
        made[campaign.campaign] = Curve(*(tuple(column) for column in zip(*steps, strict=True)))
    return made


def _weighted(band: Band, probability: float) -> tuple[float, float, float]:
    return finite(band.point) * probability, finite(band.low) * probability, finite(band.surge) * probability
