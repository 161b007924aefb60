"""Unique programme identifiers (SCTE 35, 10.3.3.1, Table 22), single or several in a MID (10.3.3.4)."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import Final
from uuid import UUID

from ssai.scte35.bits import BitReader, BitWriter
from ssai.scte35.errors import SpliceError


class UpidType(IntEnum):
    """segmentation_upid_type; values not named here are reserved."""

    NOT_USED = 0x00
    USER_DEFINED = 0x01
    ISCI = 0x02
    AD_ID = 0x03
    UMID = 0x04
    ISAN_DEPRECATED = 0x05
    ISAN = 0x06
    TID = 0x07
    TI = 0x08
    ADI = 0x09
    EIDR = 0x0A
    ATSC = 0x0B
    MPU = 0x0C
    MID = 0x0D
    ADS = 0x0E
    URI = 0x0F
    UUID = 0x10
    SCR = 0x11


_NAMES: Final[dict[int, str]] = {
    UpidType.NOT_USED: "Not Used",
    UpidType.USER_DEFINED: "User Defined",
    UpidType.ISCI: "ISCI",
    UpidType.AD_ID: "Ad-ID",
    UpidType.UMID: "UMID",
    UpidType.ISAN_DEPRECATED: "ISAN",
    UpidType.ISAN: "ISAN",
    UpidType.TID: "TID",
    UpidType.TI: "TI",
    UpidType.ADI: "ADI",
    UpidType.EIDR: "EIDR",
    UpidType.ATSC: "ATSC Content Identifier",
    UpidType.MPU: "MPU",
    UpidType.MID: "MID",
    UpidType.ADS: "ADS Information",
    UpidType.URI: "URI",
    UpidType.UUID: "UUID",
    UpidType.SCR: "SCR",
}
_TEXTUAL: Final = frozenset(
    {
        UpidType.USER_DEFINED,
        UpidType.ISCI,
        UpidType.AD_ID,
        UpidType.TID,
        UpidType.ADI,
        UpidType.ADS,
        UpidType.URI,
        UpidType.SCR,
    }
)


@dataclass(frozen=True, slots=True)
class Upid:
    """One identifier as it was sent.

    A length that Table 22 does not give for the type is kept: the identifier decides nothing about the splice.
    Inside a ``Mid``, a nested MID stays raw bytes here, so nesting has one level and no more.
    """

    type: int
    value: bytes


@dataclass(frozen=True, slots=True)
class Mid:
    """MID(): several identifiers for one segment, in their order."""

    upids: tuple[Upid, ...]


def upid_type_name(upid_type: int) -> str:
    """The name in Table 22, "Reserved" for a value without one."""
    return _NAMES.get(upid_type, "Reserved")


def printable(value: bytes) -> str:
    r"""Bytes as text that a terminal may show: printable ASCII as it is, anything else, and "\", as ``\xNN``."""
    return "".join(chr(byte) if 0x20 <= byte < 0x7F and byte != 0x5C else f"\\x{byte:02x}" for byte in value)


def upid_text(upid: Upid) -> str:
    """The identifier as people write it; hexadecimal where the type has no such form or the length is not its own."""
    value = upid.value
    if upid.type in _TEXTUAL:
        return printable(value)
    match upid.type, len(value):
        case UpidType.TI, 8:
            return str(int.from_bytes(value, "big"))
        case UpidType.EIDR, 12:
            digits = value[2:].hex().upper()
            groups = "-".join(digits[k : k + 4] for k in range(0, 20, 4))
            return f"10.{int.from_bytes(value[:2], 'big')}/{groups}"
        case UpidType.UMID, 32:
            digits = value.hex().upper()
            return ".".join(digits[k : k + 8] for k in range(0, 64, 8))
        case UpidType.UUID, 16:
            return str(UUID(bytes=value))
        case UpidType.MPU, length if length >= 4:
            return f"{printable(value[:4])}:{value[4:].hex()}"
        case _:
            return value.hex()


def read_upid(reader: BitReader) -> Upid | Mid:
    """segmentation_upid_type, segmentation_upid_length and segmentation_upid(); ``SpliceError`` when cut short."""
    upid_type = reader.uint(8, "segmentation_upid_type")
    length = reader.uint(8, "segmentation_upid_length")
    if upid_type != UpidType.MID:
        return Upid(upid_type, reader.raw(length, "segmentation_upid"))
    part = reader.part(length, "segmentation_upid")
    upids: list[Upid] = []
    while part.left:
        nested_type = part.uint(8, "MID segmentation_upid_type")
        nested_length = part.uint(8, "MID length")
        upids.append(Upid(nested_type, part.raw(nested_length, "MID segmentation_upid")))
    return Mid(tuple(upids))


def upid_bytes(upid: Upid | Mid) -> bytes:
    """segmentation_upid() alone; ``SpliceError`` for an identifier that its length field cannot hold."""
    if isinstance(upid, Upid):
        return upid.value
    writer = BitWriter()
    for nested in upid.upids:
        writer.uint(nested.type, 8, "MID segmentation_upid_type")
        writer.uint(len(nested.value), 8, "MID length")
        writer.raw(nested.value)
    return writer.bytes()


def write_upid(writer: BitWriter, upid: Upid | Mid) -> None:
    """Write type, length and identifier; ``SpliceError`` for one too long, or for a MID given as raw bytes."""
    if isinstance(upid, Upid) and upid.type == UpidType.MID:
        raise SpliceError("segmentation_upid", "a Mid for type 0x0D", "raw bytes")
    value = upid_bytes(upid)
    writer.uint(UpidType.MID if isinstance(upid, Mid) else upid.type, 8, "segmentation_upid_type")
    writer.uint(len(value), 8, "segmentation_upid_length")
    writer.raw(value)
