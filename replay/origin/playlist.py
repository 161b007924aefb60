"""What the origin publishes at an instant: text from arguments, without clock or I/O."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from domain.errors import HalftimeError
from domain.units import Microseconds, date, decimal
from replay.origin.clip import Clip
from replay.origin.cues import cues
from replay.origin.schedule import Schedule

WINDOW: Final = 10
"""Segments in a playlist: at 2 s segments under a target duration of 4 s, 5 target durations (6.2.2 asks for 3)."""
MEDIA: Final = "../media"
"""Where segments are, seen from a media playlist."""


class NotYetError(HalftimeError):
    """No segment is complete at the instant asked for."""


@dataclass(frozen=True, slots=True)
class Run:
    """One run of the packager, from its start to its next restart: segment ``first`` of the stream has media sequence
    number 0, and nothing before it is listed. ``number`` counts the runs from 0.
    """

    number: int = 0
    first: int = 0


def listed(
    clip: Clip,
    rendition: str,
    now_us: Microseconds,
    start_us: Microseconds,
    *,
    window: int = WINDOW,
    run: Run | None = None,
) -> range:
    """Indices of the segments in a rendition's playlist at ``now_us``: the last ``window`` that are complete.

    ``NotYetError`` when there is none; ``KeyError`` for a rendition that the clip lacks.
    """
    first = 0 if run is None else run.first
    after = clip.complete(rendition, now_us - start_us)
    if after <= first:
        raise NotYetError(f"{rendition}: no segment is complete yet")
    return range(max(first, after - window), after)


def edge(clip: Clip, rendition: str, segments: range, start_us: Microseconds) -> Microseconds:
    """The instant at which a rendition's playlist became what it is: the end of its last segment."""
    last = segments[-1]
    return Microseconds(start_us + clip.start(rendition, last) + clip.tracks[rendition].durations[last % clip.size])


def playlist(
    clip: Clip,
    schedule: Schedule,
    rendition: str,
    now_us: Microseconds,
    start_us: Microseconds,
    *,
    window: int = WINDOW,
    run: Run | None = None,
    media: str = MEDIA,
) -> str:
    """A rendition's media playlist at ``now_us``.

    ``start_us`` is the instant of the stream's first frame; both are microseconds since the Unix epoch. ``window`` is
    in segments, ``media`` the base of segment URIs. Raises what ``listed`` raises.
    """
    current = run or Run()
    segments = listed(clip, rendition, now_us, start_us, window=window, run=current)
    track, size = clip.tracks[rendition], clip.size
    silent = schedule.video_only and rendition == clip.sound
    marks = {} if silent else cues(clip, schedule, start_us, segments)
    head, first = segments.start, current.first
    # A wrap at the run's very first segment follows nothing, so it is no discontinuity; a tag still listed counts not.
    gone = (head - 1) // size - first // size if head > first else 0
    lines = [
        "#EXTM3U",
        "#EXT-X-VERSION:6",
        f"#EXT-X-TARGETDURATION:{clip.ladder.target_duration}",
        f"#EXT-X-MEDIA-SEQUENCE:{head - first}",
        f"#EXT-X-DISCONTINUITY-SEQUENCE:{gone}",
        "#EXT-X-INDEPENDENT-SEGMENTS",
    ]
    for index in segments:
        place = index % size
        if place == 0 and index > first:
            lines.append("#EXT-X-DISCONTINUITY")
        lines.append(f"#EXT-X-PROGRAM-DATE-TIME:{date(start_us + clip.start(rendition, index))}")
        lines.extend(marks.get(index, ()))
        lines.append(f"#EXTINF:{decimal(track.durations[place])},")
        lines.append(f"{media}/{rendition}/{current.number}-{index}{track.files[place].suffix}")
    return "\n".join(lines) + "\n"


def multivariant(clip: Clip) -> str:
    """The multivariant playlist; media playlists are ``<rendition>.m3u8`` beside it (4.4.6)."""
    ladder = clip.ladder
    voice = None if clip.sound is None else clip.tracks[clip.sound]
    lines = ["#EXTM3U", "#EXT-X-VERSION:6", "#EXT-X-INDEPENDENT-SEGMENTS"]
    group = ""
    if voice is not None:
        lines.append(
            f'#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="sound",NAME="{clip.sound}",DEFAULT=YES,AUTOSELECT=YES,'
            f'CHANNELS="{ladder.sound.channels}",URI="{clip.sound}.m3u8"'
        )
        group = ',AUDIO="sound"'
    rate = decimal(round(ladder.fps * 1_000) * 1_000, 3)
    for rung in ladder.video:
        track = clip.tracks[rung.name]
        # The ladder's rate is what creatives are made to, and they take the content's place.
        peak = max(track.peak + (voice.peak if voice else 0), rung.bitrate + ladder.sound.bitrate)
        average = track.average + (voice.average if voice else 0)
        lines.append(
            f"#EXT-X-STREAM-INF:BANDWIDTH={peak},AVERAGE-BANDWIDTH={average},"
            f'CODECS="{rung.codecs},{ladder.sound.codecs}",RESOLUTION={rung.width}x{rung.height},'
            f"FRAME-RATE={rate}{group}"
        )
        lines.append(f"{rung.name}.m3u8")
    return "\n".join(lines) + "\n"
