"""Where the segments of one playlist lie in channel time."""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass
from typing import Final

from domain.units import Microseconds
from ssai.hls.playlist import MediaPlaylist

TOLERANCE: Final = Microseconds(100_000)
"""An instant this near to a segment's start means the segment's start: date-times are exact to a millisecond at
best, audio frames to 21 ms, and the elapsed times in tags are rounded."""


@dataclass(frozen=True, slots=True)
class Timeline:
    """``starts[k]`` is where segment k starts, the last entry where the last segment ends; microseconds.

    ``dated``: counted from the Unix epoch, because the playlist has EXT-X-PROGRAM-DATE-TIME; else from its own start.
    """

    starts: tuple[Microseconds, ...]
    dated: bool

    @classmethod
    def of(cls, playlist: MediaPlaylist) -> Timeline:
        """The date before a segment says where it starts; the others follow the one before, or lead up to the first.

        A date that would put a segment before the one it follows is not believed: channel time never falls.
        """
        first = next((k for k, segment in enumerate(playlist.segments) if segment.date is not None), None)
        at = 0
        if first is not None:
            lead = sum(segment.duration for segment in playlist.segments[:first])
            at = (playlist.segments[first].date or 0) - lead
        starts: list[Microseconds] = []
        for segment in playlist.segments:
            if segment.date is not None and (not starts or segment.date >= starts[-1]):
                at = segment.date
            starts.append(Microseconds(at))
            at += segment.duration
        starts.append(Microseconds(at))
        return cls(tuple(starts), first is not None)

    @property
    def start(self) -> Microseconds:
        """Where the first segment starts."""
        return self.starts[0]

    @property
    def end(self) -> Microseconds:
        """Where the last segment ends."""
        return self.starts[-1]

    def nearest(self, at: int) -> int:
        """The index of the boundary nearest to ``at``; ties go to the earlier."""
        after = bisect_left(self.starts, at)
        if after == 0:
            return 0
        if after == len(self.starts):
            return after - 1
        return after if self.starts[after] - at < at - self.starts[after - 1] else after - 1

    def snapped(self, at: Microseconds) -> Microseconds:
        """The boundary within the tolerance of ``at``, else ``at``."""
        boundary = self.starts[self.nearest(at)]
        return boundary if abs(boundary - at) <= TOLERANCE else at

    def reached(self, at: int) -> Microseconds | None:
        """The first boundary that reaches ``at``; None when the playlist ends before."""
        k = bisect_left(self.starts, at - TOLERANCE)
        return self.starts[k] if k < len(self.starts) else None
