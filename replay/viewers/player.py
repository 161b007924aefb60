"""What a player reads: playlists through the m3u8 library, of which this is the one door."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from random import Random
from typing import Any, Final, NamedTuple
from urllib.parse import urljoin

import m3u8

from domain.errors import HalftimeError
from domain.units import SECOND, Microseconds

PARSED: Final = 128
"""Listings kept by their text: viewers with the same pods and offsets get the same bytes within a target duration."""
MAX_TEXT: Final = 4 * 1024 * 1024
"""Characters of one playlist: four hours of 2 s segments with every tag are under 3 MB."""
MAX_TARGET: Final = 86_400
"""Seconds that a player waits at most for a reload."""
BACK_TARGETS: Final = 3
"""Target durations behind the edge at which a player begins where nothing else is said (6.3.3)."""
HEADROOM: Final = 1.25
"""A viewer's bandwidth is drawn between the lowest variant's and this much above the highest's: each rung gets some."""
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_ONE: Final = timedelta(microseconds=1)


class PlayerError(HalftimeError):
    """A player could not read a playlist: what it said."""


class Listed(NamedTuple):
    """One segment. ``uri`` as it is written; ``date`` is its instant, its own or reckoned, None without any."""

    uri: str
    duration: Microseconds
    date: Microseconds | None
    tagged: bool


class Listing(NamedTuple):
    """A media playlist: its segments from media sequence number ``first`` on. Times are microseconds."""

    target: Microseconds
    first: int
    segments: tuple[Listed, ...]
    ended: bool
    hold_back: Microseconds | None
    start: Microseconds | None
    """TIME-OFFSET of EXT-X-START: from the beginning, or negative from the edge (4.4.2.2)."""

    @property
    def end(self) -> int:
        """The media sequence number after the last segment's."""
        return self.first + len(self.segments)

    def after(self, number: int) -> tuple[Listed, ...]:
        """The segments from that media sequence number on."""
        return self.segments[max(0, number - self.first) :]

    @property
    def behind(self) -> int:
        """How far before the end of what is listed a player begins."""
        whole = sum(segment.duration for segment in self.segments)
        if self.start is not None:
            behind = -self.start if self.start < 0 else whole - self.start
        else:
            behind = BACK_TARGETS * self.target if self.hold_back is None else self.hold_back
        return max(0, min(behind, whole))

    @property
    def edge(self) -> int | None:
        """The instant at which the last segment ends; None without dates."""
        last = self.segments[-1] if self.segments else None
        return None if last is None or last.date is None else last.date + last.duration


class Choice(NamedTuple):
    """The playlists that one viewer plays together, by role: absolute addresses."""

    video: str
    audio: str | None
    subtitles: str | None


def choose(text: str, url: str, rng: Random) -> Choice:
    """The variant that fits a bandwidth drawn for this viewer, and one of its audio renditions and subtitles.

    Raises ``PlayerError`` for what is no multivariant playlist.
    """
    index = _loaded(text)
    try:
        variants = sorted(index.playlists, key=lambda each: each.stream_info.bandwidth)
        if not variants:
            raise PlayerError("no variant in the multivariant playlist")
        lowest, highest = variants[0].stream_info.bandwidth, variants[-1].stream_info.bandwidth
        bandwidth = rng.uniform(lowest, highest * HEADROOM)
        chosen = [each for each in variants if each.stream_info.bandwidth <= bandwidth][-1]
        return Choice(
            urljoin(url, chosen.uri),
            _rendition(index, "AUDIO", chosen.stream_info.audio, url, rng),
            _rendition(index, "SUBTITLES", chosen.stream_info.subtitles, url, rng),
        )
    except (TypeError, ValueError) as error:
        # An attribute that is missing or no number (the library gives None), or an address that is none.
        raise PlayerError(f"no variant can be chosen: {error}") from error


def _rendition(index: Any, kind: str, group: str | None, url: str, rng: Random) -> str | None:
    """One of a group's playlists; those without an address are in the video."""
    found = [each.uri for each in index.media if each.type == kind and each.group_id == group and each.uri]
    return urljoin(url, rng.choice(found)) if group is not None and found else None


@lru_cache(maxsize=PARSED)
def read(text: str) -> Listing:
    """A media playlist; the same for every viewer who gets the same text. Raises ``PlayerError``."""
    playlist = _loaded(text)
    if playlist.is_variant or not 0 < (playlist.target_duration or 0) <= MAX_TARGET:
        raise PlayerError("no media playlist with a target duration")
    # A tag without attributes is an empty dictionary to the library, not the tag's own class.
    hold_back = getattr(playlist.server_control, "hold_back", None)
    start = getattr(playlist.start, "time_offset", None)
    try:
        return Listing(
            Microseconds(playlist.target_duration * SECOND),
            playlist.media_sequence or 0,
            # A segment without an address is the library's name for parts that are no whole segment yet.
            tuple(_listed(segment) for segment in playlist.segments if segment.uri is not None),
            bool(playlist.is_endlist),
            None if hold_back is None else _microseconds(hold_back),
            None if start is None else _microseconds(start),
        )
    except (TypeError, ValueError, OverflowError) as error:
        raise PlayerError(f"a value is missing or no number: {error}") from error


def _listed(segment: Any) -> Listed:
    date = segment.current_program_date_time
    if date is not None:
        date = Microseconds((date.replace(tzinfo=date.tzinfo or UTC) - _EPOCH) // _ONE)
    return Listed(segment.uri, _microseconds(segment.duration), date, bool(segment.discontinuity))


def _microseconds(value: float) -> Microseconds:
    return Microseconds(round(value * SECOND))


def _loaded(text: str) -> Any:
    if len(text) > MAX_TEXT:
        raise PlayerError(f"more than {MAX_TEXT} characters")
    try:
        return m3u8.loads(text)
    except Exception as error:
        # The library names no set of errors for hostile texts: whatever it raises is what a player would break on.
        raise PlayerError(f"{type(error).__name__}: {error}"[:200]) from error


def addresses(segments: Iterable[Listed], base: str) -> list[str]:
    """Absolute addresses of segments of the playlist that came from ``base``. Raises ``PlayerError``."""
    try:
        return [urljoin(base, segment.uri) for segment in segments]
    except ValueError as error:
        raise PlayerError(f"a segment's address is none: {error}"[:200]) from error


def runways(listings: Sequence[Listing]) -> list[int]:
    """How much media lies ahead in each playlist of a player that begins now, in the order of ``listings``.

    Playlists are aligned on their dates (6.2.4), and the one that is furthest behind says where the player begins;
    without dates each has its own edge.
    """
    edges = [listing.edge for listing in listings]
    dated = [edge for edge in edges if edge is not None]
    if len(dated) < len(listings):
        return [listing.behind for listing in listings]
    begin = min(edge - listing.behind for edge, listing in zip(dated, listings, strict=True))
    return [edge - begin for edge in dated]
