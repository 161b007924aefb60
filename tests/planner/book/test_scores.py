"""What campaigns say of traits, regions and devices stands in the cohorts' scores."""

import math
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.errors import InputError
from planner.book import scores as module
from planner.book.model import Book
from planner.book.read import booked

COHORTS = [
    {"id": "a", "seats": 1, "traits": ["young", "sports"], "region": "metro", "device": "tv"},
    {"id": "b", "seats": 1, "traits": ["young"], "scores": {"x1": 3, "y1": 0.5}},
    {"id": "c", "seats": 1, "region": "metro"},
    {"id": "d", "seats": 1},
]


def book(x=None, y=None, cohorts=COHORTS):
    return booked(
        Book.model_validate(
            {
                "campaigns": [
                    {"id": "x", "price": {"amount": 1}, "scores": x or {}},
                    {"id": "y", "price": {"amount": 1}, "scores": y or {}},
                ],
                "creatives": [{"id": ident, "campaign": ident[0], "duration": 10} for ident in ("x1", "x2", "y1")],
                "breaks": [{"id": "b", "durations": [{"seconds": 60}]}],
                "audience": {"cohorts": cohorts},
            }
        )
    ).book


def test_factors_multiply_over_what_a_viewer_has_and_ones_are_not_said():
    found = book({"young": 1.5, "metro": 2}, {"tv": 0.25, "metro": 4})
    assert [cohort.scores for cohort in found.audience.cohorts] == [
        {"x1": 3, "x2": 3},
        {"x1": 4.5, "x2": 1.5, "y1": 0.5},
        {"x1": 2, "x2": 2, "y1": 4},
        {},
    ]
    assert [campaign.scores for campaign in found.campaigns] == [{}, {}]
    assert booked(found).book == found


def test_a_cohort_s_own_score_and_a_factor_may_cancel():
    assert book({}, {"young": 2}).audience.cohorts[1].scores == {"x1": 3}


def test_a_book_without_factors_is_left_as_it_is():
    assert [cohort.scores for cohort in book().audience.cohorts] == [{}, {"x1": 3, "y1": 0.5}, {}, {}]


def test_a_name_that_is_trait_and_region_counts_once():
    found = book({"metro": 3}, cohorts=[{"id": "a", "seats": 1, "traits": ["metro"], "region": "metro"}])
    assert found.audience.cohorts[0].scores == {"x1": 3, "x2": 3}


@pytest.mark.parametrize(
    ("x", "expected"),
    [
        (
            {"yuong": 2, "tv": 1, "": 1},
            None,
        ),
        (
            {"yuong": 2, "tv": 1, "mtro": 1},
            "campaigns[0].scores: expected traits, regions or devices of cohorts, found 'yuong', 'mtro'",
        ),
        (
            {"young": 100, "metro": 100},
            "campaigns[0].scores: expected factors that multiply to at most 1000, found 10000 for cohort 'a'",
        ),
        (
            {"young": 500},
            (
                "audience.cohorts[1].scores.x1: expected factors that multiply to at most 1000, "
                "found 1500 with its campaign's"
            ),
        ),
    ],
)
def test_wrong_factors(x, expected):
    if expected is None:
        with pytest.raises(ValueError, match="at least 1 character"):
            book(x)
        return
    with pytest.raises(InputError) as caught:
        book(x)
    assert str(caught.value) == f"book: {expected}"


def test_a_product_that_is_no_number():
    traits = [f"t{index}" for index in range(150)]
    cohorts = [{"id": "a", "seats": 1, "traits": traits}]
    with pytest.raises(InputError, match="at most 1000, found nan for cohort 'a'"):
        book(dict.fromkeys(traits, 1000) | {traits[-1]: 0}, cohorts=cohorts)


def test_nobody_watches_and_nothing_is_a_slip_of_the_pen():
    assert book({"young": 2}, cohorts=[]).audience.cohorts == ()


def test_more_than_can_be_held(monkeypatch):
    monkeypatch.setattr(module, "MAX_SCORES", 3)
    with pytest.raises(InputError, match="expected scores for at most 3 pairs of a creative and a kind of cohort"):
        book({"young": 2, "metro": 2})
    assert book({"tv": 2}).audience.cohorts[0].scores == {"x1": 2, "x2": 2}


NAMES = st.sampled_from(["young", "sports", "metro", "tv"])
FACTORS = st.dictionaries(NAMES, st.sampled_from([0, 0.5, 1, 2, 3]))


@given(FACTORS, FACTORS)
def test_against_each_pair_by_itself(x, y):
    found = book(x, y)
    for before, after in zip(COHORTS, found.audience.cohorts, strict=True):
        has = [*before.get("traits", ()), before.get("region", ""), before.get("device", "")]
        for ad, factors in {"x1": x, "x2": x, "y1": y}.items():
            expected = math.prod(factors.get(name, 1) for name in has) * before.get("scores", {}).get(ad, 1)
            assert after.scores.get(ad, 1) == expected
        assert all(score != 1 for score in after.scores.values()) or not (x or y)


def test_a_final_is_quick():
    """2,000 cohorts of 500 kinds, 150 creatives of 100 campaigns, each with three factors."""
    document = {
        "campaigns": [
            {
                "id": f"c{index}",
                "price": {"amount": 1},
                "scores": {f"t{index % 10}": 1.5, f"r{index % 25}": 0.5, "tv": 1.25},
            }
            for index in range(100)
        ],
        "creatives": [{"id": f"ad{index}", "campaign": f"c{index % 100}", "duration": 10} for index in range(150)],
        "breaks": [{"id": "b", "durations": [{"seconds": 60}]}],
        "audience": {
            "cohorts": [
                {
                    "id": f"k{index}",
                    "seats": 500,
                    "traits": [f"t{index % 10}", f"u{index}"],
                    "region": f"r{index // 10 % 25}",
                    "device": "tv" if index % 2 else "phone",
                }
                for index in range(2_000)
            ]
        },
    }
    made = Book.model_validate(document)
    begun = time.process_time()
    found = booked(made).book
    assert time.process_time() - begun < 1
    assert all(cohort.scores for cohort in found.audience.cohorts)
    assert len({id(cohort.scores) for cohort in found.audience.cohorts}) <= 500
