"""Text to bytes: the spellings in use, and everything else as the typed error."""

import base64
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ssai.scte35.errors import SpliceError
from ssai.scte35.section import encode
from ssai.scte35.text import decode_text, from_text, to_base64, to_hex

NULL = "FC301100000000000000FFF0000000007A4FBFFF"
TIME_SIGNAL = bytes.fromhex("fc301600000000000000fff00506fefbefbebe0000") + bytes.fromhex("ffffffff")
"""Not a valid CRC: text knows nothing of it. Its base64 has characters 62 and 63."""


@pytest.mark.parametrize(
    "text",
    [
        NULL,
        NULL.lower(),
        f"0x{NULL}",
        f"0X{NULL.lower()}",
        f" 0x{NULL[:10]}\n{NULL[10:]} ",
        "/DARAAAAAAAAAP/wAAAAAHpPv/8=",
        "/DARAAAAAAAAAP/wAAAAAHpPv/8",
        "_DARAAAAAAAAAP_wAAAAAHpPv_8=",
        "_DARAAAAAAAAAP_wAAAAAHpPv_8",
        "/DARAAAAAAAA\nAP/wAAAAAHpPv/8=\n",
    ],
)
def test_every_spelling_gives_the_same_bytes(text):
    assert from_text(text) == bytes.fromhex(NULL)
    assert encode(decode_text(text)) == bytes.fromhex(NULL)


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "0x",
        "0xF",
        f"0x{NULL}0",
        f"0x{NULL[:-1]}G",
        "=",
        "/DA=RAA=",
        "/DBaf%^",
        "/DARA",  # one symbol more than whole quads is no byte
        "/DAR====",
        "/DÀR",
        "é",
        "٣٣",  # digits, but not ASCII ones
    ],
)
def test_anything_else_is_the_typed_error(text):
    with pytest.raises(SpliceError) as caught:
        from_text(text)
    assert caught.value.where == "text"


def test_a_text_longer_than_any_section_is_refused_unread():
    with pytest.raises(SpliceError, match="characters"):
        from_text("A" * 20_000)


def test_an_error_shows_little_of_the_text_and_nothing_that_steers_a_terminal():
    with pytest.raises(SpliceError) as caught:
        from_text("\x1b[31m" + "%" * 1000)
    assert "\x1b" not in str(caught.value)
    assert len(str(caught.value)) < 200


@pytest.mark.parametrize("encode_text", [to_base64, to_hex, lambda data: base64.urlsafe_b64encode(data).decode()])
def test_written_text_reads_back(encode_text):
    assert from_text(encode_text(TIME_SIGNAL)) == TIME_SIGNAL


@given(st.text(max_size=60))
@settings(deadline=None)
def test_any_text_gives_a_section_or_the_typed_error(text):
    try:
        decode_text(text)
    except SpliceError:
        return


@given(st.binary(min_size=1, max_size=60))
@settings(deadline=None)
def test_base64_of_any_bytes_is_read(data):
    text = "_" + base64.urlsafe_b64encode(data).decode()[1:]  # a first symbol that is no digit: not hexadecimal
    assert base64.urlsafe_b64encode(from_text(text)).decode() == text


def test_malformed_messages_of_others_are_the_typed_error(data):
    malformed = json.loads((data / "scte35" / "malformed.json").read_text(encoding="utf-8"))
    assert len(malformed) == 4
    for message in malformed:
        with pytest.raises(SpliceError):
            decode_text(message["msg"])
