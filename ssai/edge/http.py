"""The HTTP door: paths, status codes, headers. Everything behind it knows nothing of HTTP.

GET /live/{channel}/index.m3u8             opens a session; the multivariant playlist with this viewer's addresses
GET /live/{channel}/{token}/{rendition}.m3u8   a stitched media playlist ("-" as token: without ads)
GET /ads/{file}                            segments of creatives, unless a CDN serves them
GET /timeline/{channel}[/{token}]          breaks as they stand, and what this viewer gets in them (JSON)
GET /healthz /readyz /metrics
"""

from __future__ import annotations

import asyncio
import logging
import secrets
import zlib
from collections.abc import Awaitable, Callable, Mapping
from functools import lru_cache
from pathlib import Path
from time import perf_counter
from typing import Final

from aiohttp import HttpVersion11, hdrs, web
from multidict import CIMultiDict
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest

from domain.errors import HalftimeError, StoreError
from ssai.edge.channel import EdgeChannel
from ssai.edge.limits import Limits
from ssai.edge.metrics import RequestMetrics
from ssai.edge.reply import Head, WholeResponse
from ssai.edge.timeline import timeline
from ssai.sessions.token import Session

PLAYLIST_TYPE: Final = "application/vnd.apple.mpegurl"
SEGMENT_TYPES: Final = {
    ".ts": "video/mp2t",
    ".aac": "audio/aac",
    ".ac3": "audio/ac3",
    ".ec3": "audio/eac3",
    ".mp4": "video/mp4",
    ".m4s": "video/iso.segment",
    ".m4a": "audio/mp4",
    ".vtt": "text/vtt",
    ".m3u8": PLAYLIST_TYPE,
}
NO_TOKEN: Final = "-"  # noqa: S105 - says that there is none
GZIP_FROM: Final = 1_400
"""Bytes: a smaller body fits in one packet as it is."""

_CORS: Final = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Allow-Methods": "GET, HEAD, OPTIONS",
    "Access-Control-Allow-Headers": "*",
    "Access-Control-Expose-Headers": "Content-Length, Date",
    "Access-Control-Max-Age": "86400",
}
_ANY_ORIGIN: Final = {"Access-Control-Allow-Origin": "*"}
_PLAYLIST: Final = {
    **_ANY_ORIGIN,
    "Content-Type": PLAYLIST_TYPE,
    "Cache-Control": "no-store",
    "Vary": "Accept-Encoding",
}

log = logging.getLogger("halftime.edge")

Handler = Callable[[web.BaseRequest], Awaitable[web.StreamResponse]]


class Refusal(HalftimeError):  # noqa: N818 - an answer, not a fault
    """A request that gets a status instead of what it asked for."""

    def __init__(self, status: int, text: str, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(status, text)
        self.status = status
        self.text = text
        self.headers = headers or {}


class EdgeDoor:
    """Answers requests for all channels of this process."""

    def __init__(
        self,
        channels: Mapping[str, EdgeChannel],
        ads: Mapping[str, Path],
        registry: CollectorRegistry,
        metrics: RequestMetrics,
        limits: Limits,
    ) -> None:
        self._channels = channels
        self._ads = ads
        self._registry = registry
        self._metrics = metrics
        self._limits = limits
        self._head = Head(_PLAYLIST)
        self._gzip_head = Head({**_PLAYLIST, "Content-Encoding": "gzip"})
        self.closing = False
        """Set when the process is asked to end: readiness turns first, so that load balancers look elsewhere."""

    async def handle(self, request: web.BaseRequest) -> web.StreamResponse | WholeResponse:
        """Answer one request; every answer is counted, every refusal says why."""
        started = perf_counter()
        reload = self._reload(request)
        if reload is not None:
            self._metrics.observe("media", 200, perf_counter() - started)
            return reload
        kind, status = "other", 500
        path = request.path
        try:
            method = request.method
            if method == "OPTIONS":
                kind, status = "options", 204
                return web.Response(status=204, headers=_CORS)
            if method not in {"GET", "HEAD"}:
                raise Refusal(405, "GET, HEAD or OPTIONS", {"Allow": "GET, HEAD, OPTIONS"})  # noqa: TRY301 - one exit
            if request.body_exists:
                raise Refusal(413, "no request has a body")  # noqa: TRY301 - one exit
            parts = path.split("/")
            if len(parts) == 5 and parts[1] == "live":
                kind = "media"
                response: web.StreamResponse = await self._media(request, parts[2], parts[3], parts[4])
            elif len(parts) == 4 and parts[1] == "live":
                kind = "multivariant"
                response = await self._multivariant(request, parts[2], parts[3])
            elif len(parts) > 3 and parts[1] == "ads":
                kind = "ad"
                response = self._segment(parts[2], "/".join(parts[3:]))
            else:
                kind = "operations"
                response = self._operations(path)
            status = response.status
        except Refusal as refusal:
            status = refusal.status
            return web.Response(status=status, text=refusal.text + "\n", headers={**_ANY_ORIGIN, **refusal.headers})
        else:
            return response
        finally:
            self._metrics.observe(kind, status, perf_counter() - started)

    def turned_away(self, status: int) -> None:
        """Count a connection that was refused, or closed, without a request that came to an answer."""
        self._metrics.observe("connection", status, 0.0)

    def _reload(self, request: web.BaseRequest) -> WholeResponse | None:
        """The answer to a player's reload, where it asks for nothing unusual and all is at hand; None: the general way.

        Nearly all requests are such reloads. Looking at the path as it was sent, once, without the general way's
        coroutine, refusals and response, takes 13 microseconds in place of 20 (without the system's part).
        """
        parts = request.raw_path.split("/")
        if len(parts) != 5 or parts[1] != "live" or parts[0] or parts[4][-5:] != ".m3u8":
            return None
        channel = self._channels.get(parts[2])
        usual = request.method == "GET" and request.version == HttpVersion11 and request.keep_alive
        if channel is None or not usual or request.body_exists:
            return None
        session = channel.tokens.read(parts[3])
        if session is None:
            return None
        try:
            pieces = channel.worker.pieces(session.seat, session.join, parts[4][:-5])
        except KeyError:
            return None
        if pieces is None:
            return None
        if _takes_gzip(request.headers.get(hdrs.ACCEPT_ENCODING, "")):
            body = b"".join(pieces)
            if len(body) >= GZIP_FROM:
                return WholeResponse(self._gzip_head.now(), (_gzipped(body),))
        return WholeResponse(self._head.now(), pieces)

    def _channel(self, name: str) -> EdgeChannel:
        channel = self._channels.get(name)
        if channel is None:
            raise Refusal(404, "no such channel")
        return channel

    async def _media(self, request: web.BaseRequest, name: str, token: str, file: str) -> web.Response:
        channel = self._channel(name)
        rendition = file.removesuffix(".m3u8")
        if rendition == file:
            raise Refusal(404, "no such playlist")
        worker = channel.worker
        body: bytes | None = None
        session: Session | None = None
        if token != NO_TOKEN:
            session = channel.tokens.read(token)
            if session is None:
                raise Refusal(403, "not a session of this channel")
        try:
            if session is None:
                await self._ready(channel)
                body = worker.plain(rendition)
            else:
                body = worker.playlist(session.seat, session.join, rendition)
                if body is None:
                    await self._ready(channel)
                    await self._prepare(channel, session)
                    body = worker.playlist(session.seat, session.join, rendition)
        except KeyError:
            raise Refusal(404, "no such rendition") from None
        except StoreError as error:
            log.warning("seat not known: %s", error, extra={"channel": name, "reason": "seat_unknown"})
        if body is None:
            # Another worker's seat, and no store to ask: players try again, but never recover from numbers that fall.
            channel.count("seat_unknown")
            raise Refusal(503, "this seat is not known here yet", {"Retry-After": "1"})
        return _playlist(request, body)

    async def _ready(self, channel: EdgeChannel) -> None:
        if channel.worker.version is None and not await channel.worker.wait_ready(self._limits.hold_seconds):
            raise Refusal(503, "the origin has not been heard yet", {"Retry-After": "1"})

    async def _prepare(self, channel: EdgeChannel, session: Session) -> None:
        """Have what this seat lacks; ``StoreError`` where that takes longer than a request is held.

        Seats of one block wait for each other: while the store does not answer, the thousandth would wait for the
        time limits of all before it.
        """
        try:
            async with asyncio.timeout(self._limits.hold_seconds):
                await channel.worker.prepare(session)
        except TimeoutError as error:
            raise StoreError(f"seat {session.seat} was not at hand in {self._limits.hold_seconds} s") from error

    async def _multivariant(self, request: web.BaseRequest, name: str, file: str) -> web.Response:
        channel = self._channel(name)
        if file != "index.m3u8":
            raise Refusal(404, "no such playlist")
        await self._ready(channel)
        query = request.query
        token = NO_TOKEN
        viewer = channel.query.viewer_key(query) or secrets.token_hex(16)
        try:
            if channel.worker.seats >= self._limits.sessions:
                channel.count("sessions_full")
            else:
                session = await channel.worker.join(viewer, channel.query.read(query))
                await self._prepare(channel, session)
                token = channel.tokens.sign(session)
        except StoreError as error:
            channel.count("no_seat")
            log.warning("no seat: %s", error, extra={"channel": name})
        text = await channel.multivariant(token, channel.query.for_origin(query))
        return _playlist(request, text.encode("utf-8", "surrogateescape"))

    def _segment(self, channel: str, file: str) -> web.StreamResponse:
        folder = self._ads.get(channel)
        if folder is None:
            raise Refusal(404, "no such file")
        try:
            path = (folder / file).resolve()
            kind = SEGMENT_TYPES.get(path.suffix)
            if kind is None or not path.is_relative_to(folder) or not path.is_file():
                raise Refusal(404, "no such file")
        except (OSError, RuntimeError, ValueError):
            # A name that is too long, a circle of links, a null byte: no name of a file.
            raise Refusal(404, "no such file") from None
        # The name of a conditioned creative never gets other content: caches may keep it.
        headers = {**_ANY_ORIGIN, "Content-Type": kind, "Cache-Control": "public, max-age=31536000, immutable"}
        return web.FileResponse(path, headers=headers)

    def _operations(self, path: str) -> web.Response:
        if path == "/healthz":
            return web.Response(text="ok\n")
        if path == "/readyz":
            waiting = [name for name, channel in self._channels.items() if channel.worker.version is None]
            if self.closing or waiting:
                raise Refusal(503, "closing" if self.closing else f"waiting for the origin of {', '.join(waiting)}")
            return web.Response(text="ready\n")
        if path == "/metrics":
            return web.Response(body=generate_latest(self._registry), headers={"Content-Type": CONTENT_TYPE_LATEST})
        if path.startswith("/timeline/"):
            name, _, token = path.removeprefix("/timeline/").partition("/")
            channel = self._channel(name)
            session = channel.tokens.read(token)
            headers = {**_ANY_ORIGIN, "Cache-Control": "no-store"}
            return web.json_response(timeline(channel.worker, session), headers=headers)
        raise Refusal(404, "no such path")


def _playlist(request: web.BaseRequest, body: bytes) -> web.Response:
    headers = CIMultiDict(_PLAYLIST)
    if len(body) >= GZIP_FROM and _takes_gzip(request.headers.get(hdrs.ACCEPT_ENCODING, "")):
        body = _gzipped(body)
        headers["Content-Encoding"] = "gzip"
    return web.Response(body=body, headers=headers)


def _gzipped(body: bytes) -> bytes:
    packer = zlib.compressobj(1, zlib.DEFLATED, 31)
    return packer.compress(body) + packer.flush()


@lru_cache(maxsize=256)
def _takes_gzip(accepted: str) -> bool:
    """Whether an Accept-Encoding names gzip, and not with weight 0 (RFC 9110, 12.5.3)."""
    for offer in accepted.lower().split(","):
        coding, _, weight = offer.partition(";")
        if coding.strip() == "gzip":
            return weight.replace(" ", "").rstrip("0.") != "q="
    return False
