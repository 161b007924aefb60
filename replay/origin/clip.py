"""The content clip that the live stream loops: what the catalogue says of it, and the grid it gives."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from itertools import accumulate
from pathlib import Path
from typing import Final

from domain.errors import InputError
from domain.units import SECOND, Microseconds
from replay.origin.dress import PLAIN, Dress
from ssai.creatives.catalogue import NAME, Catalogue, Entry
from ssai.creatives.ladder import Ladder, Rung, SoundRung, SubtitleRung, VideoRung

INDEX: Final = "index"
"""The multivariant playlist's name without its suffix: no rendition can have it."""
SUBTITLE_SIZE: Final = 160
"""Bytes that a segment of subtitles has at most."""


class ClipError(InputError):
    """The catalogue's content cannot be looped as a live stream."""


@dataclass(frozen=True, slots=True)
class Track:
    """One rendition of the stream: ``files`` in order, their exact ``durations`` and ``sizes`` in bytes.

    ``offsets`` has one element more than files: the start of each within the loop, and the end of the last. ``map`` is
    the initialisation section of fMP4. Subtitles have no files, and the greatest size that a segment can have.
    """

    rung: Rung
    language: str | None
    files: tuple[Path, ...]
    durations: tuple[Microseconds, ...]
    sizes: tuple[int, ...]
    offsets: tuple[Microseconds, ...]
    map: Path | None

    @property
    def suffix(self) -> str:
        """What segment addresses end with."""
        return self.files[0].suffix if self.files else ".vtt"

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
    """A loop of N segments in every rendition, cut at the same instants within one audio frame.

    Segment n of the live stream is segment ``n mod N``. Every loop takes exactly the nominal (the video's) length, so
    that what the sound runs short or long of it never adds up. ``nominal`` has N + 1 elements, like ``Track.offsets``;
    ``tracks`` has what is offered, by the names of the media playlists: the ladder's renditions in its order, each
    sound once for every language.
    """

    ladder: Ladder
    tracks: Mapping[str, Track]
    nominal: tuple[Microseconds, ...]
    dress: Dress = PLAIN

    @classmethod
    def load(cls, folder: Path, name: str | None = None, dress: Dress = PLAIN) -> Clip:
        """Read the content of this id, or the first content, from a catalogue's folder.

        Raises ``CreativeError`` for a catalogue that cannot be used, ``ClipError`` for one without such content, whose
        content lacks a rendition that is offered or has a segment that is too long for the ladder's target duration,
        and for a ladder that cannot be dressed so.
        """
        catalogue, where = Catalogue.load(folder), str(folder / NAME)
        entries = [entry for entry in catalogue.entries if entry.kind == "content"]
        entry = next((entry for entry in entries if name in {None, entry.id}), None)
        if entry is None:
            wanted = "a creative of kind content" + ("" if name is None else f" with the id {name!r}")
            raise ClipError(where, wanted, ", ".join(repr(entry.id) for entry in entries) or "none")
        offered = _offered(catalogue.ladder, dress, f"{where}: ladder")
        where = f"{where}: {entry.id}"
        tracks: dict[str, Track] = {}
        for rung in offered:
            track = (
                _subtitles(entry, rung, dress) if isinstance(rung, SubtitleRung) else _track(folder, entry, rung, where)
            )
            _check(catalogue.ladder, track, where)
            languages = dress.languages if isinstance(rung, SoundRung) else ()
            named = {f"{rung.name}-{language}": replace(track, language=language) for language in languages}
            for key, each in (named or {rung.name: track}).items():
                if key in {INDEX, *tracks}:
                    raise ClipError(where, "a name of its own for every media playlist", repr(key))
                tracks[key] = each
        return cls(catalogue.ladder, tracks, _sums(entry.durations), dress)

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


def _offered(ladder: Ladder, dress: Dress, where: str) -> list[Rung]:
    """The rungs that are offered, in the ladder's order."""
    subtitles = ladder.subtitles if dress.subtitles else None
    if dress.subtitles and subtitles is None:
        raise ClipError(where, "subtitles, to offer them", "none")
    if dress.languages and ladder.audio == "muxed":
        raise ClipError(where, "separate sound, to offer it in several languages", "muxed")
    video = [rung for rung in ladder.video if rung.container in dress.containers]
    sounds = [rung for rung in ladder.sounds if rung.container in dress.containers and ladder.audio == "separate"]
    if not video:
        raise ClipError(where, f"video in {' or '.join(sorted(dress.containers))}", "none")
    for rung in video:
        if ladder.audio == "separate" and not any(goes_with(rung, sound) for sound in sounds):
            raise ClipError(where, f"sound that is offered with {rung.name} ({rung.container})", "none")
    return [*video, *sounds, *([] if subtitles is None else [subtitles])]


def goes_with(video: VideoRung, sound: SoundRung) -> bool:
    """Whether players are offered the two together: fMP4 with fMP4, anything else with anything else."""
    return (video.container == "fmp4") == (sound.container == "fmp4")


def _track(folder: Path, entry: Entry, rung: Rung, where: str) -> Track:
    """The catalogue's files are inside its folder: ``Catalogue.load`` saw to that."""
    source = entry.renditions.get(rung.name)
    if source is None:
        raise ClipError(where, f"a rendition {rung.name!r}, as in the ladder", "none")
    files = tuple((folder / file).resolve() for file in source.files)
    section = None if source.map is None else (folder / source.map).resolve()
    return Track(rung, None, files, source.durations, source.sizes, _sums(source.durations), section)


def _subtitles(entry: Entry, rung: SubtitleRung, dress: Dress) -> Track:
    """Cues are written as they are asked for, on the nominal grid; they are in the first language."""
    language = next(iter(dress.languages), None)
    sizes = (SUBTITLE_SIZE,) * len(entry.durations)
    return Track(rung, language, (), entry.durations, sizes, _sums(entry.durations), None)


def _check(ladder: Ladder, track: Track, where: str) -> None:
    for place, duration in enumerate(track.durations):
        # 4.4.3.1: the duration rounded to the nearest integer is at most the target duration.
        if (duration + SECOND // 2) // SECOND > ladder.target_duration:
            raise ClipError(
                f"{where}: {track.rung.name}: segment {place}",
                f"a duration that rounds to at most {ladder.target_duration} s",
                f"{duration} microseconds",
            )
