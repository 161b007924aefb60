"""What the reference stitcher is given and what it answers. Instants are channel time, microseconds >= 0."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Piece:
    """One segment of the origin in one rendition.

    ``index`` is its media sequence number, ``tagged`` whether it has a DISCONTINUITY, ``sequence`` its discontinuity
    sequence number (its own tag counted).
    """

    index: int
    start: int
    end: int
    uri: str
    tagged: bool
    sequence: int


@dataclass(frozen=True, slots=True)
class Out:
    """A break is announced: it starts at ``start`` and lasts ``duration`` microseconds (None: unknown)."""

    start: int
    duration: int | None
    auto_return: bool = True
    key: str | None = None

    @property
    def instant(self) -> int:
        """The instant that the signal names."""
        return self.start


@dataclass(frozen=True, slots=True)
class In:
    """The break running at ``at`` ends there: the one of this ``key`` if it names one."""

    at: int
    key: str | None = None

    @property
    def instant(self) -> int:
        """The instant that the signal names."""
        return self.at


@dataclass(frozen=True, slots=True)
class Rules:
    """The constants of a channel, microseconds.

    ``grace`` is added to a planned duration that does not end its break (auto_return false), ``longest`` is the
    duration of a break whose duration is unknown. ``content_back``: the content comes back at the first common boundary
    after a viewer's last ad, instead of slate up to the end. ``tolerance`` is how far apart boundaries of renditions
    may lie and still be one; ``tau`` how far an item may reach over the end of its break.
    """

    target_duration: int
    grace: int
    longest: int
    content_back: bool = False
    tolerance: int = 100_000
    tau: int = 125_000


@dataclass(frozen=True, slots=True)
class Entry:
    """One segment in a viewer's playlist; ``start`` and ``end`` are nominal for items, the origin's for content."""

    uri: str
    tagged: bool
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Playlist:
    """A viewer's playlist of one rendition: the two numbers of its header, and its segments."""

    media_sequence: int
    discontinuity_sequence: int
    entries: tuple[Entry, ...]


class Change(AssertionError):  # noqa: N818 -- not an error of input: the rules themselves are broken
    """What was published to a viewer would change: rules 1, 4, 5 or 6 of hls.md would be broken."""

    def __init__(self, viewer: str, rendition: str, what: str, before: object, now: object) -> None:
        super().__init__(f"viewer {viewer}, rendition {rendition}: {what}: published {before}, now {now}")
