"""Rows of the audience: what an impression is worth, who may see what, for how long, and why an ad is for nobody."""

import time

import numpy as np
import pytest

from planner.build.build import build
from planner.problem import Rule
from tests.planner.build.small import book, built, campaign, cohort, creative

TWO = [campaign("A"), campaign("B")]


def seen(name, ago=60, times=1):
    return {"creative": name, "ago": ago, "times": times}


def test_values_are_declared_scored_and_less_the_repeat_cost():
    campaigns = [
        campaign("A", price={"amount": "20.0005"}),
        campaign("B", price={"kind": "completed_view", "amount": "0.03"}),
    ]
    creatives = [creative("a", "A"), creative("b", "B", completion=0.5)]
    cohorts = [
        cohort("k", scores={"a": 0.5}),
        cohort("m", seen=[seen("b", times=3), seen("b", ago=600), seen("b", ago=601)]),
    ]
    made = built(campaigns, creatives, cohorts, viewing={"repeat_cost": 1})
    assert made.problem.rows.values.dtype == np.float32
    assert made.problem.rows.values.tolist() == [[10000, 15000], [20000, 15000 - 4 * 1000]]
    assert (made.ads, made.campaigns, made.cohorts) == (("a", "b"), ("A", "B"), ("k", "m"))


@pytest.mark.parametrize(
    ("rule", "fields", "changed"),
    [
        (Rule.TARGETING, {"A": {"targeting": {"traits": ["x", "y"]}}}, {"traits": ["z"]}),
        (Rule.TARGETING, {"A": {"targeting": {"every_trait": ["x", "y"]}}}, {"traits": ["x"]}),
        (Rule.TARGETING, {"A": {"targeting": {"not_traits": ["z"]}}}, {"traits": ["z", "x"]}),
        (Rule.TARGETING, {"A": {"targeting": {"regions": ["north"]}}}, {"region": "south"}),
        (Rule.TARGETING, {"A": {"targeting": {"devices": ["tv"]}}}, {"device": ""}),
        (Rule.CAP, {"A": {"caps": [{"per": "event", "limit": 1}]}}, {"seen": [seen("a", 600)]}),
        (Rule.CAP, {"A": {"caps": [{"per": "hour", "limit": 1}]}}, {"seen": [seen("a", "3599.999999")]}),
        (Rule.CAP, {"caps": [{"of": "creative", "per": "day", "limit": 2}]}, {"seen": [seen("a", 86_399, 2)]}),
        (Rule.CAP, {"caps": [{"of": "advertiser", "per": "lifetime", "limit": 1}]}, {"seen": [seen("a", 10**8)]}),
        (Rule.REPEATS, {"viewing": {"maximum_repeats": 1}}, {"seen": [seen("a", 600)]}),
        (Rule.SEPARATION_GAP, {"viewing": {"separation_gap": 61}}, {"seen": [seen("a", 60)]}),
        (Rule.AD_LOAD, {"viewing": {"maximum_ad_seconds": 39}}, {"seen": [seen("a", 600)]}),
        (Rule.AD_LOAD, {"viewing": {"maximum_ad_seconds_per_hour": 39}}, {"seen": [seen("a", 3599)]}),
    ],
)
def test_one_cohort_is_refused_and_the_other_is_not(rule, fields, changed):
    rest = {name: each for name, each in fields.items() if name != "A"}
    campaigns = [campaign("A", **fields.get("A", {}))]
    fine = cohort("m", traits=["x", "y"], region="north", device="tv")
    both = built(campaigns, [creative("a", "A")], [cohort("k", **changed), fine], **rest)
    assert both.problem.rows.allowed.tolist() == [[False], [True]]
    assert both.refused == ()
    nobody = built(campaigns, [creative("a", "A")], [cohort("k", **changed)], **rest)
    assert nobody.ads == ("a",)
    assert [(each.creative, each.rule) for each in nobody.refused] == [("a", rule)]
    assert nobody.refused[0].detail == f"no cohort may see it: 100 of 100 seats are refused by the rule {rule}"


@pytest.mark.parametrize(
    ("fields", "changed"),
    [
        ({"A": {"caps": [{"per": "event", "limit": 1}]}}, {"seen": [seen("a", 601)]}),
        ({"A": {"caps": [{"per": "hour", "limit": 1}]}}, {"seen": [seen("a", 3600)]}),
        ({"viewing": {"separation_gap": 60}}, {"seen": [seen("a", 60)]}),
        ({"viewing": {"maximum_ad_seconds": 40}}, {"seen": [seen("a", 600)]}),
    ],
)
def test_just_outside_the_period(fields, changed):
    rest = {name: each for name, each in fields.items() if name != "A"}
    made = built([campaign("A", **fields.get("A", {}))], [creative("a", "A")], [cohort("k", **changed)], **rest)
    assert made.problem.rows.allowed.tolist() == [[True]]


def test_the_same_ad_under_another_id_counts_as_seen():
    creatives = [creative("a", "A", universal_ad_id="AD-1"), creative("b", "B", universal_ad_id="ad-1 ")]
    cohorts = [cohort("k", seen=[seen("a"), seen("b")]), cohort("m", seen=[seen("a")])]
    repeats = {"viewing": {"maximum_repeats": 2}}
    caps = {"caps": [{"of": "creative", "per": "event", "limit": 2}]}
    for fields in (repeats, caps):
        made = built(TWO, creatives, cohorts, **fields)
        assert made.problem.rows.allowed.tolist() == [[False, False], [True, True]]
    costly = built(TWO, creatives, cohorts, viewing={"repeat_cost": 1}).problem.rows.values
    assert costly.tolist() == [[18_000, 18_000], [19_000, 19_000]]


def test_ad_time_is_what_hour_and_event_leave():
    viewing = {"maximum_ad_seconds": 70, "maximum_ad_seconds_per_hour": 50}
    cohorts = [cohort("k", seen=[seen("a", 600, 2)]), cohort("m"), cohort("n", seen=[seen("a", 600, 9)])]
    made = built([campaign("A")], [creative("a", "A", duration=10)], cohorts, viewing=viewing)
    assert made.problem.rows.ad_time.tolist() == [30_000_000, 50_000_000, 0]


def test_the_rule_that_refuses_most_seats_is_the_reason():
    campaigns = [campaign("A", targeting={"traits": ["x"]}, caps=[{"per": "event", "limit": 1}])]
    cohorts = [cohort("k", seats=10), cohort("m", seats=11, traits=["x"], seen=[seen("a")])]
    made = built(campaigns, [creative("a", "A")], cohorts)
    assert made.refused[0].rule is Rule.CAP
    assert made.refused[0].detail == "no cohort may see it: 11 of 21 seats are refused by the rule cap"


def test_nobody_refuses_where_nobody_watches():
    made = built(TWO, [creative("a", "A"), creative("b", "B")], [])
    assert made.problem.rows.values.shape == (0, 2)
    assert made.refused == ()


def test_a_cap_that_leaves_fewer_than_a_pod_holds_keeps_the_most_valuable():
    campaigns = [campaign("A", caps=[{"per": "event", "limit": 3}])]
    creatives = [creative(name, "A", duration=10) for name in "abcd"]
    scores = {"a": 0.5, "b": 2.0, "c": 1.5, "d": 0.1}
    cohorts = [cohort("k", scores=scores, seen=[seen("a")]), cohort("m", scores=scores)]
    made = built(campaigns, creatives, cohorts, separation={"advertisers": False})
    assert made.problem.rows.allowed.tolist() == [[False, True, True, False], [True] * 4]
    assert [(each.members, each.limit, each.rule) for each in made.problem.rules.families] == [
        ((0, 1, 2, 3), 3, Rule.CAP)
    ]


def test_a_cap_gives_nothing_up_where_a_pod_holds_one():
    campaigns = [campaign("A", caps=[{"per": "event", "limit": 3}])]
    creatives = [creative(name, "A", duration=10) for name in "abcd"]
    made = built(campaigns, creatives, [cohort("k", seen=[seen("a", times=2)])])
    assert made.problem.rows.allowed.all()


def test_no_creatives_is_a_break_of_slate():
    made = built([campaign("A", guarantee={"impressions": 5, "penalty": 2})], [], [cohort("k")])
    assert made.problem.rules.ads == 0
    assert made.problem.rows.values.shape == (1, 0)
    assert made.problem.shared.use.shape == (1, 0)


def test_a_large_break_is_built_in_time():
    random = np.random.default_rng(5)
    names = [f"a{number}" for number in range(150)]
    campaigns = [
        campaign(f"c{number}", targeting={"traits": [f"t{number % 6}", "t0"]}, caps=[{"per": "event", "limit": 2}])
        for number in range(100)
    ]
    creatives = [creative(name, f"c{number % 100}", duration=15) for number, name in enumerate(names)]
    cohorts = [
        cohort(
            f"k{number}",
            traits=[f"t{number % 6}", f"t{number % 5}"],
            seen=[seen(names[int(index)], 300) for index in random.integers(0, 150, 5)],
            scores=dict.fromkeys(names, 1.25),
        )
        for number in range(2000)
    ]
    made = book(campaigns, creatives, cohorts, viewing={"separation_gap": 600, "maximum_repeats": 2})
    start = time.process_time()
    large = build(made, made.book.breaks[0], 60_000_000)
    assert time.process_time() - start < 2.0
    assert large.problem.rows.values.shape == (2000, 150)
