"""When breaks fall: a pure function of the seed, the clip's grid and the break's number."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from hashlib import blake2b
from typing import Final

from domain.units import SECOND, Microseconds
from replay.origin.clip import Clip

FIRST: Final = Microseconds(20 * SECOND)
PERIOD: Final = Microseconds(90 * SECOND)
SHORTEST: Final = Microseconds(30 * SECOND)
LONGEST: Final = Microseconds(60 * SECOND)
NONE: Final = Microseconds(0)


class CueDialect(StrEnum):
    """How the origin writes its cues."""

    DATERANGE = "daterange"
    CUE = "cue"


@dataclass(frozen=True, slots=True)
class Avail:
    """One break on the clip's grid: it begins with segment ``start``, is planned to end before segment ``planned`` and
    ends before segment ``back``, which nobody knows before that instant.
    """

    number: int
    start: int
    planned: int
    back: int


@dataclass(frozen=True, slots=True)
class Schedule:
    """Breaks without end. All times are microseconds, instants since the start of the stream.

    Break k starts at the first segment boundary at or after ``first + k * period``. Its planned length is drawn, whole
    segments between ``shortest`` and ``longest``. Where ``early_every`` is not 0, every such break (the second, the
    fourth, ... by default) returns early, at a boundary drawn between a third of its length and one segment before
    its planned end. ``preroll`` announces a break that long before it starts (DATERANGE only).
    """

    seed: int = 0
    first: Microseconds = FIRST
    period: Microseconds = PERIOD
    shortest: Microseconds = SHORTEST
    longest: Microseconds = LONGEST
    early_every: int = 2
    dialect: CueDialect = CueDialect.DATERANGE
    preroll: Microseconds = NONE
    video_only: bool = False

    def __post_init__(self) -> None:
        """Refuse what could overlap or cannot be written."""
        if self.first < 0 or self.preroll < 0 or self.early_every < 0:
            raise ValueError("first, preroll and early_every are not negative")
        if not 0 < self.shortest <= self.longest < self.period:
            raise ValueError("expected 0 < shortest <= longest < period")
        if self.preroll and self.dialect is CueDialect.CUE:
            raise ValueError("EXT-X-CUE-OUT carries no date, so it cannot announce a break")

    def avail(self, clip: Clip, number: int) -> Avail:
        """Break ``number`` (from 0) on the clip's grid; ``ValueError`` when a period is too short for it."""
        start = clip.at_or_after(self.first + number * self.period)
        begin = clip.boundary(start)
        following = clip.at_or_after(self.first + (number + 1) * self.period)
        if following - start < 2:
            raise ValueError("a period has room for a segment of break and one of content")
        # One segment of content at least parts two breaks, however coarse the grid.
        limit = following - 1
        least = min(clip.at_or_after(begin + self.shortest), limit)
        most = max(least, min(clip.at_or_before(begin + self.longest), limit))
        planned = self._draw(number, "length", least, most)
        back = planned
        nearest, latest = start + max(1, (planned - start) // 3), planned - 1
        if self.early_every and number % self.early_every == self.early_every - 1 and nearest <= latest:
            back = self._draw(number, "return", nearest, latest)
        return Avail(number, start, planned, back)

    def between(self, clip: Clip, after: int, before: int) -> Iterator[Avail]:
        """Breaks that start no later than ``before`` and end no earlier than ``after``, in order."""
        # A break ends before the next one's period begins, so none of an earlier period can matter.
        number = max(0, (after - self.first) // self.period)
        while self.first + number * self.period <= before:
            avail = self.avail(clip, number)
            if clip.boundary(avail.start) > before:
                return
            if clip.boundary(avail.back) >= after:
                yield avail
            number += 1

    def _draw(self, number: int, what: str, least: int, most: int) -> int:
        """A number from ``least`` to ``most``, the same for the same seed on every platform."""
        digest = blake2b(f"{self.seed}/{number}/{what}".encode(), digest_size=8).digest()
        return least + int.from_bytes(digest) % (most - least + 1)
