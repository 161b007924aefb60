"""Contracts filter before anything is planned, and two that cannot hold together are named."""

import pytest

from domain.errors import InputError
from planner.problem import Position, Rule
from tests.planner.build.small import built, campaign, cohort, creative

SPORTS = {"targeting": {"traits": ["sports"]}}
FIRST = {"position": "first", "position_guaranteed": True}
LAST = {"position": "last", "position_guaranteed": True}
FANS = cohort("fans", traits=["sports"])
OTHERS = cohort("others")


def of(one, other, cohorts=(FANS, OTHERS), a=None, b=None, **fields):
    creatives = [creative("a", "A", **(a or {})), creative("b", "B", **{"categories": ["Food"], **(b or {})})]
    campaigns = [campaign("A", **one), campaign("B", **other), campaign("C")]
    return built(campaigns, [*creatives, creative("c", "C", categories=["Autos"])], list(cohorts), **fields)


def test_a_roadblock_leaves_its_cohorts_nothing_else():
    made = of({"roadblock": True, **SPORTS}, {})
    assert made.problem.rows.allowed.tolist() == [[True, False, False], [False, True, True]]
    made = of({"roadblock": True}, {}, cohorts=[FANS])
    assert [(each.creative, each.rule) for each in made.refused] == [("b", Rule.ROADBLOCK), ("c", Rule.ROADBLOCK)]


def test_a_roadblock_that_cannot_be_shown_blocks_nobody():
    tired = cohort("tired", traits=["sports"], seen=[{"creative": "a", "ago": 60}])
    made = of({"roadblock": True, "caps": [{"per": "event", "limit": 1}], **SPORTS}, {}, cohorts=[FANS, tired])
    assert made.problem.rows.allowed.tolist() == [[True, False, False], [False, True, True]]


def test_a_guaranteed_position_is_required_of_whom_it_reaches():
    made = of({**FIRST, **SPORTS}, {**LAST})
    assert made.problem.rows.required.tolist() == [1, 2]
    assert [[(each.members, each.position) for each in chosen] for chosen in made.problem.rules.required] == [
        [],
        [((0,), Position.FIRST), ((1,), Position.LAST)],
        [((1,), Position.LAST)],
    ]
    assert made.problem.rules.positions.tolist() == [Position.FIRST, Position.LAST, Position.ANY]


@pytest.mark.parametrize(
    ("one", "other", "fields", "found"),
    [
        ({"roadblock": True}, {"roadblock": True, **SPORTS}, {}, "the roadblock of A and the roadblock of B"),
        ({"roadblock": True}, {**FIRST}, {}, 'the roadblock of A and the guaranteed position "first" of B'),
        (
            {**LAST},
            {**LAST, **SPORTS},
            {},
            'the guaranteed position "last" of A and the guaranteed position "last" of B',
        ),
        (
            {**FIRST, "exclusivity": "pod"},
            {**LAST, **SPORTS},
            {},
            'the guaranteed position "first" of A and the guaranteed position "last" of B',
        ),
        (
            {**FIRST},
            {**LAST, **SPORTS},
            {"a": {"duration": 41}},
            'the guaranteed position "first" of A and the guaranteed position "last" of B',
        ),
        (
            {"exclusivity": "event", "exclusive_category": "Food"},
            {"roadblock": True},
            {},
            "the event exclusivity of A and the roadblock of B",
        ),
        (
            {"exclusivity": "event", "exclusive_category": "Food"},
            {**LAST},
            {},
            'the event exclusivity of A and the guaranteed position "last" of B',
        ),
    ],
)
def test_what_cannot_hold_together(one, other, fields, found):
    with pytest.raises(InputError) as caught:
        of(one, other, **fields)
    assert str(caught.value) == f"break b, cohort fans: expected contracts that can hold together, found {found}"


def test_two_event_exclusivities_on_one_branch():
    drinks = {"exclusivity": "event", "exclusive_category": "Alcohol"}
    beer = {"exclusivity": "event", "exclusive_category": "Beer"}
    with pytest.raises(InputError) as caught:
        of(drinks, beer)
    assert str(caught.value) == (
        "campaigns: expected contracts that can hold together, "
        "found event exclusivity of A for Alcohol and of B for Beer"
    )
    of(drinks, {**beer, "advertiser": "A"})
    of(drinks, {**beer, "exclusive_category": "Autos"})


@pytest.mark.parametrize(
    ("one", "other", "fields"),
    [
        ({"roadblock": True, **SPORTS}, {"roadblock": True}, {"cohorts": [OTHERS]}),
        ({"roadblock": True, **FIRST}, {}, {}),
        ({**FIRST}, {**LAST}, {"a": {"duration": 40}}),
        ({"exclusivity": "event", "exclusive_category": "Food"}, {"roadblock": True, **SPORTS}, {"cohorts": [OTHERS]}),
    ],
)
def test_what_can_hold_together(one, other, fields):
    assert of(one, other, **fields).problem.rows.allowed.any()
