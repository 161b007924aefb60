"""An event's plan on the terminal: what stands there, and that it fits."""

import io
import re
from decimal import Decimal

import pytest
from rich.console import Console

from halftime.event_changes import moves
from halftime.event_figures import brief, clock, percent_up, proven
from halftime.event_tables import BREAKS, CAMPAIGNS, show
from planner.eventfile import Band, Ended, EventFile
from tests.halftime.event_plans import band, changed, level_changed, night

NOTHING = Band(point=0.0, low=0.0, surge=0.0)


def shown(plan: EventFile, before: EventFile | None = None, *, width: int = 100, wide: bool = False) -> str:
    """What is printed; no line is longer than the console."""
    written = io.StringIO()
    show(plan, before, wide=wide, console=Console(file=written, width=width, color_system=None))
    text = written.getvalue()
    assert max(map(len, text.splitlines())) <= width
    return text


def line(text: str, name: str) -> str:
    """The only line that begins with a name."""
    (found,) = (each for each in text.splitlines() if each.startswith(name + " "))
    return " ".join(found.split())


def title(text: str, name: str) -> int:
    return text.splitlines().index(next(each for each in text.splitlines() if each.startswith(name)))


def test_the_headline_says_what_it_is_and_how_far_from_the_best():
    head = shown(night()).splitlines()[:2]
    assert head[0] == "The final: 40 breaks (2 unplanned), 100 campaigns"
    assert head[1] == ("value 1,500,000.00 USD, upper bound 1,506,601.00 USD: at most 0.45% from the best possible")


def test_every_audience_has_a_line():
    text = shown(night())
    assert line(text, "point").endswith("40,000,000 160,000,000 97.0% 1,500,000.00 USD 1,506,601.00 USD 0.45%")
    assert line(text, "low").endswith("0.31%")
    assert line(text, "surge").endswith("0.62%")


def test_what_goes_wrong_stands_before_what_is_planned():
    text = shown(night())
    assert title(text, "3 campaigns fall short") < title(text, "Breaks") < title(text, "Campaigns")
    short = text[text.index("3 campaigns fall short") : text.index("Breaks")]
    assert "brand-06-autumn" in short
    assert short.index("brand-06-autumn") < short.index("brand-03-autumn") < short.index("brand-00-autumn")
    assert "cap: 3 per event: so often may the 210,000 who come see it" in " ".join(short.split()).replace(
        " brand", "\nbrand"
    )
    assert "70,000 105.00k - 0" in line(short, "brand-06-autumn")
    assert "Short only if fewer come (low): brand-09-autumn by 4,321" in text


def test_kept_promises_are_said_and_a_minimum_share_is_named():
    kept = night(campaigns=12)
    for each in kept.campaigns:
        kept = changed(kept, each.campaign, short=NOTHING)
    assert "Every promise is kept with the audience that is forecast." in shown(kept)
    share = changed(kept, "brand-01-autumn", short=band(2_000.0))
    assert "1 campaign falls short" in shown(share)
    assert "its share" in line(shown(share)[: shown(share).index("Breaks")], "brand-01-autumn")


def test_a_break_has_its_instant_its_chance_and_who_gets_most():
    text = shown(night(breaks=12), width=140)
    entry = night(breaks=12).breaks[10]
    most = sorted(entry.allotments, key=lambda each: -each.expected.point)
    row = line(text, "break-10")
    value = f"{entry.value.point / 1e6:,.2f}"
    assert row.startswith(f"break-10 0:47:30 120 s 35% 1,000,000 97.0% {value} {most[0].campaign}, {most[1].campaign}")
    assert line(text, "break-00").endswith("over")
    assert "%" not in line(text, "break-05").partition("120 s")[2].partition("97.0%")[0]


def test_a_row_is_one_line_however_many_share_a_break():
    text = shown(night(breaks=12))
    rows = [each for each in text.splitlines() if each.startswith("break-")]
    assert len(rows) == 12
    assert rows[5].rstrip().endswith("…")


def test_campaigns_beyond_the_table_are_one_line_unless_wide():
    text = shown(night())
    table = text[text.index("\nCampaigns") :]
    assert len(re.findall(r"^brand-", table, re.MULTILINE)) == CAMPAIGNS
    assert f"{100 - CAMPAIGNS} more campaigns (--json lists all)" in table
    reserved = [float(found.replace(",", "")) for found in re.findall(r"M +([\d,]+\.\d\d) ", table)]
    assert len(reserved) == CAMPAIGNS
    assert reserved == sorted(reserved, reverse=True)
    whole = shown(night(), wide=True)
    assert len(re.findall(r"^brand-", whole[whole.index("\nCampaigns") :], re.MULTILINE)) == 100
    assert "more campaigns" not in whole


def test_breaks_beyond_the_table_are_one_line_unless_wide():
    assert "10 more breaks" in shown(night(breaks=BREAKS + 10, campaigns=3))
    assert "more breaks" not in shown(night(breaks=BREAKS + 10, campaigns=3), wide=True)


def test_a_campaign_has_what_it_wants_gets_and_costs():
    plan = night(campaigns=12)
    plan = changed(plan, "brand-01-autumn", budget=12_000_000_000, price=-1_250.0, reserved=band(9_000e6))
    row = line(shown(plan), "brand-01-autumn")
    assert "12,000.00 USD" in row
    assert row.endswith("9,000.00 -1.25 budget")
    guaranteed = next(each for each in plan.campaigns if each.campaign == "brand-09-autumn")
    assert f"min {guaranteed.guarantee:,}" in shown(plan)


def test_other_policies_are_measured_against():
    assert line(shown(night()), "waterfall") == "waterfall 1,200,000.00 USD +25.0% 90.0% 140,000,000 500,000"


@pytest.mark.parametrize(
    ("ended", "said"), [(Ended.INTERRUPTED, "Interrupted: the best plan so far"), (Ended.TIME_LIMIT, "time limit")]
)
def test_a_plan_that_was_ended_says_so_before_its_figures(ended, said):
    text = shown(night(ended=ended))
    assert said in text
    assert text.index(said) < text.index("audience")
    assert said not in shown(night())


@pytest.mark.parametrize("width", [100, 80])
def test_nothing_is_cut_where_it_is_said_to_fit(width):
    """Figures are whole; only the list of campaigns beside a break may be."""
    text = shown(night(), width=width)
    cut = [each for each in text.splitlines() if "…" in each.rstrip()[:-1]]
    assert cut == []
    assert all(not each.rstrip().endswith("…") or each.startswith("break-") for each in text.splitlines())
    for name in ("brand-06-autumn", "break-00"):
        assert name in text


@pytest.mark.parametrize("width", [60, 40, 20])
def test_narrow_terminals_get_what_fits(width):
    assert "The final" in shown(night(breaks=3, campaigns=5), night(breaks=3, campaigns=4), width=width)


def test_long_names_break_over_lines_and_leave_the_figures_whole():
    plan = night(breaks=4, campaigns=12)
    plan = changed(plan, "brand-06-autumn", campaign="m" * 200, detail="w" * 300)
    text = shown(plan)
    short = text[text.index("fall short") : text.index("Breaks")]
    assert "265,000 195,000 70,000 105.00k - 0" in " ".join(short.split())
    assert "…" not in short
    assert short.count("w") >= 300
    assert text.count("m") >= 400


def test_a_name_cannot_command_the_terminal_nor_be_markup():
    hostile = "a\x1b[31m\r\n[bold]b[/nonsense]"
    plan = changed(night(breaks=3, campaigns=3), "brand-00-autumn", campaign=hostile, detail=hostile)
    entry = plan.breaks[1]
    allotments = (entry.allotments[0].model_copy(update={"campaign": hostile, "expected": band(9e9)}),)
    renamed = entry.model_copy(update={"id": hostile, "allotments": allotments})
    policy = plan.baselines[0].model_copy(update={"policy": hostile})
    fields = {"event": hostile, "currency": "[b]", "breaks": (renamed, *plan.breaks[2:]), "baselines": (policy,)}
    text = shown(plan.model_copy(update=fields), night(breaks=3, campaigns=3), width=160, wide=True)
    assert "\x1b" not in text
    assert "\r" not in text
    assert text.count("a?[31m??[bold]b[/nonsense]") >= 6
    assert "value, [b]" in text


def test_a_plan_of_nothing_is_shown():
    empty = EventFile(event="none", currency="USD", levels=(), breaks=(), campaigns=())
    assert shown(empty).splitlines()[0] == "none: 0 breaks, 0 campaigns"
    assert "No campaign's delivery or shortfall moves." in shown(empty, empty)


def test_a_gap_of_nothing_to_divide_by_is_no_number():
    text = shown(level_changed(night(), value=0, upper_bound=0, gap=None))
    assert "distance from the best not known" in text
    assert line(text, "point").endswith("0.00 USD 0.00 USD -")


def test_differences_tell_the_value_and_every_campaign_that_moved_largest_first():
    before = level_changed(night(), value=int(1.4e12), upper_bound=int(1.41e12))
    before = changed(before, "brand-04-autumn", expected=band(1_000.0))
    before = changed(before, "brand-06-autumn", short=NOTHING)
    after = night()
    assert [move.campaign for move in moves(after, before)] == ["brand-04-autumn", "brand-06-autumn"]
    text = shown(after, before)
    assert "value 1,500,000.00 USD, before 1,400,000.00 USD: 100,000.00 USD more (+7.14%)\n" in text
    delivered = next(each.expected.point for each in after.campaigns if each.campaign == "brand-04-autumn")
    table = text[text.index("What moves") :]
    wanted = f"brand-04-autumn 1,000 {delivered:,.0f} {delivered - 1000:+,.0f} - - budget"
    assert line(table, "brand-04-autumn") == wanted
    assert line(table, "brand-06-autumn").endswith("+0 - 70,000 cap")
    assert "\nBreaks" not in text
    assert "\nBreaks" in shown(after, before, wide=True)


def test_campaigns_that_come_and_go_are_moves():
    text = shown(night(campaigns=4), night(campaigns=5))
    assert line(text[text.index("What moves") :], "brand-04-autumn").endswith("- - gone")
    text = shown(changed(night(campaigns=5), "brand-04-autumn", expected=NOTHING), night(campaigns=4))
    assert line(text[text.index("What moves") :], "brand-04-autumn").endswith("- - new")


def test_a_change_within_the_gaps_is_said_to_be_one():
    within = shown(night(), level_changed(night(), value=int(1.499e12)))
    assert "1,000.00 USD more (+0.07%); within what the two plans may be from" in " ".join(within.split())
    beyond = shown(level_changed(night(), value=int(1.3e12), upper_bound=int(1.31e12)), night())
    assert "200,000.00 USD less (-13.33%)\n" in beyond
    assert "before 1,500,000.00 USD: the same\n" in shown(night(), night())


def test_values_of_two_currencies_are_not_compared():
    euro = night().model_copy(update={"currency": "EUR"})
    assert "before 1,500,000.00 EUR: not to be compared" in shown(night(), euro)


def test_many_moves_are_summed_up():
    other = night(campaigns=60)
    for each in other.campaigns:
        other = changed(other, each.campaign, expected=band(each.expected.point + 9.0))
    text = shown(night(campaigns=60), other)
    assert f"{60 - CAMPAIGNS} more move less" in text
    assert "more move less" not in shown(night(campaigns=60), other, wide=True)


@pytest.mark.parametrize(
    ("seconds", "read"),
    [
        ("0", "0:00:00"),
        ("2850", "0:47:30"),
        ("2850.50", "0:47:30.5"),
        ("59.999999", "0:00:59.999999"),
        ("90000", "25:00:00"),
        ("-61", "-0:01:01"),
        ("1E+3", "0:16:40"),
    ],
)
def test_instants(seconds, read):
    assert clock(Decimal(seconds)) == read


@pytest.mark.parametrize(
    ("number", "read"),
    [(0, "0"), (999.4, "999"), (999.9, "1.00k"), (12_345, "12.35k"), (999_999, "1.00M"), (-2_500_000, "-2.50M")],
)
def test_large_numbers(number, read):
    assert brief(number) == read


@pytest.mark.parametrize(
    ("gap", "read"),
    [(0.0, "0.00%"), (0.0044, "0.44%"), (0.00441, "0.45%"), (1e-7, "0.01%"), (1.0, "100.00%"), (None, "-")],
)
def test_gaps_are_never_rounded_down(gap, read):
    assert percent_up(gap) == read


def test_a_gap_not_known_is_no_promise():
    assert proven(float("inf")) == "distance from the best not known"
