"""House pods: in rotation, full, without repeats, the same everywhere."""

import subprocess
import sys

from hypothesis import given
from hypothesis import strategies as st

from domain.pod import Creative
from domain.units import SECOND, Microseconds
from ssai.decide.house import HousePods, hash_of
from ssai.decide.port import Opening

LONGEST = Microseconds(600 * SECOND)


def creative(name: str, *lengths: int) -> Creative:
    return Creative(name, tuple(map(Microseconds, lengths)))


catalogues = st.lists(st.lists(st.integers(200_000, 8_000_000), min_size=1, max_size=6), max_size=8).map(
    lambda all_: [creative(f"c{place}", *lengths) for place, lengths in enumerate(all_)]
)
openings = st.builds(
    Opening,
    st.just("demo"),
    st.integers(0, 10**16).map(str),
    st.just(Microseconds(0)),
    st.none() | st.integers(0, 120 * SECOND).map(Microseconds),
)


@given(catalogues, openings, st.lists(st.integers(0, 5000), max_size=40))
def test_every_pod_fits_without_repeats_and_leaves_no_room(
    catalogue: list[Creative], opening: Opening, seats: list[int]
) -> None:
    pods = HousePods(catalogue, LONGEST).decide(opening, seats)
    assert len(pods) == len(seats)
    limit = LONGEST if opening.duration is None else opening.duration
    for pod in pods:
        assert len(set(pod.creatives)) == len(pod.creatives)
        assert set(pod.creatives) <= set(catalogue)
        left = limit - pod.duration
        assert left >= 0
        assert all(each.duration > left for each in catalogue if each not in pod.creatives)
    assert len(set(pods)) <= max(1, len(catalogue))


@given(catalogues, openings, st.lists(st.integers(0, 5000), min_size=1, max_size=40))
def test_a_seat_gets_its_pod_whoever_is_asked_for_with_it(
    catalogue: list[Creative], opening: Opening, seats: list[int]
) -> None:
    house = HousePods(catalogue, LONGEST)
    assert house.decide(opening, seats) == [house.decide(opening, [seat])[0] for seat in seats]


def test_neighbours_and_breaks_start_at_different_creatives() -> None:
    house = HousePods([creative(name, 5_000_000) for name in "abcd"], LONGEST)
    duration = Microseconds(10_000_000)
    firsts = [
        [pod.creatives[0].id for pod in house.decide(Opening("demo", key, Microseconds(0), duration), range(8))]
        for key in ("1790000000000000", "1790000060000000", "1790000120000000", "1790000180000000")
    ]
    for row in firsts:
        assert set(row[:4]) == set("abcd")
        assert row[:4] == row[4:]
    assert len({row[0] for row in firsts}) > 1


def test_an_unknown_duration_gets_every_creative_once() -> None:
    everything = [creative(name, 5_000_000, 2_500_000) for name in "abc"]
    unknown = Opening("demo", "1", Microseconds(0), None)
    (pod,) = HousePods(everything, LONGEST).decide(unknown, [1])
    assert set(pod.creatives) == set(everything)
    (bounded,) = HousePods(everything, Microseconds(16_000_000)).decide(unknown, [1])
    assert len(bounded.creatives) == 2


def test_a_shorter_one_fills_what_is_left() -> None:
    house = HousePods([creative("long", 20_000_000), creative("short", 6_000_000)], LONGEST)
    opening = Opening("demo", "1", Microseconds(0), Microseconds(25_000_000))
    assert {tuple(each.id for each in pod.creatives) for pod in house.decide(opening, [0, 1])} == {
        ("long",),
        ("short",),
    }


def test_nothing_gives_empty_pods() -> None:
    opening = Opening("demo", "1", Microseconds(0), Microseconds(25_000_000))
    assert [pod.creatives for pod in HousePods((), LONGEST).decide(opening, [0, 1])] == [(), ()]
    assert [pod.creatives for pod in HousePods([creative("a", 30_000_000)], LONGEST).decide(opening, [0])] == [()]


def test_another_process_decides_the_same() -> None:
    """Python's own ``hash`` of a text differs from process to process."""
    script = "from ssai.decide.house import hash_of; print([hash_of(str(key)) for key in range(0, 90, 7)])"
    told = {
        subprocess.run(
            [sys.executable, "-c", script], env={"PYTHONHASHSEED": seed}, capture_output=True, text=True, check=True
        ).stdout.strip()
        for seed in ("1", "2")
    }
    assert told == {str([hash_of(str(key)) for key in range(0, 90, 7)])}
    assert hash_of("") == 0x811C9DC5
    assert hash_of("a") == 0xE40C292C
