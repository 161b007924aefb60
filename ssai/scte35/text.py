"""Sections as text: base64 and hexadecimal, as playlists, manifests and command lines carry them."""

from __future__ import annotations

import base64
import binascii
import re
from typing import Final

from ssai.scte35.errors import SpliceError
from ssai.scte35.section import MAX_SECTION_LENGTH, SpliceInfoSection, decode

_MAX_CHARACTERS: Final = 4 * MAX_SECTION_LENGTH
"""The longest section is 8,192 hexadecimal digits; the rest is room for line breaks and stuffing."""

_HEX: Final = re.compile(r"(?:0[xX])?((?:[0-9A-Fa-f]{2})+)")
_BASE64: Final = re.compile(r"([A-Za-z0-9+/_-]+)={0,2}")
_SHOWN: Final = 40


def from_text(text: str) -> bytes:
    """The bytes that ``text`` stands for; white space anywhere is passed over.

    Hexadecimal with or without 0x, in any case; base64 in the standard or the URL-safe alphabet, padded or not. A
    text that could be both is hexadecimal: base64 of a section begins with "/" or "_", which are no digits.
    Raises ``SpliceError`` for anything else, and for a text too long to be a section.
    """
    if len(text) > _MAX_CHARACTERS:
        raise SpliceError("text", f"at most {_MAX_CHARACTERS} characters", str(len(text)))
    compact = "".join(text.split())
    digits = _HEX.fullmatch(compact)
    if digits is not None:
        return bytes.fromhex(digits[1])
    symbols = _BASE64.fullmatch(compact)
    if symbols is None or compact[:2] in {"0x", "0X"}:
        shown = compact if len(compact) <= _SHOWN else compact[:_SHOWN] + "..."
        raise SpliceError("text", "base64 or an even number of hexadecimal digits", repr(shown))
    quads = symbols[1].translate(str.maketrans("-_", "+/"))
    try:
        return base64.b64decode(quads + "=" * (-len(quads) % 4))
    except binascii.Error as error:
        raise SpliceError("text", "base64 of whole bytes", f"{len(quads)} characters") from error


def decode_text(text: str, *, check_crc: bool = True) -> SpliceInfoSection:
    """``decode`` of ``from_text``; raises ``SpliceError`` for whatever is wrong with either."""
    return decode(from_text(text), check_crc=check_crc)


def to_base64(data: bytes) -> str:
    """Standard base64 with padding, as the plain cue dialects carry it."""
    return base64.b64encode(data).decode("ascii")


def to_hex(data: bytes) -> str:
    """0x and upper-case digits: an HLS hexadecimal-sequence, as EXT-X-DATERANGE carries it."""
    return f"0x{data.hex().upper()}"
