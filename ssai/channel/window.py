"""One rendition's window on the channel's timeline: which segments, where in time, under which numbers."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from domain.units import Microseconds
from ssai.breaks.record import Boundary
from ssai.hls.playlist import MediaPlaylist, Segment

DRIFT: Final = Microseconds(500_000)
"""A date-time this near to the expected instant corrects drift; one further off is a hole or a new clock."""


@dataclass(frozen=True, slots=True)
class Window:
    """Segments ``first`` (a) to ``first + len(segments) - 1`` of one rendition.

    ``starts`` has one instant more than there are segments: the last is the raw edge. ``sequences`` are D_i.
    ``exposed`` is the index after the last segment that viewers may see; ``shift`` the channel's index less the
    origin's number (epochs); ``skew`` channel time less the origin's date-times; ``ended``: no more will come.
    """

    url: str
    first: int
    segments: tuple[Segment, ...]
    starts: tuple[Microseconds, ...]
    sequences: tuple[int, ...]
    exposed: int
    shift: int
    skew: Microseconds
    dated: bool
    ended: bool = False

    @property
    def after(self) -> int:
        """Index after the last segment."""
        return self.first + len(self.segments)

    @property
    def edge(self) -> Microseconds:
        """The raw edge."""
        return self.starts[-1]

    @property
    def shown_edge(self) -> Microseconds:
        """p, the exposed edge."""
        return self.starts[self.exposed - self.first]

    @property
    def head(self) -> Microseconds:
        """h, where the kept window starts."""
        return self.starts[0]

    def start(self, index: int) -> Microseconds:
        """t_i; also of the index after the last segment."""
        return self.starts[index - self.first]

    def sequence_before(self, index: int) -> int:
        """D_i - T_i, the discontinuity sequence number that holds before segment ``index``."""
        place = index - self.first
        if place < len(self.segments):
            return self.sequences[place] - (1 if self.segments[place].discontinuity else 0)
        return self.sequences[-1]

    def nearest(self, instant: int) -> int:
        """Index of the segment that starts nearest to ``instant``; a tie goes to the earlier."""
        place = bisect_left(self.starts, instant)
        if place == len(self.starts) or (place and instant - self.starts[place - 1] <= self.starts[place] - instant):
            place -= 1
        return self.first + place

    def boundary(self, instant: int) -> Boundary:
        """The nearest boundary to ``instant``."""
        index = self.nearest(instant)
        return Boundary(index, self.sequence_before(index))

    def has_boundary(self, instant: int, tolerance: int) -> bool:
        """Whether a segment starts, or the window ends, within ``tolerance`` of ``instant``."""
        return abs(self.start(self.nearest(instant)) - instant) <= tolerance


def opened(url: str, playlist: MediaPlaylist, start: Microseconds, skew: Microseconds) -> Window:
    """The first window of a rendition; its first segment starts at ``start``."""
    empty = Window(
        url=url,
        first=playlist.first,
        segments=(),
        starts=(start,),
        sequences=(),
        exposed=playlist.first,
        shift=0,
        skew=skew,
        dated=any(segment.date is not None for segment in playlist.segments),
    )
    before = playlist.discontinuity_sequence or 0
    return _append(empty, playlist.segments, before, ended=playlist.ended)


Changed = tuple[tuple[int, Segment], ...]
"""Segments by index that are new, or that the origin wrote anew."""


def extended(window: Window, playlist: MediaPlaylist) -> tuple[Window, Changed]:
    """The window after a reload, nothing removed, and the listed segments that are new or were rewritten.

    A reload that lists only what is known (an older copy from another cache) changes nothing. Numbers that fall, or
    other segments under known numbers, begin an epoch: indices go on, its first segment is a discontinuity, and what
    ends at or before the edge by its date-time is passed over.
    """
    listed = playlist.segments
    if not listed:
        return replace(window, ended=playlist.ended), ()
    first = playlist.first + window.shift
    if not _same_epoch(window, listed, first):
        return _epoch(window, playlist)
    if first > window.after:
        # Segments were missed for good: what was kept cannot stand beside what is new under consecutive numbers.
        start = listed[0].date
        at = window.edge if start is None else max(window.edge, start + window.skew)
        fresh = replace(window, first=first, segments=(), starts=(Microseconds(at),), sequences=(), exposed=first)
        before = playlist.discontinuity_sequence
        held = window.sequences[-1] if window.sequences else 0
        return _append(fresh, listed, held if before is None else max(before, held), ended=playlist.ended), (
            tuple(enumerate(listed, first))
        )
    known = window.after - first
    kept, changed = list(window.segments), list[tuple[int, Segment]]()
    for place in range(min(known, len(listed))):
        segment, slot = listed[place], first + place - window.first
        if slot >= 0 and segment is not kept[slot]:
            changed.append((first + place, segment))
            kept[slot] = replace(segment, discontinuity=kept[slot].discontinuity)
    new = listed[known:]
    grown = replace(window, segments=tuple(kept)) if changed else window
    held = window.sequences[-1] if window.sequences else (playlist.discontinuity_sequence or 0)
    return _append(grown, new, held, ended=playlist.ended), (*changed, *enumerate(new, window.after))


def trimmed(window: Window, gone_before: int, span: int) -> Window:
    """Remove from the head what the origin removed, while what is left exposed spans ``span`` microseconds (6.2.2)."""
    place, edge = 0, window.shown_edge
    limit = min(gone_before, window.exposed - 1) - window.first
    while place < limit and edge - window.starts[place + 1] >= span:
        place += 1
    if not place:
        return window
    return replace(
        window,
        first=window.first + place,
        segments=window.segments[place:],
        starts=window.starts[place:],
        sequences=window.sequences[place:],
    )


def _identity(segment: Segment) -> tuple[object, ...]:
    return (segment.uri, segment.range, segment.date)


def _same_epoch(window: Window, listed: Sequence[Segment], first: int) -> bool:
    if first + len(listed) <= window.first:
        return False
    for place in (max(first, window.first), min(first + len(listed), window.after) - 1):
        here, there = place - first, place - window.first
        if 0 <= here < len(listed) and 0 <= there < len(window.segments):
            ours, theirs = window.segments[there], listed[here]
            if ours is not theirs and _identity(ours) != _identity(theirs):
                return False
    return True


def _epoch(window: Window, playlist: MediaPlaylist) -> tuple[Window, Changed]:
    listed, skip = playlist.segments, 0
    while skip < len(listed):
        date = listed[skip].date
        if date is None or date + window.skew + listed[skip].duration // 2 >= window.edge:
            break
        skip += 1
    new = listed[skip:]
    shift = window.after - playlist.first - skip
    if not new:
        return window, ()
    marked = (replace(new[0], discontinuity=True), *new[1:])
    held = window.sequences[-1] if window.sequences else 0
    return _append(replace(window, shift=shift), marked, held, ended=playlist.ended), (
        tuple(enumerate(marked, window.after))
    )


def _append(window: Window, new: Sequence[Segment], sequence: int, *, ended: bool) -> Window:
    if not new:
        return window if ended == window.ended else replace(window, ended=ended)
    starts, sequences, skew = list(window.starts), list(window.sequences), window.skew
    for segment in new:
        expected = starts[-1]
        if segment.date is not None:
            found = segment.date + skew
            if expected - found > DRIFT:
                # The origin's clock was set back: channel time never is.
                skew = Microseconds(expected - segment.date)
            elif len(starts) == 1 or found > starts[-2]:
                starts[-1] = Microseconds(found)
        starts.append(Microseconds(starts[-1] + segment.duration))
        sequence += 1 if segment.discontinuity else 0
        sequences.append(sequence)
    return replace(
        window,
        segments=(*window.segments, *new),
        starts=tuple(starts),
        sequences=tuple(sequences),
        skew=skew,
        ended=ended,
    )
