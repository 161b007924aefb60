"""Pricing on several cores: blocks of rows side by side, put together in their order.

numpy lets go of the interpreter while it works on a block. Which rows make a block does not depend on the number of
threads, so the result does not either.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Final, Self

import numpy as np

from planner.price.port import Priced, Pricing
from planner.problem import Floats, Rows, blocks

BLOCK: Final = 2048
"""Rows of one task."""


class Threads:
    """A pricing on ``threads`` cores; a context, which ends its threads."""

    def __init__(self, pricing: Pricing, threads: int) -> None:
        self._pricing = pricing
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="pricing")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._pool.shutdown()

    def __call__(self, rows: Rows, costs: Floats, weights: Floats | None = None) -> Priced:
        """Price every row; see ``planner.price.port``."""
        parts = [slice(start, stop) for start, stop in blocks(len(rows), BLOCK)]
        if len(parts) < 2:
            return self._pricing(rows, costs, weights)
        found = list(self._pool.map(lambda part: self._pricing(rows.take(part), costs, weights), parts))
        return Priced(
            np.concatenate([priced.bound for priced in found]),
            np.concatenate([priced.reduced for priced in found]),
            np.concatenate([priced.pods for priced in found]),
        )
