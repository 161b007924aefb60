"""Each rule of one ad in a break: one thing changed refuses it, and its neighbour does not."""

import pytest

from planner.problem import Rule
from tests.planner.build.small import book, built, campaign, cohort, creative


def shown_as(registered):
    return {"a": {"universal_ad_id": "AD-1"}, "b": {"universal_ad_id": registered}}


CASES = [
    (Rule.DURATION, {"a": {"duration": "60.000001"}}, {"a": {"duration": 60}}),
    (Rule.FORBIDDEN, {"brk": {"forbidden": ["Alcohol"]}}, {"brk": {"forbidden": ["Wine"]}}),
    (
        Rule.METADATA,
        {"a": {"categories": []}, "brk": {"forbidden": ["Wine"]}},
        {"a": {"categories": []}, "brk": {"forbidden": ["Wine"]}, "metadata": "lenient"},
    ),
    (Rule.FLOOR, {"brk": {"floor": "1.000001"}}, {"brk": {"floor": 1}}),
    (
        Rule.FLOOR,
        {"A": {"price": {"kind": "completed_view", "amount": "0.04"}}, "a": {"completion": 0.49}, "brk": {"floor": 1}},
        {"A": {"price": {"kind": "completed_view", "amount": "0.04"}}, "a": {"completion": 0.5}, "brk": {"floor": 1}},
    ),
    (
        Rule.CODECS,
        {"a": {"codecs": ["hvc1"]}, "brk": {"codecs": ["avc1"]}},
        {"a": {"codecs": ["hvc1"]}, "brk": {"codecs": ["avc1", "hvc1"]}},
    ),
    (Rule.DEAL, {"brk": {"deals": ["open"]}}, {"brk": {"deals": ["open"]}, "A": {"deal": "open"}}),
    (
        Rule.FLIGHT,
        {"A": {"flight": {"start": "2026-07-19T19:10:01Z"}}},
        {"A": {"flight": {"start": "2026-07-19T19:10:00Z"}}},
    ),
    (
        Rule.FLIGHT,
        {"A": {"flight": {"end": "2026-07-19T19:10:00Z"}}},
        {"A": {"flight": {"end": "2026-07-19T19:10:01Z"}}},
    ),
    (Rule.BREAK_KIND, {"A": {"targeting": {"break_kinds": ["injury"]}}}, {"A": {"targeting": {"break_kinds": []}}}),
    (
        Rule.EVENT_EXCLUSIVITY,
        {"B": {"exclusivity": "event", "exclusive_category": "Alcohol"}},
        {"B": {"exclusivity": "event", "exclusive_category": "Wine"}},
    ),
    (
        Rule.EVENT_EXCLUSIVITY,
        {"B": {"exclusivity": "event", "exclusive_category": "Alcohol"}},
        {"B": {"exclusivity": "event", "exclusive_category": "Alcohol", "advertiser": "A"}},
    ),
    (Rule.BEFORE, {"brk": {"before": [{"creative": "a"}]}}, {"brk": {"before": [{"creative": "b"}]}}),
    (
        Rule.BEFORE,
        {"brk": {"before": [{"creative": "b"}]}, **shown_as("ad-1")},
        {"brk": {"before": [{"creative": "b"}]}, **shown_as("ad-2")},
    ),
    (Rule.BEFORE, {"brk": {"before": [{"advertiser": "A"}]}}, {"brk": {"before": [{"advertiser": "Z"}]}}),
    (
        Rule.BEFORE,
        {"brk": {"before": [{"advertiser": "Z", "categories": ["Wine"]}]}, "separation": {"categories": ["Alcohol"]}},
        {"brk": {"before": [{"advertiser": "Z", "categories": ["Food"]}]}, "separation": {"categories": ["Alcohol"]}},
    ),
    (
        Rule.BEFORE,
        {"brk": {"before": [{"advertiser": "A"}]}, "caps": [{"of": "advertiser", "per": "break", "limit": 1}]},
        {"brk": {"before": [{"advertiser": "A"}]}, "caps": [{"of": "advertiser", "per": "break", "limit": 2}]},
    ),
    (
        Rule.BEFORE,
        {"brk": {"before": [{"creative": "b"}]}, "A": {"exclusivity": "pod"}},
        {"brk": {"before": [{"creative": "b"}]}},
    ),
]


@pytest.mark.parametrize(("rule", "refusing", "admitting"), CASES)
def test_one_thing_changed(rule, refusing, admitting):
    def refused(changed):
        fields = dict(changed)
        campaigns = [campaign("A", **fields.pop("A", {})), campaign("B", **fields.pop("B", {}))]
        creatives = [
            creative("a", "A", **fields.pop("a", {})),
            creative("b", "B", **{"categories": ["Food"], **fields.pop("b", {})}),
        ]
        made = built(campaigns, creatives, [cohort("k")], **fields)
        return {each.creative: each.rule for each in made.refused}.get("a"), "a" in made.ads

    assert refused(refusing) == (rule, False)
    assert refused(admitting) == (None, True)


def test_the_last_place_of_a_cap_that_stands_before_is_a_family():
    parts = ([campaign("A")], [creative("a", "A"), creative("b", "A")], [cohort("k")])
    made = built(*parts, brk={"before": [{"advertiser": "A"}]}, caps=[{"of": "advertiser", "per": "break", "limit": 2}])
    assert [(each.members, each.limit, each.rule) for each in made.problem.rules.families] == [
        ((0, 1), 1, Rule.CAP_BREAK)
    ]


def test_details_are_words_and_numbers():
    made = built([campaign("A")], [creative("a", "A", duration=61)], [cohort("k")])
    assert made.refused[0].detail == "lasts 61 s, the break 60 s"
    assert book([campaign("A")], [], []).book.creatives == ()
