"""The plan of a break: every duration, its figures, its payments; the rules as the last gate."""

import json
from decimal import Decimal
from random import Random

import pytest

from domain.errors import InputError
from planner.check.plan import check_plan
from planner.decide.decide import IllegalPlanError, Named
from planner.decide.text import read_plan, written
from planner.greedy import greedy
from planner.plan import CERTIFICATE, Certificate, Portion, Solution
from tests.planner.decide.kit import ad, book, planned, shown

GREEDY = Named("greedy", greedy)


def test_the_pair_that_is_worth_more_than_the_dearest_ad():
    ads = [ad("auto", 30, 10, creative={"categories": ["Autos"]}), ad("beer", 30, 9, creative={"categories": ["Beer"]})]
    ads += [ad("small", 15, 8, creative={"categories": ["Autos"]})]
    plan = planned(book(ads, seconds=(45,), separation={"categories": ["Autos"]}))
    (entry,) = plan.breaks
    assert shown(entry) == {("beer", "small"): 1000}
    assert (entry.value, entry.revenue, entry.fill, entry.seats) == (17_000_000, 17_000_000, 1.0, 1000)
    assert entry.value <= entry.upper_bound <= entry.value + 20
    assert entry.gap == pytest.approx(0, abs=1e-5)
    assert plan.certificate == CERTIFICATE


def test_every_plausible_duration_has_its_own_plan():
    plan = planned(book([ad("long", 60, 30), ad("short", 30, 10)], seconds=(60, 30)))
    assert [(entry.duration, entry.probability) for entry in plan.breaks] == [(Decimal(30), 0.5), (Decimal(60), 0.5)]
    assert [shown(entry) for entry in plan.breaks] == [{("short",): 1000}, {("long",): 1000}]
    assert plan.left_out == ()


def test_a_budget_is_spent_where_it_is_worth_most_and_has_a_price():
    cohorts = [{"id": "rich", "seats": 500, "scores": {"dear": 2.0}}, {"id": "poor", "seats": 500}]
    plan = planned(book([ad("dear", 30, 10, budget=5), ad("cheap", 30, 4)], cohorts=cohorts))
    (entry,) = plan.breaks
    assert {pod.creatives: pod.cohorts for pod in entry.pods} == {("dear",): {"rich": 500}, ("cheap",): {"poor": 500}}
    assert [(each.campaign, each.reserved, each.payment) for each in entry.delivery] == [
        ("c-dear", 5_000_000, 5_000_000),
        ("c-cheap", 2_000_000, 2_000_000),
    ]
    assert entry.value == 500 * 20_000 + 500 * 4_000
    (name,) = entry.prices
    assert "c-dear" in name
    assert 0 < entry.prices[name] <= 1.6, "a micro of budget moves an ad worth 6,000 to 16,000 more for 10,000"


def test_half_an_audience_sees_slate_when_the_money_is_gone():
    (entry,) = planned(book([ad("only", 30, 10, goal=400)])).breaks
    assert [(pod.creatives, pod.seats, pod.share) for pod in entry.pods] == [((), 600, 0.6), (("only",), 400, 0.4)]
    assert entry.fill == 0.4


def test_a_second_price_pays_what_would_just_have_won():
    bids = [ad("high", 30, 0, price={"kind": "second_price", "amount": 10, "floor": 2}), ad("low", 30, 6)]
    (entry,) = planned(book(bids)).breaks
    assert shown(entry) == {("high",): 1000}
    assert (entry.value, entry.revenue) == (10_000_000, 6_000_000)


@pytest.mark.parametrize(("floor", "of_break", "payment"), [(2, 0, 2_000), (0, 0.1, 3_000), (4, 0.1, 4_000)])
def test_a_second_price_alone_pays_the_greater_floor(floor, of_break, payment):
    bid = ad("alone", 30, 0, price={"kind": "second_price", "amount": 10, "floor": floor})
    (entry,) = planned(book([bid], brk={"floor": of_break})).breaks
    assert entry.revenue == 1000 * payment


def test_a_completed_view_reserves_all_and_pays_for_those_expected():
    view = ad("view", 30, 0, price={"kind": "completed_view", "amount": 0.02}, creative={"completion": 0.75})
    (entry,) = planned(book([view])).breaks
    (delivery,) = entry.delivery
    assert (delivery.reserved, delivery.payment, entry.value) == (20_000_000, 15_000_000, 15_000_000)


@pytest.mark.parametrize("seats", [0, 1])
def test_an_empty_book_is_a_plan_of_slate(seats):
    (entry,) = planned(book([], seats=seats)).breaks
    assert (entry.value, entry.upper_bound, entry.gap, entry.fill) == (0, 0, 0.0, 0.0)
    assert [pod.creatives for pod in entry.pods] == [()] * seats


def test_contracts_that_cannot_both_hold_name_both_campaigns():
    with pytest.raises(InputError) as caught:
        planned(book([ad("one", 30, 5, roadblock=True), ad("two", 30, 5, roadblock=True)]))
    assert "c-one" in str(caught.value)
    assert "c-two" in str(caught.value)


def test_a_planner_that_breaks_a_rule_is_found_out():
    def twice(problem, *, stop, warm=None):
        return Solution((Portion(0, (0, 0), 1000),), problem.shared.limit * 0, Certificate(1e9, 1e9, 1e9), 1)

    with pytest.raises(IllegalPlanError, match="repeat"):
        planned(book([ad("one", 15, 5)]), Named("twice", twice))


def test_a_plan_is_read_as_it_was_written(tmp_path):
    plan = planned(book([ad("one", 15.015, 5, goal=10), ad("two", 15, 4)], seconds=(30.03, 45)))
    file = tmp_path / "plan.json"
    file.write_text(written(plan))
    assert read_plan(file) == plan
    entry = json.loads(written(plan))["breaks"][0]
    assert entry["duration"] == 30.03
    assert isinstance(json.loads(written(plan))["breaks"][1]["duration"], int)


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("", ""),
        ("[]", ""),
        ('{"breaks": [{"id": "b"}]}', "breaks.0.duration"),
        ('{"breaks": [], "later": 1}', "later"),
        ('{"breaks": [], "left_out": [{"creative": "x"}]}', "left_out.0.break"),
    ],
)
def test_what_is_no_plan_is_one_error(tmp_path, text, named):
    file = tmp_path / "plan.json"
    file.write_text(text)
    with pytest.raises(InputError) as caught:
        read_plan(file)
    assert str(caught.value).startswith(f"{file}: {named}")
    assert "\n" not in str(caught.value)


def test_a_plan_that_is_not_there_is_one_error(tmp_path):
    with pytest.raises(InputError, match="No such file"):
        read_plan(tmp_path / "none.json")


NODES = ["Autos", "Electric cars", "Beer", "Alcohol", "Food", "Snacks and sweets", "Travel", "Airlines"]


def random_book(seed):
    """Few ads, short breaks, and each rule now and then."""
    rng = Random(seed)

    def maybe(chance, value):
        return value if rng.random() < chance else None

    def fields():
        found = {
            "budget": maybe(0.4, rng.randint(1, 40)),
            "goal": maybe(0.2, rng.randint(1, 3000)),
            "guarantee": maybe(0.2, {"impressions": rng.randint(1, 3000), "penalty": rng.randint(0, 30)}),
            "tier": maybe(0.1, 2),
            "targeting": maybe(0.3, {rng.choice(["traits", "not_traits"]): ["sport"]}),
            "caps": maybe(0.3, [{"per": rng.choice(["break", "hour", "event"]), "limit": rng.randint(1, 3)}]),
            "separation": maybe(0.2, [rng.choice(NODES)]),
            "avoid": maybe(0.2, ["airliner"]),
            "position": maybe(0.3, rng.choice(["first", "last", "first_or_last"])),
            "share_of_voice": maybe(0.1, {"minimum": 0.1, "maximum": 0.4, "penalty": 3}),
            "advertiser": maybe(0.3, rng.choice(["acme", "zeta", ""])),
        }
        return {name: value for name, value in found.items() if value is not None}

    def price():
        kind = rng.choice(["cpm", "cpm", "first_price", "second_price", "completed_view"])
        amount = rng.randint(1, 40)
        if kind == "completed_view":
            return {"kind": kind, "amount": amount / 1000}
        return {"kind": kind, "amount": amount} | ({"floor": amount / 4} if kind == "second_price" else {})

    def creative():
        found = {"categories": rng.sample(NODES, rng.randint(0, 2)), "completion": rng.choice([1.0, 0.8])}
        return found | ({"tags": ["airliner"]} if rng.random() < 0.2 else {})

    ads = [
        ad(f"ad{number}", rng.choice([10, 15, 15.015, 20, 30, 45]), 0, price=price(), creative=creative(), **fields())
        for number in range(rng.randint(1, 8))
    ]
    names = [each["creative"]["id"] for each in ads]
    cohorts = [
        {
            "id": f"k{number}",
            "seats": rng.choice([0, 1, 7, 500, 1999]),
            "traits": rng.sample(["sport", "cars"], rng.randint(0, 2)),
            "scores": {name: rng.uniform(0, 2) for name in names if rng.random() < 0.5},
            "seen": [{"creative": rng.choice(names), "ago": rng.randint(0, 4000)}] if rng.random() < 0.5 else [],
        }
        for number in range(rng.randint(1, 4))
    ]
    viewing = {"leave_per_minute": rng.choice([0, 0.05]), "first": rng.choice([1.0, 1.2]), "last": 1.1}
    viewing |= {"repeat_cost": rng.choice([0, 2]), "load_cost": rng.choice([0, 0.1]), "load_free": 30}
    return book(
        ads,
        seconds=tuple(rng.sample([30, 45, 60, 75], rng.randint(1, 2))),
        cohorts=cohorts,
        viewing=viewing,
        separation={"categories": rng.sample(NODES, rng.randint(0, 2))},
        metadata=rng.choice(["strict", "lenient"]),
        brk={"minimum_fill": rng.choice([0, 0, 20]), "maximum_ads": rng.choice([1, 3, 9]), "slate_cost": 0.01},
    )


@pytest.mark.parametrize("seed", range(40))
def test_plans_of_random_books_pass_every_rule_and_explain_every_ad(seed):
    made = random_book(seed)
    best, plain = planned(made), planned(made, GREEDY)
    for plan in (best, plain):
        assert check_plan(made, plan) == []
        stands = {name for entry in plan.breaks for pod in entry.pods for name in pod.creatives}
        assert stands | {each.creative for each in plan.left_out} == {each.id for each in made.book.creatives}
        assert all(each.detail for each in plan.left_out)
        assert all(each.reason for entry in plan.breaks for each in entry.delivery if each.short)
        for entry in plan.breaks:
            assert entry.revenue <= sum(each.reserved for each in entry.delivery)
    if all(campaign.tier == 1 for campaign in made.book.campaigns):
        for entry, other in zip(best.breaks, plain.breaks, strict=True):
            assert other.value - 1 <= entry.value <= entry.upper_bound + 1
            assert other.value - 1 <= entry.upper_bound


def test_the_same_book_gives_the_same_bytes():
    assert written(planned(random_book(5))) == written(planned(random_book(5)))
