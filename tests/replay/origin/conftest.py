"""A tiny catalogue with content: dummy files, true lengths."""

from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import pytest

from domain.units import Microseconds
from replay.origin.clip import Clip
from ssai.creatives.catalogue import Catalogue, Entry, Rendition
from ssai.creatives.ladder import Ladder

VIDEO = (2_000_000,) * 6 + (1_480_000,)
"""25 frames a second; the loop of 13.48 s is no whole number of audio frames."""


def sound_cuts(video: tuple[int, ...], rate: int = 48_000) -> tuple[int, ...]:
    """The lengths of sound cut at the frame boundary at or after each of the video's cuts, as a packager cuts it."""
    ends = [0]
    for place in range(len(video)):
        frames = -(-sum(video[: place + 1]) * rate // (1024 * 1_000_000))
        ends.append(round(frames * 1024 * 1_000_000 / rate))
    return tuple(there - here for here, there in pairwise(ends))


def write_catalogue(folder: Path, *, audio: str = "separate", video: tuple[int, ...] = VIDEO, td: int = 4) -> Path:
    ladder = Ladder.model_validate(
        {
            "target_duration": td,
            "frame_rate": "30000/1001",
            "audio": audio,
            "video": (
                {"name": "360p", "width": 640, "height": 360, "bitrate": 800_000, "codecs": "avc1.4d401e"},
                {"name": "720p", "width": 1280, "height": 720, "bitrate": 2_400_000, "codecs": "avc1.64001f"},
            ),
            "sound": {"name": "audio", "sample_rate": 48_000, "channels": 2, "bitrate": 96_000, "codecs": "mp4a.40.2"},
        }
    )
    renditions = {}
    for name in ladder.names:
        files = []
        for place in range(len(video)):
            file = folder / "match" / name / f"{place}.ts"
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(f"{name} {place} ".encode() * (40 + place))
            files.append(str(file.relative_to(folder)))
        lengths = sound_cuts(video) if name == "audio" else video
        renditions[name] = Rendition(tuple(files), tuple(map(Microseconds, lengths)))
    nominal = tuple(map(Microseconds, video))
    ad = Entry("acme", "Acme", "acme", "ad", nominal, renditions)
    content = Entry("match", "The match", "club", "content", nominal, renditions)
    Catalogue(folder, ladder, (ad, content)).save()
    return folder


@pytest.fixture(scope="session")
def catalogue(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_catalogue(tmp_path_factory.mktemp("catalogue"))


@pytest.fixture(scope="session")
def clip(catalogue: Path) -> Clip:
    return Clip.load(catalogue)


@pytest.fixture
def make_catalogue(tmp_path: Path) -> Callable[..., Path]:
    return lambda **options: write_catalogue(tmp_path / "catalogue", **options)
