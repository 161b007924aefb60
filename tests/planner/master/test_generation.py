"""Column generation against linear programs of all columns, integer programs, and plain counting."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from planner.master.generation import ColumnGeneration
from planner.plan import Certificate, Portion, Solution
from planner.port import Iterations, Stop
from planner.problem import Floats, Kind, Problem, Shared
from planner.solvers.lp import maximise
from replay.bench.planner_master import Size, Written, all_columns, master_vs_glop, written_book
from tests.planner.master.whole_truth import (
    EveryPod,
    best_whole_plan,
    dual_bound,
    example,
    in_order,
    single,
    verify,
    whole_program,
)

LONG = Iterations(300)


def close(one: float, other: float, relative: float = 1e-6) -> bool:
    return abs(one - other) <= relative * max(1.0, abs(one), abs(other))


@pytest.mark.parametrize("first", range(0, 400, 50))
def test_the_bound_ends_at_the_optimum_of_all_columns(first):
    for seed in range(first, first + 50):
        problem, columns = example(seed)
        solution = ColumnGeneration(EveryPod)(problem, stop=LONG)
        best = whole_program(problem, columns).objective
        assert close(solution.certificate.upper_bound, best), seed
        assert close(verify(problem, solution), solution.certificate.value), seed
        assert solution.certificate.value <= best + 1e-6 * max(1.0, abs(best)), seed


def test_any_valid_prices_bound_the_optimum():
    random = np.random.default_rng(5)
    for seed in range(100):
        problem, columns = example(seed)
        shared = problem.shared
        best = whole_program(problem, columns).objective
        unit = float(np.abs(problem.rows.values).mean())
        scale = np.where(shared.at_least, shared.penalty, np.where([k is Kind.BUDGET for k in shared.kinds], 1.0, unit))
        for _ in range(5):
            assert dual_bound(problem, random.random(len(shared)) * scale) >= best - 1e-6 * abs(best), seed
        solution = ColumnGeneration(EveryPod)(problem, stop=LONG)
        assert close(dual_bound(problem, solution.prices), solution.certificate.upper_bound), seed


def test_the_best_whole_plan_lies_between_value_and_bound():
    lost = []
    for seed in range(60):
        problem, columns = example(seed)
        best = best_whole_plan(problem, columns)
        certificate = ColumnGeneration(EveryPod)(problem, stop=LONG).certificate
        tolerance = 1e-6 * max(1.0, abs(best))
        assert certificate.value <= best + tolerance, seed
        assert best <= certificate.upper_bound + tolerance, seed
        lost.append((best - certificate.value) / max(1.0, abs(best), certificate.gross))
    # Rows of one or seven seats are common here, and still nearly all is found.
    assert np.mean(lost) < 0.002


@pytest.mark.parametrize("limit", [1, 2, 7, 45])
def test_whenever_it_is_stopped_there_is_a_legal_plan_and_a_bound(limit):
    for seed in range(40):
        problem, columns = example(seed, tiers=1 + seed % 3)
        solution = ColumnGeneration(EveryPod)(problem, stop=Iterations(limit))
        assert close(verify(problem, solution), solution.certificate.value), seed
        if seed % 3 == 0:
            assert solution.iterations <= limit
            best = whole_program(problem, columns).objective
            assert solution.certificate.upper_bound >= best - 1e-6 * max(1.0, abs(best)), seed


def test_tiers_are_lexicographic():
    for seed in range(150):
        problem, columns = example(seed, tiers=3)
        solution = ColumnGeneration(EveryPod)(problem, stop=LONG)
        verify(problem, solution)
        certificate = solution.certificate
        expected = max(in_order(problem, columns), certificate.value)
        # A promise that is kept within 1e-5 more or less can be worth a multiple of that to later tiers.
        assert abs(certificate.upper_bound - expected) <= 1e-3 * max(certificate.gross, abs(expected)), seed


def test_a_tier_is_served_before_a_later_one_that_pays_more():
    problem = single(values=[1_000.0, 30_000.0], tiers=[1, 2], seats=100)
    cheap_first = ColumnGeneration(EveryPod)(problem, stop=LONG)
    assert cheap_first.portions == (Portion(0, (0,), 100),)
    mixed = replace(problem, tiers=np.array([1, 1]))
    assert ColumnGeneration(EveryPod)(mixed, stop=LONG).portions == (Portion(0, (1,), 100),)


@pytest.mark.parametrize(("penalty", "kept"), [(20_000.0, 40), (40_000.0, 100)])
def test_a_guarantee_is_kept_where_its_penalty_is_dearer(penalty, kept):
    # The other ad earns 30 000 more, but there are impressions of it for 60 seats only.
    shared = Shared(
        (Kind.GUARANTEE, Kind.GOAL),
        ("cheap", "dear"),
        np.array([[1.0, 0.0], [0.0, 1.0]]),
        np.array([100.0, 60.0]),
        np.array([penalty, 0.0]),
    )
    problem = single(values=[1_000.0, 31_000.0], tiers=[1, 1], seats=100, shared=shared)
    solution = ColumnGeneration(EveryPod)(problem, stop=LONG)
    assert sum(portion.seats for portion in solution.portions if portion.pod == (0,)) == kept
    short = (100 - kept) * penalty
    assert solution.certificate.gross - solution.certificate.value == pytest.approx(short)
    assert solution.certificate.gap < 1e-6


def test_the_same_input_gives_the_same_plan():
    problem, pods = written_book(Size(cohorts=60, pods=40, ads=30, campaigns=20, seats=6_000))
    found = [
        ColumnGeneration(lambda rules, worth: Written(rules, worth, pods))(problem, stop=Iterations(50))
        for _ in range(2)
    ]
    assert found[0].portions == found[1].portions
    assert found[0].certificate == found[1].certificate
    assert found[0].prices.tobytes() == found[1].prices.tobytes()


def test_written_pods_give_what_one_program_of_all_columns_gives():
    problem, pods = written_book(Size(cohorts=60, pods=40, ads=30, campaigns=20, seats=60_000))
    linear, scale = all_columns(problem, Written(problem.rules, problem.worth, pods))
    planner = ColumnGeneration(lambda rules, worth: Written(rules, worth, pods))
    certificate = planner(problem, stop=LONG).certificate
    assert close(certificate.upper_bound, maximise(linear).objective * scale)
    assert certificate.gap < 1e-3


def test_the_benchmark_runs():
    (figure,) = master_vs_glop(Size(cohorts=30, pods=20, ads=30, campaigns=20, seats=60_000, cut=5.0), runs=1)
    assert figure.name == "planner.master_vs_glop"
    assert "optimal" in figure.note


def test_warm_prices_need_fewer_iterations():
    problem, pods = written_book(Size(cohorts=200, pods=100, ads=60, campaigns=40, seats=100_000))
    planner = ColumnGeneration(lambda rules, worth: Written(rules, worth, pods))
    cold = planner(problem, stop=Iterations(300, 1e-3))
    rows = replace(problem.rows, seats=(problem.rows.seats * 1.02).astype(np.int64))
    again = planner(replace(problem, rows=rows), stop=Iterations(300, 1e-3))
    warm = planner(replace(problem, rows=rows), stop=Iterations(300, 1e-3), warm=cold.prices)
    assert warm.certificate.gap <= 1e-3
    assert warm.iterations * 2 <= again.iterations
    # It is the prices that help, not that there are any.
    misled = planner(replace(problem, rows=rows), stop=Iterations(300, 1e-3), warm=np.zeros(len(problem.shared)))
    assert warm.iterations < misled.iterations


def test_a_candidate_is_the_answer_where_it_is_better():
    problem, _ = example(5)
    long = ColumnGeneration(EveryPod)

    def patient(problem: Problem, *, stop: Stop, warm: Floats | None = None) -> Solution:
        return long(problem, stop=LONG)

    best = long(problem, stop=LONG)
    hurried = ColumnGeneration(EveryPod, ascents=1)(problem, stop=Iterations(1))
    helped = ColumnGeneration(EveryPod, candidates=(patient,), ascents=1)(problem, stop=Iterations(1))
    assert hurried.certificate.value < best.certificate.value
    assert helped.certificate.value == pytest.approx(best.certificate.value)
    verify(problem, helped)


def test_nobody_watches():
    problem = single(values=[1_000.0], tiers=[1], seats=0)
    assert ColumnGeneration(EveryPod)(problem, stop=LONG).portions == ()


def test_nothing_to_show():
    shared = Shared((Kind.GUARANTEE,), ("short",), np.zeros((1, 0)), np.array([10.0]), np.array([5.0]))
    problem = single(values=[], tiers=[], seats=7, shared=shared)
    solution = ColumnGeneration(EveryPod)(problem, stop=LONG)
    assert solution.portions == (Portion(0, (), 7),)
    assert solution.certificate == Certificate(-50.0, 0.0, -50.0)
