"""Which segments must be downloadable: rule 10, over all playlists of one presentation."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Sequence
from typing import Final

from replay.conformance.media import Media, Segment

_MAX_GONE: Final = 20_000
"""Departed addresses kept: their time runs out after a window's length, this only bounds what is hostile."""


class Resources:
    """The addresses of one playlist: listed now, or gone and still owed."""

    def __init__(self) -> None:
        self._listed: Counter[str] = Counter()
        self._since: dict[int, tuple[int, str | None]] = {}
        """By number: when it appeared, and its address, None for a gap."""
        self._gone: dict[str, int] = {}
        self._lengths: deque[tuple[int, int]] = deque()

    def seen(self, media: Media, gone: Sequence[Segment], fresh: Sequence[Segment], at: int, since: int) -> None:
        """Take over one reload; what is ``fresh`` appeared after ``since``, all instants in microseconds."""
        self._lengths.append((at, media.duration))
        behind = 0
        for segment in reversed(fresh):
            if segment.number in self._since:
                continue
            # The first playlist's segments appeared one after the other before anybody looked.
            address = None if segment.block.gap else segment.address.url
            self._since[segment.number] = (since - behind, address)
            behind += segment.block.duration
            if address is not None:
                self._listed[address] += 1
        for segment in gone:
            self._leave(segment)
        if media.segments:
            oldest, _ = self._since.get(media.segments[0].number, (at, None))
            while len(self._lengths) > 1 and self._lengths[1][0] <= oldest:
                self._lengths.popleft()
        while self._gone:
            address, until = next(iter(self._gone.items()))
            if until >= at and len(self._gone) <= _MAX_GONE:
                break
            del self._gone[address]

    def _leave(self, segment: Segment) -> None:
        since, address = self._since.pop(segment.number, (0, None))
        if address is None:
            return
        self._listed[address] -= 1
        if not self._listed[address]:
            del self._listed[address]
            longest = max(duration for _, duration in self._lengths)
            self._gone.pop(address, None)
            self._gone[address] = since + segment.block.duration + longest

    def line(self, url: str, media: Media) -> int | None:
        """The line that lists the address now; None where none does."""
        if url not in self._listed:
            return None
        return next((segment.uri_line for segment in media.segments if segment.address.url == url), None)

    def owed(self, url: str, at: int) -> bool:
        """Whether a departed address must still be there."""
        return url in self._gone and at < self._gone[url]
