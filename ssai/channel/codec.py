"""Channel versions and break records as bytes for the store, decoded only from our own writing."""

from __future__ import annotations

import json
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import astuple, replace
from io import BytesIO
from itertools import chain
from typing import Any, Final, Generic, TypeVar

from domain.errors import StoreError
from domain.units import Microseconds
from ssai.breaks.record import Boundary, Break, BreakReason, Mark
from ssai.channel.chunks import Chunk, chunks, decode_chunk, encode_chunk
from ssai.channel.head import Head
from ssai.channel.ranges import DateRange
from ssai.channel.version import ChannelVersion
from ssai.channel.window import Window
from ssai.hls.container import Container

FORMAT: Final = 3
"""Raised when the meaning of a field changes: a worker that reads another format refuses it."""

Name = TypeVar("Name")
Part = TypeVar("Part")


class VersionCodec:
    """One channel's versions as bytes, and back: a head, then the chunks of all windows and the breaks one by one.

    Chunks and breaks that are the same as in the version that was written or read before are not encoded or decoded
    again, and a version that is read shares them with the one before.
    """

    def __init__(self) -> None:
        self._chunks = _Parts[tuple[str, int], Chunk](encode_chunk, decode_chunk)
        self._breaks = _Parts[str, Break](
            lambda record: zlib.compress(encode_break(record), 1), lambda body: decode_break(zlib.decompress(body))
        )

    def encode(self, version: ChannelVersion) -> bytes:
        """The version as the store keeps it."""
        chunked = self._chunks.encode(
            {(name, number): chunk for name, window in version.windows.items() for number, chunk in chunks(window)}
        )
        breaks = self._breaks.encode({record.key: record for record in version.breaks})
        document = {
            "format": FORMAT,
            "number": version.number,
            "target_duration": version.target_duration,
            "multivariant": version.multivariant,
            "base": version.base,
            "heads": {name: astuple(head) for name, head in version.heads.items()},
            "windows": {name: _window(window) for name, window in version.windows.items()},
            "chunks": [[name, number, len(body)] for (name, number), body in chunked.items()],
            "breaks": [[key, len(body)] for key, body in breaks.items()],
            "reached": version.reached,
            "effective": version.effective,
        }
        head = zlib.compress(json.dumps(document, separators=(",", ":")).encode(), 1)
        return b"".join((head, *chunked.values(), *breaks.values()))

    def decode(self, body: bytes) -> ChannelVersion:
        """The inverse of ``encode``.

        Raises ``StoreError`` for what another release of Halftime wrote: going on from a version that is misread, or
        from none, would give viewers numbers that fall.
        """
        with _written_here("channel version"):
            head = zlib.decompressobj()
            document = json.loads(head.decompress(body))
            if document["format"] != FORMAT:
                raise ValueError(document["format"])
            rest = BytesIO(head.unused_data)
            read = self._chunks.decode(
                {(name, number): rest.read(length) for name, number, length in document["chunks"]}
            )
            breaks = self._breaks.decode({key: rest.read(length) for key, length in document["breaks"]})
            held: dict[str, list[Chunk]] = {}
            for (name, _), chunk in read.items():
                held.setdefault(name, []).append(chunk)
            return ChannelVersion(
                document["number"],
                Microseconds(document["target_duration"]),
                document["multivariant"],
                document["base"],
                {name: _read_head(fields) for name, fields in document["heads"].items()},
                {name: _read_window(fields, held[name]) for name, fields in document["windows"].items()},
                tuple(breaks.values()),
                Microseconds(document["reached"]),
                Microseconds(document["effective"]),
            )


class _Parts(Generic[Name, Part]):
    """Encodes and decodes parts by name. It holds those of the last version, of which the parts themselves are that
    version's own: what it costs is their bytes, 0.7 MB for six renditions of four hours.
    """

    def __init__(self, encode: Callable[[Part], bytes], decode: Callable[[bytes], Part]) -> None:
        self._encode = encode
        self._decode = decode
        self._known: dict[Name, tuple[Part, bytes]] = {}

    def encode(self, parts: Mapping[Name, Part]) -> dict[Name, bytes]:
        """Each part's bytes."""
        fresh: dict[Name, tuple[Part, bytes]] = {}
        for name, part in parts.items():
            known = self._known.get(name)
            fresh[name] = known if known is not None and known[0] == part else (part, self._encode(part))
        self._known = fresh
        return {name: body for name, (_, body) in fresh.items()}

    def decode(self, bodies: Mapping[Name, bytes]) -> dict[Name, Part]:
        """The inverse of ``encode``."""
        fresh: dict[Name, tuple[Part, bytes]] = {}
        for name, body in bodies.items():
            known = self._known.get(name)
            fresh[name] = known if known is not None and known[1] == body else (self._decode(body), body)
        self._known = fresh
        return {name: part for name, (part, _) in fresh.items()}


def encode_version(version: ChannelVersion) -> bytes:
    """One version by itself, as ``VersionCodec`` does it."""
    return VersionCodec().encode(version)


def decode_version(body: bytes) -> ChannelVersion:
    """The inverse of ``encode_version``; errors as there."""
    return VersionCodec().decode(body)


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
    """All but what is in chunks."""
    return {
        "url": window.url,
        "base": window.base,
        "first": window.first,
        "edge": window.edge,
        "exposed": window.exposed,
        "shift": window.shift,
        "clocks": window.clocks,
        "source": window.source,
        "dated": window.dated,
        "ended": window.ended,
        "ranges": [[found.id, found.lines, found.start, found.end, found.cue] for found in window.ranges],
    }


def _read_window(fields: Mapping[str, Any], read: Sequence[Chunk]) -> Window:
    return Window(
        url=fields["url"],
        base=fields["base"],
        first=fields["first"],
        segments=tuple(chain.from_iterable(chunk.segments for chunk in read)),
        starts=(*chain.from_iterable(chunk.starts for chunk in read), Microseconds(fields["edge"])),
        sequences=tuple(chain.from_iterable(chunk.sequences for chunk in read)),
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
