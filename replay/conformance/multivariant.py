"""The multivariant playlist: syntax, and rules 16, 17 and 22."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from replay.conformance.model import MAX_PLAYLISTS, SYNTAX, Fault, shown
from replay.conformance.tokens import Variables, absolute, attributes, headed, number, opening, oversize, split

_ONLY_MEDIA: Final = frozenset(
    {
        "EXTINF",
        "EXT-X-TARGETDURATION",
        "EXT-X-MEDIA-SEQUENCE",
        "EXT-X-DISCONTINUITY-SEQUENCE",
        "EXT-X-DISCONTINUITY",
        "EXT-X-ENDLIST",
        "EXT-X-KEY",
        "EXT-X-MAP",
        "EXT-X-BYTERANGE",
        "EXT-X-PROGRAM-DATE-TIME",
        "EXT-X-PLAYLIST-TYPE",
    }
)
_REQUIRED: Final = {
    "EXT-X-STREAM-INF": ("BANDWIDTH",),
    "EXT-X-I-FRAME-STREAM-INF": ("BANDWIDTH", "URI"),
    "EXT-X-MEDIA": ("TYPE", "GROUP-ID", "NAME"),
    "EXT-X-SESSION-DATA": ("DATA-ID",),
    "EXT-X-SESSION-KEY": ("METHOD", "URI"),
    "EXT-X-CONTENT-STEERING": ("SERVER-URI",),
}
_GROUPS: Final = ("AUDIO", "VIDEO", "SUBTITLES", "CLOSED-CAPTIONS")
_SILENT: Final = frozenset(
    {
        "avc1",
        "avc2",
        "avc3",
        "avc4",
        "hvc1",
        "hev1",
        "dvh1",
        "dvhe",
        "dva1",
        "dvav",
        "vp08",
        "vp09",
        "av01",
        "wvtt",
        "stpp",
    }
)
"""What CODECS calls video and subtitles (RFC 6381); what is not known may be sound."""
_MARKS: Final = ("#EXT-X-I-FRAME-STREAM-INF", "#EXT-X-MEDIA:", "#EXT-X-SESSION-", "#EXT-X-CONTENT-STEERING")


def is_multivariant(text: str) -> bool:
    """Whether a text speaks of renditions and lists no segment."""
    return "#EXT-X-STREAM-INF" in text or (any(mark in text for mark in _MARKS) and "#EXTINF" not in text)


class Multivariant:
    """One multivariant playlist as read.

    ``faults``; ``defined``, the variables that media playlists may import; ``playlists``, the absolute addresses of
    its media playlists by the URI that it names them with, in order.
    """

    def __init__(self, text: str, url: str) -> None:
        self.faults: list[Fault] = []
        self.defined: dict[str, str] = {}
        self.playlists: dict[str, str] = {}
        self._url = url
        self._groups: set[tuple[str, str]] = set()
        self._sounds: dict[str, list[str | None]] = {}
        self._variants: list[tuple[str, dict[str, str]]] = []
        self._named: list[tuple[int, str, str]] = []
        self._streams: list[tuple[int, dict[str, str]]] = []
        self._steering: int | None = None
        self._version = 1
        self._version_line = 1
        self._need: tuple[int, int, str] = (1, 1, "")
        lines = text.split("\n")
        large = oversize(text, lines)
        if large is not None:
            self._fault(1, large, "size")
            return
        wrong = opening(lines)
        if wrong is not None:
            self.faults.append(wrong)
            if not headed(lines):
                return
        if "#EXT-X-DEFINE" in text or "{$" in text:
            variables = Variables(url, None, multivariant=True)
            lines = list(variables.lines(lines))
            self.faults += variables.faults
            self.defined = variables.defined
            self._asks(8, 1, "variables")
        self._read(lines)
        self._conclude()

    def _read(self, lines: list[str]) -> None:
        waiting: int | None = None
        for count, line in enumerate(lines, 1):
            text = line.strip()
            if text.startswith("#EXT"):
                name, value = split(text)
                if name == "EXT-X-STREAM-INF":
                    if waiting is not None:
                        self._fault(waiting, "EXT-X-STREAM-INF without an address after it", f"stream {waiting}")
                    waiting = count
                self._tag(count, name, value)
            elif text and not text.startswith("#"):
                if waiting is None:
                    self._fault(count, f"{shown(text)} has no EXT-X-STREAM-INF", text)
                else:
                    address = self._playlist(count, text)
                    if address is not None and self._streams and len(self._variants) < MAX_PLAYLISTS:
                        self._variants.append((address, self._streams[-1][1]))
                waiting = None
        if waiting is not None:
            self._fault(waiting, "EXT-X-STREAM-INF without an address after it", f"stream {waiting}")

    def _tag(self, count: int, name: str, value: str) -> None:
        if name == "EXT-X-VERSION":
            version = number(value)
            if version is None:
                self._fault(count, f"EXT-X-VERSION is no number: {shown(value)}", name)
            self._version, self._version_line = version or 1, count
        elif name in _ONLY_MEDIA:
            self._fault(count, f"{name} belongs into a media playlist", name)
        elif name == "EXT-X-DEFINE" and value.startswith("QUERYPARAM"):
            self._asks(11, count, "EXT-X-DEFINE with QUERYPARAM")
        elif name in _REQUIRED:
            given = attributes(value)
            if given is None:
                self._fault(count, f"{name} has no readable attributes", value)
                return
            if not number(given.get("BANDWIDTH", "0")) and "BANDWIDTH" in given:
                self._fault(count, f"BANDWIDTH is no number: {shown(given['BANDWIDTH'])}", value)
            missing = [each for each in _REQUIRED[name] if each not in given]
            if missing:
                self._fault(count, f"{name} without {', '.join(missing)}", value)
            self._take(count, name, given)
            named = "URI" in given and name in {"EXT-X-MEDIA", "EXT-X-I-FRAME-STREAM-INF"}
            address = self._playlist(count, given["URI"]) if named else None
            if name == "EXT-X-MEDIA" and given.get("TYPE") == "AUDIO":
                self._sounds.setdefault(given.get("GROUP-ID", ""), []).append(address)

    def _playlist(self, count: int, uri: str) -> str | None:
        address = absolute(self._url, uri)
        if address is None:
            self._fault(count, f"{shown(uri)} is no address", uri)
        elif len(self.playlists) < MAX_PLAYLISTS:
            self.playlists.setdefault(uri, address)
        return address

    def _take(self, count: int, name: str, given: dict[str, str]) -> None:
        kind = given.get("TYPE", "")
        if name == "EXT-X-STREAM-INF":
            self._streams.append((count, given))
            self._named += [
                (count, group, given[group])
                for group in _GROUPS
                if group in given and not (group == "CLOSED-CAPTIONS" and given[group] == "NONE")
            ]
        elif name == "EXT-X-MEDIA":
            self._groups.add((kind, given.get("GROUP-ID", "")))
            instream = given.get("INSTREAM-ID", "")
            if kind == "CLOSED-CAPTIONS":
                if not instream:
                    self._fault(count, "closed captions without an INSTREAM-ID", str(given))
                if "URI" in given:
                    self._fault(count, "closed captions with a URI", str(given))
            elif kind == "SUBTITLES" and "URI" not in given:
                self._fault(count, "subtitles without a URI", str(given))
            if kind == "CLOSED-CAPTIONS" and instream.startswith("SERVICE"):
                self._asks(7, count, "INSTREAM-ID with SERVICE")
            elif kind != "CLOSED-CAPTIONS" and instream:
                self._asks(13, count, f"INSTREAM-ID of {shown(kind)}")
        elif name == "EXT-X-CONTENT-STEERING":
            self._steering = count
        if any(each.startswith("REQ-") for each in given):
            self._asks(12, count, "an attribute whose name starts with REQ-")

    def _conclude(self) -> None:
        for count, kind, group in self._named:
            if (kind, group) not in self._groups:
                self._fault(count, f"no EXT-X-MEDIA of type {kind} has the group {shown(group)}", f"{kind} {group}")
        version, line, feature = self._need
        if version > self._version:
            message = f"{feature} needs version {version}, the playlist says {self._version}"
            self.faults.append(Fault("17", line, message, ("17", version)))

    def together(self) -> Iterator[tuple[str, ...]]:
        """Addresses that a client plays together at least: a variant, and one sound of its group that is not in it.

        Subtitles can be switched off. A variant with a group of other views is left out: one of them replaces it.
        """
        for variant, given in self._variants:
            if "VIDEO" not in given:
                for sound in self._sounds.get(given.get("AUDIO", ""), [None])[:MAX_PLAYLISTS]:
                    yield (variant,) if sound is None else (variant, sound)

    def stitched(self) -> Iterator[Fault]:
        """Rule 22, for a playlist that leads to ads."""
        for count, given in self._streams:
            if "CODECS" not in given:
                yield Fault("22", count, "EXT-X-STREAM-INF without CODECS", ("22", count))
            elif "AUDIO" in given and all(each.strip()[:4] in _SILENT for each in given["CODECS"].split(",")):
                message = f"CODECS names no sound, but there is an AUDIO group: {shown(given['CODECS'])}"
                yield Fault("22", count, message, ("22", count))
        if self._steering is not None:
            yield Fault(
                "22", self._steering, "content steering can lead players round the stitcher", ("22", "steering")
            )

    def _asks(self, version: int, line: int, feature: str) -> None:
        if version > self._need[0]:
            self._need = (version, line, feature)

    def _fault(self, line: int, message: str, key: str) -> None:
        self.faults.append(Fault(SYNTAX, line, message, (SYNTAX, key)))
