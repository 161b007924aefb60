"""What a store accepts. Both stores check with these, so that the double refuses what Redis would.

Every bound keeps one command short: a command larger than a few megabytes holds up every other worker's.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Final

from domain.errors import InputError
from ssai.store.port import BLOCK, MAX_SEAT

MAX_SNAPSHOT: Final = 8 << 20
"""Bytes of a channel version: forty renditions with an hour of window each stay below it."""
MAX_RECORD: Final = 256 << 10
"""Bytes of a closed break or of a pod."""
MAX_CLOSED: Final = 256
"""Breaks that may close with one version; a version usually closes none or one."""
MAX_VIEWER: Final = 1024
"""Bytes of a viewer key in UTF-8; only its hash is stored."""
MAX_SECRET: Final = 4096
MAX_TRAITS: Final = 4096
"""Bytes: a few dozen short words about a viewer."""
MAX_PODS: Final = (1 << 16) - 1
"""Pods in one break's table: an assignment holds uint16, and 0 says none."""
MAX_NUMBER: Final = (1 << 53) - 1
"""Scripts compare numbers as doubles."""
MAX_BLOCK: Final = MAX_SEAT // BLOCK
MAX_TTL_MS: Final = 86_400_000

_NAME: Final = re.compile(r"[A-Za-z0-9_.-]{1,64}", re.ASCII)
_WORKER: Final = re.compile(r"[!-~]{1,128}", re.ASCII)
_INT64: Final = 1 << 63


def name(what: str, text: str) -> str:
    """``text`` if it is 1 to 64 characters of ``[A-Za-z0-9_.-]``, else ``InputError`` that names ``what``."""
    if _NAME.fullmatch(text) is None:
        raise InputError(what, "1 to 64 characters of A-Z a-z 0-9 _ . -", _shown(text))
    return text


def worker(text: str) -> str:
    """``text`` if it is 1 to 128 printable ASCII characters without spaces, else ``InputError``."""
    if _WORKER.fullmatch(text) is None:
        raise InputError("worker", "1 to 128 printable ASCII characters without spaces", _shown(text))
    return text


def traits(raw: bytes) -> bytes:
    """``raw`` if it has at most ``MAX_TRAITS`` bytes, else ``ValueError``."""
    if len(raw) > MAX_TRAITS:
        raise ValueError(f"traits: at most {MAX_TRAITS} bytes, not {len(raw)}")
    return raw


def seat(number: int) -> int:
    """``number`` if a seat can have it, else ``ValueError``."""
    if not 0 <= number <= MAX_SEAT:
        raise ValueError(f"seat: 0 to {MAX_SEAT}, not {number}")
    return number


def viewer(text: str) -> bytes:
    """The viewer key as UTF-8, 1 to ``MAX_VIEWER`` bytes, else ``InputError`` (which does not repeat the key)."""
    try:
        raw = text.encode()
    except UnicodeEncodeError as error:
        raise InputError("viewer", "text that UTF-8 can hold", "a lone surrogate") from error
    if not 1 <= len(raw) <= MAX_VIEWER:
        raise InputError("viewer", f"1 to {MAX_VIEWER} bytes", f"{len(raw)} bytes")
    return raw


def within(what: str, value: int, low: int, high: int) -> int:
    """``value`` if it lies in ``low`` to ``high``, both included, else ``ValueError``."""
    if not low <= value <= high:
        raise ValueError(f"{what}: expected {low} to {high}, found {value}")
    return value


def sized(what: str, value: bytes, most: int) -> bytes:
    """``value`` if it has 1 to ``most`` bytes, else ``ValueError``."""
    within(f"bytes of {what}", len(value), 1, most)
    return value


def block(number: int) -> int:
    """A block number that holds seats, else ``ValueError``."""
    return within("block", number, 0, MAX_BLOCK)


def join(instant: int) -> int:
    """An instant that fits an int64, else ``ValueError``."""
    return within("join", instant, -_INT64, _INT64 - 1)


def lease(ttl_ms: int) -> int:
    """A lease of 1 ms to a day, else ``ValueError``."""
    return within("ttl_ms", ttl_ms, 1, MAX_TTL_MS)


def version(fence: int, number: int, snapshot: bytes, closed: Mapping[str, bytes]) -> None:
    """Refuse with ``ValueError`` or ``InputError`` what may not be published."""
    within("fence", fence, 1, MAX_NUMBER)
    within("number", number, 0, MAX_NUMBER)
    sized("snapshot", snapshot, MAX_SNAPSHOT)
    within("closed breaks", len(closed), 0, MAX_CLOSED)
    for key, record in closed.items():
        name("break", key)
        sized("closed break", record, MAX_RECORD)


def pods(table: Sequence[bytes]) -> None:
    """Refuse with ``ValueError`` what cannot stand in a table of pods."""
    within("pods", len(table), 0, MAX_PODS)
    for pod in table:
        sized("pod", pod, MAX_RECORD)


def rows(numbers: Mapping[int, int]) -> list[tuple[int, int]]:
    """Rows of a block with their pod numbers, in order of rows; ``ValueError`` for one outside the block or table."""
    ordered = sorted(numbers.items())
    for row, number in ordered:
        within("row", row, 0, BLOCK - 1)
        within("pod number", number, 1, MAX_PODS)
    return ordered


def _shown(text: str) -> str:
    return repr(text if len(text) <= 80 else text[:77] + "...")
