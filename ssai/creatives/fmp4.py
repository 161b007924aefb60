"""Fragmented MP4 as HLS wants it: one initialisation section, and segments that hold fragments only."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Final

from ssai.creatives.errors import Refusal, RefusedError

INIT: Final = "init.mp4"
"""The initialisation section's file, beside the segments."""
_SEQUENCE: Final = slice(20, 24)
"""Where a fragment has its number: after the headers of moof and mfhd and mfhd's flags (ISO/IEC 14496-12, 8.8.5)."""


def part(segments: Sequence[Path]) -> None:
    """Move the header that every one of these files begins with into ``INIT``, once, and number the fragments.

    ffmpeg writes each as a file of its own: some headers (E-AC-3's) are known only after the first packets, when the
    header of a common stream would already be out. Raises ``RefusedError`` for a file that is not header and fragment.
    """
    for number, path in enumerate(segments, 1):
        body = path.read_bytes()
        end = _header(path, body)
        if number == 1:
            path.with_name(INIT).write_bytes(body[:end])
        fragment = bytearray(body[end:])
        fragment[_SEQUENCE] = number.to_bytes(4)
        path.write_bytes(fragment)


def _header(path: Path, body: bytes) -> int:
    """Bytes before the first moof: ftyp and moov."""
    at = 0
    while (kind := body[at + 4 : at + 8]) in {b"ftyp", b"moov"}:
        at += max(8, int.from_bytes(body[at : at + 4]))
    if at == 0 or kind != b"moof":
        raise RefusedError(Refusal.UNKNOWN, str(path), "ftyp, moov and moof from ffmpeg", f"{kind!r} at byte {at}")
    return at
