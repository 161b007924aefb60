"""Every recorded message against the reference decode recorded with it, field by field.

A recorded field without a counterpart here fails the test: the tables below are complete by construction.
"""

import pytest

from ssai.scte35.errors import SpliceError
from ssai.scte35.jsonable import to_json
from ssai.scte35.section import decode, encode
from ssai.scte35.text import decode_text

NOT_CANONICAL = {
    "258d193d7": "the reserved bits of the DTMF descriptor are 0",
    "ea2d6b12": "reserved bits of splice_time and of the segmentation descriptor are 0",
    "170005f0": "reserved bits are 0",
    "735d2aee": "reserved bits are 0",
    "ffffffff": "transport stuffing follows the section",
}
"""Sections, by their last digits, that decode and encode to other bytes, and why. All others come back as they were."""


def decodable(messages):
    found = [message for message in messages if "decode" in message]
    assert len(found) == 113
    return found


def test_all_messages_are_here(messages):
    assert len(messages) == 117


def test_base64_and_hexadecimal_are_the_same_message(messages, section_of):
    for message in decodable(messages):
        strict = message["decode"]["crc_ok"]
        from_base64 = decode_text(message["base64"], check_crc=strict)
        assert from_base64 == decode_text(message["hex"], check_crc=strict) == section_of(message), message["base64"]


def test_what_others_cannot_decode_is_the_typed_error(messages):
    broken = [message for message in messages if "decode_error" in message]
    assert len(broken) == 4
    for message in broken:
        for check_crc in (True, False):
            with pytest.raises(SpliceError):
                decode(bytes.fromhex(message["hex"]), check_crc=check_crc)


def test_a_wrong_crc_is_the_typed_error_and_names_the_field(messages):
    wrong = [message for message in decodable(messages) if not message["decode"]["crc_ok"]]
    assert len(wrong) == 5
    assert [message["upstream_err"] for message in wrong if "upstream_err" in message] == [
        {"Comcast+scte35-go": "ErrCRC32Invalid"}
    ]
    for message in wrong:
        with pytest.raises(SpliceError, match="CRC_32"):
            decode(bytes.fromhex(message["hex"]))


def test_canonical_messages_encode_to_the_bytes_they_came_from(messages, section_of):
    seen = set()
    for message in decodable(messages):
        data = bytes.fromhex(message["hex"])
        section = section_of(message)
        again = encode(section)
        assert decode(again) == section, message["base64"]
        if not message["decode"]["crc_ok"]:
            assert again[:-4] == data[:-4], message["base64"]
        elif again != data:
            seen.add(next(digits for digits in NOT_CANONICAL if message["hex"].endswith(digits)))
    assert seen == set(NOT_CANONICAL)


# What the recorded reference decode calls each field.

HEAD = {
    "sap_type": "sap_type",
    "section_length": "section_length",
    "protocol_version": "protocol_version",
    "encrypted": "encrypted_packet",
    "pts_adjustment": "pts_adjustment",
    "tier": "tier",
    "splice_command_length": "splice_command_length",
    "splice_command_type": "splice_command_type",
}
COMMAND = {
    "splice_event_id": "splice_event_id",
    "cancel": "splice_event_cancel_indicator",
    "out_of_network": "out_of_network_indicator",
    "program_splice": "program_splice_flag",
    "immediate": "splice_immediate_flag",
    "unique_program_id": "unique_program_id",
    "avail_num": "avail_num",
    "avails_expected": "avails_expected",
}
DESCRIPTOR = {
    "tag": "splice_descriptor_tag",
    "identifier": "identifier",
    "provider_avail_id": "provider_avail_id",
    "preroll": "preroll",
    "dtmf": "dtmf_chars",
    "segmentation_event_id": "segmentation_event_id",
    "cancel": "segmentation_event_cancel_indicator",
    "id_compliance": "segmentation_event_id_compliance_indicator",
    "segmentation_duration": "segmentation_duration",
    "upid_type": "segmentation_upid_type",
    "upid_hex": "segmentation_upid",
    "segmentation_type_id": "segmentation_type_id",
    "segment_num": "segment_num",
    "segments_expected": "segments_expected",
    "sub_segment_num": "sub_segment_num",
    "sub_segments_expected": "sub_segments_expected",
}
RESTRICTIONS = {
    "web_allowed": "web_delivery_allowed_flag",
    "no_regional_blackout": "no_regional_blackout_flag",
    "archive_allowed": "archive_allowed_flag",
    "device": "device_restrictions",
}
OPTIONAL = ("sub_segment_num", "sub_segments_expected")


def renamed(ours, names, record):
    """Our fields under the names of a record, for the fields it has."""
    return {name: ours.get(names[name]) for name in record}


def test_every_field_of_the_reference_decode(messages, section_of):
    fields = 0
    for message in decodable(messages):
        head = dict(message["decode"])
        ours = to_json(section_of(message))
        head.pop("crc_ok")
        command, descriptors = dict(head.pop("command")), head.pop("descriptors")
        assert renamed(ours, HEAD, head) == head, message["base64"]

        mine = ours["splice_command"]
        assert command.pop("pts_time", None) == mine.get("splice_time", {}).get("pts_time"), message["base64"]
        duration = command.pop("break_duration", None)
        break_duration = mine.get("break_duration")
        assert duration == (break_duration and {k: break_duration[k] for k in ("auto_return", "duration")})
        assert renamed(mine, COMMAND, command) == command, message["base64"]

        assert len(descriptors) == len(ours["splice_descriptors"])
        for theirs, mine in zip(descriptors, ours["splice_descriptors"], strict=True):
            record = dict(theirs)
            restrictions = record.pop("restrictions", None)
            if restrictions is None:
                assert mine.get("delivery_not_restricted_flag", True)
            else:
                assert renamed(mine, RESTRICTIONS, restrictions) == restrictions, message["base64"]
            assert renamed(mine, DESCRIPTOR, record) == record, message["base64"]
            for name in OPTIONAL:
                assert (name in record) == (name in mine), message["base64"]
            fields += len(record)
        fields += len(head) + len(command)
    assert fields > 1800
