"""The processes that answer, each on the core it is given: the edge, and two servers of a constant body.

They are driven over a pipe: "go" and "pause" let the event's origin slide or stand, "log" asks for the versions'
instants, "stop" ends the process. The first message that comes back is a ``Ready``.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from multiprocessing.connection import Connection
from typing import TYPE_CHECKING, Any

import uvloop
from aiohttp import web

from replay.bench.event import CHANNEL, RENDITIONS, SlidingOrigin
from replay.bench.filled import RULES, WORKER, Filled, Size, filled
from replay.origin.server import wall_clock
from ssai.channel.poller import Poller
from ssai.edge.channel import EdgeChannel
from ssai.edge.collector import spare
from ssai.edge.http import PLAYLIST_TYPE, EdgeDoor
from ssai.edge.limits import Limits
from ssai.edge.listen import listen
from ssai.edge.metrics import Labels, Readings, RequestMetrics, registry
from ssai.sessions.token import Tokens
from ssai.sessions.traits import QueryRules

if TYPE_CHECKING:
    Pipe = Connection[Any, Any]
else:
    Pipe = Connection  # generic for type checkers alone

Entry = Callable[[Pipe, int, Any], None]
"""What runs in a process of its own: its end of the pipe, its core, and what it needs to know."""


@dataclass(frozen=True, slots=True)
class Ready:
    """Where a server listens, its process, and (the edge) the paths of all sessions' media playlists with the seat and
    rendition of each.
    """

    port: int
    pid: int
    paths: tuple[tuple[int, str, str], ...] = ()


def run_edge(pipe: Pipe, core: int, size: Size) -> None:
    """The edge as ``halftime serve`` runs it: uvloop, tokens, metrics, poller and follower, collector spared."""
    os.sched_setaffinity(0, {core})
    uvloop.run(_edge(pipe, size))


def run_static_app(pipe: Pipe, core: int, length: int) -> None:
    """A constant body as most people serve one: ``web.Application`` with a route."""
    os.sched_setaffinity(0, {core})
    uvloop.run(_static_app(pipe, b"#" * length))


def run_static_server(pipe: Pipe, core: int, length: int) -> None:
    """A constant body by the lean form that the edge itself uses: ``web.Server`` without a router."""
    os.sched_setaffinity(0, {core})
    uvloop.run(_static_server(pipe, b"#" * length))


async def _edge(pipe: Pipe, size: Size) -> None:
    made = await filled(size)
    channel, origin = edge_channel(made, size)
    requests, readings = RequestMetrics(), Readings()
    readings.gauge("halftime_sessions", "Seats taken", ("channel",), lambda: _seats(made))
    limits = Limits()
    door = EdgeDoor({CHANNEL: channel}, {}, registry(requests, readings), requests, limits)
    async with AsyncExitStack() as stack:
        await channel.start()
        spare()
        tasks = [asyncio.create_task(run()) for run in (channel.poller.run, channel.follow)]
        port = await stack.enter_async_context(listen(door, "127.0.0.1", 0, limits))
        pipe.send(Ready(port, os.getpid(), tuple(_paths(channel.tokens, made))))

        def told(command: str) -> None:
            origin.running = command == "go"
            if command == "log":
                pipe.send(made.worker.adopted)

        await _obey(pipe, told)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def edge_channel(made: Filled, size: Size) -> tuple[EdgeChannel, SlidingOrigin]:
    """The channel of a running edge that goes on from the history, and the origin that it polls."""
    origin = SlidingOrigin(size.steps)
    poller = Poller(CHANNEL, WORKER, origin, made.store, RULES, made.worker.adopt, clock=wall_clock, seed=1)
    tokens = Tokens(CHANNEL, [b"a key of the benchmarks' own"])
    return EdgeChannel(CHANNEL, made.worker, poller, origin, made.store, tokens, QueryRules()), origin


def _seats(made: Filled) -> list[Labels]:
    return [((CHANNEL,), float(made.worker.seats))]


def _paths(tokens: Tokens, made: Filled) -> list[tuple[int, str, str]]:
    """Each viewer watches one video rendition and hears the sound."""
    paths: list[tuple[int, str, str]] = []
    for session in made.sessions:
        token = tokens.sign(session)
        paths += [
            (session.seat, rendition, f"/live/{CHANNEL}/{token}/{rendition}.m3u8")
            for rendition in (RENDITIONS[session.seat % 2], RENDITIONS[2])
        ]
    return paths


async def _static_app(pipe: Pipe, body: bytes) -> None:
    async def constant(_: web.Request) -> web.Response:
        return web.Response(body=body, content_type=PLAYLIST_TYPE)

    app = web.Application()
    app.router.add_get("/live/{channel}/{token}/{file}", constant)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await _static(pipe, runner)


async def _static_server(pipe: Pipe, body: bytes) -> None:
    async def constant(_: web.BaseRequest) -> web.Response:
        return web.Response(body=body, content_type=PLAYLIST_TYPE)

    runner = web.ServerRunner(web.Server(constant, access_log=None))
    await runner.setup()
    await _static(pipe, runner)


async def _static(pipe: Pipe, runner: web.BaseRunner) -> None:
    site = web.TCPSite(runner, "127.0.0.1", 0, backlog=1024)
    await site.start()
    pipe.send(Ready(runner.addresses[0][1], os.getpid()))
    await _obey(pipe, lambda _: None)
    await runner.cleanup()


async def _obey(pipe: Pipe, told: Callable[[str], None]) -> None:
    """Hand every command to ``told`` until "stop" comes, or the other end goes."""
    done = asyncio.Event()

    def read() -> None:
        try:
            command = pipe.recv()
        except EOFError:
            command = "stop"
        if command == "stop":
            done.set()
        else:
            told(command)

    loop = asyncio.get_running_loop()
    loop.add_reader(pipe.fileno(), read)
    await done.wait()
    loop.remove_reader(pipe.fileno())
