"""EXT-X-CUE-OUT, -CONT, -SPAN and -IN: five dialects share these names and differ in their attributes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from ssai.cues.reading import Reading, duration, identifier, is_iso, named, positional
from ssai.cues.signal import Dialect, Signal, SignalKind
from ssai.cues.splice import CueOptions, enriched

_MEDIACONVERT: Final = frozenset({"SPLICETYPE", "ACTION", "PAID", "ACDS"})
_MEDIAKIND: Final = frozenset({"CUE", "UNIQUEPROGRAMID", "AVAILNUM", "TIMEFROMSIGNAL"})
_ENHANCED: Final = frozenset({"SCTE35", "ELAPSEDTIME"})


def cue_out(value: str, index: int, options: CueOptions) -> Reading:
    """EXT-X-CUE-OUT: a number, DURATION=, or nothing. Zero is an insertion point; what cannot be read is unknown."""
    found, head = named(value), positional(value)
    text = head or found.get("DURATION")
    planned = duration(text)
    signal = Signal(
        SignalKind.OUT,
        _dialect(found, text),
        index,
        id=identifier(found.get("ID")),
        duration=planned,
        insertion=planned == 0,
    )
    reason = f"duration {text[:40]!r} cannot be read" if text and planned is None else None
    return _with_message(signal, found, options, reason)


def cue_continue(value: str, index: int, options: CueOptions) -> Reading:
    """EXT-X-CUE-OUT-CONT and EXT-X-CUE-SPAN: ``elapsed/total``, or both as attributes, or nothing."""
    found = named(value)
    elapsed_text, _, total_text = positional(value).partition("/")
    for name in ("ELAPSEDTIME", "ELAPSED", "TIMEFROMSIGNAL"):
        elapsed_text = elapsed_text or found.get(name, "")
    total_text = total_text or found.get("DURATION", "")
    signal = Signal(
        SignalKind.CONTINUE,
        _dialect(found, total_text),
        index,
        id=identifier(found.get("ID")),
        duration=duration(total_text) or None,
        elapsed=duration(elapsed_text),
    )
    return _with_message(signal, found, options, None)


def cue_in(value: str, index: int, options: CueOptions) -> Reading:
    """EXT-X-CUE-IN, with or without attributes."""
    found = named(value)
    signal = Signal(SignalKind.IN, _dialect(found, None), index, id=identifier(found.get("ID")))
    read = _with_message(signal, found, options, None)
    # The tag ends whatever is open: the type of a message inside must not tie it to one kind of break.
    return Reading(tuple(replace(each, segmentation=None) for each in read.signals), read.reason)


def _dialect(found: Mapping[str, str], planned: str | None) -> Dialect:
    names = found.keys()
    if names & _MEDIACONVERT:
        return Dialect.MEDIACONVERT
    if names & _MEDIAKIND or is_iso(planned):
        return Dialect.MEDIAKIND
    if "TIME" in names:
        return Dialect.ADOBE_FER
    if "ID" in names:
        return Dialect.MEDIAKIND
    return Dialect.OATCLS if names & _ENHANCED else Dialect.CUE


def _with_message(signal: Signal, found: Mapping[str, str], options: CueOptions, reason: str | None) -> Reading:
    text = found.get("SCTE35") or found.get("CUE")
    if text is None:
        return Reading((signal,), reason)
    signal, problem = enriched(signal, text, options)
    return Reading((signal,), reason or problem)
