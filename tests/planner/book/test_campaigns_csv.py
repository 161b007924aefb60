"""Campaigns as they come from a spreadsheet."""

import re
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.errors import InputError
from planner.book import campaigns_csv
from planner.book.cells import Habits, amount, begin, caps, end, part, scores, seconds, whole
from planner.book.columns import COLUMNS, NAMED, folded
from planner.book.model import Book, Campaign, Cap, CapPer, Creative, Guarantee, Price
from planner.book.read import booked, read_book

BOOK = """\
campaigns_from = "sheet.csv"

[[campaigns]]
id = "own"
price = { amount = 3 }

[[creatives]]
id = "own-15"
campaign = "own"
duration = 15

[[breaks]]
id = "b"
durations = [{ seconds = 60 }]
"""
SHEET = """\
Campaign,Advertiser,CPM,Budget (USD),Impressions goal,Guarantee,Penalty,Priority,Frequency cap,Creative,Length,Category
acme,Acme,"$1,012.50","12,000","1,250,000",1000,5,2,3 per event; 1/break,acme-30,0:30,Beer; Autos
acme,,,,,,,,,acme-15,15s,Beer

zeta,"Zeta, Inc.",10,,,,,,,,20,Finance
"""


@pytest.fixture
def read(tmp_path):
    def of(sheet, book=BOOK, assignments=()):
        (tmp_path / "book.toml").write_text(book)
        body = sheet if isinstance(sheet, bytes) else sheet.encode()
        (tmp_path / "sheet.csv").write_bytes(body)
        return read_book(tmp_path / "book.toml", assignments).book

    return of


@pytest.fixture
def said(read, tmp_path):
    def of(sheet, book=BOOK, name="sheet.csv"):
        with pytest.raises(InputError) as caught:
            read(sheet, book)
        where = f"{tmp_path / name}: "
        assert str(caught.value).startswith(where)
        assert "\n" not in str(caught.value)
        return str(caught.value).removeprefix(where)

    return of


ACME = Campaign(
    id="acme",
    advertiser="Acme",
    price=Price(amount=Decimal("1012.5")),
    budget=Decimal(12_000),
    goal=1_250_000,
    guarantee=Guarantee(impressions=1_000, penalty=Decimal(5)),
    tier=2,
    caps=(Cap(per=CapPer.EVENT, limit=3), Cap(per=CapPer.BREAK, limit=1)),
)


def test_a_spreadsheet(read):
    book = read(SHEET)
    assert [campaign.id for campaign in book.campaigns] == ["own", "acme", "zeta"]
    assert book.campaigns[1:] == (ACME, Campaign(id="zeta", advertiser="Zeta, Inc.", price=Price(amount=Decimal(10))))
    assert book.creatives[1:] == (
        Creative(id="acme-30", campaign="acme", duration=Decimal(30), categories=("Beer", "Autos")),
        Creative(id="acme-15", campaign="acme", duration=Decimal(15), categories=("Beer",)),
        Creative(id="zeta", campaign="zeta", duration=Decimal(20), categories=("Finance",)),
    )
    assert book.campaigns_from is None


def test_a_book_made_in_memory_reads_it_too(read, tmp_path):
    book = read(SHEET)
    made = Book.model_validate({"breaks": [{"id": "b", "durations": [{"seconds": 60}]}], "campaigns_from": "sheet.csv"})
    assert booked(made, folder=tmp_path).book.campaigns == book.campaigns[1:]
    assert booked(book).book == book


@pytest.mark.parametrize("separator", [",", ";", "\t"])
@pytest.mark.parametrize("end_of_line", ["\n", "\r\n"])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_separators_ends_of_lines_and_marks(read, separator, end_of_line, mark):
    rows = [["\nCAMPAIGN_ID ", "cpm", "Creative", "Duration (s)", "Notes"], ["acme", "10", 'a "b" c', "30", "x"]]
    quoted = (['"' + cell.replace('"', '""').strip() + '"' for cell in row] for row in rows)
    text = mark + end_of_line.join(separator.join(row) for row in quoted) + end_of_line
    book = read(text.encode())
    assert (book.campaigns[1].price.amount, book.creatives[1].id) == (10, 'a "b" c')


def test_a_semicolon_file_writes_numbers_with_commas(read):
    book = read(
        "Campaign;CPM;Budget;Goal;Completion;Length\nacme;12,50 €;1.250.000,50;1.250;85,5 %;14,96\n".replace(" €", "")
    )
    (campaign,) = book.campaigns[1:]
    assert (campaign.price.amount, campaign.budget, campaign.goal) == (Decimal("12.5"), Decimal("1250000.5"), 1_250)
    assert (book.creatives[1].completion, book.creatives[1].duration) == (0.855, Decimal("14.96"))


def test_every_column_fills_its_field(read):
    """One row with all columns: each field is there and none else."""
    cells = {
        "campaign": "acme",
        "price kind": "First price",
        "goal": "7",
        "guarantee": "5",
        "tier": "2",
        "flight start": "2026-07-01",
        "flight end": "2026-07-31T19:00+02:00",
        "cap": "2 per hour",
        "position": "First or last",
        "position guaranteed": "no",
        "exclusivity": "Category",
        "exclusive category": "Beer",
        "roadblock": "yes",
        "minimum share": "10%",
        "maximum share": "0.5",
        "separation": "Autos | Wine",
        "scores": "young=1.5; tv = 2",
        "creative": "ad",
        "duration": "30",
        "category": "Beer",
        "completion": "90%",
    }
    amounts = {"cpm", "price floor", "budget", "penalty", "share penalty"}
    row = {
        column.names[0]: cells.get(column.names[0], "1.5" if column.names[0] in amounts else "a|b")
        for column in COLUMNS
    }
    row |= dict.fromkeys(("advertiser", "creative advertiser", "deal", "universal ad id"), "x")
    text = ",".join(row) + "\n" + ",".join(f'"{cell}"' for cell in row.values()) + "\n"
    sheet = [
        Campaign.model_validate(
            {
                "id": "acme",
                "advertiser": "x",
                "price": {"kind": "first_price", "amount": 1.5, "floor": 1.5},
                "budget": 1.5,
                "goal": 7,
                "guarantee": {"impressions": 5, "penalty": 1.5},
                "tier": 2,
                "flight": {"start": "2026-07-01T00:00Z", "end": "2026-07-31T19:00+02:00"},
                "targeting": {
                    each: ["a", "b"]
                    for each in ("traits", "every_trait", "not_traits", "regions", "devices", "break_kinds")
                },
                "caps": [{"per": "hour", "limit": 2}],
                "separation": ["Autos", "Wine"],
                "avoid": ["a", "b"],
                "position": "first_or_last",
                "exclusivity": "category",
                "exclusive_category": "Beer",
                "roadblock": True,
                "share_of_voice": {"minimum": 0.1, "maximum": 0.5, "penalty": 1.5},
                "deal": "x",
            }
        ),
        Creative.model_validate(
            {
                "id": "ad",
                "campaign": "acme",
                "duration": 30,
                "advertiser": "x",
                "domains": ["a", "b"],
                "universal_ad_id": "x",
                "categories": ["Beer"],
                "tags": ["a", "b"],
                "codecs": ["a", "b"],
                "completion": 0.9,
            }
        ),
    ]
    book = read(text, BOOK + '[[audience.cohorts]]\nid = "k"\nseats = 1\ntraits = ["young"]\ndevice = "tv"\n')
    assert [book.campaigns[1], book.creatives[1]] == sheet
    assert book.audience.cohorts[0].scores == {"ad": 3}


def test_names_of_columns_mean_one_column_each():
    assert len(NAMED) == sum(len(column.names) for column in COLUMNS)
    assert all(folded(name) == name for name in NAMED)
    assert {folded(each) for each in ("Budget (USD)", " BUDGET:", "budget_", "Budget $")} == {"budget"}


@pytest.mark.parametrize(
    ("good", "bad", "expected"),
    [
        ('"12,000"', "-5", "line 2, column 'Budget (USD)': expected an amount such as 1250.50, found '-5'"),
        ('"12,000"', "12k", "line 2, column 'Budget (USD)': expected an amount such as 1250.50, found '12k'"),
        ('"12,000"', '"1,20"', "line 2, column 'Budget (USD)': expected an amount such as 1250.50, found '1,20'"),
        (
            '"12,000"',
            "1.250.000",
            "line 2, column 'Budget (USD)': expected an amount such as 1250.50, found '1.250.000'",
        ),
        ('"12,000"', "€12", "line 2, column 'Budget (USD)': expected an amount in USD, found '€12'"),
        ('"12,000"', "12 EUR", "line 2, column 'Budget (USD)': expected an amount in USD, found '12 EUR'"),
        ('"12,000"', "#REF!", "line 2, column 'Budget (USD)': expected a value, found '#REF!', a formula that failed"),
        (
            '"12,000"',
            "12.1234567",
            "line 2, column 'Budget (USD)': expected no more than 6 decimal places, found 12.1234567",
        ),
        (
            '"1,250,000"',
            "1.5",
            "line 2, column 'Impressions goal': expected a whole number such as 1250000, found '1.5'",
        ),
        ("1000,5", "1000,", "line 2: expected a value for guarantee.penalty, found none"),
        (",2,3 per", ",21,3 per", "line 2, column 'Priority': expected less than or equal to 20, found 21"),
        (
            "3 per event; 1/break",
            "3 per week",
            "line 2, column 'Frequency cap': expected caps such as \"3 per event\" or \"2/hour\", found '3 per week'",
        ),
        (
            "3 per event; 1/break",
            "0 per event",
            "line 2, column 'Frequency cap': expected greater than or equal to 1, found 0",
        ),
        ("0:30", "0:99", "line 2, column 'Length': expected seconds such as 15, 15s or 0:15, found '0:99'"),
        ("15s", "", "line 3: expected a value for duration, found none"),
        ("Beer; Autos", "Beeer", "line 2, column 'Category': expected a category of the taxonomy, found 'Beeer'"),
        (
            "acme-15",
            "acme-30",
            (
                "line 3, column 'Creative': expected a creative's id that is not used yet, "
                "found 'acme-30', the id of the one in line 2"
            ),
        ),
        (
            "acme,,,",
            "acme,,9,",
            "line 3, column 'CPM': expected the same for all rows of 'acme': 1012.50, as in line 2, found '9'",
        ),
        ("acme,,,", "bcme,,,", "line 3: expected a value for price, found none"),
        ("acme,,,", ",,,", 'line 3: expected a campaign in column "Campaign", found an empty cell'),
        ("Finance\n", "Finance,x\n", "line 5: expected 12 cells, as the first row has, found 13"),
        (
            "zeta,",
            "own,",
            "line 5, column 'Campaign': expected an id that is not used yet, found 'own', the id of BOOK: campaigns[0]",
        ),
        (
            ",,20,",
            ",own-15,20,",
            (
                "line 5, column 'Creative': expected an id that is not used yet, "
                "found 'own-15', the id of BOOK: creatives[0]"
            ),
        ),
        (
            "Budget (USD)",
            "Bugdet",
            (
                "line 1, column 'Bugdet': expected a column that is known, or one whose name begins with #, "
                "found an unknown one; is 'budget' meant?"
            ),
        ),
        ("Budget (USD)", "Budget (EUR)", "line 1, column 'Budget (EUR)': expected amounts in USD, found EUR"),
        (
            "Advertiser",
            "Sales office",
            (
                "line 1, column 'Sales office': expected a column that is known, or one whose name begins with #, "
                "found an unknown one"
            ),
        ),
        ("Advertiser", "Rate", "line 1, column 'CPM': expected another column, found the same as 'Rate'"),
        ("Campaign,", "#,", 'line 1: expected a column "Campaign", found none'),
        ('"Zeta, Inc."', '"Zeta, Inc.', "line 5: expected CSV, found unexpected end of data"),
        ('"Zeta, Inc."', '"Zeta" Inc.', "line 5: expected CSV, found ',' expected after '\"'"),
        ("Acme,", "A" * 201 + ",", None),
    ],
)
def test_a_mistake_is_named_with_line_and_column(said, tmp_path, good, bad, expected):
    assert good in SHEET
    found = said(SHEET.replace(good, bad, 1))
    if expected is None:
        assert found.startswith("line 2, column 'Advertiser': expected at most 200 characters, found 'AAA")
    else:
        assert found == expected.replace("BOOK", str(tmp_path / "book.toml"))


def test_files_that_are_none(said, read, tmp_path):
    assert said("") == "line 1: expected titles of columns, found nothing"
    assert said(b"Campaign\n\xff") == "line 2: expected UTF-8, found byte 0xff"
    assert said("x" * (campaigns_csv.MAX_FILE + 1)) == "expected at most 16777216 bytes, found more"
    assert said("Campaign\n" + "x" * 140_000).startswith("line 2: expected CSV, found field larger than field limit")
    assert (
        said("Campaign,Traits\nacme," + "x" * 20_001)
        == "line 2, column 'Traits': expected at most 20000 characters, found 20001"
    )
    assert said("Campaign" + ",#" * 200) == "line 1: expected at most 200 columns, found 201"
    assert said("Campaign\n" + "acme\n" * 20_001) == "line 20002: expected at most 20000 rows, found more"
    with pytest.raises(InputError, match=r"none\.csv: expected a readable spreadsheet in CSV, found No such file"):
        read("", BOOK.replace("sheet.csv", "none.csv"))
    with pytest.raises(InputError, match=r"book\.toml: campaigns_from: expected a valid string, found 5"):
        read("", BOOK.replace('"sheet.csv"', "5"))


def test_a_field_of_a_sheet_that_does_not_fit_another_is_named_there(said):
    sheet = "Campaign,CPM,Flight start,Flight end,Scores\nacme,1,2026-07-02,2026-07-01T00:00Z,yuong=2\n"
    assert said(sheet).startswith("line 2, column 'Flight end': expected an end after the start")
    sheet = sheet.replace("2026-07-01T00:00Z", "2026-07-02")
    book = BOOK + '[[audience.cohorts]]\nid = "k"\nseats = 1\n'
    assert said(sheet, book) == "line 2, column 'Scores': expected traits, regions or devices of cohorts, found 'yuong'"
    assert said("Campaign,CPM,Exclusivity\nacme,1,event\n").startswith("line 2: expected fields that agree")


US, EUROPE = Habits(comma=False, currency="USD"), Habits(comma=True, currency="EUR")


@pytest.mark.parametrize(
    ("cell", "habits", "value"),
    [
        ("1250", US, "1250"),
        ("1250.5", US, "1250.5"),
        ("1,250", US, "1250"),
        ("$ 1,250,000.25", US, "1250000.25"),
        ("USD 12", US, "12"),
        ("12 USD", US, "12"),
        ("1 250 000", US, "1250000"),
        ("1\u00a0250\u202f000", US, "1250000"),
        ("1'250.5", US, "1250.5"),
        ("12,5", EUROPE, "12.5"),
        ("12,50 €", EUROPE, "12.5"),
        ("1.250.000", EUROPE, "1250000"),
        ("1.250,5", EUROPE, "1250.5"),
        ("1,250.5", EUROPE, "1250.5"),
        ("1 250,5", EUROPE, "1250.5"),
        ("12.5", EUROPE, "12.5"),
        ("1.250", EUROPE, None),
        ("1,250", EUROPE, None),
        ("1 250,5", US, None),
        ("12,5", US, None),
        ("12 50", US, None),
        ("1,2500", US, None),
        ("£12", EUROPE, None),
        ("$12", EUROPE, None),
        ("1e5", US, None),
        ("+5", US, None),
        ("٣", US, None),
        ("", US, None),
    ],
)
def test_amounts(cell, habits, value):
    if value is None:
        with pytest.raises(ValueError, match="an amount"):
            amount(cell, habits)
    else:
        assert amount(cell, habits) == Decimal(value)


def test_counts_parts_lengths_and_the_rest():
    assert [whole(cell, EUROPE) for cell in ("1.250", "1,250", "12")] == [1_250, 1_250, 12]
    assert [part(cell, US) for cell in ("0.85", "85%", "85 %", "0")] == [0.85, 0.85, 0.85, 0]
    lengths = {"15": 15, "15s": 15, "15 sec": 15, '30"': 30, "0:15": 15, "1:30": 90, "00:01:30": 90, "14,96": 14.96}
    assert {cell: float(seconds(cell, US)) for cell in lengths} == lengths
    assert caps("3 x per event|2/h; 1 a day", US) == [
        {"per": "event", "limit": 3},
        {"per": "hour", "limit": 2},
        {"per": "day", "limit": 1},
    ]
    assert scores("a=b = 1,5", EUROPE) == {"a=b": 1.5}
    assert begin("2026-07-31", US) == datetime(2026, 7, 31, tzinfo=UTC)
    assert end("2026-07-31", US) == datetime(2026, 8, 1, tzinfo=UTC)
    assert end("2026-07-31 19:00", US) == datetime(2026, 7, 31, 19, tzinfo=UTC)
    for cell in ("31.07.2026", "07/31/2026", "2026-02-30", "9999-12-31", "20260731"):
        with pytest.raises(ValueError, match="a date such as 2026-07-31"):
            end(cell, US)


def test_long_cells_take_no_time():
    for cell in (" " * 20_000 + "x", "1" * 20_000, "1," * 10_000, "x ;" * 900 + " " * 10_000 + "x"):
        for reader in (amount, whole, part, seconds, caps, begin, scores):
            with pytest.raises(ValueError, match=r"\w"):
                reader(cell, US)


PIECES = [
    "",
    ",",
    ";",
    "\t",
    '"',
    "\n",
    "\r",
    "\0",
    "€",
    "%",
    "-",
    "1.250",
    "#REF!",
    "acme",
    "Campaign",
    "\ufeff",
    "é",
    "=1+1",
]


@settings(deadline=None, max_examples=300)
@given(
    st.lists(st.tuples(st.integers(0, len(SHEET)), st.integers(0, 9), st.sampled_from(PIECES)), min_size=1, max_size=4)
)
def test_a_mutated_sheet_is_read_or_refused_in_one_line(tmp_path_factory, edits):
    text = SHEET
    for start, length, piece in edits:
        text = text[:start] + piece + text[start + length :]
    folder = tmp_path_factory.mktemp("sheet")
    (folder / "book.toml").write_text(BOOK)
    (folder / "sheet.csv").write_bytes(text.encode())
    read_or_refused_in_one_line(folder)


def read_or_refused_in_one_line(folder):
    try:
        read_book(folder / "book.toml")
    except InputError as error:
        text = str(error)
        assert text.splitlines() == [text]
        assert re.match(re.escape(f"{folder / 'sheet.csv'}") + ": line [0-9]+", text)
        assert len(text) < 600
