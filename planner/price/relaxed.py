"""The dynamic program over groups of ads, vectorised over rows.

A row's problem is a multiple-choice knapsack: of each group at most one ad, all lengths within the break. The program
goes group by group; its table holds the best sum for each total length, for all rows of a block at once. What a pod's
order costs is relaxed by prices of time (``planner.price.time_prices``), what groups do not know is left to branching.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import DTypeLike

from planner.price.groups import Bundle, Parting
from planner.price.states import States, states
from planner.price.time_prices import (
    Numbers,
    TimePrices,
    edge_prices,
    inner_gains,
    time_paid,
    time_prices,
    with_edges,
)
from planner.problem import NOTHING, Ads, Flags, Floats, Integers, Worth
from planner.worth import survival, time_value

ROUNDING = {np.dtype(np.float32): 1e-6, np.dtype(np.float64): 1e-13}
"""Relative to what a row's ads and times sum up to in size: more than the program's roundings can lose."""

Choice = list[tuple[int, Numbers]]
"""Of one group: each length that its ads have, and the best gain float[B] among them."""


@dataclass(frozen=True, slots=True)
class Knapsack:
    """All that pricing knows of one parting before values and prices are known."""

    parting: Parting
    worth: Worth
    states: States
    times: TimePrices
    dtype: Any
    slots: int
    """P: ads in the largest pod."""

    @classmethod
    def of(cls, parting: Parting, worth: Worth, dtype: DTypeLike) -> Knapsack:
        """Prepare a parting."""
        rules = parting.rules
        made = states(rules)
        usable = rules.durations[rules.durations <= rules.duration]
        most = int(rules.duration // usable.min()) if len(usable) else 0
        slots = min(most, rules.maximum_ads) + (1 if made.slack else 0)
        return cls(parting, worth, made, time_prices(rules, worth, made), np.dtype(dtype), max(slots, 1))

    @property
    def settled(self) -> bool:
        """Order does not matter: prices of time are not asked."""
        return self.times.flat is not None

    def solve(
        self, values: Numbers, allowed: Flags, costs: Numbers, ad_time: Integers, likely: Ads | None = None
    ) -> tuple[Floats, Ads]:
        """Relaxed best of B rows: ``values`` [E, B] weights counted, ``allowed`` bool[E, B], ``costs`` [E, B],
        ``ad_time`` int64[B].

        Prices of time are made from ``likely`` int16[B, P], the ads that each row may be expected to choose; the bound
        is one whatever they are, and close if they are right.
        Returns the bound float64[B] >= 0 and the chosen ads int16[B, P], in no order, of which a rule that the groups
        do not know may be broken.
        """
        charge = costs.astype(self.dtype)
        gains, endings = self._gains(values, allowed, charge, likely)
        gains[~allowed] = -np.inf
        choices = [[self._choice(gains, group) for group in bundle.groups] for bundle in self.parting.bundles]
        tables = self._fill(choices, values.shape[1])
        ends = tables[-1][0] + endings
        ends[self._closed(ad_time)] = -np.inf
        ends[0] = 0.0
        state = ends.argmax(axis=0)
        bound = np.take_along_axis(ends, state[None], axis=0)[0].astype(np.float64)
        size = np.abs(bound) + np.abs(endings).max(axis=0)
        bound += np.where(bound > 0, ROUNDING[self.dtype] * (size + self._scale(gains)), 0.0)
        return bound, self._recover(tables, choices, gains, state)

    def _gains(self, values: Numbers, allowed: Flags, charge: Numbers, likely: Ads | None) -> tuple[Numbers, Numbers]:
        """Gains [E, B] of ads wherever they stand at best, and what each total adds to their sum, [T, B] or [T, 1]."""
        totals, slack = self.states.totals, self.states.slack
        kink = np.clip(self.worth.load_free, totals, totals + slack)
        by_time = np.max([time_value(self.worth, end) for end in (totals, totals + slack, kink)], axis=0)
        endings: Numbers = by_time.astype(self.dtype)[:, None]
        if self.times.flat is not None or not any(group for bundle in self.parting.bundles for group in bundle.groups):
            return values * self.dtype.type(self.times.flat or 1.0) - charge, endings
        ads = self._promising(values, allowed, charge) if likely is None else likely.T.astype(np.int64)
        there = ads != NOTHING
        worths = np.where(there, np.take_along_axis(values, ads, axis=0), 0)
        lasting = np.where(there, self.parting.rules.durations[ads], 0)
        state = np.minimum(np.searchsorted(totals, lasting.sum(axis=0)), len(totals) - 1)
        paid = self._paid(worths, lasting)
        prices = {length: places.prices(paid) for length, places in self.times.places.items()}
        inner = inner_gains(self.times, values, prices)
        if self.times.edges == (1.0, 1.0):
            return inner - charge, endings + paid
        likely_gains = np.take_along_axis(inner, ads, axis=0)
        edges = edge_prices(self.times, (ads, worths, likely_gains), prices, state)
        gains = with_edges(self.times, values, inner, paid, prices, edges)
        return gains - charge, endings + paid + edges.first + edges.last[self.times.bucket]

    def _paid(self, worths: Numbers, lasting: Integers) -> Numbers:
        """Prices of time [T, B] of likely ads, worths [n, B] and microseconds [n, B], in the order that suits them."""
        density = np.maximum(worths / np.maximum(lasting / 1e6, 1e-3), 0).astype(self.dtype)
        order = np.argsort(-density, axis=0, kind="stable")
        ends = np.cumsum(np.take_along_axis(lasting, order, axis=0), axis=0)
        return time_paid(self.times, np.take_along_axis(density, order, axis=0), ends)

    def _promising(self, values: Numbers, allowed: Flags, charge: Numbers) -> Integers:
        """Ads int64[n, B] of most promise for their time, one of a group, as many as the break holds, else NOTHING."""
        rules = self.parting.rules
        seen = self.dtype.type(float(survival(self.worth, np.array([rules.duration // 2]))[0]))
        seconds = np.maximum(rules.durations / 1e6, 1e-3).astype(self.dtype)[:, None]
        promise = (values * seen - charge) / seconds
        promise[~allowed] = -np.inf
        groups = [list(group) for bundle in self.parting.bundles for group in bundle.groups if group]
        best = np.stack([promise[group].max(axis=0) for group in groups])
        picked = np.stack([np.asarray(group)[promise[group].argmax(axis=0)] for group in groups])
        wanted = min(len(groups), max(1, round(float(rules.duration / np.median(rules.durations)))))
        top = np.argpartition(-best, wanted - 1, axis=0)[:wanted]
        order = np.argsort(-np.take_along_axis(best, top, axis=0), axis=0, kind="stable")
        ads = np.take_along_axis(picked, np.take_along_axis(top, order, axis=0), axis=0)
        fits = np.cumsum(rules.durations[ads], axis=0) <= rules.duration
        return np.where(fits & np.take_along_axis(allowed, ads, axis=0), ads, NOTHING)

    def _choice(self, gains: Numbers, group: tuple[int, ...]) -> Choice:
        by_length: dict[int, list[int]] = {}
        for ad in group:
            by_length.setdefault(int(self.states.of[ad]), []).append(ad)
        found = []
        for length, ads in sorted(by_length.items()):
            best = gains[ads[0]]
            for ad in ads[1:]:
                best = np.maximum(best, gains[ad])
            found.append((length, best))
        return found

    def _fill(self, choices: list[list[Choice]], count: int) -> list[Numbers]:
        """Tables [1 + limit, T, B] of every stage: the first, then one for each group, and one at each bundle's end."""
        table = np.full((1, len(self.states), count), -np.inf, dtype=self.dtype)
        table[0, 0] = 0.0
        tables = [table]
        for bundle, groups in zip(self.parting.bundles, choices, strict=True):
            if bundle.limit == 1:
                tables.append(self._taken(tables[-1], groups[0], bundle))
                continue
            layers = np.full((1 + bundle.limit, *table.shape[1:]), -np.inf, dtype=self.dtype)
            layers[0] = tables[-1][0]
            tables.append(layers)
            for choice in groups:
                tables.append(self._taken(tables[-1], choice, bundle))
            tables.append(tables[-1].max(axis=0, keepdims=True))
        return tables

    def _taken(self, table: Numbers, choice: Choice, bundle: Bundle) -> Numbers:
        """One group more: its ad leads from a state to a longer one and, where counted, to the next layer."""
        counted = len(table) > 1
        source = table[:-1] if counted else table
        after = np.full_like(table, -np.inf) if bundle.must else table.copy()
        target = after[1:] if counted else after
        for length, gain in choice:
            origins, ends = self.states.moves[length]
            if not len(origins):
                continue
            if origins[-1] - origins[0] == ends[-1] - ends[0] == len(origins) - 1:
                part = target[:, ends[0] : ends[-1] + 1]
                np.maximum(part, source[:, origins[0] : origins[-1] + 1] + gain, out=part)
            else:
                target[:, ends] = np.maximum(target[:, ends], source[:, origins] + gain)
        return after

    def _closed(self, ad_time: Integers) -> Flags:
        """bool[T, B]: totals at which a row's pod may not end."""
        totals = self.states.totals[:, None]
        short = totals + self.states.slack < self.parting.rules.minimum_fill
        return (totals > ad_time) | short

    def _scale(self, gains: Numbers) -> Floats:
        largest = np.where(np.isfinite(gains), np.abs(gains), 0).max(axis=0, initial=0.0)
        return np.asarray(largest.astype(np.float64) * self.slots)

    def _recover(self, tables: list[Numbers], choices: list[list[Choice]], gains: Numbers, state: Integers) -> Ads:
        """Walk the tables back from each row's last state; a step was taken where the table changed."""
        count = gains.shape[1]
        rows = np.arange(count)
        chosen = np.full((count, self.slots), NOTHING, dtype=np.int16)
        filled = np.zeros(count, dtype=np.int64)
        layer = np.zeros(count, dtype=np.int64)
        state = state.copy()
        stage = len(tables) - 1
        for bundle, groups in zip(reversed(self.parting.bundles), reversed(choices), strict=True):
            if bundle.limit > 1:
                stage -= 1
                layer = tables[stage][:, state, rows].argmax(axis=0)
            for group, choice in zip(reversed(bundle.groups), reversed(groups), strict=True):
                after, before = tables[stage], tables[stage - 1]
                stage -= 1
                active = state > 0 if bundle.must else after[layer, state, rows] != before[layer, state, rows]
                moved = np.flatnonzero(active)
                sums = after[layer[moved], state[moved], moved]
                for length, gain in choice:
                    origins = self.states.back[length][state[moved]]
                    source = before[layer[moved] - (bundle.limit > 1), origins, moved] + gain[moved]
                    came = (origins >= 0) & (source == sums)
                    hit = moved[came]
                    members = np.array([ad for ad in group if self.states.of[ad] == length], dtype=np.int64)
                    best = (gains[members[:, None], hit] == gain[hit]).argmax(axis=0)
                    chosen[hit, filled[hit]] = members[best]
                    filled[hit] += 1
                    state[hit] = origins[came]
                    layer[hit] -= bundle.limit > 1
                    moved, sums = moved[~came], sums[~came]
            if bundle.limit > 1:
                stage -= 1
                layer[:] = 0
        return chosen
