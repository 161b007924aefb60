"""The event with ads poured like water: a linear program without pods, to begin at.

Of each cohort and act there are so many seconds, and of each ad so much as reaches its viewers; an ad is worth what it
is worth in the middle of the break. What order and whole ads in whole breaks do is left out, so its optimum bounds
nothing, but its prices of budgets are near the right ones, and cost a thousandth of them.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from planner.event.acts import Act
from planner.event.night import Night, NightPrices
from planner.problem import Floats, Integers
from planner.event.scaling import solve
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


@dataclass(frozen=True, slots=True)
class _Poured:
    """Variables of one act, from number ``first`` on: which part of cohort ``who``'s viewers sees ad ``ads``."""

    act: Act
    who: Integers
    ads: Integers
    seats: Floats
    first: int

    @property
    def numbers(self) -> Integers:
        """int64[n] in the program."""
        return self.first + np.arange(len(self.who))


def fluid(
    night: Night, acts: tuple[Act, ...], cohorts: Integers, weights: Floats, shared: Floats | None = None
) -> tuple[NightPrices, Floats]:
    """Prices from some cohorts: ``cohorts`` int64[n]; ``weights`` float64[J] of the ads' values.

    Without ``shared`` float64[I] the shared rows are in the program, with limits in the proportion of these cohorts'
    viewers; with them they are only charged for. Prices of reach rows are 0 for other cohorts.

    Returns float64[I] too: what these cohorts use of the shared rows.
    """
    poured: list[_Poured] = []
    count = 0
    for act in acts:
        poured.append(_pour(act, cohorts, count))
        count += len(poured[-1].who)
    sign = np.where(night.shared.at_least, -1.0, 1.0)
    short = np.flatnonzero(night.shared.at_least)
    reach = _reach(night, poured, cohorts)
    kinds = [reach]
    gains = [_gains(each, cohorts, weights) for each in poured]
    upper = np.ones(count)
    if shared is None:
        part = sum(each.seats.sum() for each in poured) / max(sum(_audible(act) for act in acts), 1e-300)
        limit = night.shared.limit * part
        charged = _shared(night, poured, count, limit, short)
        kinds.append(charged)
        gains.append(-night.shared.penalty[short])
        against = np.bincount(charged.rows, weights=np.maximum(-charged.entries, 0.0), minlength=len(limit))
        upper = np.concatenate([upper, np.maximum(limit[short], 0.0) + against[short]])
    else:
        gains = [gain - each.seats * ((sign * shared) @ each.act.scene.use[:, each.ads]) for gain, each in zip(gains, poured, strict=True)]
    kinds += [kind for each in poured for kind in (_time(each, len(cohorts)), _apart(each, len(cohorts)))]
    values, duals = _solved(kinds, np.concatenate(gains), upper)
    use = np.zeros(len(night.shared))
    for each in poured:
        use += each.act.scene.use[:, each.ads] @ (each.seats * values[each.numbers])
    found = np.zeros((len(night.reach), len(night.cohorts)))
    found[:, cohorts] = np.maximum(duals[: len(reach.most)], 0.0).reshape(len(night.reach), len(cohorts))
    if shared is not None:
        return NightPrices(shared, found), use
    own = duals[len(reach.most) : len(reach.most) + len(night.shared)]
    ceiling = np.where(night.shared.at_least, night.shared.penalty, np.inf)
    return NightPrices(np.clip(sign * own, 0.0, ceiling), found), use


def _audible(act: Act) -> float:
    """Viewers of the act for whom there are ads at all, by ad: what ``_pour`` counts, of all cohorts."""
    rows = act.scene.rows
    return float(act.seats @ (rows.allowed & (act.scene.rules.durations <= act.scene.duration)).sum(axis=1))


def _pour(act: Act, cohorts: Integers, first: int) -> _Poured:
    there = act.scene.rows.allowed[cohorts] & (act.scene.rules.durations <= act.scene.duration)
    there &= (act.seats[cohorts] > 0.0)[:, None]
    who, ads = np.nonzero(there)
    return _Poured(act, who, ads, act.seats[cohorts[who]], first)


def _gains(each: _Poured, cohorts: Integers, weights: Floats) -> Floats:
    rules, worth = each.act.scene.rules, each.act.scene.worth
    middle = float(survival(worth, np.array([rules.duration // 2]))[0])
    usual = float(np.median(rules.durations)) if rules.ads else 1.0
    edges = 1.0 + (worth.first + worth.last - 2.0) * min(1.0, usual / rules.duration)
    values = each.act.scene.rows.values[cohorts[each.who], each.ads] * weights[each.act.scene.ads[each.ads]]
    found: Floats = values * (middle * edges) + worth.per_second * rules.durations[each.ads] / 1e6
    return found * each.seats


def _time(each: _Poured, cohorts: int) -> _Rows:
    """Seconds of ads are at most those of the act."""
    lasting = each.act.scene.rules.durations[each.ads] / each.act.scene.duration
    return _Rows(each.who, each.numbers, lasting, np.full(cohorts, -np.inf), np.ones(cohorts))


def _apart(each: _Poured, cohorts: int) -> _Rows:
    """Of a family a pod has at most so many."""
    rules = each.act.scene.rules
    families = [family for family in rules.families if family.limit < len(family.members)]
    member = np.zeros((len(families), rules.ads), dtype=np.bool_)
    for number, family in enumerate(families):
        member[number, list(family.members)] = True
    number, column = np.nonzero(member[:, each.ads])
    most = np.repeat(np.array([max(family.limit, 0) for family in families], dtype=np.float64), cohorts)
    rows = number * cohorts + each.who[column]
    return _Rows(rows, each.numbers[column], np.ones(len(rows)), np.full(len(most), -np.inf), most)


def _reach(night: Night, poured: list[_Poured], cohorts: Integers) -> _Rows:
    """What viewers can see over the evening; soft rows stay open."""
    limit = np.array([row.limit[cohorts] for row in night.reach]).reshape(len(night.reach), len(cohorts))
    hard = np.array([not np.isfinite(row.penalty) for row in night.reach], dtype=np.bool_)
    rows, columns, entries = [np.zeros(0, dtype=np.int64)], [np.zeros(0, dtype=np.int64)], [np.zeros(0)]
    for each in poured:
        for charge in each.act.charges:
            if hard[charge.row]:
                use = np.zeros(each.act.scene.rules.ads)
                use[charge.ads] = charge.use
                there = np.flatnonzero(use[each.ads] > 0.0)
                rows.append(charge.row * len(cohorts) + each.who[there])
                columns.append(each.numbers[there])
                entries.append(use[each.ads[there]] * each.seats[there])
    most = np.where(hard[:, None], limit, np.inf).ravel()
    joined = np.concatenate(rows), np.concatenate(columns), np.concatenate(entries)
    return _Rows(*joined, np.full(len(most), -np.inf), most)


def _shared(night: Night, poured: list[_Poured], count: int, limit: Floats, short: Integers) -> _Rows:
    """Budgets, goals and promises; a variable for each promise says what is short of it."""
    rows, columns, entries = [short], [count + np.arange(len(short))], [np.ones(len(short))]
    for each in poured:
        row, column = np.nonzero(each.act.scene.use[:, each.ads])
        rows.append(row)
        columns.append(each.numbers[column])
        entries.append(each.act.scene.use[row, each.ads[column]] * each.seats[column])
    least = np.where(night.shared.at_least, limit, -np.inf)
    most = np.where(night.shared.at_least, np.inf, limit)
    return _Rows(np.concatenate(rows), np.concatenate(columns), np.concatenate(entries), least, most)


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
