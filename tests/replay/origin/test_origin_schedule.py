"""Where breaks fall."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.units import SECOND
from replay.origin.schedule import CueDialect, Schedule


def avails(schedule, clip, count=8):
    return [schedule.avail(clip, number) for number in range(count)]


@given(seed=st.integers(0, 10**9))
def test_breaks_have_the_lengths_asked_for_and_every_other_one_returns_early(clip, seed):
    schedule = Schedule(seed=seed)
    found = avails(schedule, clip)
    for avail in found:
        begin = clip.boundary(avail.start)
        assert 0 <= begin - (20 + 90 * avail.number) * SECOND < 2 * SECOND
        assert 30 * SECOND <= clip.boundary(avail.planned) - begin <= 60 * SECOND
        if avail.number % 2:
            assert avail.start + (avail.planned - avail.start) // 3 <= avail.back < avail.planned
        else:
            assert avail.back == avail.planned
    assert all(here.planned < there.start for here, there in pairwise(found))


def test_the_seed_decides_and_nothing_else(clip):
    assert avails(Schedule(seed=5), clip) == avails(Schedule(seed=5), clip)
    lengths = {tuple(avail.planned for avail in avails(Schedule(seed=seed), clip)) for seed in range(20)}
    assert len(lengths) > 15


def test_tight_periods_leave_a_segment_of_content_between_breaks(clip):
    schedule = Schedule(period=31 * SECOND, shortest=30 * SECOND, longest=30 * SECOND, early_every=0)
    found = avails(schedule, clip, 200)
    assert all(here.back < there.start for here, there in pairwise(found))
    assert all(avail.start < avail.back for avail in found)


@given(after=st.integers(0, 2_000), length=st.integers(0, 300), seed=st.integers(0, 50))
def test_between_finds_what_a_search_through_all_finds(clip, after, length, seed):
    schedule = Schedule(seed=seed)
    after, before = after * SECOND, (after + length) * SECOND
    expected = [
        avail
        for avail in avails(schedule, clip, 40)
        if clip.boundary(avail.start) <= before and clip.boundary(avail.back) >= after
    ]
    assert list(schedule.between(clip, after, before)) == expected


def test_between_finds_a_break_that_the_grid_pushed_far_past_its_length(clip):
    schedule = Schedule(period=4 * SECOND, shortest=SECOND, longest=SECOND, early_every=0)
    for avail in avails(schedule, clip, 60):
        end = clip.boundary(avail.back)
        assert avail in schedule.between(clip, end, end + 10 * SECOND)
        assert avail not in schedule.between(clip, end + 1, end + 10 * SECOND)


def test_a_period_too_short_for_the_grid_is_refused(clip):
    schedule = Schedule(period=2 * SECOND, shortest=SECOND, longest=SECOND)
    with pytest.raises(ValueError, match="room"):
        schedule.avail(clip, 0)


@pytest.mark.parametrize(
    "options",
    [
        {"first": -1},
        {"shortest": 0},
        {"shortest": 61 * SECOND},
        {"longest": 90 * SECOND},
        {"early_every": -1},
        {"preroll": SECOND, "dialect": CueDialect.CUE},
    ],
)
def test_what_cannot_be_is_refused(options):
    with pytest.raises(ValueError, match=r"expected|not negative|announce"):
        Schedule(**options)
