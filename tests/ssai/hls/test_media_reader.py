"""Reading a playlist again and again equals reading each text alone."""

from dataclasses import dataclass, field

from hypothesis import given, settings
from hypothesis import strategies as st

from ssai.hls.errors import PlaylistError
from ssai.hls.media import MediaReader, parse

TAGS = (
    "#EXT-X-DISCONTINUITY",
    "#EXT-X-KEY:METHOD=NONE",
    '#EXT-X-KEY:METHOD=AES-128,URI="k1"',
    '#EXT-X-KEY:METHOD=SAMPLE-AES,URI="k2",KEYFORMAT="f"',
    '#EXT-X-MAP:URI="i"',
    '#EXT-X-MAP:URI="j"',
    "#EXT-X-BITRATE:800",
    "#EXT-X-BITRATE:?",
    "#EXT-X-GAP",
    "#EXT-X-CUE-OUT:30",
    "#EXT-X-CUE-IN",
    "#EXT-X-PROGRAM-DATE-TIME:2026-09-21T14:13:20Z",
    "#EXT-X-BYTERANGE:10",
    "#EXT-X-BYTERANGE:10@500",
    # Playlist-wide tags may stand anywhere.
    "#EXT-X-INDEPENDENT-SEGMENTS",
    "#EXT-X-VERSION:7",
    "# a comment",
    "",
)
HEADERS = (
    "#EXT-X-VERSION:6",
    "#EXT-X-PLAYLIST-TYPE:EVENT",
    "#EXT-X-DISCONTINUITY-SEQUENCE:2",
    '#EXT-X-MAP:URI="i"',
    "#EXT-X-CUE-OUT:9",
)
TRAILERS = ("#EXT-X-CUE-IN", '#EXT-X-PRELOAD-HINT:TYPE=PART,URI="p"', "#EXT-X-ENDLIST", '#EXT-X-MAP:URI="i"')


@dataclass
class Origin:
    """A playlist while it lives: what a reload may find changed, one method each."""

    first: int = 7
    segments: list[list[str]] = field(default_factory=lambda: [["#EXTINF:4,", "all"] for _ in range(4)])
    header: list[str] = field(default_factory=list)
    trailer: list[str] = field(default_factory=list)
    ending: str = "\n"
    last_ending: bool = True
    names: int = 0

    def text(self) -> str:
        lines = ["#EXTM3U", f"#EXT-X-MEDIA-SEQUENCE:{self.first}", *self.header]
        for segment in self.segments:
            lines += segment
        text = self.ending.join([*lines, *self.trailer])
        return text + self.ending if self.last_ending else text


STEPS = st.one_of(
    st.tuples(st.just("append"), st.lists(st.lists(st.sampled_from(TAGS), max_size=3), min_size=1, max_size=3)),
    st.tuples(st.just("append"), st.lists(st.lists(st.sampled_from(TAGS), max_size=3), min_size=1, max_size=3)),
    st.tuples(st.just("remove"), st.integers(1, 5)),
    st.tuples(st.just("both"), st.lists(st.lists(st.sampled_from(TAGS), max_size=3), min_size=1, max_size=3)),
    st.tuples(st.just("none"), st.none()),
    st.tuples(st.just("rewrite"), st.tuples(st.integers(0, 9), st.lists(st.sampled_from(TAGS), max_size=2))),
    st.tuples(st.just("header"), st.lists(st.sampled_from(HEADERS), max_size=2)),
    st.tuples(st.just("trailer"), st.lists(st.sampled_from(TRAILERS), max_size=2)),
    st.tuples(st.just("epoch"), st.integers(0, 20)),
    st.tuples(st.just("ending"), st.sampled_from(("\n", "\r\n"))),
    st.tuples(st.just("last"), st.booleans()),
    # A number that does not say what was removed: only the text counts.
    st.tuples(st.just("misnumber"), st.integers(-3, 3)),
    st.tuples(st.just("broken"), st.sampled_from(("#EXTINF:x,", "no duration", "#EXT-X-MEDIA-SEQUENCE:-1"))),
)


def change(origin: Origin, name: str, argument) -> None:
    match name:
        case "append" | "both":
            if name == "both":
                change(origin, "remove", 1)
            for tags in argument:
                origin.names += 1
                # Every third segment has a name of its own; ranges without offsets go on in the others.
                uri = f"s{origin.names}" if origin.names % 3 == 0 else "all"
                origin.segments.append([*tags, "#EXTINF:4,", uri])
        case "remove":
            gone = min(argument, max(0, len(origin.segments) - 1))
            del origin.segments[:gone]
            origin.first += gone
        case "rewrite":
            place, tags = argument
            if origin.segments:
                segment = origin.segments[place % len(origin.segments)]
                segment[:-2] = tags
        case "header":
            origin.header = argument
        case "trailer":
            origin.trailer = argument
        case "epoch":
            origin.first, origin.segments = argument, origin.segments[-2:]
        case "ending":
            origin.ending = argument
        case "last":
            origin.last_ending = argument
        case "misnumber":
            origin.first = max(0, origin.first + argument)


def alone(text: str):
    try:
        return parse(text)
    except PlaylistError as error:
        return str(error)


def read(reader: MediaReader, text: str):
    try:
        return reader.read(text)
    except PlaylistError as error:
        return str(error)


@settings(max_examples=600, deadline=None, derandomize=True, database=None)
@given(st.lists(STEPS, max_size=12))
def test_every_reload_equals_a_full_parse(steps):
    origin, reader = Origin(), MediaReader()
    for name, argument in [("none", None), *steps]:
        change(origin, name, argument)
        text = origin.text()
        if name == "broken":
            lines = text.split("\n")
            lines.insert(len(lines) // 2, argument)
            text = "\n".join(lines)
        assert read(reader, text) == alone(text)


def test_what_did_not_change_is_the_same_object():
    reader = MediaReader()
    head = "#EXTM3U\n#EXT-X-MEDIA-SEQUENCE:%d\n"
    texts = [f"#EXTINF:4,\n{name}\n" for name in "abcdefgh"]
    first = reader.read(head % 0 + "".join(texts[:6]))
    second = reader.read(head % 2 + "".join(texts[2:]))
    assert all(here is there for here, there in zip(second.segments, first.segments[2:], strict=False))
    assert [segment.uri for segment in second.segments] == list("cdefgh")
    assert reader.read(head % 2 + "".join(texts[2:])) is second


def test_an_error_leaves_what_was_read():
    reader = MediaReader()
    good = "#EXTM3U\n#EXTINF:4,\na\n"
    playlist = reader.read(good)
    assert isinstance(read(reader, good + "b\n"), str)
    assert reader.read(good) is playlist


def test_a_range_goes_on_from_a_segment_that_was_removed_only_as_a_full_parse_says():
    """The offset of the new head is lost with the segment before it: no rendition may take it from memory."""
    reader = MediaReader()
    ranges = "#EXTINF:4,\n#EXT-X-BYTERANGE:10\nall\n"
    reader.read("#EXTM3U\n#EXT-X-MEDIA-SEQUENCE:0\n" + ranges * 3)
    assert [
        segment.range.offset for segment in reader.read("#EXTM3U\n#EXT-X-MEDIA-SEQUENCE:1\n" + ranges * 3).segments
    ] == [
        0,
        10,
        20,
    ]


def after(first, second):
    """What a reader that read ``first`` says of ``second``."""
    reader = MediaReader()
    reader.read("#EXTM3U\n" + first)
    return reader.read("#EXTM3U\n" + second)


def test_a_text_that_broke_off_inside_an_address_goes_on_as_it_should():
    whole = "#EXTINF:4,\na\n#EXTINF:4,\nbcd\n"
    assert after(whole[:-3], whole) == parse("#EXTM3U\n" + whole)


def test_a_range_goes_on_only_in_the_resource_that_stands_before_it_now():
    rest = "#EXTINF:4,\n#EXT-X-BYTERANGE:5\nall\n"
    first = "#EXTINF:4,\n#EXT-X-BYTERANGE:10@0\n%s\n"
    found = after(first % "all" + rest, first % "other" + rest)
    assert [segment.range.offset for segment in found.segments] == [0, 0]
