"""Random numbers without a state: each is a hash of seed, purpose, seat and counter.

Any worker draws the same for the same seat, in any order and after any restart. The hash is the finaliser of
SplitMix64 (Steele, Lea, Flood: Fast splittable pseudorandom number generators, OOPSLA 2014), a bijection of 64 bits,
applied once for the purpose, once for the seat and once for the counter.
"""

from __future__ import annotations

from enum import IntEnum
from typing import Final

import numpy as np
from numpy.typing import NDArray

from planner.problem import Floats, Integers

Hashes = NDArray[np.uint64]

_GOLDEN: Final = 0x9E3779B97F4A7C15
"""SplitMix64's increment: 2**64 over the golden ratio, odd."""
_WORD: Final = (1 << 64) - 1
_FIRST: Final = np.uint64(0xBF58476D1CE4E5B9)
_SECOND: Final = np.uint64(0x94D049BB133111EB)


class Purpose(IntEnum):
    """Draws of one purpose say nothing about those of another."""

    TASTE = 1
    """The noise that makes a choice soft."""
    WHETHER = 2
    """Whether a seat explores."""
    WHICH = 3
    """In what order an exploring seat likes the pods."""
    ORDER = 4
    """In what order the seats of a cohort are dealt out."""


def orders(seed: int, purpose: Purpose, seats: Integers) -> Hashes:
    """uint64[R] by seat number; no two seats have the same."""
    start = np.array([(seed * _GOLDEN + purpose) & _WORD], dtype=np.uint64)
    return _mixed(seats.astype(np.uint64) * np.uint64(_GOLDEN) + _mixed(start))


def uniforms(seed: int, purpose: Purpose, seats: Integers, count: int) -> Floats:
    """float64[R, count] strictly between 0 and 1, for the counters 0 to ``count`` - 1 of each seat."""
    counters = np.arange(1, count + 1, dtype=np.uint64) * np.uint64(_GOLDEN)
    hashes = _mixed(orders(seed, purpose, seats)[:, None] + counters)
    # 52 bits and a half: neither end is reached, and the sum is exact in a double.
    return ((hashes >> np.uint64(12)).astype(np.float64) + 0.5) * 2.0**-52


def gumbels(seed: int, seats: Integers, count: int) -> Floats:
    """float64[R, count] of the standard Gumbel distribution, always finite."""
    return np.asarray(-np.log(-np.log(uniforms(seed, Purpose.TASTE, seats, count))), dtype=np.float64)


def _mixed(words: Hashes) -> Hashes:
    words = (words ^ (words >> np.uint64(30))) * _FIRST
    words = (words ^ (words >> np.uint64(27))) * _SECOND
    return words ^ (words >> np.uint64(31))
