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

    ``url`` is where the rendition is asked for, ``base`` where its first answer came from (redirects): its URIs
    resolve against it. ``starts`` has one instant more than there are segments: the last is the raw edge.
    ``sequences`` are D_i.
    ``exposed`` is the index after the last segment that viewers may see; ``shift`` the channel's index less the
    origin's number (epochs); ``skew`` channel time less the origin's date-times; ``ended``: no more will come.
    """

    url: str
    base: str
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


def opened(url: str, playlist: MediaPlaylist, start: Microseconds, base: str = "") -> Window:
    """The first window of a rendition; its first segment starts at ``start``."""
    empty = Window(
        url=url,
        base=base or url,
        first=playlist.first,
        segments=(),
        starts=(start,),
        sequences=(),
        exposed=playlist.first,
        shift=0,
        skew=Microseconds(0),
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
        return replace(window, ended=window.ended or playlist.ended), ()
    first = playlist.first + window.shift
    if not _same_epoch(window, listed, first):
        return _epoch(window, playlist)
    if first > window.after:
        # Segments were missed for good: what was kept cannot stand beside what is new under consecutive numbers.
        start = listed[0].date if window.dated else None
        at = window.edge if start is None else max(window.edge, start + window.skew)
        fresh = replace(window, first=first, segments=(), starts=(Microseconds(at),), sequences=(), exposed=first)
        before = playlist.discontinuity_sequence
        held = window.sequences[-1] if window.sequences else 0
        return _append(fresh, listed, held if before is None else max(before, held), ended=playlist.ended), (
            tuple(enumerate(listed, first))
        )
    known = window.after - first
    # What was written anew is read for its cues only: a segment that is published stays as it was published.
    rewritten = [
        (first + place, listed[place])
        for place in range(max(0, window.first - first), min(known, len(listed)))
        if listed[place] is not (kept := window.segments[first + place - window.first])
        and replace(listed[place], discontinuity=kept.discontinuity) != kept
    ]
    new = listed[known:]
    held = window.sequences[-1] if window.sequences else (playlist.discontinuity_sequence or 0)
    return _append(window, new, held, ended=playlist.ended), (*rewritten, *enumerate(new, window.after))


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


def _same_segment(ours: Segment, theirs: Segment) -> bool:
    """By address, and by date where both have one: some origins date only the first segment of each playlist."""
    dated = ours.date is not None and theirs.date is not None
    return (ours.uri, ours.range) == (theirs.uri, theirs.range) and not (dated and ours.date != theirs.date)


def _same_epoch(window: Window, listed: Sequence[Segment], first: int) -> bool:
    if first + len(listed) <= window.first:
        return False
    for place in (max(first, window.first), min(first + len(listed), window.after) - 1):
        here, there = place - first, place - window.first
        if 0 <= here < len(listed) and 0 <= there < len(window.segments):
            ours, theirs = window.segments[there], listed[here]
            if ours is not theirs and not _same_segment(ours, theirs):
                return False
    return True


def _epoch(window: Window, playlist: MediaPlaylist) -> tuple[Window, Changed]:
    listed, skip = playlist.segments, 0
    at: int | None = None
    for segment in listed if window.dated else ():
        if segment.date is not None:
            at = segment.date + window.skew
        if at is None or at + segment.duration // 2 >= window.edge:
            break
        at += segment.duration
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
        # An older copy from another cache does not take ENDLIST back.
        return replace(window, ended=True) if ended and not window.ended else window
    starts, sequences, skew = list(window.starts), list(window.sequences), window.skew
    for segment in new:
        expected = begins = starts[-1]
        if segment.date is not None and window.dated:
            found = segment.date + skew
            if expected - found > DRIFT:
                # The origin's clock was set back: channel time never is.
                skew = Microseconds(expected - segment.date)
            elif len(starts) == 1 or found > starts[-2]:
                begins = Microseconds(found)
                # The exposed edge does not go back, or ads that it let show would be withdrawn.
                if found > expected or window.first + len(starts) - 1 > window.exposed or len(starts) == 1:
                    starts[-1] = begins
        starts.append(Microseconds(max(begins + segment.duration, starts[-1])))
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
