"""Packed audio: a bare stream of frames behind a tag that says when it starts (RFC 8216, 3.4)."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from domain.units import PTS_WRAP, Ticks

SUFFIXES: Final = {"mp4a.40.2": "aac", "ac-3": "ac3", "ec-3": "ec3"}
"""How files of each codec end; players tell packed audio by it."""
MUXERS: Final = {"mp4a.40.2": "adts", "ac-3": "ac3", "ec-3": "eac3"}
"""What ffmpeg calls the bare stream of each codec."""

_OWNER: Final = b"com.apple.streaming.transportStreamTimestamp\0"


def stamp(segment: Path, ticks: Ticks) -> None:
    """Put the tag before a segment that starts at this time stamp."""
    segment.write_bytes(tag(ticks) + segment.read_bytes())


def tag(ticks: Ticks) -> bytes:
    """An ID3 tag (version 2.4.0) with one PRIV frame: the time stamp in eight bytes, most significant first."""
    content = _OWNER + (ticks % PTS_WRAP).to_bytes(8)
    # Sizes have seven bits a byte; below 128 that is the number itself.
    frame = b"PRIV" + len(content).to_bytes(4) + bytes(2) + content
    return b"ID3" + bytes((4, 0, 0)) + len(frame).to_bytes(4) + frame
