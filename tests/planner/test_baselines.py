"""The baselines do what they are known for, mistakes included, and nothing that is not allowed."""

from __future__ import annotations

import numpy as np
import pytest

from domain.units import Microseconds
from planner.baselines import DensityPremium, lazy_combinations, rank_order
from planner.greedy import greedy
from planner.legal import legal
from planner.plan import Solution
from planner.port import Iterations, Planner
from planner.problem import Family, Kind, PodRules, Position, Problem, Rows, Rule, Shared, Worth
from planner.worth import pod_value
from replay.bench.books import DEMAND, KINDS, Kindred, random_book, random_problem
from replay.bench.planner_value import BASELINES, Compared, compared, markdown, value_figures
from tests.planner.instances import problem as small_problem
from tests.planner.price.exhaustive import every_pod

ONCE = Iterations(1)
SECOND = 1_000_000
PLANNERS: dict[str, Planner] = {
    "rank_order": rank_order,
    "density_premium": DensityPremium(),
    "lazy_combinations": lazy_combinations,
}


def five_bids(seats: int = 1_000) -> Problem:
    """$10 auto and $9 beer at 30 s, $8 auto, $1 food and $0.5 travel at 15 s; 45 s; separation by category."""
    bids = [10.0, 9.0, 8.0, 1.0, 0.5]
    return Problem(
        rules=PodRules(
            durations=np.array([30, 30, 15, 15, 15], dtype=np.int64) * SECOND,
            positions=np.full(5, int(Position.ANY), dtype=np.uint8),
            families=(Family((0, 2), 1, Rule.SEPARATION, "auto"),),
            duration=Microseconds(45 * SECOND),
            minimum_fill=Microseconds(0),
            maximum_ads=5,
        ),
        worth=Worth(instants=np.array([0], dtype=np.int64), survival=np.array([1.0])),
        rows=Rows(
            values=np.array([bids], dtype=np.float32) * 1_000,
            allowed=np.ones((1, 5), dtype=np.bool_),
            seats=np.array([seats], dtype=np.int64),
            ad_time=np.array([3_600 * SECOND], dtype=np.int64),
            required=np.zeros(1, dtype=np.int64),
        ),
        shared=Shared((), (), np.zeros((0, 5)), np.zeros(0), np.zeros(0)),
        tiers=np.ones(5, dtype=np.int64),
    )


def only_pod(solution: Solution) -> tuple[int, ...]:
    (portion,) = solution.portions
    return portion.pod


def test_lazy_combinations_answer_11_dollars_where_17_is_best() -> None:
    problem = five_bids()
    solution = lazy_combinations(problem, stop=ONCE)
    assert only_pod(solution) == (0, 3)
    assert solution.certificate.value == 11_000_000.0
    best = max(
        pod_value(problem.rules, problem.worth, problem.rows.values[0], pod)
        for pod in every_pod(problem.rules)
        if legal(problem.rules, problem.rows, 0, pod) is None
    )
    assert best * 1_000 == 17_000_000.0


def test_rank_order_takes_the_dearest_and_then_what_fits() -> None:
    assert only_pod(rank_order(five_bids(), stop=ONCE)) == (0, 3)


def test_by_price_per_second_the_best_ads_take_the_dear_positions() -> None:
    problem = five_bids()
    early = Problem(
        problem.rules,
        Worth(problem.worth.instants, problem.worth.survival, first=1.1, last=1.3),
        problem.rows,
        problem.shared,
        problem.tiers,
    )
    assert only_pod(DensityPremium()(early, stop=ONCE)) == (1, 2)
    assert only_pod(DensityPremium()(problem, stop=ONCE)) == (2, 1)


def test_two_of_a_category_and_one_of_an_advertiser() -> None:
    problem = five_bids()
    same = np.zeros(5, dtype=np.int64)
    assert only_pod(DensityPremium(advertisers=same)(problem, stop=ONCE)) == (2,)
    wide = PodRules(
        problem.rules.durations, problem.rules.positions, (), Microseconds(120 * SECOND), Microseconds(0), 5
    )
    longer = Problem(wide, problem.worth, problem.rows, problem.shared, problem.tiers)
    assert len(only_pod(DensityPremium()(longer, stop=ONCE))) == 5
    assert only_pod(DensityPremium(categories=same)(longer, stop=ONCE)) == (2, 0)


@pytest.mark.parametrize("name", PLANNERS)
def test_baselines_are_legal_and_keep_hard_limits(name: str) -> None:
    filled = 0
    for seed in range(120):
        problem = small_problem(seed, tiers=1 + seed % 2)
        solution = PLANNERS[name](problem, stop=ONCE)
        seats = np.zeros(len(problem.rows), dtype=np.int64)
        use = np.zeros(len(problem.shared))
        for portion in solution.portions:
            assert legal(problem.rules, problem.rows, portion.row, portion.pod) is None
            seats[portion.row] += portion.seats
            use += problem.shared.use[:, list(portion.pod)].sum(axis=1) * portion.seats
            filled += bool(portion.pod)
        assert (seats == problem.rows.seats).all()
        for kind, used, limit in zip(problem.shared.kinds, use, problem.shared.limit, strict=True):
            assert kind.at_least or used <= limit
        assert repr(PLANNERS[name](problem, stop=ONCE)) == repr(solution)
    assert filled > 80


@pytest.mark.parametrize("name", PLANNERS)
def test_a_budget_is_spent_and_the_next_pod_follows(name: str) -> None:
    problem = five_bids()
    use = np.zeros((1, 5))
    use[0, [0, 2]] = 10_000.0
    limited = Shared((Kind.BUDGET,), ("auto",), use, np.array([1_000_000.0]), np.zeros(1))
    short = Problem(problem.rules, problem.worth, problem.rows, limited, problem.tiers)
    solution = PLANNERS[name](short, stop=ONCE)
    cars = sum(portion.seats for portion in solution.portions if {0, 2} & set(portion.pod))
    assert cars == 100
    others = [portion for portion in solution.portions if portion.pod and not {0, 2} & set(portion.pod)]
    assert {frozenset(portion.pod) for portion in others} == {frozenset({1, 3})}
    assert sum(portion.seats for portion in others) == 900


@pytest.mark.parametrize("kind", KINDS)
def test_random_books_are_what_their_kind_says(kind: Kindred) -> None:
    for seed in range(5):
        book = random_book(seed, kind)
        problem = book.problem
        assert repr(random_problem(seed, kind)) == repr(problem)
        assert 30 <= problem.rules.ads <= 60
        assert 20 <= len(problem.rows) <= 60
        assert len(book.advertisers) == len(book.categories) == problem.rules.ads
        seconds = 0.0
        for row, limited in enumerate(problem.shared.kinds):
            own = problem.shared.use[row] > 0
            if not limited.at_least:
                impressions = problem.shared.limit[row] / problem.shared.use[row, own].mean()
                seconds += impressions * float(problem.rules.durations[own].mean())
        wanted = float(problem.rows.seats @ np.minimum(problem.rows.ad_time, problem.rules.duration))
        low, high = DEMAND[kind]
        assert low * 0.95 <= seconds / wanted <= high * 1.05


def test_column_generation_is_never_below_greedy_and_the_table_says_so() -> None:
    books = compared(3, iterations=10)
    assert [book.kind for book in books] == list(KINDS)
    assert min(book.ratio("greedy") for book in books) >= 1.0
    assert all(set(book.baselines) == set(BASELINES) for book in books)
    figures = {figure.name: figure for figure in value_figures(books)}
    assert figures["planner.value_vs_greedy"].value == min(book.ratio("greedy") for book in books)
    assert figures["planner.value_vs_best_scarce"].value == books[0].ratio_to_best()
    lines = markdown(books).splitlines()
    assert lines[2].startswith(f"| greedy | {books[0].ratio('greedy'):.3f} |")
    assert len({line.count("|") for line in lines[:7]}) == 1


def test_against_itself_greedy_is_worth_as_much() -> None:
    (book,) = compared(1, planner=greedy)
    assert book.ratio("greedy") == 1.0


def test_a_baseline_that_earns_nothing_is_no_measure() -> None:
    with pytest.raises(ValueError, match="scarce book 3: greedy earns"):
        Compared("scarce", 3, 10.0, 0.0, {"greedy": -1.0}).ratio("greedy")
