"""``halftime plan`` as people and scripts meet it."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest

from halftime.cli import run

PROGRAM = "from halftime.cli import main; main()"
BLOCKED = "import sys; sys.modules['ortools'] = None; " + PROGRAM
AD = """
[[campaigns]]
id = "{0}"
advertiser = "{0}"
price = {{ amount = {1} }}

[[creatives]]
id = "{0}-ad"
campaign = "{0}"
duration = {2}
categories = ["Films"]
"""
REST = """
[[breaks]]
id = "first"
durations = [{ seconds = 45 }]

[[breaks]]
id = "second"
durations = [{ seconds = 15 }]

[[audience.cohorts]]
id = "all"
seats = 100
"""
GOOD = AD.format("one", 9, 30) + AD.format("two", 8, 15) + REST


@pytest.fixture(scope="session")
def books(root: Path) -> Path:
    return root / "fixtures" / "books"


@pytest.fixture(scope="session")
def final(books: Path) -> dict[str, Any]:
    """The plan of the final's book, made once."""
    made = program(["plan", str(books / "final.toml"), "--json"])
    assert made.returncode == 0, made.stderr
    return json.loads(made.stdout)


def program(arguments: list[str], seed: str = "0", text: str = PROGRAM) -> subprocess.CompletedProcess[bytes]:
    environment = os.environ | {"PYTHONHASHSEED": seed}
    return subprocess.run(
        [sys.executable, "-c", text, *arguments], capture_output=True, check=False, env=environment, timeout=170
    )


def test_the_worked_example_earns_seventeen_a_thousand(books, capsys):
    assert run(["plan", str(books / "three-bids.toml"), "--json"]) == 0
    plan = json.loads(capsys.readouterr().out)
    (entry,) = plan["breaks"]
    (pod,) = entry["pods"]
    assert set(pod["creatives"]) == {"beer-30", "auto-15"}
    assert (pod["share"], entry["value"], entry["duration"], entry["fill"]) == (1.0, 17_000_000, 45, 1.0)
    assert entry["value"] <= entry["upper_bound"] <= entry["value"] * 1.0001
    assert entry["gap"] <= 1e-4
    lost = {each["creative"]: (each["break"], each["reason"]) for each in plan["left_out"]}
    assert lost == dict.fromkeys(["auto-30", "food-15", "travel-15"], ("break", "lost"))


def test_the_worked_example_for_people(books, capsys):
    assert run(["plan", str(books / "three-bids.toml")]) == 0
    out, err = capsys.readouterr()
    text = " ".join(out.split())
    assert "break break, 45 s, 1,000 viewers" in text
    assert "value 17.00 USD, upper bound 17.00 USD, gap 0.000%, fill 100.0%, revenue 17.00 USD" in text
    assert "auto-30" in text
    assert "lost" in text
    assert max(map(len, out.splitlines())) <= 80
    assert err == ""


def test_the_final_is_planned_for_every_duration_near_the_best(final):
    assert [entry["duration"] for entry in final["breaks"]] == [120, 150, 180]
    for entry in final["breaks"]:
        assert 0 <= entry["gap"] <= 0.015
        assert sum(pod["seats"] for pod in entry["pods"]) == entry["seats"] == 1_000_000
        assert sum(pod["share"] for pod in entry["pods"]) == pytest.approx(1)
    ready = {each["kind"] for entry in final["breaks"] for each in entry["menu"]}
    assert ready == {"contingency", "extension"}
    assert all(each["reason"] and each["detail"] for each in final["left_out"])


def test_check_passes_on_a_plan_that_plan_made(final, books, tmp_path, capsys):
    file = tmp_path / "plan.json"
    file.write_text(json.dumps(final))
    assert run(["plan", "check", str(file), str(books / "final.toml")]) == 0
    out, err = capsys.readouterr()
    assert (out, err) == ("", "no violations\n")
    assert run(["plan", "check", str(file), str(books / "final.toml"), "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == {"violations": []}


def worth_more(plan: dict[str, Any]) -> None:
    plan["breaks"][0]["value"] += 10**9


def more_seats(plan: dict[str, Any]) -> None:
    pod = plan["breaks"][0]["pods"][0]
    pod["seats"] += 1
    pod["cohorts"][next(iter(pod["cohorts"]))] += 1


def twice(plan: dict[str, Any]) -> None:
    creatives = next(pod["creatives"] for pod in plan["breaks"][0]["pods"] if pod["creatives"])
    creatives.append(creatives[0])


def unexplained(plan: dict[str, Any]) -> None:
    del plan["left_out"][0]


def stranger(plan: dict[str, Any]) -> None:
    plan["breaks"][1]["pods"][0]["creatives"] = ["nobody-knows-it"]


def longer(plan: dict[str, Any]) -> None:
    plan["breaks"][2]["duration"] = 181


@pytest.mark.parametrize(
    ("tamper", "rule"),
    [
        (worth_more, "stated"),
        (more_seats, "seats"),
        (twice, "repeat"),
        (unexplained, "stated"),
        (stranger, "stated"),
        (longer, "stated"),
    ],
)
def test_check_tells_what_was_tampered_with(
    tamper: Callable[[dict[str, Any]], None], rule: str, final, books, tmp_path, capsys
):
    plan = deepcopy(final)
    tamper(plan)
    file = tmp_path / "plan.json"
    file.write_text(json.dumps(plan))
    assert run(["plan", "check", str(file), str(books / "final.toml")]) == 1
    lines = capsys.readouterr().out.splitlines()
    assert rule in {line.partition(": ")[0] for line in lines}
    assert run(["plan", "check", str(file), str(books / "final.toml"), "--json"]) == 1
    found = json.loads(capsys.readouterr().out)["violations"]
    assert [f"{each['rule']}: {each['where']}: {each['message']}" for each in found] == lines


def roadblock(text: str) -> str:
    return text.replace('[[campaigns]]\nid = "', '[[campaigns]]\nroadblock = true\nid = "')


CYCLE = "Unique ID\tParent ID\tName\tTier 1\na\tb\tA\tA\nb\ta\tB\tB\n"
BAD = {
    "a contract conflict": (roadblock(GOOD), ("one", "two")),
    "an unknown category": (GOOD.replace('"Films"', '"Nonsense"', 1), ("creatives[0].categories", "Nonsense")),
    "a negative price": (GOOD.replace("amount = 9", "amount = -9"), ("campaigns[0].price.amount", "-9")),
    "duplicate ids": (GOOD.replace('id = "two-ad"', 'id = "one-ad"'), ("creatives[1].id", "one-ad")),
    "an empty book": ("", ("breaks",)),
    "a cycle in the tree": ('taxonomy = "cycle.tsv"\n' + GOOD, ("cycle.tsv",)),
    "a million lines of nothing": ("\n" * 1_000_000 + "x\n" + GOOD, ("1000001",)),
    "a million lines of the same": ("[[campaigns]]\n" * 1_000_000, ("campaigns",)),
    "no TOML": ("[[breaks]", ("line 1",)),
}


@pytest.mark.parametrize("case", BAD)
def test_a_bad_book_is_one_line_and_status_2(case, tmp_path, capsys):
    text, named = BAD[case]
    file = tmp_path / "book.toml"
    file.write_text(text)
    (tmp_path / "cycle.tsv").write_text(CYCLE)
    assert run(["plan", str(file)]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert len(err.splitlines()) == 1
    for each in named:
        assert each in err


def test_a_creative_longer_than_any_break_is_left_out_with_its_reason(tmp_path, capsys):
    file = tmp_path / "book.toml"
    file.write_text(GOOD.replace("duration = 30", "duration = 60"))
    assert run(["plan", str(file), "--json"]) == 0
    plan = json.loads(capsys.readouterr().out)
    assert [(each["creative"], each["reason"]) for each in plan["left_out"]] == [("one-ad", "duration")]


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        ([], "--book"),
        (["none.toml"], "none.toml"),
        (["book.toml", "--break", "third"], "one of first, second, found 'third'"),
        (["book.toml", "--iterations", "0"], "iterations"),
        (["book.toml", "--time-limit", "0"], "time-limit"),
        (["book.toml", "--planner", "oracle"], "planner"),
        (["check", "book.toml"], "requires an argument"),
        (["check", "none.json", "book.toml"], "none.json"),
        (["check", "book.toml", "book.toml"], "a plan"),
    ],
)
def test_wrong_arguments_are_one_line_and_status_2(arguments, named, tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("book.toml").write_text(GOOD)
    assert run(["plan", *arguments]) == 2
    err = capsys.readouterr().err
    assert len(err.splitlines()) == 1
    assert named in err


@pytest.mark.parametrize(
    "name", ["check.toml", "-book.toml", "a--b.toml", "check/book.toml", "a book.toml", "plan.toml"]
)
@pytest.mark.parametrize("options", [[], ["--break", "second"]])
def test_a_book_may_have_any_name(name, options, tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("check").mkdir()
    Path(name).write_text(GOOD)
    assert run(["plan", name, *options, "--json"]) == 0
    plan = capsys.readouterr().out
    assert json.loads(plan)["breaks"][0]["id"] == ("second" if options else "first")
    Path("-plan.json").write_text(plan)
    assert run(["plan", "check", "-plan.json", name]) == 0


@pytest.mark.parametrize("planner", ["best", "columns", "greedy"])
def test_every_planner_makes_a_plan_that_says_whose_it_is(planner, tmp_path, capsys):
    file = tmp_path / "book.toml"
    file.write_text(GOOD)
    assert run(["plan", str(file), "--planner", planner, "--time-limit", "1", "--json"]) == 0
    (entry,) = json.loads(capsys.readouterr().out)["breaks"]
    assert (entry["planner"], entry["value"]) == (planner, 1_700_000)


def test_the_same_book_gives_the_same_bytes_in_every_process(books):
    arguments = ["plan", str(books / "final.toml"), "--json", "--iterations", "3"]
    first, second = (program(arguments, seed) for seed in ("1", "2"))
    assert first.returncode == 0
    assert first.stdout == second.stdout


def test_many_pods_are_summed_up(tmp_path, capsys):
    ads = "".join(AD.format(f"c{number}", 1, 15) for number in range(20))
    goals = ads.replace("advertiser =", "goal = 5\nadvertiser =")
    file = tmp_path / "book.toml"
    file.write_text(goals + REST)
    assert run(["plan", str(file), "--break", "second"]) == 0
    text = " ".join(capsys.readouterr().out.split())
    assert "5 more" in text
    assert "25.0%" in text


def test_a_name_cannot_command_the_terminal(tmp_path, capsys):
    file = tmp_path / "book.toml"
    file.write_text(GOOD.replace('"one-ad"', '"one\\u001b[31m"').replace('"two-ad"', '"[red]two"'))
    assert run(["plan", str(file)]) == 0
    out = capsys.readouterr().out
    assert "\x1b" not in out
    assert "[red]two" in out


def test_without_a_solver_a_plan_can_be_checked_but_not_made(books, tmp_path, final):
    made = program(["plan", str(books / "three-bids.toml")], text=BLOCKED)
    assert made.returncode == 1
    assert made.stderr.decode().splitlines() == ['halftime: planning needs OR-Tools: pip install "halftime[plan]"']
    file = tmp_path / "plan.json"
    file.write_text(json.dumps(final))
    checked = program(["plan", "check", str(file), str(books / "final.toml")], text=BLOCKED)
    assert (checked.returncode, checked.stderr) == (0, b"no violations\n")
