"""A tiny catalogue with content: dummy files, true lengths."""

from collections.abc import Mapping
from itertools import pairwise
from pathlib import Path

from domain.units import Microseconds
from ssai.creatives.catalogue import Catalogue, Entry, Rendition
from ssai.creatives.ladder import Ladder, SoundRung

VIDEO = (2_000_000,) * 6 + (1_480_000,)
"""25 frames a second; the loop of 13.48 s is no whole number of audio frames."""


def sound_cuts(video: tuple[int, ...], rate: int = 48_000, frame: int = 1024) -> tuple[int, ...]:
    """The lengths of sound cut at the frame boundary at or after each of the video's cuts, as a packager cuts it."""
    ends = [0]
    for place in range(len(video)):
        frames = -(-sum(video[: place + 1]) * rate // (frame * 1_000_000))
        ends.append(round(frames * frame * 1_000_000 / rate))
    return tuple(there - here for here, there in pairwise(ends))


VIDEOS = (
    {"name": "360p", "width": 640, "height": 360, "bitrate": 800_000, "codecs": "avc1.4d401e"},
    {"name": "720p", "width": 1280, "height": 720, "bitrate": 2_400_000, "codecs": "avc1.64001f"},
)
SOUND = {"name": "audio", "sample_rate": 48_000, "channels": 2, "bitrate": 96_000, "codecs": "mp4a.40.2"}
EVERY_FORMAT = {
    "video": (*VIDEOS, VIDEOS[0] | {"name": "360p-mp4", "container": "fmp4"}),
    "alternates": (
        SOUND | {"name": "packed", "container": "packed"},
        SOUND | {"name": "audio-mp4", "container": "fmp4"},
        SOUND | {"name": "dolby", "container": "fmp4", "codecs": "ec-3", "channels": 6, "bitrate": 384_000},
    ),
    "subtitles": {"name": "text"},
}
"""What a ladder has more than the plain one, to have a rendition in every format."""
SUFFIX = {"ts": "ts", "fmp4": "m4s", "packed": "aac", "webvtt": "vtt"}


def write_catalogue(
    folder: Path,
    *,
    audio: str = "separate",
    video: tuple[int, ...] = VIDEO,
    td: int = 4,
    more: Mapping[str, object] | None = None,
) -> Path:
    plain = {"target_duration": td, "frame_rate": "30000/1001", "audio": audio, "video": VIDEOS, "sound": SOUND}
    ladder = Ladder.model_validate(plain | dict(more or {}))
    renditions = {}
    for name, rung in ladder.rungs.items():
        files = []
        for place in range(len(video)):
            file = folder / "match" / name / f"{place}.{SUFFIX[rung.container]}"
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(f"{name} {place} ".encode() * (40 + place))
            files.append(str(file.relative_to(folder)))
        section = None
        if rung.container == "fmp4":
            section = f"match/{name}/init.mp4"
            (folder / section).write_bytes(f"map of {name}".encode())
        lengths = sound_cuts(video, frame=rung.frame) if isinstance(rung, SoundRung) else video
        renditions[name] = Rendition(tuple(files), tuple(map(Microseconds, lengths)), section)
    nominal = tuple(map(Microseconds, video))
    ad = Entry("acme", "Acme", "acme", "ad", nominal, renditions)
    content = Entry("match", "The match", "club", "content", nominal, renditions)
    Catalogue(folder, ladder, (ad, content)).save()
    return folder
