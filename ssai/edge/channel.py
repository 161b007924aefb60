"""One channel of a running edge: its worker, its poller, its follower, and its sessions' door data."""

from __future__ import annotations

import asyncio
import logging
import time
from dataclasses import dataclass, field
from typing import Final

from domain.errors import StoreError
from ssai.channel.origin import Origin, OriginError
from ssai.channel.poller import LONE, Poller
from ssai.channel.version import ChannelVersion
from ssai.edge.worker import ChannelWorker
from ssai.hls.errors import PlaylistError
from ssai.hls.multivariant import rewrite
from ssai.hls.variables import resolved
from ssai.sessions.token import Tokens
from ssai.sessions.traits import QueryRules
from ssai.store.port import Store

MAX_INDEXES: Final = 64
"""Multivariant playlists kept for different parameters of the origin: a listed parameter has few values, or it should
not be listed."""
INDEX_SECONDS: Final = 30.0
MAX_ASKING: Final = 16
"""Such playlists that are asked for at once: half of the origin's connections, so that polling never waits for viewers.
"""

_PLACE: Final = "{session}"
"""Stands in a rewritten playlist where a token goes; a brace cannot stand in a URI (RFC 3986)."""

log = logging.getLogger("halftime.channel")


@dataclass(slots=True)
class EdgeChannel:
    """Everything of one channel in this process."""

    name: str
    worker: ChannelWorker
    poller: Poller
    origin: Origin
    store: Store
    tokens: Tokens
    query: QueryRules
    _indexes: dict[str, tuple[float, str]] = field(default_factory=dict)
    _templates: dict[str, list[str]] = field(default_factory=dict)
    _asking: dict[str, asyncio.Task[str | None]] = field(default_factory=dict)

    def count(self, reason: str) -> None:
        """Count what went otherwise than wished."""
        self.worker.reasons[reason] = self.worker.reasons.get(reason, 0) + 1

    async def start(self) -> None:
        """Put the recorded version in force, if there is one, before the first request is taken."""
        try:
            body = await self.store.snapshot(self.name)
        except StoreError as error:
            log.warning("store away: %s", error, extra={"channel": self.name})
            return
        if body is not None:
            # An unreadable version is no absent one: it ends the start with its error.
            version = self.poller.codec.decode(body)
            self.poller.seen(version)
            await self.worker.adopt(version)

    async def follow(self) -> None:
        """Adopt what other workers lead, until cancelled."""
        while True:
            try:
                async for body in self.store.versions(self.name):
                    if self.poller.leading:
                        continue  # what this worker publishes it has adopted itself
                    version = self.poller.codec.decode(body)
                    if self.worker.version is None or version.number > self.worker.version.number:
                        self.poller.seen(version)
                        await self.worker.adopt(version)
            except StoreError as error:
                log.warning("store away: %s", error, extra={"channel": self.name})
                await asyncio.sleep(1)

    async def multivariant(self, token: str, origin_query: str) -> str:
        """The multivariant playlist of one session: each media playlist at this edge, under the session's token."""
        version = self.worker.version
        if version is None:
            raise StoreError("no channel version yet")
        text = await self._index(version, origin_query)
        if not text:
            return f"#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=2000000\n{token}/{LONE}.m3u8\n"
        known = self._templates.get(text)
        if known is None:
            if len(self._templates) > MAX_INDEXES:
                del self._templates[next(iter(self._templates))]
            known = self._templates[text] = self._template(version, text)
        return token.join(known)

    def _template(self, version: ChannelVersion, text: str) -> list[str]:
        """The rewritten playlist, cut where the session's token goes."""
        names = {window.url.partition("?")[0]: name for name, window in version.windows.items()}

        def address(url: str) -> str | None:
            name = names.get(url.partition("?")[0])
            return None if name is None else f"{_PLACE}/{name}.m3u8"

        rewritten = rewrite(text, address, version.base, self.worker.parts.address)
        if rewritten.dropped:
            log.info("left out of the multivariant playlist", extra={"channel": self.name, "lines": rewritten.dropped})
        return rewritten.text.split(_PLACE)

    async def _index(self, version: ChannelVersion, query: str) -> str:
        """The origin's multivariant playlist, asked for with the parameters that are listed for it."""
        if not query or not version.multivariant:
            return version.multivariant
        known = self._indexes.get(query)
        if known is not None and time.monotonic() - known[0] < INDEX_SECONDS:
            return known[1]
        # Viewers who come together wait for one answer.
        asking = self._asking.get(query)
        if asking is None and len(self._asking) >= MAX_ASKING:
            self.count("parameters_busy")
            return version.multivariant if known is None else known[1]
        if asking is None:
            asking = self._asking[query] = asyncio.create_task(self._ask_index(version.base, query))
        fresh = await asyncio.shield(asking)
        if fresh is not None:
            return fresh
        return version.multivariant if known is None else known[1]

    async def _ask_index(self, base: str, query: str) -> str | None:
        """Ask the origin and keep the answer; None when there is none."""
        joiner = "&" if "?" in base else "?"
        try:
            fetched = await self.origin.media(f"{base}{joiner}{query}", fresh=True)
            # Variables may come from the parameters, which only this address has.
            text = None if fetched is None else resolved(fetched.text, fetched.url, None)
        except (OriginError, PlaylistError) as error:
            log.warning("origin: %s", error, extra={"channel": self.name, "reason": "origin"})
            return None
        finally:
            del self._asking[query]
        if text is None:
            return None
        self._indexes.pop(query, None)
        while len(self._indexes) >= MAX_INDEXES:
            del self._indexes[next(iter(self._indexes))]
        self._indexes[query] = (time.monotonic(), text)
        return text
