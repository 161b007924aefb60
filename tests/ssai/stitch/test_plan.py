"""A plan joined to a break's cuts: growth by hand, each term of the arithmetic once."""

import pytest

from domain.pod import Creative, Pod, Slate
from domain.units import SECOND, Microseconds
from ssai.breaks.book import BreakRules
from ssai.breaks.record import Boundary, Break, Mark
from ssai.stitch.plan import plan, start_mark

RULES = BreakRules(Microseconds(4 * SECOND), Microseconds(6 * SECOND), Microseconds(60 * SECOND))
SLATE = Slate(Creative("run", (Microseconds(2 * SECOND),) * 3), (Creative("half", (Microseconds(SECOND),)),))
POD = Pod((Creative("a", (Microseconds(2 * SECOND),) * 3), Creative("b", (Microseconds(2 * SECOND),) * 2)))


def us(value):
    return None if value is None else Microseconds(round(value * SECOND))


def record(
    start=100, duration=12, end=112, *, f=25, r=28, before=3, after=3, resumed=False, marks=(), **fields
) -> Break:
    """f and R by number, the discontinuity numbers that hold before them, T_R."""
    return Break(
        key="x",
        id=None,
        dialect="cue",
        signalled=us(start),
        duration=us(duration),
        auto_return=True,
        floor=us(start),
        ads_until=None if duration is None else us(start + duration),
        marks=(
            Mark(us(start), {"v": Boundary(f, before)}),
            *(Mark(us(at), {"v": Boundary(n, before)}) for at, n in marks),
        ),
        end=us(end),
        returns={} if end is None else {"v": Boundary(r, after, resumed)},
        **fields,
    )


def planned(known, pod=POD, start=0, edges=(0, 0)):
    return plan(known, pod, SLATE, start, RULES, edges)


GROWTH = {
    # A = 6 (a0 a1 a2 b0 b1 run0), N = 3; G = 3 (a, b, slate); rho = 1; X = 0.
    "content has no discontinuity": ({}, False, (3, 4)),
    # rho = 0: the next break starts at R and tags its own first item.
    "the next break starts at R": ({}, True, (3, 3)),
    # X counts the origin's tags on f .. R-1: D before R less D before f.
    "two discontinuities are replaced": ({"after": 5}, False, (3, 2)),
    # T_R = 1: content R is tagged once; with rho = 1 its own tag is in X.
    "the origin tags R": ({"resumed": True}, False, (3, 3)),
    # With rho = 0 the tag of R belongs to what the next break replaces.
    "the origin tags R, where the next break starts": ({"resumed": True}, True, (3, 3)),
    "both": ({"after": 4, "resumed": True}, False, (3, 2)),
    "more content than items": ({"r": 35}, False, (-4, 4)),
}


@pytest.mark.parametrize(("fields", "adjacent", "growth"), GROWTH.values(), ids=GROWTH.keys())
def test_growth(fields, adjacent, growth):
    one = planned(record(**fields))
    assert len(one.items) == 6
    assert one.tags == (1, 1, 1, 2, 2, 3)
    assert one.growth("v", adjacent=adjacent) == growth


def test_growth_from_a_later_mark():
    """Who joined at the second mark has the items from there, in place of fewer segments."""
    known = record(marks=((104, 26), (108, 27)))
    one = planned(known, start=1)
    assert one.items[0].start == us(104)
    assert [item.creative for item in one.items] == ["a", "a", "a", "b"]
    assert one.first("v") == Boundary(26, 3)
    assert one.growth("v", adjacent=False) == (4 - 2, 2 + 1)


def test_a_pod_that_comes_to_nothing():
    one = planned(record(end=100, r=25))
    assert (one.items, one.settled) == ((), True)


def test_the_rendition_that_has_not_come_so_far():
    assert planned(record()).first("a") is None


@pytest.mark.parametrize(
    ("head", "edge", "wanted"),
    [
        (90, 100, (0, 0)),
        (90, 101.875, (0, 1)),
        (90, 101.874, (0, 0)),
        (100, 112, (0, 6)),
        # An item that ends at the head has left; one that ends after it has not.
        (102, 112, (1, 6)),
        (101.9, 112, (0, 6)),
        (112, 140, (6, 6)),
        # A head beyond the edge shows nothing, not less.
        (110, 104, (5, 5)),
    ],
)
def test_visible(head, edge, wanted):
    assert planned(record()).visible(us(head), us(edge)) == wanted


REACH = [
    # (planned duration, IN target, (greatest L, greatest exposed edge), end of the last item)
    ("no further than the exposed edge", 30, None, (104, 108), 108),
    ("nor than the planned end", 6, None, (104, 120), 106),
    ("unless every edge has passed it", 6, None, (110, 120), 110),
    ("an IN holds items back", 30, 106, (104, 120), 106),
    ("unknown duration goes to the longest", None, None, (104, 170), 160),
]


@pytest.mark.parametrize(
    ("duration", "target", "edges", "last"), [case[1:] for case in REACH], ids=[c[0] for c in REACH]
)
def test_reach_before_the_end_is_known(duration, target, edges, last):
    known = record(duration=duration, end=None, target=us(target))
    one = planned(known, edges=(us(edges[0]), us(edges[1])))
    assert not one.settled
    assert one.items[-1].end == us(last)


MARKS = ((104, 26), (108, 27))


@pytest.mark.parametrize(
    ("join", "mark"),
    [
        (90, 0),
        (100, 0),
        (100.1, 0),
        (100.101, 1),
        (104, 1),
        (104.1, 1),
        (104.2, 2),
        (108.1, 2),
        (108.2, None),
        (112, None),
    ],
)
def test_where_a_seat_starts(join, mark):
    assert start_mark(record(marks=MARKS), us(join)) == mark


def test_a_break_without_start_has_no_mark():
    unknown = record(end=None)
    assert start_mark(Break(**{name: getattr(unknown, name) for name in Break.__slots__} | {"marks": ()}), 0) is None


def test_an_open_break_waits_for_a_mark_beyond_the_join():
    assert start_mark(record(end=None, marks=MARKS), us(111)) is None
