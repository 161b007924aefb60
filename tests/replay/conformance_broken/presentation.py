"""A viewer's whole stitched event as lists of segments, one list a rendition, from which playlists are cut.

What differs between the renditions of the one event is container, keys, grid of segments and tags.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import cache, cached_property
from itertools import accumulate, pairwise
from random import Random
from typing import Any, NamedTuple

from tests.replay.conformance_broken.event import NAMES, SECOND, TAU, Break, Event, Item, Traits, draw, draw_event

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
NUMBER = 7000
"""The origin's media sequence number of content segment 0."""
ADS = "ads.example"
BITRATES = {"acme": 900, "globex": 980, "initech": 1050, "umbrella": 870}


@dataclass(frozen=True)
class Entry:
    """One segment of one rendition with all that applies to it."""

    uri: str
    start: int
    duration: int
    appears: int
    creative: str | None = None
    origin: int | None = None
    """Index of the content segment."""
    part_of: str = ""
    """Name of the break it is shown in."""
    tagged: bool = False
    gap: bool = False
    bytes: tuple[int, int] | None = None
    """Length and offset within its file."""
    map: str | None = None
    """Attributes of its EXT-X-MAP."""
    keys: tuple[str, ...] = ()
    """Attributes of each EXT-X-KEY in force."""
    bitrate: int | None = None


class DateRange(NamedTuple):
    """A date range stands before entry ``before``, then at the head, and goes with entry ``until``."""

    before: int
    until: int
    attributes: str


@dataclass(frozen=True)
class Rendition:
    """The whole of one media playlist as it would be if nothing ever left."""

    name: str
    entries: tuple[Entry, ...]
    ranges: tuple[DateRange, ...]
    number: int
    """Media sequence number of the first entry."""

    @cached_property
    def appearances(self) -> list[int]:
        return [entry.appears for entry in self.entries]

    @cached_property
    def totals(self) -> list[int]:
        return [0, *accumulate(entry.duration for entry in self.entries)]

    @cached_property
    def tags(self) -> list[int]:
        """How many discontinuities stand before each entry and on none after."""
        return [0, *accumulate(int(entry.tagged) for entry in self.entries)]


@dataclass(frozen=True)
class Presentation:
    """All renditions of one viewer's event."""

    seed: int
    traits: Traits
    event: Event
    renditions: dict[str, Rendition]
    discontinuity: int
    """Discontinuity sequence number before the first entry, in every rendition."""
    opens: int
    """When the viewer comes, by channel time."""
    ended: int | None
    """When ENDLIST is added."""


def creative_of(url: str) -> str | None:
    """Identity of the ad or slate that an address belongs to; None for content."""
    _, found, rest = url.partition("/ads/")
    return rest.split("/")[0] if found else None


@cache
def date(instant: int) -> str:
    """An instant of channel time as a date, to the millisecond."""
    return (NOON + timedelta(microseconds=instant)).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def seconds(length: int) -> str:
    return f"{length // SECOND}.{length % SECOND:06}"


def content_entries(event: Event, traits: Traits, name: str, i: int, gap: bool) -> Iterator[Entry]:
    """Content segment ``i`` as this rendition lists it: one entry, or two halves of sound."""
    start, end = event.starts[i], event.ends[i]
    period = i // traits.rotation
    run = sum(tag <= i for tag in event.tagged)
    uri, appears, tagged = f"https://origin.example/live/{name}/{i}", event.published[i], i in event.tagged
    entry = Entry(f"{uri}.ts", start, end - start, appears, origin=i, tagged=tagged, gap=gap)
    match name:
        case "video":
            yield replace(entry, bitrate=1200 + run % 2)
        case "cipher":
            iv = NUMBER + i if traits.numbered else 0xABCD_0000 + period
            yield replace(entry, keys=(f'METHOD=AES-128,URI="https://keys.example/{period}",IV=0x{iv:032X}',))
        case "boxed":
            size = 400_000
            yield replace(
                entry,
                uri=f"https://origin.example/live/boxed/{i // 6}.mp4",
                bytes=(size + i, i % 6 * size + sum(range(i // 6 * 6, i))),
                map=f'URI="https://origin.example/live/boxed/init-{run}.mp4",BYTERANGE="720@0"',
                keys=tuple(
                    f'METHOD=SAMPLE-AES,URI="{uri}",KEYFORMAT="{form}",KEYFORMATVERSIONS="1"'
                    for uri, form in (
                        (f"skd://{period}", "com.apple.streamingkeydelivery"),
                        (f"data:text/plain;base64,{period:08}", "urn:uuid:edef8ba9-79d6-4ace-a3c8-27dcd51d21ed"),
                    )
                ),
            )
        case "sound":
            suffix = "aac" if traits.packed else "ts"
            edges = [start, (start + end) // 2, end] if traits.halves else [start, end]
            for half, (begin, stop) in enumerate(pairwise(edges)):
                a, b = sound_frame(begin), sound_frame(stop)
                yield replace(entry, uri=f"{uri}-{half}.{suffix}", start=a, duration=b - a, tagged=tagged and half == 0)
        case _:
            yield replace(entry, uri=f"{uri}.vtt")


def sound_frame(instant: int) -> int:
    """The boundary of an AAC frame at 48 kHz that is nearest."""
    return round(round(instant * 48 / 1_024_000) * 1_024_000 / 48)


def ad_entry(event: Event, traits: Traits, name: str, part_of: Break, item: Item) -> Entry:
    """An ad or slate segment; it appears once the origin's edge has reached its end."""
    i = bisect_left(event.ends, item.end - TAU)
    host = "{$ads}" if traits.define else ADS
    folder = f"https://{host}/ads/{item.creative}/{name}"
    suffix = {"sound": "aac" if traits.packed else "ts", "text": "vtt"}.get(name, "ts")
    entry = Entry(
        f"{folder}/{item.file}.{suffix}",
        item.start,
        item.end - item.start,
        event.published[i],
        creative=item.creative,
        part_of=part_of.name,
        tagged=item.tagged,
    )
    match name:
        case "video":
            return replace(entry, bitrate=BITRATES.get(item.creative, 300))
        case "boxed":
            length = 300_000
            return replace(
                entry,
                uri=f"{folder}/all.mp4",
                bytes=(length, 800 + item.file * length),
                map=f'URI="{folder}/all.mp4",BYTERANGE="800@0"',
            )
        case "sound":
            end = item.offset + item.end - item.start
            return replace(entry, duration=sound_frame(end) - sound_frame(item.offset))
        case _:
            return entry


def draw_rendition(event: Event, traits: Traits, name: str, seed: int) -> Rendition:
    """This rendition of the event: content outside the breaks, their items inside, and the date ranges of both."""
    lost = Random(f"gaps {seed}")
    gaps = {i for i in range(event.last) if lost.random() < traits.gaps}
    random = Random(f"{name} {seed}")
    if random.random() < 0.5:
        gaps = {i for i in gaps if random.random() < 0.5}
    first_of = {b.first: b for b in event.breaks}
    edge = event.ends[event.last - 1] + TAU
    entries: list[Entry] = []
    ranges: list[DateRange] = []
    parts: list[tuple[int, Break]] = []
    i = 0
    while i < event.last:
        b = first_of.get(i)
        if b is None:
            entries += content_entries(event, traits, name, i, i in gaps)
            i += 1
            continue
        opened = len(entries)
        entries += [ad_entry(event, traits, name, b, item) for item in b.items if item.end <= edge]
        back = len(entries)
        i = b.back
        if name not in traits.ranges:
            continue
        started = f'ID="{b.name}",START-DATE="{date(b.start)}"'
        ranges += [
            DateRange(opened, back, f"{started},PLANNED-DURATION={seconds(b.planned)},SCTE35-OUT=0xFC30{b.first:06X}"),
            DateRange(back, back, f"{started},DURATION={seconds(b.cut - b.start)},SCTE35-IN=0xFC31{b.back:06X}"),
        ]
        parts.append((back, b))
    # Content back after a break carries one tag, the origin's or ours.
    for k in range(1, len(entries)):
        if entries[k - 1].creative and not entries[k].creative:
            entries[k] = replace(entries[k], tagged=True)
    starts = [entry.start for entry in entries]
    for back, b in parts:
        part = f'ID="part-{b.back}",CLASS="example.part",START-DATE="{date(b.cut)}",DURATION=3.5'
        ranges.append(DateRange(back, bisect_left(starts, b.cut + 7 * SECOND // 2), part))
    return Rendition(name, tuple(entries), tuple(ranges), random.randrange(0, 5000))


def presentation(seed: int, length: int, demands: dict[str, Any]) -> Presentation:
    """The presentation of this seed, ``length`` long, with the traits that are demanded."""
    traits = replace(draw(seed), **demands)
    random = Random(f"event {seed}")
    event = draw_event(random, traits, length)
    return Presentation(
        seed,
        traits,
        event,
        {name: draw_rendition(event, traits, name, seed) for name in NAMES},
        discontinuity=random.randrange(0, 30),
        opens=traits.window + random.randrange(6 * SECOND, 40 * SECOND),
        ended=event.published[event.last - 1] + random.randrange(0, 2 * SECOND) if traits.ends else None,
    )
