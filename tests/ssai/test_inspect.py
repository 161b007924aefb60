"""Every playlist with ad markers in the shared data, and the rules of pairing one by one."""

import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ssai.hls.errors import PlaylistError
from ssai.inspect import inspect, report
from ssai.scte35.commands import SpliceInsert, SpliceInsertCancel
from ssai.scte35.section import SpliceInfoSection, encode


def b(dialect, start_msn, duration, elapsed, ended_by=None, *, id=None, insertion=False):  # noqa: A002  # the key
    return {
        "id": id,
        "dialect": dialect,
        "start_msn": start_msn,
        "duration": duration,
        "elapsed": elapsed,
        "ended_by": ended_by,
        "insertion": insertion,
    }


# Path below the shared data's hls folder -> breaks, worked out by hand from the text of the playlists.
EXPECTED = {
    "bokelleher-hls-scte35/test_blank_lines_between_tags.m3u8": [b("cue", 80, 30.0, 6.0)],
    "bokelleher-hls-scte35/test_case_insensitive.m3u8": [b("cue", 120, 30.0, 6.0)],
    # An IN without an out: what it ended rolled out, and nothing says when it began.
    "bokelleher-hls-scte35/test_cue_in.m3u8": [],
    "bokelleher-hls-scte35/test_cue_out_and_in_pair.m3u8": [b("cue", 71, 30.0, 12.0, "in")],
    # A bare continuation gives neither elapsed nor total: nothing to reconstruct from.
    "bokelleher-hls-scte35/test_cue_out_cont_ignored.m3u8": [],
    "bokelleher-hls-scte35/test_cue_out_duration_format.m3u8": [b("cue", 90, 45.5, 6.0)],
    "bokelleher-hls-scte35/test_cue_out_with_duration.m3u8": [b("cue", 101, 30.0, 6.0)],
    "bokelleher-hls-scte35/test_cue_out_without_duration.m3u8": [b("cue", 50, None, 6.0)],
    "bokelleher-hls-scte35/test_dedup_same_media_sequence.m3u8": [b("cue", 100, 30.0, 6.0)],
    # DATERANGE and CUE-OUT at one place are one break, in the richer dialect; CUE-IN after 18 of 19 s.
    **{
        f"carlanton-m3u8-parser/media/media-playlist-with-date-range-and-cue-out-cue-in{suffix}.m3u8": [
            b("daterange", 1, 19.0, 18.0, "in", id="20")
        ]
        for suffix in ("", "_2", "_3", "_4", "_5")
    },
    # Dates that jump: 4.ts starts at 11:50:58, 5.ts at 11:54:48. The break starts at 11:50:59.12, nearest to 4.ts; the
    # closing tag's START-DATE, 242 s later, is the end.
    "carlanton-m3u8-parser/media/media-playlist-with-date-range.m3u8": [
        b("daterange", 3, 242.0, 242.0, "in", id="441")
    ],
    # No EXT-X-PROGRAM-DATE-TIME: the place of the first tag stands for START-DATE. The second states the actual end,
    # 10 s, which the only segment does not reach.
    "eyevinn-hls-m3u8/media-playlist-trailing-scte35-daterange.m3u8": [b("daterange", 2, 30.0, 5.76, id="78")],
    # Opens with an orphan IN. The second IN stands at the boundary where the duration runs out, 33 ms late: it ends it.
    "eyevinn-hls-m3u8/media-playlist-with-cue-out-in-without-oatcls.m3u8": [
        b("cue", 275163121, None, 24.0, "in"),
        b("cue", 275163146, 180.0, 180.0333, "in"),
    ],
    # An interstitial is no SCTE-35 cue.
    "eyevinn-hls-m3u8/media-playlist-with-interstitial.m3u8": [],
    # 90 s around three of 30 s: one break, which began 69.44 s before the only segment. Ends 14:57:34.88.
    "eyevinn-hls-m3u8/media-playlist-with-multiple-dateranges.m3u8": [
        b("daterange", None, 90.0, 75.2, id="1125241458-1732546579")
    ],
    "eyevinn-hls-m3u8/media-playlist-with-oatcls-scte35.m3u8": [b("oatcls", 0, 15.0, 15.0, "in")],
    # The messages are cut short, and EXT-SCTE35 says nothing else.
    "eyevinn-hls-m3u8/media-playlist-with-scte35-1.m3u8": [],
    "eyevinn-hls-m3u8/media-playlist-with-scte35.m3u8": [],
    # DATERANGE (and its message) plan 120 s where CUE-OUT says 7.44: the richer dialect's word stands.
    "eyevinn-hls-m3u8/media-playlist-with-scte35-and-cue.m3u8": [
        b("daterange", 454827500, 120.0, 7.44, "in", id="1504105857-1746537660"),
        b("cue", 454827505, 4.96, 4.96, "in"),
    ],
    # The end is dated 11:16:00; the playlist's segments end at 11:15:50, although the tag stands earlier.
    "eyevinn-hls-m3u8/media-playlist-with-scte35-daterange.m3u8": [b("daterange", 2, 60.0, 50.0, id="SPLICE-6FFFFFF0")],
    "futzu-threefive/scte35.m3u8": [b("oatcls", 2, 30.0, 30.0, "in"), b("oatcls", 10, 30.0, 30.0, "in")],
    "futzu-threefive/simple-scte35.m3u8": [b("oatcls", 0, 15.0, 15.0, "in")],
    # The numbers in the URIs jump; media sequence numbers do not.
    "ggouzi-hls-scte35-monitoring/index_1_cue.m3u8": [b("adobe", 8779960, 153.12, 6.002, "in", id="12345")],
    # SCTE35-OUT carries a programme's end and start: an event, not an avail.
    "ggouzi-hls-scte35-monitoring/index_1_daterange.m3u8": [],
    "ggouzi-hls-scte35-monitoring/index_1_oatcls.m3u8": [b("oatcls", 8779960, None, 6.002, "in")],
    # The totals, 120, round the out's 119.987.
    "globocom-m3u8/embedded/cue_out_cont_alt_playlist.m3u8": [b("cue", 19980226, 119.987, 20.002)],
    "globocom-m3u8/embedded/cue_out_elemental_playlist.m3u8": [b("oatcls", 47227, 50.0, 50.0, "in")],
    "globocom-m3u8/embedded/cue_out_envivio_playlist.m3u8": [b("mediakind", 399706, 366.0, 40.0, "in", id="16777323")],
    # An out whose duration cannot be read is an out of unknown duration.
    "globocom-m3u8/embedded/cue_out_invalid_playlist.m3u8": [b("cue", 0, None, 11.52)],
    # 4 s planned, continuation "10/4", IN after 30 s: the duration ended it long before.
    "globocom-m3u8/embedded/cue_out_mediaconvert_playlist.m3u8": [b("mediaconvert", 2, 4.0, 4.0, "duration")],
    "globocom-m3u8/embedded/cue_out_no_duration_playlist.m3u8": [b("cue", 0, None, 11.52, "in")],
    # Bare continuations before the IN: a break without a known start.
    "globocom-m3u8/embedded/cue_out_playlist.m3u8": [],
    "globocom-m3u8/embedded/cue_out_with_duration_key_playlist.m3u8": [b("cue", 0, 11.52, 11.52, "in")],
    "globocom-m3u8/embedded/cue_out_with_duration_playlist.m3u8": [b("cue", 0, 11.52, 11.52, "in")],
    "globocom-m3u8/embedded/cue_out_with_explicit_duration_playlist.m3u8": [b("cue", 0, 11.52, 11.52, "in")],
    # SCTE35-CMD with something that is no message does not say out or in.
    "globocom-m3u8/embedded/daterange_enddate_sctecmd_playlist.m3u8": [],
    # The closing tag has no START-DATE; its DURATION is the actual one, 7 ms before the boundary at 60 s.
    "globocom-m3u8/embedded/daterange_scte35_out_and_in_playlist.m3u8": [
        b("daterange", 0, 59.993, 59.993, "in", id="splice-6FFFFFF0")
    ],
    # The message names the reserved segmentation type 0x0C: no avail.
    "globocom-m3u8/embedded/oatcls_elemental_playlist.m3u8": [],
    "vendor-docs/adobe-fer-cue-out-id-time.m3u8": [b("adobe-fer", 1, 30.0, 24.024, "in", id="105")],
    "vendor-docs/adobe-primetime-known-duration.m3u8": [b("adobe", 46, 60.0, 15.7, id="1")],
    # DURATION="0" is Adobe's unknown.
    "vendor-docs/adobe-primetime-splicein.m3u8": [b("adobe", 46, None, 29.8, "in", id="1")],
    # Joined in the middle: 113.767 s had passed before the first segment.
    "vendor-docs/amagi-hlsjs-2924.m3u8": [b("oatcls", None, 120.0, 120.00033, "in")],
    "vendor-docs/google-dai-cue-out.m3u8": [b("cue", 7798, 30.0, 30.0, "in")],
    "vendor-docs/mediakind-prisma-cue-span.m3u8": [b("mediakind", 25007, 30.0, 30.0, "in", id="1234")],
    # The continuations count from 14 ms later than the segments do.
    "vendor-docs/mediatailor-live-input-oatcls.m3u8": [b("oatcls", 6719393, 47.0, 47.0, "in")],
    # 0x36 to 0x37 inside 0x34 is a slot; 0x50 and 0x10 are no avails. 6 x 10.01 s reach the end exactly.
    "vendor-docs/scte35-2022b-12.2.4-extx.m3u8": [b("scte35", 922, 60.06, 60.06, "duration", id="f6UrRd")],
}


def marked(data: Path) -> set[str]:
    lines = (data / "INDEX.tsv").read_text().splitlines()
    rows = [line.split("\t") for line in lines]
    return {row[0].removeprefix("hls/") for row in rows if row[0].endswith(".m3u8") and row[3].endswith("+ad")}


def test_every_marked_playlist_has_its_expectation(data):
    assert marked(data) - EXPECTED.keys() == set()


@pytest.mark.parametrize("path", EXPECTED)
def test_breaks_of_a_real_playlist(data, path):
    text = (data / "hls" / path).read_bytes().decode()
    assert inspect(text)["breaks"] == EXPECTED[path]


def test_no_other_playlist_has_breaks(data):
    folder = data / "hls"
    for path in folder.rglob("*.m3u8"):
        name = str(path.relative_to(folder))
        if name in EXPECTED:
            continue
        try:
            result = inspect(path.read_bytes().decode())
        except PlaylistError:
            continue
        assert result["breaks"] == [], name


def playlist(body, *, first=10, target=4):
    """``/`` is a segment of 4 s, ``/2.5`` one of 2.5 s; anything else is a line."""
    lines = ["#EXTM3U", f"#EXT-X-TARGETDURATION:{target}", f"#EXT-X-MEDIA-SEQUENCE:{first}"]
    for number, line in enumerate(body.split()):
        if line.startswith("/"):
            lines += [f"#EXTINF:{line[1:] or '4'},", f"{number}.ts"]
        else:
            lines.append("#EXT" + line)
    return "\n".join([*lines, ""])


OUT = "-X-CUE-OUT:"
IN = "-X-CUE-IN"
CONT = "-X-CUE-OUT-CONT:"

RULES = {
    "an IN cuts a running duration": (f"/ {OUT}30 / / {IN} /", [b("cue", 11, 30.0, 8.0, "in")]),
    "a duration ends where a segment reaches it": (f"/ {OUT}10 / / / /", [b("cue", 11, 10.0, 10.0, "duration")]),
    "a duration not yet reached runs": (f"/ {OUT}10 / /", [b("cue", 11, 10.0, 8.0)]),
    "within 100 ms is reached": (f"/ {OUT}8.09 / /", [b("cue", 11, 8.09, 8.09, "duration")]),
    "an IN after the duration is dropped": (f"{OUT}8 / / / {IN} /", [b("cue", 10, 8.0, 8.0, "duration")]),
    "an IN at the live edge": (f"{OUT}30 / / {IN}", [b("cue", 10, 30.0, 8.0, "in")]),
    "an out at the live edge starts with the next segment": (f"/ / {OUT}30", [b("cue", 12, 30.0, 0.0)]),
    "back to back by IN and out": (
        f"{OUT}8 / / {IN} {OUT}4 / {IN} /",
        [b("cue", 10, 8.0, 8.0, "in"), b("cue", 12, 4.0, 4.0, "in")],
    ),
    "back to back by durations": (
        f"{OUT}8 / / {OUT}4 / /",
        [b("cue", 10, 8.0, 8.0, "duration"), b("cue", 12, 4.0, 4.0, "duration")],
    ),
    "a repeat within half a target duration updates": (f"{OUT}30 /1.5 {OUT}60 / /", [b("cue", 10, 60.0, 9.5)]),
    "a later out inside joins": (f"{OUT}30 / / {OUT}4 / / {IN} /", [b("cue", 10, 30.0, 16.0, "in")]),
    "an insertion point": (f"/ {OUT}0 / /", [b("cue", 11, 0.0, 0.0, "duration", insertion=True)]),
    "a continuation reconstructs": (f"{CONT}8/30 / {CONT}12/30 /", [b("cue", None, 30.0, 16.0)]),
    "a continuation without total": (
        "-X-CUE-CONT:ID=7,AVAIL-DUR-ELAPSED=5.5 / /",
        [b("adobe", None, None, 13.5, id="7")],
    ),
    "a reconstructed start inside the playlist": (f"/ / {CONT}4/30 /", [b("cue", 11, 30.0, 8.0)]),
    "a reconstructed break ends by its duration": (f"{CONT}24/30 / / /", [b("cue", None, 30.0, 30.0, "duration")]),
    "a continuation of a break that is over": (f"{CONT}30/30 / /", []),
    "continuations do not reopen a closed break": (
        f"{OUT}8 / {CONT}4/8 / {CONT}8/8 / {CONT}12/60 / ",
        [b("cue", 10, 8.0, 8.0, "duration")],
    ),
    "a continuation extends": (f"{OUT}8 / {CONT}4/20 / / / /", [b("cue", 10, 20.0, 20.0, "duration")]),
    "a continuation's rounding does not": (f"{OUT}19.5 / {CONT}4/20 /", [b("cue", 10, 19.5, 8.0)]),
    "a continuation tells an unknown duration": (f"{OUT} / {CONT}4/20 /", [b("cue", 10, 20.0, 8.0)]),
    # splice_insert with auto_return 0 and 120 s.
    "without auto return only an IN ends": (
        f'-X-CUE-OUT:CUE="/DAgAAAAAAAAAP/wDwUAAAjsf/9+AKTLgAAAAAAAAAcCe8k=",DURATION=8 / / / / {IN} /',
        [b("mediakind", 10, 8.0, 16.0, "in")],
    ),
    "types pair": (
        "-X-SCTE35:TYPE=0x34,ID=a / -X-SCTE35:TYPE=0x36,ID=b / -X-SCTE35:TYPE=0x37,ID=c / -X-SCTE35:TYPE=0x35,ID=d /",
        [b("scte35", 10, None, 12.0, "in", id="a")],
    ),
    "an end of another type is no end": (
        "-X-SCTE35:TYPE=0x34,ID=a / -X-SCTE35:TYPE=0x31 / -X-SCTE35:TYPE=0x35 /",
        [b("scte35", 10, None, 8.0, "in", id="a")],
    ),
    "overlays replace nothing": ("-X-SCTE35:TYPE=0x38,CUE-OUT=YES,DURATION=8 / / /", []),
    "a cue-in ends a break of any type": (f"-X-SCTE35:TYPE=0x34 / {IN} /", [b("scte35", 10, None, 4.0, "in")]),
}


@pytest.mark.parametrize("rule", RULES)
def test_rule(rule):
    body, expected = RULES[rule]
    assert inspect(playlist(body))["breaks"] == expected


def ranged(*lines, dates="2026-01-01T00:00:00Z", segments=6):
    """Segments of 4 s from midnight, numbered from 10, under the attribute lists of DATERANGEs."""
    head = ["#EXTM3U", "#EXT-X-TARGETDURATION:4", "#EXT-X-MEDIA-SEQUENCE:10"]
    head += [f"#EXT-X-DATERANGE:{line}" for line in lines]
    head += [f"#EXT-X-PROGRAM-DATE-TIME:{dates}"] if dates else []
    return "\n".join(head + [line for k in range(segments) for line in ("#EXTINF:4,", f"{k}.ts")]) + "\n"


def at(second):
    return f'START-DATE="2026-01-01T00:{second // 60:02}:{second % 60:02}Z"'


# splice_insert of event 999, out, 30 s, auto return; of event 111, out, immediate, 30 s, no auto return.
SPLICE_OUT = "SCTE35-OUT=0xFC302500000000000000FFF01405000003E77FEFFE0011FB9EFE002932E00001010100004D192A59"

RANGES = {
    "a plan": (
        (f'ID="a",{at(8)},PLANNED-DURATION=8,SCTE35-OUT=0xFC',),
        [b("daterange", 12, 8.0, 8.0, "duration", id="a")],
    ),
    "off the grid: the nearest segment, the date's own time": (
        (f'ID="a",{at(9)},PLANNED-DURATION=12,SCTE35-OUT=0xFC',),
        [b("daterange", 12, 12.0, 12.0, "duration", id="a")],
    ),
    "the message's duration": ((f'ID="a",{at(0)},{SPLICE_OUT}',), [b("daterange", 10, 30.0, 24.0, id="a")]),
    "not begun yet": ((f'ID="a",{at(30)},PLANNED-DURATION=8,SCTE35-OUT=0xFC',), []),
    "over before the playlist": (('ID="a",START-DATE="2025-12-31T23:59:00Z",DURATION=60,SCTE35-OUT=0xFC',), []),
    "begun before the playlist": (
        ('ID="a",START-DATE="2025-12-31T23:59:50Z",DURATION=60,SCTE35-OUT=0xFC',),
        [b("daterange", None, 60.0, 34.0, id="a")],
    ),
    "ended by END-DATE without SCTE35-IN": (
        (
            f'ID="a",{at(4)},PLANNED-DURATION=60,SCTE35-OUT=0xFC',
            'ID="a",END-DATE="2026-01-01T00:00:12Z"',
        ),
        [b("daterange", 11, 60.0, 8.0, "in", id="a")],
    ),
    "ended by an IN with DURATION alone": (
        (f'ID="a",{at(4)},PLANNED-DURATION=60,SCTE35-OUT=0xFC', 'ID="a",DURATION=10,SCTE35-IN=0xFC'),
        [b("daterange", 11, 60.0, 10.0, "in", id="a")],
    ),
    "the IN of a nested range does not end the outer": (
        (
            f'ID="a",{at(0)},PLANNED-DURATION=20,SCTE35-OUT=0xFC',
            f'ID="b",{at(4)},PLANNED-DURATION=8,SCTE35-OUT=0xFC',
            'ID="b",DURATION=8,SCTE35-IN=0xFC',
        ),
        [b("daterange", 10, 20.0, 20.0, "duration", id="a")],
    ),
    "of two at one instant the longer is the outer": (
        (
            f'ID="b",{at(0)},PLANNED-DURATION=8,SCTE35-OUT=0xFC',
            f'ID="a",{at(0)},PLANNED-DURATION=20,SCTE35-OUT=0xFC',
        ),
        [b("daterange", 10, 20.0, 20.0, "duration", id="a")],
    ),
    "back to back off the grid": (
        (
            f'ID="a",{at(1)},PLANNED-DURATION=6,SCTE35-OUT=0xFC',
            f'ID="b",{at(7)},PLANNED-DURATION=6,SCTE35-OUT=0xFC',
        ),
        [b("daterange", 10, 6.0, 6.0, "duration", id="a"), b("daterange", 12, 6.0, 6.0, "duration", id="b")],
    ),
    "no cue": ((f'ID="a",{at(0)},DURATION=8,CLASS="score"',), []),
}


@pytest.mark.parametrize("case", RANGES)
def test_daterange(case):
    lines, expected = RANGES[case]
    assert inspect(ranged(*lines))["breaks"] == expected


def test_a_daterange_without_program_date_time_holds_at_its_tag():
    text = ranged(f'ID="a",{at(8)},PLANNED-DURATION=8,SCTE35-OUT=0xFC', dates=None)
    assert inspect(text)["breaks"] == [b("daterange", 10, 8.0, 8.0, "duration", id="a")]


def test_a_cancelled_event_is_withdrawn():
    # splice_insert() of event 1 with splice_event_cancel_indicator.
    cancel = "0x" + to_hex_section(SpliceInsertCancel(1))
    out = "0x" + to_hex_section(SpliceInsert(splice_event_id=1, out_of_network_indicator=True))
    lines = (f'ID="a",{at(8)},PLANNED-DURATION=8,SCTE35-OUT={out}', f'ID="c",{at(4)},SCTE35-CMD={cancel}')
    assert inspect(ranged(*lines))["breaks"] == []
    assert inspect(ranged(lines[0]))["breaks"] != []
    late = f'ID="c",{at(12)},SCTE35-CMD={cancel}'
    assert inspect(ranged(lines[0], late))["breaks"] == [b("daterange", 12, 8.0, 4.0, "in", id="a")]


def to_hex_section(command):
    return encode(SpliceInfoSection(splice_command=command)).hex()


def test_a_multivariant_playlist_has_no_segments():
    text = "#EXTM3U\n#EXT-X-VERSION:6\n#EXT-X-STREAM-INF:BANDWIDTH=1\na.m3u8\n"
    assert inspect(text) == {
        "type": "multivariant",
        "version": 6,
        "target_duration": None,
        "segments": 0,
        "breaks": [],
    }


def test_a_media_playlist_is_described():
    result = inspect(playlist("/ /", first=3))
    assert result == {"type": "media", "version": None, "target_duration": 4, "segments": 2, "breaks": []}


@pytest.mark.parametrize("text", ["", "hello", "#EXTM3U\nseg.ts\n", "#EXT-X-STREAM-INF:BANDWIDTH=1\na.m3u8\n"])
def test_what_is_no_playlist_is_refused(text):
    with pytest.raises(PlaylistError, match=r"^line [12]:"):
        inspect(text)


def test_the_report_names_each_break():
    text = report(
        inspect(playlist(f"{CONT}8/30 / {IN} / -X-CUE:TYPE=SpliceOut,ID=x / / -X-CUE:TYPE=SpliceIn {OUT}0 /"))
    )
    assert "before the playlist" in text
    assert "segment 12" in text
    assert "insertion point" in text
    assert "12.000 s" in text
    assert "no breaks" in report(inspect(playlist("/ /")))


def test_an_id_is_shown_as_text_and_never_commands_the_terminal():
    shown = report(inspect(playlist("-X-CUE:TYPE=SpliceOut,ID=[red]x[/]\x1b[2J\udcff /")))
    assert "[red]x[/]?[2J?" in shown


LINES = st.sampled_from(
    [
        *("#EXT-X-CUE-OUT", "#EXT-X-CUE-OUT-CONT", "#EXT-X-CUE-IN", "#EXT-X-CUE-SPAN", "#EXT-X-CUE", "#EXT-X-CUE-CONT"),
        *("#EXT-OATCLS-SCTE35", "#EXT-X-SPLICEPOINT-SCTE35", "#EXT-SCTE35", "#EXT-X-SCTE35", "#EXT-X-ASSET"),
        *("#EXT-X-DATERANGE", "#ext-x-cue-out", "#EXT-X-CUE-OUT "),
    ]
)
NUMBERS = st.one_of(
    st.sampled_from(
        ["0", "-1", "30", "8.5", "PT8S", "1e9", "nan", "", "99999999999999999999", "٣٠", "P", "0x34", "54"]
    ),
    st.floats(0, 100).map(lambda value: f"{value:.3f}"),
)
MESSAGES = st.sampled_from(
    [
        "/DAlAAAAAAAAAP/wFAUAAAABf+/+ANgNkv4AFJlwAAEBAQAA5xULLA==",
        "/DAnAAAAAAAAAP/wBQb+AA27oAARAg9DVUVJAAAAAX+HCQA0AAE0xUZn",
        "/DAnAAAAAAAAAP/wBQb+ADbugAARAg9DVUVJAAAAAX+HCQA1AAA3v5+Q",
        "0xFC302000000000000000FFF00F050000006F7FFF7E002932E0000000000000235EE5EF",
        "0xFC",
        "...",
    ]
)
DATES = st.integers(0, 59).map(lambda second: f"2026-01-01T00:00:{second:02}Z")
VALUES = st.one_of(
    NUMBERS,
    MESSAGES,
    st.tuples(NUMBERS, NUMBERS).map("/".join),
    st.dictionaries(
        st.sampled_from(
            [
                *(
                    "ID",
                    "DURATION",
                    "PLANNED-DURATION",
                    "TYPE",
                    "TIME",
                    "CUE",
                    "CUE-OUT",
                    "CUE-IN",
                    "ELAPSED",
                    "SCTE35",
                ),
                *("ElapsedTime", "Duration", "START-DATE", "END-DATE", "SCTE35-OUT", "SCTE35-IN", "SCTE35-CMD"),
                *("TIMEFROMSIGNAL", "AVAIL-DUR-ELAPSED", "SpliceType"),
            ]
        ),
        st.one_of(NUMBERS, MESSAGES, DATES, st.sampled_from(["YES", "CONT", "NO", "SpliceOut", "SpliceIn", "a", "b"])),
        max_size=6,
    ).map(lambda found: ",".join(f'{name}="{value}"' for name, value in found.items())),
    st.text(max_size=20).filter(lambda text: "\n" not in text and "\r" not in text),
)
BODY = st.lists(
    st.one_of(
        st.tuples(LINES, VALUES).map(":".join),
        LINES,
        st.just("#EXTINF:4,\ns.ts"),
        DATES.map("#EXT-X-PROGRAM-DATE-TIME:".__add__),
    ),
    max_size=25,
)


@settings(max_examples=300, deadline=None)
@given(BODY, st.integers(0, 1 << 62))
def test_any_cues_give_sound_breaks(body, first):
    text = "\n".join(["#EXTM3U", "#EXT-X-TARGETDURATION:4", f"#EXT-X-MEDIA-SEQUENCE:{first}", *body, ""])
    result = inspect(text)
    json.dumps(result, allow_nan=False)
    report(result)
    for each in result["breaks"]:
        assert each["elapsed"] >= 0
        assert each["ended_by"] in {None, "in", "duration"}
        assert each["start_msn"] is None or first <= each["start_msn"] <= first + result["segments"]
        if each["ended_by"] == "duration":
            assert each["elapsed"] == each["duration"]
        assert each["insertion"] is (each["duration"] == 0)


@settings(max_examples=150, deadline=None)
@given(draws=st.data())
def test_mutations_of_real_playlists_give_breaks_or_one_error(data, draws):
    path = draws.draw(st.sampled_from(sorted(EXPECTED)))
    text = (data / "hls" / path).read_bytes().decode()
    for _ in range(draws.draw(st.integers(1, 4))):
        at_, length = draws.draw(st.integers(0, len(text))), draws.draw(st.integers(0, 30))
        text = text[:at_] + draws.draw(st.text(max_size=5)) + text[at_ + length :]
    try:
        result = inspect(text)
    except PlaylistError:
        return
    report(result)
