"""What a cell of a spreadsheet means: amounts with signs and separators, lengths, dates, lists, caps.

Each reader takes a cell's text without blanks around it, never empty, and raises ``ValueError`` with what was expected.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any, Final

MAX_ITEMS: Final = 1_000
"""Names in one cell."""

_SIGNS: Final = {"€": {"EUR"}, "£": {"GBP"}, "¥": {"JPY", "CNY"}}
"""Currencies that a sign may stand for; a dollar sign stands for all that have none of these."""
_OTHERS: Final = frozenset[str]().union(*_SIGNS.values())
_CODE: Final = re.compile(r"(?:([A-Z]{3}) ?)?([$€£¥])? ?(.*?) ?([$€£¥])?(?: ?([A-Z]{3}))?", re.DOTALL)
_PLAIN: Final = re.compile(r"[0-9]{1,18}(?:\.[0-9]{1,18})?")
_GROUPS: Final = {
    ",": re.compile(r"[0-9]{1,3}(?:,[0-9]{3}){1,5}(?:\.[0-9]{1,18})?"),
    ".": re.compile(r"[0-9]{1,3}(?:\.[0-9]{3}){1,5}(?:,[0-9]{1,18})?"),
    " ": re.compile(r"[0-9]{1,3}(?: [0-9]{3}){1,5}(?:[.,][0-9]{1,18})?"),
}
_COMMA: Final = re.compile(r"[0-9]{1,18},[0-9]{1,18}")
_SPACES: Final = str.maketrans({"\u00a0": " ", "\u202f": " ", "\u2009": " ", "'": " ", "\u2019": " "})
"""What separates thousands in some languages."""
_SECONDS: Final = re.compile(r"([0-9]{1,9}(?:[.,][0-9]{1,6})?)\s*(?:s|sec|secs|seconds?|\"|'')?", re.IGNORECASE)
_CLOCK: Final = re.compile(r"(?:([0-9]{1,2}):)?([0-9]{1,3}):([0-5][0-9](?:[.,][0-9]{1,6})?)")
_YEAR: Final = re.compile(r"(?:19|20)[0-9]{2}-[0-9]{2}-[0-9]{2}(?:$|[T ])")
_INSTANT: Final = "a date such as 2026-07-31, or a time such as 2026-07-31T19:00Z"
_CAP: Final = re.compile(
    r"([0-9]{1,7}) ?(?:x|times?)? ?(?:/|per|an?) ?(break|pod|hour|h|day|d|event|lifetime)", re.IGNORECASE
)
_PERIODS: Final = {"pod": "break", "h": "hour", "d": "day"}
_YES: Final = frozenset({"yes", "y", "true", "x", "1"})
_NO: Final = frozenset({"no", "n", "false", "0", "-"})
_PRICES: Final = {
    "fixed": "cpm",
    "cpm": "cpm",
    "first price": "first_price",
    "second price": "second_price",
    "completed view": "completed_view",
    "cpcv": "completed_view",
}


@dataclass(frozen=True, slots=True)
class Habits:
    """How the file writes numbers: ``comma`` where it may stand for the decimal point; and the book's currency."""

    comma: bool
    currency: str


def amount(cell: str, habits: Habits) -> Decimal:
    """An amount, with or without the currency's sign or code."""
    found = _CODE.fullmatch(" ".join(cell.split()))
    assert found is not None  # every part may be empty
    before, sign, number, last, after = found.groups()
    for code in (before, after):
        if code is not None and code != habits.currency:
            raise ValueError(f"an amount in {habits.currency}")
    for each in (sign, last):
        if each is not None and not _fits(each, habits.currency):
            raise ValueError(f"an amount in {habits.currency}")
    return _number(number, habits, "an amount such as 1250.50", whole=False)


def whole(cell: str, habits: Habits) -> int:
    """A count."""
    expected = "a whole number such as 1250000"
    found = _number(cell, habits, expected, whole=True)
    if found != found.to_integral_value():
        raise ValueError(expected)
    return int(found)


def part(cell: str, habits: Habits) -> float:
    """A part of one, or a percentage."""
    expected = "a part such as 0.85 or 85%"
    number = cell.removesuffix("%")
    found = _number(number.rstrip(), habits, expected, whole=False)
    return float(found / 100 if number != cell else found)


def seconds(cell: str, _: Habits) -> Decimal:
    """A length: 15, 15s or 0:15."""
    bare = _SECONDS.fullmatch(cell)
    if bare is not None:
        return Decimal(bare[1].replace(",", "."))
    clock = _CLOCK.fullmatch(cell)
    if clock is None:
        raise ValueError("seconds such as 15, 15s or 0:15")
    return int(clock[1] or 0) * 3_600 + int(clock[2]) * 60 + Decimal(clock[3].replace(",", "."))


def text(cell: str, _: Habits) -> str:
    """A name, as it stands."""
    return cell


def code(cell: str, _: Habits) -> str:
    """A word of a fixed list; blanks and hyphens for underscores, case does not count."""
    return "_".join(re.split(r"[\s_-]+", cell.lower()))


def price_kind(cell: str, habits: Habits) -> str:
    """How a campaign pays."""
    return _PRICES.get(code(cell, habits).replace("_", " "), cell)


def names(cell: str, _: Habits) -> list[str]:
    """Names separated by ; or |."""
    found = [each.strip() for each in re.split(r"[;|]", cell)]
    if len(found) > MAX_ITEMS:
        raise ValueError(f"at most {MAX_ITEMS} names")
    return [each for each in found if each]


def plain_names(cell: str, habits: Habits) -> list[str]:
    """Names that have no comma: one between them is a mistake that nothing else would notice."""
    if "," in cell:
        raise ValueError("names separated by ; or |")
    return names(cell, habits)


def flag(cell: str, _: Habits) -> bool:
    """Yes or no."""
    folded = cell.casefold()
    if folded not in _YES | _NO:
        raise ValueError("yes or no")
    return folded in _YES


def caps(cell: str, habits: Habits) -> list[dict[str, Any]]:
    """Caps of a campaign: "3 per event; 1 per break"."""
    found = []
    for each in names(cell, habits):
        told = _CAP.fullmatch(" ".join(each.split()))
        if told is None:
            raise ValueError('caps such as "3 per event" or "2/hour"')
        period = told[2].lower()
        found.append({"per": _PERIODS.get(period, period), "limit": int(told[1])})
    return found


def scores(cell: str, habits: Habits) -> dict[str, float]:
    """Factors by name: "young = 1.5; tv = 1.2"."""
    found: dict[str, float] = {}
    expected = 'scores such as "young = 1.5; tv = 1.2"'
    for each in names(cell, habits):
        name, equals, factor = each.rpartition("=")
        if not equals or not name.strip() or name.strip() in found:
            raise ValueError(expected)
        found[name.strip()] = float(_number(factor.strip(), habits, expected, whole=False))
    return found


def begin(cell: str, _: Habits) -> datetime:
    """An instant; a date is its first. Without an offset it is UTC."""
    return _instant(cell)[0]


def end(cell: str, _: Habits) -> datetime:
    """An instant; a date means that it is over. Without an offset it is UTC."""
    found, whole_day = _instant(cell)
    return found + timedelta(days=1) if whole_day else found


def _instant(cell: str) -> tuple[datetime, bool]:
    if not _YEAR.match(cell):
        raise ValueError(_INSTANT)
    try:
        found = datetime.fromisoformat(cell)
    except ValueError as error:
        raise ValueError(_INSTANT) from error
    found = found if found.tzinfo is not None else found.replace(tzinfo=UTC)
    return found, len(cell) == len("2026-07-31")


def _number(cell: str, habits: Habits, expected: str, *, whole: bool) -> Decimal:
    """A number whose separators can mean one thing only.

    Where the comma may be the decimal point, "1.250" and "1,250" are twelve hundred and fifty or one and a quarter: a
    whole number can only be the first, anything else is refused.
    """
    cell = cell.translate(_SPACES)
    if _GROUPS[" "].fullmatch(cell):
        cell = cell.replace(" ", "")
        return Decimal(cell.replace(",", ".") if habits.comma or "." in cell else _without_comma(cell, expected))
    if habits.comma:
        grouped = next((each for each in ",." if _GROUPS[each].fullmatch(cell)), None)
        if grouped is not None:
            if cell.count(grouped) == 1 and not whole and not {",", "."} <= set(cell):
                raise ValueError(f"{expected}: {cell} can mean two numbers")
            return Decimal(cell.replace(grouped, "").replace(",", "."))
        if _COMMA.fullmatch(cell):
            return Decimal(cell.replace(",", "."))
    elif _GROUPS[","].fullmatch(cell):
        return Decimal(cell.replace(",", ""))
    if not _PLAIN.fullmatch(cell):
        raise ValueError(expected)
    return Decimal(cell)


def _without_comma(cell: str, expected: str) -> str:
    if "," in cell:
        raise ValueError(expected)
    return cell


def _fits(sign: str, currency: str) -> bool:
    return currency in _SIGNS[sign] if sign in _SIGNS else currency not in _OTHERS
