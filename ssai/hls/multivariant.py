"""Multivariant playlists (4.4.6): what they offer, and the same text with other addresses in it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Final, NamedTuple
from urllib.parse import urljoin

from ssai.hls.attributes import attributes
from ssai.hls.errors import PlaylistError
from ssai.hls.lines import Document, tag
from ssai.hls.variables import Substituted, substituted

MAX_TEXT: Final = 4 * 1024 * 1024
"""Characters: 500 variants with all their attributes are under 300 KB."""
MAX_LINES: Final = 20_000
MAX_VARIANTS: Final = 500
"""Variants, renditions and I-frame variants, each: the largest ladders seen have about 60."""
_MAX_URI: Final = 4096
"""Characters of one URI after substitution."""

_DROPPED: Final = frozenset({"EXT-X-I-FRAME-STREAM-INF", "EXT-X-IMAGE-STREAM-INF", "EXT-X-CONTENT-STEERING"})
_SESSION: Final = frozenset({"EXT-X-SESSION-KEY", "EXT-X-SESSION-DATA"})
_GROUPS: Final = ("AUDIO", "VIDEO", "SUBTITLES", "CLOSED-CAPTIONS")
_INTEGER: Final = re.compile(r"[0-9]{1,15}(?=\.[0-9]*$|$)", re.ASCII)
_RESOLUTION: Final = re.compile(r"([0-9]{1,6})[xX]([0-9]{1,6})", re.ASCII)
_RATE: Final = re.compile(r"[0-9]{1,6}(?:\.[0-9]{1,6})?", re.ASCII)
_ATTRIBUTE: Final = re.compile(r'\s*([A-Za-z0-9_.-]+)\s*=\s*("[^"]*"|[^,\r\n]*)(?=\s*(?:,|$))')
_BLANKS: Final = " \t\r\n\ufeff"


@dataclass(frozen=True, slots=True)
class Variant:
    """One EXT-X-STREAM-INF with its URI.

    ``bandwidth`` in bits per second, 0 where it is absent or unreadable (players play such variants); ``resolution``
    is width, height in pixels; ``frame_rate`` is decimal text as written. The numbers of lines count from 1.
    """

    uri: str
    bandwidth: int
    average_bandwidth: int | None
    codecs: str | None
    resolution: tuple[int, int] | None
    frame_rate: str | None
    audio: str | None
    video: str | None
    subtitles: str | None
    closed_captions: str | None
    pathway: str | None
    line: int
    uri_line: int


@dataclass(frozen=True, slots=True)
class Media:
    """One EXT-X-MEDIA; ``uri`` is None where the rendition is inside the variants (4.4.6.1)."""

    type: str
    group_id: str
    name: str
    language: str | None
    uri: str | None
    default: bool
    autoselect: bool
    channels: str | None
    line: int


@dataclass(frozen=True, slots=True)
class Multivariant:
    """What a multivariant playlist offers; ``iframes`` are the URIs of EXT-X-I-FRAME-STREAM-INF."""

    version: int | None
    independent: bool
    variants: tuple[Variant, ...]
    media: tuple[Media, ...]
    iframes: tuple[str, ...]
    variables: tuple[tuple[str, str], ...]

    @property
    def playlists(self) -> tuple[str, ...]:
        """URIs of the media playlists of variants, then of renditions, each once; those of subtitles left out."""
        renditions = [each.uri for each in self.media if each.uri is not None and each.type != "SUBTITLES"]
        return tuple(dict.fromkeys([*(variant.uri for variant in self.variants), *renditions]))

    @property
    def subtitles(self) -> tuple[str, ...]:
        """URIs of the media playlists of subtitles, each once."""
        found = (each.uri for each in self.media if each.uri is not None and each.type == "SUBTITLES")
        return tuple(dict.fromkeys(found))


class Rewritten(NamedTuple):
    """The text with other addresses; ``dropped`` has the lines that were left out, one by one, for a log."""

    text: str
    dropped: tuple[str, ...]


class _Line(NamedTuple):
    """One line: ``number`` from 1, and the tag in it; a URI has an empty name."""

    number: int
    name: str
    value: str


def version(text: str) -> int | None:
    """EXT-X-VERSION alone, None when absent or unreadable; ``PlaylistError`` when the text is no playlist."""
    for line in _lines(text):
        if line.name == "EXT-X-VERSION":
            return _integer(line.value)
    return None


def parse(text: str, url: str | None = None) -> Multivariant:
    """Interpret a multivariant playlist, variables substituted.

    ``url`` is its own address: with it URIs come out absolute, and QUERYPARAM can be read (4.4.2.3); without it URIs
    are as written.

    Raises
    ------
        PlaylistError: it is none, breaks a bound, misses a URI, or uses a variable that nothing defines.
    """
    return _offered(substituted(text, url, None), url)


def _offered(plain: Substituted, url: str | None) -> Multivariant:
    variants: list[Variant] = []
    media: list[Media] = []
    iframes: list[str] = []
    names: set[str] = set()
    stated: int | None = None
    for line, uri in _entries(plain.text):
        names.add(line.name)
        match line.name:
            case "EXT-X-VERSION":
                stated = _integer(line.value)
            case "EXT-X-STREAM-INF":
                variants.append(_variant(line, _absolute(url, uri.value, uri), uri.number))
            case "EXT-X-MEDIA":
                media.append(_media(line, url))
            case "EXT-X-I-FRAME-STREAM-INF":
                iframes.append(_absolute(url, attributes(line.value).get("URI", ""), line))
            case _:
                pass
        if max(len(variants), len(media), len(iframes)) > MAX_VARIANTS:
            raise PlaylistError(line.number, line.name, f"at most {MAX_VARIANTS}", "more")
    return Multivariant(
        stated,
        "EXT-X-INDEPENDENT-SEGMENTS" in names,
        tuple(variants),
        tuple(media),
        tuple(iframes),
        tuple(plain.variables.items()),
    )


def rewrite(
    text: str, replace: Callable[[str], str | None], base_url: str, address: Callable[[str], str] = str
) -> Rewritten:
    """Put other addresses in the place of every media playlist's, and leave everything else byte for byte.

    ``replace`` is given each absolute URI and returns the new one, or None to drop that variant or rendition. Dropped
    too are variants for trick play and content steering, which would lead players past the stitcher. A variant's
    reference to a group that lost all its members goes; session keys and data become absolute, and go to where
    ``address`` says; variables are substituted, for what they read (QUERYPARAM: the origin's address) players cannot.

    Raises
    ------
        PlaylistError: as ``parse``.
    """
    plain = substituted(text, base_url, None)
    offered = _offered(plain, base_url)
    edit = _Edit(list(Document.of(plain.text).lines), replace)
    for media in offered.media:
        edit.rendition(media)
    kept = {(each.type, each.group_id) for each in offered.media if each.line not in edit.dropped}
    lost = {(each.type, each.group_id) for each in offered.media} - kept
    for variant in offered.variants:
        edit.variant(variant, lost)
    for line in _lines(plain.text):
        if line.name in _DROPPED:
            edit.drop(line.number)
        elif line.name in _SESSION and (uri := attributes(line.value).get("URI")):
            edit.put(line.number, address(_absolute(base_url, uri, line)))
    return Rewritten("".join(edit.lines), tuple(edit.dropped[number] for number in sorted(edit.dropped)))


@dataclass(slots=True)
class _Edit:
    """The lines while they change; their numbers count from 1. A dropped line becomes empty."""

    lines: list[str]
    replace: Callable[[str], str | None]
    dropped: dict[int, str] = field(default_factory=dict)

    def drop(self, number: int) -> None:
        self.dropped[number] = self.lines[number - 1].strip(_BLANKS)
        self.lines[number - 1] = ""

    def put(self, number: int, address: str) -> None:
        """Give the URI attribute of a line another value."""
        line = self.lines[number - 1]
        match = _span(line, "URI")
        if match is not None and match[2] != f'"{address}"':
            self.lines[number - 1] = f'{line[: match.start(2)]}"{address}"{line[match.end(2) :]}'

    def rendition(self, media: Media) -> None:
        address = None if media.uri is None else self.replace(media.uri)
        if address is not None:
            self.put(media.line, address)
        elif media.uri is not None or media.type == "SUBTITLES":
            # Subtitles without a playlist are none (4.4.6.1); other renditions without one are in the variants.
            self.drop(media.line)

    def variant(self, variant: Variant, lost: set[tuple[str, str]]) -> None:
        address = self.replace(variant.uri)
        if address is None:
            self.drop(variant.line)
            self.drop(variant.uri_line)
            return
        line = self.lines[variant.uri_line - 1]
        self.lines[variant.uri_line - 1] = line.replace(line.strip(_BLANKS), address, 1)
        groups = (variant.audio, variant.video, variant.subtitles, variant.closed_captions)
        for name, group in zip(_GROUPS, groups, strict=True):
            if group is not None and (name, group) in lost:
                self.lines[variant.line - 1] = _without(self.lines[variant.line - 1], name)


def _lines(text: str) -> Iterator[_Line]:
    """Lines with content, from #EXTM3U on; comments before it are tolerated as players do."""
    if len(text) > MAX_TEXT:
        raise PlaylistError(1, "playlist", f"at most {MAX_TEXT} characters", str(len(text)))
    begun = False
    for number, raw in enumerate(text.split("\n"), 1):
        if number > MAX_LINES:
            raise PlaylistError(number, "playlist", f"at most {MAX_LINES} lines", "more")
        content = raw.strip(_BLANKS)
        if not content:
            continue
        is_tag = content.startswith("#EXT")
        if not begun:
            if content.startswith("#EXTM3U"):
                begun = True
            elif is_tag or content[0] != "#":
                raise PlaylistError(number, "playlist", "#EXTM3U", content)
        elif is_tag:
            name, value = tag(content)
            yield _Line(number, name, value or "")
        elif content[0] != "#":
            yield _Line(number, "", content)
    if not begun:
        raise PlaylistError(1, "playlist", "#EXTM3U", text)


def _entries(text: str) -> Iterator[tuple[_Line, _Line]]:
    """Tags of a multivariant playlist, each EXT-X-STREAM-INF with the URI that follows it, others with themselves."""
    waiting: _Line | None = None
    for line in _lines(text):
        if line.name == "EXTINF":
            raise PlaylistError(line.number, line.name, "a multivariant playlist", "a tag of media playlists")
        if line.name == "":
            if waiting is None:
                raise PlaylistError(line.number, "URI", "an EXT-X-STREAM-INF before it", line.value)
            yield waiting, line
            waiting = None
        elif line.name != "EXT-X-STREAM-INF":
            yield line, line
        elif waiting is None:
            waiting = line
        else:
            raise PlaylistError(waiting.number, waiting.name, "a URI after it", "another")
    if waiting is not None:
        raise PlaylistError(waiting.number, waiting.name, "a URI after it", "the end of the playlist")


def _variant(line: _Line, uri: str, uri_line: int) -> Variant:
    found = attributes(line.value)
    return Variant(
        uri=uri,
        bandwidth=_integer(found.get("BANDWIDTH")) or 0,
        average_bandwidth=_integer(found.get("AVERAGE-BANDWIDTH")),
        codecs=found.get("CODECS"),
        resolution=_resolution(found.get("RESOLUTION")),
        frame_rate=found.get("FRAME-RATE") if _RATE.fullmatch(found.get("FRAME-RATE", "")) else None,
        audio=found.get("AUDIO"),
        video=found.get("VIDEO"),
        subtitles=found.get("SUBTITLES"),
        closed_captions=found.get("CLOSED-CAPTIONS"),
        pathway=found.get("PATHWAY-ID"),
        line=line.number,
        uri_line=uri_line,
    )


def _media(line: _Line, url: str | None) -> Media:
    found = attributes(line.value)
    for name in ("TYPE", "GROUP-ID"):
        if not found.get(name):
            raise PlaylistError(line.number, line.name, f"a {name} attribute", line.value)
    return Media(
        type=found["TYPE"],
        group_id=found["GROUP-ID"],
        name=found.get("NAME", ""),
        language=found.get("LANGUAGE"),
        uri=_absolute(url, found["URI"], line) if found.get("URI") else None,
        default=found.get("DEFAULT") == "YES",
        autoselect=found.get("AUTOSELECT") == "YES",
        channels=found.get("CHANNELS"),
        line=line.number,
    )


def _integer(text: str | None) -> int | None:
    """A decimal integer; a fraction, which is not allowed but occurs, is cut off."""
    match = _INTEGER.match((text or "").strip())
    return None if match is None else int(match[0])


def _resolution(text: str | None) -> tuple[int, int] | None:
    match = _RESOLUTION.fullmatch((text or "").strip())
    return None if match is None else (int(match[1]), int(match[2]))


def _absolute(base_url: str | None, uri: str, line: _Line) -> str:
    if len(uri) > _MAX_URI:
        raise PlaylistError(line.number, "URI", f"at most {_MAX_URI} characters", uri)
    try:
        return uri if base_url is None else urljoin(base_url, uri)
    except ValueError as error:
        raise PlaylistError(line.number, "URI", "an address", uri) from error


def _span(line: str, name: str) -> re.Match[str] | None:
    """The attribute of a tag's line, found by reading from the first on: quoted text is never searched."""
    position = line.find(":") + 1
    while 0 < position <= len(line):
        match = _ATTRIBUTE.match(line, position)
        if match is not None and match[1] == name:
            return match
        position = line.find(",", position if match is None else match.end()) + 1
    return None


def _without(line: str, name: str) -> str:
    """The line without one attribute and the comma that set it apart."""
    match = _span(line, name)
    if match is None:
        return line
    before, after = line[: match.start()], line[match.end() :]
    if before.endswith(","):
        return before[:-1] + after
    return before + after.removeprefix(",")
