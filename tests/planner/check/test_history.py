"""Rules of one cohort's viewers: one unit of data that breaks each, and its neighbour that does not."""

import pytest

from planner.check.facts import Facts, duration_of
from planner.check.history import HistoryCheck, check_history
from planner.check.pod import PodCheck
from tests.planner.check.books import LEGAL, POD, Case, book_of, ids, put
from tests.planner.check.history_cases import CASES


def violations(case: Case, value):
    booked, pod = case.set_up(value)
    return check_history(booked, booked.book.breaks[0], booked.book.audience.cohorts[0], pod)


@pytest.mark.parametrize("case", CASES, ids=ids)
def test_one_unit_breaks_the_rule_and_its_neighbour_does_not(case):
    assert violations(case, case.good) == []
    broken = violations(case, case.bad)
    assert {violation.rule for violation in broken} == {case.rule}
    assert any(case.says in violation.message for violation in broken), broken
    assert {violation.where for violation in broken} == {"cohort home"}


def test_whom_a_campaign_reaches_depends_on_how_long_the_break_is():
    durations = [{"seconds": "20", "probability": 0.5}, {"seconds": "40", "probability": 0.5}]
    document = LEGAL | {"breaks": {"half": {"durations": durations}}}
    put(document, "campaigns", {**LEGAL["campaigns"], "acme": {**LEGAL["campaigns"]["acme"], "roadblock": True}})
    put(document, "creatives", {name: each for name, each in LEGAL["creatives"].items() if name != "acme-15"})
    booked = book_of(document)
    brk, (home,) = booked.book.breaks[0], booked.book.audience.cohorts
    pods = PodCheck(Facts(booked), brk)
    for each, expected in zip(brk.durations, ([], ["roadblock"]), strict=True):
        found = HistoryCheck(pods, home, duration_of(each.seconds))(("bolt-15",))
        assert [violation.rule for violation in found] == expected
    assert [violation.rule for violation in check_history(booked, brk, home, ("bolt-15",))] == ["roadblock"]


def test_every_broken_rule_is_told_not_only_the_first():
    document = LEGAL | {
        "cohorts": {"home": {"seats": 1, "seen": [{"creative": "bolt-15", "ago": "1"}]}},
        "viewing": {"maximum_repeats": 1, "separation_gap": "2", "maximum_ad_seconds": "60"},
    }
    booked = book_of(document)
    found = check_history(booked, booked.book.breaks[0], booked.book.audience.cohorts[0], POD)
    assert [violation.rule for violation in found] == ["repeats", "separation_gap", "ad_load"]
