"""One rendition's window: where its segments stand in time, under which numbers, and what a reload may change."""

import pytest

from domain.units import SECOND
from ssai.channel.window import DRIFT, Window, extended, opened, trimmed
from ssai.hls.media import parse
from tests.ssai.channel.live_text import NOON, at, text


def window(first=0, count=6, **options) -> Window:
    playlist = parse(text(first, count, **options))
    start = at(first * 4) if options.get("dates", "all") != "none" else at(0)
    return opened("http://o/v.m3u8", playlist, start)


def again(known: Window, *arguments, **options):
    return extended(known, parse(text(*arguments, **options)))


def seconds(known: Window):
    return [(start - NOON) / SECOND for start in known.starts]


def uris(known: Window):
    return [segment.uri for segment in known.segments]


def test_a_window_opens():
    found = window(5, 3, header=["#EXT-X-DISCONTINUITY-SEQUENCE:7"], tags={6: ["#EXT-X-DISCONTINUITY"]})
    assert (found.first, found.after, found.exposed, found.shift, found.skew) == (5, 8, 5, 0, 0)
    assert seconds(found) == [20, 24, 28, 32]
    assert found.sequences == (7, 8, 8)
    assert [found.sequence_before(index) for index in (5, 6, 7, 8)] == [7, 7, 8, 8]
    assert (found.url, found.base) == ("http://o/v.m3u8", "http://o/v.m3u8")
    assert (found.head, found.edge, found.shown_edge, found.dated, found.ended) == (at(20), at(32), at(20), True, False)


def test_a_redirected_rendition_keeps_both_addresses():
    found = opened("http://o/v.m3u8", parse(text(0, 1)), at(0), "http://cdn/v.m3u8")
    assert (found.url, found.base) == ("http://o/v.m3u8", "http://cdn/v.m3u8")


@pytest.mark.parametrize(
    ("second", "index"), [(-5, 0), (0, 0), (1.9, 0), (2, 0), (2.1, 1), (6, 1), (6.1, 2), (23, 6), (99, 6)]
)
def test_the_nearest_boundary_and_ties_go_to_the_earlier(second, index):
    assert window().nearest(at(second)) == index


def test_a_boundary_within_the_tolerance():
    found = window()
    assert found.has_boundary(at(4.1), 100_000)
    assert not found.has_boundary(at(4.1) + 1, 100_000)
    # The end of the window is one.
    assert found.has_boundary(at(24), 100_000)


def test_reload_appends_and_removes_nothing():
    known = window()
    found, changed = again(known, 2, 6)
    assert uris(found) == [f"s{k}.ts" for k in range(8)]
    assert [index for index, _ in changed] == [6, 7]
    assert seconds(found) == [4 * k for k in range(9)]


def test_the_same_segments_are_no_change():
    known = window()
    assert extended(known, parse(text(0, 6))) == (known, ())


def test_an_older_copy_changes_nothing():
    known, _ = again(window(), 3, 6)
    for first, count in ((0, 6), (1, 6), (2, 3)):
        assert again(known, first, count)[0] == known


def test_an_older_copy_does_not_take_endlist_back():
    known, _ = again(window(), 1, 6, ended=True)
    assert known.ended
    assert again(known, 0, 6)[0] == known
    assert extended(known, parse("#EXTM3U\n#EXT-X-MEDIA-SEQUENCE:1\n"))[0] == known


def test_endlist_alone():
    found, _ = extended(window(), parse(text(0, 6, ended=True)))
    assert found.ended
    assert extended(window(), parse("#EXTM3U\n#EXT-X-ENDLIST\n"))[0].ended
    assert found.segments == window().segments


def test_tags_written_anew_are_told_and_what_is_published_stays():
    known = window()
    found, changed = again(known, 0, 7, tags={3: ["#EXT-X-CUE-OUT:30"]})
    assert [index for index, _ in changed] == [3, 6]
    assert [tag.name for tag in changed[0][1].tags][:1] == ["EXT-X-CUE-OUT"]
    assert found.segments[:6] == known.segments
    # An older copy from another cache lists what has left the window.
    for first, count in ((0, 6), (1, 4)):
        found, changed = again(window(2, 6), first, count, tags={1: ["#EXT-X-CUE-IN"], 3: ["#EXT-X-CUE-OUT:30"]})
        assert [(index, segment.uri) for index, segment in changed] == [(3, "s3.ts")]
        assert found.segments == window(2, 6).segments


def test_a_discontinuity_once_published_or_not_stays_so():
    """6.3.4: what stands under a number stays; the origin that takes a tag back is not followed."""
    known = window(tags={3: ["#EXT-X-DISCONTINUITY"]})
    found, _ = again(known, 0, 6, tags={2: ["#EXT-X-DISCONTINUITY"]})
    assert [segment.discontinuity for segment in found.segments] == [False, False, False, True, False, False]
    assert found.sequences == known.sequences


def test_missed_segments_leave_no_bridge():
    known = window(tags={3: ["#EXT-X-DISCONTINUITY"]})
    found, changed = again(known, 9, 4)
    assert (found.first, found.exposed, uris(found)) == (9, 9, ["s9.ts", "s10.ts", "s11.ts", "s12.ts"])
    assert seconds(found) == [36, 40, 44, 48, 52]
    assert found.sequences == (1, 1, 1, 1)
    assert [index for index, _ in changed] == [9, 10, 11, 12]
    found, _ = again(known, 9, 4, header=["#EXT-X-DISCONTINUITY-SEQUENCE:5"])
    assert found.sequences == (5, 5, 5, 5)
    # The origin's number never takes ours back.
    found, _ = again(known, 9, 4, header=["#EXT-X-DISCONTINUITY-SEQUENCE:0"])
    assert found.sequences == (1, 1, 1, 1)


def test_missed_segments_without_dates_go_on_at_the_edge():
    found, _ = again(window(dates="none"), 9, 4, dates="none")
    assert found.head == at(24)


def test_drift_is_corrected_by_each_date():
    """EXTINF says 4 s, the dates say 3.9 or 4.2: the dates are right."""
    known = window(count=2)
    for start, wanted in ((7.9, 7.9), (8.2, 8.2), (8 - DRIFT / SECOND, 7.5)):
        found, _ = again(known, 2, 1, start=start)
        assert seconds(found) == [0, 4, wanted, wanted + 4]
        assert found.skew == 0


def test_the_exposed_edge_does_not_go_back():
    """What ads it let show would be withdrawn. The drift is corrected at the new segment's end."""
    known = exposed(2, 2)
    assert seconds(again(known, 2, 1, start=7.7)[0]) == [0, 4, 8, 11.7]
    assert seconds(again(known, 2, 2, start=7.7)[0]) == [0, 4, 8, 11.7, 15.7]
    assert seconds(again(known, 2, 1, start=8.2)[0]) == [0, 4, 8.2, 12.2]
    assert seconds(again(known, 2, 1, start=7.6, length=0.3)[0]) == [0, 4, 8, 8]


def test_a_clock_set_forward_leaves_channel_time_going_on():
    found, _ = again(window(count=2), 2, 2, start=8 + 61)
    assert (seconds(found), found.skew) == ([0, 4, 8, 12, 16], -61 * SECOND)


def test_a_hole_goes_forward():
    found, _ = again(window(count=2), 2, 1, start=20)
    assert seconds(found) == [0, 4, 20, 24]
    assert found.skew == 0


def test_a_clock_set_back_leaves_channel_time_going_on():
    found, _ = again(window(count=2), 2, 2, start=-100)
    assert seconds(found) == [0, 4, 8, 12, 16]
    assert found.skew == 108 * SECOND
    found, _ = again(found, 4, 1, start=-92)
    assert seconds(found)[-2:] == [16, 20]
    # From the first microsecond beyond what is drift.
    found, _ = again(window(count=2), 2, 1, start=7.499)
    assert (seconds(found), found.skew) == ([0, 4, 8, 12], 501_000)


def test_a_date_that_would_turn_time_round_is_not_used():
    known = window(count=2, length=0.3, start=0)
    found, _ = again(known, 2, 1, length=0.3, start=0.2)
    assert seconds(found) == [0, 0.3, 0.6, 0.9]


def test_dates_on_the_head_alone_are_no_epoch():
    """Some origins date only the first segment of each playlist: the tag moves, the segments are the same."""
    known = window(dates="head")
    found, _ = again(known, 1, 6, dates="head")
    assert uris(found) == [f"s{k}.ts" for k in range(7)]
    assert found.shift == 0
    # What was published without a date of its own goes on so: its bytes stay.
    assert found.segments[1].date is None
    assert seconds(found) == [4 * k for k in range(8)]


def test_dates_that_come_later_are_not_used():
    known = window(dates="none")
    found, _ = again(known, 0, 8, start=5000)
    assert seconds(found) == [4 * k for k in range(9)]
    assert not found.dated
    assert again(known, 9, 1, start=5000)[0].head == at(24)


def epoch_of(known, *arguments, **options):
    found, changed = again(known, *arguments, **options)
    return found, changed, uris(found)[len(known.segments) :]


def test_numbers_that_fall_begin_an_epoch():
    known = window(100, 6)
    found, changed, new = epoch_of(known, 0, 3, start=424, name="n{}.ts", tags={1: ["#EXT-X-DISCONTINUITY"]})
    assert new == ["n0.ts", "n1.ts", "n2.ts"]
    assert (found.first, found.after, found.shift) == (100, 109, 106)
    assert [segment.discontinuity for segment in found.segments] == [False] * 6 + [True, True, False]
    assert found.sequences[-3:] == (1, 2, 2)
    assert [index for index, _ in changed] == [106, 107, 108]
    # And the reload after it goes on.
    found, _ = again(found, 1, 3, start=428, name="n{}.ts", tags={1: ["#EXT-X-DISCONTINUITY"]})
    assert (found.after, uris(found)[-1]) == (110, "n3.ts")
    assert found.segments[6].discontinuity


def test_an_epoch_passes_over_what_ends_before_the_edge():
    known = window(100, 6)
    found, _, new = epoch_of(known, 0, 6, start=416, name="n{}.ts")
    assert new == ["n2.ts", "n3.ts", "n4.ts", "n5.ts"]
    assert seconds(found)[-5:] == [424, 428, 432, 436, 440]


def test_what_was_passed_over_is_no_new_epoch():
    """The reloads after it still list it, under numbers that the channel gave to others."""
    found, _, _ = epoch_of(window(100, 6), 0, 6, start=416, name="n{}.ts")
    for first, count in ((0, 7), (1, 7), (2, 6)):
        found, _ = again(found, first, count, start=416 + 4 * first, name="n{}.ts")
    assert uris(found)[6:] == [f"n{k}.ts" for k in range(2, 8)]
    assert [segment.discontinuity for segment in found.segments[6:]] == [True] + [False] * 5


def test_with_dates_on_the_head_alone_too():
    known = window(100, 6)
    assert epoch_of(known, 0, 6, start=416, name="n{}.ts", dates="head")[2] == ["n2.ts", "n3.ts", "n4.ts", "n5.ts"]


def test_an_epoch_that_is_all_known_waits():
    known = window(100, 6)
    assert again(known, 0, 2, start=416, name="n{}.ts") == (known, ())


def test_an_epoch_far_behind_has_another_clock():
    """Viewers wait three target durations for it to catch up, and no longer."""
    known = window(100, 6)
    assert again(known, 0, 1, start=408, name="n{}.ts") == (known, ())
    found, _, new = epoch_of(known, 0, 2, start=403, name="n{}.ts")
    assert new == ["n0.ts", "n1.ts"]
    assert seconds(found)[-3:] == [424, 428, 432]
    assert found.clocks == ((0, 0), (106, 21 * SECOND))
    # What was published keeps its dates, and a reload goes on under the new clock.
    assert [found.skew_at(index) for index in (100, 105, 106, 107)] == [0, 0, 21 * SECOND, 21 * SECOND]
    found, _ = again(found, 0, 3, start=403, name="n{}.ts")
    assert seconds(found)[-1] == 436


def test_an_epoch_far_ahead_too():
    found, _, new = epoch_of(window(100, 6), 0, 2, start=424 + 3600, name="n{}.ts")
    assert (new, seconds(found)[-3:], found.skew) == (["n0.ts", "n1.ts"], [424, 428, 432], -3600 * SECOND)
    # A minute is a hole.
    found, _, _ = epoch_of(window(100, 6), 0, 2, start=484, name="n{}.ts")
    assert (seconds(found)[-3:], found.skew) == ([484, 488, 492], 0)


def test_renditions_agree_on_a_clock_that_was_set():
    """The other rendition's window ends 2 s earlier: it has a hole then, and stays with the first."""
    first, _ = again(window(100, 6), 0, 2, start=0, name="n{}.ts")
    known = window(100, 6)
    behind = Window(
        **{name: getattr(known, name) for name in Window.__slots__}
        | {"starts": (*known.starts[:-1], known.starts[-1] - 2 * SECOND)}
    )
    second, _ = extended(behind, parse(text(0, 2, start=0, name="a{}.ts")), skews=[first.skew])
    assert first.skew == second.skew == 424 * SECOND
    assert seconds(second)[-3:] == [424, 428, 432]
    alone, _ = extended(behind, parse(text(0, 2, start=0, name="a{}.ts")))
    assert seconds(alone)[-3:] == [422, 426, 430]


def test_another_source_is_an_epoch_with_addresses_of_its_own():
    known = window(100, 6, tags={100: ['#EXT-X-KEY:METHOD=AES-128,URI="k"', '#EXT-X-MAP:URI="i.mp4"']})
    # The same numbers and names: a second packager, not this one.
    found, changed = extended(known, parse(text(102, 6)), base="http://b/v.m3u8", source=1)
    assert uris(found)[:6] == [f"http://o/s{k}.ts" for k in range(100, 106)]
    assert uris(found)[6:] == ["s106.ts", "s107.ts"]
    assert (found.base, found.source, [index for index, _ in changed]) == ("http://b/v.m3u8", 1, [106, 107])
    assert found.segments[6].discontinuity
    held = found.segments[0]
    assert (held.map.uri, held.map.value) == ("http://o/i.mp4", 'URI="http://o/i.mp4"')
    assert held.keys[0].value.startswith('METHOD=AES-128,URI="http://o/k"')
    # One that has nothing new yet leaves all as it is.
    assert extended(known, parse(text(100, 6)), base="http://b/v.m3u8", source=1) == (known, ())


def test_other_addresses_under_known_numbers_begin_an_epoch():
    found, _, new = epoch_of(window(), 2, 6, name="b{}.ts")
    assert new == ["b6.ts", "b7.ts"]
    assert found.shift == 0
    assert found.segments[6].discontinuity


def test_so_do_other_dates_and_ranges():
    assert epoch_of(window(), 0, 6, start=24)[2] == [f"s{k}.ts" for k in range(6)]
    ranges = {k: ["#EXT-X-BYTERANGE:10@0"] for k in range(6)}
    assert epoch_of(window(dates="none"), 0, 6, tags=ranges, dates="none")[2] == [f"s{k}.ts" for k in range(6)]


def exposed(count, shown, **options):
    found = window(count=count, **options)
    return Window(**{name: getattr(found, name) for name in Window.__slots__} | {"exposed": shown})


def test_the_head_keeps_its_span():
    """6.2.2, with half a TD to spare: 14 s at a TD of 4."""
    found = trimmed(exposed(10, 10), 9, 14 * SECOND)
    assert (found.first, found.edge - found.head) == (6, 16 * SECOND)
    assert uris(found) == ["s6.ts", "s7.ts", "s8.ts", "s9.ts"]
    assert (len(found.starts), len(found.sequences)) == (5, 4)


def test_a_hole_is_no_span():
    """What is left is counted in media, not in time."""
    known = exposed(4, 4)
    found, _ = again(known, 4, 2, start=40)
    found = Window(**{name: getattr(found, name) for name in Window.__slots__} | {"exposed": 6})
    assert trimmed(found, 6, 14 * SECOND).first == 2


def test_only_what_the_origin_removed_leaves():
    assert trimmed(exposed(10, 10), 2, 14 * SECOND).first == 2
    known = exposed(10, 10)
    assert trimmed(known, 0, 14 * SECOND) is known
    assert trimmed(known, -5, 14 * SECOND) is known


def test_the_span_is_what_viewers_see():
    assert trimmed(exposed(10, 7), 9, 14 * SECOND).first == 3


def test_something_exposed_always_stays():
    assert trimmed(exposed(10, 3), 9, 0).first == 2
