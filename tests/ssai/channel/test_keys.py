"""Keys that count by media sequence number carry the origin's, whatever becomes of the window."""

import pytest

from ssai.channel.keys import with_iv
from ssai.channel.window import extended, opened, trimmed
from ssai.hls.media import MediaReader, parse
from tests.ssai.channel.live_text import at, text

AES = '#EXT-X-KEY:METHOD=AES-128,URI="k"'


@pytest.mark.parametrize(
    ("key", "added"),
    [
        ('METHOD=AES-128,URI="k"', True),
        ('METHOD=AES-128,URI="k",KEYFORMAT="identity" , ', True),
        ('METHOD=AES-128,URI="k?IV=0x1"', True),
        ('METHOD=AES-128,URI="k",IV=0x1', False),
        ('METHOD=SAMPLE-AES,URI="k"', True),
        ('METHOD=SAMPLE-AES,URI="k",KEYFORMAT="com.apple.streamingkeydelivery"', False),
        ('METHOD=SAMPLE-AES-CTR,URI="k"', False),
    ],
)
def test_which_keys_count(key, added):
    (segment,) = parse(f"#EXTM3U\n#EXT-X-KEY:{key}\n#EXTINF:4,\ns").segments
    (found,) = with_iv(segment, 298).keys
    wanted = key.rstrip(" ,") + ",IV=0x0000000000000000000000000000012a" if added else key
    assert found.value == wanted


def numbers(window):
    return [int(segment.keys[0].value.rpartition("IV=0x")[2], 16) for segment in window.segments]


def listing(first, count, **options):
    options["tags"] = {first: [AES], **options.get("tags", {})}
    return text(first, count, **options)


def test_numbers_are_the_origins_through_reloads_and_epochs():
    reader = MediaReader()
    window = opened("http://o/v.m3u8", reader.read(listing(7, 4)), at(28))
    assert numbers(window) == [7, 8, 9, 10]
    window, _ = extended(window, reader.read(listing(9, 4)))
    assert numbers(window) == [7, 8, 9, 10, 11, 12]
    # The origin starts again at 3: indices go on, its numbers are what its keys count by.
    window, _ = extended(window, reader.read(listing(3, 2, start=52, name="b{}.ts")))
    window, _ = extended(window, reader.read(listing(4, 3, start=56, name="b{}.ts")))
    assert numbers(window)[6:] == [3, 4, 5, 6]
    assert window.after == 17
    assert window.segments[0].keys[0].value.endswith("IV=0x00000000000000000000000000000007")


def test_numbers_go_on_after_segments_that_were_missed():
    window = opened("http://o/v.m3u8", parse(listing(7, 4)), at(28))
    window, _ = extended(window, parse(listing(20, 2)))
    assert numbers(window) == [20, 21]


def test_what_the_key_adds_is_nothing_written_anew():
    known = opened("http://o/v.m3u8", parse(listing(0, 5, tags={2: ["#EXT-X-CUE-OUT:8"]})), at(0))
    _, changed = extended(known, parse(listing(0, 6, tags={2: ["#EXT-X-CUE-OUT:8"]})))
    assert [index for index, _ in changed] == [5]
    _, changed = extended(known, parse(listing(0, 6, tags={2: ["#EXT-X-CUE-OUT:20"]})))
    assert [index for index, _ in changed] == [2, 5]


def test_a_trimmed_window_keeps_its_keys():
    window = opened("http://o/v.m3u8", parse(listing(0, 9)), at(0))
    assert numbers(trimmed(extended(window, parse(listing(3, 9)))[0], 3, 4))[-1] == 11
