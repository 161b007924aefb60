"""Rules of an ordered pod."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import combinations
from typing import Final

from domain.units import Microseconds
from planner.book.model import Break, CapPer, PositionRequest
from planner.book.read import Booked
from planner.check.alone import ALONE_RULES, Scene, too_long
from planner.check.facts import Ad, Facts, in_seconds
from planner.check.pairs import PAIR_RULES
from planner.check.violation import Violation
from planner.problem import Rule

PodRule = Callable[[Scene, int, Sequence[Ad]], Iterator[str]]
Reasons = tuple[tuple[Rule, str], ...]

POD: Final = "pod"


def length(scene: Scene, duration: int, pod: Sequence[Ad]) -> Iterator[str]:
    """It fits into the break."""
    del scene
    total = sum(ad.duration for ad in pod)
    if total > duration:
        yield f"{in_seconds(total)} s of ads in a break of {in_seconds(duration)} s"


def minimum_fill(scene: Scene, duration: int, pod: Sequence[Ad]) -> Iterator[str]:
    """It has at least so many seconds of ads."""
    del duration
    total = in_seconds(sum(ad.duration for ad in pod))
    if total < scene.brk.minimum_fill:
        yield f"{total} s of ads, at least {scene.brk.minimum_fill} s are asked"


def maximum_ads(scene: Scene, duration: int, pod: Sequence[Ad]) -> Iterator[str]:
    """It has at most so many ads."""
    del duration
    if len(pod) > scene.brk.maximum_ads:
        yield f"{len(pod)} ads, at most {scene.brk.maximum_ads} are allowed"


def repeat(scene: Scene, duration: int, pod: Sequence[Ad]) -> Iterator[str]:
    """No ad stands in it twice, under whatever ids."""
    del scene, duration
    names: dict[str | None, list[str]] = {}
    for ad in pod:
        names.setdefault(ad.spot, []).append(ad.name)
    for each in names.values():
        if len(set(each)) > 1:
            yield f"{' and '.join(dict.fromkeys(each))} are the same ad and stand in it together"
        elif len(each) > 1:
            yield f"{each[0]} stands in it {len(each)} times"


def position(scene: Scene, duration: int, pod: Sequence[Ad]) -> Iterator[str]:
    """Each ad with a position request stands there."""
    del scene, duration
    for slot, ad in enumerate(pod):
        request = ad.campaign.position if ad.campaign is not None else PositionRequest.ANY
        first, last = slot == 0, slot == len(pod) - 1
        kept = {
            PositionRequest.ANY: True,
            PositionRequest.FIRST: first,
            PositionRequest.LAST: last,
            PositionRequest.FIRST_OR_LAST: first or last,
        }[request]
        if not kept:
            yield f"{ad.name} stands {slot + 1} of {len(pod)} and asks {request}"


def cap_break(scene: Scene, duration: int, pod: Sequence[Ad]) -> Iterator[str]:
    """Caps per break, what stands before counted; where that has used one up, ``alone.before`` says so."""
    del duration
    for (of, name), times in Counter(family for ad in pod for family in ad.families()).items():
        limit = scene.facts.limit((of, name), CapPer.BREAK)
        standing = scene.counted[of, name]
        if limit is not None and standing < limit < standing + times:
            yield f"{standing + times} impressions of {of} {name} in the break, its cap is {limit}"


POD_RULES: Final[Mapping[Rule, PodRule]] = {
    Rule.DURATION: length,
    Rule.MINIMUM_FILL: minimum_fill,
    Rule.MAXIMUM_ADS: maximum_ads,
    Rule.REPEAT: repeat,
    Rule.POSITION: position,
    Rule.CAP_BREAK: cap_break,
}


class PodCheck:
    """The rules of one break's pods; what holds for one ad and for a pair is worked out once.

    It keeps a reason for each pair of ads that stood in one pod: at most the square of the book's creatives.
    """

    def __init__(self, facts: Facts, brk: Break) -> None:
        self.facts = facts
        self.brk = brk
        self.scene = Scene(facts, brk)
        self._alone: dict[str, Reasons] = {}
        self._pairs: dict[tuple[str, str], Reasons] = {}

    def __call__(self, duration: Microseconds, pod: Sequence[str], where: str = POD) -> list[Violation]:
        """Everything that is wrong with the creatives ``pod`` in this order in ``duration`` microseconds."""
        unknown = [name for name in dict.fromkeys(pod) if name not in self.facts.ads]
        if unknown:
            return [Violation(Rule.STATED, where, f"{name} is no creative of the book") for name in unknown]
        if not pod:
            return []
        ads = [self.facts.ads[name] for name in pod]
        found = [
            Violation(code, where, reason)
            for code, rule in POD_RULES.items()
            for reason in rule(self.scene, duration, ads)
        ]
        different = list(dict.fromkeys(ads))
        for ad in different:
            found += [Violation(code, where, reason) for code, reason in self.alone(ad)]
        for one, other in combinations(different, 2):
            found += [Violation(code, where, reason) for code, reason in self.pair(one, other)]
        return found

    def alone(self, ad: Ad) -> Reasons:
        """What is wrong with one ad of the book in this break."""
        if ad.name not in self._alone:
            self._alone[ad.name] = tuple(
                (code, reason) for code, rule in ALONE_RULES.items() if (reason := rule(self.scene, ad)) is not None
            )
        return self._alone[ad.name]

    def pair(self, one: Ad, other: Ad) -> Reasons:
        """What is wrong with two ads of the book in one pod."""
        key = (one.name, other.name)
        if key not in self._pairs:
            self._pairs[key] = tuple(
                (code, reason)
                for code, rule in PAIR_RULES.items()
                if (reason := rule(self.facts, one, other)) is not None
            )
        return self._pairs[key]

    def reaches(self, campaign: str, duration: Microseconds) -> list[Ad]:
        """The campaign's ads that may stand in some pod of the break, whoever watches."""
        return [ad for ad in self.facts.by_campaign[campaign] if not self.alone(ad) and too_long(ad, duration) is None]


def check_pod(booked: Booked, brk: Break, duration: Microseconds, pod: Sequence[str]) -> list[Violation]:
    """Check one pod; for many of one break make a ``PodCheck`` once."""
    return PodCheck(Facts(booked), brk)(duration, pod)
