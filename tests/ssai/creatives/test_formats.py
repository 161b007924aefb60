"""Every container and codec that a ladder can ask for, rendered in one go and read back by PyAV."""

import io
from fractions import Fraction
from itertools import accumulate

import av
import numpy as np
import pytest

from ssai.creatives import fmp4, packed
from ssai.creatives.catalogue import Catalogue, ineligible
from ssai.creatives.condition import condition
from ssai.creatives.errors import Refusal, RefusedError
from ssai.creatives.slate import slate

START = 126_000
"""Ticks of 90 kHz: the first time stamp of every rendition."""
ONSET = 3
"""Seconds of silence before the tone of ``toned``."""


def video(name, container):
    return {
        "name": name,
        "container": container,
        "width": 128,
        "height": 72,
        "bitrate": 80_000,
        "codecs": "avc1.42c00d",
    }


def sound(name, container, codecs, channels=2, rate=48_000):
    bitrate = 384_000 if channels == 6 else 96_000
    return {
        "name": name,
        "container": container,
        "sample_rate": rate,
        "channels": channels,
        "bitrate": bitrate,
        "codecs": codecs,
    }


EVERYTHING = {
    "frame_rate": "30000/1001",
    "video": [video("v-ts", "ts"), video("v-fmp4", "fmp4")],
    "sound": sound("aac-ts", "ts", "mp4a.40.2"),
    "alternates": [
        sound("aac-fmp4", "fmp4", "mp4a.40.2"),
        sound("aac-packed", "packed", "mp4a.40.2", rate=44_100),
        sound("ac3-ts", "ts", "ac-3"),
        sound("ac3-fmp4", "fmp4", "ac-3"),
        sound("ac3-packed", "packed", "ac-3", channels=6),
        sound("ec3-ts", "ts", "ec-3", channels=1),
        sound("ec3-fmp4", "fmp4", "ec-3", channels=6),
        sound("ec3-packed", "packed", "ec-3", rate=44_100),
    ],
    "subtitles": {"name": "subs"},
}
MUXED = {
    "audio": "muxed",
    "video": [video("v-ts", "ts"), video("v-fmp4", "fmp4")],
    "sound": sound("snd", "ts", "ec-3"),
    "subtitles": {"name": "subs"},
}


@pytest.fixture(scope="module")
def toned(draw):
    """5.3 s, silent up to ``ONSET``, then a tone."""
    tone = f"aevalsrc='0.3*sin(1000*2*PI*t)*gte(t,{ONSET})':s=48000:d=5.3"
    return draw(
        "toned.mkv",
        *("-f", "lavfi", "-i", "testsrc2=s=128x72:r=30000/1001:d=5.3", "-f", "lavfi", "-i", tone),
        *("-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p", "-c:a", "pcm_s16le"),
    )


def render(folder, source, ladder):
    entry = condition(source, ladder, folder, id="x", title="", advertiser="", preset="ultrafast")
    return Catalogue(folder, ladder, ()).add(entry)


@pytest.fixture(scope="module")
def everything(tmp_path_factory, toned, make_ladder):
    return render(tmp_path_factory.mktemp("everything"), toned, make_ladder(**EVERYTHING))


@pytest.fixture(scope="module")
def muxed(tmp_path_factory, toned, make_ladder):
    return render(tmp_path_factory.mktemp("muxed"), toned, make_ladder(**MUXED))


@pytest.fixture(params=["everything", "muxed"])
def made(request):
    return request.getfixturevalue(request.param)


def media(catalogue, *containers):
    """Rung, rendition and initialisation section of each rendition in these containers."""
    (entry,) = catalogue.entries
    for name, rung in catalogue.ladder.rungs.items():
        if rung.container in containers:
            rendition = entry.renditions[name]
            yield rung, rendition, None if rendition.map is None else catalogue.folder / rendition.map


def boxes(body, *inside):
    """Types, flags and contents of the boxes, those within ``inside`` after it."""
    at = 0
    while at < len(body):
        size, kind = int.from_bytes(body[at : at + 4]), body[at + 4 : at + 8].decode()
        assert 8 <= size <= len(body) - at
        yield kind, body[at + 8 : at + size]
        if kind in inside:
            yield from boxes(body[at + 8 : at + size], *inside)
        at += size


def test_a_creative_has_every_rendition_of_the_ladder(made):
    (entry,) = made.entries
    assert tuple(entry.renditions) == made.ladder.names
    assert ineligible(entry, made.ladder.names, made.ladder.target_duration * 1_000_000) is None
    suffixes = {
        name: {file.rpartition(".")[2] for file in rendition.files} for name, rendition in entry.renditions.items()
    }
    codecs = {"aac-packed": {"aac"}, "ac3-packed": {"ac3"}, "ec3-packed": {"ec3"}}
    containers = {"ts": {"ts"}, "fmp4": {"m4s"}, "webvtt": {"vtt"}}
    assert suffixes == {
        name: codecs.get(name) or containers[rung.container] for name, rung in made.ladder.rungs.items()
    }
    assert all(min(rendition.sizes) > 0 for rendition in entry.renditions.values())


def test_durations_and_time_stamps_are_what_the_files_hold(made, segment):
    (entry,) = made.entries
    assert len(entry.durations) == 3
    for rung, rendition, init in media(made, "ts", "fmp4", "packed"):
        starts = [0, *accumulate(rendition.durations)]
        for file, length, start in zip(rendition.files, rendition.durations, starts, strict=False):
            found = segment(made.folder / file, init)
            at = START + Fraction(start * 9, 100)
            if rung in made.ladder.video:
                assert abs(Fraction(found.frames * 1_000_000) / made.ladder.fps - length) <= 1
                assert abs(found.first_video - at) <= 1
                assert found.keys == (0,)
                assert found.size == (128, 72)
                assert (found.first_audio is not None) == (made.ladder.audio == "muxed")
            else:
                assert found.frames == 0
                assert abs(Fraction(found.samples * 1_000_000, rung.sample_rate) - length) <= 1
                if rung.container != "packed":
                    assert abs(found.first_audio - at) <= 1
            if start == 0:
                stamps = {found.first_video, found.first_audio} - {None}
                assert stamps == ({0} if rung.container == "packed" else {START})


def test_muxed_sound_is_cut_within_one_frame(muxed, segment):
    frame = muxed.ladder.sound.frame_length
    for _, rendition, init in media(muxed, "ts", "fmp4"):
        found = [segment(muxed.folder / file, init) for file in rendition.files]
        assert all(abs(one.first_audio - one.first_video) * 100 / 9 <= frame for one in found)
        samples = sum(one.samples for one in found)
        assert abs(samples * 1_000_000 / muxed.ladder.sound.sample_rate - sum(rendition.durations)) <= frame


def test_sections_and_fragments(made):
    for rung, rendition, init in media(made, "fmp4"):
        head = list(boxes(init.read_bytes(), "moov", "trak", "mvex"))
        kinds = [kind for kind, _ in head]
        tracks = 2 if rung in made.ladder.video and made.ladder.audio == "muxed" else 1
        assert [kind for kind in kinds if kind in {"ftyp", "moov"}] == ["ftyp", "moov"]
        assert kinds.count("trak") == kinds.count("trex") == tracks
        assert "edts" not in kinds
        assert b"cmfc" in head[0][1]
        for number, file in enumerate(rendition.files, 1):
            inner = list(boxes((made.folder / file).read_bytes(), "moof", "traf"))
            assert [kind for kind, _ in inner] == ["moof", "mfhd", *["traf", "tfhd", "tfdt", "trun"] * tracks, "mdat"]
            assert inner[1][1] == bytes(4) + number.to_bytes(4)
            flags = [int.from_bytes(body[1:4]) for kind, body in inner if kind == "tfhd"]
            assert all(flag & 0x020000 and not flag & 0x1 for flag in flags)  # default-base-is-moof, no base offset


def test_packed_audio_is_a_tag_and_whole_frames(everything):
    for rung, rendition, _ in media(everything, "packed"):
        starts = [0, *accumulate(rendition.durations)]
        for file, start, length in zip(rendition.files, starts, rendition.durations, strict=False):
            body = (everything.folder / file).read_bytes()
            assert body[:10] == b"ID3\x04\x00\x00\x00\x00\x00" + bytes([63])
            assert body[10:20] == b"PRIV\x00\x00\x00" + bytes([53, 0, 0])
            assert body[20:65] == b"com.apple.streaming.transportStreamTimestamp\x00"
            assert abs(int.from_bytes(body[65:73]) - START - start * 9 / 100) <= 1
            frames, at = 0, 73
            while at < len(body):
                if rung.codecs == "mp4a.40.2":
                    assert body[at : at + 2] in {b"\xff\xf1", b"\xff\xf0"}
                    at += int.from_bytes(body[at + 3 : at + 6]) >> 5 & 0x1FFF
                elif rung.codecs == "ec-3":
                    assert body[at : at + 2] == b"\x0b\x77"
                    at += 2 * ((int.from_bytes(body[at + 2 : at + 4]) & 0x7FF) + 1)
                else:
                    assert body[at : at + 2] == b"\x0b\x77"
                    at += 4 * 384_000 // 1_000  # 48 kHz: two words for each kbit/s (ATSC A/52, table 5.18)
                frames += 1
            assert at == len(body)
            assert abs(Fraction(frames * rung.frame * 1_000_000, rung.sample_rate) - length) <= 1


def test_a_time_stamp_has_33_bits():
    assert packed.tag((1 << 33) + 7)[-8:] == (7).to_bytes(8)
    assert packed.tag((1 << 33) - 1)[-8:] == b"\x00\x00\x00\x01\xff\xff\xff\xff"


def test_subtitles_are_empty_and_cut_as_the_picture(made):
    (entry,) = made.entries
    assert entry.renditions["subs"].durations == entry.durations
    assert len(set(entry.renditions["subs"].files)) == len(entry.durations)
    for file in entry.renditions["subs"].files:
        text = (made.folder / file).read_text()
        assert text == f"WEBVTT\nX-TIMESTAMP-MAP=MPEGTS:{START},LOCAL:00:00:00.000\n\n"


def heard(catalogue, rendition, init):
    """All of a rendition's sound as a player decodes it: loudest channel of each sample, and the sample rate."""
    bodies = [(catalogue.folder / file).read_bytes() for file in rendition.files]
    bodies = [body[73:] if body.startswith(b"ID3") else body for body in bodies]
    body = b"".join([init.read_bytes() if init else b"", *bodies])
    with av.open(io.BytesIO(body)) as container:
        planes = [frame.to_ndarray() for frame in container.decode(audio=0)]
        return np.abs(np.concatenate(planes, axis=1)).max(axis=0), container.streams.audio[0].rate


def test_no_sound_is_early_or_late(made):
    for rung, rendition, init in media(made, "ts", "fmp4", "packed"):
        if made.ladder.audio == "separate" and rung in made.ladder.video:
            continue
        level, rate = heard(made, rendition, init)
        onset = np.flatnonzero(level > level.max() / 2)[0] / rate
        assert onset == pytest.approx(ONSET, abs=0.002), rung.name


def test_dialnorm_says_how_loud_the_sound_is(everything):
    (entry,) = everything.entries
    body = (everything.folder / entry.renditions["ac3-ts"].files[0]).read_bytes()
    at = body.index(b"\x0b\x77")
    # Two channels: acmod 2, dsurmod and lfeon, then the five bits of dialnorm (ATSC A/52, 5.3.2).
    assert body[at + 6] >> 5 == 2
    assert int.from_bytes(body[at + 6 : at + 8]) >> 5 & 0x1F == 23


def test_the_slate_comes_in_every_format(plain, tmp_path, make_ladder, segment):
    ladder = make_ladder(
        target_duration=2,
        video=[video("v-ts", "ts"), video("v-fmp4", "fmp4")],
        sound=sound("aac-packed", "packed", "mp4a.40.2"),
        alternates=[sound("ec3-fmp4", "fmp4", "ec-3")],
        subtitles={"name": "subs"},
    )
    entries = slate(plain, ladder, tmp_path / "ads", length=2, preset="ultrafast")
    catalogue = Catalogue(tmp_path / "ads", ladder, ()).add(*entries)
    assert [entry.id for entry in catalogue.entries] == ["slate", "slate-2q", "slate-1q"]
    for entry in catalogue.entries:
        assert tuple(entry.renditions) == ladder.names
        for name in ("v-ts", "v-fmp4", "ec3-fmp4"):
            rendition = entry.renditions[name]
            init = None if rendition.map is None else catalogue.folder / rendition.map
            found = segment(catalogue.folder / rendition.files[0], init)
            assert START in {found.first_video, found.first_audio}
            assert found.frames * 40_000 == (entry.durations[0] if name.startswith("v") else 0)


@pytest.mark.parametrize(
    "body",
    [b"", b"\x00\x00\x00\x08moof", b"\x00\x00\x00\x00ftyp", b"\x00\x00\x00\x09ftyp", b"\x00\x00\x00\x08ftypmdat"],
)
def test_a_file_that_is_not_a_header_and_fragments(body, tmp_path):
    path = tmp_path / "0.m4s"
    path.write_bytes(body)
    with pytest.raises(RefusedError, match="ftyp, moov and moof") as raised:
        fmp4.part([path])
    assert raised.value.reason == Refusal.UNKNOWN
