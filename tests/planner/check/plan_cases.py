"""A small plan by hand, and one unit of data that breaks each rule of a plan.

Of 100 viewers 60 see 12 + 8 + 9 per thousand in 60 s, 30 see 8 in 15 s, 10 see the slate: 1.98 of the currency, and
4,050 of 6,000 viewer seconds filled.
"""

from __future__ import annotations

from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any

from planner.book.read import Booked
from planner.planfile import PlanFile
from planner.problem import Rule
from tests.planner.check.books import LEGAL, book_of, put

PLAN: dict[str, Any] = {
    "breaks": [
        {
            "id": "half",
            "duration": "60",
            "seats": 100,
            "value": 1_980_000,
            "upper_bound": 2_000_000,
            "gap": 20_000 / 1_980_000,
            "fill": 0.675,
            "revenue": 1_980_000,
            "pods": [
                {
                    "creatives": ["acme-30", "bolt-15", "cold-15"],
                    "share": 0.6,
                    "seats": 60,
                    "value": 1_740_000,
                    "cohorts": {"home": 60},
                },
                {"creatives": ["bolt-15"], "share": 0.3, "seats": 30, "value": 240_000, "cohorts": {"home": 30}},
                {"creatives": [], "share": 0.1, "seats": 10, "cohorts": {"home": 10}},
            ],
            "delivery": [
                {"campaign": "acme", "impressions": 60, "reserved": 720_000, "payment": 720_000},
                {"campaign": "bolt", "impressions": 90, "reserved": 720_000, "payment": 720_000},
                {"campaign": "cold", "impressions": 60, "reserved": 540_000, "payment": 540_000},
            ],
            "prices": {"budget acme": 0.5},
            "menu": [
                {"kind": "contingency", "seconds": "60", "creatives": ["acme-30", "bolt-15"], "value": 20_000},
                {"kind": "extension", "seconds": "15", "after": ["acme-30"], "creatives": ["cold-15"], "value": 9_000},
            ],
        }
    ],
    "left_out": [{"creative": "acme-15", "break": "half", "reason": "lost"}],
}


@dataclass(frozen=True)
class PlanCase:
    """``good`` at the place ``at`` of book or plan breaks no rule, and ``bad`` there breaks ``rule`` and no other."""

    rule: Rule
    name: str
    at: str
    good: Any
    bad: Any
    given: dict[str, Any] = field(default_factory=dict)
    says: str = ""

    def set_up(self, value: Any) -> tuple[Booked, PlanFile]:
        documents = {"book": deepcopy(LEGAL), "plan": deepcopy(PLAN)}
        for place, content in {**self.given, self.at: value}.items():
            put(documents, place, content)
        return book_of(documents["book"]), PlanFile.model_validate(documents["plan"])


ENTRY = "plan/breaks/0"
PODS, DELIVERY, MENU = f"{ENTRY}/pods", f"{ENTRY}/delivery", f"{ENTRY}/menu"
ACME, BOLT, COLD = "book/campaigns/acme", "book/campaigns/bolt", "book/campaigns/cold"
HOME = "book/cohorts/home"


def one_short(**changed: object) -> dict[str, object]:
    """Places and contents of a plan that has promised Acme 61 impressions at 50 per thousand short."""
    promise = {f"{ACME}/guarantee": {"impressions": 61, "penalty": "50"}, f"{ENTRY}/value": 1_930_000}
    listed = {"campaign": "acme", "impressions": 60, "reserved": 720_000, "payment": 720_000}
    told = {f"{ENTRY}/gap": 70_000 / 1_980_000, f"{DELIVERY}/0": {**listed, "short": 1, "reason": "viewers", **changed}}
    return {**promise, **told}


CASES = [
    PlanCase(
        Rule.BUDGET,
        "a micro",
        f"{ACME}/budget",
        "0.72",
        "0.719999",
        says="acme reserves 720000 micros, its budget is 719999",
    ),
    PlanCase(Rule.GOAL, "an impression", f"{BOLT}/goal", 90, 89, says="bolt has 90 impressions, its goal is 89"),
    PlanCase(
        Rule.SHARE,
        "part of an impression",
        f"{BOLT}/share_of_voice",
        {"maximum": 0.4286},
        {"maximum": 0.4285},
        says="bolt has 90 of 210 impressions, its maximum share is 0.4285",
    ),
    PlanCase(
        Rule.SEATS,
        "one seat more than the cohort has",
        f"{PODS}/2/cohorts",
        {"home": 10},
        {"home": 11},
        says="101 seats of cohort home, it has 100",
    ),
    PlanCase(Rule.SEATS, "a pod's seats are its cohorts'", f"{PODS}/2/seats", 10, 11, says="pod 2 has 11 seats"),
    PlanCase(
        Rule.SEATS,
        "an unknown cohort",
        f"{PODS}/2/cohorts",
        {"home": 10},
        {"hone": 10},
        says="cohort hone is not in the book",
    ),
    PlanCase(Rule.SEATS, "a share", f"{PODS}/1/share", 0.3, 0.300002, says="its share is stated as 0.300002"),
    PlanCase(
        Rule.SEATS,
        "seats without cohorts",
        f"{PODS}/2",
        {"creatives": [], "share": 0.1, "seats": 10},
        {"creatives": [], "share": 0.11, "seats": 11},
        says="101 seats have pods, the audience has 100",
    ),
    PlanCase(Rule.STATED, "a currency", "plan/currency", "USD", "EUR", says="plan: currency EUR, the book's is USD"),
    PlanCase(Rule.STATED, "a probability", f"{ENTRY}/probability", 1.0, 0.9, says="probability 0.9, the book says 1.0"),
    PlanCase(
        Rule.STATED,
        "the same break twice",
        "plan/breaks",
        PLAN["breaks"],
        [*PLAN["breaks"], *PLAN["breaks"]],
        says="break half at 60 s: is planned twice",
    ),
    PlanCase(
        Rule.STATED,
        "what a pod is worth",
        f"{PODS}/1/value",
        240_002,
        240_003,
        says="pod 1 is stated to be worth 240003 micros, it is worth 240000",
    ),
    PlanCase(
        Rule.STATED,
        "what the break is worth",
        f"{ENTRY}/value",
        1_980_007,
        1_980_008,
        says="value 1980008 micros, pods less penalties are worth 1980000",
    ),
    PlanCase(
        Rule.STATED,
        "a score that the plan did not know",
        f"{HOME}/scores",
        {"acme-30": 1.0},
        {"acme-30": 1.001},
        says="pod 0 is stated to be worth 1740000 micros, it is worth 1740720",
    ),
    PlanCase(
        Rule.STATED,
        "a repeat that the plan did not know",
        f"{HOME}/seen",
        [{"creative": "bolt-15", "ago": "2701"}],
        [{"creative": "bolt-15", "ago": "2700"}],
        given={"book/viewing/repeat_cost": "0.01"},
        says="pod 1 is stated to be worth 240000 micros, it is worth 239700",
    ),
    PlanCase(
        Rule.STATED,
        "a bound below the value",
        f"{ENTRY}/upper_bound",
        1_979_999,
        1_979_998,
        given={f"{ENTRY}/gap": 0.0},
        says="upper bound 1979998 micros is below the value 1980000",
    ),
    PlanCase(Rule.STATED, "a gap", f"{ENTRY}/gap", 0.010104, 0.010105, says="20000 micros apart"),
    PlanCase(Rule.STATED, "no gap", f"{ENTRY}/gap", 0.010101, None, says="no gap is stated"),
    PlanCase(Rule.STATED, "an endless gap", f"{ENTRY}/gap", 0.010101, float("inf"), says="a gap of inf"),
    PlanCase(Rule.STATED, "a price below 0", f"{ENTRY}/prices", {"a": 0.0}, {"a": -0.1}, says="a price of -0.1 for a"),
    PlanCase(Rule.STATED, "an endless price", f"{ENTRY}/prices", {}, {"a": float("inf")}, says="a price of inf for a"),
    PlanCase(Rule.STATED, "no price", f"{ENTRY}/prices", {}, {"a": float("nan")}, says="a price of nan for a"),
    PlanCase(Rule.STATED, "fill", f"{ENTRY}/fill", 0.675001, 0.675002, says="its pods fill 0.675000"),
    PlanCase(
        Rule.STATED,
        "impressions",
        f"{DELIVERY}/1/impressions",
        90,
        91,
        says="bolt is stated to have 91 impressions, it has 90",
    ),
    PlanCase(
        Rule.STATED,
        "reserved money",
        f"{DELIVERY}/1/reserved",
        720_000,
        719_999,
        says="bolt is stated to reserve 719999 micros, it reserves 720000",
    ),
    PlanCase(
        Rule.STATED,
        "a fixed price that is not paid",
        f"{DELIVERY}/1/payment",
        720_000,
        719_999,
        says="bolt is stated to pay 719999 micros, it pays 720000",
    ),
    PlanCase(
        Rule.STATED,
        "a second price below its floor",
        f"{DELIVERY}/1/payment",
        450_000,
        449_999,
        given={f"{BOLT}/price": {"kind": "second_price", "amount": "8", "floor": "5"}, f"{ENTRY}/revenue": 1_710_000},
        says="bolt is stated to pay 449999 micros, it pays 450000 to 720000",
    ),
    PlanCase(
        Rule.STATED,
        "a bid that is exceeded",
        f"{DELIVERY}/1/payment",
        720_000,
        720_001,
        given={f"{BOLT}/price": {"kind": "first_price", "amount": "8"}},
    ),
    PlanCase(
        Rule.STATED,
        "the revenue",
        f"{ENTRY}/revenue",
        1_980_000,
        1_979_999,
        says="revenue 1979999 micros, payments add up to 1980000",
    ),
    PlanCase(
        Rule.STATED,
        "a delivery that is not listed",
        DELIVERY,
        PLAN["breaks"][0]["delivery"],
        PLAN["breaks"][0]["delivery"][:2],
        says="cold has 60 impressions and is short of 0, and its delivery is not listed",
    ),
    PlanCase(
        Rule.STATED,
        "a delivery listed twice",
        f"{DELIVERY}/2/campaign",
        "cold",
        "bolt",
        says="delivery of bolt is listed 2 times",
    ),
    PlanCase(
        Rule.STATED,
        "a delivery of no campaign",
        f"{DELIVERY}/2/campaign",
        "cold",
        "cool",
        says="delivery of cool, which is no campaign of the book",
    ),
    PlanCase(
        Rule.STATED,
        "a shortfall",
        f"{DELIVERY}/0/short",
        1,
        0,
        given=one_short(),
        says="acme is stated to be short of 0 impressions, it is short of 1",
    ),
    PlanCase(
        Rule.STATED,
        "a shortfall without a reason",
        f"{DELIVERY}/0/reason",
        "viewers",
        "",
        given=one_short(),
        says="acme is short of 1 impressions, and no reason is given",
    ),
    PlanCase(
        Rule.STATED,
        "a promise that is not kept",
        f"{ACME}/guarantee",
        {"impressions": 60, "penalty": "0"},
        {"impressions": 61, "penalty": "0"},
        says="acme is stated to be short of 0 impressions, it is short of 1",
    ),
    PlanCase(
        Rule.STATED,
        "a minimum share that is not kept",
        f"{ACME}/share_of_voice",
        {"minimum": 0.2857},
        {"minimum": 0.2858},
        says="acme is stated to be short of 0 impressions, it is short of 1",
    ),
    PlanCase(
        Rule.STATED,
        "a penalty that is not counted",
        f"{ACME}/guarantee",
        {"impressions": 61, "penalty": "50"},
        {"impressions": 61, "penalty": "50.01"},
        given=one_short(),
        says="value 1930000 micros, pods less penalties are worth 1929990",
    ),
    PlanCase(
        Rule.STATED,
        "an ad without a reason",
        "plan/left_out",
        PLAN["left_out"],
        [],
        says="acme-15 stands in no pod, and no reason is given",
    ),
    PlanCase(
        Rule.STATED,
        "an ad in a pod that nobody sees",
        "plan/left_out",
        PLAN["left_out"],
        [],
        given={PODS: [*PLAN["breaks"][0]["pods"], {"creatives": ["acme-15"], "share": 0.0}]},
        says="acme-15 stands in no pod",
    ),
    PlanCase(
        Rule.STATED,
        "an ad left out and in",
        "plan/left_out",
        PLAN["left_out"],
        [*PLAN["left_out"], {"creative": "cold-15", "break": "half", "reason": "lost"}],
        says="cold-15 is left out, and stands in a pod",
    ),
    PlanCase(
        Rule.STATED,
        "an ad left out twice",
        "plan/left_out",
        PLAN["left_out"],
        PLAN["left_out"] * 2,
        says="acme-15 is left out twice",
    ),
    PlanCase(
        Rule.STATED,
        "an unknown ad left out",
        "plan/left_out",
        PLAN["left_out"],
        [*PLAN["left_out"], {"creative": "dune-15", "break": "half", "reason": "lost"}],
        says="dune-15 is left out, and is no creative of the book",
    ),
    PlanCase(
        Rule.STATED,
        "an ad left out of another break",
        "plan/left_out",
        PLAN["left_out"],
        [*PLAN["left_out"], {"creative": "acme-15", "break": "full", "reason": "lost"}],
        says="break full: acme-15 is left out of a break that is not planned",
    ),
    PlanCase(
        Rule.STATED,
        "a rule that does not keep it out",
        "book/creatives/acme-15/codecs",
        ["hvc1"],
        ["avc1"],
        given={
            "book/breaks/half/codecs": ["avc1"],
            "plan/left_out": [{"creative": "acme-15", "break": "half", "reason": "codecs"}],
        },
        says="acme-15 is left out because of codecs, which does not hold",
    ),
    PlanCase(
        Rule.STATED,
        "a length that does not keep it out",
        "book/creatives/acme-15/duration",
        "60.000001",
        "60",
        given={"plan/left_out": [{"creative": "acme-15", "break": "half", "reason": "duration"}]},
        says="acme-15 is left out because of duration, which does not hold",
    ),
    PlanCase(
        Rule.STATED,
        "an unknown kind of menu",
        f"{MENU}/0/kind",
        "contingency",
        "emergency",
        says="menu 0: kind emergency, contingency or extension is expected",
    ),
    PlanCase(
        Rule.STATED,
        "an unknown ad in a menu",
        f"{MENU}/0/creatives",
        ["acme-30"],
        ["acme-31"],
        says="menu 0: acme-31 is no creative of the book",
    ),
    PlanCase(
        Rule.STATED,
        "a menu for no time",
        f"{MENU}/0/seconds",
        "0.000001",
        "0",
        given={f"{MENU}/0/creatives": []},
        says="menu 0: 0 s, more than 0",
    ),
    PlanCase(
        Rule.STATED,
        "an endless menu",
        f"{MENU}/0/seconds",
        "3600",
        "1E+999999",
        says="menu 0: 1E+999999 s, more than 0 and at most 3600 are expected",
    ),
    PlanCase(
        Rule.DURATION,
        "a contingency pod",
        f"{MENU}/0/seconds",
        "45",
        "44.9",
        says="menu 0: 45.000000 s of ads in a break of 44.900000 s",
    ),
    PlanCase(
        Rule.DURATION,
        "an extension",
        f"{MENU}/1/seconds",
        "15",
        "14",
        says="menu 1: 45.000000 s of ads in a break of 44.000000 s",
    ),
    PlanCase(Rule.ADVERTISER, "an extension's pair", f"{MENU}/1/creatives", ["cold-15"], ["acme-15"]),
    PlanCase(
        Rule.TARGETING,
        "a contingency pod for anyone",
        f"{BOLT}/targeting",
        {"not_traits": ["child"]},
        {"traits": ["sport"]},
        says="menu 0: bolt-15 is for sport",
    ),
    PlanCase(
        Rule.POSITION, "a pod's rule", f"{BOLT}/position", "any", "first", given={MENU: []}, says="pod 0: bolt-15"
    ),
    PlanCase(
        Rule.TARGETING,
        "a cohort's rule",
        f"{COLD}/targeting",
        {"regions": ["north"]},
        {"regions": ["south"]},
        says="pod 0, cohort home: cold-15 is for south, not for region north",
    ),
]
