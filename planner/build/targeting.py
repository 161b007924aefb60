"""Whom an ad is for: one evaluation per campaign over all cohorts at once."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from planner.book.model import Cohort, Targeting
from planner.problem import Flags, Integers


class Population:
    """Traits, regions and devices of R cohorts, of which only those are kept that a targeting names."""

    def __init__(self, cohorts: Sequence[Cohort], targetings: Sequence[Targeting]) -> None:
        named = (name for each in targetings for name in (*each.traits, *each.every_trait, *each.not_traits))
        self._column = {name: column for column, name in enumerate(dict.fromkeys(named))}
        self._traits = np.zeros((len(cohorts), len(self._column)), dtype=np.bool_)
        for row, cohort in enumerate(cohorts):
            self._traits[row, [self._column[name] for name in cohort.traits if name in self._column]] = True
        self._regions, self._region = _numbered([cohort.region for cohort in cohorts])
        self._devices, self._device = _numbered([cohort.device for cohort in cohorts])
        self._known: dict[Targeting, Flags] = {}

    def admitted(self, targeting: Targeting) -> Flags:
        """bool[R]: cohorts that have one of its traits, all of ``every_trait``, none of ``not_traits``, a region and a
        device of its lists. Empty lists admit everyone. The break's kind is not looked at.
        """
        if targeting not in self._known:
            self._known[targeting] = self._admitted(targeting)
        return self._known[targeting]

    def _admitted(self, targeting: Targeting) -> Flags:
        found = np.ones(len(self._traits), dtype=np.bool_)
        if targeting.traits:
            found &= self._have(targeting.traits).any(axis=1)
        found &= self._have(targeting.every_trait).all(axis=1)
        found &= ~self._have(targeting.not_traits).any(axis=1)
        if targeting.regions:
            found &= np.isin(self._region, [self._regions.get(name, -1) for name in targeting.regions])
        if targeting.devices:
            found &= np.isin(self._device, [self._devices.get(name, -1) for name in targeting.devices])
        return found

    def _have(self, names: tuple[str, ...]) -> Flags:
        """bool[R, len(names)]."""
        return self._traits[:, [self._column[name] for name in names]]


def _numbered(names: Sequence[str]) -> tuple[dict[str, int], Integers]:
    numbers: dict[str, int] = {}
    return numbers, np.array([numbers.setdefault(name, len(numbers)) for name in names], dtype=np.int64)
