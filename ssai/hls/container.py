"""Which container segments come in: formats never mix in one playlist (4.4.4.5)."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from typing import Final

from ssai.hls.playlist import Segment

PACKED_SUFFIXES: Final = (".aac", ".ac3", ".ec3", ".mp3", ".m4a")
"""Addresses of packed audio (3.3 and 3.4)."""


class Container(StrEnum):
    """The formats of media segments (3)."""

    TS = "ts"
    FMP4 = "fmp4"
    PACKED = "packed"
    WEBVTT = "webvtt"


def container_of(segments: Sequence[Segment], *, subtitles: bool) -> Container:
    """The container of the newest of these segments, of which there is at least one.

    A map in force makes fMP4 of anything; packed audio is told by its address; what is left is MPEG-TS.
    """
    newest = segments[-1]
    if newest.map is not None:
        return Container.FMP4
    if subtitles:
        return Container.WEBVTT
    return Container.PACKED if path(newest.uri).endswith(PACKED_SUFFIXES) else Container.TS


def path(uri: str) -> str:
    """An address in lower case without its query and fragment."""
    return uri.partition("#")[0].partition("?")[0].lower()
