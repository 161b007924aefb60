"""Renditions of one presentation held against each other: rules 20 and 21."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator, Mapping
from typing import Final, NamedTuple, TypeVar

from replay.conformance.media import Media, Segment
from replay.conformance.model import APART, Fault, shown
from replay.conformance.tokens import attributes

_KEPT: Final = 2_000
"""Instants kept of one rendition: over an hour of 2 s segments, which is as far as one may lag behind another."""

_CONTROL: Final = "EXT-X-SERVER-CONTROL"
_Place = TypeVar("_Place", bound=Hashable)


class Instant(NamedTuple):
    """Where a segment starts, and for how long; without a date-time ``at`` is 0 and ``duration`` None."""

    at: int
    dsn: int
    creative: str | None
    duration: int | None


class Instants:
    """Where segments of one rendition start, found by time."""

    def __init__(self) -> None:
        self._at: dict[int, Instant] = {}
        self._shown: dict[tuple[int, str | None], Instant] = {}
        self._undated: dict[int, Instant] = {}

    def add(self, segment: Segment) -> None:
        """Keep one segment; one without a date-time is kept by its discontinuity sequence number."""
        creative = segment.block.creative
        if segment.pdt is None:
            _keep(self._undated, segment.dsn, Instant(0, segment.dsn, creative, None))
            return
        instant = Instant(segment.pdt, segment.dsn, creative, segment.block.duration)
        _keep(self._at, segment.pdt // APART, instant)
        _keep(self._shown, (segment.pdt // APART, creative), instant)

    def near(self, segment: Segment) -> Instant | None:
        """What starts within 100 ms of this segment: first what shows the same; for an undated one its equal by number.

        The last piece of slate may reach into the content, so that two starts of one rendition lie within 100 ms.
        """
        if segment.pdt is None:
            return self._undated.get(segment.dsn)
        same = self._same(segment.pdt, segment.block.creative)
        return same or _nearest(segment.pdt, (self._at.get(place) for place in _places(segment.pdt)))

    def shows(self, instant: Instant) -> bool:
        """Whether a segment starts here that shows the same as one of another rendition."""
        return self._same(instant.at, instant.creative) is not None

    def _same(self, at: int, creative: str | None) -> Instant | None:
        return _nearest(at, (self._shown.get((place, creative)) for place in _places(at)))


class Pair:
    """What two renditions disagree about now, so that each disagreement is told once and for one of them."""

    def __init__(self) -> None:
        self._apart = 0
        self._differ = False
        self._cut = False
        self._told: set[str] = set()
        self._ranges: dict[tuple[str, str], None] = {}

    def instant(self, segment: Segment, other: Instant, name: str) -> Iterator[Fault]:
        """Rule 20 for one instant; ``name`` is the other rendition's."""
        creative, dsn = other.creative, other.dsn
        here = segment.block.creative
        if here != creative:
            if not self._differ:
                self._differ = True
                message = f"shows {_named(here)}, at the same instant {shown(name)} shows {_named(creative)}"
                yield Fault("20", segment.uri_line, message, ("20", name, segment.number, "creative"))
            # Their tags differ as well: that is one fault until both show the same again.
            return
        self._differ = False
        apart = abs(segment.dsn - dsn)
        if apart != self._apart:
            self._apart = apart
            if apart:
                message = f"discontinuity sequence number {segment.dsn}, at the same instant {dsn} in {shown(name)}"
                yield Fault("20", segment.uri_line, message, ("20", name, segment.number))
        if here is not None and other.duration is not None:
            # All renditions of a creative are cut within one audio frame, which is less than 100 ms.
            cut = abs(segment.block.duration - other.duration) > APART
            if cut and not self._cut:
                message = f"{_named(here)} lasts {_seconds(segment.block.duration)}, in {shown(name)} "
                message += _seconds(other.duration)
                yield Fault("20", segment.uri_line, message, ("20", name, segment.number, "cut"))
            self._cut = cut

    def snapshots(self, media: Media, other: Media, name: str, *, free: bool) -> Iterator[Fault]:
        """Rule 21 for two snapshots; ``free``: 6.2.4 lets one have a target duration of its own."""
        found: dict[str, tuple[int, str]] = {}
        if media.target is not None and other.target is not None and media.target != other.target:
            message = f"target duration {media.target} s, {other.target} s in {shown(name)}"
            found["target"] = (media.line("EXT-X-TARGETDURATION"), message)
        if media.segments and other.segments and media.dated != other.dated:
            here, there = ("", "none") if media.dated else ("no ", "some")
            found["dates"] = (1, f"{here}date-times here, {there} in {shown(name)}")
        if _control(media) != _control(other):
            found["control"] = (media.line(_CONTROL), f"{_CONTROL} differs from {shown(name)}")
        if free:
            found.clear()
        for what in found.keys() - self._told:
            line, message = found[what]
            yield Fault("21", line, message, ("21", what, name))
        self._told = set(found)

    def ranges(self, media: Media, other: Mapping[str, dict[str, str]], name: str) -> Iterator[Fault]:
        """Rule 21 for date ranges: attributes under one ID are equal wherever it is carried."""
        for line, given in media.dateranges:
            identity = given.get("ID", "")
            there = other.get(identity, {})
            for attribute in given.keys() & there.keys():
                if given[attribute] == there[attribute] or (identity, attribute) in self._ranges:
                    continue
                self._ranges[identity, attribute] = None
                if len(self._ranges) > _KEPT:
                    del self._ranges[next(iter(self._ranges))]
                message = f"{shown(attribute)} of DATERANGE {shown(identity)} differs from {shown(name)}"
                yield Fault("21", line, message, ("21", identity, attribute, name))


def _places(at: int) -> range:
    return range(at // APART - 1, at // APART + 2)


def _nearest(at: int, instants: Iterable[Instant | None]) -> Instant | None:
    near = (one for one in instants if one is not None and abs(one.at - at) <= APART)
    return min(near, key=lambda one: abs(one.at - at), default=None)


def _keep(instants: dict[_Place, Instant], place: _Place, instant: Instant) -> None:
    instants[place] = instant
    if len(instants) > _KEPT:
        del instants[next(iter(instants))]


def _control(media: Media) -> dict[str, str] | str | None:
    if _CONTROL not in media.header:
        return None
    text = media.header[_CONTROL][1]
    return attributes(text) or text


def _seconds(duration: int) -> str:
    return f"{duration / 1_000_000:g} s"


def _named(creative: str | None) -> str:
    return "content" if creative is None else f"ad {shown(creative)}"
