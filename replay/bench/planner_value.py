"""planner.value_vs_<baseline>: what plans are worth against others' ways of planning, over random books.

The planner is column generation with the greedy plan as a candidate and a fixed number of iterations; the pricing in it
branches little, so that a run takes minutes. A ratio is our plan's value over the baseline's, both whole seats, less
penalties. The best baseline is the best for that book.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np

from planner.baselines import DensityPremium, lazy_combinations, rank_order
from planner.greedy import greedy
from planner.master.generation import ColumnGeneration
from planner.port import Iterations, Planner
from planner.price.port import Pricing
from planner.price.pricing import Dynamic
from planner.problem import PodRules, Worth
from replay.bench.books import KINDS, Kindred, RandomBook, random_book
from replay.bench.figures import Figure

BASELINES: Final = ("greedy", "rank_order", "density_premium", "lazy_combinations")
WANTED: Final[Mapping[str, float]] = {
    "greedy": 1.0,
    "rank_order": 0.99,
    "density_premium": 0.99,
    "lazy_combinations": 0.99,
}
"""Worst ratio that is accepted; the greedy plan is a candidate and so cannot win."""
WANTED_SCARCE: Final = 1.05
"""Mean ratio to the best baseline on scarce books."""


@dataclass(frozen=True, slots=True)
class Compared:
    """One book: micros of our plan and of each baseline's, and how far ours may be from the best."""

    kind: Kindred
    seed: int
    value: float
    gap: float
    baselines: Mapping[str, float]

    def ratio(self, baseline: str) -> float:
        """Ours over theirs. Raises ``ValueError`` where theirs is worth nothing: the book says nothing then."""
        theirs = self.baselines[baseline]
        if theirs <= 0.0:
            raise ValueError(f"{self.kind} book {self.seed}: {baseline} earns {theirs}, expected more than 0")
        return self.value / theirs

    def ratio_to_best(self) -> float:
        """Ours over the best of theirs."""
        return min(self.ratio(baseline) for baseline in self.baselines)


def column_generation(ascents: int = 12) -> Planner:
    """The planner that is compared, with pricing that is quick and bounds that are less tight."""
    return ColumnGeneration(_pricing, (greedy,), ascents=ascents)


def compared(
    books: int = 200, iterations: int = 24, planner: Planner | None = None, *, first: int = 0
) -> list[Compared]:
    """Random books number ``first`` and up, the kinds in turn, each planned by ``planner`` and by all baselines."""
    ours = planner or column_generation()
    found = []
    for number in range(first, first + books):
        kind, seed = KINDS[number % len(KINDS)], number // len(KINDS)
        book = random_book(seed, kind)
        certificate = ours(book.problem, stop=Iterations(iterations, gap=1e-3)).certificate
        theirs = {
            name: baseline(book.problem, stop=Iterations(1)).certificate.value
            for name, baseline in _baselines(book).items()
        }
        found.append(Compared(kind, seed, certificate.value, certificate.gap, theirs))
    return found


def value_figures(books: Sequence[Compared]) -> list[Figure]:
    """A figure for each baseline, and one for the best of them on scarce books."""
    figures = []
    for baseline in BASELINES:
        ratios = {kind: [book.ratio(baseline) for book in books if book.kind == kind] for kind in KINDS}
        worst = min(book.ratio(baseline) for book in books)
        told = ", ".join(f"{kind} {min(each):.3f} and {np.mean(each):.3f}" for kind, each in ratios.items() if each)
        runs = tuple(float(number) for each in ratios.values() if each for number in (min(each), np.mean(each)))
        wanted = WANTED[baseline]
        note = f"worst of {len(books)} books; worst and mean by kind: {told}; wanted at least {wanted:g}"
        figures.append(Figure(f"planner.value_vs_{baseline}", worst, "worst ratio", wanted, worst / wanted, runs, note))
    scarce = [book.ratio_to_best() for book in books if book.kind == "scarce"]
    if scarce:
        mean = float(np.mean(scarce))
        note = f"mean of {len(scarce)} scarce books against the best baseline of each; wanted at least {WANTED_SCARCE}"
        ratio = mean / WANTED_SCARCE
        name = "planner.value_vs_best_scarce"
        figures.append(Figure(name, mean, "mean ratio", WANTED_SCARCE, ratio, (min(scarce), max(scarce)), note))
    return figures


def planner_value(books: int = 200, iterations: int = 24, *, table: Path | None = None) -> list[Figure]:
    """The benchmark: three to six minutes for 200 books on one core; ``table`` is where Markdown goes, if anywhere."""
    found = compared(books, iterations)
    if table is not None:
        table.parent.mkdir(parents=True, exist_ok=True)
        table.write_text(markdown(found) + "\n", encoding="utf-8")
    return value_figures(found)


def markdown(books: Sequence[Compared]) -> str:
    """The table for the docs: worst and mean ratio by kind and baseline, and our mean certified gap."""
    shown = [kind for kind in KINDS if any(book.kind == kind for book in books)]
    lines = [
        f"| against | {' | '.join(f'{kind}: worst | mean' for kind in shown)} |",
        f"|---|{'---|' * (2 * len(shown))}",
    ]
    for name in (*BASELINES, "best of them"):
        cells = []
        for kind in shown:
            some = [book for book in books if book.kind == kind]
            ratios = [book.ratio(name) if name in BASELINES else book.ratio_to_best() for book in some]
            cells += [f"{min(ratios):.3f}", f"{np.mean(ratios):.3f}"]
        lines.append(f"| {name.replace('_', ' ')} | {' | '.join(cells)} |")
    gaps = ((kind, [book.gap for book in books if book.kind == kind]) for kind in shown)
    told = ", ".join(f"{kind} {np.mean(each):.1%} ({len(each)} books)" for kind, each in gaps)
    return "\n".join([*lines, "", f"Mean gap to our own bound: {told}.", ""])


def _baselines(book: RandomBook) -> dict[str, Planner]:
    planners = (greedy, rank_order, DensityPremium(book.advertisers, book.categories), lazy_combinations)
    return dict(zip(BASELINES, planners, strict=True))


def _pricing(rules: PodRules, worth: Worth) -> Pricing:
    return Dynamic(rules, worth, rounds=3, tolerance=1e-4)
