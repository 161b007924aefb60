"""The store in Redis 6.2 or later, or Valkey. The only module of this package that knows the redis library."""

from __future__ import annotations

import asyncio
import struct
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any, Final
from urllib.parse import parse_qsl, urlsplit

from redis.asyncio import ConnectionPool, Redis, UnixDomainSocketConnection
from redis.asyncio.client import PubSub
from redis.exceptions import NoScriptError, RedisError

from domain.errors import FencedError, InputError, StoreError
from ssai.store import blobs, keys, limits
from ssai.store.port import BLOCK, MAX_SEAT, SeatRow
from ssai.store.scripts import script

CONNECTIONS: Final = 16
"""Redis runs one command at a time and one connection reaches about 8,000 round trips a second: sixteen in flight keep
a Redis busy, more would only queue there. What waits for a connection waits within its time limit."""
FOLLOWERS: Final = 64
"""Channels that one worker can follow, one subscribed connection each."""
_URL: Final = "a redis://, rediss:// or unix:// URL with no options but db, username, password and ssl_*"
_PODS_A_CALL: Final = 1024
"""Pods sent with one command: about 1 ms of Redis."""


class RedisStore:
    """``ssai.store.port.Store`` in Redis.

    ``target`` is a URL (``redis://``, ``rediss://``, ``unix://``) or the path of a UNIX socket. Each call ends within
    ``limit_ms``: with its answer or with ``StoreError``, whose cause is kept. After a ``StoreError`` a write may have
    been done or not; all but ``publish`` may simply be repeated. A follower looks for a version that no message told it
    of every ``poll_ms``. Connections are made when needed; a store that was away is found again by the same object.

    Raises ``InputError`` for a URL that cannot be read.
    """

    def __init__(self, target: str | Path, *, limit_ms: int = 1000, poll_ms: int = 500) -> None:
        self._limit = limits.within("limit_ms", limit_ms, 1, 60_000) / 1000
        self._poll = limits.within("poll_ms", poll_ms, 1, 60_000) / 1000
        self._closed = False
        # Waiting is done here: the library's own waiting pool can lose a connection when a wait is cancelled.
        self._places = asyncio.Semaphore(CONNECTIONS)
        # Calls are timed as a whole below, so none of the library's read timeouts, and no retries that would use them
        # up; its connect timeout bounds the closing of a connection too.
        options: dict[str, Any] = {
            "protocol": 2,
            "driver_info": None,
            "socket_timeout": None,
            "socket_connect_timeout": self._limit,
        }
        if isinstance(target, Path):
            options |= {"connection_class": UnixDomainSocketConnection, "path": str(target)}
            self._calls = ConnectionPool(max_connections=CONNECTIONS, **options)
            self._followers = ConnectionPool(max_connections=FOLLOWERS, **options)
        else:
            try:
                _check_query(target)
                self._calls = ConnectionPool.from_url(target, max_connections=CONNECTIONS, **options)
                self._followers = ConnectionPool.from_url(target, max_connections=FOLLOWERS, **options)
                # Made only, not connected: shows an option that nobody knows.
                make: Callable[[], object] = self._calls.make_connection
                make()
            except (ValueError, TypeError):
                # Neither the URL nor the cause is repeated: both may hold the password.
                raise InputError("store", _URL, "one that cannot be read") from None
        # The library leaves this method untyped; every reply is checked or converted where it is used.
        self._ask: Callable[..., Awaitable[Any]] = Redis(connection_pool=self._calls).execute_command
        self._subscriber = Redis(connection_pool=self._followers)

    async def ping(self) -> None:
        """See ``Store.ping``."""
        async with self._within("ping"):
            await self._ask("PING")

    async def close(self) -> None:
        """See ``Store.close``; every later call, and every follower, gets ``StoreError``."""
        self._closed = True
        with _mapped("close"):
            try:
                await self._calls.disconnect()
            finally:
                await self._followers.disconnect()

    async def lead(self, channel: str, worker: str, ttl_ms: int) -> int | None:
        """See ``Store.lead``."""
        names = self._channel(channel, "lease", "term")
        holder, ttl = limits.worker(worker), limits.lease(ttl_ms)
        async with self._within("lead"):
            term = await self._run("lead", names, holder, ttl)
        return None if term is None else int(term)

    async def resign(self, channel: str, worker: str) -> None:
        """See ``Store.resign``."""
        names = self._channel(channel, "lease")
        holder = limits.worker(worker)
        async with self._within("resign"):
            await self._run("resign", names, holder)

    async def publish(
        self, channel: str, fence: int, number: int, snapshot: bytes, closed: Mapping[str, bytes]
    ) -> None:
        """See ``Store.publish``."""
        names = self._channel(channel, "term", "number", "snapshot", "breaks")
        limits.version(fence, number, snapshot, closed)
        records = [part for item in closed.items() for part in item]
        async with self._within("publish"):
            refused = await self._run(
                "publish", names, fence, number, snapshot, keys.channel(channel, "versions"), *records
            )
        if refused == b"term":
            raise FencedError(f"publish: term {fence} of channel {channel} is over")
        if refused == b"number":
            raise FencedError(f"publish: channel {channel} has version {number} or a later one")

    async def snapshot(self, channel: str) -> bytes | None:
        """See ``Store.snapshot``."""
        (name,) = self._channel(channel, "snapshot")
        async with self._within("snapshot"):
            return _optional(await self._ask("GET", name))

    def versions(self, channel: str) -> AsyncGenerator[bytes, None]:
        """See ``Store.versions``. A message only wakes: what is delivered is what is stored."""
        number, snapshot = self._channel(channel, "number", "snapshot")
        return self._follow(keys.channel(channel, "versions"), number, snapshot)

    async def breaks(self, channel: str) -> dict[str, bytes]:
        """See ``Store.breaks``."""
        (name,) = self._channel(channel, "breaks")
        async with self._within("breaks"):
            found: dict[bytes, bytes] = await self._ask("HGETALL", name)
        return {key.decode(): record for key, record in found.items()}

    async def seat(self, event: str, viewer: str, join: int) -> SeatRow:
        """See ``Store.seat``. Row and join lie on two nodes of a cluster, hence two scripts; a call that failed between
        them is made whole by the viewer's next.
        """
        limits.name("event", event)
        partition, field = keys.viewer(event, limits.viewer(viewer))
        cell = blobs.join_cell(limits.join(join))
        async with self._within("seat"):
            row = blobs.seat_row(
                await self._run("seat", [partition, keys.event(event, "seats")], field, cell, MAX_SEAT)
            )
            number, offset = divmod(row.seat, BLOCK)
            await self._run(
                "join",
                [keys.block(event, number, "joins")],
                offset * blobs.JOIN_BYTES,
                blobs.join_cell(row.join),
            )
        return row

    async def joins(self, event: str, block: int) -> bytes:
        """See ``Store.joins``."""
        name = keys.block(limits.name("event", event), limits.block(block), "joins")
        async with self._within("joins"):
            stored = _optional(await self._ask("GET", name))
        return (stored or b"").ljust(len(blobs.NO_JOINS), b"\0")

    async def seats(self, event: str) -> int:
        """See ``Store.seats``."""
        name = keys.event(limits.name("event", event), "seats")
        async with self._within("seats"):
            return int(await self._ask("GET", name) or 0)

    async def set_traits(self, event: str, seat: int, traits: bytes) -> None:
        """See ``Store.set_traits``."""
        name = self._traits(event, seat)
        async with self._within("set_traits"):
            await self._ask("HSET", name, seat % BLOCK, limits.traits(traits))

    async def traits(self, event: str, seat: int) -> bytes:
        """See ``Store.traits``."""
        name = self._traits(event, seat)
        async with self._within("traits"):
            return _optional(await self._ask("HGET", name, seat % BLOCK)) or b""

    async def add_pods(self, event: str, break_key: str, pods: Sequence[bytes]) -> list[int]:
        """See ``Store.add_pods``. All or nothing for up to 1024 pods; longer tables go in several steps."""
        names = self._table(event, break_key)
        limits.pods(pods)
        numbers: list[int] = []
        async with self._within("add_pods"):
            for first in range(0, len(pods), _PODS_A_CALL):
                parts = [part for pod in pods[first : first + _PODS_A_CALL] for part in (keys.pod(pod), pod)]
                numbers += await self._run("pods", names, limits.MAX_PODS, *parts)
        return numbers

    async def pods(self, event: str, break_key: str) -> list[bytes]:
        """See ``Store.pods``."""
        table, _ = self._table(event, break_key)
        async with self._within("pods"):
            return list(await self._ask("LRANGE", table, 0, -1))

    async def pin(self, event: str, break_key: str, block: int, rows: Mapping[int, int]) -> bytes:
        """See ``Store.pin``."""
        name = self._assignment(event, break_key, block)
        ordered = limits.rows(rows)
        if not ordered:
            return await self.assignment(event, break_key, block)
        async with self._within("pin"):
            return bytes(await self._run("pin", [name], blobs.assignment(ordered), blobs.pairs(ordered)))

    async def assignment(self, event: str, break_key: str, block: int) -> bytes:
        """See ``Store.assignment``."""
        name = self._assignment(event, break_key, block)
        async with self._within("assignment"):
            return _optional(await self._ask("GET", name)) or blobs.NO_PODS

    async def secret(self, name: str, fresh: bytes) -> bytes:
        """See ``Store.secret``."""
        key = keys.secret(limits.name("secret", name))
        limits.sized("secret", fresh, limits.MAX_SECRET)
        async with self._within("secret"):
            return bytes(await self._run("secret", [key], fresh))

    async def insertion(self, channel: str) -> bool:
        """See ``Store.insertion``."""
        (name,) = self._channel(channel, "insertion")
        async with self._within("insertion"):
            return _optional(await self._ask("GET", name)) != b"0"

    async def set_insertion(self, channel: str, on: bool) -> None:
        """See ``Store.set_insertion``."""
        (name,) = self._channel(channel, "insertion")
        async with self._within("set_insertion"):
            await self._ask("SET", name, int(on))

    async def _follow(self, topic: str, number: str, snapshot: str) -> AsyncGenerator[bytes, None]:
        subscription = self._subscriber.pubsub()
        unsubscribe: Callable[[], Awaitable[None]] = subscription.aclose
        try:
            # Confirmed before the first look, so that nothing is published unseen between the two.
            async with self._within("versions"):
                await subscription.subscribe(topic)
                await subscription.get_message(timeout=None)
            seen: tuple[bytes, bytes] | None = None
            look = True
            while True:
                if look:
                    version = await self._version(number, snapshot)
                    if version is not None and version != seen:
                        seen = version
                        yield version[1]
                look = await self._woken(subscription) or await self._moved(number, seen)
        finally:
            with _mapped("versions"):
                await unsubscribe()

    async def _woken(self, subscription: PubSub) -> bool:
        """Whether a message came before it is time to look without one."""
        if self._closed:
            raise StoreError("versions: the store is closed")
        with _mapped("versions"):
            return await subscription.get_message(ignore_subscribe_messages=True, timeout=self._poll) is not None

    async def _moved(self, number: str, seen: tuple[bytes, bytes] | None) -> bool:
        """Whether another version is stored than the one seen; asks for its number only, not for its megabytes."""
        async with self._within("versions"):
            stored = _optional(await self._ask("GET", number))
        return stored != (None if seen is None else seen[0])

    async def _version(self, number: str, snapshot: str) -> tuple[bytes, bytes] | None:
        async with self._within("versions"):
            stored, content = await self._ask("MGET", number, snapshot)
        return None if stored is None or content is None else (stored, content)

    async def _run(self, name: str, names: Sequence[str], *arguments: bytes | str | int) -> Any:
        """Run a script by its digest; Redis is sent the text only when it does not know it (it forgets on restart)."""
        code = script(name)
        try:
            return await self._ask("EVALSHA", code.sha, len(names), *names, *arguments)
        except NoScriptError:
            return await self._ask("EVAL", code.text, len(names), *names, *arguments)

    @asynccontextmanager
    async def _within(self, call: str) -> AsyncIterator[None]:
        """The time limit of one call, and the library's errors as ours."""
        if self._closed:
            raise StoreError(f"{call}: the store is closed")
        with _mapped(call):
            async with asyncio.timeout(self._limit), self._places:
                yield

    @staticmethod
    def _channel(channel: str, *what: str) -> list[str]:
        limits.name("channel", channel)
        return [keys.channel(channel, part) for part in what]

    @staticmethod
    def _table(event: str, break_key: str) -> list[str]:
        limits.name("event", event)
        limits.name("break", break_key)
        return [keys.event(event, f"pods:{break_key}"), keys.event(event, f"numbers:{break_key}")]

    @staticmethod
    def _traits(event: str, seat: int) -> str:
        return keys.block(limits.name("event", event), limits.seat(seat) // BLOCK, "traits")

    @staticmethod
    def _assignment(event: str, break_key: str, block: int) -> str:
        limits.name("break", break_key)
        return keys.block(limits.name("event", event), limits.block(block), f"assignment:{break_key}")


def _check_query(url: str) -> None:
    """Options in a URL would win over this module's own, the reply format among them: ``ValueError`` for such."""
    for key, _ in parse_qsl(urlsplit(url).query):
        if key not in {"db", "username", "password"} and not key.startswith("ssl_"):
            raise ValueError(key)


@contextmanager
def _mapped(call: str) -> Iterator[None]:
    try:
        yield
    except TimeoutError as error:
        raise StoreError(f"{call}: no answer from Redis in time") from error
    except (RedisError, OSError) as error:
        raise StoreError(f"{call}: {error or type(error).__name__}") from error
    except (struct.error, TypeError) as error:
        raise StoreError(f"{call}: Redis holds something else under this name ({error})") from error


def _optional(reply: Any) -> bytes | None:
    return None if reply is None else bytes(reply)
