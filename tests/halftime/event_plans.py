"""Event plans for what shows and writes them: figures that could be a night's, by seed."""

from decimal import Decimal
from typing import Any

import numpy as np

from planner.eventfile import (
    AllotmentFile,
    Band,
    BaselineFile,
    CampaignFile,
    Ended,
    EventBreakFile,
    EventFile,
    Level,
    LevelFile,
    ShortReason,
)
from planner.planfile import PodFile

KINDS = ("planned", "half-time", "unplanned")


def band(point: float) -> Band:
    return Band(point=point, low=point * 0.7, surge=point * 1.4)


def night(breaks: int = 40, campaigns: int = 100, seed: int = 1, ended: Ended = Ended.CLOSE) -> EventFile:
    """A night of so many breaks and campaigns; the last two breaks are unplanned, three campaigns fall short."""
    rng = np.random.default_rng(seed)
    audience = 1_000_000.0
    names = [f"brand-{number:02}-autumn" for number in range(campaigns)]
    entries = []
    for number in range(breaks):
        parts = rng.dirichlet(np.full(campaigns, 0.1)) * audience * 4 if campaigns else []
        entries.append(
            EventBreakFile(
                id=f"break-{number:02}",
                kind=KINDS[number % 2] if number < breaks - 2 else KINDS[2],
                at=Decimal(number * 285) + Decimal("0.5") * (number % 2),
                duration=Decimal(120 if number % 3 else 90),
                probability=1.0 if number < breaks - 2 else 0.35,
                over=number < 1,
                viewers=band(audience),
                value=band(float(rng.integers(20, 60)) * 1e9),
                fill=0.97,
                pods=(PodFile(creatives=("a-30", "b-15"), share=0.6, seats=600_000, value=10),),
                others=0.4,
                allotments=tuple(
                    AllotmentFile(campaign=name, expected=band(float(part)), price=float(rng.uniform(0, 12_000)))
                    for name, part in zip(names, parts, strict=True)
                    if part >= 1.0
                ),
            )
        )
    sold = [campaign(names[number], number, rng) for number in range(campaigns)]
    levels = [
        LevelFile(
            level=level,
            viewers=audience * breaks * scale,
            value=int(1_500_000e6 * scale),
            upper_bound=int(1_506_601e6 * scale),
            gap=0.00441 * scale,
            gross=int(1_510_000e6 * scale),
            fill=0.97,
            impressions=audience * breaks * scale * 4,
            ended=ended,
        )
        for level, scale in ((Level.POINT, 1.0), (Level.LOW, 0.7), (Level.SURGE, 1.4))
    ]
    return EventFile(
        event="The final",
        currency="USD",
        certificate="no plan exceeds upper_bound",
        levels=tuple(levels),
        breaks=tuple(entries),
        campaigns=tuple(sold),
        baselines=(BaselineFile(policy="waterfall", value=1_200_000_000_000, fill=0.9, impressions=1.4e8, short=5e5),),
    )


def campaign(name: str, number: int, rng: np.random.Generator) -> CampaignFile:
    """Every third has a guarantee; the first, fourth and seventh are short of it, the tenth only if fewer come."""
    goal = int(rng.integers(100, 5_000)) * 1000
    fields: dict[str, Any] = {"goal": goal} if number % 3 == 0 else {"budget": int(rng.integers(1, 90)) * 10**9}
    expected, short = float(goal), Band(point=0.0, low=0.0, surge=0.0)
    if number % 3 == 0:
        fields["guarantee"] = goal // 2
        if number < 9:
            expected = goal // 2 - 10_000.0 * (number + 1)
            short = Band(point=10_000.0 * (number + 1), low=15_000.0 * (number + 1), surge=0.0)
            fields |= {"reason": ShortReason.CAP, "detail": "3 per event: so often may the 210,000 who come see it"}
        if number == 9:
            short = Band(point=0.0, low=4_321.0, surge=0.0)
    else:
        fields["reason"] = ShortReason.BUDGET
    return CampaignFile(
        campaign=name,
        advertiser=f"advertiser {number}",
        expected=band(expected),
        reserved=band(expected * 9_000.0),
        short=short,
        price=float(rng.normal(0, 5_000)),
        **fields,
    )


def changed(plan: EventFile, name: str, **fields: Any) -> EventFile:
    """The same plan with fields of one campaign changed."""
    return plan.model_copy(
        update={
            "campaigns": tuple(
                each.model_copy(update=fields) if each.campaign == name else each for each in plan.campaigns
            )
        }
    )


def level_changed(plan: EventFile, **fields: Any) -> EventFile:
    """The same plan with fields of its first level changed."""
    return plan.model_copy(update={"levels": (plan.levels[0].model_copy(update=fields), *plan.levels[1:])})
