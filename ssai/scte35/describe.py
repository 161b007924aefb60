"""A section in a few lines for people. Nothing in it can steer a terminal: foreign bytes are escaped."""

from __future__ import annotations

from typing import assert_never

from domain.units import decimal, ticks_to_microseconds
from ssai.scte35.commands import (
    BandwidthReservation,
    PrivateCommand,
    SpliceCommand,
    SpliceInsert,
    SpliceInsertCancel,
    SpliceNull,
    TimeSignal,
)
from ssai.scte35.descriptors import (
    AudioDescriptor,
    AvailDescriptor,
    DtmfDescriptor,
    PrivateDescriptor,
    SpliceDescriptor,
    TimeDescriptor,
)
from ssai.scte35.schedule import ScheduledCancel, ScheduledEvent, SpliceSchedule
from ssai.scte35.section import EncryptedPayload, SpliceInfoSection
from ssai.scte35.segmentation import type_name
from ssai.scte35.segmentation_descriptor import SegmentationCancel, SegmentationDescriptor
from ssai.scte35.times import BreakDuration
from ssai.scte35.upid import Mid, Upid, printable, upid_text, upid_type_name


def describe(section: SpliceInfoSection) -> str:
    """One line for the command, one for each descriptor; no newline at the end. Times are adjusted."""
    command = section.splice_command
    if isinstance(command, EncryptedPayload):
        first = f"encrypted: algorithm {section.encryption_algorithm}, control word {section.cw_index}"
        return f"{first}, {len(command.data)} bytes"
    parts = [command.command_name, *_command(command)]
    if section.splice_time is not None:
        parts.append(f"at {_seconds(section.splice_time)} (PTS {section.splice_time})")
    return "\n  ".join([", ".join(parts), *(_descriptor(each) for each in section.splice_descriptors)])


def _seconds(ticks: int) -> str:
    return decimal(ticks_to_microseconds(ticks)).rstrip("0").rstrip(".") + " s"


def _command(command: SpliceCommand) -> list[str]:
    match command:
        case SpliceNull() | BandwidthReservation():
            return []
        case TimeSignal():
            return ["immediate"] if command.pts_time is None else []
        case SpliceInsertCancel():
            return [f"event {command.splice_event_id}", "cancelled"]
        case SpliceInsert():
            return _insert(command)
        case SpliceSchedule():
            return [f"{len(command.events)} events", *(f"({_scheduled(event)})" for event in command.events)]
        case PrivateCommand():
            owner = printable(command.identifier.to_bytes(4, "big"))
            return [f"owner {owner}", f"{len(command.private_bytes)} bytes"]
        case _:
            assert_never(command)


def _direction(out_of_network: bool) -> str:
    return "out of network" if out_of_network else "return to network"


def _break(duration: BreakDuration | None) -> list[str]:
    if duration is None:
        return []
    return [f"break of {_seconds(duration.duration)}" + (" with auto return" if duration.auto_return else "")]


def _insert(insert: SpliceInsert) -> list[str]:
    parts = [f"event {insert.splice_event_id}", _direction(insert.out_of_network_indicator)]
    parts += _break(insert.break_duration)
    if insert.components is not None:
        parts.append(f"{len(insert.components)} components")
    if insert.splice_immediate_flag:
        parts.append("immediate")
    return parts


def _scheduled(event: ScheduledEvent) -> str:
    if isinstance(event, ScheduledCancel):
        return f"event {event.splice_event_id}, cancelled"
    when = f"at GPS second {event.when}" if isinstance(event.when, int) else f"{len(event.when)} components"
    parts = [f"event {event.splice_event_id}", _direction(event.out_of_network_indicator), when]
    return ", ".join(parts + _break(event.break_duration))


def _descriptor(descriptor: SpliceDescriptor) -> str:
    match descriptor:
        case AvailDescriptor():
            return f"avail: {descriptor.provider_avail_id}"
        case DtmfDescriptor():
            return f"DTMF: {printable(descriptor.dtmf_chars)}, pre-roll {descriptor.preroll / 10} s"
        case SegmentationCancel():
            return f"segmentation: event {descriptor.segmentation_event_id}, cancelled"
        case SegmentationDescriptor():
            return _segmentation(descriptor)
        case TimeDescriptor():
            return f"time: TAI {descriptor.tai_seconds}.{descriptor.tai_ns:09d} s, UTC offset {descriptor.utc_offset} s"
        case AudioDescriptor():
            return "audio: " + ", ".join(printable(channel.iso_code) for channel in descriptor.channels)
        case PrivateDescriptor():
            owner = printable(descriptor.identifier.to_bytes(4, "big"))
            return f"private: owner {owner}, tag {descriptor.splice_descriptor_tag}, {descriptor.private_bytes.hex()}"
        case _:
            assert_never(descriptor)


def _segmentation(descriptor: SegmentationDescriptor) -> str:
    code = descriptor.segmentation_type_id
    parts = [
        f"segmentation: {type_name(code)} (0x{code:02X})",
        f"event {descriptor.segmentation_event_id}",
    ]
    if descriptor.segmentation_duration is not None:
        parts.append(_seconds(descriptor.segmentation_duration))
    if descriptor.segment_num or descriptor.segments_expected:
        parts.append(f"segment {descriptor.segment_num} of {descriptor.segments_expected}")
    if descriptor.sub_segment is not None:
        parts.append(f"sub-segment {descriptor.sub_segment.num} of {descriptor.sub_segment.expected}")
    upids = descriptor.upid.upids if isinstance(descriptor.upid, Mid) else (descriptor.upid,)
    parts += [_upid(upid) for upid in upids if upid.value]
    if descriptor.components is not None:
        parts.append(f"{len(descriptor.components)} components")
    if descriptor.delivery_restrictions is not None:
        parts.append("delivery restricted")
    return ", ".join(parts)


def _upid(upid: Upid) -> str:
    return f"{upid_type_name(upid.type)} {upid_text(upid)}"
