"""What one source of a channel offers, told so that its counterpart in another source can be found."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, NamedTuple

from ssai.hls.media import is_multivariant
from ssai.hls.multivariant import Multivariant, parse

_PICTURES: Final = frozenset({"avc1", "avc3", "hvc1", "hev1", "dvh1", "dvhe", "av01", "dav1", "vp09", "vvc1", "vvi1"})
"""Formats of video: sources with unlike ladders still have the same sound."""


class Kind(NamedTuple):
    """What a media playlist is, whatever its address.

    ``type`` is that of EXT-X-MEDIA, "VARIANT" for a variant, "ALONE" where the channel's address is a media playlist.
    ``name`` is the language, or the name of a rendition without one; ``codecs`` are the formats without their
    parameters, for sound those that all variants of its group share. ``rank`` counts those that are alike in all
    this, variants from the least bandwidth, renditions as listed.
    """

    type: str
    name: str
    resolution: tuple[int, int] | None
    codecs: frozenset[str]
    rank: int


ALONE = Kind("ALONE", "", None, frozenset(), 0)


@dataclass(frozen=True, slots=True)
class Offer:
    """The media playlists of one source: addresses by kind. One address has several kinds where its group differs."""

    addresses: Mapping[Kind, str]

    def kinds(self, address: str) -> list[Kind]:
        """What the media playlist at this address is; empty where the source offers none there."""
        return [kind for kind, each in self.addresses.items() if each == address]

    def counterpart(self, kinds: list[Kind]) -> str | None:
        """The address of the first of ``kinds`` that this source offers."""
        return next((self.addresses[kind] for kind in kinds if kind in self.addresses), None)


def offer(text: str, url: str) -> Offer:
    """Read what a channel's address gave: a multivariant playlist, or a media playlist on its own.

    Raises ``PlaylistError`` as ``ssai.hls.multivariant.parse``.
    """
    if not is_multivariant(text):
        return Offer({ALONE: url})
    index = parse(text, url)
    alike: defaultdict[Kind, dict[str, int]] = defaultdict(dict)
    for variant in index.variants:
        kind = Kind("VARIANT", "", variant.resolution, _formats(variant.codecs), 0)
        alike[kind].setdefault(variant.uri, variant.bandwidth)
    for media in index.media:
        if media.uri is not None:
            formats = _shared(index, media.group_id) if media.type == "AUDIO" else frozenset()
            alike[Kind(media.type, media.language or media.name, None, formats, 0)].setdefault(media.uri, 0)
    return Offer(
        {
            kind._replace(rank=rank): address
            for kind, found in alike.items()
            for rank, address in enumerate(sorted(found, key=lambda address: found[address]))
        }
    )


def _formats(codecs: str | None) -> frozenset[str]:
    return frozenset(each.strip().partition(".")[0] for each in (codecs or "").split(",") if each.strip())


def _shared(index: Multivariant, group: str) -> frozenset[str]:
    """The formats that all variants with this group of sound have, less those of pictures."""
    members = [_formats(variant.codecs) for variant in index.variants if variant.audio == group]
    return frozenset.intersection(*members) - _PICTURES if members else frozenset()
