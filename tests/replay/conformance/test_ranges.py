"""Rules 19, 21 and 26: date ranges."""

import pytest

from replay.conformance import Checker
from tests.replay.conformance.live import BASE, EPOCH, SECOND, STEP, Event, alone, both, content, of, rules


def ranged(*tags: str, place: int = 3) -> Event:
    return Event(content(19)).but(place, tags=tags)


START = content(4)[3].pdt
RANGE = '#EXT-X-DATERANGE:ID="x",START-DATE="2026-09-21T14:13:32Z",DURATION=4'


def test_the_range_starts_where_its_segment_does():
    assert "2026-09-21T14:13:32.000Z" in ranged().segs[3].lines()[0]
    assert START == EPOCH + 12 * SECOND


def test_21_date_ranges_are_equal():
    assert both(of(ranged(RANGE)), of(ranged(RANGE))) == []
    assert both(of(ranged(RANGE)), of(ranged(RANGE + ",X-A=1"))) == []
    assert both(of(ranged(RANGE + ",X-A=2")), of(ranged(RANGE + ",X-A=1"))) == ["21"]
    assert both(of(ranged(RANGE)), of(ranged())) == []


@pytest.mark.parametrize(("more", "found"), [("", ["21"]), (RANGE.replace('"x"', '"y"'), [])])
def test_21_who_carries_date_ranges_carries_all(more, found):
    checker = Checker()
    for at in range(4):
        checker.observe("video", ranged(RANGE, RANGE.replace('"x"', '"y"')).window(at, at + 6), at * STEP)
        checker.observe("sound", ranged(RANGE, more or "#X").window(at, at + 6), at * STEP)
    assert rules(checker.finish(4 * STEP)) == found


def test_21_only_what_a_rendition_could_list_is_missing():
    def seen(*sound: int, late: int = 0) -> list[str]:
        checker = Checker()
        other = RANGE.replace('"x"', '"y"').replace("14:13:32", "14:13:40")
        for at in range(9):
            checker.observe(
                "video", ranged(*[RANGE] * (at >= late)).but(5, tags=(other,)).window(at, at + 6), at * STEP
            )
            if at in sound:
                checker.observe("sound", Event(content(19)).but(5, tags=(other,)).window(at, at + 6), at * STEP + 1)
        return rules(checker.finish(9 * STEP))

    assert seen(0, 1, 2, 3, 4, 5) == ["21"]
    assert seen(0, 3) == ["21"]
    # Before the tag has had time to come, and after its start has left.
    assert seen(0, 1, 4, 5, 8) == []
    assert seen(0, 1, 2, 3, late=2) == []


OTHER = RANGE.replace('"x"', '"y"')


def combined(tags: dict[str, str], *, group: str = ',AUDIO="a"', shows: dict[str, int] | None = None) -> list[str]:
    """Two variants and two sounds: the date range of each, and for how many reloads each is seen, four unless told."""
    shows = {"video": 4, "low": 4, "sound": 4, "music": 4} | (shows or {})
    index = ["#EXTM3U", '#EXT-X-MEDIA:TYPE=VIDEO,GROUP-ID="v",NAME="v"']
    index += [f'#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="a",NAME="{name}",URI="{name}.m3u8"' for name in ("sound", "music")]
    for name in ("video", "low"):
        index += [f'#EXT-X-STREAM-INF:BANDWIDTH=1,CODECS="avc1.4d401e,mp4a.40.2"{group}', f"{name}.m3u8"]
    checker = Checker()
    assert checker.multivariant("\n".join(index), BASE + "index.m3u8", 0) == []
    for at in range(4):
        for name, count in shows.items():
            if at < count:
                text = ranged(tags.get(name, "#X")).window(at, at + 6)
                assert checker.observe(name, text, at * STEP, f"{BASE}{name}.m3u8") == []
    return rules(checker.finish(4 * STEP))


def test_21_each_playable_combination_carries_the_date_ranges():
    assert combined({}) == []
    assert combined({"video": RANGE, "low": RANGE}) == []
    assert combined({"sound": RANGE, "music": RANGE}) == []
    assert combined({"video": RANGE}) == ["21"]
    assert combined({"sound": RANGE}) == ["21", "21"]
    assert combined({"sound": RANGE, "music": RANGE}, group="") == ["21", "21"]
    assert combined({"video": f"{RANGE}\n{OTHER}", "low": OTHER}) == ["21"]


def test_21_what_was_not_seen_may_carry_them():
    assert combined({"video": RANGE}, shows={"sound": 0, "music": 0}) == []
    assert combined({"video": RANGE}, shows={"sound": 1, "music": 1}) == []
    assert combined({"video": RANGE}, group=',VIDEO="v"') == []


def test_21_a_date_range_may_come_late():
    checker = Checker()
    for at in range(4):
        checker.observe("video", ranged(f"{RANGE}\n{OTHER}").window(at, at + 6), at * STEP)
        checker.observe("sound", ranged(RANGE if at < 3 else f"{RANGE}\n{OTHER}").window(at, at + 6), at * STEP)
    assert checker.finish(4 * STEP) == []


def test_19_a_range_leaves_with_its_dates():
    assert alone(*of(ranged(RANGE))) == []
    long = RANGE.replace("DURATION=4", "DURATION=12")
    assert alone(*of(ranged(long))) == ["19"]
    kept = [Event(content(19)).but(max(at, 3), tags=(long,)).window(at, at + 6) for at in range(6)]
    assert alone(*kept, Event(content(19)).window(6, 12)) == []


def test_19_a_range_that_is_taken_away():
    assert alone(ranged(RANGE).window(0, 6), ranged().window(0, 7)) == ["19"]


def test_19_a_planned_range_stays_until_its_end_is_told():
    planned = RANGE.replace("DURATION", "PLANNED-DURATION").replace("=4", "=40")
    gone = [ranged(planned).window(at, at + 6) for at in range(4)]
    assert alone(*gone, ranged().window(4, 10)) == ["19"]
    back = RANGE + ",SCTE35-IN=0x1"
    kept = ranged(planned).but(4, tags=(planned, back)).window(4, 10)
    assert alone(*gone, kept, ranged().window(5, 11)) == []
    # Whether it ended early was to be seen in what nobody saw.
    assert alone(*gone, ranged().window(10, 16)) == []
    assert alone(*gone, ranged().window(10, 16, msn=4)) == ["5"]


OUT = RANGE.replace("DURATION=4", "PLANNED-DURATION=4,SCTE35-OUT=0x1")


@pytest.mark.parametrize(
    ("tag", "found"),
    [
        (RANGE + ",SCTE35-IN=0x2", []),
        (RANGE.replace("DURATION=4", 'END-DATE="2026-09-21T14:13:36Z",SCTE35-IN=0x2'), []),
        (RANGE.replace("DURATION=4", "SCTE35-IN=0x2"), ["19"]),
        (RANGE.replace('"x"', '"y"') + ",SCTE35-IN=0x2", ["19"]),
        (RANGE.replace('"x"', '"y"').replace("13:32", "13:28") + ",SCTE35-IN=0x2", []),
        (RANGE.replace('"x"', '"y"') + ",SCTE35-OUT=0x3,SCTE35-IN=0x2", []),
    ],
)
def test_19_out_and_in(tag, found):
    assert alone(ranged(OUT).window(0, 6), ranged(OUT).but(4, tags=(tag,)).window(0, 7)) == found


def test_19_an_id_means_one_thing():
    later = RANGE.replace("14:13:32", "14:13:52")
    assert alone(ranged(RANGE).window(0, 6), ranged(later, place=8).window(4, 10)) == ["19"]
    assert alone(ranged(RANGE, later).window(0, 6)) == ["19"]
    more = RANGE + ',X-MORE="1"'
    assert alone(ranged(RANGE).window(0, 6), ranged(more).window(0, 7)) == []


@pytest.mark.parametrize(
    ("attributes", "found"),
    [
        ('START-DATE="2026-09-21T14:13:32Z"', ["19"]),
        ('ID="x"', ["19"]),
        ('ID="x",START-DATE="yesterday"', ["19"]),
        ('ID="x",START-DATE="2026-09-21T14:13:32Z",END-DATE="2026-09-21T14:13:30Z"', ["19"]),
        ('ID="x",START-DATE="2026-09-21T14:13:32Z",END-DATE="2026-09-21T14:13:36Z",DURATION=5', ["19"]),
        ('ID="x",START-DATE="2026-09-21T14:13:32Z",END-DATE="2026-09-21T14:13:36Z",DURATION=4', []),
        ('ID="x",START-DATE="2026-09-21T14:13:32Z",DURATION=-4', ["19"]),
        ('ID="x",START-DATE="2026-09-21T14:13:32Z",END-ON-NEXT=YES', ["19"]),
        ('ID="x",START-DATE="2026-09-21T14:13:32Z",CLASS="c",END-ON-NEXT=YES', []),
        ('ID="x",START-DATE="2026-09-21T14:13:32Z",CLASS="com.apple.hls.interstitial"', ["26"]),
        ('ID="x",START-DATE="2026-09-21T14:13:32Z",CLASS="com.apple.hls.interstitial",X-ASSET-URI="a.m3u8"', ["26"]),
        ('ID="x",START-DATE="2026-09-21T14:13:32Z",CLASS="com.apple.hls.interstitial",X-ASSET-URI="http://a/b"', []),
    ],
)
def test_19_and_26_one_range(attributes, found):
    assert alone(ranged("#EXT-X-DATERANGE:" + attributes).window(0, 6)) == found


def test_19_a_range_needs_a_date():
    assert alone(Event(content(6, dated=False)).but(3, tags=(RANGE,)).window(0, 6)) == ["19"]
