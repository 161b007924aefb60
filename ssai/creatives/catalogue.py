"""The catalogue: a folder with ``catalogue.json`` and the media it names (docs/architecture.md)."""

from __future__ import annotations

import fcntl
import json
import os
import stat
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from enum import StrEnum
from itertools import accumulate
from pathlib import Path
from typing import Annotated, Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field

from domain.pod import Creative, Slate
from domain.units import MILLISECOND, SECOND, Microseconds
from ssai.creatives.boundary import parse_json, read, writing
from ssai.creatives.errors import CreativeError
from ssai.creatives.ladder import TOLERANCE, Ladder, Name, Rung, SoundRung

NAME: Final = "catalogue.json"
_MAX_FILE: Final = 32 * 1024 * 1024
"""Bytes. A creative of 30 s in five renditions takes 6 KB: five thousand of them fit."""
_MAX_CREATIVES: Final = 10_000
_MAX_SEGMENTS: Final = 20_000
"""Segments of one creative: demo content of five hours in pieces of a second."""

Kind = Literal["ad", "slate", "slate-piece", "content"]
"""``slate`` is the run, ``slate-piece`` one of its small pieces, ``content`` the demo's material."""

_File = Annotated[
    str,
    # Each component starts with a letter, a digit or an underscore: no "..", no root, no hidden file, no query.
    Field(strict=True, pattern=r"^(?:[A-Za-z0-9_][A-Za-z0-9._-]*/)*[A-Za-z0-9_][A-Za-z0-9._-]*$", max_length=250),
]
_Length = Annotated[int, Field(strict=True, gt=0, le=120 * SECOND)]
_Lengths = Annotated[tuple[_Length, ...], Field(min_length=1, max_length=_MAX_SEGMENTS)]
_Text = Annotated[str, Field(strict=True, max_length=200)]


class _Document(BaseModel):
    model_config = ConfigDict(extra="forbid")


class _RenditionDocument(_Document):
    files: Annotated[tuple[_File, ...], Field(min_length=1, max_length=_MAX_SEGMENTS)]
    durations: _Lengths
    map: _File | None = None


class _EntryDocument(_Document):
    id: Name
    title: _Text
    advertiser: _Text
    kind: Kind
    durations: _Lengths
    renditions: Annotated[dict[Name, _RenditionDocument], Field(min_length=1, max_length=32)]


class _CatalogueDocument(_Document):
    version: Literal[1]
    ladder: Ladder
    creatives: Annotated[tuple[_EntryDocument, ...], Field(max_length=_MAX_CREATIVES)]


@dataclass(frozen=True, slots=True)
class Rendition:
    """One rendition of a creative: paths relative to the catalogue's folder and exact durations, one per segment.

    ``map`` is the path of the initialisation section, which only fMP4 has. ``sizes`` are the bytes of each file as a
    catalogue found them when it was read or written, empty before.
    """

    files: tuple[str, ...]
    durations: tuple[Microseconds, ...]
    map: str | None = None
    sizes: tuple[int, ...] = field(default=(), compare=False)


@dataclass(frozen=True, slots=True)
class Entry:
    """One conditioned creative. ``durations`` are nominal: the video's, microseconds."""

    id: str
    title: str
    advertiser: str
    kind: Kind
    durations: tuple[Microseconds, ...]
    renditions: Mapping[str, Rendition]

    @property
    def creative(self) -> Creative:
        """What planner and stitcher see of it."""
        return Creative(self.id, self.durations)


class Ineligible(StrEnum):
    """Why a creative cannot be used in a channel."""

    RENDITION_MISSING = "rendition_missing"
    SEGMENT_TOO_LONG = "segment_too_long"


def ineligible(entry: Entry, rendition_names: Iterable[str], target_duration_us: int) -> Ineligible | None:
    """Why this creative cannot stand in a channel with these renditions; None if it can.

    ``target_duration_us`` is the channel's EXT-X-TARGETDURATION in microseconds: a segment's duration rounded half up
    to whole seconds must not exceed it (draft-pantos-hls-rfc8216bis, 4.4.3.1), and it cannot rise (6.2.1).
    """
    for name in rendition_names:
        rendition = entry.renditions.get(name)
        if rendition is None:
            return Ineligible.RENDITION_MISSING
        if any((length + SECOND // 2) // SECOND * SECOND > target_duration_us for length in rendition.durations):
            return Ineligible.SEGMENT_TOO_LONG
    return None


@dataclass(frozen=True, slots=True)
class Catalogue:
    """What a folder of creatives holds, in the file's order. Never changed: ``add`` gives a new one."""

    folder: Path
    ladder: Ladder
    entries: tuple[Entry, ...]

    @classmethod
    def load(cls, folder: Path) -> Catalogue:
        """Read and check ``catalogue.json`` and that every file it names lies in the folder.

        Raises ``CreativeError`` naming file and field.
        """
        path = folder / NAME
        document = parse_json(_CatalogueDocument, path, read(path, _MAX_FILE))
        entries = tuple(_entry(entry) for entry in document.creatives)
        catalogue = cls(folder, document.ladder, entries)
        return catalogue._checked(path)

    def find(self, id: str) -> Entry | None:  # noqa: A002 -- the catalogue's own word
        """The creative of this id."""
        return next((entry for entry in self.entries if entry.id == id), None)

    @property
    def ads(self) -> list[Entry]:
        """The creatives that fill pods."""
        return [entry for entry in self.entries if entry.kind == "ad"]

    @property
    def slate(self) -> Slate | None:
        """The run with its small pieces, longest first; None if the catalogue has no run."""
        run = next((entry for entry in self.entries if entry.kind == "slate"), None)
        if run is None:
            return None
        pieces = (entry.creative for entry in self.entries if entry.kind == "slate-piece")
        return Slate(run.creative, tuple(sorted(pieces, key=lambda piece: -piece.duration)))

    def add(self, *entries: Entry) -> Catalogue:
        """The catalogue on disk with these creatives at its end, written; other writers wait their turn.

        Raises ``CreativeError`` where an id is taken or an entry does not fit the ladder; nothing is written then.
        """
        with _locked(self.folder):
            on_disk = Catalogue.load(self.folder) if (self.folder / NAME).exists() else self
            grown = Catalogue(self.folder, on_disk.ladder, (*on_disk.entries, *entries))
            return grown.save()

    def save(self) -> Catalogue:
        """Write ``catalogue.json``: readers see the old file or the new one, also after a loss of power.

        Gives what ``load`` would. Raises ``CreativeError`` where ``load`` would.
        """
        path = self.folder / NAME
        body = json.dumps(self._document(), indent=1).encode() + b"\n"
        parse_json(_CatalogueDocument, path, body)
        checked = self._checked(path)
        with writing(path):
            self.folder.mkdir(parents=True, exist_ok=True)
            _replace(path, body)
        return checked

    def _document(self) -> dict[str, Any]:
        creatives = [
            {
                "id": entry.id,
                "title": entry.title,
                "advertiser": entry.advertiser,
                "kind": entry.kind,
                "durations": entry.durations,
                "renditions": {
                    name: {"files": rendition.files, "durations": rendition.durations}
                    | ({} if rendition.map is None else {"map": rendition.map})
                    for name, rendition in entry.renditions.items()
                },
            }
            for entry in self.entries
        ]
        return {"version": 1, "ladder": self.ladder.model_dump(), "creatives": creatives}

    def _checked(self, path: Path) -> Catalogue:
        """The same with the sizes of its files, after a look at what no single field shows."""
        root = os.path.realpath(self.folder)
        rungs = self.ladder.rungs
        seen: set[str] = set()
        entries = []
        for index, entry in enumerate(self.entries):
            where = f"{path}: creatives[{index}]"
            if entry.id in seen:
                raise CreativeError(f"{where}.id", "an id of its own", repr(entry.id))
            if entry.kind == "slate" and any(before.kind == "slate" for before in self.entries[:index]):
                raise CreativeError(f"{where}.kind", "one slate at most", f"another, {entry.id!r}")
            seen.add(entry.id)
            renditions = {}
            for name, rendition in entry.renditions.items():
                place = f"{where}.renditions.{name}"
                if name not in rungs:
                    raise CreativeError(place, f"one of {', '.join(rungs)}", repr(name))
                self._check_cuts(place, entry, rendition, rungs[name])
                _check_map(f"{place}.map", root, rendition.map, rungs[name])
                renditions[name] = replace(rendition, sizes=_sizes(f"{place}.files", root, rendition.files))
            entries.append(replace(entry, renditions=renditions))
        return replace(self, entries=tuple(entries))

    def _check_cuts(self, where: str, entry: Entry, rendition: Rendition, rung: Rung) -> None:
        if len(rendition.files) != len(rendition.durations):
            expected = f"as many files as durations ({len(rendition.durations)})"
            raise CreativeError(f"{where}.files", expected, str(len(rendition.files)))
        if len(rendition.durations) != len(entry.durations):
            expected = f"{len(entry.durations)} durations, as the creative"
            raise CreativeError(f"{where}.durations", expected, str(len(rendition.durations)))
        # Video may carry the main sound.
        sound = rung if isinstance(rung, SoundRung) else self.ladder.sound
        tolerance = sound.frame_length + TOLERANCE
        for index, (nominal, own) in enumerate(
            zip(accumulate(entry.durations), accumulate(rendition.durations), strict=True)
        ):
            if abs(nominal - own) > tolerance:
                expected = f"an end within {tolerance / MILLISECOND:.1f} ms of the creative's {nominal} us"
                raise CreativeError(f"{where}.durations[{index}]", expected, f"{own} us")


def _entry(document: _EntryDocument) -> Entry:
    return Entry(
        document.id,
        document.title,
        document.advertiser,
        document.kind,
        _exact(document.durations),
        {
            name: Rendition(rendition.files, _exact(rendition.durations), rendition.map)
            for name, rendition in document.renditions.items()
        },
    )


def _exact(values: tuple[int, ...]) -> tuple[Microseconds, ...]:
    return tuple(Microseconds(value) for value in values)


def _check_map(where: str, root: str, name: str | None, rung: Rung) -> None:
    if (name is None) != (rung.container != "fmp4"):
        expected = "no initialisation section" if name else "an initialisation section"
        raise CreativeError(where, f"{expected} for {rung.container}", "nothing" if name is None else repr(name))
    if name is not None:
        _size(where, root, name)


def _sizes(where: str, root: str, files: tuple[str, ...]) -> tuple[int, ...]:
    return tuple(_size(f"{where}[{index}]", root, name) for index, name in enumerate(files))


def _size(where: str, root: str, name: str) -> int:
    """Bytes of a file that must be there, inside the catalogue's folder."""
    real = os.path.realpath(os.path.join(root, name))  # noqa: PTH118 -- five times faster, and these are many
    if not real.startswith(root + os.sep):
        raise CreativeError(where, "a file inside the catalogue's folder", repr(name))
    try:
        found = os.stat(real)  # noqa: PTH116 -- as above
    except OSError as error:
        raise CreativeError(where, "a file", f"none at {name!r}") from error
    if not stat.S_ISREG(found.st_mode):
        raise CreativeError(where, "a file", f"none at {name!r}")
    return found.st_size


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    """Readers need no lock; writers read and write, and must not do so at the same time."""
    with writing(folder):
        folder.mkdir(parents=True, exist_ok=True)
        file = (folder / ".lock").open("w")
    with file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _replace(path: Path, body: bytes) -> None:
    handle, name = tempfile.mkstemp(prefix=".catalogue-", dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(body)
            file.flush()
            os.fchmod(file.fileno(), 0o644)  # mkstemp's 0600 would hide it from a server under another user
            os.fsync(file.fileno())
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
    sync_folder(path.parent)


def sync_folder(folder: Path) -> None:
    """Make renames in this folder survive a loss of power."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
