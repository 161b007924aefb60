"""Each rule of a pod as families: one thing changed makes two ads exclude each other, and its neighbour does not."""

import pytest

from planner.problem import Rule
from tests.planner.build.small import built, campaign, cohort, creative

CASES = [
    (Rule.SEPARATION, {"separation": {"categories": ["Alcohol"]}}, {"separation": {"categories": ["Beer"]}}),
    (Rule.SEPARATION, {"A": {"separation": ["Alcohol"]}}, {"A": {"separation": ["Beer"]}}),
    (Rule.SEPARATION, {"B": {"separation": ["Alcohol"]}}, {"B": {"separation": ["Wine"]}}),
    (
        Rule.SEPARATION,
        {"B": {"separation": ["Wine"]}, "a": {"categories": []}},
        {"B": {"separation": ["Wine"]}, "a": {"categories": []}, "metadata": "lenient"},
    ),
    (
        Rule.REPEAT,
        {"a": {"universal_ad_id": "AD-1"}, "b": {"universal_ad_id": " ad-1"}},
        {"a": {"universal_ad_id": " "}, "b": {"universal_ad_id": " "}},
    ),
    (Rule.ADVERTISER, {"B": {"advertiser": "A"}}, {"B": {"advertiser": "A"}, "separation": {"advertisers": False}}),
    (Rule.ADVERTISER, {"B": {"advertiser": ""}}, {"B": {"advertiser": ""}, "metadata": "lenient"}),
    (
        Rule.ADVERTISER,
        {"B": {"advertiser": "A"}},
        {"B": {"advertiser": "A"}, "caps": [{"of": "advertiser", "per": "break", "limit": 2}]},
    ),
    (Rule.AVOID, {"A": {"avoid": ["jet"]}, "b": {"tags": ["jet"]}}, {"A": {"avoid": ["jet"]}, "a": {"tags": ["jet"]}}),
    (Rule.AVOID, {"B": {"avoid": ["jet"]}, "a": {"tags": ["jet"]}}, {"B": {"avoid": ["jet"]}, "a": {"tags": ["car"]}}),
    (
        Rule.AVOID,
        {"A": {"avoid": ["jet"], "advertiser": ""}, "b": {"tags": ["jet"]}, "separation": {"advertisers": False}},
        {
            "A": {"avoid": ["jet"], "advertiser": ""},
            "b": {"tags": ["jet"]},
            "separation": {"advertisers": False},
            "metadata": "lenient",
        },
    ),
    (Rule.EXCLUSIVITY, {"A": {"exclusivity": "pod"}}, {"b": {"campaign": "A"}, "A": {"exclusivity": "pod"}}),
    (
        Rule.EXCLUSIVITY,
        {"A": {"exclusivity": "category", "exclusive_category": "Wine"}},
        {"A": {"exclusivity": "category", "exclusive_category": "Beer"}},
    ),
    (
        Rule.EXCLUSIVITY,
        {"B": {"exclusivity": "category", "exclusive_category": "Alcohol"}},
        {
            "B": {"exclusivity": "category", "exclusive_category": "Alcohol", "advertiser": "A"},
            "separation": {"advertisers": False},
        },
    ),
    (Rule.POSITION, {"A": {"position": "last"}, "B": {"position": "last"}}, {"A": {"position": "last"}}),
    (
        Rule.CAP_BREAK,
        {"b": {"campaign": "A"}, "A": {"caps": [{"per": "break", "limit": 1}]}},
        {"b": {"campaign": "A"}, "A": {"caps": [{"per": "break", "limit": 2}]}},
    ),
    (
        Rule.CAP,
        {"b": {"campaign": "A"}, "A": {"caps": [{"per": "lifetime", "limit": 1}]}},
        {"b": {"campaign": "A"}, "A": {"caps": [{"per": "lifetime", "limit": 2}]}},
    ),
]


@pytest.mark.parametrize(("rule", "binding", "free"), CASES)
def test_one_thing_changed(rule, binding, free):
    def families(changed):
        fields = {"separation": {"advertisers": rule is Rule.ADVERTISER}, **changed}
        campaigns = [campaign("A", **fields.pop("A", {})), campaign("B", **fields.pop("B", {}))]
        creatives = [
            creative("a", "A", **fields.pop("a", {})),
            creative("b", "B", **{"categories": ["Wine"], **fields.pop("b", {})}),
        ]
        found = built(campaigns, creatives, [cohort("k")], **fields).problem.rules.families
        return [(family.members, family.limit, family.rule) for family in found]

    assert families(binding) == [((0, 1), 1, rule)]
    assert families(free) == []


def test_names_are_the_books():
    campaigns = [campaign("A", avoid=["jet"]), campaign("B"), campaign("C", advertiser="A")]
    creatives = [
        creative("a", "A"),
        creative("b", "B", tags=["jet"], categories=["Food"]),
        creative("c", "C", categories=["Food"]),
    ]
    made = built(campaigns, creatives, [], separation={"categories": ["food"]})
    assert [(family.name, family.members) for family in made.problem.rules.families] == [
        ("separation under food", (1, 2)),
        ("advertiser A", (0, 2)),
        ("avoid of A", (0, 1)),
    ]


def test_edges_are_two_and_each_is_one():
    asks = ["first", "first", "last", "first_or_last", "any"]
    campaigns = [campaign(name, position=where) for name, where in zip("ABCDE", asks, strict=True)]
    creatives = [creative(name.lower(), name, duration=10) for name in "ABCDE"]
    made = built(campaigns, creatives, [])
    assert [(family.members, family.limit) for family in made.problem.rules.families] == [
        ((0, 1), 1),
        ((0, 1, 2, 3), 2),
    ]
