"""The content clip that the live stream loops: what the catalogue says of it, and the grid it gives."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import accumulate
from pathlib import Path
from typing import Final

from domain.errors import InputError
from domain.units import SECOND, Microseconds
from ssai.creatives.catalogue import NAME, Catalogue, Entry
from ssai.creatives.ladder import Ladder

INDEX: Final = "index"
"""The multivariant playlist's name without its suffix: no rendition can have it."""


class ClipError(InputError):
    """The catalogue's content cannot be looped as a live stream."""


@dataclass(frozen=True, slots=True)
class Track:
    """One rendition of the clip: ``files`` in order, their exact ``durations`` and ``sizes`` in bytes.

    ``offsets`` has one element more than files: the start of each within the loop, and the end of the last.
    """

    files: tuple[Path, ...]
    durations: tuple[Microseconds, ...]
    sizes: tuple[int, ...]
    offsets: tuple[Microseconds, ...]

    @property
    def peak(self) -> int:
        """The greatest segment bit rate, bits per second, rounded up (4.4.6.2, BANDWIDTH)."""
        return max(-(-size * 8 * SECOND // duration) for size, duration in zip(self.sizes, self.durations, strict=True))

    @property
    def average(self) -> int:
        """The average bit rate over the loop, bits per second, rounded up (4.4.6.2, AVERAGE-BANDWIDTH)."""
        return -(-sum(self.sizes) * 8 * SECOND // self.offsets[-1])


@dataclass(frozen=True, slots=True)
class Clip:
    """A loop of N files in every rendition, cut at the same instants within one audio frame.

    Segment n of the live stream is file ``n mod N``. Every loop takes exactly the nominal (the video's) length, so that
    what the sound runs short or long of it never adds up. ``nominal`` has N + 1 elements, like ``Track.offsets``;
    ``tracks`` has the ladder's renditions in its order.
    """

    ladder: Ladder
    tracks: Mapping[str, Track]
    nominal: tuple[Microseconds, ...]

    @classmethod
    def load(cls, folder: Path, name: str | None = None) -> Clip:
        """Read the content of this id, or the first content, from a catalogue's folder.

        Raises ``CreativeError`` for a catalogue that cannot be used, ``ClipError`` for one without such content, or
        whose content lacks a rendition or has a segment that is too long for the ladder's target duration.
        """
        catalogue, where = Catalogue.load(folder), str(folder / NAME)
        entries = [entry for entry in catalogue.entries if entry.kind == "content"]
        entry = next((entry for entry in entries if name in {None, entry.id}), None)
        if entry is None:
            wanted = "a creative of kind content" + ("" if name is None else f" with the id {name!r}")
            raise ClipError(where, wanted, ", ".join(repr(entry.id) for entry in entries) or "none")
        ladder, where = catalogue.ladder, f"{where}: {entry.id}"
        _check(ladder, entry, where)
        tracks = {key: _track(folder, entry, key) for key in ladder.names}
        return cls(ladder, tracks, _sums(entry.durations))

    @property
    def sound(self) -> str | None:
        """The rendition of sound; None where the video files carry it."""
        return self.ladder.sound.name if self.ladder.audio == "separate" else None

    @property
    def size(self) -> int:
        """N, the number of segments in one loop."""
        return len(self.nominal) - 1

    @property
    def loop(self) -> Microseconds:
        """The length of one loop."""
        return self.nominal[-1]

    def boundary(self, index: int) -> Microseconds:
        """Nominal start of segment ``index``, microseconds since the start of the stream."""
        turn, place = divmod(index, self.size)
        return Microseconds(turn * self.loop + self.nominal[place])

    def at_or_after(self, elapsed: int) -> int:
        """The first segment whose nominal start is at or after ``elapsed``, never negative."""
        index = self.at_or_before(max(elapsed, 0))
        return index if self.boundary(index) >= elapsed else index + 1

    def at_or_before(self, elapsed: int) -> int:
        """The last segment whose nominal start is at or before ``elapsed`` (which is not negative)."""
        turn, rest = divmod(elapsed, self.loop)
        return turn * self.size + bisect_right(self.nominal, rest) - 1

    def start(self, rendition: str, index: int) -> Microseconds:
        """Exact start of a rendition's segment, microseconds since the start of the stream."""
        turn, place = divmod(index, self.size)
        return Microseconds(turn * self.loop + self.tracks[rendition].offsets[place])

    def complete(self, rendition: str, elapsed: int) -> int:
        """How many segments of a rendition end at or before ``elapsed``: the index of the first that does not."""
        track = self.tracks[rendition]
        count = self.at_or_before(elapsed) if elapsed > 0 else 0
        # The grids differ by an audio frame, so the answer is the nominal count or a neighbour of it.
        while count and self.start(rendition, count - 1) + track.durations[(count - 1) % self.size] > elapsed:
            count -= 1
        while self.start(rendition, count) + track.durations[count % self.size] <= elapsed:
            count += 1
        return count


def _sums(durations: Iterable[int]) -> tuple[Microseconds, ...]:
    return tuple(Microseconds(total) for total in accumulate(durations, initial=0))


def _track(folder: Path, entry: Entry, rendition: str) -> Track:
    """The catalogue's files are inside its folder: ``Catalogue.load`` saw to that."""
    source = entry.renditions[rendition]
    files = tuple((folder / file).resolve() for file in source.files)
    sizes = tuple(file.stat().st_size for file in files)
    return Track(files, source.durations, sizes, _sums(source.durations))


def _check(ladder: Ladder, entry: Entry, where: str) -> None:
    for rendition in ladder.names:
        if rendition == INDEX:
            raise ClipError(where, f"no rendition named {INDEX!r}, the multivariant playlist's name", repr(rendition))
        if rendition not in entry.renditions:
            raise ClipError(where, f"a rendition {rendition!r}, as in the ladder", "none")
        for place, duration in enumerate(entry.renditions[rendition].durations):
            # 4.4.3.1: the duration rounded to the nearest integer is at most the target duration.
            if (duration + SECOND // 2) // SECOND > ladder.target_duration:
                raise ClipError(
                    f"{where}: {rendition}: segment {place}",
                    f"a duration that rounds to at most {ladder.target_duration} s",
                    f"{duration} microseconds",
                )
