"""The door to ffmpeg: one bounded run, its progress, and what it said.

The binary comes with the ``imageio_ffmpeg`` wheel. It has no ffprobe; what it prints about an input is parsed instead.
"""

from __future__ import annotations

import os
import re
import subprocess
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

import imageio_ffmpeg

from ssai.creatives.errors import FfmpegError
from ssai.creatives.progress import Progress, unseen

_KEPT: Final = 64 * 1024
"""Bytes of standard error that are kept, the last ones: a broken source can make ffmpeg write without end."""
_DEMUXERS: Final = "mov,matroska,mpegts,mpeg,mpegvideo,h264,avi,mxf,gxf,flv,asf,ogg,nut,dv,png_pipe"
"""Containers that a source may have. Not hls, dash, concat, image sequences: these open other files and URLs."""
_MAX_PIXELS: Final = 7680 * 4320
"""A frame beyond 8K is not an ad but an attempt at memory."""

_SPEAKER: Final = re.compile(r"^(?:\[[^\]]*\] *)+")
"""Which part of ffmpeg speaks, with its address in memory: nothing for a user."""


@dataclass(frozen=True, slots=True)
class Said:
    """What a run left: the end of standard error, and the frames that its first output got."""

    log: str
    frames: int


@cache
def executable() -> str:
    """Path of the binary."""
    return str(imageio_ffmpeg.get_ffmpeg_exe())


def untrusted(path: Path) -> list[str]:
    """Arguments that open a file from outside: as this file only, whatever its name or content says."""
    return [
        "-protocol_whitelist",
        "file",
        "-format_whitelist",
        _DEMUXERS,
        "-max_pixels",
        str(_MAX_PIXELS),
        "-i",
        f"file:{path.absolute()}",
    ]


def run(
    arguments: Sequence[str],
    *,
    limit: float,
    length: float = 0,
    level: str = "error",
    folder: Path | None = None,
    progress: Progress = unseen,
) -> Said:
    """Run ffmpeg to its end.

    ``limit`` is the most wall time in seconds; ``length`` the seconds of output that mean 1 to ``progress``; ``level``
    ffmpeg's log level; ``folder`` the directory it runs in. Whatever ends the run early, ffmpeg is dead afterwards.
    Raises ``FfmpegError``.
    """
    # -xerror is absent on purpose: one damaged frame in a source is no reason to refuse it.
    command = [executable(), "-hide_banner", "-nostdin", "-y", "-nostats", "-loglevel", level]
    command += ["-progress", "pipe:1", "-stats_period", "0.2", *arguments]
    late = threading.Event()
    tail = bytearray()
    frames = 0
    with subprocess.Popen(
        command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=folder
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None

        def stop() -> None:
            late.set()
            process.kill()

        listener = threading.Thread(target=_listen, args=(process.stderr.fileno(), tail), daemon=True)
        timer = threading.Timer(limit, stop)
        listener.start()
        timer.start()
        try:
            for line in process.stdout:
                key, _, value = line.decode("ascii", "replace").strip().partition("=")
                if key == "frame" and value.isdecimal():
                    frames = int(value)
                elif key == "out_time_us" and value.isdecimal() and length > 0:
                    progress(min(1.0, int(value) / 1e6 / length))
            code = process.wait()
        finally:
            timer.cancel()
            process.kill()
            listener.join()
    log = tail.decode("utf-8", "replace")
    if late.is_set() or code != 0:
        raise FfmpegError(_gist(log, first=level == "error"), timeout=late.is_set())
    return Said(log, frames)


def _gist(log: str, *, first: bool) -> str:
    """The line that tells most: among errors the first, which caused the others; else the last."""
    lines = log.strip().splitlines() or ["no message"]
    return "ffmpeg: " + _SPEAKER.sub("", lines[0] if first else lines[-1])


def _listen(handle: int, tail: bytearray) -> None:
    while chunk := os.read(handle, 4096):
        tail += chunk
        del tail[:-_KEPT]
