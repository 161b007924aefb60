"""The listener: aiohttp's server without its router (one door, one dispatch), bounded in connections and headers."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, cast

from aiohttp import web
from aiohttp.web_protocol import RequestHandler

from ssai.edge.http import EdgeDoor, Handler
from ssai.edge.limits import Limits

log = logging.getLogger("halftime.edge")


class _Refused(asyncio.Protocol):
    """A connection above the limit: told so, and closed."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        if isinstance(transport, asyncio.Transport):
            transport.write(b"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
            transport.close()


class BoundedServer(web.Server):
    """A server that refuses connections above its limit."""

    def __init__(self, door: EdgeDoor, limits: Limits) -> None:
        options: dict[str, Any] = {
            "max_line_size": limits.line,
            "max_field_size": limits.line,
            "keepalive_timeout": limits.keep_alive,
            "lingering_time": 1.0,
            "access_log": None,
        }
        # A WholeResponse has what the protocol asks of an answer, though not by inheritance.
        super().__init__(cast("Handler", door.handle), **options)
        self._limit = limits.connections

    def open_connection(self) -> asyncio.Protocol:
        """The protocol of a new connection."""
        if len(self.connections) >= self._limit:
            log.warning("connection refused", extra={"reason": "connections_full", "limit": self._limit})
            return _Refused()
        handler: RequestHandler = self()
        return handler


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
