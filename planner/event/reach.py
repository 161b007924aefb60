"""The reach rows of a night: how often viewers can see what caps count, over several breaks.

A cap is a viewer's, but a plan speaks of cohorts. What all viewers of a cohort see of capped ads over a window of
breaks is at most the sum over them of E[min(what the cap leaves, what the pods attended hold)]. Every row is an upper
bound on what any way of showing ads within the rules delivers; rules of one pod are not repeated here.

Caps of an hour or a day hold at every break for the window that ends there: that break and those that began less than
the period before. A window within another one says nothing more, unless viewers had seen more by then. What a cohort
has ``seen`` counts in the windows that it still falls into, each by its last break: exact, if ``ago`` counts from the
break ``seen_before``, for what was seen lies at an instant and does not move with the breaks.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Final

import numpy as np

from domain.errors import InputError
from domain.units import SECOND
from planner.book.forecast import Forecast
from planner.book.model import Book, Break, CapOf, CapPer
from planner.book.read import Booked
from planner.build.caps import Caps, Counted
from planner.build.cliques import Cliques
from planner.build.families import LONGER, counted, families
from planner.build.history import DAY, HOUR
from planner.build.lineup import Bits, Catalogue, Lineup, bits, members
from planner.build.pairs import Apart, advertiser, separation
from planner.build.prices import microseconds_of
from planner.build.viewing import viewing
from planner.event.coming import Coming, Span, longest_of
from planner.event.night import HARD, Reach
from planner.event.past import Past
from planner.problem import Flags, Floats, Integers, Rule

MAX_CELLS: Final = 100_000_000
"""Rows times cohorts: 800 MB of prices."""
MAX_REPEATS: Final = 4
"""Rows for the cost of repeats of one ad; repeats beyond cost what the last of them does."""
_PERIODS: Final = {CapPer.HOUR: HOUR, CapPer.DAY: DAY}


def reach_rows(
    booked: Booked,
    ads: Sequence[str],
    breaks: Sequence[Break],
    scene_breaks: Sequence[int],
    seats: Floats,
    present: Floats,
    chance: Floats,
    *,
    admitted: Flags | None = None,
    seen_before: Break | None = None,
) -> tuple[Reach, ...]:
    """Every row that can bind, of caps, repeats, seconds of ads, the separation gap and the cost of repeats.

    ``ads`` are creative ids by the event's ad numbers, ``breaks`` those that still come in order of time,
    ``scene_breaks`` the number among them of each scene, not falling. ``seats`` float64[K], ``present`` float64[B, K]
    the part of them there should the break come, ``chance`` float64[B] that it does. ``admitted`` bool[B, J]: the break
    may have the ad in some scene (all, if nothing is said). What cohorts have ``seen`` lies ``ago`` before the break
    ``seen_before``, the first of ``breaks`` if nothing is said.

    Raises ``InputError`` where rows times cohorts are more than ``MAX_CELLS``, or pairs of ads that exclude each other
    more than ``planner.build.cliques`` holds.
    """
    if not breaks:
        return ()
    stay = (booked.book.forecast or Forecast()).stay
    coming = Coming(breaks, scene_breaks, seats, present, chance, stay)
    evening = _evening(booked, ads, coming, admitted, seen_before or breaks[0])
    hard: list[Reach] = []
    soft: list[Reach] = []
    for rule, found in ((caps, hard), (repeats, hard), (ad_load, hard), (separation_gap, hard), (repeat_cost, soft)):
        for row in rule(evening):
            found.append(row)
            count = len(hard) + len(soft)
            if count * len(seats) > MAX_CELLS:
                expectation = f"at most {MAX_CELLS} limits over several breaks times cohorts"
                raise InputError("caps", expectation, f"{count} limits or more and {len(seats)} cohorts")
    return (*_tightest(hard), *soft)


Windows = list[tuple[Span, Flags]]
"""In order, each with the entries of the past that count in it."""


@dataclass(frozen=True, slots=True)
class _Evening:
    """What the rules look up. ``durations`` int64[J] microseconds; ``admitted`` bool[B, J]; ``most`` keeps ``each``."""

    coming: Coming
    apart: Apart
    cliques: Cliques
    past: Past
    durations: Integers
    admitted: Flags | None
    most: dict[Bits, Integers] = field(default_factory=dict)

    @property
    def book(self) -> Book:
        """Of the event."""
        return self.apart.lineup.catalogue.book

    @property
    def lineup(self) -> Lineup:
        """The event's ads."""
        return self.apart.lineup

    def each(self, own: Bits) -> Integers:
        """int64[B]: no pod of the break has more of these ads than this."""
        if own not in self.most:
            chosen = list(members(own))
            ends = np.cumsum(np.sort(self.durations[chosen]))
            fitting = np.searchsorted(ends, self.coming.lengths, side="right")
            found = np.minimum(np.minimum(fitting, self.coming.maximum_ads), self.cliques.most_of(own))
            if self.admitted is not None:
                found[~self.admitted[:, chosen].any(axis=1)] = 0
            self.most[own] = found
        return self.most[own]

    def spans(self, per: CapPer) -> Windows:
        """Windows of a cap's period."""
        if per in _PERIODS:
            return self.windows(_PERIODS[per])
        return [(self.coming.whole, self.past.within(per))]

    def windows(self, period: int) -> Windows:
        """Those of ``period`` microseconds, in order."""
        instants = self.coming.instants
        spans = self.coming.windows(period)
        return [(span, self.past.recent(period, int(instants[span.stop - 1]))) for span in spans]

    def row(
        self, rule: Rule, name: str, own: Bits, span: Span, most: Integers, penalty: float = HARD
    ) -> Iterator[Reach]:
        """At most ``most`` int64[K] of these ads for each viewer, if that can bind."""
        limit = self.coming.limit(span, self.each(own), np.maximum(most, 0))
        if limit is not None:
            ads = np.array(list(members(own)), dtype=np.int64)
            yield Reach(rule, name, ads, np.ones(len(ads)), *self.coming.scenes(span), limit, penalty)


def caps(evening: _Evening) -> Iterator[Reach]:
    """Of a creative, a campaign or an advertiser per hour, day, event and lifetime."""
    for per in LONGER:
        windows = evening.spans(per)
        for what, most in evening.apart.caps.limits(per).items():
            own = _counted(evening.lineup, what)
            if own:
                name = f"cap of {what[0]} {what[1]} per {per}"
                times = partial(evening.past.times, evening.past.counting(what))
                for span, seen in _widest(windows, times):
                    yield from evening.row(Rule.CAP, name, own, span, most - seen)


def repeats(evening: _Evening) -> Iterator[Reach]:
    """One viewer sees one creative only so often in the event."""
    most = evening.book.viewing.maximum_repeats
    if most is not None:
        ((whole, recent),) = evening.spans(CapPer.EVENT)
        for spot, ads in evening.lineup.showing.items():
            seen = evening.past.times(evening.past.counting((CapOf.CREATIVE, spot)), recent)
            yield from evening.row(Rule.REPEATS, f"repeats of {spot}", bits(ads), whole, most - seen)


def ad_load(evening: _Evening) -> Iterator[Reach]:
    """One viewer sees only so many seconds of ads, in an hour and in the event. Its unit is seconds."""
    wanted = evening.book.viewing
    coming = evening.coming
    ads = np.arange(len(evening.lineup), dtype=np.int64)
    use = evening.durations / SECOND
    for per, most in ((CapPer.HOUR, wanted.maximum_ad_seconds_per_hour), (CapPer.EVENT, wanted.maximum_ad_seconds)):
        if most is not None:
            for span, seen in _widest(evening.spans(per), evening.past.microseconds):
                left = np.maximum(microseconds_of(most) - seen, 0)
                limit = coming.limit(span, coming.lengths, left, seconds=True)
                if limit is not None:
                    name = f"seconds of ads per {per}"
                    yield Reach(Rule.AD_LOAD, name, ads, use, *coming.scenes(span), limit / SECOND)


def separation_gap(evening: _Evening) -> Iterator[Reach]:
    """Over breaks closer than the gap a viewer sees one ad of those of which each excludes all, itself included.

    Where a campaign keeps all others of a category away, these are not kept apart among themselves: pairs of one of its
    ads and one of theirs have no row, and what they deliver is bounded a little less closely.
    """
    windows = evening.windows(microseconds_of(evening.book.viewing.separation_gap))
    if not windows:
        return
    kept_out = {number: _kept_out(evening.apart, number) for number in evening.past.creatives}
    for own, name in _apart_over_pods(evening.apart):
        times = partial(evening.past.times, [number for number, out in kept_out.items() if not own & ~out])
        for span, seen in _widest(windows, times):
            yield from evening.row(Rule.SEPARATION_GAP, f"{name} within the gap", own, span, 1 - seen)


def repeat_cost(evening: _Evening) -> Iterator[Reach]:
    """Soft: impressions beyond E[min(m, breaks attended)] are repeats of the m-th, and each costs once more.

    Whoever sees an ad n times pays for n - 1, n - 2, ... 1 repeats: n - m beyond each m. Over all viewers these are at
    least the impressions beyond sum E[min(m, N)], so rows never overstate the cost. Pods count it, as all of an ad's
    value, by position and for who is still there; a row counts it as in the last slot of the longest break. What was
    seen before the plan is in the values of the scenes already.
    """
    wanted = evening.book.viewing
    longest = max(evening.coming.breaks, key=longest_of)
    staying = float(viewing(wanted, longest, longest_of(longest)).survival[-1])
    cost = float(wanted.repeat_cost * 1_000) * staying * min(1.0, wanted.first, wanted.last)
    if cost <= 0.0:
        return
    for spot, ads in evening.lineup.showing.items():
        for most in range(1, min(MAX_REPEATS + 1, _ceiling(evening, spot))):
            limits = np.full(len(evening.coming.seats), most, dtype=np.int64)
            name = f"repeat {most} of {spot}"
            yield from evening.row(Rule.REPEATS, name, bits(ads), evening.coming.whole, limits, cost)


def _evening(
    booked: Booked, ads: Sequence[str], coming: Coming, admitted: Flags | None, seen_before: Break
) -> _Evening:
    catalogue = Catalogue(booked)
    lineup = Lineup(catalogue, [catalogue.creatives[name] for name in ads])
    apart = Apart(lineup, Caps(catalogue))
    durations = np.array([microseconds_of(each.duration) for each in lineup.creatives], dtype=np.int64)
    past = Past(catalogue, booked.book.audience.cohorts, seen_before)
    return _Evening(coming, apart, families(apart, {}, "event"), past, durations, admitted)


def _counted(lineup: Lineup, what: Counted) -> Bits:
    of, name = what
    return bits(lineup.showing.get(name, ())) if of is CapOf.CREATIVE else counted(lineup, of, name)


def _widest(windows: Windows, seen: Callable[[Flags], Integers]) -> Iterator[tuple[Span, Integers]]:
    """Windows with what each cohort had ``seen`` by then, int64[K]; none within another that says as much."""
    tallies = [seen(recent) for _, recent in windows]
    for number, (span, _) in enumerate(windows):
        after = number + 1
        within = after < len(windows) and windows[after][0].start == span.start
        if not (within and np.array_equal(tallies[after], tallies[number])):
            yield span, tallies[number]


def _kept_out(apart: Apart, creative: int) -> Bits:
    """Ads of the event that may not follow a creative of the book within the gap."""
    catalogue = apart.lineup.catalogue
    standing = catalogue.standing(catalogue.book.creatives[creative])
    return separation(apart, standing) | advertiser(apart, standing)


def _apart_over_pods(apart: Apart) -> list[tuple[Bits, str]]:
    """Sets of ads of which any two may not follow each other within the gap, none within another."""
    lineup = apart.lineup
    found = [(lineup.under(node), f"separation under {name}") for node, name in apart.separated.items()]
    for node, separating in apart.separating.items():
        found.append((separating, f"separation under {apart.names[node]} by campaigns"))
    if lineup.catalogue.book.separation.advertisers:
        found.append((lineup.whose_unknown, "advertiser not known"))
        alone = (name for name in lineup.advertisers if apart.one_of(name))
        found += [(lineup.of_advertiser(name) | lineup.whose_unknown, f"advertiser {name}") for name in alone]
    containing: dict[int, list[int]] = {}
    for index, (own, _) in enumerate(found):
        for ad in members(own):
            containing.setdefault(ad, []).append(index)

    def within_another(index: int) -> bool:
        own = found[index][0]
        rivals = containing[next(members(own))]
        return any(not own & ~found[each][0] and (found[each][0] != own or each < index) for each in rivals)

    return [each for index, each in enumerate(found) if each[0] and not within_another(index)]


def _ceiling(evening: _Evening, spot: str) -> int:
    """Times that a viewer may see a spot at most, if it is limited below the rows that repeats have."""
    found = [MAX_REPEATS + 1]
    if evening.book.viewing.maximum_repeats is not None:
        found.append(evening.book.viewing.maximum_repeats)
    campaigns = {evening.lineup.creatives[ad].campaign for ad in evening.lineup.showing[spot]}
    for per in (CapPer.EVENT, CapPer.LIFETIME):
        limits = [evening.apart.caps.limit(per, CapOf.CREATIVE, spot)]
        if len(campaigns) == 1:
            limits.append(evening.apart.caps.limit(per, CapOf.CAMPAIGN, min(campaigns)))
        found += [limit for limit in limits if limit is not None]
    return min(found)


def _tightest(rows: Sequence[Reach]) -> list[Reach]:
    """Without rows of the same ads that another one, over the same scenes or more, holds to as little or less."""
    kept: dict[tuple[bytes, bytes], list[Reach]] = {}
    for row in rows:
        rivals = kept.setdefault((row.ads.tobytes(), row.use.tobytes()), [])
        if not any(_covers(rival, row) for rival in rivals):
            rivals[:] = [*(rival for rival in rivals if not _covers(row, rival)), row]
    needed = {id(row) for rivals in kept.values() for row in rivals}
    return [row for row in rows if id(row) in needed]


def _covers(row: Reach, other: Reach) -> bool:
    return row.first <= other.first and row.stop >= other.stop and bool(np.all(row.limit <= other.limit))
