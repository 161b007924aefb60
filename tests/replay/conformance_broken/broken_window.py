"""Broken in the window, its pace, what can be downloaded and how an event ends (rules 8 to 11)."""

from __future__ import annotations

from dataclasses import replace
from functools import cached_property
from itertools import pairwise

from tests.replay.conformance_broken.broken import Broken, is_ad
from tests.replay.conformance_broken.clean import entries_changed, entries_replaced
from tests.replay.conformance_broken.event import SECOND
from tests.replay.conformance_broken.presentation import Entry, Rendition


class WindowOfFive(Broken, rules=("8",)):
    """The window is five segments, whatever they last: ten seconds of ads."""

    def span(self, rendition: Rendition, now: int) -> tuple[int, int]:
        _, beyond = super().span(rendition, now)
        return max(0, beyond - 5), beyond


class AdsRemovedAtReturn(Broken, rules=("8",)):
    """The first refresh with content again drops all ads at once."""

    def span(self, rendition: Rendition, now: int) -> tuple[int, int]:
        first, beyond = super().span(rendition, now)
        entries = rendition.entries[:beyond]
        returns = (k for k, (a, b) in enumerate(pairwise(entries), 1) if is_ad(a) and not is_ad(b))
        return max(first, *returns, 0), beyond


class PodHeldBack(Broken, rules=("9",)):
    """A pod is listed when all of it is there: the playlist stands still for the length of the break.

    A client cannot tell it from an origin that stands still, but for the ads that then come all at once.
    """

    def edit(self, rendition: Rendition) -> Rendition:
        last = {entry.part_of: entry.appears for entry in rendition.entries}
        return entries_changed(rendition, lambda e: replace(e, appears=last[e.part_of]) if e.part_of else e)


class SoundStandsStill(Broken, rules=("9",)):
    """One rendition waits for the end of the break while the others go on."""

    def edit(self, rendition: Rendition) -> Rendition:
        if rendition.name != "sound":
            return rendition
        last = {entry.part_of: entry.appears for entry in rendition.entries}
        return entries_changed(rendition, lambda e: replace(e, appears=last[e.part_of]) if e.part_of else e)


class OriginStandsStill(Broken, rules=("origin_stall",), never=("9",), ends=""):
    """No fault of the stitcher: for 10 s of content the origin publishes nothing, in any rendition."""

    @cached_property
    def stopped(self) -> int:
        """When the origin stops: in a run of content, once the viewer is there."""
        entries = self.presentation.renditions["video"].entries
        return next(
            entry.appears
            for k, entry in enumerate(entries)
            if entry.appears > self.presentation.opens + 10 * SECOND and not any(map(is_ad, entries[k - 1 : k + 4]))
        )

    def edit(self, rendition: Rendition) -> Rendition:
        stopped, again = self.stopped, self.stopped + 10 * SECOND
        return entries_changed(rendition, lambda e: replace(e, appears=again) if stopped < e.appears < again else e)


class AdsNotThere(Broken, rules=("10",)):
    """Ads are listed that no server has."""

    def status_of_listed(self, entry: Entry) -> int:
        return 404 if is_ad(entry) else 200


class RemovedTooSoon(Broken, rules=("10",)):
    """A segment is deleted when it leaves the window, though players with an older playlist still ask for it."""

    def status_of_removed(self, entry: Entry, now: int) -> int:
        return 404 if now < entry.appears + entry.duration + self.traits.window else 200


class MissingLeftOut(Broken, rules=("11", "18"), gaps=0.25, dated=True, restarts=0):
    """Segments without media are left out in place of EXT-X-GAP. A client sees dates that jump and no DISCONTINUITY."""

    def edit(self, rendition: Rendition) -> Rendition:
        return entries_replaced(rendition, [entry for entry in rendition.entries if not entry.gap or entry.tagged])


class EventThatSlides(Broken, rules=("11",)):
    """The origin's PLAYLIST-TYPE EVENT is kept while segments leave."""

    def header(self, rendition: Rendition, first: int, beyond: int) -> list[str]:
        return [*super().header(rendition, first, beyond), "#EXT-X-PLAYLIST-TYPE:EVENT"]


class PodRunsOn(Broken, rules=("11",), ends="break"):
    """The event ends inside a break; the sound's pod is not cut at the final edge."""

    def edit(self, rendition: Rendition) -> Rendition:
        if rendition.name != "sound":
            return rendition
        last = rendition.entries[-1]
        folder, file = last.uri.rsplit("/", 1)
        more = [
            replace(
                last,
                uri=f"{folder}/{20 + k}.{file.split('.')[1]}",
                start=last.start + last.duration + 2 * k * SECOND,
                duration=2 * SECOND,
                tagged=False,
            )
            for k in range(4)
        ]
        return entries_replaced(rendition, [*rendition.entries, *more])


class OneEnds(Broken, rules=("11",), ends=""):
    """ENDLIST inside a break reaches the sound only; the other renditions go on for the rest of the event."""

    @cached_property
    def stop(self) -> int:
        """The middle of a break, once the viewer is there."""
        opens = self.presentation.opens + 40 * SECOND
        return next((b.start + b.cut) // 2 for b in self.presentation.event.breaks if b.start > opens)

    def ended(self, rendition: Rendition, now: int) -> bool:
        return rendition.name == "sound" and now > self.stop

    def span(self, rendition: Rendition, now: int) -> tuple[int, int]:
        return super().span(rendition, min(now, self.stop) if rendition.name == "sound" else now)
