"""Pods filled an ad at a time, for a block of rows at once: what greedy planners have in common.

Each row takes the ad that its planner ranks highest of those that it may still take; where the block wants more of an
ad than its budget allows, rows are served in the order given, and seats of a row that are served in part go on apart.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from planner.account import impressions
from planner.ledger import Ledger
from planner.legal import Gate
from planner.problem import NOTHING, Ads, Flags, Floats, Integers, PodRules, Position, Required, Rows, Values, Worth
from planner.worth import pod_values, survival, time_value

Places = NDArray[np.uint8]
NEVER = np.float32(-np.inf)
EDGES = (Position.FIRST, Position.LAST, Position.FIRST | Position.LAST)
FREE = 0
"""The place of an ad that may stand anywhere."""


class Ranking(Protocol):
    """What a greedy planner prefers, and how it puts what it chose in order."""

    def rank(self, offers: Values, durations: Integers) -> Values:
        """float32[R, J]: the greater, the sooner taken; ``offers`` float32[R, J] micros, ``durations`` int64[J]."""
        ...

    def arrange(self, rules: PodRules, worth: Worth, offers: Floats, pods: Ads, places: Places) -> Ads:
        """The pods int16[S, P] in order; ``offers`` float64[S, P] are their ads', ``places`` see ``seated``."""
        ...


@dataclass(frozen=True, slots=True)
class Filled:
    """S runs of ``seats`` int64[S] of rows ``row`` int64[S] with their ``pods`` int16[S, P]."""

    row: Integers
    seats: Integers
    pods: Ads


@dataclass(frozen=True, slots=True)
class _Longest:
    """The longest ads first, of equals the dearest; in the order of another ranking."""

    other: Ranking

    def rank(self, offers: Values, durations: Integers) -> Values:
        # A frame of video is 16 ms or more: lengths a millisecond apart are the same.
        dearest = np.abs(offers).max(axis=1, keepdims=True, initial=1.0)
        return np.asarray(durations / 1e3 + offers / dearest, dtype=np.float32)

    def arrange(self, rules: PodRules, worth: Worth, offers: Floats, pods: Ads, places: Places) -> Ads:
        return self.other.arrange(rules, worth, offers, pods, places)


@dataclass(slots=True)
class _State:
    """S runs of seats whose pods are being filled; ``score`` float32[S, J] is NEVER for ads that do not fit."""

    row: Integers
    seats: Integers
    score: Values
    pods: Ads
    places: Places
    length: Integers
    elapsed: Integers
    left: Integers
    edges: Integers
    counts: Integers
    shut: Flags
    wanting: Flags

    def part(self, which: Integers, served: Integers) -> None:
        """Split runs: ``served`` seats stay, the others go on as runs of their own at the end."""
        for field in fields(self):
            held = getattr(self, field.name)
            setattr(self, field.name, np.concatenate([held, held[which]]))
        self.seats[len(self.seats) - len(which) :] -= served
        self.seats[which] = served


class Filler:
    """Fills the pods of one break; made once from its rules."""

    def __init__(self, rules: PodRules, worth: Worth, tiers: Integers, ranking: Ranking) -> None:
        self._rules, self._worth, self._ranking = rules, worth, ranking
        self._gate = Gate(rules)
        self._tiers = [np.flatnonzero(tiers == tier) for tier in np.unique(tiers)]
        tight = [family for family in rules.families if family.limit < len(family.members)]
        self._apart = _apart(rules.ads, [family.members for family in tight if family.limit == 1])
        counted = [family for family in tight if family.limit > 1]
        self._members = np.zeros((len(counted), rules.ads), dtype=np.bool_)
        for number, family in enumerate(counted):
            self._members[number, list(family.members)] = True
        self._limits = np.array([family.limit for family in counted], dtype=np.int64)
        self._places = _places(rules.positions)
        # An ad that may stand in the middle but not at both edges is left out: no position request says so.
        middle = (rules.positions & Position.MIDDLE) != 0
        self._unfit = (rules.positions == 0) | (middle & (rules.positions != Position.ANY))
        for family in tight:
            if family.limit < 1:
                self._unfit[list(family.members)] = True
        shortest = int(rules.durations.min()) if rules.ads else int(rules.duration)
        self._width = max(1, min(rules.maximum_ads, int(rules.duration) // max(shortest, 1), max(rules.ads, 1)))

    @property
    def width(self) -> int:
        """P: ads of the longest pod."""
        return self._width

    def __call__(self, rows: Rows, ledger: Ledger) -> Filled:
        """A legal pod for every seat of ``rows``, charged to ``ledger``, no hard limit exceeded.

        Where there is a least fill, seats that are left without a pod are asked once more, with the longest ads first.
        """
        filled = self._fill(rows, ledger, self._ranking)
        again = np.flatnonzero((filled.pods[:, 0] == NOTHING) & (filled.seats > 0))
        if not self._rules.minimum_fill or not len(again):
            return filled
        row = filled.row[again]
        some = rows.take(row)
        some = Rows(some.values, some.allowed, filled.seats[again], some.ad_time, some.required)
        second = self._fill(some, ledger, _Longest(self._ranking))
        kept = np.setdiff1d(np.arange(len(filled.row)), again)
        return Filled(
            np.concatenate([filled.row[kept], row[second.row]]),
            np.concatenate([filled.seats[kept], second.seats]),
            np.concatenate([filled.pods[kept], second.pods]),
        )

    def _fill(self, rows: Rows, ledger: Ledger, ranking: Ranking) -> Filled:
        rules, worth = self._rules, self._worth
        if not rules.ads:
            return Filled(np.arange(len(rows)), rows.seats, np.full((len(rows), 1), NOTHING, dtype=np.int16))
        bonus = ledger.bonus()
        offers = rows.values + bonus.astype(np.float32)
        desk = ledger.desk()
        state = self._begin(rows, ranking.rank(offers, rules.durations), offers, ledger.closed(desk))
        self._require(state, rows, ledger, desk)
        for tier in self._tiers:
            state.wanting = ~state.shut
            self._take(state, rows, bonus, ledger, desk, tier if len(self._tiers) > 1 else None)
        whole = len(state.row) == len(rows)
        values = rows.values if whole else rows.values[state.row]
        present = state.pods != NOTHING
        chosen = np.where(present, state.pods, 0).astype(np.int64)
        given = np.where(present, np.take_along_axis(values, chosen, axis=1) + bonus[chosen], 0.0)
        pods = ranking.arrange(rules, worth, given, state.pods, state.places)
        saved = np.where(present, bonus[chosen], 0.0).sum(axis=1)
        empty = (
            state.shut | (state.elapsed < rules.minimum_fill) | (pod_values(rules, worth, values, pods) + saved <= 0.0)
        )
        pods[empty] = NOTHING
        pods[~self._gate(rows if whole else rows.take(state.row), pods)] = NOTHING
        ledger.charge(impressions(pods, state.seats.astype(np.float64), rules.ads))
        return Filled(state.row, state.seats, pods)

    def _begin(self, rows: Rows, score: Values, offers: Values, closed: Flags) -> _State:
        rules, worth = self._rules, self._worth
        left = np.minimum(rows.ad_time, rules.duration)
        score[~rows.allowed] = NEVER
        score[:, self._unfit | closed] = NEVER
        score[rules.durations > left[:, None]] = NEVER
        if not rules.minimum_fill:
            score[offers + (worth.per_second * rules.durations / 1e6).astype(np.float32) <= 0.0] = NEVER
        count = len(rows)
        zeros = np.zeros(count, dtype=np.int64)
        return _State(
            row=np.arange(count),
            seats=rows.seats.astype(np.int64),
            score=score,
            pods=np.full((count, self._width), NOTHING, dtype=np.int16),
            places=np.zeros((count, self._width), dtype=np.uint8),
            length=zeros,
            elapsed=zeros.copy(),
            left=left.astype(np.int64),
            edges=np.zeros((count, len(EDGES)), dtype=np.int64),
            counts=np.zeros((count, len(self._limits)), dtype=np.int64),
            shut=rows.seats == 0,
            wanting=np.zeros(count, dtype=np.bool_),
        )

    def _require(self, state: _State, rows: Rows, ledger: Ledger, desk: Floats) -> None:
        """Rows that must have an ad take it first, or stay empty."""
        for index in np.unique(rows.required):
            for wanted in self._rules.required[int(index)]:
                mine = (rows.required[state.row] == index) & ~state.shut
                state.wanting = mine & ~self._has(state, wanted)
                members = np.array(wanted.members, dtype=np.int64)
                at_edge = wanted.position in EDGES
                if at_edge:
                    members = members[(self._rules.positions[members] & wanted.position) != 0]
                    state.wanting &= state.edges.sum(axis=1) < 2
                    if wanted.position != EDGES[2]:
                        state.wanting &= state.edges[:, EDGES.index(wanted.position)] == 0
                self._take(state, rows, None, ledger, desk, members, int(wanted.position) if at_edge else FREE)
                state.shut |= (rows.required[state.row] == index) & ~self._has(state, wanted)

    def _has(self, state: _State, wanted: Required) -> Flags:
        """bool[S]: whether the run has what is wanted in a place that will be where it is wanted."""
        there = np.isin(state.pods, wanted.members)
        if wanted.position in EDGES:
            there &= (state.places != FREE) & ((state.places & ~np.uint8(wanted.position)) == 0)
        return np.asarray(there.any(axis=1))

    def _take(
        self,
        state: _State,
        rows: Rows,
        bonus: Floats | None,
        ledger: Ledger,
        desk: Floats,
        columns: Integers | None,
        place: int = FREE,
    ) -> None:
        """Runs that want take ads of ``columns`` until they want no more; without ``bonus`` each takes one."""
        if columns is not None and not len(columns):
            return
        closed = np.zeros(self._rules.ads, dtype=np.bool_)
        while state.wanting.any():
            runs = np.flatnonzero(state.wanting)
            view = state.score if len(runs) == len(state.row) else state.score[runs]
            view = view if columns is None else view[:, columns]
            best = view.argmax(axis=1)
            some = view[np.arange(len(runs)), best] > NEVER
            ads = best if columns is None else columns[best]
            if bonus is not None:
                some &= self._gains(state, rows, bonus, runs, ads)
            state.wanting[runs[~some]] = False
            runs, ads = runs[some], ads[some]
            if not len(runs):
                continue
            served = ledger.admit(desk, ads, state.seats[runs])
            fresh = ledger.closed(desk) & ~closed
            closed |= fresh
            state.score[:, fresh] = NEVER
            partly = (served > 0) & (served < state.seats[runs])
            if partly.any():
                state.part(runs[partly], served[partly])
            runs, ads = runs[served > 0], ads[served > 0]
            self._append(state, runs, ads, place)
            if bonus is None:
                state.wanting[runs] = False

    def _gains(self, state: _State, rows: Rows, bonus: Floats, runs: Integers, ads: Integers) -> Flags:
        """bool[n]: the ad at the end of the pod adds to its value, or the pod is not long enough without it."""
        before = state.elapsed[runs]
        after = before + self._rules.durations[ads]
        worth = self._worth
        gain = rows.values[state.row[runs], ads] * survival(worth, after) + bonus[ads]
        gain += time_value(worth, after) - time_value(worth, before)
        return np.asarray((gain > 0.0) | (before < self._rules.minimum_fill))

    def _append(self, state: _State, runs: Integers, ads: Integers, place: int) -> None:
        rules = self._rules
        slot = state.length[runs]
        state.pods[runs, slot] = ads
        own = self._places[ads]
        places = np.where(own == FREE, place, own if place == FREE else own & place).astype(np.uint8)
        state.places[runs, slot] = places
        state.length[runs] += 1
        state.elapsed[runs] += rules.durations[ads]
        state.left[runs] -= rules.durations[ads]
        for number, edge in enumerate(EDGES):
            state.edges[runs, number] += places == edge
        score = state.score[runs]
        np.copyto(score, NEVER, where=self._apart[ads])
        left = state.left[runs]
        late = np.flatnonzero(left < rules.durations.max())
        score[late] = np.where(rules.durations > left[late, None], NEVER, score[late])
        score[state.length[runs] >= self._width] = NEVER
        if (self._places != FREE).any():
            self._close_edges(state.edges[runs], score)
        if len(self._limits):
            counts = state.counts[runs] + self._members[:, ads].T
            state.counts[runs] = counts
            full = self._members[:, ads].T & (counts >= self._limits)
            for family in np.flatnonzero(full.any(axis=0)):
                score[np.ix_(full[:, family], self._members[family])] = NEVER
        state.score[runs] = score

    def _close_edges(self, edges: Integers, score: Values) -> None:
        """A pod has one first and one last ad: whoever must be there finds it taken."""
        both = edges.sum(axis=1) >= 2
        for number, edge in enumerate(EDGES):
            taken = both if number == len(EDGES) - 1 else both | (edges[:, number] > 0)
            score[np.ix_(taken, self._places == edge)] = NEVER


def _apart(ads: int, cliques: Sequence[tuple[int, ...]]) -> Flags:
    """bool[J, J]: which two ads may not share a pod, an ad and itself included."""
    apart = np.eye(ads, dtype=np.bool_)
    pairs = [members for members in cliques if len(members) == 2]
    if pairs:
        one, other = np.array(pairs, dtype=np.int64).T
        apart[one, other] = apart[other, one] = True
    for members in cliques:
        if len(members) > 2:
            apart[np.ix_(members, members)] = True
    return apart


def _places(positions: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """uint8[J]: the edges at which an ad must stand, or FREE."""
    return np.where((positions & Position.MIDDLE) != 0, FREE, positions).astype(np.uint8)


def seated(key: Floats, pods: Ads, places: Places) -> Ads:
    """``pods`` int16[S, P] in order: ads of ``places`` uint8[S, P] at their edges, the others by falling ``key``.

    A place is the ``Position`` at which an ad must stand, FREE if it may stand anywhere.
    """
    present = pods != NOTHING
    outside = 1.0 + np.where(present, np.abs(key), 0.0).max(axis=1, initial=0.0, keepdims=True)
    either = present & (places == EDGES[2])
    takes_first = either & (np.cumsum(either, axis=1) == 1) & ~(places == Position.FIRST).any(axis=1, keepdims=True)
    ahead = (places == Position.FIRST) | takes_first
    behind = (places == Position.LAST) | (either & ~takes_first)
    key = np.where(ahead, outside, np.where(behind, -outside, key))
    order = np.argsort(np.where(present, -key, np.inf), axis=1, kind="stable")
    return np.asarray(np.take_along_axis(pods, order, axis=1))
