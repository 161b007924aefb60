"""Many viewers on one event loop."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from random import Random
from typing import Final

from domain.units import SECOND, Microseconds
from replay.conformance import Creative
from replay.viewers.client import CONNECTIONS, PATIENCE, Client
from replay.viewers.clock import MonotonicClock
from replay.viewers.tally import Summary
from replay.viewers.viewer import Absence, Habits, Viewer, edge_creative

AT_ONCE: Final = Microseconds(0)
"""All viewers join together."""
SELDOM: Final = 1_000_000
"""Rounds of the young generation between full collections while a crowd watches: none in a day."""


class Crowd:
    """``viewers`` viewers who come one after another and share a pool of connections.

    ``address`` gives the multivariant playlist's address for a viewer's number, from 0. Each joins at an instant drawn
    within ``joins`` microseconds. All draws follow ``seed``: a viewer's are the same however large the crowd.
    """

    def __init__(
        self,
        address: Callable[[int], str],
        viewers: int,
        *,
        seed: int,
        joins: Microseconds = AT_ONCE,
        habits: Habits | None = None,
        creative: Creative = edge_creative,
        connections: int = CONNECTIONS,
        patience: float = PATIENCE,
    ) -> None:
        self._clock: Final = MonotonicClock()
        self._client: Final = Client(connections=connections, patience=patience, clock=self._clock)
        self._rngs: Final = [Random(f"{seed}/{number}") for number in range(viewers)]  # noqa: S311 - a draw, no secret
        absence = Absence()
        self._joins = [rng.uniform(0, joins) for rng in self._rngs]
        self._viewers: Final = [
            Viewer(address(number), self._client, rng, creative, habits or Habits(), self._clock, absence)
            for number, rng in enumerate(self._rngs)
        ]

    async def watch(self, length: Microseconds) -> Summary:
        """Watch for ``length`` microseconds, or until the presentation has ended for everyone. Once only."""
        with _spared():
            return await self._watch(length)

    async def _watch(self, length: Microseconds) -> Summary:
        async with self._client:
            began = self._clock.now()
            tasks = [
                asyncio.create_task(self._come(viewer, Microseconds(began + round(join))), name=f"viewer {number}")
                for number, (viewer, join) in enumerate(zip(self._viewers, self._joins, strict=True))
            ]
            try:
                await asyncio.wait(tasks, timeout=length / SECOND, return_when=asyncio.FIRST_EXCEPTION)
            finally:
                for task in tasks:
                    task.cancel()
                ends = await asyncio.gather(*tasks, return_exceptions=True)
        for end in ends:
            if isinstance(end, BaseException) and not isinstance(end, asyncio.CancelledError):
                raise end
        return Summary(tuple(viewer.tally for viewer in self._viewers))

    async def _come(self, viewer: Viewer, at: Microseconds) -> None:
        await self._clock.sleep(at)
        await viewer.watch()


@contextmanager
def _spared() -> Iterator[None]:
    """No full collection meanwhile: over what five hundred viewers remember it takes 0.2 s after a minute and 0.8 s
    after five, in which none of them reloads. Young cycles are collected as ever.
    """
    before = gc.get_threshold()
    gc.set_threshold(before[0], before[1], SELDOM)
    try:
        yield
    finally:
        gc.set_threshold(*before)
