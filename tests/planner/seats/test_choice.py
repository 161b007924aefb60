"""Choices over a menu: which pod, how likely, and what a denial changes."""

from __future__ import annotations

import numpy as np
import pytest

from planner.problem import NOTHING, Floats
from planner.seats.choice import best, choose, scored
from planner.seats.draws import Purpose, gumbels, orders, uniforms
from planner.seats.policy import Policy
from planner.seats.propensity import of_pods, of_slots, probabilities
from planner.seats.split import chances, split

REDUCED = np.array([3_000.0, 9_000.0, np.nan, 8_000.0, -np.inf, 0.0, 7_500.0])
CAPPED = np.array([False, True, False, False, False, False, False])
SOFT = Policy(seed=5, temperature=2_500.0)
BOTH = Policy(seed=5, temperature=2_500.0, exploration=0.3)
MENU = np.array([[0, 1], [1, 2], [3, 0], [0, 2], [2, 1], [NOTHING, NOTHING], [0, NOTHING]], dtype=np.int16)

ORDERS = [15216974128088318989, 2644508415731024959]
UNIFORMS = [0.5669182485247629, 0.6096698466230098]

QUANTILE = {2: 13.8, 3: 16.3, 4: 18.5, 63: 103.4}
"""The 0.999 quantiles of chi-square by degrees of freedom: one seed in a thousand would fail."""


def alike(row: Floats, count: int) -> Floats:
    return np.repeat(row[None, :], count, axis=0)


def fits(counts: np.ndarray, chance: Floats) -> None:
    possible = chance > 0.0
    assert counts[~possible].sum() == 0
    expected = chance[possible] * counts.sum()
    distance = ((counts[possible] - expected) ** 2 / expected).sum()
    assert distance < QUANTILE[int(possible.sum()) - 1]


@pytest.mark.parametrize("policy", [SOFT, BOTH, Policy(seed=9, exploration=0.5)])
def test_frequencies_over_seats_are_the_propensities(policy: Policy) -> None:
    seats = np.arange(40_000) * 3 + 1_000_000
    chosen = choose(alike(REDUCED, len(seats)), policy, seats, CAPPED)
    chance = probabilities(REDUCED[None, :], policy, CAPPED)[0]
    assert chance.sum() == pytest.approx(1.0)
    fits(np.bincount(chosen.picks, minlength=len(REDUCED)), chance)
    assert chosen.explored.mean() == pytest.approx(policy.exploration, abs=0.01)


def test_frequencies_over_seeds_are_the_propensities_of_one_seat() -> None:
    counts = np.zeros(len(REDUCED), dtype=np.int64)
    for seed in range(6_000):
        policy = Policy(seed=seed, temperature=SOFT.temperature)
        counts[choose(REDUCED[None, :], policy, np.array([77])).picks[0]] += 1
    fits(counts, probabilities(REDUCED[None, :], SOFT)[0])


def test_softmax_is_in_proportion_to_exp_of_reduced_over_temperature() -> None:
    chance = probabilities(np.array([[0.0, 1_000.0, np.nan]]), Policy(seed=0, temperature=500.0))[0]
    assert chance == pytest.approx([1 / (1 + np.e**2), np.e**2 / (1 + np.e**2), 0.0])


def test_exploration_is_even_over_what_is_legal_and_not_capped() -> None:
    policy = Policy(seed=1, exploration=0.4)
    chance = probabilities(REDUCED[None, :], policy, CAPPED)[0]
    assert chance == pytest.approx([0.1, 0.6, 0.0, 0.1, 0.0, 0.1, 0.1])
    seats = np.arange(5_000)
    chosen = choose(alike(REDUCED, len(seats)), policy, seats, CAPPED)
    assert set(chosen.picks[chosen.explored].tolist()) == {0, 3, 5, 6}
    assert set(chosen.picks[~chosen.explored].tolist()) == {1}


def test_a_seat_with_nothing_to_explore_chooses_as_the_others_do() -> None:
    capped = np.ones((1, len(REDUCED)), dtype=np.bool_)
    chosen = choose(REDUCED[None, :], Policy(seed=3, exploration=1.0), np.array([4]), capped)
    assert (chosen.picks[0], chosen.explored[0]) == (1, False)
    assert probabilities(REDUCED[None, :], BOTH, capped) == pytest.approx(probabilities(REDUCED[None, :], SOFT))


def test_without_chance_the_best_is_taken_and_the_lowest_number_of_equals() -> None:
    reduced = np.array([[1.0, 4.0, 4.0, 2.0], [np.nan, 0.0, -1.0, 0.0]])
    chosen = choose(reduced, Policy(seed=8), np.array([0, 1]))
    assert chosen.picks.tolist() == [1, 1]
    assert Policy(seed=8).deterministic
    assert not SOFT.deterministic
    assert not Policy(seed=8, exploration=0.01).deterministic
    assert probabilities(reduced, Policy(seed=8)).tolist() == [[0, 1, 0, 0], [0, 1, 0, 0]]


@pytest.mark.parametrize("policy", [SOFT, BOTH, Policy(seed=5)])
def test_a_denial_changes_only_the_seats_that_had_the_pod(policy: Policy) -> None:
    seats = np.arange(20_000)
    before = choose(alike(REDUCED, len(seats)), policy, seats).picks
    left = REDUCED.copy()
    left[1] = np.nan
    after = choose(alike(left, len(seats)), policy, seats).picks
    assert (after[before != 1] == before[before != 1]).all()
    assert (after != 1).all()
    if not policy.deterministic:
        fits(np.bincount(after, minlength=len(REDUCED)), probabilities(left[None, :], policy)[0])


def test_a_seat_whose_every_pod_is_denied_keeps_the_empty_one() -> None:
    nothing = np.full((2, 3), np.nan)
    nothing[1, 2] = 5.0
    chosen = choose(nothing, BOTH, np.array([1, 2]))
    assert chosen.picks.tolist() == [NOTHING, 2]
    chance = probabilities(nothing, BOTH)
    assert chance[0].tolist() == [0, 0, 0]
    assert of_pods(chance, chosen.picks).tolist() == [1.0, 1.0]
    assert choose(np.zeros((2, 0)), BOTH, np.array([1, 2])).picks.tolist() == [NOTHING, NOTHING]


def test_a_temperature_near_zero_is_the_argmax_and_chance_among_equals() -> None:
    policy = Policy(seed=2, temperature=1e-300)
    reduced = np.array([1e6, 1e6, 0.0])
    chance = probabilities(reduced[None, :], policy)[0]
    assert chance == pytest.approx([0.5, 0.5, 0.0])


def test_a_choice_is_the_same_in_any_block_and_order() -> None:
    seats = np.array([9, 2, 2**40, 0, 77])
    whole = choose(alike(REDUCED, 5), BOTH, seats)
    for place, seat in enumerate(seats):
        one = choose(REDUCED[None, :], BOTH, np.array([seat]))
        assert (one.picks[0], one.explored[0]) == (whole.picks[place], whole.explored[place])


def test_draws_are_fixed_for_good() -> None:
    """A log of last year's propensities has to be recomputable: these numbers may never change."""
    assert orders(5, Purpose.ORDER, np.array([0, 1])).tolist() == ORDERS
    assert uniforms(5, Purpose.WHETHER, np.array([3]), 2)[0].tolist() == UNIFORMS


def test_draws_of_neighbours_and_purposes_are_independent() -> None:
    seats = np.arange(50_000)
    one = uniforms(0, Purpose.WHETHER, seats, 2)
    other = uniforms(0, Purpose.WHICH, seats, 1)[:, 0]
    pairs = [(one[:, 0], one[:, 1]), (one[:, 0], other), (one[:-1, 0], one[1:, 0])]
    for first, second in pairs:
        cells = (first * 8).astype(np.int64) * 8 + (second * 8).astype(np.int64)
        fits(np.bincount(cells, minlength=64), np.full(64, 1 / 64))
    assert np.isfinite(gumbels(1, seats, 3)).all()
    assert gumbels(1, seats, 3).mean() == pytest.approx(np.euler_gamma, abs=0.02)


def test_slot_marginals_add_up_the_pods_that_have_the_creative_there() -> None:
    seats = np.arange(400)
    reduced = np.array([3_000.0, 9_000.0, 5_000.0, 8_000.0, -np.inf, 0.0, 7_500.0])
    chosen = choose(alike(reduced, len(seats)), SOFT, seats)
    chance = probabilities(alike(reduced, len(seats)), SOFT)
    found = of_slots(MENU, chance, chosen.picks)
    p = chance[0]
    expected = {0: [p[0] + p[3] + p[6], p[0]], 1: [p[1], p[1] + p[3]], 3: [p[0] + p[3] + p[6], p[1] + p[3]]}
    expected |= {2: [p[2], p[2]], 5: [0.0, 0.0], 6: [p[0] + p[3] + p[6], 0.0]}
    assert set(chosen.picks.tolist()) >= {0, 1, 2, 3, 6}
    for row, pick in enumerate(chosen.picks.tolist()):
        assert found[row] == pytest.approx(expected[pick])
    assert of_pods(chance, chosen.picks) == pytest.approx(p[chosen.picks])


def test_slot_marginals_are_the_frequencies_of_the_creatives() -> None:
    seats = np.arange(30_000)
    chosen = choose(alike(REDUCED, len(seats)), BOTH, seats)
    chance = probabilities(REDUCED[None, :], BOTH)
    first = of_slots(MENU, chance, np.array([0], dtype=np.int32))[0, 0]
    assert (MENU[chosen.picks, 0] == 0).mean() == pytest.approx(first, abs=0.01)


def test_the_split_keeps_its_counts_whatever_the_seed() -> None:
    counts = np.array([3, 0, 5, 2])
    seats = np.array([40, 7, 8, 9, 100, 101, 102, 5, 6, 3])
    found = [split(counts, seats, seed) for seed in range(50)]
    assert all(np.bincount(picks, minlength=4).tolist() == counts.tolist() for picks in found)
    assert len({tuple(picks.tolist()) for picks in found}) > 40
    shuffled = np.array([3, 1, 0, 2, 9, 8, 4, 7, 6, 5])
    assert (split(counts, seats[shuffled], 4) == split(counts, seats, 4)[shuffled]).all()


def test_over_seeds_every_seat_is_as_likely_to_get_a_pod_as_its_share() -> None:
    counts = np.array([6, 3, 1])
    seats = np.arange(10)
    drawn = np.array([split(counts, seats, seed) for seed in range(4_000)])
    for seat in range(10):
        fits(np.bincount(drawn[:, seat], minlength=3), chances(counts))


def test_a_split_that_does_not_add_up_is_refused() -> None:
    with pytest.raises(ValueError, match="add up to 3"):
        split(np.array([1, 1]), np.arange(3), 0)
    with pytest.raises(ValueError, match="add up to 3"):
        split(np.array([4, -1]), np.arange(3), 0)


def test_a_policy_has_a_temperature_and_a_probability() -> None:
    for temperature in (-1.0, float("nan"), float("inf")):
        with pytest.raises(ValueError, match="temperature"):
            Policy(seed=0, temperature=temperature)
    with pytest.raises(ValueError, match="exploration"):
        Policy(seed=0, exploration=1.5)


def test_the_score_of_what_is_not_legal_is_minus_infinity() -> None:
    found = scored(REDUCED[None, :], SOFT, np.array([3]))
    assert np.isneginf(found[0]).tolist() == [False, False, True, False, True, False, False]
    assert best(found).dtype == np.int32
