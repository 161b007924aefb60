"""Bit fields, most significant bit first, read and written by name so that an error can say which one is wrong."""

from __future__ import annotations

from typing import Self

from ssai.scte35.errors import SpliceError


class BitReader:
    """A cursor over ``data`` that never passes its end.

    A part shares the positions of the whole, so that errors name offsets in the section as it was received.
    """

    __slots__ = ("_data", "_end", "_position")

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._position = 0
        self._end = len(data) * 8

    @property
    def left(self) -> int:
        """Whole bytes up to the end."""
        return (self._end - self._position) // 8

    def fault(self, field: str, expected: str, found: str) -> SpliceError:
        """Make the error for ``field`` at the current position."""
        byte, bit = divmod(self._position, 8)
        offset = f"byte {byte} bit {bit}" if bit else f"byte {byte}"
        return SpliceError(f"{offset}, {field}", expected, found)

    def uint(self, bits: int, field: str) -> int:
        """Read an unsigned integer of ``bits`` bits; ``SpliceError`` when fewer are left."""
        self._need(bits, field)
        end = self._position + bits
        last = (end + 7) // 8
        window = int.from_bytes(self._data[self._position // 8 : last], "big")
        self._position = end
        return window >> (last * 8 - end) & ((1 << bits) - 1)

    def flag(self, field: str) -> bool:
        """Read one bit."""
        return self.uint(1, field) == 1

    def reserved(self, bits: int) -> None:
        """Pass over reserved bits: they should be 1 and are 0 in the wild."""
        self.uint(bits, "reserved")

    def raw(self, count: int, field: str) -> bytes:
        """Read ``count`` bytes; every byte string of SCTE 35 stands on a byte boundary."""
        self._need(count * 8, field)
        start = self._position // 8
        self._position += count * 8
        return self._data[start : start + count]

    def part(self, count: int, field: str) -> Self:
        """Cut off the next ``count`` bytes as a reader of their own and go on behind them."""
        self._need(count * 8, field)
        part = type(self)(self._data)
        part._position = self._position  # noqa: SLF001  # the same class
        self._position += count * 8
        part._end = self._position  # noqa: SLF001  # the same class
        return part

    def finish(self, field: str) -> None:
        """``SpliceError`` when bytes are left that no field of ``field`` describes."""
        if self.left:
            raise self.fault(field, "its end", f"{self.left} more bytes")

    def _need(self, bits: int, field: str) -> None:
        left = self._end - self._position
        if bits > left:
            raise self.fault(field, f"{bits} bits", f"{left}")


class BitWriter:
    """Collects bit fields; ``SpliceError`` for a value that its field cannot hold."""

    __slots__ = ("_bits", "_value")

    def __init__(self) -> None:
        self._value = 0
        self._bits = 0

    def uint(self, value: int, bits: int, field: str) -> None:
        """Append ``value`` in ``bits`` bits."""
        if not 0 <= value < 1 << bits:
            raise SpliceError(field, f"0 to {(1 << bits) - 1}", str(value))
        self._value = self._value << bits | value
        self._bits += bits

    def flag(self, value: bool, field: str) -> None:
        """Append one bit."""
        self.uint(int(value), 1, field)

    def reserved(self, bits: int) -> None:
        """Append reserved bits, all 1 (SCTE 35, 9.1)."""
        self.uint((1 << bits) - 1, bits, "reserved")

    def raw(self, value: bytes) -> None:
        """Append bytes."""
        self._value = self._value << len(value) * 8 | int.from_bytes(value, "big")
        self._bits += len(value) * 8

    def bytes(self) -> bytes:
        """Everything so far; the fields must have come to whole bytes."""
        return self._value.to_bytes(self._bits // 8, "big")
