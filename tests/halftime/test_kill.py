"""The edge is killed again and again while viewers poll: nobody may notice more than a connection refused."""

import asyncio
import random
import signal
import socket
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import aiohttp
import pytest

from domain.units import SECOND, Microseconds
from replay.origin.clip import Clip
from replay.origin.schedule import Schedule
from replay.origin.server import OriginServer
from ssai.creatives.catalogue import Catalogue
from tests.ssai.edge.edge_kit import History, Seen, addresses, write_supply

KILLS = 20
VIEWERS = 200
TD = 2
OFTEN = Schedule(
    seed=7,
    first=Microseconds(8 * SECOND),
    period=Microseconds(12 * SECOND),
    shortest=Microseconds(4 * SECOND),
    longest=Microseconds(6 * SECOND),
    early_every=2,
    preroll=Microseconds(4 * SECOND),
)
PROGRAM = "from halftime.cli import main; main()"


class Edge:
    """``halftime serve`` as a process that can be killed and started again on the same port."""

    def __init__(self, config: Path, port: int, log: Path) -> None:
        self.url = f"http://127.0.0.1:{port}"
        self._command = [sys.executable, "-c", PROGRAM, "serve", "--config", str(config), "--port", str(port)]
        self._log = log
        self.process: subprocess.Popen[bytes] | None = None

    async def start(self, http: aiohttp.ClientSession) -> float:
        """Start and wait until it answers; the seconds that took."""
        started = time.monotonic()
        with self._log.open("ab") as log:
            self.process = subprocess.Popen(self._command, stdout=log, stderr=log)
        while time.monotonic() - started < 20:
            assert self.process.poll() is None, self._log.read_text()[-2000:]
            try:
                async with http.get(self.url + "/readyz") as response:
                    if response.status == 200:
                        return time.monotonic() - started
            except aiohttp.ClientConnectionError:
                pass
            await asyncio.sleep(0.05)
        raise AssertionError(self._log.read_text()[-2000:])

    def kill(self) -> None:
        assert self.process is not None
        self.process.kill()
        self.process.wait()

    def end(self) -> int:
        assert self.process is not None
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(5)


@dataclass
class Watched:
    """What one viewer has seen, and what was wrong with it."""

    paths: list[str]
    histories: dict[str, History] = field(default_factory=dict)
    wrong: list[str] = field(default_factory=list)

    async def reload(self, http: aiohttp.ClientSession, base: str, path: str) -> None:
        refused = 0
        while True:
            try:
                async with http.get(f"{base}/live/demo/{path}") as response:
                    if response.status == 200:
                        found = self.histories.setdefault(path, History()).see(Seen.of(await response.text()))
                        self.wrong.extend(f"{path}: {each}" for each in found)
                        return
                    refused += 1
                    if response.status < 500 or refused > 1:
                        self.wrong.append(f"{path}: status {response.status}, {refused} times")
                        return
            except aiohttp.ClientError:
                # It was killed under this request, or is not back yet: a player asks again.
                await asyncio.sleep(0.1)

    async def poll(self, http: aiohttp.ClientSession, base: str, rng: random.Random, done: asyncio.Event) -> None:
        await asyncio.sleep(rng.uniform(0, TD / 2))
        while not done.is_set():
            for path in self.paths:
                await self.reload(http, base, path)
            await asyncio.sleep(TD / 2 * rng.uniform(0.8, 1.2))


def pods(history: History) -> dict[int, list[str]]:
    """Runs of ads by their first number."""
    found: dict[int, list[str]] = {}
    first = last = -2
    for number, uri in sorted(history.uris.items()):
        if "/ads/demo/" in uri:
            creative, _, place = uri.removeprefix("/ads/demo/").split("/")
            first = first if number == last + 1 else number
            last = number
            found.setdefault(first, []).append(f"{creative}/{place}")
    return found


def second_pods(history: History) -> list[str]:
    """Breaks in which a creative comes twice, or does not run from its first segment on in order."""
    wrong = []
    for first, run in pods(history).items():
        ads = [each for each in run if not each.startswith("slate")]
        creatives = list(dict.fromkeys(each.split("/")[0] for each in ads))
        whole = [f"{creative}/{place}.ts" for creative in creatives for place in range(4)]
        if first > min(history.uris) and ads != whole[: len(ads)]:
            wrong.append(f"the break at {first} showed {run}")
    return wrong


def in_break(origin: OriginServer, clip: Clip, now: int) -> bool:
    """Whether the live edge is inside a break, half a second from its ends at least."""
    elapsed = now - origin.start_us
    for avail in OFTEN.between(clip, elapsed - 30 * SECOND, elapsed + 30 * SECOND):
        begin, back = clip.boundary(avail.start), clip.boundary(avail.back)
        if begin - SECOND // 2 <= elapsed <= back + SECOND // 2:
            return begin + SECOND // 2 <= elapsed <= back - SECOND // 2
    return False


def servers_in(folder: Path) -> list[str]:
    """Processes that work in a folder, or name it."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            command = (process / "cmdline").read_bytes().replace(b"\0", b" ").decode("utf-8", "replace")
            where = str((process / "cwd").readlink())
        except OSError:
            continue
        if "redis" in command and (str(folder) in command or where.startswith(str(folder))):
            found.append(command)
    return found


def reorder(supply: Path) -> None:
    """Put another ad first: whoever decided a break anew would decide otherwise."""
    catalogue = Catalogue.load(supply)
    ads = catalogue.ads
    others = [entry for entry in catalogue.entries if entry.kind != "ad"]
    Catalogue(supply, catalogue.ladder, (*others, *ads[1:], ads[0])).save()


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


@asynccontextmanager
async def polling(viewers: list[Watched], http: aiohttp.ClientSession, base: str) -> AsyncIterator[None]:
    done = asyncio.Event()
    rngs = [random.Random(place) for place in range(len(viewers))]
    tasks = [asyncio.create_task(viewer.poll(http, base, rng, done)) for viewer, rng in zip(viewers, rngs, strict=True)]
    try:
        yield
    finally:
        done.set()
        await asyncio.gather(*tasks)


@pytest.mark.alone
async def test_nobody_notices_twenty_kills(tmp_path: Path) -> None:
    supply = write_supply(tmp_path / "ads", td=TD)
    clip, rng = Clip.load(supply), random.Random(2026)
    inside, starts = 0, list[float]()
    connector = aiohttp.TCPConnector(limit=0)
    timeout = aiohttp.ClientTimeout(total=10)
    async with OriginServer(clip, OFTEN) as origin, aiohttp.ClientSession(connector=connector, timeout=timeout) as http:
        config = tmp_path / "halftime.toml"
        config.write_text(
            f'[store]\nfolder = "state"\n[channels.demo]\norigin = "{origin.index_url}"\ncreatives = "{supply}"\n'
        )
        edge = Edge(config, free_port(), tmp_path / "edge.log")
        starts.append(await edge.start(http))
        try:
            viewers = []
            for place in range(VIEWERS):
                async with http.get(f"{edge.url}/live/demo/index.m3u8?viewer={place}") as response:
                    found = addresses(await response.text())
                viewers.append(Watched([found[0], found[2]]))
            async with polling(viewers, http, edge.url):
                for kill in range(KILLS):
                    await asyncio.sleep(rng.uniform(1.0, 3.0))
                    # Every other one is to fall inside a break.
                    limit = time.monotonic() + 12
                    while in_break(origin, clip, time.time_ns() // 1000) is not (kill % 2 == 0):
                        assert time.monotonic() < limit
                        await asyncio.sleep(0.05)
                    await asyncio.sleep(rng.uniform(0, 0.5))
                    inside += in_break(origin, clip, time.time_ns() // 1000)
                    edge.kill()
                    reorder(supply)
                    starts.append(await edge.start(http))
                await asyncio.sleep(3 * TD)
        finally:
            status = edge.end()
    histories = [history for viewer in viewers for history in viewer.histories.values()]
    wrong = [each for viewer in viewers for each in viewer.wrong]
    wrong += [each for history in histories for each in second_pods(history)]
    reloads = sum(history.reloads for history in histories)
    breaks = max(len(pods(history)) for history in histories)
    print(
        f"{KILLS} kills, {inside} inside breaks; {reloads} reloads by {VIEWERS} viewers, {breaks} breaks; "
        f"slowest start {max(starts):.2f} s; {len(wrong)} wrong"
    )
    assert not wrong, wrong[:10]
    assert status == 0
    assert 5 <= inside <= KILLS - 5
    assert breaks >= 5
    assert all(len(history.uris) > 30 for history in histories)
    for viewer in viewers:
        video, sound = (list(pods(history).values()) for history in viewer.histories.values())
        assert video[1:-1] == sound[1:-1], "one pod per break in all renditions"
    assert "Traceback" not in (tmp_path / "edge.log").read_text()
    assert not servers_in(tmp_path)
