"""A source becomes a creative: measured, normalised, scaled to every rung, cut."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

from ssai.creatives import cuts as grid
from ssai.creatives.catalogue import Entry, Kind
from ssai.creatives.encode import Preset, Recipe, encode
from ssai.creatives.ladder import Ladder
from ssai.creatives.loudness import EBU_R128, Loudness, corrections
from ssai.creatives.progress import Progress, span, unseen
from ssai.creatives.source import count_frames, probe
from ssai.creatives.staging import staged


def condition(
    source: Path,
    ladder: Ladder,
    folder: Path,
    *,
    id: str,  # noqa: A002 -- the catalogue's own word
    title: str,
    advertiser: str,
    kind: Kind = "ad",
    loudness: Loudness = EBU_R128,
    progress: Progress = unseen,
    preset: Preset = "medium",
) -> Entry:
    """Condition a source to a ladder: media under ``<folder>/<id>/``, complete or not at all.

    The creative is as long as the source's video, in whole frames at the ladder's rate; sound is padded with silence
    or trimmed to it, and silence where the source has none. Segments are near-equal and at most half the target
    duration, so that a stitched playlist grows in time (content, the demo's live material: one target duration).
    The entry is not yet in the catalogue: ``Catalogue.add`` it.

    Raises ``RefusedError`` with a ``Refusal``, ``CreativeError`` for a bad id. An exception out of ``progress``
    stops ffmpeg and leaves nothing behind.
    """
    with staged(folder, (id,)) as work:
        clip = probe(source)
        frames = count_frames(clip, ladder.fps, span(progress, 0, 0.15))
        longest = Fraction(ladder.target_duration, 1 if kind == "content" else 2)
        cuts = grid.even(frames, grid.frames_within(longest, ladder.fps))
        instants = grid.video_instants(cuts, ladder.fps)
        gains = corrections(clip, ladder.sounds, instants[-1], loudness, span(progress, 0.15, 0.25))
        recipe = Recipe(ladder, cuts, loudness, gains, preset)
        renditions = encode(clip, recipe, work, id, span(progress, 0.25, 1))
    progress(1.0)
    return Entry(id, title, advertiser, kind, grid.durations(instants), renditions)
