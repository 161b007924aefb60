"""What the checker says, and the bounds within which it reads."""

from __future__ import annotations

from collections.abc import Callable, Container, Hashable, Iterable
from dataclasses import dataclass
from typing import Final, NamedTuple

MAX_TEXT: Final = 16 * 1024 * 1024
"""Characters of one playlist: four hours of 2 s segments with every tag are under 3 MB."""
MAX_LINE: Final = 64 * 1024
"""Characters of one line: what is remembered of a line (an address, a date range) is no more than that."""
MAX_SEGMENTS: Final = 50_000
"""Segments of one playlist: a day of 2 s segments."""
MAX_FAULTS: Final = 200
"""Findings that one reload can bring: whoever breaks more has one fault, repeated."""
MAX_PLAYLISTS: Final = 256
"""Media playlists of one presentation."""
TAU: Final = 125_000
"""Microseconds by which ads plus slate may miss the time that they replace."""
APART: Final = 100_000
"""Microseconds by which boundaries of two renditions may lie apart and still be one."""

SYNTAX: Final = "syntax"
"""The rule's name for what cannot be read, or is not a playlist's grammar (section 4 of rfc8216bis)."""
STALL: Final = "origin_stall"
"""The rule's name for a gap in publishing (rule 9) that nothing ties to an ad."""

Creative = Callable[[str], str | None]
"""What a segment's absolute address is an ad of: one identity per creative, slate counts as one; None for content."""


@dataclass(frozen=True, slots=True)
class Snapshot:
    """One playlist as a client got it; ``at`` is microseconds of a monotonic clock."""

    playlist: str
    text: str
    at: int


@dataclass(frozen=True, slots=True)
class Finding:
    """One rule broken once.

    ``rule`` is the number of a rule, or a name where no rule has one; ``line`` counts from 1 in ``snapshot.text``.
    ``before`` is what ``snapshot`` was held against: the playlist's own reload before it, or, for a rule across
    renditions, the latest of the other playlist; None for what one snapshot alone shows.
    """

    rule: str
    playlist: str
    line: int
    message: str
    before: Snapshot | None
    snapshot: Snapshot


class Fault(NamedTuple):
    """A finding before it is known to be new: ``key`` is equal in every reload that still shows the same fault."""

    rule: str
    line: int
    message: str
    key: Hashable


def distinct(faults: Iterable[Fault], told: Container[Hashable] = ()) -> list[Fault]:
    """Each fault once, those that were told left out; past ``MAX_FAULTS`` only how many more there are."""
    new: dict[Hashable, Fault] = {}
    for fault in faults:
        if fault.key not in told:
            new.setdefault(fault.key, fault)
    found = list(new.values())
    if len(found) > MAX_FAULTS:
        left = Fault(SYNTAX, 1, f"{len(found) - MAX_FAULTS} more findings are left out", (SYNTAX, "more"))
        found = [*found[:MAX_FAULTS], left]
    return found


def shown(text: str) -> str:
    """What the origin wrote, short and safe to print on one line."""
    clean = "".join(character if character.isprintable() else "?" for character in text[:80])
    return clean if len(text) <= 80 else clean[:77] + "..."
