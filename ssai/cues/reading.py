"""What a reader makes of one tag, and the words readers have in common: durations, identifiers, attribute names."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from domain.units import SECOND, Microseconds, microseconds
from ssai.cues.signal import Signal
from ssai.hls.attributes import attributes

MAX_DURATION: Final = Microseconds(24 * 3600 * SECOND)
"""A number beyond a day is not the length of a break: it is read as unknown."""
_MAX_ID: Final = 256
"""Characters of an identifier. Those seen are below 40; a longer one is read as absent, never cut to a wrong one."""

_ISO: Final = re.compile(
    r"P(?:(\d{1,5})D)?(?:T(?:(\d{1,5})H)?(?:(\d{1,6})M)?(?:(\d{1,9}(?:\.\d*)?)S)?)?", re.ASCII | re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class Reading:
    """The signals of one tag; ``reason`` says what of the tag could not be used, for people."""

    signals: tuple[Signal, ...] = ()
    reason: str | None = None


def named(value: str) -> dict[str, str]:
    """The attributes of a tag by upper-case name, the first of a name wins."""
    found: dict[str, str] = {}
    for name, text in attributes(value).items():
        found.setdefault(name.upper(), text)
    return found


def positional(value: str) -> str:
    """What stands before the first comma when it is no attribute (``30`` or ``10/4,Action=REPLACE``), else nothing."""
    head = value.partition(",")[0].strip().strip('"').strip()
    return "" if "=" in head else head


def duration(text: str | None) -> Microseconds | None:
    """Decimal seconds or an ISO 8601 duration (``PT30S``) as microseconds; None for anything else, or beyond a day."""
    if text is None:
        return None
    text = text.strip().strip('"').strip()
    try:
        value = microseconds(text)
    except ValueError:
        match = _ISO.fullmatch(text)
        if match is None or not any(match.groups()):
            return None
        days, hours, minutes = (int(match[k] or 0) for k in (1, 2, 3))
        value = Microseconds(((days * 24 + hours) * 60 + minutes) * 60 * SECOND + microseconds(match[4] or "0"))
    return value if 0 <= value <= MAX_DURATION else None


def is_iso(text: str | None) -> bool:
    """Whether a duration is written as ISO 8601."""
    return text is not None and text.strip().strip('"').strip()[:1] in {"P", "p"}


def identifier(text: str | None) -> str | None:
    """An identifier as written; None when absent, empty or too long to be one."""
    text = (text or "").strip()
    return text if 0 < len(text) <= _MAX_ID else None
