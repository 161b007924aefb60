"""What a media playlist says: its segments with all that holds for each (sections of rfc8216bis in brackets)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from domain.units import Microseconds
from ssai.hls.lines import Tag


@dataclass(frozen=True, slots=True)
class ByteRange:
    """Part of a resource, bytes; ``offset`` is absolute (4.4.4.2)."""

    length: int
    offset: int


@dataclass(frozen=True, slots=True)
class Key:
    """One EXT-X-KEY in force (4.4.4.4). ``value`` is the attribute list as written."""

    method: str
    keyformat: str
    value: str


@dataclass(frozen=True, slots=True)
class Map:
    """The EXT-X-MAP in force (4.4.4.5). ``value`` is the attribute list as written."""

    uri: str
    value: str
    keys: tuple[Key, ...]


class Segment(NamedTuple):
    """One media segment with all that holds for it.

    ``tags`` are the tags since the segment before, in order, known or not, playlist-wide ones left out.
    """

    duration: Microseconds
    uri: str
    discontinuity: bool
    date: Microseconds | None
    """EXT-X-PROGRAM-DATE-TIME as written before this segment, microseconds since the Unix epoch."""
    range: ByteRange | None
    map: Map | None
    keys: tuple[Key, ...]
    bitrate: int | None
    gap: bool
    tags: tuple[Tag, ...]


class MediaPlaylist(NamedTuple):
    """What a media playlist says. ``None`` stands for a tag that is absent.

    ``header`` holds the playlist-wide tags in order; ``trailing`` the tags after the last segment that are not
    playlist-wide (a cue that stands at the live edge, for instance).
    """

    version: int | None
    target_duration: int | None
    media_sequence: int | None
    discontinuity_sequence: int | None
    playlist_type: str | None
    independent: bool
    iframes_only: bool
    ended: bool
    header: tuple[Tag, ...]
    segments: tuple[Segment, ...]
    trailing: tuple[Tag, ...]

    @property
    def first(self) -> int:
        """Media sequence number of the first segment (4.4.3.2: 0 when the tag is absent)."""
        return self.media_sequence or 0
