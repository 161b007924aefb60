"""A file becomes a book that can be planned with, or one error that names the place."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from pydantic import ValidationError

from domain.errors import InputError
from planner.book.agreement import disagreements
from planner.book.document import path_of, read_document, shown
from planner.book.metadata import Identity, identities, identity_of
from planner.book.model import Before, Book
from planner.book.taxonomy import Tree, own_tree, read_tree

_EXPECTATION: Final = re.compile(r".*?(?:should|must) (?:be|have|contain) ", re.DOTALL)
"""What stands before the expectation in pydantic's messages."""
_KINDS: Final = {
    "tuple_type": "a list",
    "model_type": "a table",
    "dict_type": "a table",
    "literal_error": '"own" or the name of a file',  # ``taxonomy`` is the only one
}
"""Kinds of error whose message speaks of Python."""


@dataclass(frozen=True, slots=True)
class Booked:
    """A book whose parts agree, its tree, and the identity of each creative by its id."""

    book: Book
    tree: Tree
    identities: Mapping[str, Identity]

    def ahead(self, before: Before) -> Identity:
        """Identity of something that stands ahead in a break."""
        return identity_of(before, self.book, self.tree, self.identities)


def read_book(file: Path) -> Booked:
    """Read a TOML or JSON file, told apart by its suffix.

    Raises ``InputError``: ``where`` is the file with line or field (lists count from 0: ``campaigns[0]`` is the first).
    Where more than one field is wrong the first is named and the others counted.
    """
    document = read_document(file)
    return booked(_book(document, str(file)), str(file), file.parent)


def booked(book: Book, where: str = "book", folder: Path | None = None) -> Booked:
    """Check that the parts of a book agree, and work out its tree and identities.

    ``folder`` is what the taxonomy's path is relative to (the working folder where nothing is said), ``where`` stands
    before the field in the text of an ``InputError``.
    """
    tree = own_tree() if book.taxonomy == "own" else read_tree((folder or Path()) / book.taxonomy)
    found = disagreements(book, tree)
    if found:
        first, *others = found
        raise InputError(f"{where}: {first.field}", first.expected, first.found + _counted(len(others)))
    return Booked(book, tree, identities(book, tree))


def _book(document: dict[str, Any], where: str) -> Book:
    try:
        return Book.model_validate(document)
    except ValidationError as error:
        errors = error.errors(include_url=False, include_context=False)
        # A list that lost its only item to an error is called too short as well: that is no fault of its own.
        own = [each for each in errors if each["type"] != "too_short" or not each["input"]]
        field, expected, found = _explained(own[0]["type"], own[0]["loc"], own[0]["msg"], own[0]["input"])
        raise InputError(f"{where}: {field}", expected, found + _counted(len(own) - 1)) from error


def _explained(kind: str, place: tuple[int | str, ...], message: str, value: object) -> tuple[str, str, str]:
    """Where, what was expected and what was found, in the words of all other errors."""
    field = path_of(place[:1] if place[:1] == ("taxonomy",) else place)  # a union's place goes on with its branches
    if kind == "missing":
        return field, "a value", "none"
    if kind == "extra_forbidden":
        return field, "a field that books have", "an unknown one"
    if kind == "value_error":  # from a validator of ``planner.book.model``, which says what is wrong
        return field, "fields that agree", message.removeprefix("Value error, ")
    if kind in _KINDS:
        return field, _KINDS[kind], shown(value)
    expected = _EXPECTATION.sub("", message, count=1).split(" after validation")[0]
    return field, expected[:1].lower() + expected[1:], shown(value)


def _counted(others: int) -> str:
    return f" (and {others} more)" if others else ""
