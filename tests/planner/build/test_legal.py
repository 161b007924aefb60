"""The plain check of one pod and the vectorised one of many say the same, and both what the rules say."""

from itertools import permutations

import numpy as np
import pytest

from planner.legal import Gate, all_legal, legal
from planner.problem import NOTHING, Family, PodRules, Position, Required, Rows, Rule
from tests.planner.instances import instance


def rows_of(ads: int, **changed) -> Rows:
    parts = {
        "values": np.ones((1, ads), dtype=np.float32),
        "allowed": np.ones((1, ads), dtype=np.bool_),
        "seats": np.array([1]),
        "ad_time": np.array([60]),
        "required": np.array([0]),
    }
    return Rows(**(parts | changed))


def rules_of(**changed) -> PodRules:
    parts = {
        "durations": np.array([10, 20, 30]),
        "positions": np.full(3, Position.ANY, dtype=np.uint8),
        "families": (),
        "duration": 60,
        "minimum_fill": 0,
        "maximum_ads": 3,
    }
    return PodRules(**(parts | changed))


@pytest.mark.parametrize(
    ("rule", "pod", "refusing", "admitting"),
    [
        (Rule.REPEAT, (0, 0), {}, None),
        (Rule.DURATION, (0, 1, 2), {"duration": 59}, {"duration": 60}),
        (Rule.MINIMUM_FILL, (0,), {"minimum_fill": 11}, {"minimum_fill": 10}),
        (Rule.MAXIMUM_ADS, (0, 1, 2), {"maximum_ads": 2}, {"maximum_ads": 3}),
        (Rule.POSITION, (0, 1), {"positions": np.array([4, 7, 7])}, {"positions": np.array([1, 7, 7])}),
        (Rule.POSITION, (0, 1), {"positions": np.array([7, 1, 7])}, {"positions": np.array([7, 4, 7])}),
        (Rule.POSITION, (0,), {"positions": np.array([2, 7, 7])}, {"positions": np.array([1, 7, 7])}),
        (
            Rule.AVOID,
            (0, 2),
            {"families": (Family((0, 2), 1, Rule.AVOID, ""),)},
            {"families": (Family((0, 1), 1, Rule.AVOID, ""),)},
        ),
        (
            Rule.SEPARATION,
            (0, 2),
            {"families": (Family((0, 1, 2), 1, Rule.SEPARATION, ""),)},
            {"families": (Family((0, 1, 2), 2, Rule.SEPARATION, ""),)},
        ),
        (
            Rule.CAP_BREAK,
            (1, 2, 0),
            {"families": (Family((0, 1, 2), 2, Rule.CAP_BREAK, ""),)},
            {"families": (Family((0, 1, 2), 3, Rule.CAP_BREAK, ""),)},
        ),
        (
            Rule.GUARANTEED_POSITION,
            (1, 0),
            {"required": ((Required((0,), Position.FIRST, ""),),)},
            {"required": ((Required((1,), Position.FIRST, ""),),)},
        ),
        (
            Rule.GUARANTEED_POSITION,
            (1, 0),
            {"required": ((Required((2,), Position.ANY, ""),),)},
            {"required": ((Required((0, 2), Position.ANY, ""),),)},
        ),
    ],
)
def test_one_unit_of_the_rules(rule, pod, refusing, admitting):
    rows = rows_of(3)
    padded = np.array([[*pod, NOTHING]], dtype=np.int16)
    assert legal(rules_of(**refusing), rows, 0, pod) is rule
    assert not all_legal(rules_of(**refusing), rows, padded)[0]
    if admitting is not None:
        assert legal(rules_of(**admitting), rows, 0, pod) is None
        assert all_legal(rules_of(**admitting), rows, padded)[0]


@pytest.mark.parametrize(
    ("rule", "changed"),
    [
        (None, {"ad_time": np.array([30])}),
        (Rule.AD_LOAD, {"ad_time": np.array([29])}),
        (Rule.TARGETING, {"allowed": np.array([[True, False, True]])}),
    ],
)
def test_one_unit_of_a_row(rule, changed):
    rows = rows_of(3, **changed)
    assert legal(rules_of(), rows, 0, (0, 1)) is rule
    assert all_legal(rules_of(), rows, np.array([[0, 1]], dtype=np.int16)).tolist() == [rule is None]


def test_the_empty_pod_is_always_legal_and_a_gap_never():
    rules = rules_of(minimum_fill=50, required=((Required((2,), Position.FIRST, ""),),))
    rows = rows_of(3, allowed=np.zeros((1, 3), dtype=np.bool_), ad_time=np.array([0]))
    assert legal(rules, rows, 0, ()) is None
    assert all_legal(rules, rows, np.array([[NOTHING, NOTHING]], dtype=np.int16))[0]
    assert all_legal(rules, rows, np.zeros((1, 0), dtype=np.int16))[0]
    assert not all_legal(rules_of(), rows_of(3), np.array([[NOTHING, 0]], dtype=np.int16))[0]
    assert all_legal(rules_of(durations=np.zeros(0, dtype=np.int64)), rows_of(0), np.array([[-1]], dtype=np.int16))[0]


@pytest.mark.parametrize("number", [-2, 3])
def test_a_number_that_is_no_ads_is_an_error(number):
    with pytest.raises(ValueError, match="expected"):
        all_legal(rules_of(), rows_of(3), np.array([[number]], dtype=np.int16))
    with pytest.raises(ValueError, match="expected"):
        legal(rules_of(), rows_of(3), 0, [number])


def test_one_and_many_agree_on_random_breaks():
    good = 0
    for seed in range(150):
        rules, _, rows = instance(seed, ads=5)
        pods = [pod for length in range(5) for pod in permutations(range(5), length)]
        matrix = np.full((len(pods), 4), NOTHING, dtype=np.int16)
        for index, pod in enumerate(pods):
            matrix[index, : len(pod)] = pod
        gate = Gate(rules)
        for row in range(len(rows)):
            plain = [legal(rules, rows, row, pod) is None for pod in pods]
            assert gate(rows.take(np.full(len(pods), row)), matrix).tolist() == plain
            good += sum(plain)
    assert good > 4_000
