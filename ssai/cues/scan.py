"""From tags to signals: one table of readers, used for a whole playlist and for one segment's tags alike."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final, TypeAlias

from domain.units import Microseconds
from ssai.cues import adobe, carried, plain, standard
from ssai.cues.daterange import CUE_ATTRIBUTES, dated, is_daterange
from ssai.cues.merge import merged
from ssai.cues.reading import Reading, named
from ssai.cues.signal import Signal
from ssai.cues.splice import DEFAULT, CueOptions
from ssai.hls.lines import Tag
from ssai.hls.playlist import MediaPlaylist

Reader: TypeAlias = Callable[[str, int, CueOptions], Reading]

READERS: Final[Mapping[str, Reader]] = MappingProxyType(
    {
        "EXT-X-CUE-OUT": plain.cue_out,
        "EXT-X-CUE-OUT-CONT": plain.cue_continue,
        "EXT-X-CUE-SPAN": plain.cue_continue,
        "EXT-X-CUE-IN": plain.cue_in,
        "EXT-X-CUE": adobe.cue,
        "EXT-X-CUE-CONT": adobe.cue_continue,
        "EXT-OATCLS-SCTE35": carried.oatcls,
        "EXT-X-SPLICEPOINT-SCTE35": carried.splicepoint,
        "EXT-SCTE35": carried.loose,
        "EXT-X-ASSET": carried.asset,
        "EXT-X-SCTE35": standard.scte35,
    }
)
"""Readers of the positional tags by name in upper case."""

CUE_TAGS: Final = frozenset(READERS)
"""Tags that are cues whatever they say, by name in upper case. A DATERANGE is one by its attributes: ``is_cue``."""

_NOTHING: Final[Mapping[str, Microseconds]] = MappingProxyType({})
_SHOWN: Final = 80


@dataclass(frozen=True, slots=True)
class Note:
    """A cue tag that gave no signal, or less than it wanted to say; ``index`` as in ``Signal``."""

    index: int
    tag: str
    reason: str


@dataclass(frozen=True, slots=True)
class Findings:
    """All that the cues of a playlist say; positional signals first, by place, then those of DATERANGEs."""

    signals: tuple[Signal, ...]
    notes: tuple[Note, ...]


def is_cue(tag: Tag) -> bool:
    """Whether a tag speaks of breaks, and so does not belong into stitched output.

    A DATERANGE does if it has SCTE35-OUT, SCTE35-IN or SCTE35-CMD.
    """
    if tag.name.strip().upper() in CUE_TAGS:
        return True
    return is_daterange(tag) and not CUE_ATTRIBUTES.isdisjoint(named(tag.value or ""))


def signals_before(tags: Sequence[Tag], index: int, options: CueOptions = DEFAULT) -> list[Signal]:
    """Signals of the tags that stand before the segment of ``index``; DATERANGEs are not among them."""
    return _place(tags, index, options, [])


def dateranges(
    tags: Iterable[Tag],
    index: int = 0,
    *,
    options: CueOptions = DEFAULT,
    known: Mapping[str, Microseconds] = _NOTHING,
) -> list[Signal]:
    """Signals of the DATERANGEs among ``tags``, wherever they stand; ``at`` is where the dates say.

    ``known`` gives the starts of ranges from earlier reloads by ID, microseconds since the Unix epoch: a tag that
    only closes one may leave START-DATE out. ``at`` is None where no date can be read or derived; such a signal holds
    at the place of the tag, which the caller knows and may give as ``index``.
    """
    places = ((index, tag) for tag in tags)
    return [signal for _, _, reading in dated(places, options, known) for signal in reading.signals]


def read(playlist: MediaPlaylist, options: CueOptions = DEFAULT) -> Findings:
    """All signals of a playlist, and what its cue tags could not say."""
    notes: list[Note] = []
    signals: list[Signal] = []
    groups = [*(segment.tags for segment in playlist.segments), playlist.trailing]
    for index, tags in enumerate(groups):
        signals += _place(tags, index, options, notes)
    places = ((index, tag) for index, tags in enumerate(groups) for tag in tags)
    for index, tag, reading in dated(places, options, _NOTHING):
        signals += reading.signals
        _note(notes, index, tag, reading)
    return Findings(tuple(signals), tuple(notes))


def scan(playlist: MediaPlaylist, *, options: CueOptions = DEFAULT) -> list[Signal]:
    """All signals of a playlist: positional ones by place, then those of DATERANGEs in the order of the tags."""
    return list(read(playlist, options).signals)


def _place(tags: Sequence[Tag], index: int, options: CueOptions, notes: list[Note]) -> list[Signal]:
    found: list[Signal] = []
    for tag in tags:
        reader = READERS.get(tag.name.strip().upper())
        if reader is None:
            continue
        reading = reader((tag.value or "").strip(), index, options)
        found += reading.signals
        _note(notes, index, tag, reading)
    return merged(found)


def _note(notes: list[Note], index: int, tag: Tag, reading: Reading) -> None:
    if reading.reason is not None:
        line = tag.line
        notes.append(Note(index, line if len(line) <= _SHOWN else line[: _SHOWN - 3] + "...", reading.reason))
