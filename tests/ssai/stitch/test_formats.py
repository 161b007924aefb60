"""Encrypted, fragmented and ranged content with ads in it: what holds for each segment is what the origin said.

Both sides are read by the same small reader, line by line, which shares nothing with the stitcher. TD is 4 s, segments
6 and 7 are replaced by four items of 2 s, so that later segments have other numbers than the origin's.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import urljoin

import pytest

from domain.pod import Creative, Pod, Slate
from domain.units import SECOND, Microseconds
from ssai.channel.version import ChannelVersion
from ssai.hls.variables import resolved
from ssai.stitch.plan import plan
from ssai.stitch.render import AdSegment
from ssai.stitch.view import ContentCache, View
from tests.ssai.channel.live_text import RULES, opening, reload, text

BASE = "http://o/v/index.m3u8"
SLATE = Slate(Creative("slate", (Microseconds(2 * SECOND),) * 8), ())
POD = Pod((Creative("ad", (Microseconds(2 * SECOND),) * 3), Creative("other", (Microseconds(2 * SECOND),))))
OUT = {6: ["#EXT-X-CUE-OUT:8"]}

Numbered = Mapping[int, Sequence[str]]
"""Tags by the number of the segment that they stand before."""


class Media:
    """Creatives in fMP4 or not, at 900 kbit/s."""

    def __init__(self, mapped: bool) -> None:
        self.mapped = mapped

    def segment(self, creative: str, rendition: str, index: int) -> AdSegment:
        section = f"/ads/{creative}/init.mp4" if self.mapped else None
        return AdSegment(f"/ads/{creative}/{index}", Microseconds(2 * SECOND), section, 900)


@dataclass(frozen=True)
class Held:
    """What holds for one segment: keys as (method, format, address, IV), the map with its own, and the rest."""

    keys: tuple[tuple[str, str, str, str | None], ...]
    map: tuple[str, str | None, tuple[tuple[str, str, str, str | None], ...]] | None
    bitrate: str | None
    gap: bool


def read(body: str) -> dict[tuple[str, str | None], Held]:
    """By address and byte range."""
    keys: dict[str, tuple[str, str, str, str | None]] = {}
    map_: tuple[str, str | None, tuple[tuple[str, str, str, str | None], ...]] | None = None
    found: dict[tuple[str, str | None], Held] = {}
    number, bitrate, range_, gap, edge = 0, None, None, False, 0
    for line in body.splitlines():
        name, _, value = line.partition(":")
        listed = dict(part.split("=", 1) for part in value.split(",") if "=" in part)
        given = {key: part.strip('"') for key, part in listed.items()}
        match name:
            case "#EXT-X-MEDIA-SEQUENCE":
                number = int(value)
            case "#EXT-X-KEY" if given["METHOD"] == "NONE":
                assert line == "#EXT-X-KEY:METHOD=NONE"
                keys.clear()
            case "#EXT-X-KEY":
                form = given.get("KEYFORMAT", "identity")
                keys.pop(form, None)
                keys[form] = (given["METHOD"], form, urljoin(BASE, given["URI"]), given.get("IV"))
            case "#EXT-X-MAP":
                map_ = (urljoin(BASE, given["URI"]), given.get("BYTERANGE"), tuple(keys.values()))
            case "#EXT-X-BITRATE":
                bitrate = value
            case "#EXT-X-GAP":
                gap = True
            case "#EXT-X-BYTERANGE":
                length, _, offset = value.partition("@")
                start = int(offset) if offset else edge
                range_, edge = f"{length}@{start}", start + int(length)
            case _ if line and not line.startswith("#"):
                # 5.2: without an IV the number is the vector, unless a map says that the container holds it.
                held = tuple(
                    (*key[:3], f"0x{number:032x}" if key[3] is None and key[1] == "identity" else key[3])
                    for key in keys.values()
                )
                found[(urljoin(BASE, line), range_)] = Held(held, map_, bitrate, gap)
                number, range_, gap = number + 1, None, False
    return found


def window(first: int, sticky: Numbered, tags: Numbered, count: int = 6) -> str:
    """A window of the origin: what is in force stands before its first segment, the rest where it changes."""
    head = max((number for number in sticky if number <= first), default=None)
    standing = {number: [*sticky.get(number, ()), *tags.get(number, ())] for number in {*sticky, *tags}}
    if head is not None:
        standing[first] = [*sticky[head], *tags.get(first, ())]
    return text(first, count, tags=standing)


def life(sticky: Numbered, tags: Numbered = OUT, last: int = 11, count: int = 6) -> list[tuple[str, ChannelVersion]]:
    """Every refresh: the origin's text and the version."""
    body = window(0, sticky, tags, count)
    made = [(body, opening(v=body))]
    for first in range(1, last):
        body = window(first, sticky, tags, count)
        made.append((body, reload(made[-1][1], v=body)))
    return made


def stitched(version: ChannelVersion, *, mapped: bool = False, minimum: int = 3) -> str:
    """The playlist of a seat that was there from the start, but for the numbers of folded breaks."""
    edges = (version.reached, version.shown_edge)
    plans = [
        plan(record, POD, SLATE, 0, RULES, edges)
        for record in version.breaks
        if record.marks and not record.dropped and not record.folded
    ]
    content = ContentCache(lambda url: url, strip_cues=True)
    return View(version, "v", content, Media(mapped), minimum).playlist(plans, 0, 0).decode()


AES = '#EXT-X-KEY:METHOD=AES-128,URI="k{}"'
SAMPLE = '#EXT-X-KEY:METHOD=SAMPLE-AES,URI="s{}"'
FAIRPLAY = (
    '#EXT-X-KEY:METHOD=SAMPLE-AES,URI="skd://{}",KEYFORMAT="com.apple.streamingkeydelivery",KEYFORMATVERSIONS="1"'
)
NONE = "#EXT-X-KEY:METHOD=NONE"
IV = ",IV=0x000000000000000000000000000000AB"
MAP = '#EXT-X-MAP:URI="init{}.mp4"'

CASES: dict[str, tuple[Numbered, bool]] = {
    # what is in force from which segment on, whether creatives are fMP4
    "clear": ({}, False),
    "AES-128 without IV": ({0: [AES.format(1)]}, False),
    "AES-128 with IV": ({0: [AES.format(1) + IV]}, False),
    "SAMPLE-AES, identity": ({0: [SAMPLE.format(1)]}, False),
    "SAMPLE-AES, identity by name": ({0: [SAMPLE.format(1) + ',KEYFORMAT="identity"']}, False),
    "FairPlay beside identity": ({0: [FAIRPLAY.format(1), SAMPLE.format(1)]}, False),
    "identity beside FairPlay": ({0: [SAMPLE.format(1) + IV, FAIRPLAY.format(1)]}, False),
    "keys that change in the window": ({0: [AES.format(1)], 4: [AES.format(2)], 9: [AES.format(3)]}, False),
    "keys that change inside the break": ({0: [AES.format(1)], 7: [AES.format(2)]}, False),
    "keys that change where the break ends": ({0: [AES.format(1) + IV], 8: [AES.format(2) + IV]}, False),
    "one of two formats changes": (
        {0: [FAIRPLAY.format(1), SAMPLE.format(1) + IV], 4: [FAIRPLAY.format(1), SAMPLE.format(2) + IV]},
        False,
    ),
    "one of two formats ends": (
        {0: [FAIRPLAY.format(1), SAMPLE.format(1) + IV], 9: [NONE, FAIRPLAY.format(1)]},
        False,
    ),
    "clear, encrypted, clear": ({2: [AES.format(1)], 5: [NONE]}, False),
    "encrypted, then clear from inside the break": ({0: [AES.format(1)], 7: [NONE]}, False),
    "clear, then encrypted from inside the break": ({7: [AES.format(1)]}, False),
    "encrypted after the break, then clear": ({8: [AES.format(1)], 10: [NONE]}, False),
    "fMP4": ({0: [MAP.format(1)]}, True),
    "fMP4, another map in the window": ({0: [MAP.format(1)], 3: [MAP.format(2)], 9: [MAP.format(3)]}, True),
    "fMP4, ranged map": ({0: ['#EXT-X-MAP:URI="all.mp4",BYTERANGE="720@0"']}, True),
    "fMP4, encrypted map": ({0: [AES.format(1) + IV, MAP.format(1)]}, True),
    "fMP4, clear map before the key": ({0: [MAP.format(1), SAMPLE.format(1)]}, True),
    "fMP4, keys change and the map stays": (
        {0: [AES.format(1) + IV, MAP.format(1)], 4: [AES.format(1) + IV, MAP.format(1), AES.format(2) + IV]},
        True,
    ),
    "fMP4, encrypted map, clear segments": ({0: [AES.format(1) + IV, MAP.format(1), NONE]}, True),
    "fMP4, SAMPLE-AES under the map": ({0: [SAMPLE.format(1), MAP.format(1)]}, True),
    "fMP4, clear, encrypted, clear": (
        {0: [MAP.format(1)], 3: [AES.format(1) + IV, MAP.format(2)], 9: [NONE, MAP.format(1)]},
        True,
    ),
    "BITRATE": ({0: ["#EXT-X-BITRATE:1200"]}, False),
    "BITRATE that changes": ({0: ["#EXT-X-BITRATE:1200"], 4: ["#EXT-X-BITRATE:1300"], 9: ["#EXT-X-BITRATE:7"]}, False),
    "BITRATE, key and map": ({0: [AES.format(1) + IV, MAP.format(1), "#EXT-X-BITRATE:1200"]}, True),
}


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("back_to_back", [False, True])
def test_what_holds_for_each_segment_is_what_the_origin_said(case: str, back_to_back: bool) -> None:
    sticky, mapped = CASES[case]
    tags = {**OUT, 8: ["#EXT-X-CUE-OUT:8"]} if back_to_back else OUT
    ads, inside, content = 0, 0, set[tuple[str, str | None]]()
    origin: dict[tuple[str, str | None], Held] = {}
    for body, version in life(sticky, tags, last=13):
        # A version keeps what the origin removed, so earlier texts count too.
        origin |= {uri: held for uri, held in read(body).items() if uri not in origin}
        shown = read(stitched(version, mapped=mapped))
        for (uri, span), held in shown.items():
            if "/ads/" not in uri:
                assert held == origin[(uri, span)], (uri, version.number)
                content.add((uri, span))
                continue
            ads += 1
            section = (urljoin(uri, "init.mp4"), None, ()) if mapped else None
            bitrate = "900" if any("BITRATE" in tag for tags in sticky.values() for tag in tags) else None
            assert held == Held((), section, bitrate, False), (uri, version.number)
        inside += "/ads/" in next(iter(shown))[0]
    replaced = {6, 7, 8, 9} if back_to_back else {6, 7}
    assert content == {(f"http://o/v/s{number}.ts", None) for number in set(range(18)) - replaced}
    assert ads > 10
    assert inside > 1, "the head of the window was inside the ads"


def lines(version: ChannelVersion, **options: bool) -> list[str]:
    """Without header and dates."""
    body = stitched(version, **options).splitlines()
    return [line for line in body[5:] if "DATE-TIME" not in line and not line.startswith("#EXTINF")]


def iv(number: int) -> str:
    return f'#EXT-X-KEY:METHOD=AES-128,URI="http://o/v/k1",IV=0x{number:032x}'


def test_an_encrypted_break_word_by_word() -> None:
    assert lines(life({0: [AES.format(1)]}, last=5)[4][1]) == [
        *(iv(4), "http://o/v/s4.ts", iv(5), "http://o/v/s5.ts"),
        *("#EXT-X-DISCONTINUITY", NONE, "/ads/ad/0", "/ads/ad/1", "/ads/ad/2", "#EXT-X-DISCONTINUITY", "/ads/other/0"),
        *("#EXT-X-DISCONTINUITY", iv(8), "http://o/v/s8.ts", iv(9), "http://o/v/s9.ts"),
    ]


def test_fmp4_word_by_word_and_at_a_head_inside_the_ads() -> None:
    key, section = '#EXT-X-KEY:METHOD=AES-128,URI="http://o/v/k1"' + IV, '#EXT-X-MAP:URI="http://o/v/init1.mp4"'
    made = life({0: [AES.format(1) + IV, MAP.format(1)]})
    ad, other = '#EXT-X-MAP:URI="/ads/ad/init.mp4"', '#EXT-X-MAP:URI="/ads/other/init.mp4"'
    after = ["#EXT-X-DISCONTINUITY", key, section, "http://o/v/s8.ts"]
    assert lines(made[3][1], mapped=True) == [
        *(key, section, "http://o/v/s3.ts", "http://o/v/s4.ts", "http://o/v/s5.ts"),
        *("#EXT-X-DISCONTINUITY", NONE, ad, "/ads/ad/0", "/ads/ad/1", "/ads/ad/2"),
        *("#EXT-X-DISCONTINUITY", other, "/ads/other/0"),
        *after,
    ]
    inside = lines(made[7][1], mapped=True)
    assert inside[: inside.index("http://o/v/s8.ts") + 1] == [
        *(NONE, ad, "/ads/ad/2", "#EXT-X-DISCONTINUITY", other, "/ads/other/0"),
        *after,
    ]


def test_a_key_is_not_repeated_with_every_segment_of_another_format() -> None:
    body = lines(life({0: [FAIRPLAY.format(1), SAMPLE.format(1)]}, last=2)[1][1])
    assert sum("skd://" in line for line in body) == 1
    assert sum(",IV=0x" in line for line in body) == 5


def test_a_map_whose_key_counts_is_written_once() -> None:
    body = lines(life({0: [SAMPLE.format(1), MAP.format(1)]}, last=2)[1][1], mapped=True)
    assert sum("init1" in line for line in body) == 1


def test_clear_channels_say_nothing_of_keys() -> None:
    assert not any("EXT-X-KEY" in stitched(version) for _, version in life({}))


def test_gaps_ranges_and_unknown_tags_pass() -> None:
    span = {n: ["#EXT-X-BYTERANGE:100" + f"@{n * 100}" * (n == 0)] for n in range(12)}
    tags = {**span, 3: [*span[3], "#EXT-X-GAP"], 6: [*span[6], *OUT[6]], 9: [*span[9], "#EXT-X-OF-OTHERS:a,b"]}
    first = opening(v=text(0, 6, tags=tags, name="all.ts"))
    head = {**tags, 2: ["#EXT-X-BYTERANGE:100@200"]}
    version = reload(first, v=text(2, 8, tags=head, name="all.ts"))
    body = stitched(version).splitlines()
    ranges = [line for line in body if "BYTERANGE" in line]
    assert ranges == [f"#EXT-X-BYTERANGE:100@{n * 100}" for n in (2, 3, 4, 5, 8, 9)]
    assert body[body.index("#EXT-X-BYTERANGE:100@300") + 1] == "http://o/v/all.ts"
    assert body.count("#EXT-X-GAP") == 1
    assert body.index("#EXT-X-BYTERANGE:100@200") < body.index("#EXT-X-GAP") < body.index("#EXT-X-BYTERANGE:100@300")
    assert body.count("#EXT-X-OF-OTHERS:a,b") == 1


def test_variables_are_gone_when_a_playlist_is_stitched() -> None:
    body = text(
        0,
        6,
        tags={0: ['#EXT-X-KEY:METHOD=AES-128,URI="{$host}/k?t={$token}"', MAP.format("{$token}")], **OUT},
        header=['#EXT-X-DEFINE:NAME="host",VALUE="http://keys"', '#EXT-X-DEFINE:QUERYPARAM="token"'],
        name="{{$host}}/s{}.ts",
    )
    version = opening(v=resolved(body, BASE + "?token=abc", {}))
    assert "DEFINE" not in stitched(version, mapped=True)
    found = read(stitched(version, mapped=True))
    assert [uri for uri, _ in found] == [f"http://keys/s{number}.ts" for number in range(6)]
    assert {held.keys[0][2] for held in found.values()} == {"http://keys/k?t=abc"}
    assert {held.map[0] for held in found.values() if held.map} == {"http://o/v/initabc.mp4"}


HEADERS = [
    # what the origin's header says beside the version, and what players read
    ([], []),
    (["#EXT-X-SERVER-CONTROL:CAN-BLOCK-RELOAD=YES,PART-HOLD-BACK=1.5"], []),
    (["#EXT-X-SERVER-CONTROL:CAN-SKIP-UNTIL=24,HOLD-BACK=13.5"], ["#EXT-X-SERVER-CONTROL:HOLD-BACK=13.500"]),
    (["#EXT-X-SERVER-CONTROL:HOLD-BACK=1"], ["#EXT-X-SERVER-CONTROL:HOLD-BACK=12.000"]),
    (["#EXT-X-START:TIME-OFFSET=-20.5,PRECISE=YES,X=50%"], ["#EXT-X-START:TIME-OFFSET=-20.5,PRECISE=YES,X=50%"]),
    (["#EXT-X-START:TIME-OFFSET=1,X=\udce9"], ["#EXT-X-START:TIME-OFFSET=1,X=\udce9"]),
    (["#EXT-X-START:PRECISE=YES"], []),
]


@pytest.mark.parametrize(("header", "wanted"), HEADERS)
def test_what_the_header_passes_on(header: list[str], wanted: list[str]) -> None:
    version = opening(v=text(0, 6, header=header))
    later = reload(version, v=text(1, 6, header=["#EXT-X-SERVER-CONTROL:HOLD-BACK=40", "#EXT-X-START:TIME-OFFSET=3"]))
    for one in (version, later):
        edges = ContentCache(lambda url: url, strip_cues=True)
        body = View(one, "v", edges, Media(False), 3).playlist([], 0, 0).decode("utf-8", "surrogateescape")
        said = [line for line in body.splitlines() if line.startswith(("#EXT-X-SERVER-CONTROL", "#EXT-X-START"))]
        assert said == wanted


def test_players_hold_back_what_the_origin_states_somewhere() -> None:
    assert opening(v=text(0, 6)).hold_back == 12 * SECOND
    stated = {"header": ["#EXT-X-SERVER-CONTROL:HOLD-BACK=13"]}, {"header": ["#EXT-X-SERVER-CONTROL:HOLD-BACK=14.5"]}
    version = opening(v=text(0, 6), a=text(0, 6, **stated[1]), b=text(0, 6, **stated[0]))
    assert version.hold_back == 14_500_000
    assert {head.hold_back for head in version.heads.values()} == {14_500_000}


VERSIONS = [
    # (tags of the first segment, the origin's header, what creatives need, EXT-X-VERSION)
    ([], [], 3, 3),
    ([AES.format(1) + IV], ["#EXT-X-VERSION:2"], 3, 3),
    (["#EXT-X-BYTERANGE:10@0"], [], 3, 4),
    ([SAMPLE.format(1)], ["#EXT-X-VERSION:3"], 3, 5),
    ([AES.format(1) + ',KEYFORMAT="identity"'], [], 3, 5),
    ([FAIRPLAY.format(1)], ["#EXT-X-VERSION:3"], 3, 5),
    ([MAP.format(1)], ["#EXT-X-VERSION:3"], 3, 6),
    ([MAP.format(1)], ["#EXT-X-VERSION:9"], 6, 9),
    ([], [], 6, 6),
]


@pytest.mark.parametrize(("tags", "header", "minimum", "wanted"), VERSIONS)
def test_the_version_is_what_the_features_in_use_need(
    tags: list[str], header: list[str], minimum: int, wanted: int
) -> None:
    body = stitched(opening(v=text(0, 6, tags={0: tags}, header=header)), minimum=minimum)
    assert body.splitlines()[1] == f"#EXT-X-VERSION:{wanted}"
