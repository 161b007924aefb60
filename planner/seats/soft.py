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
from planner.seats.tariff import slot_weights
from planner.worth import time_value


class SoftChoice:
    """Chooses for ``planner.seats.assign``; ``menu`` int16[M, P] of pods that are legal for whoever may see their ads.

    Ads whose limits are closed are not allowed in the rows that it is given, so that choice and exploration are between
    pods that may be served, and the propensities are those of the final action. Rows with requirements have their own
    best pod alone. Raises ``ValueError`` where a pod is on the menu twice.
    """

    def __init__(self, pricing: Pricing, rules: PodRules, worth: Worth, menu: Ads, policy: Policy) -> None:
        if len(np.unique(menu, axis=0)) < len(menu):
            raise ValueError(f"menu: expected {len(menu)} different pods, found one twice")
        self._pricing = pricing
        self._menu = menu
        self._policy = policy
        self._weights = slot_weights(rules, worth, menu)
        self._total = np.where(menu != NOTHING, rules.durations[menu], 0).sum(axis=1)
        self._by_time = time_value(worth, self._total)

    def __call__(self, rows: Rows, first: int, costs: Floats) -> Served:
        """Pods of rows whose first has the seat number ``first``, with their propensities."""
        priced = self._pricing(rows, costs)
        slots = max(self._menu.shape[1], priced.pods.shape[1])
        own, menu = _widened(priced.pods, slots), _widened(self._menu, slots)
        reduced = np.empty((len(rows), len(menu) + 1))
        reduced[:, :-1] = np.where(self._legal(rows), self._reduced(rows, costs), -np.inf)
        listed = (own[:, None, :] == menu[None]).all(axis=2) & (reduced[:, :-1] > -np.inf)
        reduced[:, -1] = np.where(listed.any(axis=1), -np.inf, priced.reduced)
        picks = choose(reduced, self._policy, np.arange(first, first + len(rows))).picks
        chances = probabilities(reduced, self._policy)
        pods = own.copy()
        from_menu = picks < len(menu)
        pods[from_menu] = menu[picks[from_menu]]
        slot_chances = np.where(own == pods, chances[:, -1:], 0.0)
        for number, pod in enumerate(menu):
            slot_chances += np.where(pod == pods, chances[:, number, None], 0.0)
        return Served(pods, of_pods(chances, picks), np.where(pods == NOTHING, 0.0, slot_chances))

    def _reduced(self, rows: Rows, costs: Floats) -> Floats:
        """float64[R, M]: micros that each pod of the menu brings, whether or not it is legal."""
        found = np.tile(self._by_time, (len(rows), 1))
        # Slot by slot and not by a matrix product: the same sum with any number of threads, and of a few terms.
        for number, (pod, weights) in enumerate(zip(self._menu, self._weights, strict=True)):
            for ad, weight in zip(pod[pod != NOTHING], weights, strict=False):
                found[:, number] += rows.values[:, ad] * weight - costs[ad]
        return found

    def _legal(self, rows: Rows) -> Flags:
        """bool[R, M]."""
        found: Flags = (self._total <= rows.ad_time[:, None]) & (rows.required == 0)[:, None]
        for number, pod in enumerate(self._menu):
            found[:, number] &= rows.allowed[:, pod[pod != NOTHING]].all(axis=1)
        return found


def _widened(pods: Ads, slots: int) -> Ads:
    wide = np.full((len(pods), slots), NOTHING, dtype=np.int16)
    wide[:, : pods.shape[1]] = pods
    return wide
