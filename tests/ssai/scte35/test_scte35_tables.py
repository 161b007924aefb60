"""One table drives decode and encode: (name, what stands behind the header, section)."""

import pytest

from ssai.scte35.commands import (
    BandwidthReservation,
    InsertComponent,
    PrivateCommand,
    SpliceInsert,
    SpliceInsertCancel,
    SpliceNull,
    TimeSignal,
)
from ssai.scte35.crc import crc32_mpeg2
from ssai.scte35.descriptors import (
    CUEI,
    AudioChannel,
    AudioDescriptor,
    AvailDescriptor,
    DtmfDescriptor,
    PrivateDescriptor,
    TimeDescriptor,
)
from ssai.scte35.errors import SpliceError
from ssai.scte35.schedule import ScheduledCancel, ScheduledComponent, ScheduledSplice, SpliceSchedule
from ssai.scte35.section import EncryptedPayload, SpliceInfoSection, decode, encode
from ssai.scte35.segmentation import DeviceRestrictions
from ssai.scte35.segmentation_descriptor import (
    DeliveryRestrictions,
    SegmentationCancel,
    SegmentationComponent,
    SegmentationDescriptor,
    SubSegment,
)
from ssai.scte35.times import BreakDuration
from ssai.scte35.upid import Mid, Upid


def framed(body: str, sap: int = 3) -> bytes:
    """A section around the hexadecimal ``body``: table_id, section_length and CRC_32 are put to it."""
    content = bytes.fromhex(body.replace(" ", ""))
    data = bytes([0xFC, sap << 4 | (len(content) + 4) >> 8, (len(content) + 4) & 255]) + content
    return data + crc32_mpeg2(data).to_bytes(4, "big")


HEAD = "00 00 00000000 ff fff"
"""protocol_version, no encryption, pts_adjustment 0, cw_index, tier; what follows is splice_command_length."""


def descriptor(body: str) -> str:
    """A time_signal that is immediate, with one descriptor."""
    size = len(bytes.fromhex(body.replace(" ", "")))
    return f"{HEAD} 001 06 7f {size:04x} {body}"


def signal(each) -> SpliceInfoSection:
    return SpliceInfoSection(splice_command=TimeSignal(None), splice_descriptors=(each,))


def plain(command, **fields) -> SpliceInfoSection:
    return SpliceInfoSection(splice_command=command, **fields)


INSERT = SpliceInsert(
    splice_event_id=0x12345678,
    out_of_network_indicator=True,
    pts_time=(1 << 33) - 1,
    break_duration=BreakDuration(auto_return=True, duration=1 << 32),
    unique_program_id=0xABCD,
    avail_num=1,
    avails_expected=255,
)
RESTRICTED = DeliveryRestrictions(
    web_delivery_allowed_flag=False,
    no_regional_blackout_flag=True,
    archive_allowed_flag=False,
    device_restrictions=DeviceRestrictions.GROUP_2,
)
TABLE = [
    ("splice_null", f"{HEAD} 000 00 0000", plain(SpliceNull())),
    ("bandwidth_reservation", f"{HEAD} 000 07 0000", plain(BandwidthReservation())),
    (
        "header",
        "00 15 fffffffe 12 abc 000 00 0000",
        plain(SpliceNull(), encryption_algorithm=10, pts_adjustment=0x1FFFFFFFE, cw_index=0x12, tier=0xABC),
    ),
    ("legacy length", f"{HEAD} fff 06 fe00000001 0000", plain(TimeSignal(1), legacy_command_length=True)),
    ("stuffing", f"{HEAD} 000 00 0000 00ff01", plain(SpliceNull(), alignment_stuffing=b"\0\xff\1")),
    ("time_signal", f"{HEAD} 005 06 ff00000000 0000", plain(TimeSignal(1 << 32))),
    ("time_signal, immediate", f"{HEAD} 001 06 7f 0000", plain(TimeSignal(None))),
    ("splice_insert", f"{HEAD} 014 05 12345678 7f ef ffffffffff ff00000000 abcd 01 ff 0000", plain(INSERT)),
    (
        "splice_insert, immediate return",
        f"{HEAD} 00a 05 00000001 7f 57 0000 00 00 0000",
        plain(
            SpliceInsert(
                splice_event_id=1,
                out_of_network_indicator=False,
                splice_immediate_flag=True,
                event_id_compliance_flag=False,
            )
        ),
    ),
    (
        "splice_insert, time not specified",
        f"{HEAD} 00b 05 00000001 7f 4f 7f 0000 00 00 0000",
        plain(SpliceInsert(splice_event_id=1, out_of_network_indicator=False)),
    ),
    (
        "splice_insert, components",
        f"{HEAD} 013 05 00000001 7f 8f 02 01 fe00000007 02 7f 0000 00 00 0000",
        plain(
            SpliceInsert(
                splice_event_id=1,
                out_of_network_indicator=True,
                components=(InsertComponent(1, 7), InsertComponent(2, None)),
            )
        ),
    ),
    (
        "splice_insert, components, immediate",
        f"{HEAD} 00c 05 00000001 7f 9f 01 09 0000 00 00 0000",
        plain(
            SpliceInsert(
                splice_event_id=1,
                out_of_network_indicator=True,
                splice_immediate_flag=True,
                components=(InsertComponent(9, None),),
            )
        ),
    ),
    ("splice_insert, cancel", f"{HEAD} 005 05 ffffffff ff 0000", plain(SpliceInsertCancel(0xFFFFFFFF))),
    ("splice_schedule, empty", f"{HEAD} 001 04 00 0000", plain(SpliceSchedule(()))),
    (
        "splice_schedule",
        (
            f"{HEAD} 029 04 03 00000001 7f ff 4d2d8fe4 fe00000002 0003 04 05 00000002 bf"
            " 00000003 3f 1f 01 0a 00000064 0006 07 08 0000"
        ),
        plain(
            SpliceSchedule(
                (
                    ScheduledSplice(
                        splice_event_id=1,
                        out_of_network_indicator=True,
                        when=0x4D2D8FE4,
                        break_duration=BreakDuration(auto_return=True, duration=2),
                        unique_program_id=3,
                        avail_num=4,
                        avails_expected=5,
                    ),
                    ScheduledCancel(2, event_id_compliance_flag=False),
                    ScheduledSplice(
                        splice_event_id=3,
                        out_of_network_indicator=False,
                        event_id_compliance_flag=False,
                        when=(ScheduledComponent(10, 100),),
                        unique_program_id=6,
                        avail_num=7,
                        avails_expected=8,
                    ),
                )
            )
        ),
    ),
    ("private_command", f"{HEAD} 006 ff 41424344 0001 0000", plain(PrivateCommand(0x41424344, b"\0\1"))),
    ("avail", descriptor("00 08 43554549 00000135"), signal(AvailDescriptor(309))),
    ("DTMF", descriptor("01 0a 43554549 b1 9f 3132312a"), signal(DtmfDescriptor(177, b"121*"))),
    ("time", descriptor("03 10 43554549 000000000001 00000002 0025"), signal(TimeDescriptor(1, 2, 37))),
    (
        "audio",
        descriptor("04 0f 43554549 2f 01 656e67 45 ff 737061 1c"),
        signal(AudioDescriptor((AudioChannel(1, b"eng", 2, 2, True), AudioChannel(255, b"spa", 0, 14, False)))),
    ),
    ("foreign", descriptor("02 06 53415053 0b0c"), signal(PrivateDescriptor(2, 0x53415053, b"\x0b\x0c"))),
    ("reserved tag", descriptor("05 04 43554549"), signal(PrivateDescriptor(5, CUEI, b""))),
    (
        "segmentation",
        descriptor("02 1e 43554549 4800008e 7f ca 0001a599b0 08 08 000000002ca0a18a 34 02 03 04 05"),
        signal(
            SegmentationDescriptor(
                segmentation_event_id=0x4800008E,
                segmentation_type_id=0x34,
                segmentation_duration=27630000,
                delivery_restrictions=RESTRICTED,
                upid=Upid(8, bytes.fromhex("000000002ca0a18a")),
                segment_num=2,
                segments_expected=3,
                sub_segment=SubSegment(4, 5),
            )
        ),
    ),
    (
        "segmentation, bare, a reserved type with sub-segments",
        descriptor("02 11 43554549 00000001 3f bf 00 00 ee 00 00 00 01"),
        signal(
            SegmentationDescriptor(
                segmentation_event_id=1,
                segmentation_type_id=0xEE,
                segmentation_event_id_compliance_indicator=False,
                sub_segment=SubSegment(0, 1),
            )
        ),
    ),
    (
        "segmentation, components",
        descriptor("02 1c 43554549 00000001 7f 3f 02 01 fe00000000 02 ff00000000 00 00 10 01 01"),
        signal(
            SegmentationDescriptor(
                segmentation_event_id=1,
                segmentation_type_id=0x10,
                components=(SegmentationComponent(1, 0), SegmentationComponent(2, 1 << 32)),
                segment_num=1,
                segments_expected=1,
            )
        ),
    ),
    (
        "segmentation, MID in MID stays raw",
        descriptor("02 17 43554549 00000001 7f bf 0d 08 0f 01 61 0d 03 0f 01 62 35 00 00"),
        signal(
            SegmentationDescriptor(
                segmentation_event_id=1,
                segmentation_type_id=0x35,
                upid=Mid((Upid(0x0F, b"a"), Upid(0x0D, b"\x0f\x01b"))),
            )
        ),
    ),
    (
        "segmentation, cancel",
        descriptor("02 09 43554549 00000007 bf"),
        signal(SegmentationCancel(7, segmentation_event_id_compliance_indicator=False)),
    ),
    (
        "encrypted",
        "00 85 00000001 07 abc 005 0102030405060708",
        plain(
            EncryptedPayload(5, bytes.fromhex("0102030405060708")),
            encryption_algorithm=2,
            pts_adjustment=(1 << 32) + 1,
            cw_index=7,
            tier=0xABC,
        ),
    ),
]


def named(rows):
    return [pytest.param(*row[1:], id=row[0]) for row in rows]


@pytest.mark.parametrize(("body", "section"), named(TABLE))
def test_bytes_and_section_are_each_other(body, section):
    data = framed(body)
    assert decode(data) == section
    assert encode(section) == data


def test_crc_is_that_of_mpeg_2():
    assert crc32_mpeg2(b"123456789") == 0x0376E6E7
    assert crc32_mpeg2(b"") == 0xFFFFFFFF


def test_sap_type_is_kept():
    section = decode(framed(f"{HEAD} 000 00 0000", sap=1))
    assert section.sap_type == 1
    assert encode(section) == framed(f"{HEAD} 000 00 0000", sap=1)


def test_reserved_bits_may_be_0():
    zeros = framed(f"{HEAD} 014 05 00000001 00 e8 81ffffffff 8000000000 0000 00 00 0000")
    ones = framed(f"{HEAD} 014 05 00000001 7f ef ffffffffff fe00000000 0000 00 00 0000")
    assert decode(zeros) == decode(ones)
    assert encode(decode(zeros)) == ones


def test_transport_stuffing_may_follow():
    data = framed(f"{HEAD} 000 00 0000")
    assert decode(data + b"\xff" * 184) == decode(data)


BROKEN = [
    ("table_id", b"\xfb" + framed(f"{HEAD} 000 00 0000")[1:], "byte 0, table_id"),
    ("section_syntax_indicator", framed(f"{HEAD} 000 00 0000", sap=8), "byte 1, section_syntax_indicator"),
    ("section_length too small", bytes.fromhex("fc3010") + bytes(16), "byte 1, section_length"),
    ("section_length too large", bytes.fromhex("fc3ffe") + bytes(4094), "byte 1, section_length"),
    ("section cut short", framed(f"{HEAD} 000 00 0000")[:-1], "byte 1, section_length"),
    ("nothing", b"", "byte 0, table_id"),
    ("CRC_32", framed(f"{HEAD} 000 00 0000")[:-1] + b"\0", "byte 16, CRC_32"),
    ("something follows", framed(f"{HEAD} 000 00 0000") + b"\0", "byte 21, stuffing"),
    ("too much stuffing", framed(f"{HEAD} 000 00 0000") + b"\xff" * 185, "byte 20, stuffing"),
    ("protocol_version", framed("01 00 00000000 ff fff 000 00 0000"), "byte 3, protocol_version"),
    ("reserved command", framed(f"{HEAD} 000 03 0000"), "byte 14, splice_command_type"),
    ("command too short", framed(f"{HEAD} 004 06 fe000000 0000"), "byte 14 bit 7, pts_time"),
    ("command too long", framed(f"{HEAD} 006 06 fe00000000 00 0000"), "byte 19, time_signal"),
    ("command past the section", framed(f"{HEAD} 00a 06 fe00000000 0000"), "byte 14, splice_command_length"),
    ("private_command of unknown length", framed(f"{HEAD} fff ff 41424344 0000"), "byte 14, splice_command_length"),
    ("loop past the section", framed(f"{HEAD} 000 00 0001"), "byte 16, descriptor_loop_length"),
    ("descriptor past the loop", framed(descriptor("00 09 43554549 00000135")), "byte 19, splice_descriptor"),
    ("descriptor without identifier", framed(descriptor("fe 03 435545")), "byte 19, identifier"),
    ("descriptor too long", framed(descriptor("00 09 43554549 00000135 00")), "byte 27, avail_descriptor"),
    ("descriptor of 257 bytes", framed(descriptor("fe ff 00000000" + "00" * 251)), "byte 19, descriptor_length"),
    ("one sub-segment field", framed(descriptor("02 10 43554549 00000001 7f bf 00 00 34 00 00 00")), "byte 35, sub_"),
    (
        "MID that does not add up",
        framed(descriptor("02 12 43554549 00000001 7f bf 0d 03 0f 02 61 35 00 00")),
        "byte 33, MID segmentation_upid",
    ),
    ("encrypted, empty", framed("00 80 00000000 ff fff 000 010203040506"), "byte 13, encrypted portion"),
]


@pytest.mark.parametrize(("data", "where"), named(BROKEN))
def test_what_is_wrong_is_named_by_offset_and_field(data, where):
    with pytest.raises(SpliceError) as caught:
        decode(data)
    assert caught.value.where.startswith(where)
    assert caught.value.expected
    assert caught.value.found


LONG = PrivateCommand(0, bytes(4090))
UNENCODABLE = [
    ("33 bits", plain(TimeSignal(1 << 33)), "pts_time"),
    ("negative", plain(TimeSignal(-1)), "pts_time"),
    ("pts_adjustment", plain(SpliceNull(), pts_adjustment=1 << 33), "pts_adjustment"),
    ("tier", plain(SpliceNull(), tier=4096), "tier"),
    ("section too long", plain(LONG, alignment_stuffing=b"a"), "section_length"),
    ("command too long", plain(PrivateCommand(0, bytes(4091))), "splice_command_length"),
    ("legacy private_command", plain(PrivateCommand(0, b""), legacy_command_length=True), "splice_command_length"),
    (
        "immediate with a time",
        plain(
            SpliceInsert(splice_event_id=1, out_of_network_indicator=True, splice_immediate_flag=True, pts_time=1),
        ),
        "pts_time",
    ),
    (
        "immediate with a component's time",
        plain(
            SpliceInsert(
                splice_event_id=1,
                out_of_network_indicator=True,
                splice_immediate_flag=True,
                components=(InsertComponent(1, 1),),
            )
        ),
        "pts_time",
    ),
    ("256 events", plain(SpliceSchedule((ScheduledCancel(1),) * 256)), "splice_count"),
    ("8 tones", signal(DtmfDescriptor(0, b"12345678")), "dtmf_count"),
    ("language", signal(AudioDescriptor((AudioChannel(1, b"en", 0, 0, False),))), "ISO_code"),
    ("descriptor too long", signal(PrivateDescriptor(0, 1, bytes(251))), "descriptor_length"),
    ("private, but SCTE 35's own", signal(PrivateDescriptor(2, CUEI, b"")), "identifier"),
    (
        "raw MID",
        signal(SegmentationDescriptor(segmentation_event_id=1, segmentation_type_id=1, upid=Upid(0x0D, b""))),
        "segmentation_upid",
    ),
    ("encrypted with stuffing", plain(EncryptedPayload(0, bytes(8)), alignment_stuffing=b"a"), "encrypted_packet"),
    ("encrypted, empty", plain(EncryptedPayload(0, bytes(6))), "encrypted portion"),
]


@pytest.mark.parametrize(("section", "where"), named(UNENCODABLE))
def test_a_section_that_no_bytes_stand_for_is_the_typed_error(section, where):
    with pytest.raises(SpliceError) as caught:
        encode(section)
    assert caught.value.where == where


def test_the_longest_section():
    full = plain(PrivateCommand(0, bytes(4072)))
    data = encode(full)
    assert len(data) == 4096
    assert decode(data) == full
    with pytest.raises(SpliceError, match="section_length"):
        encode(plain(PrivateCommand(0, bytes(4073))))
