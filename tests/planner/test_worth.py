"""What pods are worth where there is little to value."""

import numpy as np
import pytest

from domain.units import Microseconds
from planner.problem import NOTHING, PodRules, Worth
from planner.worth import pod_values


@pytest.mark.parametrize("width", [0, 1])
def test_where_no_ad_may_run_every_pod_is_empty_and_worth_nothing(width):
    rules = PodRules(
        durations=np.zeros(0, dtype=np.int64),
        positions=np.zeros(0, dtype=np.uint8),
        families=(),
        duration=Microseconds(30_000_000),
        minimum_fill=Microseconds(0),
        maximum_ads=1,
    )
    worth = Worth(np.array([0]), np.array([1.0]), first=1.1, per_second=50.0)
    pods = np.full((2, width), NOTHING, dtype=np.int16)
    assert pod_values(rules, worth, np.zeros((2, 0), dtype=np.float32), pods).tolist() == [0.0, 0.0]
