"""What an origin publishes: grids, windows refresh by refresh, and tags that say what a signal says."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from random import Random
from typing import TypeVar

from replay.reference import In, Out, Piece

MS = 1_000
SECOND = 1_000_000

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Draw:
    """Draws whose plainest outcome comes first."""

    rng: Random

    def of(self, choices: Sequence[T]) -> T:
        """One of them."""
        return self.rng.choice(choices)

    def upto(self, least: int, most: int) -> int:
        """A whole number, both ends included."""
        return self.rng.randint(least, max(least, most))

    def chance(self, share: float) -> bool:
        """True in this share of draws."""
        return self.rng.random() >= 1 - share


@dataclass(frozen=True, slots=True)
class Mark:
    """A tag that stands before the segment ``index`` of a rendition from the refresh ``since`` on."""

    index: int
    since: int
    line: str

    def shows(self, index: int, refresh: int) -> bool:
        """Whether it stands before that segment at that refresh."""
        return self.index == index and self.since <= refresh


@dataclass(slots=True)
class Script:
    """The origin's side while a channel is drawn.

    ``shown[rendition][k]`` are the first and the last position, exclusive, of the window at refresh k. ``carriers`` are
    the renditions whose playlists carry the signals; ``signals[k]`` is what refresh k reads for the first time.
    """

    carriers: tuple[str, ...]
    marks: dict[str, list[Mark]]
    pieces: dict[str, list[Piece]] = field(default_factory=dict)
    shown: dict[str, list[tuple[int, int]]] = field(default_factory=dict)
    signals: dict[int, list[Out | In]] = field(default_factory=dict)

    def window(self, rendition: str, refresh: int) -> tuple[Piece, ...]:
        """The rendition's raw window at a refresh."""
        head, stop = self.shown[rendition][refresh]
        return tuple(self.pieces[rendition][head:stop])

    @property
    def first(self) -> list[Piece]:
        """The segments of the first carrier: plain cues stand on its grid."""
        return self.pieces[self.carriers[0]]

    def natural(self, instant: int) -> int | None:
        """The first refresh in which a carrier lists what runs at ``instant``."""
        refreshes = range(len(self.shown[self.carriers[0]]))
        return next((k for k in refreshes if any(self._edge(name, k) > instant for name in self.carriers)), None)

    def _edge(self, rendition: str, refresh: int) -> int:
        return self.pieces[rendition][self.shown[rendition][refresh][1] - 1].end

    def write_at(self, instant: int, line: str, signal: Out | In, since: int = 0) -> int | None:
        """Put a tag before the segment that starts at ``instant``, in every carrier that has one; when it is read.

        It does not stand there before the refresh ``since``.
        """
        places = {}
        for rendition in self.carriers:
            place = next((k for k, piece in enumerate(self.pieces[rendition]) if piece.start == instant), None)
            if place is not None:
                places[rendition] = place
        return self._write(places, since, line, signal)

    def write_when(self, refresh: int, line: str, signal: Out | In, *, carriers: int | None = None) -> int | None:
        """Put a tag before the first segment that is new in a refresh, or in the next with one; when it is read.

        ``carriers``: only in so many of them.
        """
        places = {}
        for rendition in self.carriers[:carriers]:
            shown = self.shown[rendition]
            if refresh < len(shown):
                places[rendition] = shown[refresh - 1][1] if refresh else shown[0][0]
        return self._write(places, refresh, line, signal)

    def _write(self, places: Mapping[str, int], since: int, line: str, signal: Out | In) -> int | None:
        read = None
        for rendition, place in places.items():
            listed = (k for k, (head, stop) in enumerate(self.shown[rendition]) if head <= place < stop and k >= since)
            seen = next(listed, None)
            if seen is not None:
                self.marks[rendition].append(Mark(self.pieces[rendition][place].index, since, line))
                read = seen if read is None else min(read, seen)
        if read is not None:
            self.signals.setdefault(read, []).append(signal)
        return read


def clock(window: int, adds: Sequence[int]) -> list[int]:
    """How many segments of the base grid are there at each refresh; the first one shows a whole window."""
    counts = [window]
    for add in adds[1:]:
        counts.append(counts[-1] + add)
    return counts


def grid_of(base: Sequence[int], kind: str, ratio: tuple[int, int]) -> list[int]:
    """The audio's boundaries: as the video's, on AAC frames (1024 samples at 48 kHz), or common at every n-th only."""
    if kind == "same":
        return list(base)
    if kind == "aac":
        frames = [(edge - base[0]) * 48 // 1024 // MS for edge in base]
        return [base[0] + (frame * 1024 + 24) // 48 * MS for frame in frames]
    every, parts = ratio
    edges = []
    for start, end in zip(base[:-1:every], base[every::every], strict=True):
        edges += [start + (end - start) // MS * part // parts * MS for part in range(parts)]
    return [*edges, base[-1]]


def pieces_of(name: str, edges: Sequence[int], tagged: set[int], index: int, sequence: int) -> list[Piece]:
    """A rendition's whole event; ``sequence`` is the discontinuity number before the first segment's own tag."""
    pieces = []
    for k, (start, end) in enumerate(pairwise(edges)):
        sequence += k in tagged
        pieces.append(Piece(index + k, start, end, f"{name}/{index + k}.ts", k in tagged, sequence))
    return pieces


def publish(
    draw: Draw, pieces: Sequence[Piece], times: Sequence[int], size: int, step: int, *, troubled: bool
) -> list[tuple[int, int]]:
    """The window of each refresh. A troubled rendition is a segment early or late for a while, or stalls."""
    ends = [piece.end for piece in pieces]
    trouble = draw.of(("late", "early", "stall", "slow", "slow")) if troubled else None
    begin = draw.upto(1, len(times) - 1)
    stop = begin + draw.upto(1, 8)
    shown: list[tuple[int, int]] = []
    for k, time in enumerate(times):
        shift = {"late": -step, "early": step}.get(trouble or "", 0) if begin <= k < stop else 0
        count = bisect_right(ends, time + shift + 100 * MS)
        if shown:
            head, before = shown[-1]
            if trouble in {"stall", "slow"} and begin <= k < stop:
                count = before
            elif trouble == "slow" and k >= stop:
                count = min(count, before + 2)
            count = max(count, before)
            shown.append((max(head, min(before, count - size)), count))
        else:
            shown.append((max(0, count - size), count))
    return shown


def splice(event: int, duration: int | None, *, out: bool, auto_return: bool) -> str:
    """A splice_insert, immediate, as hexadecimal (ANSI/SCTE 35 9.6, 9.7.3); ``duration`` in microseconds."""
    flags = out << 7 | 1 << 6 | (duration is not None) << 5 | 1 << 4 | 0x0F
    command = event.to_bytes(4) + bytes((0x7F, flags))
    if duration is not None:
        command += (auto_return << 39 | 0x3F << 33 | duration * 9 // 100).to_bytes(5)
    command += bytes((0, 1, 0, 0))
    body = bytes(7) + (0xFFF << 12 | len(command)).to_bytes(3) + b"\x05" + command + bytes(2)
    section = b"\xfc" + (0x3000 | len(body) + 4).to_bytes(2) + body
    return "0x" + (section + _crc(section).to_bytes(4)).hex().upper()


def _crc(data: Iterable[int]) -> int:
    """CRC-32/MPEG-2 (ISO/IEC 13818-1, annex A)."""
    value = 0xFFFFFFFF
    for byte in data:
        value ^= byte << 24
        for _ in range(8):
            value = (value << 1 ^ 0x04C11DB7) & 0xFFFFFFFF if value >> 31 else value << 1
    return value
