"""Every dialect's tags, one by one, and as vendors document them."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.units import Microseconds, Ticks
from ssai.cues.scan import CUE_TAGS, Note, dateranges, is_cue, read, scan, signals_before
from ssai.cues.signal import Dialect, Signal, SignalKind
from ssai.cues.splice import DEFAULT, CueOptions
from ssai.hls.errors import PlaylistError
from ssai.hls.lines import tag
from ssai.hls.media import parse
from ssai.scte35.commands import SpliceInsert
from ssai.scte35.section import SpliceInfoSection, encode
from ssai.scte35.text import to_hex
from ssai.scte35.times import BreakDuration

OUT, CONT, IN = SignalKind.OUT, SignalKind.CONTINUE, SignalKind.IN
S = 1_000_000
# splice_insert of event 1, out, 15 s, auto return.
INSERT_15 = "/DAlAAAAAAAAAP/wFAUAAAABf+/+ANgNkv4AFJlwAAEBAQAA5xULLA=="
# time_signal, provider placement opportunity 1: start (0x34) and end (0x35), no duration.
PO_START = "/DAnAAAAAAAAAP/wBQb+AA27oAARAg9DVUVJAAAAAX+HCQA0AAE0xUZn"
PO_END = "/DAnAAAAAAAAAP/wBQb+ADbugAARAg9DVUVJAAAAAX+HCQA1AAA3v5+Q"
INSERT_30 = to_hex(
    encode(
        SpliceInfoSection(
            splice_command=SpliceInsert(
                splice_event_id=0x6F,
                out_of_network_indicator=True,
                splice_immediate_flag=True,
                break_duration=BreakDuration(auto_return=False, duration=Ticks(30 * 90_000)),
            )
        )
    )
)
# time_signal, programme end and start.
PROGRAMME = "/DBIAAAAAAAA///wBQb+ek2ItgAyAhdDVUVJSAAAGH+fCAgAAAAALMvDRBEAAAIXQ1VFSUgAABl/nwgIAAAAACyk26AQAACZcuND"


def signal(kind, dialect, **fields):
    fields = {
        name: round(value * S) if name in {"duration", "elapsed"} and value is not None else value
        for name, value in fields.items()
    }
    return Signal(kind, Dialect(dialect), 7, **fields)


def at_seven(*lines, options=DEFAULT):
    return signals_before([tag(line) for line in lines], 7, options)


ONE_TAG = {
    "#EXT-X-CUE-OUT:30": signal(OUT, "cue", duration=30),
    "#EXT-X-CUE-OUT:30.000": signal(OUT, "cue", duration=30),
    "#EXT-X-CUE-OUT: 30.5 ": signal(OUT, "cue", duration=30.5),
    '#EXT-X-CUE-OUT:"19.0"': signal(OUT, "cue", duration=19),
    "#EXT-X-CUE-OUT:DURATION=30": signal(OUT, "cue", duration=30),
    '#EXT-X-CUE-OUT:Duration="30"': signal(OUT, "cue", duration=30),
    "#EXT-X-CUE-OUT": signal(OUT, "cue"),
    "#EXT-X-CUE-OUT:": signal(OUT, "cue"),
    "#EXT-X-CUE-OUT:0": signal(OUT, "cue", duration=0, insertion=True),
    "#EXT-X-CUE-OUT:INVALID": signal(OUT, "cue"),
    "#EXT-X-CUE-OUT:-5": signal(OUT, "cue"),
    "#EXT-X-CUE-OUT:99999999": signal(OUT, "cue"),
    "#ext-x-cue-out:30": signal(OUT, "cue", duration=30),
    "#EXT-X-CUE-OUT :30": signal(OUT, "cue", duration=30),
    "#EXT-X-CUE-OUT-CONT": signal(CONT, "cue"),
    "#EXT-X-CUE-OUT-CONT: 8.308/30": signal(CONT, "cue", elapsed=8.308, duration=30),
    "#EXT-X-CUE-OUT-CONT:2/120": signal(CONT, "cue", elapsed=2, duration=120),
    "#EXT-X-CUE-OUT-CONT:10": signal(CONT, "cue", elapsed=10),
    "#EXT-X-CUE-IN": signal(IN, "cue"),
    f"#EXT-OATCLS-SCTE35:{INSERT_15}": signal(OUT, "oatcls", duration=15, event=1, auto_return=True),
    f"#EXT-OATCLS-SCTE35:{PO_END}": signal(IN, "oatcls", event=1, segmentation=0x35),
    f"#EXT-X-CUE-OUT-CONT:ElapsedTime=4.453,Duration=47.000,SCTE35={INSERT_15}": signal(
        CONT, "oatcls", elapsed=4.453, duration=47, event=1, auto_return=True
    ),
    "#EXT-X-CUE-OUT-CONT:CAID=0x1,ElapsedTime=4,Duration=15,SCTE35=no message": signal(
        CONT, "oatcls", elapsed=4, duration=15
    ),
    f"#EXT-X-SPLICEPOINT-SCTE35:{PO_START}": signal(OUT, "splicepoint", event=1, segmentation=0x34),
    '#EXT-X-SCTE35:TYPE=0x34,DURATION=60.060,CUE-OUT=YES,UPID="0x08:0x9425BC",CUE="...",ID="f6UrRd"': signal(
        OUT, "scte35", duration=60.06, id="f6UrRd", segmentation=0x34
    ),
    "#EXT-X-SCTE35:TYPE=0x34,CUE-OUT=CONT,ELAPSED=20,DURATION=60": signal(
        CONT, "scte35", elapsed=20, duration=60, segmentation=0x34
    ),
    "#EXT-X-SCTE35:TYPE=0x35,CUE-IN=YES": signal(IN, "scte35", segmentation=0x35),
    "#EXT-X-SCTE35:TYPE=54": signal(OUT, "scte35", segmentation=0x36),
    '#EXT-X-SCTE35:TYPE=0x37,ID="a"': signal(IN, "scte35", segmentation=0x37, id="a"),
    f'#EXT-X-SCTE35:CUE="{PO_START}"': signal(OUT, "scte35", event=1, segmentation=0x34),
    "#EXT-X-CUE:TYPE=SpliceOut,ID=1,DURATION=60.0,TIME=266.198": signal(OUT, "adobe", duration=60, id="1"),
    '#EXT-X-CUE:DURATION="201.467",ID="0",TYPE="SpliceOut",TIME="414.171"': signal(
        OUT, "adobe", duration=201.467, id="0"
    ),
    '#EXT-X-CUE:TYPE="SpliceOut",ID="1",DURATION="0"': signal(OUT, "adobe", id="1"),
    '#EXT-X-CUE:TYPE="SpliceIn",ID="1",DURATION="0"': signal(IN, "adobe", id="1"),
    f'#EXT-X-CUE:ID="1",SCTE35="{INSERT_30}"': signal(OUT, "adobe", id="1", duration=30, event=0x6F, auto_return=False),
    "#EXT-X-CUE-CONT:ID=1,AVAIL-DUR-ELAPSED=5.8": signal(CONT, "adobe", elapsed=5.8, id="1"),
    "#EXT-X-CUE-OUT:ID=105,DURATION=30.0,TIME=1081.08": signal(OUT, "adobe-fer", duration=30, id="105"),
    "#EXT-X-CUE-IN:ID=105,TIME=1105.104": signal(IN, "adobe-fer", id="105"),
    f'#EXT-X-CUE-OUT:DURATION=PT30S,ID=1234,CUE="{INSERT_15}"': signal(
        OUT, "mediakind", duration=30, id="1234", event=1, auto_return=True
    ),
    "#EXT-X-CUE-OUT:DURATION=PT1M30.5S": signal(OUT, "mediakind", duration=90.5),
    "#EXT-X-CUE-SPAN:TIMEFROMSIGNAL=PT10S,ID=1234": signal(CONT, "mediakind", elapsed=10, id="1234"),
    "#EXT-X-CUE-SPAN:TIMEFROMSIGNAL=PT10S,DURATION=PT30S": signal(CONT, "mediakind", elapsed=10, duration=30),
    "#EXT-X-CUE-IN:ID=1234": signal(IN, "mediakind", id="1234"),
    "#EXT-X-CUE-OUT:4,SpliceType=VOD_DAI,Action=REPLACE, PAID=example.com/1,Acds=BA": signal(
        OUT, "mediaconvert", duration=4
    ),
    "#EXT-X-CUE-OUT-CONT:10/4, SpliceType=VOD_DAI": signal(CONT, "mediaconvert", elapsed=10, duration=4),
    "#EXT-X-CUE-IN:4,SpliceType=VOD_DAI": signal(IN, "mediaconvert"),
    f'#EXT-SCTE35: CUE="{PO_START}", ID="123", TIME=123.12': signal(OUT, "loose", id="123", event=1, segmentation=0x34),
    f'#EXT-SCTE35:CUE="{PO_START}",DURATION=20': signal(OUT, "loose", duration=20, event=1, segmentation=0x34),
}


@pytest.mark.parametrize("line", ONE_TAG)
def test_one_tag(line):
    assert at_seven(line) == [ONE_TAG[line]]


SILENT = [
    "#EXT-X-ASSET:CAID=1",
    "#EXT-OATCLS-SCTE35:broken",
    f"#EXT-OATCLS-SCTE35:{PROGRAMME}",
    "#EXT-X-SPLICEPOINT-SCTE35",
    "#EXT-SCTE35:ID=1",
    '#EXT-SCTE35: CUE="/DAIAAAAAAAAAAAQAAZ/I0VniQAQAgBDVUVJQAA"',
    "#EXT-X-SCTE35:TYPE=0x50,CUE-OUT=YES",
    "#EXT-X-SCTE35:TYPE=0x10,DURATION=3600",
    "#EXT-X-SCTE35:TYPE=0x38",
    "#EXT-X-SCTE35:TYPE=0x34,CUE-OUT=NO",
    "#EXT-X-SCTE35:ID=x",
    "#EXT-X-CUE:ID=1",
    '#EXT-X-DATERANGE:ID="1",START-DATE="2026-01-01T00:00:00Z",SCTE35-OUT=0xFC',
    "#EXTINF:4,",
    "#EXT-X-KEY:METHOD=NONE",
]


@pytest.mark.parametrize("line", SILENT)
def test_a_tag_without_a_positional_signal(line):
    assert at_seven(line) == []


TOGETHER = {
    "message, asset and cue": (
        [f"#EXT-OATCLS-SCTE35:{INSERT_15}", "#EXT-X-ASSET:CAID=1", "#EXT-X-CUE-OUT:14.9"],
        [signal(OUT, "oatcls", duration=14.9, event=1, auto_return=True)],
    ),
    "the order does not matter": (
        ["#EXT-X-CUE-OUT:14.9", f"#EXT-OATCLS-SCTE35:{INSERT_15}"],
        [signal(OUT, "oatcls", duration=14.9, event=1, auto_return=True)],
    ),
    "a bare cue takes the message's duration": (
        [f"#EXT-OATCLS-SCTE35:{INSERT_15}", "#EXT-X-CUE-OUT"],
        [signal(OUT, "oatcls", duration=15, event=1, auto_return=True)],
    ),
    "an insertion point stays one": (
        [f"#EXT-OATCLS-SCTE35:{INSERT_15}", "#EXT-X-CUE-OUT:0"],
        [signal(OUT, "oatcls", duration=0, insertion=True, event=1, auto_return=True)],
    ),
    "a broken message loses nothing": (
        ["#EXT-OATCLS-SCTE35:broken", "#EXT-X-CUE-OUT:15"],
        [signal(OUT, "cue", duration=15)],
    ),
    "message and cue-in: it ends any break": (
        [f"#EXT-OATCLS-SCTE35:{PO_END}", "#EXT-X-CUE-IN"],
        [signal(IN, "oatcls", event=1)],
    ),
    "the standard tag and a cue": (
        ["#EXT-X-SCTE35:TYPE=0x34,CUE-OUT=YES,ID=a", "#EXT-X-CUE-OUT:30"],
        [signal(OUT, "scte35", duration=30, id="a", segmentation=0x34)],
    ),
    "a message beside a continuation is no new out": (
        [f"#EXT-OATCLS-SCTE35:{PO_START}", "#EXT-X-CUE-OUT-CONT:10/30"],
        [signal(CONT, "oatcls", elapsed=10, duration=30, event=1, segmentation=0x34)],
    ),
    "a continuation that has not run is the out": (
        ["#EXT-X-CUE-OUT:30", "#EXT-X-CUE-OUT-CONT:0/30"],
        [signal(OUT, "cue", duration=30)],
    ),
    "back to back": (
        [f"#EXT-OATCLS-SCTE35:{PO_END}", "#EXT-X-CUE-IN", f"#EXT-OATCLS-SCTE35:{PO_START}", "#EXT-X-CUE-OUT:20"],
        [signal(IN, "oatcls", event=1), signal(OUT, "oatcls", duration=20, event=1, segmentation=0x34)],
    ),
    "a cue written twice, the later right": (
        ["#EXT-X-CUE-OUT:20", "#EXT-X-CUE-OUT:30"],
        [signal(OUT, "cue", duration=30)],
    ),
    "a slot inside its opportunity stays two": (
        ["#EXT-X-SCTE35:TYPE=0x34,ID=a", "#EXT-X-SCTE35:TYPE=0x36,ID=b"],
        [signal(OUT, "scte35", id="a", segmentation=0x34), signal(OUT, "scte35", id="b", segmentation=0x36)],
    ),
}


@pytest.mark.parametrize("case", TOGETHER)
def test_several_tags_at_one_place(case):
    lines, expected = TOGETHER[case]
    assert at_seven(*lines) == expected


def test_which_types_open_an_avail_is_configuration():
    overlay = "#EXT-X-SCTE35:TYPE=0x38,ID=o"
    assert at_seven(overlay, options=CueOptions((0x38,))) == [signal(OUT, "scte35", id="o", segmentation=0x38)]
    assert at_seven(f"#EXT-OATCLS-SCTE35:{PO_START}", options=CueOptions((0x38,))) == []


def lines_of(data, name):
    text = (data / "hls" / "vendor-docs" / f"{name}.tags.txt").read_text()
    return [tag(line) for line in text.splitlines() if line.startswith("#EXT")]


def told(signals):
    return [(each.kind, each.dialect.value, each.duration, each.elapsed, each.event) for each in signals]


VENDORS = {
    "medialive-adobe": [(OUT, "adobe", 201_467_000, None, None)],
    "medialive-elemental": [
        (OUT, "cue", 30 * S, None, None),
        (CONT, "cue", 30 * S, 8_308_000, None),
        (CONT, "cue", 30 * S, 20_391_000, None),
        (IN, "cue", None, None, None),
    ],
    # The reserved bits of the message are 0, not 1.
    "tencent-oatcls": [
        (OUT, "oatcls", 15 * S, None, 1),
        (OUT, "cue", 15 * S, None, None),
        (CONT, "oatcls", 15 * S, 4 * S, 1),
        (IN, "cue", None, None, None),
    ],
    # The DATERANGEs of this page are no positional signals.
    "mediatailor-cue-forms": [
        (OUT, "cue", 120 * S, None, None),
        (OUT, "cue", 30 * S, None, None),
        (OUT, "cue", None, None, None),
        (IN, "cue", None, None, None),
    ],
}


def test_elemental_live_closes_a_daterange_without_start_date(data):
    start, end = 1_534_974_840_079_000, 1_534_974_870_109_000
    opened, closed = dateranges(lines_of(data, "elemental-live-daterange"), 7)
    assert opened == signal(OUT, "daterange", id="999", at=start, duration=30, event=999, auto_return=True)
    # Its message is corrupt; END-DATE says enough.
    assert closed == signal(IN, "daterange", id="999", at=end)


def test_a_closing_daterange_alone_needs_to_know_the_start(data):
    closing = tag('#EXT-X-DATERANGE:ID="999",DURATION=30.030,SCTE35-IN=0xFC')
    assert dateranges([closing], 7) == [signal(IN, "daterange", id="999")]
    known = {"999": Microseconds(5 * S)}
    assert dateranges([closing], 7, known=known) == [signal(IN, "daterange", id="999", at=35_030_000)]
    plain = tag('#EXT-X-DATERANGE:ID="999",DURATION=30.030')
    assert dateranges([plain], 7) == []
    assert dateranges([plain], 7, known=known) == [signal(IN, "daterange", id="999", at=35_030_000)]


def test_an_impossible_start_date_leaves_the_place(data):
    # The CRC of the documented message is wrong: the attribute still says out, the 30 s inside are not believed.
    assert dateranges(lines_of(data, "google-video-stitcher"), 7) == [signal(OUT, "daterange", id="111")]
    assert dateranges([tag(f'#EXT-X-DATERANGE:ID="1",START-DATE=START_DATE,SCTE35-OUT={INSERT_30}')], 7) == [
        signal(OUT, "daterange", id="1", duration=30, event=111, auto_return=False)
    ]
    assert dateranges(lines_of(data, "mediatailor-cue-forms"), 7) == [
        signal(OUT, "daterange", id="splice-6FFFFFF0", duration=60),
        signal(IN, "daterange", id="splice-6FFFFFF0"),
    ]


@pytest.mark.parametrize("name", VENDORS)
def test_documented_tags(data, name):
    found = [each for line in lines_of(data, name) for each in signals_before([line], 7)]
    assert told(found) == VENDORS[name]


def test_splicepoints_pair_by_type_and_differ_in_event(data):
    first, second = (each for line in lines_of(data, "mediatailor-splicepoint") for each in signals_before([line], 7))
    assert (first.kind, first.dialect, first.segmentation) == (OUT, Dialect.SPLICEPOINT, 0x34)
    assert (second.kind, second.segmentation) == (IN, 0x35)
    assert first.event == 0xAA9
    assert second.event == 0xAA8
    # 0x01235B80 ticks of 90 kHz.
    assert first.duration == 212_160_000


def test_programme_events_in_a_daterange_are_no_avail():
    line = tag(f'#EXT-X-DATERANGE:ID="1",START-DATE="2026-01-01T00:00:00Z",SCTE35-OUT={PROGRAMME}')
    assert dateranges([line]) == []
    closing = tag('#EXT-X-DATERANGE:ID="1",END-DATE="2026-01-01T01:00:00Z",SCTE35-IN=0xFC')
    assert dateranges([line, closing]) == []


@pytest.mark.parametrize("name", sorted(CUE_TAGS))
def test_every_tag_of_the_table_is_a_cue(name):
    assert is_cue(tag(f"#{name}"))
    assert is_cue(tag(f"#{name.lower()}:x"))


@pytest.mark.parametrize(
    ("line", "cue"),
    [
        ('#EXT-X-DATERANGE:ID="1",SCTE35-OUT=0xFC', True),
        ('#EXT-X-DATERANGE:ID="1", SCTE35-IN=0xFC', True),
        ('#EXT-X-DATERANGE:ID="1",SCTE35-CMD=0xFC', True),
        ('#EXT-X-DATERANGE:ID="1",X-NOTE="a,SCTE35-OUT=0xFC"', False),
        ('#EXT-X-DATERANGE:ID="1",CLASS="com.apple.hls.interstitial"', False),
        ("#EXT-X-DISCONTINUITY", False),
        ("#EXT-X-CUE-OUTER", False),
    ],
)
def test_is_cue(line, cue):
    assert is_cue(tag(line)) is cue


def test_notes_say_what_gave_no_signal():
    text = "#EXTM3U\n#EXTINF:4,\na.ts\n#EXT-OATCLS-SCTE35:/DA=\n#EXT-X-CUE-OUT:soon\n#EXTINF:4,\nb.ts\n"
    found = read(parse(text))
    assert found.signals == (Signal(OUT, Dialect.CUE, 1),)
    assert [(note.index, note.tag) for note in found.notes] == [
        (1, "#EXT-OATCLS-SCTE35:/DA="),
        (1, "#EXT-X-CUE-OUT:soon"),
    ]
    assert found.notes[1] == Note(1, "#EXT-X-CUE-OUT:soon", "duration 'soon' cannot be read")


def test_the_incremental_form_equals_the_scan(data):
    for path in sorted((data / "hls").rglob("*.m3u8")):
        try:
            playlist = parse(path.read_bytes().decode())
        except PlaylistError:
            continue
        groups = [*(segment.tags for segment in playlist.segments), playlist.trailing]
        positional = [each for index, tags in enumerate(groups) for each in signals_before(tags, index)]
        dated = dateranges([each for tags in groups for each in tags])
        whole = scan(playlist)
        assert whole[: len(positional)] == positional
        assert [(each.kind, each.id, each.at) for each in whole[len(positional) :]] == [
            (each.kind, each.id, each.at) for each in dated
        ]


NAMES = st.sampled_from([*sorted(CUE_TAGS), "EXT-X-DATERANGE", "ext-x-cue-out", "EXT-X-CUE-IN "])


@settings(max_examples=300, deadline=None)
@given(st.lists(st.tuples(NAMES, st.one_of(st.none(), st.text(max_size=60), st.sampled_from([INSERT_15, PO_END])))))
def test_any_tags_give_signals_or_nothing(found):
    tags = [tag(f"#{name}" if value is None else f"#{name}:{value}") for name, value in found]
    for each in [*signals_before(tags, 7), *dateranges(tags, 7)]:
        assert each.index == 7
        assert each.duration is None or each.duration >= 0
        assert each.insertion is (each.kind is OUT and each.duration == 0)
