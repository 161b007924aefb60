"""Origins: what is asked of them, and what they may not do."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from aiohttp import web

from ssai.channel import origin as origin_module
from ssai.channel.origin import Fetched, FolderOrigin, HttpOrigin, OriginError
from ssai.channel.poller import LEASE

TEXT = "#EXTM3U\n#EXTINF:1,\na.ts\n"
Answer = Callable[[web.BaseRequest], Awaitable[web.StreamResponse]]


@asynccontextmanager
async def served(answer: Answer) -> AsyncIterator[str]:
    server = web.Server(answer)
    listener = await asyncio.get_running_loop().create_server(server, "127.0.0.1", 0)
    try:
        yield f"http://127.0.0.1:{listener.sockets[0].getsockname()[1]}"
    finally:
        listener.close()
        await server.shutdown(0.1)


@asynccontextmanager
async def asking(answer: Answer, *hosts: str, seconds: float = 2.0) -> AsyncIterator[tuple[HttpOrigin, str]]:
    async with served(answer) as url:
        asked = HttpOrigin(f"{url}/live/index.m3u8", hosts=frozenset(hosts), timeout_seconds=seconds)
        try:
            yield asked, url
        finally:
            await asked.close()
            await asked.close()


@pytest.mark.parametrize("validator", ["ETag", "Last-Modified"])
async def test_what_did_not_change_is_not_sent_again(validator: str) -> None:
    headers = {"ETag": '"one"', "Last-Modified": "Mon, 21 Sep 2026 10:00:00 GMT"}
    asked_with: list[dict[str, str]] = []

    async def answer(request: web.BaseRequest) -> web.StreamResponse:
        name = {"ETag": "If-None-Match", "Last-Modified": "If-Modified-Since"}[validator]
        asked_with.append(
            {each: request.headers[each] for each in ("If-None-Match", "If-Modified-Since") if each in request.headers}
        )
        if request.headers.get(name) == headers[validator]:
            return web.Response(status=304)
        return web.Response(text=TEXT, headers={validator: headers[validator]})

    async with asking(answer) as (origin, url):
        address = f"{url}/live/a.m3u8"
        assert await origin.media(address) == Fetched(address, TEXT)
        assert await origin.media(address) is None
        assert [len(each) for each in asked_with] == [0, 1]
        assert await origin.media(address, fresh=True) == Fetched(address, TEXT)
        assert asked_with[-1] == {}
        headers[validator] = headers[validator].replace("one", "two").replace("10:00", "10:01")
        assert await origin.media(address) == Fetched(address, TEXT)
        assert await origin.media(address) is None


async def test_validators_of_one_address_are_not_sent_to_another() -> None:
    seen: list[str | None] = []

    async def answer(request: web.BaseRequest) -> web.StreamResponse:
        seen.append(request.headers.get("If-None-Match"))
        return web.Response(text=TEXT, headers={"ETag": f'"{request.path}"'})

    async with asking(answer) as (origin, url):
        for path in ("/a.m3u8", "/b.m3u8", "/a.m3u8"):
            await origin.media(url + path)
    assert seen == [None, None, '"/a.m3u8"']


async def test_a_304_that_nobody_asked_for_is_no_multivariant_playlist() -> None:
    async def answer(_: web.BaseRequest) -> web.StreamResponse:
        return web.Response(status=304)

    async with asking(answer) as (origin, _):
        with pytest.raises(OriginError, match="without conditions"):
            await origin.multivariant()


@pytest.mark.parametrize("status", [201, 204, 206, 400, 401, 403, 404, 410, 429, 500, 502, 503])
async def test_only_200_is_a_playlist(status: int) -> None:
    async def answer(_: web.BaseRequest) -> web.StreamResponse:
        return web.Response(status=status, text=None if status == 204 else TEXT)

    async with asking(answer) as (origin, url):
        with pytest.raises(OriginError, match=f"status {status}"):
            await origin.media(f"{url}/a.m3u8")


async def test_redirects_stay_with_the_origin_unless_a_host_is_listed() -> None:
    async def elsewhere(_: web.BaseRequest) -> web.StreamResponse:
        return web.Response(text=TEXT)

    async with served(elsewhere) as other:

        async def answer(request: web.BaseRequest) -> web.StreamResponse:
            targets = {
                "/rel": "here/b.m3u8", "/other": f"{other}/b.m3u8", "/scheme": "file:///etc/passwd",
                "/data": "data:text/plain,x", "/nowhere": "", "/user": "http://127.0.0.1@example.invalid/",
                "/loop": "/loop",
            }  # fmt: skip
            if request.path in targets:
                return web.Response(status=302, headers={"Location": targets[request.path]})
            return web.Response(text=TEXT)

        async with asking(answer) as (origin, url):
            assert await origin.media(f"{url}/rel") == Fetched(f"{url}/here/b.m3u8", TEXT)
            for path in ("/other", "/scheme", "/data", "/user"):
                with pytest.raises(OriginError, match="not the origin's"):
                    await origin.media(url + path)
            for path in ("/loop", "/nowhere"):
                with pytest.raises(OriginError, match="redirects"):
                    await origin.media(url + path)
        async with asking(answer, other.removeprefix("http://")) as (origin, url):
            assert await origin.media(f"{url}/other") == Fetched(f"{other}/b.m3u8", TEXT)


@pytest.mark.parametrize("packed", [False, True])
async def test_a_body_without_end_is_cut_off(packed: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(origin_module, "MAX_BODY", 300_000)
    sizes = {"/small": 299_999, "/big": 300_001, "/endless": 50_000_000}

    async def answer(request: web.BaseRequest) -> web.StreamResponse:
        response = web.StreamResponse()
        response.enable_chunked_encoding()
        if packed:
            response.enable_compression(web.ContentCoding.gzip)
        await response.prepare(request)
        left = sizes[request.path]
        while left and request.transport is not None:
            await response.write(b"#" * min(left, 100_000))
            left -= min(left, 100_000)
        await response.write_eof()
        return response

    async with asking(answer) as (origin, url):
        fetched = await origin.media(f"{url}/small")
        assert fetched is not None
        assert len(fetched.text) == 299_999
        for path in ("/big", "/endless"):
            with pytest.raises(OriginError, match="more than 300000 bytes"):
                await origin.media(url + path)


async def test_time_is_bounded_however_slowly_bytes_come() -> None:
    async def answer(request: web.BaseRequest) -> web.StreamResponse:
        if request.path == "/silent":
            await asyncio.sleep(3)
        response = web.StreamResponse()
        response.content_length = 1000
        await response.prepare(request)
        for _ in range(30):
            await response.write(b"#")
            await asyncio.sleep(0.1)
        return response

    async with asking(answer, seconds=0.4) as (origin, url):
        for path in ("/drip", "/silent"):
            started = time.monotonic()
            with pytest.raises(OriginError, match="Timeout"):
                await origin.media(url + path)
            assert time.monotonic() - started < 1.0


def test_a_poll_ends_before_the_lease_of_who_polls() -> None:
    """Else one slow rendition would take the lease from every leader before it could publish."""
    assert LEASE > origin_module.TIMEOUT + 0.5


async def test_nobody_there_and_bodies_cut_short() -> None:
    async def answer(request: web.BaseRequest) -> web.StreamResponse:
        response = web.StreamResponse()
        response.content_length = 1000
        await response.prepare(request)
        await response.write(b"#EXTM3U\n")
        assert request.transport is not None
        request.transport.abort()
        return response

    async with asking(answer) as (origin, url):
        with pytest.raises(OriginError, match=r"a\.m3u8"):
            await origin.media(f"{url}/a.m3u8")
    gone = HttpOrigin(f"{url}/index.m3u8")
    with pytest.raises(OriginError):
        await gone.multivariant()
    for address in ("http://", "no address", "http://[::1/a.m3u8"):
        with pytest.raises(OriginError):
            await gone.media(address)
    await gone.close()


async def test_addresses_that_viewers_choose_are_not_remembered() -> None:
    async def answer(_: web.BaseRequest) -> web.StreamResponse:
        return web.Response(text=TEXT, headers={"ETag": '"x"'})

    async with asking(answer) as (origin, url):
        await origin.media(f"{url}/a.m3u8")
        for place in range(20):
            await origin.media(f"{url}/index.m3u8?lang={place}", fresh=True)
        assert len(origin._validators) == 1
        await origin.media(f"{url}/a.m3u8", fresh=True)


class Hands:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "snapshots"
    for name in ("video", "audio"):
        (made / name).mkdir(parents=True)
        for place in range(3):
            (made / name / f"{place:04}.m3u8").write_text(f"{name} {place}")
    (made / "index.m3u8").write_text("#EXTM3U\nvideo.m3u8\n")
    (tmp_path / "secret").mkdir()
    (tmp_path / "secret" / "0.m3u8").write_text("secret")
    return made


async def test_snapshots_follow_the_clock(folder: Path) -> None:
    clock = Hands()
    origin = FolderOrigin(folder, interval=4.0, clock=clock)
    index = await origin.multivariant()
    assert index.text == "#EXTM3U\nvideo.m3u8\n"
    video = index.url.replace("index.m3u8", "video.m3u8")
    shown = []
    for now in (100.0, 103.9, 104.0, 107.0, 108.0, 200.0):
        clock.now = now
        fetched = await origin.media(video)
        shown.append(None if fetched is None else fetched.text)
    assert shown == ["video 0", None, "video 1", None, "video 2", None]
    again = await origin.media(video, fresh=True)
    assert again is not None
    assert again.text == "video 2"
    audio = await origin.media(video.replace("video", "audio"))
    assert audio is not None
    assert audio.text == "audio 2"
    await origin.close()


async def test_nothing_outside_the_folder_is_read(folder: Path) -> None:
    origin = FolderOrigin(folder, interval=4.0)
    inside = (await origin.multivariant()).url.removesuffix("index.m3u8")
    (folder / "link").symlink_to(folder.parent / "secret")
    outside = (
        f"{inside}../secret.m3u8",
        f"{inside}video/../../secret.m3u8",
        f"{inside}link.m3u8",
        f"{inside}/{folder.parent}/secret.m3u8",
        (folder.parent / "secret.m3u8").as_uri(),
        "file:///etc/passwd",
        "http://127.0.0.1/video.m3u8",
        f"{inside}nothing.m3u8",
        f"{inside}%00.m3u8",
        inside + "\0.m3u8",
        inside + "a" * 300 + ".m3u8",
    )
    for address in outside:
        with pytest.raises(OriginError):
            await origin.media(address)


async def test_an_empty_folder_says_so(tmp_path: Path) -> None:
    with pytest.raises(OriginError, match=r"index\.m3u8"):
        await FolderOrigin(tmp_path, interval=1.0).multivariant()
