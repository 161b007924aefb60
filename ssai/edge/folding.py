"""Folding: what a break that has left every window adds to its seats' numbers, as columns."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

import numpy as np

from ssai.breaks.book import TOLERANCE
from ssai.breaks.record import Break
from ssai.sessions.seats import BLOCK, Column32, Column64, SeatBlock
from ssai.stitch.plan import Plan

Settled = Callable[[Break, int, int], Plan | None]
"""(break, pod number, start mark) to the plan; None where the break shows content."""


def fold(block: SeatBlock, folded: Iterable[Break], later: Sequence[Break], settled: Settled) -> None:
    """Add each break's growth to the block's offsets, once. ``later``: the breaks that are still in some window."""
    waiting = [record for record in folded if record.key not in block.folded]
    chain = sorted({record.key: record for record in (*waiting, *later)}.values(), key=lambda one: one.signalled)
    for record in waiting:
        followers = [other for other in chain if other.signalled > record.signalled and _touches(record, other)]
        block.grow(record.key, _growth(block, record, followers, settled))


def _touches(record: Break, other: Break) -> bool:
    """Whether the other begins where this one returns, so that rho may be 0."""
    return bool(other.marks) and any(
        name in other.marks[0].cuts and other.marks[0].cuts[name].index == back.index
        for name, back in record.returns.items()
    )


def _growth(
    block: SeatBlock, record: Break, followers: Sequence[Break], settled: Settled
) -> dict[str, tuple[Column32, Column32]]:
    """(A - N, G + rho - X) of every row by rendition, worked out once for each different choice of pods and starts."""
    columns = [column for one in (record, *followers) for column in _choices(block, one)]
    choices, inverse = np.unique(np.stack(columns, axis=1), axis=0, return_inverse=True)
    growth = {name: (np.zeros(len(choices), np.int32), np.zeros(len(choices), np.int32)) for name in record.returns}
    for place, row in enumerate(choices.tolist()):
        plans = [
            settled(one, row[2 * slot], row[2 * slot + 1]) if row[2 * slot] else None
            for slot, one in enumerate((record, *followers))
        ]
        if plans[0] is None:
            continue
        following = next((found for found in plans[1:] if found is not None), None)
        for name, (numbers, sequences) in growth.items():
            first = following.first(name) if following is not None else None
            adjacent = first is not None and first.index == plans[0].returns[name].index
            numbers[place], sequences[place] = plans[0].growth(name, adjacent=adjacent)
    rows = inverse.reshape(-1)
    return {name: (numbers[rows], sequences[rows]) for name, (numbers, sequences) in growth.items()}


def _choices(block: SeatBlock, record: Break) -> tuple[Column64, Column64]:
    """Pod number and start mark of every row; pod 0 where the break shows content (as ``start_mark`` says)."""
    pods = block.pods.get(record.key)
    numbers = np.zeros(BLOCK, np.int64) if pods is None else pods.astype(np.int64)
    instants = np.array([mark.at for mark in record.marks], np.int64)
    found = np.searchsorted(instants, block.joins - TOLERANCE)
    starts = np.where(block.joins <= instants[0] + TOLERANCE, 0, found).astype(np.int64)
    absent = starts >= len(instants)
    if record.end is not None:
        absent |= block.joins >= record.end
    numbers[absent] = 0
    starts[absent] = 0
    return numbers, starts
