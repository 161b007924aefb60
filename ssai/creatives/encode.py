"""One ffmpeg run from a source to all renditions of a creative, cut where asked."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Final, Literal

from domain.units import Microseconds, seconds
from ssai.creatives import cuts as grid
from ssai.creatives import ffmpeg
from ssai.creatives.catalogue import Rendition
from ssai.creatives.errors import FfmpegError, Refusal, RefusedError
from ssai.creatives.ladder import AAC_FRAME, Ladder, VideoRung
from ssai.creatives.loudness import aligned
from ssai.creatives.progress import Progress
from ssai.creatives.source import Source

Preset = Literal["ultrafast", "superfast", "veryfast", "faster", "fast", "medium", "slow", "slower"]
"""x264's: how much time a bit may cost."""

_START_COST: Final = 60.0
_RUNG_COST: Final = 20.0
"""Seconds of wall time that a run may take: to start, and for one second of one rung."""
_TOOLS: Final = {"baseline": "", "main": ":cabac=1", "high": ":cabac=1:8x8dct=1"}
"""x264 signals the lowest profile that its tools need: a fast preset leaves out what makes a profile its own."""


@dataclass(frozen=True, slots=True)
class Recipe:
    """What to make of a source: frames 0 to ``cuts[-1]`` at the ladder's rate, cut before each frame of ``cuts``.

    ``correction`` is the loudness filter, None to leave the sound alone.
    """

    ladder: Ladder
    cuts: tuple[int, ...]
    correction: str | None
    preset: Preset


def encode(source: Source, recipe: Recipe, folder: Path, id: str, progress: Progress) -> dict[str, Rendition]:  # noqa: A002 -- the catalogue's own word
    """Write ``<folder>/<id>/<rendition>/<n>.ts`` and say what is in them.

    Video segments hold exactly the frames asked for and start with an IDR frame; audio-only segments are cut at the
    nearest audio frames; all start at the same time stamp. Raises ``RefusedError``.
    """
    ladder = recipe.ladder
    length = grid.video_instants(recipe.cuts, ladder.fps)[-1]
    arguments = [*source.arguments, "-filter_complex", _graph(source, recipe)]
    for index, rung in enumerate(ladder.video):
        (folder / id / rung.name).mkdir(parents=True)
        arguments += ["-map", f"[video{index}]", *_video(rung, recipe)]
        if ladder.audio == "muxed":
            arguments += ["-map", f"[audio{index}]", *_audio(ladder)]
        arguments += _segments(recipe.cuts, rung.name)
    sound_cuts = grid.audio_cuts(recipe.cuts, ladder.fps, ladder.sound.sample_rate)
    if ladder.audio == "separate":
        (folder / id / ladder.sound.name).mkdir(parents=True)
        arguments += ["-map", "[audio0]", *_audio(ladder), *_segments(sound_cuts, ladder.sound.name)]
    limit = _START_COST + _RUNG_COST * seconds(length) * len(ladder.video)
    try:
        ffmpeg.run(arguments, limit=limit, length=seconds(length), folder=folder / id, progress=progress)
    except FfmpegError as error:
        raise error.refused(str(source.path), Refusal.UNKNOWN, "a source that encodes") from error
    video = grid.video_instants(recipe.cuts, ladder.fps)
    renditions = {rung.name: _rendition(source, folder, id, rung.name, video) for rung in ladder.video}
    if ladder.audio == "separate":
        sound = grid.audio_instants(sound_cuts, ladder.sound.sample_rate)
        renditions[ladder.sound.name] = _rendition(source, folder, id, ladder.sound.name, sound)
    return renditions


def _graph(source: Source, recipe: Recipe) -> str:
    """Everything is decoded once; each rung is scaled from the same frames."""
    ladder, frames = recipe.ladder, recipe.cuts[-1]
    count = len(ladder.video)
    chains = [
        # fps from time zero keeps sound and picture together where one starts late; the last frame is repeated where
        # deinterlacing or a looped source ends a frame early.
        f"[0:{source.video}]bwdif=mode=send_frame:deint=interlaced,fps={ladder.frame_rate}:start_time=0,"
        f"tpad=stop=-1:stop_mode=clone,trim=end_frame={frames},split={count}"
        + "".join(f"[frames{index}]" for index in range(count))
    ]
    for index, rung in enumerate(ladder.video):
        box = f"{rung.width}:{rung.height}"
        chains.append(
            f"[frames{index}]scale={box}:force_original_aspect_ratio=decrease:force_divisible_by=2:reset_sar=1,"
            f"pad={box}:-1:-1,setsar=1,format=yuv420p[video{index}]"
        )
    samples = grid.audio_cuts((0, frames), ladder.fps, ladder.sound.sample_rate)[-1] * AAC_FRAME
    copies = count if ladder.audio == "muxed" else 1
    # loudnorm may change the sample rate. The fade covers the first audio frame, which decodes without the one before.
    corrected = f"{recipe.correction},aresample={ladder.sound.sample_rate}," if recipe.correction else ""
    fade = float(Fraction(AAC_FRAME, ladder.sound.sample_rate))
    chains.append(
        f"{aligned(source, ladder.sound)},{corrected}afade=type=in:duration={fade:.6f},"
        f"apad,atrim=end_sample={samples},asplit={copies}" + "".join(f"[audio{index}]" for index in range(copies))
    )
    return ";".join(chains)


def _video(rung: VideoRung, recipe: Recipe) -> list[str]:
    # Half a frame early, so that no rounding moves a key frame to the frame after.
    keys = ",".join(f"{float((cut - Fraction(1, 2)) / recipe.ladder.fps):.6f}" for cut in recipe.cuts[1:-1])
    return [
        *("-c:v", "libx264", "-preset", recipe.preset, "-profile:v", rung.profile, "-level:v", rung.level),
        *("-b:v", str(rung.bitrate), "-maxrate:v", str(rung.bitrate), "-bufsize:v", str(2 * rung.bitrate)),
        # Without B-frames every cut is one in decoding order too: muxed sound is then cut within an audio frame, and
        # all renditions start at the same time stamp.
        *("-bf", "0", "-forced-idr", "1"),
        *("-x264-params", f"keyint=infinite:min-keyint=1:scenecut=0:open-gop=0{_TOOLS[rung.profile]}"),
        *(("-force_key_frames", keys) if keys else ()),
    ]


def _audio(ladder: Ladder) -> list[str]:
    return [
        *("-c:a", "aac", "-profile:a", "aac_low", "-b:a", str(ladder.sound.bitrate)),
        # The encoder's priming frame lies before time zero: with it all sound would come one frame late.
        *("-bsf:a", "noise=drop='lt(pts,0)'"),
    ]


def _segments(cuts: tuple[int, ...], name: str) -> list[str]:
    """Cut before the frames (of the output's first stream) with these numbers.

    One muxer writes all segments, so that continuity counters run on; each starts with its own PAT and PMT.
    """
    # The last number is never reached; it stands for "no other cuts" where a creative is a single piece.
    where = ",".join(map(str, cuts[1:]))
    return [
        *("-map_metadata", "-1", "-map_chapters", "-1"),
        *("-f", "segment", "-segment_format", "mpegts", "-individual_header_trailer", "0"),
        *("-segment_frames", where, "-segment_list", f"{name}.csv", "-segment_list_type", "csv", f"{name}/%d.ts"),
    ]


def _rendition(source: Source, folder: Path, id: str, name: str, instants: tuple[Microseconds, ...]) -> Rendition:  # noqa: A002 -- the catalogue's own word
    """Check the muxer's own list against what was asked: durations in the catalogue are never hopes."""
    listing = folder / id / f"{name}.csv"
    with listing.open(newline="") as file:
        rows = [(row[0], float(row[1]), float(row[2])) for row in csv.reader(file)]
    listing.unlink()
    found = [start for _, start, _ in rows] + [end for _, _, end in rows[-1:]]
    if len(found) != len(instants) or any(
        abs(own - seconds(asked)) > 0.002 for own, asked in zip(found, instants, strict=True)
    ):
        where, expected = f"{source.path}: {name}", f"{len(instants) - 1} segments at the cuts asked for"
        raise RefusedError(Refusal.UNKNOWN, where, expected, f"{len(rows)}, at {found[:4]}")
    files = tuple(f"{id}/{name}/{file}" for file, _, _ in rows)
    return Rendition(files, grid.durations(instants))
