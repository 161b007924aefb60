"""Files that tell what was delivered: what is read, and what is refused with its place."""

import json

import pytest

from domain.errors import InputError
from planner.event.delivered import Delivery
from planner.event.report import read_delivered
from tests.planner.build.small import campaign, creative
from tests.planner.event.test_stage import event

BOOK = event([campaign("A"), campaign("B")], [creative("a", "A"), creative("b", "B")]).book


def written(folder, text, name="d.csv"):
    file = folder / name
    file.write_text(text if isinstance(text, str) else json.dumps(text), encoding="utf-8")
    return file


@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_a_spreadsheet(tmp_path, separator):
    rows = ["Break,Campaign,Impressions,Creative,Cohort", 'early,A,"1 200",a,k', "early,B,30,,", "", "maybe,,,,"]
    file = written(tmp_path, "\ufeff" + "\r\n".join(rows).replace(",", separator))
    found = read_delivered(file, BOOK)
    assert found.breaks == ("early", "maybe")
    assert found.deliveries == (Delivery("A", "early", 1200, "a", "k"), Delivery("B", "early", 30))
    assert found.of_campaign("A") == 1200


def test_json(tmp_path):
    rows = [
        {"campaign": "A", "break": "early", "impressions": 5},
        {"campaign": "A", "break": "early", "impressions": 6},
    ]
    found = read_delivered(written(tmp_path, {"breaks": ["maybe"], "delivered": rows}, "d.json"), BOOK)
    assert found.breaks == ("maybe", "early")
    assert found.of_campaign("A") == 11


HEAD = "campaign,break,impressions\n"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "line 1: expected titles of columns: campaign, break, impressions, found nothing"),
        ("campaign,break\n", "line 1: expected a column 'impressions', found none"),
        ("campaign,break,impressions,break\n", "line 1: expected each column once, found 'break' twice"),
        ("campaign,break,seen\n", "line 1: expected columns of campaign, break, impressions, creative, cohort, found"),
        (HEAD + "Z,early,5\n", "line 2: expected the id of a campaign of the book, found 'Z'"),
        (HEAD + "A,soon,5\n", "line 2: expected the id of a break of the book, found 'soon'"),
        (HEAD + "A,early,-5\n", "line 2, column 'impressions': expected a whole number such as 1250000, found '-5'"),
        (HEAD + "A,early,\n", "line 2: expected impressions, a whole number such as 1250000, found none"),
        (HEAD + ",early,7\n", "line 2: expected a campaign, found none"),
        (HEAD + "A,,7\n", "line 2, column 'break': expected a value, found none"),
        (HEAD + "A,early,7,8\n", "line 2: expected 3 cells, as the first row has, found 4"),
        (HEAD + 'A,early,"7\n', "line 2: expected CSV"),
        ("campaign,break,impressions,creative\nA,early,5,b\n", "line 2: expected a creative of 'A', found 'b'"),
        (
            "campaign,break,impressions,cohort\nA,early,5,x\n",
            "line 2: expected the id of a cohort of the book, found 'x'",
        ),
        (
            "campaign,break,impressions,cohort\nA,early,5,k\nA,early,9,\n",
            "line 3: expected all rows of 'A' in 'early' by",
        ),
    ],
)
def test_what_is_refused(tmp_path, text, message):
    file = written(tmp_path, text)
    with pytest.raises(InputError) as error:
        read_delivered(file, BOOK)
    assert str(error.value).startswith(f"{file}: {message}")


@pytest.mark.parametrize(
    ("document", "message"),
    [
        ({"delivered": [{"campaign": "A", "break": "early", "impressions": -1}]}, "delivered[0].impressions: expected"),
        ({"delivered": [{"campaign": "A", "break": "early"}]}, "delivered[0]: expected impressions"),
        ({"breaks": ["soon"]}, "breaks[0]: expected the id of a break of the book, found 'soon'"),
        ({"seen": []}, "seen: expected"),
        ([], "expected an object"),
    ],
)
def test_what_is_refused_of_json(tmp_path, document, message):
    file = written(tmp_path, document, "d.json")
    with pytest.raises(InputError) as error:
        read_delivered(file, BOOK)
    assert message in str(error.value)
    assert str(error.value).startswith(str(file))


def test_no_file(tmp_path):
    with pytest.raises(InputError, match=r"d\.csv: expected a readable report in CSV or JSON"):
        read_delivered(tmp_path / "d.csv", BOOK)
