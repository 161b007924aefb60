"""A file's bytes become plain tables, lists, numbers and texts: bounded, and every fault named before a field is looked
at.
"""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Iterable
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any, Final

from domain.errors import InputError
from planner.book.text import read_text

MAX_FILE: Final = 64 * 1024 * 1024
"""Bytes: 20,000 cohorts with a hundred scores each take half of it."""
MAX_DEPTH: Final = 12
"""Tables and lists inside each other; a book has seven."""
MAX_EXPONENT: Final = 30
"""Powers of ten between one and the largest or smallest number that is read."""
MAX_INTEGER: Final = 2**63 - 1
"""TOML's integers have 64 bits (TOML 1.0.0, "Integer")."""

_LONG_KEY: Final = re.compile(
    rf"""(?:^|[{{,])[ \t\[]*+(?:(?:[A-Za-z0-9_-]++|"[^"\n]*+"|'[^'\n]*+')[ \t]*+\.[ \t]*+){{{MAX_DEPTH}}}""",
    re.MULTILINE,
)
"""A dotted key of more parts than a book has levels; the time that ``tomllib`` needs for one grows with its square."""


_TOML_PLACE: Final = re.compile(r" \(at (line \d+, column \d+|end of document)\)$")


def read_document(file: Path) -> dict[str, Any]:
    """Read a TOML or JSON file, told apart by its suffix. Decimals stay exact: they are ``Decimal``.

    Raises ``InputError`` naming the file and, where it is known, line or field: unreadable, longer than ``MAX_FILE``,
    no UTF-8, broken syntax, a key twice, nested too deeply, a number that is none or beyond its bounds.
    """
    suffix = file.suffix.lower()
    if suffix not in {".toml", ".json"}:
        raise InputError(str(file), "a file whose name ends in .toml or .json", repr(file.name))
    text = read_text(file, "a readable file", MAX_FILE)
    document = _toml(str(file), text) if suffix == ".toml" else _json(str(file), text)
    _bounded(str(file), document)
    return document


def read_value(text: str, where: str) -> Any:
    """One value as TOML writes it; a bare word, which TOML does not have, is a text.

    Raises ``InputError`` that says ``where``: what begins as a list, a table or a quoted text and is none; what
    ``read_document`` refuses.
    """
    try:
        found = _toml(where, f"value = {text}")
    except InputError as error:
        if text[:1] in {"[", "{", '"', "'"} or text.splitlines() != [text]:
            raise InputError(where, "one value of TOML", error.found) from error
        return text
    if found.keys() != {"value"}:
        raise InputError(where, "one value", "more")
    try:
        _bounded(where, found)
    except InputError as error:
        raise InputError(where, error.expected, error.found) from error
    return found["value"]


def path_of(parts: Iterable[str | int]) -> str:
    """A field's place as people write it: ``campaigns[3].price.amount``."""
    found = ""
    for part in parts:
        if isinstance(part, int):
            found += f"[{part}]"
        elif re.fullmatch(r"[A-Za-z0-9_-]{1,80}", part):
            found += f".{part}" if found else part
        else:
            found += f"[{shown(part)}]"
    return found


def shown(value: object) -> str:
    """What was found, on one short line."""
    if isinstance(value, dict):
        return "a table"
    if isinstance(value, list | tuple):
        return f"a list of {len(value)}"
    if isinstance(value, int) and abs(value) > MAX_INTEGER:
        return f"one of {value.bit_length()} bits"  # Python refuses to write one of more than 4300 digits
    text = str(value) if isinstance(value, Decimal | int | float) and not isinstance(value, bool) else repr(value)
    return text if len(text) <= 80 else f"{text[:60]}... ({len(text)} characters)"


def _toml(where: str, text: str) -> dict[str, Any]:
    long = _LONG_KEY.search(text)
    if long is not None:
        line = text.count("\n", 0, long.end()) + 1
        raise InputError(f"{where}: line {line}", f"keys of at most {MAX_DEPTH} parts", "more")
    try:
        return tomllib.loads(text, parse_float=_decimal)
    except RecursionError as error:
        raise InputError(where, f"at most {MAX_DEPTH} levels of tables and lists", "more") from error
    except ValueError as error:
        place = _TOML_PLACE.search(str(error))
        if place is None:
            raise InputError(where, "TOML", _reason(error)) from error
        raise InputError(f"{where}: {place[1]}", "TOML", _clipped(str(error)[: place.start()])) from error


def _json(where: str, text: str) -> dict[str, Any]:
    try:
        document = json.loads(text, parse_float=_decimal, parse_constant=Decimal, object_pairs_hook=_without_doubles)
    except RecursionError as error:
        raise InputError(where, f"at most {MAX_DEPTH} levels of tables and lists", "more") from error
    except json.JSONDecodeError as error:
        raise InputError(f"{where}: line {error.lineno}, column {error.colno}", "JSON", error.msg) from error
    except ValueError as error:
        raise InputError(where, "JSON", _reason(error)) from error
    if not isinstance(document, dict):
        raise InputError(where, "an object", shown(document))
    return document


def _decimal(text: str) -> Decimal:
    try:
        return Decimal(text)
    except InvalidOperation as error:
        raise ValueError(f"a number that cannot be read: {shown(text)}") from error


def _without_doubles(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """JSON lets a key stand twice and readers take the last; here, as in TOML, it is a mistake."""
    found = dict(pairs)
    if len(found) < len(pairs):
        seen: set[str] = set()
        for key, _ in pairs:
            if key in seen:
                raise ValueError(f"the key {shown(key)} twice in one object")
            seen.add(key)
    return found


def _bounded(where: str, document: dict[str, Any]) -> None:
    """Walk once over all values, without recursion."""
    todo: list[tuple[Any, _Place | None]] = [(document, None)]
    while todo:
        value, place = todo.pop()
        if isinstance(value, dict | list):
            level = 0 if place is None else place.level
            if level >= MAX_DEPTH:
                expected = f"at most {MAX_DEPTH} levels of tables and lists"
                raise InputError(f"{where}: {path_of(_parts(place))}", expected, "more")
            inside: Iterable[tuple[str | int, Any]] = value.items() if isinstance(value, dict) else enumerate(value)
            todo.extend(
                (each, _Place(key, place, level + 1))
                for key, each in inside
                if isinstance(each, dict | list | Decimal | int)
            )
            continue
        fault = _fault(value)
        if fault is not None:
            raise InputError(f"{where}: {path_of(_parts(place))}", fault, shown(value))


def _fault(value: Decimal | int) -> str | None:
    """What a number should have been."""
    if isinstance(value, int):
        return None if abs(value) <= MAX_INTEGER else "an integer of at most 64 bits"
    if not value.is_finite():
        return "a finite number"
    if abs(value.adjusted()) > MAX_EXPONENT:
        return f"0, or a number between 1e-{MAX_EXPONENT} and 1e{MAX_EXPONENT}"
    return None


class _Place:
    """One step of the way to a value; the whole way is written only where something is wrong."""

    __slots__ = ("above", "key", "level")

    def __init__(self, key: str | int, above: _Place | None, level: int) -> None:
        self.key = key
        self.above = above
        self.level = level


def _parts(place: _Place | None) -> list[str | int]:
    found: list[str | int] = []
    while place is not None:
        found.append(place.key)
        place = place.above
    return found[::-1]


def _reason(error: ValueError) -> str:
    """Why a number or a key was refused."""
    text = str(error)
    return "an integer of thousands of digits" if text.startswith("Exceeds the limit") else _clipped(text)


def _clipped(text: str) -> str:
    return text if len(text) <= 160 else f"{text[:157]}..."
