"""A night's plans, one for each audience, become the file of the event: names, bands, and why promises are not kept."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import cached_property, partial
from typing import Final

import numpy as np

from planner.book.model import Break, Campaign
from planner.book.read import Booked
from planner.book.timeline import most_probable
from planner.build.prices import microseconds_of, reserve
from planner.decide.entry import decimal_seconds
from planner.event.answer import NightPlan
from planner.event.figures import LEAST_PRICE, Figures, ceiling
from planner.event.shortfall import Shortfalls
from planner.event.stage import Staged
from planner.eventfile import (
    AllotmentFile,
    Band,
    CampaignFile,
    CapFile,
    Ended,
    EventBreakFile,
    EventFile,
    Level,
    LevelFile,
)
from planner.planfile import PodFile
from planner.problem import Floats, Integers

SHOWN: Final = 12
"""Pods of a break, the most seen first."""
CERTIFICATE: Final = (
    "upper_bound is what no plan can exceed in which this audience, expected viewers by cohort and break, sees legal "
    "pods within these limits: the sum of prices times limits, those of caps by cohort among them, and for each cohort "
    "and break the most that a legal pod is worth at these prices (weak duality). Caps limit what all viewers of a "
    "cohort can see together: each the lesser of the cap and the breaks attended. value is what the stated pods are "
    "worth less the penalties of shortfalls, in expected viewers. gap = (upper_bound - value) / value before penalties."
)


def event_file(
    booked: Booked,
    staged: Mapping[Level, Staged],
    plans: Mapping[Level, NightPlan],
    ended: Mapping[Level, Ended],
    seed: int,
) -> EventFile:
    """Everything that is told of an event; a level that was not planned is told as the point forecast."""
    levels = [level for level in Level if level in plans]
    told = {level: _Told(booked, staged[level], Figures(staged[level].night, plans[level])) for level in levels}

    def band(figure: Callable[[_Told], float]) -> Band:
        found = {level: figure(told[level]) for level in levels}
        point = found[Level.POINT]
        return Band(point=point, low=found.get(Level.LOW, point), surge=found.get(Level.SURGE, point))

    point = told[Level.POINT]
    shared, prices = point.night.shared, plans[Level.POINT].prices.shared
    return EventFile(
        event=booked.book.name,
        currency=booked.book.currency,
        seed=seed,
        certificate=CERTIFICATE,
        levels=tuple(_level(level, told[level], ended[level]) for level in levels),
        breaks=(
            *(_over(point, number, band) for number in range(len(point.staged.over))),
            *(_break(point, number, band) for number in range(len(point.staged.breaks))),
        ),
        campaigns=tuple(_campaign(point, campaign, band) for campaign in booked.book.campaigns),
        prices={name: float(price) for name, price in zip(shared.names, prices, strict=True) if price > 0.0},
        caps=tuple(_caps(point)),
    )


Banded = Callable[[Callable[["_Told"], float]], Band]


class _Told:
    """One level's plan, with what is asked of it more than once."""

    def __init__(self, booked: Booked, staged: Staged, figures: Figures) -> None:
        self.staged = staged
        self.night = staged.night
        self.figures = figures
        self.shortfalls = Shortfalls(booked, staged, figures)
        self.impressions = figures.by_campaign()
        self.columns = {
            name: np.flatnonzero([each == name for each in self.night.campaigns])
            for name in dict.fromkeys(self.night.campaigns)
        }
        self.scenes = [
            np.array([at for at, scene in enumerate(staged.night.scenes) if scene.brk == number], dtype=np.int64)
            for number in range(len(staged.breaks))
        ]
        self.delivered: dict[str, int] = {}
        for each in staged.delivered.deliveries:
            self.delivered[each.campaign] = self.delivered.get(each.campaign, 0) + each.impressions

    @cached_property
    def reach_costs(self) -> Floats:
        """float64[S, J], see ``Figures``."""
        return self.figures.reach_costs()

    def expected(self, campaign: str) -> float:
        """Impressions that still come."""
        return float(self.impressions[campaign].sum()) if campaign in self.impressions else 0.0

    def of_break(self, number: int, by_scene: Floats) -> float:
        """A figure of a break, should it come."""
        return float(by_scene[self.scenes[number]].sum()) / self.staged.breaks[number].probability


def _level(level: Level, told: _Told, ended: Ended) -> LevelFile:
    figures = told.figures
    certificate = figures.plan.certificate
    if not math.isfinite(certificate.upper_bound):
        certificate = replace(certificate, upper_bound=max(certificate.value, ceiling(told.night)))
    return LevelFile(
        level=level,
        viewers=float(figures.viewers.sum()),
        value=math.floor(certificate.value),
        upper_bound=math.ceil(certificate.upper_bound),
        gap=certificate.gap if math.isfinite(certificate.gap) else None,
        gross=math.floor(certificate.gross),
        fill=figures.fill(np.arange(len(told.night.scenes), dtype=np.int64)),
        impressions=float(figures.placed.sum()),
        ended=ended,
    )


def _campaign(point: _Told, campaign: Campaign, band: Banded) -> CampaignFile:
    delivered = point.delivered.get(campaign.id, 0)
    reason, detail = point.shortfalls.why(campaign, point.expected(campaign.id))
    expected = band(lambda told: delivered + told.expected(campaign.id))
    cost = reserve(campaign)
    return CampaignFile(
        campaign=campaign.id,
        advertiser=campaign.advertiser,
        tier=campaign.tier,
        goal=campaign.goal,
        budget=None if campaign.budget is None else int(campaign.budget * 1_000_000),
        guarantee=None if campaign.guarantee is None else campaign.guarantee.impressions,
        expected=expected,
        reserved=Band(point=expected.point * cost, low=expected.low * cost, surge=expected.surge * cost),
        short=band(lambda told: told.shortfalls.short(campaign)),
        reason=reason,
        detail=detail,
        price=_limit_price(point, campaign.id),
        delivered=delivered,
    )


def _limit_price(point: _Told, campaign: str) -> float:
    """Micros of one impression at the prices of what all share: on average over what is placed of its ads."""
    own = point.columns.get(campaign)
    if own is None:
        return 0.0
    costs = point.night.shared.costs(point.figures.plan.prices.shared)[own]
    placed = point.figures.placed[:, own].sum(axis=0)
    return _mean(costs, placed if placed.sum() > 0.0 else np.ones(len(costs)))


def _break(point: _Told, number: int, band: Banded) -> EventBreakFile:
    brk, figures = point.staged.breaks[number], point.figures
    likely = _likely(point, number)
    viewers = float(figures.viewers[likely])
    pods = figures.pods(likely) if viewers > 0.0 else []
    weight = point.night.scenes[likely].weight
    listed = tuple(
        PodFile(
            creatives=names, share=min(1.0, seats / viewers), seats=round(seats / weight), value=round(value / weight)
        )
        for names, seats, value in pods[:SHOWN]
    )
    return EventBreakFile(
        id=brk.id,
        kind=brk.kind,
        at=brk.at,
        duration=decimal_seconds(point.night.scenes[likely].duration),
        probability=brk.probability,
        viewers=band(lambda told: told.of_break(number, told.figures.viewers)),
        value=band(lambda told: told.of_break(number, told.figures.values)),
        fill=figures.fill(point.scenes[number]),
        pods=listed,
        others=max(0.0, 1.0 - sum(pod.share for pod in listed)) if len(pods) > SHOWN else 0.0,
        allotments=tuple(_allotments(point, number, band)),
    )


def _likely(point: _Told, number: int) -> int:
    """The scene of the break's most probable duration; of equals the first of the book."""
    brk = point.staged.breaks[number]
    length = microseconds_of(most_probable(brk))
    return next(int(at) for at in point.scenes[number] if point.night.scenes[at].duration == length)


def _allotments(point: _Told, number: int, band: Banded) -> list[AllotmentFile]:
    """In the book's order of the campaigns' ads."""
    found = []
    for campaign in point.columns:
        expected = band(partial(_impressions, number=number, campaign=campaign))
        if max(expected.point, expected.low, expected.surge) > 0.0:
            price = _price(point, campaign, point.scenes[number])
            found.append(AllotmentFile(campaign=campaign, expected=expected, price=price))
    return found


def _impressions(told: _Told, *, number: int, campaign: str) -> float:
    """A campaign's in a break, should it come; not every audience admits every campaign."""
    return told.of_break(number, told.impressions[campaign]) if campaign in told.impressions else 0.0


def _price(point: _Told, campaign: str, scenes: Integers) -> float:
    """Micros of one impression: shared limits, and caps on average over who sees it."""
    own = point.columns[campaign]
    shared, prices = point.night.shared, point.figures.plan.prices.shared
    signed = np.where(shared.at_least, -prices, prices)
    costs, placed = [], []
    for number in scenes.tolist():
        scene = point.night.scenes[number]
        limits = np.zeros(len(point.night.ads))
        limits[scene.ads] = np.einsum("i,ij->j", signed, scene.use)
        costs.append(limits[own] + point.reach_costs[number][own])
        placed.append(point.figures.placed[number][own])
    return _mean(np.concatenate(costs), np.concatenate(placed))


def _mean(figures: Floats, weights: Floats) -> float:
    total = float(weights.sum())
    return float((figures * weights).sum()) / total if total > 0.0 else float(figures.mean())


def _caps(point: _Told) -> list[CapFile]:
    """The dearest first."""
    found = []
    for name, prices in point.figures.binding():
        binds = prices >= LEAST_PRICE
        found.append(CapFile(name=name, cohorts=int(binds.sum()), price=float(prices[binds].mean())))
    return sorted(found, key=lambda cap: (-cap.cohorts * cap.price, cap.name))


def _over(point: _Told, number: int, band: Banded) -> EventBreakFile:
    """A break that was over when planning began: what was delivered in it stands for what is expected."""
    brk: Break = point.staged.over[number]
    delivered: dict[str, int] = {}
    for each in point.staged.delivered.deliveries:
        if each.brk == brk.id:
            delivered[each.campaign] = delivered.get(each.campaign, 0) + each.impressions
    return EventBreakFile(
        id=brk.id,
        kind=brk.kind,
        at=brk.at,
        duration=most_probable(brk),
        probability=brk.probability,
        over=True,
        viewers=band(lambda told: float(told.staged.past[number].sum())),
        value=Band(point=0.0, low=0.0, surge=0.0),
        fill=0.0,
        allotments=tuple(
            AllotmentFile(campaign=name, expected=Band(point=count, low=count, surge=count), price=0.0)
            for name, count in delivered.items()
        ),
    )
