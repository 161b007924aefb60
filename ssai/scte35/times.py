"""splice_time() and break_duration() (SCTE 35, 9.8), and what pts_adjustment does to a time (9.6)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

from domain.units import PTS_WRAP, Ticks
from ssai.scte35.bits import BitReader, BitWriter


def adjusted(pts_time: Ticks, pts_adjustment: Ticks) -> Ticks:
    """The time on the stream's clock: the sum, its carry past 33 bits dropped (SCTE 35, 9.6.1)."""
    return Ticks((pts_time + pts_adjustment) % PTS_WRAP)


def read_splice_time(reader: BitReader) -> Ticks | None:
    """splice_time(): pts_time, or None when time_specified_flag is 0."""
    if reader.flag("time_specified_flag"):
        reader.reserved(6)
        return Ticks(reader.uint(33, "pts_time"))
    reader.reserved(7)
    return None


def write_splice_time(writer: BitWriter, pts_time: Ticks | None) -> None:
    """splice_time(), time_specified_flag 0 for None."""
    writer.flag(pts_time is not None, "time_specified_flag")
    if pts_time is None:
        writer.reserved(7)
        return
    writer.reserved(6)
    writer.uint(pts_time, 33, "pts_time")


@dataclass(frozen=True, slots=True)
class BreakDuration:
    """break_duration(): ``duration`` in 90 kHz ticks.

    With ``auto_return`` the duration ends the break; without it, it is a safety net for a lost return (9.8.2).
    """

    auto_return: bool
    duration: Ticks

    @classmethod
    def read(cls, reader: BitReader) -> Self:
        """Read one; ``SpliceError`` when cut short."""
        auto_return = reader.flag("auto_return")
        reader.reserved(6)
        return cls(auto_return=auto_return, duration=Ticks(reader.uint(33, "duration")))

    def write(self, writer: BitWriter) -> None:
        """Write it; ``SpliceError`` when the duration needs more than 33 bits."""
        writer.flag(self.auto_return, "auto_return")
        writer.reserved(6)
        writer.uint(self.duration, 33, "duration")
