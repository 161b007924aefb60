"""A whole plan: one unit of data of the book or of the plan that breaks each rule, and its neighbour that does not."""

from copy import deepcopy
from fractions import Fraction

import pytest

from planner.check.facts import Facts
from planner.check.plan import MAX_VIOLATIONS, check_plan
from planner.check.shared import share, shortfall, tally
from planner.planfile import PlanFile
from tests.planner.check.books import LEGAL, book_of, ids, put
from tests.planner.check.plan_cases import CASES, PLAN


def checked(book=LEGAL, **places):
    plan = deepcopy(PLAN)
    for place, content in places.items():
        put(plan, place, content)
    return check_plan(book_of(book), PlanFile.model_validate(plan))


@pytest.mark.parametrize("case", CASES, ids=ids)
def test_one_unit_breaks_the_rule_and_its_neighbour_does_not(case):
    assert check_plan(*case.set_up(case.good)) == []
    broken = check_plan(*case.set_up(case.bad))
    assert {violation.rule for violation in broken} == {case.rule}, broken
    assert any(case.says in str(violation) for violation in broken), broken


def test_the_plan_of_the_cases_is_right():
    assert checked() == []


def test_a_break_that_is_not_in_the_book_is_told_once():
    found = checked(**{"breaks/0/id": "full", "left_out": []})
    assert [str(violation) for violation in found] == ["stated: break full at 60 s: is no break of the book"]


def test_a_duration_that_is_not_plausible_is_not_looked_into():
    found = checked(**{"breaks/0/duration": "1E+999999", "left_out": []})
    assert [violation.message for violation in found] == [
        "a duration of 1E+999999 s, which the book does not find plausible"
    ]


def test_an_unknown_ad_of_the_menu_is_told_once():
    found = checked(**{"breaks/0/menu/0/creatives": ["acme-31"]})
    assert [str(violation) for violation in found] == [
        "stated: break half at 60 s, menu 0: acme-31 is no creative of the book"
    ]


def test_seats_of_nobody_are_no_seats():
    found = checked(book=LEGAL | {"cohorts": {}})
    assert [violation.rule for violation in found if violation.rule != "stated"] == ["seats"] * 6


def test_a_plan_of_slate_for_nobody_is_right():
    entry = {"id": "half", "duration": "60", "value": 0, "upper_bound": 0, "gap": None, "fill": 0.0, "pods": []}
    left_out = [{"creative": name, "break": "half", "reason": "no_seats"} for name in LEGAL["creatives"]]
    plan = PlanFile.model_validate({"breaks": [entry], "left_out": left_out})
    assert check_plan(book_of(LEGAL | {"cohorts": {}}), plan) == []
    dear = plan.model_copy(update={"breaks": (plan.breaks[0].model_copy(update={"upper_bound": 3, "gap": 0.0}),)})
    assert [violation.message for violation in check_plan(book_of(LEGAL | {"cohorts": {}}), dear)] == [
        "gap 0.0, and there is nothing to divide 3 micros by"
    ]


def test_each_duration_has_the_whole_budget():
    durations = [{"seconds": "60", "probability": 0.5}, {"seconds": "90", "probability": 0.5}]
    book = deepcopy(LEGAL)
    put(book, "breaks/half/durations", durations)
    put(book, "campaigns/acme/budget", "0.72")
    entry = deepcopy(PLAN["breaks"][0]) | {"probability": 0.5}
    longer = entry | {"duration": "90", "fill": 0.45}
    plan = PlanFile.model_validate(PLAN | {"breaks": [entry, longer]})
    assert check_plan(book_of(book), plan) == []


def test_a_pod_that_names_no_cohorts_counts_in_shared_limits():
    book = deepcopy(LEGAL)
    put(book, "campaigns/bolt/goal", 89)
    found = checked(book, **{"breaks/0/pods/1/cohorts": {}})
    assert [violation.rule for violation in found] == ["goal"]


def test_violations_are_bounded_and_the_others_counted():
    pod = {"creatives": ["acme-30", "acme-30", "acme-30"], "share": 0.0}
    left_out = []
    for count in (MAX_VIOLATIONS // 2, MAX_VIOLATIONS // 2 + 1):
        found = checked(**{"breaks/0/pods": [pod] * count})
        assert len(found) == MAX_VIOLATIONS + 1
        assert [violation.rule for violation in found[:2]] == ["duration", "repeat"]
        number, words = found[-1].message.split(" ", 1)
        assert words == "more violations"
        left_out.append(int(number))
    assert left_out[1] - left_out[0] == 2


def test_the_same_plan_gives_the_same_violations_in_the_same_order():
    changed = {"breaks/0/pods/0/creatives": ["cold-15", "acme-30", "acme-15", "bolt-15"], "breaks/0/value": 0}
    assert checked(**changed) == checked(**changed) != []


@pytest.mark.parametrize(
    ("has", "of", "maximum", "kept"), [(3, 10, 0.3, True), (1, 3, 0.333, False), (7, 10, 0.7, True)]
)
def test_shares_are_compared_exactly(has, of, maximum, kept):
    document = deepcopy(LEGAL)
    put(document, "campaigns/acme/share_of_voice", {"maximum": maximum})
    campaign = book_of(document).book.campaigns[0]
    assert (list(share(campaign, tallied(has, of))) == []) is kept


def tallied(has, of):
    facts = Facts(book_of(LEGAL))
    return tally(facts, [(("acme-30",), has), (("bolt-15",), of - has)])


def test_a_shortfall_costs_its_penalty_to_the_part_of_an_impression():
    document = deepcopy(LEGAL)
    put(document, "campaigns/acme/guarantee", {"impressions": 10, "penalty": "2"})
    put(document, "campaigns/acme/share_of_voice", {"minimum": 0.25, "penalty": "4"})
    short = shortfall(book_of(document).book.campaigns[0], tallied(7, 30))
    assert (short.guarantee, short.share, short.impressions) == (3, Fraction(1, 2), 3)
    assert short.penalty == 3 * 2_000 + 2_000
