"""A media playlist interpreted: exact, complete, and incremental over reloads.

``MediaReader`` keeps the last text: a reload that only appended and removed parses its header, its first segment and
what is new; the rest is one comparison of text. The result is always equal to a full parse.
"""

from __future__ import annotations

import re
from typing import Final

from domain.units import Microseconds, instant, microseconds
from ssai.hls.attributes import attributes
from ssai.hls.errors import PlaylistError
from ssai.hls.lines import Tag, tag
from ssai.hls.playlist import ByteRange, Key, Map, MediaPlaylist, Segment

MAX_TEXT: Final = 32 * 1024 * 1024
"""Characters. Four hours of 2 s segments with every tag are under 3 MB; past ten times that it is an attack."""
MAX_LINE: Final = 1024 * 1024
"""Characters in one line. Session data and cues reach tens of kilobytes."""
MAX_SEGMENTS: Final = 200_000
"""Segments in one playlist: a day of half-second segments."""
MAX_DURATION: Final = Microseconds(86_400_000_000)
"""A segment of a day. With as many segments as may be, and the last date below, time stays inside the calendar."""
LAST_DATE: Final = Microseconds(7_000 * 31_557_600_000_000)
"""The year 8970."""
_MAX_NUMBER: Final = (1 << 64) - 1
"""decimal-integer is 0 to 2^64-1 (4.2)."""

_INTEGER: Final = re.compile(r"[0-9]{1,20}", re.ASCII)
_RANGE: Final = re.compile(r"([0-9]{1,20})(?:@([0-9]{1,20}))?", re.ASCII)

_PLAYLIST_TAGS: Final = frozenset(
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
_MULTIVARIANT_TAGS: Final = frozenset(
    {
        "EXT-X-STREAM-INF",
        "EXT-X-I-FRAME-STREAM-INF",
        "EXT-X-MEDIA",
        "EXT-X-CONTENT-STEERING",
    }
)


def parse(text: str) -> MediaPlaylist:
    """Interpret a media playlist.

    Raises
    ------
        PlaylistError: the text is no media playlist, or a tag that segments depend on cannot be read.
    """
    return MediaReader().read(text)


def is_multivariant(text: str) -> bool:
    """Whether the first tag that belongs to one kind of playlist belongs to a multivariant one."""
    for line in text.split("\n"):
        if line.startswith("#EXT"):
            name = tag(line.rstrip("\r")).name.strip()
            if name in _MULTIVARIANT_TAGS:
                return True
            if name in {"EXTINF", "EXT-X-TARGETDURATION", "EXT-X-MEDIA-SEQUENCE"}:
                return False
    return False


class MediaReader:
    """Reads one playlist again and again; each ``read`` equals ``parse`` of that text alone."""

    __slots__ = ("_last",)

    def __init__(self) -> None:
        self._last: _Reading | None = None

    def read(self, text: str) -> MediaPlaylist:
        """Interpret ``text``; on an error the reader keeps what it read before.

        Raises
        ------
            PlaylistError: as ``parse``.
        """
        last = self._last
        if last is not None and text == last.text:
            return last.playlist
        reading = _Reading(text)
        reading.segments_until(1)
        if last is None or not reading.continues(last):
            reading.segments_until(MAX_SEGMENTS + 1)
        reading.finish()
        self._last = reading
        return reading.playlist


class _Reading:
    """One text while it is read.

    ``ends[k] + base`` is the position after the URI line of segment k; ``late``: a playlist-wide tag stood after a
    segment; ``interleaved``: and a further segment after it, so that the middle of the text cannot be taken over.
    """

    __slots__ = (
        "base",
        "bitrate",
        "byterange",
        "date",
        "discontinuity",
        "duration",
        "ends",
        "gap",
        "header",
        "interleaved",
        "keys",
        "late",
        "map",
        "playlist",
        "position",
        "segments",
        "tags",
        "text",
    )

    def __init__(self, text: str) -> None:
        if len(text) > MAX_TEXT:
            raise PlaylistError(1, "playlist", f"at most {MAX_TEXT} characters", str(len(text)))
        self.text = text
        self.position = 0
        self.base = 0
        self.header: list[Tag] = []
        self.segments: list[Segment] = []
        self.ends: list[int] = []
        self.interleaved = False
        self.late = False
        self.keys: tuple[Key, ...] = ()
        self.map: Map | None = None
        self.bitrate: int | None = None
        self._start_segment()
        self._expect_extm3u()

    def _start_segment(self) -> None:
        self.duration: Microseconds | None = None
        self.discontinuity = False
        self.date: Microseconds | None = None
        self.byterange: str | None = None
        self.gap = False
        self.tags: list[Tag] = []

    def _error(self, name: str, expected: str, found: str) -> PlaylistError:
        return PlaylistError(self.text.count("\n", 0, self.position) + 1, name, expected, found)

    def _expect_extm3u(self) -> None:
        text = self.text
        start = 1 if text.startswith("\ufeff") else 0
        while start < len(text) and text[start] in " \t\r\n":
            start += 1
        end = text.find("\n", start)
        line = text[start : end if end >= 0 else start + 100].strip()
        if tag(line or " ").name != "EXTM3U" or line[:1] != "#":
            self.position = start
            raise self._error("playlist", "#EXTM3U", line)
        self.position = end + 1 if end >= 0 else len(text)
        self.header.append(tag(line))

    def segments_until(self, count: int) -> None:
        """Read on until ``count`` segments are there or the text ends."""
        text, size = self.text, len(self.text)
        while self.position < size and len(self.segments) < count:
            end = text.find("\n", self.position)
            after = end + 1 if end >= 0 else size
            line = text[self.position : end if end >= 0 else size].strip(" \t\r")
            if len(line) > MAX_LINE:
                raise self._error("line", f"at most {MAX_LINE} characters", line)
            if line[:4].upper() == "#EXT":
                self._tag(tag(line))
            elif line and line[0] != "#":
                self._uri(line, after)
            self.position = after
        if len(self.segments) > MAX_SEGMENTS:
            raise self._error("playlist", f"at most {MAX_SEGMENTS} segments", str(len(self.segments)))

    def _tag(self, found: Tag) -> None:
        name, value = found.name, found.value or ""
        if name in _PLAYLIST_TAGS:
            self.header.append(found)
            self.late = self.late or bool(self.segments)
            return
        if name in _MULTIVARIANT_TAGS:
            raise self._error(name, "a media playlist", "a tag of multivariant playlists")
        match name:
            case "EXTINF":
                self.duration = self._duration(value)
            case "EXT-X-DISCONTINUITY":
                self.discontinuity = True
            case "EXT-X-PROGRAM-DATE-TIME":
                try:
                    self.date = instant(value)
                except ValueError:
                    raise self._error(name, "an ISO 8601 date and time", value) from None
                if not 0 <= self.date <= LAST_DATE:
                    raise self._error(name, "a date from 1970 to 8969", value)
            case "EXT-X-BYTERANGE":
                self.byterange = value
            case "EXT-X-GAP":
                self.gap = True
            case "EXT-X-BITRATE":
                self.bitrate = int(value) if _INTEGER.fullmatch(value.strip()) else None
            case "EXT-X-KEY":
                self._key(value)
            case "EXT-X-MAP":
                uri = attributes(value).get("URI")
                if uri is None:
                    raise self._error(name, "a URI attribute", value)
                self.map = Map(uri, value, self.keys)
            case _:
                pass
        self.tags.append(found)

    def _duration(self, value: str) -> Microseconds:
        number = value.partition(",")[0]
        try:
            duration = microseconds(number)
        except ValueError:
            raise self._error("EXTINF", "decimal seconds", value) from None
        if duration < 0:
            raise self._error("EXTINF", "a duration of at least 0", value)
        if duration > MAX_DURATION:
            raise self._error("EXTINF", "a duration of at most a day", value)
        return duration

    def _key(self, value: str) -> None:
        found = attributes(value)
        method = found.get("METHOD")
        if not method:
            raise self._error("EXT-X-KEY", "a METHOD attribute", value)
        if method == "NONE":
            self.keys = ()
            return
        if "URI" not in found:
            raise self._error("EXT-X-KEY", "a URI attribute", value)
        keyformat = found.get("KEYFORMAT", "identity")
        others = tuple(key for key in self.keys if key.keyformat != keyformat)
        self.keys = (*others, Key(method, keyformat, value))

    def _range(self, uri: str) -> ByteRange | None:
        if self.byterange is None:
            return None
        match = _RANGE.fullmatch(self.byterange.strip().strip('"'))
        if match is None:
            raise self._error("EXT-X-BYTERANGE", "length[@offset]", self.byterange)
        offset = 0
        if match[2]:
            offset = int(match[2])
        elif self.segments and self.segments[-1].uri == uri and self.segments[-1].range is not None:
            before = self.segments[-1].range
            offset = before.offset + before.length
        return ByteRange(int(match[1]), offset)

    def _uri(self, uri: str, after: int) -> None:
        self.interleaved = self.interleaved or self.late
        if self.duration is None:
            raise self._error("URI", "an EXTINF before it", uri)
        self.segments.append(
            Segment(
                self.duration,
                uri,
                self.discontinuity,
                self.date,
                self._range(uri),
                self.map,
                self.keys,
                self.bitrate,
                self.gap,
                tuple(self.tags),
            )
        )
        self.ends.append(after - self.base)
        self._start_segment()

    def continues(self, last: _Reading) -> bool:
        """Take over from ``last`` what stands here too, if this text appends to it and removes from its head."""
        if not self.segments or last.interleaved or self.interleaved:
            return False
        gone = (self._integer("EXT-X-MEDIA-SEQUENCE") or 0) - last.playlist.first
        if not 0 <= gone < len(last.segments):
            return False
        here, there = self.segments[0], last.segments[gone]
        if (here.uri, here.range, here.map, here.keys, here.bitrate) != (
            there.uri,
            there.range,
            there.map,
            there.keys,
            there.bitrate,
        ):
            return False
        start, stop = last.ends[gone] + last.base, last.ends[-1] + last.base
        if last.text[stop - 1] != "\n" or not self.text.startswith(last.text[start:stop], self.position):
            return False
        self.base = last.base + self.position - start
        self.ends = last.ends[gone:]
        kept = last.segments[gone:]
        if here != there:
            kept[0] = here
        self.segments = kept
        self.position += stop - start
        self.keys, self.map, self.bitrate = kept[-1].keys, kept[-1].map, kept[-1].bitrate
        self.segments_until(MAX_SEGMENTS + 1)
        return True

    def _integer(self, name: str) -> int | None:
        value = next((tag.value for tag in reversed(self.header) if tag.name == name), "")
        if value == "":
            return None
        text = (value or "").strip()
        if _INTEGER.fullmatch(text) is None or int(text) > _MAX_NUMBER:
            lines = enumerate(self.text.split("\n"), 1)
            raise PlaylistError(
                max((k for k, line in lines if line.strip().partition(":")[0] == "#" + name), default=1),
                name,
                "a decimal integer",
                value or "nothing",
            )
        return int(text)

    def finish(self) -> None:
        """Interpret the header."""
        names = {tag.name for tag in self.header}
        kind = next((tag.value for tag in self.header if tag.name == "EXT-X-PLAYLIST-TYPE"), None)
        self.playlist = MediaPlaylist(
            version=self._integer("EXT-X-VERSION"),
            target_duration=self._integer("EXT-X-TARGETDURATION"),
            media_sequence=self._integer("EXT-X-MEDIA-SEQUENCE"),
            discontinuity_sequence=self._integer("EXT-X-DISCONTINUITY-SEQUENCE"),
            playlist_type=kind.strip() if kind else None,
            independent="EXT-X-INDEPENDENT-SEGMENTS" in names,
            iframes_only="EXT-X-I-FRAMES-ONLY" in names,
            ended="EXT-X-ENDLIST" in names,
            header=tuple(self.header),
            segments=tuple(self.segments),
            trailing=tuple(self.tags),
        )
