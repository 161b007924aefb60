"""What one playlist says of its breaks: for ``halftime inspect``, and for asking what a channel would detect."""

from __future__ import annotations

from io import StringIO
from typing import Final

from rich.console import Console
from rich.table import Table
from rich.text import Text

from domain.units import SECOND, Microseconds, seconds
from ssai.cues.pairing import SnapshotBreak, pair
from ssai.cues.scan import scan
from ssai.cues.timeline import TOLERANCE, Timeline
from ssai.hls import multivariant
from ssai.hls.media import is_multivariant, parse
from ssai.hls.playlist import MediaPlaylist

_WIDTH: Final = 100


def inspect(text: str) -> dict[str, object]:
    """Describe a playlist; every value is ready for JSON, times are seconds.

    ``breaks`` lists those that the playlist shows some of, by start: ``start_msn`` is the media sequence number of the
    segment nearest to the start, None when the start rolled out of the playlist; ``elapsed`` runs to the end of the
    last segment, or to the break's end.

    Raises
    ------
        PlaylistError: the text is no playlist.
    """
    if is_multivariant(text):
        return {
            "type": "multivariant",
            "version": multivariant.version(text),
            "target_duration": None,
            "segments": 0,
            "breaks": [],
        }
    playlist = parse(text)
    timeline = Timeline.of(playlist)
    found = pair(scan(playlist), timeline, _target_duration(playlist))
    return {
        "type": "media",
        "version": playlist.version,
        "target_duration": playlist.target_duration,
        "segments": len(playlist.segments),
        "breaks": [_described(each, playlist, timeline) for each in found],
    }


def report(result: dict[str, object]) -> str:
    """The result of ``inspect`` as a table for people."""
    output = StringIO()
    console = Console(file=output, width=_WIDTH, highlight=False)
    version, target = result["version"], result["target_duration"]
    console.print(
        f"{result['type']} playlist, version {'-' if version is None else version}, "
        f"target duration {'-' if target is None else f'{target} s'}, {result['segments']} segments"
    )
    breaks = result["breaks"]
    if not isinstance(breaks, list) or not breaks:
        console.print("no breaks")
        return output.getvalue()
    table = Table("break", "dialect", "starts at", "planned", "elapsed", "ended by")
    for number, each in enumerate(breaks, 1):
        planned = "unknown" if each["duration"] is None else f"{each['duration']:.3f} s"
        table.add_row(
            str(number) if each["id"] is None else Text(f"{number}: {_shown(each['id'])}"),
            each["dialect"],
            "before the playlist" if each["start_msn"] is None else f"segment {each['start_msn']}",
            "insertion point" if each["insertion"] else planned,
            f"{each['elapsed']:.3f} s",
            "runs" if each["ended_by"] is None else each["ended_by"],
        )
    console.print(table)
    return output.getvalue()


def _shown(name: str) -> str:
    """An identifier is the origin's: what a terminal could take for a command is not shown."""
    return "".join(character if character.isprintable() else "?" for character in name)


def _target_duration(playlist: MediaPlaylist) -> Microseconds:
    stated = playlist.target_duration or 0
    longest = max((segment.duration for segment in playlist.segments), default=0)
    return Microseconds(stated * SECOND if stated else longest)


def _described(found: SnapshotBreak, playlist: MediaPlaylist, timeline: Timeline) -> dict[str, object]:
    rolled_out = found.start < timeline.start - TOLERANCE
    end = timeline.end if found.end is None else found.end
    return {
        "id": found.id,
        "dialect": found.dialect.value,
        "start_msn": None if rolled_out else playlist.first + timeline.nearest(found.start),
        "duration": None if found.duration is None else seconds(found.duration),
        "elapsed": seconds(max(end - found.start, 0)),
        "ended_by": found.ended_by,
        "insertion": found.insertion,
    }
