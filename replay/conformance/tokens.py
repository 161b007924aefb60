"""Lines, attribute lists and variables: the checker's own reading of section 4 of rfc8216bis."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Final
from urllib.parse import parse_qs, urljoin, urlsplit

from replay.conformance.model import MAX_LINE, MAX_TEXT, SYNTAX, Fault, shown

_ATTRIBUTE: Final = re.compile(r'\s*([^=,"\s]+)\s*=(?:\s*"([^"]*)"\s*|([^",]*))(,|$)')
_NUMBER: Final = re.compile(r"[0-9]{1,20}")
_VARIABLE: Final = re.compile(r"\{\$([A-Za-z0-9_-]+)\}")
_MAX_ATTRIBUTES: Final = 200
_MAX_GROWTH: Final = 4096
"""Characters of one variable: a line must not grow without bound."""


def attributes(text: str) -> dict[str, str] | None:
    """An attribute list (4.2) with quotes taken off; None for one that is malformed or names an attribute twice."""
    found: dict[str, str] = {}
    place = 0
    while place < len(text):
        match = _ATTRIBUTE.match(text, place)
        if match is None or match[1] in found or len(found) == _MAX_ATTRIBUTES:
            return None
        found[match[1]] = match[2] if match[2] is not None else match[3].strip()
        place = match.end()
    return found


def number(text: str) -> int | None:
    """A decimal integer from 0 to 2^64 - 1 (4.2); None for anything else."""
    if _NUMBER.fullmatch(text) is None:
        return None
    value = int(text)
    return value if value < 1 << 64 else None


def split(line: str) -> tuple[str, str]:
    """Name and value of a line that starts with ``#``."""
    name, _, value = line[1:].partition(":")
    return name, value.strip()


def absolute(base: str, uri: str) -> str | None:
    """The address that a client asks for; None for one that no client can read."""
    try:
        if not base:
            urlsplit(uri)
        return urljoin(base, uri)
    except ValueError:
        return None


def oversize(text: str, lines: Sequence[str]) -> str | None:
    """Why a text is too large to be read; None where it is not."""
    if len(text) > MAX_TEXT:
        return f"more than {MAX_TEXT} characters"
    if len(text) > MAX_LINE and max(map(len, lines)) > MAX_LINE:
        return f"a line of more than {MAX_LINE} characters"
    return None


def opening(lines: Sequence[str]) -> Fault | None:
    """What is wrong with the first line, which must be #EXTM3U (4.4.1.1)."""
    if lines[0].rstrip("\r") == "#EXTM3U":
        return None
    return Fault(SYNTAX, 1, f"the first line is not #EXTM3U but {shown(lines[0])}", (SYNTAX, "EXTM3U"))


def headed(lines: Sequence[str]) -> bool:
    """Whether #EXTM3U stands before anything that is neither blank nor a comment, so that reading on makes sense."""
    for line in lines:
        text = line.strip()
        if text == "#EXTM3U":
            return True
        if text.startswith("#EXT") or (text and not text.startswith("#")):
            return False
    return False


class Variables:
    """EXT-X-DEFINE over the lines of one playlist (4.4.2.3, 4.3), rule 16.

    ``imported`` holds what the multivariant playlist defines, None where that is not known. A ``base`` of "" is an
    address that is not known. ``defined`` is complete once ``lines`` was read.
    """

    def __init__(self, base: str, imported: Mapping[str, str] | None, *, multivariant: bool) -> None:
        self.defined: dict[str, str] = {}
        self.faults: list[Fault] = []
        self._base = base
        self._imported = imported
        self._multivariant = multivariant

    def lines(self, lines: list[str]) -> Iterator[str]:
        """The lines with variables put in; what nothing defines stays as it is, with a fault."""
        for count, line in enumerate(lines, 1):
            text = self._filled(line, count) if "{$" in line else line
            if text.lstrip().startswith("#EXT-X-DEFINE:"):
                self._define(text.strip(), count)
            yield text

    def _filled(self, line: str, count: int) -> str:
        def value(match: re.Match[str]) -> str:
            if match[1] in self.defined:
                return self.defined[match[1]]
            self._fault(count, f"{shown(match[0])} stands before anything defines it", ("variable", match[1]))
            return match[0]

        stripped = line.lstrip()
        if stripped.startswith("#") and not stripped.startswith("#EXT"):
            return line
        return _VARIABLE.sub(value, line)

    def _define(self, line: str, count: int) -> None:
        given = attributes(split(line)[1])
        if given is None:
            self.faults.append(Fault(SYNTAX, count, "EXT-X-DEFINE has no readable attributes", (SYNTAX, line)))
            return
        sources = [name for name in ("NAME", "IMPORT", "QUERYPARAM") if name in given]
        if len(sources) != 1:
            self._fault(count, "EXT-X-DEFINE needs exactly one of NAME, IMPORT and QUERYPARAM", line)
            return
        source = sources[0]
        name = given[source]
        if name in self.defined:
            self._fault(count, f"{shown(name)} is defined twice", line)
            return
        value: str | None = ""
        if source == "NAME":
            value = given.get("VALUE")
            if value is None:
                self._fault(count, f"{shown(name)} is defined without a VALUE", line)
        elif source == "IMPORT":
            value = self._import(name, count, line)
        elif self._base:
            value = self._query(name)
            if value is None:
                self._fault(count, f"the playlist's address has no parameter {shown(name)}", line)
        self.defined[name] = (value or "")[:_MAX_GROWTH]

    def _import(self, name: str, count: int, line: str) -> str | None:
        if self._multivariant:
            self._fault(count, "a multivariant playlist has nothing to IMPORT from", line)
            return None
        if self._imported is None:
            return ""
        if name not in self._imported:
            self._fault(count, f"the multivariant playlist does not define {shown(name)}", line)
        return self._imported.get(name)

    def _query(self, name: str) -> str | None:
        try:
            return parse_qs(urlsplit(self._base).query, keep_blank_values=True).get(name, [None])[0]
        except ValueError:
            return None

    def _fault(self, line: int, message: str, key: object) -> None:
        self.faults.append(Fault("16", line, message, ("16", str(key))))
