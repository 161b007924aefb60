"""Which subtitles are carried."""

import pytest

from ssai.channel.subtitles import LeftOut, left_out
from ssai.hls.container import Container
from ssai.hls.media import parse
from tests.ssai.channel.live_text import text

LIVE = text(0, 3, name="s{}.vtt")
WEBVTT = frozenset({Container.WEBVTT})


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (LIVE, None),
        (None, LeftOut.NOT_FETCHED),
        ("#EXTM3U\n#EXT-X-TARGETDURATION:4\n", LeftOut.NO_SEGMENTS),
        (LIVE.replace("#EXTM3U", "#EXTM3U\n#EXT-X-PLAYLIST-TYPE:VOD"), LeftOut.NOT_LIVE),
        (LIVE + "#EXT-X-ENDLIST\n", LeftOut.NOT_LIVE),
        (LIVE.replace("#EXTINF", '#EXT-X-MAP:URI="i"\n#EXTINF', 1), LeftOut.CONTAINER_MISSING),
        (LIVE.replace("TARGETDURATION:4", "TARGETDURATION:9"), LeftOut.TARGET_DURATION),
        (LIVE.replace("TARGETDURATION:4", "TARGETDURATION:3"), None),
    ],
)
def test_what_is_left_out(body, reason):
    assert left_out(None if body is None else parse(body), [parse(text(0, 3))], WEBVTT) is reason


def test_where_everything_has_ended_so_have_subtitles():
    over = parse(text(0, 3, ended=True))
    assert left_out(parse(LIVE + "#EXT-X-ENDLIST\n"), [over, over], WEBVTT) is None
    assert left_out(parse(LIVE + "#EXT-X-ENDLIST\n"), [over, parse(text(0, 3))], WEBVTT) is LeftOut.NOT_LIVE


def test_without_subtitles_of_creatives_there_are_none():
    assert left_out(parse(LIVE), [parse(text(0, 3))], frozenset()) is LeftOut.CONTAINER_MISSING
