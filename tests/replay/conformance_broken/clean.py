"""The clean stitcher: cuts a viewer's playlists of any instant out of the whole event, by the rules.

Every decision is a method of its own, so that a broken stitcher differs from this one in one method.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from itertools import pairwise
from typing import Any, ClassVar

from tests.replay.conformance_broken.event import SECOND, VIDEOS
from tests.replay.conformance_broken.presentation import ADS, DateRange, Entry, Presentation, Rendition, date, seconds

BASE = "https://edge.example/event/"


class Clean:
    """Obeys every rule; one object is one viewer."""

    demands: ClassVar[Mapping[str, Any]] = {}
    """Traits that the presentation must have."""

    def __init__(self, presentation: Presentation) -> None:
        self.presentation = presentation
        self.traits = presentation.traits
        self.renditions = {name: self.edit(rendition) for name, rendition in presentation.renditions.items()}
        self.now = 0
        """The instant of the playlist that is being written."""

    def edit(self, rendition: Rendition) -> Rendition:
        """What is stitched; here a broken stitcher changes the event itself."""
        return rendition

    # The multivariant playlist

    def multivariant(self) -> str:
        text = ["#EXTM3U", f"#EXT-X-VERSION:{8 if self.traits.define == 'import' else 6}", *self.session()]
        text.append(self.group("AUDIO", "sound"))
        text.append(self.group("SUBTITLES", "text"))
        for k, name in enumerate(VIDEOS):
            text.append(
                f'#EXT-X-STREAM-INF:BANDWIDTH={(k + 2) * 800_000},CODECS="{self.codecs()}",RESOLUTION=640x360'
                ',FRAME-RATE=25.000,AUDIO="sound",SUBTITLES="text"'
            )
            text.append(self.address(name))
        return "\n".join([*text, ""])

    def session(self) -> list[str]:
        imported = [f'#EXT-X-DEFINE:NAME="ads",VALUE="{ADS}"'] if self.traits.define == "import" else []
        return ["#EXT-X-INDEPENDENT-SEGMENTS", *imported]

    def group(self, kind: str, name: str) -> str:
        return (
            f'#EXT-X-MEDIA:TYPE={kind},GROUP-ID="{name}",NAME="English",LANGUAGE="en",DEFAULT=YES,AUTOSELECT=YES'
            f',URI="{self.address(name)}"'
        )

    def codecs(self) -> str:
        return "avc1.4d401e,mp4a.40.2"

    def address(self, name: str) -> str:
        """A media playlist's address, relative to ``BASE``."""
        return f"{name}.m3u8?view=7f3a" + (f"&ads={ADS}" if self.traits.define == "query" else "")

    # A media playlist

    def playlist(self, name: str, now: int) -> str:
        """The media playlist of this instant."""
        self.now = now
        rendition = self.renditions[name]
        first, beyond = self.span(rendition, now)
        lines = self.header(rendition, first, beyond)
        before = None
        for index in range(first, beyond):
            entry = self.shown(rendition, index)
            lines += (
                f"#EXT-X-DATERANGE:{self.attributes(each)}"
                for each in rendition.ranges
                if index == max(each.before, first) and self.lasts(rendition, each, first)
            )
            lines += self.tags(rendition, before, entry)
            lines += self.media(rendition, entry)
            before = entry
        if self.ended(rendition, now):
            lines.append("#EXT-X-ENDLIST")
        return "\n".join([*lines, ""])

    def span(self, rendition: Rendition, now: int) -> tuple[int, int]:
        """The first entry that is listed and the one after the last: the shortest list that spans the window."""
        beyond = bisect_right(rendition.appearances, now)
        return max(0, bisect_right(rendition.totals, rendition.totals[beyond] - self.traits.window) - 1), beyond

    def ended(self, rendition: Rendition, now: int) -> bool:
        return self.presentation.ended is not None and now >= self.presentation.ended

    def header(self, rendition: Rendition, first: int, beyond: int) -> list[str]:
        return [
            "#EXTM3U",
            f"#EXT-X-VERSION:{self.version(rendition, first, beyond)}",
            *(["#EXT-X-INDEPENDENT-SEGMENTS"] if self.independent(rendition, first, beyond) else []),
            *self.define(),
            f"#EXT-X-TARGETDURATION:{self.target(rendition, first, beyond)}",
            *self.control(rendition),
            f"#EXT-X-MEDIA-SEQUENCE:{self.media_sequence(rendition, first)}",
            f"#EXT-X-DISCONTINUITY-SEQUENCE:{self.discontinuity_sequence(rendition, first)}",
        ]

    def version(self, rendition: Rendition, first: int, beyond: int) -> int:
        return {"query": 11, "": 6}.get(self.traits.define, 8)

    def independent(self, rendition: Rendition, first: int, beyond: int) -> bool:
        return self.traits.independent

    def target(self, rendition: Rendition, first: int, beyond: int) -> int:
        return 4

    def control(self, rendition: Rendition) -> list[str]:
        return ["#EXT-X-SERVER-CONTROL:HOLD-BACK=12.0"] if self.traits.control else []

    def define(self) -> list[str]:
        forms = {"name": f'NAME="ads",VALUE="{ADS}"', "import": 'IMPORT="ads"', "query": 'QUERYPARAM="ads"'}
        return [f"#EXT-X-DEFINE:{forms[self.traits.define]}"] if self.traits.define else []

    def media_sequence(self, rendition: Rendition, first: int) -> int:
        return rendition.number + first

    def discontinuity_sequence(self, rendition: Rendition, first: int) -> int:
        return self.presentation.discontinuity + rendition.tags[first]

    # Date ranges

    def lasts(self, rendition: Rendition, each: DateRange, first: int) -> bool:
        return first <= each.until

    def attributes(self, each: DateRange) -> str:
        return each.attributes

    # One segment

    def shown(self, rendition: Rendition, index: int) -> Entry:
        return rendition.entries[index]

    def tags(self, rendition: Rendition, before: Entry | None, entry: Entry) -> list[str]:
        return [
            *(["#EXT-X-DISCONTINUITY"] if entry.tagged else []),
            *self.keys(rendition, before, entry),
            *self.map(before, entry),
            *self.date(rendition, before, entry),
            *self.bitrate(before, entry),
        ]

    def keys(self, rendition: Rendition, before: Entry | None, entry: Entry) -> list[str]:
        """All keys in force where they change and at the head; METHOD=NONE into the clear."""
        if before and before.keys == entry.keys:
            return []
        if entry.keys:
            return [f"#EXT-X-KEY:{key}" for key in entry.keys]
        secret = rendition.name in {"cipher", "boxed"}
        return ["#EXT-X-KEY:METHOD=NONE"] if secret and (before or self.traits.none_at_head) else []

    def map(self, before: Entry | None, entry: Entry) -> list[str]:
        known = before and before.map == entry.map and not entry.tagged
        return [f"#EXT-X-MAP:{entry.map}"] if entry.map and not known else []

    def date(self, rendition: Rendition, before: Entry | None, entry: Entry) -> list[str]:
        wanted = self.traits.dated or before is None or entry.tagged
        return [f"#EXT-X-PROGRAM-DATE-TIME:{date(entry.start)}"] if wanted else []

    def bitrate(self, before: Entry | None, entry: Entry) -> list[str]:
        wanted = entry.bitrate and (before is None or before.bitrate != entry.bitrate)
        return [f"#EXT-X-BITRATE:{entry.bitrate}"] if wanted else []

    def media(self, rendition: Rendition, entry: Entry) -> list[str]:
        return [
            *(["#EXT-X-GAP"] if entry.gap else []),
            f"#EXTINF:{seconds(entry.duration)},",
            *([f"#EXT-X-BYTERANGE:{entry.bytes[0]}@{entry.bytes[1]}"] if entry.bytes else []),
            entry.uri,
        ]

    # What the viewer downloads

    def downloads(self, name: str, now: int) -> list[tuple[str, int]]:
        """Addresses and status of what a viewer asks for after a playlist: its newest segment, one that has just
        left, and content so old that it may be gone.
        """
        rendition = self.renditions[name]
        first, beyond = self.span(rendition, now)
        newest, left = rendition.entries[beyond - 1], rendition.entries[max(0, first - 1)]
        old = rendition.entries[
            max(0, bisect_right(rendition.appearances, now - 3 * self.traits.window - 60 * SECOND) - 1)
        ]
        wanted = [(newest, 404 if newest.gap else self.status_of_listed(newest))]
        if first:
            wanted.append((left, 404 if left.gap else self.status_of_removed(left, now)))
        if old.appears < now - 3 * self.traits.window - 60 * SECOND and not old.creative:
            wanted.append((old, 404))
        # One answer for a file of many segments would say nothing about the one that is meant.
        return [(entry.uri.replace("{$ads}", ADS), status) for entry, status in wanted if not entry.bytes]

    def status_of_listed(self, entry: Entry) -> int:
        return 200

    def status_of_removed(self, entry: Entry, now: int) -> int:
        return 200


def entries_changed(rendition: Rendition, change: Callable[[Entry], Entry]) -> Rendition:
    """The rendition with every entry changed."""
    return replace(rendition, entries=tuple(map(change, rendition.entries)))


def followers_changed(rendition: Rendition, change: Callable[[Entry, Entry], Entry]) -> Rendition:
    """The rendition with every entry changed in sight of the one before it, as it was."""
    entries = rendition.entries
    return replace(rendition, entries=(entries[0], *(change(before, entry) for before, entry in pairwise(entries))))


def entries_replaced(rendition: Rendition, entries: Sequence[Entry]) -> Rendition:
    """The rendition with another list; its date ranges stay with the entries that began at the same instants."""
    starts = [entry.start for entry in entries]

    def moved(index: int) -> int:
        if index >= len(rendition.entries):
            return len(entries)
        return bisect_left(starts, rendition.entries[index].start)

    ranges = tuple(DateRange(moved(each.before), moved(each.until), each.attributes) for each in rendition.ranges)
    return replace(rendition, entries=tuple(entries), ranges=ranges)
