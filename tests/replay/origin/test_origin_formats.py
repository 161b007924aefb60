"""The origin in every format: what each dress adds to playlists, and that all of it can be fetched and read."""

import re
from dataclasses import replace

import aiohttp
import m3u8
import pytest
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from domain.units import SECOND, microseconds
from replay.origin import keys
from replay.origin.clip import Clip, ClipError
from replay.origin.dress import Dress, Encryption
from replay.origin.keys import CipherMissingError
from replay.origin.multivariant import multivariant
from replay.origin.playlist import Run, playlist
from replay.origin.schedule import Schedule
from replay.origin.server import OriginServer
from ssai.hls.attributes import attributes
from ssai.hls.multivariant import parse
from tests.replay.origin.tiny import SOUND

START = 1_767_225_600_000_000
NOW = START + 100 * SECOND
SCHEDULE = Schedule(seed=3)


def at(clip, rendition, now=NOW, **options):
    return playlist(clip, SCHEDULE, rendition, now, START, **options)


def lines(text, tag):
    return [line for line in text.splitlines() if line.startswith(f"#{tag}:")]


def told(text, tag):
    """Attributes of every such tag."""
    return [attributes(line.partition(":")[2]) for line in lines(text, tag)]


def serve(clip, **options):
    return OriginServer(clip, SCHEDULE, clock=lambda: NOW, start_us=START, **options)


def test_every_rung_is_offered_unless_containers_are_named(every_format):
    everything = ["360p", "720p", "360p-mp4", "audio", "packed", "audio-mp4", "dolby"]
    assert list(Clip.load(every_format).tracks) == everything
    for containers, expected in [
        ({"ts"}, ["360p", "720p", "audio"]),
        ({"ts", "packed"}, ["360p", "720p", "audio", "packed"]),
        ({"fmp4"}, ["360p-mp4", "audio-mp4", "dolby"]),
    ]:
        dress = Dress(containers=frozenset(containers))
        assert list(Clip.load(every_format, None, dress).tracks) == expected


def test_each_video_is_a_variant_with_each_sound_it_goes_with(every_format):
    offered = parse(multivariant(Clip.load(every_format)))
    assert [(variant.uri, variant.audio, variant.codecs) for variant in offered.variants] == [
        ("360p.m3u8", "audio", "avc1.4d401e,mp4a.40.2"),
        ("360p.m3u8", "packed", "avc1.4d401e,mp4a.40.2"),
        ("720p.m3u8", "audio", "avc1.64001f,mp4a.40.2"),
        ("720p.m3u8", "packed", "avc1.64001f,mp4a.40.2"),
        ("360p-mp4.m3u8", "audio-mp4", "avc1.4d401e,mp4a.40.2"),
        ("360p-mp4.m3u8", "dolby", "avc1.4d401e,ec-3"),
    ]
    assert offered.variants[5].bandwidth == 800_000 + 384_000
    # Groups in other codecs hold the same renditions by name.
    assert [(media.group_id, media.name, media.channels) for media in offered.media] == [
        ("audio", "audio", "2"),
        ("packed", "audio", "2"),
        ("audio-mp4", "audio", "2"),
        ("dolby", "audio", "6"),
    ]


def test_languages_are_members_of_every_group_and_the_first_is_the_default(every_format):
    dress = Dress(languages=("en", "pt-BR"), subtitles=True, containers=frozenset({"fmp4"}))
    clip = Clip.load(every_format, None, dress)
    offered = parse(multivariant(clip))
    sounds = [media for media in offered.media if media.type == "AUDIO"]
    assert [(media.group_id, media.language, media.default, media.uri) for media in sounds] == [
        ("audio-mp4", "en", True, "audio-mp4-en.m3u8"),
        ("audio-mp4", "pt-BR", False, "audio-mp4-pt-BR.m3u8"),
        ("dolby", "en", True, "dolby-en.m3u8"),
        ("dolby", "pt-BR", False, "dolby-pt-BR.m3u8"),
    ]
    (subtitles,) = (media for media in offered.media if media.type == "SUBTITLES")
    assert (subtitles.language, subtitles.uri) == ("en", "text.m3u8")
    assert {variant.subtitles for variant in offered.variants} == {subtitles.group_id}
    assert len(offered.variants) == 2
    assert clip.tracks["dolby-en"].files == clip.tracks["dolby-pt-BR"].files


@pytest.mark.parametrize("rendition", ["360p-mp4", "dolby", "360p"])
def test_fmp4_has_one_map_before_all_segments(every_format, rendition):
    clip = Clip.load(every_format)
    for now in range(NOW, NOW + 15 * SECOND, SECOND):
        text = at(clip, rendition, now)
        if rendition == "360p":
            assert "EXT-X-MAP" not in text
        else:
            assert told(text, "EXT-X-MAP") == [{"URI": f"../media/{rendition}/init.mp4"}]
            assert text.index("EXT-X-MAP") < text.index("EXT-X-PROGRAM-DATE-TIME")


def test_explicit_vectors_come_with_each_key_and_keys_rotate(every_format):
    clip = Clip.load(every_format, None, Dress(encryption=Encryption.EXPLICIT, key_segments=4))
    seen = {}
    for now in range(NOW, NOW + 40 * SECOND, SECOND):
        in_force = None
        text = at(clip, "360p-mp4", now)
        assert text.index("EXT-X-MAP") < text.index("EXT-X-KEY")
        for line in text.splitlines():
            if line.startswith("#EXT-X-KEY:"):
                in_force = attributes(line.partition(":")[2])
                assert in_force["METHOD"] == "AES-128"
                assert re.fullmatch("0x[0-9A-F]{32}", in_force["IV"])
            elif not line.startswith("#"):
                index = int(re.search(r"0-(\d+)\.m4s", line)[1])
                assert in_force["URI"] == f"../keys/{index // 4}.key"
                assert seen.setdefault(index, in_force) == in_force
    assert len({told["IV"] for told in seen.values()}) == len({told["URI"] for told in seen.values()}) > 5


async def test_what_is_encrypted_decrypts_to_the_files(every_format):
    for method in Encryption:
        clip = Clip.load(every_format, None, Dress(encryption=method, key_segments=3, subtitles=True))
        async with serve(clip, numbered_from=500) as origin, aiohttp.ClientSession() as client:
            for rendition, track in clip.tracks.items():
                url = f"{origin.url}/live/{rendition}.m3u8"
                listed = m3u8.loads(at(clip, rendition, run=Run(base=500)), uri=url)
                for number, segment in enumerate(listed.segments, listed.media_sequence):
                    async with client.get(segment.absolute_uri) as reply:
                        body = await reply.read()
                    if segment.key is None:
                        assert rendition == "text"
                        continue
                    async with client.get(segment.key.absolute_uri) as reply:
                        key = await reply.read()
                    if method is Encryption.IMPLICIT:
                        assert segment.key.iv is None
                        vector = number.to_bytes(16)
                    else:
                        vector = bytes.fromhex(segment.key.iv[2:])
                    decryptor = Cipher(algorithms.AES(key), modes.CBC(vector)).decryptor()
                    plain = decryptor.update(body) + decryptor.finalize()
                    assert set(plain[-plain[-1] :]) == {plain[-1]}
                    assert plain[: -plain[-1]] == track.files[(number - 500) % clip.size].read_bytes()
            async with client.get(f"{origin.url}/media/360p-mp4/init.mp4") as reply:
                assert await reply.text() == "map of 360p-mp4"
                assert reply.headers["Content-Type"] == "video/mp4"


async def test_a_restarted_packager_encrypts_by_its_own_numbers(every_format):
    clip, now = Clip.load(every_format, None, Dress(encryption=Encryption.IMPLICIT)), [NOW]
    origin = OriginServer(clip, SCHEDULE, clock=lambda: now[0], start_us=START, numbered_from=7)
    async with origin, aiohttp.ClientSession(origin.url) as client:
        origin.restart()
        now[0] += 9 * SECOND
        async with client.get("/live/packed.m3u8") as reply:
            listed = m3u8.loads(await reply.text(), uri=str(reply.url))
        assert listed.media_sequence == 7
        bodies = []
        for segment in listed.segments:
            async with client.get(segment.absolute_uri) as reply:
                bodies.append(await reply.read())
        async with client.get("/keys/0.key") as reply:
            key = await reply.read()
        first = clip.at_or_before(NOW - START)
        for place, body in enumerate(bodies):
            decryptor = Cipher(algorithms.AES(key), modes.CBC((7 + place).to_bytes(16))).decryptor()
            file = clip.tracks["packed"].files[(first + place) % clip.size]
            assert decryptor.update(body).startswith(file.read_bytes()[:32])
        # A run that never was, and a segment before its run's first, have no number.
        for name in ("5-60.aac", "1-0.aac"):
            async with client.get(f"/media/packed/{name}") as reply:
                assert reply.status == 404


async def test_a_missing_library_is_told_before_anything_is_served(every_format, monkeypatch):
    monkeypatch.setattr(keys, "find_spec", lambda _: None)
    with pytest.raises(CipherMissingError, match=r"halftime\[demo\]"):
        await serve(Clip.load(every_format, None, Dress(encryption=Encryption.EXPLICIT))).start()
    async with serve(Clip.load(every_format)):
        pass


@pytest.mark.parametrize("path", ["/keys/x.key", "/keys/1.pem", "/keys/" + "9" * 40 + ".key", "/keys/"])
async def test_other_keys_are_not_there(every_format, path):
    clip = Clip.load(every_format, None, Dress(encryption=Encryption.EXPLICIT))
    async with serve(clip) as origin, aiohttp.ClientSession(origin.url) as client, client.get(path) as reply:
        assert reply.status == 404
    plain = Clip.load(every_format)
    async with serve(plain) as origin, aiohttp.ClientSession(origin.url) as client, client.get("/keys/0.key") as reply:
        assert reply.status == 404
        assert reply.headers["Access-Control-Allow-Origin"] == "*"


async def test_subtitles_tell_their_segment_on_the_media_clock(every_format):
    clip = Clip.load(every_format, None, Dress(subtitles=True))
    async with serve(clip) as origin, aiohttp.ClientSession(origin.url) as client:
        async with client.get("/live/text.m3u8") as reply:
            listed = m3u8.loads(await reply.text(), uri=str(reply.url))
        assert [segment.duration for segment in listed.segments] == [
            (clip.nominal[n % 7 + 1] - clip.nominal[n % 7]) / SECOND for n in range(41, 51)
        ]
        for index, segment in enumerate(listed.segments, listed.media_sequence):
            async with client.get(segment.absolute_uri) as reply:
                assert reply.headers["Content-Type"].startswith("text/vtt")
                body = await reply.text()
            head, cue = body.split("\n\n")
            assert head == "WEBVTT\nX-TIMESTAMP-MAP=LOCAL:00:00:00.000,MPEGTS:126000"
            times, words = cue.splitlines()
            assert words == str(index)
            begin, end = (microseconds(clock[6:]) for clock in times.split(" --> "))
            assert (begin, end) == (clip.nominal[index % 7], clip.nominal[index % 7 + 1])
            assert len(body) <= clip.tracks["text"].sizes[0]


def test_bit_rates_are_those_of_the_segments(every_format):
    clip = Clip.load(every_format, None, Dress(bitrate=True, subtitles=True))
    large = replace(clip.tracks["360p"], sizes=(1_000_000,) * 7)
    clip = replace(clip, tracks={**clip.tracks, "360p": large})
    segments = m3u8.loads(at(clip, "360p")).segments
    rates = [int(line.partition(":")[2]) for line in lines(at(clip, "360p"), "EXT-X-BITRATE")]
    assert rates == [round(8_000 / segment.duration) for segment in segments]
    assert "BITRATE" not in at(clip, "text")
    assert "BITRATE" not in at(replace(clip, dress=Dress()), "360p")


async def test_ranges_of_a_loop_are_its_segments(every_format):
    clip = Clip.load(every_format, None, Dress(byte_ranges=True))
    async with serve(clip) as origin, aiohttp.ClientSession(origin.url) as client:
        for rendition, track in clip.tracks.items():
            async with client.get(f"/live/{rendition}.m3u8") as reply:
                text = await reply.text()
            end, last, listed = 0, None, text.split("#EXTINF:")[1:]
            assert len(listed) == 10
            for index, entry in enumerate(listed, int(re.search(r"SEQUENCE:(\d+)", text)[1])):
                length, _, offset = re.search(r"BYTERANGE:(\d+)(@(\d+))?\n", entry).groups()
                uri = re.search(r"^\.\.(/media/.*)$", entry, re.MULTILINE)[1]
                begin = end if offset is None else int(offset)
                assert (offset is None) == (uri == last)
                end, last = begin + int(length), uri
                async with client.get(uri, headers={"Range": f"bytes={begin}-{end - 1}"}) as reply:
                    assert reply.status == 206
                    assert reply.headers["Content-Range"] == f"bytes {begin}-{end - 1}/{sum(track.sizes)}"
                    assert await reply.read() == track.files[index % 7].read_bytes()
        whole = b"".join(file.read_bytes() for file in clip.tracks["360p"].files)
        for asked, status, expected in [
            (None, 200, whole),
            ("bytes=100-", 206, whole[100:]),
            ("bytes=-100", 206, whole[-100:]),
            ("bytes=0-999999999", 206, whole),
            ("bytes=999999999-", 416, None),
            ("bytes=x", 400, None),
        ]:
            headers = {} if asked is None else {"Range": asked}
            async with client.get("/media/360p/loop-0-3.ts", headers=headers) as reply:
                assert reply.status == status
                assert expected in {None, await reply.read()}
        async with client.get("/media/360p/loop-0-3.aac") as reply:
            assert reply.status == 404


def test_low_latency_tags_name_what_is_and_what_comes_next(every_format):
    clip = Clip.load(every_format, None, Dress(low_latency=True))
    controls = set()
    for rendition in clip.tracks:
        for now in range(NOW, NOW + 20 * SECOND, SECOND):
            text = at(clip, rendition, now)
            segments = m3u8.loads(text).segments
            (control,) = told(text, "EXT-X-SERVER-CONTROL")
            controls.add(tuple(control.items()))
            (target,) = told(text, "EXT-X-PART-INF")
            parts = told(text, "EXT-X-PART")
            assert [part["URI"] for part in parts] == [segment.uri for segment in segments][-len(parts) :]
            assert 6 <= len(parts) <= 7
            assert all(microseconds(part["DURATION"]) <= microseconds(target["PART-TARGET"]) for part in parts)
            (hint,) = told(text, "EXT-X-PRELOAD-HINT")
            after = at(clip, rendition, now + 3 * SECOND)
            assert hint["URI"] in after
            assert hint["URI"] not in text.replace(lines(text, "EXT-X-PRELOAD-HINT")[0], "")
            reports = {report["URI"]: int(report["LAST-MSN"]) for report in told(text, "EXT-X-RENDITION-REPORT")}
            assert sorted(reports) == sorted(f"{name}.m3u8" for name in clip.tracks if name != rendition)
            for name, last in reports.items():
                other = m3u8.loads(at(clip, name.removesuffix(".m3u8"), now))
                assert last == other.media_sequence + len(other.segments) - 1
    assert controls == {
        (("CAN-BLOCK-RELOAD", "YES"), ("HOLD-BACK", "12.000"), ("PART-HOLD-BACK", "6.048000")),
    }


@pytest.mark.parametrize(
    ("options", "error"),
    [
        ({"containers": frozenset({"mkv"})}, "containers"),
        ({"containers": frozenset()}, "containers"),
        ({"languages": ("en", "en")}, "languages"),
        ({"languages": ('e"n',)}, "languages"),
        ({"key_segments": 3}, "without encryption"),
        ({"key_segments": -1, "encryption": Encryption.EXPLICIT}, "key_segments"),
        ({"byte_ranges": True, "encryption": Encryption.IMPLICIT}, "byte_ranges: not"),
        ({"byte_ranges": True, "low_latency": True}, "byte_ranges: not"),
        ({"byte_ranges": True, "bitrate": True}, "byte_ranges: not"),
    ],
)
def test_what_cannot_be_together_is_refused(options, error):
    with pytest.raises(ValueError, match=error):
        Dress(**options)


def test_a_ladder_that_cannot_be_dressed_so_is_refused_in_one_line(every_format, make_catalogue, catalogue):
    with pytest.raises(ClipError, match=r"ladder: expected subtitles, to offer them, found none"):
        Clip.load(catalogue, None, Dress(subtitles=True))
    with pytest.raises(ClipError, match=r"ladder: expected video in fmp4, found none"):
        Clip.load(catalogue, None, Dress(containers=frozenset({"fmp4"})))
    with pytest.raises(ClipError, match=r"ladder: expected video in packed, found none"):
        Clip.load(every_format, None, Dress(containers=frozenset({"packed"})))
    with pytest.raises(ClipError, match=r"several languages, found muxed"):
        Clip.load(make_catalogue(audio="muxed"), None, Dress(languages=("en",)))
    lone = {"sound": SOUND | {"name": "audio-mp4", "container": "fmp4"}}
    with pytest.raises(ClipError, match=r"sound that is offered with 360p \(ts\), found none"):
        Clip.load(make_catalogue(more=lone))
    taken = make_catalogue(more={"alternates": (SOUND | {"name": "audio-en"},)})
    with pytest.raises(ClipError, match=r"a name of its own for every media playlist, found 'audio-en-gb'"):
        Clip.load(taken, None, Dress(languages=("gb", "en-gb")))


async def test_a_backup_shows_the_same_stream_under_other_addresses_and_numbers(every_format):
    clip = Clip.load(every_format)
    first, second = serve(clip), serve(clip, prefix="/backup", numbered_from=4_000)
    async with first, second, aiohttp.ClientSession() as client:
        assert second.index_url == f"{second.url}/backup/live/index.m3u8"
        found = []
        for origin in (first, second):
            async with client.get(origin.index_url) as reply:
                index = parse(await reply.text(), str(reply.url))
            async with client.get(index.variants[0].uri) as reply:
                listed = m3u8.loads(await reply.text(), uri=str(reply.url))
            dates = [segment.program_date_time for segment in listed.segments]
            found.append((listed.media_sequence, dates))
            for segment in listed.segments:
                async with client.get(segment.absolute_uri) as reply:
                    assert reply.status == 200
        assert found[1][0] == found[0][0] + 4_000
        assert found[1][1] == found[0][1]
        for path in ("/live/index.m3u8", "/media/360p/0-1.ts"):
            async with client.get(second.url + path) as reply:
                assert reply.status == 404
        async with client.get(f"{second.url}/faults") as reply:
            assert reply.status == 200


async def test_a_stopped_origin_refuses_connections_and_goes_on_where_the_stream_is(every_format):
    clip, now = Clip.load(every_format), [NOW]
    origin = OriginServer(clip, SCHEDULE, clock=lambda: now[0], start_us=START)
    async with origin:
        url = f"{origin.url}/live/360p.m3u8"
        await origin.stop()
        async with aiohttp.ClientSession() as client:
            with pytest.raises(aiohttp.ClientConnectorError):
                await client.get(url)
            now[0] += 20 * SECOND
            await origin.start()
            async with client.get(url) as reply:
                assert await reply.text() == at(clip, "360p", now[0])
