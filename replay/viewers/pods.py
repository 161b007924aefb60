"""Which pod a viewer saw in each break, read from each of its playlists."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from domain.units import MILLISECOND, Microseconds

APART: Final = 100 * MILLISECOND
"""Microseconds within which the first ads of two renditions begin: then they open the same break."""
MAX_BREAKS: Final = 2_000
"""Breaks kept of one viewer, the latest: a day of one every 45 s."""


@dataclass(slots=True)
class PodSeen:
    """The creatives of one break in order, from the instant at which the first of them begins.

    One that follows itself after a discontinuity stands twice. ``closed``: content has followed.
    """

    start: Microseconds
    creatives: list[str] = field(default_factory=list)
    closed: bool = False


class Pods:
    """One viewer's breaks: the longest reading of each, from whichever playlist."""

    def __init__(self) -> None:
        self.breaks: Final[list[PodSeen]] = []

    def at(self, start: Microseconds) -> PodSeen:
        """The break that begins there, known or new."""
        for known in reversed(self.breaks):
            if abs(known.start - start) <= APART:
                return known
        found = PodSeen(start)
        self.breaks.append(found)
        del self.breaks[:-MAX_BREAKS]
        return found


class PodReader:
    """Reads the breaks in one playlist of the viewer, segment by segment as they appear."""

    def __init__(self, pods: Pods) -> None:
        self._pods = pods
        self._known: PodSeen | None = None
        self._reading: PodSeen | None = None
        # A break whose beginning was not seen has no start to be known by.
        self._partial = True

    def missed(self) -> None:
        """Segments were never seen: what the break under way is about can no longer be told."""
        self._known = self._reading = None
        self._partial = True

    def see(self, date: Microseconds | None, creative: str | None, *, tagged: bool) -> str | None:
        """The next segment; ``creative`` is None for content.

        Answers what is wrong where this break was read otherwise before: readings of one break may differ in length
        alone, and only while the break goes on.
        """
        if creative is None:
            told = self._close()
            self._known = self._reading = None
            self._partial = False
            return told
        if self._partial:
            return None
        if self._reading is None or self._known is None:
            if date is None:
                self.missed()
                return None
            self._known, self._reading = self._pods.at(date), PodSeen(date)
        read, known = self._reading.creatives, self._known
        if read and read[-1] == creative and not tagged:
            return None
        read.append(creative)
        place = len(read) - 1
        if place < len(known.creatives):
            return None if known.creatives[place] == creative else self._differs()
        if known.closed:
            return self._differs()
        known.creatives.append(creative)
        return None

    def _close(self) -> str | None:
        if self._known is None or self._reading is None:
            return None
        self._known.closed = True
        return self._differs() if len(self._reading.creatives) < len(self._known.creatives) else None

    def _differs(self) -> str:
        """Say it once: what else this break holds follows from it."""
        assert self._known is not None
        assert self._reading is not None
        told = f"the pod was {' '.join(self._known.creatives)} and is read {' '.join(self._reading.creatives)}"
        self.missed()
        return told[:400]
