"""Books that can be planned with, and what is said of those that cannot."""

import json
import time
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.errors import InputError
from planner.book import document
from planner.book.model import Book
from planner.book.read import booked, read_book

GOOD = """\
start = 2026-07-19T19:00:00Z

[separation]
categories = ["Alcohol"]

[[campaigns]]
id = "beer"
advertiser = "Northbrew"
price = { kind = "cpm", amount = 12.345678 }
budget = 1000
separation = ["Autos"]
exclusivity = "event"
exclusive_category = "Beer"
flight = { start = 2026-07-01T00:00:00Z, end = 2026-08-01T00:00:00Z }

[[campaigns]]
id = "cars"
price = { amount = 3 }
share_of_voice = { minimum = 0.1, maximum = 0.2 }

[[creatives]]
id = "beer-30"
campaign = "beer"
duration = 30
categories = ["Beer"]

[[creatives]]
id = "cars-15"
campaign = "cars"
duration = 14.96
categories = ["auto"]

[[breaks]]
id = "half-time"
durations = [{ seconds = 60, probability = 0.5 }, { seconds = 45, probability = 0.5 }]
forbidden = ["Politics"]
before = [{ creative = "cars-15" }, { advertiser = "A", categories = ["Wine"] }]

[[audience.cohorts]]
id = "tv"
seats = 100
seen = [{ creative = "beer-30", ago = 60 }]
scores = { beer-30 = 1.5 }
"""
EVENT = (
    GOOD.replace("amount = 3 }", "amount = 3 }\nscores = { young = 1.5 }")
    .replace("seats = 100\n", 'seats = 100\ntraits = ["young"]\n')
    .replace('id = "half-time"\n', 'id = "half-time"\nat = 100\nprobability = 0.9\n')
    + """
[[breaks]]
id = "late"
at = 300.5
durations = [{ seconds = 60 }]

[forecast]
viewers = 120
low = 90
surge = 150
turnover = 1.5
stay = 0.5
curve = [{ at = -60, share = 0.2, low = 0.1, surge = 0.3 }, { at = 400, share = 1 }]
cohorts = [{ traits = ["young"], devices = ["tv"], curve = [{ at = 0, share = 1 }, { at = 900, share = 0.1 }] }]
revisions = [{ at = -3600, viewers = 100 }, { at = 60, viewers = 130 }]

[turnout]
curve = [{ at = 0, share = 0.9 }, { at = 400, share = 1.1 }]
breaks = [{ id = "half-time", at = 120, seconds = 50 }, { id = "late" }]
seed = 5
"""
)
SPLIT = """\
[forecast]
viewers = 1000

[[breaks]]
id = "b"
durations = [{ seconds = 60 }]

[audience]
viewers = 900
split = [
  { by = "region", parts = { metro = 0.3, "" = 0.7 } },
  { by = "device", parts = { tv = 0.6, phone = 0.4 } },
  { by = "trait", parts = { young = 0.35, old = 0.25, "" = 0.4 } },
]
"""
SMALL = '[[breaks]]\nid = "b"\ndurations = [{ seconds = 60 }]\n'


@pytest.fixture
def read(tmp_path):
    def written(text, name="book.toml"):
        file = tmp_path / name
        file.write_bytes(text if isinstance(text, bytes) else text.encode("utf-8", "surrogatepass"))
        return read_book(file)

    return written


@pytest.fixture
def said(read, tmp_path):
    """What a file that is refused has said of it, after the file's name."""

    def of(text, name="book.toml"):
        with pytest.raises(InputError) as caught:
            read(text, name)
        where = str(tmp_path / name)
        assert str(caught.value).startswith(f"{where}: ")
        assert "\n" not in str(caught.value)
        return str(caught.value).removeprefix(f"{where}: ")

    return of


def test_a_book(read):
    found = read(GOOD)
    assert found.book.campaigns[0].price.amount == Decimal("12.345678")
    assert found.book.creatives[1].duration == Decimal("14.96")
    assert found.identities["beer-30"].advertiser == "Northbrew"
    assert found.identities["cars-15"].doubtful


@pytest.mark.parametrize(("name", "seats"), [("final.toml", 1_000_000), ("three-bids.toml", 1_000)])
def test_shipped_books(root, name, seats):
    found = read_book(root / "fixtures" / "books" / name)
    assert sum(cohort.seats for cohort in found.book.audience.cohorts) == seats
    assert not any(identity.doubtful for identity in found.identities.values())


def test_an_event_and_a_split_audience(read):
    found = read(EVENT).book
    assert (found.forecast.viewers, len(found.turnout.breaks)) == (120, 2)
    assert found.audience.cohorts[0].scores == {"beer-30": 1.5, "cars-15": 1.5}
    assert len(read(SPLIT).book.audience.cohorts) == 12


@pytest.mark.parametrize("field", ["campaigns_from", "taxonomy", "forecast.document"])
def test_names_of_files_stay_on_one_line(said, field):
    text = f"{field} = 'NAME'\n{SMALL}"
    assert said(text.replace("'NAME'", '"a\\rb"')) == f"{field}: expected the name of a file, found 'a\\rb'"
    assert len(said(text.replace("NAME", "x" * 1_001))) < 200


def test_json_says_the_same(read, root):
    book = read_book(root / "fixtures" / "books" / "final.toml").book
    assert read(book.model_dump_json(), "book.json").book == book
    assert read("\ufeff" + book.model_dump_json(), "BOOK.JSON").book == book


def test_amounts_are_exact(read):
    text = GOOD.replace("12.345678", "999999999999.123457")
    assert read(text).book.campaigns[0].price.amount == Decimal("999999999999.123457")


def test_an_empty_book_and_one_without_viewers_can_be_planned(read):
    found = read(SMALL)
    assert found.book.campaigns == found.book.audience.cohorts == ()
    assert found.identities == {}


def test_a_creative_longer_than_any_break_is_for_the_planner_to_leave_out(read):
    assert read(GOOD.replace("duration = 30", "duration = 3000")).book.creatives[0].duration == 3000


def test_a_single_duration_keeps_its_probability(read):
    found = read('[[breaks]]\nid = "b"\ndurations = [{ seconds = 60, probability = 0.25 }]\n')
    assert found.book.breaks[0].durations[0].probability == 0.25


def test_a_taxonomy_beside_the_book(read, tmp_path):
    (tmp_path / "trees").mkdir()
    (tmp_path / "trees" / "own.tsv").write_text("Unique ID\tParent ID\tName\n1\t\tMusic\n2\t1\tJazz\n")
    found = read(f'taxonomy = "trees/own.tsv"\nseparation = {{ categories = ["Jazz"] }}\n{SMALL}')
    assert found.tree.resolve("music > jazz") == "2"


def test_a_taxonomy_that_is_none(read, tmp_path):
    (tmp_path / "tree.tsv").write_text("Unique ID\tParent ID\tName\n1\t2\tA\n2\t1\tB\n")
    with pytest.raises(InputError) as caught:
        read(f'taxonomy = "tree.tsv"\n{SMALL}')
    assert str(caught.value) == f"{tmp_path / 'tree.tsv'}: line 2: expected a tree, found a cycle: 1 > 2 > 1"
    with pytest.raises(InputError) as caught:
        read(f'taxonomy = "none.tsv"\n{SMALL}')
    expected = "a readable taxonomy, found No such file or directory"
    assert str(caught.value) == f"{tmp_path / 'none.tsv'}: expected {expected}"


FIELDS = [
    ("amount = 3 ", "amount = -3 ", "campaigns[1].price.amount: expected greater than or equal to 0, found -3"),
    ("amount = 3 ", "amount = nan ", "campaigns[1].price.amount: expected a finite number, found NaN"),
    ("amount = 3 ", "amount = -inf ", "campaigns[1].price.amount: expected a finite number, found -Infinity"),
    ("minimum = 0.1", "minimum = nan", "campaigns[1].share_of_voice.minimum: expected a finite number, found NaN"),
    (
        "amount = 3 ",
        "amount = 1e31 ",
        "campaigns[1].price.amount: expected 0, or a number between 1e-30 and 1e30, found 1E+31",
    ),
    (
        "amount = 3 ",
        "amount = 0.0000001 ",
        "campaigns[1].price.amount: expected no more than 6 decimal places, found 1E-7",
    ),
    (
        "budget = 1000",
        "budget = 9223372036854775808",
        "campaigns[0].budget: expected an integer of at most 64 bits, found one of 64 bits",
    ),
    ("budget = 1000", "budget = " + "9" * 5000, "expected TOML, found an integer of thousands of digits"),
    ("budget = 1000", "budget = 1e" + "9" * 30, f"expected TOML, found a number that cannot be read: '1e{'9' * 30}'"),
    (
        'kind = "cpm"',
        'kind = "cpc"',
        "campaigns[0].price.kind: expected 'cpm', 'first_price', 'second_price' or 'completed_view', found 'cpc'",
    ),
    ("budget = 1000", "budgte = 1000", "campaigns[0].budgte: expected a field that books have, found an unknown one"),
    ("amount = 3 ", "", "campaigns[1].price.amount: expected a value, found none"),
    ("price = { amount = 3 }", "price = 3", "campaigns[1].price: expected a table, found 3"),
    ('separation = ["Autos"]', "separation = 3", "campaigns[0].separation: expected a list, found 3"),
    (
        "maximum = 0.2",
        "maximum = 0.05",
        "campaigns[1].share_of_voice: expected fields that agree, found minimum share 0.1 is above maximum share 0.05",
    ),
    (
        'exclusive_category = "Beer"',
        "",
        'campaigns[0]: expected fields that agree, found exclusivity "event" needs exclusive_category',
    ),
    (
        "2026-07-01T00:00:00Z",
        "2026-07-01T00:00:00",
        "campaigns[0].flight.start: expected timezone info, found datetime.datetime(2026, 7, 1, 0, 0)",
    ),
    (
        "2026-07-01T00:00:00Z",
        "2026-08-01T00:00:00Z",
        (
            "campaigns[0].flight.end: expected an end after the start, found 2026-08-01T00:00:00+00:00, and a start at "
            "2026-08-01T00:00:00+00:00"
        ),
    ),
    (
        'id = "cars"',
        'id = "beer"',
        "campaigns[1].id: expected an id that is not used yet, found 'beer', the id of campaigns[0] (and 1 more)",
    ),
    (
        'id = "cars-15"',
        'id = "beer-30"',
        "creatives[1].id: expected an id that is not used yet, found 'beer-30', the id of creatives[0] (and 1 more)",
    ),
    (
        "[[audience.cohorts]]",
        '[[audience.cohorts]]\nid = "tv"\nseats = 1\n[[audience.cohorts]]',
        "audience.cohorts[1].id: expected an id that is not used yet, found 'tv', the id of audience.cohorts[0]",
    ),
    (
        "[[breaks]]",
        SMALL.replace('"b"', '"half-time"') + "[[breaks]]",
        "breaks[1].id: expected an id that is not used yet, found 'half-time', the id of breaks[0]",
    ),
    ('campaign = "cars"', 'campaign = "x"', "creatives[1].campaign: expected the id of a campaign, found 'x'"),
    (
        'categories = ["Alcohol"]',
        'categories = ["Wine", "Alcohl"]',
        "separation.categories[1]: expected a category of the taxonomy, found 'Alcohl'",
    ),
    ('["Autos"]', '["X"]', "campaigns[0].separation[0]: expected a category of the taxonomy, found 'X'"),
    (
        'exclusive_category = "Beer"',
        'exclusive_category = "X"',
        "campaigns[0].exclusive_category: expected a category of the taxonomy, found 'X'",
    ),
    ('["Beer"]', '["X"]', "creatives[0].categories[0]: expected a category of the taxonomy, found 'X'"),
    ('["Politics"]', '["X"]', "breaks[0].forbidden[0]: expected a category of the taxonomy, found 'X'"),
    ('["Wine"]', '["X"]', "breaks[0].before[1].categories[0]: expected a category of the taxonomy, found 'X'"),
    (
        '{ creative = "cars-15" }',
        '{ creative = "X" }',
        "breaks[0].before[0].creative: expected the id of a creative, found 'X'",
    ),
    (
        '{ creative = "beer-30", ago',
        '{ creative = "X", ago',
        "audience.cohorts[0].seen[0].creative: expected the id of a creative, found 'X'",
    ),
    ("{ beer-30 = 1.5", "{ X = 1.5", "audience.cohorts[0].scores: expected the ids of creatives, found 'X'"),
    (
        "{ beer-30 = 1.5",
        '{ "X\\nY" = -1',
        "audience.cohorts[0].scores['X\\nY']: expected greater than or equal to 0, found -1",
    ),
    (
        "probability = 0.5 }]",
        "probability = 0.6 }]",
        "breaks[0].durations: expected probabilities that add up to at most 1, found 1.1",
    ),
    (
        "seconds = 45",
        "seconds = 60.0",
        "breaks[0].durations[1].seconds: expected another duration, found 60.0, as durations[0]",
    ),
    (
        "start = 2026",
        "taxonomy = 5\nstart = 2026",
        'taxonomy: expected "own" or the name of a file, found 5 (and 1 more)',
    ),
    (
        "seats = 100",
        "seats = 100000001",
        "audience.cohorts[0].seats: expected less than or equal to 100000000, found 100000001",
    ),
]


@pytest.mark.parametrize(("good", "bad", "expected"), FIELDS, ids=[bad[:40] or good for good, bad, _ in FIELDS])
def test_one_wrong_field(said, good, bad, expected):
    assert good in GOOD
    assert said(GOOD.replace(good, bad, 1)) == expected


def test_the_first_of_many_is_named_and_the_others_counted(said):
    bad = GOOD.replace('"Beer"', '"X"').replace('"Autos"', '"Y"')
    assert said(bad) == "campaigns[0].separation[0]: expected a category of the taxonomy, found 'Y' (and 2 more)"
    bad = GOOD.replace("amount = 3", "amount = -3").replace("seats = 100", "seats = -1")
    assert said(bad) == "campaigns[1].price.amount: expected greater than or equal to 0, found -3 (and 1 more)"


def test_a_name_that_two_categories_have(said, tmp_path):
    (tmp_path / "tree.tsv").write_text("Unique ID\tParent ID\tName\n1\t\tA\n2\t\tB\n3\t1\tC\n4\t2\tc\n")
    text = 'taxonomy = "tree.tsv"\nseparation = {{ categories = ["{}"] }}\n'
    assert (
        said(text.format("C") + SMALL)
        == "separation.categories[0]: expected one category, found 'C', the name of 2: 3, 4"
    )
    assert said(text.format("B > D") + SMALL).endswith("expected a category of the taxonomy, found 'B > D'")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", "breaks: expected a value, found none"),
        ("breaks = []", "breaks: expected at least 1 item, found a list of 0"),
        ("a = \n", "line 1, column 5: expected TOML, found Invalid value"),
        ('a = "', "end of document: expected TOML, found Unterminated string"),
        ("a = 1\na = 2\n", "line 2, column 6: expected TOML, found Cannot overwrite a value"),
        ("a = 1\r\nb = 2026-02-30\r\n", "line 2, column 5: expected TOML, found Invalid date or datetime"),
        (b"a = 1\nb = \xff", "line 2: expected UTF-8, found byte 0xff"),
        (b"\xff\xfea\x00", "line 1: expected UTF-8, found byte 0xff"),
        ("\0", "line 1, column 1: expected TOML, found Invalid statement"),
        ("x = " + "[" * 100_000, "expected at most 12 levels of tables and lists, found more"),
        ("x = " + "{a = " * 100_000, "expected at most 12 levels of tables and lists, found more"),
        ("x = [[[[[[[[[[[[]]]]]]]]]]]]", f"x{'[0]' * 11}: expected at most 12 levels of tables and lists, found more"),
        ("\n" + "a." * 100_000 + "a = 1", "line 2: expected keys of at most 12 parts, found more"),
        ("x = {" + "a ." * 100_000 + "a = 1}", "line 1: expected keys of at most 12 parts, found more"),
        ("[[" + "'a'." * 100_000 + "a]]", "line 1: expected keys of at most 12 parts, found more"),
        ("x = 0x" + "f" * 100_000, "x: expected an integer of at most 64 bits, found one of 400000 bits"),
    ],
)
def test_broken_toml(said, text, expected):
    assert said(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", "line 1, column 1: expected JSON, found Expecting value"),
        ("[]", "expected an object, found a list of 0"),
        ("1", "expected an object, found 1"),
        ('{"a": 1, "b": 2, "a": 3}', "expected JSON, found the key 'a' twice in one object"),
        ('{"a":' * 100_000, "expected at most 12 levels of tables and lists, found more"),
        ('{"a": ' + "9" * 5_000 + "}", "expected JSON, found an integer of thousands of digits"),
        ('{"breaks": NaN}', "breaks: expected a finite number, found NaN"),
        ('{"breaks": [-Infinity]}', "breaks[0]: expected a finite number, found -Infinity"),
        ('{"a": 1e-31}', "a: expected 0, or a number between 1e-30 and 1e30, found 1E-31"),
        (
            '{"breaks": [{"id": "\\ud800", "durations": [{"seconds": 1}]}]}',
            "breaks[0].id: expected a valid string, unable to parse raw data as a unicode string, found '\\ud800'",
        ),
    ],
)
def test_broken_json(said, text, expected):
    assert said(text, "book.json") == expected


def test_files_that_are_none(tmp_path, said):
    with pytest.raises(InputError, match="expected a readable file, found No such file or directory"):
        read_book(tmp_path / "none.toml")
    (tmp_path / "folder.toml").mkdir()
    with pytest.raises(InputError, match="expected a readable file, found Is a directory"):
        read_book(tmp_path / "folder.toml")
    with pytest.raises(InputError, match="expected a readable file, found embedded null byte"):
        read_book(tmp_path / "a\0b.toml")
    assert said("", "book.yaml") == "expected a file whose name ends in .toml or .json, found 'book.yaml'"
    assert said(b"#" * (document.MAX_FILE + 1)) == "expected at most 67108864 bytes, found more"


def test_what_was_found_stays_short(said):
    assert len(said(GOOD.replace('campaign = "cars"', f'campaign = "{"x" * 200}"'))) < 200
    assert len(said(GOOD.replace('id = "cars-15"', f'id = "{"x" * 100_000}"'))) < 200
    assert len(said(f"{'x' * 100_000} = 1\n{SMALL}")) < 200
    assert len(said(f'"{"x" * 100_000}" = 1\n"{"x" * 100_000}" = 2')) < 300


def test_a_million_lines(read, said):
    """Loads, or says one line; the time of the processor is far from what a quadratic reader takes."""
    begun = time.process_time()
    traits = "".join(f'  "trait-{index}",\n' for index in range(95))
    cohort = '[[audience.cohorts]]\nid = "{}"\nseats = 5\ntraits = [\n' + traits + "]\n"
    text = SMALL + "".join(cohort.format(index) for index in range(10_000))
    assert text.count("\n") == 1_000_003
    assert len(read(text).book.audience.cohorts) == 10_000
    text = SMALL + "".join(f"k{index} = 1\n" for index in range(1_000_000))
    assert said(text) == "breaks[0].k0: expected a field that books have, found an unknown one (and 999999 more)"
    assert time.process_time() - begun < 120


def test_a_book_made_in_memory_says_book():
    with pytest.raises(InputError) as caught:
        booked(Book.model_validate({"breaks": [{"id": "b", "durations": [{"seconds": 1}], "forbidden": ["X"]}]}))
    assert str(caught.value) == "book: breaks[0].forbidden[0]: expected a category of the taxonomy, found 'X'"


PIECES = [
    "",
    "\n",
    '"',
    "'",
    '"""',
    "[",
    "]",
    "{",
    "}",
    "[[",
    "]]",
    "=",
    ".",
    ",",
    "#",
    "-",
    "nan",
    "inf",
    "1e400",
    "0x",
    "_",
]
PIECES += [
    "0",
    "-1",
    "1e9",
    "true",
    "2026-01-01",
    "\0",
    "\ufeff",
    "\u2028",
    "\U0001f600",
    "id",
    "seats = 3",
    "Beer",
    "\\",
]


@settings(deadline=None, max_examples=400)
@given(
    st.sampled_from([EVENT, SPLIT]),
    st.lists(
        st.tuples(
            st.integers(0, len(EVENT)),
            st.integers(0, 12),
            st.sampled_from(PIECES) | st.text(max_size=3) | st.just(None),
        ),
        min_size=1,
        max_size=4,
    ),
)
def test_mutated_toml_loads_or_says_one_line(tmp_path_factory, text, edits):
    """A piece of the text is replaced by another, or (None) stands twice."""
    for start, length, piece in edits:
        old = text[start : start + length]
        text = text[:start] + (old + old if piece is None else piece) + text[start + length :]
    file = tmp_path_factory.mktemp("book") / "book.toml"
    file.write_bytes(text.encode("utf-8", "surrogatepass"))
    loads_or_says_one_line(file)


VALUES = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=5), st.builds(list), st.builds(dict)
)


@settings(deadline=None, max_examples=400)
@given(st.data())
def test_mutated_json_loads_or_says_one_line(tmp_path_factory, data):
    """Any value anywhere, and fields that are not there."""
    folder = tmp_path_factory.mktemp("book")
    (folder / "good.toml").write_text(data.draw(st.sampled_from([EVENT, SPLIT])))
    book = json.loads(Book.model_validate(document.read_document(folder / "good.toml")).model_dump_json())
    for _ in range(data.draw(st.integers(1, 2))):
        here, steps = book, data.draw(st.integers(0, 6))
        for _ in range(steps):
            keys = sorted(here) if isinstance(here, dict) else range(len(here))
            inner = [key for key in keys if isinstance(here[key], dict | list) and here[key]]
            if not inner:
                break
            here = here[data.draw(st.sampled_from(inner))]
        keys = sorted(here) if isinstance(here, dict) else list(range(len(here)))
        key = data.draw(st.sampled_from(keys))
        if isinstance(here, dict) and data.draw(st.booleans()):
            del here[key]
            here[data.draw(st.text(max_size=3))] = data.draw(VALUES)
        else:
            here[key] = data.draw(VALUES)
        if not isinstance(book, dict) or not book:
            break
    (folder / "book.json").write_text(json.dumps(book))
    loads_or_says_one_line(folder / "book.json")


def loads_or_says_one_line(file):
    try:
        read_book(file)
    except InputError as error:
        text = str(error)
        assert text.startswith(str(file.parent))
        assert text.splitlines() == [text]
        text.encode()
        assert len(text) < 600
