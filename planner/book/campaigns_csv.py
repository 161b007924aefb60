"""Campaigns and their creatives from a spreadsheet, saved as CSV: a row a creative, rows of one campaign id together.

Titles of columns are read leniently and cells as people write them, see ``planner.book.columns`` and
``planner.book.cells``; what can be meant in two ways, or is not known, is refused with file, line and column.
"""

from __future__ import annotations

import csv
import difflib
import io
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from pydantic import BaseModel, ValidationError

from domain.errors import InputError
from planner.book.cells import Habits, amount
from planner.book.columns import CAMPAIGN, CREATIVE, DURATION, IGNORED, NAMED, Column, Place, bracketed, folded
from planner.book.disagreement import counted
from planner.book.document import shown
from planner.book.fields import MAX_CREATIVES
from planner.book.model import Campaign, Creative
from planner.book.text import read_text
from planner.book.validation import first_fault

MAX_FILE: Final = 16 * 1024 * 1024
"""Bytes: 20,000 rows of 800 characters."""
MAX_ROWS: Final = MAX_CREATIVES
MAX_COLUMNS: Final = 200
MAX_CELL: Final = 20_000
"""Characters."""
BROKEN: Final = frozenset({"#REF!", "#N/A", "#VALUE!", "#DIV/0!", "#NAME?", "#NUM!", "#NULL!"})
"""What a spreadsheet writes where a formula failed."""

Titles = list[tuple[str, Column | None]]
"""Each title with what it means, None for a column that is not read."""


@dataclass(slots=True)
class Entry:
    """One campaign or creative: its ``fields``, and where they were found: line and title of the column by field."""

    line: int
    fields: dict[str, Any] = field(default_factory=dict)
    places: dict[Place, tuple[int, str]] = field(default_factory=dict)

    def where(self, place: Place) -> str:
        """Line and column of a field, or of one that has it inside or around it; else the line alone."""
        for known, (line, title) in self.places.items():
            if place[: len(known)] == known or known[: len(place)] == place != ():
                return f"line {line}, column {shown(title)}"
        return f"line {self.line}"


@dataclass(frozen=True, slots=True)
class Sheet:
    """What a spreadsheet books, by id and in its order: fields as a book has them, each fit for its model."""

    file: Path
    campaigns: dict[str, Entry]
    creatives: dict[str, Entry]


def read_campaigns(file: Path, currency: str, taken: Mapping[str, Mapping[str, str]]) -> Sheet:
    """Read a CSV of campaigns: UTF-8, separated by commas, semicolons or tabs as the first line is.

    ``taken`` has, for ``campaigns`` and ``creatives``, the ids that are used already and where. Raises ``InputError``
    that names file, line and column: a title that is not known or stands twice, a cell that cannot be read, a campaign
    whose rows contradict each other, an id that is used, a field that its model refuses, more than the stated bounds.
    """
    text = read_text(file, "a readable spreadsheet in CSV", MAX_FILE)
    separator = _separator(text)
    habits = Habits(separator == ";", currency)
    campaigns: dict[str, Entry] = {}
    creatives: dict[str, Entry] = {}
    columns: Titles | None = None
    rows = 0
    for line, row in _rows(str(file), text, separator):
        if columns is None:
            columns = _columns(f"{file}: line {line}", row, currency)
            continue
        rows += 1
        if rows > MAX_ROWS:
            raise InputError(f"{file}: line {line}", f"at most {MAX_ROWS} rows", "more")
        _row(f"{file}: line {line}", line, _cells(f"{file}: line {line}", columns, row), habits, (campaigns, creatives))
    if columns is None:
        raise InputError(f"{file}: line 1", "titles of columns", "nothing")
    for table, model, entries in (("campaigns", Campaign, campaigns), ("creatives", Creative, creatives)):
        for ident, entry in entries.items():
            if ident in taken[table]:
                found = f"{shown(ident)}, the id of {taken[table][ident]}"
                raise InputError(f"{file}: {entry.where(('id',))}", "an id that is not used yet", found)
            _fit(str(file), entry, model)
    return Sheet(file, campaigns, creatives)


def _separator(text: str) -> str:
    """What stands most often in the first line that is not empty, quoted cells apart; a comma if nothing does."""
    head = re.search(r"[^\r\n]+", text)
    titles = re.sub(r'"[^"]*"', "", head[0] if head else "")
    return max(",;\t", key=titles.count)


def _rows(where: str, text: str, separator: str) -> Iterator[tuple[int, list[str]]]:
    """Rows that have something in them, without blanks around cells, with the line in which they begin."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    while True:
        line = reader.line_num + 1
        try:
            row = next(reader, None)
        except csv.Error as error:
            raise InputError(f"{where}: line {line}", "CSV", str(error)) from error
        if row is None:
            return
        row = [cell.strip() for cell in row]
        if any(row):
            yield line, row


def _columns(where: str, titles: Sequence[str], currency: str) -> Titles:
    """Titles that are known, each column once."""
    if len(titles) > MAX_COLUMNS:
        raise InputError(where, f"at most {MAX_COLUMNS} columns", f"{len(titles)}")
    found: Titles = []
    first: dict[int, str] = {}
    for title in titles:
        name = folded(title)
        if name in IGNORED or title.startswith("#"):
            found.append((title, None))
            continue
        here = f"{where}, column {shown(title)}"
        column = NAMED.get(name)
        if column is None:
            near = difflib.get_close_matches(name[:80], NAMED, n=1)
            expected = "a column that is known, or one whose name begins with #"
            raise InputError(here, expected, f"an unknown one{f'; is {near[0]!r} meant?' if near else ''}")
        if id(column) in first:
            raise InputError(here, "another column", f"the same as {shown(first[id(column)])}")
        for code in bracketed(title):
            if re.fullmatch("[A-Z]{3}", code) and code != currency and column.read is amount:
                raise InputError(here, f"amounts in {currency}", code)
        first[id(column)] = title
        found.append((title, column))
    if id(CAMPAIGN) not in first:
        raise InputError(where, 'a column "Campaign"', "none")
    return found


def _cells(where: str, columns: Titles, row: Sequence[str]) -> dict[str, tuple[Column, str]]:
    """Cells that say something, by the titles of their columns."""
    if any(row[len(columns) :]):
        raise InputError(where, f"{len(columns)} cells, as the first row has", f"{len(row)}")
    found = {}
    for (title, column), cell in zip(columns, row, strict=False):
        if column is None or not cell:
            continue
        here = f"{where}, column {shown(title)}"
        if len(cell) > MAX_CELL:
            raise InputError(here, f"at most {MAX_CELL} characters", f"{len(cell)}")
        if cell.upper() in BROKEN:
            raise InputError(here, "a value", f"{shown(cell)}, a formula that failed")
        found[title] = (column, cell)
    return found


def _row(
    where: str,
    line: int,
    told: Mapping[str, tuple[Column, str]],
    habits: Habits,
    known: tuple[dict[str, Entry], dict[str, Entry]],
) -> None:
    """Add what a row says to its campaign, and its creative."""
    campaigns, creatives = known
    ident = next((cell for column, cell in told.values() if column is CAMPAIGN), None)
    if ident is None:
        raise InputError(where, 'a campaign in column "Campaign"', "an empty cell")
    campaign = campaigns.setdefault(ident, Entry(line))
    creative = Entry(line)
    for title, (column, cell) in told.items():
        here = f"{where}, column {shown(title)}"
        try:
            value = column.read(cell, habits)
        except ValueError as error:
            raise InputError(here, str(error), shown(cell)) from error
        entry = creative if column.of_creative else campaign
        if column.field in entry.places and _inside(entry.fields, column.field) != value:
            first, _ = entry.places[column.field]
            said = shown(_inside(entry.fields, column.field))
            raise InputError(here, f"the same for all rows of {shown(ident)}: {said}, as in line {first}", shown(cell))
        if column.field not in entry.places:
            entry.places[column.field] = (line, title)
            _put(entry.fields, column.field, value)
    if not {CREATIVE.field, DURATION.field} & creative.places.keys():
        if creative.places:
            raise InputError(where, "the creative's duration", "none")
        return
    creative.fields.setdefault("id", ident)
    creative.fields["campaign"] = ident
    name = creative.fields["id"]
    if name in creatives:
        found = f"{shown(name)}, the id of the one in line {creatives[name].line}"
        raise InputError(f"{where}{_column(creative)}", "a creative's id that is not used yet", found)
    creatives[name] = creative


def _column(creative: Entry) -> str:
    return f", column {shown(creative.places[CREATIVE.field][1])}" if CREATIVE.field in creative.places else ""


def _fit(file: str, entry: Entry, model: type[BaseModel]) -> None:
    try:
        model.model_validate(entry.fields)
    except ValidationError as error:
        fault, others = first_fault(error)
        where = f"{file}: {entry.where(fault.place)}"
        known = any(fault.place[: len(place)] == place for place in entry.places)
        missing = "" if known or not fault.place else f" for {'.'.join(str(each) for each in fault.place)}"
        raise InputError(where, fault.expected + missing, fault.found + counted(others)) from error


def _inside(fields: Mapping[str, Any], place: Place) -> Any:
    value: Any = fields
    for step in place:
        value = value[step]
    return value


def _put(fields: dict[str, Any], place: Place, value: Any) -> None:
    *way, last = place
    for step in way:
        fields = fields.setdefault(str(step), {})
    fields[str(last)] = value
