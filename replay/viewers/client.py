"""The HTTP door of the viewers, shared by as many as live in one event loop."""

from __future__ import annotations

from enum import StrEnum
from typing import Final, NamedTuple, Self
from urllib.parse import urljoin

import aiohttp

from domain.units import Microseconds
from replay.viewers.clock import Clock, MonotonicClock

CONNECTIONS: Final = 1_000
"""Connections of one crowd at a time; requests beyond them wait, which counts as the edge's time."""
PATIENCE: Final = 10.0
"""Seconds after which a player gives a request up."""
MAX_BODY: Final = 64 * 1024 * 1024
"""Bytes of one body: a segment of ten seconds at 50 Mbit/s."""
_REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})


class Outcome(StrEnum):
    """What became of a request."""

    OK = "2xx"
    REDIRECT = "3xx"
    CLIENT = "4xx"
    SERVER = "5xx"
    REFUSED = "refused"
    """No connection, or one that was lost before the whole answer had come."""
    TIMEOUT = "timeout"
    OTHER = "other"
    """An answer that is none: not HTTP, or larger than is taken."""


class Answer(NamedTuple):
    """What came back. ``url`` is where it came from, after a redirect; ``status`` is 0 where no answer came.

    ``began`` and ``ended`` are instants of the client's clock. ``body`` is empty unless the status is 200.
    """

    url: str
    outcome: Outcome
    status: int
    body: bytes
    began: Microseconds
    ended: Microseconds


class Client:
    """Requests over one pool of connections; at most one redirect is followed. Use it with ``async with``."""

    def __init__(
        self, *, connections: int = CONNECTIONS, patience: float = PATIENCE, clock: Clock | None = None
    ) -> None:
        self._clock = clock or MonotonicClock()
        self._connections = connections
        self._timeout = aiohttp.ClientTimeout(total=patience)
        self._session: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> Self:
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=self._connections),
            cookie_jar=aiohttp.DummyCookieJar(),
            timeout=self._timeout,
            headers={"User-Agent": "halftime-viewer"},
        )
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._session is not None
        await self._session.close()

    async def fetch(self, url: str, *, head: bool = False) -> Answer:
        """GET an address, or HEAD it. What goes wrong is the answer's outcome, never an exception."""
        assert self._session is not None
        began = self._clock.now()
        status, body, outcome = 0, b"", Outcome.OTHER
        try:
            for redirected in (False, True):
                async with self._session.request("HEAD" if head else "GET", url, allow_redirects=False) as response:
                    status = response.status
                    if status in _REDIRECTS and not redirected:
                        url = urljoin(url, response.headers.get("Location", ""))
                        continue
                    whole = await _body(response) if status == 200 else b""
                    if whole is not None:
                        body, outcome = whole, Outcome(f"{status // 100}xx")
                    break
        except TimeoutError:
            outcome, status = Outcome.TIMEOUT, 0
        except (aiohttp.ClientConnectionError, aiohttp.ClientPayloadError):
            outcome, status = Outcome.REFUSED, 0
        except (aiohttp.ClientError, ValueError):
            status = 0
        return Answer(url, outcome, status, body, began, self._clock.now())


async def _body(response: aiohttp.ClientResponse) -> bytes | None:
    """The whole body; None where it is larger than is taken."""
    parts, size = [], 0
    async for piece in response.content.iter_any():
        size += len(piece)
        if size > MAX_BODY:
            return None
        parts.append(piece)
    return b"".join(parts)
