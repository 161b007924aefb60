"""Branching on rules that the dynamic program relaxed, for all rows of a block at once.

A node is a row with some ads banned. Where the pod that the program chooses breaks a rule, no legal pod holds all the
ads that break it together: of two that conflict, either the first is absent, or all that conflict with it are. Each way
is a node of the next round. What a round leaves open keeps its bound; a repaired pod is what a row has in the meantime.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Protocol

import numpy as np
from numpy.typing import NDArray

from planner.price.groups import Parting
from planner.price.order import in_order
from planner.price.states import States
from planner.price.time_prices import Numbers
from planner.problem import NOTHING, Ads, Flags, Floats, Integers, Position, Worth
from planner.worth import survival, time_value

LEAST_OPEN: Final = 128
"""Nodes that may be open at once, however few the rows are."""


class Relaxation(Protocol):
    """A program that knows some of the rules; see ``planner.price.relaxed`` and ``planner.price.ordered``."""

    @property
    def parting(self) -> Parting:
        """The ads, and what is left open."""
        ...

    @property
    def worth(self) -> Worth:
        """Of the pods."""
        ...

    @property
    def states(self) -> States:
        """Totals that pods can reach."""
        ...

    @property
    def slots(self) -> int:
        """P: ads in the largest pod."""
        ...

    @property
    def settled(self) -> bool:
        """Whether asking again with the ads chosen as ``likely`` brings nothing."""
        ...

    def solve(
        self, values: Numbers, allowed: Flags, costs: Numbers, ad_time: Integers, likely: Ads | None = None
    ) -> tuple[Floats, Ads]:
        """Bound float64[B] and chosen ads int16[B, P] of B rows; ``values``, ``allowed`` and ``costs`` are [E, B]."""
        ...


@dataclass(frozen=True, slots=True)
class Block:
    """B rows as the program wants them: ``values`` [E, B] weights counted, ``allowed`` bool[E, B], ``costs`` [E, B],
    ``ad_time`` [B].
    """

    values: Numbers
    allowed: Flags
    costs: Numbers
    ad_time: Integers


@dataclass(slots=True)
class Best:
    """What is known of B rows: the best legal pod so far, and the greatest bound of a node that is not open."""

    reduced: Floats
    pods: Ads
    closed: Floats

    def offer(self, rows: Integers, reduced: Floats, pods: Ads) -> None:
        """Keep what is better; of several nodes of one row the best."""
        order = np.argsort(reduced, kind="stable")
        rows, reduced, pods = rows[order], reduced[order], pods[order]
        better = reduced > self.reduced[rows]
        self.reduced[rows[better]] = reduced[better]
        self.pods[rows[better]] = pods[better]

    def close(self, rows: Integers, bounds: Floats) -> None:
        """Nothing below these nodes exceeds their bounds."""
        np.maximum.at(self.closed, rows, bounds)


@dataclass(frozen=True, slots=True)
class Nodes:
    """N nodes: their rows, allowed ads bool[E, N] and bounds, the ads ``likely`` in their pods.

    A node is ``refined`` if the likely ads are what it chose itself.
    """

    rows: Integers
    allowed: Flags
    bounds: Floats
    likely: Ads | None
    refined: Flags

    def and_(self, other: Nodes) -> Nodes:
        """Both."""
        assert self.likely is not None
        assert other.likely is not None
        return Nodes(
            np.concatenate([self.rows, other.rows]),
            np.concatenate([self.allowed, other.allowed], axis=1),
            np.concatenate([self.bounds, other.bounds]),
            np.concatenate([self.likely, other.likely]),
            np.concatenate([self.refined, other.refined]),
        )


def branched(knapsack: Relaxation, block: Block, *, rounds: int, tolerance: float) -> tuple[Floats, Floats, Ads]:
    """Bound float64[B], reduced value float64[B] and ordered legal pod int16[B, P] of each row.

    A node is not followed where its bound is within ``tolerance``, relative, of what the row has, nor where more than
    one for each row are open: then those of least promise keep their bounds.
    """
    count = block.values.shape[1]
    most = max(count, LEAST_OPEN)
    best = Best(np.zeros(count), np.full((count, knapsack.slots), NOTHING, dtype=np.int16), np.zeros(count))
    best.offer(np.arange(count), *_alone(knapsack, block))
    nodes = Nodes(np.arange(count), block.allowed, np.full(count, np.inf), None, np.zeros(count, dtype=np.bool_))
    for left in range(rounds, -1, -1):
        rows = nodes.rows
        bounds, chosen = knapsack.solve(
            block.values[:, rows], nodes.allowed, block.costs[:, rows], block.ad_time[rows], nodes.likely
        )
        bounds = np.minimum(bounds, nodes.bounds)
        broken = _broken(knapsack, chosen, block.ad_time[rows])
        whole: Flags = ~np.asarray(broken.any(axis=1))
        mended = chosen.copy()
        mended[~whole] = _mended(knapsack, block, rows[~whole], chosen[~whole])
        best.offer(rows, *_judged(knapsack, block, rows, mended))
        done = whole & (nodes.refined | knapsack.settled)
        promise = bounds - best.reduced[rows] * (1.0 + tolerance) - tolerance
        closed = done | (promise <= 0.0) | (left == 0)
        open_ = np.flatnonzero(~closed)
        if len(open_) > most:
            closed[open_[np.argsort(-promise[open_], kind="stable")[most:]]] = True
        best.close(rows[closed], bounds[closed])
        if closed.all():
            break
        again = np.flatnonzero(~closed & whole)
        below = _children(knapsack, nodes, chosen, broken, np.flatnonzero(~closed & ~whole), bounds)
        nodes = below.and_(Nodes(rows[again], nodes.allowed[:, again], bounds[again], chosen[again], whole[again]))
    return np.maximum(best.closed, best.reduced), best.reduced, best.pods


def _broken(knapsack: Relaxation, chosen: Ads, ad_time: Integers) -> Flags:
    """bool[N, P]: the slots of a set of ads that may not stand together; of pairs, one that breaks most of them."""
    parting = knapsack.parting
    present = chosen != NOTHING
    ads = np.where(present, chosen, 0).astype(np.int64)
    broken = np.zeros(chosen.shape, dtype=np.bool_)
    if parting.rules.ads == 0:
        return broken
    open_ads: Flags = np.asarray(parting.open_pairs.any(axis=1))
    touched = open_ads[ads] & present
    rows = np.flatnonzero(touched.sum(axis=1) > 1)
    if len(rows):
        there = present[rows]
        pairs = parting.open_pairs[ads[rows][:, :, None], ads[rows][:, None, :]] & there[:, :, None] & there[:, None, :]
        breaks = pairs.sum(axis=2)
        worst = breaks.argmax(axis=1)
        hit = breaks[np.arange(len(rows)), worst] > 0
        broken[rows[hit], worst[hit]] = True
    for family in parting.open_families:
        member = np.zeros(parting.rules.ads, dtype=np.bool_)
        member[list(family.members)] = True
        inside = member[ads] & present
        over = (inside.sum(axis=1) > family.limit) & ~broken.any(axis=1)
        broken[over] = inside[over]
    if knapsack.states.slack:
        total = np.where(present, parting.rules.durations[ads], 0).sum(axis=1)
        over = (total > np.minimum(parting.rules.duration, ad_time)) & ~broken.any(axis=1)
        broken[over] = present[over]
    return broken


def _children(knapsack: Relaxation, nodes: Nodes, chosen: Ads, broken: Flags, open_: Integers, bounds: Floats) -> Nodes:
    """The nodes below the ``open_`` ones: each ad that breaks a rule absent, and where it is one, all against it."""
    node, slot = np.nonzero(broken[open_])
    parent = open_[node]
    banned = chosen[parent, slot].astype(np.int64)
    without = nodes.allowed[:, parent]
    without[banned, np.arange(len(parent))] = False
    alone = broken[open_].sum(axis=1)[node] == 1
    against = nodes.allowed[:, parent[alone]] & ~knapsack.parting.conflict[:, banned[alone]]
    parents = np.concatenate([parent, parent[alone]])
    return Nodes(
        nodes.rows[parents],
        np.concatenate([without, against], axis=1),
        bounds[parents],
        chosen[parents],
        np.zeros(len(parents), dtype=np.bool_),
    )


def _mended(knapsack: Relaxation, block: Block, rows: Integers, chosen: Ads) -> Ads:
    """Leave out ads, the least gaining first to go, until no rule is broken; what is required stays."""
    parting = knapsack.parting
    present = chosen != NOTHING
    ads = np.where(present, chosen, 0).astype(np.int64)
    gains = block.values[ads, rows[:, None]].astype(np.float64) - block.costs[ads, rows[:, None]]
    stand_in = ads >= len(np.unique(parting.origin))
    order = np.argsort(np.where(present, np.where(stand_in, -np.inf, -gains), np.inf), axis=1, kind="stable")
    ads, present = np.take_along_axis(ads, order, axis=1), np.take_along_axis(present, order, axis=1)
    kept = np.zeros_like(present)
    total = np.zeros(len(rows), dtype=np.int64)
    room = np.minimum(parting.rules.duration, block.ad_time[rows])
    counts = np.zeros((len(parting.open_families), len(rows)), dtype=np.int64)
    members = np.zeros((len(parting.open_families), parting.rules.ads), dtype=np.bool_)
    for number, family in enumerate(parting.open_families):
        members[number, list(family.members)] = True
    limits = np.array([family.limit for family in parting.open_families], dtype=np.int64)[:, None]
    for slot in range(chosen.shape[1]):
        ad = ads[:, slot]
        fits = present[:, slot] & ~(parting.conflict[ad[:, None], ads] & kept).any(axis=1)
        fits &= ~(members[:, ad] & (counts >= limits)).any(axis=0)
        fits &= total + parting.rules.durations[ad] <= room
        kept[:, slot] = fits
        total += np.where(fits, parting.rules.durations[ad], 0)
        counts += members[:, ad] & fits
    return np.where(kept, ads, NOTHING).astype(np.int16)


def _judged(knapsack: Relaxation, block: Block, rows: Integers, chosen: Ads) -> tuple[Floats, Ads]:
    """Order the sets and value them; what is still no pod, or worth less than none, becomes the empty pod."""
    rules = knapsack.parting.rules
    present = chosen != NOTHING
    ads = np.where(present, chosen, 0).astype(np.int64)
    values = np.where(present, block.values[ads, rows[:, None]], 0).astype(np.float64)
    pods, slots = in_order(rules, knapsack.worth, values, chosen)
    total = np.where(present, rules.durations[ads], 0).sum(axis=1)
    reduced = (
        slots + time_value(knapsack.worth, total) - np.where(present, block.costs[ads, rows[:, None]], 0.0).sum(axis=1)
    )
    legal = (total >= rules.minimum_fill) & _placed(rules.positions, pods)
    for bundle in knapsack.parting.bundles:
        if bundle.must:
            legal &= np.isin(chosen, np.array(bundle.groups[0], dtype=np.int16)).any(axis=1)
    there = _places(pods)
    for wanted in knapsack.parting.unsure:
        members = np.isin(knapsack.parting.origin, np.array(wanted.members, dtype=np.int64))
        legal &= ((there & wanted.position != 0) & members[pods] & (pods != NOTHING)).any(axis=1)
    good = legal & (reduced > 0)
    return np.where(good, reduced, 0.0), np.where(good[:, None], pods, NOTHING).astype(np.int16)


def _alone(knapsack: Relaxation, block: Block) -> tuple[Floats, Ads]:
    """The best pod of a single ad of each row, which relaxed edges do not cover."""
    rules, worth, ads = knapsack.parting.rules, knapsack.worth, knapsack.parting.alone
    pods = np.full((block.values.shape[1], knapsack.slots), NOTHING, dtype=np.int16)
    if not len(ads) or (worth.first == worth.last == 1.0 and not knapsack.parting.contracted):
        return np.zeros(len(pods)), pods
    lasting = rules.durations[ads]
    factor = max(worth.first, worth.last) * survival(worth, lasting)
    reduced = block.values[ads] * factor[:, None] + time_value(worth, lasting)[:, None] - block.costs[ads]
    legal = block.allowed[ads] & (lasting[:, None] <= block.ad_time) & (lasting >= rules.minimum_fill)[:, None]
    reduced = np.where(legal, reduced, 0.0)
    pick = reduced.argmax(axis=0)
    pods[:, 0] = ads[pick]
    return np.take_along_axis(reduced, pick[None], axis=0)[0], pods


def _placed(positions: NDArray[np.uint8], pods: Ads) -> Flags:
    """Whether every ad of each ordered pod stands where it may."""
    present = pods != NOTHING
    masks = positions[np.where(present, pods, 0)] if len(positions) else np.zeros(pods.shape, dtype=np.uint8)
    fits: Flags = np.asarray((masks & _places(pods)) != 0) | ~present
    return np.asarray(fits.all(axis=1))


def _places(pods: Ads) -> Integers:
    """The ``Position`` of each slot of ordered pods, int64[N, P]."""
    lengths = (pods != NOTHING).sum(axis=1)[:, None]
    slots = np.arange(pods.shape[1])
    edges = np.where(slots == 0, int(Position.FIRST), 0) | np.where(slots == lengths - 1, int(Position.LAST), 0)
    return np.where(edges == 0, int(Position.MIDDLE), edges)
