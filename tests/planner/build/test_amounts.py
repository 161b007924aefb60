"""Decimals become micros; campaigns' limits become shared rows; the viewing table becomes the worth of a pod."""

from decimal import Decimal

import numpy as np
import pytest

from domain.errors import InputError
from planner.book.model import Break, Campaign, Creative, Viewing
from planner.build.lineup import Catalogue, Lineup
from planner.build.prices import declared, micros_of_one, reserve
from planner.build.sharing import sharing
from planner.build.viewing import viewing
from planner.problem import Kind
from tests.planner.build.small import book, built, campaign, cohort, creative


@pytest.mark.parametrize(
    ("amount", "micros"), [("20", 20000), ("0.0005", 0), ("0.0015", 2), ("0.0025", 2), ("0.002501", 3)]
)
def test_one_of_a_thousand_is_rounded_half_to_even(amount, micros):
    assert micros_of_one(Decimal(amount)) == micros


@pytest.mark.parametrize(
    ("kind", "amount", "value", "reserved"),
    [
        ("cpm", "12.5", 12500.0, 12500),
        ("first_price", "9", 9000.0, 9000),
        ("second_price", "7", 7000.0, 7000),
        ("completed_view", "0.03", 7500.0, 30000),
    ],
)
def test_what_an_impression_declares_and_reserves(kind, amount, value, reserved):
    booking = Campaign.model_validate({"id": "A", "price": {"kind": kind, "amount": amount, "floor": 3}})
    video = Creative.model_validate({"id": "a", "campaign": "A", "duration": 10, "completion": 0.25})
    assert (declared(booking, video), reserve(booking)) == (value, reserved)


def test_limits_of_campaigns_are_rows():
    campaigns = [
        campaign(
            "A",
            budget="3.5",
            goal=70,
            guarantee={"impressions": 40, "penalty": "2.5"},
            share_of_voice={"minimum": 0.25, "maximum": 0.5, "penalty": 4},
            tier=3,
        ),
        campaign("B"),
        campaign("C", budget=9, goal=8, guarantee={"impressions": 7, "penalty": 1}),
    ]
    made = built(campaigns, [creative("a", "A"), creative("b", "B")], [cohort("k")])
    shared = made.problem.shared
    assert shared.names == (
        "budget A",
        "goal A",
        "share maximum A",
        "guarantee A",
        "share minimum A",
        "guarantee C",
    )
    assert shared.kinds[:3] == (Kind.BUDGET, Kind.GOAL, Kind.SHARE_MAXIMUM)
    assert shared.use.tolist() == [[20000, 0], [1, 0], [0.5, -0.5], [1, 0], [0.75, -0.25], [0, 0]]
    assert shared.limit.tolist() == [3_500_000, 70, 0, 40, 0, 7]
    assert shared.penalty.tolist() == [0, 0, 0, 2500, 4000, 1000]
    assert made.problem.tiers.tolist() == [3, 1]


def test_more_limits_than_arrays_should_hold():
    catalogue = Catalogue(book([campaign("A", budget=1, goal=1)], [creative("a", "A")], []))
    lineup = Lineup(catalogue, catalogue.book.creatives)
    assert len(sharing(lineup, "break b", 2)) == 2
    with pytest.raises(InputError, match="break b: expected at most 1 limits of campaigns times creatives"):
        sharing(lineup, "break b", 1)


def test_the_worth_of_a_pod():
    viewers = Viewing.model_validate(
        {
            "leave_per_minute": 0.1,
            "early_return_per_minute": 0.2,
            "first": 1.5,
            "last": 1.25,
            "load_cost": "0.5",
            "load_free": "12.5",
        }
    )
    brk = Break.model_validate({"id": "b", "durations": [{"seconds": 60}], "slate_cost": "0.25"})
    worth = viewing(viewers, brk, 60_500_000)
    assert worth.instants[[0, 1, 60, 61]].tolist() == [0, 1_000_000, 60_000_000, 60_500_000]
    assert worth.survival[[0, 60]] == pytest.approx([1.0, 0.72])
    assert np.all(np.diff(worth.survival) < 0)
    assert (worth.first, worth.last, worth.per_second, worth.load, worth.load_free) == (
        1.5,
        1.25,
        250.0,
        500.0,
        12_500_000,
    )


def test_whole_seconds_end_once():
    brk = Break.model_validate({"id": "b", "durations": [{"seconds": 2}]})
    assert viewing(Viewing(), brk, 2_000_000).instants.tolist() == [0, 1_000_000, 2_000_000]
