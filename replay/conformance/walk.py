"""Segments in the order in which they appear, each looked at once: rules 7, 11, 12, 13, 14 and 18."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from replay.conformance.block import Init, Key
from replay.conformance.media import Segment
from replay.conformance.model import APART, TAU, Fault, shown

_MAX_RUN: Final = 4096
"""Addresses kept of the run of one creative, and keys told: longer runs repeat unseen, more keys are told again."""

_CLOCK: Final = 60_000_000
"""Microseconds: a date-time that jumps by more is of a clock that was set."""


class Walk:
    """What must be remembered from one segment to the next, over all reloads of one playlist.

    ``advertised``: what is an ad is known, so that rules about ads can be judged.
    """

    def __init__(self, *, advertised: bool) -> None:
        self._advertised = advertised
        self._mapped: bool | None = None
        self._container: str | None = None
        self._content_formats: frozenset[str] = frozenset()
        self._lost: set[str] = set()
        self._run: set[tuple[str, tuple[int, int] | None]] = set()
        self._told: set[Key] = set()

    def lost(self) -> None:
        """What was taken back or renumbered may come by a second time."""
        self._run.clear()

    def over(self, segments: Sequence[Segment], start: int, *, dated: bool) -> Iterator[Fault]:
        """Faults of ``segments[start:]``; ``dated``: the playlist has had date-times."""
        for place in range(start, len(segments)):
            last = segments[place - 1] if place else None
            segment = segments[place]
            if last is None:
                # What stood before it is not known: nothing to repeat.
                self._run.clear()
            else:
                yield from self._boundary(last, segment)
                yield from self._returned(last, segment)
                yield from _back(last, segment)
                yield from _hole(last, segment)
            yield from self._format(segment, last)
            if self._advertised:
                yield from _keyed(last, segment)
                yield from self._bare(segment)
            if dated and segment.block.discontinuities and segment.block.pdt is None:
                line = segment.line + segment.block.discontinuity_line
                yield Fault("18", line, "no date-time after a discontinuity", ("18", segment.number, "absent"))
            if segment.block.creative is None:
                self._content_formats = frozenset(key.keyformat for key in segment.keys)

    def _boundary(self, last: Segment, segment: Segment) -> Iterator[Fault]:
        """Rule 7: what changes at a boundary, the tag of which is missing."""
        before, now = last.block.creative, segment.block.creative
        containers = {last.block.container, segment.block.container} - {None}
        reason = None
        if segment.block.discontinuities:
            self._run.clear()
        elif before != now:
            reason = f"{_named(before)} goes over into {_named(now)}"
            self._run.clear()
        elif (segment.address.url, segment.range) in self._run:
            reason = f"{_named(now)} starts over"
            self._run.clear()
        elif self._advertised:
            # Inside one creative, and inside the content, formats are their owners' affair.
            reason = None
        elif not _same_init(last.map, segment.map):
            reason = "EXT-X-MAP changes"
        elif len(containers) == 2 and not last.block.gap and not segment.block.gap:
            reason = f"{last.block.container} goes over into {segment.block.container}"
        if now is not None and len(self._run) < _MAX_RUN:
            self._run.add((segment.address.url, segment.range))
        if reason is not None:
            yield Fault("7", segment.uri_line, f"{reason} without a discontinuity", ("7", segment.number))

    def _format(self, segment: Segment, last: Segment | None) -> Iterator[Fault]:
        """Rule 14, told where a run of another format begins."""
        block = segment.block
        if block.gap:
            return
        mapped = segment.map is not None
        if mapped and last is not None and _turns(last, segment) and _same_init(last.map, segment.map):
            whose = "the content's" if last.block.creative is None else "an ad's"
            message = f"{whose} EXT-X-MAP stays in force beyond it"
            yield Fault("14", segment.uri_line, message, ("14", segment.number, "kept"))
        if self._mapped is None:
            self._mapped = mapped
        elif mapped != self._mapped and (last is None or (last.map is not None) == self._mapped):
            what = ("without", "with") if mapped else ("with", "without")
            message = f"a segment {what[1]} EXT-X-MAP in a playlist {what[0]} one"
            yield Fault("14", segment.uri_line, message, ("14", segment.number, "map"))
        if block.container is None:
            return
        if self._container is None:
            self._container = block.container
        elif block.container != self._container and (last is None or last.block.container == self._container):
            message = f"{block.container} in a playlist of {self._container}"
            yield Fault("14", segment.uri_line, message, ("14", segment.number, "container"))

    def _bare(self, segment: Segment) -> Iterator[Fault]:
        """Rule 13, told once for a key."""
        for key in segment.keys:
            if key.needs_iv and not key.iv and key not in self._told:
                if len(self._told) < _MAX_RUN:
                    self._told.add(key)
                message = f"{key.method} without an IV in a playlist whose numbers are not the origin's"
                yield Fault("13", segment.uri_line, message, ("13", segment.number))

    def _returned(self, last: Segment, segment: Segment) -> Iterator[Fault]:
        """What must be again as it was when the content comes back: rule 12, and rule 18's 225 ms.

        The origin may have ended a key format inside the break, and nothing tells a client. So the ads' fault is only
        what is lost at two returns in a row; ``reload`` tells it also where the head of a later window has the key.
        """
        if last.block.creative is None or segment.block.creative is not None:
            return
        kept = {key.keyformat for key in segment.keys}
        lost = self._content_formats - kept
        again, self._lost = lost & self._lost, (self._lost | lost) - kept
        if again:
            message = f"again no key of {shown(', '.join(sorted(again)))} is in force after ads, before them one was"
            yield Fault("12", segment.uri_line, message, ("12", segment.number, "lost"))
        if segment.block.pdt is None or segment.expected is None:
            return
        apart = segment.block.pdt - segment.expected
        if abs(apart) > TAU + APART + segment.slack:
            message = f"after the ads the date-time is {apart / 1000:+.0f} ms off"
            yield Fault("18", segment.line + segment.block.pdt_line, message, ("18", segment.number, "return"))


def _back(last: Segment, segment: Segment) -> Iterator[Fault]:
    """Rule 18: an instant that is shown twice."""
    pdt, expected = segment.block.pdt, segment.expected
    if pdt is None or expected is None or (last.block.creative is not None and segment.block.creative is None):
        return
    allowed = TAU + segment.slack + (APART if segment.block.discontinuities else 0)
    if pdt < expected - allowed:
        message = f"the date-time goes back by {(expected - pdt) / 1000:.0f} ms"
        yield Fault("18", segment.line + segment.block.pdt_line, message, ("18", segment.number, "back"))


def _hole(last: Segment, segment: Segment) -> Iterator[Fault]:
    """Rule 11: content that is left out, which dates tell where they jump by as much as a segment beside it takes."""
    pdt, expected = segment.block.pdt, segment.expected
    if pdt is None or expected is None or segment.block.discontinuities:
        return
    if last.block.creative is not None or segment.block.creative is not None:
        return
    least = max(last.block.duration - TAU, segment.block.duration - TAU, TAU + APART) + segment.slack
    if least < pdt - expected <= _CLOCK:
        message = f"{(pdt - expected) / 1_000_000:g} s are missing, and neither EXT-X-GAP nor a discontinuity says so"
        yield Fault("11", segment.uri_line, message, ("11", segment.number, "hole"))


def _keyed(last: Segment | None, segment: Segment) -> Iterator[Fault]:
    """Rule 12 for an ad, told where the run of ads, the key or the map begins."""
    if segment.block.creative is None:
        return
    first = last is None or last.block.creative is None
    if segment.keys and (first or last is None or last.keys != segment.keys):
        yield Fault("12", segment.uri_line, "an ad stands under a key", ("12", segment.number, "ad"))
    elif segment.map is not None and segment.map_keys and (first or last is None or last.map != segment.map):
        message = "an ad's EXT-X-MAP stands under a key"
        yield Fault("12", segment.uri_line, message, ("12", segment.number, "map"))


def _turns(last: Segment, segment: Segment) -> bool:
    """Whether content goes over into ads here, or back."""
    return (last.block.creative is None) != (segment.block.creative is None)


def _named(creative: str | None) -> str:
    return "content" if creative is None else f"ad {shown(creative)}"


def _same_init(one: Init | None, other: Init | None) -> bool:
    if one is None or other is None:
        return one is other
    return one.range == other.range and one.address.same(other.address)
