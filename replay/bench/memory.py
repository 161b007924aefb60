"""``edge.bytes_per_session``: what a worker holds for each session, in a fresh process."""

from __future__ import annotations

import asyncio
import tracemalloc
from multiprocessing import get_context
from typing import TYPE_CHECKING, Any, Final

from replay.bench.event import CHANNEL, RENDITIONS
from replay.bench.figures import Figure
from replay.bench.filled import Size, filled
from ssai.sessions.token import Tokens

if TYPE_CHECKING:
    from multiprocessing.connection import Connection

PROMISED: Final = 60.0
"""Bytes of columns that ``ssai.edge.limits.Limits`` says a seat costs."""
ELSEWHERE: Final = ("*/ssai/store/*", "*/replay/*", tracemalloc.__file__)
"""The store's own memory is another process's with Redis; the benchmark's and the tracer's are no cost of the edge."""


def bytes_per_session(sessions: int = 200_000) -> Figure:
    """What each further session takes: an event with ``sessions`` less one with a tenth of them, by session.

    All sessions have been served once. Columns, verified tokens and whatever else grows count; connections do not.
    """
    few, _ = _fresh(sessions // 10)
    many, columns = _fresh(sessions)
    value = (many - few) / (sessions - sessions // 10)
    note = (
        f"{sessions:,} sessions, three renditions; {columns / sessions:.1f} bytes of it are columns; what does not "
        f"grow is {(few - value * sessions / 10) / 1e6:.0f} MB; baseline is what the edge's limits count on"
    )
    return Figure("edge.bytes_per_session", value, "bytes", PROMISED, value / PROMISED, (value,), note)


def _fresh(sessions: int) -> tuple[int, int]:
    context = get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=_measure, args=(theirs, sessions), daemon=True)
    process.start()
    theirs.close()
    everything, columns = ours.recv()
    process.join()
    return everything, columns


def _measure(pipe: Connection[Any, Any], sessions: int) -> None:
    pipe.send(asyncio.run(_allocated(sessions)))


async def _allocated(sessions: int) -> tuple[int, int]:
    """Bytes of everything, and of the columns."""
    tracemalloc.start()
    made = await filled(Size(sessions, joins=40, settle=30))
    tokens = Tokens(CHANNEL, [b"a key of the benchmarks' own"])
    for session in made.sessions:
        if tokens.read(tokens.sign(session)) != session:
            raise AssertionError(session)
        for rendition in RENDITIONS:
            if made.worker.playlist(session.seat, session.join, rendition) is None:
                raise AssertionError(session)
    taken = tracemalloc.take_snapshot()
    filters = [tracemalloc.Filter(inclusive=False, filename_pattern=pattern) for pattern in ELSEWHERE]
    everything = sum(trace.size for trace in taken.filter_traces(filters).traces)
    columns = sum(block.memory for block in made.worker.blocks.values())
    return everything, columns
