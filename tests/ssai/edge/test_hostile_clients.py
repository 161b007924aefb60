"""What clients do to the listener: bytes that never end, answers that are never read, floods, and no HTTP at all."""

import asyncio
import contextlib
import gzip
import logging
import resource
import socket
import struct
import tracemalloc
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from pathlib import Path
from time import monotonic

import pytest
import uvloop

from ssai.edge.limits import Limits
from ssai.edge.listen import listen
from tests.ssai.edge.edge_kit import Rig, rig

SOON = Limits(keep_alive=0.4, unread=0.4)
"""Limits that a test can wait for."""


@asynccontextmanager
async def door(supply: Path, limits: Limits = SOON) -> AsyncIterator[tuple[Rig, int]]:
    """A running edge, and one more listener of its door with these limits."""
    async with rig(supply) as here, listen(here.edge.door, "127.0.0.1", 0, limits) as port:
        yield here, port


async def talk(port: int, sent: bytes, seconds: float = 3.0) -> bytes:
    """Send, and read until the edge closes (``TimeoutError`` if it does not); nothing where it did so with a reset."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(sent)
    try:
        return await asyncio.wait_for(reader.read(), seconds)
    except ConnectionResetError:
        return b""
    finally:
        writer.transport.abort()


async def counted(here: Rig, status: int) -> float:
    """How many connections ended with this status before there was a request to answer."""
    for line in (await here.get("/metrics"))[1].splitlines():
        if line.startswith(f'halftime_requests_total{{kind="connection",status="{status}"}}'):
            return float(line.split()[-1])
    return 0.0


def status(answer: bytes) -> int:
    return int(answer.split()[1])


@pytest.mark.parametrize("begun", [b"", b"GET /healthz HTTP/1.1\r\nHost: edge\r\n\r\n"], ids=["first", "second"])
@pytest.mark.parametrize("drip", [b"GET /live/demo/index.m3u8", b"GET / HTTP/1.1\r\nX-Header: "], ids=["line", "field"])
async def test_a_request_that_does_not_end_is_given_up(supply: Path, begun: bytes, drip: bytes) -> None:
    async with door(supply) as (here, port):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        started = monotonic()
        writer.write(begun + drip)
        ended = asyncio.create_task(reader.read())
        with contextlib.suppress(ConnectionError):
            while not ended.done() and monotonic() - started < 3:
                writer.write(b"x")
                await asyncio.sleep(0.02)
        assert ended.done()
        assert SOON.keep_alive * 0.9 < monotonic() - started < 2
        assert (await here.get("/healthz"))[0] == 200
        writer.close()


async def test_connections_that_say_nothing_or_half_close_are_let_go(supply: Path) -> None:
    async with door(supply) as (_, port):
        started = monotonic()
        assert set(await asyncio.gather(*(talk(port, b"") for _ in range(50)))) == {b""}
        assert monotonic() - started < 2
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write_eof()
        assert await asyncio.wait_for(reader.read(), 1) == b""
        writer.close()


async def unread(here: Rig, port: int, path: str) -> int:
    """Ask again and again on one connection and read nothing until the edge gives up; the greatest memory, bytes."""
    silent = socket.socket()
    silent.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    silent.setblocking(False)
    loop = asyncio.get_running_loop()
    await loop.sock_connect(silent, ("127.0.0.1", port))
    request = f"GET {path} HTTP/1.1\r\nHost: edge\r\n\r\n".encode() * 100

    async def ask() -> None:
        while True:
            await loop.sock_sendall(silent, request)

    tracemalloc.start()
    asking = asyncio.create_task(ask())
    try:
        with pytest.raises(ConnectionError):
            await asyncio.wait_for(asking, 10)
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
        silent.close()


@pytest.mark.parametrize("what", ["playlists", "ads"])
def test_who_reads_nothing_fills_no_memory_and_is_let_go(supply: Path, what: str) -> None:
    """On the loop that ``halftime serve`` runs on: asyncio's own leaves files to the system, and waits for it."""
    big = supply / "acme" / "big.ts"
    big.write_bytes(bytes(20_000_000))

    async def run() -> tuple[int, float]:
        async with door(supply) as (here, port):
            address = (await here.open("ann"))[0]
            path = f"/live/demo/{address}" if what == "playlists" else "/ads/demo/acme/big.ts"
            peak = await unread(here, port, path)
            assert (await here.get("/healthz"))[0] == 200
            return peak, await counted(here, 408)

    peak, closed = uvloop.run(run())
    print(f"greatest memory: {peak / 1e6:.1f} MB")
    assert peak < 8_000_000
    assert closed == 1


async def test_requests_in_one_pipeline_are_answered_in_order(supply: Path) -> None:
    async with door(supply, Limits()) as (here, port):
        address = (await here.open("ann"))[0]
        paths = [f"/live/demo/{address}", "/healthz", "/nothing", "/ads/demo/acme/360p/0.ts"] * 50
        asked = b"".join(f"GET {path} HTTP/1.1\r\nHost: edge\r\n\r\n".encode() for path in paths)
        answer = await talk(port, asked + b"GET /end HTTP/1.1\r\nHost: edge\r\nConnection: close\r\n\r\n")
        lines = [line for line in answer.split(b"\r\n") if b"HTTP/1.1 " in line]
        assert [int(line[line.index(b"HTTP/1.1 ") :].split()[1]) for line in lines] == [200, 200, 404, 200] * 50 + [404]


FLOODS = {
    "many fields": b"GET /healthz HTTP/1.1\r\n" + b"".join(b"X-%d: y\r\n" % place for place in range(10_000)) + b"\r\n",
    "a field of 1 MB": b"GET /healthz HTTP/1.1\r\nX: " + b"y" * 1_000_000 + b"\r\n\r\n",
    "a field name of 1 MB": b"GET /healthz HTTP/1.1\r\n" + b"y" * 1_000_000 + b": x\r\n\r\n",
    "an address of 1 MB": b"GET /" + b"y" * 1_000_000 + b" HTTP/1.1\r\n\r\n",
    "a method of 1 MB": b"G" * 1_000_000 + b" / HTTP/1.1\r\n\r\n",
    "a greeting of TLS": bytes.fromhex("16030100c6010000c20303") + bytes(190),
    "HTTP/2": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + bytes(9),
    "SSH": b"SSH-2.0-OpenSSH_9.9\r\n",
    "SMTP": b"HELO example.com\r\n",
    "SOCKS": b"\x05\x01\x00",
    "nulls": bytes(100_000),
    "high bytes": b"\xff" * 100_000,
    "a folded field": b"GET / HTTP/1.1\r\nHost: a\r\nX: a\r\n b\r\n\r\n",
    "two lengths": b"GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab",
    "length and chunks": b"GET / HTTP/1.1\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "a null in a field": b"GET / HTTP/1.1\r\nHost: a\r\nX: \0\r\n\r\n",
    "an address that is none": b"GET http://[::1 HTTP/1.1\r\nHost: a\r\n\r\n",
}


@pytest.mark.parametrize("case", FLOODS)
async def test_what_is_no_request_gets_400_and_no_line_in_the_log(
    supply: Path, case: str, caplog: pytest.LogCaptureFixture
) -> None:
    async with door(supply) as (here, port):
        with caplog.at_level(logging.INFO):
            answer = await talk(port, FLOODS[case])
        # Of a megabyte the edge reads the beginning: what comes after it is answered by the system, with a reset.
        assert not answer or status(answer) == 400
        assert len(answer) < 400, "nothing of it is repeated"
        assert await counted(here, 400) == 1
        assert not [record for record in caplog.records if record.name.startswith(("aiohttp", "asyncio"))]
        assert (await here.get("/healthz"))[0] == 200


async def test_a_flood_of_headers_fills_no_memory(supply: Path) -> None:
    async with door(supply) as (_, port):
        tracemalloc.start()
        try:
            answers = await asyncio.gather(*(talk(port, FLOODS["a field of 1 MB"][:20_000]) for _ in range(100)))
            peak = tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()
    assert {status(answer) for answer in answers} == {400}
    print(f"greatest memory: {peak / 1e6:.1f} MB for 100 connections")
    assert peak < 100 * 100_000


LENGTH = b"Content-Length: 10000000000\r\n\r\n"
CHUNKED = b"Transfer-Encoding: chunked\r\n\r\n"
BODIES = {
    "GET": (b"GET /live/demo/index.m3u8 HTTP/1.1\r\nHost: a\r\n" + LENGTH, b"x" * 65_536, 413),
    "POST": (b"POST /live/demo/index.m3u8 HTTP/1.1\r\nHost: a\r\n" + LENGTH, b"x" * 65_536, 405),
    "chunks": (b"GET /healthz HTTP/1.1\r\nHost: a\r\n" + CHUNKED, b"10000\r\n" + b"x" * 65_536 + b"\r\n", 413),
    "packed": (
        b"GET /healthz HTTP/1.1\r\nHost: a\r\nContent-Encoding: gzip\r\n" + LENGTH,
        gzip.compress(bytes(50_000_000)),
        413,
    ),
    "ads": (b"PUT /ads/demo/acme/360p/0.ts HTTP/1.1\r\nHost: a\r\n" + LENGTH, b"x" * 65_536, 405),
    "expected": (b"POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\n" + LENGTH, b"x" * 65_536, 405),
}


@pytest.mark.parametrize("case", BODIES)
async def test_a_body_without_end_is_refused_at_once_and_not_kept(supply: Path, case: str) -> None:
    head, body, expected = BODIES[case]
    async with door(supply) as (here, port):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        started = monotonic()
        writer.write(head + body)
        assert status(await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 1)) == expected
        tracemalloc.start()
        with contextlib.suppress(ConnectionError):
            while not reader.at_eof() and monotonic() - started < 5:
                writer.write(body)
                await writer.drain()
                await reader.read(65_536)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert monotonic() - started < 3
        assert peak < 8_000_000
        writer.transport.abort()
        assert (await here.get("/healthz"))[0] == 200


@pytest.mark.parametrize(
    ("method", "expected"),
    [("TRACE", 405), ("CONNECT", 405), ("PROPFIND", 405), ("PATCH", 405), ("PURGE", 405), ("get", 400), ("BREW", 400)],
)
async def test_other_methods(supply: Path, method: str, expected: int) -> None:
    async with door(supply) as (here, port):
        target = "edge:443" if method == "CONNECT" else "/live/demo/index.m3u8"
        answer = await talk(port, f"{method} {target} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n".encode())
        assert status(answer) == expected
        assert (await here.get("/healthz"))[0] == 200


async def test_http_1_0_is_served_and_closed(supply: Path) -> None:
    async with door(supply) as (here, port):
        address = (await here.open("ann"))[0]
        for path in (f"/live/demo/{address}", "/live/demo/index.m3u8"):
            answer = await talk(port, f"GET {path} HTTP/1.0\r\n\r\n".encode(), 0.35)
            head, _, body = answer.partition(b"\r\n\r\n")
            assert status(answer) == 200
            assert b"chunked" not in head.lower()
            assert body.startswith(b"#EXTM3U")


async def test_an_upgrade_is_no_way_round_the_limits(supply: Path) -> None:
    async with door(supply) as (here, port):
        head = b"GET /healthz HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n"
        answer = await talk(port, head + bytes(1_000))
        assert status(answer) == 200
        assert (await here.get("/healthz"))[0] == 200


def reset(stream: asyncio.StreamWriter) -> None:
    """End a connection as a machine does that lost power: with a reset."""
    stream.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    stream.transport.abort()


async def test_who_leaves_in_the_middle_leaves_nothing(supply: Path, caplog: pytest.LogCaptureFixture) -> None:
    (supply / "acme" / "long.ts").write_bytes(bytes(5_000_000))
    # One that is left behind holds a place, and there are few.
    async with door(supply, Limits(connections=12)) as (here, port):
        address = (await here.open("ann"))[0]
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        for path in [f"/live/demo/{address}", "/ads/demo/acme/long.ts", "/live/demo/index.m3u8"] * 40:
            reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=4096)
            writer.write(f"GET {path} HTTP/1.1\r\nHost: a\r\n\r\n".encode())
            assert await reader.readexactly(12) == b"HTTP/1.1 200"
            reset(writer)
        assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 64_000
        assert (await here.get("/healthz"))[0] == 200
    assert not [record for record in caplog.records if record.levelno >= logging.ERROR]


def close_all(streams: Iterable[asyncio.StreamWriter]) -> None:
    for stream in streams:
        stream.transport.abort()


async def test_thousands_of_connections_are_refused_and_the_others_served(
    supply: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with door(supply, Limits(connections=40)) as (here, port):
        held = [await asyncio.open_connection("127.0.0.1", port) for _ in range(39)]
        viewer_reader, viewer = await asyncio.open_connection("127.0.0.1", port)
        address = (await here.open("ann"))[0]
        ask = f"GET /live/demo/{address} HTTP/1.1\r\nHost: a\r\n\r\n".encode()
        with caplog.at_level(logging.WARNING, "halftime.edge"):
            for _ in range(10):
                answers = await asyncio.gather(*(talk(port, ask) for _ in range(200)))
                assert {status(answer) for answer in answers} == {503}
                viewer.write(ask)
                head = await asyncio.wait_for(viewer_reader.readuntil(b"\r\n\r\n"), 2)
                assert status(head) == 200
                length = int(head.lower().split(b"content-length: ")[1].split(b"\r\n")[0])
                await viewer_reader.readexactly(length)
        assert await counted(here, 503) == 2000
        full = [record for record in caplog.records if getattr(record, "reason", "") == "connections_full"]
        assert 1 <= len(full) <= 10, "a flood of connections is no flood of the log"
        close_all([viewer, *(stream for _, stream in held)])
        await asyncio.sleep(0.05)
        assert status(await talk(port, ask.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n"))) == 200
