"""What an ad declares and reserves, and what a pod is worth to one viewer, by hand."""

import math
from copy import deepcopy
from fractions import Fraction

import numpy as np
import pytest

from planner.check.facts import Facts
from planner.check.value import declared, declared_per_thousand, pod_worth, reserved, sampling
from planner.problem import Worth as Arrays
from planner.worth import survival
from tests.planner.check.books import LEGAL, POD, book_of, put


def facts(**places):
    document = deepcopy(LEGAL)
    for place, content in places.items():
        put(document, place, content)
    return Facts(book_of(document))


def priced(completion=1.0, **price):
    found = facts(**{"campaigns/acme/price": price, "creatives/acme-30/completion": completion})
    ad = found.ads["acme-30"]
    return reserved(ad.campaign), declared(ad.campaign, ad.creative), declared_per_thousand(ad.campaign, ad.creative)


def worth(pod=POD, seen=None, **places):
    found = facts(**places)
    viewing, brk, (home,) = found.book.viewing, found.book.breaks[0], found.book.audience.cohorts
    return pod_worth(viewing, brk, home, seen or {}, [found.ads[name] for name in pod])


@pytest.mark.parametrize("kind", ["cpm", "first_price", "second_price"])
def test_a_price_per_thousand_is_micros_an_impression(kind):
    assert priced(kind=kind, amount="12.345678") == (12_346, 12_346.0, Fraction("12.345678"))


@pytest.mark.parametrize(("amount", "micros"), [("0.0005", 0), ("0.0015", 2), ("0.0025", 2), ("0.002501", 3), ("0", 0)])
def test_half_a_micro_goes_to_the_even_one(amount, micros):
    assert priced(amount=amount)[:2] == (micros, float(micros))


def test_a_completed_view_is_worth_its_part_and_reserves_the_whole():
    assert priced(kind="completed_view", amount="0.02", completion=0.7) == (20_000, 14_000.0, Fraction(14))


def test_a_pod_is_worth_its_ads_where_everyone_stays():
    assert worth().value == 12_000 + 8_000 + 9_000
    assert worth(()).value == 0.0


def test_the_first_and_the_last_ad_are_multiplied_and_the_only_one_by_the_greater():
    places = {"viewing/first": 1.5, "viewing/last": 2.0}
    assert worth(**places).value == 18_000 + 8_000 + 18_000
    assert worth(("acme-30",), **places).value == 24_000


def test_scores_multiply_and_repeats_cost():
    places = {"cohorts/home/scores": {"bolt-15": 0.5, "acme-15": 7}, "viewing/repeat_cost": "1"}
    assert worth(seen={"bolt-15": 2, "acme-15": 9}, **places).value == 12_000 + (4_000 - 2_000) + 9_000
    assert worth(seen={"bolt-15": 2}, **places).size == 12_000 + (4_000 + 2_000) + 9_000


def test_each_ad_counts_for_those_who_stay_to_its_end():
    found = worth(**{"viewing/leave_per_minute": 0.2, "viewing/early_return_per_minute": 0.5}).value
    assert found == pytest.approx(12_000 * 0.4**0.5 + 8_000 * 0.4**0.75 + 9_000 * 0.4, rel=1e-12)
    assert worth(**{"viewing/leave_per_minute": 1.0}).value == 0.0


def test_seconds_of_ads_save_the_slate_and_cost_beyond_what_is_free():
    assert worth(**{"breaks/half/slate_cost": "0.1"}).value == 29_000 + 60 * 100
    assert worth(**{"viewing/load_cost": "0.2", "viewing/load_free": "45"}).value == 29_000 - 15 * 200
    both = {"breaks/half/slate_cost": "0.1", "viewing/load_cost": "0.2", "viewing/load_free": "45"}
    assert worth(**both).size == 29_000 + 60 * 100 + 15 * 200
    assert worth(("bolt-15",), **{"viewing/load_cost": "0.2", "viewing/load_free": "45"}).value == 8_000


@pytest.mark.parametrize(("leave", "early"), [(0.0, 0.0), (0.05, 0.02), (0.5, 0.5), (0.99, 0.0)])
def test_lines_between_seconds_exceed_the_curve_by_no_more_than_is_said(leave, early):
    viewing = facts(**{"viewing/leave_per_minute": leave, "viewing/early_return_per_minute": early}).book.viewing
    base = (1 - leave) * (1 - early)
    seconds = np.arange(61)
    lines = Arrays(seconds * 1_000_000, base ** (seconds / 60))
    instants = np.arange(0, 60_000_001, 12_345)
    excess = survival(lines, instants) / base ** (instants / 60e6) - 1
    assert excess.min() >= -1e-12
    assert excess.max() <= sampling(viewing) + 1e-12
    assert math.isclose(excess.max(), sampling(viewing), rel_tol=0.01, abs_tol=1e-12)
