"""One channel: the origin's whole history, what is exposed of it, and where breaks start and end.

Numbered rules are those of "Rules of the window" in ``docs/architecture.md``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum

from domain.errors import InputError
from replay.reference.model import In, Out, Piece, Rules


class _Cut(Enum):
    """Why there is no cut: not yet, or never."""

    PENDING = "pending"
    NEVER = "never"


@dataclass(slots=True)
class Break:
    """One break, as far as it is known.

    ``signalled`` and ``duration`` are what the OUT said. ``earliest`` is ``signalled``, or the greatest exposed edge of
    the version before it was read if that is later. ``returned`` is what the last IN said and ``target`` the x that
    follows from it. ``start`` (S) and ``end`` (C) are None until known; ``dropped`` says why it is never replaced.
    ``forced``: no common boundary was found for the end.
    """

    signalled: int
    duration: int | None
    auto_return: bool
    key: str | None
    earliest: int
    returned: int | None = None
    target: int | None = None
    start: int | None = None
    end: int | None = None
    dropped: str | None = None
    forced: bool = False
    marks: tuple[int, ...] = ()
    """Where who joins inside may begin: the start, and each later boundary that was common when edges reached it."""
    nested: tuple[str, ...] = ()
    """Keys of the breaks that are a part of this one."""

    @property
    def planned_end(self) -> int | None:
        """E: where the planned duration ends, None if it is unknown."""
        return None if self.duration is None else self.signalled + self.duration

    def wanted_end(self, rules: Rules) -> int:
        """x: where the break would end if every instant were a boundary; never before its start (rule 3)."""
        start = self.earliest if self.start is None else self.start
        if self.target is not None:
            x = self.target
        elif self.planned_end is None:
            x = start + rules.longest
        else:
            x = self.planned_end + (0 if self.auto_return else rules.grace)
        return max(x, start)

    def covers(self, instant: int, rules: Rules) -> bool:
        """Whether an OUT at ``instant`` is a part of this break, as far as its end is known by now."""
        if self.returned is not None:
            end = self.returned
        elif self.planned_end is None:
            end = (self.earliest if self.start is None else self.start) + rules.longest
        else:
            end = self.planned_end + (0 if self.auto_return else rules.grace)
        return instant < end - rules.tolerance


@dataclass(slots=True)
class _Track:
    """One rendition: all its segments so far, how many of them are exposed, and how many have left at the head."""

    pieces: list[Piece] = field(default_factory=list)
    exposed: int = 0
    head: int = 0
    origin_head: int = 0

    def boundaries(self) -> list[int]:
        return [piece.start for piece in self.pieces[:1]] + [piece.end for piece in self.pieces]

    def exposed_edge(self) -> int:
        return self.pieces[self.exposed - 1].end if self.exposed else self.pieces[0].start

    def window_boundaries(self) -> list[int]:
        """The boundaries of what is kept and exposed."""
        window = self.pieces[self.head : self.exposed]
        return [piece.start for piece in window[:1]] + [piece.end for piece in window]


class Timeline:
    """The channel as it is at the current version."""

    def __init__(self, renditions: Sequence[str], rules: Rules) -> None:
        self.rules = rules
        self.version = 0
        self.breaks: list[Break] = []
        self.least = 0
        """L: the least raw edge of the renditions that are not stalled."""
        self.greatest_least = 0
        """The greatest L so far: L falls when a stalled rendition comes back."""
        self.stalled: frozenset[str] = frozenset()
        self.passed = 0
        """P: the greatest exposed edge of the version before; 0, before every instant, in the first."""
        self._tracks = {rendition: _Track() for rendition in renditions}

    # -- what a version is made of ---------------------------------------------------------------------------------

    def refresh(self, windows: Mapping[str, Sequence[Piece]], signals: Sequence[Out | In]) -> None:
        """Take the origin's windows and the signals newly read with them: one version of the channel.

        A rendition without a window was not polled. Raises ``InputError`` where a window does not continue the history.
        """
        if self.version:
            self.passed = self.edge
        for rendition, window in windows.items():
            self._append(rendition, window)
        self._measure()
        # Of two signals at one instant the IN ends what was before the OUT.
        for signal in sorted(signals, key=lambda signal: (signal.instant, isinstance(signal, Out))):
            if isinstance(signal, Out):
                self._read_out(signal)
            else:
                self._read_in(signal)
        self._resolve()
        for track in self._tracks.values():
            self._expose(track)
        self.version += 1

    def _append(self, rendition: str, window: Sequence[Piece]) -> None:
        track = self._tracks[rendition]
        for piece in window:
            if track.pieces and piece.index <= track.pieces[-1].index:
                known = track.pieces[piece.index - track.pieces[0].index]
                if known != piece:
                    raise InputError(f"{rendition}, segment {piece.index}", str(known), str(piece))
                continue
            if track.pieces and (piece.index, piece.start) != (track.pieces[-1].index + 1, track.pieces[-1].end):
                raise InputError(
                    f"{rendition}, segment {piece.index}", f"a successor of {track.pieces[-1]}", str(piece)
                )
            track.pieces.append(piece)
        if not track.pieces:
            raise InputError(f"{rendition}, version {self.version}", "a segment", "an empty window")
        if window:
            track.origin_head = window[0].index - track.pieces[0].index

    def _measure(self) -> None:
        """Rule 1: which renditions are stalled, and L."""
        edges = {rendition: track.pieces[-1].end for rendition, track in self._tracks.items()}
        oldest = max(edges.values()) - 2 * self.rules.target_duration
        self.stalled = frozenset(rendition for rendition, edge in edges.items() if edge < oldest)
        self.least = min(edge for rendition, edge in edges.items() if rendition not in self.stalled)
        self.greatest_least = max(self.greatest_least, self.least)

    def _expose(self, track: _Track) -> None:
        """Rule 1: what ends by L is exposed for ever. Rule 8 of hls.md: the kept window spans 3.5 TD.

        What was not exposed before stays even if it departed: when a rendition that held L back turns stalled, L jumps.
        """
        seen = track.exposed
        while track.exposed < len(track.pieces):
            if track.pieces[track.exposed].end > self.least + self.rules.tolerance:
                break
            track.exposed += 1
        while track.head < min(track.origin_head, seen):
            if 2 * (track.exposed_edge() - track.pieces[track.head].end) < 7 * self.rules.target_duration:
                break
            track.head += 1

    # -- breaks ----------------------------------------------------------------------------------------------------

    def _read_out(self, out: Out) -> None:
        if any(2 * abs(out.start - known.signalled) <= self.rules.target_duration for known in self.breaks):
            return  # a repeat
        live = [known for known in self.breaks if known.dropped is None]
        if live and live[-1].covers(out.start, self.rules):
            if out.key is not None:
                live[-1].nested += (out.key,)
            return
        known = self.passed if self.version else min(track.pieces[0].start for track in self._tracks.values())
        earliest = max(out.start, known)
        self.breaks.append(Break(out.start, out.duration, out.auto_return, out.key, earliest))

    def _read_in(self, read: In) -> None:
        before = [
            known for known in self.breaks if known.dropped is None and known.signalled + self.rules.tolerance < read.at
        ]
        named = [known for known in before if read.key is not None and known.key == read.key]
        for known in (named or before)[-1:]:
            if known.end is None and read.key not in known.nested:
                known.returned = read.at
                known.target = max(read.at, self.passed)

    def _resolve(self) -> None:
        """Rules 2 and 3: fix what can be known now, in order; no start before the end of the break before."""
        before = 0
        for known in self.breaks:
            if known.start is None and known.dropped is None:
                cut = self._cut(max(known.earliest, before))
                if cut is _Cut.PENDING:
                    return
                if cut is _Cut.NEVER:
                    known.dropped = "unconditioned"
                else:
                    known.start = cut
                    known.marks = (cut,)
            if known.dropped is not None:
                continue
            self._mark(known)
            if known.end is None:
                wanted = known.wanted_end(self.rules)
                cut = self._cut(wanted)
                if cut is _Cut.PENDING:
                    return
                if cut is _Cut.NEVER:
                    # Items were shown up to here while a boundary was looked for: an end at x would withdraw them.
                    known.end = max(wanted, self.passed)
                    known.forced = True
                else:
                    known.end = cut
            before = known.end

    def _mark(self, known: Break) -> None:
        """Rule 6: the boundaries of the first rendition, in order, as edges reach them; none behind P."""
        if known.end is not None:
            return
        for boundary in next(iter(self._tracks.values())).boundaries():
            reached = boundary - self.rules.tolerance <= self.least
            after = boundary > known.marks[-1] + self.rules.tolerance
            if after and boundary >= self.passed and reached and self._common(boundary):
                known.marks += (boundary,)

    def _cut(self, wanted: int) -> int | _Cut:
        """``wanted`` if it is common, else the first common boundary of the first rendition within 2 TD beyond it.

        Never behind P: which renditions are stalled may change while one is looked for, and what was refused then is
        published by now.
        """
        rules = self.rules
        if self.least < wanted - rules.tolerance:
            return _Cut.PENDING
        if wanted >= self.passed and self._common(wanted):
            return wanted
        last = wanted + 2 * rules.target_duration
        first = next(track for rendition, track in self._tracks.items() if rendition not in self.stalled)
        for boundary in first.boundaries():
            if not wanted < boundary <= last or boundary < self.passed:
                continue
            if self.least < boundary - rules.tolerance:
                return _Cut.PENDING
            if self._common(boundary):
                return boundary
        return _Cut.PENDING if self.least < last - rules.tolerance else _Cut.NEVER

    def _live_tracks(self) -> Iterator[_Track]:
        return (track for rendition, track in self._tracks.items() if rendition not in self.stalled)

    def _common(self, instant: int) -> bool:
        """Whether every rendition that is not stalled has a boundary within the tolerance."""
        return all(_near(instant, track.boundaries(), self.rules.tolerance) for track in self._live_tracks())

    # -- what a version says ---------------------------------------------------------------------------------------

    @property
    def edge(self) -> int:
        """The greatest exposed edge of any rendition."""
        return max(track.exposed_edge() for track in self._tracks.values())

    def pieces(self, rendition: str) -> list[Piece]:
        """Every segment since the channel's first; those from ``exposed`` on are not to be shown yet."""
        return self._tracks[rendition].pieces

    def head(self, rendition: str) -> int:
        """Position, in ``pieces``, of the first segment that is kept."""
        return self._tracks[rendition].head

    def exposed(self, rendition: str) -> int:
        """How many of ``pieces`` are exposed."""
        return self._tracks[rendition].exposed

    def departed(self, rendition: str) -> int:
        """How many segments are kept although the origin lists them no more."""
        track = self._tracks[rendition]
        return track.origin_head - track.head

    def exposed_edge(self, rendition: str) -> int:
        """End of the last exposed segment; the channel's start where none is exposed."""
        return self._tracks[rendition].exposed_edge()

    def join_instant(self) -> int:
        """J of a viewer who joins now (rule 6), from the boundaries of the kept and exposed windows."""
        first = next(iter(self._tracks.values())).window_boundaries()
        others = [track.window_boundaries() for track in self._live_tracks()]
        common = [
            edge
            for edge in first
            if all(_near(edge, other, self.rules.tolerance) for other in others)
            and not any(self._shut(known, edge) for known in self.breaks)
        ]
        settled = [edge for edge in common if edge <= self.least - 3 * self.rules.target_duration]
        if settled:
            return settled[-1]
        return common[0] if common else self.edge

    def _shut(self, known: Break, instant: int) -> bool:
        """Whether nobody may join there: inside a break, and at none of its marks."""
        if known.start is None or instant <= known.start:
            return False
        if known.end is not None and instant >= known.end - self.rules.tolerance:
            return False
        return not _near(instant, known.marks, self.rules.tolerance)


def _near(instant: int, boundaries: Sequence[int], tolerance: int) -> bool:
    return any(abs(instant - boundary) <= tolerance for boundary in boundaries)
