"""What a player reads of playlists, good ones and bad ones."""

from collections import Counter
from contextlib import suppress
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.units import SECOND
from replay.viewers.player import Choice, PlayerError, addresses, choose, read, runways

INDEX = """#EXTM3U
#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="stereo",NAME="en",URI="en.m3u8"
#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="stereo",NAME="fr",URI="fr.m3u8"
#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="muxed",NAME="en"
#EXT-X-MEDIA:TYPE=SUBTITLES,GROUP-ID="text",NAME="en",URI="/text.m3u8"
#EXT-X-STREAM-INF:BANDWIDTH=2000000,AUDIO="stereo",SUBTITLES="text"
720p.m3u8
#EXT-X-STREAM-INF:BANDWIDTH=800000,AUDIO="stereo"
360p.m3u8
#EXT-X-STREAM-INF:BANDWIDTH=5000000,AUDIO="muxed"
1080p.m3u8
"""
URL = "http://edge/live/demo/index.m3u8"
MEDIA = """#EXTM3U
#EXT-X-VERSION:6
#EXT-X-TARGETDURATION:4
#EXT-X-MEDIA-SEQUENCE:7
#EXT-X-PROGRAM-DATE-TIME:2026-11-22T10:00:00.500Z
#EXTINF:4.000,
a.ts
#EXTINF:3.520,
b.ts
#EXT-X-DISCONTINUITY
#EXT-X-PROGRAM-DATE-TIME:2026-11-22T10:00:08.000Z
#EXTINF:4.000,
c.ts
"""


def test_viewers_cover_all_renditions():
    chosen = Counter(choose(INDEX, URL, Random(seed)) for seed in range(300))
    base = "http://edge/live/demo/"
    assert set(chosen) == {
        *(Choice(f"{base}720p.m3u8", f"{base}{name}.m3u8", "http://edge/text.m3u8") for name in ("en", "fr")),
        *(Choice(f"{base}360p.m3u8", f"{base}{name}.m3u8", None) for name in ("en", "fr")),
        Choice(f"{base}1080p.m3u8", None, None),
    }
    assert min(chosen.values()) > 10


def test_a_seed_chooses_the_same_again():
    assert choose(INDEX, URL, Random("7")) == choose(INDEX, URL, Random("7"))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "nothing of the kind",
        MEDIA,
        '#EXTM3U\n#EXT-X-STREAM-INF:CODECS="x"\na.m3u8\n',
        "#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1\n",
    ],
)
def test_what_is_no_multivariant_playlist_is_told(text):
    with pytest.raises(PlayerError):
        choose(text, URL, Random("1"))


def test_a_listing_has_numbers_dates_and_tags():
    listing = read(MEDIA)
    assert (listing.target, listing.first, listing.end, listing.ended) == (4 * SECOND, 7, 10, False)
    assert [segment.uri for segment in listing.segments] == ["a.ts", "b.ts", "c.ts"]
    assert [segment.tagged for segment in listing.segments] == [False, False, True]
    first, second, third = (segment.date for segment in listing.segments)
    assert (second - first, third - first) == (4 * SECOND, 7_500_000)
    assert listing.edge == third + 4 * SECOND
    assert [segment.uri for segment in listing.after(9)] == ["c.ts"]
    assert listing.after(3) == listing.segments


@pytest.mark.parametrize(
    ("tag", "behind"),
    [
        ("", 11_520_000),
        ("#EXT-X-SERVER-CONTROL:HOLD-BACK=6\n", 6_000_000),
        ("#EXT-X-START:TIME-OFFSET=-5.5\n", 5_500_000),
        ("#EXT-X-START:TIME-OFFSET=1.52\n#EXT-X-SERVER-CONTROL:HOLD-BACK=6\n", 10_000_000),
        ("#EXT-X-START:TIME-OFFSET=-1000\n", 11_520_000),
    ],
)
def test_where_a_player_begins(tag, behind):
    assert read(MEDIA.replace("#EXT-X-VERSION:6\n", tag)).behind == behind


def test_playlists_are_aligned_on_their_dates():
    video = read(MEDIA)
    sound = read(MEDIA + "#EXTINF:2,\nd.ts\n")
    # The sound has two seconds more, and waits for the video to begin.
    video_ahead, sound_ahead = runways([video, sound])
    assert video_ahead == 11_520_000
    assert sound_ahead == video_ahead + 2 * SECOND


def test_playlists_without_dates_begin_behind_their_own_edges():
    undated = "\n".join(line for line in MEDIA.splitlines() if "DATE" not in line)
    assert runways([read(undated), read(MEDIA)]) == [11_520_000, 11_520_000]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "<html>",
        "#EXTM3U\n#EXTINF:2,\na.ts\n",
        MEDIA.replace("3.520", "long"),
        MEDIA.replace("3.520", "inf"),
        MEDIA.replace("TARGETDURATION:4", "TARGETDURATION:four"),
        MEDIA.replace("TARGETDURATION:4", "TARGETDURATION:-4"),
        MEDIA.replace("TARGETDURATION:4", "TARGETDURATION:" + "9" * 400),
        MEDIA + "#" * 5_000_000,
        MEDIA.replace("T10:00:08.000Z", "T25:00:08.000Z"),
        INDEX,
    ],
)
def test_what_a_player_breaks_on_is_told(text):
    with pytest.raises(PlayerError):
        read(text)


TAGS = (
    "EXTM3U", "EXT-X-TARGETDURATION", "EXT-X-MEDIA-SEQUENCE", "EXTINF", "EXT-X-PROGRAM-DATE-TIME", "EXT-X-KEY",
    "EXT-X-MAP", "EXT-X-PART", "EXT-X-START", "EXT-X-SERVER-CONTROL", "EXT-X-DISCONTINUITY", "EXT-X-STREAM-INF",
    "EXT-X-MEDIA", "EXT-X-BYTERANGE", "EXT-X-DATERANGE", "EXT-X-ENDLIST", "EXT-X-GAP", "EXT-X-SKIP",
)  # fmt: skip
VALUES = st.sampled_from(
    ["4", "-1", "0", "1e400", "nan", "2026-11-22T10:00:00Z", "9999-12-31T23:59:59", 'URI="a"', "TIME-OFFSET=x",
     "HOLD-BACK=1", "TYPE=AUDIO,GROUP-ID=a", "BANDWIDTH=1,AUDIO=a", "DURATION=1,URI=b", ",,=,", "1@2"]
)  # fmt: skip
LINES = st.one_of(
    st.sampled_from(["a.ts", "http://[", "//x:y/", ""]),
    st.builds("#{}:{}".format, st.sampled_from(TAGS), VALUES),
    st.builds("#{}".format, st.sampled_from(TAGS)),
    st.text(max_size=20),
)


@given(st.lists(LINES, max_size=20))
def test_any_text_is_read_or_told(lines):
    text = "\n".join(["#EXTM3U", "#EXT-X-TARGETDURATION:4", *lines])
    with suppress(PlayerError):
        choose(text, URL, Random("1"))
    try:
        listing = read(text)
        addresses(listing.segments, URL)
    except PlayerError:
        return
    assert listing.end >= listing.first
    assert all(runway >= 0 for runway in runways([listing]))


def test_parts_that_are_no_segment_yet_are_left_out():
    listing = read(MEDIA + '#EXT-X-PART:DURATION=1.0,URI="d.part"\n')
    assert [segment.uri for segment in listing.segments] == ["a.ts", "b.ts", "c.ts"]
