"""What a plan says of one break is what follows from its pods. Each function gives what does not.

Numbers of the plan are compared as integers and fractions: a plan from elsewhere may hold some that no float can.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from fractions import Fraction
from math import ceil, isfinite
from typing import Final

from planner.book.model import Break, PriceKind
from planner.check.facts import Facts, duration_of
from planner.check.history import History
from planner.check.shared import Tally, shortfall
from planner.check.value import TOLERANCE, pod_worth, reserved, sampling
from planner.planfile import BreakFile, DeliveryFile

PART: Final = Fraction(1, 1_000_000)
"""What shares, fill and gap may be off, as they are written in decimals."""


def header(brk: Break, entry: BreakFile) -> Iterator[str]:
    """The duration is one that the book finds plausible, with its probability."""
    for each in brk.durations:
        if each.seconds == entry.duration:
            if abs(each.probability - entry.probability) > TOLERANCE:
                yield f"probability {entry.probability}, the book says {each.probability}"
            return
    yield f"a duration of {entry.duration} s, which the book does not find plausible"


def seats(facts: Facts, entry: BreakFile) -> Iterator[str]:
    """Cohorts, pods, the break and the shares agree about who sees what."""
    cohorts = {cohort.id: cohort.seats for cohort in facts.book.audience.cohorts}
    audience = sum(cohorts.values())
    if entry.seats != audience:
        yield f"{entry.seats} seats, the audience has {audience}"
    given: Counter[str] = Counter()
    placed = 0
    for number, pod in enumerate(entry.pods):
        placed += pod.seats
        given.update(pod.cohorts)
        if pod.cohorts and sum(pod.cohorts.values()) != pod.seats:
            yield f"pod {number} has {pod.seats} seats, its cohorts {sum(pod.cohorts.values())}"
        share = Fraction(pod.seats, audience) if audience else Fraction(0)
        if abs(Fraction(pod.share) - share) > PART:
            yield f"pod {number} has {pod.seats} of {audience} seats, its share is stated as {pod.share}"
    for cohort, count in given.items():
        if cohort not in cohorts:
            yield f"cohort {cohort} is not in the book"
        elif count > cohorts[cohort]:
            yield f"{count} seats of cohort {cohort}, it has {cohorts[cohort]}"
    if placed > audience:
        yield f"{placed} seats have pods, the audience has {audience}"
    shares = sum((Fraction(pod.share) for pod in entry.pods), Fraction(0))
    if shares > 1 + PART:
        yield f"shares add up to {float(shares)}"


def fill(facts: Facts, entry: BreakFile) -> Iterator[str]:
    """The part of the break's viewer seconds that ads fill."""
    filled = sum(pod.seats * sum(facts.ads[name].duration for name in pod.creatives) for pod in entry.pods)
    whole = entry.seats * duration_of(entry.duration)
    expected = Fraction(filled, whole) if whole else Fraction(0)
    if abs(Fraction(entry.fill) - expected) > PART:
        yield f"fill {entry.fill}, its pods fill {float(expected):.6f}"


def value(facts: Facts, brk: Break, entry: BreakFile, found: Tally) -> Iterator[str]:
    """Pods are worth what is stated, and the break is worth them less penalties.

    A pod that names no cohorts is taken at its word: what it is worth depends on who sees it.
    """
    cohorts = {cohort.id: cohort for cohort in facts.book.audience.cohorts}
    named = dict.fromkeys(name for pod in entry.pods for name in pod.cohorts if name in cohorts)
    seen = {name: History(facts, brk, cohorts[name]).seen_in_event() for name in named}
    relative = TOLERANCE + sampling(facts.book.viewing)
    gross = slack = 0
    for number, pod in enumerate(entry.pods):
        if not pod.cohorts:
            gross += pod.value
            continue
        ads = [facts.ads[name] for name in pod.creatives]
        worths = [
            (count, pod_worth(facts.book.viewing, brk, cohorts[name], seen[name], ads))
            for name, count in pod.cohorts.items()
            if name in cohorts
        ]
        worth = round(sum(count * each.value for count, each in worths))
        off = ceil(relative * sum(count * each.size for count, each in worths)) + 1
        gross += worth
        slack += off
        if abs(pod.value - worth) > off:
            yield f"pod {number} is stated to be worth {pod.value} micros, it is worth {worth}"
    penalties = sum((shortfall(each, found).penalty for each in facts.book.campaigns), Fraction(0))
    expected = gross - round(penalties)
    if abs(entry.value - expected) > slack + 1:
        yield f"value {entry.value} micros, pods less penalties are worth {expected}"


def certificate(entry: BreakFile) -> Iterator[str]:
    """The bound is no less than the value, and the gap is their distance over what the pods are worth."""
    if entry.upper_bound < entry.value - 1:
        yield f"upper bound {entry.upper_bound} micros is below the value {entry.value}"
    gross = sum(pod.value for pod in entry.pods)
    distance = max(0, entry.upper_bound - entry.value)
    rounding = len(entry.pods) + 2
    if entry.gap is None:
        if gross > rounding:
            yield f"no gap is stated, and the pods are worth {gross} micros"
    elif not isfinite(entry.gap):
        yield f"a gap of {entry.gap}"
    elif gross > 0:
        gap = Fraction(distance, gross)
        if abs(Fraction(entry.gap) - gap) > PART * (1 + gap) + Fraction(rounding, gross) * (1 + gap):
            yield f"gap {entry.gap}, bound and value are {distance} micros apart with pods worth {gross}"
    elif distance > rounding:
        yield f"gap {entry.gap}, and there is nothing to divide {distance} micros by"
    for name, price in entry.prices.items():
        if not 0 <= price < float("inf"):
            yield f"a price of {price} for {name}"


def delivery(facts: Facts, entry: BreakFile, found: Tally) -> Iterator[str]:
    """Each campaign with impressions, or short of some, is listed once and rightly; payments add up to the revenue."""
    listed = Counter(each.campaign for each in entry.delivery)
    for name, times in listed.items():
        if name not in facts.campaigns:
            yield f"delivery of {name}, which is no campaign of the book"
        elif times > 1:
            yield f"delivery of {name} is listed {times} times"
    for each in entry.delivery:
        if each.campaign in facts.campaigns:
            yield from _delivered(facts, each, found)
    for campaign in facts.book.campaigns:
        short = shortfall(campaign, found).impressions
        if campaign.id not in listed and (found.impressions[campaign.id] or short):
            yield (
                f"{campaign.id} has {found.impressions[campaign.id]} impressions and is short of {short}, "
                "and its delivery is not listed"
            )
    payments = sum(each.payment for each in entry.delivery)
    if entry.revenue != payments:
        yield f"revenue {entry.revenue} micros, payments add up to {payments}"


def _delivered(facts: Facts, stated: DeliveryFile, found: Tally) -> Iterator[str]:
    campaign = facts.campaigns[stated.campaign]
    impressions = found.impressions[campaign.id]
    if stated.impressions != impressions:
        yield f"{campaign.id} is stated to have {stated.impressions} impressions, it has {impressions}"
    most = impressions * reserved(campaign)
    if stated.reserved != most:
        yield f"{campaign.id} is stated to reserve {stated.reserved} micros, it reserves {most}"
    least = {
        PriceKind.CPM: most,
        PriceKind.FIRST_PRICE: most,
        PriceKind.SECOND_PRICE: min(most, impressions * int(campaign.price.floor * 1_000)),
        PriceKind.COMPLETED_VIEW: 0,
    }[campaign.price.kind]
    if not least <= stated.payment <= most:
        yield f"{campaign.id} is stated to pay {stated.payment} micros, it pays {_between(least, most)}"
    short = shortfall(campaign, found).impressions
    if stated.short != short:
        yield f"{campaign.id} is stated to be short of {stated.short} impressions, it is short of {short}"
    if short and not stated.reason:
        yield f"{campaign.id} is short of {short} impressions, and no reason is given"


def _between(least: int, most: int) -> str:
    return str(most) if least == most else f"{least} to {most}"
