"""One pod for each seat, hard limits kept to the unit.

Seats are served in order. A seat takes the best pod that its row allows at the prices of its turn, of ads that every
upper bound still has room for: what one ad too many would exceed is closed to all seats behind. So what a seat may
choose from depends on seats before it, not on its own draw, and nothing has to be taken back. Only where the one pod of
a seat has several ads of a limit that has room for the first but not for all does the seat choose again, and the limit
closes.

A share's room grows with what others place, so it is counted turn by turn: within a turn, others' ads give it none. The
share is kept after every seat, not just at the end, and its campaign is a turn behind.

Prices are led along the way: what is left of a limit for the seats that are left, against what was used so far. They
stay close to the prices they start from, which gave the bound.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from planner.ledger import SLACK
from planner.price.port import Pricing
from planner.problem import NOTHING, Ads, Crowd, Flags, Floats, Integers, Kind, Rows, Shared, Values, blocks
from planner.seats.prices import placed, used

TURNS: Final = 256
"""Turns that a crowd is served in, at most: prices are led between them."""
LEAST_TURN: Final = 64
"""Seats of a turn, at least: pricing fewer at a time takes nearly as long."""
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
"""Pods for rows that begin at a seat number, at costs float64[J] micros of a placed ad."""


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
    """Serve all seats, each row of the crowd being one. ``chances``: keep the propensities.

    Limits of budgets and goals are whole numbers, so that sums in floats are exact below 2 ** 53. Raises ``ValueError``
    if a pod has more than ``slots`` ads, or ads that its row was not allowed because of a limit.
    """
    count = len(crowd)
    pods = np.full((count, slots), NOTHING, dtype=np.int16)
    propensity = np.ones(count if chances else 0, dtype=np.float32)
    of_slots = np.zeros((len(propensity), slots), dtype=np.float32)
    limits = _Limits(shared)
    leader = _Leader(shared, prices, count)
    for start, stop in blocks(count, max(LEAST_TURN, -(-count // TURNS))):
        led = leader.prices(limits.counts, limits.use, start)
        turn = _serve(choose, crowd.block(start, stop), start, shared.costs(led), limits)
        if (turn.pods[:, slots:] != NOTHING).any():
            raise ValueError(f"slots: expected at most {slots} ads in a pod, found more in seats {start} to {stop - 1}")
        width = min(turn.pods.shape[1], slots)
        pods[start:stop, :width] = turn.pods[:, :width]
        if chances:
            propensity[start:stop], of_slots[start:stop, :width] = turn.propensity, turn.slots[:, :width]
    return Assigned(pods, limits.counts, limits.use, propensity if chances else None, of_slots if chances else None)


def _serve(choose: Choose, rows: Rows, first: int, costs: Floats, limits: _Limits) -> Served:
    """The pods of one turn, charged to ``limits``: what is chosen behind a limit that closes is chosen again."""
    limits.begin()
    found: list[Served] = []
    done = 0
    while done < len(rows):
        left = rows.take(slice(done, None))
        closed = limits.closed
        served = choose(replace(left, allowed=left.allowed & ~closed), first + done, costs)
        fits = limits.admit(served.pods)
        if not fits and (limits.closed == closed).all():
            raise ValueError(
                f"choose: expected pods of allowed ads, found one of a closed limit in seat {first + done}"
            )
        found.append(Served(served.pods[:fits], served.propensity[:fits], served.slots[:fits]))
        done += fits
    return Served(
        np.concatenate([served.pods for served in found]),
        np.concatenate([served.propensity for served in found]),
        np.concatenate([served.slots for served in found]),
    )


class _Limits:
    """What was placed, what that uses, and for which ads there is room. Upper bounds alone have rooms."""

    def __init__(self, shared: Shared) -> None:
        self._shared = shared
        self._upper = np.flatnonzero(~shared.at_least)
        self._spend = np.maximum(shared.use[self._upper], 0.0)
        whole = np.array([shared.kinds[row] is not Kind.SHARE_MAXIMUM for row in self._upper], dtype=np.bool_)
        # Shares have fractions for coefficients: what rounding may lose of them is kept free.
        self._most = shared.limit[self._upper] - np.where(whole, 0.0, SLACK)
        self._shares = ~whole
        self._shut = np.zeros(len(self._upper), dtype=np.bool_)
        self._room = self._most
        self.counts = np.zeros(shared.use.shape[1], dtype=np.int64)

    @property
    def use(self) -> Floats:
        """float64[I]."""
        return used(self._shared.use, self.counts)

    @property
    def closed(self) -> Flags:
        """bool[J]: ads of which some limit has no room for one more."""
        spent = self._shut[:, None] & (self._spend > 0.0)
        return np.asarray((spent | (self._spend > np.maximum(self._room, 0.0)[:, None])).any(axis=0))

    def begin(self) -> None:
        """A turn begins: what others placed has made room in shares."""
        self._room = self._most - self.use[self._upper]
        self._shut &= ~self._shares

    def admit(self, pods: Ads) -> int:
        """How many of the pods, in order, may be served before there is less to choose from; they are charged.

        If it is none, a limit has closed.
        """
        seats, slots = np.nonzero(pods != NOTHING)
        ads = pods[seats, slots]
        dearest = np.where(self.closed, 0.0, self._spend).max(axis=1, initial=0.0)
        sums = used(self._spend, placed(pods, len(self.counts)))
        fits, denied = len(pods), np.zeros(len(self._upper), dtype=np.bool_)
        for row in np.flatnonzero((sums > 0.0) & (self._room - sums < dearest)):
            left = self._room[row] - np.cumsum(self._spend[row, ads])
            seat = seats[np.argmax(left < dearest[row])]
            exceeded = left[np.searchsorted(seats, seat, side="right") - 1] < 0.0
            stop = int(seat) + (0 if exceeded else 1)
            if stop < fits:
                denied[:] = False
            if stop <= fits:
                fits, denied[row] = stop, exceeded
        self._shut |= denied
        counts = placed(pods[:fits], len(self.counts))
        self._room = self._room - used(self._spend, counts)
        self.counts = self.counts + counts
        return fits


class _Leader:
    """Leads prices so that limits are met when the last seat is served.

    Use is held against what it should be by now. Let e be how far it is above, relative to all that will be used, t the
    part of the seats served and ``RESPONSE`` how much faster demand falls than a price rises: then the price times
    1 + e / ((1 - t) RESPONSE) burns e off by the end. A price off by little is corrected by little, and nothing swings.
    A price of nothing stays nothing.
    """

    def __init__(self, shared: Shared, prices: Floats, seats: int) -> None:
        self._shared = shared
        self._base = prices
        self._seats = seats
        self._ceiling = np.where(shared.at_least, shared.penalty, np.inf)
        self._sign = np.where(shared.at_least, -1.0, 1.0)
        self._gains = np.maximum(shared.use, 0.0)

    def prices(self, counts: Integers, use: Floats, served: int) -> Floats:
        """float64[I]: prices for the next turn after ``counts`` int64[J] and ``use`` float64[I] by ``served`` seats."""
        if not served:
            return np.minimum(self._base, self._ceiling)
        part = served / self._seats
        size = np.maximum(np.maximum(used(self._gains, counts) / part, np.abs(self._shared.limit)), 1e-12)
        ahead = self._sign * (use - self._shared.limit * part) / size
        left = max(1.0 - part, 2.0 / TURNS)
        lead = np.clip(ahead / (left * RESPONSE), -LARGEST_LEAD, LARGEST_LEAD)
        return np.minimum(self._base * (1.0 + lead), self._ceiling)
