"""One refresh of all renditions makes the next channel version. Pure: no clock, no I/O."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from typing import Final

from domain.units import Microseconds
from ssai.breaks.book import TOLERANCE, BreakRules, Timed, apply
from ssai.breaks.record import Boundary, Break, BreakReason
from ssai.channel.head import heads
from ssai.channel.ranges import DateRange, collected, holding
from ssai.channel.resolve import resolve
from ssai.channel.version import ChannelVersion, least_edge, moving
from ssai.channel.window import Changed, Window, extended, opened, trimmed
from ssai.cues.scan import dateranges, signals_before
from ssai.cues.signal import Signal, SignalKind
from ssai.hls.playlist import MediaPlaylist

KEPT_FOLDED: Final = 16
"""Folded breaks that stay in the version: enough to know a cue again that a packager repeats for minutes."""


MAX_SIGNALS: Final = 4_096
"""Signals of one rendition that one reload may bring: a day of breaks, each told four times."""

UNDATED: Final = Microseconds(3_600_000_000)
"""Where channel time begins without dates: not at 0, which stands for "never joined" in a seat's row."""


@dataclass(frozen=True, slots=True)
class Reload:
    """One rendition's playlist as just read, with the address it came from (its URIs resolve against it)."""

    url: str
    playlist: MediaPlaylist
    base: str = ""
    """Where the answer came from, if that is another address."""
    source: int = 0
    """Which of several origins answered."""


def first_version(
    multivariant: str, base: str, reloads: Mapping[str, Reload], rules: BreakRules, subtitles: Collection[str] = ()
) -> ChannelVersion:
    """Version 1, from nothing. ``reloads`` holds every rendition, in the order of the multivariant playlist;
    ``subtitles`` names those that are.

    ``ValueError`` when a rendition has no segments yet.
    """
    if any(not reload.playlist.segments for reload in reloads.values()):
        raise ValueError(reloads)
    windows = _first_windows(reloads)
    none = Microseconds(0)
    playlists = {name: reload.playlist for name, reload in reloads.items()}
    fixed = heads(playlists, rules.target_duration, subtitles)
    empty = ChannelVersion(0, rules.target_duration, multivariant, base, fixed, windows, (), none, none)
    changed = {
        name: tuple(enumerate(reload.playlist.segments, reload.playlist.first)) for name, reload in reloads.items()
    }
    return _next(empty, windows, changed, reloads, rules, served=None)


def advance(version: ChannelVersion, reloads: Mapping[str, Reload], rules: BreakRules) -> ChannelVersion:
    """The version after ``version``; the same object when nothing changed. Renditions may be missing from
    ``reloads`` (their origin did not answer, or answered that nothing is new).
    """
    windows, changed = dict(version.windows), dict[str, Changed]()
    for name, reload in reloads.items():
        skews = [window.skew for window in windows.values()]
        windows[name], changed[name] = extended(
            windows[name], reload.playlist, base=reload.base, source=reload.source, skews=skews
        )
    return _next(version, windows, changed, reloads, rules, served=version.shown_edge)


def target_duration(reloads: Mapping[str, Reload]) -> Microseconds:
    """The channel's TARGETDURATION, microseconds: the greatest that a playlist states, or that its segments need."""
    stated = [reload.playlist.target_duration or 0 for reload in reloads.values()]
    needed = [
        (segment.duration + 500_000) // 1_000_000 for reload in reloads.values() for segment in reload.playlist.segments
    ]
    return Microseconds(max([*(stated if any(stated) else needed), 1]) * 1_000_000)


def _first_windows(reloads: Mapping[str, Reload]) -> dict[str, Window]:
    windows: dict[str, Window] = {}
    for name, reload in reloads.items():
        segments = reload.playlist.segments
        lead = next(iter(windows.values()), None)
        ahead = 0
        for segment in segments:
            if segment.date is not None:
                windows[name] = opened(
                    reload.url, reload.playlist, Microseconds(segment.date - ahead), reload.base, reload.source
                )
                break
            ahead += segment.duration
        else:
            start: int = UNDATED
            if lead is not None:
                # Without dates: by number where both list it, else live edge to live edge.
                same = reload.playlist.first - lead.first
                listed = 0 <= same < len(lead.segments)
                start = lead.starts[same] if listed else lead.edge - sum(segment.duration for segment in segments)
            windows[name] = opened(reload.url, reload.playlist, Microseconds(start), reload.base, reload.source)
    return windows


def _next(
    version: ChannelVersion,
    raw: Mapping[str, Window],
    changed: Mapping[str, Changed],
    reloads: Mapping[str, Reload],
    rules: BreakRules,
    served: Microseconds | None,
) -> ChannelVersion:
    edge = least_edge(raw, rules.target_duration)
    over = all(window.ended for window in moving(raw, rules.target_duration))
    windows, signals = dict[str, Window](), list[Timed]()
    # Of a break and its extensions, which share an id, the first has the start that a DATERANGE tells.
    known = {record.id: record.signalled for record in reversed(version.breaks) if record.id is not None}
    for name, window in raw.items():
        shown = window.exposed
        while shown < window.after and (over or window.start(shown + 1) <= edge + TOLERANCE):
            shown += 1
        if name in reloads:
            signals += _read(window, changed[name], reloads[name], known)
        windows[name] = replace(window, exposed=shown, ranges=_ranges(window, changed.get(name, ()), reloads.get(name)))
    head = min(window.head for window in windows.values())
    breaks = apply(version.breaks, signals, rules, served, head)
    if not rules.insertion:
        breaks = tuple(_switched_off(record, windows, rules, served) for record in breaks)
    breaks = resolve(breaks, windows, rules, served)
    for name, reload in reloads.items():
        window = windows[name]
        if version.heads[name].kind is not None:
            continue
        gone = reload.playlist.first + window.shift
        windows[name] = trimmed(window, min(gone, version.windows[name].exposed), rules.target_duration * 7 // 2)
    breaks = _folded(breaks, windows)
    if windows == dict(version.windows) and breaks == version.breaks:
        return version
    reached = max(version.reached, edge)
    return replace(version, number=version.number + 1, windows=windows, breaks=breaks, reached=reached)


def _read(window: Window, changed: Changed, reload: Reload, known: Mapping[str, Microseconds]) -> list[Timed]:
    """Read the cues of what is new or was written anew, and what stands at the edge.

    DATERANGEs say themselves when they hold. ``known`` has the starts of breaks by id, channel time.
    """
    playlist = reload.playlist
    starts = {name: Microseconds(start - window.skew) for name, start in known.items()}
    places = [(index, segment.tags) for index, segment in changed if index >= window.first]
    if playlist.first + window.shift + len(playlist.segments) == window.after:
        # In an older copy from another cache what trails stands before a segment that is known already.
        places.append((window.after, playlist.trailing))
    found: list[Timed] = []
    for index, tags in places:
        if len(found) >= MAX_SIGNALS:
            break
        at = window.start(index)
        found += [_timed(at, signal) for signal in signals_before(tags, index)]
        for signal in dateranges(tags, index, known=starts):
            if signal.at is not None and window.dated:
                found.append(Timed(Microseconds(signal.at + window.skew), signal))
                if signal.kind is SignalKind.OUT and signal.id is not None:
                    starts[signal.id] = signal.at
            else:
                found.append(_timed(at, signal))
    return found


def _ranges(window: Window, changed: Changed, reload: Reload | None) -> tuple[DateRange, ...]:
    """The date ranges after a reload; those that ended before the window are let go."""
    if not window.dated or not window.segments:
        return window.ranges
    tags = [tag for _, segment in changed for tag in segment.tags]
    if reload is not None:
        tags += reload.playlist.trailing
    return collected(holding(window.ranges, window.date(window.first)), tags)


def _timed(place: Microseconds, signal: Signal) -> Timed:
    return Timed(Microseconds(place - (signal.elapsed or 0)), signal)


def _switched_off(
    record: Break, windows: Mapping[str, Window], rules: BreakRules, served: Microseconds | None
) -> Break:
    """Insertion was switched off: give the channel back at the next boundary."""
    if not record.live or record.in_at is not None:
        return record
    if not record.marks:
        return replace(record, dropped=True, reason=BreakReason.SWITCHED_OFF)
    edge = least_edge(windows, rules.target_duration)
    target = Microseconds(edge if served is None else max(edge, served))
    return replace(record, in_at=edge, target=target, reason=BreakReason.SWITCHED_OFF)


def _left(cut: Boundary, window: Window) -> bool:
    return cut.index < window.first and cut.tagged is not None


def _folded(breaks: tuple[Break, ...], windows: Mapping[str, Window]) -> tuple[Break, ...]:
    """Mark, in order, the breaks that have left every window; forget all but the last few of them."""
    settled: list[Break] = []
    open_before = False
    for record in breaks:
        done = record.dropped or (
            record.end is not None
            and len(record.returns) == len(windows)
            and all(_left(record.returns[name], window) for name, window in windows.items())
        )
        history = done and not open_before
        if record.dropped:
            history = history and record.signalled < min(window.head for window in windows.values())
        open_before = open_before or (not history and not record.dropped)
        settled.append(replace(record, folded=True) if history and not record.folded else record)
    folded = sum(record.folded for record in settled)
    return tuple(settled[max(0, folded - KEPT_FOLDED) :])
