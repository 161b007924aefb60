"""An event as arrays: K cohorts, S scenes, J ads, I shared rows, G reach rows.

Ads are numbered over the whole event; a scene knows which of them it admits. Viewers are expected numbers and need not
be whole. Money is micros, time microseconds.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from domain.units import Microseconds
from planner.problem import Floats, Integers, PodRules, Rows, Rule, Shared, Worth

HARD: Final = float("inf")
"""Penalty of a reach row that nothing may exceed."""


@dataclass(frozen=True, slots=True)
class Scene:
    """Break number ``brk`` at one of its durations, coming so with probability ``weight``.

    ``rows`` has a row for each cohort (its ``seats`` are not looked at) and a column for each of the scene's ads, which
    are ``ads`` int64[Js] of the event. ``use`` float64[I, Js]: of one placed ad; what is promised counts planned breaks
    only. ``viewers`` float64[K]: expected if the scene comes.
    """

    brk: int
    at: Microseconds
    duration: Microseconds
    weight: float
    rules: PodRules
    worth: Worth
    rows: Rows
    ads: Integers
    use: Floats
    viewers: Floats

    @property
    def seats(self) -> Floats:
        """float64[K]: expected viewers, counted with the probability that the scene comes."""
        return self.viewers * self.weight


@dataclass(frozen=True, slots=True)
class Reach:
    """How much of some ads the viewers of each cohort can see, over the scenes ``first`` to ``stop``.

    Impressions of ``ads`` int64[n] (of the event), each counted ``use`` float64[n], are at most ``limit`` float64[K] by
    cohort: the sum over its viewers of the expected lesser of what a cap leaves and what the breaks attended allow.
    ``penalty`` micros for a unit beyond, ``HARD`` if nothing may exceed it.
    """

    rule: Rule
    name: str
    ads: Integers
    use: Floats
    first: int
    stop: int
    limit: Floats
    penalty: float = HARD


@dataclass(frozen=True, slots=True)
class Night:
    """The event: scenes in order of time.

    ``ads`` are creative ids and ``campaigns`` campaign ids by ad, ``tiers`` int64[J].
    ``shared`` are the I rows of the event over all J ads, with what is left of their limits.
    """

    ads: tuple[str, ...]
    campaigns: tuple[str, ...]
    cohorts: tuple[str, ...]
    tiers: Integers
    scenes: tuple[Scene, ...]
    shared: Shared
    reach: tuple[Reach, ...]

    @property
    def seats(self) -> Floats:
        """float64[S, K]: expected viewers of each scene."""
        return np.array([scene.seats for scene in self.scenes]).reshape(len(self.scenes), len(self.cohorts))


@dataclass(frozen=True, slots=True)
class NightPrices:
    """``shared`` float64[I] of the shared rows and ``reach`` float64[G, K] of the reach rows by cohort, all >= 0.

    A lower bound's price is at most its penalty, and so is that of a reach row. ``weights`` float64[J] multiply what
    ads are worth: 1, and more in a tier that was promised its value when later ones had their turn; None where all
    are 1.
    """

    shared: Floats
    reach: Floats
    weights: Floats | None = None
