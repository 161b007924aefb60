"""Values set from outside: what would be if a book said something else, "campaigns.acme.budget=5000".

A key is the way to a field: names of fields, and for items of a list their id or number, with dots between them; what
has a dot or an equals sign in it stands in quotes. A value is one of TOML, or a bare word; none at all removes the
field, and a campaign with its creatives. What a key may say is what the models of ``planner.book.model`` have.
"""

from __future__ import annotations

import difflib
import re
import types
from collections.abc import Iterable, Sequence
from typing import Annotated, Any, Final, Union, get_args, get_origin

from pydantic import BaseModel

from domain.errors import InputError
from planner.book.document import MAX_DEPTH, path_of, read_value, shown
from planner.book.model import Book

_STEP: Final = re.compile(r"""\s*("[^"]*"|'[^']*'|[^."'=]+?)\s*([.=])""")
_MISSING: Final = object()

Place = tuple[str | int, ...]


def overridden(document: dict[str, Any], assignments: Sequence[str]) -> dict[str, Any]:
    """The document with every ``KEY=VALUE`` carried out, one after the other; what is given stays as it is.

    Raises ``InputError`` that names the assignment: no key, a field, id or number that is not there, with what is there
    that is like it; a value that is none. Whether the book allows the value is seen when it is validated.
    """
    return carried_out(document, assignments)[0]


def carried_out(document: dict[str, Any], assignments: Sequence[str]) -> tuple[dict[str, Any], dict[str, str]]:
    """The same, and for each field that was set, by its place: how errors call the assignment."""
    told: dict[str, str] = {}
    for each in assignments:
        keys, where, text = _taken_apart(each)
        value = read_value(text, where) if text else _MISSING
        before = document
        document, place = _set(document, Book, keys, value, (), where)
        if value is not _MISSING or isinstance(place[-1], str):
            told[path_of(place)] = where
        elif place[:-1] == ("campaigns",):
            document = _without_creatives(document, before["campaigns"][place[-1]])
    return document, told


def _without_creatives(document: dict[str, Any], campaign: Any) -> dict[str, Any]:
    """A campaign that is taken out takes its creatives with it."""
    creatives = document.get("creatives")
    ident = campaign.get("id") if isinstance(campaign, dict) else None
    if not isinstance(creatives, list) or ident is None:
        return document
    kept = [each for each in creatives if not isinstance(each, dict) or each.get("campaign") != ident]
    return {**document, "creatives": kept}


def _taken_apart(assignment: str) -> tuple[list[str], str, str]:
    """Steps of the key, how errors call it, and the value's text."""
    steps: list[str] = []
    at = 0
    while True:
        step = _STEP.match(assignment, at)
        if step is None or len(steps) == MAX_DEPTH:
            expected = "KEY=VALUE, such as campaigns.acme.budget=5000"
            raise InputError(_called(assignment), expected, "none" if step is None else "a longer key")
        steps.append(step[1][1:-1] if step[1][0] in "\"'" else step[1])
        at = step.end()
        if step[2] == "=":
            return steps, _called(assignment[: at - 1].strip()), assignment[at:].strip()


def _called(key: str) -> str:
    """On one short line."""
    return f"--set {key if key.isprintable() and len(key) <= 80 else shown(key)}"


def _set(value: Any, kind: Any, keys: Sequence[str], new: Any, place: Place, where: str) -> tuple[Any, Place]:
    """A copy of ``value``, of which ``kind`` is the type, with ``new`` at ``keys``; and the place that was set."""
    if not keys:
        return new, place
    kind = _bare(kind)
    if isinstance(kind, type) and issubclass(kind, BaseModel):
        return _set_field(value, kind, keys, new, place, where)
    if get_origin(kind) is dict:
        table = _table(value, place, where)
        return _set_in(table, keys[0], get_args(kind)[1], keys, new, place, where)
    if get_origin(kind) is tuple:
        return _set_item(value, get_args(kind)[0], keys, new, place, where)
    raise InputError(where, f"a value at {path_of(place)}, which has no fields", shown(keys[0]))


def _set_field(
    value: Any, kind: type[BaseModel], keys: Sequence[str], new: Any, place: Place, where: str
) -> tuple[Any, Place]:
    field = kind.model_fields.get(keys[0])
    if field is None:
        what = f"a field of {path_of(place)}" if place else "a field of the book"
        raise InputError(where, f"{what}{_like(keys[0], kind.model_fields)}", shown(keys[0]))
    return _set_in(_table(value, place, where), keys[0], field.annotation, keys, new, place, where)


def _set_in(
    table: dict[str, Any], name: str, kind: Any, keys: Sequence[str], new: Any, place: Place, where: str
) -> tuple[Any, Place]:
    """Set or remove a name of a table."""
    inner, at = _set(table.get(name), kind, keys[1:], new, (*place, name), where)
    kept = {key: each for key, each in table.items() if key != name} if inner is _MISSING else {**table, name: inner}
    return kept, at


def _set_item(value: Any, kind: Any, keys: Sequence[str], new: Any, place: Place, where: str) -> tuple[Any, Place]:
    if value is not None and not isinstance(value, list):
        raise InputError(where, f"a list at {path_of(place)}", shown(value))
    items = value or []
    ids = [str(each["id"]) if isinstance(each, dict) and "id" in each else "" for each in items]
    name = keys[0]
    if name in ids:
        index = ids.index(name)
    elif re.fullmatch(r"[0-9]{1,9}", name) and int(name) < len(items):
        index = int(name)
    else:
        what = "the id or number" if any(ids) else "the number"
        among = (
            f"{what} of one of the {len(items)} {path_of(place)}" if items else f"nothing: {path_of(place)} is empty"
        )
        raise InputError(where, f"{among}{_like(name, filter(None, ids))}", shown(name))
    inner, at = _set(items[index], kind, keys[1:], new, (*place, index), where)
    return [*items[:index], *(() if inner is _MISSING else (inner,)), *items[index + 1 :]], at


def _table(value: Any, place: Place, where: str) -> dict[str, Any]:
    if value is not None and not isinstance(value, dict):
        raise InputError(where, f"a table at {path_of(place)}", shown(value))
    return value or {}


def _bare(kind: Any) -> Any:
    """A type without its bounds, and without None."""
    while True:
        if get_origin(kind) is Annotated:
            kind = get_args(kind)[0]
        elif get_origin(kind) in {Union, types.UnionType}:
            some = [each for each in get_args(kind) if each is not type(None)]
            if len(some) != 1:
                return None
            (kind,) = some
        else:
            return kind


def _like(name: str, names: Iterable[str]) -> str:
    """What exists that is written like it; else some of what exists."""
    there = list(dict.fromkeys(names))
    near = difflib.get_close_matches(name[:80], there, n=3) or there[:5]
    more = ", ..." if len(there) > len(near) else ""
    return f", such as {', '.join(map(shown, near))}{more}" if near else ""
