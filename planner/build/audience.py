"""Cohorts as rows: what an impression is worth to each, which ads each may see, for how long."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Final

import numpy as np

from domain.units import Microseconds
from planner.book.model import CapOf, CapPer, Cohort
from planner.build.families import LONGER, counted
from planner.build.history import History
from planner.build.lineup import Lineup, flags, members
from planner.build.pairs import Apart, advertiser, separation
from planner.build.prices import declared, microseconds_of
from planner.build.targeting import Population
from planner.problem import Flags, Floats, Integers, Rule, Values


class Audience:
    """R cohorts, what they have seen, and the J ads that they might see.

    ``seats`` int64[R]; ``durations`` int64[J] microseconds; ``ad_time`` int64[R] microseconds of ads that a viewer may
    still see, at most the break's ``duration``.
    """

    def __init__(self, apart: Apart, cohorts: Sequence[Cohort], history: History, duration: Microseconds) -> None:
        self.apart = apart
        self.lineup: Lineup = apart.lineup
        self.book = self.lineup.catalogue.book
        self.cohorts = cohorts
        self.history = history
        self.seats = np.array([cohort.seats for cohort in cohorts], dtype=np.int64)
        self.durations = np.array([microseconds_of(each.duration) for each in self.lineup.creatives], dtype=np.int64)
        self.ad_time = self._ad_time(duration)
        self.population = Population(cohorts, [campaign.targeting for campaign in self.book.campaigns])
        self._column = {creative.id: ad for ad, creative in enumerate(self.lineup.creatives)}

    @property
    def everyone(self) -> Flags:
        """bool[R, J], all True."""
        return np.ones((len(self.cohorts), len(self.lineup)), dtype=np.bool_)

    def ads(self, of: CapOf, name: str) -> list[int]:
        """Ads of a spot, a campaign or an advertiser."""
        if of is CapOf.CREATIVE:
            return self.lineup.showing.get(name, [])
        return list(members(counted(self.lineup, of, name)))

    def values(self) -> Values:
        """float32[R, J] micros of an impression to a viewer who is present: declared, scored, less the repeat cost."""
        pairs = zip(self.lineup.campaigns, self.lineup.creatives, strict=True)
        worth = np.array([declared(campaign, creative) for campaign, creative in pairs], dtype=np.float64)
        found = np.empty((len(self.cohorts), len(self.lineup)), dtype=np.float32)
        found[:] = worth
        # Cohorts that are alike share one table of scores.
        known: dict[int, tuple[list[int], Floats]] = {}
        for row, cohort in enumerate(self.cohorts):
            if id(cohort.scores) not in known:
                ads = [self._column[name] for name in cohort.scores if name in self._column]
                scores = [score for name, score in cohort.scores.items() if name in self._column]
                known[id(cohort.scores)] = ads, worth[ads] * np.array(scores, dtype=np.float64)
            ads, own = known[id(cohort.scores)]
            found[row, ads] = own
        cost = float(self.book.viewing.repeat_cost * 1_000)
        if cost:
            for ad, rows, times in self.seen_in_event():
                found[rows, ad] -= (cost * times).astype(np.float32)
        return found

    def seen_in_event(self) -> Iterator[tuple[int, Integers, Integers]]:
        """Each ad with the rows that have seen it in the event, under whatever id, and how often."""
        seen = self.history.tally(CapOf.CREATIVE, CapPer.EVENT)
        for spot, ads in self.lineup.showing.items():
            rows, times = seen.of(self.history.number(CapOf.CREATIVE, spot))
            if len(rows):
                for ad in ads:
                    yield ad, rows, times

    def _ad_time(self, duration: Microseconds) -> Integers:
        left = np.full(len(self.cohorts), duration, dtype=np.int64)
        viewing = self.book.viewing
        limits = {CapPer.HOUR: viewing.maximum_ad_seconds_per_hour, CapPer.EVENT: viewing.maximum_ad_seconds}
        for per, limit in limits.items():
            if limit is not None:
                left = np.minimum(left, microseconds_of(limit) - self.history.seconds(per))
        return np.maximum(left, 0)


def targeting(audience: Audience) -> Flags:
    """bool[R, J]: the cohort is one that the campaign wants."""
    found = audience.everyone
    for campaign in audience.book.campaigns:
        own = audience.ads(CapOf.CAMPAIGN, campaign.id)
        if own:
            found[:, own] = audience.population.admitted(campaign.targeting)[:, None]
    return found


def cap(audience: Audience) -> Flags:
    """bool[R, J]: no cap of an hour, a day, the event or a lifetime is used up."""
    found = audience.everyone
    for of, name, rows, left in remaining(audience):
        found[rows[left <= 0, None], audience.ads(of, name)] = False
    return found


def repeats(audience: Audience) -> Flags:
    """bool[R, J]: the creative was not yet seen as often as one may see it in the event."""
    found = audience.everyone
    limit = audience.book.viewing.maximum_repeats
    if limit is not None:
        for ad, rows, times in audience.seen_in_event():
            found[rows[times >= limit], ad] = False
    return found


def separation_gap(audience: Audience) -> Flags:
    """bool[R, J]: nothing from which it must be separated in a pod was seen within the gap."""
    found = audience.everyone
    catalogue = audience.lineup.catalogue
    for number, rows in audience.history.seen_within(microseconds_of(audience.book.viewing.separation_gap)):
        standing = catalogue.standing(catalogue.book.creatives[number])
        kept_out = separation(audience.apart, standing) | advertiser(audience.apart, standing)
        found[rows] &= ~flags(kept_out, len(audience.lineup))
    return found


def ad_load(audience: Audience) -> Flags:
    """bool[R, J]: it is no longer than what the viewer may still see of ads."""
    return np.asarray(audience.durations <= audience.ad_time[:, None], dtype=np.bool_)


SEAT_RULES: Final[Mapping[Rule, Callable[[Audience], Flags]]] = {
    Rule.TARGETING: targeting,
    Rule.CAP: cap,
    Rule.REPEATS: repeats,
    Rule.SEPARATION_GAP: separation_gap,
    Rule.AD_LOAD: ad_load,
}
"""In the order in which they are asked: the first that refuses an ad to a cohort is its reason."""


def remaining(audience: Audience) -> list[tuple[CapOf, str, Integers, Integers]]:
    """For each longer cap of ads that are here: what it counts, rows that have seen some of it, how many are left."""
    found = []
    for per in LONGER:
        tallies = {of: audience.history.tally(of, per) for of in CapOf}
        for (of, name), limit in audience.apart.caps.limits(per).items():
            if audience.ads(of, name):
                rows, times = tallies[of].of(audience.history.number(of, name))
                found.append((of, name, rows, limit - times))
    return found
