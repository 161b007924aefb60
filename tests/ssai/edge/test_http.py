"""The HTTP door, asked over real sockets."""

import asyncio
import gzip
import json
import logging
from pathlib import Path

import aiohttp
import pytest

from ssai.sessions.token import Session, Tokens
from tests.ssai.edge.edge_kit import Rig, addresses, rig

PLAYLIST = "application/vnd.apple.mpegurl"


def token_of(address: str) -> str:
    return address.partition("/")[0]


async def test_a_viewer_keeps_the_seat_and_a_new_one_gets_another(supply: Path) -> None:
    async with rig(supply) as here:
        first, again, other = await here.open("ann"), await here.open("ann"), await here.open("ben")
        read = here.channel.tokens.read
        seats = [read(token_of(each[0])) for each in (first, again, other)]
        assert None not in seats
        assert seats[0] == seats[1]
        assert seats[0].seat != seats[2].seat  # type: ignore[union-attr]  # not None, as just asserted
        nameless = [read(token_of((await here.open())[0])) for _ in range(2)]
        assert len({session.seat for session in nameless if session}) == 2
        assert first == [f"{token_of(first[0])}/r{place}.m3u8" for place in range(3)]


async def test_what_every_playlist_answer_carries(supply: Path) -> None:
    async with rig(supply) as here:
        address = (await here.open("ann"))[0]
        for path in ("index.m3u8", address):
            async with here.http.get(here.live + path) as response:
                assert response.status == 200
                assert response.content_type == PLAYLIST
                assert response.headers["Cache-Control"] == "no-store"
                assert response.headers["Access-Control-Allow-Origin"] == "*"
        async with here.http.get(here.edge.url + "/ads/demo/acme/360p/0.ts") as response:
            assert response.status == 200
            assert response.content_type == "video/mp2t"
            assert "immutable" in response.headers["Cache-Control"]
            assert response.headers["Access-Control-Allow-Origin"] == "*"
            assert await response.read() == (supply / "acme/360p/0.ts").read_bytes()
        async with here.http.get(here.edge.url + "/ads/demo/acme/360p/0.ts", headers={"Range": "bytes=5-9"}) as part:
            assert part.status == 206
            assert await part.read() == (supply / "acme/360p/0.ts").read_bytes()[5:10]


async def test_head_is_get_without_a_body(supply: Path) -> None:
    async with rig(supply) as here:
        address = (await here.open("ann"))[0]
        for path in (f"/live/demo/{address}", "/ads/demo/acme/audio/1.ts", "/healthz", "/nothing"):
            async with here.http.get(here.edge.url + path) as got, here.http.head(here.edge.url + path) as head:
                assert head.status == got.status
                assert await head.read() == b""
                for name in ("Content-Type", "Content-Length", "Cache-Control", "Content-Encoding"):
                    assert head.headers.get(name) == got.headers.get(name), (path, name)


async def test_options_and_refusals_are_open_to_pages_of_any_site(supply: Path) -> None:
    async with rig(supply) as here:
        async with here.http.options(here.live + "index.m3u8") as response:
            assert response.status == 204
            assert response.headers["Access-Control-Allow-Origin"] == "*"
            assert "GET" in response.headers["Access-Control-Allow-Methods"]
        refused = {
            ("GET", "/live/none/index.m3u8"): 404,
            ("GET", "/live/demo/other.m3u8"): 404,
            ("GET", "/live/demo/-/r9.m3u8"): 404,
            ("GET", "/live/demo/-/r0.ts"): 404,
            ("GET", "/live/demo/short/r0.m3u8"): 403,
            ("GET", "/live"): 404,
            ("GET", "/"): 404,
            ("GET", "/ads/demo/none.ts"): 404,
            ("GET", "/ads/none/acme/360p/0.ts"): 404,
            ("GET", "/timeline/none"): 404,
            ("POST", "/live/demo/index.m3u8"): 405,
            ("DELETE", "/ads/demo/acme/360p/0.ts"): 405,
        }
        for (method, path), status in refused.items():
            async with here.http.request(method, here.edge.url + path) as response:
                assert (response.status, path) == (status, path)
                assert response.headers["Access-Control-Allow-Origin"] == "*"
                if status == 405:
                    assert response.headers["Allow"] == "GET, HEAD, OPTIONS"
                assert len(await response.text()) < 80
        async with here.http.get(here.live + "index.m3u8", data=b"x") as response:
            assert response.status == 413
            assert response.headers["Access-Control-Allow-Origin"] == "*"


async def test_a_packed_playlist_is_the_same_playlist(supply: Path) -> None:
    async with rig(supply, at=24) as here:
        address = (await here.open("ann"))[0]
        async with aiohttp.ClientSession(auto_decompress=False, skip_auto_headers=("Accept-Encoding",)) as raw:

            async def ask(accept: str | None) -> tuple[str | None, bytes]:
                headers = {} if accept is None else {"Accept-Encoding": accept}
                async with raw.get(here.live + address, headers=headers) as response:
                    assert "Accept-Encoding" in response.headers["Vary"]
                    return response.headers.get("Content-Encoding"), await response.read()

            encoding, plain = await ask(None)
            assert encoding is None
            assert len(plain) > 1400
            for accept in ("gzip", "br, gzip;q=0.8", "deflate, GZIP"):
                encoding, packed = await ask(accept)
                assert encoding == "gzip", accept
                assert gzip.decompress(packed) == plain
                assert len(packed) < len(plain)
            for accept in ("identity", "br", "gzip;q=0", "gzip; q=0.0, identity"):
                assert await ask(accept) == (None, plain), accept


async def test_only_tokens_of_this_event_open_a_playlist(supply: Path) -> None:
    keys = ["the first key of all", "an older key to read"]
    async with rig(supply, token_keys=keys) as here:
        good = token_of((await here.open("ann"))[0])
        session = Session(0, 5)
        signed = {
            "older key": Tokens("demo", [keys[1].encode()]).sign(session),
            "other event": Tokens("final", [keys[0].encode()]).sign(session),
            "other key": Tokens("demo", [b"nobody knows this key"]).sign(session),
        }
        forged = {
            "last": good[:-2] + ("A" if good[-2] != "A" else "B") + good[-1],
            "first": ("A" if good[0] != "A" else "B") + good[1:],
            "truncated": good[:-4],
            "longer": good + "AAAA",
            "no base64": "!" * len(good),
            "not ASCII": "é" * len(good),
            "empty": "%20",
        }
        expected = {"older key": 200, "other event": 403, "other key": 403} | dict.fromkeys(forged, 403)
        for what, token in (signed | forged).items():
            status, _ = await here.get(f"/live/demo/{token}/r0.m3u8")
            assert (what, status) == (what, expected[what])
        assert (await here.get(f"/live/demo/{good}/r0.m3u8"))[0] == 200
        assert (await here.get(f"/live/demo/{good}/r9.m3u8"))[0] == 404


@pytest.mark.parametrize(
    "path",
    [
        "/ads/demo/../../etc/passwd.ts",
        "/ads/demo/%2e%2e/%2e%2e/secret.ts",
        "/ads/demo/..%2fsecret.ts",
        "/ads/demo//{outside}/secret.ts",
        "/ads/demo/%2F{outside}%2Fsecret.ts",
        "/ads/demo/acme/360p/0%00.ts",
        "/ads/demo/acme/360p/0.ts%00",
        "/ads/demo/%00",
        "/ads/demo/escape/secret.ts",
        "/ads/demo/link.ts",
        "/ads/demo/loop.ts",
        "/ads/demo/catalogue.json",
        "/ads/demo/acme",
        "/ads/demo/acme/360p",
        "/ads/demo/acme/360p/",
        "/ads/demo/folder.ts",
        "/ads/demo/" + "a" * 300 + ".ts",
        "/ads/demo/" + "a/" * 2500 + "b.ts",
        "/ads/demo/acme/360p/0.ts/x.ts",
        "/ads/demo/%ff%fe.ts",
        "/ads/demo/%ed%a0%80.ts",
        "/ads/demo/acme\\360p\\0.ts",
    ],
)
async def test_nothing_outside_the_catalogue_is_served(supply: Path, tmp_path: Path, path: str) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "secret.ts").write_text("secret")
    links = {
        supply / "escape": outside,
        supply / "link.ts": outside / "secret.ts",
        supply / "loop.ts": supply / "loop.ts",
    }
    for link, target in links.items():
        link.unlink(missing_ok=True)
        link.symlink_to(target)
    (supply / "folder.ts").mkdir(exist_ok=True)
    async with rig(supply) as here:
        status, body = await raw_get(here, path.format(outside=outside))
        assert status == 404
        assert "secret" not in body
        assert (await here.get("/ads/demo/acme/360p/0.ts"))[0] == 200


async def raw_get(here: Rig, target: str) -> tuple[int, str]:
    """Ask without a client that tidies the path up."""
    host, port = here.edge.url.removeprefix("http://").split(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    writer.write(f"GET {target} HTTP/1.1\r\nHost: edge\r\nConnection: close\r\n\r\n".encode())
    answer = (await reader.read()).decode("utf-8", "replace")
    writer.close()
    await writer.wait_closed()
    return int(answer.split()[1]), answer.partition("\r\n\r\n")[2]


@pytest.mark.parametrize(
    "head", ["GET / HTTP/9\r\n\r\n", "\0\0\0\r\n\r\n", "GET /live/demo/" + "x" * 9000 + " HTTP/1.1\r\n\r\n"]
)
async def test_what_is_no_request_is_refused_and_harms_nobody(supply: Path, head: str) -> None:
    async with rig(supply) as here:
        host, port = here.edge.url.removeprefix("http://").split(":")
        reader, writer = await asyncio.open_connection(host, int(port))
        writer.write(head.encode())
        answer = await asyncio.wait_for(reader.read(), 3)
        assert answer.split()[1] in {b"400", b"414"}
        writer.close()
        await writer.wait_closed()
        assert (await here.get("/healthz"))[0] == 200


@pytest.mark.parametrize(
    "viewer", ["%ff%fe", "%ed%a0%80", "a" * 300, "%C3%A9" * 256, "%00", "a%26b", "%F0%9F%8F%86" * 256, ""]
)
async def test_any_viewer_parameter_gets_a_playlist(supply: Path, viewer: str) -> None:
    async with rig(supply) as here:
        status, body = await raw_get(here, f"/live/demo/index.m3u8?viewer={viewer}")
        assert status == 200
        assert "#EXTM3U" in body
        assert (await here.watch(addresses(body)[0])).uris


async def test_without_a_store_a_new_viewer_gets_the_channel_without_ads(supply: Path) -> None:
    async with rig(supply, at=18) as here:
        known = (await here.open("ann"))[0]
        await here.move(6)
        assert (await here.watch(known)).ads
        here.store.set_away(True)
        new = (await here.open("ben"))[0]
        assert new == "-/r0.m3u8"
        assert not (await here.watch(new)).ads
        assert (await here.watch(known)).ads
        await here.move(2)
        assert (await here.watch(known)).ads
        assert 'halftime_reasons_total{channel="demo",reason="no_seat"} 1.0' in (await here.get("/metrics"))[1]
        here.store.set_away(False)
        assert token_of((await here.open("ben"))[0]) != "-"


async def test_the_sessions_limit_leaves_the_channel_without_ads(supply: Path) -> None:
    async with rig(supply, server={"sessions": 2}) as here:
        tokens = [token_of((await here.open(viewer))[0]) for viewer in ("ann", "ben", "cat", "dan")]
        assert "-" not in tokens[:2]
        assert tokens[2:] == ["-", "-"]
        assert 'reason="sessions_full"} 2.0' in (await here.get("/metrics"))[1]


async def test_connections_above_the_limit_are_told_so(supply: Path, caplog: pytest.LogCaptureFixture) -> None:
    async with rig(supply, server={"connections": 3}) as here:
        host, port = here.edge.url.removeprefix("http://").split(":")
        held = [await asyncio.open_connection(host, int(port)) for _ in range(3)]
        await asyncio.sleep(0.05)
        with caplog.at_level(logging.WARNING, "halftime.edge"):
            reader, writer = await asyncio.open_connection(host, int(port))
            answer = await asyncio.wait_for(reader.read(), 2)
        assert answer.startswith(b"HTTP/1.1 503 ")
        assert [getattr(record, "reason", "") for record in caplog.records] == ["connections_full"]
        for stream in [writer, *(each[1] for each in held)]:
            stream.close()
            await stream.wait_closed()
        await asyncio.sleep(0.05)
        assert (await here.get("/healthz"))[0] == 200


async def test_metrics_say_what_happens(supply: Path) -> None:
    async with rig(supply, at=24) as here:
        address = (await here.open("ann"))[0]
        await here.watch(address)
        await here.get("/live/demo/bad/r0.m3u8")
        await here.get("/ads/demo/acme/360p/0.ts")
        async with here.http.get(here.edge.url + "/metrics") as response:
            assert response.content_type == "text/plain"
            text = await response.text()
        for line in (
            'halftime_requests_total{kind="multivariant",status="200"} 1.0',
            'halftime_requests_total{kind="media",status="200"} 1.0',
            'halftime_requests_total{kind="media",status="403"} 1.0',
            'halftime_requests_total{kind="ad",status="200"} 1.0',
            'halftime_request_seconds_count{kind="media"} 2.0',
            'halftime_breaks{channel="demo",reason="",state="open"} 1.0',
            'halftime_sessions{channel="demo"} 1.0',
            'halftime_leading{channel="demo"} 1.0',
        ):
            assert line in text
        assert 'halftime_origin_staleness_seconds{channel="demo"}' in text


async def test_the_timeline_tells_breaks_and_what_this_viewer_gets(supply: Path) -> None:
    async with rig(supply, at=18) as here:
        token = token_of((await here.open("ann"))[0])
        await here.move(6)
        status, text = await here.get(f"/timeline/demo/{token}")
        told = json.loads(text)
        assert status == 200
        (only,) = told["breaks"]
        assert only["state"] == "open"
        assert (only["planned_end"] - only["start"]) == 6000
        assert {item["creative"] for item in only["items"]} <= {"acme", "beta", "gamma"}
        assert json.loads((await here.get("/timeline/demo"))[1])["breaks"][0]["items"] == []
        assert (await here.get("/timeline/demo/forged"))[0] in {200, 403}
