"""Snapshots in a folder."""

import pytest

from domain.errors import InputError
from domain.units import SECOND
from replay.origin.multivariant import multivariant
from replay.origin.playlist import NotYetError, playlist
from replay.origin.record import record
from replay.origin.schedule import Schedule

START = 1_767_225_600_000_000
SCHEDULE = Schedule(seed=3)


def test_a_folder_holds_what_was_served_at_each_refresh(clip, tmp_path):
    folder = tmp_path / "new" / "snapshots"
    refreshes = [START + second * SECOND for second in (4, 6, 9, 50)]
    record(folder, refreshes, clip=clip, schedule=SCHEDULE, start_us=START)
    assert sorted(str(file.relative_to(folder)) for file in folder.rglob("*.m3u8")) == [
        *(f"{name}/{number:06d}.m3u8" for name in ("360p", "720p", "audio") for number in (1, 2, 3, 4)),
        "index.m3u8",
    ]
    assert (folder / "index.m3u8").read_text() == multivariant(clip)
    for number, now in enumerate(refreshes, start=1):
        for name in clip.tracks:
            text = (folder / name / f"{number:06d}.m3u8").read_text()
            assert text == playlist(clip, SCHEDULE, name, now, START)
    assert [entry.name for entry in folder.parent.iterdir()] == ["snapshots"]


def test_window_and_base_are_the_ones_asked_for(clip, tmp_path):
    record(
        tmp_path / "x", [START + 60 * SECOND], clip=clip, schedule=SCHEDULE, start_us=START, window=4, media="http://o"
    )
    text = (tmp_path / "x/720p/000001.m3u8").read_text()
    assert text.count("\nhttp://o/720p/0-") == text.count("#EXTINF") == 4


def test_nothing_is_left_behind_when_it_fails(clip, tmp_path):
    with pytest.raises(NotYetError):
        record(tmp_path / "x", [START + SECOND], clip=clip, schedule=SCHEDULE, start_us=START)
    for refreshes in ([], [START + 9 * SECOND] * 2):
        with pytest.raises(ValueError, match="rising"):
            record(tmp_path / "x", refreshes, clip=clip, schedule=SCHEDULE, start_us=START)
    assert not list(tmp_path.iterdir())


def test_a_folder_in_use_is_left_alone(clip, tmp_path):
    (tmp_path / "mine").write_text("kept")
    with pytest.raises(InputError, match="empty folder"):
        record(tmp_path, [START + 9 * SECOND], clip=clip, schedule=SCHEDULE, start_us=START)
    with pytest.raises(InputError, match="empty folder"):
        record(tmp_path / "mine", [START + 9 * SECOND], clip=clip, schedule=SCHEDULE, start_us=START)
    assert [entry.name for entry in tmp_path.iterdir()] == ["mine"]
    assert (tmp_path / "mine").read_text() == "kept"
