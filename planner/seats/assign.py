"""One pod for each seat, hard limits kept to the unit.

Seats are served in order. A seat takes the best pod that its row allows at the prices of its turn, of ads whose limits
are still open; where the next placed ad would exceed a limit, that limit closes for all later seats. So what a seat may
choose from depends on seats before it alone, never on its own draw, no hard limit is exceeded by one impression, and
nothing needs to be taken back. Shares, which others' impressions make room in, are looked at turn by turn: a turn that
would end above a share is served again without the campaign.

Prices are led along the way: what is left of a limit for the seats that are left, against what the last turns used.
They stay close to the prices they start from, which gave the bound.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from planner.price.port import Pricing
from planner.problem import NOTHING, Ads, Crowd, Flags, Floats, Integers, Kind, Rows, Shared, Values, blocks
from planner.seats.prices import placed

TURNS: Final = 256
"""Turns that a crowd is served in, at most: prices are led between them."""
LEAST_TURN: Final = 256
"""Seats of a turn, at least: fewer say little about demand."""
RESPONSE: Final = 3.0
"""By how much demand for an ad falls, relatively, when its price rises: about this where scores spread by 0.3. Too
small a figure corrects too much, which the next turns take back."""
LARGEST_LEAD: Final = 0.3
"""Part of a price that leading adds or takes, at most."""


@dataclass(frozen=True, slots=True)
class Served:
    """Pods int16[R, P] with the probability of each, float64[R], and of the ad of each slot to stand there, [R, P]."""

    pods: Ads
    propensity: Floats
    slots: Floats


Choose = Callable[[Rows, int, Floats], Served]
"""Pods for rows that begin at a seat number, at costs float64[J]."""


@dataclass(frozen=True, slots=True)
class Assigned:
    """``pods`` int16[S, P] in the order of the crowd; ``counts`` int64[J] of placed ads; ``use`` float64[I].

    ``propensity`` float32[S] and ``slots`` float32[S, P] are the probabilities of the final action, None if chance had
    no part in it.
    """

    pods: Ads
    counts: Integers
    use: Floats
    propensity: Values | None
    slots: Values | None


def best_pods(pricing: Pricing) -> Choose:
    """The pod of the greatest reduced value, whatever the seat's number: nothing is left to chance."""

    def choose(rows: Rows, first: int, costs: Floats) -> Served:
        del first
        pods = pricing(rows, costs).pods
        return Served(pods, np.ones(len(pods)), (pods != NOTHING).astype(np.float64))

    return choose


def assign(
    choose: Choose, crowd: Crowd, shared: Shared, prices: Floats, slots: int, *, chances: bool = False
) -> Assigned:
    """Serve all seats, with at most ``slots`` ads in a pod.

    Limits of budgets and goals are whole numbers, so that sums in floats are exact below 2 ** 53. ``chances``: keep the
    propensities.
    """
    count, ads = len(crowd), shared.use.shape[1]
    pods = np.full((count, slots), NOTHING, dtype=np.int16)
    counts = np.zeros(ads, dtype=np.int64)
    propensity = np.ones(count if chances else 0, dtype=np.float32)
    of_slots = np.zeros((len(propensity), slots), dtype=np.float32)
    limits = _Limits(shared)
    leader = _Leader(shared, prices, count)
    for start, stop in blocks(count, max(LEAST_TURN, -(-count // TURNS))):
        led = leader.prices(counts, limits.use, start)
        turn = _serve(choose, crowd.block(start, stop), start, shared.costs(led), limits)
        width = turn.pods.shape[1]
        pods[start:stop, :width] = turn.pods
        counts += placed(turn.pods, ads)
        if chances:
            propensity[start:stop], of_slots[start:stop, :width] = turn.propensity, turn.slots
    return Assigned(pods, counts, limits.use, propensity if chances else None, of_slots if chances else None)


def _serve(choose: Choose, rows: Rows, first: int, costs: Floats, limits: _Limits) -> Served:
    """The pods of one turn, and what they use of ``limits``."""
    kept_out = np.zeros(len(limits.shared), dtype=np.bool_)
    while True:
        use, closed = limits.use.copy(), limits.closed | kept_out
        found: list[Served] = []
        done = 0
        while done < len(rows):
            some = rows.take(slice(done, None))
            some = replace(some, allowed=some.allowed & ~limits.banned(closed))
            served = choose(some, first + done, costs)
            fits, over = limits.fitting(served.pods, use)
            found.append(Served(served.pods[:fits], served.propensity[:fits], served.slots[:fits]))
            use = use + limits.shared.use @ placed(served.pods[:fits], limits.shared.use.shape[1])
            closed |= over
            done += fits
        above = limits.shares & (use > limits.shared.limit) & ~kept_out
        if not above.any():
            limits.use = use
            limits.closed = closed & ~limits.shares
            return Served(
                np.concatenate([served.pods for served in found]),
                np.concatenate([served.propensity for served in found]),
                np.concatenate([served.slots for served in found]),
            )
        kept_out |= above


class _Limits:
    """What is used of the shared rows, and which upper bounds are closed."""

    def __init__(self, shared: Shared) -> None:
        self.shared = shared
        self.use = np.zeros(len(shared))
        self.closed = np.zeros(len(shared), dtype=np.bool_)
        self.shares = np.array([kind is Kind.SHARE_MAXIMUM for kind in shared.kinds], dtype=np.bool_)
        self._hard = np.array([kind in {Kind.BUDGET, Kind.GOAL} for kind in shared.kinds], dtype=np.bool_)

    def banned(self, closed: Flags) -> Flags:
        """bool[J]: ads that would use a closed limit."""
        return np.asarray((self.shared.use[closed] > 0).any(axis=0))

    def fitting(self, pods: Ads, use: Floats) -> tuple[int, Flags]:
        """How many of the pods, in order, fit beside ``use`` float64[I]; bool[I]: limits the next one does not fit."""
        present = pods != NOTHING
        rows, slots = np.nonzero(present)
        placed_ads = pods[rows, slots]
        fits, over = len(pods), np.zeros(len(self.shared), dtype=np.bool_)
        total = self.shared.use[:, placed_ads].sum(axis=1) if len(placed_ads) else np.zeros(len(self.shared))
        for row in np.flatnonzero(self._hard & (use + total > self.shared.limit)):
            sums = use[row] + np.cumsum(self.shared.use[row, placed_ads])
            at = int(rows[np.argmax(sums > self.shared.limit[row])])
            if at < fits:
                fits, over = at, np.zeros(len(self.shared), dtype=np.bool_)
            if at == fits:
                over[row] = True
        return fits, over


class _Leader:
    """Leads prices so that limits are met when the last seat is served.

    Use is held against what it should be by now. Let e be how far it is above, relative to all that will be used, t the
    part of the seats served and ``RESPONSE`` how much faster demand falls than a price rises: then the price times
    1 + e / ((1 - t) RESPONSE) burns e off by the end. A price off by little is corrected by little, and nothing swings.
    """

    def __init__(self, shared: Shared, prices: Floats, seats: int) -> None:
        self._shared = shared
        self._base = prices
        self._seats = max(seats, 1)
        self._ceiling = np.where(shared.at_least, shared.penalty, np.inf)
        self._sign = np.where(shared.at_least, -1.0, 1.0)
        self._gains = np.maximum(shared.use, 0.0)

    def prices(self, counts: Integers, use: Floats, served: int) -> Floats:
        """float64[I]: prices for the next turn after ``counts`` int64[J] and ``use`` float64[I] by ``served`` seats."""
        if not served:
            return self._base
        part = served / self._seats
        size = np.maximum(np.maximum(self._gains @ counts / part, np.abs(self._shared.limit)), 1e-12)
        ahead = self._sign * (use - self._shared.limit * part) / size
        left = max(1.0 - part, 2.0 / TURNS)
        lead = np.clip(ahead / (left * RESPONSE), -LARGEST_LEAD, LARGEST_LEAD)
        return np.minimum(self._base * (1.0 + lead), self._ceiling)
