"""A catalogue held against a channel: the rung for each rendition, or why there is none, and what is usable."""

import logging

import pytest

from domain.units import SECOND
from ssai.breaks.book import BreakRules
from ssai.channel.advance import Reload, advance, first_version
from ssai.channel.codec import decode_version, encode_version
from ssai.creatives.catalogue import Catalogue, Entry, Rendition
from ssai.creatives.ladder import Ladder
from ssai.creatives.supply import CatalogueMedia, minimum_version, rungs, usable, usable_slate
from ssai.hls.media import parse
from ssai.hls.multivariant import parse as parse_multivariant
from ssai.stitch.render import AdSegment

BASE = "http://o/index.m3u8"
RULES = BreakRules(4 * SECOND, 0, 600 * SECOND)


def video(name, height, bitrate, container="ts", codecs="avc1.4d401e"):
    width = height * 16 // 9
    return {
        "name": name, "container": container, "width": width, "height": height, "bitrate": bitrate, "codecs": codecs,
    }  # fmt: skip


def sound(name, container="ts", codecs="mp4a.40.2", channels=2):
    return {
        "name": name, "container": container, "sample_rate": 48_000, "channels": channels,
        "bitrate": 96_000, "codecs": codecs,
    }  # fmt: skip


VIDEO = [
    video("lo", 360, 800_000),
    video("lo-4", 360, 800_000, "fmp4"),
    video("hi", 720, 2_400_000, codecs="avc1.64001f"),
    video("hi-fast", 720, 4_000_000, codecs="avc1.64001f"),
]


def ladder_of(audio="separate", **changes):
    separate = {
        "sound": sound("aac"),
        "alternates": [
            sound("aac-4", "fmp4"),
            sound("aac-p", "packed"),
            sound("ac3", "packed", "ac-3"),
            sound("ec3", "fmp4", "ec-3"),
            sound("ec3-6", "fmp4", "ec-3", 6),
        ],
        "subtitles": {"name": "subs"},
    }
    chosen = separate if audio == "separate" else {"sound": sound("aac")}
    data = {"target_duration": 4, "frame_rate": "25", "audio": audio, "video": VIDEO}
    return Ladder.model_validate(data | chosen | changes)


def playlist(uri="s{}.ts", mapped=False, count=4):
    section = '#EXT-X-MAP:URI="i.mp4"\n' if mapped else ""
    body = "".join(f"#EXTINF:4,\n{uri.format(n)}\n" for n in range(count))
    return f"#EXTM3U\n#EXT-X-TARGETDURATION:4\n{section}{body}"


TS, FMP4 = playlist(), playlist("s{}.m4s", mapped=True)
AAC, AC3, MP3, VTT = (playlist("s{}." + suffix) for suffix in ("aac", "ac3", "mp3", "vtt"))


def chosen(index, bodies, ladder):
    """Rung by the playlist's address below the multivariant one."""
    offered = parse_multivariant("#EXTM3U\n" + index, BASE) if index else None
    urls = [BASE] if offered is None else [*offered.playlists, *offered.subtitles]
    names = {url: f"r{place}" for place, url in enumerate(urls)}
    reloads = {names[url]: Reload(url, parse(bodies[url.removeprefix("http://o/")])) for url in urls}
    subtitles = () if offered is None else [names[url] for url in offered.subtitles]
    version = first_version("", BASE, reloads, RULES, subtitles)
    found = rungs(offered, version, names, ladder)
    return {url.removeprefix("http://o/"): found.get(name) for url, name in names.items()}, version, found


def variant(uri, attributes, bandwidth=900_000):
    return f"#EXT-X-STREAM-INF:BANDWIDTH={bandwidth},{attributes}\n{uri}\n"


def media(uri, group, attributes="", kind="AUDIO"):
    return f'#EXT-X-MEDIA:TYPE={kind},GROUP-ID="{group}",NAME="{uri}",URI="{uri}"{attributes}\n'


GROUP = media("a", "g")
CODECS = 'RESOLUTION=640x360,CODECS="avc1.4d401e,mp4a.40.2",AUDIO="g"'

CASES = {
    # name: (multivariant playlist, playlists, audio, rung by address; of what is missing the reason)
    "by resolution, then by bandwidth": (
        variant("v", "RESOLUTION=1280x720", 3_900_000) + variant("w", "RESOLUTION=1280x720", 2_000_000),
        {"v": TS, "w": TS},
        "muxed",
        {"v": "hi-fast", "w": "hi"},
    ),
    "the same size in two containers": (
        variant("v", CODECS) + variant("w", CODECS) + GROUP,
        {"v": TS, "w": FMP4, "a": TS},
        "separate",
        {"v": "lo", "w": "lo-4", "a": "aac"},
    ),
    "muxed fMP4": (variant("v", "RESOLUTION=640x360"), {"v": FMP4}, "muxed", {"v": "lo-4"}),
    "no rung of that container": (
        variant("v", "RESOLUTION=1280x720"),
        {"v": FMP4},
        "muxed",
        {"v": "container_missing"},
    ),
    "no rung of that size": (variant("v", "RESOLUTION=1920x1080"), {"v": TS}, "muxed", {"v": "rendition_missing"}),
    "a lower profile": (
        variant("v", 'RESOLUTION=640x360,CODECS="avc1.42c01e,mp4a.40.2"'),
        {"v": TS},
        "muxed",
        {"v": "codec_missing"},
    ),
    "a lower level": (
        variant("v", 'RESOLUTION=640x360,CODECS="avc1.64000d,mp4a.40.2"'),
        {"v": TS},
        "muxed",
        {"v": "codec_missing"},
    ),
    "a higher profile": (variant("v", 'RESOLUTION=640x360,CODECS="avc1.640028"'), {"v": TS}, "muxed", {"v": "lo"}),
    "HEVC": (
        variant("v", 'RESOLUTION=640x360,CODECS="hvc1.2.4.L93"'),
        {"v": FMP4},
        "muxed",
        {"v": "codec_missing"},
    ),
    "another sound in the video": (
        variant("v", 'RESOLUTION=640x360,CODECS="avc1.4d401e,ac-3"'),
        {"v": TS},
        "muxed",
        {"v": "codec_missing"},
    ),
    "only sound stated": (
        variant("v", 'RESOLUTION=640x360,CODECS="mp4a.40.2"'),
        {"v": TS},
        "muxed",
        {"v": "lo"},
    ),
    "separate sound, muxed ladder": (
        variant("v", CODECS) + GROUP,
        {"v": TS, "a": TS},
        "muxed",
        {"v": "rendition_missing", "a": "rendition_missing"},
    ),
    "muxed sound, separate ladder": (variant("v", ""), {"v": TS}, "separate", {"v": "rendition_missing"}),
    "sound by the variants that name its group": (
        variant("v", CODECS)
        + variant("v", 'RESOLUTION=640x360,CODECS="avc1.4d401e,ec-3",AUDIO="d"')
        + media("a", "g")
        + media("d", "d"),
        {"v": FMP4, "a": FMP4, "d": FMP4},
        "separate",
        {"v": "lo-4", "a": "aac-4", "d": "ec3"},
    ),
    "sound by its channels": (
        variant("v", 'CODECS="avc1.4d401e,ec-3",RESOLUTION=640x360,AUDIO="d"')
        + media("d", "d", ',CHANNELS="6"')
        + media("j", "d", ',CHANNELS="16/JOC"')
        + media("s", "d", ',CHANNELS="2"'),
        {"v": FMP4, "d": FMP4, "j": FMP4, "s": FMP4},
        "separate",
        {"v": "lo-4", "d": "ec3-6", "j": "ec3", "s": "ec3"},
    ),
    "packed sound by its address": (
        variant("v", 'RESOLUTION=640x360,AUDIO="g"') + GROUP + media("d", "d") + media("m", "m"),
        {"v": TS, "a": AAC, "d": AC3, "m": MP3},
        "separate",
        {"v": "lo", "a": "aac-p", "d": "ac3", "m": "codec_missing"},
    ),
    "sound in a container that no rung has": (
        variant("v", 'RESOLUTION=640x360,CODECS="avc1.4d401e,ac-3",AUDIO="g"') + GROUP,
        {"v": TS, "a": TS},
        "separate",
        {"v": "lo", "a": "codec_missing"},
    ),
    "a variant without pictures": (
        variant("v", CODECS) + variant("s", 'CODECS="mp4a.40.5"') + variant("e", 'CODECS="ec-3"') + GROUP,
        {"v": TS, "s": TS, "e": FMP4, "a": TS},
        "separate",
        {"v": "lo", "s": "aac", "e": "ec3", "a": "aac"},
    ),
    "a variant without pictures, muxed ladder": (
        variant("v", "") + variant("s", 'CODECS="mp4a.40.2"'),
        {"v": TS, "s": TS},
        "muxed",
        {"v": "lo", "s": "rendition_missing"},
    ),
    "subtitles": (
        variant("v", CODECS) + GROUP + media("t", "t", kind="SUBTITLES") + media("i", "t", kind="SUBTITLES"),
        {"v": TS, "a": TS, "t": VTT, "i": FMP4},
        "separate",
        {"v": "lo", "a": "aac", "t": "subs", "i": "container_missing"},
    ),
    "another view": (
        variant("v", CODECS) + GROUP + media("w", "w", kind="VIDEO"),
        {"v": TS, "a": TS, "w": TS},
        "separate",
        {"v": "lo", "a": "aac", "w": "rendition_missing"},
    ),
    "a lone playlist": ("", {"index.m3u8": TS}, "muxed", {"index.m3u8": "lo"}),
    "a lone fMP4 playlist": ("", {"index.m3u8": FMP4}, "muxed", {"index.m3u8": "lo-4"}),
    "a lone playlist of sound": ("", {"index.m3u8": AC3}, "separate", {"index.m3u8": "ac3"}),
    "a lone playlist, separate ladder": ("", {"index.m3u8": TS}, "separate", {"index.m3u8": "rendition_missing"}),
}


@pytest.mark.parametrize("case", CASES)
def test_the_rung_of_each_rendition(case, caplog):
    index, bodies, audio, wanted = CASES[case]
    caplog.set_level(logging.WARNING, "halftime.creatives")
    found, _, _ = chosen(index, bodies, ladder_of(audio))
    reasons = iter(record.reason for record in caplog.records)
    assert {uri: rung or str(next(reasons)) for uri, rung in found.items()} == wanted


def test_subtitles_need_a_rung(caplog):
    index = variant("v", "") + media("t", "t", kind="SUBTITLES")
    found, _, _ = chosen(index, {"v": TS, "t": VTT}, ladder_of("muxed"))
    assert found == {"v": "lo", "t": None}
    assert [record.reason for record in caplog.records] == ["rendition_missing"]


def test_a_supply_that_is_chosen_later_is_the_same():
    _, version, names = chosen("", {"index.m3u8": TS}, ladder_of("muxed"))
    body = parse(playlist(count=5).replace("#EXTINF:4,\ns4", '#EXT-X-MAP:URI="i"\n#EXTINF:4,\ns4'))
    later = advance(version, {"r0": Reload(BASE, body)}, RULES)
    assert (version.reformatted, later.reformatted) == (False, True)
    assert rungs(None, decode_version(encode_version(later)), {BASE: "r0"}, ladder_of("muxed")) == names == {"r0": "lo"}


def entry(id_, kind="ad", renditions=("lo", "lo-4"), length=2 * SECOND):
    return Entry(
        id_,
        id_,
        "acme",
        kind,
        (length,),
        {
            name: Rendition((f"{id_}/{name}",), (length,), f"{id_}/{name}-init" if name == "lo-4" else None, (250_000,))
            for name in renditions
        },
    )


def test_what_is_usable_has_every_rendition_and_fits(tmp_path, caplog):
    _, version, names = chosen(
        variant("v", "RESOLUTION=640x360") + variant("w", "RESOLUTION=640x360"),
        {"v": TS, "w": FMP4},
        ladder_of("muxed"),
    )
    entries = (
        entry("one"),
        entry("two", renditions=("lo",)),
        entry("three", length=5 * SECOND),
        entry("run", "slate"),
        entry("small", "slate-piece", length=SECOND),
        entry("smaller", "slate-piece", renditions=("lo-4",), length=SECOND // 2),
    )
    catalogue = Catalogue(tmp_path, ladder_of("muxed"), entries)
    assert names == {"r0": "lo", "r1": "lo-4"}
    assert [one.id for one in usable(catalogue, names, version)] == ["one"]
    assert [record.reason for record in caplog.records] == ["rendition_missing", "segment_too_long"]
    slate = usable_slate(catalogue, names, version)
    assert (slate.run.id, [piece.id for piece in slate.small]) == ("run", ["small"])
    broken = Catalogue(tmp_path, ladder_of("muxed"), (entry("run", "slate", renditions=("lo",)),))
    assert usable_slate(broken, names, version) is None
    assert usable_slate(Catalogue(tmp_path, ladder_of("muxed"), ()), names, version) is None
    # A rendition without a rung leaves nothing to insert.
    assert usable(catalogue, {"r0": "lo"}, version) == []


def test_where_segments_are(tmp_path):
    catalogue = Catalogue(tmp_path, ladder_of("muxed"), (entry("one"),))
    media_ = CatalogueMedia(catalogue, {"r0": "lo", "r1": "lo-4"}, "/ads/x/")
    assert media_.segment("one", "r0", 0) == AdSegment("/ads/x/one/lo", 2 * SECOND, None, 1000)
    assert media_.segment("one", "r1", 0) == AdSegment("/ads/x/one/lo-4", 2 * SECOND, "/ads/x/one/lo-4-init", 1000)
    with pytest.raises(KeyError):
        media_.segment("two", "r0", 0)


@pytest.mark.parametrize(("rung", "wanted"), [("lo", 3), ("lo-4", 6), ("aac-p", 3), ("aac-4", 6), ("subs", 3)])
def test_maps_need_a_version(rung, wanted):
    assert minimum_version(ladder_of(), {"r0": "lo", "r1": rung}) == wanted
