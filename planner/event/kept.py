"""A rough answer of a linear program brought within its limits: what is too much taken off, what is free filled up."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import numpy as np

from planner.problem import Flags, Floats, Integers
from planner.solvers.lp import Linear

PASSES: Final = 60
"""At most, in which what is too much is taken off; two or three are usual."""
FILLS: Final = 3
"""Passes in which what is free is filled up: first for promises, then for everything."""
CLOSE: Final = 1e-9


def within(linear: Linear, elastic: Integers, values: Floats) -> Floats:
    """float64[C]: ``values`` float64[C - E] changed as little as keeps all rows, and by how much rows ``elastic``
    int64[E] are broken: their columns are the last.
    """
    slack = len(linear.objective) - len(elastic)
    found = np.concatenate([values, np.zeros(len(elastic))])
    hard = np.isfinite(linear.most)
    hard[elastic] = False
    # Columns that are 0 stay so, and most are.
    there = found[linear.columns] > 0.0
    short = replace(linear, rows=linear.rows[there], columns=linear.columns[there], entries=linear.entries[there])
    found = _filled_up(short, slack, _taken_off(short, hard, found))
    found[slack:] = lacking(linear, elastic, used(linear, found))
    return found


def used(linear: Linear, values: Floats) -> Floats:
    """float64[M]: what ``values`` float64[C] use of each row."""
    found: Floats = np.bincount(
        linear.rows, weights=linear.entries * values[linear.columns], minlength=len(linear.most)
    ).astype(np.float64)
    return found


def lacking(linear: Linear, elastic: Integers, use: Floats) -> Floats:
    """float64[E]: by how much elastic rows are broken by what columns ``use`` float64[M]."""
    low, high = linear.least[elastic], linear.most[elastic]
    found: Floats = np.maximum(np.maximum(low - use[elastic], use[elastic] - high), 0.0)
    return found


def _taken_off(linear: Linear, hard: Flags, values: Floats) -> Floats:
    """Columns of rows that are exceeded, each made smaller by as much as its worst row asks for."""
    plus, minus = np.maximum(linear.entries, 0.0), np.minimum(linear.entries, 0.0)
    for _ in range(PASSES):
        more = np.bincount(linear.rows, weights=plus * values[linear.columns], minlength=len(linear.most))
        less = np.bincount(linear.rows, weights=minus * values[linear.columns], minlength=len(linear.most))
        over = hard & (more + less > linear.most + CLOSE)
        if not over.any():
            break
        room = np.maximum(np.where(hard, linear.most, 0.0) - less, 0.0)
        factor = np.where(over, room / np.where(over, more, 1.0), 1.0)
        part = np.ones(len(values))
        taking = (linear.entries > 0.0) & over[linear.rows]
        np.minimum.at(part, linear.columns[taking], factor[linear.rows[taking]])
        values = values * part
    return values


def _filled_up(linear: Linear, slack: int, values: Floats) -> Floats:
    """Columns in use made larger by as much as their fullest row lets all of its columns grow.

    No row that is kept is broken by it, and none that is broken becomes worse.
    """
    signs = np.where(linear.entries > 0.0, linear.most[linear.rows], -linear.least[linear.rows])
    limiting = np.isfinite(signs) & (linear.columns < slack)
    rows, columns = linear.rows[limiting], linear.columns[limiting]
    sizes, upward = np.abs(linear.entries[limiting]), linear.entries[limiting] > 0.0
    # A row that has both limits has two places.
    places = rows + np.where(upward, 0, len(linear.most))
    for number in range(2 * FILLS):
        use = used(linear, values)
        growing = values > 0.0
        growing[slack:] = False
        if number < FILLS:
            wanting = (use < linear.least - CLOSE)[linear.rows] & (linear.entries > 0.0)
            helping = np.zeros(len(values), dtype=np.bool_)
            helping[linear.columns[wanting]] = True
            growing &= helping
        else:
            growing[:slack] &= linear.objective[:slack] > 0.0
        if not growing.any():
            continue
        here = growing[columns]
        takes = np.bincount(places[here], weights=(sizes * values[columns])[here], minlength=2 * len(linear.most))
        room = np.maximum(np.concatenate([linear.most - use, use - linear.least]), 0.0)
        factor = np.where(takes > 0.0, room / np.where(takes > 0.0, takes, 1.0), np.inf)
        growth = np.full(len(values), np.inf)
        np.minimum.at(growth, columns[here], factor[places[here]])
        values = np.where(growing & np.isfinite(growth), values * (1.0 + np.where(growing, growth, 0.0)), values)
    return values
