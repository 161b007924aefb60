from fractions import Fraction
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from ssai.creatives import cuts

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


@given(frames=st.integers(1, 2_000), most=st.integers(1, 500), fps=RATES, rate=st.sampled_from([44_100, 48_000]))
def test_durations_are_true_and_so_are_their_sums(frames, most, fps, rate):
    bounds = cuts.even(frames, most)
    video = cuts.video_instants(bounds, fps)
    for (before, after), length in zip(pairwise(bounds), cuts.durations(video), strict=True):
        assert abs(length - (after - before) * 1_000_000 / fps) <= 1
    assert abs(sum(cuts.durations(video)) - frames * 1_000_000 / fps) <= Fraction(1, 2)
    sound = cuts.audio_cuts(bounds, fps, rate)
    frame = Fraction(1024 * 1_000_000, rate)
    for instant, cut, nominal in zip(cuts.audio_instants(sound, rate), sound, video, strict=True):
        assert abs(instant - cut * frame) <= Fraction(1, 2)
        assert abs(instant - nominal) <= frame / 2 + 1
