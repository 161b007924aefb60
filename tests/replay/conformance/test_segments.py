"""Rules 7, 11, 12, 13, 14 and 18: what a segment needs beside the one before it."""

from dataclasses import replace

import pytest

from replay.conformance import Checker, judge
from tests.replay.conformance.live import EPOCH, SECOND, Event, Seg, Viewer, content, rules, sliding, with_break

LIVE = with_break()
KEY = '#EXT-X-KEY:METHOD=AES-128,URI="k1",IV=0x01'
NONE = "#EXT-X-KEY:METHOD=NONE"
MAP = '#EXT-X-MAP:URI="init.mp4"'
AD_MAP = '#EXT-X-MAP:URI="ad.mp4"'


def seen(event: Event, *, known: bool = True) -> list[str]:
    """Rules that a whole event breaks as it slides; ``known``: what is an ad is told."""
    viewer = Viewer() if known else Viewer(Checker())
    return rules(viewer.sees(sliding(event, 0, len(event.segs) - 6)))


def keyed(back: tuple[str, ...] = (KEY,), into: tuple[str, ...] = (NONE,)) -> Event:
    """A break in an encrypted channel whose tags are repeated at every segment, so that no window lacks them."""
    segs = []
    for seg in LIVE.segs:
        place = LIVE.segs.index(seg)
        tags = (KEY,) if place < 6 else into if place < 9 else back
        segs.append(replace(seg, tags=tags))
    return replace(LIVE, segs=tuple(segs))


@pytest.mark.parametrize(("place", "what"), [(6, "content to ad"), (8, "ad to ad"), (9, "ad to content")])
def test_7_every_boundary_is_tagged(place, what):
    assert seen(LIVE) == []
    assert seen(LIVE.but(place, disc=0)) == ["7"], what


def test_7_an_ad_that_starts_over():
    again = LIVE.but(7, uri=LIVE.segs[6].uri)
    assert seen(again) == ["7"]
    assert seen(again.but(7, disc=1)) == []


def test_7_byte_ranges_of_one_file_are_not_the_same_segment():
    def ranged(*offsets: int) -> Event:
        event = LIVE
        for place, offset in enumerate(offsets, 6):
            event = event.but(place, uri="ad/a/all.ts", disc=int(place == 6), tags=(f"#EXT-X-BYTERANGE:10@{offset}",))
        return event

    assert seen(ranged(0, 10, 20)) == []
    assert seen(ranged(0, 10, 0)) == ["7"]


def test_7_what_was_not_seen_may_have_started_over():
    slate = with_break(ads=("s",) * 12)
    segs = (
        replace(seg, uri=f"ad/s/{at % 3}.ts", disc=int(at % 3 == 0)) if "ad/" in seg.uri else seg
        for at, seg in enumerate(slate.segs)
    )
    event = replace(slate, segs=tuple(segs))
    assert Viewer().sees([event.window(4, 9), event.window(10, 15)]) == []
    assert rules(Viewer().sees([event.but(12, disc=0).window(10, 15)])) == ["7"]


def test_7_without_knowing_ads_only_what_shows_counts():
    assert seen(LIVE.but(6, disc=0), known=False) == []
    mapped = Event(content(12, suffix="mp4")).but(0, tags=(MAP,)).but(4, tags=(AD_MAP,))
    assert rules(Viewer(Checker()).sees([mapped.window(0, 12)])) == ["7"]
    assert Viewer(Checker()).sees([mapped.but(4, disc=1).window(0, 12)]) == []
    other = Event(content(12)).but(4, uri="other.aac")
    assert rules(Viewer(Checker()).sees([other.window(0, 5)])) == ["7", "14"]


def test_12_ads_stand_in_the_clear():
    assert seen(keyed()) == []
    assert seen(keyed(into=(KEY,))) == ["12"]
    assert seen(keyed(into=(NONE, KEY))) == ["12"]


def test_12_none_stands_alone():
    assert seen(keyed(into=('#EXT-X-KEY:METHOD=NONE,URI=""',))) == ["12"]


def returns(*back: tuple[str, ...], keys: tuple[str, ...] = (KEY,)) -> Event:
    """Content under ``keys`` and breaks of two segments; ``back``: the tags at the content after each of them."""
    segs = [replace(seg, tags=keys) for seg in content(4 + 5 * len(back))]
    for count, tags in enumerate(back):
        place = 4 + 5 * count
        segs[place] = replace(segs[place], uri=f"ad/{count}/0.ts", disc=1, tags=(NONE,))
        segs[place + 1] = replace(segs[place + 1], uri=f"ad/{count}/1.ts", tags=(NONE,))
        segs[place + 2] = replace(segs[place + 2], disc=1, tags=tags)
    return replace(LIVE, segs=tuple(segs))


def test_12_the_keys_come_back():
    other = KEY.replace("k1", "k2")
    assert seen(returns((KEY,), (other,))) == []
    assert seen(returns((NONE,), (NONE,))) == ["12"]


def test_12_an_origin_may_end_a_key_inside_a_break():
    assert seen(keyed(back=(NONE,))) == []
    assert seen(returns((NONE,), (KEY,), (NONE,), (KEY,))) == []


def test_12_every_keyformat_comes_back():
    fairplay = '#EXT-X-KEY:METHOD=SAMPLE-AES,URI="skd://x",KEYFORMAT="com.apple.streamingkeydelivery"'
    both = (KEY, fairplay)
    assert seen(returns(both, both, keys=both)) == []
    assert seen(returns((NONE, KEY), (NONE, fairplay), keys=both)) == []
    assert seen(returns((NONE, KEY), (NONE, KEY), keys=both)) == ["12"]


@pytest.mark.parametrize("head", [9, 11])
def test_12_a_head_that_has_the_keys_tells_that_they_were_lost(head):
    lost = keyed(back=())
    found = replace(lost, segs=tuple(replace(seg, tags=(KEY,)) for seg in lost.segs))
    assert rules(Viewer().sees([lost.window(6, 12), found.window(head, head + 6)])) == ["12"]
    other = [replace(seg, tags=(KEY.replace("k1", "k2"),)) for seg in lost.segs]
    assert "1" in rules(Viewer().sees([keyed().window(6, 12), replace(lost, segs=tuple(other)).window(head, head + 6)]))
    # Without ads before it a key that appears is only a change.
    assert rules(Viewer(Checker()).sees([lost.window(6, 12), found.window(head, head + 6)])) == ["1"]


def test_12_an_ads_map_stands_behind_none():
    def mapped(*into: str) -> Event:
        segs = [replace(seg, uri=seg.uri.replace(".ts", ".mp4")) for seg in keyed(into=into).segs]
        return replace(
            LIVE, segs=tuple(replace(seg, tags=(*seg.tags, MAP) if "ad/" not in seg.uri else seg.tags) for seg in segs)
        )

    assert seen(mapped(NONE, AD_MAP)) == []
    assert rules(Viewer().sees([mapped(AD_MAP, NONE).window(0, 9)])) == ["12"]


def test_13_every_key_says_its_iv():
    bare = KEY.replace(",IV=0x01", "")
    event = replace(LIVE, segs=tuple(replace(seg, tags=(bare,)) for seg in content(12)))
    assert seen(event) == ["13"]
    assert seen(event, known=False) == []
    fairplay = bare.replace("AES-128", "SAMPLE-AES") + ',KEYFORMAT="com.apple.streamingkeydelivery"'
    assert seen(replace(event, segs=tuple(replace(seg, tags=(fairplay,)) for seg in event.segs))) == []
    identity = bare.replace("AES-128", "SAMPLE-AES")
    assert seen(replace(event, segs=tuple(replace(seg, tags=(identity,)) for seg in event.segs))) == ["13"]


def test_14_formats_do_not_mix():
    assert seen(LIVE.but(7, uri="ad/a/7.mp4").but(7, disc=1)) == ["14"]
    unnamed = replace(LIVE, segs=tuple(replace(seg, uri=seg.uri.removesuffix(".ts")) for seg in LIVE.segs))
    assert seen(unnamed) == []
    assert rules(Viewer().sees([unnamed.but(6, tags=(AD_MAP,)).but(9, tags=(MAP,)).window(0, 12)])) == ["14"]


def test_14_each_side_of_a_boundary_has_its_own_map():
    def mapped(ads: str, back: str) -> list[str]:
        segs = []
        for place, seg in enumerate(LIVE.segs):
            tag = MAP if place < 6 else ads if place < 9 else back
            segs.append(replace(seg, uri=seg.uri.replace(".ts", ".m4s"), tags=(tag,)))
        return seen(replace(LIVE, segs=tuple(segs)))

    assert mapped(AD_MAP, MAP) == []
    assert mapped(MAP, MAP) == ["14", "14"]
    assert mapped(AD_MAP, AD_MAP) == ["14"]


def test_14_is_told_once_for_a_run_of_another_format():
    segs = tuple(replace(seg, uri=seg.uri.replace(".ts", ".m4s") if "ad/" in seg.uri else seg.uri) for seg in LIVE.segs)
    assert seen(replace(LIVE, segs=segs)) == ["14"]


def test_14_a_gap_has_no_format():
    assert seen(LIVE.but(3, uri="gone.mp4", gap=True)) == []


@pytest.mark.parametrize(("missing", "found"), [(3_800, []), (3_900, ["11"]), (60_000, ["11"]), (60_001, [])])
def test_11_content_that_is_left_out(missing, found):
    def late(place: int, seg: Seg) -> Seg:
        return replace(seg, pdt=seg.pdt + (missing * 1000 if place >= 5 else 0))

    event = Event(tuple(late(place, seg) for place, seg in enumerate(content(12))))
    assert seen(event) == found
    assert seen(event.but(5, disc=1)) == []


def test_18_a_date_stands_after_a_discontinuity():
    assert rules(Viewer().sees([LIVE.but(6, pdt=None).window(0, 12)])) == ["18"]
    undated = replace(LIVE, segs=tuple(replace(seg, pdt=None) for seg in LIVE.segs))
    assert seen(undated) == []


@pytest.mark.parametrize(("shift", "found"), [(-124, []), (-126, ["18"]), (500, [])])
def test_18_dates_do_not_go_back(shift, found):
    event = Event(
        tuple(replace(seg, pdt=seg.pdt + (shift * 1000 if place >= 5 else 0)) for place, seg in enumerate(content(12)))
    )
    assert seen(event) == found


@pytest.mark.parametrize(("shift", "found"), [(-224, []), (-226, ["18"]), (224, []), (226, ["18"])])
def test_18_the_content_comes_back_in_time(shift, found):
    event = replace(
        LIVE,
        segs=tuple(
            replace(seg, pdt=seg.pdt + (shift * 1000 if place >= 9 else 0)) for place, seg in enumerate(LIVE.segs)
        ),
    )
    assert seen(event) == found


def test_18_rounded_durations_may_drift():
    lines = ["#EXTM3U", "#EXT-X-VERSION:3", "#EXT-X-TARGETDURATION:4"]
    for place in range(3):
        lines += [f"#EXT-X-PROGRAM-DATE-TIME:2026-01-01T00:00:{place * 3.6:06.3f}Z", "#EXTINF:4,", f"s{place}.ts"]
    assert judge("\n".join(lines)) == []
    assert rules(judge("\n".join(lines).replace("#EXTINF:4,", "#EXTINF:4.000,"))) == ["18", "18"]


def test_a_segment_far_ahead_is_walked_once():
    viewer = Viewer()
    assert viewer.sees([LIVE.window(0, 6)]) == []
    assert viewer.sees([LIVE.but(15, disc=0).window(10, 16)] * 3) == []


def test_dates_are_milliseconds_since_the_epoch():
    assert content(2)[1].pdt == EPOCH + 4 * SECOND
    assert Seg("a.ts", pdt=EPOCH).lines()[0].endswith("Z")
