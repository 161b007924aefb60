"""The edge and its origin: what passes, what never does, and what an origin that fails or lies does to viewers."""

import asyncio
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from domain.units import SECOND
from halftime.serve import edge
from halftime.settings import Settings
from replay.origin.faults import Faults
from tests.ssai.edge.edge_kit import ScriptedOrigin, Seen, addresses, rig, settings_of, until, write_supply


@pytest.mark.parametrize("strip", [True, False])
async def test_cue_tags_are_stripped_unless_they_are_to_be_kept(supply: Path, strip: bool) -> None:
    async with rig(supply, at=24, strip_cues=strip) as here:
        seen = await here.watch((await here.open("ann"))[0])
        plain = await here.watch("-/r0.m3u8")
        assert ("SCTE35" in plain.text) is not strip
        assert seen.text.count("#EXT-X-DATERANGE") <= plain.text.count("#EXT-X-DATERANGE")


async def test_cdns_stand_in_for_content_and_ads(supply: Path) -> None:
    prefixes: dict[str, Any] = {"content_prefix": "https://cdn.example/event", "ads_prefix": "https://ads.example/x/"}
    async with rig(supply, at=18, **prefixes) as here:
        addresses_ = await here.open("ann")
        await here.move(6)
        seen = await here.watch(addresses_[0])
        content = [uri for uri in seen.uris if "/media/" in uri]
        ads = [uri for uri in seen.uris if "/media/" not in uri]
        assert ads
        assert all(uri.startswith("https://ads.example/x/") for uri in ads)
        # The playlists' folder is /live/; the simulator's segments lie outside it, so they stay where they are.
        assert all(uri.startswith(here.origin.url) for uri in content)


LONE = "\n".join([
    "#EXTM3U", "#EXT-X-VERSION:3", "#EXT-X-TARGETDURATION:1", "#EXT-X-MEDIA-SEQUENCE:7",
    *(f"#EXTINF:1.0,\ns{number}.ts" for number in range(7, 15)), "",
])  # fmt: skip


async def test_a_cdn_stands_in_for_the_folder_of_the_playlist_and_endlist_passes() -> None:
    async with ScriptedOrigin({"/event/live.m3u8": LONE}).serving() as origin, aiohttp.ClientSession() as http:
        settings = settings_of(f"{origin.url}/event/live.m3u8", None, content_prefix="https://cdn.example/e/")
        async with edge(settings) as running:
            channel = running.channels["demo"]
            await until(lambda: channel.worker.version is not None)
            async with http.get(f"{running.url}/live/demo/index.m3u8") as response:
                (address,) = addresses(await response.text())
            async with http.get(f"{running.url}/live/demo/{address}") as response:
                before = Seen.of(await response.text())
            assert before.uris == tuple(f"https://cdn.example/e/s{number}.ts" for number in range(7, 15))
            assert before.first == 7
            assert not before.ended
            origin.texts["/event/live.m3u8"] = LONE + "#EXTINF:1.0,\ns15.ts\n#EXT-X-ENDLIST\n"
            number = channel.worker.version.number if channel.worker.version else 0
            await until(lambda: channel.worker.version is not None and channel.worker.version.number > number)
            async with http.get(f"{running.url}/live/demo/{address}") as response:
                after = Seen.of(await response.text())
            assert after.ended
            assert after.uris == (*before.uris, "https://cdn.example/e/s15.ts")


INDEX = """#EXTM3U
#EXT-X-STREAM-INF:BANDWIDTH=800000
v/low.m3u8?quality=1
"""


async def test_only_listed_parameters_reach_the_origin() -> None:
    texts = {"/e/index.m3u8": INDEX, "/e/v/low.m3u8": LONE}
    async with ScriptedOrigin(texts).serving() as origin, aiohttp.ClientSession() as http:
        settings = settings_of(f"{origin.url}/e/index.m3u8", None, origin_parameters=["lang", "key"])
        async with edge(settings) as running:
            await until(lambda: running.channels["demo"].worker.version is not None)
            origin.asked.clear()
            query = "viewer=ann&lang=de%26x&secret=1&KEY=2&device=tv&lang2=z&key=" + "k" * 300
            async with http.get(f"{running.url}/live/demo/index.m3u8?{query}") as response:
                assert response.status == 200
                (address,) = addresses(await response.text())
            async with http.get(f"{running.url}/live/demo/{address}?lang=fr&secret=2") as response:
                assert response.status == 200
            asked = {path for path in origin.asked if path.startswith("/e/index")}
            assert asked == {"/e/index.m3u8?lang=de%26x"}
            assert {path for path in origin.asked if "low" in path} <= {"/e/v/low.m3u8?quality=1"}


async def test_listed_parameters_are_kept_as_the_seats_traits() -> None:
    texts = {"/e/index.m3u8": INDEX, "/e/v/low.m3u8": LONE}
    async with ScriptedOrigin(texts).serving() as origin, aiohttp.ClientSession() as http:
        settings = settings_of(f"{origin.url}/e/index.m3u8", None, traits={"r": "region"})
        async with edge(settings) as running:
            channel = running.channels["demo"]
            await until(lambda: channel.worker.version is not None)
            for query in ("viewer=ann&r=eu&x=1", "viewer=bob&region=eu", "viewer=%ED%A0%80&r=%ED%A0%80"):
                async with http.get(f"{running.url}/live/demo/index.m3u8?{query}") as response:
                    assert response.status == 200
            assert await channel.store.traits("demo", 0) == b'{"region": "eu"}'
            assert await channel.store.traits("demo", 1) == b""


@pytest.mark.parametrize(
    ("tag", "inserted"),
    [("#EXT-X-X", True), ('#EXT-X-KEY:METHOD=AES-128,URI="k"', True), ('#EXT-X-MAP:URI="i.mp4"', False)],
)
async def test_transport_streams_go_into_no_other_container(tmp_path: Path, tag: str, inserted: bool) -> None:
    supply = write_supply(tmp_path, audio="muxed")
    segments = "".join(
        f"#EXT-X-PROGRAM-DATE-TIME:2026-01-01T00:00:{place:02d}.000Z\n#EXTINF:1.0,\n{place}.ts\n" for place in range(10)
    )
    segments = segments.replace("#EXTINF:1.0,\n7.ts", "#EXT-X-CUE-OUT:20\n#EXTINF:1.0,\n7.ts")
    text = f"#EXTM3U\n#EXT-X-TARGETDURATION:1\n{tag}\n{segments}"
    async with (
        ScriptedOrigin({"/live.m3u8": text}).serving() as origin,
        aiohttp.ClientSession() as http,
        edge(settings_of(f"{origin.url}/live.m3u8", supply)) as running,
    ):
        await until(lambda: running.channels["demo"].worker.version is not None)
        async with http.get(f"{running.url}/live/demo/index.m3u8") as response:
            (address,) = addresses(await response.text())
        async with http.get(f"{running.url}/live/demo/{address}") as response:
            body = await response.text()
    assert ("/ads/demo/" in body) is inserted
    assert ("9.ts" in body) is not inserted


async def test_viewers_who_come_together_ask_the_origin_once_and_many_values_are_bounded() -> None:
    texts = {"/e/index.m3u8": INDEX, "/e/v/low.m3u8": LONE}
    async with ScriptedOrigin(texts).serving() as origin, aiohttp.ClientSession() as http:
        settings = settings_of(f"{origin.url}/e/index.m3u8", None, origin_parameters=["lang"])
        async with edge(settings) as running:
            channel = running.channels["demo"]
            await until(lambda: channel.worker.version is not None)

            async def open_with(value: str) -> int:
                async with http.get(f"{running.url}/live/demo/index.m3u8?lang={value}") as response:
                    return response.status

            origin.asked.clear()
            assert set(await asyncio.gather(*(open_with("de") for _ in range(20)))) == {200}
            assert origin.asked.count("/e/index.m3u8?lang=de") == 1
            assert set(await asyncio.gather(*(open_with(str(value)) for value in range(150)))) == {200}
            assert len(channel._indexes) <= 64
            assert len(channel._templates) <= 65
            assert len(channel.origin._validators) < 10  # type: ignore[attr-defined]  # the shipped origin's


async def test_readiness_follows_the_origin_and_the_end(supply: Path) -> None:
    async with (
        ScriptedOrigin().serving() as origin,
        aiohttp.ClientSession() as http,
        edge(settings_of(f"{origin.url}/live.m3u8", None)) as running,
    ):

        async def status(path: str) -> int:
            async with http.get(running.url + path) as response:
                return response.status

        assert (await status("/healthz"), await status("/readyz")) == (200, 503)
        async with http.get(running.url + "/live/demo/-/r0.m3u8") as response:
            assert response.status == 503
            assert "Retry-After" in response.headers
        origin.texts["/live.m3u8"] = LONE
        await until(lambda: running.channels["demo"].worker.version is not None)
        assert (await status("/healthz"), await status("/readyz")) == (200, 200)
        running.door.closing = True
        assert (await status("/healthz"), await status("/readyz")) == (200, 503)
        assert await status("/live/demo/-/r0.m3u8") == 200


async def test_a_request_before_the_first_poll_is_held_until_it(supply: Path) -> None:
    async with (
        ScriptedOrigin().serving() as origin,
        aiohttp.ClientSession() as http,
        edge(settings_of(f"{origin.url}/live.m3u8", None)) as running,
    ):
        held = asyncio.create_task(http.get(running.url + "/live/demo/index.m3u8"))
        await asyncio.sleep(0.2)
        origin.texts["/live.m3u8"] = LONE
        async with await held as response:
            assert response.status == 200


async def test_the_last_good_window_stays_while_the_origin_is_away(supply: Path) -> None:
    async with rig(supply, at=18) as here:
        address = (await here.open("ann"))[0]
        before = await here.watch(address)
        here.origin.faults = Faults(status_share=1, status=503)
        here.clock.now += 3 * SECOND
        failures = here.channel.poller.health.failures
        await until(lambda: failures.get("origin", 0) >= 6)
        assert await here.watch(address) == before
        assert (await here.get("/readyz"))[0] == 200
        assert 'halftime_origin_failures_total{channel="demo",reason="origin"}' in (await here.get("/metrics"))[1]
        here.origin.faults = Faults()
        await here.move(0)
        after = await here.watch(address)
        assert after.first + len(after.uris) > before.first + len(before.uris)


async def test_insertion_switched_off_ends_the_break_and_keeps_new_ones_out(supply: Path) -> None:
    async with rig(supply, at=18) as here:
        address = (await here.open("ann"))[0]
        await here.move(4)
        shown = (await here.watch(address)).ads
        assert shown
        await here.store.set_insertion("demo", False)
        await asyncio.sleep(0.6)
        await here.move(3)
        seen = await here.watch(address)
        assert "/media/" in seen.uris[-1], "the channel is back before the planned end of 26 s"
        # The boundary was 22 s: four seconds of ads at most, and what was shown stays.
        assert seen.ads[: len(shown)] == shown
        assert len(seen.ads) <= 8
        for _ in range(5):
            await here.move(4)
        assert not (await here.watch(address)).ads, "the break at 40 s is not replaced"
        states = {record.key: record.reason for record in here.channel.worker.version.breaks}  # type: ignore[union-attr]  # it has one
        assert set(map(str, states.values())) == {"switched_off"}
        await here.store.set_insertion("demo", True)
        await asyncio.sleep(0.6)
        for _ in range(4):
            await here.move(5)
        assert (await here.watch(address)).ads, "the break at 60 s is replaced again"


HOSTILE = {
    "a page": "<html></html>",
    "nothing": "",
    "a null byte": LONE + "#EXTINF:1.0,\n\0.ts\n",
    "a bad address": LONE + "#EXTINF:1.0,\nhttp://[::1/s15.ts\n",
    "a bad key": LONE + '#EXT-X-KEY:METHOD=AES-128,URI="http://[/k"\n#EXTINF:1.0,\ns15.ts\n',
    "a bad map": LONE + '#EXT-X-MAP:URI="http://[/m"\n#EXTINF:1.0,\ns15.ts\n',
    "endless numbers": LONE.replace(":7\n", ":" + "9" * 4000 + "\n"),
    "huge numbers": LONE.replace(":7\n", ":" + "9" * 19 + "\n"),
    "endless duration": LONE + "#EXTINF:" + "9" * 30 + ",\ns15.ts\n",
    "long duration": LONE + "#EXTINF:999999999999,\ns15.ts\n",
    "no duration": LONE + "#EXTINF:,\ns15.ts\n",
    "impossible dates": LONE
    + "#EXT-X-PROGRAM-DATE-TIME:9999-12-31T23:59:59Z\n#EXTINF:9,\ns15.ts\n#EXTINF:9,\ns16.ts\n",
    "old dates": LONE + "#EXT-X-PROGRAM-DATE-TIME:0001-01-01T00:00:00Z\n#EXTINF:1,\ns15.ts\n",
    "a multivariant playlist": INDEX,
    "bad cues": LONE
    + "#EXT-X-CUE-OUT:"
    + "9" * 15
    + "\n#EXT-OATCLS-SCTE35:////\n#EXT-X-CUE-IN\n#EXTINF:1.0,\ns15.ts\n",
    "a long break": LONE + "#EXT-X-CUE-OUT:999999999\n#EXTINF:1.0,\ns15.ts\n",
    "bad date range": LONE + '#EXT-X-DATERANGE:ID="x",START-DATE="nonsense",SCTE35-OUT=0xZZ\n#EXTINF:1.0,\ns15.ts\n',
    "nothing listed": "#EXTM3U\n#EXT-X-TARGETDURATION:1\n",
}


async def test_hostile_playlists_neither_end_the_poller_nor_break_replies() -> None:
    later = LONE.replace("SEQUENCE:7", "SEQUENCE:12").replace(LONE.partition(",\n")[2], "s12.ts\n")
    later += "".join(f"#EXTINF:1.0,\ns{number}.ts\n" for number in range(13, 22))
    names = {f"c{place}": case for place, case in enumerate(HOSTILE)}
    texts = dict.fromkeys((f"/{name}.m3u8" for name in names), LONE)
    async with ScriptedOrigin(texts).serving() as origin, aiohttp.ClientSession() as http:
        channels = {name: {"origin": f"{origin.url}/{name}.m3u8"} for name in names}
        settings = {"server": {"port": 0}, "store": {"redis": "memory"}, "channels": channels}
        async with edge(Settings.of(settings, "test")) as running:

            async def polled() -> None:
                asked = len(origin.asked)
                await until(lambda: all(origin.asked[asked:].count(path) >= 2 for path in texts))
                await asyncio.sleep(0.15)

            async def get(path: str) -> str:
                async with http.get(f"{running.url}/live/{path}") as response:
                    assert response.status == 200, (names[path.partition("/")[0]], path)
                    return await response.text()

            ready = [channel.worker for channel in running.channels.values()]
            await until(lambda: all(worker.version is not None for worker in ready))
            paths = {name: f"{name}/{addresses(await get(f'{name}/index.m3u8'))[0]}" for name in names}
            before = {name: Seen.of(await get(path)) for name, path in paths.items()}
            for name, case in names.items():
                origin.texts[f"/{name}.m3u8"] = HOSTILE[case]
            await polled()
            during = {name: Seen.of(await get(path)) for name, path in paths.items()}
            origin.texts.update(dict.fromkeys(texts, later))
            await polled()
            for name, case in names.items():
                after = Seen.of(await get(paths[name]))
                assert before[name].first <= during[name].first <= after.first, case
                assert after.uris[-1].endswith("s21.ts"), case


@pytest.mark.parametrize("uri", ["http://[::1/v.m3u8", "\0", "http://", "ftp://x/y.m3u8", "//", "v low.m3u8"])
async def test_a_hostile_index_is_waited_out(uri: str) -> None:
    index = f"#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1\n{uri}\n"
    texts = {"/live/index.m3u8": index, "/live/v/low.m3u8": LONE}
    async with (
        ScriptedOrigin(texts).serving() as origin,
        aiohttp.ClientSession() as http,
        edge(settings_of(f"{origin.url}/live/index.m3u8", None)) as running,
    ):
        channel = running.channels["demo"]
        failures = channel.poller.health.failures
        await until(lambda: bool(failures))
        origin.texts["/live/index.m3u8"] = INDEX
        await until(lambda: channel.worker.version is not None)
        async with http.get(f"{running.url}/live/demo/-/r0.m3u8") as response:
            assert response.status == 200
