"""What viewers of each cohort had seen before the breaks that come, by what counts it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from planner.book.model import Break, CapOf, CapPer, Cohort
from planner.build.caps import Counted
from planner.build.history import History
from planner.build.lineup import Catalogue
from planner.build.prices import microseconds_of
from planner.problem import Flags, Integers


class Past:
    """E entries, one for each thing that a cohort says it has ``seen``, ``ago`` counted from the break ``anchor``.

    An entry lies at an instant of its own: it falls out of an hour or a day as the event goes on.
    """

    def __init__(self, catalogue: Catalogue, cohorts: Sequence[Cohort], anchor: Break) -> None:
        self._history = History(catalogue, cohorts, anchor)
        self._anchor = microseconds_of(anchor.at)
        self._cohorts = len(cohorts)
        book = catalogue.book
        self._lengths = np.array([microseconds_of(each.duration) for each in book.creatives], dtype=np.int64)
        order = np.argsort(self._history.creatives, kind="stable")
        seen, starts = np.unique(self._history.creatives[order], return_index=True)
        parts = np.split(order, starts[1:]) if len(seen) else []
        self._entries: dict[int, Integers] = dict(zip(seen.tolist(), parts, strict=True))
        self._counting: dict[Counted, list[int]] = {}
        for number in self._entries:
            creative = book.creatives[number]
            self._count((CapOf.CREATIVE, catalogue.spots[creative.id]), number)
            self._count((CapOf.CAMPAIGN, creative.campaign), number)
            whose = catalogue.booked.identities[creative.id].advertiser
            if whose is not None:
                self._count((CapOf.ADVERTISER, whose), number)

    @property
    def creatives(self) -> Sequence[int]:
        """Numbers in the book of the creatives that somebody has seen."""
        return tuple(self._entries)

    def counting(self, what: Counted) -> Sequence[int]:
        """Those of them that count in a cap."""
        return self._counting.get(what, ())

    def within(self, per: CapPer) -> Flags:
        """bool[E]: entries of this event, or of a lifetime."""
        return self._history.within(per)

    def recent(self, period: int, at: int) -> Flags:
        """bool[E]: entries less than ``period`` before the instant ``at``, both microseconds."""
        return np.asarray(self._history.ago + (at - self._anchor) < period, dtype=np.bool_)

    def times(self, creatives: Sequence[int], recent: Flags) -> Integers:
        """int64[K]: impressions of these creatives among the entries ``recent`` bool[E]."""
        found = np.zeros(self._cohorts, dtype=np.int64)
        for number in creatives:
            own = self._entries[number]
            own = own[recent[own]]
            np.add.at(found, self._history.rows[own], self._history.times[own])
        return found

    def microseconds(self, recent: Flags) -> Integers:
        """int64[K]: length of the ads among the entries ``recent`` bool[E]."""
        history = self._history
        found = np.zeros(self._cohorts, dtype=np.int64)
        lengths = history.times[recent] * self._lengths[history.creatives[recent]]
        np.add.at(found, history.rows[recent], lengths)
        return found

    def _count(self, what: Counted, number: int) -> None:
        self._counting.setdefault(what, []).append(number)
