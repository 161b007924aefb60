"""Every media playlist of the shared data, stitched offline: nothing is wrong in it that was not wrong before."""

from collections import Counter
from pathlib import Path

import pytest

from domain.errors import InputError
from domain.units import Microseconds
from halftime.check import brought
from halftime.offline import stitch_text
from ssai.creatives.catalogue import Catalogue, Entry, Rendition
from ssai.creatives.ladder import Ladder
from ssai.hls.lines import decode
from ssai.hls.media import is_multivariant
from tests.ssai.test_inspect import EXPECTED

CONTAINERS = {"ts": "ts", "fmp4": "m4s", "packed": "aac", "webvtt": "vtt"}


def ladder() -> Ladder:
    video = {"width": 640, "height": 360, "bitrate": 800_000, "codecs": "avc1.4d401e"}
    sound = {"sample_rate": 48_000, "channels": 2, "bitrate": 96_000, "codecs": "mp4a.40.2"}
    return Ladder.model_validate(
        {
            "target_duration": 2,
            "frame_rate": "25",
            "audio": "separate",
            "video": [{"name": name, "container": name, **video} for name in ("ts", "fmp4")],
            "sound": {"name": "packed", "container": "packed", **sound},
            "subtitles": {"name": "webvtt"},
        }
    )


@pytest.fixture(scope="module")
def supply(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Ads of three pieces of 960 ms and slate in each container: dummy files."""
    folder = tmp_path_factory.mktemp("supply")

    def entry(name: str, kind: str, lengths: tuple[int, ...]) -> Entry:
        renditions = {}
        for container, suffix in CONTAINERS.items():
            (folder / name / container).mkdir(parents=True)
            files = [f"{name}/{container}/{place}.{suffix}" for place in range(len(lengths))]
            files += [f"{name}/{container}/init.mp4"] * (container == "fmp4")
            for file in files:
                (folder / file).write_bytes(b"media" * 100)
            map_ = files.pop() if container == "fmp4" else None
            renditions[container] = Rendition(tuple(files), tuple(map(Microseconds, lengths)), map_)
        return Entry(name, name, name, kind, tuple(map(Microseconds, lengths)), renditions)

    entries = (
        *(entry(name, "ad", (960_000,) * 3) for name in ("acme", "beta", "gamma")),
        entry("slate", "slate", (960_000,) * 8),
        *(entry(f"slate-{size}", "slate-piece", (size * 1000,)) for size in (480, 240)),
    )
    Catalogue(folder, ladder(), entries).save()
    return folder


def test_nothing_is_brought_in(data: Path, supply: Path) -> None:
    root, done, faults = data / "hls", Counter[str](), []
    for path in sorted(root.rglob("*.m3u8")):
        text = decode(path.read_bytes())
        name = path.relative_to(root).as_posix()
        try:
            if is_multivariant(text):
                continue
            stitched = stitch_text(text, supply, None)
        except InputError as error:
            done[f"refused: {error.expected}"] += 1
            continue
        with_ads = "ads/" in stitched and "ads/" not in text
        done["with ads" if with_ads else "without"] += 1
        done["ad-marked, with ads"] += with_ads and name in EXPECTED
        faults += [f"{name}: {found.rule}, line {found.line}: {found.message}" for found in brought(text, stitched)]
    print(dict(done))
    assert faults == []
    assert done["ad-marked, with ads"] >= 25
