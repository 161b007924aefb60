"""decode(encode(section)) == section, for every section that can be made."""

from hypothesis import given, settings
from hypothesis import strategies as st

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
    AudioChannel,
    AudioDescriptor,
    AvailDescriptor,
    DtmfDescriptor,
    PrivateDescriptor,
    TimeDescriptor,
)
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
from ssai.scte35.text import decode_text, to_base64, to_hex
from ssai.scte35.times import BreakDuration
from ssai.scte35.upid import Mid, Upid


def uint(bits):
    return st.integers(0, (1 << bits) - 1)


def several(element, most=3):
    return st.lists(element, max_size=most).map(tuple)


FLAG = st.booleans()
PTS = st.none() | uint(33)
BREAKS = st.none() | st.builds(BreakDuration, auto_return=FLAG, duration=uint(33))
AVAIL = {"unique_program_id": uint(16), "avail_num": uint(8), "avails_expected": uint(8)}
INSERTS = st.one_of(
    st.builds(
        SpliceInsert,
        splice_event_id=uint(32),
        out_of_network_indicator=FLAG,
        event_id_compliance_flag=FLAG,
        pts_time=PTS,
        break_duration=BREAKS,
        **AVAIL,
    ),
    st.builds(
        SpliceInsert,
        splice_event_id=uint(32),
        out_of_network_indicator=FLAG,
        splice_immediate_flag=st.just(True),
        components=st.none() | several(st.builds(InsertComponent, uint(8), st.none())),
        break_duration=BREAKS,
        **AVAIL,
    ),
    st.builds(
        SpliceInsert,
        splice_event_id=uint(32),
        out_of_network_indicator=FLAG,
        components=several(st.builds(InsertComponent, uint(8), PTS)),
        break_duration=BREAKS,
        **AVAIL,
    ),
)
EVENTS = st.builds(ScheduledCancel, uint(32), FLAG) | st.builds(
    ScheduledSplice,
    splice_event_id=uint(32),
    out_of_network_indicator=FLAG,
    event_id_compliance_flag=FLAG,
    when=uint(32) | several(st.builds(ScheduledComponent, uint(8), uint(32))),
    break_duration=BREAKS,
    **AVAIL,
)
PUBLIC = st.one_of(
    st.just(SpliceNull()),
    st.just(BandwidthReservation()),
    st.builds(TimeSignal, PTS),
    INSERTS,
    st.builds(SpliceInsertCancel, uint(32)),
    st.builds(SpliceSchedule, several(EVENTS)),
)
PRIVATE = st.builds(PrivateCommand, uint(32), st.binary(max_size=40))

UPIDS = st.builds(Upid, uint(8).filter(lambda kind: kind != 0x0D), st.binary(max_size=40)) | st.builds(
    Mid, several(st.builds(Upid, uint(8), st.binary(max_size=12)))
)
SEGMENTATIONS = st.builds(
    SegmentationDescriptor,
    segmentation_event_id=uint(32),
    segmentation_type_id=uint(8),
    segmentation_event_id_compliance_indicator=FLAG,
    segmentation_duration=st.none() | uint(40),
    delivery_restrictions=st.none()
    | st.builds(
        DeliveryRestrictions,
        web_delivery_allowed_flag=FLAG,
        no_regional_blackout_flag=FLAG,
        archive_allowed_flag=FLAG,
        device_restrictions=st.sampled_from(DeviceRestrictions),
    ),
    components=st.none() | several(st.builds(SegmentationComponent, uint(8), uint(33))),
    upid=UPIDS,
    segment_num=uint(8),
    segments_expected=uint(8),
    sub_segment=st.none() | st.builds(SubSegment, uint(8), uint(8)),
)
CHANNELS = st.builds(AudioChannel, uint(8), st.binary(min_size=3, max_size=3), uint(3), uint(4), FLAG)
DESCRIPTORS = st.one_of(
    st.builds(AvailDescriptor, uint(32)),
    st.builds(DtmfDescriptor, uint(8), st.binary(max_size=7)),
    SEGMENTATIONS,
    st.builds(SegmentationCancel, uint(32), FLAG),
    st.builds(TimeDescriptor, uint(48), uint(32), uint(16)),
    st.builds(AudioDescriptor, several(CHANNELS, 15)),
    st.builds(PrivateDescriptor, uint(8), st.sampled_from([0, 0x53415053, 0xFFFFFFFF]), st.binary(max_size=250)),
)
HEAD = {"pts_adjustment": uint(33), "tier": uint(12), "sap_type": uint(2)}
KEYS = {"encryption_algorithm": uint(6), "cw_index": uint(8)}
STUFFING = {"alignment_stuffing": st.binary(max_size=8)}
SECTIONS = st.one_of(
    st.builds(
        SpliceInfoSection,
        splice_command=PUBLIC,
        splice_descriptors=several(DESCRIPTORS),
        legacy_command_length=FLAG,
        **HEAD,
        **KEYS,
        **STUFFING,
    ),
    st.builds(
        SpliceInfoSection,
        splice_command=PRIVATE,
        splice_descriptors=several(DESCRIPTORS),
        **HEAD,
        **KEYS,
        **STUFFING,
    ),
    st.builds(
        SpliceInfoSection,
        splice_command=st.builds(EncryptedPayload, uint(12), st.binary(min_size=7, max_size=64)),
        **HEAD,
        **KEYS,
    ),
)


@given(SECTIONS)
@settings(max_examples=500, deadline=None)
def test_what_is_encoded_decodes_to_the_same_section(section):
    data = encode(section)
    assert crc32_mpeg2(data) == 0
    assert decode(data) == section
    assert decode_text(to_base64(data)) == decode_text(to_hex(data)) == section


@given(SECTIONS)
@settings(max_examples=100, deadline=None)
def test_splice_time_is_always_33_bits(section):
    time = section.splice_time
    assert time is None or 0 <= time < 1 << 33
