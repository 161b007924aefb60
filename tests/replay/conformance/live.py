"""Playlists of a live channel as text, each part of which a test can change."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

from domain.units import date
from replay.conformance import Checker, Finding

SECOND = 1_000_000
STEP = 4 * SECOND
BASE = "http://edge/live/"
EPOCH = 1_790_000_000 * SECOND


@dataclass(frozen=True)
class Seg:
    """One segment: ``tags`` stand before its EXTINF."""

    uri: str
    duration: float = 4.0
    tags: tuple[str, ...] = ()
    pdt: int | None = None
    disc: int = 0
    gap: bool = False

    def lines(self) -> list[str]:
        pdt = [] if self.pdt is None else [f"#EXT-X-PROGRAM-DATE-TIME:{date(self.pdt)}"]
        gap = ["#EXT-X-GAP"] if self.gap else []
        return [
            *["#EXT-X-DISCONTINUITY"] * self.disc, *self.tags, *pdt, *gap, f"#EXTINF:{self.duration:.3f},", self.uri,
        ]  # fmt: skip


@dataclass(frozen=True)
class Event:
    """The whole of a channel; ``window`` shows a part of it with right numbers unless a test says otherwise."""

    segs: tuple[Seg, ...]
    target: int = 4
    version: int = 7
    extra: tuple[str, ...] = ("#EXT-X-INDEPENDENT-SEGMENTS",)
    suffix: tuple[str, ...] = ()

    def window(self, first: int, stop: int, *, msn: int | None = None, dsn: int | None = None, **swap: object) -> str:
        """Segments ``first`` to ``stop - 1``; ``swap``: fields of the event that hold for this window only."""
        event = replace(self, **swap) if swap else self
        segs = event.segs[first:stop]
        lines = [
            "#EXTM3U",
            f"#EXT-X-VERSION:{event.version}",
            f"#EXT-X-TARGETDURATION:{event.target}",
            *event.extra,
            f"#EXT-X-MEDIA-SEQUENCE:{first if msn is None else msn}",
            f"#EXT-X-DISCONTINUITY-SEQUENCE:{sum(seg.disc for seg in event.segs[:first]) if dsn is None else dsn}",
            *(line for seg in segs for line in seg.lines()),
            *event.suffix,
        ]
        return "\n".join(lines) + "\n"

    def but(self, place: int, **changes: object) -> Event:
        """The event with one segment changed."""
        segs = list(self.segs)
        segs[place] = replace(segs[place], **changes)
        return replace(self, segs=tuple(segs))


def content(count: int, *, dated: bool = True, suffix: str = "ts", start: int = 0) -> tuple[Seg, ...]:
    """Segments of 4 s."""
    return tuple(
        Seg(f"c{place}.{suffix}", pdt=EPOCH + place * 4 * SECOND if dated else None)
        for place in range(start, start + count)
    )


def with_break(before: int = 6, ads: Sequence[str] = ("a", "a", "b"), after: int = 10, **more: object) -> Event:
    """Content, ads of 4 s each named by their creative, content again; tagged and dated as it must be."""
    segs = list(content(before + len(ads) + after))
    for place, name in enumerate(ads, before):
        first = place == before or ads[place - before - 1] != name
        segs[place] = replace(segs[place], uri=f"ad/{name}/{place}.ts", disc=int(first))
    back = before + len(ads)
    segs[back] = replace(segs[back], disc=1)
    return Event(tuple(segs), **more)


def creative(url: str) -> str | None:
    """Addresses under ad/NAME/ are ads."""
    return url.partition("/ad/")[2].partition("/")[0] or None


@dataclass
class Viewer:
    """A checker that is shown one text after the other, ``step`` microseconds apart."""

    checker: Checker = field(default_factory=lambda: Checker(creative=creative))
    step: int = STEP
    now: int = 0

    def sees(self, texts: Iterable[str], playlist: str = "video") -> list[Finding]:
        """Findings of all texts together."""
        found: list[Finding] = []
        for text in texts:
            found += self.checker.observe(playlist, text, self.now, BASE + "video.m3u8")
            self.now += self.step
        return found


def sliding(event: Event, first: int, last: int, size: int = 6) -> list[str]:
    """Windows of ``size`` segments that begin at ``first`` to ``last``."""
    return [event.window(at, at + size) for at in range(first, last + 1)]


def rules(found: Iterable[Finding]) -> list[str]:
    """The rules of findings, in order."""
    return [finding.rule for finding in found]


def alone(*texts: str) -> list[str]:
    """Rules that one playlist breaks, seen by a checker that knows of no ads, 4 s apart."""
    return rules(Viewer(Checker()).sees(texts))


def both(video: list[str], sound: list[str], *, known: bool = True) -> list[str]:
    """Rules that two renditions break, shown in turn; ``known``: what is an ad is told."""
    checker = Checker(creative=creative if known else None)
    found = []
    for at, (here, there) in enumerate(zip(video, sound, strict=True)):
        found += checker.observe("video", here, at * STEP, BASE + "video.m3u8")
        found += checker.observe("sound", there, at * STEP + 100_000, BASE + "sound.m3u8")
    return rules(found)


def of(event: Event) -> list[str]:
    """All windows of an event of 19 segments."""
    return sliding(event, 0, 12)
