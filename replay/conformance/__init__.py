"""The conformance checker: live HLS playlists as clients see them, held against the rules that a stitched stream obeys.

It reads lines itself and shares nothing with the edge: only ``domain`` and the standard library. Rules are numbered
as the project numbers them (``rules``); sections are those of draft-pantos-hls-rfc8216bis-22.

    model         what goes in, what comes out, and the bounds
    tokens        lines, attribute lists, variables          multivariant  the multivariant playlist alone
    block, media  one media playlist as read                 dateranges    one EXT-X-DATERANGE
    standing      faults that one snapshot shows             walk          faults between neighbouring segments
    reload        faults between two reloads                 resources     what must be downloadable
    ranges        date ranges over reloads and renditions    across        renditions held against each other
    track         one playlist over its reloads
    checker       ``Checker`` (one viewer of one presentation) and ``judge`` (one text)
"""

from replay.conformance.checker import Checker, judge
from replay.conformance.model import Creative, Finding, Snapshot
from replay.conformance.multivariant import Multivariant, is_multivariant
from replay.conformance.rules import RULES

__all__ = ["RULES", "Checker", "Creative", "Finding", "Multivariant", "Snapshot", "is_multivariant", "judge"]
