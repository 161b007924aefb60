"""Why an ad is in no pod: one book for each reason, and the facts that go with it."""

import pytest

from planner.decide.decide import Named
from planner.decide.left_out import Loss
from planner.plan import Certificate, Portion, Solution
from planner.problem import Rule
from tests.planner.decide.kit import ad, book, planned, reasons

FILL = {"brk": {"minimum_fill": 30}}
CAR = {"creative": {"categories": ["Autos"]}}
CASES = {
    Rule.DURATION: (lambda: book([ad("out", 60, 5)], seconds=(30, 45)), "60"),
    Rule.FORBIDDEN: (lambda: book([ad("out", 30, 5, **CAR)], brk={"forbidden": ["Autos"]}), "Autos"),
    Rule.TARGETING: (lambda: book([ad("out", 30, 5, targeting={"traits": ["cars"]})]), ""),
    Rule.MINIMUM_FILL: (lambda: book([ad("out", 15, 5)], **FILL), "minimum fill"),
    Rule.AD_LOAD: (
        lambda: book(
            [ad("first", 20, 5, position="first", position_guaranteed=True), ad("out", 10, 50)],
            viewing={"maximum_ad_seconds": 25},
        ),
        "may still see",
    ),
    Rule.GUARANTEED_POSITION: (
        lambda: book([ad("first", 30, 5, position="first", position_guaranteed=True), ad("out", 15, 50)]),
        "guaranteed",
    ),
    Loss.NO_POD: (
        lambda: book(
            [ad("first", 20, 5, position="first", position_guaranteed=True), ad("out", 15, 50)],
            brk={"minimum_fill": 20},
        ),
        "no legal pod has it",
    ),
    Loss.NO_SEATS: (lambda: book([ad("out", 30, 5)], seats=0), "nobody watches"),
    Loss.BUDGET: (
        lambda: book(
            [
                ad("in", 30, 5, goal=1000, creative={"campaign": "c-in"}),
                ad("out", 30, 0, creative={"campaign": "c-in"}),
            ],
            cohorts=[{"id": "all", "seats": 2000, "scores": {"out": 0.5}}],
        ),
        "used up by in",
    ),
    Loss.PRICE: (
        lambda: book(
            [
                ad("in", 30, 5, budget=5, creative={"campaign": "c-in"}),
                ad("out", 30, 0, creative={"campaign": "c-in"}),
            ],
            cohorts=[
                {"id": "a", "seats": 1000, "scores": {"in": 1, "out": 0.5}},
                {"id": "b", "seats": 1000, "scores": {"in": 0.9, "out": 0.1}},
            ],
        ),
        "",
    ),
    Loss.LOST: (
        lambda: book([ad("in", 30, 7), ad("out", 30, 5)]),
        "for all, the best pod with it is worth 2.00 USD per thousand less than the best, with in instead of it",
    ),
    Loss.TIER: (
        lambda: book([ad("in", 30, 1), ad("out", 30, 50, tier=2)]),
        "out is worth 49.00 USD per thousand more than any pod without it",
    ),
}


@pytest.mark.parametrize("reason", [case for case in CASES if case is not Loss.PRICE])
def test_each_reason_has_its_book(reason):
    make, words = CASES[reason]
    found = reasons(planned(make()))["out"]
    assert found.reason == reason
    assert words in found.detail


def test_every_way_to_lose_is_shown_here():
    assert set(Loss) - set(CASES) == {Loss.GAP}


@pytest.mark.parametrize(
    ("seconds", "rule", "words"),
    [(20, Rule.MINIMUM_FILL, "minimum fill"), (14, Rule.AD_LOAD, "100 of 100 seats")],
)
def test_an_ad_that_is_too_short_for_the_break_and_too_long_for_its_viewers(seconds, rule, words):
    """Where viewers have time for the ad, it is the fill that they have no time for."""
    made = book([ad("out", 15, 5), ad("in", 12, 5)], seats=100, viewing={"maximum_ad_seconds": seconds}, **FILL)
    found = reasons(planned(made))["out"]
    assert found.reason == rule
    assert words in found.detail


def test_an_ad_is_worth_less_than_its_campaigns_budget():
    """The budget pays for the seats where it earns most: what is left over is less than one impression's price."""
    found = reasons(planned(CASES[Loss.PRICE][0]()))["out"]
    assert found.reason in {Loss.PRICE, Loss.BUDGET}


def test_load_that_costs_more_than_an_ad_brings_is_its_price():
    made = book([ad("out", 30, 1)], viewing={"load_cost": 1})
    found = reasons(planned(made))["out"]
    assert found.reason == Loss.PRICE
    assert "its time 30.00 USD" in found.detail


def test_the_cohort_where_it_comes_nearest_is_told():
    cohorts = [{"id": "far", "seats": 10, "scores": {"out": 0.1}}, {"id": "near", "seats": 10, "scores": {"out": 0.9}}]
    found = reasons(planned(book([ad("in", 30, 7), ad("out", 30, 7)], cohorts=cohorts)))["out"]
    assert found.reason == Loss.LOST
    assert found.detail == (
        "for near, the best pod with it is worth 0.70 USD per thousand less than the best, with in instead of it"
    )


def test_a_plan_that_stopped_early_does_not_say_that_an_ad_lost():
    def slate(problem, *, stop, warm=None):
        return Solution((Portion(0, (), 1000),), problem.shared.limit * 0, Certificate(0, 0, 5e6), 1)

    found = reasons(planned(book([ad("out", 30, 5)]), Named("slate", slate)))["out"]
    assert found.reason == Loss.GAP
    assert "out is worth 5.00 USD per thousand more than any pod without it: within" in found.detail


def test_an_ad_that_stands_at_one_duration_is_not_left_out():
    made = book([ad("long", 60, 30), ad("short", 30, 10)], seconds=(60, 30))
    assert planned(made).left_out == ()
