"""The one error of playlist reading."""

from __future__ import annotations

from domain.errors import InputError


class PlaylistError(InputError):
    """A playlist that cannot be interpreted: line (from 1), tag, what was expected, what was found."""

    def __init__(self, line: int, tag: str, expected: str, found: str) -> None:
        shown = found if len(found) <= 80 else found[:77] + "..."
        super().__init__(f"line {line}: {tag}", expected, repr(shown))
        self.line = line
        self.tag = tag
