"""Run an edge: store, channels, the HTTP door; end gracefully."""

from __future__ import annotations

import asyncio
import logging
import signal
from collections.abc import AsyncIterator, Iterable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import Final

from halftime.settings import Settings
from halftime.wiring import build_channel, open_store, worker_name
from ssai.edge.channel import EdgeChannel
from ssai.edge.collector import spare
from ssai.edge.http import EdgeDoor
from ssai.edge.limits import Limits
from ssai.edge.listen import listen
from ssai.edge.metrics import Labels, Readings, RequestMetrics, registry

DRAIN: Final = 0.5
"""Seconds between saying "not ready" and closing the listener, so that load balancers look elsewhere first."""

log = logging.getLogger("halftime.serve")


@dataclass(frozen=True, slots=True)
class RunningEdge:
    """An edge that serves. ``url`` has no slash at its end."""

    url: str
    door: EdgeDoor
    channels: dict[str, EdgeChannel]


@asynccontextmanager
async def edge(settings: Settings) -> AsyncIterator[RunningEdge]:
    """Start everything in order, and stop it in reverse. The listener opens only when the recorded state is loaded."""
    async with AsyncExitStack() as stack:
        store = await stack.enter_async_context(open_store(settings.store))
        worker = worker_name(settings)
        channels = {
            name: await build_channel(name, channel, store, worker) for name, channel in settings.channels.items()
        }
        for channel in channels.values():
            stack.push_async_callback(channel.origin.close)
            await channel.start()
        requests, readings = RequestMetrics(), Readings()
        _measure(readings, channels)
        limits = Limits(connections=settings.server.connections, sessions=settings.server.sessions)
        ads = {
            name: channel.creatives.resolve()
            for name, channel in settings.channels.items()
            if channel.creatives is not None
        }
        door = EdgeDoor(channels, ads, registry(requests, readings), requests, limits)
        tasks = [
            asyncio.create_task(run(), name=f"{kind} {name}")
            for name, channel in channels.items()
            for kind, run in (("poller", channel.poller.run), ("follower", channel.follow))
        ]
        stack.push_async_callback(_end, tasks)
        spare()
        port = await stack.enter_async_context(listen(door, settings.server.host, settings.server.port, limits))
        yield RunningEdge(f"http://{settings.server.host}:{port}", door, channels)
        door.closing = True


async def _end(tasks: list[asyncio.Task[None]]) -> None:
    for task in tasks:
        task.cancel()
    for result in await asyncio.gather(*tasks, return_exceptions=True):
        if isinstance(result, Exception):
            log.error("task ended with an error", exc_info=result)


async def serve(settings: Settings) -> None:
    """Serve until SIGINT or SIGTERM. A poller or follower that ends by itself ends the process: no half-dead edge."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    async with edge(settings) as running:
        log.info("serving", extra={"url": running.url, "channels": list(running.channels)})
        watched = [task for task in asyncio.all_tasks() if task.get_name().partition(" ")[0] in {"poller", "follower"}]
        waiting = asyncio.create_task(stop.wait(), name="stop")
        done, _ = await asyncio.wait([waiting, *watched], return_when=asyncio.FIRST_COMPLETED)
        running.door.closing = True
        if waiting in done:
            log.info("closing")
            await asyncio.sleep(DRAIN)
        else:
            waiting.cancel()
            for task in done:
                task.result()


def _measure(readings: Readings, channels: dict[str, EdgeChannel]) -> None:
    def staleness() -> Iterable[Labels]:
        return [((name,), channel.poller.health.staleness) for name, channel in channels.items()]

    def failures() -> Iterable[Labels]:
        return [
            ((name, reason), float(count))
            for name, channel in channels.items()
            for reason, count in channel.poller.health.failures.items()
        ]

    def reasons() -> Iterable[Labels]:
        return [
            ((name, reason), float(count))
            for name, channel in channels.items()
            for reason, count in channel.worker.reasons.items()
        ]

    def breaks() -> Iterable[Labels]:
        counts: dict[tuple[str, ...], float] = {}
        for name, channel in channels.items():
            version = channel.worker.version
            if version is None:
                continue
            for record in version.breaks:
                key = (name, record.state(version.least_edge).value, record.reason.value if record.reason else "")
                counts[key] = counts.get(key, 0) + 1
        return list(counts.items())

    def sessions() -> Iterable[Labels]:
        return [((name,), float(channel.worker.seats)) for name, channel in channels.items()]

    def numbers() -> Iterable[Labels]:
        return [
            ((name,), float(version.number))
            for name, channel in channels.items()
            if (version := channel.worker.version) is not None
        ]

    def leading() -> Iterable[Labels]:
        return [((name,), float(channel.poller.leading)) for name, channel in channels.items()]

    channel = ("channel",)
    readings.gauge("halftime_origin_staleness_seconds", "Time since the channel last advanced", channel, staleness)
    readings.counter("halftime_origin_failures", "Polls that failed", ("channel", "reason"), failures)
    readings.counter("halftime_reasons", "What went otherwise than wished", ("channel", "reason"), reasons)
    readings.gauge("halftime_breaks", "Breaks in some window", ("channel", "state", "reason"), breaks)
    readings.gauge("halftime_sessions", "Seats taken as far as this worker knows", channel, sessions)
    readings.gauge("halftime_channel_version", "The channel version in force", channel, numbers)
    readings.gauge("halftime_leading", "Whether this worker polls the origin", channel, leading)
