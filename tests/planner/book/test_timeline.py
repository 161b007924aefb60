"""Curves and the breaks that need them, breaks one after the other, what turned up."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.errors import InputError
from planner.book.model import Book
from planner.book.read import booked


def brk(ident, at, *seconds, probability=1.0):
    durations = [{"seconds": each, "probability": 1 / (place + 2)} for place, each in enumerate(seconds)]
    return {"id": ident, "at": at, "durations": durations, "probability": probability}


BREAKS = [brk("a", 100, 60, 90), brk("b", 300, 60), brk("c", 1000, 60, probability=0.5)]


def points(*pairs, **fields):
    return [{"at": at, "share": share, **fields} for at, share in pairs]


ALL = points((0, 1), (1000, 0.5))


def book(forecast=None, turnout=None, breaks=BREAKS, seats=10):
    document = {"breaks": breaks, "audience": {"cohorts": [{"id": "k", "seats": seats}]}}
    if forecast is not None:
        document["forecast"] = forecast
    if turnout is not None:
        document["turnout"] = turnout
    return booked(Book.model_validate(document)).book


@pytest.mark.parametrize(
    ("forecast", "turnout"),
    [
        ({}, None),
        ({"curve": ALL}, {"curve": ALL}),
        ({"curve": points((-60, 0), (100, 1), (1000, 0.5))}, None),
        ({"viewers": 0, "low": 0, "surge": 0}, None),
        ({"low": 10, "surge": 10}, None),
        ({"viewers": 5, "low": 4, "surge": 6, "curve": points((0, 1), (2000, 1), low=0.5, surge=1)}, None),
        ({"revisions": [{"at": -10, "viewers": 5}, {"at": 0, "viewers": 4}]}, None),
        ({"cohorts": [{"devices": ["tv"], "curve": ALL}]}, None),
        (None, {"curve": points((300, 1)), "breaks": [{"id": "b"}]}),
        (None, {"curve": points((0, 1)), "breaks": []}),
        (None, {"curve": points((100, 1), (300, 1))}),  # the break at 1000 s is not planned
        (None, {"curve": ALL, "breaks": [{"id": "b", "at": 100}, {"id": "a", "at": 20, "seconds": 80}]}),
    ],
)
def test_what_fits(forecast, turnout):
    found = book(forecast, turnout)
    assert (found.forecast is None, found.turnout is None) == (forecast is None, turnout is None)


@pytest.mark.parametrize(
    ("forecast", "turnout", "expected"),
    [
        (
            {"curve": points((0, 1), (10, 1), (10, 0.5), (1000, 1))},
            None,
            "forecast.curve[2].at: expected later than 10 s, the one before, found 10 s",
        ),
        (
            {"curve": points((0, 1), (999.5, 1))},
            None,
            (
                "forecast.curve[1].at: expected a point at 1000 s or later, when break 'c' begins, "
                "found the last at 999.5 s"
            ),
        ),
        (
            {"curve": points((101, 1), (1000, 1))},
            None,
            (
                "forecast.curve[0].at: expected a point at 100 s or before, when break 'a' begins, "
                "found the first at 101 s"
            ),
        ),
        (
            {"cohorts": [{"curve": ALL}, {"curve": points((0, 1))}]},
            None,
            (
                "forecast.cohorts[1].curve[0].at: expected a point at 1000 s or later, when break 'c' begins, "
                "found the last at 0 s"
            ),
        ),
        (
            {"curve": [{"at": 0, "share": 0.5, "low": 0.6}, {"at": 1000, "share": 0.5}]},
            None,
            "forecast.curve[0].low: expected at most the share, 0.5, found 0.6",
        ),
        (
            {"cohorts": [{"curve": [{"at": 0, "share": 1}, {"at": 1000, "share": 0.5, "surge": 0.4}]}]},
            None,
            "forecast.cohorts[0].curve[1].surge: expected at least the share, 0.5, found 0.4",
        ),
        ({"viewers": 5, "low": 6}, None, "forecast.low: expected at most viewers, 5, found 6"),
        ({"low": 11}, None, "forecast.low: expected at most the cohorts' seats, 10, found 11"),
        ({"surge": 9}, None, "forecast.surge: expected at least the cohorts' seats, 10, found 9"),
        (
            {"revisions": [{"at": 5, "viewers": 1}, {"at": 4, "viewers": 1}]},
            None,
            "forecast.revisions[1].at: expected later than 5 s, the one before, found 4 s",
        ),
        (
            None,
            {"curve": points((0, 1), (200, 1)), "breaks": [{"id": "a", "at": 201}]},
            ("turnout.curve[1].at: expected a point at 201 s or later, when break 'a' begins, found the last at 200 s"),
        ),
        (
            None,
            {"curve": points((5, 1), (1, 1)), "breaks": []},
            "turnout.curve[1].at: expected later than 5 s, the one before, found 1 s",
        ),
        (
            None,
            {"curve": ALL, "breaks": [{"id": "a"}, {"id": "x"}]},
            "turnout.breaks[1].id: expected the id of a break, found 'x'",
        ),
        (
            None,
            {"curve": ALL, "breaks": [{"id": "a"}, {"id": "b"}, {"id": "a", "at": 900}]},
            "turnout.breaks[2].id: expected a break that did not come yet, found 'a', as turnout.breaks[0]",
        ),
        (
            None,
            {"curve": ALL, "breaks": [{"id": "b"}, {"id": "a", "at": 241}]},
            "turnout.breaks[0].at: expected a break that begins when 'a' is over, at 301 s, found 'b' at 300 s",
        ),
    ],
)
def test_what_does_not_fit(forecast, turnout, expected):
    with pytest.raises(InputError) as caught:
        book(forecast, turnout)
    assert str(caught.value) == f"book: {expected}"


def test_breaks_that_overlap_are_wrong_in_an_event_and_alternatives_without_a_forecast():
    breaks = [brk("late", 150, 60), brk("early", 100, 40, 50.5)]
    assert len(book(breaks=breaks).breaks) == 2
    with pytest.raises(InputError) as caught:
        book({}, breaks=breaks)
    expected = "a break that begins when 'early' is over, at 150.5 s, found 'late' at 150 s"
    assert str(caught.value) == f"book: breaks[0].at: expected {expected}"
    assert len(book({}, breaks=[breaks[1], brk("late", 150.5, 60)]).breaks) == 2


def test_a_turnout_takes_the_most_probable_duration():
    """The break's longest would last until 190 s."""
    turnout = {"curve": ALL, "breaks": [{"id": "a"}, {"id": "b", "at": 160}]}
    assert book(turnout=turnout).turnout is not None


@given(st.lists(st.tuples(st.integers(0, 50), st.integers(1, 10)), min_size=1, max_size=6))
def test_overlaps_against_every_pair(spans):
    breaks = [brk(f"b{place}", at, seconds) for place, (at, seconds) in enumerate(spans)]
    apart = all(a[0] + a[1] <= b[0] or b[0] + b[1] <= a[0] for place, a in enumerate(spans) for b in spans[place + 1 :])
    if apart:
        assert book({}, breaks=breaks).breaks
    else:
        with pytest.raises(InputError, match="expected a break that begins when"):
            book({}, breaks=breaks)
