"""Items by hand: ads in whole segments, then slate, largest pieces first. Seconds; the break starts at 100."""

from itertools import pairwise

import pytest

from domain.pod import Creative, Pod, Slate
from domain.units import SECOND, Microseconds
from ssai.stitch.layout import TAU, Item, lay_out


def creative(name, *durations):
    return Creative(name, tuple(Microseconds(round(duration * SECOND)) for duration in durations))


SLATE = Slate(creative("run", 2, 2), (creative("half", 1), creative("quarter", 0.5), creative("eighth", 0.25)))
"""25 frames a second would give 0.24; the table is easier to read with quarters."""
A = creative("a", 2, 2, 2)
B = creative("b", 2, 1.5)
NONE = ()

UNKNOWN = None
TABLE = {
    "the pod fills the break": ((A, B), 109.5, 109.5, "a0* a1 a2 b0* b1"),
    "within tau it still does": ((A, B), 109.375, 109.375, "a0* a1 a2 b0* b1"),
    "beyond tau the last segment goes": ((A, B), 109.37, 109.37, "a0* a1 a2 b0* half* eighth*"),
    "slate fills the rest": ((A,), 112, 112, "a0* a1 a2 run0* run1 run0*"),
    "the slate's recording starts over with a discontinuity": ((), 108, 108, "run0* run1 run0* run1"),
    "small pieces, each once, longest first": ((A,), 109.75, 109.75, "a0* a1 a2 run0* half* quarter* eighth*"),
    "each while it fits": ((A,), 106.75, 106.75, "a0* a1 a2 quarter* eighth*"),
    "a piece may end tau late": ((A,), 106.875, 106.875, "a0* a1 a2 half*"),
    "one millisecond more and it may not": ((A,), 106.874, 106.874, "a0* a1 a2 quarter* eighth*"),
    "no pod, no time": ((), 100, 100, ""),
    "ads stop at the planned end although the break goes on": ((A, B), 104, 110, "a0* a1 run0* run1 run0*"),
    "and where the break ends early": ((A, B), 130, 104, "a0* a1"),
    "a creative that is cut is followed by nothing of the next": ((A, B), 105, 105, "a0* a1 half*"),
    "with no plan the end alone cuts": ((A, B), UNKNOWN, 104, "a0* a1"),
    "one creative twice is two runs": ((B, B), 107, 107, "b0* b1 b0* b1"),
}


def shown(items):
    return " ".join(
        f"{item.creative}{'' if item.creative in SMALL else item.index}{'*' * item.tagged}" for item in items
    )


SMALL = {"half", "quarter", "eighth"}


def us(value):
    return None if value is None else Microseconds(round(value * SECOND))


@pytest.mark.parametrize(("pod", "ads_until", "end", "wanted"), TABLE.values(), ids=TABLE.keys())
def test_items_of_a_closed_break(pod, ads_until, end, wanted):
    items = lay_out(Pod(pod), SLATE, us(100), us(ads_until), us(end), 0)
    assert shown(items) == wanted


OPEN = {
    "as far as the edge": ((A, B), 130, 103, "a0*"),
    "up to tau beyond it": ((A, B), 130, 103.875, "a0* a1"),
    "and no more": ((A, B), 130, 103.874, "a0*"),
    "slate in large pieces only": ((A,), 130, 109.8, "a0* a1 a2 run0*"),
    "ads stop at the planned end": ((A, B), 104, 109, "a0* a1 run0* run1"),
    "unknown duration goes on": ((A,), UNKNOWN, 112, "a0* a1 a2 run0* run1 run0*"),
    "nothing yet": ((A,), 130, 100, ""),
}


@pytest.mark.parametrize(("pod", "ads_until", "reach", "wanted"), OPEN.values(), ids=OPEN.keys())
def test_items_of_an_open_break(pod, ads_until, reach, wanted):
    items = lay_out(Pod(pod), SLATE, us(100), us(ads_until), None, us(reach))
    assert shown(items) == wanted


def test_items_touch_and_say_their_times():
    items = lay_out(Pod((A, B)), SLATE, us(100), us(109.5), us(110), 0)
    assert items[3] == Item("b", 0, us(106), us(108), tagged=True)
    assert items[0].start == us(100)
    assert all(before.end == after.start for before, after in pairwise(items))


def test_what_was_shown_while_open_stays_when_the_end_is_known():
    """Append only: for every end at or beyond what was shown."""
    for reach in range(100, 116):
        for planned in (104, 109, None):
            before = lay_out(Pod((A, B)), SLATE, us(100), us(planned), None, us(reach))
            for end in (reach, reach + 0.3, reach + 1.7, reach + 9):
                after = lay_out(Pod((A, B)), SLATE, us(100), us(planned), us(end), 0)
                assert after[: len(before)] == before, (reach, planned, end)


def test_a_slate_without_pieces_fills_nothing():
    bare = Slate(Creative("run", ()), ())
    assert shown(lay_out(Pod((A,)), bare, us(100), None, us(120), 0)) == "a0* a1 a2"


def test_tau_is_half_the_smallest_piece():
    assert TAU == 125_000
