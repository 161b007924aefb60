"""What a SCTE-35 message means for an avail: the only door from the cues to ``ssai.scte35``."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Final

from domain.units import Microseconds, Ticks, ticks_to_microseconds
from ssai.cues.reading import MAX_DURATION, Reading
from ssai.cues.signal import Dialect, Signal, SignalKind
from ssai.scte35.commands import SpliceInsert, SpliceInsertCancel, TimeSignal
from ssai.scte35.descriptors import SpliceDescriptor
from ssai.scte35.errors import SpliceError
from ssai.scte35.section import SpliceInfoSection
from ssai.scte35.segmentation_descriptor import SegmentationCancel, SegmentationDescriptor
from ssai.scte35.text import decode_text

__all__ = [
    "AVAIL_STARTS",
    "DEFAULT",
    "CueOptions",
    "Message",
    "Splice",
    "SpliceError",
    "enriched",
    "read_message",
    "signals_of",
    "unread",
]

AVAIL_STARTS: Final = (0x22, 0x34, 0x36, 0x44, 0x46, 0x30, 0x32)
"""Segmentation types that open an avail, the outermost first (SCTE 35, Table 23); the end of each is one more.

Overlays (0x38-0x3B) replace nothing; programmes (0x10-0x19), unscheduled events (0x40), alternate content (0x42) and
networks (0x50) are no advertising.
"""


@dataclass(frozen=True, slots=True)
class CueOptions:
    """What a channel's configuration says of cues: which segmentation types open an avail, the outermost first."""

    avails: tuple[int, ...] = AVAIL_STARTS


DEFAULT: Final = CueOptions()


@dataclass(frozen=True, slots=True)
class Splice:
    """One thing that a message says about an avail; times in microseconds, None where it does not say."""

    kind: SignalKind
    event: int
    duration: Microseconds | None = None
    auto_return: bool | None = None
    segmentation: int | None = None
    cancelled: bool = False


@dataclass(frozen=True, slots=True)
class Message:
    """A decoded message: at most one end and one start of an avail, in this order, or cancellations.

    ``foreign``: it names segmentation types, and none of them opens or ends an avail.
    """

    splices: tuple[Splice, ...] = ()
    foreign: bool = False


@lru_cache(maxsize=256)
def read_message(text: str, options: CueOptions = DEFAULT) -> Message:
    """Read a message in base64 or hexadecimal. A packager repeats one in every tag of a break: the last 256 are kept.

    Raises
    ------
        SpliceError: the message cannot be decoded.
    """
    section = decode_text(text)
    match section.splice_command:
        case SpliceInsertCancel(splice_event_id=event):
            return Message((Splice(SignalKind.IN, event, cancelled=True),))
        case SpliceInsert() as insert:
            return Message((_inserted(insert),))
        case TimeSignal():
            return _signalled(section, options)
        case _:
            return Message()


def enriched(signal: Signal, text: str, options: CueOptions) -> tuple[Signal, str | None]:
    """Add what the message says beyond the tag; where both speak, the tag is right.

    The second value tells why a message could not be read; the signal stands without it.
    """
    try:
        message = read_message(text, options)
    except SpliceError as error:
        return signal, unread(error)
    wanted = SignalKind.IN if signal.kind is SignalKind.IN else SignalKind.OUT
    for splice in message.splices:
        if splice.kind is wanted and not splice.cancelled:
            duration = splice.duration if wanted is SignalKind.OUT and signal.duration is None else signal.duration
            return replace(
                signal,
                duration=duration,
                event=splice.event,
                auto_return=splice.auto_return,
                segmentation=splice.segmentation if signal.segmentation is None else signal.segmentation,
            ), None
    return signal, None


def signals_of(text: str, dialect: Dialect, index: int, options: CueOptions, name: str | None = None) -> Reading:
    """Read a tag that says nothing but its message; ``name`` is the tag's own ID."""
    try:
        message = read_message(text.strip().strip('"'), options)
    except SpliceError as error:
        return Reading(reason=unread(error))
    if not message.splices:
        return Reading(reason="the message neither opens nor ends an avail")
    return Reading(
        tuple(
            Signal(
                splice.kind,
                dialect,
                index,
                id=name,
                duration=splice.duration,
                auto_return=splice.auto_return,
                segmentation=splice.segmentation,
                event=splice.event,
                cancelled=splice.cancelled,
            )
            for splice in message.splices
        )
    )


def unread(error: SpliceError) -> str:
    """Why a message gave nothing, for people."""
    return f"the SCTE-35 message cannot be read: {error}"[:200]


def _inserted(insert: SpliceInsert) -> Splice:
    if not insert.out_of_network_indicator:
        return Splice(SignalKind.IN, insert.splice_event_id)
    planned = insert.break_duration
    return Splice(
        SignalKind.OUT,
        insert.splice_event_id,
        None if planned is None else _duration(planned.duration),
        None if planned is None else planned.auto_return,
    )


def _signalled(section: SpliceInfoSection, options: CueOptions) -> Message:
    cancelled = tuple(
        Splice(SignalKind.IN, descriptor.segmentation_event_id, cancelled=True)
        for descriptor in section.splice_descriptors
        if isinstance(descriptor, SegmentationCancel)
    )
    segments = tuple(_segments(section.splice_descriptors))
    ends = _outermost(segments, tuple(start + 1 for start in options.avails))
    starts = _outermost(segments, options.avails)
    splices = list(cancelled)
    if ends is not None:
        splices.append(
            Splice(SignalKind.IN, ends.segmentation_event_id, segmentation=ends.segmentation_type_id),
        )
    if starts is not None:
        splices.append(
            Splice(
                SignalKind.OUT,
                starts.segmentation_event_id,
                _duration(starts.segmentation_duration),
                segmentation=starts.segmentation_type_id,
            )
        )
    return Message(tuple(splices), foreign=bool(segments) and not splices)


def _segments(descriptors: Iterable[SpliceDescriptor]) -> Iterable[SegmentationDescriptor]:
    return (descriptor for descriptor in descriptors if isinstance(descriptor, SegmentationDescriptor))


def _outermost(segments: tuple[SegmentationDescriptor, ...], types: tuple[int, ...]) -> SegmentationDescriptor | None:
    among = [segment for segment in segments if segment.segmentation_type_id in types]
    return min(among, key=lambda segment: types.index(segment.segmentation_type_id), default=None)


def _duration(ticks: Ticks | None) -> Microseconds | None:
    """A message that says 0, or more than a day, does not know the length."""
    value = 0 if ticks is None else ticks_to_microseconds(ticks)
    return Microseconds(value) if 0 < value <= MAX_DURATION else None
