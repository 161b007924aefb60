"""The one leader of a channel: polls every rendition, makes numbered versions, records them, then hands them on.

Whoever holds the store's lease leads. While the store is away the leader keeps leading and serves unrecorded: nobody
else can take the lease then.
"""

from __future__ import annotations

import asyncio
import logging
import random
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field, replace
from itertools import islice
from typing import Final

from domain.errors import FencedError, StoreError
from domain.units import SECOND, Microseconds
from ssai.breaks.book import BreakRules
from ssai.channel.advance import Reload, advance, first_version, target_duration
from ssai.channel.codec import VersionCodec, encode_break
from ssai.channel.origin import Origin, OriginError
from ssai.channel.subtitles import left_out
from ssai.channel.version import ChannelVersion
from ssai.hls.container import Container
from ssai.hls.errors import PlaylistError
from ssai.hls.media import MediaReader, is_multivariant
from ssai.hls.multivariant import parse
from ssai.hls.variables import resolved
from ssai.store.port import Store

LEASE: Final = 3.0
"""Seconds. A dead leader is replaced after this, the third of it until the next look, and one poll."""
SETTLE: Final = Microseconds(100_000)
"""Microseconds between recording a version and its taking effect: every follower has it by then."""
MAX_RENDITIONS: Final = 64
"""Media playlists of one channel that are polled: a ladder of ten in five languages and subtitles."""
MAX_CLOSED: Final = 256
"""Breaks in one publication; what was folded in a long absence of the store follows with the next versions."""
LONE: Final = "r0"
"""The rendition's name where the origin has a media playlist and no multivariant one."""

log = logging.getLogger("halftime.poller")


@dataclass(slots=True)
class OriginHealth:
    """What metrics and readiness ask of the origin."""

    changed_at: float = field(default_factory=time.monotonic)
    failures: dict[str, int] = field(default_factory=dict)

    @property
    def staleness(self) -> float:
        """Seconds since the channel last advanced."""
        return time.monotonic() - self.changed_at

    def failed(self, reason: str) -> None:
        """Count a failure."""
        self.failures[reason] = self.failures.get(reason, 0) + 1


Deliver = Callable[[ChannelVersion], Awaitable[None]]
Clock = Callable[[], int]
"""Wall clock, microseconds since the Unix epoch."""


class Poller:
    """Leads one channel when the lease is to be had; otherwise waits for it.

    ``configured`` are the break rules with the target duration open (it comes from the origin's first response);
    ``subtitles`` the containers in which creatives have subtitles.
    """

    def __init__(
        self,
        channel: str,
        worker: str,
        origin: Origin,
        store: Store,
        configured: BreakRules,
        deliver: Deliver,
        *,
        clock: Clock,
        seed: int,
        subtitles: frozenset[Container] = frozenset(),
    ) -> None:
        self.channel: Final = channel
        self.health: Final = OriginHealth()
        self.codec: Final = VersionCodec()
        """For all of the channel's versions: who takes over goes on from what it read."""
        self._worker = worker
        self._origin = origin
        self._store = store
        self._rules = configured
        self._deliver = deliver
        self._clock = clock
        self._random = random.Random(seed)  # noqa: S311 - jitter, not a secret
        self._readers: dict[str, MediaReader] = {}
        self._version: ChannelVersion | None = None
        self._addresses: dict[str, str] = {}
        self._subtitles = subtitles
        self._variables: Mapping[str, str] = {}
        """Of the multivariant playlist, for the media playlists that import them."""
        self._unrecorded: dict[str, bytes] = {}
        """Breaks that were folded while the store was away."""
        self.leading = False

    @property
    def rules(self) -> BreakRules:
        """The break rules in force."""
        return self._rules

    async def run(self) -> None:
        """Lead whenever possible, until cancelled."""
        try:
            while True:
                fence = await self._lease()
                self.leading = fence is not None or (self.leading and self._version is not None)
                if self.leading:
                    await self._round(fence)
                    await asyncio.sleep(self._pause())
                else:
                    await asyncio.sleep(LEASE / 3)
        finally:
            await self._resign()

    async def _resign(self) -> None:
        self.leading = False
        try:
            await self._store.resign(self.channel, self._worker)
        except StoreError as error:
            log.info("lease not given back: %s", error)

    def seen(self, version: ChannelVersion) -> None:
        """A version that another worker led, so that this one goes on from it."""
        if self._version is None or version.number > self._version.number:
            self._take(version)

    def _take(self, version: ChannelVersion) -> None:
        if version.multivariant and (self._version is None or version.multivariant != self._version.multivariant):
            self._variables = dict(parse(version.multivariant, version.base).variables)
        self._version = version
        self._addresses = {name: window.url for name, window in version.windows.items()}
        self._rules = replace(self._rules, target_duration=version.target_duration)

    def _pause(self) -> float:
        """A quarter of a target duration, jittered by a fifth, so that many edges do not poll in step."""
        target = self._rules.target_duration / SECOND
        return min(2.0, max(0.2, target / 4)) * self._random.uniform(0.8, 1.2)

    async def _lease(self) -> int | None:
        try:
            fence = await self._store.lead(self.channel, self._worker, int(LEASE * 1000))
            insertion = await self._store.insertion(self.channel)
            self._rules = replace(self._rules, insertion=insertion)
            if fence is not None and not self.leading:
                body = await self._store.snapshot(self.channel)
                if body is not None:
                    self.seen(self.codec.decode(body))
                log.info("leading", extra={"channel": self.channel, "fence": fence})
        except StoreError as error:
            self.health.failed("store_away")
            log.warning("store away: %s", error, extra={"channel": self.channel})
            # Without the store nobody can take the lease: who led goes on, who did not may not begin.
            return 0 if self.leading else None
        if fence is None:
            self.leading = False
        return fence

    async def _round(self, fence: int | None) -> None:
        try:
            version = await (self._begin() if self._version is None else self._advance(self._version))
        except (OriginError, PlaylistError) as error:
            self._failed(error)
            return
        if version is None or version is self._version:
            return
        self.health.changed_at = time.monotonic()
        version = replace(version, effective=Microseconds(self._clock() + SETTLE))
        if await self._record(version, fence):
            self._take(version)
            await self._deliver(version)

    async def _record(self, version: ChannelVersion, fence: int | None) -> bool:
        known = () if self._version is None else {record.key for record in self._version.breaks if record.folded}
        # The store keeps the first record of a break that it gets, so it gets the last word: until a break is folded
        # the version itself carries it.
        self._unrecorded.update(
            (record.key, encode_break(record)) for record in version.breaks if record.folded and record.key not in known
        )
        if not fence:
            return True
        closed = dict(islice(self._unrecorded.items(), MAX_CLOSED))
        try:
            await self._store.publish(self.channel, fence, version.number, self.codec.encode(version), closed)
            for key in closed:
                del self._unrecorded[key]
        except FencedError as error:
            log.warning("fenced: %s", error, extra={"channel": self.channel})
            self.leading = False
            self._unrecorded.clear()
            return False
        except StoreError as error:
            self.health.failed("store_away")
            log.warning("version not recorded: %s", error, extra={"channel": self.channel})
        except ValueError as error:
            # More than the store takes of one channel: better served by this worker alone than by none.
            self.health.failed("version_too_large")
            log.warning("version not recorded: %s", error, extra={"channel": self.channel})
        return True

    async def _begin(self) -> ChannelVersion | None:
        index = await self._origin.multivariant()
        offered = parse(index.text, index.url) if is_multivariant(index.text) else None
        # Variants come first: the first rendition's boundaries name the common instants.
        addresses = (index.url,) if offered is None else offered.playlists
        if not addresses:
            raise OriginError(f"{index.url}: no media playlist in it")
        if len(addresses) > MAX_RENDITIONS:
            raise OriginError(f"{index.url}: more than {MAX_RENDITIONS} media playlists")
        subtitles = () if offered is None or not self._subtitles else offered.subtitles
        everything = list(dict.fromkeys((*addresses, *subtitles)))[:MAX_RENDITIONS]
        self._addresses = {f"r{place}": url for place, url in enumerate(everything)}
        self._variables = {} if offered is None else dict(offered.variables)
        reloads = dict(await self._fetch(fresh=True))
        needed, optional = list(self._addresses)[: len(addresses)], list(self._addresses)[len(addresses) :]
        if any(name not in reloads for name in needed):
            raise OriginError(f"{index.url}: not every media playlist could be had at the first poll")
        others = [reloads[name].playlist for name in needed]
        if any(not playlist.segments for playlist in others):
            return None
        for name in optional:
            found = reloads.get(name)
            reason = left_out(None if found is None else found.playlist, others, self._subtitles)
            if reason is not None:
                extra = {"channel": self.channel, "playlist": self._addresses.pop(name), "reason": reason}
                log.warning("subtitles left out", extra=extra)
                reloads.pop(name, None)
        target = target_duration(reloads)
        self._rules = replace(self._rules, target_duration=target)
        text = "" if offered is None else index.text
        return first_version(text, index.url, reloads, self._rules, optional)

    async def _advance(self, version: ChannelVersion) -> ChannelVersion:
        reloads = await self._fetch()
        insertion_changed = not self._rules.insertion
        return advance(version, reloads, self._rules) if reloads or insertion_changed else version

    async def _fetch(self, *, fresh: bool = False) -> Mapping[str, Reload]:
        names = list(self._addresses)
        results = await asyncio.gather(
            *(self._origin.media(self._addresses[name], fresh=fresh) for name in names), return_exceptions=True
        )
        reloads: dict[str, Reload] = {}
        for name, result in zip(names, results, strict=True):
            try:
                if isinstance(result, BaseException):
                    raise result
                if result is not None:
                    reader = self._readers.setdefault(name, MediaReader())
                    text = resolved(result.text, result.url, self._variables)
                    reloads[name] = Reload(self._addresses[name], reader.read(text), result.url, result.source)
            except (OriginError, PlaylistError) as error:
                self._failed(error)
        return reloads

    def _failed(self, error: OriginError | PlaylistError) -> None:
        reason = "playlist" if isinstance(error, PlaylistError) else "origin"
        self.health.failed(reason)
        log.warning("origin: %s", error, extra={"channel": self.channel, "reason": reason})
