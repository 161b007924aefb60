"""Files that an event's plan is written to: seen to be writable before anything is planned, put in place whole."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from domain.errors import InputError


def refuse_unwritable(files: Iterable[Path | None]) -> None:
    """Raise ``InputError`` for the first file that could not be written: planning takes longer than to say so."""
    for file in files:
        if file is None:
            continue
        if file.is_dir():
            raise InputError(str(file), "a file to write", "a folder")
        folder = file.parent
        if not folder.is_dir():
            raise InputError(str(file), "a file in a folder that is there", f"no folder {str(folder)!r}")
        if not os.access(folder, os.W_OK):
            raise InputError(str(file), "a place to write", "a folder that may not be written to")


def write_whole(file: Path, text: str) -> None:
    """Write a file beside its place and then put it there; ``InputError`` where that fails, and nothing is left."""
    with _naming(file):
        handle, name = tempfile.mkstemp(prefix=f".{file.name[:100]}-", dir=file.parent)
    fresh = Path(name)
    try:
        with _naming(file), os.fdopen(handle, "w", encoding="utf-8", newline="") as opened:
            os.fchmod(opened.fileno(), 0o644)  # mkstemp's 0600 would hide it from the colleagues it is for
            opened.write(text)
            opened.flush()
            os.fsync(opened.fileno())
            fresh.replace(file)
    finally:
        fresh.unlink(missing_ok=True)


@contextmanager
def _naming(file: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise InputError(str(file), "a place to write", error.strerror or type(error).__name__) from error
