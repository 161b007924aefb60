"""The slate: what shows while a pod leaves time unfilled, in pieces that bridge any gap within a quarter of a second.

With q = floor(fps / 4) video frames, the run is one recording in pieces of 8q frames; pieces of 4q, 2q and q frames
are recordings of their own (domain.pod.Slate). None is longer than half the target duration.
"""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from fractions import Fraction
from math import floor
from pathlib import Path
from typing import Final

from ssai.creatives import cuts as grid
from ssai.creatives import ffmpeg
from ssai.creatives.catalogue import Entry, Kind
from ssai.creatives.encode import Preset, Recipe, encode
from ssai.creatives.errors import CreativeError, FfmpegError, Refusal
from ssai.creatives.ladder import Ladder
from ssai.creatives.loudness import EBU_R128, Loudness, corrections
from ssai.creatives.progress import Progress, span, unseen
from ssai.creatives.source import count_frames, probe
from ssai.creatives.staging import staged

_CARD_SECONDS: Final = 4
_CARD_COLOUR: Final = "0x16324f"
_CARD_LIMIT: Final = 120.0
"""Seconds of wall time to draw a card."""


@dataclass(frozen=True, slots=True)
class Card:
    """A still card instead of a source: ``text`` in the typeface of the file ``font``; without a font, plain."""

    text: str = "We will be right back"
    font: Path | None = None


def piece_frames(ladder: Ladder) -> tuple[int, ...]:
    """Frames in the run's piece, then in each small recording, longest first: those of 8q, 4q, 2q, q that fit.

    A piece fits that is at most half the target duration; q itself always does, a quarter of a second or less.
    """
    quarter = floor(ladder.fps / 4)
    most = grid.frames_within(Fraction(ladder.target_duration, 2), ladder.fps)
    return tuple(factor * quarter for factor in (8, 4, 2, 1) if factor * quarter <= most)


def slate(
    source: Path | Card,
    ladder: Ladder,
    folder: Path,
    *,
    id: str = "slate",  # noqa: A002 -- the catalogue's own word
    title: str = "Slate",
    length: float = 60.0,
    loudness: Loudness = EBU_R128,
    progress: Progress = unseen,
    preset: Preset = "medium",
) -> tuple[Entry, ...]:
    """Condition the slate: the run, about ``length`` seconds of the source over and over, and the small pieces.

    Gives the entries (ids ``slate``, ``slate-4q``, ``slate-2q``, ``slate-1q``), not yet in the catalogue. Raises as
    ``condition`` does.
    """
    run, *small = piece_frames(ladder)
    quarter = floor(ladder.fps / 4)
    pieces = max(1, round(length * ladder.fps / run))
    wanted: list[tuple[str, Kind, tuple[int, ...]]] = [
        (id, "slate", tuple(range(0, run * pieces + 1, run))),
        *((f"{id}-{frames // quarter}q", "slate-piece", (0, frames)) for frames in small),
    ]
    entries = []
    with staged(folder, [name for name, _, _ in wanted]) as work:
        path = source if isinstance(source, Path) else _draw(source, ladder, work)
        clip = probe(path)
        frames = count_frames(clip, ladder.fps, span(progress, 0, 0.1))
        measured = grid.video_instants((0, frames), ladder.fps)[-1]
        gains = corrections(clip, ladder.sounds, measured, loudness, span(progress, 0.1, 0.2))
        done, total = 0, sum(cuts[-1] for _, _, cuts in wanted)
        for name, kind, cuts in wanted:
            step = span(progress, 0.2 + 0.8 * done / total, 0.2 + 0.8 * (done + cuts[-1]) / total)
            recipe = Recipe(ladder, cuts, loudness, gains, preset)
            renditions = encode(clip.looped, recipe, work, name, step)
            durations = grid.durations(grid.video_instants(cuts, ladder.fps))
            entries.append(Entry(name, title, "", kind, durations, renditions))
            done += cuts[-1]
    progress(1.0)
    return tuple(entries)


def _draw(card: Card, ladder: Ladder, work: Path) -> Path:
    """Text and font go by file names of ours: nothing of the caller's is ever parsed as a filter."""
    top = max(ladder.video, key=lambda rung: rung.height)
    graph = f"color=c={_CARD_COLOUR}:s={top.width}x{top.height}:r={ladder.frame_rate}:d={_CARD_SECONDS}"
    if card.font is not None:
        if not card.font.is_file():
            raise CreativeError(str(card.font), "a typeface's file", "none")
        (work / "card.txt").write_text(card.text, encoding="utf-8")
        shutil.copyfile(card.font, work / "card.ttf")
        graph += (
            f",drawtext=fontfile=card.ttf:textfile=card.txt:expansion=none:fontcolor=white:fontsize={top.height // 12}"
            ":x=(w-text_w)/2:y=(h-text_h)/2"
        )
    arguments = ["-f", "lavfi", "-i", graph, "-c:v", "libx264", "-preset", "ultrafast", "-crf", "12", "card.mkv"]
    try:
        ffmpeg.run(arguments, limit=_CARD_LIMIT, folder=work)
    except FfmpegError as error:
        raise error.refused("card", Refusal.UNKNOWN, "a card that can be drawn") from error
    return work / "card.mkv"
