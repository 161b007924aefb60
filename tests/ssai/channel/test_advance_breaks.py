"""Where breaks come to lie, from small playlists (rules 2 and 3 of the window). TD is 4 s; instants are seconds."""

from dataclasses import replace

from domain.units import SECOND, date
from ssai.breaks.record import BreakReason, BreakState
from ssai.channel.advance import KEPT_FOLDED
from tests.ssai.channel.live_text import RULES, at, only, opening, reload, sec, text

OFF = replace(RULES, insertion=False)


def cuts(record):
    """Start, end and how it stands: what most tests ask."""
    return sec(record.start), sec(record.end)


def test_a_break_from_cue_to_duration():
    version = opening(v=text(0, 6), a=text(0, 6))
    version = reload(version, v=text(0, 8, tags={6: ["#EXT-X-CUE-OUT:8"]}), a=text(0, 8))
    record = only(version)
    assert cuts(record) == (24, 32)
    assert record.reason is BreakReason.ENDED_BY_DURATION
    assert {name: (record.marks[0].cuts[name].index, record.returns[name].index) for name in ("v", "a")} == {
        "v": (6, 8),
        "a": (6, 8),
    }
    # R is not there yet, so its discontinuity is not known.
    assert [cut.tagged for cut in record.returns.values()] == [None, None]
    version = reload(version, v=text(0, 9, tags={8: ["#EXT-X-DISCONTINUITY"]}), a=text(0, 9))
    assert {name: cut.tagged for name, cut in only(version).returns.items()} == {"v": True, "a": False}


def test_the_start_waits_for_every_moving_rendition():
    version = reload(opening(v=text(0, 6), a=text(0, 5)), v=text(0, 7, tags={6: ["#EXT-X-CUE-OUT:30"]}))
    assert only(version).start is None
    assert sec(only(reload(version, a=text(0, 6))).start) == 24


def test_a_cue_off_the_grid_starts_at_the_next_common_boundary():
    out = f'#EXT-X-DATERANGE:ID="x",START-DATE="{date(at(25))}",PLANNED-DURATION=30,SCTE35-OUT=0xFC'
    version = reload(opening(v=text(0, 6), a=text(0, 6)), v=text(0, 8, tags={6: [out]}), a=text(0, 8))
    assert cuts(only(version)) == (28, None)
    assert sec(only(version).planned_end) == 55


def test_no_common_boundary_within_two_target_durations():
    """Video changes at 4 s, audio at 4 s and a half second beside it: never together."""
    version = opening(v=text(0, 6), a=text(0, 6, start=1))
    version = reload(version, v=text(0, 7, tags={6: ["#EXT-X-CUE-OUT:30"]}), a=text(0, 7, start=1))
    assert only(version).state(0) is BreakState.ANNOUNCED
    version = reload(version, v=text(0, 9, tags={6: ["#EXT-X-CUE-OUT:30"]}), a=text(0, 9, start=1))
    assert (only(version).dropped, only(version).reason) == (True, BreakReason.UNCONDITIONED)


def test_no_start_before_what_was_served_while_it_was_looked_for():
    """Audio's boundaries were beside; now that it is stalled video alone decides, but 24 is out."""
    tags = {6: ["#EXT-X-CUE-OUT:30"]}
    version = reload(opening(v=text(0, 6), a=text(0, 6, start=1)), v=text(0, 7, tags=tags), a=text(0, 7, start=1))
    assert (only(version).start, sec(version.shown_edge)) == (None, 28)
    version = reload(version, v=text(0, 10, tags=tags))
    assert sec(only(version).start) == 28
    # And where audio was served to 29, 28 is out too.
    version = reload(opening(v=text(0, 6), a=text(0, 6, start=1)), v=text(0, 8, tags=tags), a=text(0, 7, start=1))
    assert (only(version).start, sec(version.shown_edge)) == (None, 29)
    assert sec(only(reload(version, v=text(0, 10, tags=tags))).start) == 32


def test_an_early_in_at_the_served_edge():
    tags = {6: ["#EXT-X-CUE-OUT:60"]}
    version = reload(opening(v=text(0, 6)), v=text(0, 9, tags=tags))
    assert (cuts(only(version)), sec(version.shown_edge)) == ((24, None), 36)
    # It speaks of 32, which is out: nothing published is withdrawn.
    version = reload(version, v=text(0, 10, tags=tags | {8: ["#EXT-X-CUE-IN"]}))
    assert (cuts(only(version)), only(version).reason) == ((24, 36), BreakReason.ENDED_BY_IN)


def test_an_in_at_the_edge_is_on_time():
    tags = {6: ["#EXT-X-CUE-OUT:60"]}
    version = reload(opening(v=text(0, 6)), v=text(0, 9, tags=tags))
    version = reload(version, v=text(0, 10, tags=tags | {9: ["#EXT-X-CUE-IN"]}))
    assert cuts(only(version)) == (24, 36)


def test_unknown_duration_ends_at_the_longest():
    tags = {6: ["#EXT-X-CUE-OUT"]}
    version = reload(opening(v=text(0, 6)), v=text(0, 20, tags=tags))
    assert cuts(only(version)) == (24, None)
    version = reload(version, v=text(10, 13, tags=tags))
    assert (cuts(only(version)), only(version).reason) == ((24, 84), BreakReason.ENDED_BY_LIMIT)


def test_without_auto_return_the_grace_passes_first():
    version = opening(v=text(0, 6))
    out = replace(only(reload(version, v=text(0, 7, tags={6: ["#EXT-X-CUE-OUT:8"]}))), auto_return=False)
    version = replace(reload(version, v=text(0, 7)), breaks=(out,))
    version = reload(version, v=text(0, 9))
    assert cuts(only(version)) == (24, None)
    assert cuts(only(reload(version, v=text(0, 11)))) == (24, 40)


def test_a_late_out_starts_at_what_is_served():
    version = opening(v=text(0, 8))
    version = reload(version, v=text(0, 9, tags={5: ["#EXT-X-CUE-OUT:30"]}))
    assert (sec(only(version).signalled), sec(only(version).start)) == (20, 32)


def test_a_break_that_is_over_when_read_comes_to_nothing():
    version = opening(v=text(0, 8))
    version = reload(version, v=text(0, 9, tags={5: ["#EXT-X-CUE-OUT:8"]}))
    assert (cuts(only(version)), only(version).reason) == ((32, 32), BreakReason.LATE)


def test_back_to_back_the_second_starts_where_the_first_ends():
    tags = {6: ["#EXT-X-CUE-OUT:8"], 8: ["#EXT-X-CUE-OUT:8"]}
    version = reload(opening(v=text(0, 6)), v=text(0, 10, tags=tags))
    assert [cuts(record) for record in version.breaks] == [(24, 32), (32, 40)]
    first, second = version.breaks
    assert first.returns["v"] == second.marks[0].cuts["v"]


def announced(until):
    """A break from 24 s that is to last 10 s, and another announced at 34 s for 8 s."""
    out = f'#EXT-X-DATERANGE:ID="x",START-DATE="{date(at(34))}",PLANNED-DURATION=8,SCTE35-OUT=0xFC'
    return reload(opening(v=text(0, 6)), v=text(0, until, tags={6: ["#EXT-X-CUE-OUT:10", out]}))


def test_a_break_waits_for_the_end_of_the_one_before():
    assert [cuts(record) for record in announced(8).breaks] == [(24, None), (None, None)]
    assert [cuts(record) for record in announced(9).breaks] == [(24, 36), (36, None)]
    assert [cuts(record) for record in announced(11).breaks] == [(24, 36), (36, 44)]


def test_an_extension_is_a_break_of_its_own():
    version = reload(opening(v=text(0, 6)), v=text(0, 7, tags={6: ["#EXT-X-CUE-OUT:8"]}))
    version = reload(version, v=text(0, 7, tags={6: ["#EXT-X-CUE-OUT:16"]}))
    version = reload(version, v=text(0, 11))
    assert [cuts(record) for record in version.breaks] == [(24, 32), (32, 40)]
    first, more = version.breaks
    assert more.extends == first.key
    assert first.returns["v"].index == more.marks[0].cuts["v"].index == 8


def test_an_extension_read_late_starts_at_what_was_served():
    version = reload(opening(v=text(0, 6)), v=text(0, 9, tags={6: ["#EXT-X-CUE-OUT:8"]}))
    assert (cuts(only(version)), sec(version.shown_edge)) == ((24, 32), 36)
    version = reload(version, v=text(0, 11, tags={6: ["#EXT-X-CUE-OUT:20"]}))
    assert [cuts(record) for record in version.breaks] == [(24, 32), (36, 44)]


def test_a_stream_that_ends_inside_a_break_ends_it():
    version = reload(opening(v=text(0, 6), a=text(0, 6)), v=text(0, 7, tags={6: ["#EXT-X-CUE-OUT:30"]}), a=text(0, 7))
    version = reload(version, v=text(0, 9, ended=True), a=text(0, 8))
    assert cuts(only(version)) == (24, None)
    version = reload(version, a=text(0, 8, ended=True))
    record = only(version)
    assert (cuts(record), record.reason) == ((24, 32), BreakReason.ENDED_BY_STREAM)
    assert {name: cut.index for name, cut in record.returns.items()} == {"v": 8, "a": 8}
    # The picture is a segment longer than the sound: all that there is shows, so that ENDLIST can follow it.
    assert {name: window.exposed for name, window in version.windows.items()} == {"v": 9, "a": 8}


def test_a_stalled_rendition_does_not_hold_the_end_of_the_stream_back():
    version = reload(opening(v=text(0, 6), a=text(0, 6)), v=text(0, 7, tags={6: ["#EXT-X-CUE-OUT:30"]}), a=text(0, 7))
    version = reload(version, v=text(0, 10, ended=True))
    assert cuts(only(version)) == (24, 40)


def beside(a_count):
    """Audio up to 24 s with video, from there a second beside it."""
    return text(0, a_count, length=[4.0] * 6 + [5.0] + [4.0] * (a_count - 7))


def test_no_mark_before_what_was_served():
    tags = {6: ["#EXT-X-CUE-OUT:60"]}
    version = reload(opening(v=text(0, 6), a=text(0, 6)), v=text(0, 8, tags=tags), a=beside(7))
    assert ([sec(mark.at) for mark in only(version).marks], sec(version.shown_edge)) == ([24], 29)
    version = reload(version, v=text(0, 10, tags=tags))
    assert [sec(mark.at) for mark in only(version).marks] == [24, 32, 36, 40]


def test_an_end_without_a_common_boundary_falls_where_it_was_served():
    tags = {6: ["#EXT-X-CUE-OUT:8"]}
    version = reload(opening(v=text(0, 6), a=text(0, 6)), v=text(0, 9, tags=tags), a=beside(9))
    assert (cuts(only(version)), sec(version.shown_edge)) == ((24, None), 36)
    version = reload(version, v=text(0, 10, tags=tags), a=beside(10))
    assert cuts(only(version)) == (24, 36)


def test_marks_are_the_common_boundaries_inside():
    version = reload(opening(v=text(0, 6), a=text(0, 6)), v=text(0, 10, tags={6: ["#EXT-X-CUE-OUT:12"]}), a=text(0, 9))
    assert [sec(mark.at) for mark in only(version).marks] == [24, 28, 32]
    assert cuts(only(version)) == (24, 36)


def test_the_stalled_rendition_gets_its_cuts_later():
    version = opening(v=text(0, 10), a=text(0, 4))
    version = reload(version, v=text(0, 13, tags={10: ["#EXT-X-CUE-OUT:8"]}))
    record = only(version)
    assert (cuts(record), set(record.marks[0].cuts), set(record.returns)) == ((40, 48), {"v"}, {"v"})
    version = reload(version, a=text(0, 13))
    record = only(version)
    assert (record.marks[0].cuts["a"].index, record.returns["a"].index) == (10, 12)


# Breaks that were there before us, and those that left.


def test_the_first_version_knows_breaks_already_in_the_window():
    version = opening(v=text(0, 10, tags={2: ["#EXT-X-CUE-OUT:16"], 8: ["#EXT-X-CUE-OUT:60"]}))
    assert [cuts(record) for record in version.breaks] == [(8, 24), (32, None)]


def test_the_first_version_knows_a_break_by_its_continuation():
    body = text(20, 6, tags={k: [f"#EXT-X-CUE-OUT-CONT:{(k - 19) * 4}/60"] for k in range(20, 26)})
    record = only(opening(v=body))
    assert (sec(record.signalled), sec(record.start), sec(record.planned_end)) == (76, 80, 136)


def test_a_break_that_began_long_before_the_first_window_starts_with_it():
    body = text(20, 6, tags={k: [f"#EXT-X-CUE-OUT-CONT:{(k - 10) * 4}/80"] for k in range(20, 26)})
    record = only(opening(v=body, a=body))
    assert (sec(record.signalled), sec(record.start), sec(record.planned_end)) == (40, 80, 120)
    assert record.state(at(104)) == "open"


def test_an_out_that_rolled_out_goes_on_by_its_continuations():
    tags = {6: ["#EXT-X-CUE-OUT:40"]} | {k: [f"#EXT-X-CUE-OUT-CONT:{(k - 6) * 4}/40"] for k in range(7, 16)}
    version = opening(v=text(0, 6))
    for first in range(1, 12):
        version = reload(version, v=text(first, 6, tags=tags))
    assert version.windows["v"].first > 6
    assert (cuts(only(version)), only(version).folded) == ((24, 64), False)


def test_a_break_folds_when_its_last_segment_has_left_every_window():
    tags = {6: ["#EXT-X-CUE-OUT:8"]}
    version = reload(opening(v=text(0, 6), a=text(0, 6)), v=text(0, 9, tags=tags), a=text(0, 9))
    version = reload(version, v=text(4, 8), a=text(0, 12))
    version = reload(version, v=text(9, 6), a=text(8, 7))
    assert (version.windows["v"].first, version.windows["a"].first, only(version).folded) == (9, 8, False)
    version = reload(version, a=text(9, 6))
    assert only(version).folded


def test_only_so_many_folded_breaks_are_kept():
    tags = {k: ["#EXT-X-CUE-OUT:4"] for k in range(6, 60, 2)}
    version = opening(v=text(0, 6))
    for first in range(1, 70):
        version = reload(version, v=text(first, 6, tags=tags))
    assert len(version.breaks) == KEPT_FOLDED
    assert all(record.folded for record in version.breaks)


def test_a_date_range_is_updated_in_place():
    """The origin writes the tag anew where it stands: first planned, then with its actual end."""
    before = f'#EXT-X-DATERANGE:ID="x",START-DATE="{date(at(24))}",PLANNED-DURATION=60,SCTE35-OUT=0xFC'
    after = f'#EXT-X-DATERANGE:ID="x",START-DATE="{date(at(24))}",DURATION=12,SCTE35-IN=0xFC'
    version = reload(opening(v=text(0, 6)), v=text(0, 8, tags={6: [before]}))
    assert cuts(only(version)) == (24, None)
    version = reload(version, v=text(0, 9, tags={6: [before, after]}))
    assert cuts(only(version)) == (24, 36)


def test_a_range_that_opens_and_closes_in_one_reading():
    """The closing tag has no START-DATE: it is known from the tag before, in another segment of the same playlist."""
    out = f'#EXT-X-DATERANGE:ID="x",START-DATE="{date(at(24))}",PLANNED-DURATION=60,SCTE35-OUT=0xFC'
    closing = f'#EXT-X-DATERANGE:ID="x",END-DATE="{date(at(36))}"'
    version = opening(v=text(0, 12, tags={6: [out], 9: [closing]}))
    assert (cuts(only(version)), only(version).reason) == ((24, 36), BreakReason.ENDED_BY_IN)


def test_without_dates_a_range_holds_where_it_stands():
    out = f'#EXT-X-DATERANGE:ID="x",START-DATE="{date(at(5000))}",PLANNED-DURATION=8,SCTE35-OUT=0xFC'
    version = reload(opening(v=text(0, 6, dates="none")), v=text(0, 9, dates="none", tags={6: [out]}))
    window = version.windows["v"]
    assert (only(version).start, only(version).end) == (window.start(6), window.start(8))


def test_a_clock_set_back_moves_date_ranges_with_it():
    version = reload(opening(v=text(0, 6)), v=text(1, 6, tags={6: []}).replace(date(at(24)), date(at(-76))))
    assert version.windows["v"].skew == 100 * SECOND
    out = f'#EXT-X-DATERANGE:ID="x",START-DATE="{date(at(-72))}",PLANNED-DURATION=8,SCTE35-OUT=0xFC'
    body = text(6, 4, start=-76, tags={7: [out]})
    assert cuts(only(reload(version, v=body))) == (28, 36)


def test_a_cue_at_the_edge_is_the_same_when_its_segment_comes():
    version = reload(opening(v=text(0, 6)), v=text(0, 7, trailing=["#EXT-X-CUE-OUT:8"]))
    assert (sec(only(version).signalled), only(version).key) == (28, str(at(28)))
    version = reload(version, v=text(0, 9, start=0, tags={7: ["#EXT-X-CUE-OUT:8"]}))
    assert cuts(only(version)) == (28, 36)


def test_cues_in_several_renditions_are_one_break():
    tags = {6: ["#EXT-X-CUE-OUT:8"]}
    version = reload(
        opening(v=text(0, 6), a=text(0, 6, start=0.02)), v=text(0, 9, tags=tags), a=text(0, 9, start=0.02, tags=tags)
    )
    # P is the greatest exposed edge, audio's: the start is no earlier.
    assert cuts(only(version)) == (24.02, 32)


def test_an_epoch_inside_a_break_goes_on_counting():
    version = reload(opening(v=text(100, 6)), v=text(101, 6, tags={106: ["#EXT-X-CUE-OUT:12"]}))
    version = reload(version, v=text(0, 4, start=428, name="n{}.ts"))
    record = only(version)
    assert (cuts(record), record.marks[0].cuts["v"].index, record.returns["v"].index) == ((424, 436), 106, 109)
    # T = 1 on the first segment of the epoch, inside the break.
    assert (record.marks[0].cuts["v"].sequence, record.returns["v"].sequence) == (0, 1)


# The switch.


def test_switched_off_a_new_break_is_not_replaced():
    version = reload(opening(v=text(0, 6)), OFF, v=text(0, 8, tags={6: ["#EXT-X-CUE-OUT:30"]}))
    assert (only(version).dropped, only(version).reason) == (True, BreakReason.SWITCHED_OFF)


def test_switched_off_an_open_break_ends_at_the_edge():
    tags = {6: ["#EXT-X-CUE-OUT:60"]}
    version = reload(opening(v=text(0, 6)), v=text(0, 8, tags=tags))
    version = reload(version, OFF, v=text(0, 9, tags=tags))
    assert (cuts(only(version)), only(version).reason) == ((24, 36), BreakReason.SWITCHED_OFF)


def test_switched_off_nothing_served_is_withdrawn():
    """A stalled rendition comes back, so the least edge falls: the break ends where the others had been served."""
    tags = {6: ["#EXT-X-CUE-OUT:60"]}
    version = reload(opening(v=text(0, 6), a=text(0, 6)), v=text(0, 9, tags=tags))
    version = reload(version, v=text(0, 10, tags=tags))
    version = reload(version, OFF, a=text(0, 8))
    assert (sec(version.least_edge), sec(only(version).target)) == (32, 40)


def test_switched_off_an_announced_break_is_dropped():
    out = f'#EXT-X-DATERANGE:ID="x",START-DATE="{date(at(60))}",PLANNED-DURATION=30,SCTE35-OUT=0xFC'
    version = reload(opening(v=text(0, 6)), v=text(0, 8, tags={6: [out]}))
    assert not only(version).dropped
    assert only(reload(version, OFF, v=text(0, 9))).dropped
