"""EXT-X-DEFINE (4.4.2.3): playlists with their variables substituted, so that who reads on knows of none."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final, NamedTuple
from urllib.parse import parse_qsl

from ssai.hls.attributes import attributes
from ssai.hls.errors import PlaylistError
from ssai.hls.lines import tag

MAX_SUBSTITUTED: Final = 32 * 1024 * 1024
"""Characters of a text after substitution: ten times the longest playlist without variables."""
_MAX_VALUE: Final = 4096
"""Characters of one variable."""
_MAX_VARIABLES: Final = 500
_MAX_REFERENCES: Final = 64
"""Variables used in one line."""

_VARIABLE: Final = re.compile(r"\{\$([A-Za-z0-9_-]+)\}", re.ASCII)
_NO_TEXT: Final = frozenset('"\r\n')
"""What a quoted string cannot hold (4.2): a value with it would end the attribute or the line that it is put into."""
_BLANKS: Final = " \t\r\n\ufeff"


class Substituted(NamedTuple):
    """The text without variables, and what they were."""

    text: str
    variables: Mapping[str, str]


def resolved(text: str, url: str | None, imported: Mapping[str, str] | None) -> str:
    """``substituted`` without the variables."""
    return substituted(text, url, imported).text


def substituted(text: str, url: str | None, imported: Mapping[str, str] | None) -> Substituted:
    """The playlist with every reference in a URI or an attribute replaced and the definitions made blank lines.

    ``url`` is the playlist's own address, which QUERYPARAM reads; ``imported`` the multivariant playlist's variables,
    None for that playlist itself, where IMPORT cannot stand. A text that uses no variables comes back as it is.

    Raises
    ------
        PlaylistError: a reference that nothing before it defines, a definition that cannot be read, or a bound broken.
    """
    if "EXT-X-DEFINE" not in text and "{$" not in text:
        return Substituted(text, {})
    found: dict[str, str] = {}
    query = dict(parse_qsl((url or "").partition("#")[0].partition("?")[2], keep_blank_values=True))
    lines, size = [], 0
    for number, line in enumerate(text.split("\n"), 1):
        content = line.strip(_BLANKS)
        name, value = tag(content) if content.startswith("#") else ("", content)
        if name == "EXT-X-DEFINE":
            _define(found, attributes(value or ""), query, imported, (number, value or ""))
            # The line stays, blank: errors name the lines of the text that was fetched.
            lines.append("")
            continue
        if "{$" in line and (not name or (name.startswith("EXT") and name != "EXTINF")):
            # A title and a comment are no places for variables.
            line = _filled(found, line, (number, name or "URI"))  # noqa: PLW2901 - the line as it goes on
        lines.append(line)
        size += len(line)
        if size > MAX_SUBSTITUTED:
            raise PlaylistError(number, name or "URI", f"at most {MAX_SUBSTITUTED} characters in all", "more")
    return Substituted("\n".join(lines), found)


def _define(
    found: dict[str, str],
    stated: Mapping[str, str],
    query: Mapping[str, str],
    imported: Mapping[str, str] | None,
    line: tuple[int, str],
) -> None:
    """Add one definition to ``found``; ``line`` is its number and value, for errors."""
    number, text = line
    if "NAME" in stated:
        name, value, expected = stated["NAME"], stated.get("VALUE"), "a VALUE attribute"
    elif "QUERYPARAM" in stated:
        name = stated["QUERYPARAM"]
        value, expected, text = query.get(name), f"{name} in the query of the playlist's address", "none"
    elif "IMPORT" in stated and imported is not None:
        name = stated["IMPORT"]
        value, expected, text = imported.get(name), f"{name} defined in the multivariant playlist", "none"
    else:
        # IMPORT reads what a multivariant playlist defined, and so cannot stand in one.
        kinds = "NAME or QUERYPARAM" if imported is None else "NAME, QUERYPARAM or IMPORT"
        raise PlaylistError(number, "EXT-X-DEFINE", kinds, text)
    if value is None:
        raise PlaylistError(number, "EXT-X-DEFINE", expected, text)
    if not _NO_TEXT.isdisjoint(value):
        raise PlaylistError(number, "EXT-X-DEFINE", "a value that a quoted string can hold", value)
    if name in found or len(value) > _MAX_VALUE or len(found) >= _MAX_VARIABLES:
        raise PlaylistError(number, "EXT-X-DEFINE", f"one value of at most {_MAX_VALUE} characters", name)
    found[name] = value


def _filled(found: Mapping[str, str], line: str, where: tuple[int, str]) -> str:
    def value(match: re.Match[str]) -> str:
        if match[1] not in found:
            raise PlaylistError(*where, "a definition before it", match[0])
        return found[match[1]]

    if line.count("{$") > _MAX_REFERENCES:
        raise PlaylistError(*where, f"at most {_MAX_REFERENCES} variables", "more")
    return _VARIABLE.sub(value, line)
