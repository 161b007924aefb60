import importlib.util
from fractions import Fraction
from itertools import accumulate
from pathlib import Path

import av
import pytest

from ssai.creatives.catalogue import Catalogue
from ssai.creatives.errors import CreativeError, Refusal, RefusedError
from ssai.creatives.slate import Card, piece_frames, slate


@pytest.mark.parametrize(
    ("frame_rate", "target_duration", "frames"),
    [
        ("25", 4, (48, 24, 12, 6)),
        ("30000/1001", 4, (56, 28, 14, 7)),
        ("60000/1001", 6, (112, 56, 28, 14)),
        ("25", 3, (24, 12, 6)),
        ("25", 2, (24, 12, 6)),
        ("25", 1, (12, 6)),
        ("24", 1, (12, 6)),
        ("5", 1, (2, 1)),
    ],
)
def test_pieces_fit_half_the_target_duration(make_ladder, frame_rate, target_duration, frames):
    ladder = make_ladder(frame_rate=frame_rate, target_duration=target_duration)
    assert piece_frames(ladder) == frames
    assert frames[0] / Fraction(frame_rate) <= Fraction(target_duration, 2)


@pytest.mark.parametrize("audio", ["separate", "muxed"])
def test_run_and_small_pieces(audio, plain, tmp_path, make_ladder, segment):
    ladder = make_ladder(audio=audio)
    seen = []
    run, *small = slate(plain, ladder, tmp_path, length=16, progress=seen.append, preset="ultrafast")
    assert seen == sorted(seen)
    # Longer than the source: it is read again and again.
    assert run.durations == (1_920_000,) * 8
    assert [(piece.id, piece.durations) for piece in small] == [
        ("slate-4q", (960_000,)),
        ("slate-2q", (480_000,)),
        ("slate-1q", (240_000,)),
    ]
    for rung in ladder.video:
        found = [segment(tmp_path / file) for file in run.renditions[rung.name].files]
        assert [one.frames for one in found] == [48] * 8
        stamps = [one.first_video - found[0].first_video for one in found]
        assert stamps == [sum(run.durations[:index]) * 9 // 100 for index in range(8)]
        for piece, frames in zip(small, (24, 12, 6), strict=True):
            (file,) = piece.renditions[rung.name].files
            assert segment(tmp_path / file).frames == frames
            assert segment(tmp_path / file).first_video == found[0].first_video
    if audio == "separate":
        for entry in (run, *small):
            lengths = entry.renditions["snd"].durations
            pairs = zip(accumulate(lengths), accumulate(entry.durations), strict=True)
            assert all(abs(own - nominal) <= 21_334 for own, nominal in pairs)
            for file, length in zip(entry.renditions["snd"].files, lengths, strict=True):
                assert abs(segment(tmp_path / file).samples * 1_000_000 / 48_000 - length) <= 1
    catalogue = Catalogue(tmp_path, ladder, ()).add(run, *small)
    assert catalogue.slate.run == run.creative
    assert catalogue.slate.small == tuple(piece.creative for piece in small)


def test_a_plain_card_needs_no_source(tmp_path, make_ladder):
    entries = slate(Card(), make_ladder(target_duration=1), tmp_path, length=2, preset="ultrafast")
    assert [(entry.id, entry.kind, len(entry.durations)) for entry in entries] == [
        ("slate", "slate", 4),
        ("slate-1q", "slate-piece", 1),
    ]


def test_one_taken_id_refuses_all(tmp_path, make_ladder):
    (tmp_path / "slate-2q").mkdir()
    with pytest.raises(RefusedError) as raised:
        slate(Card(), make_ladder(), tmp_path)
    assert raised.value.reason == Refusal.EXISTS
    assert [path.name for path in tmp_path.iterdir()] == ["slate-2q"]


def test_a_card_with_words(tmp_path, make_ladder):
    with pytest.raises(CreativeError, match=r"none\.ttf: expected a typeface's file"):
        slate(Card(font=tmp_path / "none.ttf"), make_ladder(), tmp_path / "ads")
    places = importlib.util.find_spec("matplotlib").submodule_search_locations
    font = Path(places[0], "mpl-data/fonts/ttf/DejaVuSans.ttf")
    card = Card("100%{n}: back 'soon', \\ we hope", font)
    run, *_ = slate(card, make_ladder(target_duration=1), tmp_path / "ads", length=1, preset="ultrafast")
    with av.open(str(tmp_path / "ads" / run.renditions["hi"].files[0])) as container:
        picture = next(container.decode(video=0)).to_ndarray(format="rgb24")
    assert (picture.min(axis=2) > 180).any()
