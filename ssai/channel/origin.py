"""Where playlists come from: an origin over HTTP, or a folder of snapshots."""

from __future__ import annotations

import asyncio
import errno
import socket
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Protocol
from urllib.parse import urljoin

import aiohttp
from aiohttp.abc import AbstractResolver
from yarl import URL

from domain.errors import HalftimeError, InputError
from ssai.channel.hosts import authorities, authority, is_public
from ssai.hls.lines import decode

MAX_BODY: Final = 16 * 1024 * 1024
"""Bytes of one playlist: four hours of 2 s segments with every tag are under 3 MB."""
MAX_REDIRECTS: Final = 3
TIMEOUT: Final = 2.0
"""Seconds for one playlist, redirects included: longer than that and the last good window serves better. Less than the
leader's lease: one rendition that drips must not cost every leader its lease before it can publish the others."""
MAX_CONNECTIONS: Final = 32
"""To the hosts of the settings, and as many to all others."""
_PIECE: Final = 64 * 1024


class OriginError(HalftimeError):
    """The origin did not give a playlist: address and reason."""


@dataclass(frozen=True, slots=True)
class Fetched:
    """A playlist and the address it came from, after redirects; ``source`` counts a channel's origins from 0."""

    url: str
    text: str
    source: int = 0


class Origin(Protocol):
    """A source of playlists. ``None`` says that nothing is new since the last time."""

    async def multivariant(self) -> Fetched:
        """The multivariant playlist (or a lone media playlist)."""
        ...

    async def media(self, url: str, *, fresh: bool = False) -> Fetched | None:
        """One media playlist, ``fresh`` whether it is new or not. ``OriginError`` when it cannot be had."""
        ...

    async def close(self) -> None:
        """Let go of connections; idempotent."""
        ...


class HttpOrigin:
    """Conditional and bounded requests.

    The hosts of the settings (that of ``url``, and ``hosts``, with their ports) may be anywhere. What a playlist names
    on another host is asked for at public addresses only, and a redirect leads to the host that redirects or to one
    of the settings. No cookies are kept: whoever polls next would not have them.
    """

    def __init__(
        self,
        url: str,
        *,
        hosts: frozenset[str] = frozenset(),
        timeout_seconds: float = TIMEOUT,
        resolver: AbstractResolver | None = None,
    ) -> None:
        self._url = url
        self._hosts = frozenset({authority(_address(url))}) | authorities("redirect_hosts", hosts)
        self._validators: dict[str, dict[str, str]] = {}
        self._sessions: tuple[aiohttp.ClientSession, aiohttp.ClientSession] | None = None
        self._seconds = timeout_seconds
        self._resolver = resolver

    async def multivariant(self) -> Fetched:
        """Fetch the channel's address, whole."""
        fetched = await self.media(self._url, fresh=True)
        if fetched is None:
            raise OriginError(f"{self._url}: answered that nothing changed to a request without conditions")
        return fetched

    async def media(self, url: str, *, fresh: bool = False) -> Fetched | None:
        """Fetch ``url`` unless the origin says that it is what it was."""
        try:
            async with asyncio.timeout(self._seconds):
                return await self._get(url, fresh=fresh)
        except (aiohttp.ClientError, TimeoutError, OSError, ValueError) as error:
            raise OriginError(f"{url}: {type(error).__name__} {error}".rstrip()) from error

    async def _get(self, url: str, *, fresh: bool) -> Fetched | None:
        target, allowed = url, self._hosts | {authority(URL(url))}
        for _ in range(MAX_REDIRECTS + 1):
            # What viewers ask for has as many addresses as they like: only what is polled is remembered.
            headers = {} if fresh else self._validators.get(url, {})
            # What is judged is what is asked: two readers of one text may find two hosts in it.
            asked = URL(target)
            async with self._session(asked).get(asked, headers=headers, allow_redirects=False) as response:
                if response.status == 304:
                    return None
                if response.status in {301, 302, 303, 307, 308}:
                    target = urljoin(target, response.headers.get("Location", ""))
                    next_one = URL(target)
                    if next_one.scheme not in {"http", "https"} or authority(next_one) not in allowed:
                        raise OriginError(f"{url}: redirected to a host that is not the origin's ({next_one})")
                    continue
                if response.status != 200:
                    raise OriginError(f"{url}: status {response.status}")
                text = decode(await self._body(response))
                if not fresh:
                    names = {"ETag": "If-None-Match", "Last-Modified": "If-Modified-Since"}
                    self._validators[url] = {
                        there: response.headers[here] for here, there in names.items() if here in response.headers
                    }
                return Fetched(target, text)
        raise OriginError(f"{url}: more than {MAX_REDIRECTS} redirects")

    def _session(self, asked: URL) -> aiohttp.ClientSession:
        """The connections to the hosts of the settings, or those to all others."""
        if self._sessions is None:
            self._sessions = self._connections(None), self._connections(public_socket)
        return self._sessions[authority(asked) not in self._hosts]

    def _connections(self, sockets: aiohttp.SocketFactoryType | None) -> aiohttp.ClientSession:
        connector = aiohttp.TCPConnector(limit=MAX_CONNECTIONS, resolver=self._resolver, socket_factory=sockets)
        return aiohttp.ClientSession(
            timeout=aiohttp.ClientTimeout(total=None),
            headers={"User-Agent": "halftime"},
            cookie_jar=aiohttp.DummyCookieJar(),
            connector=connector,
        )

    @staticmethod
    async def _body(response: aiohttp.ClientResponse) -> bytes:
        parts, size = [], 0
        async for piece in response.content.iter_chunked(_PIECE):
            size += len(piece)
            if size > MAX_BODY:
                raise OriginError(f"{response.url}: more than {MAX_BODY} bytes")
            parts.append(piece)
        return b"".join(parts)

    async def close(self) -> None:
        """Close the connections."""
        sessions, self._sessions = self._sessions or (), None
        for session in sessions:
            await session.close()


def _address(url: str) -> URL:
    """The address of an origin in the settings; ``InputError`` where it is none."""
    try:
        return URL(url)
    except ValueError as error:
        raise InputError("origin", "an http(s) address", repr(url)) from error


def public_socket(info: aiohttp.AddrInfoType) -> socket.socket:
    """A socket for an address about to be connected to; ``OSError`` unless the address is public.

    This is asked last, when a name has been resolved and every form of a number (decimal, octal) has been read.
    """
    family, kind, protocol, _, place = info
    host = str(place[0])
    if not is_public(host):
        raise OSError(errno.EACCES, f"{host} is no public address, and the settings do not name its host")
    return socket.socket(family, kind, protocol)


class FolderOrigin:
    """Snapshots of a channel: ``index.m3u8``, and per media playlist a folder of its name with numbered snapshots.

    A new snapshot becomes current every ``interval`` seconds of ``clock``; the last one stays.
    """

    def __init__(
        self, folder: Path, *, interval: float, clock: Callable[[], float] = time.monotonic, prefix: str = ""
    ) -> None:
        self._folder = folder
        self._interval = interval
        self._clock = clock
        self._started = clock()
        self._prefix = prefix or folder.resolve().as_uri() + "/"
        self._shown: dict[str, Path] = {}

    async def multivariant(self) -> Fetched:
        """Read ``index.m3u8``."""
        return Fetched(self._prefix + "index.m3u8", await self._read(self._folder / "index.m3u8"))

    async def media(self, url: str, *, fresh: bool = False) -> Fetched | None:
        """Read the current snapshot of a media playlist; None while it is the one read last."""
        if not url.startswith(self._prefix):
            raise OriginError(f"{url}: not in the folder {self._folder}")
        name = url.removeprefix(self._prefix).partition("?")[0].removesuffix(".m3u8")
        try:
            folder = (self._folder / name).resolve()
            if not folder.is_relative_to(self._folder.resolve()):
                raise OriginError(f"{url}: not in the folder {self._folder}")
            snapshots = await asyncio.to_thread(lambda: sorted(folder.glob("*.m3u8")))
        except (OSError, RuntimeError, ValueError) as error:
            raise OriginError(f"{url}: no name of a folder ({error})") from error
        if not snapshots:
            raise OriginError(f"{folder}: no snapshots")
        place = min(len(snapshots) - 1, int((self._clock() - self._started) / self._interval))
        if not fresh and self._shown.get(url) == snapshots[place]:
            return None
        text = await self._read(snapshots[place])
        self._shown[url] = snapshots[place]
        return Fetched(url, text)

    @staticmethod
    async def _read(path: Path) -> str:
        def read() -> str:
            with path.open("rb") as file:
                return decode(file.read(MAX_BODY))

        try:
            return await asyncio.to_thread(read)
        except OSError as error:
            raise OriginError(f"{path}: {error.strerror}") from error

    async def close(self) -> None:
        """Nothing is held."""
