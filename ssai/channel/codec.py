"""Channel versions and break records as bytes for the store: zlib over JSON, decoded only from our own writing."""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import astuple, replace
from typing import Any, Final

from domain.errors import StoreError
from domain.units import Microseconds
from ssai.breaks.record import Boundary, Break, BreakReason, Mark
from ssai.channel.head import Head
from ssai.channel.ranges import DateRange
from ssai.channel.version import ChannelVersion
from ssai.channel.window import Window
from ssai.hls.container import Container
from ssai.hls.lines import tag
from ssai.hls.playlist import ByteRange, Key, Map, Segment

FORMAT: Final = 2
"""Raised when the meaning of a field changes: a worker that reads another format refuses it."""


def encode_version(version: ChannelVersion) -> bytes:
    """The version as the store keeps it."""
    document = {
        "format": FORMAT,
        "number": version.number,
        "target_duration": version.target_duration,
        "multivariant": version.multivariant,
        "base": version.base,
        "heads": {name: astuple(head) for name, head in version.heads.items()},
        "windows": {name: _window(window) for name, window in version.windows.items()},
        "breaks": [_break(record) for record in version.breaks],
        "reached": version.reached,
        "effective": version.effective,
    }
    return zlib.compress(json.dumps(document, separators=(",", ":")).encode(), 1)


def decode_version(body: bytes) -> ChannelVersion:
    """The inverse of ``encode_version``.

    Raises ``StoreError`` for what another release of Halftime wrote: going on from a version that is misread, or from
    none, would give viewers numbers that fall.
    """
    with _written_here("channel version"):
        document = json.loads(zlib.decompress(body))
        if document["format"] != FORMAT:
            raise ValueError(document["format"])
        return _read_version(document)


def _read_version(document: Mapping[str, Any]) -> ChannelVersion:
    return ChannelVersion(
        document["number"],
        Microseconds(document["target_duration"]),
        document["multivariant"],
        document["base"],
        {name: _read_head(fields) for name, fields in document["heads"].items()},
        {name: _read_window(fields) for name, fields in document["windows"].items()},
        tuple(_read_break(fields) for fields in document["breaks"]),
        Microseconds(document["reached"]),
        Microseconds(document["effective"]),
    )


def _read_head(fields: Sequence[Any]) -> Head:
    head = Head(*fields)
    return replace(head, container=Container(head.container))


def encode_break(record: Break) -> bytes:
    """One break as the store keeps it."""
    return json.dumps(_break(record), separators=(",", ":")).encode()


def decode_break(body: bytes) -> Break:
    """The inverse of ``encode_break``; errors as there."""
    with _written_here("break"):
        return _read_break(json.loads(body))


@contextmanager
def _written_here(what: str) -> Iterator[None]:
    try:
        yield
    except (KeyError, ValueError, TypeError, IndexError, zlib.error) as error:
        raise StoreError(
            f"a {what} in the store was written by another release of Halftime ({type(error).__name__}: {error}); "
            "let the event end with that release, or use another store"
        ) from error


def _window(window: Window) -> dict[str, Any]:
    keysets: dict[tuple[Key, ...], int] = {}
    maps: dict[Map | None, int] = {}
    rows = []
    for segment in window.segments:
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
            ]
        )
    return {
        "url": window.url,
        "base": window.base,
        "first": window.first,
        "starts": window.starts,
        "sequences": window.sequences,
        "exposed": window.exposed,
        "shift": window.shift,
        "clocks": window.clocks,
        "source": window.source,
        "dated": window.dated,
        "ended": window.ended,
        "ranges": [[found.id, found.lines, found.start, found.end, found.cue] for found in window.ranges],
        "keysets": [[[key.method, key.keyformat, key.value] for key in keys] for keys in keysets],
        "maps": [None if found is None else [found.uri, found.value, keysets[found.keys]] for found in maps],
        "segments": rows,
    }


def _read_window(fields: Mapping[str, Any]) -> Window:
    keysets = [tuple(Key(*key) for key in keys) for keys in fields["keysets"]]
    maps = [None if row is None else Map(row[0], row[1], keysets[row[2]]) for row in fields["maps"]]
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
        for duration, uri, discontinuity, date, span, map_, keys, bitrate, gap, tags in fields["segments"]
    )
    return Window(
        url=fields["url"],
        base=fields["base"],
        first=fields["first"],
        segments=segments,
        starts=tuple(fields["starts"]),
        sequences=tuple(fields["sequences"]),
        exposed=fields["exposed"],
        shift=fields["shift"],
        clocks=tuple((index, Microseconds(skew)) for index, skew in fields["clocks"]),
        source=fields["source"],
        dated=fields["dated"],
        ended=fields["ended"],
        ranges=tuple(
            DateRange(name, tuple(lines), Microseconds(start), Microseconds(end), cue)
            for name, lines, start, end, cue in fields["ranges"]
        ),
    )


def _cuts(cuts: Mapping[str, Boundary]) -> dict[str, list[int | bool | None]]:
    return {name: [cut.index, cut.sequence, cut.tagged] for name, cut in cuts.items()}


def _read_cuts(fields: Mapping[str, Any]) -> dict[str, Boundary]:
    return {name: Boundary(*cut) for name, cut in fields.items()}


def _break(record: Break) -> dict[str, Any]:
    return {
        "key": record.key,
        "id": record.id,
        "dialect": record.dialect,
        "signalled": record.signalled,
        "duration": record.duration,
        "auto_return": record.auto_return,
        "floor": record.floor,
        "ads_until": record.ads_until,
        "marks": [[mark.at, _cuts(mark.cuts)] for mark in record.marks],
        "in_at": record.in_at,
        "target": record.target,
        "end": record.end,
        "ins": list(record.ins),
        "segmentation": record.segmentation,
        "event": record.event,
        "inner": list(record.inner),
        "told": list(record.told),
        "moved_from": list(record.moved_from),
        "returns": _cuts(record.returns),
        "extends": record.extends,
        "content_back": record.content_back,
        "reason": record.reason,
        "dropped": record.dropped,
        "folded": record.folded,
    }


def _read_break(fields: Mapping[str, Any]) -> Break:
    return Break(
        key=fields["key"],
        id=fields["id"],
        dialect=fields["dialect"],
        signalled=fields["signalled"],
        duration=fields["duration"],
        auto_return=fields["auto_return"],
        floor=fields["floor"],
        ads_until=fields["ads_until"],
        marks=tuple(Mark(Microseconds(at), _read_cuts(cuts)) for at, cuts in fields["marks"]),
        in_at=fields["in_at"],
        target=fields["target"],
        end=fields["end"],
        ins=tuple(fields["ins"]),
        segmentation=fields["segmentation"],
        event=fields["event"],
        inner=tuple(fields["inner"]),
        told=tuple(fields["told"]),
        moved_from=tuple(fields["moved_from"]),
        returns=_read_cuts(fields["returns"]),
        extends=fields["extends"],
        content_back=fields["content_back"],
        reason=None if fields["reason"] is None else BreakReason(fields["reason"]),
        dropped=fields["dropped"],
        folded=fields["folded"],
    )
