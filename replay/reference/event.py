"""One viewer's whole event in one rendition: a plain list from the channel's first segment on (rules 4 and 5)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise

from domain.pod import Creative, Pod, Slate
from replay.reference.breaks import Break
from replay.reference.model import Entry
from replay.reference.timeline import Timeline


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
        if pod is None:
            continue
        start = marks[0]
        wanted, end = _own_end(timeline, found, start, pod)
        items = _items(timeline, rendition, wanted, end, _run(timeline, found, start, end, pod, slate))
        if end is not None and not items:
            continue
        first = _nearest(content, start)
        assert first >= taken
        event += content[taken:first] + items
        if end is None:
            return _tagged(event)
        taken = _nearest(content, end)
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


def _own_end(timeline: Timeline, found: Break, start: int, pod: Pod) -> tuple[int, int | None]:
    """What this viewer's end of the break aims at, and where it is (None: not known yet).

    It is the break's own, unless content comes back before: at the first mark after the last ad.
    """
    rules, wanted, end = timeline.rules, found.wanted_end(timeline.rules), found.end
    if not rules.content_back:
        return wanted, end
    filled = max([start, *(entry.end for entry in _fitting_ads(rules.tau, found, start, pod))])
    for mark in found.marks:
        if mark >= start and mark >= filled - rules.tau and (end is None or mark < end - rules.tolerance):
            return min(wanted, filled), mark
    return min(wanted, filled), end


def _items(timeline: Timeline, rendition: str, wanted: int, end: int | None, run: Iterator[Entry]) -> list[Placed]:
    """Rule 5: an item shows between the window's head and the exposed edge, which its end must have reached."""
    head = timeline.pieces(rendition)[timeline.head(rendition)].start
    limit = timeline.exposed_edge(rendition)
    if end is None:
        # Not L itself: it falls when a stalled rendition comes back, and what was shown would be withdrawn.
        limit = min(limit, max(wanted, timeline.greatest_least))
    elif timeline.over and timeline.pieces(rendition)[-1].end >= end - timeline.rules.tolerance:
        limit = max(limit, end)
    limit += timeline.rules.tau
    return [Placed(entry, visible=head < entry.end <= limit, item=True) for entry in run]


def _run(timeline: Timeline, found: Break, start: int, end: int | None, pod: Pod, slate: Slate) -> Iterator[Entry]:
    """Rule 4: ad segments, then slate. While C is unknown the slate goes on; past the edge none of it can show."""
    tau = timeline.rules.tau
    at = start
    for entry in _fitting_ads(tau, found, start, pod):
        if end is not None and entry.end > end + tau:
            break
        yield entry
        at = entry.end
    until = timeline.edge if end is None else end
    for entry in _endless(at, slate.run):
        if entry.end > until + tau:
            break
        yield entry
        at = entry.end
    if end is None:
        return
    for small in slate.small:
        while at + small.duration <= end + tau:
            yield Entry(f"{small.id}/0", tagged=True, start=at, end=at + small.duration)
            at += small.duration


def _fitting_ads(tau: int, found: Break, start: int, pod: Pod) -> Iterator[Entry]:
    """Ad segments up to the end that was planned when the break opened, and up to C."""
    ends = [instant for instant in (found.ads_until, found.end) if instant is not None]
    for entry in _ads(start, pod):
        if ends and entry.end > min(ends) + tau:
            return
        yield entry


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
