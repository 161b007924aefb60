from fractions import Fraction

import pytest

from ssai.creatives.errors import CreativeError
from ssai.creatives.ladder import Ladder

GOOD = """
target_duration = 6
frame_rate = "30000/1001"
audio = "muxed"
[[video]]
name = "720p"
width = 1280
height = 720
bitrate = 3000000
codecs = "avc1.640028"
[sound]
name = "audio"
sample_rate = 44100
channels = 2
bitrate = 128000
codecs = "mp4a.40.2"
"""


EVERY = (
    GOOD.replace('"muxed"', '"separate"')
    + """
[[alternates]]
name = "surround"
container = "packed"
sample_rate = 48000
channels = 6
bitrate = 384000
codecs = "ec-3"
[subtitles]
name = "subs"
container = "webvtt"
"""
)


def write(folder, text):
    path = folder / "ladder.toml"
    path.write_text(text)
    return path


def test_reads_toml(tmp_path):
    ladder = Ladder.load(write(tmp_path, GOOD))
    assert ladder.fps == Fraction(30000, 1001)
    assert (ladder.video[0].profile, ladder.video[0].level) == ("high", "4.0")
    assert ladder.names == ("720p",)
    assert ladder.sound.frame_length == 23_220
    assert ladder.model_copy(update={"audio": "separate"}).names == ("720p", "audio")
    assert [rung.container for rung in ladder.rungs.values()] == ["ts"]


def test_reads_every_kind_of_rendition(tmp_path):
    ladder = Ladder.load(write(tmp_path, EVERY.replace("width", 'container = "fmp4"\nwidth')))
    assert ladder.names == ("720p", "audio", "surround", "subs")
    assert [rung.container for rung in ladder.rungs.values()] == ["fmp4", "ts", "packed", "webvtt"]
    assert [rung.name for rung in ladder.sounds] == ["audio", "surround"]
    assert (ladder.alternates[0].frame, ladder.alternates[0].frame_length) == (1536, 32_000)
    assert Ladder.model_validate_json(ladder.model_dump_json()) == ladder


@pytest.mark.parametrize(
    ("old", "new", "field", "found"),
    [
        ("target_duration = 6", "target_duration = 0", "target_duration", "0"),
        ("target_duration = 6", "target_duration = 6.0", "target_duration", "6.0"),
        ("target_duration = 6", "", "target_duration", "nothing"),
        ('"30000/1001"', '"29.97"', "frame_rate", "'29.97'"),
        ('"30000/1001"', '"1/2"', "frame_rate", "'1/2'"),
        ('"30000/1001"', '"30/0"', "frame_rate", "'30/0'"),
        ('"muxed"', '"both"', "audio", "'both'"),
        ("1280", "1281", "video[0].width", "1281"),
        ("avc1.640028", "hvc1.1.6.L93.B0", "video[0].codecs", "'hvc1.1.6.L93.B0'"),
        ("avc1.640028", "avc1.6e0028", "video[0].codecs", "'avc1.6e0028'"),
        ("avc1.640028", "avc1.640029ff", "video[0].codecs", "'avc1.640029ff'"),
        ("avc1.640028", "avc1.6400ff", "video[0].codecs", "'avc1.6400ff'"),
        ('name = "720p"', 'name = "../720p"', "video[0].name", "'../720p'"),
        ("44100", "44000", "sound.sample_rate", "44000"),
        ("channels = 2", "channels = 3", "sound.channels", "3"),
        ("channels = 2", "channels = 2\ncolour = 1", "sound.colour", "1"),
        ('name = "audio"', 'name = "720p"', "", "720p"),
        ("bitrate = 128000", 'bitrate = 128000\ncontainer = "packed"', "", "'audio': 'muxed'"),
        ("bitrate = 128000", 'bitrate = 128000\ncontainer = "mp3"', "sound.container", "'mp3'"),
        ("width = 1280", 'width = 1280\ncontainer = "packed"', "video[0].container", "'packed'"),
        ('bitrate = 128000\ncodecs = "mp4a.40.2"', 'bitrate = 640001\ncodecs = "ac-3"', "sound", "640001"),
        ("mp4a.40.2", "ac-4", "sound.codecs", "'ac-4'"),
    ],
)
def test_refusals_name_file_and_field(tmp_path, old, new, field, found):
    assert old in GOOD
    path = write(tmp_path, GOOD.replace(old, new))
    with pytest.raises(CreativeError) as raised:
        Ladder.load(path)
    assert raised.value.where == (f"{path}: {field}" if field else str(path))
    assert found in raised.value.found


@pytest.mark.parametrize(
    ("old", "new", "field", "expected"),
    [
        ('"separate"', '"muxed"', "", "separate sound where"),
        ("48000", "24000", "alternates[0]", "48000 Hz"),
        ("384000", "63999", "alternates[0]", "64000 to 640000 bits/s"),
        ('"surround"', '"audio"', "", "a name of its own"),
        ('"subs"', '"surround"', "", "a name of its own"),
        ('"webvtt"', '"ttml"', "subtitles.container", "'webvtt'"),
    ],
)
def test_refusals_of_alternates_and_subtitles(tmp_path, old, new, field, expected):
    assert old in EVERY
    path = write(tmp_path, EVERY.replace(old, new))
    with pytest.raises(CreativeError) as raised:
        Ladder.load(path)
    assert raised.value.where == (f"{path}: {field}" if field else str(path))
    assert expected in raised.value.expected


@pytest.mark.parametrize("text", ["target_duration = ", "a = " + "[" * 50_000, "x" * 70_000, "\udcff"])
def test_what_is_not_toml(tmp_path, text):
    path = tmp_path / "ladder.toml"
    path.write_bytes(text.encode("utf-8", "surrogateescape"))
    with pytest.raises(CreativeError, match=r"ladder\.toml"):
        Ladder.load(path)


def test_absent(tmp_path):
    with pytest.raises(CreativeError, match="No such file"):
        Ladder.load(tmp_path / "none.toml")
