import os
import time
from pathlib import Path

import pytest

from ssai.creatives import ffmpeg
from ssai.creatives.errors import FfmpegError, Refusal

ENDLESS = ["-re", "-f", "lavfi", "-i", "color=s=64x64:r=25", "-f", "null", "-"]


def children():
    return Path(f"/proc/{os.getpid()}/task/{os.getpid()}/children").read_text().split()


def test_time_is_bounded():
    before, start = children(), time.monotonic()
    with pytest.raises(FfmpegError) as raised:
        ffmpeg.run(ENDLESS, limit=0.5)
    assert time.monotonic() - start < 5
    assert raised.value.timeout
    assert raised.value.refused("x", Refusal.UNREADABLE, "y").reason == Refusal.TIMEOUT
    assert children() == before


def test_what_progress_raises_kills_it():
    before = children()

    def stop(_done):
        raise InterruptedError

    with pytest.raises(InterruptedError):
        ffmpeg.run(ENDLESS, limit=30, length=60, progress=stop)
    assert children() == before


def test_says_what_went_wrong_in_one_line():
    with pytest.raises(FfmpegError, match=r"^ffmpeg: [^\[\n]*$"):
        ffmpeg.run(["-i", "/nonexistent.mp4", "-f", "null", "-"], limit=10)


def test_counts_frames():
    assert ffmpeg.run(["-f", "lavfi", "-i", "color=s=64x64:r=25:d=2", "-f", "null", "-"], limit=10).frames == 50
