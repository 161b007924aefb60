"""Seats that choose with some chance: between the pods of a menu and the best pod of their own.

A menu alone loses much where scores are personal; with the seat's own best pod beside it, what is lost is what the
temperature asks for. The own pod has the number after the menu's; where it is on the menu already it counts there, so
that no pod is likelier for standing twice.
"""

from __future__ import annotations

import numpy as np

from planner.price.port import Pricing
from planner.problem import NOTHING, Ads, Flags, Floats, PodRules, Rows, Worth
from planner.seats.assign import Served
from planner.seats.choice import choose
from planner.seats.policy import Policy
from planner.seats.propensity import of_pods, probabilities
from planner.seats.tariff import ad_weights
from planner.worth import time_value


class SoftChoice:
    """Chooses for ``planner.seats.assign``; ``menu`` int16[M, P] of pods that are legal for whoever may see their ads.

    Ads whose limits are closed are not allowed in the rows that it is given, so that choice and exploration are between
    pods that may be served, and the propensities are those of the final action.
    """

    def __init__(self, pricing: Pricing, rules: PodRules, worth: Worth, menu: Ads, policy: Policy) -> None:
        self._pricing = pricing
        self._menu = menu
        self._policy = policy
        self._weights = ad_weights(rules, worth, menu)
        self._on = self._weights > 0
        present = menu != NOTHING
        self._total = np.where(present, rules.durations[np.where(present, menu, 0)], 0).sum(axis=1)
        self._by_time = time_value(worth, self._total)

    def __call__(self, rows: Rows, first: int, costs: Floats) -> Served:
        """Pods of rows whose first has the seat number ``first``, with their propensities."""
        priced = self._pricing(rows, costs)
        slots = max(self._menu.shape[1], priced.pods.shape[1])
        own = _widened(priced.pods, slots)
        menu = _widened(self._menu, slots)
        reduced = np.empty((len(rows), len(menu) + 1))
        reduced[:, :-1] = rows.values.astype(np.float64) @ self._weights.T + (self._by_time - self._on @ costs)
        reduced[:, :-1][~self._legal(rows)] = -np.inf
        listed = (own[:, None, :] == menu[None]).all(axis=2) & (reduced[:, :-1] > -np.inf)
        reduced[:, -1] = np.where(listed.any(axis=1), -np.inf, priced.reduced)
        seats = np.arange(first, first + len(rows))
        picks = choose(reduced, self._policy, seats).picks
        chances = probabilities(reduced, self._policy)
        mine = picks == len(menu)
        pods = np.where(mine[:, None], own, menu[np.where(mine | (picks == NOTHING), 0, picks)])
        pods[picks == NOTHING] = NOTHING
        slot_chances = np.where(own == pods, chances[:, -1:], 0.0)
        for number, pod in enumerate(menu):
            slot_chances += np.where(pod == pods, chances[:, number, None], 0.0)
        return Served(pods, of_pods(chances, picks), np.where(pods == NOTHING, 0.0, slot_chances))

    def _legal(self, rows: Rows) -> Flags:
        missing = (~rows.allowed).astype(np.float32) @ self._on.T.astype(np.float32)
        found: Flags = (missing == 0) & (self._total <= rows.ad_time[:, None]) & (rows.required == 0)[:, None]
        return found


def _widened(pods: Ads, slots: int) -> Ads:
    wide = np.full((len(pods), slots), NOTHING, dtype=np.int16)
    wide[:, : pods.shape[1]] = pods
    return wide
