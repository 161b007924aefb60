"""One viewer of one presentation: playlists, renditions and segments as they come."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from replay.conformance.across import Pair
from replay.conformance.media import Media, Segment, read
from replay.conformance.model import (
    APART,
    MAX_PLAYLISTS,
    SYNTAX,
    TAU,
    Creative,
    Fault,
    Finding,
    Snapshot,
    distinct,
    shown,
)
from replay.conformance.multivariant import Multivariant, is_multivariant
from replay.conformance.standing import standing
from replay.conformance.track import Track
from replay.conformance.walk import Walk


class Checker:
    """What one viewer was served, held against the rules. Any text gives findings, none an exception.

    Findings of standing faults come once and again only after the fault was gone. A text that is no playlist is told
    and otherwise ignored: the next one is held against the last that could be read. ``creative`` says what a segment's
    absolute address is an ad of; without it the rules that need to know ads are judged by what shows.
    """

    def __init__(self, *, creative: Creative | None = None) -> None:
        self._creative = creative
        self._tracks: dict[str, Track] = {}
        self._pairs: dict[tuple[str, str], Pair] = {}
        self._multivariant: Multivariant | None = None

    def multivariant(self, text: str, url: str, at: int) -> list[Finding]:
        """The multivariant playlist: syntax, and rules 16, 17 and 22. ``at`` is microseconds of a monotonic clock."""
        self._multivariant = Multivariant(text, url)
        snapshot = Snapshot("", text, at)
        faults = [*self._multivariant.faults]
        if self._creative is not None:
            faults += self._multivariant.stitched()
        return _findings(distinct(faults), None, snapshot)

    def observe(self, playlist: str, text: str, at: int, url: str = "") -> list[Finding]:
        """One reload of a media playlist as the client got it; the findings that this reload brings.

        ``url`` is the address it came from: relative addresses are resolved against it before ``creative`` sees them.
        """
        snapshot = Snapshot(playlist, text, at)
        track = self._tracks.get(playlist)
        if track is None:
            if len(self._tracks) >= MAX_PLAYLISTS:
                fault = Fault(SYNTAX, 1, f"more than {MAX_PLAYLISTS} playlists", (SYNTAX, "playlists"))
                return _findings([fault], None, snapshot)
            track = self._tracks[playlist] = Track(playlist, self._creative)
        before = track.snapshot
        imported = None if self._multivariant is None else self._multivariant.defined
        faults, fresh = track.observe(snapshot, url, imported)
        found = _findings(faults, before, snapshot)
        if track.snapshot is snapshot and (before is None or before.text != text):
            found += self._across(track, snapshot, fresh)
        return found

    def _across(self, track: Track, snapshot: Snapshot, fresh: Sequence[Segment]) -> Iterator[Finding]:
        """Rules 20 and 21 against every other rendition."""
        media, name = track.media, track.name
        assert media is not None
        for other in self._tracks.values():
            if other is track or other.media is None or other.snapshot is None:
                continue
            pair = self._pairs.setdefault((min(name, other.name), max(name, other.name)), Pair())
            faults: list[Fault] = []
            for segment in fresh:
                instant = other.instants.near(segment)
                if instant is None:
                    continue
                # What this playlist shows beside the segment is no contradiction: the other has not come so far.
                if instant.creative == segment.block.creative or not track.instants.shows(instant):
                    faults += pair.instant(segment, instant, other.name)
            free = self._free(media) or self._free(other.media)
            faults += pair.snapshots(media, other.media, other.name, free=free)
            if media.dateranges and other.ranges.known:
                faults += pair.ranges(media, other.ranges.known, other.name)
            track.ranges.beside(media, snapshot.at, other.ranges, other.name)
            yield from _findings(faults, other.snapshot, snapshot)

    def fetched(self, url: str, status: int, at: int) -> list[Finding]:
        """A segment was asked for at its absolute address (rule 10). ``status``: HTTP, 0 where no reply came."""
        if 200 <= status < 400:
            return []
        for track in self._tracks.values():
            if track.media is None or track.snapshot is None:
                continue
            line = track.resources.line(url, track.media)
            if line is not None:
                fault = Fault("10", line, f"{shown(url)} is listed and answers {status}", ("10", url))
                return _findings([fault], None, track.snapshot)
            if track.resources.owed(url, at):
                message = f"{shown(url)} left the playlist too recently to answer {status}"
                return _findings([Fault("10", 1, message, ("10", url))], None, track.snapshot)
        return []

    def finish(self, at: int) -> list[Finding]:  # noqa: ARG002 -- what nobody looked at since is not judged
        """What can only be said at the end: gaps that never closed, renditions that do not end together."""
        found: list[Finding] = []
        for track in self._tracks.values():
            if track.snapshot is None or track.media is None:
                continue
            found += _findings(track.finish(), None, track.snapshot)
            found += self._ends(track)
            found += self._overruns(track)
            found += self._missing(track)
        found += self._bare()
        return found

    def _ends(self, track: Track) -> Iterator[Finding]:
        assert track.snapshot is not None
        assert track.media is not None
        if track.ended_at is not None or self._free(track.media):
            return
        for other in self._tracks.values():
            if other.ended_at is None or other.media is None or self._free(other.media):
                continue
            if track.snapshot.at - other.ended_at > other.media.limit * 3 // 2:
                message = f"{shown(other.name)} has ended, this playlist goes on"
                yield from _findings([Fault("11", 1, message, ("11", "ends"))], other.snapshot, track.snapshot)
                return

    def _overruns(self, track: Track) -> Iterator[Finding]:
        """Rule 11: where the event ends inside a break, the pod ends at the same edge in all renditions.

        One item may fit the edge of one and not of another, which may lie 100 ms apart. A rendition that stood still
        long before the end tells nothing of where the others end.
        """
        assert track.snapshot is not None
        own = _final_ad(track.media)
        if own is None or track.media is None:
            return
        line, begin, end, slack = own
        others = []
        for other in self._tracks.values():
            their = _final_ad(other.media)
            if other is not track and their and track.changed_at - other.changed_at <= track.media.limit * 3 // 2:
                others.append((their[2], their[3], other))
        if not others:
            return
        latest, rounded, other = max(others, key=lambda each: each[0])
        if begin - latest > TAU + APART + slack + rounded:
            message = f"its last ad ends {(end - latest) / 1_000_000:g} s after that of {shown(other.name)}"
            yield from _findings([Fault("11", line, message, ("11", "overrun"))], other.snapshot, track.snapshot)

    def _missing(self, track: Track) -> Iterator[Finding]:
        """Rule 21: those that carry date ranges carry the same."""
        assert track.snapshot is not None
        if not track.ranges.known:
            return
        for name, other in track.ranges.lacked.items():
            message = f"carries no DATERANGE {shown(name)}, {shown(other)} does"
            fault = Fault("21", 1, message, ("21", name))
            yield from _findings([fault], self._tracks[other].snapshot, track.snapshot)

    def _bare(self) -> Iterator[Finding]:
        """Rule 21: of playlists that are played together one at least carries the date ranges."""
        tracks = {track.media.base: track for track in self._tracks.values() if track.media is not None}
        told: set[str] = set()
        for together in () if self._multivariant is None else self._multivariant.together():
            played = [tracks[url] for url in together if url in tracks]
            if len(played) < len(together) or played[0].name in told or any(track.ranges.known for track in played):
                continue
            snapshot = played[0].snapshot
            for name, other in played[0].ranges.lacked.items():
                if snapshot is not None and all(name in one.ranges.lacked for one in played):
                    told.add(played[0].name)
                    message = f"neither it nor its sound carries DATERANGE {shown(name)}, {shown(other)} does"
                    yield from _findings(
                        [Fault("21", 1, message, ("21", name))], self._tracks[other].snapshot, snapshot
                    )
                    break

    @staticmethod
    def _free(media: Media) -> bool:
        """Whether 6.2.4 lets a playlist differ: subtitles and trick play of type VOD."""
        if media.kind != "VOD":
            return False
        container = media.segments[0].block.container if media.segments else None
        return "EXT-X-I-FRAMES-ONLY" in media.header or container == "WebVTT"


def judge(text: str, playlist: str = "") -> list[Finding]:
    """One playlist, media or multivariant: only what a single snapshot can break, by line."""
    snapshot = Snapshot(playlist, text, 0)
    faults: list[Fault] = []
    if is_multivariant(text):
        faults += Multivariant(text, "").faults
    else:
        media = read(text)
        faults += standing(media) if media.usable else media.faults
        faults += Walk(advertised=False).over(media.segments, 0, dated=media.dated)
    return _findings(distinct(sorted(faults, key=lambda fault: fault.line)), None, snapshot)


def _final_ad(media: Media | None) -> tuple[int, int, int, int] | None:
    """Line, start, end and slack of the last segment where a playlist has ended inside a break; else None."""
    last = media.segments[-1] if media is not None and media.ended and media.segments else None
    if last is None or last.block.creative is None or last.pdt is None:
        return None
    return last.uri_line, last.pdt, last.pdt + last.block.duration, last.slack


def _findings(faults: Sequence[Fault], before: Snapshot | None, snapshot: Snapshot) -> list[Finding]:
    return [Finding(fault.rule, snapshot.playlist, fault.line, fault.message, before, snapshot) for fault in faults]
