"""When a playlist may be loaded again: 6.3.4."""

import pytest

from domain.units import SECOND
from replay.viewers.pace import reload_at, retry_at


def test_a_change_is_followed_by_a_target_duration_from_where_the_load_began():
    assert reload_at(10 * SECOND, 4 * SECOND, changed=True) == 14 * SECOND


def test_no_change_is_followed_by_half_of_it():
    assert reload_at(10 * SECOND, 4 * SECOND, changed=False) == 12 * SECOND


@pytest.mark.parametrize(("draw", "pause"), [(0.0, 400_000), (0.5, 500_000), (0.999_999_9, 600_000)])
def test_a_refused_connection_is_followed_by_half_a_second_more_or_less(draw, pause):
    assert retry_at(SECOND, draw) == SECOND + pause
