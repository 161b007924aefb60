"""What campaigns get, and why some are short."""

import pytest

from planner.decide.delivery import Short
from tests.planner.decide.kit import ad, book, planned

PROMISE = {"guarantee": {"impressions": 900, "penalty": 50}}
CASES = {
    Short.NO_CREATIVE: (book([ad("x", 60, 5, **PROMISE)]), 900, "duration"),
    Short.NO_SEATS: (book([ad("x", 30, 5, **PROMISE)], seats=0), 900, "nobody watches"),
    Short.VIEWERS: (book([ad("x", 30, 5, **PROMISE)], seats=800), 100, "800 viewers"),
    Short.BUDGET: (book([ad("x", 30, 5, budget=4, **PROMISE)]), 100, "c-x"),
    Short.GOAL: (book([ad("x", 30, 5, goal=700, **PROMISE)]), 200, "c-x"),
    Short.SHARE_MAXIMUM: (
        book([ad("x", 30, 5, share_of_voice={"maximum": 0.5}, **PROMISE), ad("y", 30, 4)]),
        400,
        "c-x",
    ),
    Short.PENALTY: (
        book([ad("x", 30, 1, guarantee={"impressions": 900, "penalty": 2}), ad("y", 30, 9)]),
        900,
        "penalty",
    ),
}


def test_every_reason_is_shown_here():
    assert set(CASES) == set(Short)


@pytest.mark.parametrize("reason", CASES)
def test_each_reason_has_its_book(reason):
    made, short, words = CASES[reason]
    (entry,) = planned(made).breaks
    (found,) = [each for each in entry.delivery if each.campaign == "c-x"]
    assert (found.short, found.impressions) == (short, 900 - short)
    assert found.reason.startswith(f"{reason}: ")
    assert words in found.reason


def test_a_penalty_that_is_worth_paying_for_is_not_paid():
    made = book([ad("x", 30, 1, guarantee={"impressions": 900, "penalty": 20}), ad("y", 30, 9)])
    (entry,) = planned(made).breaks
    assert {each.campaign: each.impressions for each in entry.delivery} == {"c-x": 900, "c-y": 100}
    assert entry.value == 900 * 1_000 + 100 * 9_000
    assert not any(each.short or each.reason for each in entry.delivery)


def test_a_minimum_share_that_is_missed_counts_what_is_missing():
    share = {"minimum": 0.25, "penalty": 1}
    made = book([ad("x", 30, 1, share_of_voice=share), ad("y", 30, 9)])
    (entry,) = planned(made).breaks
    (found,) = [each for each in entry.delivery if each.campaign == "c-x"]
    assert (found.impressions, found.short) == (0, 250)
    assert entry.value == 9_000_000 - 250 * 1_000


def test_two_ads_of_one_campaign_in_a_pod_reach_a_viewer_twice():
    ads = [ad("x", 15, 5, guarantee={"impressions": 1800, "penalty": 50})]
    ads += [ad("z", 15, 5, creative={"campaign": "c-x"})]
    made = book(ads, separation={"advertisers": False})
    (entry,) = planned(made).breaks
    assert [each.short for each in entry.delivery if each.campaign == "c-x"] == [0]
