"""Redis stops answering, or is gone: ``StoreError`` within the limit, and the same objects work when it is back."""

from __future__ import annotations

import asyncio
import os
import signal
import time
from collections.abc import AsyncIterator, Coroutine
from pathlib import Path
from typing import Any

import pytest

from domain.errors import FencedError, StoreError
from ssai.store.embedded import EmbeddedRedis
from ssai.store.memory import MemoryStore
from ssai.store.port import Store
from ssai.store.redis_store import RedisStore

LIMIT_MS = 400


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[EmbeddedRedis]:
    async with EmbeddedRedis(tmp_path) as running:
        yield running
        if running.pid is not None:
            os.kill(pid(running), signal.SIGCONT)


@pytest.fixture
async def store(server: EmbeddedRedis) -> AsyncIterator[RedisStore]:
    client = RedisStore(server.socket, limit_ms=LIMIT_MS, poll_ms=50)
    await client.ping()
    yield client
    await client.close()


def pid(server: EmbeddedRedis) -> int:
    assert server.pid is not None
    return server.pid


async def first(store: Store) -> bytes:
    return await anext(store.versions("c"))


def every_call(store: Store) -> list[Coroutine[Any, Any, Any]]:
    return [
        store.ping(),
        store.lead("c", "w", 1000),
        store.resign("c", "w"),
        store.publish("c", 1, 1, b"s", {}),
        store.snapshot("c"),
        first(store),
        store.breaks("c"),
        store.seat("e", "v", 1),
        store.joins("e", 0),
        store.seats("e"),
        store.add_pods("e", "b", [b"p"]),
        store.pods("e", "b"),
        store.pin("e", "b", 0, {0: 1}),
        store.assignment("e", "b", 0),
        store.secret("s", b"x"),
        store.insertion("c"),
        store.set_insertion("c", True),
    ]


async def refused(store: Store) -> list[BaseException]:
    begun = time.perf_counter()
    answers = await asyncio.gather(*every_call(store), return_exceptions=True)
    assert time.perf_counter() - begun < 3 * LIMIT_MS / 1000, "within the limit, not one limit after the other"
    for answer in answers:
        assert isinstance(answer, StoreError), answer
        assert not isinstance(answer, FencedError)
    return answers


async def test_a_silent_server(server: EmbeddedRedis, store: RedisStore) -> None:
    os.kill(pid(server), signal.SIGSTOP)
    for answer in await refused(store):
        assert isinstance(answer.__cause__, TimeoutError)
    os.kill(pid(server), signal.SIGCONT)
    await store.ping()
    assert await store.secret("t", b"y") == b"y", "no late answer is taken for another's"
    assert (await store.seat("e", "w", 7)).join == 7


async def test_a_dead_server(server: EmbeddedRedis, store: RedisStore) -> None:
    os.kill(pid(server), signal.SIGKILL)
    for answer in await refused(store):
        assert answer.__cause__ is not None
    await server.start()
    await store.ping()
    assert (await store.seat("e", "v", 5)).seat == 0, "scripts that the new server does not know are sent again"


async def test_a_server_in_trouble_answers_with_an_error(server: EmbeddedRedis, store: RedisStore) -> None:
    reader, writer = await asyncio.open_unix_connection(server.socket)
    writer.write(b"SET halftime:{e}:seats 2147483648\r\nSET halftime:{c}:breaks string\r\n")
    assert await reader.readline() + await reader.readline() == b"+OK\r\n" * 2
    with pytest.raises(StoreError, match="no seat left"):
        await store.seat("e", "v", 1)
    with pytest.raises(StoreError, match="WRONGTYPE"):
        await store.breaks("c")
    writer.write(b"CONFIG SET maxmemory 1\r\n")
    assert await reader.readline() == b"+OK\r\n"
    with pytest.raises(StoreError, match="used memory"):
        await store.set_insertion("c", False)
    assert await store.insertion("c") is True
    writer.close()
    await writer.wait_closed()


@pytest.mark.parametrize("how", [signal.SIGSTOP, signal.SIGKILL])
async def test_a_follower_is_told_and_follows_again(
    server: EmbeddedRedis, store: RedisStore, how: signal.Signals
) -> None:
    fence = await store.lead("c", "w", 60_000)
    assert fence is not None
    await store.publish("c", fence, 1, b"one", {})
    versions = store.versions("c")
    assert await anext(versions) == b"one"
    waiting = asyncio.ensure_future(anext(versions))
    await asyncio.sleep(0.02)
    os.kill(pid(server), how)
    begun = time.perf_counter()
    with pytest.raises(StoreError):
        await waiting
    assert time.perf_counter() - begun < 2
    if how == signal.SIGKILL:
        await server.start()
    else:
        os.kill(pid(server), signal.SIGCONT)
    again = store.versions("c")
    assert await anext(again) == b"one"
    await store.publish("c", fence, 2, b"two", {})
    assert await anext(again) == b"two"
    await again.aclose()


async def test_no_server_at_all(tmp_path: Path) -> None:
    for target in (tmp_path / "none.sock", "redis://127.0.0.1:1/0"):
        store = RedisStore(target, limit_ms=LIMIT_MS)
        await refused(store)
        await store.close()


async def test_a_closed_store_refuses(server: EmbeddedRedis, store: RedisStore) -> None:
    versions = store.versions("c")
    waiting = asyncio.ensure_future(anext(versions))
    await asyncio.sleep(0.02)
    await store.close()
    with pytest.raises(StoreError):
        await asyncio.wait_for(waiting, 1)
    await refused(store)


async def test_the_double_can_be_away_too() -> None:
    store = MemoryStore()
    fence = await store.lead("c", "w", 60_000)
    assert fence is not None
    await store.publish("c", fence, 1, b"one", {})
    versions = store.versions("c")
    assert await anext(versions) == b"one"
    waiting = asyncio.ensure_future(anext(versions))
    await asyncio.sleep(0)
    store.set_away(True)
    with pytest.raises(StoreError):
        await waiting
    await refused(store)
    store.set_away(False)
    assert await store.snapshot("c") == b"one"
