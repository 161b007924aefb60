"""An origin with backups behind it: one source at a time, the next when it fails or stands still."""

from __future__ import annotations

import asyncio
import logging
import math
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Final

from ssai.channel.offer import Kind, Offer, offer
from ssai.channel.origin import Fetched, Origin, OriginError
from ssai.hls.errors import PlaylistError

FAILURES: Final = 5
"""Polls in a row without any answer, a little more than a target duration: a packager that starts again answers 404 for
a moment, and viewers have three target durations in hand."""

log = logging.getLogger("halftime.origin")


class FailoverOrigin:
    """Sources of one channel, the primary first; each has a multivariant playlist of its own.

    Media playlists are asked for by the addresses of one multivariant playlist, whichever source is current: ``known``
    tells it (what the channel's version holds), and until it does it is the one that ``multivariant`` gave last. The
    counterpart in the current source is found by what a playlist is (``ssai.channel.offer``). Who begins to poll goes
    on with the source that ``known`` tells, the one that the channel is read from.

    The current source is left for the next, the primary following the last, when every media playlist failed
    ``failures`` times in a row, or when none changed for ``stale()`` seconds of ``clock`` while they were asked for
    and none has ended. Nothing else brings a source back.
    """

    def __init__(
        self,
        sources: Sequence[Origin],
        *,
        stale: Callable[[], float],
        known: Callable[[], Fetched | None] = lambda: None,
        failures: int = FAILURES,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._sources = tuple(sources)
        self._stale, self._known, self._failures, self._clock = stale, known, failures, clock
        self._given: Fetched | None = None
        self._asked_with: tuple[Fetched, Offer] | None = None
        self._offers: dict[int, asyncio.Future[Offer]] = {}
        self._asked_at = -math.inf
        self._enter(0)

    def _enter(self, source: int) -> None:
        self._current = source
        self._misses: dict[str, int] = {}
        """Failures in a row of each media playlist."""
        self._texts: dict[str, int] = {}
        """Hash of what each media playlist was last."""
        self._ended = False
        self._changed_at = self._clock()

    def _leave(self, source: int, reason: str) -> None:
        """Go over to ``source``, whose addresses may have changed since it was asked last."""
        log.warning("origin %d is left for %d: %s", self._current, source, reason)
        self._offers.pop(source, None)
        self._enter(source)

    async def multivariant(self) -> Fetched:
        """Ask the current source, then the ones after it: the first that answers is current."""
        reasons = []
        for turn in range(len(self._sources)):
            source = (self._current + turn) % len(self._sources)
            try:
                index = await self._sources[source].multivariant()
                found = offer(index.text, index.url)
            except (OriginError, PlaylistError) as error:
                reasons.append(str(error))
                continue
            if reasons:
                self._leave(source, reasons[0])
            self._offers[source] = asyncio.get_running_loop().create_future()
            self._offers[source].set_result(found)
            self._given = replace(index, source=source)
            return self._given
        raise OriginError("; ".join(reasons))

    async def media(self, url: str, *, fresh: bool = False) -> Fetched | None:
        """Ask the current source for its counterpart of ``url``; ``OriginError`` also where it has none.

        An address that is no media playlist's (a multivariant playlist with a viewer's parameters) is the primary's.
        """
        kinds = self._kinds(url)
        if not kinds:
            return await self._sources[0].media(url, fresh=fresh)
        self._look_at_the_clock()
        source = self._current
        try:
            address = (await asyncio.shield(self._offered(source))).counterpart(kinds)
            # What this source gave when it was current before was followed by what another gave.
            again = fresh or url not in self._texts
            fetched = None if address is None else await self._sources[source].media(address, fresh=again)
        except (OriginError, PlaylistError) as error:
            # A reply that was under way when its source was left says nothing about the next.
            if source == self._current:
                self._failed(url, str(error))
            raise
        if address is None:
            raise OriginError(f"{url}: origin {source} has no such playlist")
        if source == self._current:
            self._answered(url, fetched)
        return None if fetched is None else replace(fetched, source=source)

    def _kinds(self, url: str) -> list[Kind]:
        index = self._known() or self._given
        if index is None:
            return []
        if self._asked_with is None or self._asked_with[0] != index:
            self._asked_with = index, offer(index.text, index.url)
        return self._asked_with[1].kinds(url)

    def _offered(self, source: int) -> asyncio.Future[Offer]:
        """What a source offers; those who ask together wait for one answer, be it a failure."""
        known = self._offers.get(source)
        if known is None or (known.done() and (known.cancelled() or known.exception() is not None)):
            known = self._offers[source] = asyncio.ensure_future(self._ask_offer(source))
        return known

    async def _ask_offer(self, source: int) -> Offer:
        index = await self._sources[source].multivariant()
        return offer(index.text, index.url)

    def _look_at_the_clock(self) -> None:
        now, stale = self._clock(), self._stale()
        if now - self._asked_at > stale:
            # Nobody asked, for another worker led the channel: nothing could be seen to change or to fail.
            self._changed_at = now
            index = self._known()
            if index is not None and index.source != self._current and index.source < len(self._sources):
                self._leave(index.source, "the channel is read from there")
        self._asked_at = now
        if now - self._changed_at > stale and not self._ended:
            self._leave((self._current + 1) % len(self._sources), f"nothing changed for {stale:.0f} s")

    def _failed(self, url: str, reason: str) -> None:
        self._misses[url] = self._misses.get(url, 0) + 1
        if min(self._misses.values()) >= self._failures:
            self._leave((self._current + 1) % len(self._sources), reason)

    def _answered(self, url: str, fetched: Fetched | None) -> None:
        self._misses[url] = 0
        if fetched is None or "#EXTM3U" not in fetched.text:
            return
        text = hash(fetched.text)
        if self._texts.get(url) != text:
            self._texts[url], self._changed_at = text, self._clock()
            self._ended = "#EXT-X-ENDLIST" in fetched.text

    async def close(self) -> None:
        """Close every source."""
        for asked in self._offers.values():
            asked.cancel()
        for source in self._sources:
            await source.close()
