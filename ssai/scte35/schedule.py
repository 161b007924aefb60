"""splice_schedule(): splices announced by wall clock (SCTE 35, 9.7.2)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Self, TypeAlias

from ssai.scte35.bits import BitReader, BitWriter
from ssai.scte35.times import BreakDuration


@dataclass(frozen=True, slots=True)
class ScheduledComponent:
    """One component in component mode; ``utc_splice_time`` as in ``ScheduledSplice``."""

    component_tag: int
    utc_splice_time: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ScheduledSplice:
    """One splice that is announced.

    ``when`` is utc_splice_time in program mode, the components in component mode (program_splice_flag 0).
    utc_splice_time counts seconds since 1980-01-06T00:00:00Z, leap seconds included.
    """

    splice_event_id: int
    out_of_network_indicator: bool
    when: int | tuple[ScheduledComponent, ...]
    event_id_compliance_flag: bool = True
    break_duration: BreakDuration | None = None
    unique_program_id: int = 0
    avail_num: int = 0
    avails_expected: int = 0

    @classmethod
    def read(cls, reader: BitReader, splice_event_id: int, *, compliance: bool) -> Self:
        """Read what follows the reserved bits behind event_id_compliance_flag; ``SpliceError`` when cut short."""
        out_of_network = reader.flag("out_of_network_indicator")
        program = reader.flag("program_splice_flag")
        has_duration = reader.flag("duration_flag")
        reader.reserved(5)
        return cls(
            splice_event_id=splice_event_id,
            out_of_network_indicator=out_of_network,
            event_id_compliance_flag=compliance,
            when=reader.uint(32, "utc_splice_time") if program else _read_components(reader),
            break_duration=BreakDuration.read(reader) if has_duration else None,
            unique_program_id=reader.uint(16, "unique_program_id"),
            avail_num=reader.uint(8, "avail_num"),
            avails_expected=reader.uint(8, "avails_expected"),
        )

    def write(self, writer: BitWriter) -> None:
        """Write one entry of the loop; ``SpliceError`` for a value too large."""
        writer.uint(self.splice_event_id, 32, "splice_event_id")
        writer.flag(False, "splice_event_cancel_indicator")
        writer.flag(self.event_id_compliance_flag, "event_id_compliance_flag")
        writer.reserved(6)
        writer.flag(self.out_of_network_indicator, "out_of_network_indicator")
        writer.flag(isinstance(self.when, int), "program_splice_flag")
        writer.flag(self.break_duration is not None, "duration_flag")
        writer.reserved(5)
        if isinstance(self.when, int):
            writer.uint(self.when, 32, "utc_splice_time")
        else:
            writer.uint(len(self.when), 8, "component_count")
            for component in self.when:
                writer.uint(component.component_tag, 8, "component_tag")
                writer.uint(component.utc_splice_time, 32, "utc_splice_time")
        if self.break_duration is not None:
            self.break_duration.write(writer)
        writer.uint(self.unique_program_id, 16, "unique_program_id")
        writer.uint(self.avail_num, 8, "avail_num")
        writer.uint(self.avails_expected, 8, "avails_expected")


def _read_components(reader: BitReader) -> tuple[ScheduledComponent, ...]:
    return tuple(
        ScheduledComponent(reader.uint(8, "component_tag"), reader.uint(32, "utc_splice_time"))
        for _ in range(reader.uint(8, "component_count"))
    )


@dataclass(frozen=True, slots=True)
class ScheduledCancel:
    """One splice that is withdrawn."""

    splice_event_id: int
    event_id_compliance_flag: bool = True

    def write(self, writer: BitWriter) -> None:
        """Write one entry of the loop."""
        writer.uint(self.splice_event_id, 32, "splice_event_id")
        writer.flag(True, "splice_event_cancel_indicator")
        writer.flag(self.event_id_compliance_flag, "event_id_compliance_flag")
        writer.reserved(6)


ScheduledEvent: TypeAlias = ScheduledSplice | ScheduledCancel


@dataclass(frozen=True, slots=True)
class SpliceSchedule:
    """splice_schedule(): at most 255 events."""

    splice_command_type: ClassVar[int] = 0x04
    command_name: ClassVar[str] = "splice_schedule"

    events: tuple[ScheduledEvent, ...]

    @classmethod
    def read(cls, reader: BitReader) -> Self:
        """Read it; ``SpliceError`` when cut short."""
        return cls(tuple(_read_event(reader) for _ in range(reader.uint(8, "splice_count"))))

    def write(self, writer: BitWriter) -> None:
        """Write it; ``SpliceError`` for more than 255 events or a value too large."""
        writer.uint(len(self.events), 8, "splice_count")
        for event in self.events:
            event.write(writer)


def _read_event(reader: BitReader) -> ScheduledEvent:
    splice_event_id = reader.uint(32, "splice_event_id")
    cancelled = reader.flag("splice_event_cancel_indicator")
    compliance = reader.flag("event_id_compliance_flag")
    reader.reserved(6)
    if cancelled:
        return ScheduledCancel(splice_event_id, compliance)
    return ScheduledSplice.read(reader, splice_event_id, compliance=compliance)
