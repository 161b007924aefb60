"""The process that asks. Lean, so that one core of it outruns one core of any server measured.

Requests are bytes made beforehand; a response is read by its Content-Length and counted; one request in flight on each
connection. Every so many responses one is kept whole.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import cycle
from time import monotonic, process_time
from typing import Any, Final

import uvloop

from replay.bench.servers import Pipe

WARM_UP: Final = 0.5
"""Seconds of load before counting begins: connections, caches and the processor's clock settle."""
PATIENCE: Final = 10.0
"""Seconds in which every connection must have been served once more after the end."""


@dataclass(frozen=True, slots=True)
class Order:
    """What to ask of whom: the paths in turn, for ``seconds``, and every ``sample``-th body kept (0: none)."""

    port: int
    pid: int
    paths: Sequence[str]
    seconds: float
    connections: int
    sample: int


@dataclass(slots=True)
class Outcome:
    """What came back. ``busy`` and ``server_busy`` are shares of a core, of this process and of the server's."""

    responses: int
    seconds: float
    length: int
    """Bytes of bodies in all."""
    busy: float
    server_busy: float
    failures: int
    samples: list[tuple[int, float, float, bytes]]
    """Place of the path, sent and received (monotonic seconds), body."""

    @property
    def rate(self) -> float:
        """Responses a second, by the clock."""
        return self.responses / self.seconds

    @property
    def core_rate(self) -> float:
        """Responses for each second of processor time of the server."""
        return self.rate / self.server_busy


def run_load(pipe: Pipe, core: int, _: None) -> None:
    """Take ``Order`` after ``Order`` from the pipe until "stop" comes; send an ``Outcome`` for each."""
    os.sched_setaffinity(0, {core})
    while isinstance(order := pipe.recv(), Order):
        pipe.send(uvloop.run(_run(order)))


@dataclass(slots=True)
class _Tally:
    """Shared by all connections of a run."""

    requests: Sequence[bytes]
    turns: Iterator[int]
    sample: int
    going: bool = True
    counting: bool = False
    responses: int = 0
    length: int = 0
    failures: int = 0
    until_sample: int = 1
    open: int = 0
    samples: list[tuple[int, float, float, bytes]] = field(default_factory=list)
    closed: asyncio.Event = field(default_factory=asyncio.Event)


class _Connection(asyncio.Protocol):
    __slots__ = ("_expected", "_kept", "_left", "_sent", "_tally", "_transport", "_turn")

    def __init__(self, tally: _Tally) -> None:
        self._tally = tally
        self._left = 0
        self._expected = 0
        self._kept: list[bytes] | None = None
        self._sent = 0.0
        self._turn = 0

    def connection_made(self, transport: Any) -> None:
        self._transport: asyncio.Transport = transport
        self._tally.open += 1
        self._ask()

    def connection_lost(self, exc: Exception | None) -> None:
        tally = self._tally
        if tally.going or exc is not None:
            tally.failures += 1
        tally.open -= 1
        if not tally.open:
            tally.closed.set()

    def _ask(self) -> None:
        tally = self._tally
        turn = self._turn = next(tally.turns)
        if tally.sample and tally.counting:
            tally.until_sample -= 1
            if not tally.until_sample:
                tally.until_sample = tally.sample
                self._kept, self._sent = [], monotonic()
        self._transport.write(tally.requests[turn])

    def data_received(self, data: bytes) -> None:
        if self._kept is not None:
            self._kept.append(data)
        if self._left:
            self._left -= len(data)
        else:
            # Servers on one machine send the head in one piece; anything else counts as a failure.
            place = data.find(b"\r\nContent-Length: ")
            end = data.find(b"\r\n\r\n")
            if place < 0 or end < 0 or not data.startswith(b"HTTP/1.1 200"):
                self._tally.failures += 1
                self._transport.close()
                return
            self._expected = int(data[place + 18 : data.index(b"\r", place + 18)])
            self._left = self._expected + end + 4 - len(data)
        if not self._left:
            self._answered()

    def _answered(self) -> None:
        tally = self._tally
        if self._kept is not None:
            body = b"".join(self._kept)[-self._expected :]
            tally.samples.append((self._turn, self._sent, monotonic(), body))
            self._kept = None
        if tally.counting:
            tally.responses += 1
            tally.length += self._expected
        if tally.going:
            self._ask()
        else:
            self._transport.close()


async def _run(order: Order) -> Outcome:
    head = f"HTTP/1.1\r\nHost: 127.0.0.1:{order.port}\r\nUser-Agent: player\r\nAccept: */*\r\n\r\n"
    requests = [f"GET {path} {head}".encode() for path in order.paths]
    tally = _Tally(requests, cycle(range(len(requests))), order.sample)
    loop = asyncio.get_running_loop()
    for _ in range(order.connections):
        await loop.create_connection(lambda: _Connection(tally), "127.0.0.1", order.port)
    await asyncio.sleep(WARM_UP)
    started, own, server = monotonic(), process_time(), _processor_seconds(order.pid)
    tally.counting = True
    await asyncio.sleep(order.seconds)
    tally.counting = False
    seconds = monotonic() - started
    busy, server_busy = process_time() - own, _processor_seconds(order.pid) - server
    tally.going = False
    async with asyncio.timeout(PATIENCE):
        await tally.closed.wait()
    return Outcome(
        tally.responses,
        seconds,
        tally.length,
        busy / seconds,
        server_busy / seconds,
        tally.failures,
        tally.samples,
    )


def _processor_seconds(pid: int) -> float:
    """User and system time of a process (proc(5): fields 14 and 15 of stat)."""
    with open(f"/proc/{pid}/stat", encoding="ascii") as file:  # noqa: PTH123 - proc, not a file to be kept
        fields = file.read().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
