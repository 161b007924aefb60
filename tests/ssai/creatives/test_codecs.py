"""What CODECS says of a variant."""

import pytest

from ssai.creatives.codecs import covers, listed, pictures, sounds


@pytest.mark.parametrize(
    ("stated", "codec", "wanted"),
    [
        ("avc1.4d401e", "avc1.4d401e", True),
        ("avc1.4d401e", "avc1.42c01e", True),
        ("avc1.42c01e", "avc1.4d401e", False),
        ("avc1.64001f", "avc1.4D401F", True),
        ("avc1.4d401f", "avc1.64001f", False),
        ("avc1.64001f", "avc1.640020", False),
        ("avc1.6e0028", "avc1.640028", True),
        ("AVC3.64001F", "avc1.64001f", True),
        ("avc1.77.30", "avc1.4d401e", True),
        ("avc1.66.30", "avc1.4d401e", False),
        ("avc1", "avc1.640034", True),
        ("hvc1.2.4.L123.B0", "avc1.42c00a", False),
        ("hvc1.2.4.L123.B0,avc1.42c00a", "avc1.42c00a", True),
    ],
)
def test_a_decoder_of_one_plays_the_other(stated, codec, wanted):
    assert covers(listed(stated), codec) is wanted


@pytest.mark.parametrize(
    ("codecs", "heard", "seen"),
    [
        (None, [], []),
        ("", [], []),
        ("mp4a.40.2", ["mp4a"], []),
        (" avc1.4d401e , mp4a.40.5,wvtt", ["mp4a"], ["avc1.4d401e"]),
        ("ec-3,hvc1.1.6.L93,stpp.ttml.im1t", ["ec-3"], ["hvc1.1.6.l93"]),
        ("mp4a.40.34", ["mp3"], []),
        ("fLaC,Opus", ["flac", "opus"], []),
    ],
)
def test_sound_and_picture(codecs, heard, seen):
    assert sounds(listed(codecs)) == heard
    assert pictures(listed(codecs)) == seen
