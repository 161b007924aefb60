"""An event's plan for spreadsheets: what is in the tables, and that they are whole and harmless."""

import csv
import io
import os
import stat
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.errors import InputError
from halftime.event_csv import FORMULA, beside, breaks, campaigns, text, write_csv
from tests.halftime.event_plans import band, changed, night


def rows(file: Path) -> list[dict[str, str]]:
    with file.open(encoding="utf-8-sig", newline="") as opened:
        return list(csv.DictReader(opened))


def parsed(written: str) -> list[list[str]]:
    return list(csv.reader(io.StringIO(written, newline="")))


def test_a_campaign_has_a_row_in_the_units_of_its_columns(tmp_path):
    plan = changed(
        night(),
        "brand-01-autumn",
        budget=12_345_670_000,
        expected=band(1_000_000.4),
        reserved=band(9_000_500_000.0),
        price=-1_250.0,
        delivered=7,
    )
    file, _ = write_csv(plan, tmp_path / "night.csv")
    found = rows(file)
    assert [row["campaign"] for row in found] == [each.campaign for each in plan.campaigns]
    assert found[1] == {
        "campaign": "brand-01-autumn",
        "advertiser": "advertiser 1",
        "tier": "1",
        "goal": "",
        "budget (USD)": "12345.67",
        "guarantee": "",
        "delivered": "7",
        "expected": "1000000",
        "expected low": "700000",
        "expected surge": "1400001",
        "reserved (USD)": "9000.50",
        "reserved low (USD)": "6300.35",
        "reserved surge (USD)": "12600.70",
        "short": "0",
        "short low": "0",
        "short surge": "0",
        "reason": "budget",
        "detail": "",
        "price per thousand (USD)": "-1.2500",
    }
    assert (found[6]["short"], found[6]["reason"]) == ("70000", "cap")


def test_a_campaign_has_a_row_for_each_of_its_breaks(tmp_path):
    plan = night(breaks=12)
    file, beside_it = write_csv(plan, tmp_path / "night.csv")
    assert beside_it == beside(file) == tmp_path / "night-breaks.csv"
    found = rows(beside_it)
    assert len(found) == sum(len(entry.allotments) for entry in plan.breaks)
    entry = plan.breaks[10]
    first = next(row for row in found if row["break"] == "break-10")
    allotted = entry.allotments[0]
    assert first == {
        "campaign": allotted.campaign,
        "advertiser": f"advertiser {int(allotted.campaign[6:8])}",
        "break": "break-10",
        "at": "0:47:30",
        "length (s)": "120",
        "probability": "0.35",
        "expected": str(round(allotted.expected.point)),
        "expected low": str(round(allotted.expected.low)),
        "expected surge": str(round(allotted.expected.surge)),
        "price per thousand (USD)": f"{allotted.price / 1000:.4f}",
    }


def test_the_bytes_are_what_excel_and_the_rfc_want(tmp_path):
    file, beside_it = write_csv(night(), tmp_path / "night.csv")
    for each in (file, beside_it):
        body = each.read_bytes()
        assert body.startswith(b"\xef\xbb\xbfcampaign,")
        assert body.endswith(b"\r\n")
        assert body.count(b"\n") == body.count(b"\r\n")
    assert file.read_bytes() == write_csv(night(), tmp_path / "again.csv")[0].read_bytes()


@pytest.mark.parametrize("name", ["=1+1", "+1", "-1", "@SUM(A1)", "\tx", "\rx", "\nx", '=HYPERLINK("//x","y")'])
def test_a_name_is_no_formula_and_a_number_stays_one(name):
    plan = changed(night(breaks=3, campaigns=2), "brand-00-autumn", campaign=name, advertiser=name, detail=name)
    entry = plan.breaks[1]
    allotment = entry.allotments[0].model_copy(update={"campaign": name, "price": -2_000.0})
    plan = plan.model_copy(update={"breaks": (entry.model_copy(update={"id": name, "allotments": (allotment,)}),)})
    header, row, *_ = parsed(text(campaigns(plan)))
    by_name = dict(zip(header, row, strict=True))
    assert (by_name["campaign"], by_name["advertiser"], by_name["detail"]) == ("'" + name,) * 3
    _, row = parsed(text(breaks(plan)))
    assert row[:3] == ["'" + name] * 3
    assert row[-1] == "-2.0000"


@given(st.lists(st.text(min_size=1, max_size=20), min_size=1, max_size=5))
def test_any_names_come_back_and_none_begins_a_formula(names):
    plan = night(breaks=2, campaigns=len(names))
    for each, name in zip(plan.campaigns, names, strict=True):
        plan = changed(plan, each.campaign, advertiser=name)
    found = parsed(text(campaigns(plan)))[1:]
    cells = [row[1] for row in found]
    assert not any(cell.startswith(FORMULA) for row in found for cell in row[:2])
    assert [cell[1:] if name.startswith(FORMULA) else cell for cell, name in zip(cells, names, strict=True)] == names


def test_a_fraction_of_a_second_is_told():
    entry = night(breaks=3).breaks[1].model_copy(update={"duration": Decimal("29.970")})
    row = list(breaks(night(breaks=3).model_copy(update={"breaks": (entry,)})))[1]
    assert row[3:5] == ("0:04:45.5", "29.97")


def test_a_file_is_replaced_whole_and_others_may_read_it(tmp_path):
    file = tmp_path / "night.csv"
    file.write_text("what was there before")
    write_csv(night(), file)
    assert sorted(each.name for each in tmp_path.iterdir()) == ["night-breaks.csv", "night.csv"]
    assert len(rows(file)) == 100
    assert stat.S_IMODE(file.stat().st_mode) == 0o644


def test_nothing_is_written_where_one_of_the_two_cannot_be(tmp_path):
    (tmp_path / "night-breaks.csv").mkdir()
    (tmp_path / "night.csv").write_text("before")
    with pytest.raises(InputError, match=r"night-breaks\.csv: expected a file to write"):
        write_csv(night(), tmp_path / "night.csv")
    assert sorted(each.name for each in tmp_path.iterdir()) == ["night-breaks.csv", "night.csv"]
    assert (tmp_path / "night.csv").read_text() == "before"


@pytest.mark.parametrize("name", ["none/night.csv", "", "x" * 300 + ".csv", "pipe"])
def test_a_place_that_is_none_is_said(name, tmp_path):
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(InputError, match=r"expected a (file|place) to write"):
        write_csv(night(breaks=2, campaigns=2), tmp_path / name)
    assert [each.name for each in tmp_path.iterdir()] == ["pipe"]
