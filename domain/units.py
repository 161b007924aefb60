"""Units that a type checker sees.

Time is integer microseconds, media clocks are integer 90 kHz ticks, money is integer micros.
Decimals exist only at the edge: they are parsed here and written here.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Final, NewType

Microseconds = NewType("Microseconds", int)
Ticks = NewType("Ticks", int)
Micros = NewType("Micros", int)

SECOND: Final = Microseconds(1_000_000)
MILLISECOND: Final = Microseconds(1_000)
TICKS_PER_SECOND: Final = 90_000
PTS_WRAP: Final = 1 << 33
"""MPEG-2 presentation timestamps are 33 bits of a 90 kHz clock (ISO/IEC 13818-1)."""

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_ONE: Final = timedelta(microseconds=1)
_DECIMAL: Final = re.compile(r"([+-]?)(\d*)(?:\.(\d*))?", re.ASCII)
_DATE: Final = re.compile(
    r"(\d{4})-(\d\d)-(\d\d)[Tt ](\d\d):(\d\d)(?::(\d\d)(?:[.,](\d+))?)?\s*(?:([Zz])|([+-])(\d\d):?(\d\d)?)?",
    re.ASCII,
)
_MAX_DIGITS: Final = 15
"""More whole digits than this would be a duration of millions of years: not a time."""


def microseconds(text: str) -> Microseconds:
    """Parse decimal seconds exactly; digits past the sixth are rounded half up.

    Raises ``ValueError`` for anything but ``[+-]digits[.digits]``.
    """
    match = _DECIMAL.fullmatch(text.strip())
    if match is None:
        raise ValueError(text)
    sign, whole, fraction = match[1], match[2], match[3] or ""
    if (not whole and not fraction) or len(whole) > _MAX_DIGITS:
        raise ValueError(text)
    value = int(whole or "0") * 1_000_000 + int((fraction + "000000")[:6])
    if len(fraction) > 6 and fraction[6] >= "5":
        value += 1
    return Microseconds(-value if sign == "-" else value)


def seconds(value: int) -> float:
    """Microseconds as float seconds, for people and JSON; never for arithmetic."""
    return value / 1_000_000


def decimal(value: int, digits: int = 6) -> str:
    """Microseconds as decimal seconds with ``digits`` (at most 6) places, truncated, exact at 6."""
    sign, value = ("-", -value) if value < 0 else ("", value)
    whole, fraction = divmod(value, 1_000_000)
    return f"{sign}{whole}.{fraction:06d}"[: None if digits == 6 else digits - 6]


def ticks_to_microseconds(ticks: int) -> Microseconds:
    """90 kHz ticks to microseconds, rounded half up."""
    return Microseconds((ticks * 100 + 4) // 9)


def microseconds_to_ticks(value: int) -> Ticks:
    """Microseconds to 90 kHz ticks, rounded half up."""
    return Ticks((value * 9 + 50) // 100)


def instant(text: str) -> Microseconds:
    """Parse an ISO 8601 date-time to microseconds since the Unix epoch; no zone means UTC.

    Raises ``ValueError`` for anything else, impossible dates included.
    """
    match = _DATE.fullmatch(text.strip())
    if match is None:
        raise ValueError(text)
    year, month, day, hour, minute = (int(match[k]) for k in range(1, 6))
    second = int(match[6] or 0)
    leap = second == 60
    moment = datetime(year, month, day, hour, minute, 59 if leap else second, tzinfo=UTC)
    value = (moment - _EPOCH) // _ONE + (1_000_000 if leap else 0)
    fraction = match[7] or ""
    value += int((fraction + "000000")[:6]) + (1 if len(fraction) > 6 and fraction[6] >= "5" else 0)
    if match[9]:
        offset = (int(match[10]) * 60 + int(match[11] or 0)) * 60_000_000
        value -= offset if match[9] == "+" else -offset
    return Microseconds(value)


def date(value: int) -> str:
    """Microseconds since the Unix epoch as ISO 8601 in UTC, to the millisecond (rounded half up)."""
    moment = _EPOCH + timedelta(milliseconds=(value + 500) // 1000)
    return moment.strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03d}Z"
