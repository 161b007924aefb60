"""The benchmarks' machinery: small runs, and that a wrong body is found."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace

import pytest

from replay.bench.dvr import dvr_version
from replay.bench.event import POD, RENDITIONS, pieces, playlist, start_of
from replay.bench.expected import Sample, compare
from replay.bench.figures import Figure, against, save, table
from replay.bench.filled import Filled, Size, filled
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
