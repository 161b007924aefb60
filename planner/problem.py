"""A break's decision as arrays: J ads, R rows of the audience, I rows that all viewers share.

Ads are numbered 0..J-1 and pods are ordered tuples of these numbers. Money is micros, time microseconds; values of
one impression are expected micros and may be fractions, so they are floats, while what is spent is counted in integers.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import IntFlag, StrEnum
from typing import Final, Protocol

import numpy as np
from numpy.typing import NDArray

from domain.units import Microseconds

Floats = NDArray[np.float64]
Values = NDArray[np.float32]
Integers = NDArray[np.int64]
Ads = NDArray[np.int16]
"""Ad numbers; NOTHING fills a pod's row up."""
Flags = NDArray[np.bool_]

NOTHING: Final = -1


class Position(IntFlag):
    """Where in a pod an ad may stand. The only ad of a pod stands first and last."""

    FIRST = 1
    MIDDLE = 2
    LAST = 4
    ANY = 7


class Rule(StrEnum):
    """Why an ad, a pod or a plan is not allowed. One code for each rule, the same in the checker and the builder."""

    # one pod
    DURATION = "duration"
    MINIMUM_FILL = "minimum_fill"
    MAXIMUM_ADS = "maximum_ads"
    REPEAT = "repeat"
    SEPARATION = "separation"
    ADVERTISER = "advertiser"
    AVOID = "avoid"
    POSITION = "position"
    EXCLUSIVITY = "exclusivity"
    CAP_BREAK = "cap_break"
    FORBIDDEN = "forbidden"
    BEFORE = "before"
    FLOOR = "floor"
    CODECS = "codecs"
    DEAL = "deal"
    FLIGHT = "flight"
    BREAK_KIND = "break_kind"
    METADATA = "metadata"
    EVENT_EXCLUSIVITY = "event_exclusivity"
    # one viewer
    TARGETING = "targeting"
    GUARANTEED_POSITION = "guaranteed_position"
    ROADBLOCK = "roadblock"
    CAP = "cap"
    SEPARATION_GAP = "separation_gap"
    AD_LOAD = "ad_load"
    REPEATS = "repeats"
    # the plan
    SEATS = "seats"
    BUDGET = "budget"
    GOAL = "goal"
    SHARE = "share"
    STATED = "stated"


@dataclass(frozen=True, slots=True)
class Family:
    """At most ``limit`` of the ``members`` may stand in one pod, because of ``rule``. ``name`` says of what."""

    members: tuple[int, ...]
    limit: int
    rule: Rule
    name: str


@dataclass(frozen=True, slots=True)
class Required:
    """A pod that has any ad has one of the ``members`` at ``position`` (``Position.ANY``: somewhere)."""

    members: tuple[int, ...]
    position: Position
    name: str


@dataclass(frozen=True, slots=True)
class PodRules:
    """Which ordered tuples of ads are pods. The empty pod always is one.

    ``durations`` int64[J] microseconds, ``positions`` uint8[J] of ``Position``. ``required`` lists the sets of
    requirements that rows of the audience may have; ``required[0]`` is the empty one. No ad stands twice in a pod.
    """

    durations: Integers
    positions: NDArray[np.uint8]
    families: tuple[Family, ...]
    duration: Microseconds
    minimum_fill: Microseconds
    maximum_ads: int
    required: tuple[tuple[Required, ...], ...] = ((),)

    @property
    def ads(self) -> int:
        """J."""
        return len(self.durations)


@dataclass(frozen=True, slots=True)
class Worth:
    """What turns values of ads into the value of a pod; see ``planner.worth``.

    ``survival`` float64[n] is the probability that a viewer is present and the break still runs at ``instants``
    int64[n] microseconds from the pod's start, non-increasing, linear in between; ``first`` and ``last`` multiply the
    value in these positions, both at least 0 (the only ad of a pod takes the greater). A second of ads earns
    ``per_second`` micros (what the slate would have cost) and costs ``load`` micros beyond ``load_free`` microseconds.
    """

    instants: Integers
    survival: Floats
    first: float = 1.0
    last: float = 1.0
    per_second: float = 0.0
    load: float = 0.0
    load_free: int = 0


@dataclass(frozen=True, slots=True)
class Rows:
    """R rows of the audience: cohorts with ``seats`` alike, or single seats.

    ``values`` float32[R, J] micros of one impression of the ad to one viewer of the row who is present, repeat cost
    taken off; ``allowed`` bool[R, J]; ``seats`` int64[R]; ``ad_time`` int64[R] microseconds of ads that a viewer may
    still see; ``required`` int64[R] is an index into ``PodRules.required``. ``costs`` float32[R, J], if there are any,
    are micros that placing the ad costs the row beside what all rows pay for it.
    """

    values: Values
    allowed: Flags
    seats: Integers
    ad_time: Integers
    required: Integers
    costs: Values | None = None

    def __len__(self) -> int:
        return len(self.seats)

    def take(self, which: Integers | Flags | slice) -> Rows:
        """Some of the rows, as arrays of their own or views."""
        return Rows(
            self.values[which],
            self.allowed[which],
            self.seats[which],
            self.ad_time[which],
            self.required[which],
            None if self.costs is None else self.costs[which],
        )


class Crowd(Protocol):
    """Many rows, handed out a block at a time: an audience of millions is never one float matrix unless it wants to."""

    def __len__(self) -> int: ...

    def block(self, start: int, stop: int) -> Rows:
        """Rows ``start`` to ``stop``; the same arguments give the same rows."""
        ...


class Kind(StrEnum):
    """What a shared row limits."""

    BUDGET = "budget"
    GOAL = "goal"
    SHARE_MAXIMUM = "share_maximum"
    GUARANTEE = "guarantee"
    SHARE_MINIMUM = "share_minimum"

    @property
    def at_least(self) -> bool:
        """Whether the row is a soft lower bound with a penalty; the others are hard upper bounds."""
        return self in {Kind.GUARANTEE, Kind.SHARE_MINIMUM}


@dataclass(frozen=True, slots=True)
class Shared:
    """The I rows that all viewers share: sum of ``use`` over all ads placed, at most or at least ``limit``.

    ``use`` float64[I, J] of one placed ad: reserved micros for budgets, 1 for goals and guarantees, and
    (1 if the campaign's) - share for shares. Every placed ad counts in full whether or not the viewer stays, so that a
    hard limit holds however the night goes. ``penalty`` float64[I] micros for a unit short, 0 for upper bounds.
    """

    kinds: tuple[Kind, ...]
    names: tuple[str, ...]
    use: Floats
    limit: Floats
    penalty: Floats

    def __len__(self) -> int:
        return len(self.kinds)

    @property
    def at_least(self) -> Flags:
        """bool[I]: lower bounds."""
        return np.array([kind.at_least for kind in self.kinds], dtype=np.bool_)

    def costs(self, prices: Floats) -> Floats:
        """float64[J]: what one placed ad costs at ``prices`` float64[I], all >= 0; lower bounds pay instead."""
        signed = np.where(self.at_least, -prices, prices)
        # einsum and not a matrix product: the same sum in the same order with any number of threads.
        return np.asarray(np.einsum("i,ij->j", signed, self.use), dtype=np.float64)


@dataclass(frozen=True, slots=True)
class Problem:
    """One break at one duration. ``tiers`` int64[J]; ``Rows`` are the cohorts, for seats see ``Crowd``."""

    rules: PodRules
    worth: Worth
    rows: Rows
    shared: Shared
    tiers: Integers


def blocks(count: int, size: int) -> Iterator[tuple[int, int]]:
    """Start and stop of blocks of ``size`` that cover ``count``."""
    for start in range(0, count, size):
        yield start, min(start + size, count)
