"""Chromium plays one channel with hls.js and with Shaka: fMP4 with subtitles, MPEG-TS, and AES-128 around clear ads.

Neither player is asked what it showed: the picture's colour says it, the playlists it fetched say what it should have
been.
"""

import asyncio
import re
import time
from bisect import bisect_right
from collections import Counter
from contextlib import asynccontextmanager
from datetime import datetime
from itertools import groupby, pairwise
from pathlib import Path
from urllib.parse import urljoin, urlsplit

import pytest
from aiohttp import web
from playwright.async_api import async_playwright

from halftime.demo import pages
from halftime.serve import edge
from halftime.settings import Settings
from replay.origin.clip import Clip
from replay.origin.dress import Dress, Encryption
from replay.origin.schedule import Schedule
from replay.origin.server import OriginServer
from tests.halftime.player_media import ADS, COLOURS, CONTENT, FPS, SLATE, render
from tests.halftime.test_browser import FLAGS, STALL, TOGETHER, pulse

SECOND = 1_000_000
SCHEDULE = Schedule(
    first=14 * SECOND, period=32 * SECOND, shortest=12 * SECOND, longest=16 * SECOND, preroll=6 * SECOND, seed=3
)
BREAKS = 2
LIMIT = 120.0
"""Seconds of wall time for one play."""
FORMATS = {
    "fmp4": Dress(containers=frozenset({"fmp4"}), subtitles=True),
    "ts": Dress(containers=frozenset({"ts"})),
    "aes-128": Dress(containers=frozenset({"ts"}), encryption=Encryption.IMPLICIT),
}
PLAYERS = ("hlsjs", "shaka")
NEAR = 40
"""How far a colour may be from the one that was drawn, in each of red, green and blue: it went through an encoder."""
SEAM = 150
"""Milliseconds around a boundary in which either may show: ads fill a break within 125 ms, and a frame lasts 40."""
JUMP = 250
"""Milliseconds that the play head may gain on the clock, or lose, from one look to the next."""
SETTLING = 2000
"""Milliseconds in which subtitles that were just chosen have yet to come."""
DROPPED = 0.05
"""The share of frames that a busy machine may leave out."""
PAGE = Path(__file__).parent / "page"
HLSJS = Path(pages.__file__).parent / "page" / "node_modules" / "hls.js" / "dist" / "hls.min.js"
SHAKA = PAGE / "node_modules" / "shaka-player" / "dist" / "shaka-player.compiled.js"
FILES = {f"/{file.name}": file for file in (PAGE / "index.html", PAGE / "play.js", HLSJS, SHAKA)}


@pytest.fixture(scope="module")
def clips(needs, tmp_path_factory):
    needs("hls.js and Shaka (`make env` fetches them)", all(file.is_file() for file in FILES.values()))
    folder = tmp_path_factory.mktemp("clips")
    render(folder)
    return folder


@asynccontextmanager
async def page_server():
    async def show(request):
        return web.FileResponse(FILES[request.path])

    app = web.Application()
    for path in FILES:
        app.router.add_get(path, show)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}/index.html"
    finally:
        await runner.cleanup()


class Watched:
    """One player on a page of its own: what it shows, what it fetched, and what the playlists that it got said.

    ``listed`` is by rung (content and ads lie in folders that have its name), then by date (milliseconds since the
    Unix epoch): address, discontinuity sequence number, whether a key is in force.
    """

    def __init__(self, page):
        self.page = page
        self.seen = {}
        self.thrown = []
        self.fetched = set()
        self.listed = {}
        self.readings = []
        page.on("pageerror", lambda error: self.thrown.append(str(error)))
        page.on("response", self.note)

    def note(self, response):
        if urlsplit(response.url).path.endswith(".m3u8"):
            self.readings.append(asyncio.create_task(self.read(response)))
        elif response.ok:
            self.fetched.add(response.url)

    async def read(self, response):
        text = await response.text()
        if "#EXTINF" not in text:
            return
        number = int(re.search(r"#EXT-X-DISCONTINUITY-SEQUENCE:(\d+)", text)[1])
        date, key = None, False
        for line in text.splitlines():
            name, _, value = line.partition(":")
            if name == "#EXT-X-DISCONTINUITY":
                number += 1
            elif name == "#EXT-X-KEY":
                key = value != "METHOD=NONE"
            elif name == "#EXT-X-PROGRAM-DATE-TIME":
                date = round(datetime.fromisoformat(value).timestamp() * 1000)
            elif line and not line.startswith("#"):
                url = urljoin(response.url, line)
                known = self.listed.setdefault(urlsplit(url).path.split("/")[-2], {})
                entry = (url, number, key)
                assert known.setdefault(date, entry) == entry, "what is published never changes"

    @property
    def picture(self):
        """What was listed of the video."""
        return next(listed for name, listed in self.listed.items() if name.startswith("180p"))

    def date(self, sample):
        """When it was on air: both players count from the first segment that they were told of."""
        return min(self.picture) + sample["place"] * 1000

    def steady(self):
        """The samples that are not at a boundary, each with its date and the address that is listed there."""
        dates = sorted(self.picture)
        for sample in self.seen["samples"]:
            now = self.date(sample)
            place = bisect_right(dates, now)
            if now - dates[place - 1] > SEAM and (place == len(dates) or dates[place] - now > SEAM):
                yield now, sample, self.picture[dates[place - 1]][0]


async def watch(watched, name, until, shots):
    """Look until the play head has passed ``until``; a picture of the first ad and one of the content after it."""
    wanted = [("ad", ADS), ("content", [CONTENT])]
    deadline, last = time.monotonic() + LIMIT, None
    while time.monotonic() < deadline:
        last = await watched.page.evaluate("() => window.seen?.samples.at(-1) ?? null")
        if last is not None:
            if wanted and on_air(last) in wanted[0][1]:
                await asyncio.sleep(1)  # well inside it
                await watched.page.screenshot(path=shots / f"{name}-{wanted.pop(0)[0]}.png")
            await asyncio.gather(*watched.readings)
            if watched.date(last) > until:
                return
        await asyncio.sleep(0.5)
    errors = await watched.page.evaluate("() => window.seen?.errors")
    pytest.fail(f"{name}: not past the last break in {LIMIT} s: {last}, {errors}")


async def play(clips, dress, name, chromium, shots):
    """Play the channel in both players at once; what each went through, the breaks, and the machine's own pauses."""
    pauses, watching = [], {}
    async with (
        OriginServer(Clip.load(clips / "content", None, dress), SCHEDULE) as origin,
        edge(
            Settings.of(
                {
                    "server": {"port": 0},
                    "store": {"redis": "memory"},
                    "channels": {"event": {"origin": origin.index_url, "creatives": clips / "ads"}},
                },
                "the test",
            )
        ) as running,
        page_server() as address,
        async_playwright() as playwright,
    ):
        breaks = spans(origin)
        browser = await playwright.chromium.launch(executable_path=chromium, headless=True, args=FLAGS)
        beat = asyncio.create_task(pulse(pauses))
        try:
            for player in PLAYERS:
                watching[player] = Watched(await browser.new_page(viewport={"width": 640, "height": 360}))
                stream = f"{running.url}/live/event/index.m3u8?viewer={player}"
                await watching[player].page.goto(f"{address}?player={player}&stream={stream}")
            until = breaks[-1][1] + 3000
            await asyncio.gather(*(watch(each, f"{name}-{player}", until, shots) for player, each in watching.items()))
        finally:
            beat.cancel()
            for each in watching.values():
                each.seen = await each.page.evaluate("() => window.seen")
                # What comes from now on could not be read to its end.
                each.page.remove_listener("response", each.note)
                await asyncio.gather(*each.readings)
            await browser.close()
    return watching, breaks, pauses


def spans(origin):
    """Start, actual end and planned end of the breaks, milliseconds since the Unix epoch."""
    avails = [SCHEDULE.avail(origin.clip, number) for number in range(BREAKS)]
    return [
        tuple((origin.start_us + origin.clip.boundary(index)) / 1000 for index in (one.start, one.back, one.planned))
        for one in avails
    ]


def on_air(sample):
    """Whose colour a sample shows; None for nobody's."""
    for name, colour in COLOURS.items():
        if all(abs(drawn - shown) <= NEAR for drawn, shown in zip(colour.to_bytes(3), sample["colour"], strict=True)):
            return name
    return None


@pytest.mark.alone
@pytest.mark.parametrize("name", FORMATS)
async def test_both_players_play_two_breaks(clips, chromium, root, name):
    shots = root / "build" / "screenshots"
    shots.mkdir(parents=True, exist_ok=True)
    watching, breaks, pauses = await play(clips, FORMATS[name], name, chromium, shots)
    if pauses and any(stops(each.seen) for each in watching.values()):
        print(f"the machine itself stood still ({pauses} ms) and so did the picture: played once more")
        watching, breaks, pauses = await play(clips, FORMATS[name], name, chromium, shots)
    assert any(back < planned for _, back, planned in breaks), "one of the breaks returns early"
    for player, each in watching.items():
        tell(player, each, pauses)
        check_playing(each)
        check_numbers(each)
        check_picture(each, breaks)
        if FORMATS[name].subtitles:
            check_cues(each)
        if FORMATS[name].encryption:
            check_keys(each)


def tell(player, watched, pauses):
    seen = watched.seen
    runs = [f"{name} {len(list(run)) / 10} s" for name, run in groupby(seen["samples"], on_air)]
    frames, dropped = (seen["samples"][-1][count] for count in ("frames", "dropped"))
    errors = dict(Counter((error["details"], error["reason"]) for error in seen["errors"]))
    print(f"{player}: {', '.join(runs)}; {frames} frames, {dropped} dropped, stops {stops(seen)}, errors {errors}")
    print(f"pauses of the machine {pauses}")


def stops(seen):
    """For how long a viewer saw nothing move, milliseconds: what the browser tells, and what the play head shows."""
    samples = seen["samples"]
    stood = [list(run) for _, run in groupby(samples, lambda sample: sample["place"])]
    known = [*seen["stalls"], *(run[-1]["at"] - run[0]["at"] for run in stood)]
    return [round(wait) for wait in known if wait > STALL]


def check_playing(watched):
    """Nothing fatal, no stall, no jump, and every frame shown, out of Media Source."""
    seen = watched.seen
    assert watched.thrown == []
    assert [error for error in seen["errors"] if error["fatal"]] == []
    assert stops(seen) == []
    first, last = seen["samples"][0], seen["samples"][-1]
    assert all(sample["mediaSource"] for sample in seen["samples"])
    for before, after in pairwise(seen["samples"]):
        gained, passed = 1000 * (after["place"] - before["place"]), after["at"] - before["at"]
        assert -JUMP < gained - passed < JUMP, (before, after)
    promised = (last["place"] - first["place"]) * FPS
    assert last["frames"] - first["frames"] >= promised - FPS
    assert last["dropped"] <= DROPPED * promised


def check_numbers(watched):
    """Segments of one instant have one discontinuity sequence number in every rendition (6.2.4)."""
    for other in watched.listed.values():
        pairs = [
            (watched.picture[date], entry)
            for date in watched.picture
            for near, entry in other.items()
            if abs(near - date) <= TOGETHER
        ]
        # Reloads of the renditions are not made in the same instant.
        assert len(pairs) >= len(watched.picture) - 4
        assert [(one, two) for one, two in pairs if one[1] != two[1]] == []
    numbers = [number for _, number, _ in watched.picture.values()]
    # Into each break, out of it, and one at least between two creatives.
    assert max(numbers) - min(numbers) >= 3 * BREAKS


def check_picture(watched, breaks):
    """What was on air is what the playlists list: ads throughout the breaks, content everywhere else."""
    shown = []
    for now, sample, url in watched.steady():
        assert url in watched.fetched
        assert on_air(sample) == creative(url), (now, sample, url)
        shown.append((now, creative(url)))
    for start, back, _ in breaks:
        inside = [name for now, name in shown if start < now < back]
        # Ten looks a second, and none at the seams of four items.
        assert len(inside) > (back - start) / 200
        assert inside[0] in ADS
        assert set(inside) <= {*ADS, SLATE}
    outside = [(now, name) for now, name in shown if not any(start < now < back for start, back, _ in breaks)]
    assert {name for _, name in outside} == {CONTENT}
    assert outside[0][0] < breaks[0][0]
    assert outside[-1][0] > breaks[-1][1] + 2000


def creative(url):
    """Whose segment it is; the small pieces of slate look like the large one."""
    parts = urlsplit(url).path.split("/")
    return parts[-3].partition("-")[0] if "ads" in parts else CONTENT


def check_cues(watched):
    """The text track is on; content has its segment's number as a cue, and ads none."""
    told = set()
    begun = watched.date(watched.seen["samples"][0]) + SETTLING
    for now, sample, url in watched.steady():
        wanted = re.findall(r"-(\d+)\.m4s$", url) if creative(url) == CONTENT else []
        if now > begun:
            assert sample["texts"] == 1
            assert sample["cues"] == wanted, (now, sample, url)
            told.update(wanted)
    # Before, between and after the breaks.
    assert len(told) > 2 * BREAKS


def check_keys(watched):
    """Content is encrypted and ads are not, in picture and sound."""
    for listed in watched.listed.values():
        assert all(key is (creative(url) == CONTENT) for url, _, key in listed.values())
    assert any(urlsplit(url).path.endswith(".key") for url in watched.fetched)
