"""The commands of ``halftime origin``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Final, Literal

from cyclopts import App, Parameter, validators

from domain.units import SECOND

origin = App(name="origin", help="A live HLS origin to try things on.")

Flag = Annotated[bool, Parameter(negative="")]
Container = Literal["ts", "fmp4", "packed"]
ALL: Final[tuple[Container, ...]] = ("ts", "fmp4", "packed")
Seconds = Annotated[float, Parameter(validator=validators.Number(gte=0, lte=86_400))]


@origin.command
def simulate(
    folder: Path = Path(".halftime/demo/content"),
    *,
    host: str = "127.0.0.1",
    port: int = 8090,
    first: Seconds = 20.0,
    period: Seconds = 90.0,
    shortest: Seconds = 30.0,
    longest: Seconds = 60.0,
    early_every: int = 2,
    preroll: Seconds = 0.0,
    dialect: Literal["daterange", "cue"] = "daterange",
    seed: int = 0,
    window: int = 10,
    video_only: Flag = False,
    containers: Annotated[tuple[Container, ...], Parameter(name="--container", negative="")] = ALL,
    languages: Annotated[tuple[str, ...], Parameter(name="--language", negative="")] = (),
    subtitles: Flag = False,
    encryption: Literal["aes-128", "aes-128-implicit"] | None = None,
    key_segments: int = 0,
    bitrate: Flag = False,
    byte_ranges: Flag = False,
    low_latency: Flag = False,
    backup_port: int | None = None,
) -> None:
    """Play a clip as an endless live HLS stream with ad breaks in it, until Ctrl-C.

    Example: halftime origin simulate .halftime/demo/content --period 60 --shortest 12 --longest 24

    Parameters
    ----------
    folder
        A catalogue with a creative of kind content; ``halftime demo --media-only`` renders one.
    host
        Listen at this address.
    port
        Listen here; 0 takes a free port.
    first
        Seconds from the stream's start to its first break.
    period
        Seconds from one break to the next.
    shortest
        Seconds of the shortest break.
    longest
        Seconds of the longest break.
    early_every
        Every such break returns early; 0: none.
    preroll
        Seconds by which a break is announced before it starts (daterange only).
    dialect
        How breaks are signalled.
    seed
        What lengths are drawn from: the same seed gives the same breaks.
    window
        Segments in a playlist.
    video_only
        Leave the cues out of the playlists of sound and subtitles.
    containers
        Offer the renditions of the catalogue's ladder in this container only; may be given again.
    languages
        Offer every sound in this language too (a tag such as en); the first is the default.
    subtitles
        Offer the ladder's subtitles; they count the segments.
    encryption
        Encrypt video and sound, with the IV in each key's tag or the media sequence number as such.
    key_segments
        Change the key after so many segments; 0: never.
    bitrate
        Tell each segment's bit rate.
    byte_ranges
        Address segments as ranges of one resource for each loop of the clip.
    low_latency
        Write the tags of low-latency HLS (the tags alone: no request is held back).
    backup_port
        Play the same stream here too, a little later, under other addresses and numbers; 0 takes a free port.
    """
    import uvloop

    from halftime.simulate import simulate as run
    from replay.origin.schedule import CueDialect

    schedule = {
        "seed": seed,
        "first": round(first * SECOND),
        "period": round(period * SECOND),
        "shortest": round(shortest * SECOND),
        "longest": round(longest * SECOND),
        "early_every": early_every,
        "preroll": round(preroll * SECOND),
        "dialect": CueDialect(dialect),
        "video_only": video_only,
    }
    dress = {
        "containers": frozenset(containers),
        "languages": languages,
        "subtitles": subtitles,
        "encryption": encryption,
        "key_segments": key_segments,
        "bitrate": bitrate,
        "byte_ranges": byte_ranges,
        "low_latency": low_latency,
    }
    uvloop.run(run(folder, host, (port, backup_port), window, schedule, dress))
