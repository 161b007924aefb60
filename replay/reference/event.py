"""One viewer's whole event in one rendition: a plain list from the channel's first segment on (rules 4 and 5)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise

from domain.pod import Creative, Pod, Slate
from replay.reference.model import Entry
from replay.reference.timeline import Break, Timeline


@dataclass(frozen=True, slots=True)
class Placed:
    """An entry, whether it shows at this version, and whether it is an item (of an ad or of the slate)."""

    entry: Entry
    visible: bool
    item: bool


def whole_event(
    timeline: Timeline, rendition: str, slate: Slate, join: int, pods: Mapping[int, Pod | None]
) -> list[Placed]:
    """Everything that this viewer is given from the channel's first segment on, as far as it is known now.

    ``pods`` maps the start S of each known break that ends after ``join`` to the viewer's pod (None: content shows).
    """
    content = _content(timeline, rendition)
    event: list[Placed] = []
    taken = 0
    for found in timeline.breaks:
        if found.start is None or (found.end is not None and found.end <= join):
            continue
        pod = pods[found.start]
        marks = [mark for mark in found.marks if mark >= join - timeline.rules.tolerance]
        if not marks:
            continue
        start = marks[0]
        items = [] if pod is None else _items(timeline, rendition, found, _run(timeline, found, start, pod, slate))
        if pod is None or (found.end is not None and not items):
            continue
        first = _nearest(content, start)
        assert first >= taken
        event += content[taken:first] + items
        if found.end is None:
            return _tagged(event)
        taken = _nearest(content, found.end)
    return _tagged(event + content[taken:])


def _content(timeline: Timeline, rendition: str) -> list[Placed]:
    head, exposed = timeline.head(rendition), timeline.exposed(rendition)
    return [
        Placed(Entry(piece.uri, piece.tagged, piece.start, piece.end), visible=head <= k < exposed, item=False)
        for k, piece in enumerate(timeline.pieces(rendition))
    ]


def _nearest(content: list[Placed], instant: int) -> int:
    """Position of the segment that starts nearest ``instant``, the earlier of two; past the end if it is to come."""
    for k, placed in enumerate(content):
        if abs(placed.entry.start - instant) <= abs(placed.entry.end - instant):
            return k
    return len(content)


def _items(timeline: Timeline, rendition: str, found: Break, run: Iterator[Entry]) -> list[Placed]:
    """Rule 5: an item shows between the window's head and the exposed edge, which its end must have reached."""
    head = timeline.pieces(rendition)[timeline.head(rendition)].start
    limit = timeline.exposed_edge(rendition)
    if found.end is None:
        # Not L itself: it falls when a stalled rendition comes back, and what was shown would be withdrawn.
        limit = min(limit, max(found.wanted_end(timeline.rules), timeline.greatest_least))
    limit += timeline.rules.tau
    return [Placed(entry, visible=head < entry.end <= limit, item=True) for entry in run]


def _run(timeline: Timeline, found: Break, start: int, pod: Pod, slate: Slate) -> Iterator[Entry]:
    """Rule 4: ad segments, then slate. While C is unknown the slate goes on; past the edge none of it can show."""
    tau = timeline.rules.tau
    at = start
    for entry in _ads(at, pod):
        ends = [instant for instant in (found.planned_end, found.end) if instant is not None]
        if ends and entry.end > min(ends) + tau:
            break
        yield entry
        at = entry.end
    until = timeline.edge if found.end is None else found.end
    for entry in _endless(at, slate.run):
        if entry.end > until + tau:
            break
        yield entry
        at = entry.end
    if found.end is None:
        return
    for small in slate.small:
        while at + small.duration <= found.end + tau:
            yield Entry(f"{small.id}/0", tagged=True, start=at, end=at + small.duration)
            at += small.duration


def _ads(at: int, pod: Pod) -> Iterator[Entry]:
    for creative in pod.creatives:
        for entry in _laid(at, creative):
            yield entry
            at = entry.end


def _endless(at: int, run: Creative) -> Iterator[Entry]:
    while True:
        for entry in _laid(at, run):
            yield entry
            at = entry.end


def _laid(at: int, creative: Creative) -> Iterator[Entry]:
    for index, duration in enumerate(creative.durations):
        yield Entry(f"{creative.id}/{index}", tagged=index == 0, start=at, end=at + duration)
        at += duration


def _tagged(event: list[Placed]) -> list[Placed]:
    """Content that follows an item gets a DISCONTINUITY if it has none (rule 7 of hls.md)."""
    tagged = event[:1]
    for before, placed in pairwise(event):
        entry = placed.entry
        if before.item and not placed.item and not entry.tagged:
            entry = Entry(entry.uri, tagged=True, start=entry.start, end=entry.end)
        tagged.append(Placed(entry, placed.visible, placed.item))
    return tagged
