"""The port that every decider satisfies, house pods and planner alike."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from domain.pod import Pod
from domain.units import Microseconds


@dataclass(frozen=True, slots=True)
class Opening:
    """What is asked: pods for the rest of a break that starts (for these seats) at ``start``.

    ``key`` identifies the break in its event; ``duration`` is what is left of it from ``start`` on, None if unknown.
    """

    channel: str
    key: str
    start: Microseconds
    duration: Microseconds | None


class Decisions(Protocol):
    """Answers with a pod for each seat. Pure: while the catalogue is the same, so is the answer."""

    def decide(self, opening: Opening, seats: Sequence[int]) -> list[Pod]:
        """One pod a seat, in order; an empty pod where nothing fits."""
        ...
