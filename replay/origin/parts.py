"""The tags of low-latency HLS as text: whoever serves such an origin as ordinary HLS must leave them out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from domain.units import SECOND, Microseconds, decimal
from replay.origin.clip import Clip

PART_HISTORY: Final = 3
"""Target durations from the edge for which parts are listed (6.2.2 of draft-pantos-hls-rfc8216bis)."""
_HOLD_BACK: Final = 3
"""Target durations, and part targets, that players keep from the edge (4.4.3.8)."""


def server_control(clip: Clip) -> Sequence[str]:
    """EXT-X-SERVER-CONTROL and EXT-X-PART-INF, the same in every rendition (6.2.4)."""
    target = Microseconds(max(max(track.durations) for track in clip.tracks.values()))
    hold_back = decimal(_HOLD_BACK * clip.ladder.target_duration * SECOND, 3)
    part_hold_back = decimal(_HOLD_BACK * target)
    return (
        f"#EXT-X-SERVER-CONTROL:CAN-BLOCK-RELOAD=YES,HOLD-BACK={hold_back},PART-HOLD-BACK={part_hold_back}",
        f"#EXT-X-PART-INF:PART-TARGET={decimal(target)}",
    )


def part(duration: Microseconds, uri: str) -> str:
    """The one part that a segment has: all of it."""
    return f'#EXT-X-PART:DURATION={decimal(duration)},URI="{uri}",INDEPENDENT=YES'


def report(rendition: str, last: int) -> str:
    """What another rendition has come to, as a media sequence number (4.4.5.4)."""
    return f'#EXT-X-RENDITION-REPORT:URI="{rendition}.m3u8",LAST-MSN={last},LAST-PART=0'


def preload_hint(uri: str) -> str:
    """The segment that comes next (4.4.5.3)."""
    return f'#EXT-X-PRELOAD-HINT:TYPE=PART,URI="{uri}"'
