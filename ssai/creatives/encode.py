"""One ffmpeg run from a source to all renditions of a creative, cut where asked."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Final, Literal

from domain.units import TICKS_PER_SECOND, Microseconds, seconds
from ssai.creatives import cuts as grid
from ssai.creatives import ffmpeg, fmp4, packed, subtitles
from ssai.creatives.catalogue import Rendition
from ssai.creatives.errors import FfmpegError, Refusal, RefusedError
from ssai.creatives.ladder import Ladder, SoundRung, VideoRung
from ssai.creatives.loudness import Loudness, aligned
from ssai.creatives.progress import Progress
from ssai.creatives.source import Source

Preset = Literal["ultrafast", "superfast", "veryfast", "faster", "fast", "medium", "slow", "slower"]
"""x264's: how much time a bit may cost."""

_START_COST: Final = 60.0
_RUNG_COST: Final = 20.0
"""Seconds of wall time that a run may take: to start, and for one second of one rung."""
_TOOLS: Final = {"baseline": "", "main": ":cabac=1", "high": ":cabac=1:8x8dct=1"}
"""x264 signals the lowest profile that its tools need: a fast preset leaves out what makes a profile its own."""
_DOLBY: Final = {"ac-3": "ac3", "ec-3": "eac3"}
"""Encoders of ffmpeg."""
_DOLBY_DELAY: Final = 256
"""Samples that a decoder of (E-)AC-3 gives before those of the first frame: half a transform (ATSC A/52, 7.9)."""
_MP4: Final = "movflags=+cmaf+delay_moov+frag_discont+skip_trailer:use_editlist=0"
"""CMAF; the header once the packets that it tells of are there; time stamps as they are and no edit list that would
move them; nothing behind the fragment.
"""


@dataclass(frozen=True, slots=True)
class Recipe:
    """What to make of a source: frames 0 to ``cuts[-1]`` at the ladder's rate, cut before each frame of ``cuts``.

    ``corrections`` are the filters that bring the sound to ``loudness``, by its number of channels; None to leave it
    alone.
    """

    ladder: Ladder
    cuts: tuple[int, ...]
    loudness: Loudness
    corrections: Mapping[int, str | None]
    preset: Preset


@dataclass(frozen=True, slots=True)
class _Output:
    """One rendition that ffmpeg writes: ``streams`` are arguments that map and encode, the stream that is cut first.

    ``cuts`` are frames of that stream and ``instants`` when they start.
    """

    rung: VideoRung | SoundRung
    streams: list[str]
    cuts: tuple[int, ...]
    instants: tuple[Microseconds, ...]


def encode(source: Source, recipe: Recipe, folder: Path, id: str, progress: Progress) -> dict[str, Rendition]:  # noqa: A002 -- the catalogue's own word
    """Write ``<folder>/<id>/<rendition>/<n>.<suffix>`` for every rendition of the ladder and say what is in them.

    Video segments hold exactly the frames asked for and start with an IDR frame; sound by itself is cut at its nearest
    frames; all start at ``cuts.FIRST_STAMP``. Raises ``RefusedError``.
    """
    ladder, place = recipe.ladder, folder / id
    instants = grid.video_instants(recipe.cuts, ladder.fps)
    length = seconds(instants[-1])
    outputs = _outputs(recipe, instants)
    arguments = [*source.arguments, "-filter_complex", _graph(source, recipe)]
    for output in outputs:
        (place / output.rung.name).mkdir(parents=True)
        arguments += [*output.streams, *_segments(output)]
    limit = _START_COST + _RUNG_COST * length * len(ladder.video)
    try:
        ffmpeg.run(arguments, limit=limit, length=length, folder=place, progress=progress)
    except FfmpegError as error:
        raise error.refused(str(source.path), Refusal.UNKNOWN, "a source that encodes") from error
    renditions = {output.rung.name: _rendition(source, folder, id, output) for output in outputs}
    if ladder.subtitles is not None:
        name = ladder.subtitles.name
        files = subtitles.write(place / name, len(instants) - 1)
        renditions[name] = Rendition(tuple(f"{id}/{name}/{file}" for file in files), grid.durations(instants))
    return renditions


def _outputs(recipe: Recipe, instants: tuple[Microseconds, ...]) -> list[_Output]:
    """In the ladder's order. The graph's outputs are ``videoN``, and ``audioN`` for every rendition with sound."""
    ladder = recipe.ladder
    outputs = []
    for index, rung in enumerate(ladder.video):
        streams = ["-map", f"[video{index}]", *_video(rung, recipe)]
        if ladder.audio == "muxed":
            streams += ["-map", f"[audio{index}]", *_audio(ladder.sound, recipe.loudness)]
        outputs.append(_Output(rung, streams, recipe.cuts, instants))
    if ladder.audio == "separate":
        for index, sound in enumerate(ladder.sounds):
            streams = ["-map", f"[audio{index}]", *_audio(sound, recipe.loudness)]
            cuts = grid.audio_cuts(recipe.cuts, ladder.fps, sound)
            outputs.append(_Output(sound, streams, cuts, grid.audio_instants(cuts, sound)))
    return outputs


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
    if ladder.audio == "muxed":
        labels = "".join(f"[audio{index}]" for index in range(count))
        chains.append(f"{_sound(source, recipe, ladder.sound)},asplit={count}{labels}")
    else:
        chains += [f"{_sound(source, recipe, sound)}[audio{index}]" for index, sound in enumerate(ladder.sounds)]
    return ";".join(chains)


def _sound(source: Source, recipe: Recipe, sound: SoundRung) -> str:
    """Whole frames of this rung, corrected."""
    samples = grid.audio_cuts((0, recipe.cuts[-1]), recipe.ladder.fps, sound)[-1] * sound.frame
    # An encoder of (E-)AC-3 dates its frames back by its delay: from here on they start at time zero.
    start = f"start_sample={_DOLBY_DELAY}:" if sound.codecs in _DOLBY else ""
    correction = recipe.corrections[sound.channels]
    # loudnorm may change the sample rate. The fade covers the first audio frame, which decodes without the one before.
    corrected = f"{correction},aresample={sound.sample_rate}," if correction else ""
    fade = float(Fraction(sound.frame, sound.sample_rate))
    return (
        f"{aligned(source, sound)},{corrected}afade=type=in:duration={fade:.6f},apad,atrim={start}end_sample={samples}"
    )


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


def _audio(sound: SoundRung, loudness: Loudness) -> list[str]:
    if sound.codecs in _DOLBY:
        # Decoders turn the sound down by what dialnorm lies above -31: it must say how loud the sound is, or the ad is
        # louder than a programme that says so (ATSC A/52, 5.4.2.8).
        dialnorm = min(max(round(loudness.integrated), -31), -1)
        return ["-c:a", _DOLBY[sound.codecs], "-b:a", str(sound.bitrate), "-dialnorm", str(dialnorm)]
    return [
        *("-c:a", "aac", "-profile:a", "aac_low", "-b:a", str(sound.bitrate)),
        # The encoder's priming frame lies before time zero: with it all sound would come one frame late.
        *("-bsf:a", "noise=drop='lt(pts,0)'"),
    ]


def _segments(output: _Output) -> list[str]:
    """Cut before the frames (of the output's first stream) with these numbers."""
    name = output.rung.name
    # The last number is never reached; it stands for "no other cuts" where a creative is a single piece.
    where = ",".join(map(str, output.cuts[1:]))
    return [
        *("-map_metadata", "-1", "-map_chapters", "-1", "-f", "segment", *_muxer(output.rung)),
        *("-segment_frames", where, "-segment_list", f"{name}.csv", "-segment_list_type", "csv"),
        f"{name}/%d.{_suffix(output.rung)}",
    ]


def _muxer(rung: VideoRung | SoundRung) -> list[str]:
    if rung.container == "fmp4":
        late = f"{grid.FIRST_STAMP / TICKS_PER_SECOND:.6f}"
        offset = ["-avoid_negative_ts", "disabled", "-output_ts_offset", late]
        return ["-segment_format", "mp4", "-segment_format_options", _MP4, *offset]
    if isinstance(rung, SoundRung) and rung.container == "packed":
        return ["-segment_format", packed.MUXERS[rung.codecs]]
    # One muxer writes all segments, so that continuity counters run on; each starts with its own PAT and PMT.
    return ["-segment_format", "mpegts", "-individual_header_trailer", "0"]


def _suffix(rung: VideoRung | SoundRung) -> str:
    if isinstance(rung, SoundRung) and rung.container == "packed":
        return packed.SUFFIXES[rung.codecs]
    return "m4s" if rung.container == "fmp4" else "ts"


def _rendition(source: Source, folder: Path, id: str, output: _Output) -> Rendition:  # noqa: A002 -- the catalogue's own word
    """Check the muxer's own list against what was asked: durations in the catalogue are never hopes.

    Then give the segments what their container wants and ffmpeg does not write.
    """
    rung, instants = output.rung, output.instants
    listing = folder / id / f"{rung.name}.csv"
    with listing.open(newline="") as lines:
        rows = [(row[0], float(row[2])) for row in csv.reader(lines)]
    listing.unlink()
    start = grid.FIRST_STAMP / TICKS_PER_SECOND if rung.container == "fmp4" else 0
    found = [end - start for _, end in rows]
    if len(found) != len(instants) - 1 or any(
        abs(own - seconds(asked)) > 0.002 for own, asked in zip(found, instants[1:], strict=True)
    ):
        where, expected = f"{source.path}: {rung.name}", f"{len(instants) - 1} segments at the cuts asked for"
        raise RefusedError(Refusal.UNKNOWN, where, expected, f"{len(rows)}, to {found[:4]}")
    files = tuple(f"{id}/{rung.name}/{file}" for file, _ in rows)
    durations = grid.durations(instants)
    if rung.container == "fmp4":
        fmp4.part([folder / file for file in files])
        return Rendition(files, durations, map=f"{id}/{rung.name}/{fmp4.INIT}")
    if rung.container == "packed":
        for file, instant in zip(files, instants, strict=False):
            packed.stamp(folder / file, grid.stamp(instant))
    return Rendition(files, durations)
