"""Reach rows of small events, each rule by hand: which ads, over which scenes, how much of them viewers can see."""

import itertools

import numpy as np
import pytest

from domain.errors import InputError
from planner.book.model import Book
from planner.book.read import booked
from planner.event import reach
from planner.event.night import HARD
from planner.event.reach import reach_rows
from planner.problem import Rule
from tests.planner.build.small import campaign, cohort, creative


def event(campaigns, creatives, *, at=(0, 900, 1800), cohorts=None, brk=None, **fields):
    """Breaks of 60 s at these seconds, of cohorts that stay."""
    breaks = [{"id": f"b{number}", "at": each, "durations": [{"seconds": 60}]} for number, each in enumerate(at)]
    for number, changed in (brk or {}).items():
        breaks[number] |= changed
    parts = {
        "campaigns": campaigns,
        "creatives": creatives,
        "breaks": breaks,
        "audience": {"cohorts": cohorts or [cohort("k")]},
    }
    return booked(Book.model_validate({"start": "2026-07-19T19:00:00Z", **parts, **fields}))


def rows(made, *, present=0.5, chance=None, scenes=1, **more):
    """Reach rows where all breaks come for certain, everyone of a cohort of 100 is there half of the time."""
    breaks, cohorts = made.book.breaks, made.book.audience.cohorts
    return reach_rows(
        made,
        [each.id for each in made.book.creatives],
        breaks,
        [number for number in range(len(breaks)) for _ in range(scenes)],
        np.array([each.seats for each in cohorts], dtype=np.float64),
        np.broadcast_to(present, (len(breaks), len(cohorts))).astype(np.float64),
        np.ones(len(breaks)) if chance is None else np.array(chance),
        **more,
    )


def told(found):
    return [(row.rule, row.name, row.ads.tolist(), row.first, row.stop, row.limit.round(9).tolist()) for row in found]


def capped(limit, per="event", of="campaign", **fields):
    return campaign("A", caps=[{"of": of, "per": per, "limit": limit}], **fields)


AD = creative("a", "A")


def test_a_cap_of_the_event():
    """Loyal viewers: half of them are there always, and see two."""
    found = rows(event([capped(2), campaign("B")], [AD, creative("b", "B", categories=["Wine"])]), scenes=2)
    assert told(found) == [(Rule.CAP, "cap of campaign A per event", [0], 0, 6, [100.0])]
    assert found[0].use.tolist() == [1.0]
    assert found[0].penalty == HARD


def test_viewers_who_come_and_go_see_more_of_it():
    """P(1) 7/8 + P(2) 4/8."""
    found = rows(event([capped(2)], [AD], forecast={"stay": 0.0}))
    assert told(found) == [(Rule.CAP, "cap of campaign A per event", [0], 0, 3, [137.5])]
    half = rows(event([capped(2)], [AD], forecast={"stay": 0.5}))
    assert half[0].limit.tolist() == pytest.approx([118.75])


@pytest.mark.parametrize("limit", [3, 1_000_000])
def test_a_cap_that_attendance_never_reaches_has_no_row(limit):
    assert rows(event([capped(limit)], [AD])) == ()


def test_nobody_and_nothing():
    assert rows(event([capped(1)], [AD]), present=0.0) == ()
    assert rows(event([capped(1)], [AD], at=(0,))) == ()
    made = event([capped(1)], [AD])
    assert reach_rows(made, ["a"], (), (), np.ones(1), np.ones((0, 1)), np.ones(0)) == ()


def test_a_pod_holds_as_many_as_its_rules_let_in():
    """Two ads of one campaign: as many pods as the advertiser, the break's length and its number of ads allow."""
    creatives = [AD, creative("a2", "A", categories=["Wine"])]
    both = {"separation": {"advertisers": False}, "forecast": {"stay": 0.0}}
    one = rows(event([capped(2)], creatives, forecast={"stay": 0.0}))
    assert one[0].limit.tolist() == [137.5]
    two = rows(event([capped(2)], creatives, **both))
    assert two[0].limit.tolist() == [175.0]
    short = rows(event([capped(2)], creatives, brk={0: {"durations": [{"seconds": 30}]}}, **both))
    few = rows(event([capped(2)], creatives, brk={0: {"maximum_ads": 1}}, **both))
    # One impression in break 0, two in any other: 1/8 sees none, 1/8 one, all others two.
    assert short[0].limit.tolist() == few[0].limit.tolist() == [162.5]


def test_an_advertisers_cap_counts_all_its_campaigns():
    campaigns = [capped(1, of="advertiser"), campaign("B", advertiser="A"), campaign("C")]
    found = rows(event(campaigns, [AD, creative("b", "B"), creative("c", "C", categories=["Wine"])]))
    assert told(found) == [(Rule.CAP, "cap of advertiser A per event", [0, 1], 0, 3, [50.0])]


def test_a_creatives_cap_counts_the_ad_under_all_its_ids():
    creatives = [creative("a", "A", universal_ad_id="X"), creative("a2", "A", universal_ad_id=" x"), creative("b", "A")]
    found = rows(event([capped(1, of="creative")], creatives))
    assert [(row.name, row.ads.tolist()) for row in found] == [
        ("cap of creative a per event", [0, 1]),
        ("cap of creative b per event", [2]),
    ]


def test_windows_of_an_hour():
    """A break counts with those that began less than an hour before it; windows within windows say nothing more."""
    found = rows(event([capped(1, per="hour")], [AD], at=(0, 60, 3599, 3660, 7300)), scenes=3)
    assert [(row.first, row.stop) for row in found] == [(0, 9), (6, 12)]
    assert {row.name for row in found} == {"cap of campaign A per hour"}
    assert found[0].limit.tolist() == [50.0]


def test_windows_of_a_day():
    assert [
        (row.first, row.stop) for row in rows(event([capped(1, per="day")], [AD], at=(0, 60, 86_399, 86_460, 200_000)))
    ] == [(0, 3), (2, 4)]


def test_a_break_that_may_not_come():
    made = event([capped(1)], [AD], brk={1: {"probability": 0.5}})
    found = rows(made, present=1.0, chance=[0.5, 0.5, 0.5])
    assert found[0].limit.tolist() == [87.5]


def test_what_was_seen_is_taken_off_as_long_as_it_counts():
    """Seen 30 minutes before the first break: it counts at 0 and 15 minutes, no longer at 30 and 45."""
    seen = [{"creative": "a", "times": 1, "ago": 1800}]
    cohorts = [cohort("k", seen=seen), cohort("new")]
    made = event([capped(2, per="hour")], [AD], at=(0, 900, 1800, 2700), cohorts=cohorts)
    assert [(row.first, row.stop, row.limit.tolist()) for row in rows(made, present=1.0)] == [
        (0, 2, [100.0, 200.0]),
        (0, 4, [200.0, 200.0]),
    ]


@pytest.mark.parametrize(("per", "left"), [("event", 2), ("lifetime", 1)])
def test_an_event_counts_what_was_seen_since_it_began(per, left):
    seen = [{"creative": "a", "times": 1, "ago": 601}]
    made = event([capped(2, per=per)], [AD], at=(600, 1200, 1800), cohorts=[cohort("k", seen=seen)])
    found = rows(made, present=1.0)
    assert [row.limit.tolist() for row in found] == [[left * 100.0]]


def test_what_was_seen_stays_where_it_was_when_the_event_goes_on():
    seen = [{"creative": "a", "times": 2, "ago": 600}]
    made = event([capped(2, per="hour")], [AD], at=(0, 3000, 3300), cohorts=[cohort("k", seen=seen)])
    breaks = made.book.breaks
    rest = (["a"], breaks[1:], [0, 1], np.array([100.0]), np.ones((2, 1)), np.ones(2))
    assert reach_rows(made, *rest)[0].limit.tolist() == [0.0]
    assert reach_rows(made, *rest, seen_before=breaks[0]) == ()


def test_more_seen_than_the_cap_leaves_nothing():
    seen = [{"creative": "a", "times": 9, "ago": 0}]
    found = rows(event([capped(2)], [AD], cohorts=[cohort("k", seen=seen)]))
    assert found[0].limit.tolist() == [0.0]


def test_one_break_alone_is_for_its_pods():
    """What a cohort has seen is in the masks of a scene already."""
    seen = [{"creative": "a", "times": 2, "ago": 0}]
    assert rows(event([capped(2)], [AD], at=(0,), cohorts=[cohort("k", seen=seen)])) == ()


def test_only_breaks_that_may_have_the_ad_count():
    made = event([capped(1)], [AD], forecast={"stay": 0.0})
    flags = np.array([[True], [False], [True]])
    assert rows(made, admitted=flags)[0].limit.tolist() == [75.0]
    assert rows(made)[0].limit.tolist() == [87.5]
    assert rows(made, admitted=np.array([[True], [False], [False]])) == ()


def test_repeats():
    seen = [{"creative": "a", "times": 1, "ago": 0}]
    creatives = [creative("a", "A", universal_ad_id="X"), creative("a2", "A", universal_ad_id="X"), creative("b", "A")]
    made = event([campaign("A")], creatives, viewing={"maximum_repeats": 2}, cohorts=[cohort("k", seen=seen)])
    assert told(rows(made)) == [
        (Rule.REPEATS, "repeats of a", [0, 1], 0, 3, [50.0]),
        (Rule.REPEATS, "repeats of b", [2], 0, 3, [100.0]),
    ]


def test_of_rows_for_the_same_ads_the_tightest_stays():
    caps = [
        {"of": "campaign", "per": "event", "limit": 1},
        {"of": "campaign", "per": "hour", "limit": 2},
        {"of": "advertiser", "per": "lifetime", "limit": 2},
        {"of": "creative", "per": "event", "limit": 1},
    ]
    made = event([campaign("A", caps=caps)], [AD], viewing={"maximum_repeats": 2})
    assert [row.name for row in rows(made)] == ["cap of campaign A per event"]


def test_a_tighter_row_of_fewer_scenes_stays():
    caps = [{"of": "campaign", "per": "event", "limit": 3}, {"of": "campaign", "per": "hour", "limit": 1}]
    made = event([campaign("A", caps=caps)], [AD], at=(0, 1800, 5400, 7200))
    assert [(row.name.split()[-1], row.first, row.stop) for row in rows(made)] == [
        ("hour", 0, 2),
        ("hour", 2, 4),
        ("event", 0, 4),
    ]


def test_seconds_of_ads():
    """Of half of the viewers each sees 100 s in three breaks of 60 s, 70 s in any hour."""
    viewing = {"maximum_ad_seconds": 100, "maximum_ad_seconds_per_hour": 70}
    made = event(
        [campaign("A"), campaign("B")], [AD, creative("b", "B", duration=7.5)], at=(0, 1800, 3600), viewing=viewing
    )
    found = rows(made, scenes=2)
    assert told(found) == [
        (Rule.AD_LOAD, "seconds of ads per hour", [0, 1], 0, 4, [3500.0]),
        (Rule.AD_LOAD, "seconds of ads per hour", [0, 1], 2, 6, [3500.0]),
        (Rule.AD_LOAD, "seconds of ads per event", [0, 1], 0, 6, [5000.0]),
    ]
    assert found[0].use.tolist() == [20.0, 7.5]


def test_seconds_seen_are_taken_off():
    seen = [{"creative": "a", "times": 2, "ago": 0}]
    made = event([campaign("A")], [AD], viewing={"maximum_ad_seconds": 100}, cohorts=[cohort("k", seen=seen)])
    assert rows(made, present=1.0)[0].limit.tolist() == [6000.0]
    free = event([campaign("A")], [AD], viewing={"maximum_ad_seconds": 180})
    assert rows(free) == ()


GAP = {"viewing": {"separation_gap": 901}}


def test_the_gap_keeps_an_advertisers_ads_apart_over_breaks():
    creatives = [AD, creative("b", "B", categories=["Wine"]), creative("a2", "A", categories=["Wine"])]
    found = rows(event([campaign("A"), campaign("B")], creatives, **GAP))
    assert told(found) == [
        (Rule.SEPARATION_GAP, "advertiser A within the gap", [0, 2], 0, 2, [50.0]),
        (Rule.SEPARATION_GAP, "advertiser A within the gap", [0, 2], 1, 3, [50.0]),
        (Rule.SEPARATION_GAP, "advertiser B within the gap", [1], 0, 2, [50.0]),
        (Rule.SEPARATION_GAP, "advertiser B within the gap", [1], 1, 3, [50.0]),
    ]


@pytest.mark.parametrize(
    "fields", [{"viewing": {"separation_gap": 900}}, {**GAP, "separation": {"advertisers": False}}]
)
def test_no_gap_no_rows(fields):
    assert rows(event([campaign("A")], [AD], **fields)) == ()


def test_the_gap_keeps_categories_apart():
    """Of the book for all ads, of a campaign for its own among themselves; a set within another has no row."""
    campaigns = [campaign("A", separation=["Wine"]), campaign("B"), campaign("C")]
    creatives = [creative("a", "A", categories=["Wine"]), creative("b", "B"), creative("c", "C", categories=["Wine"])]
    fields = {**GAP, "at": (0, 900)}
    booked_apart = {"categories": ["Alcohol"], "advertisers": False}
    assert told(rows(event(campaigns, creatives, separation=booked_apart, **fields))) == [
        (Rule.SEPARATION_GAP, "separation under Alcohol within the gap", [0, 1, 2], 0, 2, [50.0])
    ]
    assert told(rows(event(campaigns, creatives, separation={"advertisers": False}, **fields))) == [
        (Rule.SEPARATION_GAP, "separation under Wine by campaigns within the gap", [0], 0, 2, [50.0])
    ]


def test_the_gap_looks_back():
    """Seen a minute before the first break, what it excludes is out of the window that ends within the gap."""
    seen = [{"creative": "a", "ago": 60}]
    cohorts = [cohort("k", seen=seen), cohort("new")]
    creatives = [AD, creative("a2", "A", categories=["Wine"])]
    found = rows(event([campaign("A")], creatives, cohorts=cohorts, at=(0, 600, 900), **GAP))
    assert [(row.first, row.stop, row.limit.tolist()) for row in found] == [
        (0, 2, [0.0, 50.0]),
        (0, 3, [50.0, 50.0]),
    ]


def test_what_excludes_only_some_leaves_the_others():
    """Seen was a car of A's: A's beer may not follow, B's may."""
    seen = [{"creative": "car", "ago": 60}]
    creatives = [AD, creative("b", "B"), creative("car", "A", categories=["Autos"])]
    fields = {"separation": {"categories": ["Beer"]}, "at": (0, 600), **GAP}
    found = rows(event([campaign("A"), campaign("B")], creatives, cohorts=[cohort("k", seen=seen)], **fields))
    assert [(row.name, row.limit.tolist()) for row in found] == [
        ("separation under Beer within the gap", [50.0]),
        ("advertiser A within the gap", [0.0]),
    ]


def test_of_equal_sets_one_has_a_row():
    fields = {"separation": {"categories": ["Beer", "Alcohol"]}, "at": (0, 600), **GAP}
    assert [row.name for row in rows(event([campaign("A")], [AD], **fields))] == [
        "separation under Beer within the gap"
    ]


def test_repeats_that_cost():
    found = rows(event([campaign("A")], [AD], at=range(0, 420, 60), viewing={"repeat_cost": 2}))
    assert told(found) == [(Rule.REPEATS, f"repeat {m} of a", [0], 0, 7, [m * 50.0]) for m in (1, 2, 3, 4)]
    assert {row.penalty for row in found} == {2_000.0}


@pytest.mark.parametrize(
    ("fields", "count"),
    [
        ({"campaigns": [capped(3)]}, 2),
        ({"campaigns": [capped(2, of="creative")]}, 1),
        ({"viewing": {"repeat_cost": 2, "maximum_repeats": 4}}, 3),
        ({"at": (0, 60, 120)}, 2),
    ],
)
def test_repeats_that_cannot_be_have_no_row(fields, count):
    parts = {"campaigns": [campaign("A")], "viewing": {"repeat_cost": 2}, "at": range(0, 420, 60), **fields}
    found = rows(event(parts.pop("campaigns"), [AD], **parts))
    assert len([row for row in found if row.penalty < HARD]) == count


def test_repeats_cost_no_more_than_where_they_cost_least():
    viewing = {"repeat_cost": 2, "leave_per_minute": 0.5, "first": 0.8, "last": 1.5}
    made = event([campaign("A")], [AD], viewing=viewing, brk={1: {"durations": [{"seconds": 120}]}})
    assert rows(made)[0].penalty == pytest.approx(2_000 * 0.25 * 0.8)


@pytest.mark.parametrize("stay", [0.0, 0.5, 1.0])
def test_the_cost_of_repeats_is_never_overstated(stay):
    """Whichever breaks show the ad to all who are there, viewers pay for at least what the rows say."""
    made = event([campaign("A")], [AD], at=range(0, 360, 60), viewing={"repeat_cost": 1}, forecast={"stay": stay})
    present = np.array([[0.9], [0.2], [0.5], [0.5], [0.7], [0.4]])
    found = rows(made, present=present)
    places = np.sort(np.append(present[:, 0], [0.0, 1.0]))
    close = False
    for shown in itertools.product((False, True), repeat=6):
        chosen = np.array(shown)
        random, loyal = 0.0, 0.0
        for there in itertools.product((False, True), repeat=6):
            seen = (chosen & there).sum()
            random += np.prod(np.where(there, present[:, 0], 1 - present[:, 0])) * seen * (seen - 1) / 2
        for low, high in itertools.pairwise(places):
            seen = (chosen & (present[:, 0] >= high)).sum()
            loyal += (high - low) * seen * (seen - 1) / 2
        paid = 100 * 1_000 * (stay * loyal + (1 - stay) * random)
        total = 100 * present[chosen].sum()
        said = sum(row.penalty * max(0.0, total - row.limit[0]) for row in found)
        assert said <= paid + 1e-6
        close = close or said > 0.5 * paid > 0
    assert close


@pytest.mark.parametrize("seed", range(10))
def test_no_viewer_sees_more_than_the_rows_say(seed):
    """Every pattern of breaks attended, and of these every choice that keeps the caps at each break."""
    rng = np.random.default_rng(seed)
    at = np.sort(rng.choice(np.arange(0, 9000, 60), size=5, replace=False))
    ago, times = int(rng.integers(0, 4000)), int(rng.integers(1, 3))
    hour, whole = int(rng.integers(2, 4)), int(rng.integers(3, 6))
    caps = [{"per": "hour", "limit": hour}, {"per": "lifetime", "limit": whole}]
    seen = [{"creative": "a", "times": times, "ago": ago}]
    made = event(
        [campaign("A", caps=caps)],
        [AD],
        at=at.tolist(),
        cohorts=[cohort("k", seen=seen)],
        brk={each: {"durations": [{"seconds": 30}]} for each in range(5)},
        forecast={"stay": 0.0},
    )
    present = rng.choice([0.5, 0.8, 1.0], size=(5, 1))
    found = rows(made, present=present)
    every = [np.array(shown) for shown in itertools.product((False, True), repeat=5)]

    def kept(shown):
        for last in np.flatnonzero(shown):
            lately = shown[: last + 1] & (at[last] - at[: last + 1] < 3600)
            before = times if at[last] - at[0] + ago < 3600 else 0
            if lately.sum() + before > hour:
                return False
        return not shown.any() or shown.sum() + times <= whole

    legal = [shown for shown in every if kept(shown)]
    assert found
    for row in found:
        span = slice(row.first, row.stop)
        most = 0.0
        for there in every:
            likely = np.prod(np.where(there, present[:, 0], 1 - present[:, 0]))
            most += likely * max(shown[span].sum() for shown in legal if not np.any(shown & ~there))
        assert 100 * most <= row.limit[0] + 1e-9


def test_equal_limits_are_one_array():
    campaigns = [capped(2), campaign("B", caps=[{"per": "event", "limit": 2}])]
    found = rows(event(campaigns, [AD, creative("b", "B", categories=["Wine"])]))
    assert found[0].limit is found[1].limit


def test_too_many_rows(monkeypatch):
    monkeypatch.setattr(reach, "MAX_CELLS", 1)
    campaigns = [capped(2), campaign("B", caps=[{"per": "event", "limit": 2}])]
    with pytest.raises(InputError, match="caps: expected at most 1 limits over several breaks times cohorts, found 2"):
        rows(event(campaigns, [AD, creative("b", "B", categories=["Wine"])]))
