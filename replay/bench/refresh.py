"""``edge.refresh_vs_m3u8``: one segment more in a window of 300, against the m3u8 package's parse and dump."""

from __future__ import annotations

from collections.abc import Callable
from importlib.metadata import version
from time import perf_counter
from typing import Final

import m3u8

from domain.units import date
from replay.bench.figures import Figure, against
from ssai.hls.media import MediaReader, parse

SEGMENTS: Final = 300
START: Final = 1_793_491_200_000_000


def text(first: int) -> str:
    """A live playlist of ``SEGMENTS`` segments of 4 s with date-times, from number ``first`` on."""
    lines = ["#EXTM3U", "#EXT-X-VERSION:6", "#EXT-X-TARGETDURATION:4", f"#EXT-X-MEDIA-SEQUENCE:{first}"]
    for index in range(first, first + SEGMENTS):
        lines += [
            f"#EXT-X-PROGRAM-DATE-TIME:{date(START + index * 4_000_000)}",
            "#EXTINF:4.000,",
            f"https://origin.example/live/video/{index}.ts",
        ]
    return "\n".join(lines) + "\n"


def refresh_vs_m3u8(runs: int = 7, reloads: int = 40) -> Figure:
    """Microseconds a refresh: the window slides by one segment, ``reloads`` times a run.

    Every result equals a full parse of the same text, or this raises ``AssertionError``.
    """
    texts = [text(1000 + step) for step in range(runs * reloads + 1)]
    reader = MediaReader()
    reader.read(texts[0])
    ours: list[float] = []
    theirs: list[float] = []
    for run in range(runs):
        batch = texts[1 + run * reloads : 1 + (run + 1) * reloads]
        ours.append(_microseconds(reader.read, batch))
        if reader.read(batch[-1]) != parse(batch[-1]):
            raise AssertionError("an incremental read differs from a full parse")
        theirs.append(_microseconds(lambda one: m3u8.loads(one).dumps(), batch[: max(2, reloads // 10)]))
    check = MediaReader()
    for one in texts[: min(len(texts), 60)]:
        if check.read(one) != parse(one):
            raise AssertionError("an incremental read differs from a full parse")
    note = f"ratio is how many times faster; baseline m3u8 {version('m3u8')} loads + dumps"
    return against("edge.refresh_vs_m3u8", "us", ours, theirs, note, inverse=True)


def _microseconds(read: Callable[[str], object], texts: list[str]) -> float:
    started = perf_counter()
    for one in texts:
        read(one)
    return (perf_counter() - started) / len(texts) * 1e6
