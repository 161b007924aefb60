"""No rule without a case, and none that the specification does not state."""

import re
from collections import Counter

import planner.check
from planner.problem import Rule
from tests.planner.check import history_cases, plan_cases, pod_cases

TABLES = {"pod": pod_cases.CASES, "history": history_cases.CASES, "plan": plan_cases.CASES}


def test_every_rule_has_a_case_that_breaks_it():
    counted = {scope: Counter(case.rule for case in cases) for scope, cases in TABLES.items()}
    for scope, rules in counted.items():
        print(scope, dict(sorted(rules.items())))
    assert set(Rule) == {rule for rules in counted.values() for rule in rules}


def test_every_rule_is_stated_in_the_specification():
    stated = re.findall(r"^``(\w+)`` +(\w+) ", planner.check.__doc__ or "", re.MULTILINE)
    assert [rule for rule, _ in stated] == list(dict.fromkeys(rule for rule, _ in stated))
    assert {rule for rule, _ in stated} == set(Rule)
    assert {scope for _, scope in stated} == {"ad", "pair", "pod", "plan"}


def test_no_two_cases_of_a_scope_have_the_same_name():
    for cases in TABLES.values():
        names = [(case.rule, case.name) for case in cases]
        assert len(names) == len(set(names))
