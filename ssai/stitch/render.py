"""Segments as bytes. Each segment always renders to the same bytes, so that runs can be shared."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple, Protocol

from domain.units import Microseconds, date, decimal
from ssai.channel.addresses import joined
from ssai.cues.scan import is_cue
from ssai.hls.attributes import attributes, replace_attribute
from ssai.hls.lines import encode
from ssai.hls.playlist import Key, Segment
from ssai.stitch.layout import Item

DISCONTINUITY: Final = b"#EXT-X-DISCONTINUITY\n"
_CLEAR: Final = "#EXT-X-KEY:METHOD=NONE"
"""Ends the keys of every KEYFORMAT (4.4.4.4)."""

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


class AdSegment(NamedTuple):
    """One segment of a creative in one rendition.

    ``uri`` and ``map`` (the initialisation section; fMP4 only) are as a player of that rendition's playlist must see
    them; ``duration`` is exact; ``bitrate`` in kilobits a second, None where it is not known.
    """

    uri: str
    duration: Microseconds
    map: str | None = None
    bitrate: int | None = None


class AdMedia(Protocol):
    """Where the segments of creatives are, owned by whoever keeps the catalogue."""

    def segment(self, creative: str, rendition: str, index: int) -> AdSegment:
        """The segment. ``KeyError``: no such."""
        ...


class ContentAddress(Protocol):
    """Where content segments are fetched: the origin, or a CDN in front of it."""

    def __call__(self, url: str) -> str:
        """The address for players of an absolute origin address."""
        ...


def content_bytes(
    segment: Segment, url: str, start: int, *, dated: bool, address: ContentAddress, strip_cues: bool
) -> bytes:
    """One content segment without its discontinuity tag, without sticky tags and date ranges.

    Unknown tags stay, in order. A date-time stands on every segment once the channel has dates: whatever the window's
    head is, it carries one (4.4.2.1), and nothing changes when the head moves.
    """
    own = _OWN | {"EXT-X-DATERANGE"} if dated else _OWN
    lines = [tag.line for tag in segment.tags if tag.name not in own and not (strip_cues and is_cue(tag))]
    if dated:
        lines.append(f"#EXT-X-PROGRAM-DATE-TIME:{date(start if segment.date is None else segment.date)}")
    title = next((tag.value or "" for tag in segment.tags if tag.name == "EXTINF"), "").partition(",")[2]
    lines.append(f"#EXTINF:{duration_text(segment.duration)},{title}")
    if segment.range is not None:
        lines.append(f"#EXT-X-BYTERANGE:{segment.range.length}@{segment.range.offset}")
    lines.append(address(joined(url, segment.uri)))
    return encode("\n".join(lines) + "\n")


def sticky_bytes(segment: Segment, before: Segment | None, url: str, address: ContentAddress) -> bytes:
    """What of KEY, MAP and BITRATE changes from the content segment ``before``, in the origin's order.

    None stands for the start of a run: the window's head, where nothing is in force, or the end of ads, which leave no
    key in force, but a map and a bit rate of their own (4.4.4.4, 4.4.4.5, 4.4.4.8).
    """
    lines: list[str] = []
    held = () if before is None else before.keys
    if segment.map is not None and (before is None or segment.map != before.map):
        lines += _keys(held, segment.map.keys, url, address)
        lines.append(f"#EXT-X-MAP:{_addressed(segment.map.value, url, address)}")
        held = segment.map.keys
    lines += _keys(held, segment.keys, url, address)
    if segment.bitrate is not None and (before is None or segment.bitrate != before.bitrate):
        lines.append(f"#EXT-X-BITRATE:{segment.bitrate}")
    return encode("".join(line + "\n" for line in lines))


def _keys(held: Sequence[Key], wanted: Sequence[Key], url: str, address: ContentAddress) -> list[str]:
    """The tags that make ``wanted`` of the keys in force. One KEYFORMAT ends only with all of them."""
    lines: list[str] = []
    if {key.keyformat for key in held} - {key.keyformat for key in wanted}:
        lines.append(_CLEAR)
        held = ()
    return lines + [f"#EXT-X-KEY:{_addressed(key.value, url, address)}" for key in wanted if key not in held]


class Opening(NamedTuple):
    """What an item says besides itself.

    ``first``: it is the first shown of its run. ``clear``: what is in force of the content's keys ends before it.
    ``bitrate``: it states its own, or the content's would hold for it.
    """

    first: bool
    clear: bool
    bitrate: bool


def item_bytes(item: Item, segment: AdSegment, when: int | None, opening: Opening) -> bytes:
    """One ad or slate segment with its discontinuity tag; ``when`` is its date-time, None in an undated channel.

    The map stands at the start of a run and at every discontinuity, since it has no "none" form (4.4.4.5).
    """
    lines: list[str] = []
    if opening.first and opening.clear:
        lines.append(_CLEAR)
    if segment.map is not None and (opening.first or item.tagged):
        lines.append(f'#EXT-X-MAP:URI="{segment.map}"')
    if opening.bitrate and segment.bitrate is not None:
        lines.append(f"#EXT-X-BITRATE:{segment.bitrate}")
    if when is not None:
        lines.append(f"#EXT-X-PROGRAM-DATE-TIME:{date(when)}")
    lines += [f"#EXTINF:{duration_text(segment.duration)},", segment.uri, ""]
    text = encode("\n".join(lines))
    return DISCONTINUITY + text if item.tagged else text


def duration_text(duration: int) -> str:
    """Exact decimal seconds, at least three places."""
    text = decimal(duration)
    return text[: max(len(text.rstrip("0")), len(text) - 3)]


def _addressed(value: str, url: str, address: ContentAddress) -> str:
    """The attributes with the URI as players are to ask for it."""
    uri = attributes(value).get("URI")
    return value if uri is None else replace_attribute(value, "URI", address(joined(url, uri)))
