"""Segments as bytes. Each segment always renders to the same bytes, so that runs can be shared."""

from __future__ import annotations

from typing import Final, Protocol
from urllib.parse import urljoin

from domain.units import Microseconds, date, decimal
from ssai.cues.scan import is_cue
from ssai.hls.attributes import attributes, replace_attribute
from ssai.hls.lines import encode
from ssai.hls.playlist import Segment
from ssai.stitch.layout import Item

DISCONTINUITY: Final = b"#EXT-X-DISCONTINUITY\n"

_OWN: Final = frozenset(
    {
        "EXTINF",
        "EXT-X-BYTERANGE",
        "EXT-X-DISCONTINUITY",
        "EXT-X-PROGRAM-DATE-TIME",
        "EXT-X-KEY",
        "EXT-X-MAP",
        "EXT-X-BITRATE",
        "EXT-X-PART",
    }
)
"""Tags written from what holds for the segment, or left out (parts: such origins are served as ordinary HLS)."""


class AdMedia(Protocol):
    """Where the segments of creatives are, owned by whoever keeps the catalogue."""

    def segment(self, creative: str, rendition: str, index: int) -> tuple[str, Microseconds]:
        """URI (as a player of that rendition's playlist must see it) and exact duration. ``KeyError``: no such."""
        ...


class ContentAddress(Protocol):
    """Where content segments are fetched: the origin, or a CDN in front of it."""

    def __call__(self, url: str) -> str:
        """The address for players of an absolute origin address."""
        ...


def content_bytes(
    segment: Segment, url: str, start: int, *, dated: bool, address: ContentAddress, strip_cues: bool
) -> bytes:
    """One content segment without its discontinuity tag and without sticky tags.

    Unknown tags stay, in order. A date-time stands on every segment once the channel has dates: whatever the window's
    head is, it carries one (4.4.2.1), and nothing changes when the head moves.
    """
    lines = [tag.line for tag in segment.tags if tag.name not in _OWN and not (strip_cues and is_cue(tag))]
    if dated:
        lines.append(f"#EXT-X-PROGRAM-DATE-TIME:{date(start if segment.date is None else segment.date)}")
    title = next((tag.value or "" for tag in segment.tags if tag.name == "EXTINF"), "").partition(",")[2]
    lines.append(f"#EXTINF:{duration_text(segment.duration)},{title}")
    if segment.range is not None:
        lines.append(f"#EXT-X-BYTERANGE:{segment.range.length}@{segment.range.offset}")
    lines.append(address(_joined(url, segment.uri)))
    return encode("\n".join(lines) + "\n")


def sticky_bytes(segment: Segment, url: str) -> bytes:
    """KEY, MAP and BITRATE in force at a segment, for the head of a run (4.4.4.4, 4.4.4.5)."""
    lines: list[str] = []
    if any(tag.name == "EXT-X-KEY" and attributes(tag.value or "").get("METHOD") == "NONE" for tag in segment.tags):
        # What was in force before this segment ends here.
        lines.append("#EXT-X-KEY:METHOD=NONE")
    if segment.map is not None:
        lines += [f"#EXT-X-KEY:{_absolute(key.value, url)}" for key in segment.map.keys]
        lines.append(f"#EXT-X-MAP:{_absolute(segment.map.value, url)}")
    if segment.map is None or segment.map.keys != segment.keys:
        held = {key.keyformat for key in segment.keys}
        if segment.map is not None and any(key.keyformat not in held for key in segment.map.keys):
            lines.append("#EXT-X-KEY:METHOD=NONE")
        lines += [f"#EXT-X-KEY:{_absolute(key.value, url)}" for key in segment.keys]
    if segment.bitrate is not None:
        lines.append(f"#EXT-X-BITRATE:{segment.bitrate}")
    return encode("".join(line + "\n" for line in lines))


def item_bytes(item: Item, uri: str, duration: Microseconds, when: int | None) -> bytes:
    """One ad or slate segment with its discontinuity tag; ``when`` is its date-time, None in an undated channel."""
    lines = [f"#EXTINF:{duration_text(duration)},", uri, ""]
    if when is not None:
        lines.insert(0, f"#EXT-X-PROGRAM-DATE-TIME:{date(when)}")
    text = encode("\n".join(lines))
    return DISCONTINUITY + text if item.tagged else text


def duration_text(duration: int) -> str:
    """Exact decimal seconds, at least three places."""
    text = decimal(duration)
    return text[: max(len(text.rstrip("0")), len(text) - 3)]


def _absolute(value: str, url: str) -> str:
    uri = attributes(value).get("URI")
    return value if uri is None else replace_attribute(value, "URI", _joined(url, uri))


def _joined(url: str, uri: str) -> str:
    """The absolute address; what cannot be read as one stays as it is, for a bad line must not cost the others."""
    try:
        return urljoin(url, uri)
    except ValueError:
        return uri
