"""Broken where tags stick or addresses and versions matter (rules 12 to 17).

Not every fault of these rules shows in a playlist. An IV that is the stitched number (13) looks like the origin's own;
a relative key address that now leads to the stitcher's host (16) is a good address; ads without independent segments
under INDEPENDENT-SEGMENTS (17) can only be seen in the media.
"""

from __future__ import annotations

import re
from dataclasses import replace

from tests.replay.conformance_broken.broken import Broken, is_ad
from tests.replay.conformance_broken.clean import entries_changed
from tests.replay.conformance_broken.presentation import ADS, Entry, Rendition


class AdsUnderContentKey(Broken, rules=("12",)):
    """No METHOD=NONE into an ad: players decrypt what is clear."""

    def keys(self, rendition: Rendition, before: Entry | None, entry: Entry) -> list[str]:
        return super().keys(rendition, before, entry) if entry.keys else []


class NoneWithAttributes(Broken, rules=("12",)):
    """METHOD is set to NONE and the other attributes of the key are left."""

    def keys(self, rendition: Rendition, before: Entry | None, entry: Entry) -> list[str]:
        lines = super().keys(rendition, before, entry)
        if before and before.keys and not entry.keys:
            return ["#EXT-X-KEY:" + re.sub("METHOD=[A-Z0-9-]+", "METHOD=NONE", before.keys[0])]
        return lines


class NoneAfterMap(Broken, rules=("12",)):
    """METHOD=NONE follows the ad's MAP, which the content's key then covers."""

    def tags(self, rendition: Rendition, before: Entry | None, entry: Entry) -> list[str]:
        lines = super().tags(rendition, before, entry)
        none, maps = "#EXT-X-KEY:METHOD=NONE", [line for line in lines if line.startswith("#EXT-X-MAP")]
        if none in lines and maps:
            lines.remove(none)
            lines.insert(lines.index(maps[0]) + 1, none)
        return lines


class KeyNotRestored(Broken, rules=("12",), numbered=False, rotation=1000):
    """After an ad the content's key is not written again, for the origin has not changed it."""

    def keys(self, rendition: Rendition, before: Entry | None, entry: Entry) -> list[str]:
        return [] if is_ad(before) and entry.keys else super().keys(rendition, before, entry)


class OneKeyFormatRestored(Broken, rules=("12",), rotation=1000):
    """After an ad the first of two key formats is written again, the second is not."""

    def keys(self, rendition: Rendition, before: Entry | None, entry: Entry) -> list[str]:
        lines = super().keys(rendition, before, entry)
        return lines[:1] if is_ad(before) else lines


class ImplicitIv(Broken, rules=("13",)):
    """The origin's keys have no IV; after renumbering the sequence number is another one."""

    def edit(self, rendition: Rendition) -> Rendition:
        return entries_changed(
            rendition, lambda e: replace(e, keys=tuple(re.sub(",IV=0x[0-9A-F]+", "", key) for key in e.keys))
        )


class IvOfHead(Broken, rules=("13", "1"), numbered=True, rotation=1000):
    """The IV is made explicit for the first segment of a run and holds for the rest of it: it changes with the head."""

    def keys(self, rendition: Rendition, before: Entry | None, entry: Entry) -> list[str]:
        return [] if before and before.keys and entry.keys else super().keys(rendition, before, entry)


class AdWithoutMap(Broken, rules=("14",)):
    """An fMP4 ad without its own MAP: the content's holds on."""

    def edit(self, rendition: Rendition) -> Rendition:
        current: str | None = None
        entries = []
        for entry in rendition.entries:
            current = current if is_ad(entry) else entry.map
            entries.append(replace(entry, map=current))
        return replace(rendition, entries=tuple(entries))

    def map(self, before: Entry | None, entry: Entry) -> list[str]:
        return [] if before and is_ad(entry) else super().map(before, entry)


class MapNotRestored(Broken, rules=("14",), restarts=0):
    """Content after an ad without its MAP, for the origin's has not changed: the ad's holds on."""

    def map(self, before: Entry | None, entry: Entry) -> list[str]:
        return [] if is_ad(before) and not is_ad(entry) else super().map(before, entry)


class TsAdInFmp4(Broken, rules=("14",)):
    """TS ads under the MAP of fMP4 content."""

    def edit(self, rendition: Rendition) -> Rendition:
        if rendition.name != "boxed":
            return rendition
        return entries_changed(
            rendition,
            lambda e: (
                replace(e, uri=f"{e.uri[: -len('all.mp4')]}{e.start}.ts", bytes=None, map=None) if is_ad(e) else e
            ),
        )


class Fmp4AdInTs(Broken, rules=("14",)):
    """FMP4 ads in a TS playlist: their MAP has no end."""

    def edit(self, rendition: Rendition) -> Rendition:
        if rendition.name != "video":
            return rendition

        def boxed(entry: Entry) -> Entry:
            folder, file = entry.uri.rsplit("/", 1)
            return replace(entry, uri=f"{folder}/{file.removesuffix('ts')}m4s", map=f'URI="{folder}/init.mp4"')

        return entries_changed(rendition, lambda e: boxed(e) if is_ad(e) else e)


class TsAdInPackedAudio(Broken, rules=("14",), packed=True):
    """The sound of ads is TS, that of the content packed audio."""

    def edit(self, rendition: Rendition) -> Rendition:
        return entries_changed(rendition, lambda e: replace(e, uri=re.sub(r"\.aac$", ".ts", e.uri)) if is_ad(e) else e)


class NoDateAtHead(Broken, rules=("15",), dated=False):
    """Dates stand after discontinuities only: none at the head of the window."""

    def date(self, rendition: Rendition, before: Entry | None, entry: Entry) -> list[str]:
        return super().date(rendition, before, entry) if entry.tagged else []


class NoKeyAtHead(Broken, rules=("15",), numbered=False, rotation=13):
    """The key leaves with the segment it was written before."""

    def keys(self, rendition: Rendition, before: Entry | None, entry: Entry) -> list[str]:
        if before is None:
            index = rendition.entries.index(entry)
            before = rendition.entries[index - 1] if index else None
        return super().keys(rendition, before, entry)


class NoMapAtHead(Broken, rules=("15",)):
    """The MAP leaves with the segment it was written before."""

    def map(self, before: Entry | None, entry: Entry) -> list[str]:
        return super().map(before, entry) if before or entry.tagged else []


class RangeWithoutOffset(Broken, rules=("15",)):
    """A byte range continues the previous segment's, which has left."""

    def media(self, rendition: Rendition, entry: Entry) -> list[str]:
        continues = entry.bytes and entry.bytes[1] > 10_000
        return [
            line.split("@")[0] if continues and line.startswith("#EXT-X-BYTERANGE") else line
            for line in super().media(rendition, entry)
        ]


class NoBitrateAtHead(Broken, rules=("15",)):
    """The bitrate leaves with the segment it was written before."""

    def bitrate(self, before: Entry | None, entry: Entry) -> list[str]:
        return super().bitrate(before, entry) if before or entry.tagged else []


class UndefinedVariable(Broken, rules=("16",), define=""):
    """A creative's address holds a variable that only its own playlist defined."""

    def edit(self, rendition: Rendition) -> Rendition:
        return entries_changed(rendition, lambda e: replace(e, uri=e.uri.replace(ADS, "{$ads}")))


class QueryNotCarried(Broken, rules=("16",), define="query"):
    """QUERYPARAM names a parameter that the stitcher's own address lacks."""

    def address(self, name: str) -> str:
        return f"{name}.m3u8?view=7f3a"


class ImportOfNothing(Broken, rules=("16",), define="import"):
    """A media playlist imports a variable that the rewritten multivariant playlist lost."""

    def session(self) -> list[str]:
        return [line for line in super().session() if "DEFINE" not in line]


class VariableInMultivariant(Broken, rules=("16",)):
    """The multivariant playlist keeps a variable in an address and not its definition."""

    def multivariant(self) -> str:
        return super().multivariant().replace('URI="text', 'URI="{$edge}/text')


class MapInVersion5(Broken, rules=("17",), define=""):
    """EXT-X-MAP outside I-frame playlists needs version 6."""

    def version(self, rendition: Rendition, first: int, beyond: int) -> int:
        return 5


class KeyFormatInVersion4(Broken, rules=("17",), define=""):
    """KEYFORMAT and SAMPLE-AES need version 5; here without any MAP, which would need more."""

    def edit(self, rendition: Rendition) -> Rendition:
        return entries_changed(rendition, lambda e: replace(e, map=None))

    def version(self, rendition: Rendition, first: int, beyond: int) -> int:
        return 4


class DecimalsInVersion2(Broken, rules=("17",), define=""):
    """Decimal durations need version 3."""

    def version(self, rendition: Rendition, first: int, beyond: int) -> int:
        return 2


class VariableInVersion7(Broken, rules=("17",), define="name"):
    """Variables need version 8."""

    def version(self, rendition: Rendition, first: int, beyond: int) -> int:
        return 7


class QueryInVersion8(Broken, rules=("17",), define="query"):
    """QUERYPARAM needs version 11."""

    def version(self, rendition: Rendition, first: int, beyond: int) -> int:
        return 8


class VariableInMultivariantVersion6(Broken, rules=("17",), define="import"):
    """A definition is added to the multivariant playlist, its version is left."""

    def multivariant(self) -> str:
        return super().multivariant().replace("#EXT-X-VERSION:8", "#EXT-X-VERSION:6")
