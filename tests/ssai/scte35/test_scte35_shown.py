"""What the command line prints: plain data and a few lines."""

import json

import pytest

from ssai.scte35.commands import PrivateCommand, SpliceInsert, SpliceInsertCancel, SpliceNull, TimeSignal
from ssai.scte35.describe import describe
from ssai.scte35.descriptors import (
    AudioChannel,
    AudioDescriptor,
    AvailDescriptor,
    DtmfDescriptor,
    PrivateDescriptor,
    TimeDescriptor,
)
from ssai.scte35.jsonable import to_json
from ssai.scte35.schedule import ScheduledCancel, ScheduledSplice, SpliceSchedule
from ssai.scte35.section import EncryptedPayload, SpliceInfoSection
from ssai.scte35.segmentation import SegmentationType, type_name
from ssai.scte35.segmentation_descriptor import SegmentationCancel, SegmentationDescriptor, SubSegment
from ssai.scte35.times import BreakDuration
from ssai.scte35.upid import Mid, Upid, printable, upid_text, upid_type_name

SECTION = SpliceInfoSection(
    splice_command=SpliceInsert(
        splice_event_id=7,
        out_of_network_indicator=True,
        pts_time=(1 << 33) - 90_000,
        break_duration=BreakDuration(auto_return=True, duration=2_702_700),
        unique_program_id=1,
    ),
    splice_descriptors=(
        AvailDescriptor(309),
        SegmentationDescriptor(
            segmentation_event_id=8,
            segmentation_type_id=0x34,
            segmentation_duration=2_702_700,
            upid=Mid((Upid(0x0F, b"urn:a"), Upid(0x08, (5).to_bytes(8, "big")))),
            segment_num=1,
            segments_expected=2,
            sub_segment=SubSegment(0, 0),
        ),
    ),
    pts_adjustment=135_000,
)


def test_json_of_a_section():
    assert json.loads(json.dumps(to_json(SECTION))) == {
        "table_id": 252,
        "sap_type": 3,
        "section_length": 88,
        "protocol_version": 0,
        "encrypted_packet": False,
        "encryption_algorithm": 0,
        "pts_adjustment": 135000,
        "pts_adjustment_seconds": 1.5,
        "cw_index": 255,
        "tier": 4095,
        "splice_command_length": 20,
        "splice_command_type": 5,
        "splice_command": {
            "name": "splice_insert",
            "splice_event_id": 7,
            "splice_event_cancel_indicator": False,
            "out_of_network_indicator": True,
            "program_splice_flag": True,
            "duration_flag": True,
            "splice_immediate_flag": False,
            "event_id_compliance_flag": True,
            "splice_time": {
                "time_specified_flag": True,
                "pts_time": 8589844592,
                "pts_time_seconds": 95442.717689,
                "adjusted_pts_time": 45000,
                "adjusted_pts_time_seconds": 0.5,
            },
            "break_duration": {"auto_return": True, "duration": 2702700, "duration_seconds": 30.03},
            "unique_program_id": 1,
            "avail_num": 0,
            "avails_expected": 0,
        },
        "descriptor_loop_length": 51,
        "splice_descriptors": [
            {
                "name": "avail_descriptor",
                "splice_descriptor_tag": 0,
                "descriptor_length": 8,
                "identifier": 1129661769,
                "identifier_text": "CUEI",
                "provider_avail_id": 309,
            },
            {
                "name": "segmentation_descriptor",
                "splice_descriptor_tag": 2,
                "descriptor_length": 39,
                "identifier": 1129661769,
                "identifier_text": "CUEI",
                "segmentation_event_id": 8,
                "segmentation_event_cancel_indicator": False,
                "segmentation_event_id_compliance_indicator": True,
                "program_segmentation_flag": True,
                "segmentation_duration_flag": True,
                "delivery_not_restricted_flag": True,
                "segmentation_duration": 2702700,
                "segmentation_duration_seconds": 30.03,
                "segmentation_upid_type": 13,
                "segmentation_upid_type_name": "MID",
                "segmentation_upid_length": 17,
                "segmentation_upid": "0f0575726e3a6108080000000000000005",
                "mid": [
                    {
                        "segmentation_upid_type": 15,
                        "segmentation_upid_type_name": "URI",
                        "segmentation_upid_length": 5,
                        "segmentation_upid": "75726e3a61",
                        "segmentation_upid_text": "urn:a",
                    },
                    {
                        "segmentation_upid_type": 8,
                        "segmentation_upid_type_name": "TI",
                        "segmentation_upid_length": 8,
                        "segmentation_upid": "0000000000000005",
                        "segmentation_upid_text": "5",
                    },
                ],
                "segmentation_type_id": 52,
                "segmentation_type_name": "Provider Placement Opportunity Start",
                "segment_num": 1,
                "segments_expected": 2,
                "sub_segment_num": 0,
                "sub_segments_expected": 0,
            },
        ],
        "alignment_stuffing": "",
    }


def test_json_of_an_encrypted_section_stops_at_what_is_in_the_clear():
    shown = to_json(SpliceInfoSection(splice_command=EncryptedPayload(5, bytes(8)), encryption_algorithm=1))
    assert shown["encrypted_packet"] is True
    assert shown["splice_command_length"] == 5
    assert shown["encrypted_payload"] == "0000000000000000"
    assert "splice_command" not in shown


def test_description_of_a_section():
    assert describe(SECTION).split("\n") == [
        "splice_insert, event 7, out of network, break of 30.03 s with auto return, at 0.5 s (PTS 45000)",
        "  avail: 309",
        (
            "  segmentation: Provider Placement Opportunity Start (0x34), event 8, 30.03 s, segment 1 of 2, "
            "sub-segment 0 of 0, URI urn:a, TI 5"
        ),
    ]


@pytest.mark.parametrize(
    ("command", "line"),
    [
        (SpliceNull(), "splice_null"),
        (TimeSignal(None), "time_signal, immediate"),
        (SpliceInsertCancel(9), "splice_insert, event 9, cancelled"),
        (
            SpliceInsert(splice_event_id=1, out_of_network_indicator=False, splice_immediate_flag=True),
            "splice_insert, event 1, return to network, immediate",
        ),
        (
            SpliceSchedule(
                (ScheduledCancel(1), ScheduledSplice(splice_event_id=2, out_of_network_indicator=True, when=3))
            ),
            "splice_schedule, 2 events, (event 1, cancelled), (event 2, out of network, at GPS second 3)",
        ),
        (PrivateCommand(0x411B4344, b"12"), "private_command, owner A\\x1bCD, 2 bytes"),
        (EncryptedPayload(5, bytes(8)), "encrypted: algorithm 0, control word 255, 8 bytes"),
    ],
)
def test_description_of_a_command(command, line):
    assert describe(SpliceInfoSection(splice_command=command)) == line


@pytest.mark.parametrize(
    ("descriptor", "line"),
    [
        (DtmfDescriptor(177, b"121*"), "DTMF: 121*, pre-roll 17.7 s"),
        (SegmentationCancel(4), "segmentation: event 4, cancelled"),
        (TimeDescriptor(10, 5, 37), "time: TAI 10.000000005 s, UTC offset 37 s"),
        (AudioDescriptor((AudioChannel(1, b"eng", 0, 2, True),)), "audio: eng"),
        (PrivateDescriptor(2, 0x53415053, b"\x0b"), "private: owner SAPS, tag 2, 0b"),
        (
            SegmentationDescriptor(segmentation_event_id=1, segmentation_type_id=0x0B, components=()),
            "segmentation: Reserved (0x0B), event 1, 0 components",
        ),
    ],
)
def test_description_of_a_descriptor(descriptor, line):
    section = SpliceInfoSection(splice_command=TimeSignal(None), splice_descriptors=(descriptor,))
    assert describe(section).split("\n  ")[1:] == [line]


@pytest.mark.parametrize(
    ("upid", "text"),
    [
        (Upid(0x08, (748724618).to_bytes(8, "big")), "748724618"),
        (Upid(0x08, b"\1\2"), "0102"),
        (Upid(0x0A, bytes.fromhex("14788be5e3f6000000000000")), "10.5240/8BE5-E3F6-0000-0000-0000"),
        (
            Upid(0x04, bytes.fromhex("060a2b340101010501010d2013000000d2c9036c8f195343ab7014d2d718bfda")),
            "060A2B34.01010105.01010D20.13000000.D2C9036C.8F195343.AB7014D2.D718BFDA",
        ),
        (Upid(0x10, bytes(range(16))), "00010203-0405-0607-0809-0a0b0c0d0e0f"),
        (Upid(0x0C, b"MDSN\x01"), "MDSN:01"),
        (Upid(0x0E, b"type=LA\xfc"), "type=LA\\xfc"),
        (Upid(0x06, b"\1"), "01"),
        (Upid(0x00, b""), ""),
    ],
)
def test_upid_as_people_write_it(upid, text):
    assert upid_text(upid) == text


def test_names_of_the_tables():
    assert len(SegmentationType) == 48
    assert type_name(0x1A) == "Program Immediate Resumption"
    assert type_name(0x38) == "Provider Overlay Placement Opportunity Start"
    assert type_name(0x52) == "Reserved"
    assert SegmentationType(0x46).title == "Distributor Ad Block Start"
    assert upid_type_name(0x03) == "Ad-ID"
    assert upid_type_name(0x12) == "Reserved"


def test_starts_and_ends_stand_side_by_side():
    for member in SegmentationType:
        if member.name.endswith("_START") and member is not SegmentationType.PROGRAM_OVERLAP_START:
            assert SegmentationType(member + 1).name == member.name.removesuffix("START") + "END"


def test_foreign_bytes_cannot_steer_a_terminal():
    assert printable(b"a\x1b[31m\\\xff") == "a\\x1b[31m\\x5c\\xff"
