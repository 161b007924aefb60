"""The signal: one form for what every dialect says."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from domain.units import Microseconds


class Dialect(StrEnum):
    """How a packager writes its cues (the table of dialects stands in ``docs/dialects.md``)."""

    CUE = "cue"
    OATCLS = "oatcls"
    DATERANGE = "daterange"
    SPLICEPOINT = "splicepoint"
    SCTE35 = "scte35"
    ADOBE = "adobe"
    ADOBE_FER = "adobe-fer"
    MEDIAKIND = "mediakind"
    MEDIACONVERT = "mediaconvert"
    LOOSE = "loose"


class SignalKind(StrEnum):
    """What a tag announces."""

    OUT = "out"
    CONTINUE = "continue"
    IN = "in"


@dataclass(frozen=True, slots=True)
class Signal:
    """What one tag says.

    ``index`` is the place: the signal stands before the playlist's segment of that index (the number of segments when
    it stands after the last). ``at`` is the instant where the tag names one by date (microseconds since the Unix
    epoch), ``None`` where the place is the instant. ``duration`` is what is planned, ``elapsed`` how far the break has
    come at the place; microseconds. ``auto_return`` is SCTE-35's flag, ``None`` where the dialect does not say.
    ``insertion``: nothing is to be replaced (a duration of 0 in an out). ``segmentation`` is the SCTE-35 segmentation
    type, ``event`` the SCTE-35 event id. ``cancelled``: the event of this id is withdrawn.
    """

    kind: SignalKind
    dialect: Dialect
    index: int
    id: str | None = None
    at: Microseconds | None = None
    duration: Microseconds | None = None
    elapsed: Microseconds | None = None
    auto_return: bool | None = None
    insertion: bool = False
    segmentation: int | None = None
    event: int | None = None
    cancelled: bool = False
