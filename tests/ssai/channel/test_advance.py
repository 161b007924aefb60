"""Channel versions from small playlists: alignment, what is exposed, joining. TD is 4 s; instants are seconds."""

from dataclasses import replace

import pytest

from domain.units import SECOND, date
from ssai.channel.advance import target_duration
from ssai.channel.version import join_instant
from tests.ssai.channel.live_text import at, only, opening, reload, reloads, sec, text


def starts(version, name="v"):
    return [sec(start) for start in version.windows[name].starts]


def exposed(version):
    return {name: window.exposed for name, window in version.windows.items()}


# Alignment.


def test_dates_align_renditions_whatever_their_numbers():
    version = opening(v=text(0, 6), a=text(1000, 6, start=2))
    assert starts(version) == [0, 4, 8, 12, 16, 20, 24]
    assert starts(version, "a") == [2, 6, 10, 14, 18, 22, 26]


def test_a_date_further_down_places_the_first_segment():
    body = text(0, 4, dates="none", tags={2: [f"#EXT-X-PROGRAM-DATE-TIME:{date(at(8))}"]})
    assert starts(opening(v=body)) == [0, 4, 8, 12, 16]


def test_without_dates_the_same_numbers_are_the_same_time():
    version = opening(v=text(10, 6, dates="none"), a=text(12, 6, dates="none"))
    first = version.windows["v"].starts[0]
    assert version.windows["a"].starts[0] == first + 8 * SECOND
    assert first > 0


def test_without_dates_and_other_numbers_the_edges_are():
    version = opening(v=text(10, 6, dates="none"), a=text(1000, 4, dates="none"))
    assert version.windows["a"].edge == version.windows["v"].edge


def test_no_segments_no_version():
    with pytest.raises(ValueError):
        opening(v=text(0, 6), a="#EXTM3U\n")


@pytest.mark.parametrize(
    ("bodies", "wanted"),
    [
        ({"v": text(0, 3), "a": text(0, 3).replace("DURATION:4", "DURATION:6")}, 6),
        ({"v": text(0, 3, length=3.49).replace("#EXT-X-TARGETDURATION:4\n", "")}, 3),
        ({"v": text(0, 3, length=3.5).replace("#EXT-X-TARGETDURATION:4\n", "")}, 4),
        ({"v": text(0, 3, length=0.2).replace("#EXT-X-TARGETDURATION:4\n", "")}, 1),
    ],
)
def test_target_duration(bodies, wanted):
    assert target_duration(reloads(bodies)) == wanted * SECOND


# What is exposed (rule 1).


def test_nothing_new_is_the_same_version():
    version = opening(v=text(0, 6), a=text(0, 6))
    assert version.number == 1
    assert reload(version, v=text(0, 6), a=text(0, 6)) is version
    assert reload(version) is version
    assert reload(version, v=text(0, 7)).number == 2


def test_no_rendition_shows_more_than_the_slowest_moving_one():
    version = opening(v=text(0, 8), a=text(0, 7), s=text(0, 6))
    assert exposed(version) == {"v": 6, "a": 6, "s": 6}
    assert (sec(version.least_edge), sec(version.shown_edge)) == (24, 24)
    version = reload(version, s=text(0, 7))
    assert exposed(version) == {"v": 7, "a": 7, "s": 7}


def test_within_the_tolerance_is_at_the_edge():
    assert exposed(opening(v=text(0, 6), a=text(0, 5, length=4.02)))["v"] == 5
    assert exposed(opening(v=text(0, 6, start=0.1), a=text(0, 6))) == {"v": 6, "a": 6}
    assert exposed(opening(v=text(0, 6, start=0.101), a=text(0, 6))) == {"v": 5, "a": 6}


def test_a_stalled_rendition_holds_nothing_back():
    """More than 2 TD behind, not at 2 TD."""
    version = opening(v=text(0, 8), a=text(0, 6))
    assert exposed(version) == {"v": 6, "a": 6}
    version = reload(version, v=text(0, 9))
    assert exposed(version) == {"v": 9, "a": 6}
    assert sec(version.reached) == 36
    # When it comes back L falls; what was exposed stays.
    version = reload(version, a=text(0, 8))
    assert exposed(version) == {"v": 9, "a": 8}
    assert (sec(version.least_edge), sec(version.reached)) == (32, 36)


def test_the_head_is_kept_for_three_and_a_half_target_durations():
    version = opening(v=text(0, 5))
    version = reload(version, v=text(3, 5))
    assert version.windows["v"].first == 3
    version = reload(version, v=text(6, 3))
    assert (version.windows["v"].first, sec(version.windows["v"].head)) == (5, 20)


def test_with_short_segments_it_is_neither_more_nor_less():
    version = reload(opening(v=text(0, 12, length=2)), v=text(10, 3, length=2))
    assert version.windows["v"].edge - version.windows["v"].head == 14 * SECOND


def test_what_was_never_exposed_does_not_leave():
    version = opening(v=text(0, 8), a=text(0, 6))
    version = reload(version, v=text(7, 6), a=text(0, 11))
    assert version.windows["v"].first == 6


def test_an_event_playlist_removes_nothing():
    version = opening(v=text(0, 12, header=["#EXT-X-PLAYLIST-TYPE:EVENT"]))
    assert reload(version, v=text(8, 6)).windows["v"].first == 0


def test_an_ended_origin_ends_and_stays_ended():
    version = reload(opening(v=text(0, 6)), v=text(0, 6, ended=True))
    assert version.windows["v"].ended
    assert reload(version, v=text(0, 6)) is version


def test_another_cache_with_an_older_copy_changes_nothing():
    cue = {5: ["#EXT-X-CUE-OUT:30"]}
    version = reload(opening(v=text(0, 6)), v=text(1, 8, tags=cue))
    assert reload(version, v=text(0, 6, tags=cue)) is version
    # In the older copy the IN would trail; it does not stand at the newer edge.
    assert reload(version, v=text(0, 6, tags=cue, trailing=["#EXT-X-CUE-IN"])) is version


# Joining (rule 6).


def test_a_join_is_three_target_durations_behind():
    version = opening(v=text(0, 8), a=text(0, 8))
    assert sec(join_instant(version, 12 * SECOND, 100_000)) == 20
    assert sec(join_instant(version, 11 * SECOND, 100_000)) == 20
    # Too short a window: its first common boundary; none at all: the exposed edge.
    assert sec(join_instant(version, 60 * SECOND, 100_000)) == 0
    version = opening(v=text(0, 4), a=text(0, 4, start=1))
    assert join_instant(version, 12 * SECOND, 100_000) == version.shown_edge


def test_inside_a_break_only_its_marks_are_joined_at():
    version = reload(opening(v=text(0, 6)), v=text(0, 10, tags={6: ["#EXT-X-CUE-OUT:60"]}))
    assert sec(join_instant(version, 8 * SECOND, 100_000)) == 32
    record = only(version)
    version = replace(version, breaks=(replace(record, marks=record.marks[:1]),))
    assert sec(join_instant(version, 8 * SECOND, 100_000)) == 24


def test_time_is_exact():
    """A thousand AAC segments of 95 or 96 frames never drift by a microsecond from what EXTINF says."""
    length = 1.984
    version = opening(v=text(0, 1000, length=length, dates="none"))
    window = version.windows["v"]
    assert window.edge - window.head == 1000 * 1_984_000
