"""``edge.refresh_vs_m3u8``: one segment more in a window of 300, against the m3u8 package's parse and dump."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from importlib.metadata import version
from statistics import median
from time import perf_counter_ns
from typing import Final

import m3u8

from domain.units import date
from replay.bench.figures import Figure, against
from ssai.hls.media import MediaReader, parse

SEGMENTS: Final = 300
START: Final = 1_793_491_200_000_000
MAP: Final = '#EXT-X-MAP:URI="https://origin.example/live/video/init.mp4"'


def text(first: int, *, fmp4: bool = False, all_dated: bool = True) -> str:
    """A live playlist of ``SEGMENTS`` segments of 4 s from number ``first`` on, as TS or behind a MAP; a date-time
    stands on all of them or on the first alone.
    """
    lines = ["#EXTM3U", "#EXT-X-VERSION:6", "#EXT-X-TARGETDURATION:4", f"#EXT-X-MEDIA-SEQUENCE:{first}"]
    if fmp4:
        lines.append(MAP)
    for index in range(first, first + SEGMENTS):
        if all_dated or index == first:
            lines.append(f"#EXT-X-PROGRAM-DATE-TIME:{date(START + index * 4_000_000)}")
        lines += ["#EXTINF:4.000,", f"https://origin.example/live/video/{index}.{'m4s' if fmp4 else 'ts'}"]
    return "\n".join(lines) + "\n"


def refresh_vs_m3u8(runs: int = 7, reloads: int = 40) -> list[Figure]:
    """Microseconds a refresh for each of three kinds of playlist: the window slides by one segment, ``reloads`` times
    a run, and a run is the median of its refreshes.

    Every result equals a full parse of the same text, or this raises ``AssertionError``.
    """
    return [
        _figure("edge.refresh_vs_m3u8", "date-times on all", text, runs, reloads),
        _figure("edge.refresh_fmp4_vs_m3u8", "date-times on all, fMP4", partial(text, fmp4=True), runs, reloads),
        _figure("edge.refresh_first_dated", "a date-time on the first", partial(text, all_dated=False), runs, reloads),
    ]


def _figure(name: str, kind: str, text: Callable[[int], str], runs: int, reloads: int) -> Figure:
    texts = [text(1000 + step) for step in range(runs * reloads + 1)]
    reader = MediaReader()
    reader.read(texts[0])
    ours: list[float] = []
    parses: list[float] = []
    theirs: list[float] = []
    for run in range(runs):
        batch = texts[1 + run * reloads : 1 + (run + 1) * reloads]
        few = batch[: max(2, reloads // 10)]
        ours.append(_microseconds(reader.read, batch))
        if reader.read(batch[-1]) != parse(batch[-1]):
            raise AssertionError("an incremental read differs from a full parse")
        parses.append(_microseconds(m3u8.loads, few))
        theirs.append(_microseconds(lambda one: m3u8.loads(one).dumps(), few))
    check = MediaReader()
    for one in texts[: min(len(texts), 60)]:
        if check.read(one) != parse(one):
            raise AssertionError("an incremental read differs from a full parse")
    alone = median(parse_ / our for parse_, our in zip(parses, ours, strict=True))
    note = f"{kind}; how many times faster than m3u8 {version('m3u8')} loads + dumps; than loads alone: {alone:.0f}"
    return against(name, "us", ours, theirs, note, inverse=True)


def _microseconds(read: Callable[[str], object], texts: list[str]) -> float:
    """The median of one read each, of a text that was just decoded, as a poller's is: for ours and theirs alike."""
    spent: list[int] = []
    for body in [one.encode() for one in texts]:
        one = body.decode()
        started = perf_counter_ns()
        read(one)
        spent.append(perf_counter_ns() - started)
    return median(spent) / 1000
