"""What a channel's first response fixes for good, besides the target duration (6.2.1)."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Final

from domain.units import Microseconds, microseconds
from ssai.hls.attributes import attributes
from ssai.hls.container import Container, container_of
from ssai.hls.playlist import MediaPlaylist

HOLD_BACK: Final = 3
"""Target durations that a player keeps from the edge at least, and where the origin does not say (4.4.3.8)."""
MAX_HOLD_BACK: Final = Microseconds(86_400_000_000)
"""A day: what a playlist may say beyond that is no distance that a viewer keeps."""
MAX_START: Final = 1_000
"""Characters of EXT-X-START, which has two short attributes."""
_KEYFORMATS: Final = frozenset({"KEYFORMAT", "KEYFORMATVERSIONS"})


@dataclass(frozen=True, slots=True)
class Head:
    """What was fixed at a rendition's first response."""

    version: int
    independent: bool
    kind: str | None
    """EVENT or VOD where the origin promised to remove nothing (EXT-X-PLAYLIST-TYPE); None for a sliding window."""
    hold_back: Microseconds | None
    """HOLD-BACK, the same in all renditions; None where the origin states none."""
    start: str | None
    """The attributes of EXT-X-START."""
    container: Container
    """What ads come in too: formats never mix in one playlist (4.4.4.5)."""


def heads(playlists: Mapping[str, MediaPlaylist], target_duration: int, subtitles: Collection[str]) -> dict[str, Head]:
    """The heads of all renditions from their first playlists; ``target_duration`` is the channel's, microseconds.

    Each playlist has segments; ``subtitles`` names the renditions of that kind.

    Of EXT-X-SERVER-CONTROL only HOLD-BACK is passed on, since the rest offers what a stitched playlist does not have;
    as it must be the same everywhere (6.2.4), the greatest holds.
    """
    stated = [found for playlist in playlists.values() if (found := _hold_back(playlist)) is not None]
    hold_back = Microseconds(max(*stated, HOLD_BACK * target_duration)) if stated else None
    return {
        name: Head(
            max(playlist.version or 1, _needed(playlist)),
            playlist.independent,
            playlist.playlist_type if playlist.playlist_type in {"EVENT", "VOD"} else None,
            hold_back,
            _start(playlist),
            container_of(playlist.segments, subtitles=name in subtitles),
        )
        for name, playlist in playlists.items()
    }


def _needed(playlist: MediaPlaylist) -> int:
    """The least EXT-X-VERSION for what the playlist uses (8); durations are written as decimals."""
    if any(segment.map is not None for segment in playlist.segments):
        return 6
    keys = {key for segment in playlist.segments for key in segment.keys}
    if any(key.method == "SAMPLE-AES" or not _KEYFORMATS.isdisjoint(attributes(key.value)) for key in keys):
        return 5
    return 4 if any(segment.range is not None for segment in playlist.segments) else 3


def _hold_back(playlist: MediaPlaylist) -> Microseconds | None:
    for tag in playlist.header:
        if tag.name == "EXT-X-SERVER-CONTROL":
            try:
                found = microseconds(attributes(tag.value or "").get("HOLD-BACK", ""))
            except ValueError:
                continue  # absent or unreadable: players take it as not stated
            if found <= MAX_HOLD_BACK:
                return found
    return None


def _start(playlist: MediaPlaylist) -> str | None:
    value = next((tag.value for tag in playlist.header if tag.name == "EXT-X-START"), None)
    return value if value is not None and "TIME-OFFSET" in attributes(value) and len(value) <= MAX_START else None
