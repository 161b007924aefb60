"""One media playlist over its reloads: everything about it that must be remembered."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping
from typing import Final

from replay.conformance.across import Instants
from replay.conformance.media import Media, Segment, read
from replay.conformance.model import STALL, Creative, Fault, Snapshot, distinct
from replay.conformance.ranges import Ranges
from replay.conformance.reload import Reload
from replay.conformance.resources import Resources
from replay.conformance.standing import standing
from replay.conformance.walk import Walk

_HISTORY: Final = 512
"""Departed segments that a hop to a worker that lags may show again: far more than a window."""


class Track:
    """One playlist of one viewer.

    ``snapshot`` and ``media`` are the latest that could be read; ``changed_at`` is when it last had a new segment,
    ``ended_at`` when it was first seen to have ended, microseconds.
    """

    def __init__(self, name: str, creative: Creative | None) -> None:
        self.name: Final = name
        self.snapshot: Snapshot | None = None
        self.media: Media | None = None
        self.instants: Final = Instants()
        self.resources = Resources()
        self.ranges: Final = Ranges()
        self.ended_at: int | None = None
        self._creative = creative
        self._walk = Walk(advertised=creative is not None)
        self._history: dict[int, Segment] = {}
        self._shows: set[Hashable] = set()
        self._dated = False
        self.changed_at = 0
        self._stalled = False
        self._waits: int | None = None

    def observe(
        self, snapshot: Snapshot, url: str, imported: Mapping[str, str] | None
    ) -> tuple[list[Fault], list[Segment]]:
        """Faults that this reload brings, and the segments that it brings."""
        last, at = self.snapshot, snapshot.at
        if last is not None and self.media is not None and last.text == snapshot.text and self.media.base == url:
            self.snapshot = snapshot
            return list(self._unchanged(self.media, at)), []
        media = read(snapshot.text, url, self.media, self._creative, imported)
        if not media.usable:
            return self._new(media.faults, self._shows | {fault.key for fault in media.faults}), []
        faults = list(standing(media))
        keys: set[Hashable] = {fault.key for fault in faults}
        fresh, seamless = media.segments, False
        self._dated = self._dated or media.dated
        if self.media is None:
            self.changed_at = at
            self.resources.seen(media, (), fresh, at, at)
            faults += self._walk.over(fresh, 0, dated=self._dated)
        else:
            reload = Reload(self.media, media, self._history)
            changes = list(reload.faults())
            faults += changes
            keys |= {fault.key for fault in changes}
            seamless = not reload.broken and media.first <= self.media.end
            fresh = self._proceed(reload, media, last, at, faults)
        faults += self.ranges.take(media, at, seamless=seamless)
        if media.ended and self.ended_at is None:
            self.ended_at = at
        self.snapshot, self.media = snapshot, media
        for segment in fresh:
            self.instants.add(segment)
        return self._new(faults, keys), fresh

    def _proceed(
        self, reload: Reload, media: Media, last: Snapshot | None, at: int, faults: list[Fault]
    ) -> list[Segment]:
        before, fresh = reload.before, media.segments[reload.fresh :]
        since = at if last is None else last.at
        if reload.broken or media.end < before.end:
            self._walk.lost()
        if reload.broken:
            self._history.clear()
            self.resources = Resources()
            self.resources.seen(media, (), media.segments, at, since)
        else:
            gone = [segment for segment in before.segments if not media.first <= segment.number < media.end]
            for segment in gone:
                self._history[segment.number] = segment
            while len(self._history) > _HISTORY:
                del self._history[next(iter(self._history))]
            self.resources.seen(media, gone, fresh, at, since)
        faults += self._walk.over(media.segments, reload.fresh, dated=self._dated)
        if fresh:
            faults += self._resumed(fresh[0], at)
        elif not media.ended:
            faults += self._unchanged(media, at)
        return fresh

    def _unchanged(self, media: Media, at: int) -> Iterator[Fault]:
        """Rule 9: nothing new so far. What was published was so at the latest when it was first seen."""
        if media.ended or self._stalled or not media.limit or at - self.changed_at <= media.limit * 3 // 2:
            return
        if self._creative is None or (media.segments and media.segments[-1].block.creative is not None):
            self._stalled = True
            yield self._gap(media.last_line, at, "9" if self._creative is not None else STALL)
        else:
            # Whether an ad was due shows with the next segment only.
            self._waits = at

    def _resumed(self, first: Segment, at: int) -> Iterator[Fault]:
        if self._waits is not None:
            rule = STALL if first.block.creative is None else "9"
            yield self._gap(first.uri_line, self._waits, rule)
        self.changed_at, self._stalled, self._waits = at, False, None

    def _gap(self, line: int, at: int, rule: str) -> Fault:
        message = f"no new segment for {(at - self.changed_at) / 1_000_000:.3f} s, more than 1.5 target durations"
        return Fault(rule, line, message, (rule, self.changed_at))

    def finish(self) -> list[Fault]:
        """What a gap that never ended leaves to say."""
        waits, self._waits = self._waits, None
        return [] if waits is None or self.media is None else [self._gap(self.media.last_line, waits, STALL)]

    def _new(self, faults: list[Fault], shows: set[Hashable]) -> list[Fault]:
        """Those that the reload before did not show."""
        found = distinct(faults, self._shows)
        self._shows = shows
        return found
