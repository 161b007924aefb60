"""A file becomes a book that can be planned with, or one error that names the place."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from pydantic import ValidationError

from domain.errors import InputError
from planner.book.agreement import disagreements
from planner.book.audience import cohorts_of, unfit_split
from planner.book.campaigns_csv import Sheet, read_campaigns
from planner.book.disagreement import Where, counted, refuse
from planner.book.document import path_of, read_document, shown
from planner.book.fields import MAX_PATH
from planner.book.forecast import Forecast
from planner.book.leap import read_event
from planner.book.metadata import Identity, identities, identity_of
from planner.book.model import Before, Book, Campaign, Creative
from planner.book.override import carried_out
from planner.book.scores import scored, unfit_scores
from planner.book.taxonomy import Tree, own_tree, read_tree
from planner.book.validation import first_fault

_BOOKED: Final = re.compile(r"(campaigns|creatives)\[(\d+)\]\.?(\w*)(?:\.(\w+))?")
_SHEET: Final = "campaigns_from"
_TABLES: Final = ("campaigns", "creatives")
"""What a spreadsheet adds to."""


@dataclass(frozen=True, slots=True)
class Booked:
    """A book whose parts agree, its tree, and the identity of each creative by its id.

    The book stands alone: its campaigns are all there, its audience is cohorts, the campaigns' scores are the cohorts'
    and the forecast's document has said its part.
    """

    book: Book
    tree: Tree
    identities: Mapping[str, Identity]

    def ahead(self, before: Before) -> Identity:
        """Identity of something that stands ahead in a break."""
        return identity_of(before, self.book, self.tree, self.identities)


@dataclass(frozen=True, slots=True)
class _Origin:
    """Where fields come from: ``file``; what was set from outside, by its place; and a spreadsheet, whose entries are
    known by the ``ids`` of campaigns and creatives in the book's order.
    """

    file: str
    told: Mapping[str, str] = field(default_factory=dict)
    sheet: Sheet | None = None
    ids: Mapping[str, Sequence[str]] = field(default_factory=dict)

    def __call__(self, place: str) -> str:
        """A field's place as its writer knows it."""
        for known, where in self.told.items():
            if _within(place, known) or _within(known, place):
                return where
        booked = _BOOKED.match(place)
        if self.sheet is not None and booked is not None:
            entries = self.sheet.campaigns if booked[1] == "campaigns" else self.sheet.creatives
            entry = entries.get(self.ids[booked[1]][int(booked[2])])
            if entry is not None:
                return f"{self.sheet.file}: {entry.where(tuple(filter(None, booked.groups()[2:])))}"
        return f"{self.file}: {place}"


def _within(place: str, other: str) -> bool:
    """Whether a place is the other, or inside it."""
    return bool(re.match(re.escape(other) + r"(?:$|[.\[])", place))


def read_book(file: Path, assignments: Sequence[str] = ()) -> Booked:
    """Read a TOML or JSON file, told apart by its suffix, and carry out ``assignments``, see ``planner.book.override``.

    Raises ``InputError``: ``where`` is the file with line or field (lists count from 0: ``campaigns[0]`` is the first),
    a spreadsheet's line and column, or the assignment. Where more than one field is wrong the first is named and the
    others counted.
    """
    document = read_document(file)
    early = [each for each in assignments if re.match(rf"\s*{_SHEET}\s*=", each)]
    document, told = carried_out(document, early)
    document, sheet = _with_sheet(document, file)
    document, more = carried_out(document, [each for each in assignments if each not in early])
    ids = {table: [_id(each) for each in _list(document, table)] for table in _TABLES}
    origin = _Origin(str(file), told | more, sheet, ids)
    try:
        book = Book.model_validate(document)
    except ValidationError as error:
        fault, others = first_fault(error)
        raise InputError(origin(path_of(fault.place)), fault.expected, fault.found + counted(others)) from error
    return _booked(book, origin, file.parent)


def booked(book: Book, where: str = "book", folder: Path | None = None) -> Booked:
    """Check that the parts of a book agree, complete it, and work out its tree and identities.

    ``folder`` is what the files that it names are relative to (the working folder where nothing is said), ``where``
    stands before the field in the text of an ``InputError``.
    """
    folder = folder or Path()
    if book.campaigns_from is None:
        return _booked(book, _Origin(where), folder)
    tables = {table: [each.id for each in getattr(book, table)] for table in _TABLES}
    sheet = _sheet(_beside(folder, book.campaigns_from, f"{where}: {_SHEET}"), book.currency, tables, where)
    campaigns = (*book.campaigns, *(Campaign.model_validate(each.fields) for each in sheet.campaigns.values()))
    creatives = (*book.creatives, *(Creative.model_validate(each.fields) for each in sheet.creatives.values()))
    book = book.model_copy(update={"campaigns": campaigns, "creatives": creatives, _SHEET: None})
    ids = {table: [each.id for each in getattr(book, table)] for table in _TABLES}
    return _booked(book, _Origin(where, sheet=sheet, ids=ids), folder)


def _with_sheet(document: dict[str, Any], file: Path) -> tuple[dict[str, Any], Sheet | None]:
    """The document with what its spreadsheet books behind what it books itself.

    What the model refuses anyhow is left to it.
    """
    name = document.get(_SHEET)
    if (
        not isinstance(name, str)
        or len(name) > MAX_PATH
        or not all(isinstance(document.get(table, []), list) for table in _TABLES)
    ):
        return document, None
    currency = document.get("currency", Book.model_fields["currency"].default)
    taken = {table: [_id(each) for each in _list(document, table)] for table in _TABLES}
    sheet = _sheet(_beside(file.parent, name, f"{file}: {_SHEET}"), str(currency), taken, str(file))
    found = {key: value for key, value in document.items() if key != _SHEET}
    for table, entries in (("campaigns", sheet.campaigns), ("creatives", sheet.creatives)):
        found[table] = [*_list(document, table), *(each.fields for each in entries.values())]
    return found, sheet


def _sheet(file: Path, currency: str, ids: Mapping[str, Sequence[str]], where: str) -> Sheet:
    taken = {
        table: {ident: f"{where}: {path_of([table, index])}" for index, ident in enumerate(each) if ident}
        for table, each in ids.items()
    }
    return read_campaigns(file, currency, taken)


def _beside(folder: Path, name: str, where: str) -> Path:
    """A file that the book names, relative to it."""
    if not name.isprintable():
        raise InputError(where, "the name of a file", shown(name))
    return folder / name


def _list(document: Mapping[str, Any], table: str) -> list[Any]:
    found = document.get(table)
    return found if isinstance(found, list) else []


def _id(entry: object) -> str:
    """Empty where there is none: that is told by the model."""
    found = entry.get("id") if isinstance(entry, dict) else None
    return found if isinstance(found, str) else ""


def _booked(book: Book, origin: Where, folder: Path) -> Booked:
    tree = own_tree() if book.taxonomy == "own" else read_tree(_beside(folder, book.taxonomy, origin("taxonomy")))
    if book.forecast is not None:
        book = book.model_copy(update={"forecast": _forecast(book, book.forecast, folder, origin)})
    viewers = book.forecast.viewers if book.forecast is not None else None
    refuse(unfit_split(book.audience, viewers), origin)
    book = book.model_copy(update={"audience": cohorts_of(book.audience, viewers)})
    refuse(disagreements(book, tree), origin)
    refuse(unfit_scores(book), origin)
    book = scored(book)
    return Booked(book, tree, identities(book, tree))


def _forecast(book: Book, forecast: Forecast, folder: Path, origin: Where) -> Forecast:
    """The forecast with what its document says where it says nothing itself."""
    if forecast.document is None:
        return forecast
    file = _beside(folder, forecast.document, origin("forecast.document"))
    event = read_event(file, forecast.document_event)
    if book.start is not None and event.end <= book.start:
        expected = f"an event that ends after the book's start, {book.start.isoformat()}"
        raise InputError(str(file), expected, f"{shown(event.id)}, over at {event.end.isoformat()}")
    return forecast.model_copy(
        update={
            "viewers": event.viewers if forecast.viewers is None else forecast.viewers,
            "low": event.low if forecast.low is None else forecast.low,
            "document": None,
            "document_event": None,
        }
    )
