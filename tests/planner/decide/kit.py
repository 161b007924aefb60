"""Small books in a few words, and their plans."""

from typing import Any

from planner.book.model import Book
from planner.book.read import Booked, booked
from planner.decide.decide import Named, decide
from planner.greedy import greedy
from planner.master.generation import ColumnGeneration
from planner.planfile import BreakFile, LeftOutFile, PlanFile
from planner.port import Iterations
from planner.price.pricing import pricing

BEST = Named("best", ColumnGeneration(pricing, candidates=(greedy,)))


def ad(name: str, seconds: float, amount: float, **fields: Any) -> dict[str, Any]:
    """One creative with a campaign of its own; ``creative`` has fields that are the creative's."""
    creative = fields.pop("creative", {})
    price = fields.pop("price", {"amount": amount})
    campaign = {"id": f"c-{name}", "advertiser": f"a-{name}", "price": price} | fields
    return {
        "campaign": campaign,
        "creative": {"id": name, "campaign": campaign["id"], "duration": seconds, "categories": ["Films"]} | creative,
    }


def book(ads: list[dict[str, Any]], seats: int = 1000, seconds: tuple[float, ...] = (30,), **fields: Any) -> Booked:
    """A book of these ads, one break and one cohort; ``brk`` has fields of the break, ``cohorts`` replace the one."""
    brk = fields.pop("brk", {})
    cohorts = fields.pop("cohorts", [{"id": "all", "seats": seats}])
    document = {
        "campaigns": [each["campaign"] for each in ads],
        "creatives": [each["creative"] for each in ads],
        "breaks": [{"id": "b", "durations": lasting(*seconds)} | brk],
        "audience": {"cohorts": cohorts},
    } | fields
    return booked(Book.model_validate(document))


def lasting(*seconds: float) -> list[dict[str, float]]:
    """Equally likely durations."""
    return [{"seconds": each, "probability": 1 / len(seconds)} for each in seconds]


def planned(made: Booked, planner: Named = BEST, iterations: int = 40) -> PlanFile:
    """The plan of a book's first break."""
    return decide(made, made.book.breaks[0], planner, pricing, lambda _: Iterations(iterations, 1e-9))


def shown(entry: BreakFile) -> dict[tuple[str, ...], int]:
    """Seats by pod, whatever the order in it."""
    return {tuple(sorted(pod.creatives)): pod.seats for pod in entry.pods}


def reasons(plan: PlanFile) -> dict[str, LeftOutFile]:
    """What is left out, by creative."""
    return {each.creative: each for each in plan.left_out}
