"""EXT-X-DATERANGE (4.4.5.1): what one tag, one playlist and one ID over time must obey. Rules 19 and 26."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import urlsplit

from domain.units import instant, microseconds

_ROUNDING = 1_000
"""Microseconds: dates are written to the millisecond."""


def own_faults(given: dict[str, str]) -> Iterator[tuple[str, str]]:
    """Rule and message of what one tag alone breaks."""
    if not given.get("ID"):
        yield "19", "EXT-X-DATERANGE without an ID"
    for name in ("START-DATE", "END-DATE"):
        if name in given and date(given, name) is None:
            yield "19", f"{name} is no date"
    for name in ("DURATION", "PLANNED-DURATION"):
        if name in given and length(given, name) is None:
            yield "19", f"{name} is no duration"
    start, end, duration = date(given, "START-DATE"), date(given, "END-DATE"), length(given, "DURATION")
    if start is not None and end is not None:
        if end < start:
            yield "19", "END-DATE before START-DATE"
        elif duration is not None and abs(start + duration - end) > _ROUNDING:
            yield "19", "END-DATE is not START-DATE plus DURATION"
    if given.get("END-ON-NEXT") == "YES" and ("CLASS" not in given or "DURATION" in given or "END-DATE" in given):
        yield "19", "END-ON-NEXT needs a CLASS and bears neither DURATION nor END-DATE"
    if given.get("CLASS") == "com.apple.hls.interstitial" and not _plain_update(given):
        if ("X-ASSET-URI" in given) == ("X-ASSET-LIST" in given):
            yield "26", "an interstitial needs one of X-ASSET-URI and X-ASSET-LIST"
        elif "X-ASSET-URI" in given and not _has_scheme(given["X-ASSET-URI"]):
            yield "26", "X-ASSET-URI is not absolute"


def date(given: dict[str, str], name: str) -> int | None:
    """An attribute as microseconds since the Unix epoch; None where it is absent or no date."""
    try:
        return instant(given[name]) if name in given else None
    except ValueError:
        return None


def length(given: dict[str, str], name: str) -> int | None:
    """An attribute as microseconds; None where it is absent or no duration."""
    try:
        value = microseconds(given[name]) if name in given else None
    except ValueError:
        return None
    return value if value is not None and value >= 0 else None


def end(given: dict[str, str], *, planned: bool) -> int | None:
    """When a range ends, as far as it says: its start where it says nothing; None where it has no start.

    ``planned``: PLANNED-DURATION counts where no actual duration is known.
    """
    start = date(given, "START-DATE")
    stated = date(given, "END-DATE")
    if stated is not None:
        return stated
    lasts = length(given, "DURATION")
    if lasts is None and planned:
        lasts = length(given, "PLANNED-DURATION")
    return None if start is None else start + (lasts or 0)


def merged(known: dict[str, str], given: dict[str, str]) -> str | None:
    """Add a tag to what is known under its ID; the name of an attribute whose value differs, None where none does."""
    clash = next((name for name, value in given.items() if known.setdefault(name, value) != value), None)
    if clash is not None:
        known.update(given)
    return clash


def whole(given: dict[str, str]) -> bool:
    """Whether it says how long the range was."""
    return "DURATION" in given or "END-DATE" in given


def _plain_update(given: dict[str, str]) -> bool:
    """A later tag under a known ID may carry nothing but what it adds (4.4.5.1.2 needs no asset twice)."""
    return "START-DATE" not in given


def _has_scheme(uri: str) -> bool:
    try:
        return bool(urlsplit(uri).scheme)
    except ValueError:
        return False
