"""What the origin publishes at an instant: text from arguments, without clock or I/O."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from domain.errors import HalftimeError
from domain.units import SECOND, Microseconds, date, decimal
from replay.origin.clip import Clip, Track
from replay.origin.cues import cues
from replay.origin.dress import Dress
from replay.origin.keys import is_encrypted, key_tag, starts_key
from replay.origin.parts import PART_HISTORY, part, preload_hint, report, server_control
from replay.origin.schedule import Schedule
from ssai.creatives.ladder import VideoRung

WINDOW: Final = 10
"""Segments in a playlist: at 2 s segments under a target duration of 4 s, 5 target durations (6.2.2 asks for 3)."""
MEDIA: Final = "../media"
"""Where segments are, seen from a media playlist."""
MAP: Final = "init"
"""Name of an initialisation section without its suffix: the same in every run of the packager."""


class NotYetError(HalftimeError):
    """No segment is complete at the instant asked for."""


@dataclass(frozen=True, slots=True)
class Run:
    """One run of the packager, from its start to its next restart: segment ``first`` of the stream has the media
    sequence number ``base``, and nothing before it is listed. ``number`` counts the runs from 0.
    """

    number: int = 0
    first: int = 0
    base: int = 0

    def media_sequence(self, index: int) -> int:
        """The media sequence number of segment ``index`` of the stream, which is not before ``first``."""
        return self.base + index - self.first


def resource(clip: Clip, rendition: str, run: Run, index: int) -> str:
    """The name under which a segment is fetched: its own, or its loop's where segments are ranges of bytes."""
    track = clip.tracks[rendition]
    if clip.dress.byte_ranges and track.files:
        return f"loop-{run.number}-{index // clip.size}{track.suffix}"
    return f"{run.number}-{index}{track.suffix}"


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
    track, dress = clip.tracks[rendition], clip.dress
    silent = schedule.video_only and not isinstance(track.rung, VideoRung)
    marks = {} if silent else cues(clip, schedule, start_us, segments)
    head, first = segments.start, current.first
    # A wrap at the run's very first segment follows nothing, so it is no discontinuity; a tag still listed counts not.
    gone = (head - 1) // clip.size - first // clip.size if head > first else 0
    lines = [
        "#EXTM3U",
        "#EXT-X-VERSION:6",
        f"#EXT-X-TARGETDURATION:{clip.ladder.target_duration}",
        f"#EXT-X-MEDIA-SEQUENCE:{current.media_sequence(head)}",
        f"#EXT-X-DISCONTINUITY-SEQUENCE:{gone}",
        "#EXT-X-INDEPENDENT-SEGMENTS",
    ]
    if dress.low_latency:
        lines += server_control(clip)
    if track.map is not None:
        # Before every key, so that it stays in the clear: it outlives the keys that rotate (4.4.4.5).
        lines.append(f'#EXT-X-MAP:URI="{media}/{rendition}/{MAP}{track.map.suffix}"')
    parts_from = clip.boundary(segments.stop) - PART_HISTORY * clip.ladder.target_duration * SECOND
    for index in segments:
        if index % clip.size == 0 and index > first:
            lines.append("#EXT-X-DISCONTINUITY")
        if is_encrypted(clip, rendition) and (index == head or starts_key(clip, index)):
            lines.append(key_tag(clip, index, current.media_sequence(index)))
        lines.append(f"#EXT-X-PROGRAM-DATE-TIME:{date(start_us + clip.start(rendition, index))}")
        lines.extend(marks.get(index, ()))
        uri = f"{media}/{rendition}/{resource(clip, rendition, current, index)}"
        if dress.low_latency and clip.boundary(index) >= parts_from:
            lines.append(part(track.durations[index % clip.size], uri))
        lines += _segment(track, index % clip.size, uri, clip.dress, opens=index == head)
    if dress.low_latency:
        lines.append(preload_hint(f"{media}/{rendition}/{resource(clip, rendition, current, segments.stop)}"))
        complete = {name: clip.complete(name, now_us - start_us) for name in clip.tracks if name != rendition}
        lines += [report(name, current.media_sequence(end - 1)) for name, end in complete.items() if end > first]
    return "\n".join(lines) + "\n"


def _segment(track: Track, place: int, uri: str, dress: Dress, *, opens: bool) -> Sequence[str]:
    """The lines of one segment itself; ``opens`` says that no other is listed before it."""
    size, duration = track.sizes[place], track.durations[place]
    lines = []
    if dress.bitrate and track.files:
        # Kilobits a second (4.4.4.8).
        lines.append(f"#EXT-X-BITRATE:{max(1, round(size * 8_000 / duration))}")
    lines.append(f"#EXTINF:{decimal(duration)},")
    if dress.byte_ranges and track.files:
        # A range without its offset begins where the one before it ended, in the same resource (4.4.4.2).
        offset = f"@{sum(track.sizes[:place])}" if opens or place == 0 else ""
        lines.append(f"#EXT-X-BYTERANGE:{size}{offset}")
    return [*lines, uri]
