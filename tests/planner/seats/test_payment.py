"""Second-price payments against a scan over every lower bid."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest

from domain.units import Microseconds
from planner.price.port import Priced
from planner.price.pricing import Dynamic, Exact
from planner.price.sequence import Sequence
from planner.problem import NOTHING, Ads, Floats, PodRules, Rows, Worth
from planner.seats.choice import choose, scored
from planner.seats.payment import NOISE, by_pricing, in_menu, menu
from planner.seats.policy import Policy
from planner.seats.tariff import Tariff, ad_weights, slot_weights
from planner.worth import pod_value, pod_values
from tests.planner.instances import instance, prices
from tests.planner.price.exhaustive import every_pod, matrix, meets


@dataclass(frozen=True)
class Market:
    """A break whose values are bids times slopes, less what a repetition costs."""

    rules: PodRules
    worth: Worth
    rows: Rows
    slopes: Floats
    costs: Floats
    weights: Floats | None
    tariff: Tariff

    def values(self, row: int, ad: int, bid: int) -> Floats:
        """float32[J]: the row's values if the ad bid so much."""
        values = self.rows.values[row].astype(np.float64)
        values[ad] += (bid - int(self.tariff.bids[ad])) * self.slopes[row, ad]
        return values

    def reduced(self, pods: Ads, values: Floats) -> Floats:
        """float64[N]: of each pod, with one row's values."""
        scaled = values if self.weights is None else values * self.weights
        worth = pod_values(self.rules, self.worth, np.repeat(scaled[None, :], len(pods), axis=0), pods)
        return worth - np.where(pods != NOTHING, self.costs[pods], 0.0).sum(axis=1)


def market(seed: int, ads: int = 5) -> Market:
    rules, worth, rows = instance(seed, ads=ads, rows=3)
    random = np.random.default_rng([seed, 9])
    size = float(np.abs(rows.values).mean())
    slopes = np.where(random.random(rows.values.shape) < 0.05, 0.0, rows.values.clip(0) / 200)
    bids = random.integers(20, 260, ads)
    repeats = np.where(random.random(rows.values.shape) < 0.2, size / 10, 0.0)
    values = (bids * slopes - repeats).astype(np.float32)
    rows = Rows(values, rows.allowed, rows.seats, rows.ad_time, rows.required)
    costs, weights = prices(seed, rows)
    floors = np.where(random.random(ads) < 0.3, random.integers(1, 150, ads), 0)
    return Market(rules, worth, rows, slopes, costs, weights, Tariff(bids, floors, random.random(ads) < 0.8))


class Tried:
    """Pricing by trying every pod; ties go to the pod found first."""

    def __init__(self, rules: PodRules, worth: Worth) -> None:
        self.rules, self.worth = rules, worth
        self.pods = every_pod(rules)
        self.matrix = matrix(self.pods)
        self.present = self.matrix != NOTHING
        self.total = np.where(self.present, rules.durations[self.matrix], 0).sum(axis=1)
        self.meets = np.array([[meets(pod, wanted) for pod in self.pods] for wanted in rules.required])
        self.asked = 0

    def legal(self, rows: Rows, row: int) -> np.ndarray:
        seen = (rows.allowed[row][self.matrix] | ~self.present).all(axis=1)
        return seen & (self.total <= rows.ad_time[row]) & self.meets[rows.required[row]]

    def __call__(self, rows: Rows, costs: Floats, weights: Floats | None = None) -> Priced:
        self.asked += 1
        found = np.full((len(rows), self.matrix.shape[1]), NOTHING, dtype=np.int16)
        best = np.zeros(len(rows))
        for row in range(len(rows)):
            values = rows.values[row].astype(np.float64) * (1.0 if weights is None else weights)
            every = np.broadcast_to(values, (len(self.pods), len(values)))
            worth = pod_values(self.rules, self.worth, every, self.matrix)
            reduced = worth - np.where(self.present, costs[self.matrix], 0.0).sum(axis=1)
            reduced = np.where(self.legal(rows, row), reduced, -np.inf)
            pick = int(reduced.argmax())
            found[row], best[row] = self.matrix[pick], reduced[pick]
        return Priced(best, best, found)


def scan(of: Market, pods: Ads, noise: Floats, row: int, ad: int, slack: float) -> int:
    """The smallest bid with which the choice among ``pods`` has the ad, by trying every bid from the top."""
    bid = int(of.tariff.bids[ad])
    floor = min(int(of.tariff.floors[ad]), bid)
    has = (pods == ad).any(axis=1)
    for lower in range(bid, floor - 1, -1):
        scores = of.reduced(pods, of.values(row, ad, lower)) + noise
        rest = scores[~has].max(initial=-np.inf)
        if not has.any() or scores[has].max() < rest - slack:
            return min(lower + 1, bid)
    return floor


@pytest.mark.parametrize("block", range(4))
def test_payments_from_a_menu_are_the_smallest_bids_that_keep_the_ad(block: int) -> None:
    below = at_floor = at_bid = soft = exact = seen = 0
    for seed in range(block * 60, block * 60 + 60):
        of = market(seed)
        random = np.random.default_rng([seed, 4])
        tried = Tried(of.rules, of.worth)
        pods = tried.matrix[random.permutation(len(tried.pods))[:25]]
        temperature = float(random.choice([0.0, np.abs(of.rows.values).mean() / 3]))
        policy = Policy(seed, temperature)
        reduced = np.array([of.reduced(pods, of.rows.values[row].astype(np.float64)) for row in range(3)])
        allowed = random.random(reduced.shape) < 0.8
        reduced[~allowed] = np.nan
        seats = np.arange(3) + 100
        scores = scored(reduced, policy, seats)
        chosen = choose(reduced, policy, seats)
        slopes = of.slopes * (1.0 if of.weights is None else of.weights)
        found = in_menu(of.tariff, scores, slopes, menu(of.rules, of.worth, pods), chosen.picks, chosen.explored)
        for row, pick in enumerate(chosen.picks.tolist()):
            if pick == NOTHING:
                assert not found[row].any()
                continue
            mine = pods[allowed[row]]
            values = of.reduced(mine, of.rows.values[row].astype(np.float64))
            noise = scores[row, allowed[row]] - values
            for slot, ad in enumerate(pods[pick].tolist()):
                if ad == NOTHING:
                    assert found[row, slot] == 0
                elif not of.tariff.second[ad]:
                    assert found[row, slot] == of.tariff.bids[ad]
                else:
                    bid, floor = int(of.tariff.bids[ad]), int(of.tariff.floors[ad])
                    # Where two pods are equal at a whole bid, their numbers and the last bit decide.
                    least, most = (scan(of, mine, noise, row, ad, slack) for slack in (1e-7, -1e-7))
                    assert least <= found[row, slot] <= most <= least + 1 or most == bid
                    exact += least == most
                    at_floor += found[row, slot] == min(floor, bid)
                    at_bid += found[row, slot] == bid
                    below += min(floor, bid) < found[row, slot] < bid
                    soft += temperature > 0
                    seen += 1
    assert min(below, at_floor, at_bid, soft) >= 5
    assert exact > 0.9 * seen


@pytest.mark.parametrize("block", range(4))
def test_payments_by_pricing_are_the_smallest_bids_that_keep_the_ad(block: int) -> None:
    below = 0
    for seed in range(block * 60, block * 60 + 60):
        of = market(seed)
        tried = Tried(of.rules, of.worth)
        pods = tried(of.rows, of.costs, of.weights).pods
        found = by_pricing(tried, of.rules, of.worth, of.rows, pods, of.costs, of.tariff, of.slopes, of.weights)
        assert found.dtype == np.int64
        for row in range(3):
            mine = tried.matrix[tried.legal(of.rows, row)]
            for slot, ad in enumerate(pods[row].tolist()):
                if ad == NOTHING:
                    assert found[row, slot] == 0
                elif not of.tariff.second[ad]:
                    assert found[row, slot] == of.tariff.bids[ad]
                else:
                    exact = scan(of, mine, np.zeros(len(mine)), row, ad, 1e-7)
                    # Values in single precision leave a bid open that is within the noise of a whole one.
                    nearly = scan(of, mine, np.zeros(len(mine)), row, ad, 2 * NOISE * float(of.slopes[row].max() + 1))
                    assert nearly <= found[row, slot] <= exact
                    below += min(of.tariff.floors[ad], of.tariff.bids[ad]) < found[row, slot] < of.tariff.bids[ad]
    assert below >= 5


@pytest.mark.parametrize("block", range(2))
def test_payments_by_the_dynamic_program_are_those_by_trying_every_pod(block: int) -> None:
    for seed in range(block * 60, block * 60 + 60):
        of = market(seed)
        tried = Tried(of.rules, of.worth)
        exact = Exact(Dynamic(of.rules, of.worth), Sequence(of.rules, of.worth))
        pods = tried(of.rows, of.costs, of.weights).pods
        both = [
            by_pricing(made, of.rules, of.worth, of.rows, pods, of.costs, of.tariff, of.slopes, of.weights)
            for made in (tried, exact)
        ]
        assert (both[0] == both[1]).all()


@dataclass(frozen=True)
class Plain:
    """Two ads of 30 s for one slot, no survival, no multipliers: payments can be done in the head."""

    rules: PodRules
    worth: Worth
    menu: Ads

    @classmethod
    def of(cls) -> Plain:
        rules = PodRules(
            durations=np.array([30_000_000, 30_000_000]),
            positions=np.full(2, 7, dtype=np.uint8),
            families=(),
            duration=Microseconds(30_000_000),
            minimum_fill=Microseconds(0),
            maximum_ads=1,
        )
        worth = Worth(np.array([0]), np.array([1.0]))
        return cls(rules, worth, np.array([[0], [1], [NOTHING]], dtype=np.int16))

    def pay(self, bids: list[int], slopes: list[float], costs: list[float], floors: list[int]) -> tuple[int, int]:
        """What the winner pays from the menu and by pricing."""
        tariff = Tariff(np.array(bids), np.array(floors), np.array([True, True]))
        values = (np.array([bids]) * slopes).astype(np.float32)
        rows = Rows(
            values,
            np.ones((1, 2), dtype=np.bool_),
            np.ones(1, dtype=np.int64),
            np.array([10**9]),
            np.zeros(1, dtype=np.int64),
        )
        reduced = np.append(values[0] - costs, 0.0)[None, :]
        chosen = choose(reduced, Policy(0), np.array([0]))
        offered = menu(self.rules, self.worth, self.menu)
        listed = in_menu(tariff, reduced, np.array([slopes]), offered, chosen.picks, chosen.explored)
        pods = self.menu[chosen.picks]
        tried = Tried(self.rules, self.worth)
        priced = by_pricing(tried, self.rules, self.worth, rows, pods, np.array(costs), tariff, np.array([slopes]))
        return int(listed[0, 0]), int(priced[0, 0])


@pytest.mark.parametrize(
    ("bids", "slopes", "costs", "floors", "paid"),
    [
        ([100, 60], [1.0, 1.0], [0.0, 0.0], [0, 0], 60),
        ([100, 60], [2.0, 1.0], [0.0, 0.0], [0, 0], 30),
        ([100, 60], [1.0, 1.0], [10.0, 0.0], [0, 0], 70),
        ([100, 60], [1.0, 1.0], [0.0, 100.0], [0, 0], 0),
        ([100, 60], [1.0, 1.0], [0.0, 0.0], [80, 0], 80),
        ([100, 60], [1.0, 1.0], [0.0, 0.0], [180, 0], 100),
        ([100, 61], [2.0, 1.0], [0.0, 0.0], [0, 0], 31),
    ],
)
def test_one_slot_pays_the_next_bid_in_its_own_units(
    bids: list[int], slopes: list[float], costs: list[float], floors: list[int], paid: int
) -> None:
    assert Plain.of().pay(bids, slopes, costs, floors) == (paid, paid)


def test_on_a_tie_the_menu_asks_for_one_micro_more_where_the_other_pod_comes_first() -> None:
    """Pod 1 at bid 100 against pod 0 at 60: at 60 the lower number wins, so the choice has the ad from 61 on."""
    assert Plain.of().pay([60, 100], [1.0, 1.0], [0.0, 0.0], [0, 0])[0] == 61


def test_who_explored_pays_the_floor_and_fixed_prices_are_paid_whatever_the_choice() -> None:
    of = Plain.of()
    scores = np.array([[100.0, 60.0, 0.0]] * 2)
    offered = menu(of.rules, of.worth, of.menu)
    picks = np.array([0, 1], dtype=np.int32)
    for second, expected in ((True, [7, 60]), (False, [100, 60])):
        tariff = Tariff(np.array([100, 60]), np.array([7, 90]), np.array([second, second]))
        found = in_menu(tariff, scores, np.ones((2, 2)), offered, picks, np.array([True, True]))
        assert found[:, 0].tolist() == expected


def test_an_ad_that_the_choice_would_not_have_pays_its_bid() -> None:
    of = Plain.of()
    tariff = Tariff(np.array([100, 60]), np.zeros(2, dtype=np.int64), np.array([True, True]))
    scores = np.array([[100.0, 60.0, 0.0]])
    offered = menu(of.rules, of.worth, of.menu)
    found = in_menu(tariff, scores, np.ones((1, 2)), offered, np.array([1], dtype=np.int32), np.array([False]))
    assert found.tolist() == [[60]]


@pytest.mark.parametrize("seed", range(40))
def test_weights_of_slots_make_the_value_of_the_pod(seed: int) -> None:
    of = market(seed)
    pods = matrix(every_pod(of.rules))
    values = of.rows.values[0].astype(np.float64)
    slots = slot_weights(of.rules, of.worth, pods)
    ads = ad_weights(of.rules, of.worth, pods)
    for number, pod in enumerate(every_pod(of.rules)):
        nothing = pod_value(of.rules, of.worth, np.zeros(of.rules.ads), pod)
        value = pod_value(of.rules, of.worth, values, pod)
        assert slots[number, : len(pod)] @ values[list(pod)] + nothing == pytest.approx(value)
        assert ads[number] @ values + nothing == pytest.approx(value)
