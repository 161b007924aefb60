"""The tree of Halftime's errors.

    HalftimeError
    ├── InputError            something from outside is wrong: says where, what was expected, what was found
    │   ├── PlaylistError     ssai.hls
    │   ├── SpliceError       ssai.scte35
    │   ├── CreativeError     ssai.creatives
    │   └── SettingsError     halftime
    ├── IllegalPlanError      planner.decide: a plan broke a rule that it was built to keep
    └── StoreError            ssai.store: the store is away, or refused a write
        └── FencedError       another worker leads the channel now

None of them knows of HTTP or of exit codes: one table in ``ssai.edge`` and one in ``halftime`` map them.
"""

from __future__ import annotations


class HalftimeError(Exception):
    """Root of every error that Halftime raises on purpose."""


class InputError(HalftimeError):
    """Something from outside is wrong.

    ``where`` names the file, line or field; ``expected`` and ``found`` are short, for one line of text.
    """

    def __init__(self, where: str, expected: str, found: str) -> None:
        super().__init__(where, expected, found)
        self.where = where
        self.expected = expected
        self.found = found

    def __str__(self) -> str:
        return f"{self.where}: expected {self.expected}, found {self.found}"


class StoreError(HalftimeError):
    """The store is away or refused a write."""


class FencedError(StoreError):
    """Another worker leads the channel: what this one wanted to publish is stale."""
