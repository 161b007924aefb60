"""Small random events as people write them, in which ads are left out for every sort of reason."""

from __future__ import annotations

from typing import Any

import numpy as np

NODES = ("Alcohol", "Beer", "Autos", "Travel", "Food")
TRAITS = ("adult", "sports", "young")
REGIONS = ("north", "south")
PARTS = {
    "budget": 0.5,
    "goal": 0.15,
    "guarantee": 0.3,
    "share": 0.08,
    "targeting": 0.4,
    "break_kinds": 0.1,
    "flight": 0.08,
    "caps": 0.45,
    "separation": 0.1,
    "position": 0.1,
    "guaranteed": 0.03,
    "exclusive": 0.08,
    "roadblock": 0.02,
    "deal": 0.1,
    "tier": 0.1,
}
"""How often a campaign has what."""


class Dice:
    """Draws from a seeded generator, as plain Python values."""

    def __init__(self, seed: int) -> None:
        self._random = np.random.default_rng([seed, 29])

    def often(self, part: float) -> bool:
        return bool(self._random.random() < part)

    def number(self, low: int, high: int) -> int:
        """Both ends included."""
        return int(self._random.integers(low, high + 1))

    def one(self, of: Any) -> Any:
        return of[int(self._random.integers(len(of)))]

    def some(self, of: Any, most: int) -> list[Any]:
        """One to ``most``, no two alike."""
        return [of[int(each)] for each in self._random.permutation(len(of))[: self.number(1, most)]]


def random_event(seed: int) -> dict[str, Any]:
    """A document of 3 to 5 breaks, 2 to 5 cohorts and 6 to 12 campaigns; the same for the same seed."""
    dice = Dice(seed)
    campaigns = [_campaign(dice, number) for number in range(dice.number(6, 12))]
    creatives = [
        _creative(dice, f"{campaign['id']}-{letter}", campaign["id"])
        for campaign in campaigns
        for letter in ("a", "b")[: dice.number(1, 2)]
    ]
    names = [each["id"] for each in creatives]
    return {
        "name": f"event {seed}",
        "start": "2027-01-09T20:00:00Z",
        "metadata": dice.one(("strict", "lenient")),
        "separation": {
            "categories": dice.some(NODES, 2) if dice.often(0.4) else [],
            "advertisers": dice.often(0.8),
        },
        "caps": [{"of": "creative", "per": "event", "limit": 2}] if dice.often(0.15) else [],
        "viewing": _viewing(dice),
        "campaigns": campaigns,
        "creatives": creatives,
        "breaks": [_break(dice, number, names) for number in range(dice.number(3, 5))],
        "audience": {"cohorts": [_cohort(dice, number, names) for number in range(dice.number(2, 5))]},
        "forecast": {
            "turnover": dice.one((1.0, 1.2)),
            "stay": dice.one((0.0, 0.5, 1.0)),
            "curve": [{"at": at, "share": dice.number(4, 10) / 10} for at in (0, 1800, 3600, 6000)],
        },
    }


def _campaign(dice: Dice, number: int) -> dict[str, Any]:
    has = {name: dice.often(part) for name, part in PARTS.items()}
    amount = dice.number(4, 40)
    found: dict[str, Any] = {
        "id": f"c{number}",
        "advertiser": dice.one(("Acme", "Bolt")) if dice.often(0.15) else f"advertiser {number}",
        "price": {"kind": dice.one(("cpm", "cpm", "first_price", "second_price")), "amount": amount},
    }
    if dice.often(0.1):
        found["price"] = {"kind": "completed_view", "amount": amount / 1000}
    if has["budget"]:
        found["budget"] = amount * dice.number(0, 30) / 10
    if has["goal"]:
        found["goal"] = dice.number(0, 3000)
    if has["guarantee"]:
        found["guarantee"] = {"impressions": dice.number(100, 2500), "penalty": dice.number(5, 80)}
    if has["share"]:
        found["share_of_voice"] = dice.one(({"maximum": 0.1}, {"minimum": 0.1, "penalty": 30}))
    if has["targeting"]:
        field, of = dice.one(
            (("traits", TRAITS), ("every_trait", TRAITS), ("not_traits", TRAITS), ("regions", REGIONS))
        )
        found["targeting"] = {field: dice.some(of, 2)}
    if has["break_kinds"]:
        found.setdefault("targeting", {})["break_kinds"] = [dice.one(("planned", "injury"))]
    if has["flight"]:
        found["flight"] = {dice.one(("start", "end")): "2027-01-09T20:40:00Z"}
    if has["caps"]:
        per = dice.one(("event", "event", "hour", "lifetime", "break"))
        found["caps"] = [
            {"of": dice.one(("campaign", "creative", "advertiser")), "per": per, "limit": dice.one((1, 1, 2))}
        ]
    if has["separation"]:
        found["separation"] = dice.some(NODES, 1)
    if has["position"] or has["guaranteed"]:
        found["position"] = dice.one(("first", "last"))
        found["position_guaranteed"] = has["guaranteed"]
    if has["exclusive"]:
        found |= {"exclusivity": dice.one(("category", "pod", "event")), "exclusive_category": dice.one(NODES)}
    if has["roadblock"]:
        found["roadblock"] = True
    if has["deal"]:
        found["deal"] = "upfront"
    if has["tier"]:
        found["tier"] = 2
    return found


def _creative(dice: Dice, name: str, campaign: str) -> dict[str, Any]:
    found: dict[str, Any] = {
        "id": name,
        "campaign": campaign,
        "duration": dice.one((10, 15, 15, 20, 30, 30, 60)),
        "categories": dice.some(NODES, 2) if dice.often(0.9) else [],
        "completion": dice.one((1.0, 0.8)),
    }
    if dice.often(0.1):
        found["codecs"] = ["hvc1"]
    return found


def _viewing(dice: Dice) -> dict[str, Any]:
    found: dict[str, Any] = {"leave_per_minute": dice.one((0, 0.05)), "first": dice.one((1.0, 1.1))}
    if dice.often(0.3):
        found["repeat_cost"] = dice.number(1, 4)
    if dice.often(0.2):
        found["maximum_repeats"] = dice.number(1, 3)
    if dice.often(0.15):
        found["maximum_ad_seconds"] = dice.one((60, 120))
    if dice.often(0.15):
        found["separation_gap"] = 1800
    if dice.often(0.2):
        found |= {"load_cost": 0.3, "load_free": 30}
    return found


def _break(dice: Dice, number: int, creatives: list[str]) -> dict[str, Any]:
    found: dict[str, Any] = {
        "id": f"b{number}",
        "kind": dice.one(("planned", "planned", "injury")),
        "at": 1200 * number + 60,
        "durations": [{"seconds": dice.one((30, 45, 60))}],
        "maximum_ads": dice.number(1, 4),
    }
    if dice.often(0.25):
        found["durations"] = [{"seconds": 30, "probability": 0.5}, {"seconds": 60, "probability": 0.5}]
    if dice.often(0.25):
        found["probability"] = 0.6
    if dice.often(0.15):
        found["minimum_fill"] = 20
    if dice.often(0.3):
        found["slate_cost"] = 0.05
    if dice.often(0.15):
        found["floor"] = 0.8
    if dice.often(0.2):
        found["forbidden"] = dice.some(NODES, 1)
    if dice.often(0.15):
        found["codecs"] = ["avc1"]
    if dice.often(0.1):
        found["deals"] = ["upfront"]
    if dice.often(0.1):
        found["before"] = [{"creative": dice.one(creatives)}]
    return found


def _cohort(dice: Dice, number: int, creatives: list[str]) -> dict[str, Any]:
    seen = {"creative": dice.one(creatives), "times": dice.number(1, 2), "ago": dice.one((60, 2400, 90_000))}
    return {
        "id": f"k{number}",
        "seats": 0 if dice.often(0.05) else dice.number(50, 1500),
        "traits": dice.some(TRAITS, 2) if dice.often(0.8) else [],
        "region": dice.one((*REGIONS, "")),
        "seen": [seen] if dice.often(0.25) else [],
        "scores": {name: dice.one((0, 0.5, 1.5)) for name in creatives if dice.often(0.1)},
    }
