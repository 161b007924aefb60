"""``edge.dvr_version_ms``: a new version of a window of four hours, against one made without what the last one left."""

from __future__ import annotations

from collections.abc import Mapping
from gc import freeze, unfreeze
from statistics import median
from time import perf_counter_ns
from typing import Final

from domain.units import SECOND, Microseconds, date
from replay.bench.event import POD, SLATE, SyntheticMedia
from replay.bench.figures import Figure, against
from ssai.breaks.book import BreakRules
from ssai.channel.advance import Reload, advance, first_version
from ssai.channel.codec import VersionCodec
from ssai.channel.version import ChannelVersion
from ssai.hls.media import MediaReader
from ssai.stitch.plan import Plan, plan, start_mark
from ssai.stitch.view import ContentCache, View

RENDITIONS: Final = tuple(f"r{place}" for place in range(6))
SEGMENT: Final = 2 * SECOND
SEGMENTS: Final = 7200
"""Four hours."""
PERIOD: Final = 360
LENGTH: Final = 30
START: Final = 1_793_491_200 * SECOND
RULES: Final = BreakRules(Microseconds(SEGMENT), Microseconds(10 * SECOND), Microseconds(300 * SECOND))


def text(rendition: str, first: int, segments: int) -> str:
    """A live playlist from number ``first`` on: a break of a minute in every twelve."""
    lines = ["#EXTM3U", "#EXT-X-VERSION:6", "#EXT-X-TARGETDURATION:2", f"#EXT-X-MEDIA-SEQUENCE:{first}"]
    for index in range(first, first + segments):
        if index % PERIOD == LENGTH:
            lines.append(f"#EXT-X-CUE-OUT:{LENGTH * SEGMENT // SECOND}")
        if index % PERIOD == 2 * LENGTH:
            lines.append("#EXT-X-CUE-IN")
        lines.append(f"#EXT-X-PROGRAM-DATE-TIME:{date(START + index * SEGMENT)}")
        lines += ["#EXTINF:2.000,", f"https://origin.example/live/{rendition}/{index}.ts"]
    return "\n".join(lines) + "\n"


def dvr_version(runs: int = 7, refreshes: int = 4, segments: int = SEGMENTS) -> Figure:
    """Milliseconds a refresh of six renditions for ``advance``, a leader's encoding, a follower's decoding, and one
    viewer's six playlists. The baseline has the same with codecs and content caches that know nothing.

    What both make is equal, or this raises ``AssertionError``.
    """
    readers = {name: MediaReader() for name in RENDITIONS}
    version = first_version("", "", _reloads(readers, 0, segments), RULES)
    kept = _Made()
    kept.make(version)
    ours: list[float] = []
    theirs: list[float] = []
    steps = {"advance": 0.0, "encode": 0.0, "decode": 0.0, "six playlists": 0.0}
    for run in range(runs):
        spent: list[float] = []
        for step in range(run * refreshes + 1, (run + 1) * refreshes + 1):
            reloads = _reloads(readers, step, segments)
            freeze()  # as the edge does once it has started: these windows are not looked through
            started = perf_counter_ns()
            version = advance(version, reloads, RULES)
            advanced = perf_counter_ns() - started
            times = [advanced, *kept.make(version)]
            unfreeze()
            spent.append(sum(times) / 1e6)
            for name, taken in zip(steps, times, strict=True):
                steps[name] += taken / 1e6 / runs / refreshes
        fresh = _Made()
        theirs.append((advanced + sum(fresh.make(version))) / 1e6)
        if (fresh.body, fresh.read, fresh.playlists) != (kept.body, kept.read, kept.playlists):
            raise AssertionError("what is remembered changes what is made")
        ours.append(median(spent))
    note = f"six renditions of {segments:,} segments: " + ", ".join(f"{name} {ms:.2g}" for name, ms in steps.items())
    return against("edge.dvr_version_ms", "ms", ours, theirs, note)


def _reloads(readers: Mapping[str, MediaReader], step: int, segments: int) -> dict[str, Reload]:
    return {
        name: Reload(f"https://origin.example/live/{name}.m3u8", reader.read(text(name, step, segments)))
        for name, reader in readers.items()
    }


class _Made:
    """A leader's codec, a follower's, its content caches, and what they made last."""

    def __init__(self) -> None:
        self._writer = VersionCodec()
        self._reader = VersionCodec()
        self._contents = {name: ContentCache(lambda url: url, strip_cues=True) for name in RENDITIONS}
        self._media = SyntheticMedia()
        self.body = b""
        self.read: ChannelVersion | None = None
        self.playlists: list[bytes] = []

    def make(self, version: ChannelVersion) -> tuple[int, int, int]:
        """Nanoseconds for encoding, decoding, and the playlists of a viewer who has been there from the start."""
        started = perf_counter_ns()
        self.body = self._writer.encode(version)
        encoded = perf_counter_ns()
        self.read = self._reader.decode(self.body)
        decoded = perf_counter_ns()
        plans = _plans(self.read)
        self.playlists = [
            View(self.read, name, content, self._media, 3).playlist(plans, 0, 0)
            for name, content in self._contents.items()
        ]
        return encoded - started, decoded - encoded, perf_counter_ns() - decoded


def _plans(version: ChannelVersion) -> list[Plan]:
    edges = (version.reached, version.shown_edge)
    return [
        plan(record, POD[place % len(POD)], SLATE, start, RULES, edges)
        for place, record in enumerate(version.breaks)
        if (start := start_mark(record, 0)) is not None
    ]
