"""The demo as Chromium and hls.js play it: three breaks, one of them an early return."""

import asyncio
import time
from collections import Counter

import pytest
from playwright.async_api import async_playwright

from halftime.demo.stage import Ports, stage
from replay.origin.schedule import Schedule

SECOND = 1_000_000
SCHEDULE = Schedule(
    first=14 * SECOND, period=48 * SECOND, shortest=16 * SECOND, longest=24 * SECOND, preroll=6 * SECOND, seed=3
)
BREAKS = 3
LIMIT = 270.0
"""Seconds of wall time for the whole play."""
STALL = 500
"""Milliseconds that a viewer may wait once it plays."""
PAUSE = 250
"""Milliseconds that a loop with nothing to do may be late on a machine that runs."""
TOGETHER = 100
"""Milliseconds within which fragments of picture and sound begin together."""
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--autoplay-policy=no-user-gesture-required",
    "--mute-audio",
]
READ = """() => {
    const { events, stalls, freezes, waiting, fragments, played, details, pods, breaks } = window.halftime;
    return { events, stalls, freezes, waiting, fragments, played, details, pods, breaks };
}"""
LOOK = "() => ({ head: window.halftime.hls.playingDate?.getTime() ?? 0, air: window.halftime.onAir })"


def spans(origin):
    """Start, actual end and planned end of the breaks, milliseconds since the Unix epoch."""
    clip = origin.clip

    def ms(index):
        return (origin.start_us + clip.boundary(index)) / 1000

    avails = [SCHEDULE.avail(clip, number) for number in range(BREAKS)]
    return [(ms(avail.start), ms(avail.back), ms(avail.planned)) for avail in avails]


async def watch(page, until, shots):
    """Look once a second until the play head has passed ``until``; pictures of the first ad and of the return."""
    deadline = time.monotonic() + LIMIT
    wanted = {
        "demo-ad.png": lambda air: "·" in air and "Slate" not in air,
        "demo-content.png": lambda air: air == "Live",
    }
    while time.monotonic() < deadline:
        seen = await page.evaluate(LOOK)
        name = next(iter(wanted), None)
        if name is not None and wanted[name](seen["air"]):
            await asyncio.sleep(1)  # well inside it
            await page.screenshot(path=shots / name)
            del wanted[name]
        if seen["head"] > until:
            return
        await asyncio.sleep(1)
    pytest.fail(f"the play head stands {(until - seen['head']) / 1000:.1f} s before the end of the last break")


async def pulse(pauses):
    """Note when the machine itself stands still: this loop then misses its turns as players miss theirs."""
    while True:
        before = time.monotonic()
        await asyncio.sleep(0.05)
        pause = (time.monotonic() - before - 0.05) * 1000
        if pause > PAUSE:
            pauses.append(round(pause))


async def play(media, chromium, shots, state):
    """Play the whole; what the page saw, the breaks as they were, what it threw, and the machine's own pauses."""
    pauses, thrown = [], []
    async with (
        stage(media, SCHEDULE, Ports(), redis="embedded", state=state) as demo,
        async_playwright() as playwright,
    ):
        breaks = spans(demo.origin)
        browser = await playwright.chromium.launch(executable_path=chromium, headless=True, args=FLAGS)
        beat = asyncio.create_task(pulse(pauses))
        try:
            page = await browser.new_page(viewport={"width": 1600, "height": 900})
            page.on("pageerror", lambda error: thrown.append(str(error)))
            await page.goto(demo.page)
            await page.wait_for_function("() => window.halftime?.started", timeout=30_000)
            await watch(page, breaks[-1][1] + 3000, shots)
            seen = await page.evaluate(READ)
        finally:
            beat.cancel()
            await browser.close()
    return seen, breaks, thrown, pauses


def waits(seen):
    """What a viewer had to wait once it played, milliseconds."""
    known = [entry["duration"] for entry in (*seen["stalls"], *seen["freezes"])]
    return [wait for wait in (*known, seen["waiting"]) if wait > STALL]


@pytest.mark.alone
async def test_three_breaks_in_a_browser(small_media, chromium, root, tmp_path):
    shots = root / "build" / "screenshots"
    shots.mkdir(parents=True, exist_ok=True)
    media = small_media("separate")
    seen, breaks, thrown, pauses = await play(media, chromium, shots, tmp_path / "first")
    if waits(seen) and pauses:
        print(f"the machine itself stood still ({pauses} ms), the viewer waited {waits(seen)} ms: played once more")
        seen, breaks, thrown, pauses = await play(media, chromium, shots, tmp_path / "second")
    print(
        f"errors {Counter(event['details'] for event in seen['events'])}, stalls {seen['stalls']}, "
        f"freezes {seen['freezes']}, fragments {len(seen['fragments'])}, pauses of the machine {pauses}"
    )
    assert not thrown
    assert [event for event in seen["events"] if event["fatal"]] == []
    assert waits(seen) == []
    check_breaks(seen["played"], breaks)
    check_numbers(seen["fragments"], seen["details"])
    check_pods(seen["pods"], breaks)


def check_breaks(played, breaks):
    """Every break shows ads from its start on and content from its end on, also where that came early."""
    assert any(back < planned for _, back, planned in breaks), "one of the breaks returns early"
    for start, back, _ in breaks:
        inside = [frag for frag in played if start - TOGETHER <= frag["pdt"] < back - TOGETHER]
        assert inside, "the break was played"
        assert all("/ads/" in frag["url"] for frag in inside)
        after = [frag for frag in played if back - TOGETHER <= frag["pdt"] < back + 2000]
        assert after
        assert all("/media/" in frag["url"] for frag in after)
    assert any("/media/" in frag["url"] and frag["pdt"] < breaks[0][0] - TOGETHER for frag in played)


def check_numbers(fragments, details):
    """Picture and sound cross the same discontinuities (6.2.4): fragments of one instant have one ``cc``."""
    main = {frag["pdt"]: frag for frag in fragments if frag["type"] == "main"}
    audio = {frag["pdt"]: frag for frag in fragments if frag["type"] == "audio"}
    pairs = [
        (picture, sound)
        for picture in main.values()
        for sound in audio.values()
        if abs(picture["pdt"] - sound["pdt"]) <= TOGETHER
    ]
    assert len(pairs) >= 0.9 * min(len(main), len(audio)) > 40
    assert [(p["url"], p["cc"], s["url"], s["cc"]) for p, s in pairs if p["cc"] != s["cc"]] == []
    # Into each break, out of it, and one at least between two creatives or where the clip starts over.
    assert max(frag["cc"] for frag in fragments) - min(frag["cc"] for frag in fragments) >= 3 * BREAKS
    for kind in ("main", "audio"):
        listed = [entry for entry in details if entry["type"] == kind]
        assert len({entry["targetduration"] for entry in listed}) == 1
        assert_settled(listed)


def assert_settled(listed):
    """A media sequence number keeps its discontinuity sequence number in every reload of every playlist (6.2.2)."""
    known = {}
    for entry in listed:
        for number, cc in enumerate(entry["stated"], entry["startSN"]):
            assert known.setdefault((entry["url"], number), cc) == cc, (entry["url"], number)
    assert len({url for url, _ in known}) < len(known) / 20


def check_pods(pods, breaks):
    """Two viewers, two pods."""
    start, back, _ = breaks[0]
    first, second = (
        [run["creative"] for run in viewer["runs"] if start - TOGETHER <= run["start"] < back - TOGETHER]
        for viewer in pods
    )
    assert first
    assert second
    assert first != second
