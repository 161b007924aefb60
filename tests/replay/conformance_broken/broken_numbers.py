"""Broken between reloads: numbers, addresses, durations and discontinuities (rules 1 to 7)."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import replace
from itertools import pairwise

from tests.replay.conformance_broken.broken import Broken, is_ad, renamed, runs_joined
from tests.replay.conformance_broken.clean import entries_replaced, followers_changed
from tests.replay.conformance_broken.event import SECOND, SLATE
from tests.replay.conformance_broken.presentation import NUMBER, Entry, Presentation, Rendition


class WorkerBehind(Broken, rules=("1",)):
    """Every third request is answered by a worker whose window is older: what was listed is gone again."""

    def __init__(self, presentation: Presentation) -> None:
        super().__init__(presentation)
        self.requests = 0

    def span(self, rendition: Rendition, now: int) -> tuple[int, int]:
        self.requests += 1
        return super().span(rendition, now - 6 * SECOND if self.requests % 3 == 0 else now)


class SlateWithdrawn(Broken, rules=("1", "5")):
    """Ads that are decided late take the place of slate that is listed already: it vanishes from the middle."""

    def playlist(self, name: str, now: int) -> str:
        self.now = now
        first, _ = self.span(self.renditions[name], now)
        lines = super().playlist(name, now).splitlines()
        entries = self.renditions[name].entries[first:]
        gone = next(
            (k for k, entry in enumerate(entries) if k and is_ad(entry) and entry.appears + 6 * SECOND < now), 0
        )
        ends = [n for n, line in enumerate(lines) if line and not line.startswith("#")]
        if gone:
            del lines[ends[gone - 1] + 1 : ends[gone] + 1]
        return "\n".join([*lines, ""])


class DurationCorrected(Broken, rules=("1",)):
    """An ad is listed with its nominal duration, and with the measured one once it has been downloaded."""

    def shown(self, rendition: Rendition, index: int) -> Entry:
        entry = super().shown(rendition, index)
        measured = is_ad(entry) and self.now > entry.appears + 5 * SECOND
        return replace(entry, duration=entry.duration - 40_000) if measured else entry


class EndTakenBack(Broken, rules=("1",), ends=""):
    """The origin's encoder starts again: its ENDLIST goes through, and the event goes on."""

    def ended(self, rendition: Rendition, now: int) -> bool:
        return (now - self.presentation.opens) // (2 * SECOND) % 20 == 19


class LongCreative(Broken, rules=("2",), pods="full"):
    """A creative with segments of 6 s raises the target duration while it is listed."""

    def edit(self, rendition: Rendition) -> Rendition:
        return entries_replaced(rendition, runs_joined(rendition, 3))

    def target(self, rendition: Rendition, first: int, beyond: int) -> int:
        return max(4, *((entry.duration + SECOND // 2) // SECOND for entry in rendition.entries[first:beyond]))


class VersionOfAds(Broken, rules=("2",)):
    """While an ad is listed, the playlist has the version of the ad's own playlist."""

    def version(self, rendition: Rendition, first: int, beyond: int) -> int:
        ads = any(map(is_ad, rendition.entries[first:beyond]))
        return super().version(rendition, first, beyond) + ads


class IndependenceLost(Broken, rules=("2",), independent=True):
    """INDEPENDENT-SEGMENTS goes while ads are listed that do not promise it."""

    def independent(self, rendition: Rendition, first: int, beyond: int) -> bool:
        return not any(map(is_ad, rendition.entries[first:beyond]))


class SequenceTagComesLate(Broken, rules=("2",)):
    """DISCONTINUITY-SEQUENCE is written once it is above zero, which it was not at first."""

    def __init__(self, presentation: Presentation) -> None:
        first = bisect_right(presentation.renditions["video"].appearances, presentation.opens)
        super().__init__(replace(presentation, discontinuity=-presentation.renditions["video"].tags[first]))

    def discontinuity_sequence(self, rendition: Rendition, first: int) -> int:
        return max(0, super().discontinuity_sequence(rendition, first))

    def header(self, rendition: Rendition, first: int, beyond: int) -> list[str]:
        return [line for line in super().header(rendition, first, beyond) if line != "#EXT-X-DISCONTINUITY-SEQUENCE:0"]


class HalfRoundedDown(Broken, rules=("3",), pods="full"):
    """An ad segment of exactly 4.5 s in a target duration of 4: Python's round says that it fits."""

    def edit(self, rendition: Rendition) -> Rendition:
        entries: list[Entry] = []
        for entry in runs_joined(rendition, 3):
            if is_ad(entry) and entry.duration > 5 * SECOND:
                long = 9 * SECOND // 2
                rest = replace(entry, start=entry.start + long, duration=entry.duration - long, tagged=False)
                entries += [replace(entry, duration=long), replace(rest, uri=entry.uri.replace("/ads/", "/ads//"))]
            else:
                entries.append(entry)
        return entries_replaced(rendition, entries)


class AdInOneSegment(Broken, rules=("3",), pods="full"):
    """A whole ad is one segment, far above the target duration."""

    def edit(self, rendition: Rendition) -> Rendition:
        return entries_replaced(rendition, runs_joined(rendition, 99))


class AdsNotCounted(Broken, rules=("4", "5")):
    """MEDIA-SEQUENCE counts the content that has left, not the ads."""

    def media_sequence(self, rendition: Rendition, first: int) -> int:
        return rendition.number + sum(not is_ad(entry) for entry in rendition.entries[:first])


class OriginsNumbers(Broken, rules=("4",), habit="player"):
    """MEDIA-SEQUENCE follows the origin: it falls when content comes back after more ads than content gave way."""

    def media_sequence(self, rendition: Rendition, first: int) -> int:
        for back, entry in enumerate(rendition.entries[first::-1]):
            if entry.origin is not None:
                return NUMBER + entry.origin + back
        return NUMBER


class SequenceAfterSegment(Broken, rules=("4",)):
    """MEDIA-SEQUENCE is written when the first segment is known, behind it."""

    def playlist(self, name: str, now: int) -> str:
        lines = super().playlist(name, now).splitlines()
        tag = next(line for line in lines if line.startswith("#EXT-X-MEDIA-SEQUENCE"))
        lines.remove(tag)
        first = next(n for n, line in enumerate(lines) if not line.startswith("#"))
        lines.insert(first + 1, tag)
        return "\n".join([*lines, ""])


class CountedTwice(Broken, rules=("4", "5")):
    """A removed ad raises MEDIA-SEQUENCE twice, once for itself and once for the content that gave way to it."""

    def media_sequence(self, rendition: Rendition, first: int) -> int:
        return super().media_sequence(rendition, first) + sum(map(is_ad, rendition.entries[:first]))


class TokenInSegment(Broken, rules=("5",)):
    """A segment's address carries a token that is renewed every ten seconds."""

    def shown(self, rendition: Rendition, index: int) -> Entry:
        entry = super().shown(rendition, index)
        return replace(entry, uri=f"{entry.uri}?token={self.now // (10 * SECOND)}")


class DecidedAgain(Broken, rules=("5",)):
    """Each refresh asks the ad server again: other creatives under numbers that are published."""

    def shown(self, rendition: Rendition, index: int) -> Entry:
        entry = super().shown(rendition, index)
        return renamed(entry, f"{entry.creative}-{self.now // (8 * SECOND) % 3}") if is_ad(entry) else entry


class RangeOfGrowingFile(Broken, rules=("5",)):
    """The byte range of a segment is read from a file that is still being written."""

    def shown(self, rendition: Rendition, index: int) -> Entry:
        entry = super().shown(rendition, index)
        if entry.bytes and self.now < entry.appears + 3 * SECOND:
            return replace(entry, bytes=(entry.bytes[0] // 2, entry.bytes[1]))
        return entry


class DiscontinuitiesNotCounted(Broken, rules=("6",)):
    """DISCONTINUITY-SEQUENCE stays while tagged segments leave."""

    def discontinuity_sequence(self, rendition: Rendition, first: int) -> int:
        return self.presentation.discontinuity


class CountedOneRefreshLate(Broken, rules=("6",)):
    """DISCONTINUITY-SEQUENCE is what it should have been at the refresh before."""

    def __init__(self, presentation: Presentation) -> None:
        super().__init__(presentation)
        self.before: dict[str, int] = {}

    def discontinuity_sequence(self, rendition: Rendition, first: int) -> int:
        number = super().discontinuity_sequence(rendition, first)
        late = self.before.get(rendition.name, number)
        self.before[rendition.name] = number
        return late


class CountedTooEarly(Broken, rules=("6",)):
    """DISCONTINUITY-SEQUENCE is raised when a tagged segment becomes the first, though its tag is still listed."""

    def discontinuity_sequence(self, rendition: Rendition, first: int) -> int:
        return super().discontinuity_sequence(rendition, first) + rendition.entries[first].tagged


class DiscontinuitySequenceBelow(Broken, rules=("6",)):
    """DISCONTINUITY-SEQUENCE stands after the first DISCONTINUITY."""

    def playlist(self, name: str, now: int) -> str:
        lines = super().playlist(name, now).splitlines()
        if "#EXT-X-DISCONTINUITY" in lines:
            tag = next(line for line in lines if line.startswith("#EXT-X-DISCONTINUITY-SEQUENCE"))
            lines.remove(tag)
            lines.insert(lines.index("#EXT-X-DISCONTINUITY") + 1, tag)
        return "\n".join([*lines, ""])


class OriginsDiscontinuitiesForgotten(Broken, rules=("6",), restarts=0.2):
    """DISCONTINUITY-SEQUENCE counts the tags round ads; those of the origin's own leave without a trace."""

    def discontinuity_sequence(self, rendition: Rendition, first: int) -> int:
        listed = rendition.entries[: first + 1]
        own = sum(after.tagged and not is_ad(before) and not is_ad(after) for before, after in pairwise(listed))
        return super().discontinuity_sequence(rendition, first) - own + (not is_ad(listed[-1]) and listed[-1].tagged)


class CountedFromRestart(Broken, rules=("6",)):
    """A worker that starts again counts discontinuities from zero."""

    def discontinuity_sequence(self, rendition: Rendition, first: int) -> int:
        restart = self.presentation.opens + 90 * SECOND
        if self.now < restart:
            return super().discontinuity_sequence(rendition, first)
        return rendition.tags[first] - rendition.tags[self.span(rendition, restart)[0]]


class IntoAdUntagged(Broken, rules=("7",)):
    """No DISCONTINUITY between content and ad."""

    def edit(self, rendition: Rendition) -> Rendition:
        return followers_changed(rendition, lambda a, b: replace(b, tagged=False) if not is_ad(a) and is_ad(b) else b)


class AdToAdUntagged(Broken, rules=("7",), pods="full"):
    """No DISCONTINUITY between two ads of a pod."""

    def edit(self, rendition: Rendition) -> Rendition:
        return followers_changed(rendition, lambda a, b: replace(b, tagged=False) if is_ad(a) and is_ad(b) else b)


class OutOfAdUntagged(Broken, rules=("7",)):
    """No DISCONTINUITY between ad and content."""

    def edit(self, rendition: Rendition) -> Rendition:
        return followers_changed(rendition, lambda a, b: replace(b, tagged=False) if is_ad(a) and not is_ad(b) else b)


class SlateLoops(Broken, rules=("7",), pods="short"):
    """The same file of slate again and again without DISCONTINUITY, its time stamps with it."""

    def edit(self, rendition: Rendition) -> Rendition:
        def looped(a: Entry, b: Entry) -> Entry:
            if a.creative == b.creative == SLATE:
                return replace(b, uri=b.uri.replace(b.uri.split("/")[-1].split(".")[0], "0"), bytes=None, tagged=False)
            return b

        return followers_changed(rendition, looped)
