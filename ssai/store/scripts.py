"""The store's scripts: named ``.lua`` files beside this module, read once."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from hashlib import sha1
from importlib import resources


@dataclass(frozen=True, slots=True)
class Script:
    """One script: its text, and the digest by which Redis knows it once loaded."""

    text: bytes
    sha: str


@cache
def script(name: str) -> Script:
    """The script ``lua/<name>.lua``; ``FileNotFoundError`` if the package lacks it."""
    text = resources.files("ssai.store").joinpath("lua", f"{name}.lua").read_bytes()
    return Script(text, sha1(text, usedforsecurity=False).hexdigest())
