"""Date ranges of a rendition: metadata with a life of its own, not a part of the segment that it was written at.

A range must stay in the playlist while its dates are listed (4.4.5.1), also when an ad stands where it was written, or
that segment has left: stitched playlists list all that hold ahead of their first segment.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Final

from domain.units import Microseconds, instant, microseconds
from ssai.cues.scan import is_cue
from ssai.hls.attributes import attributes
from ssai.hls.lines import Tag

MAX_RANGES: Final = 256
"""Ranges of one rendition that hold at once: more is no metadata that a viewer could use."""
MAX_LINES: Final = 8
"""Tags of one range: it may be told again with more attributes, such as its end."""


@dataclass(frozen=True, slots=True)
class DateRange:
    """One range: its tags as written, and from when to when it holds, by the origin's date-times.

    ``cue``: it announces an ad break.
    """

    id: str
    lines: tuple[str, ...]
    start: Microseconds
    end: Microseconds
    cue: bool


def collected(known: tuple[DateRange, ...], tags: Iterable[Tag]) -> tuple[DateRange, ...]:
    """The ranges after some more tags. One without an ID, or whose dates cannot be read, is no range."""
    ranges = {found.id: found for found in known}
    for tag in tags:
        if tag.name == "EXT-X-DATERANGE":
            _take(ranges, tag)
    return known if len(ranges) == len(known) and all(map(_same, known, ranges.values())) else tuple(ranges.values())


def holding(known: tuple[DateRange, ...], head: int) -> tuple[DateRange, ...]:
    """Those that have not ended before ``head``, the date-time of the first segment that is listed."""
    kept = tuple(found for found in known if found.end >= head)
    return known if len(kept) == len(known) else kept


def _same(one: DateRange, other: DateRange) -> bool:
    return one is other


def _take(ranges: dict[str, DateRange], tag: Tag) -> None:
    found = attributes(tag.value or "")
    name = found.get("ID")
    before = ranges.get(name or "")
    if not name or (before is None and len(ranges) >= MAX_RANGES):
        return
    if before is not None and (tag.line in before.lines or len(before.lines) >= MAX_LINES):
        return
    try:
        start = instant(found["START-DATE"]) if "START-DATE" in found else before.start if before else None
        if start is None:
            return
        end = _end(found, start)
    except ValueError:
        return
    if before is None:
        ranges[name] = DateRange(name, (tag.line,), start, end, is_cue(tag))
    else:
        cue = before.cue or is_cue(tag)
        ranges[name] = replace(before, lines=(*before.lines, tag.line), end=max(before.end, end), cue=cue)


def _end(found: dict[str, str], start: Microseconds) -> Microseconds:
    """A range without an end of its own holds at its start."""
    if "END-DATE" in found:
        return max(start, instant(found["END-DATE"]))
    length = found.get("DURATION", found.get("PLANNED-DURATION"))
    return start if length is None else Microseconds(start + max(0, microseconds(length)))
