"""Rules of one pod: for each a legal book and pod, one unit of data that breaks it, and its neighbour that does not."""

import pytest

from planner.check.facts import duration_of
from planner.check.pod import check_pod
from tests.planner.check.books import LEGAL, POD, Case, book_of, ids
from tests.planner.check.pod_cases import CASES


def violations(case: Case, value):
    booked, pod = case.set_up(value)
    brk = booked.book.breaks[0]
    return check_pod(booked, brk, duration_of(brk.durations[0].seconds), pod)


@pytest.mark.parametrize("case", CASES, ids=ids)
def test_one_unit_breaks_the_rule_and_its_neighbour_does_not(case):
    assert violations(case, case.good) == []
    broken = violations(case, case.bad)
    assert {violation.rule for violation in broken} == {case.rule}
    assert any(case.says in violation.message for violation in broken), broken
    assert {violation.where for violation in broken} == {"pod"}


def test_the_empty_pod_breaks_no_rule():
    booked = book_of(LEGAL | {"breaks": {"half": {"durations": [{"seconds": "1"}], "minimum_fill": "60"}}})
    assert check_pod(booked, booked.book.breaks[0], duration_of(booked.book.breaks[0].durations[0].seconds), ()) == []


def test_who_has_no_flight_runs_in_an_event_without_a_start():
    booked = book_of(LEGAL | {"start": None})
    brk = booked.book.breaks[0]
    assert check_pod(booked, brk, duration_of(brk.durations[0].seconds), POD) == []


def test_the_order_of_two_ads_does_not_matter_for_what_keeps_them_apart():
    booked = book_of(LEGAL | {"separation": {"categories": ["Autos"], "advertisers": True}})
    brk = booked.book.breaks[0]
    for pod in (("acme-30", "acme-15"), ("acme-15", "acme-30")):
        found = check_pod(booked, brk, duration_of(brk.durations[0].seconds), pod)
        assert [violation.rule for violation in found] == ["separation", "advertiser"]


def test_every_broken_rule_is_told_not_only_the_first():
    booked = book_of(LEGAL)
    brk = booked.book.breaks[0]
    found = check_pod(booked, brk, duration_of(brk.durations[0].seconds), (*POD, "acme-15", "bolt-15"))
    assert [violation.rule for violation in found] == ["duration", "repeat", "advertiser"]
    assert str(found[0]) == "duration: pod: 90.000000 s of ads in a break of 60.000000 s"
