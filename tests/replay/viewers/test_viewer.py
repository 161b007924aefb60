"""One viewer by a clock that the test holds, before an edge that answers what the test says."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from heapq import heappop, heappush
from itertools import count, pairwise
from random import Random

import pytest

from domain.units import SECOND, Microseconds, date
from replay.viewers import Answer, Habits, Outcome, Viewer, edge_creative

TD = 4
BASE = "http://edge/live/demo/"
INDEX = """#EXTM3U
#EXT-X-VERSION:6
#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="a",NAME="en",URI="audio.m3u8"
#EXT-X-STREAM-INF:BANDWIDTH=800000,CODECS="avc1.4d401e,mp4a.40.2",AUDIO="a"
video.m3u8
"""
ALONE = INDEX.replace(',AUDIO="a"', "")
EPOCH = 1_790_000_000 * SECOND
Reply = str | int | Outcome


class HeldClock:
    """Time goes on when ``run`` says so, from one awaited instant to the next."""

    def __init__(self) -> None:
        self.time = 1_000 * SECOND
        self._order = count()
        self._waiting: list[tuple[int, int, asyncio.Future[None]]] = []

    def now(self) -> Microseconds:
        return Microseconds(self.time)

    async def sleep(self, until: Microseconds) -> None:
        if until > self.time:
            future = asyncio.get_running_loop().create_future()
            heappush(self._waiting, (until, next(self._order), future))
            await future

    async def run(self, seconds: float) -> None:
        end = self.time + round(seconds * SECOND)
        await self._settle()
        while self._waiting and self._waiting[0][0] <= end:
            self.time, _, future = heappop(self._waiting)
            if not future.done():
                future.set_result(None)
            await self._settle()
        self.time = end

    async def _settle(self) -> None:
        for _ in range(20):
            await asyncio.sleep(0)


@dataclass
class ToldSource:
    """Answers by address and second since the test began: a text, a status, or what became of the request."""

    clock: HeldClock
    reply: Callable[[str, float], Reply]
    took: Callable[[float], int]
    asked: list[tuple[str, float]] = field(default_factory=list)

    async def fetch(self, url: str, *, head: bool = False) -> Answer:
        began = self.clock.now()
        at = (began - 1_000 * SECOND) / SECOND
        self.asked.append((url.removeprefix(BASE), at))
        reply = self.reply(url.removeprefix(BASE), at)
        await self.clock.sleep(Microseconds(began + self.took(at)))
        outcome, status, body = Outcome.OK, 200, b""
        if isinstance(reply, Outcome):
            outcome, status = reply, 0
        elif isinstance(reply, int):
            outcome, status = Outcome(f"{reply // 100}xx"), reply
        else:
            body = reply.encode()
        return Answer(url, outcome, status, body, began, self.clock.now())

    def times(self, name: str) -> list[float]:
        return [at for url, at in self.asked if url == name]


def window(first: int, stop: int, *, tail: str = "", ads: range = range(0)) -> str:
    lines = [
        "#EXTM3U",
        "#EXT-X-VERSION:6",
        f"#EXT-X-TARGETDURATION:{TD}",
        f"#EXT-X-MEDIA-SEQUENCE:{first}",
        f"#EXT-X-DISCONTINUITY-SEQUENCE:{(first > ads.start) + (first > ads.stop) if ads else 0}",
    ]
    for index in range(first, stop):
        if ads and index in {ads.start, ads.stop}:
            lines.append("#EXT-X-DISCONTINUITY")
        uri = f"/ads/demo/acme/video/{index}.ts" if index in ads else f"/media/{index}.ts"
        lines += [f"#EXT-X-PROGRAM-DATE-TIME:{date(EPOCH + index * TD * SECOND)}", f"#EXTINF:{TD}.000,", uri]
    return "\n".join(lines) + "\n" + tail


def live(at: float, **options) -> str:
    """A window of five segments that slides every target duration."""
    first = int(at // TD)
    return window(first, first + 5, **options)


async def watch(
    reply: Callable[[str, float], Reply],
    seconds: float,
    *,
    took: Callable[[float], int] = lambda _: 0,
    habits: Habits | None = None,
):
    clock = HeldClock()
    source = ToldSource(clock, reply, took)
    viewer = Viewer(BASE + "index.m3u8", source, Random("1"), edge_creative, habits or Habits(), clock)
    task = asyncio.create_task(viewer.watch())
    await clock.run(seconds)
    if task.done():
        await task
    else:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
    return source, viewer.tally


async def test_each_playlist_reloads_a_target_duration_after_a_change_and_half_of_it_after_none():
    def reply(name: str, at: float) -> Reply:
        # The video changes at 0, 5, 9, 13 s, the sound at 0, 4, 8, 12 s.
        return INDEX if name == "index.m3u8" else live(max(0, at - 1) if name == "video.m3u8" else at)

    source, tally = await watch(reply, 15)
    assert source.times("video.m3u8") == [0, 4, 6, 10, 14]
    assert source.times("audio.m3u8") == [0, 4, 8, 12]
    assert tally.reloads == 9
    assert (tally.opened, tally.statuses) == (True, {"2xx": 10})
    assert not tally.rules


async def test_the_pace_counts_from_where_a_load_began():
    source, _ = await watch(lambda name, at: ALONE if name == "index.m3u8" else live(at), 14, took=lambda _: 1_500_000)
    assert source.times("video.m3u8") == [1.5, 5.5, 9.5, 13.5]


async def test_a_load_that_fails_is_repeated_after_half_a_target_duration():
    def reply(name: str, at: float) -> Reply:
        if name == "index.m3u8":
            return ALONE
        return {4: 503, 6: 404, 8: Outcome.TIMEOUT}.get(int(at), live(at))

    source, tally = await watch(reply, 15)
    assert source.times("video.m3u8") == [0, 4, 6, 8, 10, 14]
    assert tally.statuses == {"2xx": 4, "5xx": 1, "4xx": 1, "timeout": 1}


async def test_a_refused_connection_is_tried_again_after_half_a_second_and_explains_a_gap():
    def reply(name: str, at: float) -> Reply:
        if 3 < at < 11:
            return Outcome.REFUSED
        return ALONE if name == "index.m3u8" else live(at if at < 13 else 16)

    source, tally = await watch(reply, 20)
    times = [at for at in source.times("video.m3u8") if 4 <= at <= 12]
    pauses = [there - here for here, there in pairwise(times)]
    assert len(pauses) > 10
    assert all(0.4 <= pause <= 0.6 for pause in pauses)
    assert len(set(pauses)) > 5
    assert not tally.rules
    assert [(stall.length > 0, stall.playlist) for stall in tally.stalls] == []


@pytest.mark.parametrize("away", [True, False])
async def test_a_gap_is_excused_only_while_the_edge_was_away(away):
    def reply(name: str, at: float) -> Reply:
        if name.endswith(".ts"):
            # Whoever has the segments is no concern of the edge.
            return Outcome.REFUSED
        if away and 3 < at < 5:
            return Outcome.REFUSED
        # Nothing new between 4 and 16 s.
        return ALONE if name == "index.m3u8" else live(0 if at < 16 else at)

    _, tally = await watch(reply, 22, habits=Habits(segments=1.0))
    assert tally.excused == (1 if away else 0)
    assert tally.rules == ({} if away else {"origin_stall": 1})
    # It began 12 s behind the edge, and saw 16 s more at the first reload after the gap.
    (stall,) = tally.stalls
    assert stall.start == 1_012 * SECOND
    assert 4 * SECOND <= stall.length <= 6 * SECOND


async def test_an_absence_before_the_last_change_excuses_nothing():
    def reply(name: str, at: float) -> Reply:
        if 3 < at < 5:
            return Outcome.REFUSED
        return ALONE if name == "index.m3u8" else live(at if at < 8 or at > 20 else 4)

    _, tally = await watch(reply, 24)
    assert (tally.excused, tally.rules) == (0, {"origin_stall": 1})


async def test_an_answer_that_takes_long_makes_no_gap_longer():
    # Each answer is made when it is asked for: the one of 6 s says nothing of 8 s, when it comes.
    def reply(name: str, at: float) -> Reply:
        return ALONE if name == "index.m3u8" else live(0 if at <= 6 else 4)

    source, tally = await watch(reply, 11, took=lambda at: 2_000_000 if at >= 4 else 0)
    assert source.times("video.m3u8") == [0, 4, 6, 8]
    assert tally.reloads == 4
    assert not tally.rules


async def test_the_end_of_the_presentation_ends_the_viewer():
    def reply(name: str, at: float) -> Reply:
        return INDEX if name == "index.m3u8" else live(min(at, 8), tail="#EXT-X-ENDLIST\n" if at >= 8 else "")

    source, tally = await watch(reply, 40)
    assert max(at for _, at in source.asked) == 8
    assert tally.stalls == []
    assert not tally.rules


async def test_broken_playlists_are_told_by_checker_and_player():
    def reply(name: str, at: float) -> Reply:
        if name == "index.m3u8":
            return ALONE
        if 4 <= at < 8:
            return "#EXTM3U\n#EXT-X-TARGETDURATION:four\n"
        # Numbers fall from 3 to 2.
        return live(at if at < 16 else 8)

    _, tally = await watch(reply, 18)
    assert tally.rules["player"] == 1
    assert tally.rules["4"] == 1
    told = next(finding for finding in tally.findings if finding.rule == "player")
    assert told.playlist == "video video"
    assert told.snapshot.text.endswith("four\n")
    assert told.before is not None


async def test_two_pods_in_one_break_are_told():
    def reply(name: str, at: float) -> Reply:
        if name == "index.m3u8":
            return INDEX
        text = live(at, ads=range(6, 8))
        return text if name == "video.m3u8" else text.replace("acme", "beta")

    _, tally = await watch(reply, 30)
    assert tally.rules["pod"] == 1
    assert next(pod.creatives for pod in tally.pods) in (["acme"], ["beta"])


async def test_a_break_is_seen_as_one_pod():
    _, tally = await watch(lambda name, at: INDEX if name == "index.m3u8" else live(at, ads=range(6, 8)), 30)
    assert not tally.rules
    (pod,) = tally.pods
    assert (pod.start, pod.creatives, pod.closed) == (EPOCH + 24 * SECOND, ["acme"], True)


async def test_a_break_whose_beginning_was_missed_is_left_out():
    def reply(name: str, at: float) -> Reply:
        if name == "index.m3u8":
            return ALONE
        # From 8 s on the window begins behind all that was seen, in the middle of the ads.
        return window(0, 5) if at < 8 else window(8, 13, ads=range(6, 10))

    _, tally = await watch(reply, 10)
    assert tally.reloads == 4
    assert tally.pods == []


async def test_a_gap_that_goes_on_is_told_when_the_viewer_leaves():
    _, tally = await watch(lambda name, _: ALONE if name == "index.m3u8" else live(0), 9)
    assert tally.rules == {"origin_stall": 1}


async def test_new_segments_are_fetched_and_judged():
    def reply(name: str, at: float) -> Reply:
        if name == "index.m3u8":
            return ALONE
        if name.endswith(".ts"):
            return {"6": 404, "7": Outcome.REFUSED}.get(name[-4], "media")
        return live(at)

    source, tally = await watch(reply, 13, habits=Habits(segments=1.0))
    fetched = [name for name, _ in source.asked if name.endswith(".ts")]
    assert fetched == [f"http://edge/media/{number}.ts" for number in range(8)]
    assert tally.segments == {"2xx": 6, "4xx": 1, "refused": 1}
    assert [(finding.rule, finding.playlist) for finding in tally.findings] == [("10", "video video")]


async def test_an_address_that_is_none_is_told():
    def reply(name: str, at: float) -> Reply:
        return ALONE if name == "index.m3u8" else live(at).replace("/media/6.ts", "http://[/6.ts")

    _, tally = await watch(reply, 13)
    assert tally.reloads == 4
    assert tally.rules["player"] > 0


@pytest.mark.parametrize(("reply", "rules"), [(403, {}), ("#EXTM3U\n", {"player": 1})])
async def test_a_viewer_who_is_turned_away_leaves(reply, rules):
    source, tally = await watch(lambda *_: reply, 60)
    assert len(source.asked) == 1
    assert {rule: number for rule, number in tally.rules.items() if rule != "syntax"} == rules


async def test_a_viewer_waits_for_a_channel_that_is_not_ready():
    def reply(name: str, at: float) -> Reply:
        if name == "index.m3u8":
            return 503 if at < 2 else ALONE
        return live(at)

    source, tally = await watch(reply, 5)
    assert source.times("index.m3u8") == [0, 1, 2]
    assert tally.opened


@pytest.mark.parametrize(
    ("url", "creative"),
    [
        ("http://edge/ads/demo/acme-15/360p/0.ts", "acme-15"),
        ("http://edge/ads/demo/slate-2q/audio/0.ts?x=1", "slate"),
        ("http://edge/media/ads/demo/acme/0.ts", None),
        ("http://edge/ads/demo/acme", None),
        ("http://[/ads/demo/acme/0.ts", None),
    ],
)
def test_the_creative_of_an_address(url, creative):
    assert edge_creative(url) == creative
