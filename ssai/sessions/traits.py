"""Query parameters of a session request become traits, by configuration; all others stay with the edge."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlencode

MAX_VALUE: Final = 256
"""Characters of a parameter that is used. Longer ones are no identifiers."""
MAX_TRAIT: Final = 440
"""Bytes of a trait's value in JSON. Eight traits, as many as settings may list, with names of 64 characters then take
4,080, and the store takes 4,096 for a seat."""


@dataclass(frozen=True, slots=True)
class QueryRules:
    """``viewer`` names the parameter that holds the viewer key; ``traits`` maps parameters to trait names; ``origin``
    lists the parameters that are passed on to the origin.
    """

    viewer: str = "viewer"
    traits: Mapping[str, str] | None = None
    origin: Sequence[str] = ()

    def viewer_key(self, query: Mapping[str, str]) -> str | None:
        """The viewer key, None where there is none that can be used."""
        key = query.get(self.viewer, "")
        return key if 0 < len(key) <= MAX_VALUE and _is_text(key) else None

    def read(self, query: Mapping[str, str]) -> dict[str, str]:
        """Traits of the viewer; those whose values are too long are left out."""
        return {
            name: query[parameter]
            for parameter, name in (self.traits or {}).items()
            if parameter in query and _is_trait(query[parameter])
        }

    def for_origin(self, query: Mapping[str, str]) -> str:
        """The query string for the origin, "" where nothing is listed."""
        listed = [(name, query[name]) for name in self.origin if name in query and len(query[name]) <= MAX_VALUE]
        return urlencode(listed)


def _is_trait(value: str) -> bool:
    return len(value) <= MAX_VALUE and _is_text(value) and len(json.dumps(value)) <= MAX_TRAIT


def _is_text(value: str) -> bool:
    """Whether UTF-8 can hold it: percent escapes may decode to half a surrogate pair."""
    return not any("\ud800" <= character <= "\udfff" for character in value)
