"""A creative appears in its folder complete or not at all."""

from __future__ import annotations

import os
import re
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from ssai.creatives.boundary import writing
from ssai.creatives.catalogue import sync_folder
from ssai.creatives.errors import CreativeError, Refusal, RefusedError

_ID: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}", re.ASCII)


@contextmanager
def staged(folder: Path, ids: Sequence[str]) -> Iterator[Path]:
    """A working folder beside the creatives; what it holds under ``ids`` at the end moves into ``folder``.

    After an exception nothing has moved and nothing stays. Raises ``CreativeError`` for an id that is no folder's name
    and ``RefusedError`` for one that is taken.
    """
    for id_ in ids:
        if _ID.fullmatch(id_) is None:
            raise CreativeError("id", "letters, digits, '.', '_' and '-', at most 64", repr(id_))
        if (folder / id_).exists():
            where, expected = str(folder / id_), "an id that is not taken (published media never changes)"
            raise RefusedError(Refusal.EXISTS, where, expected, "a creative")
    with writing(folder):
        folder.mkdir(parents=True, exist_ok=True)
        work = Path(tempfile.mkdtemp(prefix=".making-", dir=folder))
    try:
        yield work
        for id_ in ids:
            _sync(work / id_)
        for id_ in ids:
            (work / id_).rename(folder / id_)
        sync_folder(folder)
    finally:
        shutil.rmtree(work)


def _sync(folder: Path) -> None:
    """Media reaches the disk before a catalogue may name it."""
    for path in folder.rglob("*"):
        if path.is_file():
            with path.open("rb") as file:
                os.fsync(file.fileno())
        else:
            sync_folder(path)
    sync_folder(folder)
