"""The answer in one piece: the same over the wire as aiohttp's own, and it waits for who reads slowly."""

import asyncio
import gzip
from pathlib import Path

import pytest
from aiohttp import web

from ssai.edge import http
from ssai.edge.reply import Head, WholeResponse
from tests.ssai.edge.edge_kit import rig


def answer(raw: bytes) -> tuple[bytes, dict[str, str], bytes]:
    head, _, body = raw.partition(b"\r\n\r\n")
    first, *lines = head.split(b"\r\n")
    return first, dict(line.decode().split(": ", 1) for line in lines), body


async def ask(port: int, path: str, *headers: str) -> tuple[bytes, dict[str, str], bytes]:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write("\r\n".join((f"GET {path} HTTP/1.1", "Host: here", *headers, "", "")).encode())
    raw = await reader.readuntil(b"\r\n\r\n")
    first, named, _ = answer(raw)
    body = await reader.readexactly(int(named["Content-Length"]))
    writer.close()
    await writer.wait_closed()
    return first, named, body


async def test_a_reload_is_answered_as_the_general_way_does(supply: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http, "GZIP_FROM", 100)  # the test's playlists are short
    async with rig(supply) as here:
        address = (await here.open("ann"))[0]
        port = int(here.edge.url.rpartition(":")[2])
        path = f"/live/demo/{address}"
        for asked in ((), ("Accept-Encoding: br, gzip",)):
            first, quick, body = await ask(port, path, *asked)
            # A query and a connection that is to be closed are unusual: aiohttp's own response answers.
            status, general, same = await ask(port, f"{path}?x=1", "Connection: close", *asked)
            assert (first, status) == (b"HTTP/1.1 200 OK", b"HTTP/1.1 200 OK")
            assert general.pop("Connection") == "close"
            for headers in (quick, general):
                assert headers.pop("Date").endswith(" GMT")
            assert quick == general
            assert body == same
            assert ("Content-Encoding" in quick) == bool(asked)
            text = gzip.decompress(body) if asked else body
            assert text.startswith(b"#EXTM3U\n")


async def test_one_connection_asks_many_times(supply: Path) -> None:
    async with rig(supply) as here:
        address = (await here.open("ann"))[0]
        reader, writer = await asyncio.open_connection("127.0.0.1", int(here.edge.url.rpartition(":")[2]))
        for path in (address, address, "x/r0.m3u8", address):
            writer.write(f"GET /live/demo/{path} HTTP/1.1\r\nHost: here\r\n\r\n".encode())
            first, named, _ = answer(await reader.readuntil(b"\r\n\r\n"))
            await reader.readexactly(int(named["Content-Length"]))
            assert first.startswith(b"HTTP/1.1 403" if path[0] == "x" else b"HTTP/1.1 200")
        writer.close()
        await writer.wait_closed()


def test_a_head_is_of_its_second() -> None:
    now = [1_000_000_000.25]
    head = Head({"A": "b"}, clock=lambda: now[0])
    before = head.now()
    assert before.startswith(b"HTTP/1.1 200 OK\r\nA: b\r\nDate: Sun, 09 Sep 2001 01:46:40 GMT\r\nServer: ")
    assert before.endswith(b"\r\nContent-Length: ")
    now[0] += 0.5
    assert head.now() is before
    now[0] += 0.5
    assert b"01:46:41 GMT" in head.now()


async def test_who_reads_slowly_is_waited_for() -> None:
    """Answers to a viewer who reads nothing do not pile up: the handler is not asked again while the last one waits."""
    asked = 0

    async def large(_: web.BaseRequest) -> web.StreamResponse:
        nonlocal asked
        asked += 1
        return WholeResponse(Head({}).now(), (b"x" * 4_000_000, b"y" * 4_000_000))

    server = web.Server(large)
    listener = await asyncio.get_running_loop().create_server(server, "127.0.0.1", 0)
    reader, writer = await asyncio.open_connection("127.0.0.1", listener.sockets[0].getsockname()[1], limit=1 << 16)
    writer.write(b"GET / HTTP/1.1\r\nHost: here\r\n\r\n" * 8)
    await asyncio.sleep(0.3)
    assert asked == 1
    _, named, _ = answer(await reader.readuntil(b"\r\n\r\n"))
    assert named["Content-Length"] == "8000000"
    await reader.readexactly(8_000_000)
    await reader.readuntil(b"\r\n\r\n")
    assert asked < 5  # the system's own buffers take one or two
    writer.transport.abort()
    listener.close()
    await server.shutdown(1)
