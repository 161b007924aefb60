"""Date ranges of one playlist over its reloads, and of one rendition beside others: rules 19 and 21."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from replay.conformance import dateranges
from replay.conformance.media import Media
from replay.conformance.model import Fault, shown

_IDS: Final = 1024
"""DATERANGE IDs remembered after they left, so that none is used again."""


class Ranges:
    """What one playlist has said under each DATERANGE ID.

    ``known`` has the attributes by ID, those that left too; ``lacked`` the IDs that this playlist did not list though
    their start was listed, and which other rendition listed them then.
    """

    def __init__(self) -> None:
        self.known: Final[dict[str, dict[str, str]]] = {}
        self.lacked: Final[dict[str, str]] = {}
        self._first_shown: Final[dict[str, int]] = {}
        self._listed: set[str] = set()

    def take(self, media: Media, at: int, *, seamless: bool) -> Iterator[Fault]:
        """Rule 19 over time: equal attributes under one ID, and none taken away while its dates are listed.

        ``at`` is microseconds. ``seamless``: no segment came and went since the reload before.
        """
        now: set[str] = set()
        returned: dict[str, int] = {}
        for line, given in media.dateranges:
            name = given.get("ID")
            if not name:
                continue
            known = self.known.get(name)
            if known is None:
                known = self.known[name] = {}
                self._first_shown[name] = at
                self.lacked.pop(name, None)
            if "SCTE35-IN" in given and "SCTE35-IN" not in known:
                returned[name] = line
            clash = dateranges.merged(known, given)
            if clash is not None and name not in now:
                message = f"{shown(clash)} of {shown(name)} was another before"
                yield Fault("19", line, message, ("19", name, clash, given[clash]))
            now.add(name)
        for name, line in returned.items():
            yield from self._returned(name, line)
        head = media.segments[0].pdt if media.segments else None
        for name in self._listed - now if head is not None and not media.skipped else ():
            # What ended a planned range early may have come and gone with segments that nobody saw.
            end = dateranges.end(self.known[name], planned=seamless)
            if end is not None and head is not None and end > head:
                message = f"the DATERANGE {shown(name)} disappears while its dates are listed"
                yield Fault("19", 1, message, ("19", name, "gone"))
        self._listed = now | self._listed if media.skipped else now
        for name in list(self.known)[: len(self.known) - _IDS]:
            if name not in self._listed:
                del self.known[name], self._first_shown[name]

    def _returned(self, name: str, line: int) -> Iterator[Fault]:
        """Rule 19 for a SCTE35-IN that is new: it says how long the break was, under the ID of its SCTE35-OUT."""
        known = self.known[name]
        if not dateranges.whole(known):
            yield Fault("19", line, f"SCTE35-IN of {shown(name)} without a DURATION", ("19", name, "lasts"))
        if "SCTE35-OUT" in known:
            return
        start = dateranges.date(known, "START-DATE")
        for other, given in self.known.items():
            if start is not None and "SCTE35-OUT" in given and dateranges.date(given, "START-DATE") == start:
                message = f"SCTE35-IN has the ID {shown(name)}, the SCTE35-OUT of its START-DATE {shown(other)}"
                yield Fault("19", line, message, ("19", name, "alone"))
                return

    def beside(self, media: Media, at: int, other: Ranges, name: str) -> None:
        """Remember what rendition ``name`` lists and this playlist does not, though it has come to its start.

        A tag that stands in one playlist may take 1.5 target durations to come to another.
        """
        first, last = (media.segments[0].pdt, media.segments[-1].pdt) if media.segments else (None, None)
        if first is None or last is None:
            return
        for identity in other._listed - self._listed - self.lacked.keys():
            start = dateranges.date(other.known[identity], "START-DATE")
            late = at - other._first_shown[identity] > media.limit * 3 // 2
            if late and start is not None and first <= start < last and len(self.lacked) < _IDS:
                self.lacked[identity] = name
