"""Creatives on the command line: condition sources into a catalogue, list what it holds."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal

from rich.box import SIMPLE
from rich.table import Table

from domain.errors import InputError
from domain.units import seconds
from ssai.creatives.catalogue import NAME, Catalogue, Entry
from ssai.creatives.condition import condition
from ssai.creatives.ladder import Ladder
from ssai.creatives.loudness import ATSC_A85, EBU_R128
from ssai.creatives.progress import Progress, span
from ssai.creatives.slate import slate

Standard = Literal["ebu-r128", "atsc-a85"]
STANDARDS: Final = {"ebu-r128": EBU_R128, "atsc-a85": ATSC_A85}


@dataclass(frozen=True, slots=True)
class Wish:
    """How sources shall be conditioned; ``id`` and ``title`` only make sense for a single one."""

    id: str | None = None
    title: str | None = None
    advertiser: str = ""
    loudness: Standard = "ebu-r128"
    slate: bool = False


def add_creatives(
    sources: Sequence[Path], folder: Path, ladder: Path | None, wish: Wish, progress: Progress
) -> list[Entry]:
    """Condition sources one after the other, each into the catalogue as soon as it is done.

    A folder without a catalogue begins one with ``ladder``. Raises ``InputError``; what was added before stays.
    """
    if len(sources) > 1 and (wish.id is not None or wish.title is not None or wish.slate):
        raise InputError("creative add", "one source where --id, --title or --slate is given", str(len(sources)))
    catalogue = _catalogue(folder, ladder)
    names = [wish.id or _id(source, wish) for source in sources]
    for place, name in enumerate(names):
        if name in names[:place]:
            raise InputError(str(sources[place]), "a name that gives an id of its own", repr(name))
    added: list[Entry] = []
    for place, (source, name) in enumerate(zip(sources, names, strict=True)):
        step = span(progress, place / len(sources), (place + 1) / len(sources))
        entries = _conditioned(source, catalogue, name, wish, step)
        catalogue = catalogue.add(*entries)
        added += entries
    return added


def _catalogue(folder: Path, ladder: Path | None) -> Catalogue:
    wanted = None if ladder is None else Ladder.load(ladder)
    if (folder / NAME).exists():
        catalogue = Catalogue.load(folder)
        if wanted is not None and wanted != catalogue.ladder:
            raise InputError(str(ladder), f"the ladder of {folder / NAME}", "another")
        return catalogue
    if wanted is None:
        raise InputError("--ladder", f"a ladder to begin {folder / NAME} with", "none")
    return Catalogue(folder, wanted, ())


def _id(source: Path, wish: Wish) -> str:
    """A file's name as an id: what an id cannot hold becomes a dash."""
    if wish.slate:
        return "slate"
    name = re.sub(r"[^A-Za-z0-9._-]+", "-", source.stem).strip("-._")[:64]
    if not name:
        raise InputError(str(source), "a name with letters or digits, or --id", repr(source.stem))
    return name


def _conditioned(source: Path, catalogue: Catalogue, name: str, wish: Wish, progress: Progress) -> tuple[Entry, ...]:
    ladder, folder, target = catalogue.ladder, catalogue.folder, STANDARDS[wish.loudness]
    if wish.slate:
        title = wish.title or "Slate"
        return slate(source, ladder, folder, id=name, title=title, loudness=target, progress=progress)
    entry = condition(
        source,
        ladder,
        folder,
        id=name,
        title=wish.title or source.stem[:200],
        advertiser=wish.advertiser,
        loudness=target,
        progress=progress,
    )
    return (entry,)


def listing(folder: Path) -> list[dict[str, Any]]:
    """What a catalogue holds, in its order; ``duration`` in seconds. Raises ``CreativeError``."""
    return [
        {
            "id": entry.id,
            "title": entry.title,
            "advertiser": entry.advertiser,
            "kind": entry.kind,
            "duration": seconds(sum(entry.durations)),
            "renditions": list(entry.renditions),
        }
        for entry in Catalogue.load(folder).entries
    ]


def table(rows: Sequence[dict[str, Any]]) -> Table:
    """The same for people."""
    made = Table(box=SIMPLE)
    made.add_column("id", no_wrap=True)
    made.add_column("title")
    made.add_column("advertiser")
    made.add_column("kind", no_wrap=True)
    made.add_column("duration", justify="right", no_wrap=True)
    made.add_column("renditions")
    for row in rows:
        words = (row["id"], row["title"], row["advertiser"], row["kind"])
        made.add_row(*words, f"{row['duration']:.2f} s", " ".join(row["renditions"]))
    return made
