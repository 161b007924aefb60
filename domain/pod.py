"""Creative and pod as the planner, the edge and the reference stitcher see them: identity and time, no files."""

from __future__ import annotations

from dataclasses import dataclass

from domain.units import Microseconds


@dataclass(frozen=True, slots=True)
class Creative:
    """A conditioned creative on the nominal time line: what all its renditions share.

    ``durations`` are the nominal segment durations in microseconds; every rendition is cut at these instants within
    one audio frame.
    """

    id: str
    durations: tuple[Microseconds, ...]

    @property
    def duration(self) -> Microseconds:
        """Nominal length, microseconds."""
        return Microseconds(sum(self.durations))


@dataclass(frozen=True, slots=True)
class Pod:
    """An ordered list of creatives for one break. Never changed once pinned; an extension appends."""

    creatives: tuple[Creative, ...]

    @property
    def duration(self) -> Microseconds:
        """Nominal length, microseconds."""
        return Microseconds(sum(creative.duration for creative in self.creatives))


@dataclass(frozen=True, slots=True)
class Slate:
    """What fills the time a pod leaves: pieces of 8q, 4q, 2q and q video frames, q a quarter of a second.

    ``run`` is one continuous recording cut into pieces of 8q frames; it starts again, with a discontinuity, when used
    up. ``small`` are recordings of a single piece each: 4q, 2q and q frames, in this order.
    """

    run: Creative
    small: tuple[Creative, ...]
