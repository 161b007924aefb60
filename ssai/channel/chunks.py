"""A window's segments in chunks by absolute index, each as bytes of its own: most are the same in the next version."""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterator
from typing import Final, NamedTuple

from domain.units import Microseconds
from ssai.channel.window import Window
from ssai.hls.lines import tag
from ssai.hls.playlist import ByteRange, Key, Map, Segment

SIZE: Final = 64
"""Segments in a chunk. A version's first and last chunk are new: smaller ones would save little there, and compress
worse and be more to look through in a window of hours."""


class Chunk(NamedTuple):
    """Segments that follow one another, with their t_i and D_i."""

    segments: tuple[Segment, ...]
    starts: tuple[Microseconds, ...]
    sequences: tuple[int, ...]


def chunks(window: Window) -> Iterator[tuple[int, Chunk]]:
    """The window cut at multiples of ``SIZE``, by index // ``SIZE``. Its raw edge, which may move, is in none."""
    count = len(window.segments)
    for number in range(window.first // SIZE, -(-window.after // SIZE)):
        low = max(number * SIZE - window.first, 0)
        high = min((number + 1) * SIZE - window.first, count)
        yield number, Chunk(window.segments[low:high], window.starts[low:high], window.sequences[low:high])


def encode_chunk(chunk: Chunk) -> bytes:
    """The chunk as the store keeps it: zlib over JSON."""
    keysets: dict[tuple[Key, ...], int] = {}
    maps: dict[Map | None, int] = {}
    rows = []
    for segment, start, sequence in zip(*chunk, strict=True):
        if segment.map is not None:
            keysets.setdefault(segment.map.keys, len(keysets))
        rows.append(
            [
                segment.duration,
                segment.uri,
                int(segment.discontinuity),
                segment.date,
                None if segment.range is None else [segment.range.length, segment.range.offset],
                maps.setdefault(segment.map, len(maps)),
                keysets.setdefault(segment.keys, len(keysets)),
                segment.bitrate,
                int(segment.gap),
                [found.line for found in segment.tags],
                start,
                sequence,
            ]
        )
    document = {
        "keysets": [[[key.method, key.keyformat, key.value] for key in keys] for keys in keysets],
        "maps": [None if found is None else [found.uri, found.value, keysets[found.keys]] for found in maps],
        "rows": rows,
    }
    return zlib.compress(json.dumps(document, separators=(",", ":")).encode(), 1)


def decode_chunk(body: bytes) -> Chunk:
    """The inverse of ``encode_chunk``, of our own writing alone: what else it is given raises one of many errors."""
    document = json.loads(zlib.decompress(body))
    keysets = [tuple(Key(*key) for key in keys) for keys in document["keysets"]]
    maps = [None if row is None else Map(row[0], row[1], keysets[row[2]]) for row in document["maps"]]
    segments = tuple(
        Segment(
            Microseconds(duration),
            uri,
            bool(discontinuity),
            None if date is None else Microseconds(date),
            None if span is None else ByteRange(*span),
            maps[map_],
            keysets[keys],
            bitrate,
            bool(gap),
            tuple(tag(line) for line in tags),
        )
        for duration, uri, discontinuity, date, span, map_, keys, bitrate, gap, tags, _, _ in document["rows"]
    )
    starts = tuple(Microseconds(row[-2]) for row in document["rows"])
    return Chunk(segments, starts, tuple(row[-1] for row in document["rows"]))
