from fractions import Fraction
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from ssai.creatives import cuts
from ssai.creatives.ladder import SoundRung

RATES = st.sampled_from([Fraction(rate) for rate in ("25", "24000/1001", "30000/1001", "50", "60000/1001")])


@given(frames=st.integers(1, 40_000), most=st.integers(1, 500))
def test_even_pieces_are_few_full_and_alike(frames, most):
    bounds = cuts.even(frames, most)
    lengths = [after - before for before, after in pairwise(bounds)]
    assert (bounds[0], bounds[-1]) == (0, frames)
    assert max(lengths) <= most
    assert max(lengths) - min(lengths) <= 1
    assert len(lengths) == -(-frames // most)


def test_fifteen_seconds_at_a_target_duration_of_four():
    bounds = cuts.even(375, cuts.frames_within(Fraction(2), Fraction(25)))
    assert [after - before for before, after in pairwise(bounds)] == [46, 47, 47, 47, 47, 47, 47, 47]


SOUNDS = st.sampled_from(
    [
        SoundRung(name="s", sample_rate=rate, channels=2, bitrate=96_000, codecs=codecs)
        for rate in (44_100, 48_000)
        for codecs in ("mp4a.40.2", "ec-3")
    ]
)


@given(frames=st.integers(1, 2_000), most=st.integers(1, 500), fps=RATES, rung=SOUNDS)
def test_durations_are_true_and_so_are_their_sums(frames, most, fps, rung):
    bounds = cuts.even(frames, most)
    video = cuts.video_instants(bounds, fps)
    for (before, after), length in zip(pairwise(bounds), cuts.durations(video), strict=True):
        assert abs(length - (after - before) * 1_000_000 / fps) <= 1
    assert abs(sum(cuts.durations(video)) - frames * 1_000_000 / fps) <= Fraction(1, 2)
    sound = cuts.audio_cuts(bounds, fps, rung)
    frame = Fraction((1536 if rung.codecs == "ec-3" else 1024) * 1_000_000, rung.sample_rate)
    for instant, cut, nominal in zip(cuts.audio_instants(sound, rung), sound, video, strict=True):
        assert abs(instant - cut * frame) <= Fraction(1, 2)
        assert abs(instant - nominal) <= frame / 2 + 1
