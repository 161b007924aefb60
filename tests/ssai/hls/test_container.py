"""Which container segments come in."""

import pytest

from ssai.hls.container import Container, container_of
from ssai.hls.media import parse

MAP = '#EXT-X-MAP:URI="init.mp4"\n'


@pytest.mark.parametrize(
    ("body", "subtitles", "wanted"),
    [
        ("#EXTINF:4,\ns.ts", False, Container.TS),
        ("#EXTINF:4,\nanything", False, Container.TS),
        ("#EXTINF:4,\ns.aac", False, Container.PACKED),
        ("#EXTINF:4,\nhttp://o/S.EC3?x=.ts#.ts", False, Container.PACKED),
        ("#EXTINF:4,\ns.ts?a=.aac", False, Container.TS),
        ("#EXTINF:4,\ns.m4a", False, Container.PACKED),
        (MAP + "#EXTINF:4,\ns.m4a", False, Container.FMP4),
        (MAP + "#EXTINF:4,\ns.ts", False, Container.FMP4),
        ("#EXTINF:4,\ns.vtt", True, Container.WEBVTT),
        ("#EXTINF:4,\ns", True, Container.WEBVTT),
        (MAP + "#EXTINF:4,\ns.m4s", True, Container.FMP4),
        # The newest decides.
        ("#EXTINF:4,\ns.ts\n#EXTINF:4,\ns.aac", False, Container.PACKED),
        ("#EXTINF:4,\ns.ts\n" + MAP + "#EXTINF:4,\ns.ts", False, Container.FMP4),
    ],
)
def test_containers(body, subtitles, wanted):
    assert container_of(parse("#EXTM3U\n" + body).segments, subtitles=subtitles) is wanted
