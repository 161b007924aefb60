"""Whole playlists by hand: a small channel, one seat, and the text that a player gets. TD is 4 s."""

import pytest

from domain.pod import Creative, Pod, Slate
from domain.units import SECOND, Microseconds, date
from ssai.channel.version import ChannelVersion
from ssai.stitch.plan import plan, start_mark
from ssai.stitch.render import AdSegment
from ssai.stitch.view import STRETCH, ContentCache, View
from tests.ssai.channel.live_text import RULES, at, opening, reload, text

SLATE = Slate(Creative("slate", (Microseconds(2 * SECOND),) * 8), (Creative("small", (Microseconds(SECOND),)),))
AD = Creative("ad", (Microseconds(2 * SECOND),) * 3)
OTHER = Creative("other", (Microseconds(2 * SECOND),))
POD = Pod((AD, OTHER))
OUT8 = {6: ["#EXT-X-CUE-OUT:8"]}


class Media:
    """Addresses that tell what they are; durations a little off the nominal ones, as audio's are."""

    def segment(self, creative, rendition, index):
        duration = Microseconds(2_005_333 if rendition == "a" else 2_000_000)
        return AdSegment(f"/ads/{creative}/{rendition}/{index}.ts", duration)


class Seat:
    """One seat over a channel's life: pods by break, offsets folded as breaks leave."""

    def __init__(self, version: ChannelVersion, join=0, pod=POD, address=lambda url: url, strip_cues=True) -> None:
        self.version, self.join, self.pod = version, join, pod
        self.contents = {name: ContentCache(address, strip_cues=strip_cues) for name in version.windows}

    def lines(self, name="v", numbers=0, sequences=0, minimum=3):
        version = self.version
        view = View(version, name, self.contents[name], Media(), minimum)
        edges = (version.reached, version.shown_edge)
        plans = [
            plan(record, self.pod, SLATE, start, RULES, edges)
            for record in version.breaks
            if not record.dropped and not record.folded and (start := start_mark(record, self.join)) is not None
        ]
        return view.playlist(plans, numbers, sequences).decode().splitlines()

    def shown(self, name="v", numbers=0, sequences=0):
        """``MEDIA-SEQUENCE/DISCONTINUITY-SEQUENCE`` and the addresses, ``*`` before a tagged one."""
        lines, tagged, found = self.lines(name, numbers, sequences), False, []
        head = dict(line.split(":", 1) for line in lines if "-SEQUENCE:" in line)
        for line in lines:
            if line == "#EXT-X-DISCONTINUITY":
                tagged = True
            elif not line.startswith("#"):
                found.append("*" * tagged + line.removeprefix(f"http://o/{name}/").removesuffix(".ts"))
                tagged = False
        found = [uri.replace("/ads/", "").replace(f"/{name}/", "") for uri in found]
        return f"{head['#EXT-X-MEDIA-SEQUENCE']}/{head['#EXT-X-DISCONTINUITY-SEQUENCE']} {' '.join(found)}"


def test_content_alone():
    assert Seat(opening(v=text(3, 2))).lines() == [
        "#EXTM3U",
        "#EXT-X-VERSION:3",
        "#EXT-X-TARGETDURATION:4",
        "#EXT-X-MEDIA-SEQUENCE:3",
        "#EXT-X-DISCONTINUITY-SEQUENCE:0",
        f"#EXT-X-PROGRAM-DATE-TIME:{date(at(12))}",
        "#EXTINF:4.000,",
        "http://o/v/s3.ts",
        f"#EXT-X-PROGRAM-DATE-TIME:{date(at(16))}",
        "#EXTINF:4.000,",
        "http://o/v/s4.ts",
    ]


def test_a_break_of_8_s_word_by_word():
    version = reload(opening(v=text(4, 2)), v=text(4, 5, tags={6: ["#EXT-X-CUE-OUT:8"], 8: ["#EXT-X-CUE-IN"]}))
    assert Seat(version).lines()[5:] == [
        f"#EXT-X-PROGRAM-DATE-TIME:{date(at(16))}",
        "#EXTINF:4.000,",
        "http://o/v/s4.ts",
        f"#EXT-X-PROGRAM-DATE-TIME:{date(at(20))}",
        "#EXTINF:4.000,",
        "http://o/v/s5.ts",
        "#EXT-X-DISCONTINUITY",
        f"#EXT-X-PROGRAM-DATE-TIME:{date(at(24))}",
        "#EXTINF:2.000,",
        "/ads/ad/v/0.ts",
        f"#EXT-X-PROGRAM-DATE-TIME:{date(at(26))}",
        "#EXTINF:2.000,",
        "/ads/ad/v/1.ts",
        f"#EXT-X-PROGRAM-DATE-TIME:{date(at(28))}",
        "#EXTINF:2.000,",
        "/ads/ad/v/2.ts",
        "#EXT-X-DISCONTINUITY",
        f"#EXT-X-PROGRAM-DATE-TIME:{date(at(30))}",
        "#EXTINF:2.000,",
        "/ads/other/v/0.ts",
        "#EXT-X-DISCONTINUITY",
        f"#EXT-X-PROGRAM-DATE-TIME:{date(at(32))}",
        "#EXTINF:4.000,",
        "http://o/v/s8.ts",
    ]


def test_each_rendition_has_its_own_durations_and_the_same_times():
    version = reload(opening(v=text(4, 2), a=text(4, 2)), v=text(4, 5, tags=OUT8), a=text(4, 5))
    seat = Seat(version)
    assert "#EXTINF:2.005333," in seat.lines("a")
    assert [line for line in seat.lines("a") if "DATE-TIME" in line] == [
        line for line in seat.lines("v") if "DATE-TIME" in line
    ]
    assert seat.shown("a") == seat.shown("v")


LIFE = [
    # (origin's first and count, what the seat sees). Six segments of 4 s; s6 and s7 are replaced by four items of 2 s.
    ((0, 6), "0/0 s0 s1 s2 s3 s4 s5"),
    ((1, 6), "1/0 s1 s2 s3 s4 s5 *ad0 ad1"),
    ((2, 6), "2/0 s2 s3 s4 s5 *ad0 ad1 ad2 *other0"),
    ((3, 6), "3/0 s3 s4 s5 *ad0 ad1 ad2 *other0 *s8"),
    ((5, 6), "5/0 s5 *ad0 ad1 ad2 *other0 *s8 s9 s10"),
    # f + k + O: the head is inside the break; the tag of an item that left is counted.
    ((6, 6), "6/0 *ad0 ad1 ad2 *other0 *s8 s9 s10 s11"),
    ((7, 6), "8/1 ad2 *other0 *s8 s9 s10 s11 s12"),
    # R + A - N = 8 + 4 - 2, and the tag of s8 is still there.
    ((8, 6), "10/2 *s8 s9 s10 s11 s12 s13"),
    ((9, 6), "11/3 s9 s10 s11 s12 s13 s14"),
]


def test_a_seats_window_slides_over_a_break():
    version, folded = None, (0, 0)
    for (first, count), wanted in LIFE:
        body = text(first, count, tags=OUT8)
        version = opening(v=body) if version is None else reload(version, v=body)
        seat = Seat(version)
        if any(record.folded for record in version.breaks):
            # A - N and G + rho - X, as the plan says of the settled break.
            settled = plan(version.breaks[0], POD, SLATE, 0, RULES, (0, 0))
            folded = settled.growth("v", adjacent=False)
            assert folded == (2, 3)
        assert seat.shown("v", *folded) == wanted
    assert version is not None
    assert version.breaks[0].folded


def test_offsets_of_folded_breaks_are_added():
    assert Seat(opening(v=text(3, 2))).shown("v", 7, 5) == "10/5 s3 s4"


def test_a_short_pod_is_filled_with_slate():
    version = reload(opening(v=text(0, 6)), v=text(0, 9, tags={6: ["#EXT-X-CUE-OUT:9"]}))
    seat = Seat(reload(version, v=text(0, 10)), pod=Pod((OTHER,)))
    # The planned end, 33 s, has no boundary: C is 36. Ads to 26, slate from there.
    assert seat.shown() == "0/0 s0 s1 s2 s3 s4 s5 *other0 *slate0 slate1 slate2 slate3 slate4 *s9"


def test_a_seat_without_a_pod_sees_the_content():
    version = reload(opening(v=text(0, 6)), v=text(4, 5, tags=OUT8))
    seat = Seat(version, join=at(32))
    assert seat.shown() == "4/0 s4 s5 s6 s7 s8"
    # So does one whose pod comes to nothing in it.
    late = reload(opening(v=text(0, 8)), v=text(4, 5, tags={5: ["#EXT-X-CUE-OUT:8"]}))
    assert Seat(late).shown() == "4/0 s4 s5 s6 s7 s8"


def test_who_joins_inside_starts_at_a_mark():
    version = reload(opening(v=text(0, 6)), v=text(4, 5, tags=OUT8))
    assert Seat(version, join=at(28)).shown() == "4/0 s4 s5 s6 *ad0 ad1 *s8"


def test_back_to_back_rho_is_0():
    """The second break starts at the first one's R: one tag there, its first item's."""
    tags = OUT8 | {8: ["#EXT-X-CUE-OUT:4"]}
    version = reload(opening(v=text(0, 6)), v=text(5, 6, tags=tags))
    assert Seat(version).shown() == "5/0 s5 *ad0 ad1 ad2 *other0 *ad0 ad1 *s9 s10"
    version = reload(version, v=text(8, 6, tags=tags))
    assert version.windows["v"].first == 8
    # 8 + (4 - 2); tags of ad and other have left, the next stands.
    assert Seat(version).shown() == "10/2 *ad0 ad1 *s9 s10 s11 s12 s13"


def test_the_origins_own_tag_at_the_return_is_not_doubled():
    tags = OUT8 | {8: ["#EXT-X-DISCONTINUITY"]}
    version = reload(opening(v=text(0, 6)), v=text(5, 6, tags=tags))
    assert Seat(version).shown() == "5/0 s5 *ad0 ad1 ad2 *other0 *s8 s9 s10"
    version = reload(version, v=text(9, 6, tags=tags))
    assert Seat(version).shown(
        "v", *plan(version.breaks[0], POD, SLATE, 0, RULES, (0, 0)).growth("v", adjacent=False)
    ) == ("11/3 s9 s10 s11 s12 s13 s14")


def test_tags_inside_what_is_replaced_are_taken_off_the_numbers():
    tags = OUT8 | {6: ["#EXT-X-CUE-OUT:8", "#EXT-X-DISCONTINUITY"], 7: ["#EXT-X-DISCONTINUITY"]}
    version = reload(opening(v=text(0, 6)), v=text(5, 6, tags=tags))
    assert Seat(version).shown() == "5/0 s5 *ad0 ad1 ad2 *other0 *s8 s9 s10"
    folded = reload(version, v=text(9, 6, tags=tags))
    growth = plan(folded.breaks[0], POD, SLATE, 0, RULES, (0, 0)).growth("v", adjacent=False)
    # D of s9 is 2 at the origin; the seat has seen three tags.
    assert (growth, Seat(folded).shown("v", *growth)) == ((2, 1), "11/3 s9 s10 s11 s12 s13 s14")


def test_nothing_published_changes_while_a_break_grows():
    """Rule 1: a number keeps its address, numbers never fall, and the end never goes back."""
    tags = {6: ["#EXT-X-CUE-OUT"], 11: ["#EXT-X-CUE-IN"]}
    version, before = opening(v=text(0, 6)), {}
    for first in range(1, 14):
        version = reload(version, v=text(first, 6, tags=tags))
        seat = Seat(version)
        folded = (0, 0)
        if version.breaks and version.breaks[0].folded:
            folded = plan(version.breaks[0], POD, SLATE, 0, RULES, (0, 0)).growth("v", adjacent=False)
        lines = seat.lines("v", *folded)
        number = int(next(line for line in lines if "MEDIA-SEQUENCE" in line).split(":")[1])
        uris = [line for line in lines if not line.startswith("#")]
        now = dict(enumerate(uris, number))
        assert number >= min(before, default=0)
        assert {n: uri for n, uri in before.items() if n in now} == {n: now[n] for n in before if n in now}
        assert max(now) >= max(before, default=0)
        before = now


# The header, which is fixed at the first response.


def test_the_header_stays_as_it_was_first():
    head = ["#EXT-X-VERSION:6", "#EXT-X-INDEPENDENT-SEGMENTS"]
    version = opening(v=text(0, 6, header=head))
    first = Seat(version).lines()[:4]
    assert first == ["#EXTM3U", "#EXT-X-VERSION:6", "#EXT-X-TARGETDURATION:4", "#EXT-X-INDEPENDENT-SEGMENTS"]
    later = text(1, 6, tags=OUT8).replace("TARGETDURATION:4", "TARGETDURATION:9")
    assert Seat(reload(version, v=later)).lines()[:4] == first


@pytest.mark.parametrize(("stated", "minimum", "version"), [(None, 3, 3), (3, 6, 6), (7, 6, 7)])
def test_version_is_what_the_origin_and_the_creatives_need(stated, minimum, version):
    header = [] if stated is None else [f"#EXT-X-VERSION:{stated}"]
    assert Seat(opening(v=text(0, 2, header=header))).lines(minimum=minimum)[1] == f"#EXT-X-VERSION:{version}"


def test_an_event_says_so():
    for kind in ("EVENT", "VOD"):
        tag = f"#EXT-X-PLAYLIST-TYPE:{kind}"
        assert tag in Seat(opening(v=text(0, 6, header=[tag]))).lines()
    other = text(0, 6, header=["#EXT-X-PLAYLIST-TYPE:OTHER"])
    assert not any("PLAYLIST-TYPE" in line for line in Seat(opening(v=other)).lines())
    assert not any("PLAYLIST-TYPE" in line for line in Seat(opening(v=text(0, 6))).lines())


def test_endlist_stands_once_all_is_exposed():
    version = opening(v=text(0, 6), a=text(0, 5))
    version = reload(version, v=text(0, 6, ended=True))
    assert "#EXT-X-ENDLIST" not in Seat(version).lines()
    version = reload(version, a=text(0, 6, ended=True))
    assert Seat(version).lines()[-1] == "#EXT-X-ENDLIST"
    assert Seat(version).lines("a")[-1] == "#EXT-X-ENDLIST"


# Segments as bytes.


def test_a_channel_without_dates_has_none_on_ads_either():
    version = reload(opening(v=text(0, 6, dates="none")), v=text(4, 5, dates="none", tags=OUT8))
    lines = Seat(version).lines()
    assert not any("DATE-TIME" in line for line in lines)
    assert "/ads/ad/v/0.ts" in lines


def test_dates_of_the_origin_hold_after_its_clock_was_set_back():
    version = reload(opening(v=text(0, 6)), v=text(6, 4, start=-76, tags={7: ["#EXT-X-CUE-OUT:8"]}))
    lines = Seat(version).lines()
    assert lines[lines.index("/ads/ad/v/0.ts") - 2] == f"#EXT-X-PROGRAM-DATE-TIME:{date(at(-72))}"


def test_a_segment_without_a_date_is_on_the_origins_clock():
    dates = {k: [f"#EXT-X-PROGRAM-DATE-TIME:{date(at(second))}"] for k, second in ((0, 0), (6, -100))}
    version = reload(opening(v=text(0, 6, dates="none", tags=dates)), v=text(0, 8, dates="none", tags=dates))
    assert Seat(version).lines()[-3:] == [
        f"#EXT-X-PROGRAM-DATE-TIME:{date(at(-96))}",
        "#EXTINF:4.000,",
        "http://o/v/s7.ts",
    ]


def test_content_keeps_the_date_that_the_origin_wrote():
    """Although the segment before it was served to 28 s, so that channel time cannot go back."""
    version = reload(opening(v=text(0, 7)), v=text(0, 8).replace(date(at(28)), date(at(27.7))))
    assert version.windows["v"].start(7) == at(28)
    assert f"#EXT-X-PROGRAM-DATE-TIME:{date(at(27.7))}" in Seat(version).lines()


def test_cue_tags_are_stripped_or_kept():
    tags = {
        4: ["#EXT-X-CUE-OUT-CONT:1/9", f'#EXT-X-DATERANGE:ID="s",START-DATE="{date(at(16))}",SCTE35-IN=0xFC'],
        5: ["#EXT-X-CUE-IN", f'#EXT-X-DATERANGE:ID="100%",START-DATE="{date(at(20))}",CLASS="x"', "#EXT-X-UNKNOWN:a:b"],
    }
    version = opening(v=text(4, 2, tags=tags))
    stripped, kept = Seat(version).lines(), Seat(version, join=at(99), strip_cues=False).lines()
    assert [line for line in stripped if line in tags[4] + tags[5]] == tags[5][1:]
    # Date ranges come first.
    assert [line for line in kept if line in tags[4] + tags[5]] == [
        tags[4][1],
        tags[5][1],
        tags[4][0],
        tags[5][0],
        tags[5][2],
    ]


def test_a_date_range_stays_while_its_dates_are_listed():
    """4.4.5.1: also when an ad stands where it was written, and when that segment has left."""
    tag = f'#EXT-X-DATERANGE:ID="show",START-DATE="{date(at(28))}",DURATION=20'
    tags = {6: ["#EXT-X-CUE-OUT:12"], 7: [tag]}
    version = opening(v=text(0, 6))
    listed = {}
    for count in range(7, 22):
        version = reload(version, v=text(max(0, count - 5), min(count, 5), tags=tags))
        listed[(version.windows["v"].head - at(0)) // SECOND] = tag in Seat(version).lines()
    assert listed == {second: 8 < second <= 48 for second in listed}
    assert max(listed) > 48


def test_a_date_range_is_told_again_with_its_end():
    first = f'#EXT-X-DATERANGE:ID="show",START-DATE="{date(at(4))}"'
    again = f'{first},END-DATE="{date(at(30))}"'
    version = reload(opening(v=text(0, 3, tags={1: [first]})), v=text(0, 4, tags={1: [first], 3: [again]}))
    assert [line for line in Seat(version).lines() if "DATERANGE" in line] == [first, again]
    assert version.windows["v"].ranges[0].end == at(30)
    assert (
        reload(version, v=text(0, 5, tags={1: [first], 3: [again]})).windows["v"].ranges == version.windows["v"].ranges
    )


@pytest.mark.parametrize("line", ['START-DATE="x"', "DURATION=1", 'START-DATE="2026-01-01T00:00:00Z",DURATION=x'])
def test_what_cannot_be_read_is_no_date_range(line):
    version = opening(v=text(0, 3, tags={1: [f'#EXT-X-DATERANGE:ID="a",{line}', "#EXT-X-DATERANGE:CLASS=1"]}))
    assert "DATERANGE" not in "".join(Seat(version).lines())


def test_content_comes_from_the_cdn():
    seat = Seat(
        opening(v=text(0, 1, name="../x/s{}.ts?a=1")), address=lambda url: url.replace("http://o/", "https://cdn/")
    )
    assert seat.lines()[-1] == "https://cdn/x/s0.ts?a=1"


def test_parts_and_playlist_wide_tags_do_not_pass():
    body = text(0, 2, tags={1: ['#EXT-X-PART:DURATION=1,URI="p"']}, trailing=['#EXT-X-PRELOAD-HINT:TYPE=PART,URI="q"'])
    body = body.replace(
        "#EXT-X-MEDIA", "#EXT-X-SERVER-CONTROL:CAN-BLOCK-RELOAD=YES\n#EXT-X-PART-INF:PART-TARGET=1\n#EXT-X-MEDIA"
    )
    assert not any(word in line for line in Seat(opening(v=body)).lines() for word in ("PART", "CONTROL", "HINT"))


KEY = '#EXT-X-KEY:METHOD=AES-128,URI="%s",IV=0x1'
ABSOLUTE = '#EXT-X-KEY:METHOD=AES-128,URI="http://o/v/%s",IV=0x1'


def test_keys_and_maps_stand_at_the_head_of_each_run_of_content():
    tags = {0: [KEY % "k", '#EXT-X-MAP:URI="init.mp4"', "#EXT-X-BITRATE:800"], 6: ["#EXT-X-CUE-OUT:8"]}
    version = reload(opening(v=text(0, 6, tags=tags)), v=text(0, 10, tags=tags))
    lines = Seat(version).lines()
    sticky = [ABSOLUTE % "k", '#EXT-X-MAP:URI="http://o/v/init.mp4"', "#EXT-X-BITRATE:800"]
    assert [place for place, line in enumerate(lines) if line == sticky[0]] == [5, lines.index("http://o/v/s8.ts") - 5]
    assert lines[5:8] == sticky
    back = lines.index("/ads/other/v/0.ts")
    assert lines[back + 1 : back + 5] == ["#EXT-X-DISCONTINUITY", *sticky]


def test_a_key_that_changes_inside_a_run_stands_where_it_changes():
    tags = {0: [KEY % "k"], 2: [KEY % "l"], 4: ["#EXT-X-KEY:METHOD=NONE"]}
    lines = Seat(opening(v=text(0, 6, tags=tags))).lines()
    assert [(line, lines[place + 3]) for place, line in enumerate(lines) if "KEY" in line] == [
        (ABSOLUTE % "k", "http://o/v/s0.ts"),
        (ABSOLUTE % "l", "http://o/v/s2.ts"),
        ("#EXT-X-KEY:METHOD=NONE", "http://o/v/s4.ts"),
    ]


def test_ranges_are_absolute():
    ranges = {0: ["#EXT-X-BYTERANGE:100@50"], 1: ["#EXT-X-BYTERANGE:10"]}
    lines = Seat(opening(v=text(0, 2, tags=ranges, name="all.ts"))).lines()
    assert [line for line in lines if "BYTERANGE" in line] == ["#EXT-X-BYTERANGE:100@50", "#EXT-X-BYTERANGE:10@150"]


def test_what_was_rendered_is_let_go_with_its_segment():
    version = opening(v=text(0, 6))
    seat = Seat(version)
    seat.lines()
    cache = seat.contents["v"]
    kept = cache.segment(version.windows["v"], 5)
    seat.version = reload(version, v=text(5, 6))
    seat.lines()
    assert cache.segment(seat.version.windows["v"], 5) is kept
    for first in range(10, 200, 10):
        seat.version = reload(seat.version, v=text(first, 15))
        seat.lines()
        # A stretch at a time, and of joined ones those of two versions.
        assert min(cache._bytes) > seat.version.windows["v"].first - STRETCH
        assert len(cache._stretches) + len(cache._last_stretches) <= 4
