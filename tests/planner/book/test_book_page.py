"""The page about the book says what the models say."""

import re

import pytest

from planner.book import model
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
    model.Cohort,
    model.Seen,
]


@pytest.fixture(scope="module")
def page(root):
    return (root / "docs" / "book.md").read_text()


def test_the_page_has_every_field_in_order(page):
    sections = re.split(r"^## ", page, flags=re.MULTILINE)[1:]
    told = [re.findall(r"^\| `(\w+)` \|", section, flags=re.MULTILINE) for section in sections]
    assert told == [list(each.model_fields) for each in SECTIONS]


def test_the_page_says_which_fields_are_required_and_which_numbers_are_defaults(page):
    sections = re.split(r"^## ", page, flags=re.MULTILINE)[1:]
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
    assert len(examples) == 2
    for example in examples:
        (tmp_path / "book.toml").write_text(example)
        assert read_book(tmp_path / "book.toml").book.breaks[0].id == "half-time"
