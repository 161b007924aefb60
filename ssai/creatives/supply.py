"""A catalogue held against a channel: which rung serves which rendition, which creatives can be used, and where their
segments are.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Final

from domain.units import Microseconds
from ssai.channel.version import ChannelVersion
from ssai.creatives.catalogue import Catalogue, Entry, ineligible
from ssai.creatives.ladder import Ladder
from ssai.hls.multivariant import Multivariant

log = logging.getLogger("halftime.creatives")

AUDIO_CODECS: Final = ("mp4a", "ac-3", "ec-3", "opus", "flac")


class CatalogueMedia:
    """Where the segments of creatives are, by the channel's renditions. ``prefix`` ends with a slash."""

    def __init__(self, catalogue: Catalogue, rungs: Mapping[str, str], prefix: str) -> None:
        self._segments: dict[tuple[str, str], tuple[tuple[str, Microseconds], ...]] = {}
        for entry in catalogue.entries:
            for rendition, rung in rungs.items():
                found = entry.renditions.get(rung)
                if found is not None:
                    self._segments[(entry.id, rendition)] = tuple(
                        (prefix + file, duration) for file, duration in zip(found.files, found.durations, strict=True)
                    )

    def segment(self, creative: str, rendition: str, index: int) -> tuple[str, Microseconds]:
        """URI and exact duration. ``KeyError`` for a creative that is not, or no longer, in the catalogue."""
        return self._segments[(creative, rendition)][index]


def rungs(
    index: Multivariant | None, version: ChannelVersion, addresses: Mapping[str, str], ladder: Ladder
) -> dict[str, str]:
    """The ladder's rung for each rendition of the channel; a rendition that none fits is missing.

    Video goes by resolution, then by the nearest bitrate; audio renditions and audio-only variants take the sound. A
    channel whose sound is muxed takes no catalogue of separate sound, nor the other way round. ``addresses`` maps
    absolute playlist addresses to rendition names; ``index`` is None for a lone media playlist.
    """
    if index is None:
        return dict.fromkeys(version.windows, ladder.video[0].name) if ladder.audio == "muxed" else {}
    separate = any(media.type == "AUDIO" and media.uri is not None for media in index.media)
    if separate != (ladder.audio == "separate"):
        return {}
    found: dict[str, str] = {}
    for media in index.media:
        if media.type == "AUDIO" and media.uri is not None and media.uri in addresses:
            found[addresses[media.uri]] = ladder.sound.name
    for variant in index.variants:
        name = addresses.get(variant.uri)
        if name is None:
            continue
        codecs = [codec.strip().partition(".")[0] for codec in (variant.codecs or "").split(",") if codec.strip()]
        if codecs and variant.resolution is None and all(codec in AUDIO_CODECS for codec in codecs):
            found[name] = ladder.sound.name
            continue
        fitting = [rung for rung in ladder.video if variant.resolution in {None, (rung.width, rung.height)}]
        if fitting:
            found[name] = min(fitting, key=lambda rung: abs(rung.bitrate - variant.bandwidth)).name
    return found


def usable(catalogue: Catalogue, chosen: Mapping[str, str], version: ChannelVersion) -> list[Entry]:
    """The ads that can stand in this channel; every other one is logged with its reason."""
    if len(chosen) < len(version.windows):
        missing = sorted(set(version.windows) - set(chosen))
        log.warning("no rung of the ladder fits", extra={"renditions": missing, "reason": "rendition_missing"})
        return []
    fit: list[Entry] = []
    for entry in catalogue.ads:
        reason = ineligible(entry, set(chosen.values()), version.target_duration)
        if reason is None:
            fit.append(entry)
        else:
            log.warning("creative ineligible", extra={"creative": entry.id, "reason": reason})
    return fit
