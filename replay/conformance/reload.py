"""One reload of a playlist held against the one before: rules 1, 2, 4, 5, 6, 8, 11, 12 and 15."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Final

from replay.conformance.block import Key
from replay.conformance.media import Media, Segment
from replay.conformance.model import TAU, Fault, shown

_ROUNDING: Final = 1_000
"""Microseconds: a date-time that is written again may round otherwise."""
_MAX_SHIFT: Final = 64
"""Segments by which numbers may be wrong for the fault to be named so; beyond it addresses changed under numbers."""

_DSN: Final = "EXT-X-DISCONTINUITY-SEQUENCE"


class Reload:
    """``before`` and ``after`` of one playlist. ``faults`` reads; then ``fresh`` is where new segments begin.

    ``broken``: numbers do not mean what they meant, so that nothing remembered under a number holds.

    Keys of faults have no numbers: what goes wrong in the same way with each reload is one fault.
    """

    def __init__(self, before: Media, after: Media, history: Mapping[int, Segment]) -> None:
        self.before = before
        self.after = after
        self.broken = False
        self.fresh = max(0, min(before.end - after.first, len(after.segments)))
        self._history = history

    def faults(self) -> Iterator[Fault]:
        """Everything that changed and must not."""
        yield from self._header()
        yield from self._window()

    def _header(self) -> Iterator[Fault]:
        before, after = self.before, self.after
        for name in ("EXT-X-TARGETDURATION", "EXT-X-VERSION"):
            was, now = before.header.get(name), after.header.get(name)
            if (was and was[1]) != (now and now[1]):
                message = f"{name} was {_told(was)} and is {_told(now)}"
                yield Fault("2", after.line(name), message, ("2", name))
        for name in ("EXT-X-INDEPENDENT-SEGMENTS", "EXT-X-MEDIA-SEQUENCE", _DSN):
            if (name in before.header) != (name in after.header):
                change = "appears" if name in after.header else "disappears"
                yield Fault("2", after.line(name), f"{name} {change}", ("2", name))
        if before.kind != after.kind and not (before.kind == "EVENT" and after.ended):
            message = f"EXT-X-PLAYLIST-TYPE was {before.kind} and is {after.kind}"
            yield Fault("11", after.line("EXT-X-PLAYLIST-TYPE"), shown(message), ("11", "type"))
        if before.ended and not after.ended:
            yield Fault("1", 1, "EXT-X-ENDLIST disappears", ("1", "endlist"))

    def _window(self) -> Iterator[Fault]:
        before, after = self.before, self.after
        shift = self._shift()
        removed = after.first - before.first + shift
        line = after.line("EXT-X-MEDIA-SEQUENCE")
        if shift:
            self.broken = True
            self.fresh = max(0, min(len(before.segments) - removed, len(after.segments)))
            message = f"{removed} segments left, EXT-X-MEDIA-SEQUENCE went from {before.first} to {after.first}"
            yield Fault("4", line, message, ("4",))
        else:
            if removed < 0:
                message = f"EXT-X-MEDIA-SEQUENCE falls from {before.first} to {after.first}"
                yield Fault("4", line, message, ("4",))
            yield from self._changed()
        if self.broken:
            return
        if after.end < before.end:
            message = f"the last {before.end - after.end} segments disappear"
            yield Fault("1", after.last_line, message, ("1", "end"))
        elif before.ended and after.end > before.end:
            yield Fault("1", after.last_line, "segments after EXT-X-ENDLIST", ("1", "after"))
        elif before.kind == after.kind == "VOD" and after.end > before.end:
            yield Fault("11", after.last_line, "segments come to a playlist of type VOD", ("11", "vod"))
        if removed > 0:
            yield from self._removed(removed)
        yield from self._sequence(removed)

    def _shift(self) -> int:
        """By how much the numbers of what stayed are wrong; 0 where they are right, or nothing is there to tell.

        Slate repeats its addresses: segments are the same ones only if one of them has an address of its own in both
        playlists, and none has another date. Where numbers say that nothing stayed, only dates can prove the contrary.
        """
        before, after = self.before, self.after
        if not after.segments or not before.segments:
            return 0
        step = after.first - before.first
        if 0 <= step < len(before.segments) and before.segments[step].address.same(after.segments[0].address):
            return 0
        counts = Counter(segment.address.url for media in (before, after) for segment in media.segments)
        for place, segment in enumerate(before.segments[: _MAX_SHIFT + max(step, 0)]):
            if place == step or not _alike(segment, after.segments[0]):
                continue
            if step >= len(before.segments) and (segment.pdt is None or after.segments[0].pdt is None):
                continue
            pairs = list(zip(before.segments[place:], after.segments, strict=False))
            if any(counts[one.address.url] == 2 for one, _ in pairs) and all(
                _alike(one, other) and _when(one, other) for one, other in pairs
            ):
                return place - step
        return 0

    def _changed(self) -> Iterator[Fault]:
        """Kept segments: rule 5 for what a number means, rule 1 for the rest, rule 15 for what the head lost."""
        before, after = self.before, self.after
        told: set[str] = set()
        if after.segments and after.first > before.first and after.first < before.end:
            yield from self._head_lost(before.segment(after.first), after.segments[0], told)
        for segment in after.segments:
            if before.first <= segment.number < before.end:
                was = before.segment(segment.number)
            elif segment.number in self._history:
                was = self._history[segment.number]
            else:
                continue
            if not _alike(was, segment):
                self.broken = True
                yield self._misplaced(was, segment)
                return
            same = was.block is segment.block and was.keys == segment.keys and was.map == segment.map
            if same and was.pdt == segment.pdt:
                continue
            head = segment is after.segments[0] and segment.number > before.first
            for what, message in _differences(was, segment, head=head):
                if what not in told:
                    told.add(what)
                    if what == "keys" and self._late(was, segment):
                        yield Fault("12", segment.uri_line, "keys that were lost after ads come back", ("12", "late"))
                        continue
                    yield Fault("1", segment.uri_line, message, ("1", what))

    def _late(self, was: Segment, now: Segment) -> bool:
        """Whether keys come to content that came without them after ads: its writer knew that they are in force."""
        forms = {key.keyformat for key in was.keys}
        if was.block.creative is not None or not forms < {key.keyformat for key in now.keys}:
            return False
        if not self.before.first < was.number < self.before.end:
            return False
        for number in range(was.number - 1, self.before.first - 1, -1):
            segment = self.before.segment(number)
            if segment.block.creative is not None:
                return True
            if segment.keys != was.keys:
                break
        return False

    def _head_lost(self, was: Segment, now: Segment, told: set[str]) -> Iterator[Fault]:
        lost = {
            "keys": bool({key.keyformat for key in was.keys} - {key.keyformat for key in now.keys}),
            "map": was.map is not None and now.map is None,
            "date": was.pdt is not None and not self.after.dated,
            "bitrate": was.bitrate is not None and now.bitrate is None,
        }
        for what in [what for what, gone in lost.items() if gone]:
            told.add(what)
            yield Fault("15", now.line, f"the head of the window lost its {what}", ("15", what))

    def _misplaced(self, was: Segment, now: Segment) -> Fault:
        """Another address under a number: from the middle (rule 1), or decided anew (rule 5)."""
        before, after = self.before, self.after
        place = now.number - before.first
        if 0 < place < len(before.segments) and now.number > after.first:
            rest = after.segments[now.number - after.first :]
            for skipped in range(1, min(len(before.segments) - place, _MAX_SHIFT)):
                pairs = list(zip(before.segments[place + skipped :], rest, strict=False))
                if pairs and all(_alike(one, other) for one, other in pairs):
                    message = f"{skipped} segments left from the middle"
                    return Fault("1", now.uri_line, message, ("1", "middle"))
            for added in range(1, min(len(rest), _MAX_SHIFT)):
                pairs = list(zip(before.segments[place:], rest[added:], strict=False))
                if pairs and all(_alike(one, other) for one, other in pairs):
                    message = f"{added} segments came into the middle"
                    return Fault("1", now.uri_line, message, ("1", "middle"))
        message = f"number {now.number} was {shown(was.address.raw)} and is {shown(now.address.raw)}"
        if was.address.same(now.address):
            message = f"number {now.number} has another byte range"
        return Fault("5", now.uri_line, message, ("5",))

    def _removed(self, removed: int) -> Iterator[Fault]:
        after = self.after
        if after.kind is not None:
            message = f"segments leave a playlist of type {shown(after.kind)}"
            yield Fault("11", after.line("EXT-X-PLAYLIST-TYPE"), message, ("11", "sliding"))
        if not after.ended and after.duration < 3 * after.limit:
            message = f"{removed} segments left, {after.duration / 1_000_000:g} s stay: less than 3 target durations"
            yield Fault("8", after.line("EXT-X-MEDIA-SEQUENCE"), message, ("8",))

    def _sequence(self, removed: int) -> Iterator[Fault]:
        """Rule 6: the discontinuity sequence number counts the tags that left."""
        before, after = self.before, self.after
        line = after.line(_DSN)
        if removed < 0:
            return
        gone = before.segments[:removed]
        expected = gone[-1].dsn if gone else before.dsn
        key = ("6",)
        if removed > len(before.segments) or not after.segments:
            if after.dsn < expected:
                yield Fault("6", line, f"{_DSN} is {after.dsn}, at least {expected} tags have left", key)
            return
        if removed < len(before.segments):
            was, now = before.segments[removed], after.segments[0]
            expected += max(was.block.discontinuities - now.block.discontinuities, 0)
        if after.dsn != expected:
            yield Fault("6", line, f"{_DSN} is {after.dsn}, by the tags that left it is {expected}", key)


def _alike(one: Segment, other: Segment) -> bool:
    """Whether two segments are one by address and byte range."""
    if one.block is other.block and one.block.range is None:
        return True
    return one.address.same(other.address) and (
        one.range == other.range
        # What a range without an offset continues left with the segment before it: rule 15 tells that.
        or (one.block.range is not None and other.block.range is not None and None in {one.range, other.range})
    )


def _when(one: Segment, other: Segment) -> bool:
    """Whether nothing speaks against both being shown at the same instant."""
    return one.pdt is None or other.pdt is None or abs(one.pdt - other.pdt) <= TAU + one.slack + other.slack


def _differences(was: Segment, now: Segment, *, head: bool) -> Iterator[tuple[str, str]]:
    if was.block.duration != now.block.duration:
        message = f"a kept segment lasted {was.block.duration / 1_000_000:g} s and lasts {now.block.duration / 1e6:g}"
        yield "duration", message
    if was.block.gap != now.block.gap:
        yield "gap", "EXT-X-GAP of a kept segment changes"
    tags, left = was.block.discontinuities, now.block.discontinuities
    if left > tags or (left < tags and not head):
        yield "discontinuity", "EXT-X-DISCONTINUITY of a kept segment changes"
    if not _same_keys(was.keys, now.keys):
        yield "keys", "the keys in force at a kept segment change"
    if (was.map is None) != (now.map is None) or (
        was.map is not None
        and now.map is not None
        and (was.map.range != now.map.range or not was.map.address.same(now.map.address))
    ):
        yield "map", "the EXT-X-MAP in force at a kept segment changes"
    elif not _same_keys(_whole(was.map_keys), _whole(now.map_keys)):
        yield "map", "the keys in force at a kept segment's EXT-X-MAP change"
    if was.pdt is not None and now.pdt is not None:
        own = was.block.pdt is not None and now.block.pdt is not None
        if abs(was.pdt - now.pdt) > (_ROUNDING if own else TAU + was.slack + now.slack):
            yield "date", f"the date-time of a kept segment moves by {(now.pdt - was.pdt) / 1000:+.0f} ms"


def _same_keys(one: tuple[Key, ...], other: tuple[Key, ...]) -> bool:
    return one == other or (
        len(one) == len(other)
        and all(
            here._replace(address=there.address) == there and here.address.same(there.address)
            for here, there in zip(one, other, strict=True)
        )
    )


def _whole(keys: tuple[Key, ...]) -> tuple[Key, ...]:
    """Keys that encrypt a map: SAMPLE-AES encrypts samples, of which it has none (4.4.4.4), AES-128 whole resources."""
    return tuple(key for key in keys if key.method == "AES-128")


def _told(header: tuple[int, str] | None) -> str:
    return "absent" if header is None else shown(header[1])
