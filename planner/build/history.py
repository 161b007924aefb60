"""What the viewers of each cohort have seen, as one table: an entry for each cohort and creative seen."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from planner.book.model import Break, CapOf, CapPer, Cohort
from planner.build.lineup import Catalogue
from planner.build.prices import microseconds_of
from planner.problem import Flags, Integers

HOUR: Final = 3_600_000_000
DAY: Final = 86_400_000_000


@dataclass(frozen=True, slots=True)
class Tally:
    """How often cohorts have seen something: int64[n] each, no pair twice, only what was seen, things in order."""

    rows: Integers
    things: Integers
    times: Integers

    def of(self, thing: int) -> tuple[Integers, Integers]:
        """Rows that have seen it, and how often."""
        start, stop = np.searchsorted(self.things, [thing, thing + 1])
        return self.rows[start:stop], self.times[start:stop]


class History:
    """E entries: ``rows`` int64[E], ``creatives`` int64[E] by the book's order, ``times`` int64[E], ``ago`` int64[E] in
    microseconds.
    """

    def __init__(self, catalogue: Catalogue, cohorts: Sequence[Cohort], brk: Break) -> None:
        order = {creative: number for number, creative in enumerate(catalogue.creatives)}
        entries = [
            (row, order[seen.creative], seen.times, microseconds_of(seen.ago))
            for row, cohort in enumerate(cohorts)
            for seen in cohort.seen
        ]
        self.rows, self.creatives, self.times, self.ago = np.array(entries, dtype=np.int64).reshape(-1, 4).T
        self._at = microseconds_of(brk.at)
        self._cohorts = len(cohorts)
        self._lengths = np.array(
            [microseconds_of(creative.duration) for creative in catalogue.book.creatives], dtype=np.int64
        )
        self._things: dict[CapOf, dict[str, int]] = {of: {} for of in CapOf}
        self._thing: dict[CapOf, Integers] = {}
        for of in CapOf:
            names = [_name(catalogue, creative, of) for creative in catalogue.creatives]
            numbers = self._things[of]
            coded = [-1 if name is None else numbers.setdefault(name, len(numbers)) for name in names]
            self._thing[of] = np.array(coded, dtype=np.int64)

    def number(self, of: CapOf, name: str) -> int:
        """The number in tallies of a spot, campaign or advertiser that some creative has."""
        return self._things[of][name]

    def within(self, per: CapPer) -> Flags:
        """bool[E]: entries of the period that ends with the break."""
        if per is CapPer.HOUR:
            return self.ago < HOUR
        if per is CapPer.DAY:
            return self.ago < DAY
        if per is CapPer.EVENT:
            return self.ago <= self._at
        return np.ones(len(self.ago), dtype=np.bool_)

    def tally(self, of: CapOf, per: CapPer) -> Tally:
        """Impressions by cohort and spot, campaign or advertiser; ads of unknown advertisers are nobody's."""
        thing = self._thing[of][self.creatives]
        chosen = self.within(per) & (thing >= 0)
        keys, inverse = np.unique(thing[chosen] * self._cohorts + self.rows[chosen], return_inverse=True)
        times = np.zeros(len(keys), dtype=np.int64)
        np.add.at(times, inverse, self.times[chosen])
        return Tally(keys % max(1, self._cohorts), keys // max(1, self._cohorts), times)

    def seen_within(self, gap: int) -> Iterator[tuple[int, Integers]]:
        """Each creative seen less than ``gap`` microseconds ago, and the rows that have seen it then, perhaps twice."""
        recent = self.ago < gap
        order = np.argsort(self.creatives[recent], kind="stable")
        creatives, rows = self.creatives[recent][order], self.rows[recent][order]
        for creative in np.unique(creatives):
            start, stop = np.searchsorted(creatives, [creative, creative + 1])
            yield int(creative), rows[start:stop]

    def seconds(self, per: CapPer) -> Integers:
        """int64[R]: microseconds of ads seen."""
        chosen = self.within(per)
        found = np.zeros(self._cohorts, dtype=np.int64)
        np.add.at(found, self.rows[chosen], self.times[chosen] * self._lengths[self.creatives[chosen]])
        return found


def _name(catalogue: Catalogue, creative: str, of: CapOf) -> str | None:
    if of is CapOf.CREATIVE:
        return catalogue.spots[creative]
    if of is CapOf.CAMPAIGN:
        return catalogue.creatives[creative].campaign
    return catalogue.booked.identities[creative].advertiser
