"""The origin as an HTTP server: the only module here that knows aiohttp or a clock."""

from __future__ import annotations

import asyncio
import ipaddress
import re
import time
from collections.abc import Awaitable, Callable
from email.utils import formatdate
from hashlib import blake2b
from pathlib import Path
from typing import Final, Self

from aiohttp import web
from pydantic import ValidationError

from domain.units import SECOND, Microseconds
from replay.origin.body import Loop, key_body, media_body
from replay.origin.clip import INDEX, Clip
from replay.origin.faults import FaultOrder, Faults, Scope
from replay.origin.keys import require_cipher
from replay.origin.multivariant import multivariant
from replay.origin.playlist import WINDOW, NotYetError, Run, edge, listed, playlist
from replay.origin.schedule import Schedule

PLAYLIST_TYPE: Final = "application/vnd.apple.mpegurl"
"""10.1 of draft-pantos-hls-rfc8216bis."""
SEGMENT_TYPES: Final = {
    ".ts": "video/mp2t",
    ".aac": "audio/aac",
    ".ac3": "audio/ac3",
    ".ec3": "audio/eac3",
    ".m4s": "video/iso.segment",
    ".mp4": "video/mp4",
    ".vtt": "text/vtt",
}
_LIVE_AGE: Final = "max-age=1"
_MEDIA_AGE: Final = "max-age=600"
"""Longer than any window, yet a stream started again with other media under the same address is soon seen."""
_NOW: Final = re.compile(r"[0-9]{1,13}", re.ASCII)
"""Milliseconds up to the year 2286: dates stay writable."""
_SCOPES: Final = {"live": Scope.LIVE, "media": Scope.MEDIA, "keys": Scope.MEDIA}
"""What players fetch, by the first part of its path."""
_MAX_ORDER: Final = 64 * 1024
"""Bytes of a POST to /faults."""
_MAX_RUNS: Final = 10_000
"""Restarts kept so that ``nowMS`` can go back behind them."""
_GRACE: Final = 2.0
"""Seconds that replies under way have when the server stops; a drip may take longer and is cut."""
_CORS: Final = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Allow-Methods": "GET, HEAD, OPTIONS",
    "Access-Control-Allow-Headers": "Range, If-None-Match, Cache-Control",
    "Access-Control-Expose-Headers": "Content-Length, Content-Range, Date, ETag, Last-Modified",
    "Access-Control-Max-Age": "600",
}

_Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
_DRIP: Final = web.RequestKey("drip", int)
Clock = Callable[[], Microseconds]


def wall_clock() -> Microseconds:
    """Microseconds since the Unix epoch."""
    return Microseconds(time.time_ns() // 1_000)


class OriginServer:
    """One live stream on one port.

    ``/live/index.m3u8``, ``/live/<rendition>.m3u8``, ``/media/...`` and ``/keys/...``, open to every web page;
    ``?nowMS=`` (milliseconds since the Unix epoch) gives a live reply as it is at that instant. ``/faults`` (GET and
    POST of JSON, from this machine only) shows and sets ``faults``. Segments are not gated by time: what a playlist at
    any instant lists can be fetched.

    ``start_us`` is the instant of the stream's first frame, by default three target durations before the clock's, so
    that a player can begin at once (6.2.2). ``port`` 0 takes a free one. ``start`` and ``stop`` are for those who
    cannot write ``async with``, and to refuse connections for a while; both may be called again, and the stream goes
    on meanwhile.

    A backup is another server of the same clip, schedule and ``start_us``: ``prefix`` (such as ``"/backup"``) goes
    before its players' addresses, ``numbered_from`` is the media sequence number that its every run begins with, and
    a ``clock`` behind the other's publishes later.
    """

    def __init__(
        self,
        clip: Clip,
        schedule: Schedule,
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        clock: Clock = wall_clock,
        start_us: Microseconds | None = None,
        window: int = WINDOW,
        prefix: str = "",
        numbered_from: int = 0,
    ) -> None:
        if window < 1 or numbered_from < 0:
            raise ValueError("a window has at least one segment, and no number is negative")
        self.clip = clip
        self.schedule = schedule
        self.window = window
        self._clock = clock
        history = 3 * clip.ladder.target_duration * SECOND
        self.start_us = Microseconds(clock() - history) if start_us is None else start_us
        self._host, self._port = host, port
        self._faults = Faults()
        self._asked = 0
        self._stalled_at: Microseconds | None = None
        self._prefix, self._numbered_from = prefix, numbered_from
        self._runs: list[tuple[Microseconds, Run]] = [(self.start_us, Run(base=numbered_from))]
        self._index = multivariant(clip).encode()
        self._runner: web.AppRunner | None = None

    @property
    def url(self) -> str:
        """``http://host:port``, once started."""
        host = f"[{self._host}]" if ":" in self._host else self._host
        return f"http://{host}:{self._port}"

    @property
    def index_url(self) -> str:
        """The multivariant playlist's address, once started."""
        return f"{self.url}{self._prefix}/live/{INDEX}.m3u8"

    @property
    def faults(self) -> Faults:
        """The faults that hold. Setting them starts their draws anew; ``ValueError`` for an unknown rendition."""
        return self._faults

    @faults.setter
    def faults(self, faults: Faults) -> None:
        unknown = sorted(set(faults.renditions) - set(self.clip.tracks))
        if unknown:
            raise ValueError(f"renditions: expected some of {', '.join(self.clip.tracks)}, found {unknown[0]!r}")
        if not faults.stall:
            self._stalled_at = None
        elif self._stalled_at is None:
            self._stalled_at = self._clock()
        self._faults, self._asked = faults, 0

    def restart(self) -> None:
        """The packager restarts: the segment that is being made has the first number again, all under new URIs."""
        now = self._clock()
        number, first = self._runs[-1][1].number + 1, self.clip.at_or_before(max(0, now - self.start_us))
        self._runs.append((now, Run(number, first, self._numbered_from)))
        del self._runs[1:-_MAX_RUNS]

    def playlist(self, rendition: str, now_us: Microseconds) -> tuple[str, Microseconds]:
        """A media playlist as it is served at ``now_us``, and when it became so; ``NotYetError`` when empty."""
        at = now_us
        if self._stalled_at is not None and self._faults.concern(Scope.LIVE, rendition):
            at = min(now_us, self._stalled_at)
        run = next((run for since, run in reversed(self._runs) if since <= at), self._runs[0][1])
        segments = listed(self.clip, rendition, at, self.start_us, window=self.window, run=run)
        text = playlist(self.clip, self.schedule, rendition, at, self.start_us, window=self.window, run=run)
        return text, edge(self.clip, rendition, segments, self.start_us)

    async def start(self) -> None:
        """Listen; ``OSError`` when the port is taken, ``CipherMissingError`` when nothing could be encrypted."""
        if self._runner is not None:
            return
        if self.clip.dress.encryption is not None:
            require_cipher()
        app = web.Application(client_max_size=_MAX_ORDER, middlewares=[self._guard])
        app.router.add_get(f"{self._prefix}/live/{{rendition}}.m3u8", self._live)
        app.router.add_get(f"{self._prefix}/media/{{rendition}}/{{name}}", self._media)
        app.router.add_get(f"{self._prefix}/keys/{{name}}", self._key)
        app.router.add_get("/faults", self._show_faults)
        app.router.add_post("/faults", self._set_faults)
        # A client that goes away ends its delay or drip.
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=_GRACE, handler_cancellation=True)
        await runner.setup()
        try:
            await web.TCPSite(runner, self._host, self._port).start()
        except OSError:
            await runner.cleanup()
            raise
        self._runner, self._port = runner, runner.addresses[0][1]

    async def stop(self) -> None:
        """Stop listening, let replies under way finish for two seconds, leave."""
        runner, self._runner = self._runner, None
        if runner is not None:
            await runner.cleanup()

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()

    @web.middleware
    async def _guard(self, request: web.Request, handler: _Handler) -> web.StreamResponse:
        """CORS and faults for what players fetch; loopback only for the rest."""
        path = request.path.removeprefix(self._prefix)
        scope = _SCOPES.get(path[1:].partition("/")[0])
        if scope is None:
            return await handler(request) if _loopback(request.remote) else _refusal(403, "only from this machine")
        if request.method == "OPTIONS":
            return web.Response(status=204, headers=_CORS)
        faults = self._faults
        if faults.concern(scope, _rendition(request)):
            number, self._asked = self._asked, self._asked + 1
            await asyncio.sleep(faults.delay_ms / 1_000)
            if faults.drops(number) and request.transport is not None:
                request.transport.abort()
                return web.Response()
            if faults.fails(number):
                return _refusal(faults.status, "a fault")
            if faults.drip is not None:
                request[_DRIP] = faults.drip
        try:
            return await handler(request)
        except web.HTTPException as error:
            return _refusal(error.status, error.reason)

    async def _live(self, request: web.Request) -> web.StreamResponse:
        rendition, text = request.match_info["rendition"], request.query.get("nowMS")
        if text is not None and not _NOW.fullmatch(text):
            return _refusal(400, "nowMS: expected 1 to 13 digits")
        now = self._clock() if text is None else Microseconds(int(text) * 1_000)
        if rendition == INDEX:
            body, since = self._index, self.start_us
        elif rendition in self.clip.tracks:
            try:
                written, since = self.playlist(rendition, now)
            except NotYetError as error:
                return _refusal(404, str(error))
            body = written.encode()
        else:
            return _refusal(404, "no such rendition")
        tag = blake2b(body, digest_size=12).hexdigest()
        headers = {
            "Content-Type": PLAYLIST_TYPE,
            "Cache-Control": _LIVE_AGE,
            "ETag": f'"{tag}"',
            "Last-Modified": formatdate(since // SECOND, usegmt=True),
        } | _CORS
        if any(known.value in {tag, "*"} for known in request.if_none_match or ()):
            return web.Response(status=304, headers=headers)
        return await self._send(request, body, headers)

    async def _media(self, request: web.Request) -> web.StreamResponse:
        name = request.match_info["name"]
        runs = [run for _, run in self._runs]
        body = await asyncio.to_thread(media_body, self.clip, runs, request.match_info["rendition"], name)
        if body is None:
            return _refusal(404, "no such segment")
        headers = {
            "Content-Type": SEGMENT_TYPES.get(Path(name).suffix, "application/octet-stream"),
            "Cache-Control": _MEDIA_AGE,
        } | _CORS
        if isinstance(body, Path) and _DRIP not in request:
            return web.FileResponse(body, headers=headers)
        if isinstance(body, Loop):
            return await self._range(request, body, headers)
        whole = body if isinstance(body, bytes) else await asyncio.to_thread(body.read_bytes)
        return await self._send(request, whole, headers)

    async def _range(self, request: web.Request, loop: Loop, headers: dict[str, str]) -> web.StreamResponse:
        try:
            start, stop, _ = request.http_range.indices(loop.size)
        except ValueError:
            return _refusal(400, "Range: expected bytes=FIRST-LAST")
        if start >= stop:
            return _refusal(416, f"Range: {loop.size} bytes are there")
        body = await asyncio.to_thread(loop.read, start, stop)
        if "Range" not in request.headers:
            return await self._send(request, body, headers)
        there = {"Content-Range": f"bytes {start}-{stop - 1}/{loop.size}"}
        return await self._send(request, body, headers | there, status=206)

    async def _key(self, request: web.Request) -> web.StreamResponse:
        body = key_body(self.clip, request.match_info["name"])
        if body is None:
            return _refusal(404, "no such key")
        headers = {"Content-Type": "application/octet-stream", "Cache-Control": _MEDIA_AGE} | _CORS
        return await self._send(request, body, headers)

    async def _send(
        self, request: web.Request, body: bytes, headers: dict[str, str], status: int = 200
    ) -> web.StreamResponse:
        """The whole body, at once or as a drip of ten pieces a second."""
        rate = request.get(_DRIP)
        if rate is None or request.method == "HEAD":
            return web.Response(body=body, status=status, headers=headers)
        response = web.StreamResponse(status=status, headers=headers)
        response.content_length = len(body)
        await response.prepare(request)
        step = max(1, rate // 10)
        for place in range(0, len(body), step):
            piece = body[place : place + step]
            await response.write(piece)
            await asyncio.sleep(len(piece) / rate)
        await response.write_eof()
        return response

    async def _show_faults(self, _request: web.Request) -> web.StreamResponse:
        return web.json_response(text=self._faults.model_dump_json())

    async def _set_faults(self, request: web.Request) -> web.StreamResponse:
        # A page of another site may send a plain form to this machine, but JSON only after asking, which is refused.
        if request.content_type != "application/json":
            return _refusal(415, "expected application/json")
        try:
            order = FaultOrder.model_validate_json(await request.read())
            self.faults = Faults(**order.model_dump(exclude={"restart"}))
        except ValidationError as error:
            first = error.errors()[0]
            return _refusal(400, f"{'.'.join(map(str, first['loc'])) or 'body'}: {first['msg']}")
        except ValueError as error:
            return _refusal(400, str(error))
        if order.restart:
            self.restart()
        return await self._show_faults(request)


def _rendition(request: web.Request) -> str | None:
    name = request.match_info.get("rendition")
    return None if name == INDEX else name


def _loopback(remote: str | None) -> bool:
    """Whether the peer's address is this machine's; IPv4 mapped into IPv6 too."""
    if remote is None:
        return False
    address = ipaddress.ip_address(remote.partition("%")[0])
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return (mapped or address).is_loopback


def _refusal(status: int, text: str) -> web.Response:
    return web.Response(status=status, text=text + "\n", headers={"Cache-Control": "no-store"} | _CORS)
