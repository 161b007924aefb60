"""What CODECS says (4.4.6.2; RFC 6381), as far as it decides which creatives go with a variant."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

_SOUND: Final = frozenset({"mp4a", "mp3", "ac-3", "ec-3", "ac-4", "opus", "flac", "alac"})
_TEXT: Final = frozenset({"stpp", "wvtt"})
_MP3: Final = frozenset({"mp4a.40.34", "mp4a.69", "mp4a.6b"})
_PROFILES: Final = {66: 0, 88: 0, 77: 1, 100: 2}
"""profile_idc in the order in which decoders of one read those before it: baseline, main, high. Others lie above."""
_ABOVE: Final = 3
_H264: Final = re.compile(r"avc[13]\.([0-9a-f]{2})[0-9a-f]{2}([0-9a-f]{2})", re.ASCII)
_H264_DECIMAL: Final = re.compile(r"avc[13]\.([0-9]{1,3})\.([0-9]{1,3})", re.ASCII)
"""As encoders wrote it before RFC 6381: profile_idc and level_idc in decimal."""


def listed(codecs: str | None) -> list[str]:
    """The formats of a CODECS attribute, in lower case; none where it is absent."""
    return [codec for part in (codecs or "").split(",") if (codec := part.strip().lower())]


def sounds(stated: Sequence[str]) -> list[str]:
    """The families of sound among these formats: ``mp4a`` (AAC), ``ac-3``, ``mp3`` and so on."""
    return [name for codec in stated if (name := family(codec)) in _SOUND]


def family(codec: str) -> str:
    """What a decoder is made for; MP3 goes by the name of MPEG-4 sound too."""
    return "mp3" if codec in _MP3 else codec.partition(".")[0]


def pictures(stated: Sequence[str]) -> list[str]:
    """The formats of video among these."""
    return [codec for codec in stated if family(codec) not in _SOUND | _TEXT]


def covers(stated: Sequence[str], codec: str) -> bool:
    """Whether one of these formats of video promises a decoder that plays ``codec`` (``avc1.PPCCLL``) too."""
    profile, level = _h264(codec.lower())
    return any(profile <= most and level <= highest for most, highest in map(_h264, stated))


def _h264(codec: str) -> tuple[int, int]:
    """Profile, by order, and level_idc; of what only says H.264 the greatest, of another format none."""
    match = _H264.fullmatch(codec)
    if match is not None:
        return _PROFILES.get(int(match[1], 16), _ABOVE), int(match[2], 16)
    match = _H264_DECIMAL.fullmatch(codec)
    if match is not None:
        return _PROFILES.get(int(match[1]), _ABOVE), int(match[2])
    return (_ABOVE, 255) if codec in {"avc1", "avc3"} else (-1, -1)
