"""The page server: the demo's page, the player's library, and where the page finds its channel."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Final

from aiohttp import web

from domain.errors import InputError

_FOLDER: Final = Path(__file__).parent / "page"
_FILES: Final = {
    "/": _FOLDER / "index.html",
    "/page.js": _FOLDER / "page.js",
    "/page.css": _FOLDER / "page.css",
    "/draw.js": _FOLDER / "draw.js",
    "/measure.js": _FOLDER / "measure.js",
    "/hls.min.js": _FOLDER / "node_modules" / "hls.js" / "dist" / "hls.min.js",
}
_GRACE: Final = 1.0
"""Seconds that a reply under way has when the server stops: every file here is small."""


@asynccontextmanager
async def page_server(host: str, port: int, facts: Mapping[str, Any]) -> AsyncIterator[str]:
    """Serve the page; ``facts`` is what it reads from ``/demo.json``. Yields its address, a slash at its end.

    Raises ``InputError`` where a file of the page is missing, ``OSError`` where the port is taken.
    """
    for file in _FILES.values():
        if not file.is_file():
            raise InputError(str(file), "the demo's page complete (`make env` fetches hls.js)", "no such file")

    async def show(request: web.Request) -> web.StreamResponse:
        # Revalidated each time: after an upgrade an old page must not meet a new edge.
        return web.FileResponse(_FILES[request.path], headers={"Cache-Control": "no-cache"})

    async def tell(_request: web.Request) -> web.StreamResponse:
        return web.json_response(facts, headers={"Cache-Control": "no-store"})

    app = web.Application()
    for path in _FILES:
        app.router.add_get(path, show)
    app.router.add_get("/demo.json", tell)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=_GRACE)
    await runner.setup()
    try:
        await web.TCPSite(runner, host, port).start()
        yield f"http://{host}:{runner.addresses[0][1]}/"
    finally:
        await runner.cleanup()
