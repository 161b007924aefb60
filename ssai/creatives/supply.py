"""A catalogue held against a channel: which rung serves which rendition, which creatives can be used, and where their
segments are.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from enum import StrEnum
from typing import Final, TypeVar

from domain.pod import Slate
from ssai.channel.version import ChannelVersion
from ssai.creatives.catalogue import Catalogue, Entry, Rendition, ineligible
from ssai.creatives.codecs import covers, family, listed, pictures, sounds
from ssai.creatives.ladder import Ladder, SoundRung, VideoRung
from ssai.hls.container import Container, path
from ssai.hls.multivariant import Media, Multivariant, Variant
from ssai.hls.playlist import Segment
from ssai.stitch.render import AdSegment

log = logging.getLogger("halftime.creatives")

MAPPED_VERSION: Final = 6
"""EXT-X-VERSION that EXT-X-MAP needs, and the one that everything else of a creative does (8)."""
PLAIN_VERSION: Final = 3
_PACKED: Final = {".aac": "mp4a", ".ac3": "ac-3", ".ec3": "ec-3", ".mp3": "mp3"}


class CatalogueMedia:
    """Where the segments of creatives are, by the channel's renditions. ``prefix`` ends with a slash.

    The catalogue is one that was loaded: bit rates are worked out from the sizes of its files.
    """

    def __init__(self, catalogue: Catalogue, rungs: Mapping[str, str], prefix: str) -> None:
        self._segments: dict[tuple[str, str], tuple[AdSegment, ...]] = {}
        for entry in catalogue.entries:
            for rendition, rung in rungs.items():
                found = entry.renditions.get(rung)
                if found is not None:
                    self._segments[(entry.id, rendition)] = _segments(found, prefix)

    def segment(self, creative: str, rendition: str, index: int) -> AdSegment:
        """The segment. ``KeyError`` for a creative that is not, or no longer, in the catalogue."""
        return self._segments[(creative, rendition)][index]


def _segments(rendition: Rendition, prefix: str) -> tuple[AdSegment, ...]:
    section = None if rendition.map is None else prefix + rendition.map
    return tuple(
        AdSegment(prefix + file, duration, section, (2 * size * 8_000 + duration) // (2 * duration))
        for file, duration, size in zip(rendition.files, rendition.durations, rendition.sizes, strict=True)
    )


class NoRung(StrEnum):
    """Why no rung of the ladder fits a rendition."""

    RENDITION_MISSING = "rendition_missing"
    CONTAINER_MISSING = "container_missing"
    CODEC_MISSING = "codec_missing"


R = TypeVar("R", VideoRung, SoundRung)
Test = tuple[NoRung, Callable[[R], bool]]


def rungs(
    index: Multivariant | None, version: ChannelVersion, addresses: Mapping[str, str], ladder: Ladder
) -> dict[str, str]:
    """The ladder's rung for each rendition of the channel; one that none fits is missing, and logged with its reason.

    Everything goes by container and codec, for formats never mix in one playlist (4.4.4.5) and CODECS covers the ads
    (4.4.6.2); video by resolution, then by the nearest bitrate; sound by the number of channels where several fit. A
    channel whose sound is muxed takes no catalogue of separate sound, nor the other way round. ``addresses`` maps
    absolute playlist addresses to rendition names; ``index`` is None for a lone media playlist.
    """
    every: list[Variant | Media] = [] if index is None else [*index.variants, *index.media]
    offers: dict[str, Variant | Media] = {}
    for offer in every:
        if offer.uri is not None and offer.uri in addresses:
            offers.setdefault(addresses[offer.uri], offer)
    separate = index is not None and any(media.type == "AUDIO" and media.uri is not None for media in index.media)
    found: dict[str, str] = {}
    for name, window in version.windows.items():
        container, newest = version.heads[name].container, window.segments[-1]
        if index is not None and separate != (ladder.audio == "separate"):
            rung: str | NoRung = NoRung.RENDITION_MISSING
        else:
            rung = _rung(offers.get(name), container, newest, index, ladder)
        if isinstance(rung, NoRung):
            extra = {"rendition": name, "container": container, "reason": rung}
            log.warning("no rung of the ladder fits", extra=extra)
        else:
            found[name] = rung
    return found


def _rung(
    offer: Variant | Media | None, container: Container, newest: Segment, index: Multivariant | None, ladder: Ladder
) -> str | NoRung:
    if isinstance(offer, Media) and offer.type == "SUBTITLES":
        if ladder.subtitles is None:
            return NoRung.RENDITION_MISSING
        return ladder.subtitles.name if ladder.subtitles.container == container else NoRung.CONTAINER_MISSING
    if isinstance(offer, Media) and offer.type == "AUDIO" and index is not None:
        named = [variant for variant in index.variants if variant.audio == offer.group_id]
        stated = sounds([codec for variant in named for codec in listed(variant.codecs)])
        return _sound(stated, offer.channels, container, newest, ladder)
    if isinstance(offer, Media):
        return NoRung.RENDITION_MISSING
    stated = [] if offer is None else listed(offer.codecs)
    if container is Container.PACKED or (stated and not pictures(stated) and offer and offer.resolution is None):
        return _sound(sounds(stated), None, container, newest, ladder)
    return _video(offer, stated, container, ladder)


def _video(variant: Variant | None, stated: Sequence[str], container: Container, ladder: Ladder) -> str | NoRung:
    size = None if variant is None else variant.resolution
    if variant is None and ladder.audio == "separate":
        return NoRung.RENDITION_MISSING
    # CODECS names the sound that goes with the video too; here it matters where the video carries it.
    heard = sounds(stated) if ladder.audio == "muxed" else []
    fit = _fitting(
        ladder.video,
        (NoRung.RENDITION_MISSING, lambda rung: size in {None, (rung.width, rung.height)}),
        (NoRung.CONTAINER_MISSING, lambda rung: rung.container == container),
        (NoRung.CODEC_MISSING, lambda rung: not pictures(stated) or covers(pictures(stated), rung.codecs)),
        (NoRung.CODEC_MISSING, lambda _: not heard or family(ladder.sound.codecs) in heard),
    )
    if isinstance(fit, NoRung):
        return fit
    bandwidth = 0 if variant is None else variant.bandwidth
    return fit[0].name if not bandwidth else min(fit, key=lambda rung: abs(rung.bitrate - bandwidth)).name


def _sound(
    stated: Sequence[str], channels: str | None, container: Container, newest: Segment, ladder: Ladder
) -> str | NoRung:
    """``stated`` are the families that CODECS names; packed sound is told by its address."""
    suffix = "." + path(newest.uri).rpartition(".")[2]
    packed = _PACKED.get(suffix) if container is Container.PACKED else None
    wanted = packed or next(iter(stated), "mp4a")
    fit = _fitting(
        ladder.sounds if ladder.audio == "separate" else (),
        (NoRung.RENDITION_MISSING, lambda _: True),
        (NoRung.CONTAINER_MISSING, lambda rung: rung.container == container),
        (NoRung.CODEC_MISSING, lambda rung: family(rung.codecs) == wanted),
    )
    if isinstance(fit, NoRung):
        return fit
    count = (channels or "").partition("/")[0]
    return next((rung.name for rung in fit if str(rung.channels) == count), fit[0].name)


def _fitting(every: Sequence[R], *tests: Test[R]) -> Sequence[R] | NoRung:
    """The rungs that pass all tests, or the reason of the first that none of those left passes."""
    left = every
    for reason, passes in tests:
        left = [rung for rung in left if passes(rung)]
        if not left:
            return reason
    return left


def minimum_version(ladder: Ladder, chosen: Mapping[str, str]) -> int:
    """EXT-X-VERSION that creatives of the chosen rungs need."""
    mapped = any(Container(ladder.rungs[rung].container) is Container.FMP4 for rung in chosen.values())
    return MAPPED_VERSION if mapped else PLAIN_VERSION


def usable(catalogue: Catalogue, chosen: Mapping[str, str], version: ChannelVersion) -> list[Entry]:
    """The ads that can stand in this channel; every other one is logged with its reason."""
    if len(chosen) < len(version.windows):
        return []
    return [entry for entry in catalogue.ads if _fits(entry, chosen, version)]


def usable_slate(catalogue: Catalogue, chosen: Mapping[str, str], version: ChannelVersion) -> Slate | None:
    """The slate as far as it can stand in this channel; None without a run that can."""
    slate = catalogue.slate
    fit = {entry.id for entry in catalogue.entries if entry.kind.startswith("slate") and _fits(entry, chosen, version)}
    if slate is None or slate.run.id not in fit:
        return None
    return Slate(slate.run, tuple(piece for piece in slate.small if piece.id in fit))


def _fits(entry: Entry, chosen: Mapping[str, str], version: ChannelVersion) -> bool:
    reason = ineligible(entry, set(chosen.values()), version.target_duration)
    if reason is not None:
        log.warning("creative ineligible", extra={"creative": entry.id, "reason": reason})
    return reason is None
