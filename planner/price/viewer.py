"""Pricing row by row, for what looks at one viewer at a time: plain numbers and bitmasks in, one pod out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from planner.price.ground import Demand, Ground, mask_of
from planner.price.port import Priced
from planner.problem import NOTHING, Floats, Rows
from planner.worth import pod_value


@dataclass(frozen=True, slots=True)
class Viewer:
    """One row: ``values`` (weights counted) and ``costs`` by ad, the ads it may see, how long, and its demands."""

    values: list[float]
    costs: list[float]
    allowed: int
    ad_time: int
    demands: tuple[Demand, ...] = ()


@dataclass(frozen=True, slots=True)
class Found:
    """The best ``pod`` found, what it brings, and what no legal pod exceeds; ``nodes`` is the search's size."""

    pod: tuple[int, ...]
    reduced: float
    bound: float
    nodes: int


def viewer(ground: Ground, rows: Rows, row: int, values: Floats, costs: Floats) -> Viewer:
    """One of ``rows`` at ``values`` float64[J], weights counted, and ``costs`` float64[J]."""
    return Viewer(
        values=values.tolist(),
        costs=costs.tolist(),
        allowed=mask_of(np.flatnonzero(rows.allowed[row]).tolist()),
        ad_time=int(rows.ad_time[row]),
        demands=ground.demands[int(rows.required[row])],
    )


def reduced_value(ground: Ground, row: Viewer, pod: tuple[int, ...]) -> float:
    """What ``pod`` brings to ``row``, by the definition."""
    value = pod_value(ground.rules, ground.worth, np.array(row.values), pod)
    return value - sum(row.costs[ad] for ad in pod)


def row_by_row(
    ground: Ground, search: Callable[[Viewer], Found], rows: Rows, costs: Floats, weights: Floats | None
) -> Priced:
    """What ``search`` finds for each row; see ``planner.price.port.Pricing``."""
    weighed = rows.values.astype(np.float64) * (1.0 if weights is None else weights)
    charges = np.broadcast_to(costs, weighed.shape) if rows.costs is None else rows.costs + costs
    answers = [search(viewer(ground, rows, row, weighed[row], charges[row])) for row in range(len(rows))]
    pods = np.full((len(rows), max((len(each.pod) for each in answers), default=0)), NOTHING, dtype=np.int16)
    for row, each in enumerate(answers):
        pods[row, : len(each.pod)] = each.pod
    reduced = np.array([each.reduced for each in answers], dtype=np.float64)
    bound = np.array([each.bound for each in answers], dtype=np.float64)
    return Priced(bound=bound, reduced=reduced, pods=pods)
