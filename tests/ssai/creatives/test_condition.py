import subprocess
from fractions import Fraction
from itertools import accumulate
from pathlib import Path

import pytest

from ssai.creatives.catalogue import Catalogue, ineligible
from ssai.creatives.condition import condition
from ssai.creatives.errors import CreativeError, Refusal, RefusedError
from ssai.creatives.ffmpeg import executable
from ssai.creatives.loudness import ATSC_A85, EBU_R128

TICK = Fraction(1_000_000, 90_000)
LADDERS = {
    "separate": {"frame_rate": "25", "audio": "separate"},
    "muxed": {"frame_rate": "30000/1001", "audio": "muxed"},
    "film": {
        "frame_rate": "24000/1001",
        "audio": "separate",
        "target_duration": 2,
        "video": [{"name": "hi", "width": 192, "height": 144, "bitrate": 200_000, "codecs": "avc1.64001F"}],
        "sound": {"name": "snd", "sample_rate": 44_100, "channels": 1, "bitrate": 64_000, "codecs": "mp4a.40.2"},
    },
}


@pytest.fixture(scope="module", params=LADDERS)
def made(request, tmp_path_factory, plain, make_ladder):
    ladder = make_ladder(**LADDERS[request.param])
    folder = tmp_path_factory.mktemp("catalogue")
    seen = []
    entry = condition(
        plain, ladder, folder, id="acme-7", title="Acme", advertiser="acme", progress=seen.append, preset="ultrafast"
    )
    assert seen == sorted(seen)
    assert seen[-1] == 1
    return folder, ladder, entry


def test_catalogue_durations_are_what_the_files_hold(made, segment):
    folder, ladder, entry = made
    for name, rendition in entry.renditions.items():
        for file, length in zip(rendition.files, rendition.durations, strict=True):
            found = segment(folder / file)
            if name == ladder.sound.name:
                assert found.frames == 0
                assert abs(Fraction(found.samples * 1_000_000, ladder.sound.sample_rate) - length) <= 1
            else:
                assert abs(found.frames * 1_000_000 / ladder.fps - length) <= 1
                assert (found.samples > 0) == (ladder.audio == "muxed")


def test_all_renditions_are_cut_at_the_same_instants(made, segment):
    folder, ladder, entry = made
    starts = [0, *accumulate(entry.durations)]
    origin = segment(folder / entry.renditions["hi"].files[0]).first_video
    for name, rendition in entry.renditions.items():
        for file, start in zip(rendition.files, starts, strict=False):
            found = segment(folder / file)
            if name != ladder.sound.name:
                assert abs((found.first_video - origin) * TICK - start) <= 12
            if found.first_audio is not None:
                assert abs((found.first_audio - origin) * TICK - start) <= ladder.sound.frame_length
    ends = {name: sum(rendition.durations) for name, rendition in entry.renditions.items()}
    assert all(abs(end - starts[-1]) <= ladder.sound.frame_length for end in ends.values())


def test_muxed_sound_ends_with_the_picture(made, segment):
    folder, ladder, entry = made
    if ladder.audio == "separate":
        return
    for rendition in entry.renditions.values():
        samples = sum(segment(folder / file).samples for file in rendition.files)
        assert abs(samples * 1_000_000 / ladder.sound.sample_rate - sum(entry.durations)) <= ladder.sound.frame_length


def test_every_video_segment_decodes_by_itself(made, segment):
    folder, ladder, entry = made
    for rung in ladder.video:
        for file in entry.renditions[rung.name].files:
            found = segment(folder / file)
            assert found.keys == (0,)
            assert not found.reordered
            assert found.size == (rung.width, rung.height)
            assert found.shape == "yuv420p 1"
            assert found.parameters == rung.codecs[5:].lower()


def test_segments_are_near_equal_and_at_most_half_the_target_duration(made):
    folder, ladder, entry = made
    assert max(entry.durations) <= ladder.target_duration * 500_000
    assert max(entry.durations) - min(entry.durations) <= 1_000_000 / ladder.fps + 1
    assert abs(sum(entry.durations) - 7_300_000) <= 1_000_000 / ladder.fps
    assert ineligible(entry, ladder.names, ladder.target_duration * 1_000_000) is None
    assert Catalogue(folder, ladder, ()).add(entry).entries == (entry,)


def test_continuity_counters_run_through_the_creative(made):
    folder, _, entry = made
    for rendition in entry.renditions.values():
        last = {}
        for file in rendition.files:
            body = (folder / file).read_bytes()
            assert body[1:3] in (b"\x40\x11", b"\x40\x00")  # SDT, then PAT and PMT: each segment starts with its tables
            for at in range(0, len(body), 188):
                pid = int.from_bytes(body[at + 1 : at + 3], "big") & 0x1FFF
                if not body[at + 3] & 0x10:
                    continue  # a packet without payload does not count
                counter = body[at + 3] & 0x0F
                assert last.setdefault(pid, (counter - 1) % 16) == (counter - 1) % 16
                last[pid] = counter


SMALL = {"name": "v", "width": 64, "height": 64, "bitrate": 20_000, "codecs": "avc1.42c00a"}


def names(folder):
    return [path.name for path in folder.iterdir()]


def integrated(folder, files):
    """Loudness of what a player hears, LUFS, by ffmpeg's ebur128."""
    body = b"".join((folder / file).read_bytes() for file in files)
    command = [executable(), "-hide_banner", "-nostats", "-i", "pipe:0", "-af", "ebur128", "-f", "null", "-"]
    log = subprocess.run(command, input=body, capture_output=True, check=True, timeout=60).stderr.decode()
    return float(log.rpartition("I:")[2].split()[0])


SOUNDS = {
    "quiet": "anoisesrc=color=pink:amplitude=0.02:seed=2,volume='1+0.5*sin(t)':eval=frame",
    "tone": "sine=frequency=440:beep_factor=2,volume=12dB",
    "peaks": "aevalsrc='0.9*sin(440*2*PI*t)*lt(mod(t,1),0.03)+0.004*sin(220*2*PI*t)'",
}


@pytest.mark.parametrize("target", [EBU_R128, ATSC_A85], ids=["r128", "a85"])
@pytest.mark.parametrize("sound", SOUNDS)
def test_loudness_is_within_one_unit(target, sound, draw, tmp_path, make_ladder):
    source = draw(
        f"{sound}.mkv",
        *("-f", "lavfi", "-i", "color=s=64x64:r=25", "-f", "lavfi", "-i", SOUNDS[sound], "-t", "6"),
        *("-c:v", "libx264", "-preset", "ultrafast", "-c:a", "pcm_s16le"),
    )
    ladder = make_ladder(video=[SMALL])
    entry = condition(source, ladder, tmp_path, id="x", title="", advertiser="", loudness=target, preset="ultrafast")
    assert integrated(tmp_path, entry.renditions["snd"].files) == pytest.approx(target.integrated, abs=1.0)


def test_every_number_of_channels_has_the_same_loudness(draw, tmp_path, make_ladder):
    # Sound on the left only: mixed down to one channel it loses three units.
    source = draw(
        "stereo.mkv",
        *(
            "-f",
            "lavfi",
            "-i",
            "color=s=64x64:r=25",
            "-f",
            "lavfi",
            "-i",
            f"{SOUNDS['quiet']},pan=stereo|c0=c0|c1=0*c0",
        ),
        *("-t", "6", "-c:v", "libx264", "-preset", "ultrafast", "-c:a", "pcm_s16le"),
    )
    sound = make_ladder().sound.model_dump()
    alternates = [sound | {"name": f"s{count}", "channels": count, "codecs": "ec-3"} for count in (1, 6)]
    ladder = make_ladder(video=[SMALL], alternates=alternates)
    entry = condition(source, ladder, tmp_path, id="x", title="", advertiser="", preset="ultrafast")
    for name in ("snd", "s1", "s6"):
        assert integrated(tmp_path, entry.renditions[name].files) == pytest.approx(EBU_R128.integrated, abs=1.0), name


def test_a_mute_source_gets_silence_and_square_pixels(mute, tmp_path, make_ladder, segment):
    entry = condition(mute, make_ladder(), tmp_path, id="m", title="", advertiser="", preset="ultrafast")
    assert sum(entry.durations) == 3_000_000
    assert sum(segment(tmp_path / file).samples for file in entry.renditions["snd"].files) == 141 * 1024
    assert integrated(tmp_path, entry.renditions["snd"].files) <= -70


def test_content_is_cut_at_the_target_duration(plain, tmp_path, make_ladder):
    ladder = make_ladder(target_duration=2)
    entry = condition(plain, ladder, tmp_path, id="c", title="", advertiser="", kind="content", preset="ultrafast")
    assert entry.kind == "content"
    assert entry.durations == (1_800_000, 1_840_000, 1_840_000, 1_840_000)


def refused(source, folder, ladder, **more):
    with pytest.raises(RefusedError) as raised:
        condition(source, ladder, folder, id="x", title="", advertiser="", preset="ultrafast", **more)
    assert not folder.exists() or names(folder) == []
    assert raised.value.where == str(source)
    return raised.value.reason


VIDEO = ("-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p")


def test_refusals(draw, plain, tmp_path, make_ladder):
    ladder, folder = make_ladder(), tmp_path / "catalogue"
    text = tmp_path / "text.mp4"
    text.write_text("not a film")
    sound = draw("sound.m4a", "-f", "lavfi", "-i", "sine=d=3", "-c:a", "aac")
    brief = draw("brief.mp4", "-f", "lavfi", "-i", "testsrc2=s=64x64:r=25:d=0.9", *VIDEO)
    half = tmp_path / "half.mkv"
    whole = draw("whole.mkv", "-f", "lavfi", "-i", "testsrc2=s=128x128:r=25:d=8", *VIDEO).read_bytes()
    half.write_bytes(whole[: len(whole) // 2])
    long = draw("long.mkv", "-f", "lavfi", "-i", "color=s=32x32:r=1:d=602", *VIDEO)
    # A bare stream has no duration to read: only decoding shows its length.
    bare = draw("bare.h264", "-f", "lavfi", "-i", "color=s=32x32:r=25:d=602", *VIDEO)
    assert refused(tmp_path / "none.mp4", folder, ladder) == Refusal.UNREADABLE
    assert refused(text, folder, ladder) == Refusal.UNREADABLE
    assert refused(sound, folder, ladder) == Refusal.NO_VIDEO
    assert refused(brief, folder, ladder) == Refusal.TOO_SHORT
    assert refused(half, folder, ladder) == Refusal.TRUNCATED
    assert refused(long, folder, ladder) == Refusal.TOO_LONG
    assert refused(bare, folder, ladder) == Refusal.TOO_LONG


LISTS = {
    "list.m3u8": "#EXTM3U\n#EXT-X-TARGETDURATION:3\n#EXTINF:3,\nother.ts\n#EXT-X-ENDLIST\n",
    "list.ffconcat": "ffconcat version 1.0\nfile other.ts\n",
}


@pytest.mark.parametrize("name", LISTS)
def test_a_file_that_names_other_files_is_not_opened(name, draw, tmp_path, make_ladder):
    other = draw("other.ts", "-f", "lavfi", "-i", "testsrc2=s=64x64:r=25:d=3", *VIDEO)
    source = other.parent / name
    source.write_text(LISTS[name])
    assert refused(source, tmp_path / "catalogue", make_ladder()) == Refusal.UNREADABLE


def test_a_source_is_a_file_whatever_its_name(mute, tmp_path, make_ladder, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for number, name in enumerate(["-i 'a%d':[0],b.mkv", "concat:a|b", "http:x"]):
        Path(name).write_bytes(mute.read_bytes())
        entry = condition(Path(name), make_ladder(), Path("ads"), id=f"n{number}", title="", advertiser="")
        assert sum(entry.durations) == 3_000_000


def test_where_nothing_can_be_written(mute, tmp_path, make_ladder):
    (tmp_path / "file").write_text("")
    with pytest.raises(CreativeError, match="file/ads: expected a place to write, found Not a directory"):
        condition(mute, make_ladder(), tmp_path / "file/ads", id="x", title="", advertiser="")
    with pytest.raises(CreativeError, match="expected a place to write, found Not a directory"):
        Catalogue(tmp_path / "file/ads", make_ladder(), ()).save()


def test_an_id_is_never_taken_twice(mute, tmp_path, make_ladder):
    (tmp_path / "x").mkdir()
    with pytest.raises(RefusedError) as raised:
        condition(mute, make_ladder(), tmp_path, id="x", title="", advertiser="")
    assert raised.value.reason == Refusal.EXISTS
    for bad in ("", "..", "a/b", ".hidden", "a" * 65, "é"):
        with pytest.raises(CreativeError, match=r"^id: expected letters"):
            condition(mute, make_ladder(), tmp_path, id=bad, title="", advertiser="")
    assert names(tmp_path) == ["x"]


def test_stopped_halfway_leaves_nothing(plain, tmp_path, make_ladder):
    def stop(done):
        if done > 0.25:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        condition(plain, make_ladder(), tmp_path, id="x", title="", advertiser="", progress=stop)
    assert names(tmp_path) == []
