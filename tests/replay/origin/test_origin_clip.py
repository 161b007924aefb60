"""Reading the content of a catalogue, and its grid."""

from itertools import pairwise

import pytest

from replay.origin.clip import Clip, ClipError
from ssai.creatives.errors import CreativeError


def test_the_first_content_is_read_with_files_and_lengths(catalogue):
    clip = Clip.load(catalogue)
    assert clip.size == 7
    assert clip.loop == 13_480_000
    assert list(clip.tracks) == ["360p", "720p", "audio"]
    assert [file.name for file in clip.tracks["audio"].files] == [f"{k}.ts" for k in range(7)]
    assert clip.tracks["360p"].peak == max(
        -(-size * 8_000_000 // length)
        for size, length in zip(clip.tracks["360p"].sizes, clip.tracks["360p"].durations, strict=True)
    )


def test_every_loop_of_every_rendition_starts_at_the_same_instant(clip):
    assert clip.tracks["audio"].offsets[-1] != clip.loop
    for turn in (0, 1, 10, 100_000):
        starts = {clip.start(name, turn * clip.size) for name in clip.tracks}
        assert starts == {turn * clip.loop}


@pytest.mark.parametrize("rendition", ["360p", "audio"])
def test_the_count_of_complete_segments_is_the_one_found_by_counting(clip, rendition):
    ends = [clip.start(rendition, n) + clip.tracks[rendition].durations[n % clip.size] for n in range(60)]
    instants = {0, -5, *ends, *(end - 1 for end in ends), *(end + 1 for end in ends)} - {ends[-1], ends[-1] + 1}
    for instant in instants:
        assert clip.complete(rendition, instant) == sum(end <= instant for end in ends)


def test_boundaries_are_found_in_both_directions(clip):
    bounds = [clip.boundary(n) for n in range(40)]
    for n, (here, there) in enumerate(pairwise(bounds)):
        assert clip.at_or_before(here) == clip.at_or_after(here) == n
        assert clip.at_or_before(there - 1) == n
        assert clip.at_or_after(here + 1) == n + 1
    assert clip.at_or_after(-3) == 0


def test_what_cannot_be_looped_is_refused_in_one_line(catalogue, make_catalogue):
    with pytest.raises(ClipError, match=r"kind content with the id 'final', found 'match'$"):
        Clip.load(catalogue, "final")
    with pytest.raises(ClipError, match="found none"):
        Clip.load(_without_content(make_catalogue()))
    with pytest.raises(ClipError, match=r"match: 360p: segment 1: .* at most 2 s, found 2500000 microseconds"):
        Clip.load(make_catalogue(video=(2_499_999, 2_500_000), td=2))


def test_a_catalogue_with_a_file_outside_is_refused(make_catalogue):
    folder = make_catalogue()
    (folder.parent / "secret.ts").write_bytes(b"secret")
    (folder / "match/360p/0.ts").unlink()
    (folder / "match/360p/0.ts").symlink_to(folder.parent / "secret.ts")
    with pytest.raises(CreativeError, match="inside"):
        Clip.load(folder)


def test_muxed_content_has_no_rendition_of_sound(make_catalogue):
    clip = Clip.load(make_catalogue(audio="muxed"))
    assert list(clip.tracks) == ["360p", "720p"]


def _without_content(folder):
    file = folder / "catalogue.json"
    file.write_text(file.read_text().replace('"content"', '"ad"'))
    return folder
