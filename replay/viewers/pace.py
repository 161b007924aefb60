"""When a player loads a media playlist again (6.3.4 of draft-pantos-hls-rfc8216bis)."""

from __future__ import annotations

from typing import Final

from domain.units import MILLISECOND, Microseconds

UNKNOWN_TARGET: Final = Microseconds(2_000 * MILLISECOND)
"""The target duration for the pace of loads while none has been read."""
REFUSED_PAUSE: Final = 500 * MILLISECOND
"""Microseconds after a refused connection."""
JITTER: Final = 0.2
"""Share by which that pause is drawn longer or shorter: those who were refused together do not come back in step."""


def reload_at(began: int, target: int, *, changed: bool) -> Microseconds:
    """The first instant at which the playlist may be loaded again.

    ``began`` is when the last load began and ``target`` the target duration, microseconds; ``changed`` whether that
    load brought another playlist than the one before, the first one included. A load that failed brought no change.
    """
    return Microseconds(began + (target if changed else target // 2))


def retry_at(ended: int, draw: float) -> Microseconds:
    """When to ask again after a connection was refused at ``ended``; ``draw`` is a random number in [0, 1)."""
    return Microseconds(ended + round(REFUSED_PAUSE * (1 - JITTER + 2 * JITTER * draw)))
