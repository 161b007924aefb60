"""From settings to a running edge: every concrete class is chosen here."""

from __future__ import annotations

import secrets
import socket
import time
import zlib
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from domain.units import SECOND, Microseconds, seconds
from halftime.settings import ChannelSettings, Settings, SettingsError, StoreSettings
from ssai.breaks.book import BreakRules
from ssai.channel.failover import FailoverOrigin
from ssai.channel.origin import Fetched, FolderOrigin, HttpOrigin, Origin
from ssai.channel.poller import Poller
from ssai.channel.version import ChannelVersion
from ssai.creatives.catalogue import Catalogue
from ssai.creatives.supply import CatalogueMedia, minimum_version, rungs, usable, usable_slate
from ssai.decide.house import HousePods
from ssai.edge.channel import EdgeChannel
from ssai.edge.parts import ChannelParts, Supply
from ssai.edge.worker import ChannelWorker
from ssai.hls.container import Container
from ssai.hls.multivariant import parse as parse_multivariant
from ssai.sessions.token import Tokens
from ssai.sessions.traits import QueryRules
from ssai.stitch.render import AdSegment
from ssai.store.embedded import EmbeddedRedis
from ssai.store.memory import MemoryStore
from ssai.store.port import Store
from ssai.store.redis_store import RedisStore

TOKEN_SECRET: Final = 32
"""Bytes of a token key that the store keeps."""
STALE_TARGETS: Final = 3
"""Target durations without a new segment after which a backup is asked: players hold as much (6.2.2)."""
UNHEARD_TARGET: Final = 4 * SECOND
"""The target duration of a channel that was not heard yet, for the same."""


@asynccontextmanager
async def open_store(settings: StoreSettings) -> AsyncIterator[Store]:
    """The store of the settings, closed at the end; the embedded server is started, and stopped by who started it."""
    async with AsyncExitStack() as stack:
        store: Store
        if settings.redis == "memory":
            store = MemoryStore()
        elif settings.redis == "embedded":
            server = await stack.enter_async_context(EmbeddedRedis(settings.folder / "redis"))
            store = RedisStore(server.socket)
        else:
            store = RedisStore(settings.redis)
        stack.push_async_callback(store.close)
        await store.ping()
        yield store


def open_origin(
    name: str, settings: ChannelSettings, version: Callable[[], ChannelVersion | None] = lambda: None
) -> Origin:
    """The channel's origin with its backups; ``version`` tells the channel version in force.

    ``SettingsError`` when an address is neither http(s) nor a folder.
    """
    primary = open_source(f"channels.{name}.origin", settings.origin, settings)
    if not settings.backups:
        return primary

    def known() -> Fetched | None:
        current = version()
        if current is None:
            return None
        source = next((window.source for window in current.windows.values()), 0)
        return Fetched(current.base, current.multivariant, source)

    def stale() -> float:
        current = version()
        target = UNHEARD_TARGET if current is None else current.target_duration
        return settings.stale or seconds(STALE_TARGETS * target)

    backups = [
        open_source(f"channels.{name}.backups.{place}", address, settings)
        for place, address in enumerate(settings.backups)
    ]
    return FailoverOrigin([primary, *backups], stale=stale, known=known)


def open_source(field: str, address: str, settings: ChannelSettings) -> Origin:
    """One origin; ``field`` says where its address stands in the settings. ``SettingsError`` as ``open_origin``."""
    if address.startswith("folder:"):
        folder = Path(address.removeprefix("folder:"))
        if not folder.is_dir():
            raise SettingsError(field, "a folder of snapshots", repr(str(folder)))
        return FolderOrigin(folder, interval=settings.snapshot_interval)
    parts = urlsplit(address)
    if parts.scheme not in {"http", "https"} or not parts.netloc:
        raise SettingsError(field, "an http(s) address or folder:PATH", repr(address))
    return HttpOrigin(address, hosts=frozenset(settings.redirect_hosts))


def content_address(settings: ChannelSettings) -> ContentPrefix:
    """Where players fetch content."""
    if settings.origin.startswith("folder:"):
        folder = Path(settings.origin.removeprefix("folder:")).resolve().as_uri() + "/"
    else:
        folder = settings.origin.rpartition("/")[0] + "/"
    return ContentPrefix(folder, settings.content_prefix)


class ContentPrefix:
    """Puts a CDN's address in the place of the origin folder's; other addresses stay."""

    def __init__(self, folder: str, prefix: str | None) -> None:
        self._folder = folder
        self._prefix = prefix if prefix is None or prefix.endswith("/") else prefix + "/"

    def __call__(self, url: str) -> str:
        """The address for players."""
        if self._prefix is not None and url.startswith(self._folder):
            return self._prefix + url.removeprefix(self._folder)
        return url


class CatalogueSupply:
    """What a channel's catalogue can give it, once its renditions are known."""

    def __init__(self, channel: str, settings: ChannelSettings) -> None:
        self._catalogue = None if settings.creatives is None else Catalogue.load(settings.creatives)
        self._prefix = settings.ads_prefix or f"/ads/{channel}/"
        self._longest = Microseconds(round(settings.longest * SECOND))

    def __call__(self, version: ChannelVersion) -> Supply:
        """Match the ladder to the renditions and keep what fits."""
        if self._catalogue is None:
            return Supply(HousePods((), self._longest), NoMedia(), None)
        index = parse_multivariant(version.multivariant, version.base) if version.multivariant else None
        addresses = {window.url: name for name, window in version.windows.items()}
        ladder = self._catalogue.ladder
        chosen = rungs(index, version, addresses, ladder)
        fit = usable(self._catalogue, chosen, version)
        return Supply(
            HousePods([entry.creative for entry in fit], self._longest),
            CatalogueMedia(self._catalogue, chosen, self._prefix),
            usable_slate(self._catalogue, chosen, version) if fit else None,
            minimum_version(ladder, chosen),
        )

    @property
    def subtitles(self) -> frozenset[Container]:
        """The containers in which the catalogue's creatives have subtitles."""
        rung = None if self._catalogue is None else self._catalogue.ladder.subtitles
        return frozenset() if rung is None else frozenset({Container(rung.container)})


def wall_clock() -> int:
    """Microseconds since the Unix epoch."""
    return time.time_ns() // 1000


class NoMedia:
    """A channel without a catalogue."""

    def segment(self, creative: str, rendition: str, index: int) -> AdSegment:
        """Nothing is there."""
        raise KeyError(creative, rendition, index)


async def build_channel(name: str, settings: ChannelSettings, store: Store, worker: str) -> EdgeChannel:
    """One channel with its worker, poller and tokens."""
    event = settings.event or name
    configured = BreakRules(
        target_duration=SECOND,
        grace=Microseconds(round(settings.grace * SECOND)),
        longest=Microseconds(round(settings.longest * SECOND)),
        content_back=settings.underfill == "content",
    )
    tokens = await open_tokens(store, event, settings)
    origin = open_origin(name, settings, lambda: made.version)
    supply = CatalogueSupply(name, settings)
    parts = ChannelParts(
        name=name,
        event=event,
        store=store,
        supply=supply,
        address=content_address(settings),
        rules=lambda: poller.rules,
        clock=wall_clock,
        strip_cues=settings.strip_cues,
    )
    made = ChannelWorker(parts)
    poller = Poller(
        name,
        worker,
        origin,
        store,
        configured,
        made.adopt,
        clock=wall_clock,
        seed=zlib.crc32(f"{worker}/{name}".encode()),
        subtitles=supply.subtitles,
    )
    query = QueryRules(settings.viewer_parameter, settings.traits, settings.origin_parameters)
    return EdgeChannel(name, made, poller, origin, store, tokens, query)


async def open_tokens(store: Store, event: str, settings: ChannelSettings) -> Tokens:
    """The tokens of an event, signed with the configured keys, or with one that the store keeps."""
    keys = [key.encode() for key in settings.token_keys]
    return Tokens(event, keys or [await store.secret(f"token.{event}", secrets.token_bytes(TOKEN_SECRET))])


def worker_name(settings: Settings) -> str:
    """Name of the worker in elections: the same after a restart, so that it takes its own lease up again."""
    server = settings.server
    return server.worker or f"{socket.gethostname()}:{server.port}"


def with_port(settings: Settings, port: int | None, redis: str | None) -> Settings:
    """The settings with what the command line says. ``SettingsError`` for what a file could not say either."""
    document = settings.model_dump()
    document["server"] |= {} if port is None else {"port": port}
    document["store"] |= {} if redis is None else {"redis": redis}
    return Settings.of(document, "command line")
