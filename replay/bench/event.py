"""The synthetic live event: an origin that slides, breaks that come round, a catalogue, and who gets which pod.

Two video renditions and one of sound, segments of 4 s, a window of 60 of them. Every 30th segment starts a break of 15,
so that two breaks' worth of ads stand in every window. Sound is cut at AAC frame boundaries: its grid differs from the
video's by up to half a frame. Date-times are whole milliseconds, as origins write them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from domain.pod import Creative, Pod, Slate
from domain.units import SECOND, Microseconds, date, decimal
from replay.reference import In, Out, Piece
from ssai.channel.origin import Fetched, OriginError
from ssai.decide.port import Opening
from ssai.stitch.render import AdSegment

CHANNEL: Final = "event"
BASE: Final = "http://origin.example/live/"
RENDITIONS: Final = ("r0", "r1", "r2")
SOUND: Final = "r2"
SEGMENT: Final = 4 * SECOND
WINDOW: Final = 60
PERIOD: Final = 30
FIRST_BREAK: Final = 10
LENGTH: Final = 15
PODS: Final = 64
EPOCH: Final = 1_793_491_200 * SECOND
"""2026-11-01T00:00:00Z."""

INDEX: Final = """#EXTM3U
#EXT-X-VERSION:6
#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="sound",NAME="sound",DEFAULT=YES,URI="r2.m3u8"
#EXT-X-STREAM-INF:BANDWIDTH=900000,CODECS="avc1.4d401e,mp4a.40.2",AUDIO="sound"
r0.m3u8
#EXT-X-STREAM-INF:BANDWIDTH=3000000,CODECS="avc1.4d401f,mp4a.40.2",AUDIO="sound"
r1.m3u8
"""


def start_of(rendition: str, index: int) -> int:
    """When segment ``index`` starts, microseconds since the Unix epoch."""
    nominal = index * SEGMENT
    if rendition != SOUND:
        return EPOCH + nominal
    frames = (nominal * 48 + 512_000) // 1_024_000  # of 1024 samples at 48 kHz
    return EPOCH + frames * 64_000 // 3 // 1_000 * 1_000


def is_out(index: int) -> bool:
    """Whether a break starts with segment ``index``."""
    return index % PERIOD == FIRST_BREAK


def is_in(index: int) -> bool:
    """Whether content comes back with segment ``index``."""
    return index >= LENGTH and is_out(index - LENGTH)


def playlist(rendition: str, step: int) -> str:
    """The origin's playlist at ``step``: segments ``step`` to ``step + WINDOW - 1``."""
    lines = [
        "#EXTM3U",
        "#EXT-X-VERSION:6",
        f"#EXT-X-TARGETDURATION:{SEGMENT // SECOND}",
        "#EXT-X-INDEPENDENT-SEGMENTS",
        f"#EXT-X-MEDIA-SEQUENCE:{step}",
        "#EXT-X-DISCONTINUITY-SEQUENCE:0",
    ]
    for index in range(step, step + WINDOW):
        start = start_of(rendition, index)
        if is_out(index):
            lines.append(f"#EXT-X-CUE-OUT:{LENGTH * SEGMENT // SECOND}.000")
        if is_in(index):
            lines.append("#EXT-X-CUE-IN")
        duration = decimal(start_of(rendition, index + 1) - start, 3)
        lines += [f"#EXT-X-PROGRAM-DATE-TIME:{date(start)}", f"#EXTINF:{duration},", f"{rendition}/{index}.ts"]
    return "\n".join(lines) + "\n"


class SlidingOrigin:
    """``ssai.channel.origin.Origin`` in memory: while ``running`` it slides by one segment at every poll of the first
    rendition, so that every round of the poller makes a version.
    """

    def __init__(self, step: int) -> None:
        self.step = step
        self.running = False
        self._told: dict[str, int] = {}

    async def multivariant(self) -> Fetched:
        """See ``Origin.multivariant``."""
        return Fetched(BASE + "index.m3u8", INDEX)

    async def media(self, url: str, *, fresh: bool = False) -> Fetched | None:
        """See ``Origin.media``."""
        rendition = url.removeprefix(BASE).removesuffix(".m3u8")
        if rendition not in RENDITIONS:
            raise OriginError(url)
        if rendition == RENDITIONS[0] and self.running:
            self.step += 1
        if self._told.get(url) == self.step and not fresh:
            return None
        self._told[url] = self.step
        return Fetched(url, playlist(rendition, self.step))

    async def close(self) -> None:
        """Nothing is held."""


# -- for the reference stitcher ----------------------------------------------------------------------------------------


def pieces(step: int) -> Mapping[str, Sequence[Piece]]:
    """The windows of ``playlist`` for the reference stitcher; a piece's URI is what a player must be given."""
    return {
        rendition: [
            Piece(
                index,
                start_of(rendition, index),
                start_of(rendition, index + 1),
                f"{BASE}{rendition}/{index}.ts",
                tagged=False,
                sequence=0,
            )
            for index in range(step, step + WINDOW)
        ]
        for rendition in RENDITIONS
    }


def signals(step: int) -> list[Out | In]:
    """The signals that are read for the first time at ``step``."""
    new = range(WINDOW) if step == 0 else range(step + WINDOW - 1, step + WINDOW)
    found: list[Out | In] = []
    for index in new:
        at = start_of(RENDITIONS[0], index)
        if is_out(index):
            found.append(Out(at, LENGTH * SEGMENT))
        if is_in(index):
            found.append(In(at))
    return found


# -- creatives and pods ------------------------------------------------------------------------------------------------


def _creative(number: int) -> Creative:
    """Segments of at most half a target duration, of different lengths so that pods differ in number of items."""
    piece = (2_000_000, 1_920_000, 1_600_000, 1_000_000)[number % 4]
    count = (6_000_000 + number % 5 * 6_000_000) // piece
    return Creative(f"ad-{number}", (Microseconds(piece),) * count)


CREATIVES: Final = tuple(_creative(number) for number in range(PODS))
POD: Final = tuple(
    Pod(tuple(CREATIVES[(number + 7 * place) % PODS] for place in range(2 + number % 3))) for number in range(PODS)
)
SLATE: Final = Slate(
    Creative("slate", (Microseconds(2_000_000),) * 5),
    (
        Creative("slate-1", (Microseconds(1_000_000),)),
        Creative("slate-2", (Microseconds(500_000),)),
        Creative("slate-4", (Microseconds(250_000),)),
    ),
)


def pod_of(seat: int, start: int) -> Pod:
    """The pod of a seat in the break that was signalled for ``start``: all 64 are in use in every break."""
    return POD[(seat * 5 + start // SECOND) % PODS]


class Rotation:
    """``ssai.decide.port.Decisions``: ``pod_of``."""

    def decide(self, opening: Opening, seats: Sequence[int]) -> list[Pod]:
        """One pod a seat."""
        return [pod_of(seat, int(opening.key)) for seat in seats]


class SyntheticMedia:
    """``ssai.stitch.render.AdMedia``: the address of every segment of every creative."""

    def __init__(self) -> None:
        everything = (*CREATIVES, SLATE.run, *SLATE.small)
        self._durations = {creative.id: creative.durations for creative in everything}

    def segment(self, creative: str, rendition: str, index: int) -> AdSegment:
        """See ``AdMedia.segment``."""
        return AdSegment(ad_address(creative, rendition, index), self._durations[creative][index])


def ad_address(creative: str, rendition: str, index: int) -> str:
    """Where a segment of a creative is fetched."""
    return f"/ads/{CHANNEL}/{creative}/{rendition}/{index}.ts"
