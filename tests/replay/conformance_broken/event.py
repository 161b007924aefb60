"""What all renditions of one event share: its breaks, what lies in them, and when the origin publishes.

Written from the rules of HLS alone: no code is shared with the stitcher, the reference or the checker. Time is integer
microseconds of channel time.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate
from random import Random
from typing import Literal, NamedTuple

SECOND = 1_000_000
TAU = 125_000
FRAME = 40_000
"""One of 25 video frames a second; slate comes in pieces of 8, 4, 2 and 1 times 6 of them."""
NAMES = ("video", "cipher", "boxed", "sound", "text")
VIDEOS = NAMES[:3]
AD_FRAMES = {
    "acme": (50,) * 7 + (25,),
    "globex": (48,) * 5 + (12,),
    "initech": (50,) * 3,
    "umbrella": (45,) * 4 + (30,),
}
SLATE = "slate"
SLATE_FILES = 4
PIECES = {"slate-24": 24, "slate-12": 12, "slate-6": 6}


@dataclass(frozen=True)
class Traits:
    """What one presentation is like; a broken stitcher may demand some of it."""

    content: int
    """Length of a content segment."""
    window: int
    """The playlist keeps at least this much."""
    halves: bool
    """Sound has two segments where video has one."""
    packed: bool
    """Sound is packed audio, not TS."""
    dated: bool
    """A date on every segment, or only at the head and after a DISCONTINUITY."""
    ranges: tuple[str, ...]
    """The renditions that carry date ranges."""
    numbered: bool
    """The origin's IVs are its sequence numbers, or one explicit IV goes with each key."""
    rotation: int
    """Content segments under one key."""
    none_at_head: bool
    """METHOD=NONE also where the window begins within an ad."""
    define: Literal["", "name", "import", "query"]
    """How the variable in the ads' addresses is defined."""
    control: bool
    independent: bool
    restarts: float
    """How probable a DISCONTINUITY of the origin's own is, a segment."""
    gaps: float
    """How probable a segment without media is, a segment."""
    ends: Literal["", "content", "break"]
    """Where the event ends while it is watched, if it does."""
    pods: Literal["full", "short"]
    """Whether ads fill a break, or slate the most of it."""
    early: float
    """How probable it is that a break ends before it was planned to."""
    habit: Literal["player", "monitor", "switcher"]
    """A player waits 4 s after a change and 2 s without; a monitor asks every 2 s; a switcher is a player who now and
    then does without a rendition for most of a minute.
    """


class Item(NamedTuple):
    """One segment of a creative as it lies in a break: nominal instants."""

    creative: str
    file: int
    offset: int
    """From the creative's beginning."""
    start: int
    end: int
    tagged: bool


class Break(NamedTuple):
    """Content segments ``first`` to ``back - 1`` give way to ``items``."""

    name: str
    first: int
    back: int
    start: int
    cut: int
    planned: int
    items: tuple[Item, ...]


@dataclass(frozen=True)
class Event:
    """What all renditions share. Content segment i begins at ``starts[i]``; ``ends[i]``, ``published[i]`` likewise."""

    starts: Sequence[int]
    ends: Sequence[int]
    published: Sequence[int]
    tagged: frozenset[int]
    breaks: Sequence[Break]
    last: int
    """Content segments that the origin ever publishes: it ends after them, or the test does."""


def draw(seed: int) -> Traits:
    """Traits of the presentation of this seed."""
    random = Random(f"traits {seed}")
    return Traits(
        content=random.choice([4 * SECOND, 3_840_000]),
        window=random.choice([12 * SECOND, 14 * SECOND, random.randrange(12 * SECOND, 30 * SECOND)]),
        halves=random.random() < 0.5,
        packed=random.random() < 0.3,
        dated=random.random() < 0.6,
        ranges=random.choice([VIDEOS, NAMES]),
        numbered=random.random() < 0.6,
        rotation=random.randrange(3, 14),
        none_at_head=random.random() < 0.5,
        define=random.choice(["", "", "name", "import", "query"]),
        control=random.random() < 0.4,
        independent=random.random() < 0.6,
        restarts=random.choice([0, 0.05, 0.15]),
        gaps=random.choice([0, 0, 0.04]),
        ends=random.choice(["", "", "content", "break"]),
        pods=random.choice(["full", "full", "short"]),
        early=0.3,
        habit=random.choice(["player", "monitor", "switcher"]),
    )


def fill(start: int, cut: int, pod: Sequence[str]) -> Iterator[Item]:
    """Ads in order while they end by the cut, within ``TAU``; then slate, its largest piece first."""
    now = start
    for creative in pod:
        begin = now
        for file, frames in enumerate(AD_FRAMES[creative]):
            if now + frames * FRAME > cut + TAU:
                break
            yield Item(creative, file, now - begin, now, now + frames * FRAME, file == 0)
            now += frames * FRAME
        if now != begin + sum(AD_FRAMES[creative]) * FRAME:
            break
    large = 48 * FRAME
    count = 0
    while now + large <= cut + TAU:
        file = count % SLATE_FILES
        yield Item(SLATE, file, file * large, now, now + large, file == 0)
        now += large
        count += 1
    for piece, frames in PIECES.items():
        while now + frames * FRAME <= cut + TAU:
            yield Item(piece, 0, 0, now, now + frames * FRAME, tagged=True)
            now += frames * FRAME


def draw_event(random: Random, traits: Traits, length: int) -> Event:
    """Breaks of 3 to 7 content segments, some back to back, until ``length``; early returns among them."""
    count = length // traits.content
    spans: list[tuple[int, int]] = []
    now = random.randrange(4, 9)
    while now < count:
        for _ in range(random.choice([1, 1, 2])):
            spans.append((now, now + random.randrange(3, 8)))
            now = spans[-1][1]
        now += random.randrange(1, 9)
    total = now + 8
    inside = {i for first, back in spans for i in range(first, back + 1)}
    tagged = frozenset(i for i in range(1, total) if random.random() < traits.restarts)
    # An encoder that starts again may also lose a moment, but not where ads meet content: that hole would be ours.
    holes = {i: random.randrange(0, 20) * FRAME for i in tagged - inside}
    starts = list(accumulate((traits.content + holes.get(i, 0) for i in range(1, total)), initial=0))
    ends = [start + traits.content for start in starts]
    published = [end + random.randrange(100_000, 500_000) for end in ends]
    breaks = []
    for n, (first, back) in enumerate(spans):
        start, cut = starts[first], starts[back]
        pod = random.choices(list(AD_FRAMES), k=12 if traits.pods == "full" else random.randrange(2))
        planned = cut - start + (2 * traits.content if random.random() < traits.early else 0)
        breaks.append(Break(f"break-{n}", first, back, start, cut, planned, tuple(fill(start, cut, pod))))
    last = total
    if traits.ends:
        at = random.choice(spans[len(spans) // 3 : 2 * len(spans) // 3])
        last = random.randrange(at[0] + 2, at[1]) if traits.ends == "break" else at[1] + 1
    return Event(starts, ends, published, tagged, breaks, last)
