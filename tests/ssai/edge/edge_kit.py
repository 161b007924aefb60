"""What tests of a running edge share: a catalogue of dummy media, origins whose clock the test holds, viewers' eyes.

Everything is real: aiohttp servers on port 0, the edge as ``halftime serve`` starts it.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any

import aiohttp
from aiohttp import web

from domain.units import SECOND, Microseconds
from halftime.serve import RunningEdge, edge
from halftime.settings import Settings
from replay.origin.clip import Clip
from replay.origin.schedule import Schedule
from replay.origin.server import OriginServer
from ssai.creatives.catalogue import Catalogue, Entry, Rendition
from ssai.creatives.ladder import Ladder
from ssai.edge.channel import EdgeChannel
from ssai.store.memory import MemoryStore

EPOCH = 1_790_000_000 * SECOND
BREAKS = Schedule(
    first=Microseconds(20 * SECOND),
    period=Microseconds(20 * SECOND),
    shortest=Microseconds(6 * SECOND),
    longest=Microseconds(6 * SECOND),
    early_every=0,
)
"""Breaks of 6 s at 20, 40, 60 s of the stream."""


def sound(video: tuple[int, ...]) -> tuple[int, ...]:
    """Sound cut at the AAC frame at or after each cut of the video."""
    ends = [0]
    for place in range(len(video)):
        frames = -(-sum(video[: place + 1]) * 48 // (1024 * 1000))
        ends.append(round(frames * 1024 * 1000 / 48))
    return tuple(there - here for here, there in pairwise(ends))


def write_supply(folder: Path, *, td: int = 1, audio: str = "separate") -> Path:
    """Content of 30 segments, three ads of four segments and slate: dummy files, lengths that fit ``td``."""
    ladder = Ladder.model_validate(
        {
            "target_duration": td,
            "frame_rate": "25",
            "audio": audio,
            "video": (
                {"name": "360p", "width": 640, "height": 360, "bitrate": 800_000, "codecs": "avc1.4d401e"},
                {"name": "720p", "width": 1280, "height": 720, "bitrate": 2_400_000, "codecs": "avc1.64001f"},
            ),
            "sound": {"name": "audio", "sample_rate": 48_000, "channels": 2, "bitrate": 96_000, "codecs": "mp4a.40.2"},
        }
    )

    def entry(name: str, kind: Any, video: tuple[int, ...]) -> Entry:
        renditions = {}
        for rendition in ladder.names:
            files = []
            for place in range(len(video)):
                file = folder / name / rendition / f"{place}.ts"
                file.parent.mkdir(parents=True, exist_ok=True)
                file.write_bytes(f"{name} {rendition} {place} ".encode() * 50)
                files.append(str(file.relative_to(folder)))
            lengths = sound(video) if rendition == "audio" else video
            renditions[rendition] = Rendition(tuple(files), tuple(map(Microseconds, lengths)))
        return Entry(name, name, name, kind, tuple(map(Microseconds, video)), renditions)

    whole, half = td * SECOND, td * SECOND // 2
    entries = (
        entry("match", "content", (whole,) * 30),
        *(entry(name, "ad", (half,) * 4) for name in ("acme", "beta", "gamma")),
        entry("slate", "slate", (480_000,) * 8),
        entry("slate-1q", "slate-piece", (240_000,)),
    )
    Catalogue(folder, ladder, entries).save()
    return folder


@dataclass
class Hands:
    """A clock that the test holds, microseconds."""

    now: int

    def __call__(self) -> Microseconds:
        return Microseconds(self.now)


@dataclass
class ScriptedOrigin:
    """An origin that answers what the test says and remembers what it was asked."""

    texts: dict[str, str] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    url: str = ""

    async def answer(self, request: web.BaseRequest) -> web.StreamResponse:
        self.asked.append(request.path_qs)
        text = self.texts.get(request.path)
        return web.Response(status=404) if text is None else web.Response(text=text)

    @asynccontextmanager
    async def serving(self) -> AsyncIterator[ScriptedOrigin]:
        server = web.Server(self.answer)
        listener = await asyncio.get_running_loop().create_server(server, "127.0.0.1", 0)
        self.url = f"http://127.0.0.1:{listener.sockets[0].getsockname()[1]}"
        try:
            yield self
        finally:
            listener.close()
            await server.shutdown(1)


@dataclass
class Rig:
    """An edge on an origin simulator whose clock stands until the test moves it."""

    clock: Hands
    origin: OriginServer
    edge: RunningEdge
    http: aiohttp.ClientSession

    @property
    def channel(self) -> EdgeChannel:
        return self.edge.channels["demo"]

    @property
    def store(self) -> MemoryStore:
        assert isinstance(self.channel.store, MemoryStore)
        return self.channel.store

    @property
    def live(self) -> str:
        return f"{self.edge.url}/live/demo/"

    async def get(self, path: str, **options: Any) -> tuple[int, str]:
        async with self.http.get(self.edge.url + path, **options) as response:
            return response.status, await response.text()

    async def open(self, viewer: str | None = None) -> list[str]:
        """Open a session; its media playlists' addresses under ``live``: 360p, 720p, audio."""
        query = "" if viewer is None else f"?viewer={viewer}"
        status, text = await self.get(f"/live/demo/index.m3u8{query}")
        assert status == 200
        return addresses(text)

    async def watch(self, address: str) -> Seen:
        async with self.http.get(self.live + address) as response:
            assert response.status == 200
            return Seen.of(await response.text())

    async def move(self, seconds: int, channel: EdgeChannel | None = None) -> None:
        """Move the origin's clock and wait until the edge has seen it."""
        self.clock.now += seconds * SECOND
        told = channel or self.channel
        await until(lambda: reached(told, self.clock.now))


@dataclass(frozen=True)
class Seen:
    """A media playlist as a player sees it."""

    text: str
    first: int
    sequence: int
    uris: tuple[str, ...]
    ended: bool

    @classmethod
    def of(cls, text: str) -> Seen:
        lines = text.splitlines()
        assert lines[0] == "#EXTM3U"
        header = dict(line[1:].split(":", 1) for line in lines if line.startswith("#EXT-X-") and ":" in line)
        return cls(
            text,
            int(header["EXT-X-MEDIA-SEQUENCE"]),
            int(header["EXT-X-DISCONTINUITY-SEQUENCE"]),
            tuple(line for line in lines if line and not line.startswith("#")),
            "#EXT-X-ENDLIST" in lines,
        )

    @property
    def ads(self) -> tuple[str, ...]:
        return tuple(uri for uri in self.uris if "/media/" not in uri)

    @property
    def numbered(self) -> dict[int, str]:
        return dict(enumerate(self.uris, self.first))


class History:
    """All that one viewer saw of one playlist: complains when a reload goes back on an earlier one (6.2.1, 6.3.4)."""

    def __init__(self) -> None:
        self.first = self.sequence = self.after = -1
        self.uris: dict[int, str] = {}
        self.reloads = 0

    def see(self, seen: Seen) -> list[str]:
        """What is wrong with this reload."""
        wrong = []
        after = seen.first + len(seen.uris)
        for what, old, new in (
            ("media sequence", self.first, seen.first),
            ("discontinuity sequence", self.sequence, seen.sequence),
            ("edge", self.after, after),
        ):
            if new < old:
                wrong.append(f"{what} fell from {old} to {new}")
        wrong += [
            f"number {number} was {self.uris[number]} and is {uri}"
            for number, uri in seen.numbered.items()
            if self.uris.setdefault(number, uri) != uri
        ]
        self.first, self.sequence, self.after = seen.first, seen.sequence, max(self.after, after)
        self.reloads += 1
        return wrong


def addresses(text: str) -> list[str]:
    """The media playlists that a multivariant playlist names: variants, then audio."""
    lines = text.splitlines()
    variants = [line for line in lines if line and not line.startswith("#")]
    return variants + [line.split('URI="')[1].split('"')[0] for line in lines if 'URI="' in line]


def reached(channel: EdgeChannel, instant: int) -> bool:
    """Whether the version in force has read the segment of video that ends at this whole second."""
    version = channel.worker.version
    return version is not None and max(window.edge for window in version.windows.values()) >= instant


async def until(true: Callable[[], bool], seconds: float = 5.0) -> None:
    """Wait until something holds, looking every 10 ms."""
    async with asyncio.timeout(seconds):
        while not true():
            await asyncio.sleep(0.01)


def settings_of(origin: str, supply: Path | None, store: dict[str, Any] | None = None, **channel: Any) -> Settings:
    """Settings of one channel "demo"; ``server`` among the options is the server's section."""
    server = {"port": 0, **channel.pop("server", {})}
    creatives = {} if supply is None else {"creatives": str(supply)}
    return Settings.of(
        {
            "server": server,
            "store": store or {"redis": "memory"},
            "channels": {"demo": {"origin": origin, **creatives, **channel}},
        },
        "test",
    )


@asynccontextmanager
async def rig(supply: Path, *, at: int = 12, schedule: Schedule = BREAKS, **channel: Any) -> AsyncIterator[Rig]:
    """A running edge; the stream is ``at`` seconds old and stands there."""
    async with AsyncExitStack() as stack:
        clock = Hands(EPOCH + at * SECOND)
        origin = OriginServer(Clip.load(supply), schedule, clock=clock, start_us=Microseconds(EPOCH))
        await stack.enter_async_context(origin)
        running = await stack.enter_async_context(edge(settings_of(origin.index_url, supply, **channel)))
        http = await stack.enter_async_context(aiohttp.ClientSession())
        made = Rig(clock, origin, running, http)
        await until(lambda: made.channel.worker.version is not None)
        yield made
