"""Where a creative is cut: whole video frames, the nearest audio frames, exact instants. Pure arithmetic."""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise
from math import floor

from domain.units import SECOND, Microseconds
from ssai.creatives.ladder import AAC_FRAME


def even(frames: int, most: int) -> tuple[int, ...]:
    """Cut ``frames`` into the fewest pieces of at most ``most`` frames, their lengths at most one frame apart.

    Gives the boundaries as frame numbers, 0 and ``frames`` included.
    """
    pieces = -(-frames // most)
    return tuple(index * frames // pieces for index in range(pieces + 1))


def frames_within(length: Fraction, fps: Fraction) -> int:
    """Whole frames in ``length`` seconds."""
    return floor(length * fps)


def video_instants(cuts: tuple[int, ...], fps: Fraction) -> tuple[Microseconds, ...]:
    """When these frames start, rounded half up."""
    return tuple(Microseconds(floor(cut * SECOND / fps + Fraction(1, 2))) for cut in cuts)


def audio_cuts(cuts: tuple[int, ...], fps: Fraction, sample_rate: int) -> tuple[int, ...]:
    """The audio frames whose starts lie nearest to these video frames: at most half an audio frame off."""
    return tuple(floor(cut / fps * sample_rate / AAC_FRAME + Fraction(1, 2)) for cut in cuts)


def audio_instants(cuts: tuple[int, ...], sample_rate: int) -> tuple[Microseconds, ...]:
    """When these audio frames start, rounded half up."""
    return tuple(Microseconds((2 * cut * AAC_FRAME * SECOND + sample_rate) // (2 * sample_rate)) for cut in cuts)


def durations(instants: tuple[Microseconds, ...]) -> tuple[Microseconds, ...]:
    """Lengths between instants: each true within a microsecond, and their sums true as well."""
    return tuple(Microseconds(after - before) for before, after in pairwise(instants))
