"""Broken in time, metadata or agreement of the renditions (rules 18 to 22).

What the ads' media are coded as (22) no playlist tells: only a CODECS that leaves out the sound can be seen. Content
whose dates carry a break's remainder (18) looks like an origin whose clock drifts.
"""

from __future__ import annotations

import re
from dataclasses import replace

from tests.replay.conformance_broken.broken import Broken, is_ad, renamed, runs_joined
from tests.replay.conformance_broken.clean import entries_changed, entries_replaced, followers_changed
from tests.replay.conformance_broken.event import AD_FRAMES, SECOND
from tests.replay.conformance_broken.presentation import DateRange, Entry, Rendition, draw_rendition, seconds

YEAR = 365 * 86_400 * SECOND


class WallClockDates(Broken, rules=("18",)):
    """An ad's date is when it was listed, not the break's start and its offset."""

    def edit(self, rendition: Rendition) -> Rendition:
        return entries_changed(rendition, lambda e: replace(e, start=e.appears) if is_ad(e) else e)


class CreativesOwnDates(Broken, rules=("18",)):
    """An ad's date is that of its own playlist, made a year ago."""

    def edit(self, rendition: Rendition) -> Rendition:
        return entries_changed(rendition, lambda e: replace(e, start=e.start - YEAR) if is_ad(e) else e)


class DatesMove(Broken, rules=("18", "1")):
    """An ad's date is made anew at every refresh."""

    def shown(self, rendition: Rendition, index: int) -> Entry:
        entry = super().shown(rendition, index)
        return replace(entry, start=entry.start + self.now // SECOND % 5 * 300_000) if is_ad(entry) else entry


class NoDateAfterDiscontinuity(Broken, rules=("18",), dated=False):
    """Dates at the head only."""

    def date(self, rendition: Rendition, before: Entry | None, entry: Entry) -> list[str]:
        return [] if before else super().date(rendition, before, entry)


class PodTooLong(Broken, rules=("18",)):
    """The last ad of a pod is not cut at the end of the break: the next date lies before its end."""

    def edit(self, rendition: Rendition) -> Rendition:
        entries: list[Entry] = []
        for entry in rendition.entries:
            if entries and is_ad(entries[-1]) and not is_ad(entry):
                last = entries[-1]
                more = replace(last, start=last.start + last.duration, duration=2 * SECOND, tagged=True)
                entries.append(renamed(more, "initech"))
            entries.append(entry)
        return entries_replaced(rendition, entries)


class PodTooShort(Broken, rules=("18",)):
    """Nothing bridges what the ads leave unfilled: the next date lies seconds after their end."""

    def edit(self, rendition: Rendition) -> Rendition:
        middle = {b.name: (b.start + b.cut) // 2 for b in self.presentation.event.breaks}
        kept = [e for e in rendition.entries if not e.part_of or e.start < middle[e.part_of]]
        return entries_replaced(rendition, kept)


class RangeLeavesWithSegment(Broken, rules=("19",)):
    """A date range leaves with the segment it was written before, though the break is still listed."""

    def lasts(self, rendition: Rendition, each: DateRange, first: int) -> bool:
        return first <= each.before


class RangeCountsDown(Broken, rules=("19",)):
    """The planned duration is what is left of the break, at every refresh another."""

    def attributes(self, each: DateRange) -> str:
        return re.sub(r"PLANNED-DURATION=[\d.]+", f"PLANNED-DURATION={seconds(10**9 - self.now)}", each.attributes)


class IdReused(Broken, rules=("19",)):
    """Every break has the same ID."""

    def attributes(self, each: DateRange) -> str:
        return re.sub(r'ID="break-\d+"', 'ID="break"', each.attributes)


class InUnderItsOwnId(Broken, rules=("19",)):
    """SCTE-35 out and in have an ID each."""

    def attributes(self, each: DateRange) -> str:
        return (
            each.attributes.replace('",START', '-in",START', 1) if "SCTE35-IN" in each.attributes else each.attributes
        )


class InWithoutDuration(Broken, rules=("19",)):
    """The SCTE-35 in does not say how long the break was."""

    def attributes(self, each: DateRange) -> str:
        return re.sub(r",DURATION=[\d.]+,SCTE35-IN", ",SCTE35-IN", each.attributes)


class InWithPlannedDuration(Broken, rules=("19",), early=1):
    """After an early return the SCTE-35 in tells the planned duration, not the actual one."""

    def attributes(self, each: DateRange) -> str:
        for b in self.presentation.event.breaks:
            if f'"{b.name}"' in each.attributes:
                return re.sub(r",DURATION=[\d.]+", f",DURATION={seconds(b.planned)}", each.attributes)
        return each.attributes


class RangesWithoutDates(Broken, rules=("19",)):
    """Date ranges in playlists without any date."""

    def date(self, rendition: Rendition, before: Entry | None, entry: Entry) -> list[str]:
        return []


class SoundOneAhead(Broken, rules=("20",)):
    """The sound's discontinuity sequence is one above the video's."""

    def discontinuity_sequence(self, rendition: Rendition, first: int) -> int:
        return super().discontinuity_sequence(rendition, first) + (rendition.name == "sound")


class SoundRunsTogether(Broken, rules=("20",), pods="full"):
    """The sound has no DISCONTINUITY between two ads, the video has."""

    def edit(self, rendition: Rendition) -> Rendition:
        if rendition.name != "sound":
            return rendition
        return followers_changed(rendition, lambda a, b: replace(b, tagged=False) if is_ad(a) and is_ad(b) else b)


class SoundReturnsLate(Broken, rules=("20",)):
    """The sound's cut is counted in segments and lies one too far: the ad goes on over the first content."""

    def edit(self, rendition: Rendition) -> Rendition:
        if rendition.name != "sound":
            return rendition
        returns = {b.back for b in self.presentation.event.breaks}
        entries: list[Entry] = []
        for entry in rendition.entries:
            late = entry.origin in returns
            if late and is_ad(entries[-1]):
                last = entries[-1]
                uri = last.uri.replace("/sound/", "/sound/more-")
                entries.append(replace(last, uri=uri, start=entry.start, tagged=False, duration=entry.duration))
                entries[-1] = replace(entries[-1], appears=entry.appears)
            else:
                back = bool(entries) and is_ad(entries[-1]) and not is_ad(entry)
                entries.append(replace(entry, tagged=entry.tagged or back))
        return entries_replaced(rendition, entries)


class SoundCutElsewhere(Broken, rules=("20",), pods="full"):
    """The sound of a creative is cut into segments of twice the length."""

    def edit(self, rendition: Rendition) -> Rendition:
        if rendition.name != "sound":
            return rendition
        return entries_replaced(rendition, runs_joined(rendition, 2))


class SoundOfOtherPod(Broken, rules=("20",), pods="full"):
    """Each rendition asks the ad server for itself: the sound is that of other creatives."""

    def edit(self, rendition: Rendition) -> Rendition:
        if rendition.name != "sound":
            return rendition
        names = list(AD_FRAMES)
        other = dict(zip(names, [*names[1:], names[0]], strict=True))
        return entries_changed(rendition, lambda e: renamed(e, other[e.creative]) if e.creative in other else e)


class TextNotStitched(Broken, rules=("20",)):
    """Subtitles go through as they come: no break in them."""

    def edit(self, rendition: Rendition) -> Rendition:
        if rendition.name != "text":
            return rendition
        event = replace(self.presentation.event, breaks=[])
        return draw_rendition(event, self.traits, "text", self.presentation.seed)


class SoundTarget(Broken, rules=("21",)):
    """The sound has a target duration of its own."""

    def target(self, rendition: Rendition, first: int, beyond: int) -> int:
        return super().target(rendition, first, beyond) + (rendition.name == "sound")


class SoundUndated(Broken, rules=("21",), ranges=("video", "cipher", "boxed")):
    """Video has dates, sound has none."""

    def date(self, rendition: Rendition, before: Entry | None, entry: Entry) -> list[str]:
        return [] if rendition.name == "sound" else super().date(rendition, before, entry)


class RangesDiffer(Broken, rules=("21",)):
    """One variant lacks the date ranges of every other break."""

    def lasts(self, rendition: Rendition, each: DateRange, first: int) -> bool:
        odd = re.match(r'ID="break-\d*[13579]"', each.attributes)
        return super().lasts(rendition, each, first) and not (rendition.name == "cipher" and odd)


class VariantWithoutRanges(Broken, rules=("21",), ranges=("video", "cipher", "boxed")):
    """One variant and its sound and text carry no date ranges, the other variants do."""

    def lasts(self, rendition: Rendition, each: DateRange, first: int) -> bool:
        return super().lasts(rendition, each, first) and rendition.name != "cipher"


class ControlDiffers(Broken, rules=("21",), control=True):
    """SERVER-CONTROL is written for each rendition by itself."""

    def control(self, rendition: Rendition) -> list[str]:
        return ["#EXT-X-SERVER-CONTROL:HOLD-BACK=16.0"] if rendition.name == "sound" else super().control(rendition)


class SteeringPassedOn(Broken, rules=("22",)):
    """The origin's content steering goes through: its server sends players to the origin's own pathways."""

    def session(self) -> list[str]:
        steering = '#EXT-X-CONTENT-STEERING:SERVER-URI="https://origin.example/steering",PATHWAY-ID="cdn-a"'
        return [*super().session(), steering]


class CodecsOfVideoOnly(Broken, rules=("22",)):
    """CODECS of a rewritten variant leaves out the sound."""

    def codecs(self) -> str:
        return "avc1.4d401e"
