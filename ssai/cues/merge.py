"""Several tags at one place that speak of one thing become one signal."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Final

from ssai.cues.signal import Dialect, Signal, SignalKind

RICHNESS: Final = (
    Dialect.DATERANGE,
    Dialect.SCTE35,
    Dialect.OATCLS,
    Dialect.SPLICEPOINT,
    Dialect.ADOBE,
    Dialect.MEDIAKIND,
    Dialect.ADOBE_FER,
    Dialect.LOOSE,
    Dialect.MEDIACONVERT,
    Dialect.CUE,
)
"""Dialects by how much their tags can say, the most first: it names a merged signal, and its word goes first."""

_CARRIED: Final = frozenset({Dialect.OATCLS, Dialect.SPLICEPOINT, Dialect.LOOSE})
"""Dialects whose duration is the encoder's, from inside a message: a number in a tag beside them goes before."""
_SPOKEN: Final = frozenset(Dialect) - _CARRIED - {Dialect.SCTE35, Dialect.DATERANGE}
"""Dialects whose tags exist for breaks alone: their IN ends whatever is open, of any segmentation type."""


def merged(signals: Iterable[Signal]) -> list[Signal]:
    """Signals of one place, in the order of the tags, each joined with the one before where both mean the same."""
    found: list[Signal] = []
    for signal in signals:
        if found and _same(found[-1], signal):
            found[-1] = joined(found[-1], signal)
        else:
            found.append(signal)
    return found


def richer(first: Signal, second: Signal) -> tuple[Signal, Signal]:
    """The two, the one that can say more first; of two in one dialect the later."""
    if RICHNESS.index(first.dialect) < RICHNESS.index(second.dialect):
        return first, second
    return second, first


def joined(first: Signal, second: Signal) -> Signal:
    """One signal with all that two say of one thing at one place."""
    rich, poor = richer(first, second)
    by_number = rich.dialect in _CARRIED and poor.dialect not in _CARRIED and poor.duration is not None
    duration = poor.duration if by_number or rich.duration is None else rich.duration
    elapsed = poor.elapsed if rich.elapsed is None else rich.elapsed
    kind = rich.kind
    if SignalKind.CONTINUE in {rich.kind, poor.kind} and rich.kind is not poor.kind:
        # An out repeated beside a continuation is history: the break has run for a while at this place.
        kind = SignalKind.CONTINUE if elapsed else SignalKind.OUT
    segmentation = poor.segmentation if rich.segmentation is None else rich.segmentation
    if kind is SignalKind.IN and not _SPOKEN.isdisjoint({rich.dialect, poor.dialect}):
        segmentation = None
    return replace(
        rich,
        kind=kind,
        id=poor.id if rich.id is None else rich.id,
        at=poor.at if rich.at is None else rich.at,
        duration=duration,
        elapsed=elapsed if kind is SignalKind.CONTINUE else None,
        auto_return=poor.auto_return if rich.auto_return is None else rich.auto_return,
        insertion=kind is SignalKind.OUT and duration == 0,
        segmentation=segmentation,
        event=poor.event if rich.event is None else rich.event,
    )


def _same(first: Signal, second: Signal) -> bool:
    if first.cancelled or second.cancelled:
        return False
    if (first.kind is SignalKind.IN) is not (second.kind is SignalKind.IN):
        return False
    if first.dialect is not second.dialect:
        return True
    return (first.id, first.event, first.segmentation) == (second.id, second.event, second.segmentation)
