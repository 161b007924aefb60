"""What the store gives back is what was in force."""

import json
import random
import zlib
from typing import Any

import pytest

from domain.errors import StoreError
from domain.units import Microseconds
from ssai.breaks.book import BreakRules
from ssai.channel.advance import Reload, first_version
from ssai.channel.codec import FORMAT, decode_break, decode_version, encode_break, encode_version
from ssai.hls.media import parse
from tests.ssai.stitch.channels import channel
from tests.ssai.stitch.product import Product

EVERYTHING = """#EXTM3U
#EXT-X-VERSION:7
#EXT-X-TARGETDURATION:4
#EXT-X-MEDIA-SEQUENCE:41
#EXT-X-DISCONTINUITY-SEQUENCE:7
#EXT-X-INDEPENDENT-SEGMENTS
#EXT-X-SERVER-CONTROL:HOLD-BACK=12.5
#EXT-X-START:TIME-OFFSET=-8
#EXT-X-KEY:METHOD=AES-128,URI="k1",IV=0x00000000000000000000000000000029
#EXT-X-MAP:URI="init.mp4",BYTERANGE="100@0"
#EXT-X-PROGRAM-DATE-TIME:2026-09-21T10:00:00.123Z
#EXTINF:4.000,The title, with a comma
#EXT-X-BYTERANGE:1000@100
all.mp4
#EXT-X-BITRATE:800
#EXTINF:3.999999,
#EXT-X-BYTERANGE:1000
all.mp4
#EXT-X-DISCONTINUITY
#EXT-X-KEY:METHOD=SAMPLE-AES,URI="k2",KEYFORMAT="com.apple.streamingkeydelivery"
#EXT-X-KEY:METHOD=SAMPLE-AES,URI="k3",KEYFORMAT="urn:uuid:edef8ba9"
#EXT-X-CUE-OUT:30
#EXT-X-UNKNOWN:caf\udce9 \u00e9 \U0001f3c6
#EXTINF:4,
b.mp4
#EXT-X-KEY:METHOD=NONE
#EXT-X-MAP:URI="init2.mp4"
#EXT-X-GAP
#EXTINF:4,
c.mp4
#EXT-X-ENDLIST
"""


def test_every_part_of_a_playlist_comes_back() -> None:
    rules = BreakRules(Microseconds(4_000_000), Microseconds(0), Microseconds(60_000_000))
    version = first_version(
        "#EXTM3U\n", "http://o/index.m3u8", {"r0": Reload("http://o/a.m3u8", parse(EVERYTHING))}, rules
    )
    again = decode_version(encode_version(version))
    assert again == version
    assert encode_version(again) == encode_version(version)
    (window,) = again.windows.values()
    assert any(segment.map for segment in window.segments)
    assert any(segment.keys for segment in window.segments)
    assert window.ended


@pytest.mark.parametrize("seed", range(12))
def test_every_version_of_a_channel_comes_back(seed: int) -> None:
    script = channel(random.Random(seed))
    product, records = Product(script), set()
    for number in range(len(script.refreshes)):
        product.refresh(number)
        assert product.version is not None
        assert decode_version(encode_version(product.version)) == product.version
        for record in product.version.breaks:
            assert decode_break(encode_break(record)) == record
            records.add(record.key)
    assert records, "the channel had breaks"


def written(document: dict[str, Any], parts: bytes) -> bytes:
    return zlib.compress(json.dumps(document).encode()) + parts


def test_another_format_is_refused() -> None:
    rules = BreakRules(Microseconds(4_000_000), Microseconds(0), Microseconds(60_000_000))
    version = first_version("", "", {"r0": Reload("", parse(EVERYTHING))}, rules)
    body = encode_version(version)
    head = zlib.decompressobj()
    document = json.loads(head.decompress(body))
    parts = head.unused_data
    assert document["format"] == FORMAT
    assert decode_version(written(document, parts)) == version
    with pytest.raises(StoreError, match=str(FORMAT - 1)):
        decode_version(written(document | {"format": FORMAT - 1}, b""))
    for number, length in ((0, 5), (1, len(parts))):
        others = [[name, number, length] for name, _, _ in document["chunks"]]
        with pytest.raises(StoreError, match="another release"):
            decode_version(written(document | {"chunks": others}, parts))
    del document["windows"]["r0"]["edge"]
    with pytest.raises(StoreError, match="edge"):
        decode_version(written(document, parts))
    for cut in range(0, len(body), 7):
        with pytest.raises(StoreError, match="another release"):
            decode_version(body[:cut])
    for body in (b"", b"no zlib", zlib.compress(b"no json")):
        with pytest.raises(StoreError, match="another release"):
            decode_version(body)
