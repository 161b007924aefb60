"""One viewer: opens a session, follows each of its playlists as a player does, and has every reload checked."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Final, Protocol
from urllib.parse import urlsplit

from domain.units import Microseconds
from replay.conformance import Checker, Creative, Finding, Snapshot
from replay.viewers.client import Answer, Outcome
from replay.viewers.clock import Clock, MonotonicClock
from replay.viewers.head import PlayHead
from replay.viewers.pace import UNKNOWN_TARGET, reload_at, retry_at
from replay.viewers.player import Listed, Listing, PlayerError, addresses, choose, read, runways
from replay.viewers.pods import PodReader, Pods
from replay.viewers.tally import Tally

PLAYER: Final = "player"
"""The rule's name for a playlist that a player's own parser cannot read."""
POD: Final = "pod"
"""The rule's name for a break that one viewer sees filled with two pods."""
GAPS: Final = frozenset({"9", "origin_stall"})
"""The checker's names for a gap in publishing: only for these is it of interest that the edge was away."""


class Source(Protocol):
    """Where a viewer's playlists and segments come from; ``Client`` is one."""

    async def fetch(self, url: str, *, head: bool = False) -> Answer:
        """See ``Client.fetch``."""
        ...


@dataclass(frozen=True, slots=True)
class Habits:
    """``segments`` is the share of listed segments that are fetched, ``whole`` with their bodies or as HEAD."""

    segments: float = 0.0
    whole: bool = False


@dataclass(slots=True)
class Absence:
    """When an edge last refused or lost a connection for a playlist, known to all who watch through it."""

    seen_at: Microseconds | None = None


@dataclass(slots=True)
class _Track:
    """One playlist of the viewer and what it was when it was last loaded."""

    name: str
    url: str
    pods: PodReader
    text: str | None = None
    listing: Listing | None = None
    changed_at: int = 0


@dataclass(slots=True)
class Viewer:
    """Plays the presentation at ``address`` until it ends, or until ``watch`` is cancelled.

    ``creative`` says of which creative an absolute address is a segment, None for content. Draws follow ``rng``.
    """

    address: str
    source: Source
    rng: Random
    creative: Creative
    habits: Habits = field(default_factory=Habits)
    clock: Clock = field(default_factory=MonotonicClock)
    absence: Absence = field(default_factory=Absence)
    tally: Tally = field(default_factory=Tally)
    _head: PlayHead = field(init=False, default_factory=PlayHead)
    _pods: Pods = field(init=False, default_factory=Pods)
    _tracks: list[_Track] = field(init=False, default_factory=list)
    _checker: Checker = field(init=False)

    def __post_init__(self) -> None:
        self._checker = Checker(creative=self.creative)
        self.tally.stalls, self.tally.pods = self._head.stalls, self._pods.breaks

    async def watch(self) -> None:
        """Open a session and follow its playlists; ``tally`` has what came of it, complete when this has returned."""
        try:
            if await self._open():
                async with asyncio.TaskGroup() as group:
                    for track in self._tracks:
                        group.create_task(self._follow(track))
        finally:
            now = self.clock.now()
            self._head.finish(now)
            for finding in self._checker.finish(now):
                self._judge(finding)

    async def _open(self) -> bool:
        """Load the multivariant playlist until it is there; False where the viewer is turned away."""
        while True:
            answer = await self._load(self.address)
            if answer.status == 200:
                break
            if answer.outcome not in {Outcome.SERVER, Outcome.TIMEOUT}:
                return False
            await self.clock.sleep(reload_at(answer.began, UNKNOWN_TARGET, changed=False))
        self.tally.opened = True
        text = answer.body.decode("utf-8", "replace")
        for finding in self._checker.multivariant(text, answer.url, answer.ended):
            self.tally.found(finding)
        try:
            choice = choose(text, answer.url, self.rng)
        except PlayerError as error:
            self._tell(PLAYER, str(error), None, Snapshot("", text, answer.ended))
            return False
        for role, url in choice._asdict().items():
            if url is not None:
                name = f"{role} {urlsplit(url).path.rpartition('/')[2].removesuffix('.m3u8')}"
                self._tracks.append(_Track(name, url, PodReader(self._pods)))
        return True

    async def _load(self, url: str) -> Answer:
        """One answer for a playlist; while connections are refused (the edge starts again) it is asked for again."""
        while True:
            answer = await self.source.fetch(url)
            tally = self.tally
            tally.statuses[answer.outcome] += 1
            tally.length += len(answer.body)
            tally.slowest = max(tally.slowest, answer.ended - answer.began)
            if answer.outcome is not Outcome.REFUSED:
                return answer
            self.absence.seen_at = answer.ended
            await self.clock.sleep(retry_at(answer.ended, self.rng.random()))

    async def _follow(self, track: _Track) -> None:
        while True:
            answer = await self._load(track.url)
            changed = False
            if answer.status == 200:
                self.tally.reloads += 1
                changed, fresh = self._take(track, answer)
                await self._fetch(fresh)
            if track.listing is not None and track.listing.ended:
                return
            target = UNKNOWN_TARGET if track.listing is None else track.listing.target
            await self.clock.sleep(reload_at(answer.began, target, changed=changed))

    def _take(self, track: _Track, answer: Answer) -> tuple[bool, Sequence[str]]:
        """Check one reload and play on with it: whether it changed, and the addresses of segments that it brings."""
        text = answer.body.decode("utf-8", "replace")
        changed = text != track.text
        # What is new was there when its answer came, what is still missing when it was asked for: so the time that
        # the request took never makes a gap longer than it was.
        at = answer.ended if changed else answer.began
        for finding in self._checker.observe(track.name, text, at, answer.url):
            self._judge(finding, track)
        if not changed:
            return False, ()
        before = None if track.text is None else Snapshot(track.name, track.text, Microseconds(track.changed_at))
        snapshot = Snapshot(track.name, text, at)
        track.text, track.changed_at = text, at
        try:
            listing, known = read(text), track.listing
            fresh = listing.segments if known is None else listing.after(known.end)
            urls = addresses(fresh, answer.url)
        except PlayerError as error:
            self._tell(PLAYER, str(error), before, snapshot)
            return True, ()
        track.listing = listing
        if known is not None and listing.first > known.end:
            track.pods.missed()
        self._play(track, fresh, answer.ended)
        for segment, url in zip(fresh, urls, strict=True):
            told = track.pods.see(segment.date, self.creative(url), tagged=segment.tagged)
            if told is not None:
                self._tell(POD, told, before, snapshot)
        return True, urls

    def _play(self, track: _Track, fresh: Sequence[Listed], now: int) -> None:
        assert track.listing is not None
        if self._head.playing:
            added = sum(segment.duration for segment in fresh)
            self._head.listed(track.name, added, now, ended=track.listing.ended)
            return
        listings = [other.listing for other in self._tracks if other.listing is not None]
        if len(listings) == len(self._tracks) and all(listing.segments for listing in listings):
            ahead = runways(listings)
            self._head.begin({other.name: one for other, one in zip(self._tracks, ahead, strict=True)}, now)
            for other in self._tracks:
                assert other.listing is not None
                self._head.listed(other.name, 0, now, ended=other.listing.ended)

    async def _fetch(self, urls: Sequence[str]) -> None:
        """Fetch the viewer's share of new segments, one after the other, and have what came judged (rule 10)."""
        if not self.habits.segments:
            return
        for url in urls:
            if self.rng.random() >= self.habits.segments:
                continue
            answer = await self.source.fetch(url, head=not self.habits.whole)
            self.tally.segments[answer.outcome] += 1
            self.tally.length += len(answer.body)
            # A server that is away says nothing about what it lists.
            if answer.outcome is not Outcome.REFUSED:
                for finding in self._checker.fetched(url, answer.status, answer.ended):
                    self.tally.found(finding)

    def _judge(self, finding: Finding, track: _Track | None = None) -> None:
        """Count a finding, unless it is a gap in publishing that refused connections explain."""
        if finding.rule in GAPS:
            away = self.absence.seen_at
            if away is not None and away >= (track or self._named(finding.playlist)).changed_at:
                self.tally.excused += 1
                return
        self.tally.found(finding)

    def _named(self, name: str) -> _Track:
        return next(track for track in self._tracks if track.name == name)

    def _tell(self, rule: str, message: str, before: Snapshot | None, snapshot: Snapshot) -> None:
        self.tally.found(Finding(rule, snapshot.playlist, 1, message, before, snapshot))


def edge_creative(url: str) -> str | None:
    """The creative of an edge's own address ``/ads/<channel>/<creative>/…``; slate in all its pieces is one."""
    try:
        parts = urlsplit(url).path.split("/", 4)
    except ValueError:
        return None
    if len(parts) < 5 or parts[1] != "ads":
        return None
    return "slate" if parts[3].startswith("slate") else parts[3]
