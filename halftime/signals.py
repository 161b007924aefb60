"""The signals that end a process, for commands that run until somebody ends them."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Final

_ENDING: Final = (signal.SIGINT, signal.SIGTERM)


async def interrupted() -> None:
    """Return at the first SIGINT or SIGTERM, which then has no other effect."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in _ENDING:
        loop.add_signal_handler(number, stop.set)
    await stop.wait()


@contextmanager
def terminable() -> Iterator[None]:
    """SIGTERM ends synchronous work as Ctrl-C does, so that no ffmpeg outlives it and nothing stays half-written."""

    def interrupt(_number: int, _frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGTERM, interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
