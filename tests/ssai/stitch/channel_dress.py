"""Keys and maps of a random channel: as the origin writes them, and as players must see them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from replay.reference import Piece
from tests.ssai.stitch.channel_script import Draw

CLEAR = "#EXT-X-KEY:METHOD=NONE"
FORMS = ("plain", "plain", "encrypted", "fmp4", "fmp4 encrypted")


@dataclass(frozen=True, slots=True)
class Dress:
    """The key and the map that hold for one segment, as tags; None: none does."""

    key: str | None
    map: str | None

    def seen(self, number: int) -> str:
        """What a player must see of it; ``number`` is the origin's media sequence number of the segment."""
        key = self.key
        if key is not None and "IV=" not in key:
            key += f",IV=0x{number:032x}"
        return f"{key} {self.map}"


PLAIN = Dress(None, None)


@dataclass(frozen=True, slots=True)
class Wardrobe:
    """The dress of each segment by index, and whether ads need a map."""

    form: str
    dresses: Mapping[int, Dress]

    def lines(self, index: int, before: int | None) -> list[str]:
        """The tags between two segments; ``before`` is None at the head of a playlist."""
        own, other = self.dresses[index], PLAIN if before is None else self.dresses[before]
        lines = []
        if own.key != other.key:
            lines.append(own.key or CLEAR)
        if own.map != other.map and own.map is not None:
            lines.append(own.map)
        return lines

    def ad(self, creative: str) -> str:
        """What a player must see of an ad's segment: clear, with its own map where the content has one."""
        return f'None #EXT-X-MAP:URI="{creative}/init.mp4"' if "fmp4" in self.form else PLAIN.seen(0)


def wardrobe(draw: Draw, form: str, pieces: Sequence[Piece]) -> Wardrobe:
    """Keys that change now and then, with and without IV, and clear stretches; maps that change."""
    dresses, key, map_ = {}, None, None
    for k, piece in enumerate(pieces):
        if "encrypted" in form and (k == 0 or draw.chance(0.15)):
            iv = f",IV=0x{k:032x}" if draw.chance(0.3) else ""
            key = None if draw.chance(0.25) else f'#EXT-X-KEY:METHOD=AES-128,URI="key{k}"{iv}'
        if "fmp4" in form and (k == 0 or draw.chance(0.1)):
            map_ = f'#EXT-X-MAP:URI="init{k}.mp4"'
        dresses[piece.index] = Dress(key, map_)
    return Wardrobe(form, dresses)


def reader() -> Callable[[str], str | None]:
    """Reads a playlist line by line: at an address it tells what holds for it, as ``Dress.seen`` does."""
    held: dict[str, str | None] = {"key": None, "map": None}

    def read(line: str) -> str | None:
        if line.startswith("#EXT-X-KEY:"):
            held["key"] = None if line == CLEAR else line
        elif line.startswith("#EXT-X-MAP:"):
            held["map"] = line
        return None if line.startswith("#") else f"{held['key']} {held['map']}"

    return read
