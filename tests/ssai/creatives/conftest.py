"""Sources drawn by ffmpeg once a session, and what a conditioned segment really holds."""

from __future__ import annotations

import io
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import av
import pytest

from ssai.creatives.ffmpeg import executable
from ssai.creatives.ladder import Ladder

SPEECH = "anoisesrc=color=pink:amplitude=0.2:seed=1:sample_rate=44100,volume='0.3+0.2*sin(t)':eval=frame"


@dataclass(frozen=True)
class Segment:
    """Decoded, not believed. Time stamps in 90 kHz ticks; ``parameters`` are profile and level of the first SPS."""

    frames: int
    samples: int
    keys: tuple[int, ...]
    reordered: bool
    first_video: int | None
    first_audio: int | None
    size: tuple[int, int] | None
    shape: str
    parameters: str


def _read(path: Path, init: Path | None = None) -> Segment:
    """Read one segment, with its initialisation section or behind its ID3 tag."""
    body = path.read_bytes()
    if body.startswith(b"ID3"):
        body = body[10 + body[9] :]
    whole = body if init is None else init.read_bytes() + body
    keys, stamps, sounds = [], [], []
    reordered, frames, samples, size, shape = False, 0, 0, None, ""
    with av.open(io.BytesIO(whole)) as container:
        for packet in container.demux():
            if packet.dts is None:
                continue
            if packet.stream.type == "video":
                if packet.is_keyframe:
                    keys.append(len(stamps))
                stamps.append(_ticks(packet))
                reordered = reordered or packet.pts != packet.dts
            else:
                sounds.append(_ticks(packet))
    with av.open(io.BytesIO(whole)) as container:
        for frame in container.decode():
            if isinstance(frame, av.VideoFrame):
                frames += 1
                size = (frame.width, frame.height)
                shape = f"{frame.format.name} {container.streams.video[0].sample_aspect_ratio}"
            else:
                samples += frame.samples
    at = body.find(b"\x00\x00\x01\x67")
    return Segment(
        frames,
        samples,
        tuple(keys),
        reordered,
        stamps[0] if stamps else None,
        sounds[0] if sounds else None,
        size,
        shape,
        body[at + 4 : at + 7].hex() if at >= 0 else "",
    )


def _ticks(packet: av.Packet) -> int:
    return round(packet.pts * packet.time_base * 90_000)


@pytest.fixture(scope="session")
def segment() -> Callable[..., Segment]:
    return _read


@pytest.fixture(scope="session")
def draw(tmp_path_factory) -> Callable[..., Path]:
    """Draw a source: ``draw("name.mp4", *ffmpeg arguments)``, once each."""
    folder = tmp_path_factory.mktemp("sources")

    def drawn(name: str, *arguments: str) -> Path:
        path = folder / name
        if not path.exists():
            command = [executable(), "-hide_banner", "-nostdin", "-loglevel", "error", *arguments, str(path)]
            subprocess.run(command, check=True, timeout=60)
        return path

    return drawn


@pytest.fixture(scope="session")
def plain(draw) -> Path:
    """7.3 s at 30 frames a second, 4:3, mono sound at 44.1 kHz of ordinary dynamics."""
    picture = "testsrc2=s=320x240:r=30:d=7.3"
    return draw(
        "plain.mp4",
        *("-f", "lavfi", "-i", picture, "-f", "lavfi", "-i", SPEECH, "-t", "7.3"),
        *("-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p", "-c:a", "aac"),
    )


@pytest.fixture(scope="session")
def mute(draw) -> Path:
    """3 s without sound, narrow pixels (SAR 16:11)."""
    return draw(
        "mute.mkv",
        *("-f", "lavfi", "-i", "testsrc2=s=352x288:r=25:d=3,setsar=16/11"),
        *("-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p"),
    )


def ladder_of(**changes: object) -> Ladder:
    data: dict[str, object] = {
        "target_duration": 4,
        "frame_rate": "25",
        "audio": "separate",
        "video": [
            {"name": "hi", "width": 256, "height": 144, "bitrate": 200_000, "codecs": "avc1.4d401e"},
            {"name": "lo", "width": 128, "height": 72, "bitrate": 80_000, "codecs": "avc1.42c00d"},
        ],
        "sound": {"name": "snd", "sample_rate": 48_000, "channels": 2, "bitrate": 96_000, "codecs": "mp4a.40.2"},
    }
    return Ladder.model_validate(data | changes)


@pytest.fixture(scope="session")
def make_ladder() -> Callable[..., Ladder]:
    return ladder_of
