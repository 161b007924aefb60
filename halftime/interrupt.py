"""Ctrl-C while planning: the first ends it with the best plan so far, the second at once."""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Final

_ENDING: Final = (signal.SIGINT, signal.SIGTERM)
_NOTICE: Final = b"\nhalftime: ending with the best plan so far; Ctrl-C again ends at once\n"


class Interruption:
    """Whether somebody asked for an end."""

    def __init__(self) -> None:
        self.interrupted = False

    def __call__(self, _number: int, _frame: FrameType | None) -> None:
        """Handle a signal: between two steps of the interpreter, so that numpy and solvers finish what they are at."""
        if self.interrupted:
            raise KeyboardInterrupt
        self.interrupted = True
        if sys.stderr.isatty():
            # Not through sys.stderr: the signal may have come in the midst of a write to it.
            os.write(sys.stderr.fileno(), _NOTICE)


@contextmanager
def interruptible() -> Iterator[Interruption]:
    """SIGINT and SIGTERM set ``interrupted``; the next of them raises ``KeyboardInterrupt``.

    A signal that is ignored (a shell's background job) stays so, and on another thread than the main one, to which
    signals do not come, nothing is changed. What handled them before handles them again afterwards.
    """
    interruption = Interruption()
    before = {}
    if threading.current_thread() is threading.main_thread():
        before = {number: signal.getsignal(number) for number in _ENDING}
    taken = {number: handler for number, handler in before.items() if handler not in {signal.SIG_IGN, None}}
    try:
        for number in taken:
            signal.signal(number, interruption)
        yield interruption
    finally:
        for number, handler in taken.items():
            signal.signal(number, handler)
