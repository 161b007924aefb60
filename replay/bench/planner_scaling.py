"""``planner.scaling_exponent`` and ``planner.bytes_per_seat``: how time and memory grow with the audience.

The scarce hard book is planned at several sizes, each in a fresh process, seats and cohorts growing together. The
search for prices works on samples and takes about the same time at every size, which makes the whole look better than
its parts; so the bound and the serving, which look at every seat, are fitted apart as well, and the larger exponent is
the figure.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Final

import numpy as np

from replay.bench.figures import Figure
from replay.bench.hard_book import Form
from replay.bench.planner_hard import SLOTS, Run, apart

POINTS: Final = (
    (10_000, 100),
    (30_000, 250),
    (100_000, 500),
    (300_000, 1_000),
    (1_000_000, 2_000),
    (2_000_000, 4_000),
)
"""Seats and cohorts."""
WANTED: Final = 1.15
"""Exponent that is accepted."""
OWN: Final = 2 * SLOTS + 4
"""Bytes of what a plan holds of each seat: the pod that it is given, and the number of its cohort."""
TAIL: Final = 3
"""Points at the end that are fitted apart too: where seats are few, they are served in turns too short to be quick."""


def scaling(points: Sequence[tuple[int, int]] = POINTS) -> list[Figure]:
    """Measure all points, the smallest first. At least three points are expected."""
    return scaling_figures([apart(Form.SCARCE, seats, cohorts, measured=False) for seats, cohorts in points])


def scaling_figures(runs: Sequence[Run]) -> list[Figure]:
    """The exponent of time, with what it comes from, and the memory that a seat more takes."""
    total, each = exponent(runs, whole), exponent(runs, by_seat)
    tail = exponent(runs[-TAIL:], by_seat)
    points = "; ".join(
        f"{one.seats:,} in {one.cohorts:,}: {one.prices:.1f} + {one.bounding:.1f} + {one.serving:.1f} s, "
        f"{one.peak_mb:.0f} MB, gap {one.gap:.2%}"
        for one in runs
    )
    note = (
        f"all stages {total:.3f}, bound and serving {each:.3f}, of the last {len(runs[-TAIL:])} points {tail:.3f}; "
        f"prices + bound + serving: {points}"
    )
    larger = max(total, each)
    steps = increments(runs)
    before, last = steps[-2:]
    growth = f"{last / before:.2f} of the step before" if before > 0 else "it did not grow in the step before"
    return [
        Figure("planner.scaling_exponent", larger, "of seats", WANTED, larger / WANTED, (total, each, tail), note),
        Figure(
            "planner.bytes_per_seat",
            last,
            "bytes",
            OWN,
            last / OWN,
            tuple(steps),
            f"peak memory that each seat more takes, by step; the last: {growth}; baseline: its pod and cohort number",
        ),
    ]


def whole(run: Run) -> float:
    """Seconds from the crowd to a pod for every seat, with the bound."""
    return run.prices + by_seat(run)


def by_seat(run: Run) -> float:
    """Seconds of the stages that look at every seat."""
    return run.bounding + run.serving


def exponent(runs: Sequence[Run], seconds: Callable[[Run], float]) -> float:
    """The power of the seats that time grows with: the least squares line through the logarithms."""
    seats = np.log([run.seats for run in runs])
    times = np.log([seconds(run) for run in runs])
    centred = seats - seats.mean()
    return float(centred @ (times - times.mean()) / (centred @ centred))


def increments(runs: Sequence[Run]) -> list[float]:
    """Bytes of peak memory for each seat more, from each run to the next."""
    return [(after.peak_mb - before.peak_mb) * 2**20 / (after.seats - before.seats) for before, after in pairwise(runs)]
