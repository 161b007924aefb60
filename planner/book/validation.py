"""What pydantic finds wrong, in the words of all other errors."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from pydantic import ValidationError

from planner.book.document import shown

_EXPECTATION: Final = re.compile(r".*?(?:should|must) (?:be|have|contain) ", re.DOTALL)
"""What stands before the expectation in pydantic's messages."""
_KINDS: Final = {
    "tuple_type": "a list",
    "list_type": "a list",
    "model_type": "a table",
    "dict_type": "a table",
    "literal_error": '"own" or the name of a file',  # ``taxonomy`` is the only one
}
"""Kinds of error whose message speaks of Python."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One wrong value; ``place`` is the way to it: names of fields and numbers of items."""

    place: tuple[int | str, ...]
    expected: str
    found: str


def first_fault(error: ValidationError) -> tuple[Fault, int]:
    """The first that is wrong, in the model's order, and how many more are."""
    errors = error.errors(include_url=False, include_context=False)
    # A list that lost its only item to an error is called too short as well: that is no fault of its own.
    own = [each for each in errors if each["type"] != "too_short" or not each["input"]]
    return _fault(own[0]["type"], own[0]["loc"], own[0]["msg"], own[0]["input"]), len(own) - 1


def _fault(kind: str, place: tuple[int | str, ...], message: str, value: object) -> Fault:
    """Where, what was expected and what was found."""
    place = place[:1] if place[:1] == ("taxonomy",) else place  # a union's place goes on with its branches
    if kind == "missing":
        return Fault(place, "a value", "none")
    if kind == "extra_forbidden":
        return Fault(place, "a field that books have", "an unknown one")
    if kind == "value_error":  # from a validator of a model, which says what is wrong
        return Fault(place, "fields that agree", message.removeprefix("Value error, "))
    if kind in _KINDS:
        return Fault(place, _KINDS[kind], shown(value))
    expected = _EXPECTATION.sub("", message, count=1).split(" after validation")[0]
    return Fault(place, expected[:1].lower() + expected[1:], shown(value))
