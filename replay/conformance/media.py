"""One media playlist: its header, and its segments with what is in force at each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple

from replay.conformance.block import HEADER, Address, Block, Init, Key
from replay.conformance.model import MAX_SEGMENTS, SYNTAX, Creative, Fault, shown
from replay.conformance.tokens import Variables, attributes, headed, number, opening, oversize, split

_ONCE: Final = frozenset(
    {
        "EXTM3U",
        "EXT-X-VERSION",
        "EXT-X-TARGETDURATION",
        "EXT-X-MEDIA-SEQUENCE",
        "EXT-X-DISCONTINUITY-SEQUENCE",
        "EXT-X-PLAYLIST-TYPE",
        "EXT-X-SERVER-CONTROL",
        "EXT-X-PART-INF",
    }
)
_MAX_TARGET: Final = 1_000_000
"""Seconds: more is no target duration, and would only silence every rule that is measured by it."""


class Segment(NamedTuple):
    """One listed segment. ``line`` is the first line of its block in the text, from 1.

    ``dsn`` counts its own tags. ``pdt`` is its own date-time or the one that follows from the segments before it,
    ``expected`` only the latter, ``slack`` what rounded durations may have added up to since a date-time stood there
    (microseconds). ``map_keys`` are the keys that stood in force at the line of its MAP.
    """

    block: Block
    line: int
    number: int
    dsn: int
    keys: tuple[Key, ...]
    map: Init | None
    map_keys: tuple[Key, ...]
    bitrate: int | None
    range: tuple[int, int] | None
    pdt: int | None
    expected: int | None
    slack: int

    @property
    def address(self) -> Address:
        """Where it is; a listed segment has one."""
        assert self.block.address is not None
        return self.block.address

    @property
    def uri_line(self) -> int:
        """The line of its address."""
        return self.line + self.block.uri_line


class Media:
    """One media playlist as parsed.

    ``faults`` are those of reading; ``usable`` says whether there is a playlist; ``header`` has line and value by tag;
    ``need`` is the highest protocol version asked for, with line and feature; the first ``taken`` segments are those
    that EXT-X-SKIP left out. Lines count from 1, ``duration`` is microseconds.
    """

    def __init__(self, base: str) -> None:
        self.base: Final = base
        self.faults: list[Fault] = []
        self.usable = True
        self.header: dict[str, tuple[int, str]] = {}
        self.segments: list[Segment] = []
        self.blocks: dict[str, Block] = {}
        self.dateranges: list[tuple[int, dict[str, str]]] = []
        self.target: int | None = None
        self.version = 1
        self.first = 0
        self.dsn = 0
        self.skipped = 0
        self.taken = 0
        self.dated = False
        self.duration = 0
        self.need: tuple[int, int, str] = (1, 0, "")
        self.first_uri_line = 0
        self.first_discontinuity_line = 0

    @property
    def end(self) -> int:
        """The media sequence number after the last segment's."""
        return self.first + len(self.segments)

    @property
    def ended(self) -> bool:
        """Whether ENDLIST says that nothing follows."""
        return "EXT-X-ENDLIST" in self.header

    @property
    def kind(self) -> str | None:
        """EVENT, VOD or None."""
        return self.header["EXT-X-PLAYLIST-TYPE"][1] if "EXT-X-PLAYLIST-TYPE" in self.header else None

    @property
    def limit(self) -> int:
        """The target duration in microseconds; 0 where none is stated."""
        return (self.target or 0) * 1_000_000

    @property
    def last_line(self) -> int:
        """The line of the last segment's address; 1 where there is none."""
        return self.segments[-1].uri_line if self.segments else 1

    def line(self, name: str) -> int:
        """The line of a header tag; 1 where there is none."""
        return self.header[name][0] if name in self.header else 1

    def segment(self, number: int) -> Segment:
        """The segment with that media sequence number."""
        return self.segments[number - self.first]


def read(
    text: str,
    base: str = "",
    before: Media | None = None,
    creative: Creative | None = None,
    imported: Mapping[str, str] | None = None,
) -> Media:
    """Read a text; blocks that ``before`` has are taken from it, as are segments that EXT-X-SKIP leaves out."""
    media = Media(base)
    lines = text.split("\n")
    large = oversize(text, lines)
    if large is not None:
        return _refused(media, large)
    wrong = opening(lines)
    if wrong is not None:
        media.faults.append(wrong)
        media.usable = headed(lines)
        if not media.usable:
            return media
    if "#EXT-X-DEFINE" in text or "{$" in text:
        variables = Variables(base, imported, multivariant=False)
        lines = list(variables.lines(lines))
        media.faults += variables.faults
        if "{$" in text:
            media.need = (8, 0, "variables")
    known = before.blocks if before is not None and before.base == base else {}
    found: list[tuple[int, Block]] = []
    begin = start = _leading(media, lines)
    for place, line in enumerate(lines[begin:], begin):
        if line[:1] in "#\r" or line.lstrip()[:1] in {"", "#"}:
            continue
        found.append((start + 1, _block(media, lines[start : place + 1], known, base, creative)))
        start = place + 1
        if len(found) > MAX_SEGMENTS:
            return _refused(media, f"more than {MAX_SEGMENTS} segments")
    tail = (start + 1, _block(media, lines[start:], known, base, creative))
    blocks = (*found, tail)
    for first, block in blocks:
        for place, name, value in block.header:
            _header(media, first + place, name, value)
    _numbers(media)
    if media.skipped:
        _skip(media, before)
    _segments(media, found)
    for first, block in blocks:
        _gather(media, first, block)
    return media


def _refused(media: Media, message: str) -> Media:
    media.usable = False
    media.faults.append(Fault(SYNTAX, 1, message, (SYNTAX, "refused")))
    return media


def _block(
    media: Media, lines: Sequence[str], known: Mapping[str, Block], base: str, creative: Creative | None
) -> Block:
    text = "\n".join(lines)
    block = media.blocks.get(text) or known.get(text)
    if block is None:
        block = Block(lines, base, creative)
    media.blocks[text] = block
    return block


def _leading(media: Media, lines: Sequence[str]) -> int:
    """Take the header's own lines; how many they are. What follows is the same text while its segment stays."""
    for place, line in enumerate(lines):
        text = line.strip()
        if text.startswith("#EXT"):
            name, value = split(text)
            if name not in HEADER:
                return place
            _header(media, place + 1, name, value)
        elif text and not text.startswith("#"):
            return place
    return len(lines)


def _header(media: Media, line: int, name: str, value: str) -> None:
    if name in media.header and name in _ONCE:
        media.faults.append(Fault(SYNTAX, line, f"a second {name}", (SYNTAX, name)))
    else:
        media.header[name] = (line, value)


def _numbers(media: Media) -> None:
    values: dict[str, int] = {}
    for name in ("VERSION", "TARGETDURATION", "MEDIA-SEQUENCE", "DISCONTINUITY-SEQUENCE"):
        tag = f"EXT-X-{name}"
        if tag not in media.header:
            continue
        line, text = media.header[tag]
        value = number(text)
        if value is None or (name == "TARGETDURATION" and value > _MAX_TARGET):
            media.faults.append(Fault(SYNTAX, line, f"{tag} is no number: {shown(text)}", (SYNTAX, tag)))
        else:
            values[name] = value
    media.target = values.get("TARGETDURATION")
    media.version = values.get("VERSION", 1)
    media.first = values.get("MEDIA-SEQUENCE", 0)
    media.dsn = values.get("DISCONTINUITY-SEQUENCE", 0)
    if "EXT-X-TARGETDURATION" not in media.header:
        media.faults.append(Fault(SYNTAX, 1, "no EXT-X-TARGETDURATION", (SYNTAX, "no target duration")))
    if media.kind not in {None, "EVENT", "VOD"}:
        line = media.line("EXT-X-PLAYLIST-TYPE")
        media.faults.append(Fault(SYNTAX, line, "EXT-X-PLAYLIST-TYPE is neither EVENT nor VOD", (SYNTAX, "type")))
    if "EXT-X-SKIP" in media.header:
        line, text = media.header["EXT-X-SKIP"]
        skipped = number((attributes(text) or {}).get("SKIPPED-SEGMENTS", ""))
        if skipped is None or skipped > MAX_SEGMENTS:
            media.faults.append(Fault(SYNTAX, line, "EXT-X-SKIP without SKIPPED-SEGMENTS", (SYNTAX, "skip")))
        else:
            media.skipped = skipped


def _skip(media: Media, before: Media | None) -> None:
    """Take what EXT-X-SKIP leaves out from the playlist before (6.2.5.1), rule 25; a first look has none to ask."""
    line = media.line("EXT-X-SKIP")
    place = -1 if before is None else media.first - before.first
    kept = [] if before is None or place < 0 else before.segments[place : place + media.skipped]
    if len(kept) == media.skipped:
        media.segments = [segment._replace(line=line - segment.block.uri_line) for segment in kept]
        media.taken = len(kept)
        return
    media.first += media.skipped
    if before is not None:
        message = "segments are skipped that no playlist before had"
        media.faults.append(Fault("25", line, message, ("25",)))


def _segments(media: Media, found: Sequence[tuple[int, Block]]) -> None:
    segments = media.segments
    last = segments[-1] if segments else None
    keys: tuple[Key, ...] = () if last is None else last.keys
    init, map_keys = (None, ()) if last is None else (last.map, last.map_keys)
    bitrate = None if last is None else last.bitrate
    dsn = media.dsn if last is None else last.dsn
    expected, slack = (None, 0) if last is None or last.pdt is None else (last.pdt + last.block.duration, last.slack)
    number = media.end
    for line, block in found:
        if block.sticky:
            for _, tag in block.sticky:
                if isinstance(tag, Init):
                    init, map_keys = tag, keys
                elif tag is None:
                    keys = ()
                else:
                    kept = (key for key in keys if key.keyformat != tag.keyformat)
                    keys = tuple(sorted((*kept, tag)))
        if block.bitrate is not None:
            bitrate = block.bitrate
        dsn += block.discontinuities
        span = None if block.range is None else _span(media, line, block, segments[-1] if segments else None)
        pdt = expected if block.pdt is None else block.pdt
        segments.append(Segment(block, line, number, dsn, keys, init, map_keys, bitrate, span, pdt, expected, slack))
        slack = block.unit if block.pdt is not None else slack + block.unit
        expected = None if pdt is None else pdt + block.duration
        number += 1
    media.duration = sum(segment.block.duration for segment in segments)


def _span(media: Media, line: int, block: Block, last: Segment | None) -> tuple[int, int] | None:
    """Length and offset; one without an offset goes on where the segment before ends (4.4.4.2), rule 15."""
    assert block.range is not None
    assert block.address is not None
    length, offset = block.range
    if offset is not None:
        return length, offset
    if last is not None and last.address.same(block.address) and last.block.range is not None:
        return None if last.range is None else (length, last.range[0] + last.range[1])
    key = ("15", block.address.raw, length)
    place = line + block.range_line
    media.faults.append(Fault("15", place, "EXT-X-BYTERANGE without an offset continues no segment before it", key))
    return None


def _gather(media: Media, line: int, block: Block) -> None:
    if block.faults:
        media.faults += [fault._replace(line=line + fault.line) for fault in block.faults]
    if block.need[0] > media.need[0]:
        media.need = (block.need[0], line + block.need[1], block.need[2])
    for place, given in block.dateranges:
        media.dateranges.append((line + place, given))
    if block.pdt is not None:
        media.dated = True
    if block.address is not None and not media.first_uri_line:
        media.first_uri_line = line + block.uri_line
    if block.discontinuities and not media.first_discontinuity_line:
        media.first_discontinuity_line = line + block.discontinuity_line
    if any(isinstance(tag, Init) for _, tag in block.sticky) and "EXT-X-I-FRAMES-ONLY" not in media.header:
        place = next(place for place, tag in block.sticky if isinstance(tag, Init))
        if media.need[0] < 6:
            media.need = (6, line + place, "EXT-X-MAP without EXT-X-I-FRAMES-ONLY")
