"""The HTTP door before real servers: what becomes of each request."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from aiohttp import web

from replay.viewers import Client, Outcome
from tests.halftime.test_kill import free_port


@asynccontextmanager
async def serving() -> AsyncIterator[str]:
    async def answer(request: web.BaseRequest) -> web.StreamResponse:
        match request.path:
            case "/once":
                raise web.HTTPFound("/text")
            case "/twice":
                raise web.HTTPFound("/once")
            case "/late":
                await asyncio.sleep(5)
            case "/cut":
                response = web.StreamResponse()
                response.content_length = 1000
                await response.prepare(request)
                await response.write(b"half")
                request.transport.abort()
                return response
            case "/gone":
                raise web.HTTPNotFound
        return web.Response(text="a text" if request.method == "GET" else "")

    server = web.Server(answer)
    listener = await asyncio.get_running_loop().create_server(server, "127.0.0.1", 0)
    try:
        yield f"http://127.0.0.1:{listener.sockets[0].getsockname()[1]}"
    finally:
        listener.close()
        await server.shutdown(0.1)


async def test_what_becomes_of_requests():
    async with serving() as base, Client(patience=0.3) as client:
        text = await client.fetch(base + "/text")
        assert (text.outcome, text.status, text.body, text.url) == (Outcome.OK, 200, b"a text", base + "/text")
        assert text.began <= text.ended
        once = await client.fetch(base + "/once")
        assert (once.status, once.url) == (200, base + "/text")
        assert (await client.fetch(base + "/twice")).outcome is Outcome.REDIRECT
        head = await client.fetch(base + "/text", head=True)
        assert (head.status, head.body) == (200, b"")
        assert (await client.fetch(base + "/gone")).outcome is Outcome.CLIENT
        late = await client.fetch(base + "/late")
        assert (late.outcome, late.status) == (Outcome.TIMEOUT, 0)
        assert (await client.fetch("no address")).outcome is Outcome.OTHER
        cut = await client.fetch(base + "/cut")
        assert (cut.outcome, cut.status, cut.body) == (Outcome.REFUSED, 0, b"")
        refused = await client.fetch(f"http://127.0.0.1:{free_port()}/")
        assert (refused.outcome, refused.status) == (Outcome.REFUSED, 0)
