"""The oracle of small events, before anything is judged by it: against trying all plans, by hand, and by its laws."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from itertools import combinations_with_replacement, permutations

import numpy as np
import pytest

from domain.units import Microseconds
from planner.event.night import HARD, Night, NightPrices, Reach, Scene
from planner.legal import legal
from planner.problem import Floats, Kind, PodRules, Position, Rows, Rule, Shared, Worth
from planner.worth import pod_value
from tests.planner.event.nights import TINY, Fines, night
from tests.planner.event.oracle import (
    Columns,
    dual_bound,
    in_whole_seats,
    integer_optimum,
    lacks,
    least_lacking,
    linear_lacking,
    linear_optimum,
    program,
)

PLANS = 400_000
"""Plans of one night that are tried at most."""
BATCH = 50


def plans_of(event: Night, cohort: int, number: int) -> Floats:
    """All ways to fill the whole seats of a cohort in a scene, each as its value, and its use of every row.

    float64[N, 1 + I + G * K]; pods are all permutations that ``planner.legal`` allows.
    """
    scene, shared = event.scenes[number], event.shared
    cohorts = len(event.cohorts)
    pods = []
    for length in range(scene.rules.maximum_ads + 1):
        for pod in permutations(range(scene.rules.ads), length):
            if legal(scene.rules, scene.rows, cohort, pod) is not None:
                continue
            reach = np.zeros((len(event.reach), cohorts))
            for row, cap in enumerate(event.reach):
                for ad, use in zip(cap.ads, cap.use, strict=True):
                    if cap.first <= number < cap.stop:
                        reach[row, cohort] += use * list(scene.ads[list(pod)]).count(ad)
            used = scene.use[:, list(pod)].sum(axis=1) if pod else np.zeros(len(shared))
            value = pod_value(scene.rules, scene.worth, scene.rows.values[cohort], pod)
            pods.append(np.concatenate([[value], used, reach.reshape(-1)]))
    seats = int(scene.seats[cohort])
    ways = np.array(list(combinations_with_replacement(range(len(pods)), seats)), dtype=np.int64)
    return np.asarray(np.array(pods)[ways.reshape(len(ways), seats)].sum(axis=1))


def every_plan(event: Night) -> Floats | None:
    """The sums over the whole event of every plan there is, or None if they are too many to try."""
    sums = np.zeros((1, 1 + len(event.shared) + len(event.reach) * len(event.cohorts)))
    for number in range(len(event.scenes)):
        for cohort in range(len(event.cohorts)):
            more = plans_of(event, cohort, number)
            if len(sums) * len(more) > PLANS:
                return None
            sums = (sums[:, None, :] + more).reshape(-1, sums.shape[1])
    return sums


def tried(event: Night, sums: Floats) -> tuple[float, float]:
    """The value of the best of all plans, and what the most promising of them lacks."""
    shared = event.shared
    value, used, reach = np.split(sums, [1, 1 + len(shared)], axis=1)
    value = value[:, 0].copy()
    kept = (shared.at_least | (used <= shared.limit + 1e-9)).all(axis=1)
    lacking = np.where(shared.at_least, np.maximum(shared.limit - used, 0.0), 0.0)
    value -= lacking @ shared.penalty
    by_row = reach.reshape(len(sums), len(event.reach), len(event.cohorts))
    for row, cap in enumerate(event.reach):
        beyond = np.maximum(by_row[:, row] - cap.limit, 0.0).sum(axis=1)
        if cap.penalty == HARD:
            kept &= beyond <= 1e-9
        else:
            value -= cap.penalty * beyond
    return float(value[kept].max()), float(lacking[kept].sum(axis=1).min())


@pytest.mark.parametrize("fines", Fines)
def test_it_is_the_best_of_all_plans(fines: Fines) -> None:
    count, lacking, changed = 0, Counter[bool](), 0
    for seed in range(400):
        event = night(seed, size=TINY, fines=fines)
        sums = every_plan(event)
        if sums is None:
            continue
        best, least = tried(event, sums)
        value, kept = integer_optimum(event)
        assert value == pytest.approx(best, rel=2e-6, abs=1.0), seed
        assert kept == (least < 1e-9), seed
        assert least_lacking(program(event, Columns(event))) == pytest.approx(least, abs=1e-6), seed
        assert linear_optimum(event) >= best - 1e-6 * abs(best) - 1.0, seed
        count += 1
        lacking[least > 0] += 1
        changed += value < sums[:, 0].max() - 1.0
    assert count > 150
    assert min(lacking.values()) > 30
    assert changed > 75, "limits hardly ever matter"


@pytest.mark.parametrize("start", range(1_000, 1_100, BATCH))
def test_fractions_are_worth_at_least_as_much(start: int) -> None:
    kept = Counter[bool]()
    for seed in range(start, start + BATCH):
        event = night(seed, fines=Fines.HIGH if seed % 2 else Fines.MILD)
        whole = program(event, Columns(event))
        found = in_whole_seats(whole)
        value, least = float(whole.gains @ found), least_lacking(whole)
        assert linear_optimum(event) >= value - 1e-6 * abs(value) - 1.0, seed
        assert linear_lacking(event) <= least + 1e-6, seed
        if seed % 2 and whole.short:
            kept[least == 0] += 1
            # What is dear enough is kept wherever it can be.
            assert (lacks(whole, found) == 0) == (least == 0), seed
    assert min(kept.values()) >= 4, kept


def test_columns_are_the_legal_pods_in_their_best_order() -> None:
    turned = 0
    for seed in range(1_200, 1_230):
        event = night(seed)
        columns = Columns(event)
        known = {
            (cohort, scene, frozenset(pod)): column
            for column, (cohort, scene, pod) in enumerate(
                zip(columns.cohort.tolist(), columns.scene.tolist(), columns.pods, strict=True)
            )
        }
        assert len(known) == len(columns)
        best: dict[int, float] = {}
        for number, scene in enumerate(event.scenes):
            for cohort in range(len(event.cohorts)):
                for length in range(1, scene.rules.maximum_ads + 1):
                    for pod in permutations(range(scene.rules.ads), length):
                        if legal(scene.rules, scene.rows, cohort, pod) is not None:
                            continue
                        column = known[cohort, number, frozenset(pod)]
                        value = pod_value(scene.rules, scene.worth, scene.rows.values[cohort], pod)
                        best[column] = max(best.get(column, value), value)
                        turned += list(pod) != sorted(pod) and pod == columns.pods[column]
        assert sorted(best) == list(range(len(columns))), seed
        for column, (cohort, number, pod) in enumerate(
            zip(columns.cohort.tolist(), columns.scene.tolist(), columns.pods, strict=True)
        ):
            scene = event.scenes[number]
            assert legal(scene.rules, scene.rows, cohort, pod) is None
            assert columns.values[column] == pytest.approx(best[column]), seed
    assert turned > 100


@pytest.mark.parametrize("seed", range(1_300, 1_320))
def test_three_times_everything_is_worth_three_times_as_much(seed: int) -> None:
    event = night(seed, whole=False)
    larger = replace(
        event,
        scenes=tuple(replace(scene, viewers=3.0 * scene.viewers) for scene in event.scenes),
        shared=replace(event.shared, limit=3.0 * event.shared.limit),
        reach=tuple(replace(cap, limit=3.0 * cap.limit) for cap in event.reach),
    )
    assert linear_optimum(larger) == pytest.approx(3.0 * linear_optimum(event), rel=1e-6, abs=1.0)
    assert linear_lacking(larger) == pytest.approx(3.0 * linear_lacking(event), rel=1e-6, abs=1e-4)


def test_any_prices_bound_every_plan() -> None:
    """And some bound it better than having none."""
    closer = 0
    for seed in range(1_400, 1_440):
        event = night(seed, whole=seed % 2 == 0)
        shared, random = event.shared, np.random.default_rng(seed)
        most = linear_optimum(event)
        size = (len(event.reach), len(event.cohorts))
        free = dual_bound(event, NightPrices(np.zeros(len(shared)), np.zeros(size)))
        for strength in (0.03, 0.3, 1.0):
            # In micros of what one ad uses: a row on money or on time has small prices.
            dear = 20_000.0 * strength / np.abs(shared.use).max(axis=1, initial=1.0)
            wanted = dear * random.random(len(shared))
            caps = [20_000.0 * strength / cap.use.max(initial=1.0) for cap in event.reach]
            prices = NightPrices(
                np.where(shared.at_least, np.minimum(wanted, shared.penalty), wanted),
                np.array([np.minimum(each, cap.penalty) for each, cap in zip(caps, event.reach, strict=True)])[:, None]
                * random.random(size),
            )
            bound = dual_bound(event, prices)
            assert bound >= most - 1e-6 * abs(most) - 1.0, seed
            closer += bound < free - 1.0
    assert closer > 30


@pytest.mark.parametrize(
    ("price", "bound"), [(0.0, 50 * 5.0), (3.0, 40 * 5 + 10 * 5 - 30 * 3), (4.0, 40 * 6 + 10 * 5 - 30 * 4)]
)
def test_the_bound_is_what_one_reckons_by_hand(price: float, bound: float) -> None:
    event = by_hand((cap(0, 12.0, 2),), 4.0)
    assert dual_bound(event, NightPrices(np.array([price]), np.zeros((1, 1)))) == pytest.approx(bound)
    # The dear ad costs 3 of its 5, so the promised one at 2 and its bonus is better in the first break alone.
    dear = dual_bound(event, NightPrices(np.array([price]), np.full((1, 1), 3.0)))
    assert dear == pytest.approx(40 * (2 + price) + 10 * 2 + 12 * 3 - 30 * price)


SLOT = 30_000_000


def one_slot(weight: float, viewers: float, values: list[float], use: list[list[float]], brk: int) -> Scene:
    """One cohort and one slot."""
    ads = len(values)
    return Scene(
        brk=brk,
        at=Microseconds(600_000_000 * brk),
        duration=Microseconds(SLOT),
        weight=weight,
        rules=PodRules(
            np.full(ads, SLOT, dtype=np.int64),
            np.full(ads, int(Position.ANY), dtype=np.uint8),
            (),
            Microseconds(SLOT),
            Microseconds(0),
            1,
        ),
        worth=Worth(np.array([0], dtype=np.int64), np.ones(1)),
        rows=Rows(
            np.array([values], dtype=np.float32),
            np.ones((1, ads), dtype=np.bool_),
            np.zeros(1, dtype=np.int64),
            np.full(1, SLOT, dtype=np.int64),
            np.zeros(1, dtype=np.int64),
        ),
        ads=np.arange(ads, dtype=np.int64),
        use=np.array(use, dtype=np.float64).reshape(-1, ads),
        viewers=np.array([viewers]),
    )


def by_hand(reach: tuple[Reach, ...], penalty: float) -> Night:
    """Ad 0 is worth 5 and ad 1 is worth 2, which is promised 30 of 40 certain seats; 10 more seats may come or not."""
    return Night(
        ads=("dear", "promised"),
        campaigns=("dear", "promised"),
        cohorts=("all",),
        tiers=np.ones(2, dtype=np.int64),
        scenes=(
            one_slot(1.0, 40.0, [5.0, 2.0], [[0.0, 1.0]], 0),
            one_slot(0.5, 20.0, [5.0, 2.0], [[0.0, 0.0]], 1),
        ),
        shared=Shared((Kind.GUARANTEE,), ("promised",), np.array([[0.0, 1.0]]), np.array([30.0]), np.array([penalty])),
        reach=reach,
    )


def cap(ad: int, limit: float, stop: int, penalty: float = HARD) -> Reach:
    """A cap of one ad from the first scene on."""
    return Reach(Rule.CAP, "cap", np.array([ad]), np.ones(1), 0, stop, np.array([limit]), penalty)


@pytest.mark.parametrize(
    ("reach", "penalty", "value", "kept"),
    [
        # A promise that costs less than it takes from others is not kept: 50 seats at 5, 30 short at 1.
        ((), 1.0, 50 * 5 - 30, True),
        # At 4 it is: 30 seats at 2 and 20 at 5, of which the break that may not come counts half.
        ((), 4.0, 30 * 2 + 20 * 5, True),
        # The dear ad may be seen 12 times in both breaks.
        ((cap(0, 12.0, 2),), 4.0, 38 * 2 + 12 * 5, True),
        # In the first break alone: the other one is free.
        ((cap(0, 8.0, 1),), 4.0, 32 * 2 + 8 * 5 + 10 * 5, True),
        # What is promised may be seen 25 times: 5 are short.
        ((cap(1, 25.0, 2),), 4.0, 25 * 2 + 15 * 5 + 10 * 5 - 5 * 4, False),
        # A soft cap of the promised ad is broken for 1.5, since 2 + 4 - 5 is less: only then it is kept.
        ((cap(1, 25.0, 2, penalty=0.5),), 4.0, 30 * 2 + 20 * 5 - 5 * 0.5, True),
        ((cap(1, 25.0, 2, penalty=1.5),), 4.0, 25 * 2 + 25 * 5 - 5 * 4, True),
    ],
)
def test_it_is_what_one_reckons_by_hand(reach: tuple[Reach, ...], penalty: float, value: float, kept: bool) -> None:
    event = by_hand(reach, penalty)
    assert integer_optimum(event)[0] == pytest.approx(value)
    assert integer_optimum(event)[1] == kept
    assert linear_optimum(event) == pytest.approx(value)
    assert (linear_lacking(event) < 1e-9) == kept


def test_seats_that_are_not_whole_are_rounded_down_for_whole_plans() -> None:
    event = by_hand((), 1.0)
    odd = replace(event, scenes=tuple(replace(scene, viewers=scene.viewers + 0.9) for scene in event.scenes))
    assert integer_optimum(odd)[0] == pytest.approx(50 * 5 - 30)
    assert linear_optimum(odd) == pytest.approx((50 + 0.9 + 0.45) * 5 - 30)


def test_numbers_that_are_not_whole_are_refused() -> None:
    with pytest.raises(ValueError, match="whole numbers"):
        integer_optimum(by_hand((cap(0, 12.34, 2, penalty=1.0),), 1.0))


def test_the_same_seed_is_the_same_night() -> None:
    for seed in range(20):
        assert repr(night(seed)) == repr(night(seed))
        assert repr(night(seed)) != repr(night(seed + 1))


def test_every_feature_appears_often() -> None:
    seen = Counter[str]()
    for seed in range(400):
        event = night(seed)
        breaks = Counter(scene.brk for scene in event.scenes)
        for kind in event.shared.kinds:
            seen[kind] += 1
        seen["two durations"] += max(breaks.values()) == 2
        seen["unplanned"] += any(breaks[scene.brk] == 1 and scene.weight < 1 for scene in event.scenes)
        seen["promises that count planned breaks only"] += any(
            (scene.use[row] == 0).all() and (event.shared.use[row, scene.ads] != 0).any()
            for scene in event.scenes
            for row in np.flatnonzero(event.shared.at_least)
        )
        seen["hard caps"] += any(each.penalty == HARD for each in event.reach)
        seen["soft caps"] += any(each.penalty != HARD for each in event.reach)
        seen["caps over a window"] += any(each.stop - each.first < len(event.scenes) for each in event.reach)
        seen["caps that count other than once"] += any((each.use != 1).any() for each in event.reach)
        seen["caps on seconds"] += any((each.use > 1e6).any() for each in event.reach)
        seen["not all ads"] += any(len(scene.ads) < len(event.ads) for scene in event.scenes)
        seen["families"] += any(scene.rules.families for scene in event.scenes)
        seen["falling survival"] += any(scene.worth.survival[-1] < scene.worth.survival[0] for scene in event.scenes)
        seen["edges"] += any(scene.worth.first != 1 or scene.worth.last != 1 for scene in event.scenes)
        seen["positions"] += any((scene.rules.positions != int(Position.ANY)).any() for scene in event.scenes)
        seen["required"] += any((scene.rows.required > 0).any() for scene in event.scenes)
        seen["minimum fill"] += any(scene.rules.minimum_fill > 0 for scene in event.scenes)
        seen["masks"] += any(not scene.rows.allowed.all() for scene in event.scenes)
        seen["nobody there"] += bool((event.seats == 0).any())
        seen["no limits"] += not len(event.shared) or not event.reach
        seen["whole"] += bool((event.seats == np.round(event.seats)).all())
        seen["fractions"] += bool((night(seed, whole=False).seats % 1 > 0).any())
    print(dict(seen))
    assert min(seen.values()) >= 60, seen
    assert seen["whole"] == seen["fractions"] == 400
