"""A store that answers nothing, errors or nonsense: who watches goes on watching, who comes gets the channel."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from time import monotonic

import aiohttp
import pytest

from ssai.sessions.seats import BLOCK
from ssai.sessions.token import Session, Tokens
from ssai.store.embedded import EmbeddedRedis
from tests.ssai.edge.edge_kit import Rig, addresses, rig

KEY = "a key of this event"


class Wire:
    """Stands between the edge and Redis; ``says`` is what it answers to everything, None for what Redis answers."""

    def __init__(self, redis: Path) -> None:
        self._redis = redis
        self.says: bytes | None = None
        self._open: list[asyncio.StreamWriter] = []

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        upstream_reader, upstream = await asyncio.open_unix_connection(self._redis)
        self._open += [writer, upstream]

        async def there() -> None:
            while data := await reader.read(65_536):
                if self.says is None:
                    upstream.write(data)
                else:
                    writer.write(self.says)

        async def back() -> None:
            while data := await upstream_reader.read(65_536):
                writer.write(data)

        try:
            await asyncio.gather(there(), back())
        except ConnectionError:
            return  # either side has gone: so is this wire
        finally:
            writer.close()
            upstream.close()

    @asynccontextmanager
    async def strung(self) -> AsyncIterator[str]:
        """Yields the store's address for the settings."""
        server = await asyncio.start_server(self._carry, "127.0.0.1", 0)
        try:
            yield f"redis://127.0.0.1:{server.sockets[0].getsockname()[1]}/0"
        finally:
            server.close()
            for stream in self._open:
                stream.close()
            await asyncio.sleep(0.05)


@asynccontextmanager
async def stored(supply: Path, folder: Path) -> AsyncIterator[tuple[Rig, EmbeddedRedis, Wire]]:
    async with AsyncExitStack() as stack:
        redis = await stack.enter_async_context(EmbeddedRedis(folder))
        wire = Wire(redis.socket)
        address = await stack.enter_async_context(wire.strung())
        here = await stack.enter_async_context(rig(supply, at=24, store={"redis": address}, token_keys=[KEY]))
        yield here, redis, wire


async def test_seats_of_one_block_do_not_wait_for_one_another(supply: Path, tmp_path: Path) -> None:
    """While the store is silent each asks it in vain; those behind them would wait for all of that."""
    async with stored(supply, tmp_path) as (here, redis, _):
        tokens = Tokens("demo", [KEY.encode()])

        async def ask(seat: int) -> tuple[int, float]:
            started = monotonic()
            path = f"/live/demo/{tokens.sign(Session(50 * BLOCK + seat, here.clock.now))}/r0.m3u8"
            async with here.http.get(here.edge.url + path) as response:
                return response.status, monotonic() - started

        known = (await here.open("ann"))[0]
        assert redis.pid is not None
        os.kill(redis.pid, signal.SIGSTOP)
        try:
            answers = await asyncio.gather(*(ask(seat) for seat in range(40)))
            assert (await here.watch(known)).ads
        finally:
            os.kill(redis.pid, signal.SIGCONT)
        assert {status for status, _ in answers} == {503}
        assert max(seconds for _, seconds in answers) < 4.5
        assert 'reason="seat_unknown"} 40.0' in (await here.get("/metrics"))[1]


NONSENSE = {
    "full": b"-OOM command not allowed when used memory > 'maxmemory'.\r\n",
    "loading": b"-LOADING Redis is loading the dataset in memory\r\n",
    "no script": b"-NOSCRIPT No matching script.\r\n",
    "a page": b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n",
    "nulls": bytes(64),
    "a huge length": b"$536870912\r\nx",
}


@pytest.mark.parametrize("case", NONSENSE)
async def test_a_store_that_talks_nonsense_costs_ads_and_no_playlist(supply: Path, tmp_path: Path, case: str) -> None:
    async with stored(supply, tmp_path) as (here, _, wire):
        known = (await here.open("ann"))[0]
        before = await here.watch(known)
        assert before.ads
        wire.says = NONSENSE[case]
        assert await here.watch(known) == before
        async with here.http.get(f"{here.live}index.m3u8?viewer=ben", timeout=aiohttp.ClientTimeout(5)) as response:
            assert response.status == 200
            assert (await here.watch(addresses(await response.text())[0])).uris
        assert (await here.get("/healthz"))[0] == 200
        await here.move(2)
        assert (await here.watch(known)).uris[-1] != before.uris[-1], "the leader goes on"
        wire.says = None
