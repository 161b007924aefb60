"""Windows of four hours with twenty breaks: what a viewer gets of two workers breaks no rule, over a restart too."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from domain.pod import Creative, Pod, Slate
from domain.units import SECOND, Microseconds, date, decimal
from replay.conformance import Checker
from ssai.breaks.book import BreakRules
from ssai.channel.advance import Reload, advance, first_version
from ssai.channel.codec import VersionCodec, encode_break
from ssai.channel.version import ChannelVersion
from ssai.decide.port import Opening
from ssai.edge.parts import ChannelParts, Supply
from ssai.edge.worker import ChannelWorker
from ssai.hls.media import MediaReader
from ssai.sessions.token import Session
from ssai.stitch.render import AdSegment
from ssai.store.memory import MemoryStore

SEGMENT = 2 * SECOND
WINDOW = 7200
BREAKS = 20
PERIOD = WINDOW // BREAKS
FIRST, LENGTH = 4, 10
"""Where in its period a break begins, and how long it is: segments."""
REFRESHES = 24
"""Enough for the first break to leave the sliding window."""
NOON = 1_790_000_000 * SECOND
NAMES = ("v", "a")
RULES = BreakRules(Microseconds(SEGMENT), Microseconds(10 * SECOND), Microseconds(60 * SECOND))
CREATIVES = (Creative("ad", (Microseconds(SEGMENT),) * 6), Creative("other", (Microseconds(SECOND),) * 5))
SLATE = Slate(Creative("slate", (Microseconds(SEGMENT),) * 5), (Creative("small", (Microseconds(SECOND),)),))


def start_of(name: str, index: int) -> int:
    """Microseconds, on whole milliseconds. Sound is cut at frames of 1024 samples at 48 kHz."""
    nominal = index * SEGMENT
    return NOON + (nominal if name == "v" else (nominal * 48 + 512_000) // 1_024_000 * 64_000 // 3 // 1_000 * 1_000)


def segments(name: str) -> list[str]:
    """The lines of each segment that the event has."""
    found = []
    for index in range(WINDOW + REFRESHES + 1):
        at, start = index % PERIOD, start_of(name, index)
        cue = f"#EXT-X-CUE-OUT:{LENGTH * 2}\n" if at == FIRST else "#EXT-X-CUE-IN\n" if at == FIRST + LENGTH else ""
        length = decimal(start_of(name, index + 1) - start, 3)
        found.append(f"{cue}#EXT-X-PROGRAM-DATE-TIME:{date(start)}\n#EXTINF:{length},\nhttp://o/{name}/{index}.ts\n")
    return found


def playlist(lines: Sequence[str], first: int, after: int, kind: str) -> str:
    head = f"#EXTM3U\n#EXT-X-VERSION:6\n#EXT-X-TARGETDURATION:2\n#EXT-X-MEDIA-SEQUENCE:{first}\n"
    return head + ("#EXT-X-PLAYLIST-TYPE:EVENT\n" if kind == "EVENT" else "") + "".join(lines[first:after])


class Decider:
    def decide(self, opening: Opening, seats: Sequence[int]) -> list[Pod]:
        return [Pod(CREATIVES)] * len(seats)


class Media:
    def segment(self, creative: str, rendition: str, index: int) -> AdSegment:
        everything = {one.id: one for one in (*CREATIVES, SLATE.run, *SLATE.small)}
        return AdSegment(f"http://ads/{creative}/{rendition}/{index}.ts", everything[creative].durations[index])


class Event:
    """A leader that writes versions, and two workers that have them, one of which reads what was written."""

    def __init__(self, kind: str) -> None:
        self.kind = kind
        self.lines = {name: segments(name) for name in NAMES}
        self.store = MemoryStore()
        self.version: ChannelVersion | None = None
        self.start_leader()
        self.start_follower()
        self.leading = self.worker()

    def worker(self) -> ChannelWorker:
        supply = Supply(Decider(), Media(), SLATE)
        return ChannelWorker(ChannelParts("c", "e", self.store, lambda _: supply, str, lambda: RULES, lambda: 0))

    def start_leader(self) -> None:
        self.readers = {name: MediaReader() for name in NAMES}
        self.writer = VersionCodec()

    def start_follower(self) -> None:
        self.codec = VersionCodec()
        self.following = self.worker()

    async def refresh(self, number: int) -> None:
        first = 0 if self.kind == "EVENT" else number
        reloads = {
            name: Reload(
                f"http://o/{name}.m3u8", reader.read(playlist(self.lines[name], first, WINDOW + number, self.kind))
            )
            for name, reader in self.readers.items()
        }
        before = self.version
        self.version = first_version("", "", reloads, RULES) if before is None else advance(before, reloads, RULES)
        assert before is None or self.version.number == before.number + 1
        fence = await self.store.lead("c", "w", 60_000)
        assert fence is not None
        folded = {record.key: encode_break(record) for record in self.version.breaks if record.folded}
        body = self.writer.encode(self.version)
        await self.store.publish("c", fence, self.version.number, body, folded)
        await self.leading.adopt(self.version)
        await self.following.adopt(self.codec.decode(body))

    async def restart(self) -> None:
        """Both begin with what is in the store, and nothing else."""
        self.start_leader()
        self.start_follower()
        body = await self.store.snapshot("c")
        assert body is not None
        self.version = self.writer.decode(body)
        self.leading = self.worker()
        await self.leading.adopt(self.version)
        await self.following.adopt(self.codec.decode(body))

    async def served(self, session: Session, name: str) -> str:
        """The same bytes from both workers."""
        found = []
        for worker in (self.leading, self.following):
            await worker.prepare(session)
            body = worker.playlist(session.seat, session.join, name)
            assert body is not None
            found.append(body)
        assert found[0] == found[1]
        return found[0].decode()


@pytest.mark.parametrize("kind", ["EVENT", "sliding"])
async def test_four_hours(kind: str) -> None:
    event, checker = Event(kind), Checker(creative=lambda url: url.split("/")[3] if "//ads/" in url else None)
    row = await event.store.seat("e", "ann", NOON)
    session, text = Session(row.seat, row.join), ""
    for number in range(REFRESHES + 1):
        if number == REFRESHES // 2:
            await event.restart()
        await event.refresh(number)
        for name in NAMES:
            text = await event.served(session, name)
            findings = checker.observe(name, text, number * SEGMENT)
            assert [(found.rule, found.line, found.message) for found in findings] == []
            assert text.count("/ads/ad/") in range(6 * BREAKS - 6, 6 * BREAKS + 7)
    assert checker.finish(REFRESHES * SEGMENT) == []
    assert event.version is not None
    window = event.version.windows["v"]
    assert (window.first, window.after) == (0 if kind == "EVENT" else REFRESHES, WINDOW + REFRESHES)
    assert [record.folded for record in event.version.breaks][:2] == [kind == "sliding", False]
    # Of 10 segments that are replaced ads leave 3 s: one of slate and a small piece.
    assert (text.count("/slate/"), text.count("/small/")) in {(count, count) for count in (BREAKS, BREAKS + 1)}
