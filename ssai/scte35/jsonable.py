"""A section as plain data that any JSON writer takes: field names of SCTE 35, raw bytes as hexadecimal.

Beside a time in ticks stands ``<name>_seconds``, rounded to the microsecond; beside a code, its name.
"""

from __future__ import annotations

from typing import assert_never

from domain.units import Ticks, seconds, ticks_to_microseconds
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
    CUEI,
    AudioDescriptor,
    AvailDescriptor,
    DtmfDescriptor,
    PrivateDescriptor,
    SpliceDescriptor,
    TimeDescriptor,
    descriptor_bytes,
)
from ssai.scte35.schedule import ScheduledCancel, ScheduledEvent, SpliceSchedule
from ssai.scte35.section import TABLE_ID, EncryptedPayload, SpliceInfoSection, encode
from ssai.scte35.segmentation import type_name
from ssai.scte35.segmentation_descriptor import SegmentationCancel, SegmentationDescriptor
from ssai.scte35.times import BreakDuration, adjusted
from ssai.scte35.upid import Mid, Upid, UpidType, printable, upid_bytes, upid_text, upid_type_name


def to_json(section: SpliceInfoSection) -> dict[str, object]:
    """The whole section; ``SpliceError`` for one that cannot be encoded (none that was decoded)."""
    data = encode(section)
    command = section.splice_command
    head: dict[str, object] = {
        "table_id": TABLE_ID,
        "sap_type": section.sap_type,
        "section_length": len(data) - 3,
        "protocol_version": 0,
        "encrypted_packet": section.encrypted_packet,
        "encryption_algorithm": section.encryption_algorithm,
        **_time("pts_adjustment", section.pts_adjustment),
        "cw_index": section.cw_index,
        "tier": section.tier,
        "splice_command_length": int.from_bytes(data[11:13], "big") & 0xFFF,
    }
    if isinstance(command, EncryptedPayload):
        return {**head, "encrypted_payload": command.data.hex()}
    descriptors = [_descriptor(descriptor) for descriptor in section.splice_descriptors]
    return {
        **head,
        "splice_command_type": command.splice_command_type,
        "splice_command": {"name": command.command_name, **_command(command, section.pts_adjustment)},
        "descriptor_loop_length": sum(len(descriptor_bytes(each)) for each in section.splice_descriptors),
        "splice_descriptors": descriptors,
        "alignment_stuffing": section.alignment_stuffing.hex(),
    }


def _time(name: str, ticks: Ticks) -> dict[str, object]:
    return {name: int(ticks), f"{name}_seconds": seconds(ticks_to_microseconds(ticks))}


def _splice_time(pts_time: Ticks | None, pts_adjustment: Ticks) -> dict[str, object]:
    if pts_time is None:
        return {"time_specified_flag": False}
    return {
        "time_specified_flag": True,
        **_time("pts_time", pts_time),
        **_time("adjusted_pts_time", adjusted(pts_time, pts_adjustment)),
    }


def _break_duration(duration: BreakDuration | None) -> dict[str, object]:
    if duration is None:
        return {}
    return {"break_duration": {"auto_return": duration.auto_return, **_time("duration", duration.duration)}}


def _command(command: SpliceCommand, pts_adjustment: Ticks) -> dict[str, object]:
    match command:
        case SpliceNull() | BandwidthReservation():
            return {}
        case TimeSignal():
            return {"splice_time": _splice_time(command.pts_time, pts_adjustment)}
        case SpliceInsert():
            return _insert(command, pts_adjustment)
        case SpliceInsertCancel():
            return {"splice_event_id": command.splice_event_id, "splice_event_cancel_indicator": True}
        case SpliceSchedule():
            return {"splice_count": len(command.events), "events": [_scheduled(event) for event in command.events]}
        case PrivateCommand():
            return {**_identifier(command.identifier), "private_bytes": command.private_bytes.hex()}
        case _:
            assert_never(command)


def _insert(insert: SpliceInsert, pts_adjustment: Ticks) -> dict[str, object]:
    immediate = insert.splice_immediate_flag
    when: dict[str, object] = {}
    if insert.components is not None:
        when["components"] = [
            {"component_tag": each.component_tag}
            if immediate
            else {"component_tag": each.component_tag, "splice_time": _splice_time(each.pts_time, pts_adjustment)}
            for each in insert.components
        ]
    elif not immediate:
        when["splice_time"] = _splice_time(insert.pts_time, pts_adjustment)
    return {
        "splice_event_id": insert.splice_event_id,
        "splice_event_cancel_indicator": False,
        "out_of_network_indicator": insert.out_of_network_indicator,
        "program_splice_flag": insert.components is None,
        "duration_flag": insert.break_duration is not None,
        "splice_immediate_flag": immediate,
        "event_id_compliance_flag": insert.event_id_compliance_flag,
        **when,
        **_break_duration(insert.break_duration),
        "unique_program_id": insert.unique_program_id,
        "avail_num": insert.avail_num,
        "avails_expected": insert.avails_expected,
    }


def _scheduled(event: ScheduledEvent) -> dict[str, object]:
    head: dict[str, object] = {
        "splice_event_id": event.splice_event_id,
        "splice_event_cancel_indicator": isinstance(event, ScheduledCancel),
        "event_id_compliance_flag": event.event_id_compliance_flag,
    }
    if isinstance(event, ScheduledCancel):
        return head
    when: dict[str, object] = (
        {"utc_splice_time": event.when}
        if isinstance(event.when, int)
        else {
            "components": [
                {"component_tag": each.component_tag, "utc_splice_time": each.utc_splice_time} for each in event.when
            ]
        }
    )
    return {
        **head,
        "out_of_network_indicator": event.out_of_network_indicator,
        "program_splice_flag": isinstance(event.when, int),
        "duration_flag": event.break_duration is not None,
        **when,
        **_break_duration(event.break_duration),
        "unique_program_id": event.unique_program_id,
        "avail_num": event.avail_num,
        "avails_expected": event.avails_expected,
    }


def _identifier(identifier: int) -> dict[str, object]:
    return {"identifier": identifier, "identifier_text": printable(identifier.to_bytes(4, "big"))}


def _descriptor(descriptor: SpliceDescriptor) -> dict[str, object]:
    identifier = descriptor.identifier if isinstance(descriptor, PrivateDescriptor) else CUEI
    return {
        "name": descriptor.descriptor_name,
        "splice_descriptor_tag": descriptor.splice_descriptor_tag,
        "descriptor_length": len(descriptor_bytes(descriptor)) - 2,
        **_identifier(identifier),
        **_descriptor_fields(descriptor),
    }


def _descriptor_fields(descriptor: SpliceDescriptor) -> dict[str, object]:
    match descriptor:
        case AvailDescriptor():
            return {"provider_avail_id": descriptor.provider_avail_id}
        case DtmfDescriptor():
            return {
                "preroll": descriptor.preroll,
                "preroll_seconds": descriptor.preroll / 10,
                "dtmf_count": len(descriptor.dtmf_chars),
                "dtmf_chars": printable(descriptor.dtmf_chars),
            }
        case SegmentationCancel():
            return _segmentation_head(descriptor)
        case SegmentationDescriptor():
            return {**_segmentation_head(descriptor), **_segmentation(descriptor)}
        case TimeDescriptor():
            return {
                "tai_seconds": descriptor.tai_seconds,
                "tai_ns": descriptor.tai_ns,
                "utc_offset": descriptor.utc_offset,
            }
        case AudioDescriptor():
            return {"audio_count": len(descriptor.channels), "channels": _channels(descriptor)}
        case PrivateDescriptor():
            return {"private_bytes": descriptor.private_bytes.hex()}
        case _:
            assert_never(descriptor)


def _channels(descriptor: AudioDescriptor) -> list[dict[str, object]]:
    return [
        {
            "component_tag": channel.component_tag,
            "iso_code": printable(channel.iso_code),
            "bit_stream_mode": channel.bit_stream_mode,
            "num_channels": channel.num_channels,
            "full_srvc_audio": channel.full_srvc_audio,
        }
        for channel in descriptor.channels
    ]


def _segmentation_head(descriptor: SegmentationDescriptor | SegmentationCancel) -> dict[str, object]:
    return {
        "segmentation_event_id": descriptor.segmentation_event_id,
        "segmentation_event_cancel_indicator": isinstance(descriptor, SegmentationCancel),
        "segmentation_event_id_compliance_indicator": descriptor.segmentation_event_id_compliance_indicator,
    }


def _segmentation(descriptor: SegmentationDescriptor) -> dict[str, object]:
    fields: dict[str, object] = {
        "program_segmentation_flag": descriptor.components is None,
        "segmentation_duration_flag": descriptor.segmentation_duration is not None,
        "delivery_not_restricted_flag": descriptor.delivery_restrictions is None,
    }
    restrictions = descriptor.delivery_restrictions
    if restrictions is not None:
        fields |= {
            "web_delivery_allowed_flag": restrictions.web_delivery_allowed_flag,
            "no_regional_blackout_flag": restrictions.no_regional_blackout_flag,
            "archive_allowed_flag": restrictions.archive_allowed_flag,
            "device_restrictions": int(restrictions.device_restrictions),
            "device_restrictions_name": restrictions.device_restrictions.title,
        }
    if descriptor.components is not None:
        fields["components"] = [
            {"component_tag": each.component_tag, **_time("pts_offset", each.pts_offset)}
            for each in descriptor.components
        ]
    if descriptor.segmentation_duration is not None:
        fields |= _time("segmentation_duration", descriptor.segmentation_duration)
    fields |= {
        **_upid(descriptor.upid),
        "segmentation_type_id": descriptor.segmentation_type_id,
        "segmentation_type_name": type_name(descriptor.segmentation_type_id),
        "segment_num": descriptor.segment_num,
        "segments_expected": descriptor.segments_expected,
    }
    if descriptor.sub_segment is not None:
        fields |= {
            "sub_segment_num": descriptor.sub_segment.num,
            "sub_segments_expected": descriptor.sub_segment.expected,
        }
    return fields


def _upid(upid: Upid | Mid) -> dict[str, object]:
    upid_type = upid.type if isinstance(upid, Upid) else UpidType.MID
    value = upid_bytes(upid)
    fields: dict[str, object] = {
        "segmentation_upid_type": int(upid_type),
        "segmentation_upid_type_name": upid_type_name(upid_type),
        "segmentation_upid_length": len(value),
        "segmentation_upid": value.hex(),
    }
    if isinstance(upid, Upid):
        return {**fields, "segmentation_upid_text": upid_text(upid)}
    return {**fields, "mid": [_upid(nested) for nested in upid.upids]}
