"""Tags that are little more than a SCTE-35 message: EXT-OATCLS-SCTE35, EXT-X-SPLICEPOINT-SCTE35, EXT-SCTE35."""

from __future__ import annotations

from dataclasses import replace

from ssai.cues.reading import Reading, duration, identifier, named
from ssai.cues.signal import Dialect, SignalKind
from ssai.cues.splice import CueOptions, signals_of


def oatcls(value: str, index: int, options: CueOptions) -> Reading:
    """EXT-OATCLS-SCTE35: the message in base64, before the out, before the in, or alone."""
    return signals_of(value, Dialect.OATCLS, index, options)


def splicepoint(value: str, index: int, options: CueOptions) -> Reading:
    """EXT-X-SPLICEPOINT-SCTE35: the message in base64, for out and for in."""
    return signals_of(value, Dialect.SPLICEPOINT, index, options)


def asset(_value: str, _index: int, _options: CueOptions) -> Reading:
    """EXT-X-ASSET describes the programme for ad servers; it is no signal of its own."""
    return Reading()


def loose(value: str, index: int, options: CueOptions) -> Reading:
    """EXT-SCTE35: the message in CUE, and perhaps an ID and a DURATION."""
    found = named(value)
    if "CUE" not in found:
        return Reading(reason="no CUE attribute")
    read = signals_of(found["CUE"], Dialect.LOOSE, index, options, identifier(found.get("ID")))
    planned = duration(found.get("DURATION")) or None
    if planned is None:
        return read
    return Reading(
        tuple(replace(each, duration=planned) if each.kind is SignalKind.OUT else each for each in read.signals),
        read.reason,
    )
