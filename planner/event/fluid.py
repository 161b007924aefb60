"""The event with ads poured like water, the evening one long break: a linear program without pods, to begin at.

Of each cohort there are so many seconds, and of each ad so much as reaches its viewers; an ad is worth what it is worth
on average over the breaks that admit it, in their middle. What order, whole ads and single breaks do is left out, so
its optimum bounds nothing, but its prices of budgets are near the right ones, and cost a thousandth of them.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from planner.event.acts import Act
from planner.event.night import Night, NightPrices
from planner.event.scaling import solve
from planner.problem import Floats, Integers
from planner.solvers.lp import Linear
from planner.worth import survival


@dataclass(frozen=True, slots=True)
class _Rows:
    """Rows of the program by their entries, numbered from 0, and what they are at least and at most."""

    rows: Integers
    columns: Integers
    entries: Floats
    least: Floats
    most: Floats


class Fluid:
    """The evening of every cohort, poured together once: K x J viewers that an ad may have, and what it is worth."""

    def __init__(self, night: Night, acts: tuple[Act, ...], weights: Floats) -> None:
        """``weights`` float64[J] of the ads' values."""
        cohorts, ads = len(night.cohorts), len(night.ads)
        self._night = night
        self._seats = np.zeros((cohorts, ads))
        self._gains = np.zeros((cohorts, ads))
        self._use = np.zeros((len(night.shared), ads))
        self._lengths = np.zeros(ads)
        self._room = np.zeros(cohorts)
        self.viewers = np.zeros(cohorts)
        self._families: dict[tuple[int, ...], int] = {}
        counted = np.zeros((len(night.reach), ads))
        heard = np.zeros(ads)
        for act in acts:
            rules, worth, rows, own = act.scene.rules, act.scene.worth, act.scene.rows, act.scene.ads
            middle = float(survival(worth, np.array([rules.duration // 2]))[0])
            usual = float(np.median(rules.durations)) if rules.ads else 1.0
            edges = 1.0 + (worth.first + worth.last - 2.0) * min(1.0, usual / rules.duration)
            there = np.where(rows.allowed & (rules.durations <= act.scene.duration), act.seats[:, None], 0.0)
            values = rows.values * weights[own] * (middle * edges) + worth.per_second * rules.durations / 1e6
            self._seats[:, own] += there
            self._gains[:, own] += there * values
            total = there.sum(axis=0)
            self._use[:, own] += act.scene.use * total
            heard[own] += total
            self._lengths[own] = rules.durations / 1e6
            self._room += act.seats * act.scene.duration / 1e6
            self.viewers += act.seats
            for charge in act.charges:
                counted[charge.row, own[charge.ads]] += charge.use * total[charge.ads]
            for family in rules.families:
                if family.limit < len(family.members):
                    members = tuple(own[list(family.members)].tolist())
                    self._families[members] = max(family.limit, 0)
        spread = np.maximum(heard, 1e-300)
        self._use /= spread
        self._counted = counted / spread
        self._hard = np.flatnonzero([not np.isfinite(row.penalty) for row in night.reach])
        self._limit = np.array([row.limit for row in night.reach]).reshape(len(night.reach), cohorts)

    @property
    def cohorts(self) -> int:
        """K."""
        return len(self.viewers)

    def nothing(self) -> Floats:
        """float64[G, K]: no price of reach."""
        return np.zeros_like(self._limit)

    def pour(self, cohorts: Integers, shared: Floats | None = None) -> tuple[NightPrices, Floats]:
        """Prices from ``cohorts`` int64[n], and float64[I]: what they use of the shared rows.

        Without ``shared`` float64[I] the shared rows are in the program, with limits in the proportion of these
        cohorts' viewers; with them they are only charged for. Prices of reach rows are 0 for other cohorts.
        """
        who, ads = np.nonzero(self._seats[cohorts] > 0.0)
        count = len(who)
        limits = self._night.shared
        sign = np.where(limits.at_least, -1.0, 1.0)
        short = np.flatnonzero(limits.at_least)
        seats = self._seats[cohorts[who], ads]
        gains, upper = self._gains[cohorts[who], ads], seats
        gains = gains / seats
        reach = self._reach(cohorts, who, ads)
        kinds = [reach]
        if shared is None:
            part = float(self._room[cohorts].sum() / max(self._room.sum(), 1e-300))
            charged = self._shared(ads, count, limits.limit * part, short)
            kinds.append(charged)
            against = np.bincount(
                charged.rows,
                weights=np.maximum(-charged.entries, 0.0) * np.r_[seats, np.ones(len(short))][charged.columns],
                minlength=len(limits),
            )
            gains = np.concatenate([gains, -limits.penalty[short]])
            upper = np.concatenate([upper, np.maximum(limits.limit[short] * part, 0.0) + against[short]])
        else:
            gains = gains - ((sign * shared) @ self._use)[ads]
        kinds += [self._time(cohorts, who, ads), self._apart(cohorts, who, ads)]
        found = _solved(kinds, gains, upper)
        prices = np.zeros((len(self._night.reach), len(self._night.cohorts)))
        own = np.maximum(found[1][: len(reach.most)], 0.0).reshape(len(self._hard), len(cohorts))
        prices[np.ix_(self._hard, cohorts)] = own
        use = self._use[:, ads] @ found[0][:count]
        if shared is not None:
            return NightPrices(shared, prices), use
        ceiling = np.where(limits.at_least, limits.penalty, np.inf)
        duals = found[1][len(reach.most) : len(reach.most) + len(limits)]
        return NightPrices(np.clip(sign * duals, 0.0, ceiling), prices), use

    def _time(self, cohorts: Integers, who: Integers, ads: Integers) -> _Rows:
        """Seconds of ads are at most those of all breaks."""
        most = self._room[cohorts]
        return _Rows(who, np.arange(len(who)), self._lengths[ads], np.full(len(most), -np.inf), most)

    def _apart(self, cohorts: Integers, who: Integers, ads: Integers) -> _Rows:
        """Of a family each break has at most so many."""
        member = np.zeros((len(self._families), len(self._lengths)), dtype=np.bool_)
        for place, members in enumerate(self._families):
            member[place, list(members)] = True
        number, column = np.nonzero(member[:, ads])
        limits = np.array(list(self._families.values()), dtype=np.float64)
        most = (limits[:, None] * self.viewers[cohorts]).ravel()
        rows = number * len(cohorts) + who[column]
        return _Rows(rows, column, np.ones(len(rows)), np.full(len(most), -np.inf), most)

    def _reach(self, cohorts: Integers, who: Integers, ads: Integers) -> _Rows:
        """What viewers can see over the evening: hard rows only."""
        row, column = np.nonzero(self._counted[self._hard][:, ads])
        most = self._limit[self._hard][:, cohorts].ravel()
        entries = self._counted[self._hard[row], ads[column]]
        return _Rows(row * len(cohorts) + who[column], column, entries, np.full(len(most), -np.inf), most)

    def _shared(self, ads: Integers, count: int, limit: Floats, short: Integers) -> _Rows:
        """Budgets, goals and promises; a variable for each promise says what is short of it."""
        row, column = np.nonzero(self._use[:, ads])
        at_least = self._night.shared.at_least
        return _Rows(
            np.concatenate([row, short]),
            np.concatenate([column, count + np.arange(len(short))]),
            np.concatenate([self._use[row, ads[column]], np.ones(len(short))]),
            np.where(at_least, limit, -np.inf),
            np.where(at_least, np.inf, limit),
        )


def _solved(kinds: list[_Rows], gains: Floats, upper: Floats) -> tuple[Floats, Floats]:
    """Variables, from 0 to ``upper``, and the prices of all rows in their order."""
    offsets = np.cumsum([0, *(len(kind.most) for kind in kinds)])
    rows = np.concatenate([kind.rows + offset for kind, offset in zip(kinds, offsets, strict=False)])
    columns = np.concatenate([kind.columns for kind in kinds])
    entries = np.concatenate([kind.entries for kind in kinds])
    least = np.concatenate([kind.least for kind in kinds])
    most = np.concatenate([kind.most for kind in kinds])
    found = solve(Linear(gains, upper, least, most, rows, columns, entries))
    return found.values, found.duals
