"""Rules of one cohort's viewers: whom an ad is for, and what they have seen already."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Final

from domain.units import Microseconds
from planner.book.model import Break, CapOf, CapPer, Cohort
from planner.book.read import Booked
from planner.check.contracts import Reach, guaranteed_position, roadblock
from planner.check.facts import Ad, Facts, duration_of, in_seconds
from planner.check.pairs import advertiser, separation
from planner.check.pod import PodCheck
from planner.check.violation import Violation
from planner.problem import Rule

HOUR: Final = 3_600
DAY: Final = 86_400
PERIODS: Final = (CapPer.HOUR, CapPer.DAY, CapPer.EVENT, CapPer.LIFETIME)


class History:
    """What the viewers of a cohort have seen before a break, counted by period.

    ``times`` are impressions by period and by what caps count, ``ad_time`` microseconds of ads by period, ``recent``
    the ads seen less than the separation gap ago, with the least seconds since.
    """

    def __init__(self, facts: Facts, brk: Break, cohort: Cohort) -> None:
        self.facts = facts
        self.cohort = cohort
        self.times: dict[CapPer, Counter[tuple[CapOf, str]]] = {per: Counter() for per in PERIODS}
        self.ad_time: Counter[CapPer] = Counter()
        self.recent: dict[str, tuple[Ad, Decimal]] = {}
        self.traits = frozenset(cohort.traits)
        for seen in cohort.seen:
            ad = facts.ads[seen.creative]
            for per in PERIODS:
                if _within(per, seen.ago, brk.at):
                    self.ad_time[per] += ad.duration * seen.times
                    for family in ad.families():
                        self.times[per][family] += seen.times
            if seen.ago < facts.book.viewing.separation_gap:
                known = self.recent.get(ad.name)
                if known is None or seen.ago < known[1]:
                    self.recent[ad.name] = (ad, seen.ago)

    def seen_in_event(self) -> dict[str, int]:
        """Impressions of this event by spot."""
        return {name: times for (of, name), times in self.times[CapPer.EVENT].items() if of is CapOf.CREATIVE}


HistoryRule = Callable[[History, Sequence[Ad]], Iterator[str]]


def targeting(history: History, pod: Sequence[Ad]) -> Iterator[str]:
    """The cohort is among those whom the campaign is for."""
    cohort, traits = history.cohort, history.traits
    for ad in pod:
        if ad.campaign is None:
            continue
        wanted = ad.campaign.targeting
        if wanted.traits and not traits.intersection(wanted.traits):
            yield f"{ad.name} is for {' or '.join(wanted.traits)}"
        for trait in wanted.every_trait:
            if trait not in traits:
                yield f"{ad.name} is for {trait} alone"
        for trait in wanted.not_traits:
            if trait in traits:
                yield f"{ad.name} is not for {trait}"
        if wanted.regions and cohort.region not in wanted.regions:
            yield f"{ad.name} is for {' or '.join(wanted.regions)}, not for region {cohort.region or 'unknown'}"
        if wanted.devices and cohort.device not in wanted.devices:
            yield f"{ad.name} is for {' or '.join(wanted.devices)}, not for device {cohort.device or 'unknown'}"


def cap(history: History, pod: Sequence[Ad]) -> Iterator[str]:
    """Caps over more than the break: what was seen and what the pod adds."""
    for family, adds in Counter(family for ad in pod for family in ad.families()).items():
        what = f"impressions of {family[0]} {family[1]}"
        for per in PERIODS:
            limit = history.facts.limit(family, per)
            seen = history.times[per][family]
            if limit is not None and seen + adds > limit:
                yield f"{seen} {what} seen and {adds} more, its cap per {per} is {limit}"


def repeats(history: History, pod: Sequence[Ad]) -> Iterator[str]:
    """One viewer sees one creative only so often in the event."""
    limit = history.facts.book.viewing.maximum_repeats
    if limit is None:
        return
    names = {ad.spot: ad.name for ad in pod if ad.spot is not None}
    for spot, adds in Counter(ad.spot for ad in pod if ad.spot is not None).items():
        seen = history.times[CapPer.EVENT][CapOf.CREATIVE, spot]
        if seen + adds > limit:
            yield f"{names[spot]} was seen {seen} times and stands in it {adds} times, at most {limit} are allowed"


def separation_gap(history: History, pod: Sequence[Ad]) -> Iterator[str]:
    """What is kept apart in a pod is kept apart over pods too, for a while."""
    for ad in dict.fromkeys(pod):
        for seen, ago in history.recent.values():
            reason = separation(history.facts, seen, ad) or advertiser(history.facts, seen, ad)
            if reason is not None:
                gap = history.facts.book.viewing.separation_gap
                yield f"{seen.name} was seen {ago} s ago, less than {gap} s: {reason}"


def ad_load(history: History, pod: Sequence[Ad]) -> Iterator[str]:
    """One viewer sees only so many seconds of ads, in an hour and in the event."""
    viewing = history.facts.book.viewing
    adds = sum(ad.duration for ad in pod)
    for per, limit in ((CapPer.HOUR, viewing.maximum_ad_seconds_per_hour), (CapPer.EVENT, viewing.maximum_ad_seconds)):
        seen = history.ad_time[per]
        if limit is not None and adds and in_seconds(seen + adds) > limit:
            yield f"{in_seconds(seen)} s of ads seen and {in_seconds(adds)} s more, at most {limit} s per {per}"


HISTORY_RULES: Final[Mapping[Rule, HistoryRule]] = {
    Rule.TARGETING: targeting,
    Rule.CAP: cap,
    Rule.REPEATS: repeats,
    Rule.SEPARATION_GAP: separation_gap,
    Rule.AD_LOAD: ad_load,
}


class HistoryCheck:
    """The rules of one cohort in one break.

    ``duration`` microseconds is how long the break is: a campaign reaches nobody with ads that are longer. Where
    nothing is said it is the longest plausible.
    """

    def __init__(self, pods: PodCheck, cohort: Cohort, duration: Microseconds | None = None) -> None:
        self.history = History(pods.facts, pods.brk, cohort)
        self._pods = pods
        if duration is None:
            duration = max(duration_of(each.seconds) for each in pods.brk.durations)
        self._reach = Reach(
            tuple(each for each in pods.facts.book.campaigns if each.roadblock and self._reached(each.id, duration)),
            tuple(
                each
                for each in pods.facts.book.campaigns
                if each.position_guaranteed and self._reached(each.id, duration)
            ),
        )

    def __call__(self, pod: Sequence[str], where: str | None = None) -> list[Violation]:
        """Everything that is wrong with showing these creatives of the book to the cohort's viewers."""
        where = f"cohort {self.history.cohort.id}" if where is None else where
        if not pod:
            return []
        unknown = [name for name in dict.fromkeys(pod) if name not in self._pods.facts.ads]
        if unknown:
            return [Violation(Rule.STATED, where, f"{name} is no creative of the book") for name in unknown]
        ads = [self._pods.facts.ads[name] for name in pod]
        found = [
            Violation(code, where, reason) for code, rule in HISTORY_RULES.items() for reason in rule(self.history, ads)
        ]
        found += [Violation(Rule.ROADBLOCK, where, reason) for reason in roadblock(self._reach, ads)]
        found += [
            Violation(Rule.GUARANTEED_POSITION, where, reason) for reason in guaranteed_position(self._reach, ads)
        ]
        return found

    def _reached(self, campaign: str, duration: Microseconds) -> bool:
        """Whether one of the campaign's ads alone may be shown to these viewers."""
        return any(
            not any(reason for rule in HISTORY_RULES.values() for reason in rule(self.history, (ad,)))
            for ad in self._pods.reaches(campaign, duration)
        )


def check_history(
    booked: Booked, brk: Break, cohort: Cohort, pod: Sequence[str], duration: Microseconds | None = None
) -> list[Violation]:
    """Check one pod for one cohort; for many of one break make ``HistoryCheck`` once. See there for ``duration``."""
    return HistoryCheck(PodCheck(Facts(booked), brk), cohort, duration)(pod)


def _within(per: CapPer, ago: Decimal, at: Decimal) -> bool:
    if per is CapPer.HOUR:
        return ago < HOUR
    if per is CapPer.DAY:
        return ago < DAY
    return ago <= at if per is CapPer.EVENT else True
