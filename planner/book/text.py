"""A file's text, bounded."""

from __future__ import annotations

from pathlib import Path

from domain.errors import InputError


def read_text(file: Path, what: str, most: int) -> str:
    """UTF-8 text of at most ``most`` bytes, a byte order mark left off; ``InputError`` expects ``what``."""
    try:
        with file.open("rb") as opened:
            body = opened.read(most + 1)
    except (OSError, ValueError) as error:
        raise InputError(str(file), what, getattr(error, "strerror", None) or str(error)) from error
    if len(body) > most:
        raise InputError(str(file), f"at most {most} bytes", "more")
    try:
        return body.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = body.count(b"\n", 0, error.start) + 1
        raise InputError(f"{file}: line {line}", "UTF-8", f"byte 0x{body[error.start]:02x}") from error
