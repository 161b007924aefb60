"""How a block's columns are laid out in bytes: little-endian, one cell a row, ``BLOCK`` rows."""

from __future__ import annotations

import struct
from collections.abc import Iterable
from typing import Final

from ssai.store.port import BLOCK, SeatRow

_JOIN: Final = struct.Struct("<q")
_NUMBER: Final = struct.Struct("<H")
_PAIR: Final = struct.Struct("<HH")
_ROW: Final = struct.Struct("<Iq")

JOIN_BYTES: Final = _JOIN.size
NO_JOINS: Final = bytes(BLOCK * _JOIN.size)
"""A block in which nobody has joined: int64 0."""
NO_PODS: Final = bytes(BLOCK * _NUMBER.size)
"""A block without an assignment: uint16 0."""


def join_cell(join: int) -> bytes:
    """One int64."""
    return _JOIN.pack(join)


def seat_row(raw: bytes) -> SeatRow:
    """A stored row: seat as uint32, join as int64. ``struct.error`` if it is not 12 bytes."""
    seat, join = _ROW.unpack(raw)
    return SeatRow(seat, join)


def assignment(rows: Iterable[tuple[int, int]]) -> bytes:
    """A block that holds these pod numbers and nothing else."""
    cells = bytearray(NO_PODS)
    for row, number in rows:
        _NUMBER.pack_into(cells, row * _NUMBER.size, number)
    return bytes(cells)


def pairs(rows: Iterable[tuple[int, int]]) -> bytes:
    """Rows and pod numbers as uint16 each, one after the other."""
    return b"".join(_PAIR.pack(row, number) for row, number in rows)
