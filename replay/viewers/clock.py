"""The clock by which viewers live: an argument everywhere, read here alone."""

from __future__ import annotations

import asyncio
import time
from typing import Protocol

from domain.units import SECOND, Microseconds


class Clock(Protocol):
    """Microseconds that never go back, from an instant of no meaning."""

    def now(self) -> Microseconds:
        """The present instant."""
        ...

    async def sleep(self, until: Microseconds) -> None:
        """Return no sooner than ``until``; at once when it has passed."""
        ...


class MonotonicClock:
    """The machine's monotonic clock, and the event loop's sleep."""

    def now(self) -> Microseconds:
        """See ``Clock.now``."""
        return Microseconds(time.monotonic_ns() // 1_000)

    async def sleep(self, until: Microseconds) -> None:
        """See ``Clock.sleep``. The loop's timers may fire a little before their time, so it is looked at again."""
        while (left := until - self.now()) > 0:  # noqa: ASYNC110 - time is waited for, no event
            await asyncio.sleep(left / SECOND)
