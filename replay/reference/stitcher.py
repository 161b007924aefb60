"""The reference stitcher: viewers, their pods, their playlists, and the proof that nothing published changes."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import accumulate

from domain.errors import InputError
from domain.pod import Pod, Slate
from replay.reference.breaks import Break
from replay.reference.event import whole_event
from replay.reference.model import Change, Entry, In, Out, Piece, Playlist, Rules
from replay.reference.timeline import Timeline


@dataclass(slots=True)
class _Published:
    """What one viewer was given in one rendition: entries and discontinuity numbers, by media sequence number."""

    entries: dict[int, tuple[Entry, int]] = field(default_factory=dict)
    media_sequence: int = -1
    discontinuity_sequence: int = -1
    end: int = -1


@dataclass(slots=True)
class _Viewer:
    join: int
    pods: dict[int, Pod | None] = field(default_factory=dict)
    published: dict[str, _Published] = field(default_factory=dict)


class Reference:
    """A channel and its viewers, slow and plain."""

    def __init__(self, renditions: Sequence[str], rules: Rules, slate: Slate) -> None:
        self.timeline = Timeline(renditions, rules)
        self._slate = slate
        self._viewers: dict[str, _Viewer] = {}

    def refresh(
        self,
        windows: Mapping[str, Sequence[Piece]],
        signals: Sequence[Out | In] = (),
        ended: Collection[str] = (),
    ) -> None:
        """Make the next version of the channel from the origin's raw windows and the signals first read in them.

        ``ended``: the renditions whose playlists have ended. Raises ``InputError`` where a window does not continue
        what was seen.
        """
        self.timeline.refresh(windows, signals, ended)

    @property
    def breaks(self) -> tuple[Break, ...]:
        """Every break so far, in order; not to be changed."""
        return tuple(self.timeline.breaks)

    def join(self, viewer: str) -> int:
        """J: where the viewer joined, microseconds; a viewer who joined before keeps the first."""
        if viewer not in self._viewers:
            self._viewers[viewer] = _Viewer(self.timeline.join_instant())
        return self._viewers[viewer].join

    def wants(self, viewer: str) -> tuple[Break, ...]:
        """The breaks that this viewer needs an assignment for, and has none.

        A start is named once: breaks that start at one instant are empty but for the last, and share the assignment.
        """
        known = self._viewers[viewer]
        wanted: dict[int, Break] = {}
        for found in self.timeline.breaks:
            if found.start is None or (found.end is not None and found.end <= known.join):
                continue
            if found.start not in known.pods:
                wanted.setdefault(found.start, found)
        return tuple(wanted.values())

    def assign(self, viewer: str, break_start: int, pod: Pod | None) -> None:
        """Give the viewer a pod for the break that starts (S) at ``break_start``; None: the content shows.

        Raises ``InputError`` if the viewer has another pod for it already.
        """
        known = self._viewers[viewer].pods.setdefault(break_start, pod)
        if known != pod:
            raise InputError(f"viewer {viewer}, break {break_start}", str(known), str(pod))

    def playlist(self, viewer: str, rendition: str) -> Playlist:
        """The viewer's playlist at the current version.

        Raises ``InputError`` if an assignment is missing, ``Change`` if something published would change.
        """
        missing = self.wants(viewer)
        if missing:
            raise InputError(f"viewer {viewer}", f"a pod for the break at {missing[0].start}", "none")
        known = self._viewers[viewer]
        event = whole_event(self.timeline, rendition, self._slate, known.join, known.pods)
        first = self.timeline.pieces(rendition)[0]
        sequences = list(accumulate((placed.entry.tagged for placed in event), initial=first.sequence - first.tagged))
        shown = [k for k, placed in enumerate(event) if placed.visible]
        if not shown:
            return Playlist(first.index, sequences[0], ())
        start, stop = shown[0], shown[-1] + 1
        if len(shown) != stop - start:
            raise Change(viewer, rendition, "a hole in the playlist", shown, event[start:stop])
        numbered = {
            first.index + k: (event[k].entry, sequences[k + 1])  # its own tag counted
            for k in range(start, stop)
        }
        playlist = Playlist(first.index + start, sequences[start], tuple(entry for entry, _ in numbered.values()))
        published = known.published.setdefault(rendition, _Published())
        _keep(viewer, rendition, published, playlist, numbered)
        return playlist


def _keep(
    viewer: str, rendition: str, published: _Published, playlist: Playlist, numbered: dict[int, tuple[Entry, int]]
) -> None:
    """Rules 1 and 4 to 6 of hls.md: numbers never fall, the end never moves back, an entry keeps its number."""
    for number, entry in numbered.items():
        before_entry = published.entries.setdefault(number, entry)
        if before_entry != entry:
            raise Change(viewer, rendition, f"number {number}", before_entry, entry)
    for name, before, now in (
        ("MEDIA-SEQUENCE", published.media_sequence, playlist.media_sequence),
        ("DISCONTINUITY-SEQUENCE", published.discontinuity_sequence, playlist.discontinuity_sequence),
        ("the number after the last", published.end, playlist.media_sequence + len(playlist.entries)),
    ):
        if now < before:
            raise Change(viewer, rendition, name, before, now)
    published.media_sequence = playlist.media_sequence
    published.discontinuity_sequence = playlist.discontinuity_sequence
    published.end = playlist.media_sequence + len(playlist.entries)
