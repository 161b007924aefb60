"""A channel version: all renditions' windows and the break records at one instant, numbered."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Mapping
from dataclasses import dataclass

from domain.units import Microseconds
from ssai.breaks.record import Break
from ssai.channel.head import HOLD_BACK, Head
from ssai.channel.window import Window
from ssai.hls.container import Container, container_of


@dataclass(frozen=True, slots=True)
class ChannelVersion:
    """Everything a playlist depends on besides the seat. ``windows`` are in the order of the multivariant playlist:
    the first is the one whose boundaries name common instants. ``breaks`` holds those not folded, and the last few
    folded ones.
    """

    number: int
    target_duration: Microseconds
    multivariant: str
    base: str
    heads: Mapping[str, Head]
    windows: Mapping[str, Window]
    breaks: tuple[Break, ...]
    reached: Microseconds
    """The greatest L so far: L itself falls when a stalled rendition comes back."""
    effective: Microseconds
    """When every worker puts it in force: wall clock, microseconds since the Unix epoch."""

    @property
    def least_edge(self) -> Microseconds:
        """L, the least raw edge of the renditions that are not stalled."""
        return least_edge(self.windows, self.target_duration)

    @property
    def over(self) -> bool:
        """Whether the stream has ended: in every rendition that is not stalled."""
        return all(window.ended for window in moving(self.windows, self.target_duration))

    @property
    def hold_back(self) -> Microseconds:
        """How far from the edge players keep, microseconds."""
        stated = next(iter(self.heads.values())).hold_back
        return Microseconds(HOLD_BACK * self.target_duration) if stated is None else stated

    @property
    def reformatted(self) -> bool:
        """Whether some rendition's newest content is in another container than ads are: then none can be inserted."""
        return any(
            container_of(window.segments, subtitles=(first := self.heads[name].container) is Container.WEBVTT)
            is not first
            for name, window in self.windows.items()
        )

    @property
    def shown_edge(self) -> Microseconds:
        """P, the greatest exposed edge."""
        return max(window.shown_edge for window in self.windows.values())


def moving(windows: Mapping[str, Window], target_duration: int) -> list[Window]:
    """The windows of renditions that are not stalled: at most 2 target durations behind the greatest raw edge."""
    greatest = max(window.edge for window in windows.values())
    return [window for window in windows.values() if window.edge >= greatest - 2 * target_duration]


def least_edge(windows: Mapping[str, Window], target_duration: int) -> Microseconds:
    """L of these windows."""
    return min(window.edge for window in moving(windows, target_duration))


def common_boundaries(
    windows: Mapping[str, Window], target_duration: int, tolerance: int, *, after: int = -1, until: int | None = None
) -> list[Microseconds]:
    """The first rendition's boundaries at which every moving rendition has one too, as far as edges reach.

    Only those later than ``after``, and earlier than ``until``.
    """
    judges = moving(windows, target_duration)
    starts, reach = next(iter(windows.values())).starts, min(window.edge for window in judges) + tolerance
    stop = bisect_right(starts, reach)
    if until is not None:
        stop = min(stop, bisect_left(starts, until))
    return [
        start
        for start in starts[bisect_right(starts, after) : stop]
        if all(window.has_boundary(start, tolerance) for window in judges)
    ]


def join_instant(version: ChannelVersion, hold_back: int, tolerance: int) -> Microseconds:
    """J of a viewer who joins now: the last common boundary at least ``hold_back`` behind L, else the first common
    boundary of the window, else the greatest exposed edge. Inside a break only its marks count as common.
    """
    judges = moving(version.windows, version.target_duration)
    starts, least = next(iter(version.windows.values())).starts, version.least_edge

    def fits(instant: Microseconds) -> bool:
        return all(window.has_boundary(instant, tolerance) for window in judges) and all(
            _open_to(record, instant, tolerance) for record in version.breaks
        )

    # From the end: in a window of hours nearly every viewer finds it at once.
    settled = bisect_right(starts, least - hold_back)
    before = (instant for instant in reversed(starts[:settled]) if fits(instant))
    after = (instant for instant in starts[settled : bisect_right(starts, least + tolerance)] if fits(instant))
    return next(before, None) or next(after, version.shown_edge)


def _open_to(record: Break, instant: int, tolerance: int) -> bool:
    if (
        not record.marks
        or instant <= record.marks[0].at
        or (record.end is not None and instant >= record.end - tolerance)
    ):
        return True
    return any(abs(mark.at - instant) <= tolerance for mark in record.marks)
