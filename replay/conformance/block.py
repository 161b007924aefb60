"""The lines of one segment, from the one after the segment before to its address, read once while they stay equal."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final, NamedTuple

from domain.units import instant, microseconds
from replay.conformance.dateranges import own_faults
from replay.conformance.model import SYNTAX, Creative, Fault, shown
from replay.conformance.tokens import absolute, attributes, number, split

HEADER: Final = frozenset(
    {
        "EXTM3U",
        "EXT-X-VERSION",
        "EXT-X-TARGETDURATION",
        "EXT-X-MEDIA-SEQUENCE",
        "EXT-X-DISCONTINUITY-SEQUENCE",
        "EXT-X-PLAYLIST-TYPE",
        "EXT-X-INDEPENDENT-SEGMENTS",
        "EXT-X-I-FRAMES-ONLY",
        "EXT-X-SERVER-CONTROL",
        "EXT-X-PART-INF",
        "EXT-X-SKIP",
        "EXT-X-START",
        "EXT-X-ENDLIST",
    }
)
"""Tags that speak of the whole playlist."""
MULTIVARIANT: Final = frozenset(
    {
        "EXT-X-STREAM-INF",
        "EXT-X-I-FRAME-STREAM-INF",
        "EXT-X-MEDIA",
        "EXT-X-SESSION-DATA",
        "EXT-X-SESSION-KEY",
        "EXT-X-CONTENT-STEERING",
    }
)
_CONTAINERS: Final = {
    **dict.fromkeys(("ts", "m2ts", "mpegts"), "MPEG-TS"),
    **dict.fromkeys(("mp4", "m4s", "m4v", "m4a", "m4f", "cmfv", "cmfa", "cmft"), "fMP4"),
    **dict.fromkeys(("aac", "ac3", "ec3", "mp3"), "packed audio"),
    **dict.fromkeys(("vtt", "webvtt"), "WebVTT"),
}
_IV: Final = re.compile(r"0[xX][0-9A-Fa-f]{1,32}")
_MAX_SECONDS: Final = 10_000_000
"""Nothing that plays for four months is a segment: larger numbers would only make every sum meaningless."""

Range = tuple[int, int | None]


class Address(NamedTuple):
    """As written, and as a client asks for it."""

    raw: str
    url: str

    def same(self, other: Address) -> bool:
        """Whether both name one thing: a hop to another worker's host changes what a relative address becomes."""
        return self.url == other.url or self.raw == other.raw


class Key(NamedTuple):
    """One EXT-X-KEY that is not NONE (4.4.4.4)."""

    keyformat: str
    method: str
    address: Address
    iv: str
    versions: str

    @property
    def needs_iv(self) -> bool:
        """Whether a missing IV means the media sequence number (4.4.4.4), rule 13."""
        return self.method == "AES-128" or (self.method == "SAMPLE-AES" and self.keyformat == "identity")


class Init(NamedTuple):
    """One EXT-X-MAP (4.4.4.5)."""

    address: Address
    range: str


class Block:
    """What one segment's own lines say. Lines are offsets from the block's first. Only read once it is made.

    ``sticky`` has the EXT-X-KEY (None: NONE) and EXT-X-MAP in order; ``need`` the highest protocol version that a line
    asks for, with line and feature (section 8); ``unit`` is half of the last digit that EXTINF gives, microseconds.
    ``discontinuities`` counts tags: numbers rise by tags, and nothing forbids two before one segment.
    ``address`` is None behind the last segment.
    """

    __slots__ = (
        "address",
        "bitrate",
        "container",
        "creative",
        "dateranges",
        "discontinuities",
        "discontinuity_line",
        "duration",
        "duration_line",
        "faults",
        "gap",
        "header",
        "need",
        "pdt",
        "pdt_line",
        "range",
        "range_line",
        "sticky",
        "timed",
        "unit",
        "uri_line",
    )

    def __init__(self, lines: Sequence[str], base: str, creative: Creative | None) -> None:
        self.address: Address | None = None
        self.bitrate: int | None = None
        self.container: str | None = None
        self.creative: str | None = None
        self.dateranges: list[tuple[int, dict[str, str]]] = []
        self.discontinuities = 0
        self.discontinuity_line = 0
        self.duration = 0
        self.duration_line = 0
        self.faults: list[Fault] = []
        self.gap = False
        self.header: list[tuple[int, str, str]] = []
        self.need: tuple[int, int, str] = (1, 0, "")
        self.pdt: int | None = None
        self.pdt_line = 0
        self.range: Range | None = None
        self.range_line = 0
        self.sticky: list[tuple[int, Key | Init | None]] = []
        self.timed = False
        self.unit = 0
        self.uri_line = 0
        for place, line in enumerate(lines):
            text = line.strip()
            if text.startswith("#EXT"):
                self._tag(place, text, base)
            elif text and not text.startswith("#"):
                self._end(place, text, base, creative)
        if self.address is None and self.timed:
            self._fault(SYNTAX, self.duration_line, "EXTINF without an address after it", "EXTINF")

    def _end(self, place: int, uri: str, base: str, creative: Creative | None) -> None:
        url = absolute(base, uri)
        if url is None:
            self._fault(SYNTAX, place, f"{shown(uri)} is no address", uri)
        self.uri_line = place
        self.address = Address(uri, uri if url is None else url)
        path = uri.partition("#")[0].partition("?")[0]
        self.container = _CONTAINERS.get(path.rpartition(".")[2].lower())
        if creative is not None:
            self.creative = creative(self.address.url)
        if not self.timed:
            self._fault(SYNTAX, place, f"{shown(uri)} has no EXTINF", uri)

    def _tag(self, place: int, text: str, base: str) -> None:
        name, value = split(text)
        if name in HEADER:
            self.header.append((place, name, value))
        elif name in _READERS:
            _READERS[name](self, place, value, base)
        elif name in MULTIVARIANT:
            self._fault(SYNTAX, place, f"{name} belongs into a multivariant playlist", name)

    def _extinf(self, place: int, value: str, _base: str) -> None:
        text, comma, _ = value.partition(",")
        text = text.strip()
        if self.timed:
            self._fault(SYNTAX, place, "a second EXTINF for one segment", value)
        self.timed = True
        self.duration_line = place
        try:
            duration = microseconds(text)
        except ValueError:
            duration = None
        if duration is None or not 0 <= duration <= _MAX_SECONDS * 1_000_000 or text[:1] in "+-":
            self._fault(SYNTAX, place, f"EXTINF has no duration: {shown(value)}", value)
            return
        if not comma:
            self._fault(SYNTAX, place, f"EXTINF without a comma: {shown(value)}", value)
        self.duration = duration
        _, dot, digits = text.partition(".")
        self.unit = 500_000 // 10 ** min(len(digits), 6)
        if dot:
            self._asks(3, place, "a duration with a decimal point")

    def _range(self, place: int, value: str, _base: str) -> None:
        self._asks(4, place, "EXT-X-BYTERANGE")
        length, at, offset = value.strip('"').partition("@")
        found = (number(length), number(offset) if at else None)
        if found[0] is None or (at and found[1] is None):
            self._fault(SYNTAX, place, f"EXT-X-BYTERANGE is no range: {shown(value)}", value)
            return
        self.range = (found[0], found[1])
        self.range_line = place

    def _key(self, place: int, value: str, base: str) -> None:
        given = attributes(value)
        method = None if given is None else given.get("METHOD")
        if given is None or not method:
            self._fault(SYNTAX, place, "EXT-X-KEY without a METHOD", value)
            return
        if method == "NONE":
            if len(given) > 1:
                self._fault("12", place, "METHOD=NONE stands with other attributes (4.4.4.4)", value)
            self.sticky.append((place, None))
            return
        uri = given.get("URI")
        if uri is None:
            self._fault(SYNTAX, place, f"EXT-X-KEY with METHOD={shown(method)} without a URI", value)
            return
        if "IV" in given:
            self._asks(2, place, "IV in EXT-X-KEY")
            if _IV.fullmatch(given["IV"]) is None:
                self._fault(SYNTAX, place, f"IV is no hexadecimal number of 128 bits: {shown(given['IV'])}", value)
        if method.startswith("SAMPLE-AES") or "KEYFORMAT" in given or "KEYFORMATVERSIONS" in given:
            self._asks(5, place, "SAMPLE-AES, KEYFORMAT or KEYFORMATVERSIONS")
        form = given.get("KEYFORMAT", "identity")
        address = Address(uri, absolute(base, uri) or uri)
        versions = given.get("KEYFORMATVERSIONS", "1")
        self.sticky.append((place, Key(form, method, address, given.get("IV", "").lower(), versions)))

    def _map(self, place: int, value: str, base: str) -> None:
        given = attributes(value)
        if given is None or "URI" not in given:
            self._fault(SYNTAX, place, "EXT-X-MAP without a URI", value)
            return
        self._asks(5, place, "EXT-X-MAP")
        uri = given["URI"]
        self.sticky.append((place, Init(Address(uri, absolute(base, uri) or uri), given.get("BYTERANGE", ""))))

    def _date(self, place: int, value: str, _base: str) -> None:
        self.pdt_line = place
        try:
            self.pdt = instant(value)
        except ValueError:
            self._fault("18", place, f"EXT-X-PROGRAM-DATE-TIME is no date: {shown(value)}", value)

    def _daterange(self, place: int, value: str, _base: str) -> None:
        given = attributes(value)
        if given is None:
            self._fault("19", place, "EXT-X-DATERANGE has no readable attributes", value)
            return
        self.dateranges.append((place, given))
        for rule, message in own_faults(given):
            self._fault(rule, place, message, value)

    def _discontinuity(self, place: int, _value: str, _base: str) -> None:
        self.discontinuities += 1
        self.discontinuity_line = place

    def _gap(self, _place: int, _value: str, _base: str) -> None:
        self.gap = True

    def _bitrate(self, place: int, value: str, _base: str) -> None:
        self.bitrate = number(value)
        if self.bitrate is None:
            self._fault(SYNTAX, place, f"EXT-X-BITRATE is no number: {shown(value)}", value)

    def _define(self, place: int, value: str, _base: str) -> None:
        query = value.startswith("QUERYPARAM")
        self._asks(11 if query else 8, place, "EXT-X-DEFINE with QUERYPARAM" if query else "EXT-X-DEFINE")

    def _asks(self, version: int, place: int, feature: str) -> None:
        if version > self.need[0]:
            self.need = (version, place, feature)

    def _fault(self, rule: str, place: int, message: str, key: str) -> None:
        self.faults.append(Fault(rule, place, message, (rule, key)))


_READERS: Final = {
    "EXTINF": Block._extinf,  # noqa: SLF001 -- the class's own table
    "EXT-X-BYTERANGE": Block._range,  # noqa: SLF001
    "EXT-X-KEY": Block._key,  # noqa: SLF001
    "EXT-X-MAP": Block._map,  # noqa: SLF001
    "EXT-X-PROGRAM-DATE-TIME": Block._date,  # noqa: SLF001
    "EXT-X-DATERANGE": Block._daterange,  # noqa: SLF001
    "EXT-X-DISCONTINUITY": Block._discontinuity,  # noqa: SLF001
    "EXT-X-GAP": Block._gap,  # noqa: SLF001
    "EXT-X-BITRATE": Block._bitrate,  # noqa: SLF001
    "EXT-X-DEFINE": Block._define,  # noqa: SLF001
}
