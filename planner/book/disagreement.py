"""A field of a book that does not fit another, and how it is told."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from domain.errors import InputError


@dataclass(frozen=True, slots=True)
class Disagreement:
    """A field that does not fit another."""

    field: str
    expected: str
    found: str


Where = Callable[[str], str]
"""The place of a field as its writer knows it: file and field, or file, line and column."""


def refuse(found: Sequence[Disagreement], where: Where) -> None:
    """Raise ``InputError`` for the first of them, the others counted; nothing if there are none."""
    if found:
        first, *others = found
        raise InputError(where(first.field), first.expected, first.found + counted(len(others)))


def counted(others: int) -> str:
    """How many more are wrong."""
    return f" (and {others} more)" if others else ""
