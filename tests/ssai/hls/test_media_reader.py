"""Reading a playlist again and again equals reading each text alone."""

from dataclasses import dataclass, field

import pytest
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
    "#EXT-X-PROGRAM-DATE-TIME:2026-09-21T14:13:20.040+02:00",
    '#EXT-X-DATERANGE:ID="a",START-DATE="2026-09-21T14:13:20Z",SCTE35-OUT=0xFC',
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
    "#EXT-X-MEDIA-SEQUENCE:3",
)
LEADS = (
    '#EXT-X-MAP:URI="i"',
    '#EXT-X-KEY:METHOD=AES-128,URI="k1"',
    "#EXT-X-BITRATE:800",
    "#EXT-X-PROGRAM-DATE-TIME:2026-09-21T14:13:20Z",
    "# a comment",
)
TRAILERS = ("#EXT-X-CUE-IN", '#EXT-X-PRELOAD-HINT:TYPE=PART,URI="p"', "#EXT-X-ENDLIST", '#EXT-X-MAP:URI="i"')


@dataclass
class Origin:
    """A playlist while it lives: what a reload may find changed, one method each."""

    first: int = 7
    segments: list[list[str]] = field(default_factory=lambda: [["#EXTINF:4,", "all"] for _ in range(4)])
    header: list[str] = field(default_factory=list)
    sequence: int | None = None
    lead: list[str] = field(default_factory=list)
    trailer: list[str] = field(default_factory=list)
    ending: str = "\n"
    last_ending: bool = True
    cut: int = 0
    mark: str = ""
    names: int = 0

    def text(self) -> str:
        lines = [f"{self.mark}#EXTM3U", f"#EXT-X-MEDIA-SEQUENCE:{self.first}", *self.header]
        if self.sequence is not None:
            lines.append(f"#EXT-X-DISCONTINUITY-SEQUENCE:{self.sequence}")
        lines += self.lead
        for segment in self.segments:
            lines += segment
        text = self.ending.join([*lines, *self.trailer])
        whole = text + self.ending if self.last_ending else text
        return whole[: len(whole) - self.cut]


STEPS = st.one_of(
    st.tuples(st.just("append"), st.lists(st.lists(st.sampled_from(TAGS), max_size=3), min_size=1, max_size=3)),
    st.tuples(st.just("append"), st.lists(st.lists(st.sampled_from(TAGS), max_size=3), min_size=1, max_size=3)),
    st.tuples(st.just("remove"), st.integers(1, 5)),
    st.tuples(st.just("both"), st.lists(st.lists(st.sampled_from(TAGS), max_size=3), min_size=1, max_size=3)),
    st.tuples(st.just("none"), st.none()),
    st.tuples(st.just("rewrite"), st.tuples(st.integers(0, 9), st.lists(st.sampled_from(TAGS), max_size=2))),
    st.tuples(st.just("lead"), st.lists(st.sampled_from(LEADS), max_size=3)),
    st.tuples(st.just("sequence"), st.sampled_from((None, 0, 9, 10, 2**64))),
    st.tuples(st.just("cut"), st.integers(0, 9)),
    st.tuples(st.just("mark"), st.sampled_from(("", "\ufeff"))),
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
        case "lead":
            origin.lead = argument
        case "sequence":
            origin.sequence = argument
        case "cut":
            origin.cut = argument
        case "mark":
            origin.mark = argument
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


@dataclass
class Packager:
    """A window that slides: what is in force stands again at its head, dates stand on all or on the first."""

    dates: str
    sticky: tuple[str, ...]
    ending: str
    cues: dict[int, list[str]]

    def text(self, first: int, stop: int) -> str:
        discontinuities = sum("#EXT-X-DISCONTINUITY" in self.cues.get(number, ()) for number in range(first))
        lines = ["#EXTM3U", "#EXT-X-VERSION:6", "#EXT-X-TARGETDURATION:4", f"#EXT-X-MEDIA-SEQUENCE:{first}"]
        lines += [f"#EXT-X-DISCONTINUITY-SEQUENCE:{discontinuities}", *self.sticky]
        for number in range(first, stop):
            lines += self.cues.get(number, [])
            if self.dates == "all" or (self.dates == "first" and number == first):
                lines.append(f"#EXT-X-PROGRAM-DATE-TIME:2026-09-21T14:{number // 60:02d}:{number % 60:02d}.000Z")
            lines += ["#EXTINF:4.000,", f"https://origin.example/{number}.ts"]
        return self.ending.join([*lines, ""])


PACKAGERS = st.builds(
    Packager,
    dates=st.sampled_from(("all", "first", "none")),
    sticky=st.sampled_from(
        (
            (),
            ('#EXT-X-MAP:URI="i"',),
            ('#EXT-X-KEY:METHOD=AES-128,URI="k1"', '#EXT-X-MAP:URI="i"', "#EXT-X-BITRATE:800"),
        )
    ),
    ending=st.sampled_from(("\n", "\r\n")),
    cues=st.dictionaries(st.integers(0, 30), st.lists(st.sampled_from(TAGS), min_size=1, max_size=3), max_size=4),
)


@settings(max_examples=300, deadline=None, derandomize=True, database=None)
@given(PACKAGERS, st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3)), max_size=10))
def test_every_reload_of_a_sliding_window_equals_a_full_parse(packager, steps):
    first, stop, reader = 0, 6, MediaReader()
    for gone, more in [(0, 0), *steps]:
        first, stop = min(first + gone, stop - 1), stop + more
        text = packager.text(first, stop)
        assert reader.read(text) == parse(text)


@pytest.mark.parametrize("dates", ["all", "first", "none"])
@pytest.mark.parametrize("ending", ["\n", "\r\n"])
@pytest.mark.parametrize("sticky", [(), ('#EXT-X-MAP:URI="i"', '#EXT-X-KEY:METHOD=AES-128,URI="k1"')])
def test_of_a_sliding_window_only_the_head_is_made_anew(dates, ending, sticky):
    packager = Packager(dates, sticky, ending, {3: ["#EXT-X-DISCONTINUITY"], 4: ["#EXT-X-CUE-OUT:30"]})
    reader = MediaReader()
    before = reader.read(packager.text(0, 6))
    for first in range(1, 12):
        now = reader.read(packager.text(first, first + 6))
        assert all(here is there for here, there in zip(now.segments[1:-1], before.segments[2:], strict=True))
        before = now


LINES = st.one_of(
    st.sampled_from(
        (
            *TAGS,
            "#EXTINF:4,",
            "#EXTINF:3.9999999,a title, with a comma",
            "#EXTINF:12345,",
            "#EXTINF:4.,",
            "#EXTINF:4.000, ",
            "#EXT-X-PROGRAM-DATE-TIME:2026-09-21T14:13:20.123456Z",
            "#EXT-X-PROGRAM-DATE-TIME:2026-09-21T14:13:20.5+0000",
            "#EXT-X-PROGRAM-DATE-TIME:2026-09-21T24:00:00Z",
            "#EXT-X-PROGRAM-DATE-TIME:2026-12-31T23:59:60Z",
            "#EXT-X-PROGRAM-DATE-TIME:2026-02-30T00:00:00Z",
            "#EXT-X-PROGRAM-DATE-TIME:1969-12-31T23:59:59Z",
            "#EXT-X-PROGRAM-DATE-TIME:1970-01-01T00:00:00+00:00",
            "all",
            " all",
            "all\u00a0",
            "#all",
        )
    ),
    st.tuples(
        st.sampled_from(("#EXT-X-PROGRAM-DATE-TIME:", "#EXTINF:", "")), st.text(" #,.:-+0123456789TZae", max_size=25)
    ).map("".join),
)


@settings(max_examples=1500, deadline=None, derandomize=True, database=None)
@given(
    st.lists(
        st.one_of(LINES.map(lambda line: [line]), LINES.map(lambda line: [line, "#EXTINF:4,", "all"])), max_size=6
    ),
    st.sampled_from(("\n", "\r\n")),
)
def test_plain_lines_mean_at_once_what_they_mean_one_by_one(groups, ending):
    """A comment after each line means nothing, but no two lines are read at once then."""

    def read_lines(between: str, step: int):
        try:
            return parse("#EXTM3U\n" + "".join(line + ending + between for group in groups for line in group))
        except PlaylistError as error:
            return (error.line - 2) // step, error.tag, error.expected, error.found

    assert read_lines("", 1) == read_lines("#\n", 2)


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


def numbered(first, *lines):
    return "\n".join(["#EXTM3U", f"#EXT-X-MEDIA-SEQUENCE:{first}", *lines, ""])


A, B, C, D = (["#EXTINF:4,", name] for name in "abcd")
MAP = '#EXT-X-MAP:URI="i"'
SERIES = {
    "an address that goes on": (numbered(0, *A), numbered(0, *A, *B)[:-1], numbered(0, *A, *B)[:-1] + "c\n"),
    "a lead that ends within a line": (
        numbered(0, MAP + "# c", *A, "# c", *B, *C),
        numbered(1, MAP + "# c", *B, *C),
        numbered(2, MAP + "#EXTINF:4,", "c"),
    ),
    "a playlist-wide tag among what is repeated": (
        numbered(0, "#EXT-X-VERSION:5", MAP, *A, *B, *C, *D),
        numbered(1, MAP, "#EXT-X-VERSION:7", *B, *C, *D),
        numbered(1, MAP, *B, *C, *D),
        numbered(2, MAP, "#EXT-X-VERSION:7", *C, *D),
    ),
    "a playlist-wide tag between a segment's comes and goes": (
        numbered(0, *A, *B),
        numbered(0, "#EXT-X-CUE-OUT:9", "#EXT-X-VERSION:7", *A, *B),
        numbered(0, *A, *B, *C),
    ),
    "a playlist-wide tag between a segment's goes": (
        numbered(0, "#EXT-X-VERSION:5", *A, *B),
        numbered(0, "#EXT-X-CUE-OUT:9", "#EXT-X-VERSION:7", *A, *B),
        numbered(0, "#EXT-X-CUE-OUT:9", *A, *B, *C),
    ),
    "the number twice": (
        numbered(5, "#EXT-X-MEDIA-SEQUENCE:0", *A, *B, *C),
        numbered(6, "#EXT-X-MEDIA-SEQUENCE:0", *A, *B, *C, *D),
    ),
}


@pytest.mark.parametrize("texts", SERIES.values(), ids=SERIES)
def test_each_of_a_series_is_read_as_if_alone(texts):
    reader = MediaReader()
    for text in texts:
        assert read(reader, text) == alone(text)
