"""From a book to a night: scenes, what promises count on, what was seen and delivered."""

import numpy as np
import pytest

from domain.errors import InputError
from domain.units import SECOND
from planner.book.model import Book
from planner.book.read import booked
from planner.build.build import build
from planner.event import stage as staging
from planner.event.delivered import Delivered, Delivery
from planner.event.stage import stage
from planner.eventfile import Level
from planner.problem import Kind
from tests.planner.build.small import campaign, cohort, creative

BREAKS = (
    {"id": "late", "at": 1800, "durations": [{"seconds": 60}]},
    {"id": "early", "at": 0, "durations": [{"seconds": 60, "probability": 0.25}, {"seconds": 30, "probability": 0.75}]},
    {"id": "maybe", "at": 900, "durations": [{"seconds": 60}], "probability": 0.5},
)


def event(campaigns=None, creatives=None, *, breaks=BREAKS, cohorts=None, **fields):
    parts = {
        "campaigns": campaigns or [campaign("A")],
        "creatives": creatives or [creative("a", "A")],
        "breaks": list(breaks),
        "audience": {"cohorts": cohorts or [cohort("k")]},
        "forecast": {"curve": [{"at": 0, "share": 1.0}, {"at": 1800, "share": 0.5}]},
    }
    return booked(Book.model_validate(parts | fields))


def test_scenes_are_breaks_at_their_lengths_in_order_of_time():
    found = stage(event(), Level.POINT)
    assert [brk.id for brk in found.breaks] == ["early", "maybe", "late"]
    scenes = [(scene.brk, scene.at // SECOND, scene.duration // SECOND, scene.weight) for scene in found.night.scenes]
    assert scenes == [(0, 0, 30, 0.75), (0, 0, 60, 0.25), (1, 900, 60, 0.5), (2, 1800, 60, 1.0)]
    assert found.night.seats.ravel().tolist() == [75.0, 25.0, 37.5, 50.0]
    assert found.expected.viewers.ravel().tolist() == [100.0, 75.0, 50.0]
    assert found.warnings == ()


def test_a_scene_has_what_its_break_has_alone():
    made = event(
        [campaign("A"), campaign("B", targeting={"break_kinds": ["final"]}), campaign("C")],
        [creative("a", "A"), creative("b", "B"), creative("c", "C", duration=45)],
        breaks=[BREAKS[0] | {"kind": "final"}, *BREAKS[1:]],
    )
    found = stage(made, Level.POINT)
    breaks = {brk.id: brk for brk in made.book.breaks}
    for scene in found.night.scenes:
        built = build(made, breaks[found.breaks[scene.brk].id], scene.duration)
        assert [found.night.ads[ad] for ad in scene.ads] == list(built.ads)
        assert scene.rules.families == built.problem.rules.families
        assert scene.rules.durations.tolist() == built.problem.rules.durations.tolist()
        assert np.array_equal(scene.rows.values, built.problem.rows.values)
        assert np.array_equal(scene.rows.allowed, built.problem.rows.allowed)
    assert [found.night.ads[ad] for ad in found.night.scenes[0].ads] == ["a"]
    assert found.refused["c"][0].rule == "duration"
    assert found.refused["b"].keys() == {0, 1, 2}


def test_equal_arrays_are_one():
    first, second, *_ = stage(event(), Level.POINT).night.scenes
    assert first.rows.values is second.rows.values
    assert first.rows.allowed is second.rows.allowed
    with pytest.raises(ValueError, match="read-only"):
        first.rows.values[0, 0] = 1.0


def test_promises_do_not_count_on_breaks_that_may_not_come():
    promise = {"guarantee": {"impressions": 100, "penalty": 5}, "goal": 200}
    share = {"share_of_voice": {"minimum": 0.2, "maximum": 0.6, "penalty": 1}}
    night = stage(event([campaign("A", **promise, **share)]), Level.POINT).night
    kinds = list(night.shared.kinds)
    assert kinds == [Kind.GOAL, Kind.SHARE_MAXIMUM, Kind.GUARANTEE, Kind.SHARE_MINIMUM]
    for scene in night.scenes:
        planned = 0.0 if scene.brk == 1 else 1.0
        assert scene.use[:, 0].tolist() == pytest.approx([1.0, 0.4, planned, 0.8 * planned])


def test_what_was_seen_lies_longer_ago_at_later_breaks():
    """Half an hour is over before the third break, not before the second."""
    seen = [{"creative": "a", "ago": 1000}]
    capped = campaign("A", caps=[{"per": "hour", "limit": 1}])
    breaks = [BREAKS[1], BREAKS[2], BREAKS[0] | {"at": 2600.5}]
    curve = {"forecast": {"curve": [{"at": 0, "share": 1.0}, {"at": 3600, "share": 1.0}]}}
    night = stage(event([capped], breaks=breaks, cohorts=[cohort("k", seen=seen)], **curve), Level.POINT).night
    assert [bool(scene.rows.allowed[0, 0]) for scene in night.scenes] == [False, False, False, True]


def test_levels_are_audiences():
    forecast = {
        "viewers": 1000,
        "low": 500,
        "surge": 2000,
        "curve": [{"at": 0, "share": 1.0}, {"at": 1800, "share": 1}],
    }
    made = event(forecast=forecast)
    seats = {level: stage(made, level).night.seats[-1].tolist() for level in Level}
    assert seats == {Level.POINT: [1000.0], Level.LOW: [500.0], Level.SURGE: [2000.0]}


def test_nobody_watches():
    night = stage(event(cohorts=[cohort("k", seats=0)]), Level.POINT).night
    assert night.seats.sum() == 0.0


PAYING = campaign(
    "A",
    price={"amount": 2},
    budget=1,
    goal=600,
    guarantee={"impressions": 300, "penalty": 5},
    share_of_voice={"minimum": 0.2, "maximum": 0.5, "penalty": 1},
)


def limits(delivered):
    made = event([PAYING, campaign("B")], [creative("a", "A"), creative("b", "B")])
    night = stage(made, Level.POINT, delivered=delivered).night
    return dict(zip(night.shared.kinds, night.shared.limit.tolist(), strict=True))


def test_what_was_delivered_is_taken_off():
    told = Delivered(("early",), (Delivery("A", "early", 100), Delivery("B", "early", 300)))
    found = limits(told)
    assert found[Kind.BUDGET] == 1_000_000 - 100 * 2_000
    assert found[Kind.GOAL] == 500
    assert found[Kind.GUARANTEE] == 200
    # Of 400 impressions 200 may have been its own and 80 had to be.
    assert found[Kind.SHARE_MAXIMUM] == pytest.approx(100)
    assert found[Kind.SHARE_MINIMUM] == pytest.approx(-20)


def test_nothing_is_left_below_nothing():
    told = Delivered(("early",), (Delivery("A", "early", 10_000),))
    found = limits(told)
    assert (found[Kind.BUDGET], found[Kind.GOAL], found[Kind.GUARANTEE]) == (0, 0, 0)
    assert found[Kind.SHARE_MAXIMUM] == 0.0


CAPPED = campaign("A", caps=[{"per": "event", "limit": 2}])
THREE = [{"id": f"b{number}", "at": 900 * number, "durations": [{"seconds": 60}]} for number in range(4)]
FLAT = {"forecast": {"curve": [{"at": 0, "share": 1.0}, {"at": 3600, "share": 1.0}]}}


@pytest.mark.parametrize(
    ("delivered", "left"),
    [
        # Two of three that come are left to each viewer, and 200 of all.
        (0, 200.0),
        (60, 140.0),
        (500, 0.0),
    ],
)
def test_caps_leave_what_was_not_delivered(delivered, left):
    made = event([CAPPED], breaks=THREE, **FLAT)
    told = Delivered(("b0",), (Delivery("A", "b0", delivered),))
    (row,) = stage(made, Level.POINT, delivered=told).night.reach
    assert (row.first, row.stop, row.limit.tolist()) == (0, 3, [left])


def test_of_a_cap_that_the_rest_does_not_reach_only_the_delivered_counts():
    """Two breaks are left, so that the cap of 2 binds through what was delivered alone: 200 less 150."""
    made = event([CAPPED], breaks=THREE, **FLAT)
    told = Delivered(("b0", "b1"), (Delivery("A", "b0", 100), Delivery("A", "b1", 50)))
    (row,) = stage(made, Level.POINT, delivered=told).night.reach
    assert (row.first, row.stop, row.limit.tolist()) == (0, 2, [50.0])


def test_deliveries_are_spread_over_the_targeting_or_told_by_cohort():
    cohorts = [cohort("k", traits=["fan"]), cohort("l", seats=300, traits=["fan"]), cohort("m")]
    fans = campaign("A", caps=[{"per": "event", "limit": 2}], targeting={"traits": ["fan"]})
    made = event([fans], breaks=THREE, cohorts=cohorts, **FLAT)
    told = Delivered(("b0",), (Delivery("A", "b0", 80),))
    (row,) = stage(made, Level.POINT, delivered=told).night.reach
    assert row.limit.tolist() == [180.0, 540.0, 200.0]
    told = Delivered(("b0",), (Delivery("A", "b0", 80, cohort="l"),))
    (row,) = stage(made, Level.POINT, delivered=told).night.reach
    assert row.limit.tolist() == [200.0, 520.0, 200.0]


def test_windows_that_began_before_count_what_was_delivered_in_them():
    hourly = campaign("A", caps=[{"per": "hour", "limit": 1}])
    breaks = [*THREE[:3], THREE[3] | {"at": 4000}]
    made = event([hourly], breaks=breaks, forecast={"curve": [{"at": 0, "share": 1.0}, {"at": 4000, "share": 1.0}]})
    told = Delivered(("b0",), (Delivery("A", "b0", 30),))
    rows = stage(made, Level.POINT, delivered=told).night.reach
    assert [(row.first, row.stop, row.limit.tolist()) for row in rows] == [(0, 3, [100.0]), (0, 2, [70.0])]


def test_breaks_before_now_are_over():
    found = stage(event(), Level.POINT, now=SECOND)
    assert [brk.id for brk in found.over] == ["early"]
    assert [brk.id for brk in found.breaks] == ["maybe", "late"]
    assert found.past.tolist() == [[100.0]]
    assert found.warnings == ("break early is over and nothing is said of it: it counts as having delivered nothing",)
    assert stage(event(), Level.POINT, now=0 * SECOND).over == ()


def test_a_break_that_might_have_come_needs_no_word():
    told = Delivered(("early",))
    assert stage(event(), Level.POINT, now=1000 * SECOND, delivered=told).warnings == ()


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        ({"now": 10_000 * SECOND}, "now: expected a break still to come, found the last, 'late', at 1800 s"),
        (
            {"now": 500 * SECOND, "delivered": Delivered(("late",))},
            "delivered: expected a break that is over at 500 s, found 'late', which begins at 1800 s",
        ),
        ({"delivered": Delivered(("late",))}, "delivered: expected a break still to come"),
        ({"delivered": Delivered(("never",))}, "delivered: expected the id of a break, found 'never'"),
    ],
)
def test_what_cannot_be(asked, message):
    with pytest.raises(InputError) as error:
        stage(event(), Level.POINT, **asked)
    assert str(error.value).startswith(message)


def test_breaks_that_overlap():
    """A book without a forecast may have them; its breaks are alternatives."""
    breaks = [BREAKS[0], BREAKS[0] | {"id": "other", "at": 1830}]
    with pytest.raises(InputError, match="break other: expected breaks one after the other, 'late' over first"):
        stage(event(breaks=breaks, forecast=None), Level.POINT)


def test_contracts_that_conflict_are_named():
    roads = [campaign(name, roadblock=True) for name in "AB"]
    with pytest.raises(InputError, match="roadblock of A and the roadblock of B"):
        stage(event(roads, [creative("a", "A"), creative("b", "B")]), Level.POINT)


def test_more_than_arrays_should_hold(monkeypatch):
    monkeypatch.setattr(staging, "MAX_CELLS", 3)
    with pytest.raises(InputError, match="at most 3 lengths of breaks times cohorts times creatives"):
        stage(event(), Level.POINT)
