"""EXT-X-DATERANGE with SCTE-35 attributes (8216bis, 4.4.5.1.1): the dates say where, not the place of the tag."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

from domain.units import Microseconds, instant
from ssai.cues.reading import Reading, duration, identifier, named
from ssai.cues.signal import Dialect, Signal, SignalKind
from ssai.cues.splice import CueOptions, Message, Splice, SpliceError, read_message, unread
from ssai.hls.lines import Tag

CUE_ATTRIBUTES: Final = frozenset({"SCTE35-OUT", "SCTE35-IN", "SCTE35-CMD"})
_MAX_RANGES: Final = 10_000
"""Ranges remembered within one reading: a day with one every nine seconds."""


@dataclass(slots=True)
class _Range:
    """What earlier tags of one ID said: where it starts, and whether its length was a plan so far."""

    start: Microseconds | None = None
    planned: bool = False
    foreign: bool = False


@dataclass(frozen=True, slots=True)
class _Stated:
    """What one tag says of identity, place and time; None for what is absent or unreadable."""

    name: str | None
    index: int
    start: Microseconds | None
    end: Microseconds | None
    length: Microseconds | None
    planned: Microseconds | None


@dataclass(slots=True)
class DateRangeReader:
    """Reads the DATERANGE tags of one playlist in order; tags of one ID complete each other.

    ``known`` holds, by ID, the starts that the caller has from earlier reloads (microseconds since the Unix epoch):
    a closing tag need not repeat them.
    """

    options: CueOptions
    known: Mapping[str, Microseconds] = field(default_factory=dict)
    _ranges: dict[str, _Range] = field(default_factory=dict)

    def read(self, tag: Tag, index: int) -> Reading:
        """Read one tag that stands before the segment of ``index``; signals without ``at`` hold there."""
        found = named(tag.value or "")
        stated = _Stated(
            identifier(found.get("ID")),
            index,
            _instant(found.get("START-DATE")),
            _instant(found.get("END-DATE")),
            duration(found.get("DURATION")),
            duration(found.get("PLANNED-DURATION")),
        )
        held = self._held(stated.name)
        readings: list[Reading] = []
        if "SCTE35-OUT" in found:
            readings.append(_out(found["SCTE35-OUT"], stated, held, self.options))
        if "SCTE35-CMD" in found:
            readings.append(_command(found["SCTE35-CMD"], stated, held, self.options))
        if "SCTE35-IN" in found:
            readings.append(_in(found["SCTE35-IN"], stated, held, self.options))
        elif self._closes(stated, held, cue=not CUE_ATTRIBUTES.isdisjoint(found)):
            readings.append(Reading((_closing(stated, _end(stated, held), None),)))
        if stated.name is not None and len(self._ranges) < _MAX_RANGES:
            self._ranges[stated.name] = held
        reasons = [reading.reason for reading in readings if reading.reason is not None]
        signals = tuple(signal for reading in readings for signal in reading.signals)
        return Reading(signals, "; ".join(reasons) or None)

    def _held(self, name: str | None) -> _Range:
        if name is None:
            return _Range()
        return self._ranges.get(name) or _Range(self.known.get(name))

    def _closes(self, stated: _Stated, held: _Range, *, cue: bool) -> bool:
        """Whether a tag without SCTE35-IN states the actual end of a range whose length was a plan."""
        if held.foreign or (stated.end is None and stated.length is None):
            return False
        return held.planned or (not cue and stated.name is not None and stated.name in self.known)


def dated(
    places: Iterable[tuple[int, Tag]], options: CueOptions, known: Mapping[str, Microseconds]
) -> Iterable[tuple[int, Tag, Reading]]:
    """Read the DATERANGEs among tags with their places."""
    reader = DateRangeReader(options, known)
    for index, tag in places:
        if is_daterange(tag):
            yield index, tag, reader.read(tag, index)


def is_daterange(tag: Tag) -> bool:
    """Whether a tag is EXT-X-DATERANGE, in any case and with stray blanks."""
    return tag.name.strip().upper() == "EXT-X-DATERANGE"


def _decoded(text: str, options: CueOptions) -> tuple[Message | None, str | None]:
    try:
        return read_message(text, options), None
    except SpliceError as error:
        return None, unread(error)


def _out(text: str, stated: _Stated, held: _Range, options: CueOptions) -> Reading:
    message, reason = _decoded(text, options)
    if message is not None and message.foreign:
        held.foreign = True
        return Reading(reason="the message opens no avail")
    return Reading((_opening(stated, held, _first(message, SignalKind.OUT)),), reason)


def _command(text: str, stated: _Stated, held: _Range, options: CueOptions) -> Reading:
    message, reason = _decoded(text, options)
    if message is None:
        return Reading(reason=reason)
    if not message.splices:
        return Reading(reason="the message neither opens nor ends an avail")
    return Reading(
        tuple(
            _opening(stated, held, splice) if splice.kind is SignalKind.OUT else _closing(stated, stated.start, splice)
            for splice in message.splices
        )
    )


def _in(text: str, stated: _Stated, held: _Range, options: CueOptions) -> Reading:
    message, reason = _decoded(text, options)
    if held.foreign or (message is not None and message.foreign):
        return Reading(reason="the message ends no avail")
    return Reading((_closing(stated, _end(stated, held), _first(message, SignalKind.IN)),), reason)


def _first(message: Message | None, kind: SignalKind) -> Splice | None:
    return next((splice for splice in (message.splices if message else ()) if splice.kind is kind), None)


def _opening(stated: _Stated, held: _Range, splice: Splice | None) -> Signal:
    length = stated.planned
    if length is None and not held.planned:
        length = stated.length
        if length is None and stated.end is not None and stated.start is not None and stated.end >= stated.start:
            length = Microseconds(stated.end - stated.start)
    held.planned = held.planned or stated.planned is not None or length is None
    # What the tag itself says goes before what is remembered: a packager that starts anew counts its ids from 0 again.
    held.start = held.start if stated.start is None else stated.start
    return Signal(
        SignalKind.OUT,
        Dialect.DATERANGE,
        stated.index,
        id=stated.name,
        at=held.start,
        duration=splice.duration if length is None and splice is not None else length,
        auto_return=None if splice is None else splice.auto_return,
        insertion=length == 0,
        segmentation=None if splice is None else splice.segmentation,
        event=None if splice is None else splice.event,
    )


def _closing(stated: _Stated, at: Microseconds | None, splice: Splice | None) -> Signal:
    return Signal(
        SignalKind.IN,
        Dialect.DATERANGE,
        stated.index,
        id=stated.name,
        at=at,
        segmentation=None if splice is None else splice.segmentation,
        event=None if splice is None else splice.event,
        cancelled=splice is not None and splice.cancelled,
    )


def _end(stated: _Stated, held: _Range) -> Microseconds | None:
    """Where a closing tag ends its range.

    END-DATE says it. A START-DATE after the range's own is in the wild the end itself. Otherwise the start and the
    actual DURATION give it; None when none of this is there, and the place of the tag is all there is.
    """
    if stated.end is not None:
        return stated.end
    if stated.start is not None and held.start is not None and stated.start > held.start:
        return stated.start
    start = stated.start if held.start is None else held.start
    if start is not None and stated.length is not None:
        return Microseconds(start + stated.length)
    return stated.start if held.start is None else None


def _instant(text: str | None) -> Microseconds | None:
    try:
        return None if text is None else instant(text)
    except ValueError:
        return None
