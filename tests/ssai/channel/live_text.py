"""Playlists of a small live channel, written line by line: what tests of windows and views read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from domain.units import SECOND, Microseconds, date, decimal
from ssai.breaks.book import BreakRules
from ssai.breaks.record import Break
from ssai.channel.advance import Reload, advance, first_version
from ssai.channel.version import ChannelVersion
from ssai.hls.media import parse

NOON = 1_790_000_000_000_000
"""When segment 0 starts: 2026-09-21T14:13:20Z."""
RULES = BreakRules(Microseconds(4 * SECOND), Microseconds(6 * SECOND), Microseconds(60 * SECOND))


def at(second: float) -> Microseconds:
    """Channel time of a second after segment 0's start."""
    return Microseconds(NOON + round(second * SECOND))


def text(
    first: int,
    count: int,
    *,
    length: float | Sequence[float] = 4,
    start: float | None = None,
    dates: str = "all",
    tags: Mapping[int, Sequence[str]] | None = None,
    trailing: Sequence[str] = (),
    header: Sequence[str] = (),
    name: str = "s{}.ts",
    ended: bool = False,
) -> str:
    """Segments ``first`` to ``first + count - 1``.

    ``length`` of each in seconds (a sequence: by place in this playlist); ``start`` of the first (None: its number
    times the length); ``dates``: on ``all``, the ``head`` only, or ``none``; ``tags`` by number.
    """
    lengths = [float(length)] * count if isinstance(length, (int, float)) else list(length)
    clock = first * lengths[0] if start is None and lengths else start or 0.0
    lines = ["#EXTM3U", "#EXT-X-TARGETDURATION:4", f"#EXT-X-MEDIA-SEQUENCE:{first}", *header]
    for place, duration in enumerate(lengths):
        lines += (tags or {}).get(first + place, ())
        if dates == "all" or (dates == "head" and place == 0):
            lines.append(f"#EXT-X-PROGRAM-DATE-TIME:{date(at(clock))}")
        lines += [f"#EXTINF:{decimal(round(duration * SECOND))},", name.format(first + place)]
        clock += duration
    lines += [*trailing, *(["#EXT-X-ENDLIST"] if ended else [])]
    return "\n".join(lines) + "\n"


def reloads(texts: Mapping[str, str]) -> dict[str, Reload]:
    """What was read of each rendition."""
    return {name: Reload(f"http://o/{name}/index.m3u8", parse(body)) for name, body in texts.items()}


def opening(rules: BreakRules = RULES, **texts: str) -> ChannelVersion:
    """Version 1 of a channel with these renditions."""
    return first_version("", "", reloads(texts), rules)


def reload(version: ChannelVersion, rules: BreakRules = RULES, **texts: str) -> ChannelVersion:
    """The version after these reloads."""
    return advance(version, reloads(texts), rules)


def sec(instant: int | None) -> float | None:
    """The inverse of ``at``, to the millisecond."""
    return None if instant is None else round((instant - NOON) / SECOND, 3)


def only(version: ChannelVersion) -> Break:
    """The one break that there is."""
    (record,) = version.breaks
    return record
