"""The hard book planned for every seat: ``planner.gap_seats``, ``planner.illegal_pods``, ``planner.peak_mb``, stages.

Each form runs in a fresh process, so that its peak memory is its own. Greedy serves the same seats of the same book;
the distance from it to the bound is what a plan can close.
"""

from __future__ import annotations

import resource
from dataclasses import dataclass, replace
from multiprocessing import get_context
from time import perf_counter
from typing import Final

import numpy as np

from planner.greedy import greedy_crowd
from planner.legal import all_legal
from planner.price.pricing import Dynamic
from planner.price.threads import Threads
from planner.problem import Ads, Problem, blocks
from planner.seats.assign import assign, best_pods
from planner.seats.plan import AT_ONCE, certified, close, find_prices, quick, upper_bound
from replay.bench.binding import binding
from replay.bench.figures import Figure
from replay.bench.hard_book import Form, HardBook, hard

CORES: Final = 2
SLOTS: Final = 12


@dataclass(frozen=True, slots=True)
class Run:
    """One form at one size. Money in micros, times in seconds; see ``Figure`` names for the rest."""

    form: str
    seats: int
    cohorts: int
    gap: float
    closed: float
    illegal: int
    exceeded: int
    value: float
    bound: float
    greedy: float
    peak_mb: float
    caps: float
    budgets: float
    separations: float
    generating: float
    prices: float
    bounding: float
    serving: float
    greedy_seconds: float


def run(form: Form, seats: int, cohorts: int, *, threads: int = CORES, measured: bool = True, seed: int = 1) -> Run:
    """Plan one hard book; ``measured``: also greedy, what binds, and every pod held against the rules."""
    began = perf_counter()
    book = hard(seed, seats, cohorts, form)
    problem, crowd, shared = book.problem, book.crowd, book.problem.shared
    made = perf_counter()
    with Threads(quick(problem), threads) as rough, Threads(close(problem), threads) as fine:
        prices = find_prices(rough, crowd, shared)
        priced = perf_counter()
        bound = upper_bound(fine, crowd, shared, prices)
        bounded = perf_counter()
        assigned = assign(best_pods(fine), crowd, shared, prices, SLOTS)
        served = perf_counter()
    certificate = certified(problem, crowd, assigned, bound)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    found = Run(
        form=form,
        seats=seats,
        cohorts=cohorts,
        gap=certificate.gap,
        closed=0.0,
        illegal=0,
        exceeded=int((assigned.use > shared.limit)[~shared.at_least].sum()),
        value=certificate.value,
        bound=bound,
        greedy=0.0,
        peak_mb=peak,
        caps=0.0,
        budgets=0.0,
        separations=0.0,
        generating=made - began,
        prices=priced - made,
        bounding=bounded - priced,
        serving=served - bounded,
        greedy_seconds=0.0,
    )
    return _judged(found, book, assigned.pods, prices) if measured else found


def _judged(found: Run, book: HardBook, pods: Ads, prices: np.ndarray[tuple[int, ...], np.dtype[np.float64]]) -> Run:
    began = perf_counter()
    first_come = greedy_crowd(book.problem, book.crowd)
    seconds = perf_counter() - began
    bites = binding(book, pods, prices, lambda rules, worth: Dynamic(rules, worth, dtype=np.float32, rounds=6))
    return replace(
        found,
        closed=(found.value - first_come.value) / max(found.bound - first_come.value, 1.0),
        illegal=illegal(book.problem, book, pods),
        greedy=first_come.value,
        caps=bites.caps,
        budgets=bites.budgets,
        separations=bites.separations,
        greedy_seconds=seconds,
    )


def illegal(problem: Problem, book: HardBook, pods: Ads) -> int:
    """How many of all seats' pods break a rule."""
    return sum(
        int((~all_legal(problem.rules, book.crowd.block(start, stop), pods[start:stop])).sum())
        for start, stop in blocks(len(pods), AT_ONCE)
    )


def apart(form: Form, seats: int, cohorts: int, *, measured: bool = True) -> Run:
    """The same in a fresh process."""
    with get_context("spawn").Pool(1) as pool:
        return pool.apply(run, (form, seats, cohorts), {"measured": measured})


def hard_books(seats: int = 1_000_000, cohorts: int = 2_000) -> list[Figure]:
    """All three forms."""
    figures = []
    for form in Form:
        one = apart(form, seats, cohorts)
        note = (
            f"value {one.value / 1e6:,.0f} of at most {one.bound / 1e6:,.0f}, greedy {one.greedy / 1e6:,.0f}: "
            f"{one.closed:.1%} of the distance closed; limits exceeded {one.exceeded}; bind: caps in {one.caps:.0%} of "
            f"seats, {one.budgets:.0%} of budgets, {one.separations:.0%} of separations; seconds: book "
            f"{one.generating:.1f}, prices {one.prices:.1f}, bound {one.bounding:.1f}, seats {one.serving:.1f} "
            f"(greedy {one.greedy_seconds:.1f}), {CORES} threads"
        )
        figures += [
            Figure(f"planner.gap_seats.{form}", one.gap * 100, "% of value", None, None, (one.gap * 100,), note),
            Figure(f"planner.illegal_pods.{form}", one.illegal, "of all seats", None, None, (one.illegal,)),
            Figure(f"planner.peak_mb.{form}", one.peak_mb, "MB", None, None, (one.peak_mb,)),
        ]
    return figures
