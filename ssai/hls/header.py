"""What the playlist-wide tags of a media playlist say, and the next text's when only their sequence numbers differ."""

from __future__ import annotations

import re
from typing import Final

from ssai.hls.errors import PlaylistError
from ssai.hls.lines import Tag
from ssai.hls.playlist import MediaPlaylist, Segment

_MAX_NUMBER: Final = (1 << 64) - 1
_MAX_DIGITS: Final = 20
"""decimal-integer is 0 to 2^64-1 (4.2)."""
_MEDIA: Final = "EXT-X-MEDIA-SEQUENCE"
_DISCONTINUITY: Final = "EXT-X-DISCONTINUITY-SEQUENCE"
_NUMBERED: Final = re.compile(r"^#(EXT-X-(?:MEDIA|DISCONTINUITY)-SEQUENCE):([0-9]{1,20})[ \t\r]*\n", re.MULTILINE)


def interpreted(
    text: str, header: tuple[Tag, ...], segments: tuple[Segment, ...], trailing: tuple[Tag, ...]
) -> MediaPlaylist:
    """The playlist that ``text`` is, with its playlist-wide tags and its segments.

    Raises
    ------
        PlaylistError: a tag that is a decimal-integer (4.2) has another value.
    """
    names = {tag.name for tag in header}
    kind = next((tag.value for tag in header if tag.name == "EXT-X-PLAYLIST-TYPE"), None)
    return MediaPlaylist(
        version=_integer(text, header, "EXT-X-VERSION"),
        target_duration=_integer(text, header, "EXT-X-TARGETDURATION"),
        media_sequence=_integer(text, header, _MEDIA),
        discontinuity_sequence=_integer(text, header, _DISCONTINUITY),
        playlist_type=kind.strip() if kind else None,
        independent="EXT-X-INDEPENDENT-SEGMENTS" in names,
        iframes_only="EXT-X-I-FRAMES-ONLY" in names,
        ended="EXT-X-ENDLIST" in names,
        header=header,
        segments=segments,
        trailing=trailing,
    )


def first_number(header: tuple[Tag, ...]) -> int | None:
    """The number of the first segment; None: the tag that says it cannot be read."""
    value = _last_value(header, _MEDIA)
    return _number(value.strip()) if value else 0


def _last_value(header: tuple[Tag, ...], name: str) -> str:
    return next((tag.value for tag in reversed(header) if tag.name == name), None) or ""


def _number(digits: str) -> int | None:
    if len(digits) > _MAX_DIGITS or not (digits.isascii() and digits.isdigit()):
        return None
    number = int(digits)
    return number if number <= _MAX_NUMBER else None


def _integer(text: str, header: tuple[Tag, ...], name: str) -> int | None:
    value = _last_value(header, name)
    if not value:
        return None
    number = _number(value.strip())
    if number is None:
        lines = enumerate(text.split("\n"), 1)
        places = [place for place, line in lines if line.strip().partition(":")[0] == "#" + name]
        raise PlaylistError(max(places, default=1), name, "a decimal integer", value)
    return number


class Beginning:
    """How a text begins in which the playlist-wide tags stand before all else.

    ``first`` is the text before the digits of the first sequence number; ``rest`` has for each such number the name of
    its tag, the place of the tag among the ``count`` tags, and the text between its digits and the next, or the end.
    """

    __slots__ = ("_count", "_first", "_rest")

    def __init__(self, count: int, first: str, rest: tuple[tuple[str, int, str], ...]) -> None:
        self._count = count
        self._first = first
        self._rest = rest

    @classmethod
    def of(cls, text: str, end: int, header: tuple[Tag, ...]) -> Beginning | None:
        """Of a text that has these playlist-wide tags, and nothing else, before ``end``.

        None where a number cannot be told by its place: its tag stands twice, or holds white space.
        """
        places = [place for place, tag in enumerate(header) if tag.name in {_MEDIA, _DISCONTINUITY}]
        found = list(_NUMBERED.finditer(text, 0, end))
        names = [match[1] for match in found]
        if names != [header[place].name for place in places] or len(set(names)) < len(names):
            return None
        starts = [*(match.end(2) for match in found)]
        stops = [*(match.start(2) for match in found), end]
        rest = zip(names, places, starts, stops[1:], strict=True)
        return cls(len(header), text[: stops[0]], tuple((name, place, text[a:b]) for name, place, a, b in rest))

    def again(self, text: str, last: MediaPlaylist) -> tuple[int, tuple[Tag, ...], int | None, int | None] | None:
        """If ``text`` begins as that of ``last``, but for the numbers: where that ends, the tags, and both numbers."""
        end = len(self._first)
        if not text.startswith(self._first):
            return None
        header, media, discontinuity = last.header[: self._count], last.media_sequence, last.discontinuity_sequence
        for name, place, after in self._rest:
            stop = text.find(after, end, end + _MAX_DIGITS + len(after))
            digits = text[end:stop] if stop > end else ""
            end = stop + len(after)
            if digits == header[place].value:
                continue
            if not (digits.isascii() and digits.isdigit()) or (number := int(digits)) > _MAX_NUMBER:
                return None
            header = (*header[:place], Tag(name, digits), *header[place + 1 :])
            if name == _MEDIA:
                media = number
            else:
                discontinuity = number
        return end, header, media, discontinuity
