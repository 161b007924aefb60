"""What each policy is known for, and what they are told as."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from domain.errors import InputError
from domain.units import Microseconds
from planner.event.night import HARD, Night, NightPrices, Reach, Scene
from planner.event.play import play
from planner.event.policies import POLICIES, compare
from planner.problem import Flags, Floats, Kind, PodRules, Position, Rows, Rule, Shared, Worth

SECONDS = 1_000_000
VALUES = ((10_000.0, 4_000.0), (9_000.0, 5_000.0), (40_000.0, 6_000.0))
"""By scene: a dear and a cheap ad; the last break is the dear one's best."""
VIEWERS = 1_000.0


def scene(number: int, values: tuple[float, ...], shared: Shared, *, duration: int = 30, weight: float = 1.0) -> Scene:
    """A break that a single ad of 30 s fills, before 1,000 viewers of each of two cohorts."""
    ads = len(values)
    rules = PodRules(
        durations=np.full(ads, 30 * SECONDS, dtype=np.int64),
        positions=np.full(ads, int(Position.ANY), dtype=np.uint8),
        families=(),
        duration=Microseconds(duration * SECONDS),
        minimum_fill=Microseconds(0),
        maximum_ads=4,
    )
    rows = Rows(
        values=np.array([values, values], dtype=np.float32),
        allowed=np.ones((2, ads), dtype=np.bool_),
        seats=np.zeros(2, dtype=np.int64),
        ad_time=np.full(2, rules.duration, dtype=np.int64),
        required=np.zeros(2, dtype=np.int64),
    )
    counts: Flags = ~shared.at_least | (weight >= 1.0)
    return Scene(
        brk=number,
        at=Microseconds(600 * SECONDS * number),
        duration=rules.duration,
        weight=weight,
        rules=rules,
        worth=Worth(np.array([0, rules.duration], dtype=np.int64), np.ones(2)),
        rows=rows,
        ads=np.arange(ads, dtype=np.int64),
        use=shared.use * counts[:, None],
        viewers=np.full(2, VIEWERS),
    )


def evening(
    shared: Shared, reach: tuple[Reach, ...] = (), *, weights: tuple[float, ...] = (1.0, 1.0, 1.0), duration: int = 30
) -> Night:
    scenes = [
        scene(number, values, shared, weight=weight, duration=duration)
        for number, (values, weight) in enumerate(zip(VALUES, weights, strict=True))
    ]
    ones = np.ones(2, dtype=np.int64)
    return Night(("dear", "cheap"), ("dear", "cheap"), ("k0", "k1"), ones, tuple(scenes), shared, reach)


def limits(*rows: tuple[Kind, tuple[float, float], float, float]) -> Shared:
    return Shared(
        kinds=tuple(kind for kind, _, _, _ in rows),
        names=tuple(f"row {number}" for number in range(len(rows))),
        use=np.array([use for _, use, _, _ in rows], dtype=np.float64).reshape(len(rows), 2),
        limit=np.array([limit for _, _, limit, _ in rows], dtype=np.float64),
        penalty=np.array([penalty for _, _, _, penalty in rows], dtype=np.float64),
    )


def placed(event: Night, name: str, prices: NightPrices | None = None) -> Floats:
    return play(event, POLICIES[name].made(event, 0, prices)).placed


DEAR = limits((Kind.GOAL, (1.0, 0.0), 1_500.0, 0.0))


@pytest.mark.parametrize("name", ["greedy", "rank", "myopic"])
def test_who_does_not_look_ahead_keeps_nothing_for_the_best_break(name: str) -> None:
    assert placed(evening(DEAR), name) == pytest.approx(np.array([[1_500, 500], [0, 2_000], [0, 2_000]]), abs=0.1)


def test_even_keeps_a_part_for_every_break() -> None:
    found = placed(evening(DEAR), "even")
    assert found == pytest.approx(np.array([[500, 1_500], [500, 1_500], [500, 1_500]]), abs=0.1)


def test_even_carries_over_what_a_break_leaves() -> None:
    """In the first break nobody may see the dear ad."""
    event = evening(DEAR)
    first = event.scenes[0]
    shut = replace(first.rows, allowed=np.array([[False, True], [False, True]]))
    event = replace(event, scenes=(replace(first, rows=shut), *event.scenes[1:]))
    assert placed(event, "even")[:, 0] == pytest.approx([0, 1_000, 500], abs=0.1)


def test_even_counts_a_break_with_its_probability_and_its_length() -> None:
    event = evening(DEAR, weights=(1.0, 0.5, 1.0))
    assert placed(event, "even")[:, 0] == pytest.approx([600, 300, 600], abs=0.1)
    long = replace(event.scenes[2], duration=Microseconds(2 * event.scenes[2].duration))
    event = replace(event, scenes=(event.scenes[0], event.scenes[1], long))
    assert placed(event, "even")[:, 0] == pytest.approx([1_500 / 3.5, 750 / 3.5, 3_000 / 3.5], abs=0.1)


def test_rank_takes_the_dearest_and_greedy_the_dearest_by_the_second() -> None:
    """One ad of 60 s for 10,000, or two of 30 s for 9,000 and 4,000."""
    event = evening(limits(), duration=60)
    scenes = []
    for each in event.scenes:
        durations = np.array([60, 30], dtype=np.int64) * SECONDS
        scenes.append(replace(each, rules=replace(each.rules, durations=durations)))
    cheaper = replace(scenes[0].rows, values=np.array([[10_000, 6_000]] * 2, dtype=np.float32))
    event = replace(event, scenes=(replace(scenes[0], rows=cheaper),))
    assert placed(event, "rank").tolist() == [[2_000.0, 0.0]]
    assert placed(event, "greedy").tolist() == [[0.0, 2_000.0]]
    assert placed(event, "myopic").tolist() == [[2_000.0, 0.0]]


def test_prices_stay_as_they_are() -> None:
    """At 20,000 the dear ad waits for the last break, at any other price of a limit it would not."""
    event = evening(DEAR)
    fixed = NightPrices(np.array([20_000.0]), np.zeros((0, 2)))
    assert placed(event, "prices", fixed)[:, 0] == pytest.approx([0, 0, 1_500])
    free = NightPrices(np.zeros(1), np.zeros((0, 2)))
    assert placed(event, "prices", free)[:, 0] == pytest.approx([1_500, 0, 0])


def test_prices_weigh_ads_as_the_plan_does() -> None:
    event = evening(DEAR)
    weighed = NightPrices(np.array([20_000.0]), np.zeros((0, 2)), np.array([9.0, 1.0]))
    assert placed(event, "prices", weighed)[:, 0] == pytest.approx([1_500, 0, 0])


def test_prices_of_reach_count_by_cohort() -> None:
    reach = Reach(Rule.CAP, "cap", np.array([0]), np.ones(1), 0, 3, np.full(2, 1_000.0))
    event = evening(limits(), (reach,))
    fixed = NightPrices(np.zeros(0), np.array([[20_000.0, 0.0]]))
    found = play(event, POLICIES["prices"].made(event, 0, fixed))
    dear = (found.shown.pods[:, 0] == 0) & (found.shown.seats > 0)
    assert found.shown.scenes[dear & (found.shown.cohorts == 0)].tolist() == [2]
    assert found.shown.scenes[dear & (found.shown.cohorts == 1)].tolist() == [0]


@pytest.mark.parametrize("name", ["greedy", "rank", "even", "myopic"])
def test_a_cap_that_is_used_up_lets_others_in(name: str) -> None:
    reach = Reach(Rule.CAP, "cap", np.array([0]), np.ones(1), 0, 3, np.array([700.0, 0.0]), HARD)
    found = placed(evening(limits(), (reach,)), name)
    assert found == pytest.approx(np.array([[700, 1_300], [0, 2_000], [0, 2_000]]), abs=0.1)


@pytest.mark.parametrize("name", ["greedy", "rank", "even", "myopic"])
def test_repeats_that_cost_more_than_they_bring_are_left(name: str) -> None:
    soft = Reach(Rule.REPEATS, "repeat", np.array([0]), np.ones(1), 0, 3, np.full(2, 1_000.0), 8_000.0)
    event = evening(limits(), (soft,))
    found = play(event, POLICIES[name].made(event, 0, None))
    assert found.placed[:, 0] == pytest.approx([2_000, 0, 2_000], abs=0.1)
    assert found.value == pytest.approx(2_000 * (10_000 + 5_000 + 40_000 - 8_000), rel=1e-4)


@pytest.mark.parametrize("name", ["greedy", "even", "myopic"])
def test_a_promise_is_kept_first_where_it_costs_more(name: str) -> None:
    promise = limits((Kind.GUARANTEE, (0.0, 1.0), 2_500.0, 30_000.0))
    found = play(evening(promise), POLICIES[name].made(evening(promise), 0, None))
    assert found.placed[0, 1] == pytest.approx(2_000, abs=0.1)
    assert found.short == pytest.approx([0.0], abs=1e-6)


def test_promises_do_not_count_on_breaks_that_may_not_come() -> None:
    promise = limits((Kind.GUARANTEE, (0.0, 1.0), 2_500.0, 50_000.0))
    event = evening(promise, weights=(0.5, 0.5, 1.0))
    found = play(event, POLICIES["greedy"].made(event, 0, None))
    assert found.placed[:2, 0] == pytest.approx([1_000, 1_000])
    assert found.short == pytest.approx([500])


@pytest.mark.parametrize("name", list(POLICIES))
def test_nobody_watches(name: str) -> None:
    event = evening(limits((Kind.GUARANTEE, (1.0, 0.0), 100.0, 7.0)))
    event = replace(event, scenes=tuple(replace(each, viewers=np.zeros(2)) for each in event.scenes))
    (found,) = compare(event, [name])
    assert (found.policy, found.value, found.fill, found.impressions, found.short) == (name, -700, 0.0, 0.0, 100.0)


def test_what_is_compared_is_told_in_the_order_asked_for() -> None:
    event = evening(DEAR)
    prices = NightPrices(np.array([20_000.0]), np.zeros((0, 2)))
    told = compare(event, ["prices", "even", "greedy"], prices=prices)
    assert [each.policy for each in told] == ["prices", "even", "greedy"]
    assert told[0].value == pytest.approx(2_000 * 4_000 + 2_000 * 5_000 + 1_500 * 40_000 + 500 * 6_000)
    assert told[0].value > told[1].value > told[2].value
    assert told[0].fill == pytest.approx(1.0)
    assert told[0].impressions == pytest.approx(6_000)
    assert told == compare(event, ["prices", "even", "greedy"], prices=prices)


def test_an_unknown_policy_is_refused() -> None:
    with pytest.raises(InputError, match=r"one of greedy, rank, even, myopic, prices.*'luck'"):
        compare(evening(DEAR), ["greedy", "luck"])
