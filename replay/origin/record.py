"""Snapshots of what the origin serves, as a folder that can be served or read again.

Layout::

    index.m3u8             the multivariant playlist
    <rendition>/           one folder per media playlist, named after its URI without ``.m3u8``
        000001.m3u8        the playlist at the first refresh
        000002.m3u8        ... at the second; every folder holds the same numbers

A snapshot is byte for byte what the server would have sent at that instant. Relative segment URIs start at
``../media`` as seen from ``<rendition>.m3u8`` beside ``index.m3u8``; ``media`` sets another base, an absolute one too.
"""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from tempfile import mkdtemp
from typing import Final

from domain.errors import InputError
from domain.units import Microseconds
from replay.origin.clip import Clip
from replay.origin.multivariant import multivariant
from replay.origin.playlist import MEDIA, WINDOW, playlist
from replay.origin.schedule import Schedule

MOST: Final = 999_999
"""Refreshes in a folder: six digits, so that names sort."""


def record(
    folder: Path,
    refreshes: Sequence[Microseconds],
    *,
    clip: Clip,
    schedule: Schedule,
    start_us: Microseconds,
    window: int = WINDOW,
    media: str = MEDIA,
) -> None:
    """Write the snapshots at the instants ``refreshes`` (microseconds since the Unix epoch, rising) into ``folder``.

    The folder is absent or empty before, complete after, and untouched when something fails: ``InputError`` for a
    folder that holds something, ``NotYetError`` for a refresh before the first complete segment, ``ValueError`` for
    instants that do not rise.
    """
    folder = folder.resolve()
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise InputError(str(folder), "an empty folder or none", "something")
    if not 0 < len(refreshes) <= MOST or any(here >= there for here, there in pairwise(refreshes)):
        raise ValueError(f"refreshes are 1 to {MOST} rising instants")
    folder.parent.mkdir(parents=True, exist_ok=True)
    draft = Path(mkdtemp(prefix=f".{folder.name}.", dir=folder.parent))
    try:
        (draft / "index.m3u8").write_text(multivariant(clip), encoding="utf-8")
        for rendition in clip.tracks:
            (draft / rendition).mkdir()
            for number, now_us in enumerate(refreshes, start=1):
                text = playlist(clip, schedule, rendition, now_us, start_us, window=window, media=media)
                (draft / rendition / f"{number:06d}.m3u8").write_text(text, encoding="utf-8")
        draft.chmod(0o755)
        draft.rename(folder)
    finally:
        shutil.rmtree(draft, ignore_errors=True)
