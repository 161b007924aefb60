"""What caps let through, against every pattern of breaks that viewers may attend."""

import itertools

import numpy as np
import pytest

from planner.event.attendance import MAX_CELLS, count_reach, seconds_reach

SEEDS = range(12)


def patterns(present, chance, amounts, limit, stay):
    """E[min(limit, amounts attended)] for one cohort: every set of breaks that come, every set that is attended."""
    every = list(itertools.product((False, True), repeat=len(present)))
    total = 0.0
    for came in every:
        likely = np.prod(np.where(came, chance, 1 - chance))
        for there in every:
            amount = min(limit, amounts[np.array(came) & np.array(there)].sum())
            apart = np.prod(np.where(there, present, 1 - present))
            # Loyal viewers are numbered from 0 to 1, and those below its probability attend a break.
            lowest = max((p for p, here in zip(present, there, strict=True) if not here), default=0.0)
            highest = min((p for p, here in zip(present, there, strict=True) if here), default=1.0)
            total += likely * amount * (stay * max(0.0, highest - lowest) + (1 - stay) * apart)
    return total


def night(seed, breaks=5, cohorts=4):
    rng = np.random.default_rng(seed)
    present = rng.choice([0.0, 0.25, 0.25, 0.6, 0.9, 1.0], size=(breaks, cohorts))
    chance = rng.choice([0.3, 0.5, 1.0, 1.0], size=breaks)
    return rng, present, chance, float(rng.choice([0.0, 0.35, 1.0]))


@pytest.mark.parametrize("seed", SEEDS)
def test_counts_are_those_of_all_patterns(seed):
    rng, present, chance, stay = night(seed)
    each = rng.integers(0, 4, size=5) if seed % 2 else np.full(5, int(rng.integers(1, 4)))
    most = rng.integers(0, 9, size=4)
    found = count_reach(present, each, most, stay, chance)
    wanted = [patterns(present[:, k], chance, each, most[k], stay) for k in range(4)]
    np.testing.assert_allclose(found, wanted, atol=1e-12)


@pytest.mark.parametrize("seed", SEEDS)
def test_seconds_are_those_of_all_patterns(seed):
    rng, present, chance, stay = night(seed)
    lengths = rng.choice([30, 60, 90, 120], size=5) * 1_000_000
    limit = rng.integers(0, 400_000_000, size=4)
    found = seconds_reach(present, lengths, limit, stay, chance)
    wanted = [patterns(present[:, k], chance, lengths, limit[k], stay) for k in range(4)]
    np.testing.assert_allclose(found, wanted, rtol=1e-12, atol=1e-3)


@pytest.mark.parametrize("seed", SEEDS)
def test_odd_lengths_give_a_bound_that_is_hardly_above(seed):
    rng, present, chance, stay = night(seed)
    lengths = rng.integers(30_000_000, 120_000_000, size=5)
    lengths[0] = 60_000_001
    limit = rng.integers(1, 400_000_000, size=4)
    found = seconds_reach(present, lengths, limit, stay, chance)
    for k in range(4):
        exact = patterns(present[:, k], chance, lengths, limit[k], stay)
        mean = (lengths * chance * present[:, k]).sum()
        assert exact * (1 - 1e-12) <= found[k] <= min(limit[k], mean) * (1 + 1e-12)
        assert found[k] <= exact + 5 * 400_000_000 / MAX_CELLS


def test_by_hand():
    present = np.array([[1.0], [0.5]])
    assert count_reach(present, 1, 1, 0.0) == pytest.approx([1.0])
    assert count_reach(present, 1, 2, 0.0) == pytest.approx([1.5])
    halves = np.array([[0.5], [0.5]])
    assert count_reach(halves, 1, 1, 1.0) == pytest.approx([0.5])
    assert count_reach(halves, 1, 1, 0.0) == pytest.approx([0.75])
    assert count_reach(halves, 1, 1, 0.4) == pytest.approx([0.65])
    assert count_reach(halves, 2, 3, 1.0) == pytest.approx([1.5])
    assert count_reach(halves, 2, 3, 0.0) == pytest.approx([0.25 * 3 + 0.5 * 2])


def test_a_break_that_may_not_come_is_not_loyalty():
    """Whether a break comes is the same for all and has nothing to do with who is there."""
    everyone = np.ones((2, 1))
    assert count_reach(everyone, 1, 1, 1.0, np.array([0.5, 0.5])) == pytest.approx([0.75])
    assert count_reach(everyone * 0.5, 1, 1, 1.0) == pytest.approx([0.5])


@pytest.mark.parametrize("seed", SEEDS)
def test_loyal_viewers_see_the_least(seed):
    rng, present, _, _ = night(seed, breaks=8)
    most = rng.integers(1, 8, size=4)
    found = [count_reach(present, 2, most, stay) for stay in (0.0, 0.25, 0.5, 1.0)]
    for less, more in itertools.pairwise(reversed(found)):
        assert np.all(less <= more + 1e-12)


def test_loyalty_matters_where_a_cap_binds():
    present = np.full((8, 1), 0.3)
    found = [float(count_reach(present, 1, 2, stay)[0]) for stay in (0.0, 0.25, 0.5, 1.0)]
    assert found == sorted(found, reverse=True)
    assert found[-1] == pytest.approx(0.6)
    assert found[0] > 1.6


@pytest.mark.parametrize("stay", [0.0, 0.3, 1.0])
def test_limits(stay):
    rng = np.random.default_rng(5)
    present, chance = rng.random((6, 3)), rng.random(6)
    mean = (present * chance[:, None]).sum(axis=0)
    assert np.all(count_reach(present, 2, 0, stay, chance) == 0)
    for most in (12, 13, 1_000_000):
        np.testing.assert_allclose(count_reach(present, 2, most, stay, chance), 2 * mean)
    assert np.all(count_reach(present, 2, 11, stay, chance) < 2 * mean)
    np.testing.assert_allclose(count_reach(np.ones((6, 3)), 2, np.array([5, 7, 40]), stay), [5, 7, 12])
    assert np.all(count_reach(np.zeros((6, 3)), 2, 5, stay) == 0)
    assert count_reach(np.zeros((0, 3)), 2, 5, stay).tolist() == [0, 0, 0]
    assert count_reach(np.ones((6, 0)), 2, 5, stay).shape == (0,)
    assert np.all(seconds_reach(present, np.full(6, 30_000_000), 0, stay) == 0)


def test_cohorts_do_not_see_each_other():
    """More cohorts than are worked on at a time, each with its own cap."""
    rng = np.random.default_rng(7)
    present, chance = rng.random((4, 2_500)), np.array([1.0, 0.4, 1.0, 1.0])
    most = rng.integers(0, 6, size=2_500)
    found = count_reach(present, 1, most, 0.6, chance)
    for k in (0, 1_023, 1_024, 2_499):
        alone = count_reach(present[:, k : k + 1], 1, int(most[k]), 0.6, chance)
        assert found[k] == pytest.approx(alone[0])


@pytest.mark.parametrize("stay", [0.0, 0.5, 1.0])
def test_drawn_viewers(stay):
    rng = np.random.default_rng(11)
    present = rng.random((12, 1)) * 0.8 + 0.1
    chance = rng.choice([0.4, 1.0], size=12)
    viewers = 200_000
    loyal = rng.random(viewers) < stay
    rank = rng.random(viewers)
    there = np.where(loyal, rank < present, rng.random((12, viewers)) < present)
    came = rng.random((12, viewers)) < chance[:, None]
    seen = np.minimum(5, 2 * (there & came).sum(axis=0))
    error = seen.std() / np.sqrt(viewers)
    assert count_reach(present, 2, 5, stay, chance)[0] == pytest.approx(seen.mean(), abs=4 * error)
