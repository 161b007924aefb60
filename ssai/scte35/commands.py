"""The splice commands (SCTE 35, 9.7). A message that cancels is a class of its own: it has an id and nothing else."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Final, Self, TypeAlias

from domain.units import Ticks
from ssai.scte35.bits import BitReader, BitWriter
from ssai.scte35.errors import SpliceError
from ssai.scte35.schedule import SpliceSchedule
from ssai.scte35.times import BreakDuration, read_splice_time, write_splice_time


@dataclass(frozen=True, slots=True)
class SpliceNull:
    """splice_null(): carries descriptors, or is a heartbeat."""

    splice_command_type: ClassVar[int] = 0x00
    command_name: ClassVar[str] = "splice_null"

    def write(self, writer: BitWriter) -> None:
        """It has no fields."""


@dataclass(frozen=True, slots=True)
class BandwidthReservation:
    """bandwidth_reservation(): holds room in a multiplex, says nothing."""

    splice_command_type: ClassVar[int] = 0x07
    command_name: ClassVar[str] = "bandwidth_reservation"

    def write(self, writer: BitWriter) -> None:
        """It has no fields."""


@dataclass(frozen=True, slots=True)
class TimeSignal:
    """time_signal(): the instant that the descriptors speak of; None means at once (9.7.4)."""

    splice_command_type: ClassVar[int] = 0x06
    command_name: ClassVar[str] = "time_signal"

    pts_time: Ticks | None

    def write(self, writer: BitWriter) -> None:
        """Write splice_time()."""
        write_splice_time(writer, self.pts_time)


@dataclass(frozen=True, slots=True)
class PrivateCommand:
    """private_command(): ``identifier`` is registered with the SMPTE RA, the rest is its owner's."""

    splice_command_type: ClassVar[int] = 0xFF
    command_name: ClassVar[str] = "private_command"

    identifier: int
    private_bytes: bytes

    def write(self, writer: BitWriter) -> None:
        """Write identifier and bytes."""
        writer.uint(self.identifier, 32, "identifier")
        writer.raw(self.private_bytes)


@dataclass(frozen=True, slots=True)
class InsertComponent:
    """One component of a splice_insert() in component mode; no time when immediate or not specified."""

    component_tag: int
    pts_time: Ticks | None


@dataclass(frozen=True, slots=True, kw_only=True)
class SpliceInsert:
    """splice_insert() that does not cancel.

    ``components`` is None in program mode (program_splice_flag 1). ``pts_time``, in ticks before pts_adjustment, is
    None when immediate, in component mode, or when time_specified_flag is 0. ``event_id_compliance_flag`` True means
    that compliance of the id is not stated (9.7.3.1); it was a reserved bit in older editions.
    """

    splice_command_type: ClassVar[int] = 0x05
    command_name: ClassVar[str] = "splice_insert"

    splice_event_id: int
    out_of_network_indicator: bool
    splice_immediate_flag: bool = False
    event_id_compliance_flag: bool = True
    pts_time: Ticks | None = None
    components: tuple[InsertComponent, ...] | None = None
    break_duration: BreakDuration | None = None
    unique_program_id: int = 0
    avail_num: int = 0
    avails_expected: int = 0

    @classmethod
    def read(cls, reader: BitReader, splice_event_id: int) -> Self:
        """Read what follows splice_event_cancel_indicator 0 and its reserved bits; ``SpliceError`` when cut short."""
        out_of_network = reader.flag("out_of_network_indicator")
        program = reader.flag("program_splice_flag")
        has_duration = reader.flag("duration_flag")
        immediate = reader.flag("splice_immediate_flag")
        compliance = reader.flag("event_id_compliance_flag")
        reader.reserved(3)
        return cls(
            splice_event_id=splice_event_id,
            out_of_network_indicator=out_of_network,
            splice_immediate_flag=immediate,
            event_id_compliance_flag=compliance,
            pts_time=read_splice_time(reader) if program and not immediate else None,
            components=None if program else _read_components(reader, immediate=immediate),
            break_duration=BreakDuration.read(reader) if has_duration else None,
            unique_program_id=reader.uint(16, "unique_program_id"),
            avail_num=reader.uint(8, "avail_num"),
            avails_expected=reader.uint(8, "avails_expected"),
        )

    def write(self, writer: BitWriter) -> None:
        """Write it; ``SpliceError`` for a value too large, or for a time where the mode has none."""
        writer.uint(self.splice_event_id, 32, "splice_event_id")
        writer.flag(False, "splice_event_cancel_indicator")
        writer.reserved(7)
        writer.flag(self.out_of_network_indicator, "out_of_network_indicator")
        writer.flag(self.components is None, "program_splice_flag")
        writer.flag(self.break_duration is not None, "duration_flag")
        writer.flag(self.splice_immediate_flag, "splice_immediate_flag")
        writer.flag(self.event_id_compliance_flag, "event_id_compliance_flag")
        writer.reserved(3)
        self._write_times(writer)
        if self.break_duration is not None:
            self.break_duration.write(writer)
        writer.uint(self.unique_program_id, 16, "unique_program_id")
        writer.uint(self.avail_num, 8, "avail_num")
        writer.uint(self.avails_expected, 8, "avails_expected")

    def _write_times(self, writer: BitWriter) -> None:
        if self.pts_time is not None and (self.splice_immediate_flag or self.components is not None):
            raise SpliceError("pts_time", "None when immediate or in component mode", str(self.pts_time))
        if self.components is None:
            if not self.splice_immediate_flag:
                write_splice_time(writer, self.pts_time)
            return
        writer.uint(len(self.components), 8, "component_count")
        for component in self.components:
            writer.uint(component.component_tag, 8, "component_tag")
            if not self.splice_immediate_flag:
                write_splice_time(writer, component.pts_time)
            elif component.pts_time is not None:
                raise SpliceError("pts_time", "None when immediate", str(component.pts_time))


def _read_components(reader: BitReader, *, immediate: bool) -> tuple[InsertComponent, ...]:
    return tuple(
        InsertComponent(
            component_tag=reader.uint(8, "component_tag"),
            pts_time=None if immediate else read_splice_time(reader),
        )
        for _ in range(reader.uint(8, "component_count"))
    )


@dataclass(frozen=True, slots=True)
class SpliceInsertCancel:
    """splice_insert() with splice_event_cancel_indicator 1: the event announced under this id is withdrawn."""

    splice_command_type: ClassVar[int] = 0x05
    command_name: ClassVar[str] = "splice_insert"

    splice_event_id: int

    def write(self, writer: BitWriter) -> None:
        """Write id and indicator."""
        writer.uint(self.splice_event_id, 32, "splice_event_id")
        writer.flag(True, "splice_event_cancel_indicator")
        writer.reserved(7)


SpliceCommand: TypeAlias = (
    SpliceNull | SpliceSchedule | SpliceInsert | SpliceInsertCancel | TimeSignal | BandwidthReservation | PrivateCommand
)

_KNOWN: Final = "0x00, 0x04, 0x05, 0x06, 0x07 or 0xFF"


def read_command(reader: BitReader, splice_command_type: int) -> SpliceCommand:
    """Read the command of a type; ``SpliceError`` for a reserved type (Table 7) or a command cut short.

    A private_command takes everything up to the reader's end; the others know where they end.
    """
    match splice_command_type:
        case SpliceNull.splice_command_type:
            return SpliceNull()
        case SpliceSchedule.splice_command_type:
            return SpliceSchedule.read(reader)
        case SpliceInsert.splice_command_type:
            splice_event_id = reader.uint(32, "splice_event_id")
            cancelled = reader.flag("splice_event_cancel_indicator")
            reader.reserved(7)
            return SpliceInsertCancel(splice_event_id) if cancelled else SpliceInsert.read(reader, splice_event_id)
        case TimeSignal.splice_command_type:
            return TimeSignal(read_splice_time(reader))
        case BandwidthReservation.splice_command_type:
            return BandwidthReservation()
        case PrivateCommand.splice_command_type:
            return PrivateCommand(reader.uint(32, "identifier"), reader.raw(reader.left, "private_byte"))
        case _:
            raise reader.fault("splice_command_type", _KNOWN, f"0x{splice_command_type:02X}")
