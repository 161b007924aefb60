"""A file that tells what was delivered so far, JSON or CSV.

A row says how many impressions a campaign had in a break; of which creative and to which cohort, where that is known. A
row that names a break alone says that it is over and brought nothing.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Final

from pydantic import Field, ValidationError

from domain.errors import InputError
from planner.book.cells import Habits, whole
from planner.book.disagreement import counted
from planner.book.document import path_of, read_document, shown
from planner.book.fields import Count, Model, Name
from planner.book.model import Book
from planner.book.text import read_text
from planner.book.validation import first_fault
from planner.event.delivered import Delivered, Delivery

MAX_FILE: Final = 64 * 1024 * 1024
MAX_ROWS: Final = 1_000_000
"""Twenty breaks of a hundred campaigns by five hundred cohorts."""
TITLES: Final = ("campaign", "break", "impressions", "creative", "cohort")
NEEDED: Final = TITLES[:3]


class _Row(Model):
    brk: Annotated[Name, Field(alias="break")]
    campaign: Name | None = None
    impressions: Count | None = None
    creative: Name | None = None
    cohort: Name | None = None


class _Report(Model):
    breaks: Annotated[tuple[Name, ...], Field(max_length=1_000)] = ()
    """Ids of breaks that are over, whether or not something was delivered in them."""
    delivered: Annotated[tuple[_Row, ...], Field(max_length=MAX_ROWS)] = ()


def read_delivered(file: Path, book: Book) -> Delivered:
    """Read what was delivered of ``book``: a JSON object with ``delivered``, a list of rows, and ``breaks``; or a CSV.

    The CSV has the columns campaign, break and impressions, and perhaps creative and cohort, in any order. Rows of one
    campaign and break add up, and all of them name creatives, or cohorts, or none does.

    Raises ``InputError`` that names file and line or field: what cannot be read, an id that the book has not, a
    creative of another campaign, a number of impressions that is none, rows that may count the same twice.
    """
    if file.suffix.lower() == ".json":
        report = _json(file)
        rows = [(f"{file}: {path_of(('delivered', index))}", row) for index, row in enumerate(report.delivered)]
        named = [(f"{file}: {path_of(('breaks', index))}", name) for index, name in enumerate(report.breaks)]
    else:
        rows = list(_csv(file))
        named = []
    known = _Known.of(book)
    breaks: dict[str, None] = {}
    for where, name in (*named, *((where, row.brk) for where, row in rows)):
        known.refuse(where, "break", name)
        breaks[name] = None
    detail: dict[tuple[str, str], tuple[bool, bool]] = {}
    found = []
    for where, row in rows:
        if row.campaign is None:
            if row.impressions is not None or row.creative is not None or row.cohort is not None:
                raise InputError(where, "a campaign", "none")
            continue
        if row.impressions is None:
            raise InputError(where, "impressions, a whole number such as 1250000", "none")
        known.refuse(where, "campaign", row.campaign)
        known.refuse(where, "cohort", row.cohort)
        known.refuse(where, "creative", row.creative)
        if row.creative is not None and known.owner[row.creative] != row.campaign:
            raise InputError(where, f"a creative of {shown(row.campaign)}", shown(row.creative))
        told = (row.creative is not None, row.cohort is not None)
        if detail.setdefault((row.campaign, row.brk), told) != told:
            expected = (
                f"all rows of {shown(row.campaign)} in {shown(row.brk)} by the same: creatives, cohorts, or neither"
            )
            raise InputError(where, expected, "another one, that may count the same twice")
        found.append(Delivery(row.campaign, row.brk, row.impressions, row.creative, row.cohort))
    return Delivered(tuple(breaks), tuple(found))


@dataclass(frozen=True, slots=True)
class _Known:
    """Ids of a book; ``owner`` has the campaign of each creative."""

    ids: Mapping[str, frozenset[str]]
    owner: Mapping[str, str]

    @classmethod
    def of(cls, book: Book) -> _Known:
        parts: Mapping[str, Any] = {
            "break": book.breaks,
            "campaign": book.campaigns,
            "creative": book.creatives,
            "cohort": book.audience.cohorts,
        }
        ids = {what: frozenset(each.id for each in some) for what, some in parts.items()}
        return cls(ids, {creative.id: creative.campaign for creative in book.creatives})

    def refuse(self, where: str, what: str, name: str | None) -> None:
        """Raise ``InputError`` for a name that the book has not."""
        if name is not None and name not in self.ids[what]:
            raise InputError(where, f"the id of a {what} of the book", shown(name))


def _json(file: Path) -> _Report:
    try:
        return _Report.model_validate(read_document(file))
    except ValidationError as error:
        fault, others = first_fault(error)
        place = path_of(fault.place)
        raise InputError(
            f"{file}: {place}" if place else str(file), fault.expected, fault.found + counted(others)
        ) from error


def _csv(file: Path) -> Iterator[tuple[str, _Row]]:
    text = read_text(file, "a readable report in CSV or JSON", MAX_FILE)
    head = text.partition("\n")[0]
    separator = max(",;\t", key=head.count)
    habits = Habits(separator == ";", "")
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    titles: list[str] = []
    rows = 0
    while True:
        where = f"{file}: line {reader.line_num + 1}"
        try:
            cells = next(reader, None)
        except csv.Error as error:
            raise InputError(where, "CSV", str(error)) from error
        if cells is None:
            break
        cells = [cell.strip() for cell in cells]
        if not any(cells):
            continue
        if not titles:
            titles = _titles(where, cells)
            continue
        rows += 1
        if rows > MAX_ROWS:
            raise InputError(where, f"at most {MAX_ROWS} rows", "more")
        if len(cells) > len(titles) and any(cells[len(titles) :]):
            raise InputError(where, f"{len(titles)} cells, as the first row has", f"{len(cells)}")
        yield where, _row(where, dict(zip(titles, cells, strict=False)), habits)
    if not titles:
        raise InputError(f"{file}: line 1", f"titles of columns: {', '.join(NEEDED)}", "nothing")


def _titles(where: str, cells: list[str]) -> list[str]:
    titles = [cell.casefold() for cell in cells]
    for number, title in enumerate(titles):
        if title not in TITLES:
            raise InputError(where, f"columns of {', '.join(TITLES)}", shown(cells[number]))
        if title in titles[:number]:
            raise InputError(where, "each column once", f"{shown(title)} twice")
    missing = [title for title in NEEDED if title not in titles]
    if missing:
        raise InputError(where, f"a column {shown(missing[0])}", "none")
    return titles


def _row(where: str, cells: Mapping[str, str], habits: Habits) -> _Row:
    told: dict[str, Any] = {title: cell for title, cell in cells.items() if cell}
    if "impressions" in told:
        try:
            told["impressions"] = whole(cells["impressions"], habits)
        except ValueError as error:
            raise InputError(f"{where}, column 'impressions'", str(error), shown(cells["impressions"])) from error
    try:
        return _Row.model_validate(told)
    except ValidationError as error:
        fault, others = first_fault(error)
        column = f", column {shown(str(fault.place[0]))}" if fault.place else ""
        raise InputError(where + column, fault.expected, fault.found + counted(others)) from error
