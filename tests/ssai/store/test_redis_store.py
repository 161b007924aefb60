"""What only the Redis store has: key tags, lost messages, a bounded pool, lost data, private URLs."""

from __future__ import annotations

import asyncio
import re
import socket as sockets
import subprocess
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from domain.errors import InputError, StoreError
from ssai.store import redis_process
from ssai.store.embedded import EmbeddedRedis
from ssai.store.redis_store import CONNECTIONS, FOLLOWERS, RedisStore


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[EmbeddedRedis]:
    async with EmbeddedRedis(tmp_path) as running:
        yield running


@pytest.fixture
async def store(server: EmbeddedRedis) -> AsyncIterator[RedisStore]:
    client = RedisStore(server.socket, limit_ms=5000, poll_ms=50)
    yield client
    await client.close()


async def say(socket: Path, command: str) -> str:
    reader, writer = await asyncio.open_unix_connection(socket)
    try:
        writer.write(command.encode() + b"\r\n")
        line = (await reader.readline()).decode().strip()
        return (await reader.readexactly(int(line[1:]))).decode() if line.startswith("$") else line
    finally:
        writer.close()
        await writer.wait_closed()


async def test_no_call_spans_two_slots_of_a_cluster(tmp_path: Path) -> None:
    with sockets.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1] % 40_000 + 2_000  # the cluster's own port is 10,000 higher
    path = tmp_path / "s"
    options = {"port": str(port), "bind": "127.0.0.1", "unixsocket": str(path), "dir": str(tmp_path), "save": ""}
    command = [part for key, value in options.items() for part in (f"--{key}", value)]
    with subprocess.Popen(
        [redis_process.program(), *command, "--cluster-enabled", "yes"], stdout=subprocess.DEVNULL
    ) as process:
        try:
            until = time.monotonic() + 10
            while not path.exists():
                assert time.monotonic() < until
                await asyncio.sleep(0.01)
            for first in range(0, 16_384, 4096):
                slots = " ".join(map(str, range(first, first + 4096)))
                assert await say(path, f"CLUSTER ADDSLOTS {slots}") == "+OK"
            while await say(path, "SET ready 1") != "+OK":
                assert time.monotonic() < until
                await asyncio.sleep(0.05)
            assert (await say(path, "MGET ready other")).startswith("-CROSSSLOT")
            store = RedisStore(path, limit_ms=5000)
            fence = await store.lead("c", "w", 60_000)
            assert fence is not None
            await store.publish("c", fence, 1, b"one", {"1": b"x"})
            versions = store.versions("c")
            assert await anext(versions) == b"one"
            await versions.aclose()
            await store.resign("c", "w")
            assert await store.breaks("c") == {"1": b"x"}
            for viewer in range(20):
                assert (await store.seat("e", f"v{viewer}", 7)).seat == viewer
            assert any(await store.joins("e", 0))
            assert await store.add_pods("e", "b", [b"p"]) == await store.add_pods("e", "b", [b"p"]) == [1]
            assert await store.pin("e", "b", 1, {0: 1}) == await store.pin("e", "b", 1, {0: 2})
            assert await store.secret("s", b"x") == b"x"
            await store.set_insertion("c", False)
            assert await store.insertion("c") is False
            await store.close()
        finally:
            process.terminate()


async def test_a_lost_message_costs_one_poll(server: EmbeddedRedis, store: RedisStore) -> None:
    fence = await store.lead("c", "w", 60_000)
    assert fence is not None
    await store.publish("c", fence, 1, b"one", {})
    versions = store.versions("c")
    assert await anext(versions) == b"one"
    waiting = asyncio.ensure_future(anext(versions))
    await asyncio.sleep(0.02)
    await say(server.socket, "MSET halftime:{c}:snapshot two halftime:{c}:number 2")
    assert await asyncio.wait_for(waiting, 1) == b"two"
    await versions.aclose()


async def test_a_message_without_a_version_wakes_nobody(server: EmbeddedRedis, store: RedisStore) -> None:
    fence = await store.lead("c", "w", 60_000)
    assert fence is not None
    await store.publish("c", fence, 1, b"one", {})
    versions = store.versions("c")
    assert await anext(versions) == b"one"
    waiting = asyncio.ensure_future(anext(versions))
    await asyncio.sleep(0.02)
    assert await say(server.socket, "PUBLISH halftime:{c}:versions 9") == ":1"
    await asyncio.sleep(0.15)
    assert not waiting.done()
    waiting.cancel()
    await asyncio.gather(waiting, return_exceptions=True)
    await versions.aclose()


async def test_terms_rise_where_the_data_was_lost(server: EmbeddedRedis, store: RedisStore) -> None:
    before = await store.lead("c", "w", 60_000)
    assert before is not None
    await store.publish("c", before, 5, b"five", {})
    assert await say(server.socket, "FLUSHALL") == "+OK"
    await asyncio.sleep(0.002)
    after = await store.lead("c", "w", 60_000)
    assert after is not None
    assert after > before
    await store.publish("c", after, 5, b"five again", {})


async def test_a_join_that_was_not_stored_is_stored_later(server: EmbeddedRedis, store: RedisStore) -> None:
    await store.seat("e", "v", 77)
    assert await say(server.socket, "DEL halftime:{e:0}:joins") == ":1"
    assert (await store.seat("e", "v", 99)).join == 77
    assert (await store.joins("e", 0))[:8] == (77).to_bytes(8, "little")


async def test_a_rejoin_writes_nothing(store: RedisStore, tmp_path: Path) -> None:
    await store.seat("e", "v", 77)
    before = (tmp_path / "appendonly.aof").stat().st_size
    assert (await store.seat("e", "v", 99)).join == 77
    assert (tmp_path / "appendonly.aof").stat().st_size == before


async def test_a_full_table_of_pods_takes_no_more(server: EmbeddedRedis, store: RedisStore) -> None:
    await store.add_pods("e", "b", [b"first"])
    fill = "\"for i=2,65534 do redis.call('RPUSH',KEYS[1],i) end return 1\""
    await say(server.socket, f"EVAL {fill} 1 halftime:{{e}}:pods:b")
    assert await say(server.socket, "LLEN halftime:{e}:pods:b") == ":65534"
    with pytest.raises(StoreError, match="no pod number left"):
        await store.add_pods("e", "b", [b"x", b"y"])
    assert await say(server.socket, "LLEN halftime:{e}:pods:b") == ":65534"
    assert await store.add_pods("e", "b", [b"first", b"x", b"x"]) == [1, 65535, 65535]


async def test_viewer_keys_are_not_stored(store: RedisStore, tmp_path: Path) -> None:
    await store.seat("e", "ann@example.org", 7)
    assert b"ann@example" not in (tmp_path / "appendonly.aof").read_bytes()


async def test_a_burst_stays_within_the_pool(server: EmbeddedRedis, store: RedisStore) -> None:
    rows = await asyncio.gather(*(store.seat("e", f"v{viewer}", 1) for viewer in range(500)))
    assert sorted(row.seat for row in rows) == list(range(500))
    clients = re.search(r"connected_clients:(\d+)", await say(server.socket, "INFO clients"))
    assert clients is not None
    assert int(clients[1]) <= CONNECTIONS + 1


async def test_followers_are_bounded_and_leave_no_connection(store: RedisStore) -> None:
    fence = await store.lead("c", "w", 60_000)
    assert fence is not None
    await store.publish("c", fence, 1, b"one", {})
    followers = [store.versions("c") for _ in range(FOLLOWERS)]
    assert await asyncio.gather(*(anext(follower) for follower in followers)) == [b"one"] * FOLLOWERS
    with pytest.raises(StoreError):
        await anext(store.versions("c"))
    for follower in followers:
        await follower.aclose()
    again = store.versions("c")
    assert await anext(again) == b"one"
    await again.aclose()


async def test_a_cancelled_call_spoils_no_connection(store: RedisStore) -> None:
    for turn in range(60):
        calls = [asyncio.ensure_future(store.secret(f"s{turn}-{k}", b"%d" % k)) for k in range(20)]
        await asyncio.sleep(turn * 0.00005)
        for call in calls[::2]:
            call.cancel()
        answers = await asyncio.gather(*calls, return_exceptions=True)
        for k, answer in enumerate(answers):
            assert isinstance(answer, asyncio.CancelledError) or answer == b"%d" % k


@pytest.mark.parametrize(
    "url",
    [
        "http://user:hunter2@host",
        "hunter2",
        "redis://:hunter2@host:port/0",
        "redis://user:hunter2/@host",
        "redis://:hunter2@host/0?decode_responses=true",
        "redis://:hunter2@host/0?ssl_unknown=1",
        "redis://[hunter2",
    ],
)
def test_a_bad_url_is_named_without_its_password(url: str) -> None:
    with pytest.raises(InputError) as error:
        RedisStore(url)
    assert "hunter2" not in str(error.value)
    assert error.value.__cause__ is None


@pytest.mark.parametrize("options", [{"limit_ms": 0}, {"poll_ms": 0}, {"limit_ms": 60_001}])
def test_bad_limits_are_refused(options: dict[str, int], tmp_path: Path) -> None:
    with pytest.raises(ValueError):
        RedisStore(tmp_path, **options)


async def test_a_good_url_works(server: EmbeddedRedis) -> None:
    store = RedisStore(f"unix://{server.socket}?db=0")
    await store.ping()
    await store.close()
