"""Media playlists interpreted: tables by hand, all that the shared data holds, and hostile text."""

import random

import m3u8
import pytest

from ssai.hls import interpreter, media
from ssai.hls.errors import PlaylistError
from ssai.hls.lines import decode
from ssai.hls.media import is_multivariant, parse
from ssai.hls.playlist import ByteRange, Key, Map

REFUSED = {
    "carlanton-m3u8-parser/open-m3u8/negativeDurationMediaPlaylist.m3u8": (3, "EXTINF", "a negative duration"),
    "eyevinn-hls-m3u8/bad-media-playlist-with-gap.m3u8": (7, "URI", "an address without EXTINF"),
    "eyevinn-hls-m3u8/media-playlist-with-discontinuity.m3u8": (1, "playlist", "a comment before EXTM3U (4.1)"),
    "eyevinn-hls-m3u8/media-playlist-with-iframes-only-and-map.m3u8": (6, "URI", "an address without EXTINF"),
    "eyevinn-hls-m3u8/media-playlist-with-iframes-only.m3u8": (5, "URI", "an address without EXTINF"),
    "globocom-m3u8/embedded/iptv_playlist_with_custom_tags.m3u8": (4, "EXTINF", "IPTV: -1 with attributes"),
    "globocom-m3u8/embedded/playlist_with_negative_media_sequence.m3u8": (4, "EXT-X-MEDIA-SEQUENCE", "negative"),
    "globocom-m3u8/embedded/simple_playlist_messy.m3u8": (6, "URI", "a line of junk is an address"),
    "globocom-m3u8/embedded/windows_playlist.m3u8": (1, "playlist", "a backslash before EXTM3U"),
    "videojs-m3u8-parser/empty.m3u8": (1, "playlist", "nothing"),
    "videojs-m3u8-parser/emptyTargetDuration.m3u8": (3, "EXT-X-STREAM-INF", "tags of both kinds"),
    "videojs-m3u8-parser/extinf.m3u8": (9, "EXTINF", "no number"),
    "videojs-m3u8-parser/invalidMediaSequence.m3u8": (3, "EXT-X-MEDIA-SEQUENCE", "no number"),
    "videojs-m3u8-parser/invalidTargetDuration.m3u8": (2, "EXT-X-TARGETDURATION", "no number"),
    "videojs-m3u8-parser/liveMissingSegmentDuration.m3u8": (8, "URI", "an address without EXTINF"),
    "videojs-m3u8-parser/llhls-byte-range.m3u8": (8, "EXT-X-BYTERANGE", "an offset without digits"),
    "videojs-m3u8-parser/manifestExtTTargetdurationNegative.m3u8": (2, "EXT-X-TARGETDURATION", "negative"),
    "videojs-m3u8-parser/manifestNoExtM3u.m3u8": (1, "playlist", "no EXTM3U"),
    "videojs-m3u8-parser/missingExtinf.m3u8": (8, "URI", "an address without EXTINF"),
    "videojs-m3u8-parser/missingSegmentDuration.m3u8": (8, "URI", "an address without EXTINF"),
    "videojs-m3u8-parser/multipleTargetDurations.m3u8": (2, "URI", "an address without EXTINF"),
    "videojs-m3u8-parser/negativeMediaSequence.m3u8": (3, "EXT-X-MEDIA-SEQUENCE", "negative"),
    "videojs-m3u8-parser/start.m3u8": (1, "playlist", "no EXTM3U"),
    "videojs-m3u8-parser/versionInvalid.m3u8": (3, "EXT-X-VERSION", "no number"),
}
"""(line, tag, why) of every media playlist in the shared data that is refused."""


def texts(data):
    return {
        file.relative_to(data / "hls").as_posix(): decode(file.read_bytes())
        for file in sorted((data / "hls").rglob("*.m3u8"))
    }


def test_every_playlist_of_the_shared_data_is_interpreted_or_refused_for_a_known_reason(data):
    refused, multivariant, interpreted = {}, 0, 0
    for name, text in texts(data).items():
        try:
            parse(text)
        except PlaylistError as error:
            if is_multivariant(text):
                multivariant += 1
            else:
                refused[name] = (error.line, error.tag)
        else:
            interpreted += 1
            assert not is_multivariant(text), name
    assert refused == {name: found[:2] for name, found in REFUSED.items()}
    assert multivariant > 60
    assert interpreted > 170


LIBRARY_REFUSES = {
    "carlanton-m3u8-parser/media/media-lenient.m3u8": "an unknown attribute of EXT-X-MAP",
    "globocom-m3u8/embedded/low_latency_omitted_attributes.m3u8": "a rendition report without LAST-MSN",
    "videojs-m3u8-parser/emptyMediaSequence.m3u8": "an empty EXT-X-MEDIA-SEQUENCE",
}
"""What is interpreted here and raises there."""


def test_the_library_agrees(data):
    """On every other playlist m3u8 finds the same segments, durations, discontinuities and numbers."""
    compared = 0
    for name, text in texts(data).items():
        if name in REFUSED or name in LIBRARY_REFUSES or is_multivariant(text):
            continue
        ours, theirs = parse(text), m3u8.loads(text)
        # A part at the end is a segment without an address there.
        listed = [segment for segment in theirs.segments if segment.uri is not None]
        assert [segment.uri for segment in ours.segments] == [segment.uri for segment in listed], name
        for here, there in zip(ours.segments, listed, strict=True):
            assert abs(here.duration - there.duration * 1e6) <= 1, name
            assert here.discontinuity == there.discontinuity, name
        assert (ours.first, ours.ended) == (theirs.media_sequence, theirs.is_endlist), name
        assert ours.target_duration == theirs.target_duration, name
        compared += 1
    assert compared > 170


HEAD = "#EXTM3U\n#EXT-X-TARGETDURATION:4\n"
NOON = 1_790_000_000_000_000
K1 = Key("AES-128", "identity", 'METHOD=AES-128,URI="k1"')
K2 = Key("AES-128", "identity", 'METHOD=AES-128,URI="k2"')
FP = Key("SAMPLE-AES", "fp", 'METHOD=SAMPLE-AES,URI="s",KEYFORMAT="fp"')

SEGMENTS = [
    ("plain", "#EXTINF:4,\na\n#EXTINF:3.5,title\nb\n", [{"uri": "a", "duration": 4_000_000}, {"duration": 3_500_000}]),
    ("without a last line ending", "#EXTINF:4,\na", [{"uri": "a"}]),
    ("CRLF", "#EXTINF:4,\r\na\r\n#EXT-X-DISCONTINUITY\r\n#EXTINF:4\r\nb\r\n", [{"uri": "a"}, {"discontinuity": True}]),
    ("blank lines and comments", "\n#EXTINF:4,\n\n# a comment\n#\n  \t\na\n", [{"uri": "a", "tags": ["EXTINF"]}]),
    ("white space around lines", "  #EXTINF:4,  \n\t a b \t\n", [{"uri": "a b", "duration": 4_000_000}]),
    ("a zero duration", "#EXTINF:0,\na\n", [{"duration": 0}]),
    ("the last EXTINF holds", "#EXTINF:4,\n#EXTINF:3,\na\n", [{"duration": 3_000_000}]),
    ("a long fraction", "#EXTINF:3.0000004999,\na\n", [{"duration": 3_000_000}]),
    (
        "a discontinuity holds once",
        "#EXT-X-DISCONTINUITY\n#EXTINF:4,\na\n#EXTINF:4,\nb\n",
        [{"discontinuity": True}, {"discontinuity": False}],
    ),
    (
        "a gap holds once",
        "#EXT-X-GAP\n#EXTINF:4,\na\n#EXTINF:4,\nb\n",
        [{"gap": True}, {"gap": False}],
    ),
    (
        "a date holds once",
        "#EXT-X-PROGRAM-DATE-TIME:2026-09-21T14:13:20.5Z\n#EXTINF:4,\na\n#EXTINF:4,\nb\n",
        [{"date": NOON + 500_000}, {"date": None}],
    ),
    (
        "a bit rate holds on",
        "#EXT-X-BITRATE:800\n#EXTINF:4,\na\n#EXTINF:4,\nb\n#EXT-X-BITRATE:x\n#EXTINF:4,\nc\n",
        [{"bitrate": 800}, {"bitrate": 800}, {"bitrate": None}],
    ),
    (
        "a key holds on until the next of its format",
        (
            f"#EXT-X-KEY:{K1.value}\n#EXTINF:4,\na\n#EXT-X-KEY:{FP.value}\n#EXTINF:4,\nb\n#EXT-X-KEY:{K2.value}\n"
            "#EXTINF:4,\nc\n"
        ),
        [{"keys": (K1,)}, {"keys": (K1, FP)}, {"keys": (FP, K2)}],
    ),
    (
        "METHOD=NONE ends every format",
        f"#EXT-X-KEY:{K1.value}\n#EXT-X-KEY:{FP.value}\n#EXTINF:4,\na\n#EXT-X-KEY:METHOD=NONE\n#EXTINF:4,\nb\n",
        [{"keys": (K1, FP)}, {"keys": ()}],
    ),
    (
        "a map holds on, with the keys that were in force where it stood",
        f'#EXT-X-MAP:URI="i"\n#EXT-X-KEY:{K1.value}\n#EXTINF:4,\na\n#EXT-X-MAP:URI="j"\n#EXTINF:4,\nb\n#EXTINF:4,\nc\n',
        [
            {"map": Map("i", 'URI="i"', ()), "keys": (K1,)},
            {"map": Map("j", 'URI="j"', (K1,))},
            {"map": Map("j", 'URI="j"', (K1,))},
        ],
    ),
    (
        "the same map under other keys is another",
        f'#EXT-X-KEY:{K1.value}\n#EXT-X-MAP:URI="i"\n#EXTINF:4,\na\n#EXT-X-KEY:{K2.value}\n#EXT-X-MAP:URI="i"\n#EXTINF:4,\nb\n',
        [{"map": Map("i", 'URI="i"', (K1,))}, {"map": Map("i", 'URI="i"', (K2,))}],
    ),
    (
        "a range without offset goes on where the one before of the same resource ended",
        (
            "#EXTINF:4,\n#EXT-X-BYTERANGE:100@50\na\n#EXTINF:4,\n#EXT-X-BYTERANGE:10\na\n#EXTINF:4,\n"
            '#EXT-X-BYTERANGE:"5"\na\n#EXTINF:4,\n#EXT-X-BYTERANGE:7\nb\n#EXTINF:4,\na\n#EXTINF:4,\n#EXT-X-BYTERANGE:3\na\n'
        ),
        [
            {"range": ByteRange(100, 50)},
            {"range": ByteRange(10, 150)},
            {"range": ByteRange(5, 160)},
            {"range": ByteRange(7, 0)},
            {"range": None},
            {"range": ByteRange(3, 0)},
        ],
    ),
    (
        "unknown tags stay with their segment, in order; playlist-wide ones do not",
        "#EXT-X-CUE-OUT:30\n#EXT-X-INDEPENDENT-SEGMENTS\n#ext-x-mine\n#EXTINF:4,\na\n#EXTINF:4,\nb\n",
        [{"tags": ["EXT-X-CUE-OUT", "ext-x-mine", "EXTINF"]}, {"tags": ["EXTINF"]}],
    ),
    ("no segments", "", []),
]


@pytest.mark.parametrize(("text", "wanted"), [case[1:] for case in SEGMENTS], ids=[case[0] for case in SEGMENTS])
def test_segments(text, wanted):
    found = parse(HEAD + text).segments
    assert len(found) == len(wanted)
    for segment, fields in zip(found, wanted, strict=True):
        for name, value in fields.items():
            got = [one.name for one in segment.tags] if name == "tags" else getattr(segment, name)
            assert got == value, name


def test_header():
    playlist = parse(
        "\ufeff\r\n #EXTM3U\n#EXT-X-VERSION:7\n#EXT-X-TARGETDURATION: 6 \n#EXT-X-MEDIA-SEQUENCE:41\n"
        "#EXT-X-DISCONTINUITY-SEQUENCE:3\n#EXT-X-PLAYLIST-TYPE: EVENT\n#EXT-X-INDEPENDENT-SEGMENTS\n#EXTINF:6,\na\n"
        "#EXT-X-CUE-OUT:5\n#EXT-X-ENDLIST\n"
    )
    assert (playlist.version, playlist.target_duration, playlist.first) == (7, 6, 41)
    assert (playlist.discontinuity_sequence, playlist.playlist_type) == (3, "EVENT")
    assert (playlist.independent, playlist.iframes_only, playlist.ended) == (True, False, True)
    assert [one.name for one in playlist.trailing] == ["EXT-X-CUE-OUT"]
    assert [one.name for one in playlist.header][-1] == "EXT-X-ENDLIST"


def test_absent_tags_are_none():
    playlist = parse("#EXTM3U\n#EXT-X-MEDIA-SEQUENCE:\n#EXTINF:4,\na\n")
    assert (playlist.version, playlist.target_duration, playlist.media_sequence, playlist.first) == (
        None,
        None,
        None,
        0,
    )
    assert (playlist.discontinuity_sequence, playlist.playlist_type) == (None, None)
    assert (playlist.independent, playlist.ended, playlist.trailing) == (False, False, ())


def test_numbers_reach_to_64_bits():
    assert parse(HEAD + f"#EXT-X-MEDIA-SEQUENCE:{2**64 - 1}\n").media_sequence == 2**64 - 1


ERRORS = [
    ("#EXTINF:4,\na\n", 1, "playlist"),
    ("#EXTM3U8\n", 1, "playlist"),
    ("", 1, "playlist"),
    (HEAD + "a\n", 3, "URI"),
    (HEAD + "#EXTINF:4,\na\nb\n", 5, "URI"),
    (HEAD + "#EXTINF:\na\n", 3, "EXTINF"),
    (HEAD + "#EXTINF:-1,\na\n", 3, "EXTINF"),
    (HEAD + "#EXTINF:1e3,\na\n", 3, "EXTINF"),
    (HEAD + "#EXTINF:86400.000001,\na\n", 3, "EXTINF"),
    (HEAD + "#EXTINF:" + "9" * 400 + ",\na\n", 3, "EXTINF"),
    (HEAD + "#EXT-X-PROGRAM-DATE-TIME:soon\n", 3, "EXT-X-PROGRAM-DATE-TIME"),
    (HEAD + "#EXT-X-PROGRAM-DATE-TIME:9999-12-31T23:59:59Z\n", 3, "EXT-X-PROGRAM-DATE-TIME"),
    (HEAD + "#EXT-X-PROGRAM-DATE-TIME:0001-01-01T00:00:00+23:00\n", 3, "EXT-X-PROGRAM-DATE-TIME"),
    (HEAD + "#EXT-X-MAP:BYTERANGE=1@0\n", 3, "EXT-X-MAP"),
    (HEAD + "#EXT-X-KEY:URI=k\n", 3, "EXT-X-KEY"),
    (HEAD + "".join(f'#EXT-X-KEY:METHOD=X,URI="k",KEYFORMAT="{n}"\n' for n in range(20)), 19, "EXT-X-KEY"),
    (HEAD + "#EXT-X-KEY:METHOD=AES-128\n", 3, "EXT-X-KEY"),
    (HEAD + "#EXTINF:4,\n#EXT-X-BYTERANGE:x\na\n", 5, "EXT-X-BYTERANGE"),
    (HEAD + "#EXT-X-BYTERANGE:x\n#EXTINF:4,\na\n", 5, "EXT-X-BYTERANGE"),
    (HEAD + "#EXT-X-STREAM-INF:BANDWIDTH=1\n", 3, "EXT-X-STREAM-INF"),
    (HEAD + f"#EXT-X-MEDIA-SEQUENCE:{2**64}\n", 3, "EXT-X-MEDIA-SEQUENCE"),
    (HEAD + "#EXT-X-VERSION:\u0663\n", 3, "EXT-X-VERSION"),
    # Of a tag that stands twice the last is read, and the error names its line.
    (HEAD + "#EXTINF:4,\na\n#EXT-X-TARGETDURATION:x\n", 5, "EXT-X-TARGETDURATION"),
    (HEAD + "#EXT-X-DISCONTINUITY-SEQUENCE:-1\n", 3, "EXT-X-DISCONTINUITY-SEQUENCE"),
]


@pytest.mark.parametrize(("text", "line", "tag"), ERRORS)
def test_errors_name_line_and_tag(text, line, tag):
    with pytest.raises(PlaylistError) as caught:
        parse(text)
    assert (caught.value.line, caught.value.tag) == (line, tag)
    assert len(str(caught.value)) < 250


def test_a_line_may_be_long_but_not_endless():
    long = "a" * interpreter.MAX_LINE
    assert parse(HEAD + "#EXTINF:4,\n" + long + "\n").segments[0].uri == long
    for line in (long + "a", "#EXT-X-MINE:" + long):
        with pytest.raises(PlaylistError, match="at most 1048576 characters"):
            parse(HEAD + "#EXTINF:4,\n" + line + "\n")


def test_text_and_segments_are_bounded(monkeypatch):
    monkeypatch.setattr(media, "MAX_SEGMENTS", 5)
    monkeypatch.setattr(media, "MAX_TEXT", 200)
    assert len(parse(HEAD + "#EXTINF:4,\na\n" * 5).segments) == 5
    with pytest.raises(PlaylistError, match="at most 5 segments"):
        parse(HEAD + "#EXTINF:4,\na\n" * 6)
    with pytest.raises(PlaylistError, match="at most 200 characters"):
        parse(HEAD + "#" + "a" * 200)


@pytest.mark.parametrize(
    ("text", "yes"),
    [
        ("#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1\nv\n", True),
        ("#EXTM3U\r\n#EXT-X-MEDIA:TYPE=AUDIO\r\n", True),
        ("#EXTM3U\n#EXTINF:4,\na\n#EXT-X-STREAM-INF:\n", False),
        ("#EXTM3U\n#EXT-X-VERSION:3\n", False),
        ("", False),
    ],
)
def test_kind(text, yes):
    assert is_multivariant(text) is yes


def test_mutated_playlists_give_a_playlist_or_the_one_error(data):
    """Lines deleted, doubled, swapped and cut, bytes flipped: nothing but PlaylistError ever comes out."""
    rng = random.Random(20)
    outcomes = {True: 0, False: 0}
    for text in texts(data).values():
        if len(text) > 20_000:
            continue
        for _ in range(12):
            try:
                parse(mutated(text, rng))
                outcomes[True] += 1
            except PlaylistError:
                outcomes[False] += 1
    assert min(outcomes.values()) > 500


def mutated(text, rng):
    lines = text.split("\n")
    for _ in range(rng.randint(1, 3)):
        place, other = rng.randrange(len(lines)), rng.randrange(len(lines))
        match rng.randrange(6):
            case 0:
                lines[place] = ""
            case 1:
                lines.insert(other, lines[place])
            case 2:
                lines[place], lines[other] = lines[other], lines[place]
            case 3:
                lines[place] = lines[place][: rng.randrange(len(lines[place]) + 1)]
            case 4:
                body = bytearray(lines[place].encode("utf-8", "surrogateescape") or b"x")
                body[rng.randrange(len(body))] ^= 1 << rng.randrange(8)
                lines[place] = decode(bytes(body))
            case _:
                lines[place] = lines[place].replace("1", "9" * rng.choice((1, 25, 400)), 1)
    return "\n".join(lines)
