"""Units: exact, both ways, and one error for what is none."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.units import (
    date,
    decimal,
    instant,
    microseconds,
    microseconds_to_ticks,
    seconds,
    ticks_to_microseconds,
)

DECIMALS = [
    ("0", 0),
    ("4", 4_000_000),
    ("4.", 4_000_000),
    (".5", 500_000),
    ("+1.25", 1_250_000),
    ("-1.25", -1_250_000),
    (" 9.009 ", 9_009_000),
    ("9.97633333", 9_976_333),
    # Past the sixth digit: half up.
    ("0.0000005", 1),
    ("0.0000004999", 0),
    ("-0.0000005", -1),
    ("0.9999999", 1_000_000),
    # A float would give 4.35 as 4349999 or 4350000.
    ("4.35", 4_350_000),
    ("999999999999999.999999", 999_999_999_999_999_999_999),
]


@pytest.mark.parametrize(("text", "value"), DECIMALS)
def test_decimal_seconds(text, value):
    assert microseconds(text) == value


@pytest.mark.parametrize(
    "text", ["", ".", "+", "-", "4,0", "1e3", "NaN", "inf", "0x10", "4 0", "--4", "\u0664", "1_0", "1" * 16]
)
def test_what_is_no_decimal(text):
    with pytest.raises(ValueError):
        microseconds(text)


@pytest.mark.parametrize(
    ("value", "digits", "text"),
    [
        (0, 6, "0.000000"),
        (4_000_000, 3, "4.000"),
        (1, 6, "0.000001"),
        (1_999_999, 3, "1.999"),
        (-1_500_000, 1, "-1.5"),
        (-1, 6, "-0.000001"),
    ],
)
def test_decimal_text(value, digits, text):
    assert decimal(value, digits) == text


@given(st.integers(-(10**20), 10**20))
def test_decimal_is_exact(value):
    assert microseconds(decimal(value)) == value


def test_seconds_are_for_people():
    assert seconds(1_500_000) == 1.5


@pytest.mark.parametrize(
    ("ticks", "value"), [(0, 0), (1, 11), (9, 100), (90_000, 1_000_000), (4, 44), (5, 56), (2**33, 95_443_717_689)]
)
def test_ticks(ticks, value):
    assert ticks_to_microseconds(ticks) == value


@pytest.mark.parametrize(("value", "ticks"), [(0, 0), (5, 0), (6, 1), (11, 1), (1_000_000, 90_000), (16_667, 1500)])
def test_ticks_from_microseconds(value, ticks):
    assert microseconds_to_ticks(value) == ticks


@given(st.integers(0, 2**33))
def test_ticks_come_back(ticks):
    assert microseconds_to_ticks(ticks_to_microseconds(ticks)) == ticks


NOON = 1_790_000_000_000_000
"""2026-09-21T14:13:20Z."""

INSTANTS = [
    ("2026-09-21T14:13:20Z", NOON),
    ("2026-09-21T14:13:20.000Z", NOON),
    ("2026-09-21t14:13:20z", NOON),
    ("2026-09-21 14:13:20", NOON),
    ("2026-09-21T14:13:20", NOON),
    ("2026-09-21T14:13Z", NOON - 20_000_000),
    ("2026-09-21T16:13:20+02:00", NOON),
    ("2026-09-21T16:13:20+0200", NOON),
    ("2026-09-21T16:13:20+02", NOON),
    ("2026-09-21T08:43:20-05:30", NOON),
    ("2026-09-21T14:13:20.123456Z", NOON + 123_456),
    ("2026-09-21T14:13:20,5Z", NOON + 500_000),
    ("2026-09-21T14:13:20.1234565Z", NOON + 123_457),
    ("2026-09-21T14:13:20.1234564Z", NOON + 123_456),
    (" 2026-09-21T14:13:20Z ", NOON),
    ("1970-01-01T00:00:00Z", 0),
    ("1969-12-31T23:59:59Z", -1_000_000),
    # A leap second is the second after 59.
    ("2016-12-31T23:59:60Z", 1_483_228_800_000_000),
    ("2024-02-29T00:00:00Z", 1_709_164_800_000_000),
]


@pytest.mark.parametrize(("text", "value"), INSTANTS)
def test_instant(text, value):
    assert instant(text) == value


@pytest.mark.parametrize(
    "text",
    [
        "",
        "2026-09-21",
        "2026-13-01T00:00:00Z",
        "2025-02-29T00:00:00Z",
        "2026-09-21T25:00:00Z",
        "2026-09-21T14:13:61Z",
        "0000-01-01T00:00:00Z",
        "2026-09-21T14:13:20Zulu",
        "1790000000",
        "\u0662026-09-21T14:13:20Z",
    ],
)
def test_what_is_no_instant(text):
    with pytest.raises(ValueError):
        instant(text)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (NOON, "2026-09-21T14:13:20.000Z"),
        (NOON + 123_499, "2026-09-21T14:13:20.123Z"),
        (NOON + 123_500, "2026-09-21T14:13:20.124Z"),
        (NOON + 999_500, "2026-09-21T14:13:21.000Z"),
        (0, "1970-01-01T00:00:00.000Z"),
    ],
)
def test_date(value, text):
    assert date(value) == text


@given(st.datetimes(timezones=st.just(UTC)))
def test_dates_agree_with_the_library(moment):
    value = instant(moment.isoformat())
    assert datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=value) == moment
    if 1000 <= moment.year < 9999:
        assert abs(instant(date(value)) - value) <= 500
