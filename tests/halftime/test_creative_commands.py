import json

import pytest

from halftime.cli import run
from ssai.creatives import ffmpeg
from ssai.creatives.catalogue import Catalogue

LADDER = """
target_duration = 4
frame_rate = "25"
audio = "separate"
video = [{ name = "90p", width = 160, height = 90, bitrate = 80000, codecs = "avc1.4d400c" }]
sound = { name = "audio", sample_rate = 48000, channels = 2, bitrate = 96000, codecs = "mp4a.40.2" }
"""


@pytest.fixture
def spot(tmp_path):
    path = tmp_path / "Big spot!.mkv"
    ffmpeg.run(["-f", "lavfi", "-i", "testsrc=s=160x90:r=25:d=3", "-c:v", "libx264", str(path)], limit=20)
    return path


def test_add_and_list(spot, tmp_path, capsys):
    ladder, folder = tmp_path / "ladder.toml", tmp_path / "ads"
    ladder.write_text(LADDER)
    add = ["creative", "add", str(spot), "--creatives", str(folder)]
    assert run(add) == 2
    assert "--ladder" in capsys.readouterr().err
    assert run([*add, "--ladder", str(ladder), "--advertiser", "acme", "--loudness", "atsc-a85"]) == 0
    assert capsys.readouterr().out == "Big-spot: 3.00 s in 2 renditions\n"
    assert run(["creative", "list", "--creatives", str(folder), "--json"]) == 0
    (listed,) = json.loads(capsys.readouterr().out)
    assert listed == {
        "id": "Big-spot",
        "title": "Big spot!",
        "advertiser": "acme",
        "kind": "ad",
        "duration": 3.0,
        "renditions": ["90p", "audio"],
    }
    assert run(["creative", "list", "--creatives", str(folder)]) == 0
    assert "Big-spot" in capsys.readouterr().out
    assert run(add) == 2, "the id is taken"
    ladder.write_text(LADDER.replace("80000", "90000"))
    assert run([*add, "--id", "other", "--ladder", str(ladder)]) == 2, "another ladder"
    assert [entry.id for entry in Catalogue.load(folder).entries] == ["Big-spot"]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["creative", "add", "--creatives", "x"], "at least one video"),
        (["creative", "add", "a.mp4", "b.mp4", "--creatives", "x", "--id", "y"], "one source"),
        (["creative", "list", "--creatives", "nowhere"], "nowhere"),
        (["origin", "simulate", "nowhere"], "nowhere"),
        (["origin", "simulate", "--first", "-1"], "first"),
        (["demo", "--port", "65535"], "three in a row"),
    ],
)
def test_bad_arguments_get_one_line_and_status_2(arguments, said, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert run(arguments) == 2
    lines = capsys.readouterr().err.strip().splitlines()
    assert len(lines) == 1
    assert said in lines[0]
