"""The listener: aiohttp's server without its router (one door, one dispatch), with bounds on what connections hold."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, Final, cast

from aiohttp import web
from aiohttp.web_protocol import RequestHandler

from ssai.edge.http import EdgeDoor, Handler
from ssai.edge.limits import Limits

_TELL_EVERY: Final = 1.0
"""Seconds between two lines about connections above the limit: who floods connections would flood the log too."""

log = logging.getLogger("halftime.edge")


class _Refused(asyncio.Protocol):
    """A connection above the limit: told so, and closed."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        if isinstance(transport, asyncio.Transport):
            transport.write(b"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
            transport.close()


class _Connection(RequestHandler):
    """A connection that no viewer holds by taking nothing, and that logs no traceback for every bad request."""

    __slots__ = ("_door", "_unread", "_unread_seconds")

    def __init__(self, server: web.Server, door: EdgeDoor, unread_seconds: float, options: dict[str, Any]) -> None:
        super().__init__(server, loop=asyncio.get_running_loop(), **options)
        self._door = door
        self._unread_seconds = unread_seconds
        self._unread: asyncio.TimerHandle | None = None

    def pause_writing(self) -> None:
        """What was written waits for the viewer: from now on for so long."""
        super().pause_writing()
        self._unread = self._loop.call_later(self._unread_seconds, self._give_up)

    def resume_writing(self) -> None:
        """It was taken."""
        super().resume_writing()
        self._forgive()

    def connection_lost(self, exc: BaseException | None) -> None:
        """The end, from either side."""
        super().connection_lost(exc)
        self._forgive()

    def handle_error(
        self,
        request: web.BaseRequest,
        status: int = 500,
        exc: BaseException | None = None,
        message: str | None = None,
    ) -> web.StreamResponse:
        """The answer to what is no request: counted, and nothing of it repeated. Faults of this house are logged."""
        if status >= 500:
            return super().handle_error(request, status, exc, message)
        self._door.turned_away(status)
        answer = web.Response(status=status, text="no request that can be read\n")
        answer.force_close()
        return answer

    def _forgive(self) -> None:
        if self._unread is not None:
            self._unread.cancel()
            self._unread = None

    def _give_up(self) -> None:
        self._unread = None
        self._door.turned_away(408)
        log.info("connection closed", extra={"reason": "unread", "seconds": self._unread_seconds})
        if self.transport is not None:
            self.transport.abort()


class BoundedServer(web.Server):
    """A server that refuses connections above its limit."""

    def __init__(self, door: EdgeDoor, limits: Limits) -> None:
        # A WholeResponse has what the protocol asks of an answer, though not by inheritance.
        super().__init__(cast("Handler", door.handle))
        self._options: dict[str, Any] = {
            "max_line_size": limits.line,
            "max_field_size": limits.line,
            "keepalive_timeout": limits.keep_alive,
            "lingering_time": 1.0,
            "access_log": None,
            # No request has a body: what one sends is thrown away as it is.
            "auto_decompress": False,
        }
        self._door = door
        self._limits = limits
        self._told = float("-inf")

    def open_connection(self) -> asyncio.Protocol:
        """The protocol of a new connection."""
        if len(self.connections) < self._limits.connections:
            return _Connection(self, self._door, self._limits.unread, self._options)
        self._door.turned_away(503)
        now = asyncio.get_running_loop().time()
        if now - self._told >= _TELL_EVERY:
            self._told = now
            extra = {"reason": "connections_full", "limit": self._limits.connections}
            log.warning("connections refused", extra=extra)
        return _Refused()


@asynccontextmanager
async def listen(door: EdgeDoor, host: str, port: int, limits: Limits) -> AsyncIterator[int]:
    """Accept connections; yields the port. At the end: stop accepting, finish what runs, close."""
    server = BoundedServer(door, limits)
    listener = await asyncio.get_running_loop().create_server(
        server.open_connection, host, port, backlog=1024, reuse_address=True
    )
    try:
        yield listener.sockets[0].getsockname()[1]
    finally:
        listener.close()
        server.pre_shutdown()
        await server.shutdown(5.0)
        await listener.wait_closed()
