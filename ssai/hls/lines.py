"""Any text as lines, given back byte for byte."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple


class Tag(NamedTuple):
    """One ``#NAME`` or ``#NAME:value`` line; ``line`` gives it back exactly."""

    name: str
    value: str | None

    @property
    def line(self) -> str:
        """The line without its ending."""
        return f"#{self.name}" if self.value is None else f"#{self.name}:{self.value}"


def tag(line: str) -> Tag:
    """Split a line that starts with ``#`` at its first colon."""
    name, colon, value = line[1:].partition(":")
    return Tag(name, value if colon else None)


def decode(body: bytes) -> str:
    """Bytes as text so that ``encode`` gives the same bytes back, valid UTF-8 or not."""
    return body.decode("utf-8", "surrogateescape")


def encode(text: str) -> bytes:
    """The inverse of ``decode``."""
    return text.encode("utf-8", "surrogateescape")


@dataclass(frozen=True, slots=True)
class Document:
    """Lines with their endings (LF, CRLF, or none on the last)."""

    lines: tuple[str, ...]

    @classmethod
    def of(cls, text: str) -> Document:
        """Cut after each LF; only LF ends a line (4.1), so no other control character is lost."""
        lines = text.split("\n")
        last = lines.pop()
        return cls((*(line + "\n" for line in lines), *((last,) if last else ())))

    @property
    def text(self) -> str:
        """The text that ``of`` was given."""
        return "".join(self.lines)
