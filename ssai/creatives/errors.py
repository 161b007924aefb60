"""Why a catalogue, a ladder or a source is refused.

domain.errors.InputError
└── CreativeError       a file of ours that cannot be used: names file and field
    └── RefusedError    a source that cannot be conditioned: carries a ``Refusal``
domain.errors.HalftimeError
└── FfmpegError         ffmpeg failed or ran out of time: refusals are made from it
"""

from __future__ import annotations

from enum import StrEnum
from typing import Final

from domain.errors import HalftimeError, InputError

_SHOWN: Final = 120
"""Characters of a found value that fit into one line of a terminal beside the rest."""


def shorten(text: str) -> str:
    """One line of at most ``_SHOWN`` characters."""
    line = " ".join(text.split())
    return line if len(line) <= _SHOWN else line[: _SHOWN - 3] + "..."


class Refusal(StrEnum):
    """Why a source was not conditioned."""

    UNREADABLE = "unreadable"
    """Not a file, or not media that ffmpeg can open."""
    NO_VIDEO = "no_video"
    TOO_SHORT = "too_short"
    TOO_LONG = "too_long"
    TRUNCATED = "truncated"
    """It decodes to much less video than its container declares: half an upload."""
    EXISTS = "exists"
    """The id is taken. A published URL keeps its content for ever, so nothing is overwritten."""
    TIMEOUT = "timeout"
    UNKNOWN = "unknown"
    """ffmpeg gave up in the middle; ``found`` has its last words."""


class CreativeError(InputError):
    """A catalogue, a ladder or a creative that cannot be used."""

    def __init__(self, where: str, expected: str, found: str) -> None:
        super().__init__(where, expected, shorten(found))


class RefusedError(CreativeError):
    """A source that cannot be conditioned."""

    def __init__(self, reason: Refusal, where: str, expected: str, found: str) -> None:
        super().__init__(where, expected, found)
        self.reason = reason


class FfmpegError(HalftimeError):
    """ffmpeg ended badly. ``message`` is the one line that tells most."""

    def __init__(self, message: str, *, timeout: bool) -> None:
        super().__init__(message)
        self.message = message
        self.timeout = timeout

    def refused(self, where: str, reason: Refusal, expected: str) -> RefusedError:
        """The refusal that a caller raises from this; time that ran out keeps its own reason."""
        if self.timeout:
            return RefusedError(Refusal.TIMEOUT, where, "to finish in time", "ffmpeg still running, stopped")
        return RefusedError(reason, where, expected, self.message)
