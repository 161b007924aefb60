"""Segments as bytes: sticky tags, titles, strange bytes, exact durations."""

import pytest

from ssai.hls.media import parse
from ssai.stitch.render import content_bytes, duration_text, sticky_bytes

KEY = '#EXT-X-KEY:METHOD=AES-128,URI="%s",IV=0x1'
ABSOLUTE = '#EXT-X-KEY:METHOD=AES-128,URI="http://o/v/%s",IV=0x1'

STICKY = [
    # (tags before the segment, what stands for it)
    ([], []),
    ([KEY % "k"], [ABSOLUTE % "k"]),
    # Keys before the map hold for the map; those after it for the segments only.
    ([KEY % "k", '#EXT-X-MAP:URI="i"'], [ABSOLUTE % "k", '#EXT-X-MAP:URI="http://o/v/i"']),
    (['#EXT-X-MAP:URI="i"', KEY % "k"], ['#EXT-X-MAP:URI="http://o/v/i"', ABSOLUTE % "k"]),
    (
        [KEY % "k", '#EXT-X-MAP:URI="i"', KEY % "l"],
        [ABSOLUTE % "k", '#EXT-X-MAP:URI="http://o/v/i"', ABSOLUTE % "l"],
    ),
    (
        [KEY % "k", '#EXT-X-MAP:URI="i",BYTERANGE="9@0"', "#EXT-X-KEY:METHOD=NONE"],
        [
            ABSOLUTE % "k",
            '#EXT-X-MAP:URI="http://o/v/i",BYTERANGE="9@0"',
            "#EXT-X-KEY:METHOD=NONE",
        ],
    ),
    (["#EXT-X-KEY:METHOD=NONE", KEY % "k"], [ABSOLUTE % "k"]),
    # Only the attribute URI is an address of its own.
    (
        ['#EXT-X-KEY:METHOD=AES-128,X-CERT-URI="c",URI="k"'],
        ['#EXT-X-KEY:METHOD=AES-128,X-CERT-URI="c",URI="http://o/v/k"'],
    ),
    (['#EXT-X-KEY:METHOD=SAMPLE-AES,URI="skd://k"'], ['#EXT-X-KEY:METHOD=SAMPLE-AES,URI="skd://k"']),
]


@pytest.mark.parametrize(("tags", "wanted"), STICKY)
def test_sticky_tags_of_a_segment(tags, wanted):
    (segment,) = parse("\n".join(["#EXTM3U", *tags, "#EXTINF:4,", "s"])).segments
    assert sticky_bytes(segment, None, "http://o/v/index.m3u8", str).decode().splitlines() == wanted


def test_keys_and_maps_come_from_where_content_does():
    (segment,) = parse(f'#EXTM3U\n{KEY % "k"}\n#EXT-X-MAP:URI="/i"\n#EXTINF:4,\ns').segments
    found = sticky_bytes(segment, None, "http://o/v/index.m3u8", lambda url: url.replace("http://o/v/", "cdn/"))
    assert found.decode().splitlines() == [KEY % "cdn/k", '#EXT-X-MAP:URI="http://o/i"']


def test_titles_gaps_and_strange_bytes_pass():
    body = "#EXTM3U\n#EXT-X-GAP\n#EXTINF:4,Title, one\ncaf\udce9.ts\n#EXTINF:4\nhttp://[bad/\n"
    first, second = parse(body).segments
    known = {"dated": False, "address": lambda url: url, "strip_cues": True}
    assert (
        content_bytes(first, "http://o/v", 0, **known) == b"#EXT-X-GAP\n#EXTINF:4.000,Title, one\nhttp://o/caf\xe9.ts\n"
    )
    assert content_bytes(second, "http://o/v", 0, **known) == b"#EXTINF:4.000,\nhttp://[bad/\n"


@pytest.mark.parametrize(
    ("value", "wanted"),
    [
        (4_000_000, "4.000"),
        (3_999_999, "3.999999"),
        (2_005_330, "2.00533"),
        (500, "0.0005"),
        (0, "0.000"),
        (10**9, "1000.000"),
    ],
)
def test_durations_are_exact(value, wanted):
    assert duration_text(value) == wanted
