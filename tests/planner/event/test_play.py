"""A night played: whatever a policy offers, nothing hard is exceeded and all that is told is so."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from planner.event.night import HARD, Night
from planner.event.play import Asked, Offered, Played, play
from planner.event.policies import POLICIES, FirstCome
from planner.greedy import ByDensity, greedy
from planner.legal import legal
from planner.port import Iterations
from planner.problem import NOTHING, Ads, Problem
from planner.worth import pod_value
from tests.planner.event.nights import Size, night

ROUNDING = 1e-6
SIZE = Size(cohorts=(2, 5), scenes=(2, 6))
MANY = Size(cohorts=(2, 5), scenes=(1, 1), viewers=(20_000, 60_000))
"""So many viewers that a whole one more or less does not matter."""


class Reckless:
    """Random legal pods for twice the viewers that were asked for, without a look at what is left."""

    def __init__(self, event: Night, seed: int) -> None:
        self._event = event
        self._random = np.random.default_rng(seed)

    def __call__(self, asked: Asked) -> Offered:
        rules = self._event.scenes[asked.scene].rules
        rows = np.repeat(np.arange(len(asked.rows)), 3)
        pods: Ads = np.full((len(rows), rules.maximum_ads), NOTHING, dtype=np.int16)
        for number, row in enumerate(rows.tolist()):
            order = self._random.permutation(rules.ads).tolist()
            for length in range(min(rules.maximum_ads, rules.ads), 0, -1):
                if legal(rules, asked.rows, row, order[:length]) is None:
                    pods[number, :length] = order[:length]
                    break
        return Offered(rows, pods, asked.seats[rows] * 2.0 / 3.0)


def check(seed: int, event: Night, played: Played) -> None:
    """Count everything again from the portions alone."""
    shown, shared = played.shown, event.shared
    seats, used, placed = np.zeros_like(event.seats), np.zeros(len(shared)), np.zeros_like(played.placed)
    reach = np.zeros((len(event.reach), len(event.cohorts)))
    gross = seconds = 0.0
    for number, cohort, padded, many in zip(
        shown.scenes.tolist(), shown.cohorts.tolist(), shown.pods.tolist(), shown.seats.tolist(), strict=True
    ):
        scene = event.scenes[number]
        pod = [scene.ads.tolist().index(ad) for ad in padded if ad != NOTHING]
        assert pod, seed
        assert many > 0, seed
        assert legal(scene.rules, scene.rows, cohort, pod) is None, (seed, number, cohort, padded)
        seats[number, cohort] += many
        gross += many * pod_value(scene.rules, scene.worth, scene.rows.values[cohort], pod)
        used += many * scene.use[:, pod].sum(axis=1)
        placed[number, scene.ads[pod]] += many
        seconds += many * scene.rules.durations[pod].sum()
        for row, cap in enumerate(event.reach):
            if cap.first <= number < cap.stop:
                reach[row, cohort] += many * cap.use[np.isin(cap.ads, padded)].sum()
    assert (seats <= event.seats * (1.0 + ROUNDING)).all(), seed
    size = ROUNDING * (np.abs(shared.limit) + np.abs(shared.use).max(axis=1, initial=0.0))
    assert (shared.at_least | (used <= shared.limit + size)).all(), (seed, used, shared.limit)
    value = gross
    for row, cap in enumerate(event.reach):
        beyond = np.maximum(reach[row] - cap.limit, 0.0)
        if cap.penalty == HARD:
            assert (beyond <= ROUNDING * (1.0 + cap.limit)).all(), (seed, row, beyond)
        else:
            value -= cap.penalty * float(beyond.sum())
    short = np.where(shared.at_least, np.maximum(shared.limit - used, 0.0), 0.0)
    value -= float((short * shared.penalty).sum())
    assert played.short == pytest.approx(short, rel=1e-6, abs=1e-6), seed
    assert played.value == pytest.approx(value, rel=1e-6, abs=1.0), seed
    assert played.placed == pytest.approx(placed, rel=1e-6, abs=1e-6), seed
    assert played.impressions == pytest.approx(placed.sum()), seed
    there = sum(float(scene.seats.sum()) * scene.duration for scene in event.scenes)
    assert played.fill == pytest.approx(seconds / there if there else 0.0), seed


@pytest.mark.parametrize("start", range(0, 40, 20))
def test_no_limit_is_exceeded_by_a_policy_that_does_not_look(start: int) -> None:
    cut = 0
    for seed in range(start, start + 20):
        event = night(seed, size=SIZE, whole=seed % 2 == 0)
        played = play(event, Reckless(event, seed))
        check(seed, event, played)
        cut += played.fill < 1.0
    assert cut


@pytest.mark.parametrize("name", [name for name in POLICIES if name != "prices"])
def test_no_limit_is_exceeded_by_any_policy(name: str) -> None:
    earned = 0
    for seed in range(100, 125):
        event = night(seed, size=SIZE, whole=seed % 2 == 0)
        played = play(event, POLICIES[name].made(event, seed, None))
        check(seed, event, played)
        earned += played.impressions > 0.0
    assert earned >= 22


@pytest.mark.parametrize("start", range(200, 260, 20))
def test_greedy_in_one_scene_is_the_greedy_planner(start: int) -> None:
    limited = 0
    for seed in range(start, start + 20):
        event = replace(night(seed, size=MANY), reach=())
        scene = replace(event.scenes[0], weight=1.0)
        shared = replace(event.shared, use=scene.use)
        event = replace(event, scenes=(scene,))
        rows = replace(scene.rows, seats=scene.viewers.astype(np.int64))
        problem = Problem(scene.rules, scene.worth, rows, shared, event.tiers[scene.ads])
        theirs = greedy(problem, stop=Iterations(1)).certificate
        value = play(event, FirstCome(event, ByDensity(), units=1)).value
        assert value == pytest.approx(theirs.value, rel=1e-9, abs=1.0), seed
        # In thousandths of a viewer others may come first where the last of a budget goes.
        fine = play(event, POLICIES["greedy"].made(event, 0, None)).value
        assert fine == pytest.approx(theirs.value, abs=0.01 * (theirs.gross + abs(theirs.value))), seed
        limited += len(shared) > 0
    assert limited
