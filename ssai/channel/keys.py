"""Keys of segments that get other media sequence numbers."""

from __future__ import annotations

from dataclasses import replace

from ssai.hls.attributes import attributes
from ssai.hls.playlist import Key, Segment


def with_iv(segment: Segment, number: int) -> Segment:
    """The segment with the initialisation vector written out where its media sequence number stands for one.

    ``number`` is the origin's: a stitched playlist counts otherwise (5.2 and 6.2.3). A map's keys stay as they are
    written, for a map has no number (4.4.4.5 demands an IV there).
    """
    if not segment.keys:
        return segment
    keys = tuple(_explicit(key, number) for key in segment.keys)
    return segment if keys == segment.keys else segment._replace(keys=keys)


def _explicit(key: Key, number: int) -> Key:
    numbered = key.method == "AES-128" or (key.method == "SAMPLE-AES" and key.keyformat == "identity")
    if not numbered or "IV" in attributes(key.value):
        return key
    return replace(key, value=key.value.rstrip(" \t,") + f",IV=0x{number:032x}")
