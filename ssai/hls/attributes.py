"""Attribute lists (4.2), read as leniently as players read them."""

from __future__ import annotations

import re
from typing import Final

_PAIR: Final = re.compile(r'\s*([A-Za-z0-9_.-]+)\s*=\s*("[^"]*"|[^,]*)\s*(?:,|$)')


def attributes(text: str) -> dict[str, str]:
    """``NAME=value,NAME="quoted, value"`` as a dictionary; names as written, quotes removed, the first of a name wins.

    White space around names and values is tolerated. Text that is not ``NAME=value`` is passed over: the next comma
    starts the next attribute.
    """
    found: dict[str, str] = {}
    position = 0
    while position < len(text):
        match = _PAIR.match(text, position)
        if match is None:
            comma = text.find(",", position)
            if comma < 0:
                break
            position = comma + 1
            continue
        name, value = match[1], match[2]
        quoted = len(value) >= 2 and value[0] == value[-1] == '"'
        found.setdefault(name, value[1:-1] if quoted else value.strip())
        position = match.end()
    return found


def replace_attribute(text: str, name: str, value: str) -> str:
    """The attribute list with the value of ``name`` replaced, and quoted; all else as it was."""
    for match in _PAIR.finditer(text):
        if match[1] == name:
            return f'{text[: match.start(2)]}"{value}"{text[match.end(2) :]}'
    return text
