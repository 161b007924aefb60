"""Small random books of one break in which every rule of a pod and of a viewer's history binds often."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import numpy as np

from planner.book.model import Book
from planner.book.read import Booked, booked

NODES = ("Alcohol", "Beer", "Wine", "Autos", "New cars", "Travel", "Airlines", "Food")
TAGS = ("airliner", "alcohol", "driving")
ADVERTISERS = ("Acme", "Bolt", "Crest", "")
TRAITS = ("adult", "sports", "cars")
LENGTHS = ("6", "10", "10", "15", "15.015", "20", "30.03", "45")
LONGER = ("hour", "day", "event", "lifetime")
WEIGHTS = {
    "separation": 4,
    "advertisers": 2,
    "own_separation": 2,
    "avoid": 4,
    "position": 2,
    "guaranteed": 2,
    "exclusivity": 4,
    "event_exclusivity": 3,
    "roadblock": 3,
    "cap_break": 3,
    "cap": 1,
    "break_kind": 2,
    "targeting": 1,
    "deal": 1,
    "flight": 1,
    "codecs": 2,
    "before": 2,
    "forbidden": 1,
    "unknown": 3,
    "floor": 2,
    "minimum_fill": 2,
    "maximum_ads": 2,
    "load": 1,
    "repeats": 3,
    "gap": 3,
    "registered": 2,
}
"""How often a theme is drawn, against the others: more where its rule seldom is the only one."""
THEMES = tuple(theme for theme, weight in WEIGHTS.items() for _ in range(weight))
THEMED = 5
"""Themes of one book: so many rules at once that they meet, so few that each is often the only one to refuse a pod."""


class Dice:
    """Draws from a seeded generator, as plain Python values; themes of the book come up often, others seldom."""

    def __init__(self, seed: int) -> None:
        self._random = np.random.default_rng(seed)
        self._themes = set(self.some(THEMES, THEMED, least=THEMED))

    def often(self, part: float) -> bool:
        return bool(self._random.random() < part)

    def on(self, theme: str, part: float = 0.7) -> bool:
        assert theme in THEMES, theme
        return self.often(part if theme in self._themes else 0.01)

    def number(self, low: int, high: int) -> int:
        """Both ends included."""
        return int(self._random.integers(low, high + 1))

    def one(self, of: Sequence[Any]) -> Any:
        return of[int(self._random.integers(len(of)))]

    def some(self, of: Sequence[Any], most: int = 2, least: int = 1) -> tuple[Any, ...]:
        """``least`` to ``most``, in any order."""
        count = self.number(least, min(most, len(of)))
        return tuple(of[int(index)] for index in self._random.permutation(len(of))[:count])


def random_book(seed: int, *, ads: tuple[int, int] = (4, 5)) -> Booked:
    """A book of one break "b" and one or two cohorts."""
    dice = Dice(seed)
    campaigns = [_campaign(dice, number) for number in range(dice.number(3, 4))]
    creatives = [_creative(dice, number, campaigns) for number in range(dice.number(*ads))]
    names = [creative["id"] for creative in creatives]
    return booked(
        Book.model_validate(
            {
                "start": "2026-07-19T19:00:00Z",
                "metadata": dice.one(("strict", "strict", "lenient", "inferred")),
                "separation": {
                    "categories": dice.some(NODES) if dice.on("separation") or dice.on("gap", 0.3) else (),
                    "advertisers": dice.on("advertisers") or dice.on("gap", 0.5),
                },
                "caps": _caps(dice, 0.8),
                "viewing": _viewing(dice),
                "campaigns": campaigns,
                "creatives": creatives,
                "breaks": [_break(dice, names)],
                "audience": {"cohorts": [_cohort(dice, number, names) for number in range(dice.number(1, 2))]},
            }
        )
    )


def _campaign(dice: Dice, number: int) -> dict[str, Any]:
    found: dict[str, Any] = {
        "id": f"c{number}",
        "advertiser": "" if dice.on("unknown", 0.1) else dice.one(ADVERTISERS[:3]),
        "price": _price(dice),
        "targeting": _targeting(dice),
        "caps": _caps(dice, 0.3),
    }
    if dice.on("own_separation", 0.6):
        found["separation"] = dice.some(NODES)
    if dice.on("avoid"):
        found["avoid"] = dice.some(TAGS)
    if dice.on("position", 0.5):
        found["position"] = dice.one(("first", "last", "first_or_last"))
    if dice.on("guaranteed", 0.4):
        found |= {"position": dice.one(("first", "last")), "position_guaranteed": True}
    if dice.on("exclusivity", 0.4):
        found |= {"exclusivity": dice.one(("category", "pod")), "exclusive_category": dice.one(NODES)}
    elif dice.on("event_exclusivity", 0.5):
        found |= {"exclusivity": "event", "exclusive_category": dice.one(NODES)}
    if dice.on("roadblock", 0.3):
        found["roadblock"] = True
    if dice.on("deal", 0.4):
        found["deal"] = dice.one(("upfront", "open"))
    if dice.on("flight"):
        found["flight"] = {dice.one(("start", "end")): dice.one(("2026-07-19T20:00:00Z", "2026-07-19T19:30:00Z"))}
    return found


def _price(dice: Dice) -> dict[str, Any]:
    if dice.often(0.15):
        return {"kind": "completed_view", "amount": Decimal(dice.number(1, 40)) / 1000}
    return {"kind": dice.one(("cpm", "first_price", "second_price")), "amount": Decimal(dice.number(5, 60))}


def _targeting(dice: Dice) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for field in ("traits", "every_trait", "not_traits"):
        if dice.on("targeting", 0.15):
            found[field] = dice.some(TRAITS)
    if dice.on("targeting", 0.15):
        found["regions"] = dice.some(("north", "south"))
    if dice.on("targeting", 0.15):
        found["devices"] = dice.some(("tv", "phone"))
    if dice.on("break_kind"):
        found["break_kinds"] = dice.some(("planned", "injury"))
    return found


def _caps(dice: Dice, part: float) -> list[dict[str, Any]]:
    periods = [dice.one(LONGER)] if dice.on("cap", part) else []
    periods += ["break"] if dice.on("cap_break", part) else []
    kinds = ("creative", "campaign", "advertiser")
    return [{"of": dice.one(kinds), "per": per, "limit": dice.one((1, 1, 2))} for per in periods]


def _creative(dice: Dice, number: int, campaigns: Sequence[dict[str, Any]]) -> dict[str, Any]:
    return {
        "id": f"a{number}",
        "campaign": dice.one(campaigns)["id"],
        "duration": dice.one(LENGTHS),
        "advertiser": dice.one(ADVERTISERS) if dice.often(0.1) else "",
        "domains": dice.some(("acme.example", "bolt.example")) if dice.often(0.5) else (),
        "universal_ad_id": dice.one(("AD1", " ad1 ", "ad2")) if dice.on("registered") else "",
        "categories": () if dice.on("unknown", 0.3) else dice.some(NODES),
        "tags": dice.some(TAGS) if dice.on("avoid") else (),
        "codecs": dice.some(("avc1", "hvc1", "mp4a")) if dice.on("codecs") else (),
        "completion": dice.one((1.0, 0.7, 0.25)),
    }


def _viewing(dice: Dice) -> dict[str, Any]:
    found: dict[str, Any] = {"leave_per_minute": 0.04, "first": 1.2, "repeat_cost": Decimal(dice.number(0, 3))}
    if dice.on("load"):
        found["maximum_ad_seconds_per_hour"] = dice.one((30, 45, 60, 75))
    if dice.on("load"):
        found["maximum_ad_seconds"] = dice.one((45, 60, 90))
    if dice.on("repeats"):
        found["maximum_repeats"] = dice.number(1, 2)
    if dice.on("gap"):
        found["separation_gap"] = dice.one((120, 900, 2700))
    return found


def _break(dice: Dice, creatives: Sequence[str]) -> dict[str, Any]:
    found: dict[str, Any] = {
        "id": "b",
        "kind": dice.one(("planned", "planned", "injury")),
        "at": dice.one((0, 1800, 2700, 5400)),
        "durations": [{"seconds": dice.one((30, 45, 60, 90, 120))}],
        "maximum_ads": dice.one((1, 2)) if dice.on("maximum_ads", 0.9) else 6,
        "slate_cost": Decimal(dice.number(0, 2)),
    }
    if dice.on("minimum_fill", 0.5):
        found["minimum_fill"] = dice.one((10, 25, 45))
    if dice.on("floor"):
        found["floor"] = dice.one((Decimal("0.5"), Decimal(1)))
    if dice.on("forbidden", 0.5) or dice.on("unknown"):
        found["forbidden"] = dice.some(NODES, 1)
    if dice.on("codecs"):
        found["codecs"] = dice.some(("avc1", "hvc1", "mp4a"))
    if dice.on("deal"):
        found["deals"] = dice.some(("upfront", "open"))
    if dice.on("before"):
        before: dict[str, Any] = {"creative": dice.one(creatives)} if dice.often(0.6) else {}
        if not before or dice.often(0.2):
            before |= {"advertiser": dice.one(ADVERTISERS), "categories": dice.some(NODES) if dice.often(0.7) else ()}
        found["before"] = [before]
    return found


def _cohort(dice: Dice, number: int, creatives: Sequence[str]) -> dict[str, Any]:
    history = any([dice.on("cap"), dice.on("repeats", 0.9), dice.on("gap", 0.9), dice.on("load")])
    seen = [
        {
            "creative": dice.one(creatives),
            "times": dice.number(1, 2),
            "ago": dice.one((60, 300, 1800, 3599, 3600, 90_000)),
        }
        for _ in range(dice.number(1, 4) if history else 0)
    ]
    return {
        "id": f"k{number}",
        "seats": dice.number(0, 1000),
        "traits": dice.some(TRAITS, 3) if dice.often(0.8) else (),
        "region": dice.one(("north", "south", "")),
        "device": dice.one(("tv", "phone", "")),
        "seen": seen,
        "scores": {name: dice.one((0.0, 0.5, 1.5)) for name in creatives if dice.often(0.3)},
    }
