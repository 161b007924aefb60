"""A random channel run through the product: text in, playlists out, at every refresh, as a plain list of entries."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from domain.pod import Pod
from domain.units import Microseconds
from ssai.breaks.book import TOLERANCE, BreakRules
from ssai.channel.advance import Reload, advance, first_version
from ssai.channel.codec import decode_version, encode_version
from ssai.channel.version import ChannelVersion, join_instant
from ssai.hls.media import MediaReader
from ssai.stitch.plan import Plan, plan, start_mark
from ssai.stitch.render import AdSegment
from ssai.stitch.view import ContentCache, View
from tests.ssai.stitch.channel_dress import reader
from tests.ssai.stitch.channels import Channel

Shown = tuple[int, int, tuple[tuple[str, bool, str], ...]]
"""MEDIA-SEQUENCE, DISCONTINUITY-SEQUENCE, (URI, whether tagged, key and map that hold for it) by segment."""


@dataclass
class _Media:
    mapped: bool

    def segment(self, creative: str, rendition: str, index: int) -> AdSegment:
        init = f"{creative}/init.mp4" if self.mapped else None
        return AdSegment(f"{creative}/{index}", Microseconds(1_000_000), init)


@dataclass
class Viewer:
    join: int
    pods: dict[int, Pod | None]
    """By start of the break, as the reference has them."""
    numbers: dict[str, int]
    sequences: dict[str, int]


class Product:
    """One worker's whole state for one channel, without its shells."""

    def __init__(self, channel: Channel) -> None:
        self.channel = channel
        self.rules = BreakRules(
            Microseconds(channel.rules.target_duration),
            Microseconds(channel.rules.grace),
            Microseconds(channel.rules.longest),
            content_back=channel.rules.content_back,
        )
        self.version: ChannelVersion | None = None
        self.viewers: dict[str, Viewer] = {}
        self._restart()

    def _restart(self) -> None:
        self.readers = {name: MediaReader() for name in self.channel.renditions}
        self.contents = {name: ContentCache(lambda url: url, strip_cues=True) for name in self.channel.renditions}

    def refresh(self, number: int) -> None:
        if self.channel.refreshes[number].restart and self.version is not None:
            self._restart()
            self.version = decode_version(encode_version(self.version))
        reloads = {
            name: Reload("", self.readers[name].read(self.channel.text(number, name)))
            for name in self.channel.renditions
        }
        before = self.version
        if before is None:
            self.version = first_version("", "", reloads, self.rules)
        else:
            self.version = advance(before, reloads, self.rules)
            self._fold(before)
        edges = (self.version.reached, self.version.shown_edge)
        self.edges = edges
        self.views = {
            name: View(self.version, name, self.contents[name], _Media("fmp4" in self.channel.wardrobes[name].form), 3)
            for name in self.channel.renditions
        }

    def join(self, viewer: str) -> int:
        assert self.version is not None
        join = join_instant(self.version, 3 * self.version.target_duration, TOLERANCE)
        zero = dict.fromkeys(self.channel.renditions, 0)
        self.viewers[viewer] = Viewer(join, {}, dict(zero), dict(zero))
        return join

    def plans(self, viewer: Viewer, records: object = None) -> list[Plan]:
        assert self.version is not None
        made = []
        for record in self.version.breaks if records is None else records:
            if record.dropped or not record.marks or (records is None and record.folded):
                continue
            start = start_mark(record, viewer.join)
            pod = viewer.pods.get(record.marks[0].at)
            if start is None or pod is None:
                continue
            made.append(plan(record, pod, self.channel.slate, start, self.rules, getattr(self, "edges", (0, 0))))
        return made

    def _fold(self, before: ChannelVersion) -> None:
        assert self.version is not None
        known = {record.key for record in before.breaks if record.folded}
        fresh = [record for record in self.version.breaks if record.folded and not record.dropped]
        later = [record for record in self.version.breaks if not record.folded and record.marks]
        for viewer in self.viewers.values():
            chain = [one for one in self.plans(viewer, [*fresh, *later]) if one.items or not one.settled]
            for place, one in enumerate(chain):
                if one.record.key in known or not one.record.folded:
                    continue
                for name in self.channel.renditions:
                    following = chain[place + 1].first(name) if place + 1 < len(chain) else None
                    adjacent = following is not None and following.index == one.returns[name].index
                    numbers, sequences = one.growth(name, adjacent=adjacent)
                    viewer.numbers[name] += numbers
                    viewer.sequences[name] += sequences

    def playlist(self, viewer: str, rendition: str) -> str:
        known = self.viewers[viewer]
        body = self.views[rendition].playlist(self.plans(known), known.numbers[rendition], known.sequences[rendition])
        return body.decode()


def shown(text: str) -> Shown:
    """Read a playlist's numbers and segments off its lines."""
    tags: Mapping[str, str] = dict(
        line[1:].split(":", 1) for line in text.splitlines() if line.startswith("#EXT-X-") and ":" in line
    )
    entries, tagged, holds = [], False, reader()
    for line in text.splitlines():
        dress = holds(line)
        if line == "#EXT-X-DISCONTINUITY":
            assert not tagged, "two discontinuities before one segment"
            tagged = True
        elif dress is not None:
            entries.append((line, tagged, dress))
            tagged = False
    return int(tags["EXT-X-MEDIA-SEQUENCE"]), int(tags["EXT-X-DISCONTINUITY-SEQUENCE"]), tuple(entries)
