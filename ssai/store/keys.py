"""Names of everything in Redis. What stands in braces is the key tag: keys of one tag live on one node of a cluster,
and no script touches two tags.

    {channel}       lease, term, number, snapshot, breaks, insertion
    {event}         viewers by partition, seats, pods and pod numbers by break
    {event:block}   joins, traits, assignment by break
    {name}          secret
"""

from __future__ import annotations

from hashlib import blake2b
from typing import Final

PREFIX: Final = "halftime:"
_DIGEST: Final = 16
"""Bytes: two of a billion viewers share a digest with a chance of 1e-21."""


def channel(name: str, what: str) -> str:
    """A channel's key; also the name of its pub/sub channel."""
    return f"{PREFIX}{{{name}}}:{what}"


def event(name: str, what: str) -> str:
    """An event's key."""
    return f"{PREFIX}{{{name}}}:{what}"


def block(name: str, number: int, what: str) -> str:
    """A key of one block of an event's seats."""
    return f"{PREFIX}{{{name}:{number}}}:{what}"


def secret(name: str) -> str:
    """A secret's key."""
    return f"{PREFIX}{{{name}}}:secret"


def viewer(name: str, raw: bytes) -> tuple[str, bytes]:
    """Key of the viewer's partition, and its field: the viewer hashed under the event's name.

    256 partitions keep each hash small: one that grows rehashes alone, and deleting an event goes in small steps.
    """
    digest = blake2b(raw, digest_size=_DIGEST, key=name.encode()).digest()
    return event(name, f"viewers:{digest[0]:02x}"), digest


def pod(raw: bytes) -> bytes:
    """By what a pod is known in its break's table."""
    return blake2b(raw, digest_size=_DIGEST).digest()
