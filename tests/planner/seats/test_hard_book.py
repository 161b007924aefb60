"""The hard book has what it says: any range the same rows, the spread, the caps, the forms."""

from __future__ import annotations

import numpy as np
import pytest

from planner.price.pricing import Dynamic
from planner.problem import NOTHING, Kind, PodRules, Rule, Worth
from replay.bench.binding import binding, usage
from replay.bench.hard_book import ADS, BLOCK, BREAK, LOADS, SPREAD, WITH_HISTORY, Form, HardBook, hard

SEATS = 20_000


@pytest.fixture(scope="module", params=list(Form))
def book(request: pytest.FixtureRequest) -> HardBook:
    return hard(4, SEATS, 100, request.param)


def test_any_range_gives_the_same_rows(book: HardBook) -> None:
    whole = book.crowd.block(0, SEATS)
    for start, stop in ((0, 1), (BLOCK - 1, BLOCK + 1), (BLOCK, 2 * BLOCK), (5_000, 17_000), (SEATS - 1, SEATS)):
        part = book.crowd.block(start, stop)
        again = whole.take(slice(start, stop))
        for one, other in zip(
            (part.values, part.allowed, part.seats, part.ad_time, part.required),
            (again.values, again.allowed, again.seats, again.ad_time, again.required),
            strict=True,
        ):
            assert one.dtype == other.dtype
            assert (one == other).all()
    assert len(book.crowd.block(7, 7)) == 0


def test_seats_scatter_about_their_cohorts_mean_by_the_spread(book: HardBook) -> None:
    ratio = book.crowd.block(0, SEATS).values / book.problem.rows.values[book.cohort_of]
    assert ratio.mean() == pytest.approx(1.0, abs=0.002)
    assert ratio.std() == pytest.approx(SPREAD, abs=0.002)
    assert abs(np.corrcoef(ratio[:, 0], ratio[:, 1])[0, 1]) < 0.03
    assert abs(np.corrcoef(ratio[:-1, 0], ratio[1:, 0])[0, 1]) < 0.03


def test_histories_take_good_ads_from_more_than_half_of_the_seats(book: HardBook) -> None:
    rows = book.crowd.block(0, SEATS)
    free = book.crowd.without_histories(0, SEATS)
    assert not (rows.allowed & ~free.allowed).any()
    capped = free.allowed & ~rows.allowed
    assert WITH_HISTORY - 0.05 < capped.any(axis=1).mean() <= WITH_HISTORY
    density = np.where(free.allowed, rows.values / book.problem.rules.durations, np.nan)
    assert np.nanmean(density[capped]) > 1.5 * np.nanmean(density[~capped])
    assert set(np.unique(rows.ad_time).tolist()) == {*LOADS, int(BREAK)}
    assert (free.allowed == book.problem.rows.allowed[book.cohort_of]).all()


def test_cohorts_add_up_and_every_one_has_a_seat(book: HardBook) -> None:
    seats = book.problem.rows.seats
    assert seats.sum() == SEATS
    assert seats.min() >= 1
    assert (np.bincount(book.cohort_of) == seats).all()


def test_shared_rows_are_of_every_kind_with_whole_limits(book: HardBook) -> None:
    shared = book.problem.shared
    assert set(shared.kinds) == set(Kind)
    assert shared.use.shape == (len(shared), ADS)
    assert (shared.penalty[shared.at_least] > 0).all()
    assert not shared.penalty[~shared.at_least].any()
    assert (shared.limit == np.floor(shared.limit)).all()
    for kind, use in zip(shared.kinds, shared.use, strict=True):
        if kind is Kind.BUDGET:
            assert (use == np.floor(use)).all()


def test_forms_differ_in_what_is_short() -> None:
    books = {form: hard(4, SEATS, 100, form) for form in Form}
    lengths = {form: set((book.problem.rules.durations // 1_000_000).tolist()) for form, book in books.items()}
    assert lengths == {Form.SCARCE: {15, 30, 60}, Form.AMPLE: {15, 20, 30, 45, 60}, Form.SEPARATED: {15, 30, 60}}
    groups = {
        form: sum(family.rule is Rule.SEPARATION for family in book.problem.rules.families)
        for form, book in books.items()
    }
    assert groups[Form.SEPARATED] == 14 < groups[Form.SCARCE]
    pairs = {form: sum(f.rule is Rule.AVOID for f in book.problem.rules.families) for form, book in books.items()}
    assert pairs[Form.SEPARATED] == 40 > pairs[Form.AMPLE] == 12


def test_a_book_is_fixed_by_its_arguments() -> None:
    one, same, other = hard(4, 500, 20), hard(4, 500, 20), hard(5, 500, 20)
    assert (one.crowd.block(0, 500).values == same.crowd.block(0, 500).values).all()
    assert (one.problem.shared.limit == same.problem.shared.limit).all()
    assert one.problem.rules.families == same.problem.rules.families
    assert (one.crowd.block(0, 500).values != other.crowd.block(0, 500).values).any()


def test_what_binds_is_told_from_what_does_not(book: HardBook) -> None:
    problem = book.problem

    def pricing(rules: PodRules, worth: Worth) -> Dynamic:
        return Dynamic(rules, worth, dtype=np.float32, rounds=4, tolerance=1e-4)

    free = np.zeros(len(problem.shared))
    few = book.crowd.block(0, 512)
    pods = pricing(problem.rules, problem.worth)(few, problem.shared.costs(free)).pods
    greedy = binding(book, np.tile(pods, (SEATS // 512, 1)), free, pricing, 512)
    assert greedy.caps > 0.3
    assert greedy.separations > 0.2
    assert 0.1 < greedy.budgets < 0.9
    dear = binding(book, np.full((SEATS, 3), NOTHING, dtype=np.int16), np.full(len(free), 1e6), pricing, 512)
    assert (dear.caps, dear.budgets) == (0.0, 0.0)


def test_usage_counts_every_placed_ad(book: HardBook) -> None:
    pods = np.array([[3, 7, NOTHING], [3, NOTHING, NOTHING], [NOTHING] * 3], dtype=np.int16)
    use = book.problem.shared.use
    assert usage(book.problem, pods) == pytest.approx(2 * use[:, 3] + use[:, 7])
