"""What viewers write into addresses: tokens that are not theirs, paths that lead out, parameters without end."""

import asyncio
from pathlib import Path
from time import monotonic

import aiohttp
import pytest

from halftime.serve import edge
from halftime.settings import Settings
from ssai.sessions.token import Session, Tokens
from tests.ssai.edge.edge_kit import Rig, ScriptedOrigin, Seen, addresses, rig, until

KEY = "a key of this event"
LONE = "#EXTM3U\n#EXT-X-TARGETDURATION:1\n" + "".join(f"#EXTINF:1.0,\ns{number}.ts\n" for number in range(8))


async def ask(here: Rig, target: str | bytes) -> tuple[int, str]:
    """Ask without a client that tidies the address up."""
    host, port = here.edge.url.removeprefix("http://").split(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    raw = target if isinstance(target, bytes) else target.encode()
    writer.write(b"GET " + raw + b" HTTP/1.1\r\nHost: edge\r\nConnection: close\r\n\r\n")
    answer = (await asyncio.wait_for(reader.read(), 3)).decode("utf-8", "replace")
    writer.close()
    return int(answer.split()[1]), answer.partition("\r\n\r\n")[2]


async def test_a_token_is_of_one_channel_unless_channels_share_their_event_and_key() -> None:
    origins = {f"/{name}.m3u8": LONE for name in ("one", "two", "same")}
    async with ScriptedOrigin(origins).serving() as origin, aiohttp.ClientSession() as http:
        channels = {name: {"origin": f"{origin.url}/{name}.m3u8"} for name in ("one", "two", "same")}
        channels["same"]["event"] = "one"
        settings = {"server": {"port": 0}, "store": {"redis": "memory"}, "channels": channels}
        async with edge(Settings.of(settings, "test")) as running:
            await until(lambda: all(channel.worker.version is not None for channel in running.channels.values()))
            async with http.get(f"{running.url}/live/one/index.m3u8?viewer=ann") as response:
                (address,) = addresses(await response.text())
            for name, expected in (("one", 200), ("two", 403), ("same", 200)):
                async with http.get(f"{running.url}/live/{name}/{address}") as response:
                    assert (name, response.status) == (name, expected)


async def test_whoever_holds_a_token_is_its_viewer(supply: Path) -> None:
    """A television changes its address and its player: a token binds to a seat and to nothing of who asks."""
    async with rig(supply, at=24) as here:
        address = (await here.open("ann"))[0]
        mine = await here.watch(address)
        async with aiohttp.ClientSession(headers={"User-Agent": "another", "X-Forwarded-For": "192.0.2.7"}) as other:
            for query in ("", "?viewer=ben", f"?token={address}"):
                async with other.get(here.live + address + query) as response:
                    assert await response.text() == mine.text
        assert here.channel.worker.seats == 1


async def test_a_token_outlives_the_stores_seats(supply: Path) -> None:
    """It says all that a playlist needs of its viewer: nobody is sent away because the store forgot."""
    async with rig(supply, at=18, token_keys=[KEY]) as here:
        address = (await here.open("ann"))[0]
        await here.move(4)
        before = await here.watch(address)
        here.store._events.clear()
        assert await here.watch(address) == before
        await here.move(2)
        assert (await here.watch(address)).ads


async def test_a_genuine_token_of_a_seat_that_nobody_took_gets_a_playlist_and_takes_none(supply: Path) -> None:
    async with rig(supply, at=24, token_keys=[KEY]) as here:
        tokens = Tokens("demo", [KEY.encode()])
        for seat in (0, 7, 4095, 4096, 1_000_000):
            seen = await here.watch(f"{tokens.sign(Session(seat, here.clock.now))}/r0.m3u8")
            assert seen.uris
        assert here.channel.worker.seats == 0


TOKENS = {
    "oversize": "A" * 7_000,
    "one too long": "A" * 37,
    "one too short": "A" * 35,
    "path inside": "AAAAAAAAAAAAAAA%2F..%2FAAAAAAAAAAAAAA",
    "dots": "%2e%2e",
    "null": "A" * 35 + "%00",
    "new line": "A" * 35 + "%0A",
    "not ASCII": "%C3%A9" * 36,
    "half a pair": "%ED%A0%80" * 12,
    "no UTF-8": "%FF" * 36,
    "digits of another script": "%D9%A1" * 36,
    "twice encoded": "%2541" * 36,
    "percent": "%" * 36,
    "plus": "+" * 36,
    "equal signs": "=" * 36,
    "two dashes": "--",
}


@pytest.mark.parametrize("case", TOKENS)
async def test_what_is_no_token_is_403_however_it_is_written(supply: Path, case: str) -> None:
    async with rig(supply) as here:
        for path, expected in (("/live/demo/{}/r0.m3u8", {403, 404}), ("/timeline/demo/{}", {200, 403, 404})):
            status, body = await ask(here, path.format(TOKENS[case]))
            assert status in expected, path
            assert "#EXTM3U" not in body
            assert "seat" not in body
        channel = here.channel
        assert (len(channel.tokens._recent), channel.worker.seats) == (0, 0)


async def test_a_genuine_token_has_one_spelling(supply: Path) -> None:
    async with rig(supply) as here:
        token = (await here.open("ann"))[0].partition("/")[0]
        assert (await ask(here, f"/live/demo/{token}/r0.m3u8"))[0] == 200
        for wrong in (token + "=", token + "%00", token + "/", "%20" + token, token.swapcase(), token[::-1]):
            assert (await ask(here, f"/live/demo/{wrong}/r0.m3u8"))[0] in {403, 404}, wrong


PATHS = [
    "/live/../live/demo/index.m3u8", "/live/%2e%2e/demo/index.m3u8", "/live/demo/%2e%2e%2findex.m3u8",
    "//live/demo/index.m3u8", "/live//demo/index.m3u8", "/live/demo//index.m3u8", "/live/demo/index.m3u8/",
    "/live\\demo\\index.m3u8", "/live/demo/..\\index.m3u8", "/live/demo%00/index.m3u8", "/live/demo/index.m3u8%00",
    "/live/demo/-/%2e%2e%2f%2e%2e%2fr0.m3u8", "/live/demo/-/r0%00.m3u8", "/live/demo/-/.m3u8", "/live/demo/-/r0.M3U8",
    "/live/demo/-/r00.m3u8", "/live/demo/-/%C3%A9.m3u8", "/live/demo/-/%FF.m3u8", "/live/demo/-/__class__.m3u8",
    "/live/DEMO/index.m3u8", "/live/%ED%A0%80/index.m3u8", "/live/" + "a" * 7_000 + "/index.m3u8", "/" + "a/" * 3_900,
    "/" * 7_900, "/" + "%2e%2e/" * 1_000, "/%", "/%zz", "/%u002e", "*", "/metrics/", "/metrics/../healthz",
    "/healthz%00", "/timeline/", "/timeline/demo%00", "/timeline/../demo", "/ads", "/ads/", "/ads/demo", "/ads/demo/",
    "/ads/demo/acme/360p/0.TS", "/ads/demo/acme/360p/0.ts.", "/ads/demo/acme/360p/0.php", "/ads/demo/acme/360p/0",
    "/ads/demo/acme/360p/0.ts;.m3u8", "/ads/demo/acme/360p/0.ts%20", "/ads/demo//acme/../../x.ts",
    "/ads/demo/%252e%252e/x.ts", "/ads/demo/....//x.ts", "/ads/demo/" + "../" * 2_000 + "etc/passwd",
    "/ads/demo/" + "a/" * 3_900 + "0.ts", "/ads/demo/dev/stdin.ts", "/ads/%2e%2e/demo/0.ts",
]  # fmt: skip


async def test_paths_that_lead_nowhere_are_refused_in_a_line(supply: Path) -> None:
    async with rig(supply) as here:
        started = monotonic()
        wrong = {}
        for path in PATHS:
            status, body = await ask(here, path)
            if status not in {400, 403, 404} or len(body) > 40:
                wrong[path[:80]] = status, body[:80]
        assert wrong == {}
        assert monotonic() - started < 3
        for path, expected in ((b"/live/demo/-/\xff.m3u8", {400, 404}), (b"/live/\xc3\xa9/index.m3u8", {400, 404})):
            assert (await ask(here, path))[0] in expected


LONG = "v" * 2_000
QUERIES = {
    "thousands": "&".join(f"p{place}=x" for place in range(900)),
    "thousands without values": "&" * 7_500,
    "thousands of one": "viewer=ann&" * 600,
    "thousands of equal signs": "viewer" + "=" * 7_000,
    "a huge value": "viewer=" + "a" * 7_000,
    "a huge name": "a" * 7_000 + "=1",
    "two viewers": "viewer=ann&viewer=ben",
    "nested": "viewer=%2561nn",
    "nested deep": "viewer=%" + "25" * 3_000 + "61",
    "encoded name": "%76iewer=ann",
    "a null": "viewer=%00",
    "separators": "viewer=ann%26viewer=ben;viewer=x",
    "brackets": "viewer[]=ann&viewer[0]=ben&viewer[$ne]=1",
    "a path": "viewer=../../../etc/passwd",
    "lines": "viewer=a%0d%0aSet-Cookie:%20x=y",
    "broken escapes": "viewer=%&x=%z&y=%e",
    "no UTF-8": "viewer=%ff%fe&%ff=%ff",
    "half a pair": "viewer=%ED%A0%80&g=%ED%A0%80",
    "traits": "&".join(f"{letter}=" + "%F0%9F%8F%86" * 70 for letter in "abcdefgh"),
    "question marks": "?" * 1_000,
}


@pytest.mark.parametrize("case", QUERIES)
async def test_any_query_gets_a_playlist_and_one_seat_at_most(supply: Path, case: str) -> None:
    traits = {letter: f"trait-{letter}" for letter in "abcdefgh"}
    async with rig(supply, traits=traits, origin_parameters=["g", "viewer"]) as here:
        started = monotonic()
        status, body = await ask(here, f"/live/demo/index.m3u8?{QUERIES[case]}")
        assert status == 200
        assert monotonic() - started < 1
        address = addresses(body)[0]
        assert (await ask(here, f"/live/demo/{address}?{QUERIES[case]}"))[0] == 200
        assert here.channel.worker.seats == 1
        assert not any(letter in query for query in here.channel._indexes for letter in "/\\\r\n \0?#"), "all escaped"


async def test_a_query_longer_than_the_limit_is_refused(supply: Path) -> None:
    async with rig(supply) as here:
        status, body = await ask(here, "/live/demo/index.m3u8?" + "a=1&" * 3_000)
        assert status == 400
        assert "a=1" not in body


async def test_the_first_of_two_viewers_counts_and_escapes_are_read_once(supply: Path) -> None:
    async with rig(supply) as here:
        seats = {}
        for query in ("viewer=ann", "viewer=ann&viewer=ben", "%76iewer=ann", "viewer=%2561nn", "viewer=%61nn"):
            _, body = await ask(here, f"/live/demo/index.m3u8?{query}")
            session = here.channel.tokens.read(addresses(body)[0].partition("/")[0])
            assert session is not None
            seats[query] = session.seat
        assert list(seats.values()) == [0, 0, 0, 1, 0]


async def test_an_absolute_address_names_the_path_and_no_other_host(supply: Path) -> None:
    async with rig(supply) as here:
        status, body = await ask(here, "http://169.254.169.254/live/demo/-/r0.m3u8")
        assert status == 200
        assert Seen.of(body).uris
        assert "169.254" not in body
        assert (await ask(here, "http://169.254.169.254/latest/meta-data/"))[0] == 404
