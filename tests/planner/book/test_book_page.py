"""The page about the book says what the models say."""

import re
from decimal import Decimal

import pytest

from planner.book import forecast, model
from planner.book.columns import COLUMNS, folded
from planner.book.read import read_book

SECTIONS = [
    model.Book,
    model.Separation,
    model.Viewing,
    model.Campaign,
    model.Price,
    model.Guarantee,
    model.Flight,
    model.Targeting,
    model.Cap,
    model.ShareOfVoice,
    model.Creative,
    model.Break,
    model.PlausibleDuration,
    model.Before,
    model.Audience,
    model.Split,
    model.Cohort,
    model.Seen,
    forecast.Forecast,
    forecast.CurvePoint,
    forecast.CohortCurve,
    forecast.Revision,
    forecast.Turnout,
    forecast.TurnedUp,
]
OTHERS = ["Campaigns from a spreadsheet", "LEAP Forecast documents", "What would be if"]
"""Sections behind those of the fields."""


@pytest.fixture(scope="module")
def page(root):
    return (root / "docs" / "book.md").read_text()


def sections_of(page):
    sections = re.split(r"^## ", page, flags=re.MULTILINE)[1:]
    assert [each.split("\n")[0] for each in sections[-len(OTHERS) :]] == OTHERS
    return sections[: -len(OTHERS)]


def test_the_page_has_every_field_in_order(page):
    sections = sections_of(page)
    told = [re.findall(r"^\| `(\w+)` \|", section, flags=re.MULTILINE) for section in sections]
    assert told == [list(each.model_fields) for each in SECTIONS]


def test_the_page_says_which_fields_are_required_and_which_numbers_are_defaults(page):
    sections = sections_of(page)
    for section, each in zip(sections, SECTIONS, strict=True):
        rows = re.findall(r"^\| `(\w+)` \| .+? \| ([^|]+) \| [^|]+ \|$", section, flags=re.MULTILINE)
        assert [name for name, _ in rows] == list(each.model_fields)
        for name, default in rows:
            field = each.model_fields[name]
            assert (default == "required") == field.is_required(), (each, name)
            quoted = re.fullmatch(r'`"?([^"`]+)"?`', default)
            if quoted is not None:
                assert quoted[1].lower() == str(field.default).lower(), (each, name)


def test_its_examples_are_books(page, tmp_path):
    examples = re.findall(r"^```toml\n(.*?)^```", page, flags=re.MULTILINE | re.DOTALL)
    assert len(examples) == 3
    for example in examples:
        (tmp_path / "book.toml").write_text(example)
        assert read_book(tmp_path / "book.toml").book.breaks[0].id == "half-time"


def test_the_page_has_every_column_with_all_its_names_and_its_field(page):
    table = page.split("\n| Column |")[1].split("\n\n")[0]
    told = re.findall(r"^\| ([^|`]+) \| ([^|]*) \| `(campaigns|creatives)\.([\w.]+)`.* \|$", table, flags=re.MULTILINE)
    found = [(folded(title), *filter(None, also.strip().split(", "))) for title, also, _, _ in told]
    assert found == [column.names for column in COLUMNS]
    assert [(table == "creatives", tuple(field.split("."))) for _, _, table, field in told] == [
        (column.of_creative, column.field) for column in COLUMNS
    ]


def test_its_spreadsheet_is_one(page, tmp_path):
    (example,) = re.findall(r"^```csv\n(.*?)^```", page, flags=re.MULTILINE | re.DOTALL)
    (tmp_path / "campaigns.csv").write_text(example)
    text = 'campaigns_from = "campaigns.csv"\n[[breaks]]\nid = "b"\ndurations = [{ seconds = 60 }]\n'
    (tmp_path / "book.toml").write_text(text)
    book = read_book(tmp_path / "book.toml").book
    assert [creative.id for creative in book.creatives] == ["acme-30", "acme-15"]
    assert (book.campaigns[0].budget, book.campaigns[0].goal) == (12_600, 280_000)


def test_its_what_ifs_can_be_carried_out(page, tmp_path):
    first = re.findall(r"^```toml\n(.*?)^```", page, flags=re.MULTILINE | re.DOTALL)[0]
    (tmp_path / "book.toml").write_text(first.replace("beer", "acme"))
    told = re.findall(r"^    --set '?(.*?)'?$", page, flags=re.MULTILINE)
    assert len(told) == 6
    book = read_book(tmp_path / "book.toml", told).book
    assert (book.campaigns[0].budget, book.campaigns[0].caps[0].limit, book.breaks[0].floor) == (
        None,
        4,
        Decimal("0.1"),
    )
    assert book.forecast.viewers == 2_000_000
