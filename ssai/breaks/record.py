"""The record of one break: all that the arithmetic of a stitched window needs, stored before it is served."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from domain.units import Microseconds


class BreakState(StrEnum):
    """How far a break has come."""

    ANNOUNCED = "announced"
    OPEN = "open"
    CLOSING = "closing"
    CLOSED = "closed"
    FOLDED = "folded"
    DROPPED = "dropped"


class BreakReason(StrEnum):
    """Why a break is not replaced, or ended as it did."""

    UNCONDITIONED = "unconditioned"
    """No common boundary within 2 target durations of its start."""
    LATE = "late"
    """Its planned end had passed when its start was read: it came to nothing."""
    SWITCHED_OFF = "switched_off"
    INSERTION_POINT = "insertion_point"
    """Nothing is to be replaced."""
    ENDED_BY_IN = "in"
    ENDED_BY_DURATION = "duration"
    ENDED_BY_LIMIT = "limit"
    """Unknown duration and no IN within the configured maximum."""
    ENDED_BY_STREAM = "endlist"
    """The stream ended inside it."""


@dataclass(frozen=True, slots=True)
class Boundary:
    """One segment boundary in one rendition: ``index`` of the segment that starts there (i), ``sequence`` the
    discontinuity sequence number that holds before it (D_i - T_i), ``tagged`` whether the origin marks that segment as
    a discontinuity (T_i), None until it is there.
    """

    index: int
    sequence: int
    tagged: bool | None = None


@dataclass(frozen=True, slots=True)
class Mark:
    """An instant inside a break where ads may begin: a common boundary. ``cuts`` by rendition; a stalled rendition's
    is missing until its grid reaches the instant.
    """

    at: Microseconds
    cuts: Mapping[str, Boundary]


@dataclass(frozen=True, slots=True)
class Break:
    """One break of a channel.

    All instants are channel time. ``signalled`` is s, ``duration`` what is planned (None: unknown), ``floor`` the
    candidate for the start, ``target`` x, what the end aims at once an IN was read, ``marks`` the start S and each
    later common boundary, ``end`` C. ``returns`` holds R by rendition. ``extends`` is the key of the break that this
    one goes on from; ``content_back``: what ads leave unfilled goes back to the content.
    """

    key: str
    id: str | None
    dialect: str
    signalled: Microseconds
    duration: Microseconds | None
    auto_return: bool
    floor: Microseconds
    ads_until: Microseconds | None
    """The planned end when the break opened: ads are cut there whatever follows."""
    marks: tuple[Mark, ...] = ()
    in_at: Microseconds | None = None
    target: Microseconds | None = None
    end: Microseconds | None = None
    ins: tuple[Microseconds, ...] = ()
    """Every IN that was read, so that one read again (repeats, a restart) changes nothing."""
    segmentation: int | None = None
    """SCTE-35 segmentation type of its start: only the type that ends it does."""
    event: int | None = None
    """SCTE-35 event id, for cancellations."""
    inner: tuple[str, ...] = ()
    """Ids of the breaks nested in it: their ends are not its own."""
    told: tuple[Microseconds, ...] = ()
    """Every duration that was told: one told again, when another holds, is out of date."""
    moved_from: tuple[Microseconds, ...] = ()
    """Where it was announced before it was moved."""
    returns: Mapping[str, Boundary] = field(default_factory=dict)
    extends: str | None = None
    content_back: bool = False
    reason: BreakReason | None = None
    dropped: bool = False
    folded: bool = False

    @property
    def start(self) -> Microseconds | None:
        """S, once known."""
        return self.marks[0].at if self.marks else None

    @property
    def planned_end(self) -> Microseconds | None:
        """E = s + d."""
        return None if self.duration is None else Microseconds(self.signalled + self.duration)

    @property
    def live(self) -> bool:
        """Whether signals may still change it."""
        return not self.dropped and self.end is None

    def state(self, edge: int) -> BreakState:
        """The state when the least edge of the channel is ``edge``."""
        if self.dropped:
            return BreakState.DROPPED
        if self.folded:
            return BreakState.FOLDED
        if self.end is not None:
            return BreakState.CLOSED
        if self.in_at is not None or (self.planned_end is not None and edge >= self.planned_end):
            return BreakState.CLOSING
        return BreakState.OPEN if self.marks else BreakState.ANNOUNCED
