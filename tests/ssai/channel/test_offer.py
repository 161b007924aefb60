"""Counterparts of media playlists between sources that name and order them differently."""

import pytest

from ssai.channel.offer import offer
from ssai.hls.errors import PlaylistError

PRIMARY = """#EXTM3U
#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="aac",NAME="English",LANGUAGE="en",URI="aac/en.m3u8"
#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="aac",NAME="Deutsch",LANGUAGE="de",URI="aac/de.m3u8"
#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="dolby",NAME="English",LANGUAGE="en",URI="ec3/en.m3u8"
#EXT-X-MEDIA:TYPE=SUBTITLES,GROUP-ID="text",NAME="Captions",URI="text.m3u8"
#EXT-X-MEDIA:TYPE=CLOSED-CAPTIONS,GROUP-ID="cc",NAME="CC1",INSTREAM-ID="CC1"
#EXT-X-STREAM-INF:BANDWIDTH=900000,RESOLUTION=640x360,CODECS="avc1.4d401e,mp4a.40.2",AUDIO="aac",SUBTITLES="text"
360.m3u8
#EXT-X-STREAM-INF:BANDWIDTH=1200000,RESOLUTION=640x360,CODECS="avc1.4d401e,ec-3",AUDIO="dolby",SUBTITLES="text"
360.m3u8
#EXT-X-STREAM-INF:BANDWIDTH=3000000,RESOLUTION=1280x720,CODECS="avc1.64001f,mp4a.40.2",AUDIO="aac",SUBTITLES="text"
720.m3u8
#EXT-X-STREAM-INF:BANDWIDTH=2000000,RESOLUTION=1280x720,CODECS="avc1.64001f,mp4a.40.2",AUDIO="aac",SUBTITLES="text"
720-low.m3u8
"""
BACKUP = """#EXTM3U
#EXT-X-STREAM-INF:BANDWIDTH=2100000,RESOLUTION=1280x720,CODECS="mp4a.40.2,avc1.640020",AUDIO="a1",SUBTITLES="s"
v/b.m3u8
#EXT-X-STREAM-INF:BANDWIDTH=3100000,RESOLUTION=1280x720,CODECS="mp4a.40.2,avc1.640020",AUDIO="a1",SUBTITLES="s"
v/a.m3u8
#EXT-X-STREAM-INF:BANDWIDTH=1300000,RESOLUTION=640x360,CODECS="avc1.4d401e, ec-3",AUDIO="a2"
v/c.m3u8
#EXT-X-STREAM-INF:BANDWIDTH=4000000,RESOLUTION=1920x1080,CODECS="mp4a.40.2,hvc1.1.6.L120.90",AUDIO="a1",SUBTITLES="s"
v/d.m3u8
#EXT-X-MEDIA:TYPE=SUBTITLES,GROUP-ID="s",NAME="Captions",URI="s.m3u8"
#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="a2",NAME="Main",LANGUAGE="en",URI="a/3.m3u8"
#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="a1",NAME="Main",LANGUAGE="en",URI="a/1.m3u8"
"""


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ("360.m3u8", "v/c.m3u8"),
        ("720.m3u8", "v/a.m3u8"),
        ("720-low.m3u8", "v/b.m3u8"),
        ("aac/en.m3u8", "a/1.m3u8"),
        ("ec3/en.m3u8", "a/3.m3u8"),
        ("aac/de.m3u8", None),
        ("text.m3u8", "s.m3u8"),
        ("index.m3u8?region=x", None),
    ],
)
def test_a_playlist_is_found_by_what_it_is(asked, expected):
    there = offer(BACKUP, "http://b/live/index.m3u8")
    kinds = offer(PRIMARY, "http://a/index.m3u8").kinds(f"http://a/{asked}")
    assert there.counterpart(kinds) == (None if expected is None else f"http://b/live/{expected}")


def test_every_playlist_is_its_own_counterpart():
    for text in (PRIMARY, BACKUP):
        mine = offer(text, "http://a/index.m3u8")
        assert len(set(mine.addresses.values())) == len(mine.addresses) - (text is PRIMARY)
        for address in mine.addresses.values():
            assert mine.counterpart(mine.kinds(address)) == address


def test_sources_with_unlike_ladders_have_the_same_sound():
    def index(*formats):
        variants = [
            f'#EXT-X-STREAM-INF:BANDWIDTH=1,CODECS="{each},mp4a.40.2",AUDIO="a"\n{each}.m3u8\n' for each in formats
        ]
        return '#EXTM3U\n#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="a",NAME="x",URI="a.m3u8"\n' + "".join(variants)

    kinds = offer(index("avc1.64001f"), "http://a/index.m3u8").kinds("http://a/a.m3u8")
    assert kinds[0].codecs == {"mp4a"}
    for formats in (("hvc1.1", "avc1.64001f"), ("hvc1.1", "av01.0")):
        there = offer(index(*formats), "http://b/index.m3u8")
        assert there.counterpart(kinds) == "http://b/a.m3u8"


def test_a_media_playlist_on_its_own_is_the_counterpart_of_another():
    alone = "#EXTM3U\n#EXT-X-TARGETDURATION:4\n#EXTINF:4,\n0.ts\n"
    kinds = offer(alone, "http://a/live.m3u8").kinds("http://a/live.m3u8")
    assert offer(alone, "http://b/x.m3u8").counterpart(kinds) == "http://b/x.m3u8"
    assert offer(PRIMARY, "http://b/x.m3u8").counterpart(kinds) is None
    assert offer(alone, "http://a/live.m3u8").kinds("http://a/other.m3u8") == []


def test_a_multivariant_playlist_that_cannot_be_read_is_refused():
    with pytest.raises(PlaylistError):
        offer("#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1\n", "http://a/index.m3u8")
