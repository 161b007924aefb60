"""Adobe's EXT-X-CUE and EXT-X-CUE-CONT, quoted or not."""

from __future__ import annotations

from typing import Final

from ssai.cues.reading import Reading, duration, identifier, named
from ssai.cues.signal import Dialect, Signal, SignalKind
from ssai.cues.splice import CueOptions, enriched, signals_of

_KINDS: Final = {"spliceout": SignalKind.OUT, "splicein": SignalKind.IN}


def cue(value: str, index: int, options: CueOptions) -> Reading:
    """EXT-X-CUE: TYPE says which way. DURATION 0 means unknown here, not an insertion point."""
    found = named(value)
    kind, message = _KINDS.get(found.get("TYPE", "").strip().lower()), found.get("SCTE35")
    if kind is None:
        if message is None:
            return Reading(reason="TYPE is neither SpliceOut nor SpliceIn")
        return signals_of(message, Dialect.ADOBE, index, options, identifier(found.get("ID")))
    signal = Signal(
        kind,
        Dialect.ADOBE,
        index,
        id=identifier(found.get("ID")),
        duration=(duration(found.get("DURATION")) or None) if kind is SignalKind.OUT else None,
    )
    if message is None or kind is SignalKind.IN:
        return Reading((signal,))
    signal, problem = enriched(signal, message, options)
    return Reading((signal,), problem)


def cue_continue(value: str, index: int, _options: CueOptions) -> Reading:
    """EXT-X-CUE-CONT: how much of the avail has passed."""
    found = named(value)
    signal = Signal(
        SignalKind.CONTINUE,
        Dialect.ADOBE,
        index,
        id=identifier(found.get("ID")),
        duration=duration(found.get("DURATION")) or None,
        elapsed=duration(found.get("AVAIL-DUR-ELAPSED")),
    )
    return Reading((signal,))
