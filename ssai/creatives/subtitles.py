"""Empty subtitles: WebVTT without a cue, so that a player that shows subtitles finds a segment beside every other."""

from __future__ import annotations

from pathlib import Path

from ssai.creatives.cuts import FIRST_STAMP

# X-TIMESTAMP-MAP ties the cues' clock to the media's (RFC 8216, 3.5).
_EMPTY = f"WEBVTT\nX-TIMESTAMP-MAP=MPEGTS:{FIRST_STAMP},LOCAL:00:00:00.000\n\n"


def write(folder: Path, count: int) -> list[str]:
    """Write ``count`` segments into a new folder; gives their names in order."""
    folder.mkdir(parents=True)
    names = [f"{number}.vtt" for number in range(count)]
    for name in names:
        (folder / name).write_text(_EMPTY, encoding="ascii")
    return names
