"""Where a creative is cut: whole video frames, the nearest audio frames, exact instants. Pure arithmetic."""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise
from math import floor
from typing import Final

from domain.units import SECOND, TICKS_PER_SECOND, Microseconds, Ticks
from ssai.creatives.ladder import SoundRung

FIRST_STAMP: Final = Ticks(126_000)
"""Where the time stamps of every creative begin, in every rendition: ffmpeg's muxer of MPEG-TS starts there, twice its
delay of 0.7 s in, and the other containers follow it.
"""


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


def audio_cuts(cuts: tuple[int, ...], fps: Fraction, sound: SoundRung) -> tuple[int, ...]:
    """The audio frames whose starts lie nearest to these video frames: at most half an audio frame off."""
    return tuple(floor(cut / fps * sound.sample_rate / sound.frame + Fraction(1, 2)) for cut in cuts)


def audio_instants(cuts: tuple[int, ...], sound: SoundRung) -> tuple[Microseconds, ...]:
    """When these audio frames start, rounded half up."""
    frame = Fraction(sound.frame * SECOND, sound.sample_rate)
    return tuple(Microseconds(floor(cut * frame + Fraction(1, 2))) for cut in cuts)


def stamp(instant: Microseconds) -> Ticks:
    """The time stamp of this instant of a creative, rounded half up."""
    return Ticks(FIRST_STAMP + (instant * TICKS_PER_SECOND + SECOND // 2) // SECOND)


def durations(instants: tuple[Microseconds, ...]) -> tuple[Microseconds, ...]:
    """Lengths between instants: each true within a microsecond, and their sums true as well."""
    return tuple(Microseconds(after - before) for before, after in pairwise(instants))
