"""One rendition of one channel version, ready to be joined into any seat's playlist.

Content is rendered in stretches that versions share, ad runs once a (pod, start) and rendition; a playlist is a header
with two numbers, joined with shared runs.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from operator import attrgetter
from typing import Final

from domain.units import SECOND
from ssai.breaks.record import Boundary
from ssai.channel.ranges import DateRange, holding
from ssai.channel.version import ChannelVersion
from ssai.channel.window import Window
from ssai.hls.lines import encode
from ssai.hls.playlist import Segment
from ssai.stitch.plan import Plan
from ssai.stitch.render import (
    DISCONTINUITY,
    AdMedia,
    ContentAddress,
    Opening,
    content_bytes,
    duration_text,
    item_bytes,
    sticky_bytes,
)


@dataclass(frozen=True, slots=True)
class Run:
    """What one plan shows in one rendition now.

    ``back`` is R (None while it is not known); ``sequence`` the discontinuity number of the first shown item, less the
    window's offsets; ``settled`` and ``adjacent`` are growth (A - N, G + rho - X) with rho 1 and 0.
    """

    first: Boundary
    back: Boundary | None
    body: bytes
    number: int
    """f + k of the first shown item."""
    sequence: int
    """The discontinuity number before the first shown item's own tag, relative to this break."""
    growth: tuple[int, int]
    adjacent_growth: tuple[int, int]


MAX_ITEMS: Final = 100_000
"""Rendered items kept for one rendition, about 250 bytes each: three breaks of 30 items for a thousand different pods.
Beyond it items are rendered with every version."""


STRETCH: Final = 64
"""Segments of content that are joined once for many versions: all of a window but for what lies at the ends of its
runs. Fewer would be more to look through, more would be more to join anew at each end."""


class ContentCache:
    """Rendered segments of one rendition, of content and of breaks, kept from version to version."""

    def __init__(self, address: ContentAddress, *, strip_cues: bool) -> None:
        self._address = address
        self._strip_cues = strip_cues
        self._bytes: dict[int, tuple[Segment, bytes]] = {}
        self._forgotten = 0
        self._stretches: dict[StretchKey, tuple[tuple[Segment, ...], bytes]] = {}
        self._last_stretches = self._stretches
        """Of the last version of which something was rendered."""
        self._items: dict[str, dict[ItemKey, bytes]] = {}

    def run(self, window: Window, start: int, stop: int, forced: bool) -> bytes:
        """Segments ``start`` to ``stop`` - 1 as they stand at the window's head or, ``forced``, after ads."""
        parts: list[bytes] = []
        low = start
        while low < stop:
            high = min(stop, low // STRETCH * STRETCH + STRETCH)
            parts.append(self._stretch(window, low, high, None if low > start else forced))
            low = high
        return b"".join(parts)

    def _stretch(self, window: Window, low: int, high: int, forced: bool | None) -> bytes:
        """A part of a run; ``forced`` is None where the run began before it."""
        key = (low, high, forced)
        place = low - window.first
        # With the segment before it, whose sticky tags hold.
        segments = window.segments[place - (forced is None) : high - window.first]
        known = self._stretches.get(key) or self._last_stretches.get(key)
        if known is None or known[0] != segments:
            known = segments, self._render(window, low, high, forced)
        self._stretches[key] = known
        return known[1]

    def _render(self, window: Window, low: int, high: int, forced: bool | None) -> bytes:
        parts: list[bytes] = []
        before = window.segments[low - 1 - window.first] if forced is None else None
        for index in range(low, high):
            segment = window.segments[index - window.first]
            if segment.discontinuity or (forced and index == low):
                parts.append(DISCONTINUITY)
            parts.append(self.sticky(segment, before, window.base))
            parts.append(self.segment(window, index))
            before = segment
        return b"".join(parts)

    def segment(self, window: Window, index: int) -> bytes:
        """Segment ``index`` without discontinuity and sticky tags."""
        segment = window.segments[index - window.first]
        known = self._bytes.get(index)
        # By value: of a version that was read, the segments at both ends are new objects.
        if known is not None and known[0] == segment:
            return known[1]
        text = content_bytes(
            segment,
            window.base,
            window.date(index),
            dated=window.dated,
            address=self._address,
            strip_cues=self._strip_cues,
        )
        self._bytes[index] = (segment, text)
        return text

    def sticky(self, segment: Segment, before: Segment | None, url: str) -> bytes:
        """The sticky tags that change from the segment before; None at the start of a run."""
        if before is not None and (segment.keys, segment.map, segment.bitrate) == (
            before.keys,
            before.map,
            before.bitrate,
        ):
            return b""
        return sticky_bytes(segment, before, url, self._address)

    def ranges(self, window: Window) -> tuple[DateRange, ...]:
        """The date ranges that a playlist of this window lists."""
        known = holding(window.ranges, window.date(window.first)) if window.segments else window.ranges
        return tuple(found for found in known if not (self._strip_cues and found.cue))

    def turn(self, first: int, breaks: Collection[str]) -> None:
        """A new version, whose window begins with segment ``first``: let go of what has left it, and of the items of
        other breaks than these.
        """
        if self._stretches:
            self._stretches, self._last_stretches = {}, self._stretches
        if first // STRETCH != self._forgotten:
            # Not for each segment that leaves: there may be thousands to look through.
            self._forgotten = first // STRETCH
            self._bytes = {index: known for index, known in self._bytes.items() if index >= first}
        for key in self._items.keys() - set(breaks):
            del self._items[key]

    def items(self, key: str) -> dict[ItemKey, bytes]:
        """Rendered items of one break; shared by all pods that have them there."""
        return self._items.setdefault(key, {})

    @property
    def item_count(self) -> int:
        """How many items are kept."""
        return sum(map(len, self._items.values()))


StretchKey = tuple[int, int, bool | None]
"""From which index to which, and whether a run begins there: after ads (True), otherwise (False), or not (None)."""

ItemKey = tuple[str, int, int | None, Opening]
"""Creative, index, date-time, and what the item says besides itself."""

Layout = tuple[int, int, tuple[bytes, ...]]
"""Both numbers of the header for a seat without folded breaks, and the parts that follow the header."""


class View:
    """One rendition of one version. Memoizes what it renders; otherwise immutable."""

    def __init__(
        self, version: ChannelVersion, rendition: str, content: ContentCache, media: AdMedia, min_version: int
    ) -> None:
        window = version.windows[rendition]
        head = version.heads[rendition]
        self.rendition: Final = rendition
        self.window: Final = window
        self._content_cache = content
        self._media = media
        self._pieces: dict[tuple[int, int, bool], bytes] = {}
        self._run_by_id: dict[int, tuple[Plan, Run | None]] = {}
        self._encrypted = any(map(attrgetter("keys"), window.segments))
        lines = [
            "#EXTM3U",
            f"#EXT-X-VERSION:{max(head.version, min_version)}",
            f"#EXT-X-TARGETDURATION:{version.target_duration // SECOND}",
            *(["#EXT-X-INDEPENDENT-SEGMENTS"] if head.independent else []),
            *([f"#EXT-X-PLAYLIST-TYPE:{head.kind}"] if head.kind is not None else []),
            *([] if head.hold_back is None else [f"#EXT-X-SERVER-CONTROL:HOLD-BACK={duration_text(head.hold_back)}"]),
            *([] if head.start is None else [f"#EXT-X-START:{head.start.replace('%', '%%')}"]),
            "#EXT-X-MEDIA-SEQUENCE:%d",
            "#EXT-X-DISCONTINUITY-SEQUENCE:%d",
            *(line.replace("%", "%%") for found in content.ranges(window) for line in found.lines),
            "",
        ]
        self._header = encode("\n".join(lines))
        # Before all renditions have ended a break may still get its last pieces of slate.
        self._over = version.over
        self._tail = b"#EXT-X-ENDLIST\n" if self._over and window.ended and window.exposed == window.after else b""
        content.turn(window.first, {record.key for record in version.breaks if not record.folded})
        self._keep_items = content.item_count < MAX_ITEMS

    def playlist(self, plans: Sequence[Plan], numbers: int, sequences: int) -> bytes:
        """The playlist of a seat with these plans (unfolded, by start) and folded offsets O and Q.

        Raises ``KeyError`` when a creative lacks this rendition.
        """
        return b"".join(self.pieces(self.layout(plans), numbers, sequences))

    def pieces(self, layout: Layout, numbers: int, sequences: int) -> tuple[bytes, ...]:
        """The playlist of a seat with this layout and folded offsets O and Q, to be joined."""
        number, sequence, parts = layout
        return self._header % (number + numbers, sequence + sequences), *parts

    def layout(self, plans: Sequence[Plan]) -> Layout:
        """What all seats with these plans share, whatever was folded before. ``KeyError`` as ``playlist``."""
        window, numbers, sequences = self.window, 0, 0
        cursor, stop = window.first, window.exposed
        parts: list[bytes] = []
        first_number: int | None = None
        first_sequence = 0
        forced = False
        runs = [run for plan in plans if (run := self._run(plan)) is not None]
        count = len(runs)
        for place, run in enumerate(runs):
            start = run.first.index
            if cursor < start and cursor < stop:
                parts.append(self._content(cursor, min(start, stop), forced))
                if first_number is None:
                    first_number, first_sequence = cursor + numbers, self._before(cursor, forced) + sequences
            if run.body:
                parts.append(run.body)
                if first_number is None:
                    first_number, first_sequence = run.number + numbers, run.sequence + sequences
            back = run.back
            if back is None:
                cursor = stop
                break
            adjacent = place + 1 < count and runs[place + 1].first.index == back.index
            growth = run.adjacent_growth if adjacent else run.growth
            numbers += growth[0]
            sequences += growth[1]
            forced = not adjacent and back.index >= cursor
            cursor = max(cursor, back.index)
        if cursor < stop:
            parts.append(self._content(cursor, stop, forced))
            if first_number is None:
                first_number = cursor + numbers
                first_sequence = self._before(cursor, forced) + sequences
        elif first_number is None:
            first_number, first_sequence = cursor + numbers, self._before(cursor, forced) + sequences
        return first_number, first_sequence, (*parts, self._tail)

    def _before(self, index: int, forced: bool) -> int:
        """D_i before the tag of segment ``index``: its own, or the one it gets because ads stand before it."""
        before = self.window.sequence_before(index)
        place = index - self.window.first
        own = place < len(self.window.segments) and self.window.segments[place].discontinuity
        return before - 1 if forced and not own else before

    def _content(self, start: int, stop: int, forced: bool) -> bytes:
        key = (start, stop, forced)
        known = self._pieces.get(key)
        if known is None:
            known = self._pieces[key] = self._content_cache.run(self.window, start, stop, forced)
        return known

    def _run(self, plan: Plan) -> Run | None:
        known = self._run_by_id.get(id(plan))
        if known is None:
            known = self._run_by_id[id(plan)] = (plan, self._make_run(plan))
        return known[1]

    def _make_run(self, plan: Plan) -> Run | None:
        """The run of a plan; None if the rendition has not come so far, or the plan came to nothing."""
        window = self.window
        first = plan.first(self.rendition)
        if first is None or (plan.settled and not plan.items):
            return None
        settled = plan.settled and self.rendition in plan.returns
        # At the end of the stream a break shows the same items in every rendition that came so far.
        edge = max(window.shown_edge, plan.end or 0) if self._over and settled else window.shown_edge
        low, high = plan.visible(window.head, edge)
        body = b"".join(self._shown_items(plan, low, high, self._openings(first.index)))
        tags_before = plan.tags[low - 1] if low else 0
        return Run(
            first=first,
            back=plan.returns[self.rendition] if settled else None,
            body=body,
            number=first.index + low,
            sequence=first.sequence + tags_before,
            growth=plan.growth(self.rendition, adjacent=False) if settled else (0, 0),
            adjacent_growth=plan.growth(self.rendition, adjacent=True) if settled else (0, 0),
        )

    def _openings(self, first: int) -> tuple[Opening, Opening]:
        """How the first shown item of a run opens, and all others; ``first`` is f."""
        window = self.window
        place = max(first - window.first, 0)
        # Ads state a bit rate from where the content does.
        bitrate = place < len(window.segments) and window.segments[place].bitrate is not None
        return Opening(first=True, clear=self._encrypted, bitrate=bitrate), Opening(False, False, bitrate)

    def _shown_items(self, plan: Plan, low: int, high: int, openings: tuple[Opening, Opening]) -> Iterator[bytes]:
        # Keeping what was rendered for the version before: 15 ms in place of 73 with every version that has 64 pods in
        # each of three breaks and three renditions.
        known = self._content_cache.items(plan.record.key)
        first = plan.first(self.rendition)
        # The clock that held when the break began: what was published keeps its dates when the clock is set.
        skew = self.window.skew_at(first.index) if first is not None and self.window.dated else None
        opening, following = openings
        for item in plan.items[low:high]:
            when = None if skew is None else item.start - skew
            key = (item.creative, item.index, when, opening)
            text = known.get(key)
            if text is None:
                segment = self._media.segment(item.creative, self.rendition, item.index)
                text = item_bytes(item, segment, when, opening)
                if self._keep_items:
                    known[key] = text
            yield text
            opening = following
