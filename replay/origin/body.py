"""What stands behind an address of media: a file, or bytes made as they are asked for."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from replay.origin.clip import Clip, Track
from replay.origin.keys import encrypt, is_encrypted, key, key_number, vector
from replay.origin.playlist import MAP, Run
from replay.origin.subtitles import webvtt
from ssai.creatives.ladder import SubtitleRung

_SEGMENT: Final = re.compile(r"([0-9]{1,9})-([0-9]{1,15})(\.[a-z0-9]{1,5})", re.ASCII)
_LOOP: Final = re.compile(r"loop-[0-9]{1,9}-[0-9]{1,15}(\.[a-z0-9]{1,5})", re.ASCII)
_KEY: Final = re.compile(r"([0-9]{1,15})\.key", re.ASCII)


class Loop:
    """One loop of a rendition as a single resource, read in ranges of bytes."""

    def __init__(self, track: Track) -> None:
        self._track = track
        self.size = sum(track.sizes)

    def read(self, start: int, stop: int) -> bytes:
        """Bytes ``start`` to ``stop - 1``."""
        parts, position = [], 0
        for file, size in zip(self._track.files, self._track.sizes, strict=True):
            if start < position + size and position < stop:
                with file.open("rb") as opened:
                    opened.seek(max(0, start - position))
                    parts.append(opened.read(min(stop, position + size) - max(start, position)))
            position += size
        return b"".join(parts)


def media_body(clip: Clip, runs: Iterable[Run], rendition: str, name: str) -> Path | bytes | Loop | None:
    """A segment, a map or a loop by its name; None where there is no such thing.

    Reads and encrypts: not for an event loop.
    """
    track = clip.tracks.get(rendition)
    if track is None:
        return None
    if track.map is not None and name == f"{MAP}{track.map.suffix}":
        return track.map
    found = _LOOP.fullmatch(name)
    if found is not None:
        return Loop(track) if clip.dress.byte_ranges and found[1] == track.suffix else None
    found = _SEGMENT.fullmatch(name)
    if found is None or found[3] != track.suffix:
        return None
    index = int(found[2])
    if isinstance(track.rung, SubtitleRung):
        return webvtt(clip, index).encode()
    file = track.files[index % clip.size]
    if not is_encrypted(clip, rendition):
        return file
    # Only the run knows the media sequence number, which an implicit IV is.
    run = next((run for run in runs if run.number == int(found[1]) and run.first <= index), None)
    if run is None:
        return None
    return encrypt(file.read_bytes(), key(key_number(clip, index)), vector(clip, index, run.media_sequence(index)))


def key_body(clip: Clip, name: str) -> bytes | None:
    """A key by its name; None where there is no such key."""
    found = _KEY.fullmatch(name)
    return None if found is None or clip.dress.encryption is None else key(int(found[1]))
