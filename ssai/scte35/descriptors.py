"""The splice descriptors and their loop (SCTE 35, 10)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Final, Self, TypeAlias

from ssai.scte35.bits import BitReader, BitWriter
from ssai.scte35.errors import SpliceError
from ssai.scte35.segmentation_descriptor import SegmentationCancel, SegmentationDescriptor, read_segmentation

CUEI: Final = 0x43554549
"""The identifier of the descriptors that SCTE 35 itself defines (10.2.1)."""

_MAX_LENGTH: Final = 254
"""descriptor_length: tag and length included, a descriptor has at most 256 bytes (10.2.1)."""


@dataclass(frozen=True, slots=True)
class AvailDescriptor:
    """avail_descriptor(): an authorisation for one avail (10.3.1)."""

    splice_descriptor_tag: ClassVar[int] = 0x00
    descriptor_name: ClassVar[str] = "avail_descriptor"

    provider_avail_id: int

    @classmethod
    def read(cls, reader: BitReader) -> Self:
        """Read what follows the identifier; ``SpliceError`` when cut short."""
        return cls(reader.uint(32, "provider_avail_id"))

    def write(self, writer: BitWriter) -> None:
        """Write what follows the identifier."""
        writer.uint(self.provider_avail_id, 32, "provider_avail_id")


@dataclass(frozen=True, slots=True)
class DtmfDescriptor:
    """DTMF_descriptor() (10.3.2): ``preroll`` in tenths of a second, at most 7 characters of ASCII 0-9 * #.

    Other characters are kept as they came: they sound no tone, but they do not make the splice wrong.
    """

    splice_descriptor_tag: ClassVar[int] = 0x01
    descriptor_name: ClassVar[str] = "DTMF_descriptor"

    preroll: int
    dtmf_chars: bytes

    @classmethod
    def read(cls, reader: BitReader) -> Self:
        """Read what follows the identifier; ``SpliceError`` when cut short."""
        preroll = reader.uint(8, "preroll")
        count = reader.uint(3, "dtmf_count")
        reader.reserved(5)
        return cls(preroll, reader.raw(count, "DTMF_char"))

    def write(self, writer: BitWriter) -> None:
        """Write what follows the identifier; ``SpliceError`` for more than 7 characters."""
        writer.uint(self.preroll, 8, "preroll")
        writer.uint(len(self.dtmf_chars), 3, "dtmf_count")
        writer.reserved(5)
        writer.raw(self.dtmf_chars)


@dataclass(frozen=True, slots=True)
class TimeDescriptor:
    """time_descriptor() (10.3.4): TAI since 1970; UTC seconds = ``tai_seconds`` - ``utc_offset``."""

    splice_descriptor_tag: ClassVar[int] = 0x03
    descriptor_name: ClassVar[str] = "time_descriptor"

    tai_seconds: int
    tai_ns: int
    utc_offset: int

    @classmethod
    def read(cls, reader: BitReader) -> Self:
        """Read what follows the identifier; ``SpliceError`` when cut short."""
        return cls(reader.uint(48, "TAI_seconds"), reader.uint(32, "TAI_ns"), reader.uint(16, "UTC_offset"))

    def write(self, writer: BitWriter) -> None:
        """Write what follows the identifier; ``SpliceError`` for a value too large."""
        writer.uint(self.tai_seconds, 48, "TAI_seconds")
        writer.uint(self.tai_ns, 32, "TAI_ns")
        writer.uint(self.utc_offset, 16, "UTC_offset")


@dataclass(frozen=True, slots=True)
class AudioChannel:
    """One audio of the programme: ``iso_code`` is three bytes of ISO 639-2, the rest as in ATSC A/52."""

    component_tag: int
    iso_code: bytes
    bit_stream_mode: int
    num_channels: int
    full_srvc_audio: bool

    @classmethod
    def read(cls, reader: BitReader) -> Self:
        """Read one; ``SpliceError`` when cut short."""
        return cls(
            component_tag=reader.uint(8, "component_tag"),
            iso_code=reader.raw(3, "ISO_code"),
            bit_stream_mode=reader.uint(3, "Bit_Stream_Mode"),
            num_channels=reader.uint(4, "Num_Channels"),
            full_srvc_audio=reader.flag("Full_Srvc_Audio"),
        )

    def write(self, writer: BitWriter) -> None:
        """Write it; ``SpliceError`` for a value too large."""
        writer.uint(self.component_tag, 8, "component_tag")
        if len(self.iso_code) != 3:
            raise SpliceError("ISO_code", "3 bytes", str(len(self.iso_code)))
        writer.raw(self.iso_code)
        writer.uint(self.bit_stream_mode, 3, "Bit_Stream_Mode")
        writer.uint(self.num_channels, 4, "Num_Channels")
        writer.flag(self.full_srvc_audio, "Full_Srvc_Audio")


@dataclass(frozen=True, slots=True)
class AudioDescriptor:
    """audio_descriptor() (10.3.5): at most 15 audios."""

    splice_descriptor_tag: ClassVar[int] = 0x04
    descriptor_name: ClassVar[str] = "audio_descriptor"

    channels: tuple[AudioChannel, ...]

    @classmethod
    def read(cls, reader: BitReader) -> Self:
        """Read what follows the identifier; ``SpliceError`` when cut short."""
        count = reader.uint(4, "audio_count")
        reader.reserved(4)
        return cls(tuple(AudioChannel.read(reader) for _ in range(count)))

    def write(self, writer: BitWriter) -> None:
        """Write what follows the identifier; ``SpliceError`` for more than 15 audios."""
        writer.uint(len(self.channels), 4, "audio_count")
        writer.reserved(4)
        for channel in self.channels:
            channel.write(writer)


@dataclass(frozen=True, slots=True)
class PrivateDescriptor:
    """A descriptor of another owner, or of a tag that SCTE 35 reserves, kept as it came (10.1, 10.2.2)."""

    descriptor_name: ClassVar[str] = "private_descriptor"

    splice_descriptor_tag: int
    identifier: int
    private_bytes: bytes


SpliceDescriptor: TypeAlias = (
    AvailDescriptor
    | DtmfDescriptor
    | SegmentationDescriptor
    | SegmentationCancel
    | TimeDescriptor
    | AudioDescriptor
    | PrivateDescriptor
)


def read_descriptors(reader: BitReader) -> tuple[SpliceDescriptor, ...]:
    """Read a descriptor loop up to the reader's end; ``SpliceError`` for a descriptor that does not add up."""
    descriptors: list[SpliceDescriptor] = []
    while reader.left:
        tag = reader.uint(8, "splice_descriptor_tag")
        length = reader.uint(8, "descriptor_length")
        if length > _MAX_LENGTH:
            raise reader.fault("descriptor_length", f"at most {_MAX_LENGTH}", str(length))
        body = reader.part(length, "splice_descriptor")
        descriptors.append(_read_descriptor(body, tag))
    return tuple(descriptors)


def _read_descriptor(body: BitReader, tag: int) -> SpliceDescriptor:
    identifier = body.uint(32, "identifier")
    if identifier != CUEI:
        return PrivateDescriptor(tag, identifier, body.raw(body.left, "private_byte"))
    descriptor: SpliceDescriptor
    match tag:
        case AvailDescriptor.splice_descriptor_tag:
            descriptor = AvailDescriptor.read(body)
        case DtmfDescriptor.splice_descriptor_tag:
            descriptor = DtmfDescriptor.read(body)
        case SegmentationDescriptor.splice_descriptor_tag:
            descriptor = read_segmentation(body)
        case TimeDescriptor.splice_descriptor_tag:
            descriptor = TimeDescriptor.read(body)
        case AudioDescriptor.splice_descriptor_tag:
            descriptor = AudioDescriptor.read(body)
        case _:
            descriptor = PrivateDescriptor(tag, identifier, body.raw(body.left, "private_byte"))
    body.finish(descriptor.descriptor_name)
    return descriptor


def descriptor_bytes(descriptor: SpliceDescriptor) -> bytes:
    """One descriptor, from its tag on.

    ``SpliceError`` for a value too large, a descriptor too long, or a private one that would be read as SCTE 35's own.
    """
    body = BitWriter()
    if isinstance(descriptor, PrivateDescriptor):
        if descriptor.identifier == CUEI and descriptor.splice_descriptor_tag <= AudioDescriptor.splice_descriptor_tag:
            raise SpliceError("identifier", "another than CUEI for a private descriptor of tags 0 to 4", "CUEI")
        body.uint(descriptor.identifier, 32, "identifier")
        body.raw(descriptor.private_bytes)
    else:
        body.uint(CUEI, 32, "identifier")
        descriptor.write(body)
    content = body.bytes()
    if len(content) > _MAX_LENGTH:
        raise SpliceError("descriptor_length", f"at most {_MAX_LENGTH}", str(len(content)))
    head = BitWriter()
    head.uint(descriptor.splice_descriptor_tag, 8, "splice_descriptor_tag")
    head.uint(len(content), 8, "descriptor_length")
    return head.bytes() + content
