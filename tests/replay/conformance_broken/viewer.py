"""One viewer who asks for every playlist of a stitcher, at a player's pace, and shows each answer to a judge."""

from __future__ import annotations

from collections.abc import Sequence
from heapq import heapify, heappop, heappush
from random import Random
from typing import Protocol, TypeVar
from urllib.parse import urljoin

from tests.replay.conformance_broken.clean import BASE, Clean
from tests.replay.conformance_broken.event import NAMES, SECOND

Found_co = TypeVar("Found_co", covariant=True)


class Judge(Protocol[Found_co]):
    """Whoever is told what the viewer sees and answers what is wrong; ``at`` is microseconds of the viewer's clock."""

    def multivariant(self, text: str, url: str, at: int) -> Sequence[Found_co]: ...

    def observe(self, playlist: str, text: str, at: int, url: str = "") -> Sequence[Found_co]: ...

    def fetched(self, url: str, status: int, at: int) -> Sequence[Found_co]: ...

    def finish(self, at: int) -> Sequence[Found_co]: ...


def watch(stitcher: Clean, judge: Judge[Found_co], seed: int, length: int) -> tuple[list[Found_co], int]:
    """Ask for each playlist again and again for ``length``, or until its ENDLIST has been seen three times.

    Returns all that the judge finds, and how many media playlists it was shown.
    """
    random = Random(f"viewer {seed}")
    clock = random.randrange(10**12)
    opens, habit = stitcher.presentation.opens, stitcher.traits.habit
    found = [*judge.multivariant(stitcher.multivariant(), BASE + "index.m3u8", clock + opens)]
    visits = [(opens + k * SECOND // 20, k, "", 3) for k in range(len(NAMES))]
    heapify(visits)
    shown, now = 0, opens
    while visits:
        now, k, known, left = heappop(visits)
        name = NAMES[k]
        text = stitcher.playlist(name, now)
        found += judge.observe(name, text, clock + now, urljoin(BASE, stitcher.address(name)))
        for url, status in stitcher.downloads(name, now):
            found += judge.fetched(url, status, clock + now)
        shown += 1
        left -= "#EXT-X-ENDLIST" in text
        if now < opens + length and left:
            pause = 2 if text == known or habit == "monitor" else 4
            if habit == "switcher" and random.random() < 0.08:
                pause = random.randrange(5, 50)
            jitter = random.randrange(-SECOND // 10, SECOND // 10)
            heappush(visits, (now + pause * SECOND + jitter, k, text, left))
    return [*found, *judge.finish(clock + now)], shown
