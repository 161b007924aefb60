"""One playlist alone: every playlist of the shared material, and any text at all."""

import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from replay.conformance import Checker, Finding, judge
from replay.conformance.model import MAX_FAULTS
from tests.replay.conformance.live import BASE, Event, Viewer, content, creative, rules, sliding, with_break

TABLE = [
    line.split("\t")
    for line in (Path(__file__).parent / "playlists.tsv").read_text(encoding="utf-8").split("\n")
    if line
]
"""File, and the rules that it breaks by reading it: filled by hand before the checker was asked."""


def test_the_table_has_every_playlist(data):
    found = {path.relative_to(data / "hls").as_posix() for path in (data / "hls").rglob("*.m3u8")}
    assert {file for file, _ in TABLE} == found


@pytest.mark.parametrize(("file", "broken"), TABLE, ids=[file for file, _ in TABLE])
def test_what_a_reader_finds(data, file, broken):
    text = (data / "hls" / file).read_bytes().decode("utf-8", "surrogateescape")
    assert {finding.rule for finding in judge(text)} == set(broken.split())


HEAD = "#EXTM3U\n#EXT-X-VERSION:7\n#EXT-X-TARGETDURATION:4\n"
ONE = "#EXTINF:4.0,\na.ts\n"


@pytest.mark.parametrize(
    ("text", "found", "line"),
    [
        (HEAD + ONE, [], 0),
        (HEAD + "#EXTINF:4.499,\na.ts\n", [], 0),
        (HEAD + "#EXTINF:4.5,\na.ts\n", ["3"], 4),
        (HEAD + ONE + "#EXT-X-MEDIA-SEQUENCE:3\n" + ONE, ["4"], 6),
        (HEAD + ONE + "#EXT-X-DISCONTINUITY-SEQUENCE:3\n" + ONE, ["6"], 6),
        (HEAD + "#EXT-X-DISCONTINUITY\n#EXT-X-DISCONTINUITY-SEQUENCE:3\n" + ONE, ["6"], 5),
        (HEAD + "#EXT-X-DISCONTINUITY-SEQUENCE:3\n#EXT-X-DISCONTINUITY\n" + ONE, [], 0),
        (HEAD + '#EXT-X-KEY:METHOD=NONE,URI="x"\n' + ONE, ["12"], 4),
        (HEAD + "#EXT-X-BYTERANGE:10\n" + ONE, ["15"], 4),
        (HEAD + "#EXT-X-BYTERANGE:10@0\n" + ONE + "#EXT-X-BYTERANGE:10\n" + ONE, [], 0),
        (HEAD + "#EXT-X-BYTERANGE:10@0\n" + ONE + "#EXT-X-BYTERANGE:10\n#EXTINF:4,\nb.ts\n", ["15"], 7),
        (HEAD + ONE + "#EXT-X-PROGRAM-DATE-TIME:2026-01-01T00:00:00Z\n" + ONE, ["15"], 4),
        (HEAD + ONE + "#EXT-X-PROGRAM-DATE-TIME:2026-01-01T00:00:00Z\n" + ONE + "#EXT-X-ENDLIST\n", [], 0),
        (HEAD + "#EXT-X-PROGRAM-DATE-TIME:noon\n" + ONE, ["18"], 4),
        (HEAD + "#EXTINF:4,\n{$a}.ts\n", ["16", "17"], 2),
        (HEAD + "#EXT-X-SERVER-CONTROL:HOLD-BACK=11.9\n" + ONE, ["23"], 4),
        (HEAD + "#EXT-X-SERVER-CONTROL:HOLD-BACK=12\n" + ONE, [], 0),
        (HEAD + "#EXT-X-SERVER-CONTROL:PART-HOLD-BACK=1\n#EXT-X-PART-INF:PART-TARGET=0.6\n" + ONE, ["23"], 4),
        (HEAD + "#EXT-X-PART-INF:PART-TARGET=0.6\n" + ONE, ["23"], 4),
        (HEAD + "#EXT-X-SKIP:SKIPPED-SEGMENTS=2\n" + ONE, ["17"], 4),
        (HEAD + "#EXT-X-STREAM-INF:BANDWIDTH=1\n" + ONE, ["syntax"], 3),
        (HEAD + "#EXT-X-TARGETDURATION:4\n" + ONE, ["syntax"], 4),
        (HEAD + "#EXTINF:1e3,\na.ts\n", ["syntax"], 4),
        (HEAD + "#EXTINF:4.0,\n", ["syntax"], 4),
        (HEAD + "#EXTINF:4.0,\nhttp://[\n", ["syntax"], 5),
        (HEAD + '#EXT-X-KEY:URI="k"\n' + ONE, ["syntax"], 4),
        (HEAD + "#EXT-X-KEY:METHOD=AES-128\n" + ONE, ["syntax"], 4),
        (HEAD + '#EXT-X-KEY:METHOD=AES-128,URI="k",IV=77\n' + ONE, ["syntax"], 4),
        (HEAD + '#EXT-X-MAP:BYTERANGE="1@0"\n' + ONE, ["syntax"], 4),
        (HEAD + "#EXT-X-BYTERANGE:1@x\n" + ONE, ["syntax"], 4),
        (HEAD + "#EXT-X-DATERANGE:ID\n" + ONE, ["19"], 4),
        (HEAD + "#EXT-X-BITRATE:fast\n" + ONE, ["syntax"], 4),
        (HEAD.replace(":7", ":9") + "#EXT-X-SKIP:SKIPPED-SEGMENTS=-1\n" + ONE, ["syntax"], 4),
        (HEAD.replace(":7", ":x") + ONE, ["17", "syntax"], 2),
        (HEAD + "#EXT-X-PLAYLIST-TYPE:LIVE\n" + ONE, ["syntax"], 4),
        ("\n" + HEAD + ONE, ["syntax"], 1),
        ("#EXTM3U\r\n#EXT-X-TARGETDURATION:4\r\n#EXTINF:4,\r\na.ts\r\n", [], 0),
    ],
)  # fmt: skip
def test_one_snapshot(text, found, line):
    findings = judge(text)
    assert sorted({finding.rule for finding in findings}) == found
    if line:
        assert findings[0].line == line


M = "#EXTM3U\n#EXT-X-VERSION:7\n"
STREAM = "#EXT-X-STREAM-INF:BANDWIDTH=1\nv.m3u8\n"
CAPTIONS = '#EXT-X-MEDIA:TYPE=CLOSED-CAPTIONS,GROUP-ID="c",NAME="n"'


@pytest.mark.parametrize(
    ("text", "found", "line"),
    [
        (M + STREAM, [], 0),
        (M.replace("7", "x") + STREAM, ["syntax"], 2),
        (M + STREAM + "v.m3u8\n", ["syntax"], 5),
        (M + STREAM + "#EXT-X-STREAM-INF:BANDWIDTH=1\n", ["syntax"], 5),
        (M + "#EXT-X-STREAM-INF:BANDWIDTH=1\n" + STREAM, ["syntax"], 3),
        (M + '#EXT-X-STREAM-INF:CODECS="a"\nv.m3u8\n', ["syntax"], 3),
        (M + "#EXT-X-STREAM-INF:BANDWIDTH=1.5\nv.m3u8\n", ["syntax"], 3),
        (M + "#EXT-X-STREAM-INF:BANDWIDTH\nv.m3u8\n", ["syntax"], 3),
        (M + "#EXT-X-STREAM-INF:BANDWIDTH=1\nhttp://[\n", ["syntax"], 4),
        (M + STREAM + "#EXT-X-TARGETDURATION:4\n", ["syntax"], 5),
        (M + STREAM + CAPTIONS + "\n", ["syntax"], 5),
        (M + STREAM + CAPTIONS + ',INSTREAM-ID="CC1"\n', [], 0),
        (M + STREAM + CAPTIONS + ',INSTREAM-ID="CC1",URI="c.m3u8"\n', ["syntax"], 5),
        (M + STREAM + CAPTIONS + ',INSTREAM-ID="SERVICE1"\n', [], 0),
        (M.replace("7", "6") + STREAM + CAPTIONS + ',INSTREAM-ID="SERVICE1"\n', ["17"], 5),
        (M + STREAM + '#EXT-X-MEDIA:TYPE=SUBTITLES,GROUP-ID="s",NAME="n"\n', ["syntax"], 5),
        (M + STREAM + '#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="s",NAME="n",INSTREAM-ID="a"\n', ["17"], 5),
        (M + STREAM + '#EXT-X-DEFINE:NAME="a",VALUE="b"\n', ["17"], 1),
        (M + STREAM + '#EXT-X-DEFINE:QUERYPARAM="a"\n', ["17"], 5),
        (M.replace("7", "8") + STREAM + "#EXT-X-DEFINE:x\n", ["syntax"], 5),
        (M.replace("7", "8") + STREAM + '#EXT-X-DEFINE:IMPORT="a"\n', ["16"], 5),
        (M + STREAM + "#" * 70_000, ["syntax"], 1),
    ],
)  # fmt: skip
def test_one_multivariant_playlist(text, found, line):
    findings = judge(text)
    assert [finding.rule for finding in findings] == found
    if line:
        assert findings[0].line == line


@pytest.mark.parametrize(
    ("tag", "version"),
    [
        ('#EXT-X-KEY:METHOD=AES-128,URI="k",IV=0x1', 2),
        ("#EXTINF:4.0,", 3),
        ("#EXT-X-BYTERANGE:4@0", 4),
        ('#EXT-X-KEY:METHOD=SAMPLE-AES,URI="k"', 5),
        ('#EXT-X-KEY:METHOD=AES-128,URI="k",KEYFORMAT="f"', 5),
        ('#EXT-X-MAP:URI="i.mp4"', 6),
        ('#EXT-X-DEFINE:NAME="a",VALUE="b"', 8),
        ('#EXT-X-DEFINE:QUERYPARAM="a"', 11),
    ],
)
def test_17_a_feature_needs_its_version(tag, version):
    def text(stated: int) -> str:
        timed = "" if tag.startswith("#EXTINF") else "#EXTINF:4,\n"
        return f"#EXTM3U\n#EXT-X-VERSION:{stated}\n#EXT-X-TARGETDURATION:4\n{tag}\n{timed}a.m4s\n"

    assert judge(text(version)) == []
    assert rules(judge(text(version - 1))) == ["17"]


def test_17_a_map_in_a_playlist_of_intra_frames_needs_less():
    text = (
        '#EXTM3U\n#EXT-X-VERSION:5\n#EXT-X-TARGETDURATION:4\n#EXT-X-I-FRAMES-ONLY\n#EXT-X-MAP:URI="i"\n#EXTINF:4,\na\n'
    )
    assert judge(text) == []
    assert rules(judge(text.replace("#EXT-X-I-FRAMES-ONLY\n", ""))) == ["17"]


TAGS = """#EXTM3U
#
#EXT
#EXTINF:4,
#EXTINF:4.004,
#EXTINF:-1,
#EXTINF:
a.ts
b.mp4
ad/x/1.ts
{$x}
http://[
#EXT-X-TARGETDURATION:4
#EXT-X-TARGETDURATION:0
#EXT-X-MEDIA-SEQUENCE:5
#EXT-X-MEDIA-SEQUENCE:18446744073709551615
#EXT-X-DISCONTINUITY-SEQUENCE:1
#EXT-X-DISCONTINUITY
#EXT-X-GAP
#EXT-X-BITRATE:x
#EXT-X-ENDLIST
#EXT-X-SKIP:SKIPPED-SEGMENTS=2
#EXT-X-PLAYLIST-TYPE:EVENT
#EXT-X-PROGRAM-DATE-TIME:2026-01-01T00:00:00Z
#EXT-X-PROGRAM-DATE-TIME:9999-12-31T23:59:60+00:59
#EXT-X-KEY:METHOD=AES-128,URI="k"
#EXT-X-KEY:METHOD=NONE
#EXT-X-MAP:URI="i",BYTERANGE="1@0"
#EXT-X-BYTERANGE:1
#EXT-X-BYTERANGE:1@2
#EXT-X-DEFINE:NAME="x",VALUE="{$x}"
#EXT-X-DEFINE:QUERYPARAM="x"
#EXT-X-DATERANGE:ID="x",START-DATE="2026-01-01T00:00:00Z"
#EXT-X-DATERANGE:ID="x",START-DATE="0"
#EXT-X-STREAM-INF:BANDWIDTH=1
#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="a",NAME="n"
#EXT-X-SERVER-CONTROL:HOLD-BACK=1
#EXT-X-PART-INF:PART-TARGET=1"""
LINES = st.sampled_from([*TAGS.split("\n"), "", " ", "\r", "\ufeff", "\udc80"])
TEXTS = st.one_of(
    st.lists(LINES, max_size=24).map("\n".join),
    st.lists(LINES, max_size=24).map(lambda lines: "\n".join(["#EXTM3U", "#EXT-X-TARGETDURATION:4", *lines])),
    st.text(max_size=200),
)


@given(st.lists(TEXTS, min_size=1, max_size=4))
@settings(max_examples=1200, deadline=None)
def test_any_text_gives_findings_and_no_exception(texts):
    checker = Checker(creative=creative)
    for at, text in enumerate(texts):
        found = judge(text)
        found += checker.multivariant(text, "http://[" if at % 2 else BASE, at)
        found += checker.observe(f"p{at % 2}", text, at, BASE if at % 3 else "")
        found += checker.fetched("a.ts", 404, at)
        for finding in found:
            assert isinstance(finding, Finding)
            assert 1 <= finding.line <= finding.snapshot.text.count("\n") + 1
    checker.finish(len(texts))


EDITS = st.lists(st.tuples(st.integers(0, 60), st.booleans(), LINES), max_size=4)
RELOADS = st.lists(st.tuples(st.integers(0, 12), st.integers(0, 9), EDITS), min_size=2, max_size=8)


def edited(first: int, size: int, edits: list[tuple[int, bool, str]]) -> str:
    lines = with_break().window(first, first + size).split("\n")
    for place, instead, line in edits:
        lines[place : place + instead] = [line]
    return "\n".join(lines)


@given(RELOADS)
@settings(max_examples=600, deadline=None)
def test_playlists_that_are_nearly_right_give_no_exception_either(reloads):
    checker = Checker(creative=creative)
    for at, reload in enumerate(reloads):
        text = edited(*reload)
        for finding in checker.observe("v" if at % 3 else "a", text, at * 3_000_000, BASE):
            assert 1 <= finding.line <= text.count("\n") + 1
        checker.fetched(BASE + f"c{at}.ts", 404, at * 3_000_000)
    checker.finish(len(reloads) * 3_000_000)


def test_hostile_texts_are_bounded():
    lines = "#EXTINF:9,\na\n" * 30_000
    started = time.process_time()
    assert len(judge(HEAD + lines)) >= 1
    found = Checker().observe("v", HEAD + lines, 0)
    assert len(found) <= MAX_FAULTS + 1
    assert judge("#EXTM3U\n#EXT-X-KEY:" + " " * 1_000_000)[0].rule == "syntax"
    assert judge("#EXTM3U\n" + "a\n" * 60_000)[-1].rule == "syntax"
    assert judge("#EXTM3U\n" + "#\n" * (9 << 20))[0].rule == "syntax"
    assert judge(HEAD + "#" * 70_000 + "\n" + ONE)[0].rule == "syntax"
    assert judge(HEAD + "#EXT-X-MEDIA-SEQUENCE:" + "9" * 60_000 + "\n" + ONE)[0].rule == "syntax"
    assert time.process_time() - started < 10


def test_what_is_kept_does_not_grow():
    event = with_break(before=400, ads=("a",) * 3, after=400)
    viewer = Viewer()
    assert viewer.sees(sliding(event, 0, 790, 10)) == []
    track = viewer.checker._tracks["video"]
    assert len(track._history) <= 512
    assert len(track.media.blocks) <= 11
    assert len(track.resources._listed) == 10
    assert len(track.resources._gone) <= 20
    assert len(track.resources._lengths) <= 20


def test_a_short_reload_costs_little():
    event = Event(content(2_000))
    texts = sliding(event, 0, 1_900, 10)
    checker = Checker(creative=creative)
    started = time.process_time()
    for at, text in enumerate(texts):
        checker.observe("v", text, at * 4_000_000, BASE)
    # Measured at 0.1 ms; ten times that is a change of kind, not of machine.
    assert (time.process_time() - started) / len(texts) < 0.001
