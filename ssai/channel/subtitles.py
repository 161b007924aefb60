"""Which subtitles a channel carries: those that go on beside it and that creatives have too, the others are left out.

Nothing waits for subtitles, and no ad is given up for them.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from enum import StrEnum

from ssai.hls.container import Container, container_of
from ssai.hls.playlist import MediaPlaylist


class LeftOut(StrEnum):
    """Why a playlist of subtitles is not carried."""

    NOT_FETCHED = "not_fetched"
    NO_SEGMENTS = "no_segments"
    NOT_LIVE = "not_live"
    CONTAINER_MISSING = "container_missing"
    TARGET_DURATION = "target_duration"


def left_out(
    playlist: MediaPlaylist | None, others: Sequence[MediaPlaylist], containers: Collection[Container]
) -> LeftOut | None:
    """Why this playlist is not carried, None if it is; ``playlist`` is None where it could not be had.

    ``others`` are those of the channel's picture and sound, ``containers`` those that creatives have subtitles in. Only
    a playlist of type VOD may have a target duration of its own (6.2.4); one that ends alone is whole as well.
    """
    if playlist is None:
        return LeftOut.NOT_FETCHED
    if not playlist.segments:
        return LeftOut.NO_SEGMENTS
    if playlist.playlist_type == "VOD" or (playlist.ended and not all(other.ended for other in others)):
        return LeftOut.NOT_LIVE
    if container_of(playlist.segments, subtitles=True) not in containers:
        return LeftOut.CONTAINER_MISSING
    if (playlist.target_duration or 0) > max(other.target_duration or 0 for other in others):
        return LeftOut.TARGET_DURATION
    return None
