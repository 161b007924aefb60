"""Loudness: measured first, then corrected by one gain (ITU-R BS.1770 through ffmpeg's loudnorm)."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from domain.units import Microseconds, seconds
from ssai.creatives import ffmpeg
from ssai.creatives.errors import FfmpegError, Refusal, RefusedError
from ssai.creatives.ladder import SoundRung
from ssai.creatives.progress import Progress, span
from ssai.creatives.source import Source

_SILENT: Final = -70.0
"""LUFS, the absolute gate of BS.1770: what lies below is not measured, and no gain would make it an ad."""
_STEADY: Final = 0.1
"""LU. loudnorm takes a measured range of zero, a steady tone's, for "not measured" and leaves its linear mode."""
_WIDEST: Final = 50.0
"""LU, the largest target range that loudnorm accepts."""
_LIMIT: Final = 60.0
"""Seconds of wall time to measure, plus the source's own length."""
_JSON: Final = re.compile(r"\{[^{}]*\}")
_LAYOUTS: Final = {1: "mono", 2: "stereo", 6: "5.1"}


@dataclass(frozen=True, slots=True)
class Loudness:
    """A target: programme loudness in LUFS (LKFS) and the highest true peak in dBTP."""

    integrated: float
    peak: float


EBU_R128: Final = Loudness(-23.0, -1.0)
"""EBU R 128 (2023): -23 LUFS, at most -1 dBTP."""
ATSC_A85: Final = Loudness(-24.0, -2.0)
"""ATSC A/85:2013: -24 LKFS, at most -2 dBTP."""


def aligned(source: Source, sound: SoundRung) -> str:
    """Filters that give the source's sound at the ladder's rate and layout, starting where its video starts.

    Gaps in the source's time stamps become silence.
    """
    layout = _LAYOUTS[sound.channels]
    shape = f"aformat=sample_fmts=fltp:sample_rates={sound.sample_rate}:channel_layouts={layout}"
    if source.audio is None:
        return f"anullsrc=sample_rate={sound.sample_rate}:channel_layout={layout},{shape}"
    return f"[0:{source.audio}]aresample={sound.sample_rate}:async=1:first_pts=0,{shape}"


def corrections(
    source: Source, sounds: Sequence[SoundRung], length: Microseconds, target: Loudness, progress: Progress
) -> dict[int, str | None]:
    """The ``correction`` of each number of channels among these rungs: mixing sound up or down changes its loudness."""
    layouts = {sound.channels: sound for sound in sounds}
    return {
        channels: correction(
            source, sound, length, target, span(progress, index / len(layouts), (index + 1) / len(layouts))
        )
        for index, (channels, sound) in enumerate(layouts.items())
    }


def correction(
    source: Source, sound: SoundRung, length: Microseconds, target: Loudness, progress: Progress
) -> str | None:
    """The filter that brings the first ``length`` of this source to the target; None for silence.

    One gain for the whole where the peaks allow it; loudnorm limits by itself where they do not.
    Raises ``RefusedError``.
    """
    if source.audio is None:
        return None
    goal = f"I={target.integrated}:TP={target.peak}"
    graph = f"{aligned(source, sound)},atrim=end={seconds(length)},loudnorm={goal}:print_format=json[out]"
    arguments = [*source.arguments, "-filter_complex", graph, "-map", "[out]", "-f", "null", "-"]
    where = str(source.path)
    try:
        limit = _LIMIT + seconds(length)
        log = ffmpeg.run(arguments, limit=limit, length=seconds(length), level="info", progress=progress).log
    except FfmpegError as error:
        raise error.refused(where, Refusal.UNREADABLE, "sound that decodes") from error
    reports = _JSON.findall(log)
    if not reports:
        raise RefusedError(Refusal.UNKNOWN, where, "a loudness report from ffmpeg", "none")
    report: dict[str, str] = json.loads(reports[-1])
    integrated, peak = float(report["input_i"]), float(report["input_tp"])
    spread, threshold = float(report["input_lra"]), float(report["input_thresh"])
    if not integrated > _SILENT:  # also true for -inf and for nan
        return None
    spread = min(max(spread, _STEADY), _WIDEST)
    return (
        f"loudnorm={goal}:LRA={max(spread, 7.0)}:linear=true"
        f":measured_I={min(integrated, 0.0)}:measured_TP={peak}:measured_LRA={spread}:measured_thresh={threshold}"
    )
