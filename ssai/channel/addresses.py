"""Addresses of segments that outlive the playlist they were listed in."""

from __future__ import annotations

from dataclasses import replace
from urllib.parse import urljoin

from ssai.hls.attributes import attributes, replace_attribute
from ssai.hls.playlist import Key, Map, Segment


def absolute(segment: Segment, base: str) -> Segment:
    """The segment with every address resolved against ``base``, the playlist's: it may stand in another one now."""
    return segment._replace(
        uri=joined(base, segment.uri),
        keys=_keys(segment.keys, base),
        map=None if segment.map is None else _map(segment.map, base),
    )


def absolute_value(value: str, base: str) -> str:
    """An attribute list with its URI resolved against ``base``."""
    uri = attributes(value).get("URI")
    return value if uri is None else replace_attribute(value, "URI", joined(base, uri))


def joined(base: str, uri: str) -> str:
    """The absolute address; what cannot be read as one stays as it is, for a bad line must not cost the others."""
    try:
        return urljoin(base, uri)
    except ValueError:
        return uri


def _keys(keys: tuple[Key, ...], base: str) -> tuple[Key, ...]:
    return tuple(replace(key, value=absolute_value(key.value, base)) for key in keys)


def _map(found: Map, base: str) -> Map:
    return Map(joined(base, found.uri), absolute_value(found.value, base), _keys(found.keys, base))
