"""``halftime plan`` on an event, as people and scripts meet it."""

import json
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from domain.units import SECOND
from halftime.cli import run
from halftime.event import EventPlanner, EventWish
from halftime.interrupt import Interruption
from planner.book.read import read_book
from planner.eventfile import Ended, EventFile, Level

PROGRAM = "from halftime.cli import main; main()"
NEW = """
[campaigns]
id = "acme"
advertiser = "Acme"
price = { amount = 30 }
goal = 15000
caps = [{ per = "event", limit = 2 }]

[creatives]
id = "acme-3"
campaign = "acme"
duration = 3
categories = ["Retail"]
"""


@pytest.fixture(scope="session")
def bout(root: Path) -> Path:
    return root / "fixtures" / "events" / "brief-bout.toml"


class Ears:
    """Keeps what it hears."""

    def __init__(self):
        self.told = []

    def heard(self, stage, done, value, gap):
        self.told.append((stage, done, value, gap))


def planned(bout, *, interruption=None, clock=time.monotonic, levels=tuple(Level), **wish):
    ears = Ears()
    asked = EventWish(**wish)
    planner = EventPlanner(asked, ears, interruption or Interruption(), parts=4.0, clock=clock)
    return planner.make(read_book(bout), levels), ears.told


def test_an_event_is_planned_for_three_audiences(bout, tmp_path, capsys):
    file = tmp_path / "plan.json"
    assert run(["plan", str(bout), "--output", str(file)]) == 0
    out, err = capsys.readouterr()
    plan = EventFile.model_validate_json(file.read_text())
    assert [level.level for level in plan.levels] == list(Level)
    assert all(level.gap <= 0.01 and level.ended is Ended.CLOSE for level in plan.levels)
    low, point, surge = (next(x for x in plan.levels if x.level == each) for each in ("low", "point", "surge"))
    assert low.value < point.value < surge.value
    assert [brk.id for brk in plan.breaks] == ["ring-walk", "corner-1", "corner-2", "decision"]
    assert "brief bout: 4 breaks (1 unplanned), 6 campaigns" in out
    assert err == f"halftime: written {file}\n"
    assert run(["plan", "check", str(file), str(bout)]) == 2
    assert "expected a plan of a break, found a plan of a whole event" in capsys.readouterr().err


def test_the_same_plan_every_time(bout, capsys):
    plans = []
    for _ in range(2):
        assert run(["plan", str(bout), "--json", "--point-only", "--seed", "3"]) == 0
        plans.append(capsys.readouterr().out)
    assert plans[0] == plans[1]
    assert json.loads(plans[0])["seed"] == 3


def test_a_what_if_shows_the_difference_and_writes_the_change(bout, tmp_path, capsys):
    html, csv = tmp_path / "plan.html", tmp_path / "plan.csv"
    change = ["--set", "campaigns.volta.budget=300", "--html", str(html), "--csv", str(csv)]
    assert run(["plan", str(bout), *change]) == 0
    out = " ".join(capsys.readouterr().out.split())
    assert re.search(r"before 3,77\d\.\d\d EUR: 4\d\d\.\d\d EUR less", out)
    assert "volta 17,500 7,500 -10,000" in out
    assert (tmp_path / "plan-breaks.csv").read_text(encoding="utf-8-sig").startswith("campaign,")
    assert 'id="difference"' in html.read_text()


def test_policies_to_compare_with(bout, capsys):
    assert run(["plan", str(bout), "--point-only", "--json", "--compare", "greedy", "even"]) == 0
    plan = json.loads(capsys.readouterr().out)
    assert [each["policy"] for each in plan["baselines"]] == ["greedy", "even"]
    assert all(each["value"] <= plan["levels"][0]["upper_bound"] for each in plan["baselines"])


def test_why(bout, capsys):
    assert run(["plan", str(bout), "--why", "civic", "--break", "corner-2"]) == 0
    assert "civic-2 runs: corner-2" in capsys.readouterr().out
    assert run(["plan", str(bout), "--why", "civic", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["campaign"] == "civic"


def test_one_break_of_an_event_alone(bout, tmp_path, capsys):
    """Its viewers are those expected there, not all that come."""
    assert run(["plan", str(bout), "--break", "corner-1", "--json"]) == 0
    out = capsys.readouterr().out
    (entry,) = json.loads(out)["breaks"]
    viewers = sum(round(each) for each in _viewers(bout, "corner-1"))
    assert entry["id"] == "corner-1"
    assert entry["seats"] == viewers
    file = tmp_path / "break.json"
    file.write_text(out)
    assert run(["plan", "check", str(file), str(bout)]) == 0


def _viewers(bout, brk):
    (level,) = planned(bout, levels=[Level.POINT], iterations=1)[0].levels.values()
    staged = level.staged
    return staged.expected.viewers[[each.id for each in staged.breaks].index(brk)]


def test_planned_again_after_a_break(bout, tmp_path, capsys):
    report = tmp_path / "delivered.csv"
    report.write_text("campaign,break,impressions\nvolta,ring-walk,900\n")
    again = ["plan", str(bout), "--now", "10", "--delivered", str(report), "--point-only", "--json"]
    assert run(again) == 0
    out, err = capsys.readouterr()
    plan = json.loads(out)
    assert err == ""
    assert [brk["over"] for brk in plan["breaks"]] == [True, False, False, False]
    assert {each["campaign"]: each["delivered"] for each in plan["campaigns"]}["volta"] == 900
    assert run(["plan", str(bout), "--now", "10", "--point-only", "--json"]) == 0
    assert "break ring-walk is over and nothing is said of it" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--now", "soon"], "--now: expected seconds from the event's start, such as 5400, found 'soon'"),
        (["--now", "9000"], "now: expected a break still to come"),
        (["--compare", "best"], "--compare: expected one of the policies greedy, "),
        (["--why", "nobody"], "--why: expected one of the campaigns northbrew, "),
        (["--why", "civic", "--break", "never"], "--break: expected one of the breaks ring-walk, "),
        (["--planner", "greedy"], "--planner: expected one break: --break ID, found a whole event"),
        (["--break", "never"], "expected one of ring-walk, corner-1, corner-2, decision, found 'never'"),
        (["--break", "decision", "--point-only"], "--point-only: expected a whole event"),
        (["--html", "/no/such/folder/plan.html"], "expected a file in a folder that is there"),
        (["--csv", "."], "expected a file to write, found a folder"),
        (["--set", "campaigns.volta.budgett=3"], "--set campaigns.volta.budgett: expected a field of campaigns[1]"),
        (["--set", "breaks.corner-1.at=17", "--set", "breaks.ring-walk.at=14"], "expected a break that begins when"),
        (["--set", "forecast.curve=[{ at = 20, share = 1 }]"], "expected a point at 2 s or before"),
        (["--gap", "-1"], "--gap"),
    ],
)
def test_what_cannot_be_done_is_one_line(bout, capsys, arguments, message):
    assert run(["plan", str(bout), *arguments]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert message in err
    assert err.count("\n") == 1


def test_options_of_events_need_an_event(root, capsys):
    assert run(["plan", str(root / "fixtures" / "books" / "three-bids.toml"), "--html", "x.html"]) == 2
    assert "--html: expected a whole event: a book with a forecast" in capsys.readouterr().err


def test_zero_viewers(bout, capsys):
    nobody = ["--set", "forecast.viewers=0", "--set", "forecast.low=0", "--set", "forecast.surge=0"]
    assert run(["plan", str(bout), *nobody, "--json"]) == 0
    plan = json.loads(capsys.readouterr().out)
    assert [level["impressions"] for level in plan["levels"]] == [0, 0, 0]


def test_a_new_event_can_be_planned(root, tmp_path, capsys):
    assert run(["plan", "new"]) == 0
    file = tmp_path / "new.toml"
    file.write_text(capsys.readouterr().out)
    assert run(["plan", str(file), "--point-only"]) == 0
    leap = root / "fixtures" / "events" / "leap-worked-example.json"
    capsys.readouterr()
    assert run(["plan", "new", "--leap", str(leap)]) == 0
    file.write_text(capsys.readouterr().out)
    assert run(["plan", str(file), "--point-only"]) == 0
    assert run(["plan", "new", "--event", "x"]) == 2


def test_what_can_still_be_booked(bout, tmp_path, capsys):
    file = tmp_path / "acme.toml"
    file.write_text(NEW)
    assert run(["plan", "avails", str(file), str(bout), "--json", "--gap", "0.1"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["expected"] == pytest.approx(15_000, rel=1e-3)
    # Two for each of its viewers at most.
    assert 15_000 < found["most"] < 67_000
    # Its own value: 30 a thousand, twice multiplied by what the first or last position is worth.
    assert 0 < found["costs"] < found["brings"]
    assert found["brings"] == pytest.approx(450_000_000, rel=0.1)
    assert found["losses"][0]["campaign"] == "civic"
    assert run(["plan", "avails", str(file), str(bout)]) == 0
    assert "acme in brief bout: it can be booked" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (
            'id = "acme"\n',
            'id = "volta"\n',
            "campaigns[0].id: expected an id that the event has not yet, found 'volta'",
        ),
        ("amount = 30", "amount = -30", "campaigns[0].price.amount: expected"),
        ("goal = 15000\n", "goals = 15000\n", "campaigns[0].goals: expected"),
        ('"Retail"', '"Retell"', "expected a category of the taxonomy, found 'Retell'"),
    ],
)
def test_an_offer_that_is_wrong(bout, tmp_path, capsys, old, new, message):
    file = tmp_path / "acme.toml"
    file.write_text(NEW.replace(old, new))
    assert run(["plan", "avails", str(file), str(bout)]) == 2
    err = capsys.readouterr().err
    assert err.startswith(f"halftime: {file}")
    assert message in err


def test_of_too_much_only_a_part_can_be_booked(bout, tmp_path, capsys):
    file = tmp_path / "acme.toml"
    file.write_text(NEW.replace("15000", "500000"))
    assert run(["plan", "avails", str(file), str(bout), "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["expected"] <= found["most"] * (1 + 1e-6)
    assert found["reason"] in {"cap", "viewers"}


def test_a_time_limit_is_shared_by_the_audiences(bout):
    """A clock that moves at every look: the limit ends each planning, and all together keep to it."""
    ticks = iter(range(10_000))
    made, told = planned(bout, clock=lambda: float(next(ticks)), time_limit=40.0, gap=0.0, iterations=100_000)
    assert {each.ended for each in made.levels.values()} == {Ended.TIME_LIMIT}
    assert next(ticks) < 80
    done = [each[1] for each in told]
    assert done == sorted(done)
    assert done[0] >= 0.0
    assert done[-1] <= 1.0


def test_rounds_end_it_too(bout):
    made, _ = planned(bout, gap=0.0, iterations=8, levels=[Level.POINT])
    assert made.point.ended is Ended.ITERATIONS


class _Third(Interruption):
    """Interrupted when it is asked for the third time."""

    def __init__(self):
        super().__init__()
        self.asked = 0

    @property
    def interrupted(self):
        self.asked += 1
        return self.asked > 12

    @interrupted.setter
    def interrupted(self, value):
        pass


def test_an_interruption_gives_the_best_plan_so_far(bout):
    made, _ = planned(bout, interruption=_Third(), gap=0.0)
    assert made.point.ended is Ended.INTERRUPTED
    assert list(made.levels) == [Level.POINT]
    plan = made.file()
    assert plan.levels[0].value > 0
    assert plan.levels[0].value <= plan.levels[0].upper_bound
    assert plan.campaigns[0].expected.low == plan.campaigns[0].expected.point


def test_ctrl_c(root):
    """The program itself: it ends at once, with a plan, and status 0."""
    book = root / "fixtures" / "events" / "fight-night.toml"
    arguments = [sys.executable, "-c", PROGRAM, "plan", str(book), "--json", "--gap", "0"]
    running = subprocess.Popen(arguments, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    time.sleep(6)
    running.send_signal(signal.SIGINT)
    out, err = running.communicate(timeout=60)
    assert running.returncode == 0, err
    assert json.loads(out)["levels"][0]["ended"] == "interrupted"


def test_seconds_are_of_the_event(bout):
    made, _ = planned(bout, now=10 * SECOND, levels=[Level.POINT])
    assert [brk.id for brk in made.point.staged.over] == ["ring-walk"]
