"""Whatever arrives is a section or the one typed error; and whatever was decoded can be shown and sent on."""

import json

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ssai.scte35.crc import crc32_mpeg2
from ssai.scte35.describe import describe
from ssai.scte35.errors import SpliceError
from ssai.scte35.jsonable import to_json
from ssai.scte35.section import SpliceInfoSection, decode, encode

FIXTURE = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=400, deadline=None)
"""The messages are read once for all tests; nothing in them changes between examples."""


def attempt(data: bytes) -> SpliceInfoSection | None:
    """Decode; a section must also survive showing and encoding, None stands for the typed error."""
    try:
        section = decode(data)
    except SpliceError:
        return None
    assert decode(encode(section)) == section
    json.dumps(to_json(section), allow_nan=False)
    assert all(line.isprintable() for line in describe(section).split("\n"))
    return section


def repaired(data: bytes) -> bytes:
    """The same content with section_length and CRC_32 made right, so that what is wrong inside is reached."""
    body = data[:-4]
    size = len(body) + 1
    head = bytes([body[0], body[1] & 0xF0 | size >> 8 & 15, size & 255])
    data = head + body[3:]
    return data + crc32_mpeg2(data).to_bytes(4, "big")


def ends(data: bytes) -> int:
    """Where the section ends, stuffing not counted."""
    return 3 + (int.from_bytes(data[1:3], "big") & 0xFFF)


def test_truncated_anywhere_a_message_is_the_typed_error(sound):
    cut = 0
    for data in sound:
        for length in range(ends(data)):
            for check_crc in (True, False):
                try:
                    decode(data[:length], check_crc=check_crc)
                except SpliceError:
                    cut += 1
                else:
                    raise AssertionError((data.hex(), length))
    assert cut > 9000


def test_truncated_anywhere_and_signed_again_a_message_is_a_section_or_the_typed_error(sound):
    outcomes = [
        attempt(repaired(data[:length] + bytes(4))) is not None for data in sound for length in range(3, ends(data) - 4)
    ]
    assert not all(outcomes)


@given(st.binary(max_size=80))
@settings(deadline=None)
def test_any_bytes(data):
    attempt(data)


@given(st.binary(max_size=120), st.integers(0, 3))
@settings(max_examples=400, deadline=None)
def test_any_content_in_a_right_frame(content, sap):
    attempt(repaired(bytes([0xFC, sap << 4, 0]) + content + bytes(4)))


@given(st.sampled_from([0, 4, 5, 6, 7, 255]), st.binary(max_size=60), st.binary(max_size=80), st.booleans())
@settings(max_examples=600, deadline=None)
def test_any_command_and_any_descriptor_loop(command_type, command, loop, legacy):
    length = 0xFFF if legacy else len(command)
    head = bytes.fromhex("fc30000000000000000000") + (0xFFF000 | length).to_bytes(3, "big")
    data = head + bytes([command_type]) + command + len(loop).to_bytes(2, "big") + loop
    attempt(repaired(data + bytes(4)))


@given(st.data())
@FIXTURE
def test_any_mutation_of_a_real_message(sound, data):
    message = bytearray(data.draw(st.sampled_from(sound)))
    message = message[: ends(message)]
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(3, len(message) - 5))
        match data.draw(st.sampled_from(["set", "flip", "insert", "remove", "double"])):
            case "set":
                message[at] = data.draw(st.integers(0, 255))
            case "flip":
                message[at] ^= 1 << data.draw(st.integers(0, 7))
            case "insert":
                message[at:at] = data.draw(st.binary(min_size=1, max_size=5))
            case "remove" if len(message) > 12:
                del message[at]
            case "double":
                message[at:at] = message[3:at]
            case _:
                pass
        message = message[:4096]
    attempt(repaired(bytes(message)))


def test_every_single_bit_of_every_real_message(sound):
    sections = 0
    for data in sound[::6]:
        for bit in range(24, (ends(data) - 4) * 8):
            flipped = bytearray(data[: ends(data)])
            flipped[bit // 8] ^= 0x80 >> bit % 8
            assert crc32_mpeg2(bytes(flipped)) != 0
            sections += attempt(repaired(bytes(flipped))) is not None
    assert sections > 1000
