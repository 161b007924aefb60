"""Text from outside on a terminal."""

from __future__ import annotations


def printable(text: str) -> str:
    """Names are someone else's: nothing in them may be taken for a command of the terminal."""
    return "".join(character if character.isprintable() else "?" for character in text)
