"""A media playlist interpreted: exact, complete, and incremental over reloads."""

from __future__ import annotations

from typing import Final, NamedTuple

from ssai.hls.errors import PlaylistError
from ssai.hls.header import Beginning, first_number, interpreted
from ssai.hls.interpreter import MULTIVARIANT_TAGS, Interpreter, plain_segment
from ssai.hls.lines import Tag, tag
from ssai.hls.playlist import Key, Map, MediaPlaylist, Segment

MAX_TEXT: Final = 32 * 1024 * 1024
"""Characters. Four hours of 2 s segments with every tag are under 3 MB; past ten times that it is an attack."""
MAX_SEGMENTS: Final = 200_000
"""Segments in one playlist: a day of half-second segments."""
_STICKY: Final = frozenset({"EXT-X-KEY", "EXT-X-MAP", "EXT-X-BITRATE"})


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
            if name in MULTIVARIANT_TAGS:
                return True
            if name in {"EXTINF", "EXT-X-TARGETDURATION", "EXT-X-MEDIA-SEQUENCE"}:
                return False
    return False


_State = tuple[Map | None, tuple[Key, ...], int | None]


def _state(segment: Segment) -> _State:
    """What the next segment inherits."""
    return segment.map, segment.keys, segment.bitrate


class _Lead(NamedTuple):
    """The lines at the head of the window that repeat what is in force, before the segment's own lines: their text,
    their tags, and what they bring into force.
    """

    text: str = ""
    tags: tuple[Tag, ...] = ()
    state: _State = (None, (), None)

    @classmethod
    def of(cls, text: str, segment: Segment, own: str, tags: tuple[Tag, ...]) -> _Lead | None:
        """Of a head ``segment`` with its ``text``, which is to end with its ``own`` lines and their ``tags``.

        None: there is more at the head than what is in force (a date, most often).
        """
        added = segment.tags[: len(segment.tags) - len(tags)]
        if not _STICKY.issuperset([tag.name for tag in added]):
            return None
        if text == own:
            return cls()
        lead = text[: len(text) - len(own)]
        if not text.endswith(own) or lead[-1:] != "\n" or not _STICKY.isdisjoint([tag.name for tag in tags]):
            return None
        return cls(lead, added, _state(segment))

    def before(self, own: Segment) -> Segment:
        """The segment with these lines before its own, where they bring into force what was in force there."""
        map_, keys, bitrate, tags = own.map, own.keys, own.bitrate, (*self.tags, *own.tags)
        return Segment(
            own.duration, own.uri, own.discontinuity, own.date, own.range, map_, keys, bitrate, own.gap, tags
        )


_NO_LEAD: Final = _Lead()


class MediaReader:
    """Reads one playlist again and again; each ``read`` equals ``parse`` of that text alone.

    It keeps the last text and where in it the lines of each segment begin: in a reload that removed from the head and
    appended, all that stayed is one comparison of text, and only what is new is interpreted.
    """

    __slots__ = ("_base", "_beginning", "_goes_on", "_lead", "_marks", "_playlist", "_segments", "_text")

    _playlist: MediaPlaylist
    _beginning: Beginning | None
    _lead: _Lead | None
    _segments: list[Segment]
    _marks: list[int]
    """``_marks[k] - _base`` is where the lines of segment k begin; the last, where those of the last segment end."""
    _base: int

    def __init__(self) -> None:
        self._text = ""
        self._goes_on = False
        """Whether segments can be taken over: there are some, their last line is whole, no playlist-wide tag stands
        between them."""

    def read(self, text: str) -> MediaPlaylist:
        """Interpret ``text``; on an error the reader keeps what it read before.

        Raises
        ------
            PlaylistError: as ``parse``.
        """
        if text and text == self._text:
            return self._playlist
        if len(text) > MAX_TEXT:
            raise PlaylistError(1, "playlist", f"at most {MAX_TEXT} characters", str(len(text)))
        playlist = self._reload(text) if self._goes_on else None
        return self._whole(text) if playlist is None else playlist

    def _whole(self, text: str) -> MediaPlaylist:
        found = Interpreter(text)
        _read_all(found, MAX_SEGMENTS)
        header = tuple(found.header)
        playlist = interpreted(text, (*header, *found.late), tuple(found.segments), tuple(found.tags))
        self._beginning = None if found.mixed else Beginning.of(text, found.front, header)
        self._lead = _NO_LEAD
        self._segments, self._marks, self._base = found.segments, [found.front, *found.ends], 0
        self._text, self._playlist = text, playlist
        self._goes_on = bool(found.segments) and not found.interleaved and text[found.ends[-1] - 1] == "\n"
        return playlist

    def _reload(self, text: str) -> MediaPlaylist | None:
        """None: the text has to be read as a whole."""
        last, segments, marks, beginning = self._playlist, self._segments, self._marks, self._beginning
        begun = None if beginning is None else beginning.again(text, last)
        if begun is not None:
            begins, header, media, discontinuity = begun
            head = None
        else:
            head = Interpreter(text)
            head.read_segments(1)
            begins, header = head.front, tuple(head.header)
            media, discontinuity = first_number(header), None
            beginning = None if head.mixed else Beginning.of(text, begins, header)
        gone = (media or 0) - (last.media_sequence or 0)
        if not 0 <= gone < len(segments):
            return None
        kept = None if head else self._same_head(text, begins, gone)
        kept = kept or self._new_head(text, begins, gone, head)
        if kept is None:
            return None
        first, base = kept
        new, ends, rest = _read_on(text, marks[-1] - base, segments[-1], MAX_SEGMENTS - len(segments) + gone)
        said, late = last, rest.late if rest else []
        if begun is None or late or len(last.header) != len(header):
            said = interpreted(text, (*header, *late), (), ())
            header, media, discontinuity = said.header, said.media_sequence, said.discontinuity_sequence
        # From here on nothing raises: until here nothing was changed.
        del segments[:gone], marks[:gone]
        segments[0], marks[0] = first, begins + base
        segments += new
        for end in ends:
            marks.append(end + base)
        self._base, self._beginning, self._text = base, beginning, text
        self._goes_on = text[marks[-1] - base - 1] == "\n" and (rest is None or not rest.interleaved)
        self._playlist = MediaPlaylist(
            said.version,
            said.target_duration,
            media,
            discontinuity,
            said.playlist_type,
            said.independent,
            said.iframes_only,
            said.ended,
            header,
            tuple(segments),
            tuple(rest.tags) if rest else (),
        )
        return self._playlist

    def _same_head(self, text: str, begins: int, gone: int) -> tuple[Segment, int] | None:
        """The first segment of ``text`` and the new base, if its lines are those known, after the known lead."""
        own, lead, base = self._segments[gone], self._lead, self._base
        if not gone:
            lead = _NO_LEAD
        elif lead is None or own.range is not None or _state(self._segments[gone - 1]) != lead.state:
            return None
        start, stop, position = self._marks[gone], self._marks[-1] - base, begins + len(lead.text)
        if not text.startswith(lead.text, begins) or not text.startswith(self._text[start - base : stop], position):
            return None
        return lead.before(own) if lead.tags else own, start - position

    def _new_head(self, text: str, begins: int, gone: int, head: Interpreter | None) -> tuple[Segment, int] | None:
        """The same, if the first segment has other lines now and all after it are known; ``head`` has read it."""
        own, base = self._segments[gone], self._base
        plain = plain_segment(text, begins) if head is None else None
        if plain is not None:
            first, position = plain
        else:
            found = head or Interpreter(text, begins, known=own)
            found.read_segments(1)
            if not found.segments or (head is None and found.header):
                return None
            first, position = found.segments[0], found.position
        start, after, stop = self._marks[gone] - base, self._marks[gone + 1] - base, self._marks[-1] - base
        inherited = (first.uri, first.range, *_state(first)) == (own.uri, own.range, *_state(own))
        if not inherited or not text.startswith(self._text[after:stop], position):
            return None
        if gone and head is None:
            self._lead = _Lead.of(text[begins:position], first, self._text[start:after], own.tags)
        return (own if first == own else first), after + base - position


def _read_on(
    text: str, position: int, before: Segment, most: int
) -> tuple[list[Segment], list[int], Interpreter | None]:
    """The segments from ``position`` on and their ends, and what read the last of them if they are not plain.

    Raises
    ------
        PlaylistError: as ``parse``; there are more than ``most``.
    """
    segments: list[Segment] = []
    ends: list[int] = []
    size = len(text)
    while position < size and len(segments) < most:
        plain = plain_segment(text, position, before)
        if plain is None:
            break
        before, position = plain
        segments.append(before)
        ends.append(position)
    if position == size:
        return segments, ends, None
    rest = Interpreter(text, position, before=before)
    _read_all(rest, most - len(segments))
    return segments + rest.segments, ends + rest.ends, rest


def _read_all(found: Interpreter, most: int) -> None:
    found.read_segments(most + 1)
    if len(found.segments) > most:
        raise found.error("playlist", f"at most {MAX_SEGMENTS} segments", str(MAX_SEGMENTS + 1))
