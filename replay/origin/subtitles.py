"""Subtitles that tell the segment they belong to: WebVTT, written as it is asked for."""

from __future__ import annotations

from domain.units import MILLISECOND, SECOND
from replay.origin.clip import Clip
from ssai.creatives.cuts import FIRST_STAMP


def webvtt(clip: Clip, index: int) -> str:
    """Segment ``index`` of the stream: one cue, its number, as long as the segment.

    Cue times count from the loop's start; X-TIMESTAMP-MAP ties it to the first time stamp that conditioned media has
    (draft-pantos-hls-rfc8216bis, 3.1.4).
    """
    place = index % clip.size
    begin, end = clip.nominal[place], clip.nominal[place + 1]
    return (
        f"WEBVTT\nX-TIMESTAMP-MAP=LOCAL:00:00:00.000,MPEGTS:{FIRST_STAMP}\n\n"
        f"{_clock(begin)} --> {_clock(end)}\n{index}\n"
    )


def _clock(instant: int) -> str:
    """Hours, minutes, seconds and milliseconds (WebVTT, 4.1)."""
    seconds, rest = divmod(instant, SECOND)
    minutes, seconds = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours:02}:{minutes:02}:{seconds:02}.{rest // MILLISECOND:03}"
