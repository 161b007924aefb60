"""A random channel run through the reference stitcher: what every viewer gets, and which hard cases it held."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import pairwise

from domain.pod import Pod
from replay.reference import Break, In, Out, Playlist, Reference
from tests.ssai.stitch.channels import Channel


@dataclass(frozen=True, slots=True)
class Step:
    """One refresh: who joined (with J), who was given which pod for the break that starts at S, and all playlists.

    ``breaks`` are the records as they were then.
    """

    refresh: int
    breaks: tuple[Break, ...]
    joined: Mapping[str, int]
    assigned: tuple[tuple[str, int, Pod | None], ...]
    playlists: Mapping[tuple[str, str], Playlist]


def play(channel: Channel, cases: Counter[str] | None = None) -> Iterator[Step]:
    """Run the reference; every viewer polls every rendition at every refresh. ``cases`` counts what happened.

    A case is counted in every playlist, join, refresh or break in which it is met.
    """
    reference = Reference(channel.renditions, channel.rules, channel.slate)
    joins: dict[str, int] = {}
    for number, refresh in enumerate(channel.refreshes):
        reference.refresh(refresh.windows, refresh.signals, refresh.ended)
        joined = {viewer: reference.join(viewer) for viewer in refresh.joins}
        joins |= joined
        assigned = []
        for viewer in joins:
            for found in reference.wants(viewer):
                assert found.start is not None
                pod = channel.pod(viewer, reference.breaks.index(found))
                reference.assign(viewer, found.start, pod)
                assigned.append((viewer, found.start, pod))
        playlists = {(v, r): reference.playlist(v, r) for v in joins for r in channel.renditions}
        step = Step(number, tuple(replace(found) for found in reference.breaks), joined, tuple(assigned), playlists)
        if cases is not None:
            _count_refresh(channel, reference, step, cases)
        yield step
    if cases is not None:
        cases.update(channel.traits)
        cases["signals"] += sum(len(refresh.signals) for refresh in channel.refreshes)
        _count_breaks(reference.breaks, channel, cases)


def is_item(uri: str) -> bool:
    """Whether an entry is of an ad or of the slate: the origin's end in ``.ts``."""
    return not uri.endswith(".ts")


def _count_refresh(channel: Channel, reference: Reference, step: Step, cases: Counter[str]) -> None:
    timeline = reference.timeline
    cases["playlists"] += len(step.playlists)
    refresh = channel.refreshes[step.refresh]
    cases["restart"] += refresh.restart
    cases["epoch"] += any(
        refresh.windows[name][0].index <= first <= refresh.windows[name][-1].index
        for name, (first, _) in channel.epochs.items()
    )
    cases["stall"] += bool(timeline.stalled)
    cases["least_fell"] += timeline.least < timeline.greatest_least
    cases["kept_departed"] += any(timeline.departed(rendition) > 0 for rendition in channel.renditions)
    known = [(found.start, found.end) for found in reference.breaks if found.start is not None]
    for join in step.joined.values():
        cases["join_inside"] += any(start < join < (end or join + 1) for start, end in known)
        cases["join_after"] += any(end is not None and end <= join for _, end in known)
        cases["join_before"] += all(start >= join for start, _ in known)
    for playlist in step.playlists.values():
        owners = [_owner(known, entry.start) if is_item(entry.uri) else None for entry in playlist.entries]
        cases["head_inside_ad"] += bool(owners) and owners[0] is not None
        cases["tail_inside_ad"] += bool(owners) and owners[-1] is not None
        cases["two_in_window"] += len(set(owners) - {None}) > 1
        for (before, entry), (owner_before, owner) in zip(pairwise(playlist.entries), pairwise(owners), strict=True):
            cases["back_to_back"] += None not in {owner_before, owner} and owner_before != owner
            cases["slate_wrapped"] += (
                before.uri.startswith("slate/") and entry.uri == "slate/0" and owner == owner_before
            )


def _owner(known: list[tuple[int, int | None]], at: int) -> int:
    return max(k for k, (start, _) in enumerate(known) if start <= at)


def _count_breaks(breaks: tuple[Break, ...], channel: Channel, cases: Counter[str]) -> None:
    signals = [signal for refresh in channel.refreshes for signal in refresh.signals]
    cases["out_ignored"] += sum(isinstance(signal, Out) for signal in signals) - len(breaks)
    taken = {found.returned for found in breaks}
    cases["in_ignored"] += sum(isinstance(signal, In) and signal.at not in taken for signal in signals)
    before = 0
    for found in breaks:
        cases["extension"] += found.extends is not None and found.start is not None
        cases["content_back"] += channel.rules.content_back and found.start is not None
        cases["unconditioned"] += found.dropped is not None
        if found.start is None:
            continue
        cases["late_out"] += found.earliest > found.signalled
        cases["start_off_grid"] += found.start > max(found.earliest, before)
        cases["start_pushed"] += before > found.earliest
        cases["unknown"] += found.duration is None
        if found.end is None:
            cases["open_at_the_end"] += 1
            continue
        before = found.end
        planned = found.planned_end
        cases["empty_break"] += found.start == found.end
        cases["end_forced"] += found.forced
        cases["endlist_inside"] += found.over
        cases["end_off_grid"] += found.end > found.wanted_end(channel.rules)
        if found.returned is None:
            cases["unknown_open"] += planned is None
            cases["no_auto_return"] += not found.auto_return
            cases["planned"] += planned is not None and found.auto_return
            continue
        cases["late_in"] += found.target is not None and found.target > found.returned
        cases["early_return"] += planned is not None and found.end < planned
        cases["stretched"] += planned is not None and found.end > planned
