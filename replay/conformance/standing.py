"""What one snapshot of a media playlist shows by itself, whatever came before it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from domain.units import microseconds
from replay.conformance.dateranges import merged
from replay.conformance.media import Media
from replay.conformance.model import Fault, shown
from replay.conformance.tokens import attributes

_HALF: Final = 500_000


def standing(media: Media) -> Iterator[Fault]:
    """Faults of this snapshot: rules 3, 4, 6, 15, 17, 19 and 23, and those of reading it."""
    yield from media.faults
    yield from _durations(media)
    yield from _order(media)
    yield from _head(media)
    if media.need[0] > media.version:
        version, line, feature = media.need
        message = f"{feature} needs version {version}, the playlist says {media.version}"
        yield Fault("17", line or media.line("EXT-X-VERSION"), message, ("17", version))
    if media.dateranges:
        yield from _dateranges(media)
    if "EXT-X-SKIP" in media.header:
        yield from _skip(media)
    if "EXT-X-SERVER-CONTROL" in media.header or "EXT-X-PART-INF" in media.header:
        yield from _control(media)


def _durations(media: Media) -> Iterator[Fault]:
    if media.target is None:
        return
    most = media.limit + _HALF
    for segment in media.segments[media.taken :]:
        # floor(d + 0.5) <= TD is d + 0.5 < TD + 1 (4.4.3.1).
        if segment.block.duration >= most:
            message = f"a segment rounds to more than the target duration of {media.target} s"
            yield Fault("3", segment.line + segment.block.duration_line, message, ("3", segment.number))


def _order(media: Media) -> Iterator[Fault]:
    first = media.first_uri_line
    for name, rule in (("EXT-X-MEDIA-SEQUENCE", "4"), ("EXT-X-DISCONTINUITY-SEQUENCE", "6")):
        if name in media.header and first and media.header[name][0] > first:
            yield Fault(rule, media.line(name), f"{name} stands after the first segment", (rule, "order"))
    name, boundary = "EXT-X-DISCONTINUITY-SEQUENCE", media.first_discontinuity_line
    if name in media.header and boundary and boundary < media.line(name) < first:
        yield Fault("6", media.line(name), f"{name} stands after EXT-X-DISCONTINUITY", ("6", "order"))


def _head(media: Media) -> Iterator[Fault]:
    """A window that slides carries a date-time at its head; one that only grows says so once, wherever it likes."""
    if not media.segments or not media.dated or media.ended or media.kind is not None or media.skipped:
        return
    head = media.segments[0]
    if head.pdt is None:
        yield Fault("15", head.line, "the head of the window has no date-time, others have", ("15", "date"))


def _dateranges(media: Media) -> Iterator[Fault]:
    if not media.dated and not media.skipped:
        line = media.dateranges[0][0]
        yield Fault("19", line, "EXT-X-DATERANGE without any EXT-X-PROGRAM-DATE-TIME", ("19", "undated"))
    known: dict[str, dict[str, str]] = {}
    for line, given in media.dateranges:
        name = given.get("ID")
        if not name:
            continue
        one = known.setdefault(name, {})
        clash = merged(one, given)
        if clash is not None:
            message = f"{shown(clash)} of {shown(name)} has two values"
            yield Fault("19", line, message, ("19", name, clash, given[clash]))
        if "START-DATE" not in one:
            yield Fault("19", line, f"{shown(name)} has no START-DATE", ("19", name, "start"))


def _skip(media: Media) -> Iterator[Fault]:
    line, text = media.header["EXT-X-SKIP"]
    need = 10 if "RECENTLY-REMOVED-DATERANGES" in text else 9
    if media.version < need:
        yield Fault("17", line, f"EXT-X-SKIP needs version {need}", ("17", need, "skip"))


def _control(media: Media) -> Iterator[Fault]:
    """Rule 23; the part hold back has no bound where no part target is stated."""
    given, parts = _given(media, "EXT-X-SERVER-CONTROL"), _given(media, "EXT-X-PART-INF")
    line = media.line("EXT-X-SERVER-CONTROL")
    bounds = {
        "PART-HOLD-BACK": 2 * (_length(parts, "PART-TARGET") or 0),
        "HOLD-BACK": 3 * media.limit,
        "CAN-SKIP-UNTIL": 6 * media.limit,
    }
    for name, least in bounds.items():
        value = _length(given, name)
        if value is not None and value < least:
            yield Fault("23", line, f"{name} is less than {least / 1_000_000:g} s", ("23", name))
    if parts and "PART-HOLD-BACK" not in given:
        yield Fault("23", media.line("EXT-X-PART-INF"), "parts without PART-HOLD-BACK", ("23", "absent"))


def _given(media: Media, name: str) -> dict[str, str]:
    return (attributes(media.header[name][1]) or {}) if name in media.header else {}


def _length(given: dict[str, str], name: str) -> int | None:
    try:
        return microseconds(given[name]) if name in given else None
    except ValueError:
        return None
