"""Seats as rows: every per-viewer fact is one column of a block.

A block holds ``BLOCK`` consecutive seats: the pod number per unfolded break, and the folded offsets O and Q per
rendition. What a seat's playlist adds up to is never kept per viewer in any other form.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

BLOCK: Final = 1024
"""Seats in one block; the store's blobs have the same rows."""

Column16 = NDArray[np.uint16]
Column32 = NDArray[np.int32]
Column64 = NDArray[np.int64]


class SeatBlock:
    """The columns of one block. ``joins``: 0 where no seat is taken."""

    __slots__ = ("folded", "joins", "numbers", "pods", "sequences")

    def __init__(self, joins: Column64, renditions: Sequence[str]) -> None:
        self.joins = joins
        self.pods: dict[str, Column16] = {}
        self.numbers: dict[str, Column32] = {name: np.zeros(BLOCK, np.int32) for name in renditions}
        self.sequences: dict[str, Column32] = {name: np.zeros(BLOCK, np.int32) for name in renditions}
        self.folded: set[str] = set()
        """Keys of the breaks whose growth is in the offsets."""

    @property
    def memory(self) -> int:
        """Bytes of all columns."""
        offsets = (*self.numbers.values(), *self.sequences.values())
        pods = sum(column.nbytes for column in self.pods.values())
        return self.joins.nbytes + pods + sum(column.nbytes for column in offsets)

    def grow(self, key: str, growth: Mapping[str, tuple[Column32, Column32]]) -> None:
        """Fold one break: add its (A - N, G + rho - X) by rendition, one value a row."""
        if key in self.folded:
            return
        for name, (numbers, sequences) in growth.items():
            self.numbers[name] += numbers
            self.sequences[name] += sequences
        self.folded.add(key)
        self.pods.pop(key, None)


def column16(blob: bytes) -> Column16:
    """A block's pod numbers as the store returns them, writable."""
    return np.frombuffer(blob, "<u2").copy()


def column64(blob: bytes) -> Column64:
    """A block's join instants as the store returns them, writable."""
    return np.frombuffer(blob, "<i8").copy()
