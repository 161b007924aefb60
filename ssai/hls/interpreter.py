"""The lines of a media playlist, interpreted one after the other into segments and playlist-wide tags."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Final

from domain.units import Microseconds, instant, microseconds
from ssai.hls.attributes import attributes
from ssai.hls.errors import PlaylistError
from ssai.hls.lines import Tag, tag
from ssai.hls.playlist import ByteRange, Key, Map, Segment

MAX_LINE: Final = 1024 * 1024
"""Characters in one line. Session data and cues reach tens of kilobytes."""
MAX_DURATION: Final = Microseconds(86_400_000_000)
"""A segment of a day. With as many segments as may be, and the last date below, time stays inside the calendar."""
MAX_KEYS: Final = 16
"""Keys in force at once, of different formats: there are half a dozen DRM systems."""
LAST_DATE: Final = Microseconds(7_000 * 31_557_600_000_000)
"""The year 8970."""

PLAYLIST_TAGS: Final = frozenset(
    {
        "EXTM3U",
        "EXT-X-VERSION",
        "EXT-X-TARGETDURATION",
        "EXT-X-MEDIA-SEQUENCE",
        "EXT-X-DISCONTINUITY-SEQUENCE",
        "EXT-X-PLAYLIST-TYPE",
        "EXT-X-INDEPENDENT-SEGMENTS",
        "EXT-X-START",
        "EXT-X-SERVER-CONTROL",
        "EXT-X-PART-INF",
        "EXT-X-I-FRAMES-ONLY",
        "EXT-X-IMAGES-ONLY",
        "EXT-X-ALLOW-CACHE",
        "EXT-X-DEFINE",
        "EXT-X-SKIP",
        "EXT-X-ENDLIST",
        "EXT-X-PRELOAD-HINT",
        "EXT-X-RENDITION-REPORT",
        "EXT-X-SESSION-DATA",
        "EXT-X-SESSION-KEY",
    }
)
MULTIVARIANT_TAGS: Final = frozenset(
    {
        "EXT-X-STREAM-INF",
        "EXT-X-I-FRAME-STREAM-INF",
        "EXT-X-MEDIA",
        "EXT-X-CONTENT-STEERING",
    }
)

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_ONE: Final = timedelta(microseconds=1)
_INTEGER: Final = re.compile(r"[0-9]{1,20}", re.ASCII)
_RANGE: Final = re.compile(r"([0-9]{1,20})(?:@([0-9]{1,20}))?", re.ASCII)
_PLAIN: Final = re.compile(
    r"(?:#EXT-X-PROGRAM-DATE-TIME:"
    r"((?:19[7-9][0-9]|[2-7][0-9]{3})-[0-9]{2}-[0-9]{2}T(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]"
    r"(?:\.[0-9]{3}(?:[0-9]{3})?)?(?:Z|\+00:?00))\r?\n)?"
    r"#EXTINF:([0-9]{1,4}(?:\.[0-9]{1,9})?(?:,(?:[ -~]{0,99}[!-~])?)?)\r?\n"
    r"([!\"$-~][!-~]{0,2047})\r?\n"
)
"""The lines that nearly all segments end with, as nearly all packagers write them: at once they cost a third of what
they cost one by one. All that it matches means the same one by one; a date is one that ``fromisoformat`` reads as
``instant`` does (no leap second, no hour 24), in the years that are allowed.
"""


@lru_cache(maxsize=256)
def _plain_extinf(value: str) -> tuple[Tag, Microseconds]:
    """Of at most 115 characters; a channel's segments have few durations."""
    return Tag("EXTINF", value), microseconds(value.partition(",")[0])


def plain_segment(text: str, position: int, before: Segment | None = None) -> tuple[Segment, int] | None:
    """The segment at ``position`` whose lines are plain ones only, and the position after them; None if they are not.

    ``before`` is the segment before it.
    """
    found = _PLAIN.match(text, position)
    if found is None:
        return None
    date, extinf, uri = found.groups()
    tag, duration = _plain_extinf(extinf)
    instant: Microseconds | None = None
    tags: tuple[Tag, ...] = (tag,)
    if date is not None:
        try:
            instant = Microseconds((datetime.fromisoformat(date) - _EPOCH) // _ONE)
        except ValueError:
            return None
        tags = (Tag("EXT-X-PROGRAM-DATE-TIME", date), tag)
    if before is None:
        return Segment(duration, uri, False, instant, None, None, (), None, False, tags), found.end()
    keys, map_, bitrate = before.keys, before.map, before.bitrate
    return Segment(duration, uri, False, instant, None, map_, keys, bitrate, False, tags), found.end()


class Interpreter:
    """One text from ``position`` on, while it is interpreted; from 0 on it has to begin with EXTM3U.

    ``before`` is the segment before, where the beginning of the text is known. ``known`` is one whose keys and map are
    likely to be met again. ``ends[k]`` is the position after the URI line of ``segments[k]``, ``front`` the one after
    the playlist-wide tags that the text begins with; ``mixed``: more of them stand between the tags of the first
    segment. ``late`` are those after a segment; ``interleaved``: and a further segment followed them.
    """

    interleaved = mixed = False
    _keys: tuple[Key, ...] = ()
    _map: Map | None = None
    _bitrate: int | None = None
    # Of the segment whose lines are being read:
    _duration: Microseconds | None = None
    _discontinuity = _gap = False
    _date: Microseconds | None = None
    _byterange: str | None = None

    def __init__(
        self, text: str, position: int = 0, *, before: Segment | None = None, known: Segment | None = None
    ) -> None:
        self._text = text
        self._line = self.position = self.front = position
        self._before = before
        self._known = known
        self.header: list[Tag] = []
        self.late: list[Tag] = []
        self.segments: list[Segment] = []
        self.ends: list[int] = []
        self.tags: list[Tag] = []
        if before is not None:
            self._keys, self._map, self._bitrate = before.keys, before.map, before.bitrate
        if not position:
            self._expect_extm3u()

    def error(self, name: str, expected: str, found: str) -> PlaylistError:
        """What is wrong with the line that was read last; after ``read_segments``, with the one that follows."""
        return PlaylistError(self._text.count("\n", 0, self._line) + 1, name, expected, found)

    def _expect_extm3u(self) -> None:
        text = self._text
        start = 1 if text.startswith("\ufeff") else 0
        while start < len(text) and text[start] in " \t\r\n":
            start += 1
        end = text.find("\n", start)
        line = text[start : end if end >= 0 else start + 100].strip()
        if tag(line or " ").name != "EXTM3U" or line[:1] != "#":
            self._line = start
            raise self.error("playlist", "#EXTM3U", line)
        self.position = self.front = end + 1 if end >= 0 else len(text)
        self.header.append(tag(line))

    def read_segments(self, count: int) -> None:
        """Read on until ``count`` segments are there or the text ends.

        Raises
        ------
            PlaylistError: a line is too long, belongs to a multivariant playlist, or cannot be read.
        """
        text, size = self._text, len(self._text)
        while self.position < size and len(self.segments) < count:
            self._line = self.position
            plain = plain_segment(text, self.position, self._before) if self._byterange is None else None
            if plain is not None:
                segment, self.position = plain
                self._add(self._with_tags(segment) if self.tags else segment)
                continue
            end = text.find("\n", self.position)
            if end < 0:
                end = size
            line = text[self.position : end].strip(" \t\r")
            self.position = min(end + 1, size)
            if len(line) > MAX_LINE:
                raise self.error("line", f"at most {MAX_LINE} characters", line)
            if line[:4].upper() == "#EXT":
                self._tag(tag(line))
            elif line and line[0] != "#":
                self._uri(line)
        self._line = self.position

    def _tag(self, found: Tag) -> None:
        name, value = found.name, found.value or ""
        if name in PLAYLIST_TAGS:
            if self._before is not None:
                self.late.append(found)
                return
            self.header.append(found)
            if self.tags:
                self.mixed = True
            else:
                self.front = self.position
            return
        if name in MULTIVARIANT_TAGS:
            raise self.error(name, "a media playlist", "a tag of multivariant playlists")
        match name:
            case "EXTINF":
                self._duration = self._length(value)
            case "EXT-X-DISCONTINUITY":
                self._discontinuity = True
            case "EXT-X-PROGRAM-DATE-TIME":
                self._date = self._instant(value)
            case "EXT-X-BYTERANGE":
                self._byterange = value
            case "EXT-X-GAP":
                self._gap = True
            case "EXT-X-BITRATE":
                self._bitrate = int(value) if _INTEGER.fullmatch(value.strip()) else None
            case "EXT-X-KEY":
                self._keys = self._keys_after(value)
            case "EXT-X-MAP":
                self._map = self._map_of(value)
            case _:
                pass
        self.tags.append(found)

    def _instant(self, value: str) -> Microseconds:
        try:
            date = instant(value)
        except ValueError:
            raise self.error("EXT-X-PROGRAM-DATE-TIME", "an ISO 8601 date and time", value) from None
        if not 0 <= date <= LAST_DATE:
            raise self.error("EXT-X-PROGRAM-DATE-TIME", "a date from 1970 to 8969", value)
        return date

    def _length(self, value: str) -> Microseconds:
        number = value.partition(",")[0]
        try:
            duration = microseconds(number)
        except ValueError:
            raise self.error("EXTINF", "decimal seconds", value) from None
        if duration < 0:
            raise self.error("EXTINF", "a duration of at least 0", value)
        if duration > MAX_DURATION:
            raise self.error("EXTINF", "a duration of at most a day", value)
        return duration

    def _keys_after(self, value: str) -> tuple[Key, ...]:
        near = self._before or self._known
        key = None if near is None else next((key for key in near.keys if key.value == value), None)
        if key is None:
            found = attributes(value)
            method = found.get("METHOD")
            if not method:
                raise self.error("EXT-X-KEY", "a METHOD attribute", value)
            if method == "NONE":
                return ()
            if "URI" not in found:
                raise self.error("EXT-X-KEY", "a URI attribute", value)
            key = Key(method, found.get("KEYFORMAT", "identity"), value)
        keys = (*(other for other in self._keys if other.keyformat != key.keyformat), key)
        if len(keys) > MAX_KEYS:
            raise self.error("EXT-X-KEY", f"at most {MAX_KEYS} key formats", value)
        return keys

    def _map_of(self, value: str) -> Map:
        near = self._before or self._known
        if near is not None and near.map is not None and near.map.value == value and near.map.keys == self._keys:
            return near.map
        uri = attributes(value).get("URI")
        if uri is None:
            raise self.error("EXT-X-MAP", "a URI attribute", value)
        return Map(uri, value, self._keys)

    def _range(self, value: str, uri: str) -> ByteRange:
        match = _RANGE.fullmatch(value.strip().strip('"'))
        if match is None:
            raise self.error("EXT-X-BYTERANGE", "length[@offset]", value)
        before, offset = self._before, 0
        if match[2]:
            offset = int(match[2])
        elif before is not None and before.uri == uri and before.range is not None:
            offset = before.range.offset + before.range.length
        return ByteRange(int(match[1]), offset)

    def _uri(self, uri: str) -> None:
        if self._duration is None:
            raise self.error("URI", "an EXTINF before it", uri)
        self._add(self._segment(self._duration, uri))

    def _with_tags(self, plain: Segment) -> Segment:
        """The segment whose last lines are those of ``plain``."""
        if plain.date is not None:
            self._date = plain.date
        self.tags += plain.tags
        return self._segment(plain.duration, plain.uri)

    def _segment(self, duration: Microseconds, uri: str) -> Segment:
        segment = Segment(
            duration,
            uri,
            self._discontinuity,
            self._date,
            None if self._byterange is None else self._range(self._byterange, uri),
            self._map,
            self._keys,
            self._bitrate,
            self._gap,
            tuple(self.tags),
        )
        self._duration = self._date = self._byterange = None
        self._discontinuity = self._gap = False
        self.tags = []
        return segment

    def _add(self, segment: Segment) -> None:
        self._before = segment
        self.segments.append(segment)
        self.ends.append(self.position)
        self.interleaved = bool(self.late)
