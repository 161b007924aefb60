"""segmentation_descriptor(): what begins or ends at the splice (SCTE 35, 10.3.3)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Final, Self

from domain.units import Ticks
from ssai.scte35.bits import BitReader, BitWriter
from ssai.scte35.segmentation import DeviceRestrictions
from ssai.scte35.upid import Mid, Upid, read_upid, write_upid

NO_UPID: Final = Upid(0, b"")


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryRestrictions:
    """What may be done with the segment elsewhere; present where delivery_not_restricted_flag is 0."""

    web_delivery_allowed_flag: bool
    no_regional_blackout_flag: bool
    archive_allowed_flag: bool
    device_restrictions: DeviceRestrictions


@dataclass(frozen=True, slots=True)
class SegmentationComponent:
    """One component in component mode: ``pts_offset``, in ticks, is added to the adjusted pts_time."""

    component_tag: int
    pts_offset: Ticks


@dataclass(frozen=True, slots=True)
class SubSegment:
    """sub_segment_num and sub_segments_expected: both or neither, as descriptor_length says."""

    num: int
    expected: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SegmentationDescriptor:
    """segmentation_descriptor() that does not cancel.

    ``segmentation_duration`` is in 90 kHz ticks. ``components`` is None in program mode (program_segmentation_flag 1).
    ``segmentation_event_id_compliance_indicator`` True means that compliance of the id is not stated; it was a
    reserved bit in older editions. ``segmentation_type_id`` may be reserved: see ``segmentation.SegmentationType``.
    """

    splice_descriptor_tag: ClassVar[int] = 0x02
    descriptor_name: ClassVar[str] = "segmentation_descriptor"

    segmentation_event_id: int
    segmentation_type_id: int
    segmentation_event_id_compliance_indicator: bool = True
    segmentation_duration: Ticks | None = None
    delivery_restrictions: DeliveryRestrictions | None = None
    components: tuple[SegmentationComponent, ...] | None = None
    upid: Upid | Mid = NO_UPID
    segment_num: int = 0
    segments_expected: int = 0
    sub_segment: SubSegment | None = None

    @classmethod
    def read(cls, reader: BitReader, segmentation_event_id: int, *, compliance: bool) -> Self:
        """Read what follows the reserved bits behind the indicators; ``SpliceError`` when cut short."""
        program = reader.flag("program_segmentation_flag")
        has_duration = reader.flag("segmentation_duration_flag")
        restrictions = _read_restrictions(reader)
        components = None if program else _read_components(reader)
        duration = Ticks(reader.uint(40, "segmentation_duration")) if has_duration else None
        return cls(
            segmentation_event_id=segmentation_event_id,
            segmentation_event_id_compliance_indicator=compliance,
            delivery_restrictions=restrictions,
            components=components,
            segmentation_duration=duration,
            upid=read_upid(reader),
            segmentation_type_id=reader.uint(8, "segmentation_type_id"),
            segment_num=reader.uint(8, "segment_num"),
            segments_expected=reader.uint(8, "segments_expected"),
            # Asking the type instead would misread: encoders write the pair for other types and omit it for these.
            sub_segment=_read_sub_segment(reader) if reader.left else None,
        )

    def write(self, writer: BitWriter) -> None:
        """Write what follows the identifier; ``SpliceError`` for a value too large."""
        writer.uint(self.segmentation_event_id, 32, "segmentation_event_id")
        writer.flag(False, "segmentation_event_cancel_indicator")
        writer.flag(self.segmentation_event_id_compliance_indicator, "segmentation_event_id_compliance_indicator")
        writer.reserved(6)
        writer.flag(self.components is None, "program_segmentation_flag")
        writer.flag(self.segmentation_duration is not None, "segmentation_duration_flag")
        _write_restrictions(writer, self.delivery_restrictions)
        if self.components is not None:
            writer.uint(len(self.components), 8, "component_count")
            for component in self.components:
                writer.uint(component.component_tag, 8, "component_tag")
                writer.reserved(7)
                writer.uint(component.pts_offset, 33, "pts_offset")
        if self.segmentation_duration is not None:
            writer.uint(self.segmentation_duration, 40, "segmentation_duration")
        write_upid(writer, self.upid)
        writer.uint(self.segmentation_type_id, 8, "segmentation_type_id")
        writer.uint(self.segment_num, 8, "segment_num")
        writer.uint(self.segments_expected, 8, "segments_expected")
        if self.sub_segment is not None:
            writer.uint(self.sub_segment.num, 8, "sub_segment_num")
            writer.uint(self.sub_segment.expected, 8, "sub_segments_expected")


@dataclass(frozen=True, slots=True)
class SegmentationCancel:
    """segmentation_descriptor() with the cancel indicator 1: the segment announced under this id is withdrawn."""

    splice_descriptor_tag: ClassVar[int] = 0x02
    descriptor_name: ClassVar[str] = "segmentation_descriptor"

    segmentation_event_id: int
    segmentation_event_id_compliance_indicator: bool = True

    def write(self, writer: BitWriter) -> None:
        """Write what follows the identifier."""
        writer.uint(self.segmentation_event_id, 32, "segmentation_event_id")
        writer.flag(True, "segmentation_event_cancel_indicator")
        writer.flag(self.segmentation_event_id_compliance_indicator, "segmentation_event_id_compliance_indicator")
        writer.reserved(6)


def read_segmentation(reader: BitReader) -> SegmentationDescriptor | SegmentationCancel:
    """Read what follows the identifier; ``SpliceError`` when cut short."""
    segmentation_event_id = reader.uint(32, "segmentation_event_id")
    cancelled = reader.flag("segmentation_event_cancel_indicator")
    compliance = reader.flag("segmentation_event_id_compliance_indicator")
    reader.reserved(6)
    if cancelled:
        return SegmentationCancel(segmentation_event_id, compliance)
    return SegmentationDescriptor.read(reader, segmentation_event_id, compliance=compliance)


def _read_restrictions(reader: BitReader) -> DeliveryRestrictions | None:
    if reader.flag("delivery_not_restricted_flag"):
        reader.reserved(5)
        return None
    return DeliveryRestrictions(
        web_delivery_allowed_flag=reader.flag("web_delivery_allowed_flag"),
        no_regional_blackout_flag=reader.flag("no_regional_blackout_flag"),
        archive_allowed_flag=reader.flag("archive_allowed_flag"),
        device_restrictions=DeviceRestrictions(reader.uint(2, "device_restrictions")),
    )


def _write_restrictions(writer: BitWriter, restrictions: DeliveryRestrictions | None) -> None:
    writer.flag(restrictions is None, "delivery_not_restricted_flag")
    if restrictions is None:
        writer.reserved(5)
        return
    writer.flag(restrictions.web_delivery_allowed_flag, "web_delivery_allowed_flag")
    writer.flag(restrictions.no_regional_blackout_flag, "no_regional_blackout_flag")
    writer.flag(restrictions.archive_allowed_flag, "archive_allowed_flag")
    writer.uint(restrictions.device_restrictions, 2, "device_restrictions")


def _read_components(reader: BitReader) -> tuple[SegmentationComponent, ...]:
    components = []
    for _ in range(reader.uint(8, "component_count")):
        component_tag = reader.uint(8, "component_tag")
        reader.reserved(7)
        components.append(SegmentationComponent(component_tag, Ticks(reader.uint(33, "pts_offset"))))
    return tuple(components)


def _read_sub_segment(reader: BitReader) -> SubSegment:
    return SubSegment(reader.uint(8, "sub_segment_num"), reader.uint(8, "sub_segments_expected"))
