"""What deliveries leave of an event's limits."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Final

import numpy as np

from domain.errors import InputError
from planner.book.model import Break
from planner.book.read import Booked
from planner.build.prices import reserve
from planner.build.targeting import Population
from planner.event.delivered import Delivered, Delivery
from planner.event.night import HARD, Reach
from planner.problem import Flags, Floats, Integers, Kind, Shared

MAX_CELLS: Final = 100_000_000
"""Breaks that are over times creatives delivered there times cohorts: 800 MB of impressions."""


class Aired:
    """Impressions of J ads of an event to K cohorts, in the P breaks that are over.

    Where a creative is not named the campaign's count evenly; where no cohort is, those of its targeting by their
    ``viewers`` float64[P, K] in that break. A creative that no coming break admits counts for its campaign alone.

    Raises ``InputError`` for more than ``MAX_CELLS``.
    """

    def __init__(
        self, booked: Booked, ads: Sequence[str], breaks: Sequence[Break], viewers: Floats, delivered: Delivered
    ) -> None:
        book = booked.book
        self.breaks = breaks
        self.total = sum(each.impressions for each in delivered.deliveries)
        self.by_campaign: dict[str, int] = {}
        for each in delivered.deliveries:
            self.by_campaign[each.campaign] = self.by_campaign.get(each.campaign, 0) + each.impressions
        self._number = {creative: number for number, creative in enumerate(ads)}
        self._creatives: dict[str, list[str]] = {campaign.id: [] for campaign in book.campaigns}
        for creative in book.creatives:
            self._creatives[creative.campaign].append(creative.id)
        self._targeting = {campaign.id: campaign.targeting for campaign in book.campaigns}
        self._cohorts = {cohort.id: number for number, cohort in enumerate(book.audience.cohorts)}
        self._population = Population(book.audience.cohorts, list(self._targeting.values()))
        self._known = {each.id for each in breaks if each.id in set(delivered.breaks)}
        self._seen: list[dict[int, Floats]] = [{} for _ in breaks]
        where = {brk.id: number for number, brk in enumerate(breaks)}
        cells = 0
        for each in delivered.deliveries:
            here = where[each.brk]
            cells += self._add(each, self._seen[here], viewers[here])
            if cells > MAX_CELLS:
                expected = f"at most {MAX_CELLS} breaks times creatives times cohorts"
                raise InputError("delivered", expected, "more")

    @property
    def known(self) -> Flags:
        """bool[P]: something is known of the break."""
        return np.array([brk.id in self._known for brk in self.breaks], dtype=np.bool_)

    def shown(self, ads: int) -> Flags:
        """bool[P, J]: some of the ad's impressions were in the break."""
        found = np.zeros((len(self.breaks), ads), dtype=np.bool_)
        for number, seen in enumerate(self._seen):
            found[number, list(seen)] = True
        return found

    def seen(self, ads: Integers, use: Floats, breaks: Iterable[int]) -> Floats:
        """float64[K]: impressions of ``ads`` int64[n] in some of the breaks, each counted ``use`` float64[n]."""
        found = np.zeros(len(self._cohorts))
        for number in breaks:
            for ad, each in zip(ads.tolist(), use.tolist(), strict=True):
                if ad in self._seen[number]:
                    found += each * self._seen[number][ad]
        return found

    def _add(self, delivery: Delivery, seen: dict[int, Floats], viewers: Floats) -> int:
        """Count a delivery in; how many cells it took."""
        own = [delivery.creative] if delivery.creative is not None else self._creatives[delivery.campaign]
        numbers = [self._number[creative] for creative in own if creative in self._number]
        part = self._spread(delivery, viewers) * (delivery.impressions / max(1, len(numbers)))
        for number in numbers:
            seen[number] = seen[number] + part if number in seen else part
        return len(numbers) * len(part)

    def _spread(self, delivery: Delivery, viewers: Floats) -> Floats:
        """float64[K]: the part of its impressions that each cohort had, 1 in all."""
        found = np.zeros(len(self._cohorts))
        if delivery.cohort is not None:
            found[self._cohorts[delivery.cohort]] = 1.0
            return found
        wanted = self._population.admitted(self._targeting[delivery.campaign])
        found[wanted] = viewers[wanted]
        if found.sum() <= 0.0:
            # Nobody of its targeting was expected: then whoever was there saw it.
            found = viewers.copy()
        total = found.sum()
        return found / total if total > 0.0 else np.full(len(found), 1.0 / max(1, len(found)))


def shared_left(booked: Booked, shared: Shared, aired: Aired) -> Shared:
    """The shared rows with what is left of their limits.

    Budgets and goals are never less than nothing, promises are at most kept. A maximum share that was exceeded holds
    for what still comes by itself: no plan can take back what was shown.
    """
    campaigns = {campaign.id: campaign for campaign in booked.book.campaigns}
    left = shared.limit.copy()
    for row, kind in enumerate(shared.kinds):
        campaign = campaigns[owner(shared, row)]
        own = aired.by_campaign.get(campaign.id, 0)
        voice = campaign.share_of_voice
        if kind is Kind.BUDGET:
            left[row] = max(0.0, left[row] - own * reserve(campaign))
        elif kind is Kind.SHARE_MAXIMUM and voice is not None:
            left[row] = max(0.0, voice.maximum * aired.total - own)
        elif kind is Kind.SHARE_MINIMUM and voice is not None:
            left[row] = voice.minimum * aired.total - own
        else:
            left[row] = max(0.0, left[row] - own)
    return replace(shared, limit=left)


def owner(shared: Shared, row: int) -> str:
    """The campaign whose limit a shared row is, see ``planner.build.sharing``."""
    return shared.names[row].removeprefix(f"{shared.kinds[row].replace('_', ' ')} ")


def reach_left(whole: Sequence[Reach], coming: Sequence[Reach], aired: Aired) -> tuple[Reach, ...]:
    """Reach rows of the breaks that still come, with what deliveries leave of those that began before.

    ``whole`` are those over all breaks, with one scene for each of the P that are over ahead of the others; ``coming``
    those over the others alone. Both bound what is still to be seen: by what a cap leaves, and by how many breaks are
    left to attend.
    """
    past = len(aired.breaks)
    found = {_place(row): row for row in coming}
    for row in whole:
        if not row.first < past < row.stop:
            continue
        seen = aired.seen(row.ads, row.use, range(row.first, past))
        left = replace(row, first=0, stop=row.stop - past, limit=np.maximum(0.0, row.limit - seen))
        rival = found.get(_place(left))
        found[_place(left)] = left if rival is None else replace(left, limit=np.minimum(left.limit, rival.limit))
    hard = [row for row in found.values() if row.penalty == HARD]
    return (*hard, *(row for row in found.values() if row.penalty != HARD))


def _place(row: Reach) -> tuple[str, int, int]:
    return row.name, row.first, row.stop
