"""What would be if a field said something else."""

import json
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.errors import InputError
from planner.book.override import overridden
from planner.book.read import read_book

BOOK = """\
campaigns_from = "sheet.csv"

[viewing]
repeat_cost = 1

[[campaigns]]
id = "acme"
price = { amount = 3 }
budget = 10
caps = [{ per = "event", limit = 2 }]
scores = { young = 2 }

[[campaigns]]
id = "a.b=c"
price = { amount = 3 }

[[creatives]]
id = "acme-15"
campaign = "acme"
duration = 15

[[creatives]]
id = "ab-15"
campaign = "a.b=c"
duration = 15

[[breaks]]
id = "half-time"
durations = [{ seconds = 60, probability = 0.5 }, { seconds = 90, probability = 0.5 }]

[audience]
viewers = 1000
split = [{ by = "trait", parts = { young = 0.5, "" = 0.5 } }]
"""
SHEET = "Campaign,CPM,Budget,Creative,Length\nzeta,5,100,zeta-30,30\n"


@pytest.fixture
def file(tmp_path):
    (tmp_path / "sheet.csv").write_text(SHEET)
    (tmp_path / "book.toml").write_text(BOOK)
    return tmp_path / "book.toml"


@pytest.mark.parametrize(
    ("assignment", "value"),
    [
        ("campaigns.acme.budget=5000", lambda book: book.campaigns[0].budget == 5_000),
        (" campaigns . acme . budget = 5000.25 # euros", lambda book: book.campaigns[0].budget == Decimal("5000.25")),
        ("campaigns.0.budget=5000", lambda book: book.campaigns[0].budget == 5_000),
        ("campaigns.acme.budget=", lambda book: book.campaigns[0].budget is None),
        ("campaigns.acme.goal=", lambda book: book.campaigns[0].goal is None),
        ("campaigns.acme.caps.0.limit=4", lambda book: book.campaigns[0].caps[0].limit == 4),
        ("campaigns.acme.caps.0=", lambda book: book.campaigns[0].caps == ()),
        (
            'campaigns.acme.caps=[{of="campaign",per="event",limit=4},{per="hour",limit=1}]',
            lambda book: [cap.limit for cap in book.campaigns[0].caps] == [4, 1],
        ),
        ("campaigns.acme.position=first", lambda book: book.campaigns[0].position == "first"),
        ('campaigns.acme.deal="first one"', lambda book: book.campaigns[0].deal == "first one"),
        ("campaigns.acme.deal=first one", lambda book: book.campaigns[0].deal == "first one"),
        ('campaigns.acme.targeting.regions=["north"]', lambda book: book.campaigns[0].targeting.regions == ("north",)),
        ("campaigns.acme.scores.young=3", lambda book: book.audience.cohorts[0].scores == {"acme-15": 3}),
        ('campaigns."a.b=c".budget=7', lambda book: book.campaigns[1].budget == 7),
        ("campaigns.'a.b=c'.tier=7", lambda book: book.campaigns[1].tier == 7),
        ("campaigns.zeta.budget=7", lambda book: book.campaigns[2].budget == 7),
        ("creatives.zeta-30.duration=20", lambda book: book.creatives[2].duration == 20),
        ("breaks.half-time.floor=0.1", lambda book: book.breaks[0].floor == Decimal("0.1")),
        ("breaks.half-time.durations.1=", lambda book: len(book.breaks[0].durations) == 1),
        ("forecast.viewers=2000000", lambda book: book.forecast is not None and book.forecast.viewers == 2_000_000),
        ("viewing.repeat_cost=0", lambda book: book.viewing.repeat_cost == 0),
        ("audience.viewers=500", lambda book: [each.seats for each in book.audience.cohorts] == [250, 250]),
        ("start=2026-07-19T19:00:00Z", lambda book: book.start is not None),
        ("metadata=lenient", lambda book: book.metadata == "lenient"),
        ("campaigns_from=", lambda book: len(book.campaigns) == 2),
        ("campaigns.zeta=", lambda book: [each.id for each in book.creatives] == ["acme-15", "ab-15"]),
        ("campaigns.acme=", lambda book: [each.id for each in book.creatives] == ["ab-15", "zeta-30"]),
    ],
)
def test_one_field_is_set(file, assignment, value):
    assert not value(read_book(file).book) or assignment.endswith("goal=")
    assert value(read_book(file, [assignment]).book)


def test_one_after_the_other(file, tmp_path):
    (tmp_path / "other.csv").write_text(SHEET.replace("zeta,", "eta,"))
    told = ["campaigns.eta.budget=1", "campaigns.eta.tier=3", "campaigns_from=other.csv", "campaigns.eta.budget=2"]
    book = read_book(file, told).book
    assert (book.campaigns[2].id, book.campaigns[2].budget, book.campaigns[2].tier) == ("eta", 2, 3)


@pytest.mark.parametrize(
    ("assignment", "expected"),
    [
        (
            "campaigns.acmee.budget=3",
            (
                "campaigns.acmee.budget: expected the id or number of one of the 3 campaigns, such as 'acme', ..., "
                "found 'acmee'"
            ),
        ),
        (
            "campaigns.acme.bugdet=3",
            "campaigns.acme.bugdet: expected a field of campaigns[0], such as 'budget', ..., found 'bugdet'",
        ),
        (
            "forecst.viewers=3",
            "forecst.viewers: expected a field of the book, such as 'forecast', ..., found 'forecst'",
        ),
        (
            "campaigns.3.tier=3",
            (
                "campaigns.3.tier: expected the id or number of one of the 3 campaigns, "
                "such as 'acme', 'a.b=c', 'zeta', found '3'"
            ),
        ),
        (
            "campaigns.zeta.caps.0.limit=3",
            "campaigns.zeta.caps.0.limit: expected nothing: campaigns[2].caps is empty, found '0'",
        ),
        (
            "campaigns.acme.caps.1.limit=3",
            "campaigns.acme.caps.1.limit: expected the number of one of the 1 campaigns[0].caps, found '1'",
        ),
        ("currency.x=3", "currency.x: expected a value at currency, which has no fields, found 'x'"),
        ("taxonomy.x=3", "taxonomy.x: expected a value at taxonomy, which has no fields, found 'x'"),
        ("campaigns.acme.budget=-3", "campaigns.acme.budget: expected greater than or equal to 0, found -3"),
        ("campaigns.zeta.budget=much", "campaigns.zeta.budget: expected a valid decimal, found 'much'"),
        ("campaigns.acme.budget=nan", "campaigns.acme.budget: expected a finite number, found NaN"),
        ("campaigns.acme.budget=[1", "campaigns.acme.budget: expected one value of TOML, found Unclosed array"),
        ("campaigns.acme.budget=1\ntier=2", "campaigns.acme.budget: expected one value, found more"),
        (
            "campaigns.acme.budget=" + "[" * 13 + "]" * 13,
            "campaigns.acme.budget: expected at most 12 levels of tables and lists, found more",
        ),
        ("campaigns.acme.budget=" + "[" * 100_000, "campaigns.acme.budget: expected one value of TOML, found more"),
        (
            "campaigns.acme.exclusive_category=Beeer",
            "campaigns.acme.exclusive_category: expected a category of the taxonomy, found 'Beeer'",
        ),
        (
            "campaigns.acme.scores.yuong=3",
            "campaigns.acme.scores.yuong: expected traits, regions or devices of cohorts, found 'yuong'",
        ),
        (
            "campaigns.acme.exclusivity=category",
            (
                "campaigns.acme.exclusivity: expected fields that agree, "
                'found exclusivity "category" needs exclusive_category'
            ),
        ),
        (
            "audience.split.0.parts.young=0.6",
            ('audience.split.0.parts.young: expected parts that add up to 1, the rest as "", found 1.1: 0.1 too much'),
        ),
        ("breaks.half-time=", "BOOK: breaks: expected at least 1 item, found a list of 0"),
        ("breaks=", "breaks: expected a value, found none"),
        ("breaks", "breaks: expected KEY=VALUE, such as campaigns.acme.budget=5000, found none"),
        ("=5", "=5: expected KEY=VALUE, such as campaigns.acme.budget=5000, found none"),
        ("a..b=5", "a..b=5: expected KEY=VALUE, such as campaigns.acme.budget=5000, found none"),
        (
            "a." * 50 + "b=5",
            "'"
            + ("a." * 50)[:59]
            + "... (105 characters): expected KEY=VALUE, such as campaigns.acme.budget=5000, found a longer key",
        ),
        ("a\nb=5", "'a\\nb': expected a field of the book, such as"),
    ],
)
def test_what_cannot_be_set(file, assignment, expected):
    with pytest.raises(InputError) as caught:
        read_book(file, [assignment])
    expected = expected.replace("BOOK", str(file)) if expected.startswith("BOOK") else f"--set {expected}"
    assert str(caught.value).startswith(expected)
    assert "\n" not in str(caught.value)


def test_what_is_given_stays_as_it_is():
    document = {"campaigns": [{"id": "a", "caps": [{"limit": 1}]}, {"id": "b"}], "viewing": {"first": 1}}
    before = json.dumps(document)
    told = ["campaigns.a.caps.0.limit=2", "campaigns.b=", "viewing.first=", "viewing.last=2", "turnout.seed=3"]
    assert overridden(document, told) == {
        "campaigns": [{"id": "a", "caps": [{"limit": 2}]}],
        "viewing": {"last": 2},
        "turnout": {"seed": 3},
    }
    assert json.dumps(document) == before
    assert overridden(document, []) == document


@pytest.mark.parametrize(
    ("document", "assignment", "expected"),
    [
        ({"campaigns": 3}, "campaigns.a.tier=1", "a list at campaigns, found 3"),
        ({"viewing": 3}, "viewing.first=1", "a table at viewing, found 3"),
        ({"campaigns": [3]}, "campaigns.0.tier=1", "a table at campaigns[0], found 3"),
        ({}, "campaigns.a.tier=1", "nothing: campaigns is empty, found 'a'"),
    ],
)
def test_a_document_that_is_no_book(document, assignment, expected):
    with pytest.raises(InputError) as caught:
        overridden(document, [assignment])
    assert str(caught.value) == f"--set {assignment.split('=')[0]}: expected {expected}"


STEPS = st.sampled_from(
    [
        "campaigns",
        "acme",
        "a.b=c",
        '"a.b=c"',
        "zeta",
        "budget",
        "caps",
        "0",
        "1",
        "limit",
        "scores",
        "young",
        "parts",
        "breaks",
        "half-time",
        "durations",
        "audience",
        "split",
        "viewers",
        "forecast",
        "curve",
        "taxonomy",
        "turnout",
    ]
) | st.just("")
VALUES = st.sampled_from(
    ["", "5", "-1", "true", "[]", "{}", "[{}]", "nan", "x", '"', "[1", "2026-07-19", "x\ny = 1", "\0"]
)


@settings(deadline=None, max_examples=400)
@given(st.lists(st.tuples(st.lists(STEPS, max_size=5), VALUES | st.text(max_size=3)), min_size=1, max_size=3))
def test_anything_set_is_a_book_or_one_line(tmp_path_factory, told):
    folder = tmp_path_factory.mktemp("override")
    (folder / "sheet.csv").write_text(SHEET)
    (folder / "book.toml").write_text(BOOK)
    reads_or_says_one_line(folder / "book.toml", [f"{'.'.join(steps)}={value}" for steps, value in told])


def reads_or_says_one_line(file, told):
    try:
        read_book(file, told)
    except InputError as error:
        text = str(error)
        assert text.splitlines() == [text]
        assert len(text) < 600
