"""Plans as text: an event's and a break's, told apart by what is inside."""

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.errors import InputError
from planner.decide.text import read_any_plan, read_event_plan, read_plan, written
from planner.eventfile import EventFile
from planner.planfile import PlanFile
from tests.halftime.event_plans import night
from tests.planner.decide.kit import ad, book, planned


@pytest.fixture(scope="module")
def plan() -> EventFile:
    return night(breaks=5, campaigns=8)


@pytest.fixture(scope="module")
def of_a_break() -> PlanFile:
    return planned(book([ad("x", 30, 9)]))


def kept(file: Path, body: str) -> Path:
    file.write_text(body, encoding="utf-8")
    return file


def test_an_event_plan_comes_back_the_same(plan, tmp_path):
    file = kept(tmp_path / "plan.json", written(plan))
    assert read_event_plan(file) == plan
    assert written(read_event_plan(file)) == written(plan)


def test_instants_are_numbers_and_levels_words(plan):
    document = json.loads(written(plan))
    assert [entry["at"] for entry in document["breaks"]] == [0, 285.5, 570, 855.5, 1140]
    assert [level["level"] for level in document["levels"]] == ["point", "low", "surge"]
    assert written(plan).endswith("}\n")


@given(st.decimals(min_value=0, max_value=10**6, places=6, allow_nan=False, allow_infinity=False))
def test_any_instant_to_the_microsecond_comes_back(tmp_path_factory, at: Decimal):
    plan = night(breaks=3, campaigns=1)
    plan = plan.model_copy(update={"breaks": (plan.breaks[0].model_copy(update={"at": at}),)})
    file = kept(tmp_path_factory.mktemp("plans") / "plan.json", written(plan))
    assert read_event_plan(file) == plan


def test_what_is_inside_says_which_it_is(plan, of_a_break, tmp_path):
    assert read_any_plan(kept(tmp_path / "a", written(plan))) == plan
    assert read_any_plan(kept(tmp_path / "b", written(of_a_break))) == of_a_break


def test_one_given_for_the_other_is_said_to_be(plan, of_a_break, tmp_path):
    event = kept(tmp_path / "event.json", written(plan))
    brk = kept(tmp_path / "break.json", written(of_a_break))
    with pytest.raises(InputError, match=r"event\.json: expected a plan of a break, found a plan of a whole event"):
        read_plan(event)
    with pytest.raises(InputError, match=r"break\.json: expected a plan of a whole event, found a plan of a break"):
        read_event_plan(brk)


def tampered(plan: EventFile, *path: Any, value: str) -> str:
    """The plan's text with the JSON ``value`` at a place."""
    document = json.loads(written(plan))
    place = document
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = "HERE"
    return json.dumps(document).replace('"HERE"', value)


@pytest.mark.parametrize(
    ("path", "value", "named"),
    [
        (("breaks", 1, "at"), "1e400", "breaks.1.at"),
        (("breaks", 1, "at"), '"1E+99999999"', "breaks.1.at: expected at most 1000000000 s"),
        (("breaks", 1, "duration"), '"1E-99999999"', "breaks.1.duration: expected at most"),
        (("campaigns", 0, "expected", "low"), "NaN", "campaigns.0.expected.low: expected a finite number"),
        (("campaigns", 0, "budget"), "9" * 400, "campaigns.0.budget: expected at most 10"),
        (("levels", 0, "gap"), "Infinity", "levels.0.gap: expected a finite number"),
        (("levels", 0, "gap"), "-1", "levels.0.gap"),
        (("levels", 0, "level"), '"middle"', "levels.0.level"),
        (("prices",), '{"a": NaN}', "prices.a: expected a finite number"),
        (("surprise",), "1", "surprise"),
        (("levels",), "null", "levels"),
    ],
)
def test_a_wrong_event_plan_is_one_line_with_its_place(path, value, named, plan, tmp_path):
    file = kept(tmp_path / "plan.json", tampered(plan, *path, value=value))
    for read in (read_event_plan, read_any_plan):
        with pytest.raises(InputError) as found:
            read(file)
        assert f"{file}: {named}" in str(found.value)
        assert len(str(found.value).splitlines()) == 1


@pytest.mark.parametrize("body", ["", "{", "[]", "null", "{}", '{"a": 1}', "[" * 100_000, "\x00", '"levels"'])
def test_what_is_no_plan_is_said_for_every_reader(body, tmp_path):
    file = kept(tmp_path / "plan.json", body)
    for read in (read_plan, read_event_plan, read_any_plan):
        with pytest.raises(InputError, match="expected a plan, found"):
            read(file)


def test_no_file_is_said_for_every_reader(tmp_path):
    for read in (read_plan, read_event_plan, read_any_plan):
        with pytest.raises(InputError, match="expected a readable plan"):
            read(tmp_path / "none.json")
