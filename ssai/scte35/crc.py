"""CRC-32/MPEG-2: polynomial 0x04C11DB7, start 0xFFFFFFFF, nothing reflected, nothing inverted.

ISO/IEC 13818-1, Annex A. Over a section that ends in its own CRC the remainder is 0.
"""

from __future__ import annotations

from typing import Final


def _remainder(byte: int) -> int:
    value = byte << 24
    for _ in range(8):
        value = (value << 1) ^ (0x04C11DB7 if value & 0x80000000 else 0)
    return value & 0xFFFFFFFF


_TABLE: Final = tuple(_remainder(byte) for byte in range(256))


def crc32_mpeg2(data: bytes) -> int:
    """The 32-bit remainder of ``data``."""
    crc = 0xFFFFFFFF
    for byte in data:
        crc = (crc << 8 & 0xFFFFFFFF) ^ _TABLE[crc >> 24 ^ byte]
    return crc
