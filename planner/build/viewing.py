"""How viewers leave, what slate would have cost, what ads cost viewers: what makes values of ads the value of a pod."""

from __future__ import annotations

import numpy as np

from domain.units import SECOND, Microseconds
from planner.book.model import Break, Viewing
from planner.build.prices import microseconds_of
from planner.problem import Worth

_MINUTE = 60 * SECOND


def viewing(viewers: Viewing, brk: Break, duration: Microseconds) -> Worth:
    """The worth of pods of a break.

    q(t) = ((1 - leave_per_minute) (1 - early_return_per_minute)) ** (t / 60 s), stated at each second and linear
    between. Amounts per thousand viewers and second become micros of one viewer and second.
    """
    instants = np.append(np.arange(0, duration, SECOND, dtype=np.int64), duration)
    stay = (1.0 - viewers.leave_per_minute) * (1.0 - viewers.early_return_per_minute)
    return Worth(
        instants,
        np.power(stay, instants / _MINUTE),
        first=viewers.first,
        last=viewers.last,
        per_second=float(brk.slate_cost * 1_000),
        load=float(viewers.load_cost * 1_000),
        load_free=microseconds_of(viewers.load_free),
    )
