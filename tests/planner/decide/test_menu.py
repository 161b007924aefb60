"""Pods kept ready: for viewers of whom nothing is known, and for breaks that grow."""

from decimal import Decimal

from planner.planfile import BreakFile
from tests.planner.decide.kit import ad, book, planned


def menu(entry: BreakFile, kind: str) -> list[tuple[tuple[str, ...], Decimal, tuple[str, ...]]]:
    return [(each.after, each.seconds, each.creatives) for each in entry.menu if each.kind == kind]


def contingency(entry: BreakFile) -> list[tuple[str, ...]]:
    return [creatives for _, _, creatives in menu(entry, "contingency")]


def test_contingency_pods_are_the_best_and_share_no_ad():
    (entry,) = planned(
        book([ad(name, 15, amount) for name, amount in zip("abcde", (9, 8, 7, 6, 5), strict=True)])
    ).breaks
    assert [set(pod) for pod in contingency(entry)] == [{"a", "b"}, {"c", "d"}, {"e"}]
    assert [each.value for each in entry.menu if each.kind == "contingency"] == [17_000, 13_000, 5_000]


def test_an_ad_that_asks_who_watches_is_not_for_the_unknown():
    asking = [
        {"traits": ["t"]},
        {"every_trait": ["t"]},
        {"not_traits": ["u"]},
        {"regions": ["r"]},
        {"devices": ["d"]},
    ]
    ads = [ad(f"x{number}", 30, 50, targeting=each) for number, each in enumerate(asking)]
    cohorts = [{"id": "all", "seats": 1000, "traits": ["t"], "region": "r", "device": "d"}]
    (entry,) = planned(book([*ads, ad("open", 30, 1)], cohorts=cohorts)).breaks
    assert contingency(entry) == [("open",)]


def test_contingency_takes_only_what_the_plan_leaves():
    ads = [ad("spent", 30, 9, budget=9), ad("nearly", 30, 8, goal=9), ad("open", 30, 1)]
    (entry,) = planned(book(ads)).breaks
    assert {pod.creatives for pod in entry.pods} == {("spent",)}
    assert contingency(entry) == [("open",)], "ten of a thousand viewers have to be paid for"


def test_a_pod_is_extended_to_each_longer_duration_and_beyond_the_longest():
    ads = [ad("a", 30, 9), ad("b", 30, 8), ad("c", 15, 7)]
    short, long = planned(book(ads, seconds=(30, 45))).breaks
    assert menu(short, "extension") == [(("a",), Decimal(15), ("c",))]
    (pod,) = long.pods
    assert set(pod.creatives) == {"a", "c"}
    assert menu(long, "extension") == [(pod.creatives, Decimal(30), ("b",))]


def test_a_tail_keeps_the_rules_of_one_pod_with_what_stood_before():
    car = {"creative": {"categories": ["Autos"]}}
    ads = [ad("car", 30, 9, **car), ad("dear", 30, 8, **car), ad("first", 30, 7, position="first"), ad("plain", 30, 1)]
    (entry,) = planned(book(ads, separation={"categories": ["Autos"]})).breaks
    assert menu(entry, "extension") == [(("car",), Decimal(30), ("plain",))]


def test_what_asked_to_be_last_stays_last():
    (entry,) = planned(book([ad("last", 30, 9, position="last"), ad("plain", 30, 1)])).breaks
    assert menu(entry, "extension") == []


def test_a_full_pod_has_no_tail():
    (entry,) = planned(book([ad("a", 30, 9), ad("b", 30, 8)], brk={"maximum_ads": 1})).breaks
    assert menu(entry, "extension") == []


def test_a_tail_is_for_all_who_see_the_pod():
    cohorts = [{"id": "one", "seats": 10, "traits": ["t"]}, {"id": "two", "seats": 10}]
    ads = [ad("a", 30, 9), ad("some", 30, 8, targeting={"traits": ["t"]}), ad("all", 30, 1)]
    (entry,) = planned(book(ads, cohorts=cohorts)).breaks
    assert menu(entry, "extension") == [(("a",), Decimal(30), ("all",))]


def test_a_tail_is_worth_less_where_viewers_leave():
    ads = [ad("a", 30, 9), ad("b", 30, 8)]
    (entry,) = planned(book(ads, viewing={"leave_per_minute": 0.75})).breaks
    (tail,) = [each for each in entry.menu if each.kind == "extension"]
    assert tail.value == 2_000, "a quarter is there after a minute"
