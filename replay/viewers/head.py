"""The play head: media is used up in real time, and a stall is a figure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, NamedTuple

from domain.units import Microseconds

MAX_STALLS: Final = 1_000
"""Stalls kept of one viewer: more often than that it only shows that nothing comes."""


class Stall(NamedTuple):
    """The head stood at the end of what ``playlist`` listed, from ``start`` (the viewer's clock) for ``length``."""

    start: Microseconds
    length: Microseconds
    playlist: str


class PlayHead:
    """One head over all playlists that are played together: video, sound and subtitles wait for each other.

    All times are microseconds. Media is counted from where the head began: a playlist's *runway* is what has been
    listed since then. Instants that are handed in never go back.
    """

    def __init__(self) -> None:
        self.stalls: Final[list[Stall]] = []
        self._runways: dict[str, int] = {}
        self._ended: set[str] = set()
        self._position = 0
        self._at = 0
        self._standing: tuple[int, str] | None = None

    @property
    def playing(self) -> bool:
        """Whether the head has begun."""
        return bool(self._runways)

    def begin(self, runways: Mapping[str, int], now: int) -> None:
        """Begin to play with that much media ahead in each playlist."""
        self._runways, self._at = dict(runways), now

    def listed(self, playlist: str, added: int, now: int, *, ended: bool) -> None:
        """A reload: ``added`` is the media that it lists beyond the one before, ``ended`` that it is the last."""
        self._advance(now)
        self._runways[playlist] += added
        if ended:
            self._ended.add(playlist)
        if self._standing is not None and self._least()[0] > self._position:
            self._resume(now)

    def finish(self, now: int) -> None:
        """The viewer leaves: a stall that goes on ends with it."""
        if self.playing:
            self._advance(now)
            if self._standing is not None:
                self._resume(now)

    def _advance(self, now: int) -> None:
        least, playlist = self._least()
        reached = self._at + least - self._position
        if self._standing is None:
            if reached < now:
                self._standing = int(reached), playlist
                self._position = int(least)
            else:
                self._position += now - self._at
        self._at = now

    def _least(self) -> tuple[float, str]:
        """The runway that ends first; one that ended with ENDLIST ends the presentation, it stalls nothing."""
        ahead = [(runway, name) for name, runway in self._runways.items() if name not in self._ended]
        return min(ahead, default=(float("inf"), ""))

    def _resume(self, now: int) -> None:
        assert self._standing is not None
        since, playlist = self._standing
        self._standing = None
        if len(self.stalls) < MAX_STALLS:
            self.stalls.append(Stall(Microseconds(since), Microseconds(now - since), playlist))
