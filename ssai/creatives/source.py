"""What a source holds: its streams as ffmpeg prints them, its length as it decodes."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path
from typing import Final

from domain.units import SECOND, Microseconds, seconds
from ssai.creatives import ffmpeg
from ssai.creatives.errors import FfmpegError, Refusal, RefusedError
from ssai.creatives.progress import Progress

SHORTEST: Final = 1 * SECOND
LONGEST: Final = 600 * SECOND
"""Microseconds. Ten minutes: no ad is longer, and it bounds what a conditioning may cost."""

_PROBE_LIMIT: Final = 30.0
"""Seconds of wall time to read a header."""
_DECODE_COST: Final = 6.0
"""Seconds of wall time that one second of video may take to decode: five frames of 8K a second."""
_MISSING: Final = 1 * SECOND
"""Microseconds of video that may lack against the container's duration: sound that rings on, rounding."""

_STREAM: Final = re.compile(r"^ *Stream #0:(\d+)\S*: (Video|Audio): ([^\n]*)", re.MULTILINE)
_DURATION: Final = re.compile(r"^ *Duration: (\d+):(\d\d):(\d\d)\.(\d\d)", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Source:
    """A file that can be conditioned.

    ``video`` and ``audio`` are stream numbers, ``audio`` None without sound; ``declared`` is the container's duration,
    None if it has none; with ``loop`` the file is read again and again.
    """

    path: Path
    video: int
    audio: int | None
    declared: Microseconds | None
    loop: bool = False

    @property
    def arguments(self) -> list[str]:
        """How ffmpeg opens it."""
        loop = ["-stream_loop", "-1"] if self.loop else []
        return [*loop, *ffmpeg.untrusted(self.path)]

    @property
    def looped(self) -> Source:
        """The same without end."""
        return replace(self, loop=True)


def probe(path: Path) -> Source:
    """Read a source's header. Raises ``RefusedError``."""
    if not path.is_file():
        raise RefusedError(Refusal.UNREADABLE, str(path), "a media file", "no such file")
    try:
        # A null output of nothing makes the run succeed exactly when the input can be opened.
        arguments = [*ffmpeg.untrusted(path), "-t", "0", "-f", "null", "-"]
        log = ffmpeg.run(arguments, limit=_PROBE_LIMIT, level="info").log
    except FfmpegError as error:
        raise error.refused(str(path), Refusal.UNREADABLE, "a media file") from error
    log = log.partition("\nStream mapping:")[0]
    streams = [(int(number), kind, text) for number, kind, text in _STREAM.findall(log)]
    # Cover art of a sound file is a video stream to ffmpeg.
    video = next((n for n, kind, text in streams if kind == "Video" and "(attached pic)" not in text), None)
    if video is None:
        raise RefusedError(Refusal.NO_VIDEO, str(path), "a video stream", "none")
    audio = next((n for n, kind, _ in streams if kind == "Audio"), None)
    return Source(path, video, audio, _declared(log))


def count_frames(source: Source, fps: Fraction, progress: Progress) -> int:
    """Decode the whole video and count its frames at ``fps``: its true length. Raises ``RefusedError``."""
    where = str(source.path)
    declared = source.declared
    if declared is not None and declared > LONGEST + SECOND:
        raise _too_long(where, declared)
    arguments = [
        # One second past the longest shows that it is too long, however long a liar's header makes it.
        "-t",
        str(LONGEST // SECOND + 1),
        *source.arguments,
        "-map",
        f"0:{source.video}",
        "-vf",
        f"fps={fps}:start_time=0",
        "-f",
        "null",
        "-",
    ]
    length = declared if declared is not None else LONGEST
    try:
        limit = _PROBE_LIMIT + _DECODE_COST * seconds(length)
        frames = ffmpeg.run(arguments, limit=limit, length=seconds(length), progress=progress).frames
    except FfmpegError as error:
        raise error.refused(where, Refusal.UNREADABLE, "video that decodes") from error
    found = Microseconds(round(frames * SECOND / fps))
    if declared is not None and found < declared - max(_MISSING, declared // 20):
        expected = f"{seconds(declared):.2f} s of video, as its header says"
        raise RefusedError(Refusal.TRUNCATED, where, expected, f"{seconds(found):.2f} s")
    if found < SHORTEST:
        expected = f"at least {seconds(SHORTEST):.0f} s of video"
        raise RefusedError(Refusal.TOO_SHORT, where, expected, f"{seconds(found):.2f} s")
    if found > LONGEST:
        raise _too_long(where, found)
    return frames


def _too_long(where: str, found: Microseconds) -> RefusedError:
    expected = f"at most {seconds(LONGEST):.0f} s of video"
    return RefusedError(Refusal.TOO_LONG, where, expected, f"{seconds(found):.2f} s")


def _declared(log: str) -> Microseconds | None:
    match = _DURATION.search(log)
    if match is None:
        return None
    hours, minutes, whole, hundredths = (int(match[k]) for k in range(1, 5))
    return Microseconds(((hours * 60 + minutes) * 60 + whole) * SECOND + hundredths * 10_000)
