"""splice_info_section(): the whole message (SCTE 35, 9.6)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from domain.units import Ticks
from ssai.scte35.bits import BitReader, BitWriter
from ssai.scte35.commands import PrivateCommand, SpliceCommand, SpliceInsert, TimeSignal, read_command
from ssai.scte35.crc import crc32_mpeg2
from ssai.scte35.descriptors import SpliceDescriptor, descriptor_bytes, read_descriptors
from ssai.scte35.errors import SpliceError
from ssai.scte35.times import adjusted

TABLE_ID: Final = 0xFC
LEGACY_COMMAND_LENGTH: Final = 0xFFF
"""splice_command_length of old encoders: not stated, the command ends where its fields end (9.6.1)."""

MAX_SECTION_LENGTH: Final = 4093
_LENGTH_END: Final = 3
"""section_length counts the bytes behind itself, the third of the section."""

_CRC_BYTES: Final = 4
_MAX_STUFFING: Final = 184
"""A section cut out of its last transport packet may trail that packet's stuffing, bytes of 0xFF."""

_NOT_ADJUSTED: Final = Ticks(0)
_MIN_SECTION_LENGTH: Final = 17
"""Header fields behind section_length, an empty command, an empty descriptor loop, CRC_32."""

_MIN_ENCRYPTED: Final = 7
"""splice_command_type, descriptor_loop_length and E_CRC_32 are the least that can be encrypted."""


@dataclass(frozen=True, slots=True)
class EncryptedPayload:
    """Everything from splice_command_type to E_CRC_32, as it was sent; only the key's holder can say more (11).

    ``splice_command_length`` travels in the clear and counts bytes of the command once decrypted.
    """

    splice_command_length: int
    data: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class SpliceInfoSection:
    """One message.

    ``pts_adjustment`` is in 90 kHz ticks and added to every time in the message: see ``splice_time``.
    ``legacy_command_length`` stands for splice_command_length 0xFFF. ``alignment_stuffing`` has no meaning in a
    message in the clear, but may be there. Encrypted messages have an ``EncryptedPayload`` and neither of the three.
    """

    splice_command: SpliceCommand | EncryptedPayload
    splice_descriptors: tuple[SpliceDescriptor, ...] = ()
    pts_adjustment: Ticks = _NOT_ADJUSTED
    tier: int = 0xFFF
    sap_type: int = 3
    encryption_algorithm: int = 0
    cw_index: int = 0xFF
    legacy_command_length: bool = False
    alignment_stuffing: bytes = b""

    @property
    def encrypted_packet(self) -> bool:
        """Whether the message is encrypted."""
        return isinstance(self.splice_command, EncryptedPayload)

    @property
    def splice_time(self) -> Ticks | None:
        """The splice's time on the stream's clock: pts_time with pts_adjustment added, modulo 2^33.

        None for a command without a time: immediate, cancelled, scheduled, encrypted, or time_specified_flag 0. In
        component mode it is the first component's, the default of the others (9.7.3).
        """
        match self.splice_command:
            case TimeSignal(pts_time=pts_time):
                pass
            case SpliceInsert(components=(first, *_)):
                pts_time = first.pts_time
            case SpliceInsert(pts_time=pts_time):
                pass
            case _:
                return None
        return None if pts_time is None else adjusted(pts_time, self.pts_adjustment)


def decode(data: bytes, *, check_crc: bool = True) -> SpliceInfoSection:
    """Decode one section, from table_id to CRC_32; transport stuffing (0xFF) may follow.

    Raises ``SpliceError`` for anything else, a wrong CRC_32 included; ``check_crc`` False tells what a message with a
    wrong one would say, for people who look into it. Reserved bits are not looked at.
    """
    reader = BitReader(data)
    sap_type, size = _read_head(reader)
    content = reader.part(size - _CRC_BYTES, "section_length")
    received = reader.uint(32, "CRC_32")
    _check_stuffing(reader)
    crc_at = _LENGTH_END + size - _CRC_BYTES
    computed = crc32_mpeg2(data[:crc_at])
    if check_crc and received != computed:
        raise SpliceError(f"byte {crc_at}, CRC_32", f"0x{computed:08X}", f"0x{received:08X}")
    return _read_content(content, sap_type)


def _read_head(reader: BitReader) -> tuple[int, int]:
    """sap_type and section_length, from a section that may be what it says it is."""
    table_id = reader.uint(8, "table_id")
    if table_id != TABLE_ID:
        raise SpliceError("byte 0, table_id", "0xFC", f"0x{table_id:02X}")
    if reader.flag("section_syntax_indicator"):
        raise SpliceError("byte 1, section_syntax_indicator", "0", "1")
    # private_indicator shall be 0; as 1 it changes nothing behind it.
    reader.flag("private_indicator")
    sap_type = reader.uint(2, "sap_type")
    size = reader.uint(12, "section_length")
    if not _MIN_SECTION_LENGTH <= size <= MAX_SECTION_LENGTH:
        raise SpliceError("byte 1, section_length", f"{_MIN_SECTION_LENGTH} to {MAX_SECTION_LENGTH}", str(size))
    if size > reader.left:
        raise SpliceError("byte 1, section_length", f"at most the {reader.left} bytes that follow", str(size))
    return sap_type, size


def _check_stuffing(reader: BitReader) -> None:
    if reader.left > _MAX_STUFFING:
        raise reader.fault("stuffing", f"at most {_MAX_STUFFING} bytes", f"{reader.left} bytes")
    stuffing = reader.raw(reader.left, "stuffing")
    if stuffing.strip(b"\xff"):
        raise reader.fault("stuffing", "bytes of 0xFF behind the section", stuffing[:8].hex())


def _read_content(reader: BitReader, sap_type: int) -> SpliceInfoSection:
    version = reader.uint(8, "protocol_version")
    if version:
        raise SpliceError("byte 3, protocol_version", "0", str(version))
    encrypted = reader.flag("encrypted_packet")
    encryption_algorithm = reader.uint(6, "encryption_algorithm")
    pts_adjustment = Ticks(reader.uint(33, "pts_adjustment"))
    cw_index = reader.uint(8, "cw_index")
    tier = reader.uint(12, "tier")
    command_length = reader.uint(12, "splice_command_length")
    command: SpliceCommand | EncryptedPayload
    descriptors: tuple[SpliceDescriptor, ...] = ()
    if encrypted:
        if reader.left < _MIN_ENCRYPTED:
            raise reader.fault("encrypted portion", f"at least {_MIN_ENCRYPTED} bytes", str(reader.left))
        command = EncryptedPayload(command_length, reader.raw(reader.left, "encrypted portion"))
    else:
        command = _read_command(reader, command_length)
        loop = reader.part(reader.uint(16, "descriptor_loop_length"), "descriptor_loop_length")
        descriptors = read_descriptors(loop)
    return SpliceInfoSection(
        splice_command=command,
        splice_descriptors=descriptors,
        pts_adjustment=pts_adjustment,
        tier=tier,
        sap_type=sap_type,
        encryption_algorithm=encryption_algorithm,
        cw_index=cw_index,
        legacy_command_length=not encrypted and command_length == LEGACY_COMMAND_LENGTH,
        alignment_stuffing=reader.raw(reader.left, "alignment_stuffing"),
    )


def _read_command(reader: BitReader, command_length: int) -> SpliceCommand:
    command_type = reader.uint(8, "splice_command_type")
    if command_length == LEGACY_COMMAND_LENGTH:
        if command_type == PrivateCommand.splice_command_type:
            raise reader.fault("splice_command_length", "a length: a private_command has no end of its own", "0xFFF")
        return read_command(reader, command_type)
    part = reader.part(command_length, "splice_command_length")
    command = read_command(part, command_type)
    part.finish(command.command_name)
    return command


def encode(section: SpliceInfoSection) -> bytes:
    """Encode with reserved bits 1 and a correct CRC_32; ``decode`` of the result gives an equal section.

    Raises ``SpliceError`` for a value that its field cannot hold, for a section_length above 4093, for a
    private_command with the legacy length, and for an encrypted section that also has parts in the clear.
    """
    content = BitWriter()
    content.uint(0, 8, "protocol_version")
    content.flag(section.encrypted_packet, "encrypted_packet")
    content.uint(section.encryption_algorithm, 6, "encryption_algorithm")
    content.uint(section.pts_adjustment, 33, "pts_adjustment")
    content.uint(section.cw_index, 8, "cw_index")
    content.uint(section.tier, 12, "tier")
    if isinstance(section.splice_command, EncryptedPayload):
        _write_encrypted(content, section, section.splice_command)
    else:
        _write_clear(content, section, section.splice_command)
    body = content.bytes()
    size = len(body) + _CRC_BYTES
    if size > MAX_SECTION_LENGTH:
        raise SpliceError("section_length", f"at most {MAX_SECTION_LENGTH}", str(size))
    head = BitWriter()
    head.uint(TABLE_ID, 8, "table_id")
    head.flag(False, "section_syntax_indicator")
    head.flag(False, "private_indicator")
    head.uint(section.sap_type, 2, "sap_type")
    head.uint(size, 12, "section_length")
    data = head.bytes() + body
    return data + crc32_mpeg2(data).to_bytes(_CRC_BYTES, "big")


def _write_encrypted(writer: BitWriter, section: SpliceInfoSection, payload: EncryptedPayload) -> None:
    if section.splice_descriptors or section.alignment_stuffing or section.legacy_command_length:
        raise SpliceError("encrypted_packet", "nothing in the clear beside an EncryptedPayload", "parts in the clear")
    if len(payload.data) < _MIN_ENCRYPTED:
        raise SpliceError("encrypted portion", f"at least {_MIN_ENCRYPTED} bytes", str(len(payload.data)))
    writer.uint(payload.splice_command_length, 12, "splice_command_length")
    writer.raw(payload.data)


def _write_clear(writer: BitWriter, section: SpliceInfoSection, command: SpliceCommand) -> None:
    if section.legacy_command_length and isinstance(command, PrivateCommand):
        raise SpliceError("splice_command_length", "a length: a private_command has no end of its own", "0xFFF")
    part = BitWriter()
    command.write(part)
    fields = part.bytes()
    if len(fields) >= LEGACY_COMMAND_LENGTH:
        raise SpliceError("splice_command_length", f"less than {LEGACY_COMMAND_LENGTH}", str(len(fields)))
    length = LEGACY_COMMAND_LENGTH if section.legacy_command_length else len(fields)
    writer.uint(length, 12, "splice_command_length")
    writer.uint(command.splice_command_type, 8, "splice_command_type")
    writer.raw(fields)
    loop = b"".join(descriptor_bytes(descriptor) for descriptor in section.splice_descriptors)
    writer.uint(len(loop), 16, "descriptor_loop_length")
    writer.raw(loop)
    writer.raw(section.alignment_stuffing)
