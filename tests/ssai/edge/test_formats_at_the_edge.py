"""Formats from origin to player: encrypted, in fMP4, with subtitles, with variables; and what changes midway."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from domain.units import SECOND, Microseconds, date
from halftime.serve import RunningEdge, edge
from ssai.breaks.book import BreakRules
from ssai.channel.origin import HttpOrigin
from ssai.channel.poller import Poller
from ssai.channel.version import ChannelVersion
from ssai.creatives.catalogue import Catalogue, Entry, Rendition
from ssai.creatives.ladder import Ladder
from ssai.edge.channel import EdgeChannel
from ssai.store.memory import MemoryStore
from tests.ssai.edge.edge_kit import EPOCH, ScriptedOrigin, settings_of, until, write_supply

LADDER = Ladder.model_validate(
    {
        "target_duration": 1,
        "frame_rate": "25",
        "audio": "muxed",
        "video": [
            {"name": "ts", "width": 640, "height": 360, "bitrate": 800_000, "codecs": "avc1.4d401e"},
            {
                "name": "fmp4", "container": "fmp4", "width": 640, "height": 360, "bitrate": 800_000,
                "codecs": "avc1.4d401e",
            },
        ],
        "sound": {"name": "sound", "sample_rate": 48_000, "channels": 2, "bitrate": 96_000, "codecs": "mp4a.40.2"},
        "subtitles": {"name": "subs"},
    }
)  # fmt: skip
SUFFIXES = {"ts": "ts", "fmp4": "m4s", "subs": "vtt"}


@pytest.fixture(scope="module")
def creatives(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("creatives")

    def entry(name: str, kind: str, length: int, count: int) -> Entry:
        lengths = (Microseconds(length),) * count
        renditions = {}
        for rung, suffix in SUFFIXES.items():
            files = tuple(f"{name}/{rung}/{place}.{suffix}" for place in range(count))
            section = f"{name}/{rung}/init.mp4" if rung == "fmp4" else None
            for file in (*files, *([section] if section else [])):
                (folder / file).parent.mkdir(parents=True, exist_ok=True)
                (folder / file).write_bytes(b"x" * 50_000)
            renditions[rung] = Rendition(files, lengths, section)
        return Entry(name, name, name, kind, lengths, renditions)  # type: ignore[arg-type]  # one of its kinds

    made = (entry("acme", "ad", SECOND // 2, 4), entry("slate", "slate", 480_000, 8))
    Catalogue(folder, LADDER, made).save()
    return folder


def playlist(first: int, count: int, name: str = "{}.ts", tags: Mapping[int, str] | None = None, head: str = "") -> str:
    """Segments of a second, dated."""
    lines = [f"#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXT-X-MEDIA-SEQUENCE:{first}\n{head}"]
    for number in range(first, first + count):
        lines.append((tags or {}).get(number, ""))
        lines.append(f"#EXT-X-PROGRAM-DATE-TIME:{date(EPOCH + number * SECOND)}\n#EXTINF:1.0,\n{name.format(number)}\n")
    return "".join(lines)


OUT = {7: "#EXT-X-CUE-OUT:20\n"}


@dataclass
class Viewer:
    """One viewer of one running channel."""

    origin: ScriptedOrigin
    running: RunningEdge
    http: aiohttp.ClientSession
    index: str = ""

    @property
    def channel(self) -> EdgeChannel:
        return self.running.channels["demo"]

    async def get(self, path: str) -> str:
        async with self.http.get(f"{self.running.url}/live/demo/{path}") as response:
            assert response.status == 200
            return await response.text()

    async def media(self) -> list[str]:
        """The media playlists in the order of the multivariant playlist's addresses: renditions, then variants."""
        lines = self.index.splitlines()
        renditions = [
            line.split('URI="')[1].split('"')[0] for line in lines if "EXT-X-MEDIA" in line and "URI=" in line
        ]
        variants = [line for line in lines if line and not line.startswith("#")]
        return [await self.get(address) for address in (*renditions, *variants)]

    async def reload(self, texts: Mapping[str, str]) -> None:
        """Give the origin other texts and wait until the channel has them."""
        version = self.channel.worker.version
        assert version is not None
        self.origin.texts |= texts
        number = version.number
        await until(lambda: self.channel.worker.version is not None and self.channel.worker.version.number > number)


@asynccontextmanager
async def viewing(
    texts: dict[str, str], creatives: Path, entrance: str = "/index.m3u8", **channel: Any
) -> AsyncIterator[Viewer]:
    async with (
        ScriptedOrigin(texts).serving() as origin,
        aiohttp.ClientSession() as http,
        edge(settings_of(origin.url + entrance, creatives, **channel)) as running,
    ):
        viewer = Viewer(origin, running, http)
        await until(lambda: viewer.channel.worker.version is not None)
        viewer.index = await viewer.get("index.m3u8")
        yield viewer


KEY = '#EXT-X-KEY:METHOD=AES-128,URI="k"\n'
MAP = '#EXT-X-MAP:URI="init.mp4"\n'


@pytest.mark.parametrize(
    ("head", "name", "ads"),
    [
        ("", "{}.ts", "ts"),
        (KEY, "{}.ts", "ts"),
        (MAP, "{}.m4s", "fmp4"),
        (KEY + MAP + "#EXT-X-BITRATE:900\n", "{}.m4s", "fmp4"),
        ("", "{}.aac", None),
    ],
)
async def test_ads_come_in_the_contents_container(creatives: Path, head: str, name: str, ads: str | None) -> None:
    texts = {"/index.m3u8": playlist(0, 10, name, OUT, head)}
    async with viewing(texts, creatives) as viewer:
        (body,) = await viewer.media()
        lines = body.splitlines()
        assert (name.format(9) in body) is (ads is None)
        assert ("#EXT-X-KEY:METHOD=NONE" in lines) is ("KEY" in head)
        if ads is not None:
            suffix = SUFFIXES[ads]
            assert f"/ads/demo/acme/{ads}/0.{suffix}" in lines
            assert ('#EXT-X-MAP:URI="/ads/demo/acme/fmp4/init.mp4"' in lines) is (ads == "fmp4")
            assert ("#EXT-X-BITRATE:800" in lines) is ("BITRATE" in head)
            assert lines[1] == f"#EXT-X-VERSION:{6 if ads == 'fmp4' else 3}"
            async with viewer.http.get(f"{viewer.running.url}/ads/demo/acme/fmp4/init.mp4") as response:
                assert response.status == 200


async def test_viewers_join_as_far_from_the_edge_as_the_origin_says(creatives: Path) -> None:
    texts = {"/index.m3u8": playlist(0, 10, head="#EXT-X-SERVER-CONTROL:HOLD-BACK=6,CAN-BLOCK-RELOAD=YES\n")}
    async with viewing(texts, creatives) as viewer:
        assert (await viewer.channel.worker.join("ann", {})).join == EPOCH + 4 * SECOND
        (body,) = await viewer.media()
        assert "#EXT-X-SERVER-CONTROL:HOLD-BACK=6.000" in body.splitlines()


SUBTITLED = """#EXTM3U
#EXT-X-MEDIA:TYPE=SUBTITLES,GROUP-ID="t",NAME="Live",URI="live.m3u8"
#EXT-X-MEDIA:TYPE=SUBTITLES,GROUP-ID="t",NAME="Away",URI="away.m3u8"
#EXT-X-MEDIA:TYPE=SUBTITLES,GROUP-ID="t",NAME="Empty",URI="empty.m3u8"
#EXT-X-MEDIA:TYPE=SUBTITLES,GROUP-ID="t",NAME="Whole",URI="whole.m3u8"
#EXT-X-MEDIA:TYPE=SUBTITLES,GROUP-ID="t",NAME="Other",URI="other.m3u8"
#EXT-X-MEDIA:TYPE=CLOSED-CAPTIONS,GROUP-ID="c",NAME="CC1",INSTREAM-ID="CC1"
#EXT-X-STREAM-INF:BANDWIDTH=800000,SUBTITLES="t",CLOSED-CAPTIONS="c"
v.m3u8
"""


async def test_subtitles_are_stitched_and_hold_nothing_up(creatives: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.WARNING, "halftime.poller")
    texts = {
        "/index.m3u8": SUBTITLED,
        "/v.m3u8": playlist(0, 10, tags=OUT),
        "/live.m3u8": playlist(0, 10, "{}.vtt"),
        "/empty.m3u8": playlist(0, 0),
        "/whole.m3u8": playlist(0, 1, "all.vtt", head="#EXT-X-PLAYLIST-TYPE:VOD\n") + "#EXT-X-ENDLIST\n",
        "/other.m3u8": playlist(0, 10, "{}.m4s", head=MAP),
    }
    async with viewing(texts, creatives) as viewer:
        assert [line.split('NAME="')[1].split('"')[0] for line in viewer.index.splitlines() if "NAME=" in line] == [
            "Live",
            "CC1",
        ]
        assert 'SUBTITLES="t",CLOSED-CAPTIONS="c"' in viewer.index
        subtitles, video = await viewer.media()
        assert "/ads/demo/acme/subs/0.vtt" in subtitles
        assert "/ads/demo/acme/ts/0.ts" in video
        shown = [[line for line in body.splitlines() if line[:1] != "#"] for body in (subtitles, video)]
        assert [uri.rpartition("/")[2].partition(".")[0] for uri in shown[0]] == [
            uri.rpartition("/")[2].partition(".")[0] for uri in shown[1]
        ]
        left = {record.playlist.rpartition("/")[2]: record.reason for record in caplog.records if "subt" in record.msg}
        assert left == {
            "away.m3u8": "not_fetched",
            "empty.m3u8": "no_segments",
            "whole.m3u8": "not_live",
            "other.m3u8": "container_missing",
        }
        # Those that fall silent later hold up no more than another rendition does.
        del viewer.origin.texts["/live.m3u8"]
        await viewer.reload({"/v.m3u8": playlist(0, 14, tags=OUT)})
        assert len((await viewer.media())[1]) > len(video)


async def test_without_subtitles_of_creatives_the_channel_has_none(tmp_path: Path) -> None:
    texts = {
        "/index.m3u8": SUBTITLED,
        "/v.m3u8": playlist(0, 10, tags=OUT),
        "/live.m3u8": playlist(0, 10, "{}.vtt"),
    }
    async with viewing(texts, write_supply(tmp_path, audio="muxed")) as viewer:
        assert "SUBTITLES" not in viewer.index
        assert 'CLOSED-CAPTIONS="c"' in viewer.index
        (video,) = await viewer.media()
        assert "/ads/demo/" in video
        assert not any("live" in path for path in viewer.origin.asked)


async def test_ads_stop_while_content_is_in_another_container(creatives: Path) -> None:
    async with viewing({"/index.m3u8": playlist(0, 10)}, creatives) as viewer:
        mixed = playlist(0, 17, tags={10: MAP + "#EXT-X-CUE-OUT:2\n", 12: "#EXT-X-CUE-IN\n"})
        await viewer.reload({"/index.m3u8": mixed})
        (body,) = await viewer.media()
        assert "/ads/demo/" not in body
        assert "16.ts" in body
        reasons = viewer.channel.worker.reasons
        assert reasons.get("format_changed", 0) >= 1
        # Another packager takes over, in the container that it was at first.
        again = playlist(17, 8, "b{}.ts", {20: "#EXT-X-CUE-OUT:20\n"}).replace("SEQUENCE:17", "SEQUENCE:2")
        await viewer.reload({"/index.m3u8": again})
        (body,) = await viewer.media()
        assert "/ads/demo/acme/ts/0.ts" in body


async def test_variables_are_resolved_before_players_see_them(creatives: Path) -> None:
    index = '#EXTM3U\n#EXT-X-DEFINE:QUERYPARAM="token"\n#EXT-X-DEFINE:NAME="dir",VALUE="hd"\n'
    index += '#EXT-X-SESSION-KEY:METHOD=AES-128,URI="k?{$token}"\n#EXT-X-STREAM-INF:BANDWIDTH=800000\n{$dir}.m3u8?q=7\n'
    head = (
        '#EXT-X-DEFINE:IMPORT="token"\n#EXT-X-DEFINE:QUERYPARAM="q"\n#EXT-X-KEY:METHOD=AES-128,URI="k?{$token}{$q}"\n'
    )
    texts = {"/index.m3u8": index, "/hd.m3u8": playlist(0, 10, "{{$token}}/{}.ts", OUT, head)}
    async with viewing(texts, creatives, "/index.m3u8?token=abc") as viewer:
        assert f'URI="{viewer.origin.url}/k?abc"' in viewer.index
        (body,) = await viewer.media()
        assert f'#EXT-X-KEY:METHOD=AES-128,URI="{viewer.origin.url}/k?abc7",IV=0x{6:032x}' in body.splitlines()
        assert f"{viewer.origin.url}/abc/6.ts" in body.splitlines()
        for text in (viewer.index, body):
            assert "DEFINE" not in text
            assert "{$" not in text


async def test_variables_come_from_the_viewers_parameters_too(creatives: Path) -> None:
    index = '#EXTM3U\n#EXT-X-DEFINE:QUERYPARAM="lang"\n#EXT-X-SESSION-DATA:DATA-ID="a.b",VALUE="{$lang}"\n'
    texts = {"/index.m3u8": index + "#EXT-X-STREAM-INF:BANDWIDTH=1\nv.m3u8\n", "/v.m3u8": playlist(0, 10)}
    async with viewing(texts, creatives, "/index.m3u8?lang=en", origin_parameters=["lang"]) as viewer:
        assert 'VALUE="en"' in viewer.index
        assert 'VALUE="de"' in await viewer.get("index.m3u8?lang=de")
        # What would end the attribute is refused, and the channel's own playlist serves.
        assert 'VALUE="en"' in await viewer.get("index.m3u8?lang=a%22,b=%22c")


async def test_who_takes_the_lead_over_knows_the_variables(creatives: Path) -> None:
    index = '#EXTM3U\n#EXT-X-DEFINE:NAME="dir",VALUE="hd"\n#EXT-X-STREAM-INF:BANDWIDTH=800000\nv.m3u8\n'
    head = '#EXT-X-DEFINE:IMPORT="dir"\n'
    texts = {"/index.m3u8": index, "/v.m3u8": playlist(0, 10, "{{$dir}}/{}.ts", head=head)}
    async with viewing(texts, creatives) as viewer:
        version = viewer.channel.worker.version
        assert version is not None
        versions: list[ChannelVersion] = []

        async def deliver(version: ChannelVersion) -> None:
            versions.append(version)

        source = HttpOrigin(viewer.origin.url + "/index.m3u8")
        rules = BreakRules(SECOND, Microseconds(0), Microseconds(60 * SECOND))
        poller = Poller("demo", "another", source, MemoryStore(), rules, deliver, clock=lambda: 0, seed=1)
        poller.seen(version)
        viewer.origin.texts["/v.m3u8"] = playlist(0, 12, "{{$dir}}/{}.ts", head=head)
        running = asyncio.create_task(poller.run())
        try:
            await until(lambda: bool(versions))
        finally:
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)
            await source.close()
        assert versions[0].windows["r0"].segments[-1].uri == "hd/11.ts"
        assert poller.health.failures == {}
