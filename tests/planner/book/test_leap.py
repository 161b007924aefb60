"""LEAP Forecast documents, as the tables say and as the examples do."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.errors import InputError
from planner.book.leap import LeapEvent, Status, Stream, read_event, read_events
from planner.book.outline import outline
from planner.book.read import read_book

START = datetime(2026, 7, 19, 19, tzinfo=UTC)
EVENT = {
    "id": "final",
    "scheduledstart": 1784487600000,
    "scheduledend": 1784498400000,
    "flexibleend": 1,
    "eventstatus": 2,
    "content": {"id": "c", "title": "The final"},
    "streamsdata": [
        {"country": "USA", "expectedpeak": 1_200_000, "lowerbound": 950_000},
        {"country": "GBR", "expectedpeak": 300_000},
    ],
    "inventoryconfig": {
        "supportedmtype": [2],
        "totaladdurationsec": 960,
        "expectedpodcount": 8,
        "unplanned": 1,
    },
    "lastmodifieddate": 1784401200000,
    "ext": {"own": [[1]]},
}
READ = LeapEvent(
    id="final",
    title="The final",
    start=START,
    end=START + timedelta(hours=3),
    flexible_end=True,
    status=Status.TENTATIVE,
    streams=(Stream("USA", 1_200_000, 950_000), Stream("GBR", 300_000, None)),
    pods=8,
    ad_seconds=960,
    unplanned=True,
)


def response(*events, name="events", **fields):
    return {"version": "1.0.0", "timestamp": 1784401200000, name: list(events), **fields}


@pytest.fixture
def file(tmp_path):
    def written(document, name="forecast.json"):
        (tmp_path / name).write_text(document if isinstance(document, str) else json.dumps(document))
        return tmp_path / name

    return written


@pytest.fixture
def said(file):
    def of(document, name=None):
        path = file(document)
        with pytest.raises(InputError) as caught:
            read_event(path, name)
        assert str(caught.value).startswith(str(path))
        assert "\n" not in str(caught.value)
        return str(caught.value).removeprefix(str(path)).removeprefix(": ")

    return of


def test_a_response_and_an_event_by_itself(file):
    assert read_event(file(response(EVENT))) == read_event(file(EVENT)) == READ
    assert (READ.viewers, READ.low) == (1_500_000, 1_250_000)


def test_what_the_published_examples_do(file):
    """Numbers in quotes, seconds, other names, codes as texts, ids as numbers, fields of their own."""
    loose = {
        **{key: value for key, value in EVENT.items() if key not in {"inventoryconfig", "id"}},
        "scheduledstart": "1784487600",
        "scheduledend": 1784498400,
        "eventstatus": "2",
        "flexibleend": "1",
        "id": 198291,
        "adinventoryconfig": {
            "totaladdurationsec": "960",
            "expectedpodcount": "8",
            "unplanned": "1",
            "maxadduration": 120,
            "media_types_supported": ["video"],
        },
        "streamsdata": [
            {"country": "USA", "expectedpeak": "1200000", "lowerbound": "950000"},
            {"country": "GBR", "expectedpeak": 300_000},
        ],
    }
    found = read_event(file(response(loose, name="upcomingevent")), "198291")
    assert found.id == "198291"
    assert {field: getattr(found, field) for field in LeapEvent.__slots__ if field != "id"} == {
        field: getattr(READ, field) for field in LeapEvent.__slots__ if field != "id"
    }


def test_what_is_not_said(file):
    found = read_event(file({"scheduledstart": 1784487600000, "scheduledend": 1784498400000, "content": None}))
    assert (found.id, found.title, found.status, found.streams) == ("", "", Status.SCHEDULED, ())
    assert (found.viewers, found.low, found.pods, found.ad_seconds, found.unplanned) == (None, None, None, None, False)


def test_the_content_s_id_where_the_event_has_none(file):
    assert read_event(file({key: value for key, value in EVENT.items() if key != "id"})).id == "c"


def test_one_of_several_by_its_id(file, said):
    document = response(EVENT, EVENT | {"id": "replay"}, EVENT | {"id": "off", "eventstatus": 3})
    assert read_event(file(document), "final") == READ
    assert [each.id for each in read_events(file(document))] == ["final", "replay", "off"]
    expected = "expected one event, or the id of one of them, found 3 of 3: 'final', 'replay', 'off'"
    assert said(document) == expected
    assert said(document, "x") == "expected one event with the id 'x', found 0 of 3: 'final', 'replay', 'off'"
    assert said(document, "off") == "expected an event that will be, found 'off', which is cancelled"
    assert said(response(EVENT, EVENT), "final").endswith("found 2 of 2: 'final', 'final'")
    assert said(response()) == "expected one event, or the id of one of them, found none"


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"scheduledstart": None}, "scheduledstart: expected a valid integer, found None"),
        ({"scheduledstart": 1784498400000}, "scheduledend: expected an end after the start, found 2026-07-19T22:00"),
        ({"scheduledend": 178449840}, "scheduledend: expected greater than or equal to 100000000000, found 178449840"),
        ({"scheduledend": "soon"}, "scheduledend: expected a valid integer, found 'soon'"),
        ({"scheduledend": 1884498400000}, "scheduledend: expected at most 11 days, 13:46:40 of event, found 1157"),
        ({"eventstatus": 4}, "eventstatus: expected less than or equal to 3, found 4"),
        ({"eventstatus": True}, "eventstatus: expected a valid integer, found True"),
        ({"streamsdata": [{"country": "USA"}]}, "streamsdata[0].expectedpeak: expected a value, found none"),
        ({"streamsdata": {}}, "streamsdata: expected a list, found a table"),
        ({"streamsdata": [{"expectedpeak": -1}]}, "streamsdata[0].expectedpeak: expected greater than or equal to 0"),
        ({"streamsdata": [{"expectedpeak": 1.5}]}, "streamsdata[0].expectedpeak: expected a valid integer"),
        ({"streamsdata": [{"expectedpeak": 10**8}] * 2}, "streamsdata: expected at most 100000000 viewers, found more"),
        (
            {"streamsdata": [{"expectedpeak": 5, "lowerbound": 6}]},
            "streamsdata[0].lowerbound: expected at most what is expected, 5, found 6",
        ),
        ({"inventoryconfig": {"expectedpodcount": 1001}}, "inventoryconfig.expectedpodcount: expected less than"),
        (
            {"inventoryconfig": {"totaladdurationsec": 10_801}},
            "inventoryconfig.totaladdurationsec: expected at most the event's length, 10800 s, found 10801",
        ),
        (
            {"scheduledend": 1784487601000, "inventoryconfig": {"expectedpodcount": 2}},
            "inventoryconfig.expectedpodcount: expected at most one for each second, found 2",
        ),
    ],
)
def test_what_is_wrong(said, change, expected):
    assert said(EVENT | change).startswith(expected)
    assert said(response(EVENT, EVENT | change)).startswith(f"events[1].{expected}")


def test_bounds(said):
    deep = '{"a":' * 20 + "1" + "}" * 20
    assert said(deep).endswith("expected at most 12 levels of tables and lists, found more")
    assert said("[]") == "expected an object, found a list of 0"
    assert said({}) == "scheduledstart: expected a value, found none (and 1 more)"
    assert said(response(*[{key: EVENT[key] for key in ("scheduledstart", "scheduledend")}] * 10_001)).startswith(
        "events: expected at most 10000 items"
    )


BOOK = """\
start = 2026-07-19T19:00:00Z
[forecast]
document = "forecast.json"
{}
[[breaks]]
id = "b"
durations = [{{ seconds = 60 }}]
"""


@pytest.mark.parametrize(
    ("stated", "viewers", "low"),
    [
        ("", 1_500_000, 1_250_000),
        ("viewers = 1800000", 1_800_000, 1_250_000),
        ("low = 7", 1_500_000, 7),
        ('document_event = "final"\nsurge = 2000000', 1_500_000, 1_250_000),
    ],
)
def test_a_book_takes_what_it_does_not_say(file, tmp_path, stated, viewers, low):
    file(response(EVENT))
    (tmp_path / "book.toml").write_text(BOOK.format(stated))
    forecast = read_book(tmp_path / "book.toml").book.forecast
    assert (forecast.viewers, forecast.low, forecast.document, forecast.document_event) == (viewers, low, None, None)


@pytest.mark.parametrize(
    ("stated", "expected"),
    [
        ('document_event = "x"', "forecast.json: expected one event with the id 'x', found 0 of 1: 'final'"),
        ("viewers = 1000000", "book.toml: forecast.low: expected at most viewers, 1000000, found 1250000"),
        ("surge = 5", "book.toml: forecast.surge: expected at least viewers, 1500000, found 5"),
    ],
)
def test_a_book_that_its_document_does_not_fit(file, tmp_path, stated, expected):
    file(response(EVENT))
    (tmp_path / "book.toml").write_text(BOOK.format(stated))
    with pytest.raises(InputError) as caught:
        read_book(tmp_path / "book.toml")
    assert str(caught.value) == f"{tmp_path}/{expected}"


def test_only_events_to_come(file, tmp_path):
    path = file(response(EVENT))
    (tmp_path / "book.toml").write_text(BOOK.format("").replace("19T19", "19T22"))
    with pytest.raises(InputError) as caught:
        read_book(tmp_path / "book.toml")
    expected = "an event that ends after the book's start, 2026-07-19T22:00:00+00:00"
    assert str(caught.value) == f"{path}: expected {expected}, found 'final', over at 2026-07-19T22:00:00+00:00"


def test_an_outline(tmp_path):
    (tmp_path / "new.toml").write_text(outline(READ))
    book = read_book(tmp_path / "new.toml").book
    assert (book.name, book.start) == ("The final", START)
    assert (book.forecast.viewers, book.forecast.low) == (1_500_000, 1_250_000)
    assert [(each.id, each.seats) for each in book.audience.cohorts] == [("USA", 1_200_000), ("GBR", 300_000)]
    assert [float(each.durations[0].seconds) for each in book.breaks] == [120] * 8
    gaps = [float(after.at - before.at) for before, after in zip(book.breaks, book.breaks[1:], strict=False)]
    assert max(gaps) - min(gaps) <= 1
    assert float(book.breaks[0].at) == pytest.approx(10_800 - 120 - float(book.breaks[-1].at), abs=2)
    assert "unplanned" in outline(READ)
    assert "flexible" in outline(READ)


def test_breaks_that_nearly_fill_the_event_do_not_overlap(tmp_path):
    """Less than a second between them: whole seconds would move one into the next."""
    short = replace(READ, end=START + timedelta(seconds=1_000), pods=100, ad_seconds=950)
    (tmp_path / "new.toml").write_text(outline(short))
    book = read_book(tmp_path / "new.toml").book
    assert [float(each.durations[0].seconds) for each in book.breaks] == [9.5] * 100


TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)


@settings(deadline=None)
@given(st.data())
def test_every_event_has_an_outline_that_can_be_read(tmp_path_factory, data):
    seconds = data.draw(st.integers(1, 10**6 - 1) | st.integers(1, 40_000))
    peaks = st.integers(0, 5_000) | st.integers(0, 10**6)
    event = {
        "id": data.draw(TEXTS),
        "content": {"title": data.draw(TEXTS)},
        "scheduledstart": 1784487600000,
        "scheduledend": 1784487600000 + seconds * 1_000 + data.draw(st.integers(0, 999)),
        "flexibleend": data.draw(st.integers(0, 1)),
        "streamsdata": [
            {"country": country, "expectedpeak": peak} | ({"lowerbound": peak // 2} if peak % 2 else {})
            for country, peak in data.draw(st.lists(st.tuples(st.text('AB"é', max_size=3), peaks), max_size=5))
        ],
        "inventoryconfig": {
            "expectedpodcount": data.draw(st.none() | st.integers(0, min(1_000, seconds))),
            "totaladdurationsec": data.draw(st.none() | st.integers(0, seconds)),
            "unplanned": data.draw(st.integers(0, 1)),
        },
    }
    folder = tmp_path_factory.mktemp("leap")
    (folder / "forecast.json").write_text(json.dumps(event))
    found = read_event(folder / "forecast.json")
    (folder / "new.toml").write_text(outline(found))
    book = read_book(folder / "new.toml").book
    assert len(book.breaks) == (found.pods or 1)
    assert book.breaks[0].at >= 0
    last = book.breaks[-1]
    assert last.at + last.durations[0].seconds <= (found.end - found.start).total_seconds()
    assert sum(cohort.seats for cohort in book.audience.cohorts) == book.forecast.viewers
    assert book.forecast.viewers == found.viewers or found.viewers is None


VALUES = (
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=4) | st.builds(list) | st.builds(dict)
)


@settings(deadline=None, max_examples=300)
@given(st.data())
def test_a_mutated_document_is_read_or_refused_in_one_line(tmp_path_factory, data):
    document = json.loads(json.dumps(response(EVENT)))
    here = data.draw(st.sampled_from([document, document["events"][0]]))
    if here is not document and data.draw(st.booleans()):
        here = data.draw(st.sampled_from([here["content"], here["inventoryconfig"], *here["streamsdata"]]))
    here[data.draw(st.sampled_from(sorted(here)))] = data.draw(VALUES)
    file = tmp_path_factory.mktemp("leap") / "forecast.json"
    file.write_text(json.dumps(document))
    read_or_refused_in_one_line(file)


def read_or_refused_in_one_line(file):
    try:
        read_event(file)
    except InputError as error:
        text = str(error)
        assert text.splitlines() == [text]
        assert text.startswith(str(file))
