"""Can a campaign still be booked: how much of it, and at whose cost.

An event is planned without it and with it, promised as far as its viewers and caps let it through, at a penalty that
nothing else is worth. What all others lose by that is what it costs.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any, Final

import numpy as np
from pydantic import Field, ValidationError

from domain.errors import InputError
from planner.book.disagreement import counted
from planner.book.document import path_of, read_document
from planner.book.fields import Model as BookModel
from planner.book.model import Campaign, Creative, Guarantee
from planner.book.read import Booked, booked
from planner.book.validation import first_fault
from planner.build.prices import micros_of, reserve
from planner.event.answer import NightPlan
from planner.event.figures import Figures, ceiling
from planner.event.shortfall import LEAST, Shortfalls, most_of
from planner.event.stage import Staged
from planner.eventfile import ShortReason
from planner.planfile import Model, Name
from planner.worth import pod_values

DEAR: Final = 10
"""The penalty of the promise, in prices of the dearest campaign: a minute of it holds no more than six ads' worth."""
MOST: Final = 10**12
"""Impressions of a promise, as books have it."""


class LossFile(Model):
    """What another campaign gets without the new one, and with it: impressions, and those short of its promise."""

    campaign: Name
    before: float
    after: float
    short_before: float
    short_after: float


class AvailBreakFile(Model):
    """Expected impressions of the campaign in one break, should it come."""

    id: Name
    expected: float


class AvailsFile(Model):
    """Everything that ``halftime plan avails --json`` prints. Money is micros."""

    event: str
    currency: str
    campaign: Name
    wanted: int | None
    """Its guarantee, else its goal, else what its budget pays for; None if it says none of them."""
    most: float
    """No more of it could be shown in the breaks that are planned, whatever else gave way."""
    expected: float
    """What it gets in the plan with it."""
    reason: ShortReason = ShortReason.NONE
    """Why it does not get what it wants."""
    detail: str = ""
    brings: int
    """What its impressions are worth, by what it declares."""
    costs: int
    """What all others together bring less, penalties of their promises included."""
    uncertain: int
    """What the two plans together may be from their best: so much may ``costs`` be off."""
    losses: tuple[LossFile, ...] = ()
    """The largest first."""
    breaks: tuple[AvailBreakFile, ...] = ()


class _Offer(BookModel):
    campaigns: Annotated[tuple[Campaign, ...], Field(min_length=1, max_length=1)]
    creatives: Annotated[tuple[Creative, ...], Field(min_length=1, max_length=1_000)]


@dataclass(frozen=True, slots=True)
class Side:
    """An event with the campaign, or without it, and its plan."""

    booked: Booked
    staged: Staged
    plan: NightPlan


def read_offer(file: Path, event: Booked, folder: Path) -> tuple[Booked, Campaign]:
    """The event with the campaign of a file, and that campaign.

    The file has a table ``campaigns`` with one entry and ``creatives``, as a book has them; both may be a single table
    as well. ``folder`` is what files are relative to that the event's book names. Raises ``InputError`` that names the
    file and the field.
    """
    document = read_document(file)
    for table in ("campaigns", "creatives"):
        if isinstance(document.get(table), dict):
            document = {**document, table: [document[table]]}
    try:
        offer = _Offer.model_validate(document)
    except ValidationError as error:
        fault, others = first_fault(error)
        where = f"{file}: {path_of(fault.place)}" if fault.place else str(file)
        raise InputError(where, fault.expected, fault.found + counted(others)) from error
    (campaign,) = offer.campaigns
    book = event.book
    known: Mapping[str, Sequence[Any]] = {"campaigns": book.campaigns, "creatives": book.creatives}
    more: Mapping[str, Sequence[Any]] = {"campaigns": offer.campaigns, "creatives": offer.creatives}
    for table, entries in more.items():
        taken = {each.id for each in known[table]}
        for index, each in enumerate(entries):
            if each.id in taken:
                place = path_of((table, index, "id"))
                raise InputError(f"{file}: {place}", "an id that the event has not yet", repr(each.id))
    joined = book.model_copy(update={table: (*known[table], *more[table]) for table in more})
    return booked(joined, str(file), folder), campaign


def wanted(campaign: Campaign) -> int | None:
    """Impressions that a campaign asks for."""
    if campaign.guarantee is not None:
        return campaign.guarantee.impressions
    if campaign.goal is not None:
        return campaign.goal
    if campaign.budget is not None and reserve(campaign) > 0:
        return micros_of(campaign.budget) // reserve(campaign)
    return None


def promised(event: Booked, staged: Staged, campaign: Campaign) -> Booked:
    """The event with the campaign promised as much as it wants, as far as its viewers and caps let it through.

    ``staged`` is the event with the campaign as it was offered.
    """
    most = int(most_of(staged, campaign.id, promised=True))
    asked = wanted(campaign)
    size = min(MOST, most if asked is None else min(most, asked))
    dearest = max(each.price.amount for each in event.book.campaigns)
    penalty = max(dearest * DEAR, Decimal(1), Decimal(0) if campaign.guarantee is None else campaign.guarantee.penalty)
    guarantee = Guarantee(impressions=size, penalty=penalty) if size else None
    campaigns = tuple(
        each.model_copy(update={"guarantee": guarantee}) if each.id == campaign.id else each
        for each in event.book.campaigns
    )
    return Booked(event.book.model_copy(update={"campaigns": campaigns}), event.tree, event.identities)


def avails(campaign: Campaign, before: Side, after: Side) -> AvailsFile:
    """What two plans say: ``before`` without the campaign, ``after`` with it, as ``promised`` made it."""
    without, present = Figures(before.staged.night, before.plan), Figures(after.staged.night, after.plan)
    impressions = present.by_campaign()
    own = impressions.get(campaign.id)
    expected = 0.0 if own is None else float(own.sum())
    brings = after.plan.certificate.gross - _of_others(present, campaign.id)
    penalty = sum(
        float(after.staged.night.shared.penalty[row] * after.plan.short[row])
        for row, name in enumerate(after.staged.night.shared.names)
        if name == f"guarantee {campaign.id}"
    )
    costs = before.plan.certificate.value - (after.plan.certificate.value + penalty - brings)
    asked, most = wanted(campaign), most_of(after.staged, campaign.id, promised=True)
    reason, detail = ShortReason.NONE, ""
    if asked is not None and expected < asked - max(LEAST, 1e-3 * asked):
        stated = campaign.model_copy(update={"guarantee": None, "goal": asked})
        reason, detail = Shortfalls(after.booked, after.staged, present).missing(stated, asked)
    bounds = [min(side.plan.certificate.upper_bound, ceiling(side.staged.night)) for side in (before, after)]
    values = [side.plan.certificate.value for side in (before, after)]
    return AvailsFile(
        event=before.booked.book.name,
        currency=before.booked.book.currency,
        campaign=campaign.id,
        wanted=asked,
        most=most,
        expected=expected,
        reason=reason,
        detail=detail,
        brings=round(brings),
        costs=round(costs),
        uncertain=round(sum(max(0.0, bound - value) for bound, value in zip(bounds, values, strict=True))),
        losses=_losses(before, after, without, present),
        breaks=() if own is None else _breaks(after.staged, own),
    )


def _of_others(figures: Figures, campaign: str) -> float:
    """Micros that the pods are worth without the campaign's ads' own value."""
    total = 0.0
    for number, scene in enumerate(figures.night.scenes):
        each = figures.of_scene(number)
        values = scene.rows.values[each.cohorts]
        values[:, [figures.night.campaigns[ad] == campaign for ad in scene.ads.tolist()]] = 0.0
        total += float((each.seats * pod_values(scene.rules, scene.worth, values, each.pods)).sum())
    return total


def _losses(before: Side, after: Side, without: Figures, present: Figures) -> tuple[LossFile, ...]:
    had, has = without.by_campaign(), present.by_campaign()
    lacked = Shortfalls(before.booked, before.staged, without)
    lacks = Shortfalls(after.booked, after.staged, present)
    found = []
    for campaign in before.booked.book.campaigns:
        was = float(had[campaign.id].sum()) if campaign.id in had else 0.0
        now = float(has[campaign.id].sum()) if campaign.id in has else 0.0
        short, shorter = lacked.short(campaign), lacks.short(campaign)
        if was - now >= LEAST or shorter - short >= LEAST:
            loss = LossFile(campaign=campaign.id, before=was, after=now, short_before=short, short_after=shorter)
            found.append(loss)
    return tuple(sorted(found, key=lambda each: (each.after - each.before, each.campaign)))


def _breaks(staged: Staged, own: np.ndarray[Any, np.dtype[np.float64]]) -> tuple[AvailBreakFile, ...]:
    by_break = np.zeros(len(staged.breaks))
    np.add.at(by_break, [scene.brk for scene in staged.night.scenes], own)
    return tuple(
        AvailBreakFile(id=brk.id, expected=float(seen) / brk.probability)
        for brk, seen in zip(staged.breaks, by_break, strict=True)
        if seen > 0.0
    )
