"""What each sampled body must be, byte for byte: the reference stitcher's playlist, written out by other code.

Nothing here is of the edge: the event's pieces and signals go through ``replay.reference``, version by version, for the
sampled seats alone.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from domain.units import date, decimal
from replay.bench.event import BASE, RENDITIONS, SEGMENT, SLATE, ad_address, pieces, pod_of, signals
from replay.bench.filled import RULES, Size
from replay.reference import Playlist, Reference, Rules


@dataclass(frozen=True, slots=True)
class Sample:
    """A body as it was received, and when (monotonic seconds) it was asked for and complete."""

    seat: int
    rendition: str
    sent: float
    received: float
    body: bytes


@dataclass(frozen=True, slots=True)
class Verdict:
    """How many samples were compared, over how many versions, and what was wrong with which."""

    compared: int
    versions: int
    wrong: tuple[str, ...]


def compare(samples: Sequence[Sample], adopted: Sequence[tuple[float, int]], size: Size) -> Verdict:
    """Hold every sample against the versions that were in force while its request ran: one, or two at a change.

    ``adopted`` are the instants of change with the version's number, in order.
    """
    wanted: dict[int, list[int]] = {}
    for place, sample in enumerate(samples):
        for number in _in_force(sample, adopted):
            wanted.setdefault(number - 1, []).append(place)
    right: set[int] = set()
    seats = sorted({sample.seat for sample in samples})
    for step, reference in _versions(seats, max(wanted, default=0), size):
        for place in wanted.get(step, ()):
            sample = samples[place]
            if place not in right and _text(sample, reference) == sample.body:
                right.add(place)
    wrong = [
        f"seat {sample.seat}, {sample.rendition}, version {_in_force(sample, adopted)}"
        for place, sample in enumerate(samples)
        if place not in right
    ]
    return Verdict(len(samples), len(wanted), tuple(wrong))


def _in_force(sample: Sample, adopted: Sequence[tuple[float, int]]) -> list[int]:
    instants = [instant for instant, _ in adopted]
    first = max(bisect_right(instants, sample.sent) - 1, 0)
    last = max(bisect_left(instants, sample.received), first + 1)
    return [number for _, number in adopted[first:last]]


def _versions(seats: Sequence[int], last: int, size: Size) -> Iterator[tuple[int, Reference]]:
    rules = Rules(RULES.target_duration, RULES.grace, RULES.longest)
    reference = Reference(RENDITIONS, rules, SLATE)
    joins: Mapping[int, list[int]] = {
        step: [seat for seat in seats if size.join_step(seat) == step] for step in range(size.joins)
    }
    present: list[int] = []
    for step in range(last + 1):
        reference.refresh(pieces(step), signals(step))
        for seat in joins.get(step, ()):
            reference.join(str(seat))
            present.append(seat)
        for seat in present:
            for found in reference.wants(str(seat)):
                assert found.start is not None
                reference.assign(str(seat), found.start, pod_of(seat, found.signalled))
        yield step, reference


def _text(sample: Sample, reference: Reference) -> bytes:
    return render(reference.playlist(str(sample.seat), sample.rendition), sample.rendition)


def render(shown: Playlist, rendition: str) -> bytes:
    """The playlist as the edge must write it."""
    lines = [
        "#EXTM3U",
        "#EXT-X-VERSION:6",
        f"#EXT-X-TARGETDURATION:{SEGMENT // 1_000_000}",
        "#EXT-X-INDEPENDENT-SEGMENTS",
        f"#EXT-X-MEDIA-SEQUENCE:{shown.media_sequence}",
        f"#EXT-X-DISCONTINUITY-SEQUENCE:{shown.discontinuity_sequence}",
    ]
    for entry in shown.entries:
        if entry.tagged:
            lines.append("#EXT-X-DISCONTINUITY")
        address = entry.uri
        if not address.startswith(BASE):
            creative, _, index = address.rpartition("/")
            address = ad_address(creative, rendition, int(index))
        duration = decimal(entry.end - entry.start, 3)
        lines += [f"#EXT-X-PROGRAM-DATE-TIME:{date(entry.start)}", f"#EXTINF:{duration},", address]
    return ("\n".join(lines) + "\n").encode()
