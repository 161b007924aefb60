"""EXT-X-SCTE35, the one HLS tag that SCTE 35 itself defines (ANSI/SCTE 35, 12.2)."""

from __future__ import annotations

import re
from typing import Final

from domain.units import Microseconds
from ssai.cues.reading import Reading, duration, identifier, named
from ssai.cues.signal import Dialect, Signal, SignalKind
from ssai.cues.splice import CueOptions, enriched, signals_of

_TYPE: Final = re.compile(r"0x([0-9a-f]{1,2})|([0-9]{1,3})", re.ASCII | re.IGNORECASE)


def scte35(value: str, index: int, options: CueOptions) -> Reading:
    """Read one EXT-X-SCTE35.

    A TYPE that opens or ends no avail gives no signal. Otherwise CUE-OUT and CUE-IN say which way; without them
    TYPE does, and without TYPE the message in CUE.
    """
    found = named(value)
    message, name = found.get("CUE"), identifier(found.get("ID"))
    segmentation, elapsed = _segmentation(found.get("TYPE")), duration(found.get("ELAPSED"))
    if segmentation is not None and segmentation not in options.avails and segmentation - 1 not in options.avails:
        return Reading(reason=f"segmentation type 0x{segmentation:02X} opens no avail")
    kind = _kind(found, segmentation, elapsed, options)
    if kind is None:
        if segmentation is None and message is not None and "CUE-OUT" not in found:
            return signals_of(message, Dialect.SCTE35, index, options, name)
        return Reading(reason="neither CUE-OUT, CUE-IN nor TYPE say which way")
    planned = duration(found.get("DURATION"))
    signal = Signal(
        kind,
        Dialect.SCTE35,
        index,
        id=name,
        duration=None if kind is SignalKind.IN else planned,
        elapsed=elapsed if kind is SignalKind.CONTINUE else None,
        insertion=kind is SignalKind.OUT and planned == 0,
        segmentation=segmentation,
    )
    if message is None:
        return Reading((signal,))
    signal, problem = enriched(signal, message, options)
    return Reading((signal,), problem)


def _kind(
    found: dict[str, str], segmentation: int | None, elapsed: Microseconds | None, options: CueOptions
) -> SignalKind | None:
    out = found.get("CUE-OUT", "").strip().upper()
    if out in {"YES", "CONT"}:
        return SignalKind.OUT if out == "YES" else SignalKind.CONTINUE
    if found.get("CUE-IN", "").strip().upper() == "YES":
        return SignalKind.IN
    if out == "NO" or segmentation is None:
        return None
    if segmentation in options.avails:
        return SignalKind.CONTINUE if elapsed else SignalKind.OUT
    return SignalKind.IN


def _segmentation(text: str | None) -> int | None:
    match = _TYPE.fullmatch((text or "").strip())
    if match is None:
        return None
    return int(match[1], 16) if match[1] else int(match[2])
