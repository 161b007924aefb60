"""One rendition's window on the channel's timeline: which segments, where in time, under which numbers."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from domain.units import SECOND, Microseconds
from ssai.breaks.record import Boundary
from ssai.channel.addresses import absolute
from ssai.channel.keys import with_iv
from ssai.channel.ranges import DateRange
from ssai.hls.playlist import MediaPlaylist, Segment

DRIFT: Final = Microseconds(500_000)
"""A date-time this near to the expected instant corrects drift; one further off is a hole or another clock."""
HOLE: Final = Microseconds(60_000_000)
"""A minute is a hole in the stream; more, and the origin's clock was set: a break must not be filled for hours."""
WAIT: Final = 3
"""Target durations that a new epoch may lie behind the edge: players have so much. More, and it has another clock."""
KEPT_CLOCKS: Final = 4
"""Clocks remembered: those of breaks that began before the window's head, which are still shown."""


@dataclass(frozen=True, slots=True)
class Window:
    """Segments ``first`` (a) to ``first + len(segments) - 1`` of one rendition.

    ``url`` is where the rendition is asked for, ``base`` where its first answer came from (redirects): its URIs
    resolve against it. ``starts`` has one instant more than there are segments: the last is the raw edge.
    ``sequences`` are D_i.
    ``exposed`` is the index after the last segment that viewers may see; ``shift`` the channel's index less the
    origin's number (epochs); ``clocks`` from which index on channel time is how much more than the origin's date-times:
    the last one began with the last epoch, or when the origin's clock was set; ``source`` which of several origins it
    comes from; ``ended``: no more will come; ``ranges`` are the date ranges that hold, or will.
    """

    url: str
    base: str
    first: int
    segments: tuple[Segment, ...]
    starts: tuple[Microseconds, ...]
    sequences: tuple[int, ...]
    exposed: int
    shift: int
    clocks: tuple[tuple[int, Microseconds], ...]
    dated: bool
    source: int = 0
    ended: bool = False
    ranges: tuple[DateRange, ...] = ()

    @property
    def after(self) -> int:
        """Index after the last segment."""
        return self.first + len(self.segments)

    @property
    def skew(self) -> Microseconds:
        """Channel time less the origin's date-times now."""
        return self.clocks[-1][1]

    def skew_at(self, index: int) -> Microseconds:
        """Channel time less the date-times of segment ``index``."""
        return next((skew for first, skew in reversed(self.clocks) if first <= index), self.clocks[0][1])

    def date(self, index: int) -> Microseconds:
        """The date-time of t_i, by the origin's clock."""
        return Microseconds(self.start(index) - self.skew_at(index))

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


def opened(url: str, playlist: MediaPlaylist, start: Microseconds, base: str = "", source: int = 0) -> Window:
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
        clocks=((0, Microseconds(0)),),
        dated=any(segment.date is not None for segment in playlist.segments),
        source=source,
    )
    before = playlist.discontinuity_sequence or 0
    return _append(empty, playlist.segments, before, ended=playlist.ended)


Changed = tuple[tuple[int, Segment], ...]
"""Segments by index that are new, or that the origin wrote anew."""


def extended(
    window: Window, playlist: MediaPlaylist, *, base: str = "", source: int = 0, skews: Sequence[Microseconds] = ()
) -> tuple[Window, Changed]:
    """The window after a reload, nothing removed, and the listed segments that are new or were rewritten.

    A reload that lists only what is known (an older copy from another cache) changes nothing. Numbers that fall, other
    segments under known numbers, or another ``source`` (with its ``base``) begin an epoch: indices go on, its first
    segment is a discontinuity, and what ends at or before the edge by its date-time is passed over. ``skews`` are those
    of the other renditions: when the origin's clock is set they agree on one.
    """
    listed = playlist.segments
    if not listed:
        return replace(window, ended=window.ended or playlist.ended), ()
    if source != window.source:
        moved = replace(
            window,
            base=base or window.base,
            source=source,
            segments=tuple(absolute(segment, window.base) for segment in window.segments),
        )
        begun, changed = _epoch(moved, playlist, skews)
        return (begun, changed) if changed else (window, ())
    first = playlist.first + window.shift
    if not _same_epoch(window, listed, first):
        return _epoch(window, playlist, skews)
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
    low, high = max(first, window.first), min(window.after, first + len(listed))
    ours, theirs = window.segments[low - window.first : high - window.first], listed[low - first : high - first]
    # What was written anew is read for its cues only: a segment that is published stays as it was published. Tuples
    # whose segments are the same objects, as the reader keeps them, are compared in no time.
    rewritten = () if ours == theirs else _tagged_anew(ours, theirs, low)
    new = listed[known:]
    held = window.sequences[-1] if window.sequences else (playlist.discontinuity_sequence or 0)
    return _append(window, new, held, ended=playlist.ended, skews=skews), (
        *rewritten,
        *enumerate(new, window.after),
    )


def trimmed(window: Window, gone_before: int, span: int) -> Window:
    """Remove from the head what the origin removed, while ``span`` microseconds of exposed media are left (6.2.2)."""
    place, left = window.exposed - window.first, 0
    while place and left < span:
        place -= 1
        left += window.segments[place].duration
    place = min(place if left >= span else 0, gone_before - window.first, window.exposed - 1 - window.first)
    if place <= 0:
        return window
    return replace(
        window,
        first=window.first + place,
        segments=window.segments[place:],
        starts=window.starts[place:],
        sequences=window.sequences[place:],
    )


def _tagged_anew(ours: Sequence[Segment], theirs: Sequence[Segment], first: int) -> Changed:
    """Which of ``theirs``, by index from ``first``, have other tags than ours."""
    pairs = enumerate(zip(ours, theirs, strict=True), first)
    return tuple((index, new) for index, (old, new) in pairs if new is not old and new.tags != old.tags)


def _same_segment(ours: Segment, theirs: Segment) -> bool:
    """By address, and by date where both have one: some origins date only the first segment of each playlist."""
    dated = ours.date is not None and theirs.date is not None
    return (ours.uri, ours.range) == (theirs.uri, theirs.range) and not (dated and ours.date != theirs.date)


def _same_epoch(window: Window, listed: Sequence[Segment], first: int) -> bool:
    if first + len(listed) <= window.first:
        return False
    begun = max(window.first, window.clocks[-1][0])
    for place in (max(first, begun), min(first + len(listed), window.after) - 1):
        here, there = place - first, place - window.first
        if place >= begun and 0 <= here < len(listed) and 0 <= there < len(window.segments):
            ours, theirs = window.segments[there], listed[here]
            if ours is not theirs and not _same_segment(ours, theirs):
                return False
    return True


def _epoch(window: Window, playlist: MediaPlaylist, skews: Sequence[Microseconds]) -> tuple[Window, Changed]:
    """Go on with a playlist that was numbered anew.

    Under its own clock, another rendition's, or a new one: the first under which it lies where the window ends.
    """
    listed, skip, ahead = playlist.segments, 0, 0
    skew = window.skew
    begins: Microseconds | None = None
    for segment in listed if window.dated else ():
        if segment.date is not None:
            begins = Microseconds(segment.date - ahead)
            break
        ahead += segment.duration
    if begins is not None:
        length = sum(segment.duration for segment in listed)
        latest = window.edge - begins + HOLE
        earliest = window.edge - begins - length - WAIT * _target(playlist)
        near = (known for known in (skew, *skews) if earliest <= known <= latest)
        skew = next(near, Microseconds(window.edge - begins))
        at: int = begins + skew
        for segment in listed:
            if segment.date is not None:
                at = segment.date + skew
            if at + segment.duration // 2 >= window.edge:
                break
            at += segment.duration
            skip += 1
    new = listed[skip:]
    if not new:
        return window, ()
    shift = window.after - playlist.first - skip
    marked = (new[0]._replace(discontinuity=True), *new[1:])
    held = window.sequences[-1] if window.sequences else 0
    begun = replace(window, shift=shift, clocks=_clocks(window.clocks, window.after, skew))
    return _append(begun, marked, held, ended=playlist.ended), tuple(enumerate(marked, window.after))


def _target(playlist: MediaPlaylist) -> int:
    """The target duration, microseconds."""
    return (playlist.target_duration or 0) * SECOND or max(segment.duration for segment in playlist.segments)


Clocks = tuple[tuple[int, Microseconds], ...]


def _clocks(clocks: Clocks, index: int, skew: Microseconds) -> Clocks:
    return (*clocks[1 - KEPT_CLOCKS :], (index, skew))


def _append(
    window: Window, new: Sequence[Segment], sequence: int, *, ended: bool, skews: Sequence[Microseconds] = ()
) -> Window:
    if not new:
        # An older copy from another cache does not take ENDLIST back.
        return replace(window, ended=True) if ended and not window.ended else window
    new = [with_iv(segment, number) for number, segment in enumerate(new, window.after - window.shift)]
    starts, sequences, clocks = list(window.starts), list(window.sequences), window.clocks
    for segment in new:
        expected = begins = starts[-1]
        if segment.date is not None and window.dated:
            found = segment.date + clocks[-1][1]
            if expected - found > DRIFT or found - expected > HOLE:
                # The origin's clock was set: channel time goes on.
                near = (skew for skew in skews if -DRIFT <= segment.date + skew - expected <= HOLE)
                skew = next(near, Microseconds(expected - segment.date))
                clocks = _clocks(clocks, window.first + len(starts) - 1, skew)
                begins = starts[-1] = Microseconds(max(expected, segment.date + skew))
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
        clocks=clocks,
        ended=ended,
    )
