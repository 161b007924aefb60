"""The play head: where it stands still, for how long, and for want of what."""

from domain.units import SECOND
from replay.viewers.head import MAX_STALLS, PlayHead, Stall


def head(**runways: int) -> PlayHead:
    made = PlayHead()
    made.begin({name: runway * SECOND for name, runway in runways.items()}, 100 * SECOND)
    return made


def test_media_that_comes_in_time_is_no_stall():
    one = head(video=6)
    for second in range(102, 160, 2):
        one.listed("video", 2 * SECOND, second * SECOND, ended=False)
    one.finish(163 * SECOND)
    assert one.stalls == []


def test_the_end_of_what_is_listed_is_a_stall_until_more_is():
    one = head(video=6)
    one.listed("video", 2 * SECOND, 111 * SECOND, ended=False)
    assert one.stalls == [Stall(106 * SECOND, 5 * SECOND, "video")]
    one.listed("video", 2 * SECOND, 114 * SECOND, ended=False)
    assert one.stalls[1:] == [Stall(113 * SECOND, SECOND, "video")]


def test_playlists_wait_for_the_one_that_has_least():
    one = head(video=6, audio=4)
    one.listed("video", 2 * SECOND, 105 * SECOND, ended=False)
    assert one.stalls == []
    one.listed("audio", 2 * SECOND, 107 * SECOND, ended=False)
    assert one.stalls == [Stall(104 * SECOND, 3 * SECOND, "audio")]
    one.finish(109 * SECOND)
    assert one.stalls[1:] == []


def test_a_stall_goes_on_while_another_playlist_is_at_its_end_too():
    one = head(video=4, audio=4)
    one.listed("audio", 2 * SECOND, 105 * SECOND, ended=False)
    assert one.stalls == []
    one.listed("video", 2 * SECOND, 106 * SECOND, ended=False)
    assert [stall.length for stall in one.stalls] == [2 * SECOND]


def test_the_end_of_the_presentation_is_no_stall():
    one = head(video=4, audio=4)
    one.listed("video", 0, 101 * SECOND, ended=True)
    one.listed("audio", 0, 102 * SECOND, ended=True)
    one.finish(200 * SECOND)
    assert one.stalls == []


def test_a_stall_that_goes_on_ends_with_the_viewer():
    one = head(video=4)
    one.finish(110 * SECOND)
    assert one.stalls == [Stall(104 * SECOND, 6 * SECOND, "video")]


def test_a_head_that_never_began_tells_nothing():
    one = PlayHead()
    one.finish(SECOND)
    assert not one.playing
    assert one.stalls == []


def test_stalls_are_kept_up_to_a_bound():
    one = head(video=0)
    for turn in range(MAX_STALLS + 10):
        one.listed("video", SECOND, (102 + 2 * turn) * SECOND, ended=False)
    assert len(one.stalls) == MAX_STALLS
