"""Rules 10, 11, 16, 20 to 22 and 25: renditions, segments asked for, and variables."""

from dataclasses import replace

import pytest

from replay.conformance import Checker
from tests.replay.conformance.live import (
    BASE,
    SECOND,
    STEP,
    Event,
    alone,
    both,
    content,
    creative,
    of,
    rules,
    with_break,
)

LIVE = with_break()


def test_20_equal_instants_have_equal_discontinuity_numbers():
    assert both(of(LIVE), of(LIVE)) == []
    higher = [LIVE.window(at, at + 6, dsn=sum(seg.disc for seg in LIVE.segs[:at]) + 1) for at in range(13)]
    assert both(of(LIVE), higher) == ["20"]


def test_20_media_sequence_numbers_may_differ():
    assert both(of(LIVE), [LIVE.window(at, at + 6, msn=at + 500) for at in range(13)]) == []


@pytest.mark.parametrize(("shift", "found"), [(90_000, []), (-90_000, [])])
def test_20_boundaries_may_lie_apart(shift, found):
    moved = replace(LIVE, segs=tuple(replace(seg, pdt=seg.pdt + shift) for seg in LIVE.segs))
    assert both(of(LIVE), of(moved)) == found


def test_20_a_rendition_without_the_break():
    assert both(of(LIVE), of(Event(content(19)))) == ["20", "20"]


def test_20_other_ads_in_another_rendition():
    other = LIVE.but(8, uri="ad/z/8.ts")
    assert both(of(LIVE), of(other)) == ["20"]


@pytest.mark.parametrize("known", [True, False])
def test_20_without_dates_the_discontinuity_number_tells_the_run(known):
    undated = replace(LIVE, segs=tuple(replace(seg, pdt=None) for seg in LIVE.segs))
    assert both(of(undated), of(undated), known=known) == []
    other = undated.but(8, uri="ad/z/8.ts")
    assert both(of(undated), of(other), known=known) == (["20"] if known else [])


def test_20_a_rendition_that_lags_is_held_against_what_the_other_showed():
    late = [LIVE.window(0, 6)] * 2 + [LIVE.window(at, at + 6) for at in range(11)]
    assert "20" not in both(of(LIVE), late)
    wrong = [LIVE.window(0, 6)] * 2 + [LIVE.but(8, uri="ad/z/8.ts").window(at, at + 6) for at in range(11)]
    assert "20" in both(of(LIVE), wrong)


def test_20_slate_may_reach_into_the_content():
    """Its last piece starts 60 ms before the content comes back, whose sound lies 20 ms off."""
    back = LIVE.segs[9].pdt
    event = LIVE.but(8, uri="ad/s/8.ts", duration=0.24, pdt=back - 60_000)
    moved = replace(event, segs=tuple(replace(s, pdt=s.pdt - 20_000 * (n > 8)) for n, s in enumerate(event.segs)))
    assert both(of(event), of(event)) == []
    assert both(of(event), of(moved)) == []
    assert both(of(event), of(event.but(8, uri="ad/z/8.ts"))) == ["20"]


def test_20_all_renditions_of_a_creative_are_cut_alike():
    def cut(shift: float) -> Event:
        return LIVE.but(6, duration=4 + shift).but(7, duration=4 - shift, pdt=LIVE.segs[7].pdt + round(shift * SECOND))

    assert both(of(LIVE), of(cut(-0.03))) == []
    assert both(of(LIVE), of(cut(-0.4))) == ["20"]
    assert both(of(LIVE), of(cut(-0.4)), known=False) == []
    assert both(of(LIVE), of(cut(-0.12).but(8, duration=3.88))) == ["20"]


def test_21_one_target_duration():
    assert both(of(LIVE), of(replace(LIVE, target=5))) == ["21"]
    free = replace(
        Event(content(6, suffix="vtt")), target=9, extra=("#EXT-X-PLAYLIST-TYPE:VOD",), suffix=("#EXT-X-ENDLIST",)
    )
    assert both([LIVE.window(0, 6)], [free.window(0, 6)]) == []


def test_21_dates_everywhere_or_nowhere():
    undated = Event(content(19, dated=False))
    assert both(of(Event(content(19))), of(undated)) == ["21"]


def test_21_server_control_is_identical():
    control = (*LIVE.extra, "#EXT-X-SERVER-CONTROL:HOLD-BACK=12.0,CAN-BLOCK-RELOAD=YES")
    order = (*LIVE.extra, "#EXT-X-SERVER-CONTROL:CAN-BLOCK-RELOAD=YES,HOLD-BACK=12.0")
    assert both(of(replace(LIVE, extra=control)), of(replace(LIVE, extra=order))) == []
    assert both(of(replace(LIVE, extra=control)), of(LIVE)) == ["21"]


def test_10_what_is_listed_is_there():
    checker = Checker()
    checker.observe("v", LIVE.window(0, 6), 0, BASE + "v.m3u8")
    assert checker.fetched(BASE + "c3.ts", 200, 1) == []
    assert checker.fetched(BASE + "other.ts", 404, 1) == []
    assert rules(checker.fetched(BASE + "c3.ts", 404, 1)) == ["10"]
    assert rules(checker.fetched(BASE + "c3.ts", 0, 1)) == ["10"]


def test_10_an_address_that_is_a_gap_once_and_then_is_not():
    event = LIVE.but(1, uri="same.ts", gap=True).but(2, uri="same.ts")
    checker = Checker()
    for at in range(4):
        checker.observe("v", event.window(at, at + 6), at * STEP, BASE + "v.m3u8")
    assert rules(checker.fetched(BASE + "same.ts", 404, 3 * STEP)) == ["10"]


def test_10_a_gap_need_not_be_there():
    checker = Checker()
    checker.observe("v", LIVE.but(3, gap=True).window(0, 6), 0, BASE + "v.m3u8")
    assert checker.fetched(BASE + "c3.ts", 404, 1) == []


@pytest.mark.parametrize(("later", "found"), [(23, ["10"]), (29, [])])
def test_10_what_left_stays_for_a_while(later, found):
    # c5 appears as the last of 6 at 0 s; it is owed for its 4 s and the longest playlist's 24 s, so until 28 s.
    checker = Checker()
    for at in range(8):
        checker.observe("v", LIVE.window(at, at + 6), at * STEP // 2, BASE + "v.m3u8")
    assert rules(checker.fetched(BASE + "c5.ts", 404, later * SECOND)) == found


def test_11_renditions_end_together():
    def ending(*, sound_too: bool) -> list[str]:
        checker = Checker()
        done = LIVE.window(1, 7, suffix=("#EXT-X-ENDLIST",))
        for at, (here, there) in enumerate(
            [
                (LIVE.window(0, 6), LIVE.window(0, 6)),
                (done, LIVE.window(1, 7)),
                (done, LIVE.window(2, 8)),
                (done, LIVE.window(3, 9)),
            ]
        ):
            checker.observe("video", here, at * STEP)
            checker.observe("sound", done if sound_too and at else there, at * STEP)
        return rules(checker.finish(5 * STEP))

    assert ending(sound_too=True) == []
    assert ending(sound_too=False) == ["11"]


@pytest.mark.parametrize(("more", "stood", "found"), [(1, 0, []), (2, 0, ["11"]), (3, 0, ["11"]), (3, 2, [])])
def test_11_a_pod_ends_at_the_final_edge_of_all_renditions(more, stood, found):
    """``more``: ads that the sound has after the video's last; ``stood``: reloads for which the video stood still."""
    event = with_break(ads=("a",) * 9)
    done = ("#EXT-X-ENDLIST",)
    checker = Checker(creative=creative)
    checker.observe("video", event.window(3, 9), 0, BASE)
    checker.observe("sound", event.window(3, 9), 0, BASE)
    for at in range(1 + stood):
        checker.observe("video", event.window(4, 10), (1 + at) * STEP, BASE)
    last = (1 + stood) * STEP
    checker.observe("video", event.window(4, 10, suffix=done), last, BASE)
    checker.observe("sound", event.window(4, 10 + more, suffix=done), last, BASE)
    assert rules(checker.finish(last)) == found


VARIABLE = Event(content(6), version=11).but(2, uri="{$host}/c2.ts")


@pytest.mark.parametrize(
    ("define", "found"),
    [
        ("#X", ["16"]),
        ('#EXT-X-DEFINE:NAME="host",VALUE="h"', []),
        ('#EXT-X-DEFINE:NAME="host"', ["16"]),
        ('#EXT-X-DEFINE:VALUE="host"', ["16", "16"]),
        ('#EXT-X-DEFINE:NAME="other",VALUE="h"', ["16"]),
        ('#EXT-X-DEFINE:QUERYPARAM="host"', []),
        ('#EXT-X-DEFINE:QUERYPARAM="token"', ["16", "16"]),
        ('#EXT-X-DEFINE:IMPORT="host"', []),
        ('#EXT-X-DEFINE:IMPORT="token"', ["16", "16"]),
        ('#EXT-X-DEFINE:NAME="host",VALUE="h"\n#EXT-X-DEFINE:NAME="host",VALUE="i"', ["16"]),
    ],
)
def test_16_variables(define, found):
    checker = Checker()
    checker.multivariant('#EXTM3U\n#EXT-X-VERSION:8\n#EXT-X-DEFINE:NAME="host",VALUE="h"\n', BASE + "index.m3u8", 0)
    text = replace(VARIABLE, extra=(define,)).window(0, 6)
    assert rules(checker.observe("v", text, 0, BASE + "v.m3u8?host=a")) == found


def test_16_variables_are_put_in_before_addresses_are_read():
    seen = []
    checker = Checker(creative=seen.append)
    checker.observe("v", replace(VARIABLE, extra=('#EXT-X-DEFINE:NAME="host",VALUE="//h"',)).window(0, 6), 0, BASE)
    assert "http://h/c2.ts" in seen


SOUND = '#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="x",NAME="x",URI="x.m3u8"\n'
STREAM = "#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1{more}\nv.m3u8\n"


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (STREAM.format(more=',CODECS="avc1.4d401e"'), []),
        (STREAM.format(more=""), ["22"]),
        (STREAM.format(more=',CODECS="avc1.4d401e",AUDIO="x"') + SOUND, ["22"]),
        (STREAM.format(more=',CODECS="avc1.4d401e, mp4a.40.2",AUDIO="x"') + SOUND, []),
        (STREAM.format(more=',CODECS="mp4a.40.2",AUDIO="x"') + SOUND, []),
        (STREAM.format(more=',CODECS="a"') + '#EXT-X-CONTENT-STEERING:SERVER-URI="/s"\n', ["22"]),
        (STREAM.format(more=',CODECS="a",AUDIO="x"'), ["syntax"]),
        (STREAM.format(more=',CODECS="a",REQ-VIDEO-LAYOUT="CH-STEREO"'), ["17"]),
        ("<html>", ["syntax"]),
    ],
)
def test_22_the_multivariant_playlist(text, found):
    assert rules(Checker(creative=creative).multivariant(text, BASE, 0)) == found
    assert [rule for rule in found if rule != "22"] == rules(Checker().multivariant(text, BASE, 0))


def test_25_a_delta_stands_for_the_whole():
    def delta(at: int, skipped: int) -> str:
        text = LIVE.window(at, at + 8, version=9)
        head, tail = text.split("#EXT-X-PROGRAM", 1)[0], LIVE.window(at + skipped, at + 8, version=9)
        lines = tail.split("\n")
        first = next(
            place for place, line in enumerate(lines) if line.startswith(("#EXT-X-DISCONTINUITY\n", "#EXT-X-PROGRAM"))
        )
        return (
            head.replace("#EXT-X-DISCONTINUITY\n", "")
            + f"#EXT-X-SKIP:SKIPPED-SEGMENTS={skipped}\n"
            + "\n".join(lines[first:])
        )

    assert alone(LIVE.window(0, 8, version=9), delta(1, 3), delta(2, 3)) == []
    checker = Checker()
    for at, text in enumerate([LIVE.window(0, 8, version=9), delta(1, 3)]):
        assert checker.observe("v", text, at * STEP, BASE + f"v.m3u8?_HLS_skip={at}") == []
    assert alone(LIVE.window(0, 8, version=9), delta(9, 3)) == ["25"]
