"""What the sections of a page share: the plan, its breaks in order of time, and what is known beside it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property

from halftime.event_page.marks import Marks, marked
from halftime.event_page.markup import Html, name, tag
from halftime.event_page.words import finite, money, short_money, whole_money
from planner.eventfile import CampaignFile, EventBreakFile, EventFile, Level, LevelFile


@dataclass(frozen=True, slots=True)
class Spot:
    """What a plan does not say of a creative: whose it is and how many seconds it lasts."""

    campaign: str
    seconds: Decimal


@dataclass(frozen=True)
class View:
    """``before`` is the plan that a what-if is held against."""

    plan: EventFile
    before: EventFile | None
    spots: Mapping[str, Spot]

    @cached_property
    def breaks(self) -> tuple[EventBreakFile, ...]:
        """In order of time; a break's number on the page is its place here, from 1."""
        return tuple(sorted(self.plan.breaks, key=lambda each: (each.at, each.id)))

    @cached_property
    def coming(self) -> tuple[tuple[int, EventBreakFile], ...]:
        """Those that are not over, with their numbers."""
        return tuple((number, each) for number, each in enumerate(self.breaks, 1) if not each.over)

    @cached_property
    def marks(self) -> Marks:
        """Colours and letters of campaigns."""
        return marked(self.plan)

    @cached_property
    def levels(self) -> dict[Level, LevelFile]:
        """The event by audience."""
        return {each.level: each for each in self.plan.levels}

    @cached_property
    def earlier(self) -> dict[str, CampaignFile]:
        """What campaigns got before the what-if."""
        return {each.campaign: each for each in self.before.campaigns} if self.before else {}

    @cached_property
    def ranked(self) -> tuple[CampaignFile, ...]:
        """Campaigns, what needs attention first: short, short if few come, promised, aimed at, the rest by size."""
        return tuple(sorted(self.plan.campaigns, key=_importance))

    def money(self, micros: float) -> str:
        """In full."""
        return money(micros, self.plan.currency)

    def whole_money(self, micros: float) -> str:
        """To the unit."""
        return whole_money(micros, self.plan.currency)

    def short_money(self, micros: float) -> str:
        """In three digits."""
        return short_money(micros, self.plan.currency)


def _importance(each: CampaignFile) -> tuple[float | str, ...]:
    return (
        -finite(each.short.point),
        -finite(each.short.low),
        -(each.guarantee or 0),
        -(each.goal or 0),
        -finite(each.expected.point),
        each.campaign,
    )


def section(id_: str, title: str, *children: Html | None, class_: str = "") -> Html:
    """A part of the page with its heading."""
    heading = tag("h2", title, id=f"{id_}-title")
    return tag("section", heading, *children, id=id_, class_=class_ or None, aria_labelledby=f"{id_}-title")


def booking(each: CampaignFile) -> Html:
    """A campaign's name, and whose it is where that says more."""
    if not each.advertiser or each.advertiser == each.campaign:
        return name(each.campaign)
    return tag("span", name(each.campaign), " ", tag("small", name(each.advertiser)))
