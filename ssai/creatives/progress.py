"""How far a long piece of work is, for whoever shows it."""

from __future__ import annotations

from collections.abc import Callable

Progress = Callable[[float], None]
"""Called with 0 to 1, rising. What it raises stops the work, which leaves nothing half-written."""


def unseen(_done: float) -> None:
    """Progress that nobody looks at."""


def span(progress: Progress, start: float, end: float) -> Progress:
    """Progress of a step that takes the whole from ``start`` to ``end``."""
    return lambda done: progress(start + (end - start) * done)
