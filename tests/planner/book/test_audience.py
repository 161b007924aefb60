"""An audience split in several ways becomes cohorts."""

import math
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.errors import InputError
from planner.book.audience import apportioned
from planner.book.fields import MAX_COHORTS
from planner.book.model import Book
from planner.book.read import booked

BREAK = {"id": "b", "durations": [{"seconds": 60}]}


def cohorts(*split, viewers=1000, **fields):
    document = {"breaks": [BREAK], "audience": {"viewers": viewers, "split": list(split)}, **fields}
    return booked(Book.model_validate(document)).book.audience


def said(*split, viewers=1000, **fields):
    with pytest.raises(InputError) as caught:
        cohorts(*split, viewers=viewers, **fields)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def by(dimension, **parts):
    return {"by": dimension, "parts": {name.strip("_"): part for name, part in parts.items()}}


def test_each_combination_is_a_cohort():
    found = cohorts(by("region", metro=0.25, _=0.75), by("device", tv=0.5, phone=0.5), by("trait", young=0.4, _=0.6))
    assert (found.viewers, found.split) == (None, ())
    assert [(each.id, each.seats, each.region, each.device, each.traits) for each in found.cohorts] == [
        ("metro/tv/young", 50, "metro", "tv", ("young",)),
        ("metro/tv/other", 75, "metro", "tv", ()),
        ("metro/phone/young", 50, "metro", "phone", ("young",)),
        ("metro/phone/other", 75, "metro", "phone", ()),
        ("other/tv/young", 150, "", "tv", ("young",)),
        ("other/tv/other", 225, "", "tv", ()),
        ("other/phone/young", 150, "", "phone", ("young",)),
        ("other/phone/other", 225, "", "phone", ()),
    ]


def test_several_traits_in_the_order_of_their_splits():
    found = cohorts(by("trait", sports=0.5, _=0.5), by("trait", young=0.5, _=0.5), viewers=4)
    assert [each.traits for each in found.cohorts] == [("sports", "young"), ("sports",), ("young",), ()]


def test_a_cohort_of_nobody_stays():
    assert [each.seats for each in cohorts(by("region", a=0.9, b=0.1), viewers=1).cohorts] == [1, 0]
    assert [each.seats for each in cohorts(by("region", a=0.9, b=0.1), viewers=0).cohorts] == [0, 0]


def test_viewers_of_the_forecast_where_the_audience_says_nothing():
    found = cohorts(by("region", a=0.5, b=0.5), viewers=None, forecast={"viewers": 10})
    assert [each.seats for each in found.cohorts] == [5, 5]
    assert said(by("region", a=1), viewers=None).endswith(
        "audience.viewers: expected a value, here or in forecast.viewers, found none"
    )


def test_cohorts_one_by_one_are_left_as_they_are():
    book = Book.model_validate({"breaks": [BREAK], "audience": {"cohorts": [{"id": "a", "seats": 3}]}})
    assert booked(book).book == book
    again = booked(Book.model_validate({"breaks": [BREAK], "audience": {"viewers": 3, "split": [by("region", a=1)]}}))
    assert booked(again.book).book == again.book


def test_thirds_with_six_places():
    found = cohorts(by("trait", a=0.333333, b=0.333333, c=0.333333), viewers=10)
    assert [each.seats for each in found.cohorts] == [4, 3, 3]


@pytest.mark.parametrize(
    ("split", "expected"),
    [
        (
            [by("region", metro=0.3, north=0.65)],
            'audience.split[0].parts: expected parts that add up to 1, the rest as "", found 0.95: 0.05 is missing',
        ),
        (
            [by("trait", a=1), by("region", metro=0.3, north=0.8)],
            'audience.split[1].parts: expected parts that add up to 1, the rest as "", found 1.1: 0.1 too much',
        ),
        (
            [by("device", tv=1), by("trait", a=1), by("device", phone=1)],
            "audience.split[2].by: expected another dimension, or traits, found device, as audience.split[0]",
        ),
        (
            [by("trait", a=0.5, _=0.5), by("trait", a=0.5, b=0.5)],
            "audience.split[1].parts: expected each trait in one split, found 'a', as in audience.split[0]",
        ),
        (
            [by("region", other=0.5, _=0.5)],
            (
                "audience.split: expected names that tell cohorts apart "
                "(\"\" is called other), found 'other' for 2 of them"
            ),
        ),
        (
            [{"by": "region", "parts": {"r" * 150: 1}}, {"by": "trait", "parts": {"t" * 50: 1}}],
            "audience.split: expected names that have at most 200 characters together, found 201",
        ),
        ([by("region", a=0.0, b=1.0)], None),
    ],
)
def test_a_wrong_split(split, expected):
    if expected is None:
        with pytest.raises(ValueError, match="greater than 0"):
            cohorts(*split)
    else:
        assert said(*split) == f"book: {expected}"


def test_too_many_cohorts_are_refused_before_they_are_made():
    wide = [{"by": "trait", "parts": {f"{index}-{part}": 0.001 for part in range(1_000)}} for index in range(20)]
    assert said(*wide).startswith(
        f"book: audience.split: expected splits into at most {MAX_COHORTS} cohorts, found 1000"
    )


def test_cohorts_and_a_split():
    document = {"breaks": [BREAK], "audience": {"cohorts": [{"id": "a", "seats": 1}], "split": [by("region", a=1)]}}
    with pytest.raises(InputError, match=r"audience\.split: expected cohorts or a split, found both"):
        booked(Book.model_validate(document))


def test_viewers_without_a_split():
    with pytest.raises(
        InputError, match=r"audience\.viewers: expected cohorts, or a split of these viewers, found neither"
    ):
        cohorts(viewers=5)


@given(
    st.integers(0, 10**8),
    st.lists(st.floats(1e-9, 1, allow_subnormal=False), min_size=1, max_size=60),
)
def test_seats_add_up_and_are_the_exact_parts_within_one(seats, parts):
    total = math.fsum(parts)
    weights = [part / total for part in parts]
    found = apportioned(seats, weights)
    assert sum(found) == seats
    for each, weight in zip(found, weights, strict=True):
        assert abs(each - seats * Fraction(weight)) < 1 + Fraction(1, 10**6)
