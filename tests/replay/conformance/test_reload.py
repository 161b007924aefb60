"""Rules 1, 2, 4, 5, 6, 8, 9, 11 and 15: what a reload may change."""

from dataclasses import replace

import pytest

from replay.conformance import Checker
from tests.replay.conformance.live import SECOND, Event, Seg, Viewer, content, rules, sliding, with_break

LIVE = with_break()


def after(event: Event, *texts: str) -> list[str]:
    """Rules that ``texts`` break after a window of ``event`` from 2 to 8."""
    viewer = Viewer()
    assert viewer.sees([event.window(2, 8)]) == []
    return rules(viewer.sees(texts))


def test_a_whole_break_slides_through_without_a_finding():
    viewer = Viewer()
    assert viewer.sees(sliding(LIVE, 0, 12)) == []
    assert viewer.checker.finish(viewer.now) == []


@pytest.mark.parametrize("size", [4, 7])
@pytest.mark.parametrize("jump", [1, 2, 3])
def test_windows_may_slide_by_several_segments(size, jump):
    texts = [LIVE.window(at, at + size) for at in range(0, 12, jump)]
    assert Viewer().sees(texts) == []


def test_a_jump_over_the_whole_window_is_no_fault():
    assert after(LIVE, LIVE.window(12, 18)) == []


def test_6_a_jump_leaves_at_least_the_tags_that_were_seen():
    seen = [LIVE.window(5, 11)]
    assert Viewer().sees([*seen, LIVE.window(12, 18)]) == []
    assert rules(Viewer().sees([*seen, LIVE.window(12, 18, dsn=2)])) == ["6"]


def test_2_header_tags_are_fixed():
    assert after(LIVE, LIVE.window(3, 9, target=5)) == ["2"]
    assert after(LIVE, LIVE.window(3, 9, version=6)) == ["2"]
    assert after(LIVE, LIVE.window(3, 9, extra=())) == ["2"]
    gone = LIVE.window(3, 9).replace("#EXT-X-DISCONTINUITY-SEQUENCE:0\n", "")
    assert after(LIVE, gone) == ["2"]


def test_2_a_lasting_change_is_told_once():
    assert after(LIVE, *[LIVE.window(at, at + 6, target=5) for at in range(3, 9)]) == ["2"]


@pytest.mark.parametrize("msn", [3, 5, 20])
def test_4_the_number_rises_by_what_left(msn):
    assert after(LIVE, LIVE.window(4, 10, msn=msn)) == ["4"]


def test_4_a_number_that_stands_still_while_segments_leave():
    assert after(LIVE, LIVE.window(3, 9, msn=2)) == ["4"]


@pytest.mark.parametrize("dated", [True, False])
def test_4_a_jump_within_slate_that_repeats_itself_is_none(dated):
    slate = with_break(ads=("s",) * 12)
    segs = (replace(seg, uri=f"ad/s/{at % 3}.ts", disc=int(at % 3 == 0)) for at, seg in enumerate(slate.segs))
    event = Event(tuple(seg if dated else replace(seg, pdt=None) for seg in segs))
    assert Viewer().sees([event.window(0, 9), event.window(9, 17)]) == []
    assert Viewer().sees([event.window(0, 9), event.window(12, 20)]) == []


@pytest.mark.parametrize(("dated", "found"), [(False, []), (True, ["4"])])
def test_4_numbers_without_a_common_one_are_wrong_where_dates_prove_it(dated, found):
    segs = [seg if dated else replace(seg, pdt=None) for seg in LIVE.segs]
    # A pod may come again after what nobody saw: only dates tell it from the first one.
    event = replace(LIVE, segs=tuple(segs))
    assert rules(Viewer().sees([event.window(2, 8), event.window(4, 10, msn=20, dsn=1)])) == found


def test_4_the_number_never_falls():
    assert after(LIVE, LIVE.window(1, 8)) == ["4"]


def test_1_and_4_a_worker_that_lags():
    assert sorted(after(LIVE, LIVE.window(1, 7))) == ["1", "4"]


def test_4_is_told_once_and_the_new_numbers_hold():
    assert after(LIVE, *[LIVE.window(at, at + 6, msn=at + 3) for at in range(3, 9)]) == ["4"]


def test_1_segments_leave_the_end():
    assert after(LIVE, LIVE.window(2, 7)) == ["1"]


def test_1_a_segment_leaves_the_middle():
    cut = replace(LIVE, segs=LIVE.segs[:4] + LIVE.segs[5:])
    assert after(LIVE, cut.window(2, 9)) == ["1"]


def test_1_a_segment_comes_into_the_middle():
    more = replace(LIVE, segs=(*LIVE.segs[:4], Seg("new.ts"), *LIVE.segs[4:]))
    assert after(LIVE, more.window(2, 9)) == ["1"]


@pytest.mark.parametrize(
    "change",
    [
        {"duration": 3.9},
        {"gap": True},
        {"tags": ('#EXT-X-KEY:METHOD=AES-128,URI="k",IV=0x1',)},
        {"tags": ('#EXT-X-MAP:URI="i.mp4"',)},
    ],
)
def test_1_what_a_kept_segment_means(change):
    broken = content(20)
    before = Event(broken)
    viewer = Viewer(Checker())
    assert viewer.sees([before.window(2, 8)]) == []
    found = viewer.sees([before.but(4, **change).window(3, 9)])
    assert "1" in rules(found)
    assert {"1", "7", "14"} >= set(rules(found))


def test_1_a_discontinuity_added_or_taken_away():
    assert "1" in after(LIVE, LIVE.but(4, disc=1).window(2, 9))
    assert "1" in after(LIVE, LIVE.but(6, disc=0).window(2, 8))


def test_1_a_date_moves_by_more_than_rounding():
    moved = LIVE.segs[4].pdt + 2_000
    assert after(LIVE, LIVE.but(4, pdt=moved).window(3, 9)) == ["1"]
    assert after(LIVE, LIVE.but(4, pdt=moved - 1_500).window(3, 9)) == []


def test_1_a_head_may_state_its_date_anew_and_lose_its_own_tag():
    event = Event((replace(content(1)[0]), *content(20, dated=False, start=1)))
    dated = replace(
        event, segs=tuple(replace(seg, pdt=LIVE.segs[0].pdt + 4 * at * SECOND) for at, seg in enumerate(event.segs))
    )
    first = [event.window(0, 6)]
    head = event.but(1, pdt=dated.segs[1].pdt)
    assert Viewer().sees([*first, head.window(1, 7)]) == []
    untagged = LIVE.but(6, disc=0)
    assert Viewer().sees([LIVE.window(3, 9), untagged.window(6, 12, dsn=1)]) == []
    assert rules(Viewer().sees([LIVE.window(3, 9), untagged.window(6, 12, dsn=0)])) == ["6"]


def test_5_a_number_keeps_its_address():
    assert after(LIVE, LIVE.but(7, uri="ad/a/z.ts").window(3, 9)) == ["5"]


def test_5_addresses_that_change_with_each_reload_are_one_fault():
    def token(at: int) -> str:
        return LIVE.window(at, at + 6).replace(".ts", f".ts?token={at}")

    assert rules(Viewer().sees([token(at) for at in range(13)])) == ["5"]
    texts = [token(at) for at in range(3)] + [token(2)] + [LIVE.window(at, at + 6) for at in range(3, 6)]
    assert rules(Viewer().sees([*texts, LIVE.but(11, uri="other.ts").window(6, 12), LIVE.window(7, 13)])) == ["5", "5"]


def test_4_numbers_that_never_rise_are_one_fault():
    assert rules(Viewer().sees([LIVE.window(at, at + 6, msn=0) for at in range(13)])) == ["4"]


def test_5_a_number_keeps_its_byte_range():
    def ranged(offset: int) -> Event:
        return Event(
            tuple(replace(seg, tags=(f"#EXT-X-BYTERANGE:10@{offset + 10 * at}",)) for at, seg in enumerate(LIVE.segs))
        )

    assert rules(Viewer().sees([ranged(0).window(2, 8), ranged(0).window(3, 9)])) == []
    assert rules(Viewer().sees([ranged(0).window(2, 8), ranged(5).window(3, 9)])) == ["5"]


def test_5_a_departed_number_shown_again_has_its_old_address():
    texts = [LIVE.window(2, 8), LIVE.window(5, 11)]
    assert rules(Viewer().sees([*texts, LIVE.window(3, 11)])) == ["4"]
    assert rules(Viewer().sees([*texts, LIVE.but(3, uri="other.ts").window(3, 11)])) == ["4", "5"]


def test_5_an_end_that_is_taken_back_returns_as_it_was():
    texts = [LIVE.window(2, 8), LIVE.window(2, 7)]
    assert rules(Viewer().sees([*texts, LIVE.window(2, 8)])) == ["1"]
    assert rules(Viewer().sees([*texts, LIVE.but(7, uri="ad/a/z.ts").window(2, 8)])) == ["1", "5"]


def test_6_counts_the_tags_that_left():
    assert Viewer().sees([LIVE.window(5, 11), LIVE.window(7, 13)]) == []
    assert rules(Viewer().sees([LIVE.window(5, 11), LIVE.window(7, 13, dsn=0)])) == ["6"]
    assert rules(Viewer().sees([LIVE.window(5, 11), LIVE.window(7, 13, dsn=2)])) == ["6"]
    # The tag is still there: nothing left.
    assert rules(Viewer().sees([LIVE.window(5, 11), LIVE.window(6, 12, dsn=1)])) == ["6"]


def test_6_two_tags_count_twice():
    two = LIVE.but(6, disc=2)
    assert Viewer().sees(sliding(two, 0, 10)) == []
    assert "6" in rules(Viewer().sees([two.window(6, 12), two.window(7, 13, dsn=1)]))


def test_8_three_target_durations_stay():
    assert Viewer().sees([LIVE.window(0, 4), LIVE.window(1, 4)]) == []
    assert rules(Viewer().sees([LIVE.window(0, 4), LIVE.window(2, 4)])) == ["8"]
    ended = LIVE.window(2, 4, suffix=("#EXT-X-ENDLIST",))
    assert Viewer().sees([LIVE.window(0, 4), ended]) == []


def test_8_a_short_window_that_never_slid_is_no_fault():
    assert Viewer().sees([LIVE.window(0, 1), LIVE.window(0, 2)]) == []


def stalled(step: int, seen: int, **more: object) -> list[str]:
    checker = Checker(**more)
    found = []
    for at in range(seen):
        found += checker.observe("v", LIVE.window(0, 5), at * step)
    found += checker.observe("v", LIVE.window(1, 6), seen * step)
    found += checker.finish(seen * step)
    return rules(found)


def test_9_nothing_new_for_a_time_and_a_half():
    assert stalled(2 * SECOND, 4) == []
    assert stalled(2 * SECOND, 5) == ["origin_stall"]
    assert stalled(2 * SECOND, 9) == ["origin_stall"]


def test_9_only_what_is_certain_counts():
    # Seen at 0 s and 11 s: it may have come at 0.1 s, or at 10.9 s.
    checker = Checker()
    assert checker.observe("v", LIVE.window(0, 5), 0) == []
    assert checker.observe("v", LIVE.window(1, 6), 11 * SECOND) == []


@pytest.mark.parametrize(("end", "rule"), [(5, "origin_stall"), (6, "9"), (7, "9"), (9, "9"), (10, "origin_stall")])
def test_9_is_the_stitchers_where_an_ad_is_next(end, rule):
    viewer = Viewer(step=2 * SECOND)
    found = viewer.sees([LIVE.window(end - 5, end)] * 5 + [LIVE.window(end - 4, end + 1)])
    assert rules(found + viewer.checker.finish(viewer.now)) == [rule]


def test_9_a_gap_that_never_ends_is_told_at_the_end():
    viewer = Viewer(step=2 * SECOND)
    assert viewer.sees([LIVE.window(0, 5)] * 6) == []
    assert rules(viewer.checker.finish(viewer.now)) == ["origin_stall"]


def test_9_an_ended_playlist_rests():
    assert Viewer().sees([LIVE.window(0, 5, suffix=("#EXT-X-ENDLIST",))] * 9) == []


def test_11_a_typed_playlist_does_not_slide():
    event = replace(LIVE, extra=("#EXT-X-PLAYLIST-TYPE:EVENT",))
    assert Viewer().sees([event.window(0, 5), event.window(0, 6)]) == []
    assert rules(Viewer().sees([event.window(0, 5), event.window(1, 6)])) == ["11"]


def test_11_vod_does_not_grow():
    event = replace(LIVE, extra=("#EXT-X-PLAYLIST-TYPE:VOD",))
    assert rules(Viewer().sees([event.window(0, 5), event.window(0, 6)])) == ["11"]


def test_11_a_type_that_changes():
    assert rules(
        Viewer().sees([LIVE.window(0, 5), LIVE.window(0, 6, extra=(*LIVE.extra, "#EXT-X-PLAYLIST-TYPE:EVENT"))])
    ) == ["11"]


def test_1_after_endlist_nothing_changes():
    ended = ("#EXT-X-ENDLIST",)
    assert Viewer().sees([LIVE.window(0, 5), LIVE.window(0, 6, suffix=ended), LIVE.window(0, 6, suffix=ended)]) == []
    assert rules(Viewer().sees([LIVE.window(0, 5, suffix=ended), LIVE.window(0, 6, suffix=ended)])) == ["1"]
    assert rules(Viewer().sees([LIVE.window(0, 5, suffix=ended), LIVE.window(0, 5)])) == ["1"]


KEY = '#EXT-X-KEY:METHOD=AES-128,URI="k1",IV=0x01'
MAP = '#EXT-X-MAP:URI="init.mp4"'


def sticky(tag: str, suffix: str = "ts") -> tuple[Event, Event]:
    """An event with a tag at its first segment only; the same with the tag again at segment 1."""
    event = Event(content(20, suffix=suffix)).but(0, tags=(tag,))
    return event, event.but(1, tags=(tag,))


@pytest.mark.parametrize("tag", [KEY, MAP, "#EXT-X-BITRATE:800"])
def test_15_the_head_has_what_was_in_force(tag):
    once, again = sticky(tag)
    assert Viewer(Checker()).sees([once.window(0, 6), again.window(1, 7)]) == []
    assert rules(Viewer(Checker()).sees([once.window(0, 6), once.window(1, 7)])) == ["15"]


def test_15_the_head_has_a_date():
    event = Event(content(20)).but(1, pdt=None)
    assert rules(Viewer().sees([event.window(0, 6), event.window(1, 7)])) == ["15"]
    assert Viewer().sees([event.window(0, 6), event.but(1, pdt=LIVE.segs[1].pdt).window(1, 7)]) == []


def test_1_another_key_at_the_head_is_another_meaning():
    once, _ = sticky(KEY)
    other = once.but(1, tags=(KEY.replace("k1", "k2"),))
    assert rules(Viewer(Checker()).sees([once.window(0, 6), other.window(1, 7)])) == ["1"]


def test_1_keys_and_map_in_another_order():
    keyed = Event(content(20, suffix="mp4")).but(0, tags=(MAP, KEY))
    wrong = keyed.but(1, tags=(KEY, MAP))
    assert Viewer(Checker()).sees([keyed.window(0, 6), keyed.but(1, tags=(MAP, KEY)).window(1, 7)]) == []
    assert rules(Viewer(Checker()).sees([keyed.window(0, 6), wrong.window(1, 7)])) == ["1"]


@pytest.mark.parametrize(("method", "found"), [("SAMPLE-AES", []), ("AES-128", ["1"])])
def test_1_a_map_is_written_again_under_the_key_that_is_in_force_now(method, found):
    old, new = (KEY.replace("k1", name).replace("AES-128", method) for name in ("k1", "k2"))
    event = Event(content(20, suffix="mp4")).but(0, tags=(old, MAP)).but(1, tags=(new,))
    again = event.but(1, tags=(new, MAP))
    assert rules(Viewer(Checker()).sees([event.window(0, 6), again.window(1, 7)])) == found


def test_the_line_and_both_snapshots_are_named():
    viewer = Viewer()
    first, second = LIVE.window(2, 8), LIVE.but(7, uri="ad/a/z.ts").window(3, 9)
    [finding] = viewer.sees([first, second])
    assert finding.snapshot.text.split("\n")[finding.line - 1] == "ad/a/z.ts"
    assert finding.before is not None
    assert (finding.before.text, finding.snapshot.at) == (first, 4 * SECOND)
    assert finding.playlist == "video"


def test_a_text_that_is_no_playlist_is_told_and_passed_over():
    texts = [LIVE.window(2, 8), "<html>", "<html>", LIVE.window(3, 9)]
    assert rules(Viewer().sees(texts)) == ["syntax"]


def test_a_hop_to_another_host_changes_no_address():
    checker = Checker(creative=creative_of)
    assert checker.observe("v", LIVE.window(2, 8), 0, "http://one/v.m3u8") == []
    assert checker.observe("v", LIVE.window(3, 9), 4 * SECOND, "http://two/v.m3u8") == []


def creative_of(url: str) -> str | None:
    return "x" if url == "" else None
