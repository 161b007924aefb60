"""What a night's plan comes to: impressions, seconds, values and prices by scene, campaign and pod."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from planner.event.answer import NightPlan
from planner.event.night import HARD, Night, Scene
from planner.problem import NOTHING, Ads, Floats, Integers
from planner.worth import pod_values

LEAST_PRICE = 0.5
"""Micros of one impression: a price below it is what solving leaves, no more than half a thousandth per thousand."""


def ceiling(night: Night) -> float:
    """Micros that no plan can exceed, without prices: every second of every viewer sold at their best ad's rate.

    A bound for plans that were broken off before they had one.
    """
    found = 0.0
    for scene in night.scenes:
        rules, worth = scene.rules, scene.worth
        if not rules.ads:
            continue
        values = np.where(scene.rows.allowed, np.maximum(scene.rows.values, 0.0), 0.0)
        rate = (values * (max(1.0, worth.first, worth.last) / rules.durations)).max(axis=1)
        found += float((scene.seats * rate).sum()) * scene.duration
        found += float(scene.seats.sum()) * worth.per_second * scene.duration / 1e6
    return found


@dataclass(frozen=True, slots=True)
class Portions:
    """Those of one scene: ``cohorts`` int64[n] see ``pods`` int16[n, P] of the scene's ads; ``seats`` float64[n]."""

    cohorts: Integers
    pods: Ads
    seats: Floats


class Figures:
    """Sums over a plan's portions. Seats count with the probability that their scene comes."""

    def __init__(self, night: Night, plan: NightPlan) -> None:
        self.night = night
        self.plan = plan

    @cached_property
    def placed(self) -> Floats:
        """float64[S, J]: expected impressions."""
        found: Floats = self.plan.shown.placed(self.night)
        return found

    @cached_property
    def viewers(self) -> Floats:
        """float64[S]: expected viewers."""
        return np.array([float(scene.seats.sum()) for scene in self.night.scenes])

    @cached_property
    def seconds(self) -> Floats:
        """float64[S]: viewer seconds that ads fill."""
        return np.array(
            [
                float((placed[scene.ads] * scene.rules.durations).sum()) / 1e6
                for scene, placed in zip(self.night.scenes, self.placed, strict=True)
            ]
        )

    @cached_property
    def lengths(self) -> Floats:
        """float64[S]: viewer seconds that there are."""
        lengths = np.array([scene.duration / 1e6 for scene in self.night.scenes])
        return np.asarray(self.viewers * lengths, dtype=np.float64)

    @cached_property
    def values(self) -> Floats:
        """float64[S]: micros that the pods are worth, before penalties."""
        return np.array([float((each.seats * value).sum()) for each, value in self._valued()])

    def fill(self, scenes: Integers) -> float:
        """Part of the viewer seconds of some scenes that ads fill."""
        there = float(self.lengths[scenes].sum())
        return min(1.0, float(self.seconds[scenes].sum()) / there) if there > 0.0 else 0.0

    def by_campaign(self) -> dict[str, Floats]:
        """float64[S] impressions of each campaign that has ads in the night."""
        found: dict[str, Floats] = {}
        for ad, campaign in enumerate(self.night.campaigns):
            found[campaign] = found[campaign] + self.placed[:, ad] if campaign in found else self.placed[:, ad].copy()
        return found

    def of_scene(self, number: int) -> Portions:
        """Its portions, with the scene's own numbers of ads."""
        shown, scene = self.plan.shown, self.night.scenes[number]
        own = np.flatnonzero(shown.scenes == number)
        local = np.full(len(self.night.ads) + 1, NOTHING, dtype=np.int16)
        local[scene.ads] = np.arange(len(scene.ads), dtype=np.int16)
        # The last place is that of NOTHING, -1.
        return Portions(shown.cohorts[own], local[shown.pods[own]], shown.seats[own])

    def pods(self, number: int) -> list[tuple[tuple[str, ...], float, float]]:
        """Pods of a scene as creative ids, with their seats and what they are worth to them; the most seen first.

        Whoever is in no portion sees slate, the pod of no ads.
        """
        scene = self.night.scenes[number]
        each = self.of_scene(number)
        worth = each.seats * self._worth(scene, each)
        found: dict[tuple[str, ...], tuple[float, float]] = {}
        for pod, seats, value in zip(each.pods.tolist(), each.seats.tolist(), worth.tolist(), strict=True):
            names = tuple(self.night.ads[int(scene.ads[ad])] for ad in pod if ad != NOTHING)
            before = found.get(names, (0.0, 0.0))
            found[names] = (before[0] + seats, before[1] + value)
        rest = float(self.viewers[number]) - sum(seats for seats, _ in found.values())
        if rest > 0.0:
            before = found.get((), (0.0, 0.0))
            found[()] = (before[0] + rest, before[1])
        listed = [(names, *figures) for names, figures in found.items() if figures[0] > 0.0]
        return sorted(listed, key=lambda pod: (-pod[1], pod[0]))

    def reach_costs(self) -> Floats:
        """float64[S, J]: micros that caps' prices add to an impression, on average over who sees the ad there."""
        night, prices = self.night, self.plan.prices.reach
        found = np.zeros((len(night.scenes), len(night.ads)))
        priced = [number for number, row in enumerate(prices) if row.any()]
        for number in range(len(night.scenes)):
            seen = self._seen(number)
            total = seen.sum(axis=0)
            for row in priced:
                reach = night.reach[row]
                if reach.first <= number < reach.stop:
                    paid = np.einsum("k,kj->j", prices[row], seen[:, reach.ads]) * reach.use
                    found[number, reach.ads] += paid / np.maximum(total[reach.ads], 1e-300)
        return found

    def binding(self) -> Iterator[tuple[str, Floats]]:
        """Hard reach rows that bind somewhere, by name: float64[K], the sum of their prices in each cohort."""
        found: dict[str, Floats] = {}
        for row, prices in zip(self.night.reach, self.plan.prices.reach, strict=True):
            if row.penalty == HARD and prices.max(initial=0.0) >= LEAST_PRICE:
                found[row.name] = found[row.name] + prices if row.name in found else prices.copy()
        return iter(found.items())

    def _seen(self, number: int) -> Floats:
        """float64[K, J]: impressions of one scene."""
        each, scene = self.of_scene(number), self.night.scenes[number]
        found = np.zeros((len(self.night.cohorts), len(self.night.ads)))
        for slot in range(each.pods.shape[1]):
            ads = each.pods[:, slot].astype(np.int64)
            there = ads != NOTHING
            np.add.at(found, (each.cohorts[there], scene.ads[ads[there]]), each.seats[there])
        return found

    def _valued(self) -> Iterator[tuple[Portions, Floats]]:
        for number, scene in enumerate(self.night.scenes):
            each = self.of_scene(number)
            yield each, self._worth(scene, each)

    def _worth(self, scene: Scene, portions: Portions) -> Floats:
        """float64[n]: micros of each portion's pod to one viewer."""
        return pod_values(scene.rules, scene.worth, scene.rows.values[portions.cohorts], portions.pods)
