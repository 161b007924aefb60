"""What every broken stitcher is: the clean one with one decision taken wrongly."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, ClassVar

from tests.replay.conformance_broken.clean import Clean
from tests.replay.conformance_broken.presentation import Entry, Rendition


class Broken(Clean):
    """A stitcher that breaks one rule; its docstring says how such a fault comes about."""

    rules: ClassVar[tuple[str, ...]]
    """A finding of one of these must be made; the first is the rule that is broken, the others state the same fault."""
    never: ClassVar[tuple[str, ...]]
    """Rules that this one does not break, though a judge might think so."""

    def __init_subclass__(cls, rules: tuple[str, ...], never: tuple[str, ...] = (), **demands: Any) -> None:
        super().__init_subclass__()
        cls.rules, cls.never, cls.demands = rules, never, demands


def runs_joined(rendition: Rendition, size: int) -> list[Entry]:
    """The entries with each ``size`` neighbours of one run of a creative joined into one segment."""
    joined: list[Entry] = []
    held = 0
    for entry in rendition.entries:
        if is_ad(entry) and not entry.tagged and 0 < held < size:
            last = joined[-1]
            joined[-1] = replace(last, duration=last.duration + entry.duration, appears=entry.appears)
            held += 1
        else:
            joined.append(entry)
            held = 1 if is_ad(entry) else 0
    return joined


def renamed(entry: Entry, creative: str) -> Entry:
    """The ad segment as one of another creative."""
    old, new = f"/ads/{entry.creative}/", f"/ads/{creative}/"
    return replace(
        entry, uri=entry.uri.replace(old, new), map=entry.map and entry.map.replace(old, new), creative=creative
    )


def is_ad(entry: Entry | None) -> bool:
    return entry is not None and entry.creative is not None
