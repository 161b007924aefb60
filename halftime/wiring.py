"""From settings to a running edge: every concrete class is chosen here."""

from __future__ import annotations

import secrets
import socket
import time
import zlib
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from domain.units import SECOND, Microseconds
from halftime.settings import ChannelSettings, Settings, SettingsError, StoreSettings
from ssai.breaks.book import BreakRules
from ssai.channel.origin import FolderOrigin, HttpOrigin, Origin
from ssai.channel.poller import Poller
from ssai.channel.version import ChannelVersion
from ssai.creatives.catalogue import Catalogue
from ssai.creatives.supply import CatalogueMedia, rungs, usable
from ssai.decide.house import HousePods
from ssai.edge.channel import EdgeChannel
from ssai.edge.parts import ChannelParts, Supply
from ssai.edge.worker import ChannelWorker
from ssai.hls.multivariant import parse as parse_multivariant
from ssai.sessions.token import Tokens
from ssai.sessions.traits import QueryRules
from ssai.store.embedded import EmbeddedRedis
from ssai.store.memory import MemoryStore
from ssai.store.port import Store
from ssai.store.redis_store import RedisStore

TOKEN_SECRET: Final = 32
"""Bytes of a token key that the store keeps."""


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


def open_origin(name: str, settings: ChannelSettings) -> Origin:
    """The channel's origin. ``SettingsError`` when the address is neither http(s) nor a folder."""
    if settings.origin.startswith("folder:"):
        folder = Path(settings.origin.removeprefix("folder:"))
        if not folder.is_dir():
            raise SettingsError(f"channels.{name}.origin", "a folder of snapshots", repr(str(folder)))
        return FolderOrigin(folder, interval=settings.snapshot_interval)
    parts = urlsplit(settings.origin)
    if parts.scheme not in {"http", "https"} or not parts.netloc:
        raise SettingsError(f"channels.{name}.origin", "an http(s) address or folder:PATH", repr(settings.origin))
    return HttpOrigin(settings.origin, hosts=frozenset(settings.redirect_hosts))


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
        chosen = rungs(index, version, addresses, self._catalogue.ladder)
        fit = usable(self._catalogue, chosen, version)
        media = CatalogueMedia(self._catalogue, chosen, self._prefix)
        house = HousePods([entry.creative for entry in fit], self._longest)
        return Supply(house, media, self._catalogue.slate if fit else None)


def wall_clock() -> int:
    """Microseconds since the Unix epoch."""
    return time.time_ns() // 1000


class NoMedia:
    """A channel without a catalogue."""

    def segment(self, creative: str, rendition: str, index: int) -> tuple[str, Microseconds]:
        """Nothing is there."""
        raise KeyError(creative, rendition, index)


async def build_channel(name: str, settings: ChannelSettings, store: Store, worker: str) -> EdgeChannel:
    """One channel with its worker, poller and tokens."""
    event = settings.event or name
    configured = BreakRules(
        target_duration=SECOND,
        grace=Microseconds(round(settings.grace * SECOND)),
        longest=Microseconds(round(settings.longest * SECOND)),
    )
    tokens = await open_tokens(store, event, settings)
    origin = open_origin(name, settings)
    parts = ChannelParts(
        name=name,
        event=event,
        store=store,
        supply=CatalogueSupply(name, settings),
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
