"""One channel: the origin's whole history, what is exposed of it, and where breaks start and end.

Numbered rules are those of "Rules of the window" in ``docs/architecture.md``.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum

from domain.errors import InputError
from replay.reference.breaks import Break
from replay.reference.model import In, Out, Piece, Rules


class _Cut(Enum):
    """Why there is no cut: not yet, or never."""

    PENDING = "pending"
    NEVER = "never"


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
        self._ended: set[str] = set()

    # -- what a version is made of ---------------------------------------------------------------------------------

    def refresh(
        self, windows: Mapping[str, Sequence[Piece]], signals: Sequence[Out | In], ended: Collection[str] = ()
    ) -> None:
        """Take the origin's windows and the signals newly read with them: one version of the channel.

        A rendition without a window was not polled; of those in ``ended`` no more will come. Raises ``InputError``
        where a window does not continue the history.
        """
        self._ended |= set(ended)
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
            if track.pieces[track.exposed].end > self.least + self.rules.tolerance and not self.over:
                break
            track.exposed += 1
        while track.head < min(track.origin_head, seen):
            if 2 * (track.exposed_edge() - track.pieces[track.head].end) < 7 * self.rules.target_duration:
                break
            track.head += 1

    @property
    def over(self) -> bool:
        """Whether the stream has ended: in every rendition that is not stalled."""
        return all(rendition in self._ended for rendition in self._tracks if rendition not in self.stalled)

    # -- breaks ----------------------------------------------------------------------------------------------------

    def _read_out(self, out: Out) -> None:
        for known in self.breaks:
            named = known.key is not None and known.key == out.key
            if self._near(known, out) or (known.announced and named):
                if known.announced:
                    self._tell_again(known, out)
                elif known.start is not None:
                    told = known.told(out)
                    self._stretch(known, out, None if told is None else known.signalled + told)
                return
        later = [known for known in self.breaks if known.start is not None and known.signalled > out.start]
        if later:
            self._stretch(later[-1], out, None if out.duration is None else out.start + out.duration)
            return
        before = [known for known in self.breaks if known.dropped is None and known.signalled <= out.start]
        if before and before[-1].covers(out.start, self.rules):
            before[-1].nest(out)
            return
        self._add(Break(out.start, out.duration, out.auto_return, out.key, self._earliest(out.start)))

    def _near(self, known: Break, out: Out) -> bool:
        return 2 * abs(out.start - known.signalled) <= self.rules.target_duration

    def _earliest(self, start: int) -> int:
        known = self.passed if self.version else min(track.pieces[0].start for track in self._tracks.values())
        return max(start, known)

    def _add(self, new: Break) -> None:
        if new.duration is not None:
            new.heard = (new.duration,)
        self.breaks.append(new)
        self.breaks.sort(key=lambda known: known.signalled)

    def _tell_again(self, known: Break, out: Out) -> None:
        """Rule 2: until it opens a break may be moved, and change its length."""
        if not self._near(known, out):
            if any(abs(out.start - old) <= self.rules.tolerance for old in known.moved_from):
                return
            known.moved_from += (known.signalled,)
            known.signalled, known.earliest = out.start, self._earliest(out.start)
            self.breaks.sort(key=lambda other: other.signalled)
        known.rename(out)
        known.duration = known.told(out)
        known.hear(out)
        known.nest(out)

    def _stretch(self, known: Break, out: Out, until: int | None) -> None:
        """Rule 2: told to last longer once it is open, a break goes on as another from where it was to end."""
        if known.end is None:
            known.nest(out)
        own = self._near(known, out) and (known.key is None or out.key is None or known.key == out.key)
        if own and out.duration in known.heard:
            return
        if own:
            known.hear(out)
        parts = [other for other in self.breaks if other is known or other.extends is known]
        last = parts[-1]
        if last.dropped is not None or last.returned is not None or until is None:
            return
        if last.planned_end is None:
            if last.end is None and own:
                last.duration = until - last.signalled
            return
        if last.start is not None and 2 * (until - last.planned_end) > self.rules.target_duration:
            if until > self._earliest(0):
                last.auto_return = True
                rest, start = until - last.planned_end, last.planned_end
                more = Break(start, rest, out.auto_return, out.key or known.key, self._earliest(start))
                more.nested, more.extends = known.nested, known
                self._add(more)
            return
        if last.end is None and (until > last.planned_end or own):
            last.duration = max(0, until - last.signalled)

    def _read_in(self, read: In) -> None:
        before = [
            known for known in self.breaks if known.dropped is None and known.signalled + self.rules.tolerance < read.at
        ]
        named = [known for known in before if read.key is not None and known.key == read.key]
        for known in (named or before)[-1:]:
            if read.key in known.nested:
                return
            if known.end is None:
                known.returned = read.at
                known.target = max(read.at, self.passed)
            first = known.extends or known
            self.breaks = [
                other
                for other in self.breaks
                if not (other.extends is first and other.announced and other.signalled > known.signalled)
            ]

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
                    known.ads_until = known.planned_end
            if known.dropped is not None:
                continue
            self._mark(known)
            if known.end is None:
                wanted = known.wanted_end(self.rules)
                cut = self._cut(wanted)
                if cut is _Cut.PENDING and self.over:
                    cut = max(self.least, self.passed)
                    known.over = True
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
