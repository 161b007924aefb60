"""Viewers by break, cohort and level, each feature of a forecast by hand."""

import numpy as np
import pytest

from domain.errors import InputError
from domain.units import SECOND, Microseconds
from planner.book.model import Book
from planner.book.read import Booked, booked
from planner.book.taxonomy import own_tree
from planner.event.forecast import expected, turned_up
from planner.eventfile import Level

COHORTS = (
    {"id": "tv", "seats": 300, "device": "tv"},
    {"id": "phone", "seats": 100, "device": "phone", "traits": ["young"]},
)
BREAKS = (("early", 0, 1.0), ("middle", 600, 0.5), ("late", 1200, 1.0))


def book(forecast=None, cohorts=COHORTS, breaks=BREAKS, *, read=True, **fields):
    """``read``: as the reader lets it through; otherwise nothing was checked."""
    parts = {
        "breaks": [
            {"id": name, "at": at, "probability": probability, "durations": [{"seconds": 60}]}
            for name, at, probability in breaks
        ],
        "audience": {"cohorts": list(cohorts)},
    }
    made = Book.model_validate({**parts, **fields, **({} if forecast is None else {"forecast": forecast})})
    return booked(made) if read else Booked(made, own_tree(), {})


def curve(*points, **level):
    return (
        [{"at": at, "share": share} for at, share in points]
        if not level
        else [
            {"at": at, "share": share, **{name: values[place] for name, values in level.items()}}
            for place, (at, share) in enumerate(points)
        ]
    )


FALLING = curve((0, 1.0), (1200, 0.5))


@pytest.mark.parametrize("level", Level)
def test_without_a_forecast_all_attend_everything(level):
    found = expected(book(), level)
    assert found.seats.tolist() == [300, 100]
    assert found.viewers.tolist() == [[300, 100]] * 3
    assert np.all(found.present == 1)


def test_linear_between_points_and_at_the_start_of_a_break():
    found = expected(book({"curve": FALLING}), Level.POINT)
    assert found.viewers.tolist() == [[300, 100], [225, 75], [150, 50]]
    assert found.seats.tolist() == [300, 100]


def test_seats_are_parts_of_the_viewers_where_these_are_given():
    forecast = {"viewers": 4_000, "low": 3_000, "surge": 6_000, "turnover": 1.5, "curve": FALLING}
    for level, viewers in ((Level.POINT, 4_000), (Level.LOW, 3_000), (Level.SURGE, 6_000)):
        found = expected(book(forecast), level)
        assert found.viewers[0] == pytest.approx([0.75 * viewers, 0.25 * viewers])
        assert found.viewers[2] == pytest.approx([0.375 * viewers, 0.125 * viewers])
        assert found.seats == pytest.approx([1.125 * viewers, 0.375 * viewers])


def test_levels_that_are_not_stated_are_the_point_forecast():
    found = [expected(book({"viewers": 4_000, "low": 3_000}), level) for level in Level]
    assert [each.viewers[0].sum() for each in found] == [4_000, 3_000, 4_000]


def test_a_points_own_level_is_of_the_point_viewers():
    points = curve((0, 1.0), (1200, 0.5), low=(0.8, None), surge=(None, 2.5))
    forecast = {"viewers": 400, "low": 200, "surge": 800, "curve": points}
    assert expected(book(forecast), Level.POINT).viewers[:, 1].tolist() == [100, 75, 50]
    assert expected(book(forecast), Level.LOW).viewers[:, 1] == pytest.approx([80, 52.5, 25])
    assert expected(book(forecast), Level.SURGE).viewers[:, 1] == pytest.approx([200, 225, 250])
    assert expected(book(forecast), Level.SURGE).seats == pytest.approx([750, 250])


def test_seats_are_never_fewer_than_viewers():
    found = expected(book({"turnover": 1.2, "curve": curve((0, 1.0), (600, 3.0), (1200, 0.5))}), Level.POINT)
    assert found.seats.tolist() == [900, 300]
    assert found.present.max() == 1


def test_the_first_cohort_curve_that_matches_counts():
    cohorts = (*COHORTS, {"id": "tablet", "seats": 10, "device": "tablet", "region": "north"})
    forecast = {
        "curve": FALLING,
        "cohorts": [
            {"traits": ["young", "old"], "devices": ["phone"], "curve": curve((0, 0.2), (1200, 0.2))},
            {"devices": ["phone"], "curve": curve((0, 0.4), (1200, 0.4))},
            {"regions": ["south"], "curve": curve((0, 0.6), (1200, 0.6))},
        ],
    }
    found = expected(book(forecast, cohorts), Level.POINT)
    assert found.viewers.tolist() == [
        [300, pytest.approx(20), 10],
        [225, pytest.approx(20), 7.5],
        [150, pytest.approx(20), 5],
    ]


def test_who_has_no_curve_is_there_all_the_time():
    found = expected(book({"cohorts": [{"devices": ["tv"], "curve": FALLING}]}), Level.POINT)
    assert found.viewers.tolist() == [[300, 100], [225, 100], [150, 100]]


@pytest.mark.parametrize(
    ("now", "viewers"), [(None, 400), (-7201, 400), (-7200, 600), (599, 600), (600, 1_000), (9_999, 1_000)]
)
def test_the_latest_revision_that_is_known_counts(now, viewers):
    revisions = [{"at": 600, "viewers": 800}, {"at": 600, "viewers": 1_000}, {"at": -7200, "viewers": 600}]
    forecast = {"viewers": 400, "low": 200, "surge": 500, "revisions": revisions}
    instant = None if now is None else Microseconds(now * SECOND)
    found = [expected(book(forecast, read=False), level, instant).viewers[0].sum() for level in Level]
    assert found == pytest.approx([viewers, viewers / 2, viewers * 1.25])


def test_a_revision_of_seats_that_were_the_viewers():
    found = expected(book({"revisions": [{"at": 0, "viewers": 800}]}), Level.LOW, Microseconds(0))
    assert found.viewers[0] == pytest.approx([600, 200])


@pytest.mark.parametrize(
    ("forecast", "cohorts"),
    [
        ({"viewers": 0}, COHORTS),
        ({"viewers": 0, "low": 0, "curve": FALLING}, COHORTS),
        ({"viewers": 100}, ({"id": "k", "seats": 0},)),
        ({"viewers": 100, "revisions": [{"at": 0, "viewers": 0}]}, COHORTS),
        ({"curve": curve((0, 0), (1200, 0))}, COHORTS),
        (None, ({"id": "k", "seats": 0},)),
    ],
)
@pytest.mark.parametrize("level", Level)
def test_nobody(forecast, cohorts, level):
    found = expected(book(forecast, cohorts), level, Microseconds(0))
    assert found.viewers.tolist() == [[0] * len(cohorts)] * 3
    assert found.present.tolist() == [[0] * len(cohorts)] * 3


def test_a_forecast_of_nobody_that_was_revised_has_one_level():
    forecast = {"viewers": 0, "surge": 50, "revisions": [{"at": 0, "viewers": 400}]}
    assert expected(book(forecast), Level.SURGE, Microseconds(0)).viewers[0].tolist() == [300, 100]


def test_no_cohorts():
    found = expected(book({"viewers": 100}, ()), Level.POINT)
    assert (found.seats.shape, found.viewers.shape) == ((0,), (3, 0))


@pytest.mark.parametrize(
    ("points", "where", "text"),
    [
        (
            curve((0, 1), (1199, 1)),
            "[1].at",
            "a point at 1200 s or later, when break 'late' begins, found the last at 1199 s",
        ),
        (
            curve((1, 1), (1300, 1)),
            "[0].at",
            "a point at 0 s or before, when break 'early' begins, found the first at 1 s",
        ),
        (
            curve((0, 1), (600, 1), (600, 0.5), (1200, 1)),
            "[2].at",
            "later than 600 s, the one before, found 600 s",
        ),
    ],
)
def test_a_curve_that_does_not_reach_or_goes_back(points, where, text):
    with pytest.raises(InputError) as error:
        expected(book({"curve": points}, read=False), Level.POINT)
    assert str(error.value) == f"forecast.curve{where}: expected {text}"
    cohorts = [{"devices": ["none"], "curve": FALLING}, {"devices": ["tv"], "curve": points}]
    with pytest.raises(InputError) as error:
        expected(book({"cohorts": cohorts}, read=False), Level.POINT)
    assert str(error.value) == f"forecast.cohorts[1].curve{where}: expected {text}"


def test_what_turned_up():
    turnout = {
        "curve": curve((0, 1.0), (1200, 2.0)),
        "breaks": [{"id": "middle", "at": 900}, {"id": "late"}],
    }
    found = turned_up(book({"viewers": 1_000, "surge": 5_000, "turnover": 1.1, "curve": FALLING}, turnout=turnout))
    assert found.viewers == pytest.approx(np.array([[0, 0], [1_312.5, 437.5], [1_500, 500]]))
    assert found.seats == pytest.approx([1_650, 550])


def test_planned_breaks_turn_up_where_nothing_is_said():
    found = turned_up(book(turnout={"curve": curve((0, 1.0), (1200, 0.5))}))
    assert found.viewers.tolist() == [[300, 100], [0, 0], [150, 50]]
    assert found.seats.tolist() == [300, 100]


def test_nothing_turned_up():
    found = turned_up(book(turnout={"curve": curve((0, 1.0)), "breaks": []}))
    assert not found.viewers.any()
    with pytest.raises(InputError, match="turnout: expected what turned up, found nothing"):
        turned_up(book())


def test_a_break_that_moved_out_of_the_turnouts_curve():
    with pytest.raises(InputError, match=r"turnout\.curve\[1\]\.at: expected a point at 1500 s or later"):
        turned_up(book(turnout={"curve": FALLING, "breaks": [{"id": "late", "at": 1500}]}, read=False))
