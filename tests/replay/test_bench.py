"""The benchmarks' machinery: small runs, and that a wrong body is found."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace

import numpy as np
import pytest

from planner.book.read import read_book
from planner.event.plan import plan_night
from planner.event.stage import stage
from planner.eventfile import Level
from planner.price.port import Priced
from planner.problem import NOTHING
from planner.seats.plan import close
from replay.bench import planner_event
from replay.bench.__main__ import FULL, QUICK
from replay.bench.dvr import dvr_version
from replay.bench.event import POD, RENDITIONS, pieces, playlist, start_of
from replay.bench.expected import Sample, compare
from replay.bench.figures import Figure, against, save, table
from replay.bench.filled import Filled, Size, filled
from replay.bench.hard_book import Form, hard
from replay.bench.planner_hard import Run, hard_books
from replay.bench.planner_scaling import scaling, scaling_figures
from replay.bench.planner_seats import Asked, agree, seats_vs_bnb, worth
from replay.bench.refresh import refresh_vs_m3u8
from ssai.hls.media import parse

SIZE = Size(sessions=90, joins=45, settle=20)


@pytest.fixture(scope="module")
def made() -> Filled:
    return asyncio.run(filled(SIZE))


def samples(made: Filled) -> list[Sample]:
    found = []
    for session in made.sessions:
        for rendition in RENDITIONS:
            body = made.worker.playlist(session.seat, session.join, rendition)
            assert body is not None
            found.append(Sample(session.seat, rendition, 10.0, 10.1, body))
    return found


def test_the_event_says_the_same_to_the_edge_and_to_the_reference() -> None:
    for rendition in RENDITIONS:
        read = parse(playlist(rendition, 7))
        assert [(segment.date, segment.duration) for segment in read.segments] == [
            (piece.start, piece.end - piece.start) for piece in pieces(7)[rendition]
        ]
        assert all(abs(start_of(rendition, k) - start_of("r0", k)) < 12_000 for k in range(500))
    assert len(set(POD)) == 64


def test_every_seat_has_what_the_reference_gives_it(made: Filled) -> None:
    number = made.version.number
    assert len({sample.body for sample in samples(made)}) > 64
    verdict = compare(samples(made), [(0.0, number - 1), (1.0, number)], SIZE)
    assert (verdict.compared, verdict.versions, verdict.wrong) == (270, 1, ())


def test_a_wrong_body_is_found(made: Filled) -> None:
    number = made.version.number
    right = samples(made)[4]
    wrong = replace(right, body=right.body.replace(b"#EXT-X-MEDIA-SEQUENCE:", b"#EXT-X-MEDIA-SEQUENCE:1", 1))
    other_seat = replace(right, seat=right.seat + 1)
    in_force = [(0.0, number - 1), (1.0, number)]
    assert compare([right, wrong, other_seat], in_force, SIZE).wrong == (
        f"seat {right.seat}, {right.rendition}, version [{number}]",
        f"seat {right.seat + 1}, {right.rendition}, version [{number}]",
    )


def test_an_old_body_is_right_only_while_its_version_may_be_in_force(made: Filled) -> None:
    number = made.version.number
    body = samples(made)[0]
    assert compare([body], [(0.0, number), (10.05, number + 1)], SIZE).wrong == ()
    assert len(compare([body], [(0.0, number), (9.9, number + 1)], SIZE).wrong) == 1


def test_refresh_is_measured() -> None:
    figures = refresh_vs_m3u8(runs=2, reloads=4)
    assert len({figure.name for figure in figures}) == 3
    for figure in figures:
        assert figure.ratio is not None
        assert figure.ratio > 5


def test_a_long_window_is_measured() -> None:
    figure = dvr_version(runs=1, refreshes=2, segments=300)
    assert figure.value > 0
    assert figure.baseline is not None


def test_figures_are_kept_under_their_names(tmp_path) -> None:
    path = tmp_path / "build" / "bench.json"
    one = against("a", "ms", [2.0, 4.0, 6.0], [1.0, 4.0, 2.0])
    assert (one.value, one.baseline, one.ratio) == (4.0, 2.0, 2.0)
    save([one, Figure("b", 1.0, "bytes", None, None, (1.0,))], path)
    save([Figure("b", 2.0, "bytes", None, None, (2.0,), "said")], path)
    kept = {known["name"]: known for known in json.loads(path.read_text())}
    assert kept["a"]["runs"] == [2.0, 4.0, 6.0]
    assert (kept["b"]["value"], kept["b"]["baseline"]) == (2.0, None)
    assert "said" in table([Figure("b", 2.0, "bytes", None, None, (2.0,), "said")])


def test_every_benchmark_has_a_quick_form() -> None:
    assert list(FULL) == list(QUICK)


def test_the_hard_books_are_planned_apart() -> None:
    figures = {figure.name: figure for figure in hard_books(200, 4)}
    for form in Form:
        assert 0.0 <= figures[f"planner.gap_seats.{form}"].value < 10
        assert figures[f"planner.illegal_pods.{form}"].value == 0
        assert "limits exceeded 0" in figures[f"planner.gap_seats.{form}"].note


def test_seats_are_measured() -> None:
    bnb, cp_sat = seats_vs_bnb(Asked(seats=600, searched=6, solved=1, cohorts=12, runs=1))
    assert bnb.value == cp_sat.value
    for figure in (bnb, cp_sat):
        assert figure.ratio is not None
        assert figure.ratio > 5


def test_answers_that_cannot_both_be_right_are_found() -> None:
    book = hard(1, 40, 4, Form.SCARCE)
    problem, rows = book.problem, book.crowd.block(0, 40)
    costs = np.full(problem.rules.ads, 5_000.0)
    priced = close(problem)(rows, costs)
    assert worth(problem, rows, costs, priced) == pytest.approx(priced.reduced)
    agree(problem, rows, costs, {"one": priced, "other": priced})
    low = Priced(priced.bound.copy(), priced.reduced, priced.pods)
    low.bound[7] = priced.reduced[7] * 0.999
    with pytest.raises(AssertionError, match="one: the pod of seat 7 brings more than the bound of low"):
        agree(problem, rows, costs, {"one": priced, "low": low})
    wrong = Priced(priced.bound, priced.reduced, priced.pods.copy())
    wrong.pods[9, :3] = wrong.pods[9, 0], wrong.pods[9, 0], NOTHING
    with pytest.raises(AssertionError, match="wrong: a pod breaks a rule"):
        agree(problem, rows, costs, {"one": priced, "wrong": wrong})


def planned(seats: int, exponent: float, search: float) -> Run:
    return Run(
        form=Form.SCARCE,
        seats=seats,
        cohorts=seats // 100,
        gap=0.003,
        closed=0.0,
        illegal=0,
        exceeded=0,
        value=1.0,
        bound=1.0,
        greedy=0.0,
        peak_mb=120 + seats * 40 / 2**20,
        caps=0.0,
        budgets=0.0,
        separations=0.0,
        generating=0.0,
        prices=search,
        bounding=1e-5 * seats**exponent,
        serving=2e-5 * seats**exponent,
        greedy_seconds=0.0,
    )


def test_a_search_of_constant_time_does_not_flatter_the_exponent() -> None:
    sizes = (10_000, 30_000, 100_000, 300_000)
    time, memory = scaling_figures([planned(seats, 1.2, 20.0) for seats in sizes])
    total, by_seat, tail = time.runs
    assert total < 1.0
    assert (time.value, by_seat, tail) == pytest.approx((1.2, 1.2, 1.2))
    assert time.ratio == pytest.approx(1.2 / 1.15)
    assert (memory.value, memory.baseline, memory.ratio) == pytest.approx((40.0, 28.0, 40 / 28))
    assert "1.00 of the step before" in memory.note
    growing = [planned(seats, 0.9, seats**1.3) for seats in sizes]
    assert scaling_figures(growing)[0].value == pytest.approx(1.3, abs=0.01)


def test_growth_is_measured() -> None:
    time, memory = scaling(((100, 2), (200, 4), (300, 6)))
    assert len(time.runs) == 3
    assert len(memory.runs) == 2
    assert "300 in 6" in time.note


def test_an_event_is_planned_and_planned_again_after_its_first_break(root):
    one = planner_event.run(root / planner_event.SMALL, ("greedy",))
    assert one.gap <= planner_event.STOP.gap
    assert one.gap_again <= planner_event.STOP.gap
    assert 0.0 <= one.moved < 1.0
    assert one.ratio("greedy") >= 1.0 - one.gap
    figures = {each.name: each for each in planner_event.event_figures(one)}
    assert figures["planner.replan_vs_plan"].value == pytest.approx(one.again)
    assert figures["planner.event_gap"].value == pytest.approx(100.0 * one.gap)
    assert "planner.event_vs_greedy" in figures


def test_what_a_second_plan_moves_is_counted_once(root):
    staged = stage(read_book(root / planner_event.SMALL), Level.POINT)
    plan = plan_night(staged.night, stop=planner_event.STOP, seed=1)
    assert planner_event.moved(staged.night, plan, staged.night, plan) == 0.0
    # All impressions of one ad given to nobody are half a move: nobody has them instead.
    pods = np.where(plan.shown.pods == plan.shown.pods[0, 0], NOTHING, plan.shown.pods)
    other = replace(plan, shown=replace(plan.shown, pods=pods))
    placed = plan.shown.placed(staged.night)
    gone = placed[:, plan.shown.pods[0, 0]].sum() / placed.sum()
    assert planner_event.moved(staged.night, plan, staged.night, other) == pytest.approx(gone / 2.0)
