"""How the clip is offered: which of its renditions, and which tags beyond the plainest stream."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

CONTAINERS: Final = frozenset({"ts", "fmp4", "packed"})
MOST_LANGUAGES: Final = 16
_LANGUAGE: Final = re.compile(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8}){0,3}", re.ASCII)
"""A language tag with its usual subtags (RFC 5646, 2.1)."""


class Encryption(StrEnum):
    """AES-128 of whole segments, with the IV in EXT-X-KEY or taken from the media sequence number (5.2)."""

    EXPLICIT = "aes-128"
    IMPLICIT = "aes-128-implicit"


@dataclass(frozen=True, slots=True)
class Dress:
    """What the origin makes of the clip; the default is all of the ladder's video and sound, in plain playlists.

    Offered are the rungs in one of ``containers``; with ``languages`` every sound is offered once for each, the first
    being the default; ``subtitles`` adds the ladder's, with cues. ``encryption`` is of video and sound, with another
    key every ``key_segments`` segments (0: one key). ``bitrate`` writes EXT-X-BITRATE. ``byte_ranges`` makes one
    resource of each loop. ``low_latency`` writes the tags of low-latency HLS, text alone: a part is a whole segment,
    and no request is held back.
    """

    containers: frozenset[str] = CONTAINERS
    languages: tuple[str, ...] = ()
    subtitles: bool = False
    encryption: Encryption | None = None
    key_segments: int = 0
    bitrate: bool = False
    byte_ranges: bool = False
    low_latency: bool = False

    def __post_init__(self) -> None:
        """Refuse what cannot be, or cannot be together."""
        if not self.containers or not self.containers <= CONTAINERS:
            raise ValueError(f"containers: some of {', '.join(sorted(CONTAINERS))}")
        if len(set(self.languages)) < len(self.languages) or len(self.languages) > MOST_LANGUAGES:
            raise ValueError(f"languages: at most {MOST_LANGUAGES}, each once")
        if not all(_LANGUAGE.fullmatch(language) for language in self.languages):
            raise ValueError("languages: tags such as en or pt-BR")
        if self.key_segments < 0 or (self.key_segments and self.encryption is None):
            raise ValueError("key_segments: not negative, and 0 without encryption")
        if self.byte_ranges and (self.encryption or self.low_latency or self.bitrate):
            # A cipher takes whole resources, parts would need ranges of their own, and EXT-X-BITRATE tells nothing of
            # ranges (4.4.4.8).
            raise ValueError("byte_ranges: not with encryption, low_latency or bitrate")


PLAIN: Final = Dress()
