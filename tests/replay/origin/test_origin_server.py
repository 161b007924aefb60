"""The origin over HTTP: a real server on a free port, a real client, a clock that the test moves."""

import asyncio
import re
import socket
import time
from email.utils import parsedate_to_datetime

import aiohttp
import m3u8
import pytest

from domain.units import SECOND
from replay.origin.faults import Faults, Scope
from replay.origin.multivariant import multivariant
from replay.origin.playlist import playlist
from replay.origin.schedule import Schedule
from replay.origin.server import OriginServer, _loopback

START = 1_767_225_600_000_000
SCHEDULE = Schedule(seed=3)


class Clock:
    def __init__(self, now):
        self.now = now

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock(START + 100 * SECOND)


@pytest.fixture
async def origin(clip, clock):
    async with OriginServer(clip, SCHEDULE, clock=clock, start_us=START) as server:
        yield server


@pytest.fixture
async def client(origin):
    async with aiohttp.ClientSession(origin.url) as session:
        yield session


async def text(client, path, status=200, **options):
    async with client.get(path, **options) as reply:
        assert reply.status == status
        return await reply.text()


async def set_faults(client, order, status=200, **options):
    async with client.post("/faults", json=order, **options) as reply:
        assert reply.status == status
        return await reply.text()


async def test_what_is_served_is_what_the_pure_core_says(clip, origin, client, clock):
    assert origin.index_url == f"{origin.url}/live/index.m3u8"
    assert await text(client, "/live/index.m3u8") == multivariant(clip)
    for name in clip.tracks:
        assert await text(client, f"/live/{name}.m3u8") == playlist(clip, SCHEDULE, name, clock.now, START)
    then = START + 333 * SECOND
    shown = await text(client, f"/live/audio.m3u8?nowMS={then // 1000}")
    assert shown == playlist(clip, SCHEDULE, "audio", then, START)
    clock.now += 7 * SECOND
    assert await text(client, f"/live/audio.m3u8?nowMS={then // 1000}") == shown


async def test_all_that_a_player_follows_can_be_fetched(clip, origin, client):
    async with client.get("/live/index.m3u8") as reply:
        index = m3u8.loads(await reply.text(), uri=str(reply.url))
    names = [*(entry.absolute_uri for entry in index.playlists), *(entry.absolute_uri for entry in index.media)]
    assert len(names) == 3
    for name in names:
        async with client.get(name) as reply:
            listed = m3u8.loads(await reply.text(), uri=str(reply.url))
        assert len(listed.segments) == 10
        rendition = name.rpartition("/")[2].removesuffix(".m3u8")
        for place, segment in enumerate(listed.segments):
            async with client.get(segment.absolute_uri) as reply:
                assert reply.status == 200
                assert reply.headers["Content-Type"] == "video/mp2t"
                number = (listed.media_sequence + place) % clip.size
                assert await reply.read() == clip.tracks[rendition].files[number].read_bytes()


async def test_headers_let_players_of_any_page_in_and_caches_know(client):
    async with client.get("/live/360p.m3u8", headers={"Origin": "https://player.example"}) as reply:
        assert reply.headers["Content-Type"] == "application/vnd.apple.mpegurl"
        assert reply.headers["Access-Control-Allow-Origin"] == "*"
        assert reply.headers["Cache-Control"] == "max-age=1"
        # Segment 50 ends at 98.36 s of the stream, segment 51 at 100.36 s.
        modified = parsedate_to_datetime(reply.headers["Last-Modified"])
        assert modified.timestamp() * SECOND == START + 98 * SECOND
    async with client.get("/media/360p/0-3.ts", headers={"Range": "bytes=5-9"}) as reply:
        assert reply.status == 206
        assert len(await reply.read()) == 5
        assert reply.headers["Cache-Control"] == "max-age=600"
        assert reply.headers["Access-Control-Allow-Origin"] == "*"
    async with client.options("/media/360p/0-3.ts", headers={"Access-Control-Request-Headers": "range"}) as reply:
        assert reply.status == 204
        assert "Range" in reply.headers["Access-Control-Allow-Headers"]
    async with client.head("/live/360p.m3u8") as reply:
        assert reply.status == 200
        assert await reply.read() == b""


async def test_a_known_playlist_is_not_sent_again_until_it_changes(client, clock):
    async with client.get("/live/360p.m3u8") as reply:
        tag = reply.headers["ETag"]
    for known in (tag, f'"other", W/{tag}', "*"):
        async with client.get("/live/360p.m3u8", headers={"If-None-Match": known}) as reply:
            assert reply.status == 304
            assert reply.headers["ETag"] == tag
            assert await reply.read() == b""
    clock.now += 2 * SECOND
    async with client.get("/live/360p.m3u8", headers={"If-None-Match": tag}) as reply:
        assert reply.status == 200
        assert reply.headers["ETag"] != tag


@pytest.mark.parametrize(
    "path",
    [
        "/live/480p.m3u8",
        "/live/.m3u8",
        "/live/../catalogue.json",
        "/live/..%2fcatalogue.m3u8",
        "/media/360p/0-3.mp4",
        "/media/360p/0-x.ts",
        "/media/360p/-1-3.ts",
        "/media/360p/0-3.ts%00",
        "/media/360p/0-%D9%A3.ts",
        "/media/360p/0-" + "9" * 5_000 + ".ts",
        "/media/360p/..%2f..%2f..%2fcatalogue.json",
        "/media/..%2f360p/0-3.ts",
        "/media/%2e%2e/catalogue.json",
        "/media//etc/passwd",
        "/media/match/360p/0.ts",
        "/catalogue.json",
        "/",
    ],
)
async def test_paths_lead_nowhere_else(origin, path):
    reader, writer = await asyncio.open_connection("127.0.0.1", int(origin.url.rpartition(":")[2]))
    writer.write(f"GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode())
    reply = await reader.read()
    writer.close()
    await writer.wait_closed()
    assert reply.startswith(b"HTTP/1.1 404 ")
    assert b"creatives" not in reply


@pytest.mark.parametrize("now", ["", "x", "-5", "1e3", "9" * 14, "٣"])
async def test_a_bad_instant_is_refused(client, now):
    assert "nowMS" in await text(client, "/live/360p.m3u8", 400, params={"nowMS": now})


async def test_instants_at_both_ends_of_time(client):
    assert "complete" in await text(client, "/live/360p.m3u8?nowMS=0", 404)
    assert "#EXT-X-PROGRAM-DATE-TIME:2286-" in await text(client, "/live/360p.m3u8?nowMS=9999999999999")


async def test_a_stream_without_a_stated_start_can_be_played_at_once(clip):
    async with OriginServer(clip, SCHEDULE) as origin, aiohttp.ClientSession(origin.url) as client:
        listed = m3u8.loads(await text(client, "/live/360p.m3u8"))
        # Three target durations, less what of them is not yet a whole segment.
        assert 10 <= sum(segment.duration for segment in listed.segments) <= 12


async def test_a_delay_goes_before_each_reply(origin, client):
    origin.faults = Faults(delay_ms=150)
    begun = time.monotonic()
    await text(client, "/live/360p.m3u8")
    assert time.monotonic() - begun >= 0.15


async def test_a_share_of_replies_fails_and_the_seed_says_which(origin, client):
    async def statuses():
        origin.faults = Faults(status=502, status_share=0.4, seed=9, scope=Scope.LIVE)
        found = []
        for _ in range(40):
            async with client.get("/live/360p.m3u8") as reply:
                found.append(reply.status)
                assert (reply.headers["Cache-Control"] == "no-store") == (reply.status == 502)
        return found

    first = await statuses()
    assert set(first) == {200, 502}
    assert 8 <= first.count(502) <= 24
    assert await statuses() == first
    for _ in range(10):
        await text(client, "/media/360p/0-1.ts")


async def test_faults_can_be_of_one_rendition(origin, client):
    origin.faults = Faults(status_share=1, renditions=("audio",))
    await text(client, "/live/audio.m3u8", 503)
    await text(client, "/media/audio/0-0.ts", 503)
    await text(client, "/live/360p.m3u8")
    await text(client, "/live/index.m3u8")
    with pytest.raises(ValueError, match="found 'sound'"):
        origin.faults = Faults(renditions=("sound",))
    assert origin.faults.renditions == ("audio",)


async def test_dropped_connections_say_nothing(origin, client, caplog):
    origin.faults = Faults(drop_share=1)
    for path in ("/live/360p.m3u8", "/media/360p/0-0.ts"):
        with pytest.raises(aiohttp.ClientConnectionError):
            await text(client, path)
    origin.faults = Faults()
    await text(client, "/live/360p.m3u8")
    assert not caplog.records


async def test_a_drip_sends_all_slowly(clip, origin, client):
    whole = clip.tracks["360p"].files[0].read_bytes()
    origin.faults = Faults(drip=len(whole) * 4)
    begun = time.monotonic()
    async with client.get("/media/360p/0-0.ts") as reply:
        assert reply.headers["Content-Length"] == str(len(whole))
        assert reply.headers["Content-Type"] == "video/mp2t"
        assert len(await reply.content.readany()) < len(whole)
        await reply.read()
    assert 0.2 <= time.monotonic() - begun < 2
    assert len(await text(client, "/live/index.m3u8")) == len(multivariant(clip))


async def test_a_stall_holds_the_edge_and_its_end_lets_it_jump(clip, origin, client, clock):
    origin.faults = Faults(stall=True, renditions=("audio",))
    held = await text(client, "/live/audio.m3u8")
    clock.now += 9 * SECOND
    origin.faults = Faults(stall=True, renditions=("audio",), delay_ms=1)
    assert await text(client, "/live/audio.m3u8") == held
    assert await text(client, "/live/360p.m3u8") == playlist(clip, SCHEDULE, "360p", clock.now, START)
    origin.faults = Faults()
    assert await text(client, "/live/audio.m3u8") == playlist(clip, SCHEDULE, "audio", clock.now, START)


async def test_a_restart_counts_from_zero_and_the_past_stays_as_it_was(origin, client, clock):
    before = clock.now
    old = await text(client, "/live/360p.m3u8")
    origin.restart()
    await text(client, "/live/360p.m3u8", 404)
    clock.now += 3 * SECOND
    new = await text(client, "/live/360p.m3u8")
    assert "#EXT-X-MEDIA-SEQUENCE:0\n" in new
    uri = re.search(r"^\.\.(/media/360p/1-.*)$", new, re.MULTILINE)[1]
    assert await text(client, uri)
    assert uri[7:] not in old
    assert await text(client, f"/live/360p.m3u8?nowMS={(before - 1) // 1000}") == old
    clock.now += 60 * SECOND
    origin.restart()
    clock.now += 3 * SECOND
    assert "../media/360p/2-" in await text(client, "/live/360p.m3u8")


async def test_faults_are_set_over_http_from_this_machine(origin, client, clock):
    shown = await set_faults(client, {"status": 500, "status_share": 1, "scope": "media"})
    assert origin.faults == Faults(status=500, status_share=1, scope=Scope.MEDIA)
    assert await text(client, "/faults") == shown
    await text(client, "/media/360p/0-0.ts", 500)
    await set_faults(client, {"restart": True})
    assert origin.faults == Faults()
    clock.now += 3 * SECOND
    assert "SEQUENCE:0\n" in await text(client, "/live/720p.m3u8")


async def test_faults_are_refused_whole_when_a_part_is_wrong(origin, client):
    origin.faults = Faults(delay_ms=1)
    for order, field in [
        ({"delay_ms": -1}, "delay_ms"),
        ({"delay": 5}, "delay"),
        ({"drop_share": 1.5, "restart": True}, "drop_share"),
        ({"renditions": ["nope"], "restart": True}, "renditions"),
        ({"status": 200}, "status"),
        ([], ""),
    ]:
        reply = await set_faults(client, order, 400)
        assert field in reply
        assert reply.count("\n") == 1
    async with client.post("/faults", data=b"{nonsense", headers={"Content-Type": "application/json"}) as reply:
        assert reply.status == 400
    async with client.post("/faults", data=b"{}", headers={"Content-Type": "text/plain"}) as reply:
        assert reply.status == 415
    async with client.post("/faults", json={"seed": "9" * 70_000}) as reply:
        assert reply.status == 413
    assert origin.faults == Faults(delay_ms=1)
    assert "SEQUENCE:0\n" not in await text(client, "/live/720p.m3u8")


@pytest.mark.parametrize(
    ("remote", "ours"),
    [
        ("127.0.0.1", True),
        ("127.8.9.1", True),
        ("::1", True),
        ("::ffff:127.0.0.1", True),
        ("::ffff:192.0.2.7", False),
        ("192.0.2.7", False),
        ("fe80::1%eth0", False),
        (None, False),
    ],
)
def test_only_this_machine_is_this_machine(remote, ours):
    assert _loopback(remote) is ours


async def test_faults_cannot_be_set_from_another_address(clip, needs):
    address = _own_address()
    needs("an address of this machine other than loopback", address is not None)
    async with OriginServer(clip, SCHEDULE, host="0.0.0.0") as origin:
        port = origin.url.rpartition(":")[2]
        async with aiohttp.ClientSession(f"http://{address}:{port}") as client:
            await set_faults(client, {"delay_ms": 5}, 403)
            await text(client, "/live/360p.m3u8")
        assert origin.faults == Faults()


def _own_address():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))
        except OSError:
            return None
        address = probe.getsockname()[0]
    return None if address.startswith("127.") else address


async def test_stopping_lets_a_reply_under_way_finish_and_frees_the_port(clip):
    origin = OriginServer(clip, SCHEDULE)
    await origin.start()
    await origin.start()
    origin.faults = Faults(delay_ms=200)
    async with aiohttp.ClientSession(origin.url) as client:
        asked = asyncio.create_task(text(client, "/live/index.m3u8"))
        await asyncio.sleep(0.05)
        begun = time.monotonic()
        await origin.stop()
        await origin.stop()
        assert time.monotonic() - begun < 1.5
        assert await asked == multivariant(clip)
    again = OriginServer(clip, SCHEDULE, port=int(origin.url.rpartition(":")[2]))
    async with again:
        with pytest.raises(OSError, match=r"in use"):
            await OriginServer(clip, SCHEDULE, port=int(again.url.rpartition(":")[2])).start()


async def test_many_requests_at_once_are_answered(origin, client):
    found = await asyncio.gather(*(text(client, "/live/360p.m3u8") for _ in range(200)))
    assert len(set(found)) == 1
