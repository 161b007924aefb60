"""House pods: the catalogue in rotation. The first implementation of ``Decisions``; it knows no money."""

from __future__ import annotations

from collections.abc import Sequence

from domain.pod import Creative, Pod
from domain.units import Microseconds
from ssai.decide.port import Opening


class HousePods:
    """Fills a break from the catalogue, starting at another creative for each seat and break.

    A creative never stands twice in a pod. One that no longer fits is passed over for a shorter one. An unknown
    duration gets every creative once, at most ``longest`` microseconds of them.
    """

    def __init__(self, creatives: Sequence[Creative], longest: Microseconds) -> None:
        self._creatives = tuple(creatives)
        self._longest = longest

    def decide(self, opening: Opening, seats: Sequence[int]) -> list[Pod]:
        """One pod a seat; at most as many different ones as there are creatives."""
        count = len(self._creatives)
        if not count:
            return [Pod(()) for _ in seats]
        turn = hash_of(opening.key) % count
        pods: dict[int, Pod] = {}
        for offset in {(turn + seat) % count for seat in seats}:
            pods[offset] = self._fill(offset, self._longest if opening.duration is None else opening.duration)
        return [pods[(turn + seat) % count] for seat in seats]

    def _fill(self, offset: int, duration: int) -> Pod:
        chosen: list[Creative] = []
        left = duration
        for creative in (*self._creatives[offset:], *self._creatives[:offset]):
            if creative.duration <= left:
                chosen.append(creative)
                left -= creative.duration
        return Pod(tuple(chosen))


def hash_of(text: str) -> int:
    """A number that is the same in every process (FNV-1a, 32 bits), unlike ``hash``."""
    value = 2166136261
    for byte in text.encode():
        value = ((value ^ byte) * 16777619) & 0xFFFFFFFF
    return value
