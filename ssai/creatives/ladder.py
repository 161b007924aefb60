"""The ladder: what every creative of a channel is conditioned to. A rung is one fully specified rendition.

It must repeat the origin's encoding: players switch from content to ad without a new decoder where they can, and
CODECS in the multivariant playlist covers the ads (draft-pantos-hls-rfc8216bis, 4.4.6.2).
"""

from __future__ import annotations

import tomllib
from fractions import Fraction
from pathlib import Path
from typing import Annotated, Final, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from domain.units import SECOND, Microseconds
from ssai.creatives.boundary import parse_data, read
from ssai.creatives.errors import CreativeError

TOLERANCE: Final = 1_000
"""Microseconds that rounding may add to a boundary."""

_PROFILES: Final = {0x42: "baseline", 0x4D: "main", 0x64: "high"}
"""profile_idc, the first byte after ``avc1.`` (RFC 6381, 3.3; ISO/IEC 14496-10, A.2)."""
_LEVELS: Final = frozenset({10, 11, 12, 13, 20, 21, 22, 30, 31, 32, 40, 41, 42, 50, 51, 52})
"""level_idc, the third byte: ten times the level (ISO/IEC 14496-10, table A-1)."""
_SAMPLE_RATES: Final = frozenset({8000, 11025, 12000, 16000, 22050, 24000, 32000, 44100, 48000})
"""Hertz, of AAC."""
_DOLBY_RATES: Final = frozenset({32000, 44100, 48000})
"""Hertz, of AC-3 and of E-AC-3 with six blocks in a frame (ATSC A/52, 5.4.1.3)."""
_DOLBY_LEAST: Final = 64_000
_DOLBY_MOST: Final = 640_000
"""Bits a second: below, encoders refuse six channels; AC-3 ends above (ATSC A/52, table 5.18), and up to there every
frame of E-AC-3 has six blocks.
"""
_FRAMES: Final = {"mp4a.40.2": 1024, "ac-3": 1536, "ec-3": 1536}
"""Samples in one frame (ISO/IEC 14496-3, 4.5.2.1.1; ATSC A/52, 5.1)."""
_SLOWEST: Final = 5
_FASTEST: Final = 120
"""Frames a second. Below four a quarter of a second, the smallest piece of slate, has no frame."""
_MAX_FILE: Final = 64 * 1024
"""Bytes of a ladder in TOML: thirty rungs take five thousand."""

Name = Annotated[str, Field(strict=True, pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$", max_length=64)]
"""An id or a rendition's name: it becomes part of a path and of a URL."""

_Even = Annotated[int, Field(strict=True, ge=16, le=7680, multiple_of=2)]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class VideoRung(_Part):
    """One video rendition; ``bitrate`` in bits a second, width and height in square pixels.

    ``ts`` is MPEG-TS, ``fmp4`` fragmented MP4 with an initialisation section.
    """

    name: Name
    container: Literal["ts", "fmp4"] = "ts"
    width: _Even
    height: _Even
    bitrate: Annotated[int, Field(strict=True, ge=10_000, le=100_000_000)]
    codecs: Annotated[str, Field(strict=True, pattern=r"^avc1\.[0-9a-fA-F]{6}$")]

    @field_validator("codecs")
    @classmethod
    def _known(cls, codecs: str) -> str:
        if int(codecs[5:7], 16) not in _PROFILES:
            raise ValueError("a baseline (42), main (4d) or high (64) profile in avc1.PPCCLL")
        if int(codecs[9:11], 16) not in _LEVELS:
            raise ValueError("a level of H.264 in avc1.PPCCLL")
        return codecs

    @property
    def profile(self) -> str:
        """Its name, as encoders call it."""
        return _PROFILES[int(self.codecs[5:7], 16)]

    @property
    def level(self) -> str:
        """Such as ``3.1``."""
        level = int(self.codecs[9:11], 16)
        return f"{level // 10}.{level % 10}"


class SoundRung(_Part):
    """One rendition of the sound; ``sample_rate`` in hertz, ``bitrate`` in bits a second.

    ``packed`` is the bare stream behind a time stamp (RFC 8216, 3.4).
    """

    name: Name
    container: Literal["ts", "packed", "fmp4"] = "ts"
    sample_rate: Annotated[int, Field(strict=True)]
    channels: Annotated[int, Field(strict=True)]
    bitrate: Annotated[int, Field(strict=True, ge=8_000, le=1_000_000)]
    codecs: Literal["mp4a.40.2", "ac-3", "ec-3"]

    @field_validator("sample_rate")
    @classmethod
    def _rate(cls, rate: int) -> int:
        if rate not in _SAMPLE_RATES:
            raise ValueError("a sample rate of AAC, 8000 to 48000")
        return rate

    @field_validator("channels")
    @classmethod
    def _layout(cls, channels: int) -> int:
        if channels not in {1, 2, 6}:
            raise ValueError("1, 2 or 6 channels")
        return channels

    @model_validator(mode="after")
    def _codable(self) -> Self:
        if self.codecs == "mp4a.40.2":
            return self
        if self.sample_rate not in _DOLBY_RATES or not _DOLBY_LEAST <= self.bitrate <= _DOLBY_MOST:
            raise ValueError(f"32000, 44100 or 48000 Hz and {_DOLBY_LEAST} to {_DOLBY_MOST} bits/s for {self.codecs}")
        return self

    @property
    def frame(self) -> int:
        """Samples in one frame of this codec."""
        return _FRAMES[self.codecs]

    @property
    def frame_length(self) -> Microseconds:
        """Length of one frame, microseconds, rounded up."""
        return Microseconds(-(-self.frame * SECOND // self.sample_rate))


class SubtitleRung(_Part):
    """Subtitles, always empty: a player that shows subtitles needs a segment of them beside every other one."""

    name: Name
    container: Literal["webvtt"] = "webvtt"


Rung = VideoRung | SoundRung | SubtitleRung


class Ladder(_Part):
    """All renditions of a channel's creatives; ``target_duration`` in whole seconds.

    ``sound`` is the main sound: muxed into every video rung, or a rendition of its own. ``alternates`` are further
    renditions of the same sound, of a separate ladder only.
    """

    target_duration: Annotated[int, Field(strict=True, ge=1, le=60)]
    frame_rate: Annotated[str, Field(strict=True, pattern=r"^[1-9][0-9]{0,5}(/[1-9][0-9]{0,4})?$")]
    audio: Literal["separate", "muxed"]
    video: Annotated[tuple[VideoRung, ...], Field(min_length=1, max_length=16)]
    sound: SoundRung
    alternates: Annotated[tuple[SoundRung, ...], Field(max_length=8)] = ()
    subtitles: SubtitleRung | None = None

    @field_validator("frame_rate")
    @classmethod
    def _plausible(cls, rate: str) -> str:
        if not _SLOWEST <= Fraction(rate) <= _FASTEST:
            raise ValueError(f"{_SLOWEST} to {_FASTEST} frames a second")
        return rate

    @model_validator(mode="after")
    def _distinct(self) -> Self:
        names = [rung.name for rung in self.video] + [sound.name for sound in self.sounds]
        if self.subtitles is not None:
            names.append(self.subtitles.name)
        if len(set(names)) < len(names):
            raise ValueError("a name of its own for every rendition")
        return self

    @model_validator(mode="after")
    def _muxed(self) -> Self:
        if self.audio == "muxed" and (self.alternates or self.sound.container == "packed"):
            raise ValueError("separate sound where there are alternates or packed sound")
        return self

    @classmethod
    def load(cls, path: Path) -> Ladder:
        """Read a ladder in TOML. Raises ``CreativeError`` naming file and field."""
        try:
            data = tomllib.loads(read(path, _MAX_FILE).decode())
        except (ValueError, RecursionError) as error:  # broken TOML, bytes that are not UTF-8, nesting without end
            raise CreativeError(str(path), "a ladder in TOML", str(error)) from error
        return parse_data(cls, path, data)

    @property
    def fps(self) -> Fraction:
        """Frames a second, exact."""
        return Fraction(self.frame_rate)

    @property
    def sounds(self) -> tuple[SoundRung, ...]:
        """The main sound, then its alternates."""
        return (self.sound, *self.alternates)

    @property
    def rungs(self) -> dict[str, Rung]:
        """The renditions that a creative has, by name: video first, then sound where it is separate, then subtitles."""
        rungs: list[Rung] = [*self.video]
        if self.audio == "separate":
            rungs += self.sounds
        if self.subtitles is not None:
            rungs.append(self.subtitles)
        return {rung.name: rung for rung in rungs}

    @property
    def names(self) -> tuple[str, ...]:
        """Of the renditions that a creative has, in the order of ``rungs``."""
        return tuple(self.rungs)
